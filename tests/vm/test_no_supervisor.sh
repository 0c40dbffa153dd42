#!/bin/sh
# A machine without a supervisor.
. "$(dirname "$0")/vm.sh"

vm_start 5 rdinit=/sbin/init TEND_SUPERVISOR=/missing
check "init says what is missing" prints '/missing: No such file'
check "a rescue shell starts" prints 'built-in shell'
check "and answers" gives hello 'echo hello'
ask send exit
check "leaving it tries the supervisor again" prints 'built-in shell'
ask keys ctrl-alt-delete
check "Ctrl-Alt-Del restarts the machine" \
	ended guest-reset 'reboot: Restarting system'
vm_end
