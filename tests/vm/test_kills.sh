#!/bin/sh
# A machine on which something else has mounted file systems before init, and
# given it no descriptors, whose processes are killed; turned off with svctl.
# Variables of vm.sh are not seen, since it is not followed.
# shellcheck disable=SC2154
. "$(dirname "$0")/vm.sh"

# No service has another pid than before.
undisturbed() {
	run 'svctl list; cat /run/tend/supervisor.pid'
	old=$answer
	run slay && run 'svctl list; cat /run/tend/supervisor.pid' &&
		[ "${answer% *}" = "${old% *}" ] &&
		[ "${answer##* }" != "${old##* }" ]
}

# The shell that asks for it is killed as well, and started again.
massacre() {
	run 'svctl list web'
	old=$answer
	ask send "busybox kill -9 -1" && prints 'supervisor: killed by SIGKILL' &&
		prints 'built-in shell' && run 'svctl wait default web' &&
		run 'svctl list web' && [ "$answer" != "$old" ]
}

vm_start 9 rdinit=/sbin/prepared
check "the shell starts" prints 'built-in shell'
check "what was mounted stays, what was missing is mounted" gives \
	"dev=devtmpfs proc=prepared run=prepared sys=sysfs" mounts
check "with what is in it" run 'ls /run/prepared'
check "a supervisor's death disturbs no service" undisturbed
check "PID 1 outlives a kill -9 of everything else" massacre
check "the services are back" gives \
	"counted down crashing down default up loopback done shell up spare down web up" \
	"svctl list | sed '1{/NAME/d};s/ *[-0-9]*\$//'"
check "and work" gives "hello from the machine" 'wget -qO- http://127.0.0.1/'
check "no zombie is left" gives "" "ps -o stat= | grep Z; true"
ask send 'svctl poweroff'
check "svctl poweroff turns the machine off" \
	ended_in_order guest-shutdown 'reboot: Power down'
vm_end
