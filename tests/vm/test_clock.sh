#!/bin/sh
# H29: the clock of a machine jumps by years, forward and back. (A namespace
# has no wall clock of its own.) Deadlines go on as if nothing had happened.
. "$(dirname "$0")/vm.sh"

all_goes_on() { # WHICH-WAY SECONDS
	check "H29: $1 a year while a crashed service waits" \
		run "clock restarts $2"
	check "H29: $1 a year while a stop-timeout runs" run "clock stop $2"
	check "H29: $1 a year while a start-timeout runs" run "clock start $2"
	check "H29: $1 three years: uptime and since are sane" \
		run 'clock uptime'
	check "H29: $1 three years: the next supervisor disturbs nothing" \
		run 'clock next'
	check "H29: $1 a year: no log loses a line or its order" \
		run "clock logs $2"
	check "H29: $1 a year, and what runs at times" run "clock times $2"
	check "H29: $1 a year, and it restarts what crashes" \
		run "clock restarts $2"
}

year=31536000
vm_start 16 rdinit=/sbin/init
check "the shell starts" prints 'built-in shell'
run 'clock define'
all_goes_on forward "$year"
all_goes_on back "-$year"
ask send 'svctl poweroff'
check "H29: the machine is turned off in order" \
	ended_in_order guest-shutdown 'reboot: Power down'
vm_end
