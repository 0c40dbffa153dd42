#!/bin/sh
# A machine whose supervisor is killed 20 times while services are restarted
# and crash. Its init does not give up after five deaths.
# Variables of vm.sh are not seen, since it is not followed.
# shellcheck disable=SC2154
. "$(dirname "$0")/vm.sh"

vm_start 6 rdinit=/usr/sbin/patient-init
check "the shell starts" prints 'built-in shell'
run 'svctl list web; svctl list shell'
before=$answer
check "20 times kill -9: no request fails, crashes go on" run 'torment 20'
check "each restart was done once" gives 21 'grep -c start /run/counted'
check "what was not asked for runs on" gives "$before" \
	'svctl list web; svctl list shell'
check "there were never two of one" gives "" 'cat /run/doubles 2>/dev/null; true'
ask send 'svctl poweroff'
check "svctl poweroff turns the machine off" \
	ended_in_order guest-shutdown 'reboot: Power down'
vm_end
