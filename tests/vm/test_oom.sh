#!/bin/sh
# A machine whose memory is eaten by a service: what is known of its death.
# Variables of vm.sh are not seen, since it is not followed.
# shellcheck disable=SC2154
. "$(dirname "$0")/vm.sh"

# The same pid is not asked for twice.
is_told() {
	run "glutton $1" && run "svctl history $1; svctl --json history $1" &&
		case $answer in
		*"killed by KILL, OOM"*"I am hungry"*'"oom":true'*) ;;
		*) false ;;
		esac
}

# What the kernel and the supervisor say is among it.
is_no_oom() {
	run 'svctl signal KILL web; told web; grep oom= /var/log/tend/web/last/1' &&
		case $answer in
		*oom=no) ;;
		*) false ;;
		esac
}

is_told_inside() {
	run contained &&
		case $answer in
		*"signal=KILL oom=yes"*oom=no) ;;
		*) false ;;
		esac
}

vm_start 6 rdinit=/sbin/init
check "the shell starts" prints 'built-in shell'
check "a kill of somebody else's is told from the OOM killer's" is_no_oom
check "a death by the OOM killer is told" is_told first
check "and another one" is_told second
check "in a container its own counter tells" is_told_inside
ask send 'svctl poweroff'
check "svctl poweroff turns the machine off" \
	ended_in_order guest-shutdown 'reboot: Power down'
vm_end
