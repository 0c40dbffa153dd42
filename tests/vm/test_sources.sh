#!/bin/sh
# A machine whose only syslog daemon is svlog: /dev/log and the kernel's log.
# Variables of vm.sh are not seen, since it is not followed.
# shellcheck disable=SC2154
. "$(dirname "$0")/vm.sh"

vm_start 10 rdinit=/sbin/init
check "the shell at the serial console starts" prints 'built-in shell'
check "the target default is reached" run 'svctl wait default'
check "/dev/log is there for everybody" gives "srw-rw-rw-" \
	"ls -l /dev/log | sed 's/ .*//'"
check "what is sent there is in a log" run 'sources logger hello'
check "the kernel's own messages are, from the first one on" gives 2 \
	'sources kernel'
check "a record of a program has its facility" gives 1 'sources mark one'
check "svctl logs reads both" run \
	'svctl logs syslog kmsg | grep hello && svctl logs kmsg | grep mark'
check "svlog is killed while programs and the kernel speak" \
	run 'sources killed 4 >/run/killed'
check "nothing is lost by that, and nothing is there twice" gives "8 4" \
	'cat /run/killed'
ask send 'svctl poweroff'
check "the machine is powered off in order" \
	ended_in_order guest-shutdown 'Power down'
vm_end
