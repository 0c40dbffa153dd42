#!/bin/sh
# A service whose processes escape by all means, on a machine without and with
# cgroups; Debian's kernel has cgroup.kill.
# Variables of vm.sh are not seen, since it is not followed.
# What is in single quotes is for the machine's shell.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/vm.sh"

sleeping='ps -o args= | grep -c "[s]leep 4111"'
define='mkdir -p /run/tend/services && cd /run/tend/services &&'
define="$define printf 'command = escape\\nkill-mode = all\\n' >escape"
kill_them='kill $(ps -o pid,args | sed -n "s/^ *\([0-9]*\) sleep 4111/\1/p")'

# What it starts is there once it is up, or a little later.
starts() {
	run 'svctl start escape' &&
		run "until [ \$($sleeping) = 2 ]; do usleep 20000; done"
}

stops() {
	run 'svctl stop escape'
}

left() {
	gives "$1" "$sleeping; true"
}

vm_start 14 rdinit=/sbin/init
check "the shell starts" prints 'built-in shell'
check "a service is defined" run "$define"
check "without cgroups the service starts" starts
check "and stops" stops
check "what left session and environment behind is still there" left 2
check "until somebody ends it" run "$kill_them"
check "cgroups are mounted" run 'mount -t cgroup2 cgroup2 /sys/fs/cgroup'
check "the service starts again" starts
check "the supervisor dies" run slay
check "all of it runs on" left 2
check "it stops" stops
check "nothing is left" left 0
check "and no cgroup" gives "" 'cd /sys/fs/cgroup/tend-* && ls -d */ 2>&- ||:'
ask send 'svctl poweroff'
check "svctl poweroff turns the machine off" \
	ended_in_order guest-shutdown 'reboot: Power down'
vm_end
