#!/usr/bin/env bats
# What comes of an end: which exit statuses mean what, and the end of a
# container with its essential service.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# shellcheck disable=SC2016,SC2034,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }
teardown() { tend_teardown; }

# ends NAME COMMAND [LINE...]: starts are counted in a file of its name.
ends() {
	local name=$1 command=$2
	shift 2
	{
		echo "command = sh -c 'echo >>$TEND_DIR/$name; $command'"
		echo "restart-delay = 0"
		echo "restart-limit = 3/1min"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | service "$name"
}

becomes() { # STATE NAME
	wait_until 20 is_state "$2" "$1"
}

@test "success-exit-status: these are clean, for processes and oneshots" {
	ends three 'exit 3' "restart = on-failure" "success-exit-status = 3 9"
	ends killed 'kill -KILL $$' "restart = on-failure" \
		"success-exit-status = 3 SIGKILL"
	ends four 'exit 4' "restart = on-failure" "success-exit-status = 3"
	ends once 'exit 3' "type = oneshot" "success-exit-status = 3"
	ends user 'exec sleep 1000' "requires = once"
	tend_start
	becomes down three
	becomes down killed
	becomes failed four
	becomes "done" once
	becomes up user
	[ "$(line_count "$TEND_DIR/three")" -eq 1 ]
	[ "$(line_count "$TEND_DIR/four")" -eq 4 ]
}

@test "restart-prevent-exit-status: not again, whatever restart says" {
	ends bad 'exit 78' "restart-prevent-exit-status = 78 TERM"
	ends term 'kill -TERM $$' "restart-prevent-exit-status = 78 TERM"
	ends other 'exit 77' "restart-prevent-exit-status = 78"
	tend_start
	becomes failed bad
	becomes down term
	becomes failed other
	[ "$(line_count "$TEND_DIR/bad")" -eq 1 ]
	[ "$(line_count "$TEND_DIR/term")" -eq 1 ]
	[ "$(line_count "$TEND_DIR/other")" -eq 4 ]
	svctl why other | grep -q 'restart-limit'
	# A person's start begins from nothing.
	svctl --no-wait start other
	wait_until 20 has_lines "$TEND_DIR/other" 8
}

@test "restart = on-abnormal: a signal and a time-out, but no exit code" {
	ends code 'exit 1' "restart = on-abnormal"
	ends clean 'kill -HUP $$' "restart = on-abnormal"
	ends signal 'kill -SEGV $$' "restart = on-abnormal"
	ends slow 'sleep 1000' "restart = on-abnormal" "type = oneshot" \
		"start-timeout = 50ms"
	tend_start
	becomes failed code
	becomes down clean
	becomes failed signal
	becomes failed slow
	[ "$(line_count "$TEND_DIR/code")" -eq 1 ]
	[ "$(line_count "$TEND_DIR/clean")" -eq 1 ]
	[ "$(line_count "$TEND_DIR/signal")" -eq 4 ]
	# Its shell may have been too slow to be counted.
	console_has 'slow: failed: restart-limit reached after 3 restarts;'
}

# The container ends by itself; its status goes to tend_status.
container_ends() {
	wait_until 20 _is_gone "$tend_outer"
	tend_status=0
	wait "$tend_outer" || tend_status=$?
	tend_outer=
	tend_init=
}

@test "essential: its end is the end of the container, with its status" {
	service main <<-END
		command = sh -c 'until [ -e $TEND_DIR/go ]; do sleep 0.02; done; exit 7'
		restart = never
		essential = yes
	END
	service other <<-END
		command = sh -c 'trap "sleep 0.2; echo end >$TEND_DIR/other; exit 0" TERM; while :; do sleep 0.02; done'
	END
	tend_start
	: >"$TEND_DIR/go"
	container_ends
	[ "$tend_status" -eq 7 ]
	[ "$(cat "$TEND_DIR/other")" = end ]
	console_has 'main: essential, and it ended'
}

@test "essential: signals, mapped statuses, and what cannot be executed" {
	local line want
	for line in "137 sh -c 'kill -KILL \$\$'" "0 sh -c 'exit 9'" \
		"127 /nonexistent" "0 true" "1 sh -c 'exit 1'"; do
		tend_teardown
		rm -rf "$TEND_DIR"
		tend_setup
		want=${line%% *}
		{
			echo "command = ${line#* }"
			echo "restart = never"
			echo "essential = yes"
			echo "success-exit-status = 9"
			echo "start-if = path:$TEND_DIR/go"
		} | service main
		echo "command = sleep 1000" | service other
		tend_start
		: >"$TEND_DIR/go"
		svctl --no-wait start main || true
		container_ends
		[ "$tend_status" -eq "$want" ] || {
			echo "$line: $tend_status"
			false
		}
	done
}

@test "essential: a restart and a stop that was asked for end nothing" {
	service main <<-END
		command = sleep 1000
		restart-delay = 0
		essential = yes
	END
	tend_start
	svctl wait main
	local pid
	pid=$(pid_of main)
	tend_in kill -KILL "$pid"
	wait_until 20 has_new_pid main "$pid"
	svctl stop main
	is_state main down
	svctl start main
	svctl stop main
	is_state main down
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "essential: a supervisor that dies over it ends the container as well" {
	service main <<-END
		command = sh -c 'until [ -e $TEND_DIR/go ]; do sleep 0.02; done; exit 7'
		restart = never
		essential = yes
	END
	service other <<-END
		command = sh -c 'trap "" TERM; while :; do sleep 0.02; done'
		stop-timeout = 1s
	END
	tend_start
	local supervisor
	supervisor=$(supervisor_pid)
	tend_in kill -STOP "$supervisor"
	: >"$TEND_DIR/go"
	tend_in kill -KILL "$supervisor"
	container_ends
	[ "$tend_status" -eq 7 ]
}

@test "a death that is waited after has one line in the log, with its age" {
	service once-bad <<-END
		command = sh -c '[ -e $TEND_DIR/bad ] && exec sleep 1000; echo >$TEND_DIR/bad; exit 4'
		restart-delay = 200ms
	END
	tend_start
	_is_up_again() { [ "$(field_of once-bad restarts)" = 1 ]; }
	wait_until 10 _is_up_again
	svctl --timeout 10s wait once-bad
	console_has 'once-bad: exited 4 after '
	[ "$(grep -c 'once-bad: exited 4' "$TEND_CONSOLE")" -eq 1 ]
}
