#!/usr/bin/env bats
# H50: what only shows when two things go wrong at once.
# Inner shells expand what is in single quotes.
# Each test has its own variables.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	export TEND_SUPERVISOR=$TEND_BUILD/supervisor
}

teardown() { tend_teardown; }

_has_other_supervisor() { # PID
	local now
	now=$(supervisor_pid) && [ "$now" != "$1" ] && _serves
}

@test "a start that hangs keeps no event alive that another has closed" {
	local name before after
	mkfifo "$TEND_DIR/fifo"
	: >"$TEND_DIR/empty"
	for name in a b c; do
		printf 'command = sleep 1000\nenvironment-file = %s/empty\nautostart = no\n' \
			"$TEND_DIR" | service "$name"
	done
	printf 'command = sleep 1000\nenvironment-file = %s/fifo\nstart-timeout = 60\nautostart = no\n' \
		"$TEND_DIR" | service hangs
	printf 'type = target\nwants = a b hangs c\nautostart = no\n' |
		service all
	tend_start
	svctl --no-wait start all
	svctl --timeout 10s wait a b c
	is_state hangs starting
	before=$(cpu_ticks "$(supervisor_pid)")
	# Time in which nothing happens is what is measured.
	run -7 svctl --timeout 1s wait hangs
	after=$(cpu_ticks "$(supervisor_pid)")
	echo "$before $after"
	[ $((after - before)) -lt 20 ]
}
