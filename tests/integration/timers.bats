#!/usr/bin/env bats
# Services that run at times: every, at, random-delay, catch-up.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# shellcheck disable=SC2016,SC2034,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	export TEND_STATE=$TEND_DIR/state
}
teardown() { tend_teardown; }

# A line in TEND_DIR/NAME for each run; more lines of the definition follow.
timed() { # NAME
	{
		echo "type = oneshot"
		echo "command = sh -c 'date +%s%3N >>$TEND_DIR/$1'"
		cat
	} | service "$1"
}

runs_of() {
	[ ! -f "$TEND_DIR/$1" ] || line_count "$TEND_DIR/$1"
	[ -f "$TEND_DIR/$1" ] || echo 0
}

has_run() { # NAME TIMES
	[ "$(runs_of "$1")" -ge "$2" ]
}

# Seconds of the local clock so long from now, as `at` wants them.
in_seconds() {
	date -d "@$(($(date +%s) + $1))" +%H:%M:%S
}

next_of() {
	field_of "$1" next_run
}

@test "H15: every: from start to start, one at a time, until it is stopped" {
	printf 'every = 300ms\n' | timed often
	service long <<-END
		type = oneshot
		command = sh -c 'echo x >>$TEND_DIR/long; exec sleep 0.4'
		every = 100ms
	END
	printf 'every = 1h\n' | timed hour
	tend_start
	wait_until 20 has_run often 6
	# The first at once, the next one later.
	wait_until 5 has_run hour 1
	wait_until 5 is_state hour down
	local times first last
	mapfile -t times <"$TEND_DIR/often"
	first=${times[0]} last=${times[5]}
	# The first of them may be late.
	[ $((last - first)) -ge 1300 ]
	[ "$(runs_of hour)" -eq 1 ]
	[[ "$(next_of hour)" == 20*Z ]]
	svctl status hour | grep -qE 'next run  20.*Z \(in [0-9]+ min'
	svctl status | grep -qE '^hour .*next run in [0-9]+ min'
	svctl why hour | grep -qE 'next run in [0-9]+ min'
	# A run that somebody asks for counts as well.
	local next
	next=$(next_of hour)
	svctl start hour
	[ "$(runs_of hour)" -eq 2 ]
	[[ "$(next_of hour)" > "$next" ]]
	# It is never there twice, and goes on at once when it has ended.
	wait_until 20 has_run long 3
	[ "$(tend_in pgrep -c -f 'sleep 0\.4')" -le 1 ]
	svctl stop often
	[ "$(next_of often)" = null ]
	local before
	before=$(runs_of often)
	# As long as some more of another one.
	wait_until 20 has_run long $(($(runs_of long) + 2))
	[ "$(runs_of often)" -eq "$before" ]
	svctl start often
	wait_until 20 has_run often $((before + 3))
}

@test "at: the local clock of TZ, and not before" {
	local zone=TST-5:30 when
	when=$(TZ=$zone date -d "@$(($(date +%s) + 3))" +%H:%M:%S)
	printf 'at = %s\n' "$when" | timed soon
	printf 'at = daily\nat = Mon-Fri 09:00\n' | timed later
	TZ=$zone tend_start
	[ "$(state_of soon)" = down ]
	[[ "$(next_of later)" == 20*Z ]]
	[ "$(runs_of soon)" = 0 ]
	wait_until 20 has_run soon 1
	local at
	at=$(TZ=$zone date -d "@$(($(cat "$TEND_DIR/soon") / 1000))" +%H:%M:%S)
	[[ "$at" > "$when" || "$at" == "$when" ]]
	[ "$(runs_of later)" = 0 ]
	wait_until 5 is_state soon down
	# Tomorrow.
	local left
	left=$(($(date -d "$(next_of soon)" +%s) - $(date +%s)))
	[ "$left" -gt 86000 ] && [ "$left" -le 86400 ]
}

@test "catch-up: what was missed while off is made good once" {
	local past
	past=$(date -d "@$(($(date +%s) - 7200))" +%H:%M)
	printf 'at = %s\ncatch-up = yes\n' "$past" | timed good
	printf 'at = %s\n' "$past" | timed bad
	printf 'at = %s\ncatch-up = yes\n' "$past" | timed new
	printf 'every = 1h\ncatch-up = yes\n' | timed interval
	mkdir -p "$TEND_STATE/timers"
	touch -d '3 days ago' "$TEND_STATE/timers/good" "$TEND_STATE/timers/bad"
	touch -d '10 minutes ago' "$TEND_STATE/timers/interval"
	tend_start
	wait_until 20 has_run good 1
	wait_until 5 is_state good down
	[ "$(stat -c %Y "$TEND_STATE/timers/good")" -ge $(($(date +%s) - 60)) ]
	local left name
	for name in good bad new; do
		left=$(($(date -d "$(next_of "$name")" +%s) - $(date +%s)))
		[ "$left" -gt 75000 ] && [ "$left" -le 86400 ]
	done
	left=$(($(date -d "$(next_of interval)" +%s) - $(date +%s)))
	[ "$left" -gt 2900 ] && [ "$left" -le 3000 ]
	[ "$(runs_of good)-$(runs_of bad)-$(runs_of new)" = 1-0-0 ]
	[ "$(runs_of interval)" = 0 ]
	# From now on it is known for the new one as well.
	[ -f "$TEND_STATE/timers/new" ]
	[ ! -s "$TEND_STATE/timers/new" ]
	tend_stop
	rm "$TEND_DIR/good"
	tend_start
	left=$(($(date -d "$(next_of good)" +%s) - $(date +%s)))
	[ "$left" -gt 75000 ]
	[ "$(runs_of good)" = 0 ]
}

@test "catch-up: a state directory that cannot be written is said, no more" {
	export TEND_STATE=$TEND_DIR/file/state
	: >"$TEND_DIR/file"
	printf 'every = 200ms\ncatch-up = yes\n' | timed often
	tend_start
	wait_until 20 has_run often 3
	console_has "often: when it ran cannot be kept: Not a directory"
}

@test "a start runs it now, once does not begin its times, failures neither end them" {
	printf 'at = monthly\nautostart = no\n' | timed month
	printf 'every = 300ms\nautostart = no\n' | timed often
	service fails <<-END
		type = oneshot
		command = sh -c 'echo x >>$TEND_DIR/fails; exit 3'
		every = 200ms
	END
	printf 'type = oneshot\ncommand = /no/program\nevery = 200ms\n' |
		service missing
	printf 'command = sleep 1000\nuser = no-such-user\n' | service broken
	printf 'requires = broken\nevery = 200ms\n' | timed needs
	tend_start
	[ "$(next_of month)" = null ]
	svctl once month
	[ "$(runs_of month)" = 1 ]
	[ "$(next_of month)" = null ]
	svctl start month
	[ "$(runs_of month)" = 2 ]
	[[ "$(next_of month)" == 20*Z ]]
	svctl restart month
	[ "$(runs_of month)" = 3 ]
	wait_until 20 has_run fails 3
	[ "$(runs_of often)" = 0 ]
	_has_tried() {
		[ "$(grep -c "$1" "$TEND_CONSOLE")" -ge 4 ]
	}
	wait_until 20 _has_tried "missing: failed"
	# It fails within a turn, which says so only once.
	wait_until 20 _has_tried "broken: no user"
	is_state needs failed
	# Not as fast as it can: as often as another one, more or less.
	local before
	before=$(grep -c 'broken: no user' "$TEND_CONSOLE")
	wait_until 20 has_run fails $(($(runs_of fails) + 5))
	[ $(($(grep -c 'broken: no user' "$TEND_CONSOLE") - before)) -le 15 ]
}

@test "H50: times go on after the supervisor is killed, and over an upgrade" {
	printf 'every = 500ms\n' | timed often
	printf 'every = 1h\n' | timed hour
	printf 'at = daily\n' | timed stopped
	tend_start
	wait_until 20 has_run often 2
	wait_until 20 has_run hour 1
	wait_until 5 is_state hour down
	svctl stop stopped
	local next before
	next=$(next_of hour)
	before=$(supervisor_pid)
	tend_in kill -KILL "$before"
	_is_other() {
		local pid
		pid=$(supervisor_pid)
		[ -n "$pid" ] && [ "$pid" != "$before" ] && _serves
	}
	wait_until 20 _is_other
	_is_known() { [ "$(next_of hour)" != null ]; }
	wait_until 20 _is_known
	# To the second: what is kept over it is the time of a file.
	[ "$(date -d "$(next_of hour)" +%s)" -ge $(($(date -d "$next" +%s) - 1)) ]
	[ "$(date -d "$(next_of hour)" +%s)" -le $(($(date -d "$next" +%s) + 1)) ]
	[ "$(next_of stopped)" = null ]
	wait_until 20 has_run often $(($(runs_of often) + 2))
	svctl upgrade
	wait_until 20 _is_known
	[ "$(next_of stopped)" = null ]
	wait_until 20 has_run often $(($(runs_of often) + 2))
	[ "$(runs_of hour)" = 1 ]
}

@test "apply: times that come, change and go" {
	printf 'type = oneshot\ncommand = true\n' | service plain
	printf 'at = daily\n' | timed changed
	printf 'at = daily\n' | timed stopped
	printf 'every = 200ms\n' | timed gone
	tend_start
	svctl wait plain --for 'done'
	wait_until 20 has_run gone 2
	svctl stop stopped
	local before
	before=$(next_of changed)
	printf 'type = oneshot\ncommand = true\nat = monthly\n' | service plain
	printf 'every = 200ms\n' | timed changed
	printf 'every = 200ms\n' | timed stopped
	printf 'every = 200ms\n' | timed new
	rm "$TEND_CONFIG/services/gone"
	svctl apply
	[ "$before" != null ]
	wait_until 20 has_run changed 2
	wait_until 20 has_run new 2
	[ "$(next_of plain)" != null ]
	[ "$(next_of stopped)" = null ]
	[ "$(runs_of stopped)" = 0 ]
	before=$(runs_of gone)
	wait_until 20 has_run new $(($(runs_of new) + 2))
	[ "$(runs_of gone)" = "$before" ]
	# And without times it is as any other.
	printf 'type = oneshot\ncommand = true\n' | service changed
	svctl apply
	[ "$(next_of changed)" = null ]
}

@test "what wants it has it wait for its time, what requires it runs it" {
	printf 'type = target\nwants = wanted\n' | service default
	printf 'at = monthly\n' | timed wanted
	printf 'at = monthly\n' | timed required
	printf 'at = monthly\n' | timed unasked
	printf 'command = sleep 1000\nrequires = required\nafter = required\n' |
		service user
	tend_start
	svctl wait default
	[ "$(next_of wanted)" != null ]
	[ "$(next_of unasked)" = null ]
	[ "$(runs_of wanted)" = 0 ]
	svctl start user
	[ "$(runs_of required)" = 1 ]
	is_state user up
}

@test "times without a oneshot, and keys without times, are errors" {
	printf 'command = sleep 1\nevery = 1s\n' | service process
	printf 'type = oneshot\ncommand = true\nat = often\n' | service word
	printf 'type = oneshot\ncommand = true\ncatch-up = yes\n' | service alone
	tend_start
	[[ "$(field_of process reason)" == *"only a oneshot runs at times"* ]]
	[[ "$(field_of word reason)" == *"word:3:6: 'often' is no time"* ]]
	[[ "$(field_of alone reason)" == *"catch-up means nothing without"* ]]
}

@test "a service with times wakes nobody up between two runs" {
	printf 'at = monthly\n' | timed month
	printf 'every = 30d\n' | timed rare
	tend_start
	wait_until 20 has_run rare 1
	wait_until 5 is_state rare down
	local pid
	pid=$(supervisor_pid)
	_switches() {
		tend_in sed -n 's/^voluntary_ctxt_switches:\t//p' \
			"/proc/$pid/status"
	}
	# Nothing came for a second, at last.
	_is_idle() {
		local before
		before=$(_switches)
		sleep 1
		[ "$(_switches)" = "$before" ]
	}
	wait_until 20 _is_idle
	# One timer for all of them, and none of it in a service.
	tend_in sh -c 'readlink /proc/'"$pid"'/fd/* | grep -c timerfd' |
		grep -qx 1
}
