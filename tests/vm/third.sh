#!/bin/sh
# A machine whose supervisor dies too often; halted in the end.
. "$(dirname "$0")/vm.sh"

dies() {
	for _ in 1 2 3 4; do
		run slay || return
	done
	ask send 'kill -9 $(cat /run/tend/supervisor.pid)' &&
		prints 'starting a rescue shell' && prints 'built-in shell'
}

halted() {
	prints 'reboot: System halted' && ask is running &&
		! ask seen 'Attempted to kill init|Kernel panic'
}

vm_start 9 rdinit=/sbin/init
check "the shell starts" prints 'built-in shell'
run 'svctl list web'
old=$answer
check "five deaths of the supervisor lead to a rescue shell" dies
check "it is the child of init, not the service" gives "1 rescue" \
	'sed -n "s/^PPid:.//p" /proc/$$/status; echo rescue'
check "it has the console as its terminal" gives ok 'echo ok >/dev/tty'
check "no supervisor answers meanwhile" gives 6 \
	'svctl --timeout 1 start spare 2>/dev/null; echo $?'
check "the services still work" gives "hello from the machine" \
	'wget -qO- http://127.0.0.1/'
ask send exit
check "leaving it starts the supervisor" prints 'built-in shell'
check "which knows what runs" gives "$old" 'svctl list web'
ask send 'svctl halt'
check "svctl halt halts the machine" halted
vm_end
