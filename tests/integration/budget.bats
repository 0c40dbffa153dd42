#!/usr/bin/env bats
# The end within a time: the stop budget, the drain before it, and what is said
# meanwhile. Times are asserted as orders of events, and as bounds that are far
# from what is to happen.
# Inner shells expand what is in single quotes.
# Helpers are called indirectly.
# bats runs each test in a process of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }

teardown() { tend_teardown; }

# stubborn NAME [LINE...]: a service that notes TERM and does not go.
stubborn() {
	local name=$1
	shift
	{
		echo "command = sh -c 'trap \"echo $name got TERM\" TERM;" \
			"echo $name listens;" \
			"while :; do sleep 0.05; done'"
		echo "log = file"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | service "$name"
}

listens() { # NAME...
	local name
	for name; do
		wait_until 20 log_has "$name" "$name listens" || return 1
	done
}

now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# Ends it as a manager of containers does: TERM, and KILL after that time. Sets
# took_ms; fails when it came to KILL.
stop_as_engine() { # SECONDS
	local from
	from=$(now_ms)
	TEND_PATIENCE=$1 tend_stop || return 1
	took_ms=$(($(now_ms) - from))
	echo "stopped within $took_ms ms, status $tend_status"
}

# Which services got KILL, in that order.
killed() {
	sed -n 's/^supervisor: \([a-z]*\): killing.*/\1/p' "$TEND_CONSOLE" |
		tr '\n' ' '
}

is_draining() {
	local code=0
	svctl health -q || code=$?
	[ "$code" -eq 3 ]
}

@test "a chain that ignores TERM is killed in order within the budget" {
	stubborn e "stop-timeout = 10s"
	stubborn d "stop-timeout = 10s" "requires = e"
	stubborn c "stop-timeout = 10s" "requires = d"
	stubborn b "stop-timeout = 10s" "requires = c"
	stubborn a "stop-timeout = 10s" "requires = b"
	export TEND_STOP_BUDGET=4s
	tend_start
	listens a b c d e
	stop_as_engine 12
	[ "$tend_status" -eq 0 ]
	[ "$(killed)" = "a b c d e " ]
	# Each had some time to answer, and the answer was written down.
	for name in a b c d e; do
		log_has "$name" "$name got TERM"
	done
	console_has "stopping within 4 s: a (720 ms of its 10 s), then b"
	# TERM was not sent to all at once.
	[ "$took_ms" -ge 2000 ]
}

@test "what fits into the budget keeps its time, and what is quick ends it" {
	stubborn slow "stop-timeout = 300ms" "requires = base"
	service base <<-END
		command = sleep 1000
		stop-timeout = 20s
	END
	tend_start "--stop-budget=1h"
	listens slow
	svctl wait slow base
	stop_as_engine 20
	[ "$(killed)" = "slow " ]
	console_has "stopping within 1 h: slow (300 ms), then base (20 s)"
}

@test "without a limit of its own a service has as long as the budget lasts" {
	stubborn eternal "stop-timeout = infinity" "stop-post = sleep 1000"
	export TEND_STOP_BUDGET=3s
	tend_start
	listens eternal
	stop_as_engine 20
	[ "$(killed)" = "eternal eternal " ]
	log_has eternal "eternal got TERM"
}

@test "a start that hangs does not outlive the budget" {
	service hangs <<-'END'
		start-pre = sh -c 'trap "" TERM; sleep 1000 & wait; wait; sleep 1000'
		command = sleep 1000
		stop-timeout = infinity
		start-timeout = infinity
	END
	export TEND_STOP_BUDGET=2s
	tend_start
	wait_until 20 is_state hangs starting
	stop_as_engine 20
	[ "$tend_status" -eq 0 ]
}

# Nothing ends that process any more, until the namespace ends.
hold() { # PID
	tend_in python3 "$TEND_TOP/tests/helpers/undying.py" "$1" \
		>"$TEND_DIR/held" 2>&1 &
	wait_until 20 grep -q . "$TEND_DIR/held"
	! grep '^ptrace: ' "$TEND_DIR/held" >&2 || skip "$(cat "$TEND_DIR/held")"
}

@test "what waits for one that does not die of KILL is killed in time" {
	local pid
	stubborn base
	service web <<-END
		command = sleep 1000
		requires = base
		stop-timeout = 300ms
	END
	export TEND_STOP_BUDGET=3s
	tend_start
	listens base
	svctl wait web
	pid=$(pid_of web)
	hold "$pid"
	stop_as_engine 20
	[ "$tend_status" -eq 0 ]
	console_has "the stop budget is used up; killing what is left"
	[ "$(killed)" = "web base " ]
	console_has "web: process $pid does not die of SIGKILL"
}

@test "svlog that cannot write does not outlive the budget" {
	service web <<-'END'
		command = sh -c 'trap "" TERM; while :; do echo line; done'
		log = stdout
		stop-timeout = infinity
	END
	mkfifo "$TEND_DIR/full"
	# Held open and never read, as by an engine that hangs.
	exec 7<>"$TEND_DIR/full"
	TEND_CONSOLE=$TEND_DIR/full
	export TEND_STOP_BUDGET=3s
	namespace_start "$TEND_BUILD/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	TEND_CONSOLE=$TEND_DIR/console
	wait_until 20 _serves
	wait_until 20 is_state web up
	stop_as_engine 20
	exec 7>&-
	[ "$tend_status" -eq 0 ]
}

@test "what services left behind gets KILL when the budget is nearly over" {
	service parent <<-'END'
		command = sh -c 'setsid sh -c "trap \"\" TERM; touch $TEND_DIR/left; while :; do sleep 1; done" & exec sleep 1000'
	END
	export TEND_STOP_BUDGET=3s
	tend_start
	wait_until 20 test -e "$TEND_DIR/left"
	stop_as_engine 20
	run ! console_has "some processes ignore TERM"
}

@test "kill -9 of the supervisor in the middle of a stop keeps the deadline" {
	local old before after
	stubborn last "stop-timeout = infinity"
	stubborn first "stop-timeout = infinity" "requires = last"
	export TEND_STOP_BUDGET=40s
	tend_start
	listens first last
	kill -TERM "$tend_init"
	wait_until 20 is_state first stopping
	before=$(deadline_of first)
	[ "$before" -gt 0 ]
	# Half of the time is over for a new reckoning to differ.
	wait_until 20 console_has "waiting for first (TERM sent 2 s ago, KILL in"
	old=$(supervisor_pid)
	tend_in kill -9 "$old"
	wait_until 20 has_other_supervisor "$old"
	wait_until 20 svctl list
	after=$(deadline_of first)
	echo "KILL was due at $before, is due at $after"
	[ "$before" -eq "$after" ]
	# And what the whole has left is less than it was.
	wait_until 20 console_has "stopping within 40 s: first (1"
	tend_in kill -9 "$(pid_of first)"
	wait_until 20 is_state last stopping
	ends_with last
	wait_until 20 is_gone
}

is_gone() { ! is_alive "$tend_outer"; }

# Kills the one that is waited for last: whatever else runs there, this very
# kill too, may then end of a signal.
ends_with() { # NAME
	tend_in kill -9 "$(pid_of "$1")" || true
}

# CLOCK_MONOTONIC ms at which the state of a service ends: tend-status(7).
deadline_of() {
	python3 - "$TEND_RUNTIME/status" "$1" <<-'END'
		import struct, sys
		page = open(sys.argv[1], "rb").read()
		size, = struct.unpack_from("=I", page, 16)
		count, = struct.unpack_from("=I", page, 44)
		entries, index, strings = struct.unpack_from("=QQQ", page, 64)
		for n in range(count):
		    at = entries + n * size
		    name, = struct.unpack_from("=I", page, at + 36)
		    name = page[strings + name:].split(b"\0")[0].decode()
		    if name == sys.argv[2]:
		        print(struct.unpack_from("=Q", page, at + 64)[0])
	END
}

has_other_supervisor() {
	local pid
	pid=$(supervisor_pid) && [ "$pid" != "$1" ]
}

@test "who is waited for is said every 2 s, also without a budget" {
	stubborn slow "stop-timeout = 60s"
	tend_start
	listens slow
	kill -TERM "$tend_init"
	wait_until 20 console_has "waiting for slow (TERM sent 2 s ago, KILL in 5"
	wait_until 20 console_has "waiting for slow (TERM sent 4"
	run ! console_has "stopping within"
	ends_with slow
	wait_until 20 is_gone
}

@test "another TERM during the stop says at once who is waited for" {
	stubborn slow "stop-timeout = 60s"
	tend_start
	listens slow
	kill -TERM "$tend_init"
	wait_until 20 is_state slow stopping
	kill -TERM "$tend_init"
	wait_until 20 console_has "waiting for slow (TERM sent "
	ends_with slow
	wait_until 20 is_gone
}

@test "QUIT, PWR and RTMIN+3 stop a container, WINCH and USR2 do not" {
	local signal
	for signal in QUIT PWR 37 38 39; do
		service web <<-END
			command = sleep 1000
		END
		tend_start
		svctl wait web
		kill -WINCH "$tend_init"
		kill -USR2 "$tend_init"
		kill -36 "$tend_init"
		svctl restart web
		is_state web up
		kill -"$signal" "$tend_init"
		wait_until 20 is_gone
		tend_status=0
		wait "$tend_outer" || tend_status=$?
		echo "signal $signal: $tend_status"
		[ "$tend_status" -eq 0 ]
		tend_kill
	done
}

@test "another STOPSIGNAL of the image stops as TERM does, if it is named" {
	local signal
	for signal in WINCH SIGUSR1; do
		service web <<-END
			command = sleep 1000
		END
		export TEND_STOP_SIGNAL=$signal
		tend_start
		svctl wait web
		kill -"$signal" "$tend_init"
		wait_until 20 is_gone
		tend_status=0
		wait "$tend_outer" || tend_status=$?
		[ "$tend_status" -eq 0 ]
		tend_kill
	done
	export TEND_STOP_SIGNAL=BLINK
	tend_start
	console_has "TEND_STOP_SIGNAL: 'BLINK' is no signal"
}

@test "a drain only says not ready, and a second TERM skips it" {
	local pid
	service web <<-END
		command = sleep 1000
	END
	export TEND_DRAIN=1h
	tend_start
	svctl wait web
	svctl health
	pid=$(pid_of web)
	kill -TERM "$tend_init"
	wait_until 20 is_draining
	[ "$(svctl health || true)" = draining ]
	svctl status | grep -q '^Draining'
	console_has "draining for 1 h; another TERM skips it"
	is_state web up
	[ "$(pid_of web)" = "$pid" ]
	# Services can be seen to as ever.
	svctl restart web
	is_state web up
	stop_as_engine 20
	[ "$tend_status" -eq 0 ]
	console_has "draining: skipped"
}

@test "a drain ends by itself" {
	service web <<-END
		command = sleep 1000
	END
	tend_start "--drain=500ms"
	svctl wait web
	stop_as_engine 20
	console_has "draining for 500 ms"
	console_has "draining: the time is over"
	[ "$took_ms" -ge 500 ]
}

@test "a drain ends with its command, if that ended well" {
	service web <<-END
		command = sleep 1000
	END
	cat >"$TEND_CONFIG/tend.conf" <<-'END'
		drain = 1h
		drain-command = sh -c 'echo draining-now "$0" >>$TEND_DIR/told; while ! test -e $TEND_DIR/go; do sleep 0.05; done' "two words"
	END
	tend_start
	svctl wait web
	kill -TERM "$tend_init"
	wait_until 20 grep -qx "draining-now two words" "$TEND_DIR/told"
	is_draining
	is_state web up
	touch "$TEND_DIR/go"
	wait_until 20 is_gone
	console_has "draining: drain-command has ended"
	[ "$(line_count "$TEND_DIR/told")" -eq 1 ]
}

@test "a drain goes on after a command that fails or cannot be run" {
	service web <<-END
		command = sleep 1000
	END
	for command in "sh -c 'exit 3'" "/nonexistent/program"; do
		printf 'drain = 1h\ndrain-command = %s\n' "$command" \
			>"$TEND_CONFIG/tend.conf"
		tend_start
		svctl wait web
		kill -TERM "$tend_init"
		wait_until 20 console_has "draining goes on for its time"
		is_draining
		is_state web up
		stop_as_engine 20
		: >"$TEND_CONSOLE"
	done
}

@test "a drain-command that hangs ends with the drain" {
	service web <<-END
		command = sleep 1000
	END
	cat >"$TEND_CONFIG/tend.conf" <<-'END'
		drain-command = sh -c 'trap "" TERM; echo $$ >$TEND_DIR/pid; sleep 1000; sleep 1000'
	END
	supervisor_start_standalone --drain=1s
	svctl wait web
	stop_as_engine 20
	[ -s "$TEND_DIR/pid" ]
	wait_until 20 is_no_process "$(cat "$TEND_DIR/pid")"
}

is_no_process() { ! tend_in kill -0 "$1" 2>/dev/null; }

@test "a drain goes on after kill -9 of the supervisor, and init's TERM again" {
	local old
	service web <<-END
		command = sleep 1000
	END
	cat >"$TEND_CONFIG/tend.conf" <<-'END'
		drain = 1h
		drain-command = sh -c 'echo once >>$TEND_DIR/told; exec sleep 1000'
	END
	tend_start
	svctl wait web
	kill -TERM "$tend_init"
	wait_until 20 has_lines "$TEND_DIR/told" 1
	is_draining
	for _ in 1 2; do
		old=$(supervisor_pid)
		tend_in kill -9 "$old"
		wait_until 20 has_other_supervisor "$old"
		wait_until 20 svctl restart web
		is_draining
		[ "$(svctl health || true)" = draining ]
		is_state web up
	done
	[ "$(line_count "$TEND_DIR/told")" -eq 1 ]
	stop_as_engine 20
	[ "$tend_status" -eq 0 ]
}

@test "the time of a drain counts against the budget" {
	stubborn web "stop-timeout = infinity"
	tend_start --stop-budget=4s --drain=1h
	console_has "draining for 1.8 s"
	listens web
	stop_as_engine 20
	[ "$(killed)" = "web " ]
	log_has web "web got TERM"
}

@test "svctl upgrade keeps budget and drain" {
	local old
	service web <<-END
		command = sleep 1000
	END
	supervisor_start_standalone --stop-budget=2h --drain=1h
	svctl wait web
	svctl upgrade
	kill -TERM "$(_children_of "$tend_supervisor")"
	wait_until 20 console_has "draining for"
	svctl upgrade
	is_draining
	stop_as_engine 20
	console_has "stopping within 2 h"
}

@test "durations that are none are said, and none of them is taken" {
	run "$TEND_BUILD/supervisor" --stop-budget=soon
	[ "$status" -eq 2 ]
	[[ $output == *"--stop-budget: 'soon' is no duration"* ]]
	run "$TEND_BUILD/supervisor" --drain=
	[ "$status" -eq 2 ]
	service web <<-END
		command = sleep 1000
	END
	export TEND_STOP_BUDGET=x TEND_DRAIN=y
	tend_start
	console_has "TEND_STOP_BUDGET: 'x' is no duration"
	console_has "TEND_DRAIN: 'y' is no duration"
	stop_as_engine 20
	[ "$tend_status" -eq 0 ]
}
