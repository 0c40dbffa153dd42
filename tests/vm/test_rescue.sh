#!/bin/sh
# A machine whose supervisor dies too often; halted in the end.
# Variables of vm.sh are not seen, since it is not followed.
# shellcheck disable=SC2154
. "$(dirname "$0")/vm.sh"

dies() {
	for _ in 1 2 3 4; do
		run slay || return
	done
	# Expanded by the shell at the console.
	# shellcheck disable=SC2016
	ask send 'kill -9 $(cat /run/tend/supervisor.pid)' &&
		prints 'starting a rescue shell' && prints 'built-in shell'
}

halted() {
	prints 'reboot: System halted' && ask is running &&
		is_silent_about "$vm_panic"
}

vm_start 9 rdinit=/sbin/init
check "the shell starts" prints 'built-in shell'
run 'svctl list web'
old=$answer
check "five deaths of the supervisor lead to a rescue shell" dies
check "what answers is not the service" gives /bin/sh \
	"tr '\\000' '\\n' </proc/\$\$/cmdline"
check "it has the console as its terminal" gives ok 'echo ok >/dev/tty'
# shellcheck disable=SC2016
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
