#!/bin/sh
# A machine whose PID 1 commits faults; turned off in the end.
# Variables of vm.sh are not seen, since it is not followed.
# shellcheck disable=SC2154
. "$(dirname "$0")/vm.sh"

faults() {
	ask send "inject 1 $1 >/dev/null" &&
		prints "SIG$2 at address .* everything else goes on"
}

# By the third one the shell at the console is hung up for another.
third() {
	ask send 'inject 1 null >/dev/null' && prints 'too often lately' &&
		prints 'starting a rescue shell, and the supervisor waits' &&
		prints 'built-in shell'
}

left() {
	ask send exit &&
		prints 'rescue shell: ended; going on with the supervisor' &&
		prints 'built-in shell'
}

vm_start 11 rdinit=/sbin/init
check "the shell starts" prints 'built-in shell'
run 'svctl list web; cat /run/tend/supervisor.pid'
old=$answer
check "PID 1 outlives a null pointer" faults null SEGV
check "and a second fault" faults overflow SEGV
check "the third one brings a rescue shell" third
check "which is the one that answers" gives /bin/sh \
	"tr '\\000' '\\n' </proc/\$\$/cmdline"
check "the supervisor and the services are what they were" gives "$old" \
	'svctl list web; cat /run/tend/supervisor.pid'
check "a further one starts no other shell" \
	faults illegal ILL
check "leaving the shell goes on as before" left
check "with the same supervisor and service" gives "$old" \
	'svctl list web; cat /run/tend/supervisor.pid'
check "no zombie is left" gives "" "ps -o stat= | grep Z; true"
ask send 'svctl poweroff'
check "svctl poweroff turns the machine off" \
	ended_in_order guest-shutdown 'reboot: Power down'
vm_end
