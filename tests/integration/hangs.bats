#!/usr/bin/env bats
# H45, H48: what takes no output, does not end, or does not even begin.
# Inner shells expand what is in single quotes; helpers are called through
# others; each test has its own variables.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	job=
}

teardown() {
	tend_kill
	if [ -n "$job" ]; then
		kill -KILL "$job" 2>/dev/null || true
		wait "$job" 2>/dev/null || true
	fi
	TEND_CONSOLE=$TEND_DIR/said tend_teardown
}

# --- H45: the console -------------------------------------------------------

# Services whose ends and starts are all told to the console.
talkative() {
	service crash <<-END
		command = false
		restart-delay = 0.01
		log = none
	END
	service web <<-END
		command = sleep 1000
		log = none
	END
	service stubborn <<-END
		command = sh -c 'trap "" TERM; while :; do sleep 0.1; done'
		stop-timeout = 300ms
		log = none
	END
}

restarted_often() { # COUNT
	[ "$(field_of crash restarts)" -ge "$1" ]
}

# The work goes on, that of the supervisor and that of init.
works() {
	local old count web
	svctl --timeout 10s wait web stubborn || return
	wait_until 10 restarted_often 30 || return
	web=$(pid_of web)
	tend_in kill -KILL "$web"
	wait_until 10 has_new_pid web "$web" || return
	svctl --timeout 10s stop stubborn || return
	svctl --timeout 10s restart web || return
	web=$(pid_of web)
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	_next() { [ "$(supervisor_pid)" != "$old" ] && _serves; }
	wait_until 10 _next || return
	[ "$(pid_of web)" = "$web" ] || return
	count=$(field_of crash restarts)
	wait_until 10 restarted_often $((count + 30)) || return
	svctl --timeout 10s status web | grep -q 'state  up'
}

# Once it is read again it says what happens from then on.
speaks_again() {
	_said() {
		tend_in kill -KILL "$(pid_of web)" || return
		grep -aq 'supervisor: web: killed by KILL' "$TEND_DIR/said"
	}
	wait_until 10 _said || return
	tend_in kill -KILL "$(supervisor_pid)"
	_init_said() {
		grep -aq 'init: supervisor: starting it again' "$TEND_DIR/said"
	}
	wait_until 10 _init_said
}

start_on() { # TERMINAL-OR-FIFO
	TEND_CONSOLE=$1 tend_start
}

terminal_open() { # stop|full
	mkfifo "$TEND_DIR/go"
	"$TEND_TOP/tests/helpers/terminal.py" "$TEND_DIR" "$1" 3>&- &
	job=$!
	wait_until 10 test -e "$TEND_DIR/tty"
}

@test "H45: the console is a pipe that is full and that nobody reads" {
	talkative
	mkfifo "$TEND_DIR/pipe"
	exec 8<>"$TEND_DIR/pipe"
	dd if=/dev/zero of="$TEND_DIR/pipe" oflag=nonblock bs=4k count=4096 \
		2>/dev/null || true
	start_on "$TEND_DIR/pipe" 8>&-
	works
	cat <&8 >"$TEND_DIR/said" 3>&- &
	job=$!
	speaks_again
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H45: the console is a terminal that was stopped with ^S" {
	talkative
	terminal_open stop
	start_on "$(readlink "$TEND_DIR/tty")"
	works
	echo >"$TEND_DIR/go"
	speaks_again
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H45: the console is a terminal that is full, to the end" {
	talkative
	terminal_open full
	start_on "$(readlink "$TEND_DIR/tty")"
	works
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H45: the console is a terminal that is gone" {
	talkative
	terminal_open stop
	start_on "$(readlink "$TEND_DIR/tty")"
	svctl --timeout 10s wait web
	kill -KILL "$job"
	works
	tend_stop
	[ "$tend_status" -eq 0 ]
}

# --- H48: commands ----------------------------------------------------------

# There are no commands yet but `command`: those for stop, finish and health
# are to be added here.

# Nothing but init and the supervisor.
nothing_is_left() {
	[ "$(process_count)" -eq 2 ]
}

@test "H48: a oneshot that hangs is ended at start-timeout, all of it" {
	service hangs <<-END
		type = oneshot
		command = sh -c 'sleep 1000 & sleep 1000; true'
		start-timeout = 300ms
	END
	service after <<-END
		command = sleep 1
		requires = hangs
	END
	tend_start
	wait_until 10 is_state hangs failed
	wait_until 10 is_state after failed
	wait_until 10 nothing_is_left
	[ "$(field_of hangs reason)" = "not ready after 300 ms" ]
	run -1 svctl --timeout 10s start hangs
	wait_until 10 nothing_is_left
}

@test "H48: a oneshot that hangs and ignores TERM is killed, all of it" {
	service hangs <<-END
		type = oneshot
		command = sh -c 'trap "" TERM; sh -c "while :; do sleep 0.1; done" & while :; do sleep 0.1; done'
		start-timeout = 200ms
		stop-timeout = 300ms
	END
	tend_start
	wait_until 10 is_state hangs failed
	wait_until 10 nothing_is_left
}

@test "H48: the second command of a oneshot hangs" {
	service hangs <<-END
		type = oneshot
		command = sh -c 'echo >>$TEND_DIR/first'
		command = sleep 1000
		command = sh -c 'echo >>$TEND_DIR/third'
		start-timeout = 300ms
	END
	tend_start
	wait_until 10 is_state hangs failed
	wait_until 10 nothing_is_left
	[ "$(line_count "$TEND_DIR/first")" -eq 1 ]
	[ ! -e "$TEND_DIR/third" ]
}

@test "H48: what a oneshot has left in the background ends with it" {
	service forks <<-END
		type = oneshot
		command = sh -c 'sleep 1000 & sleep 1000 & exit 0'
		log = none
	END
	tend_start
	svctl --timeout 10s wait forks
	is_state forks "done"
	wait_until 10 nothing_is_left
}

@test "H48: a oneshot that hangs is stopped by hand" {
	service hangs <<-END
		type = oneshot
		command = sh -c 'sleep 1000 & sleep 1000; true'
	END
	tend_start
	wait_until 10 is_state hangs starting
	_runs() { [ "$(tend_in pgrep -c -fx 'sleep 1000')" -eq 2 ]; }
	wait_until 10 _runs
	svctl --timeout 10s stop hangs
	is_state hangs down
	nothing_is_left
}

@test "H48: what is no program fails, with the reason, and is not tried again" {
	mkdir "$TEND_DIR/directory"
	printf 'echo hello\n' >"$TEND_DIR/text"
	cp "$TEND_DIR/text" "$TEND_DIR/nonsense"
	chmod 755 "$TEND_DIR/nonsense"
	printf '#!/nonexistent/interpreter\n' >"$TEND_DIR/interpreter"
	chmod 755 "$TEND_DIR/interpreter"
	: >"$TEND_DIR/empty"
	chmod 755 "$TEND_DIR/empty"
	mkfifo -m 755 "$TEND_DIR/fifo"
	local name
	for name in text nonsense interpreter empty directory fifo missing; do
		echo "command = $TEND_DIR/$name" | service "$name"
		printf 'command = %s\nenvironment-file = %s\n' \
			"$TEND_DIR/$name" "$TEND_DIR/env" | service "f-$name"
		printf 'type = oneshot\ncommand = %s\n' "$TEND_DIR/$name" |
			service "o-$name"
	done
	: >"$TEND_DIR/env"
	service good <<-END
		command = sleep 1000
	END
	tend_start
	svctl --timeout 10s wait good
	for name in text nonsense interpreter empty directory fifo missing; do
		wait_until 10 is_state "$name" failed
		wait_until 10 is_state "f-$name" failed
		wait_until 10 is_state "o-$name" failed
		[ "$(field_of "$name" restarts)" -eq 0 ]
		echo "$name: $(field_of "$name" reason)"
		[[ "$(field_of "$name" reason)" == "exec: "* ]]
	done
	[ "$(process_count)" -eq 3 ]
	run ! console_has BUG
}

@test "H48: a directory whose run cannot be executed is invalid" {
	mkdir "$TEND_CONFIG/services/web"
	printf '#!/bin/sh\nexec sleep 1000\n' >"$TEND_CONFIG/services/web/run"
	service good <<-END
		command = sleep 1000
	END
	tend_start
	svctl --timeout 10s wait good
	is_state web invalid
	run -78 svctl start web
	[[ "$output" == *"chmod +x"* ]] || svctl why web | grep -q 'chmod +x'
	chmod 755 "$TEND_CONFIG/services/web/run"
	svctl --timeout 10s start web
}
