#!/usr/bin/env bats
# What a stop ends: the main process, its group, or all that it started.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }
teardown() { tend_teardown; }

# Sleeps of that length that run.
sleeps() { # SECONDS
	tend_in pgrep -c -x -f "sleep $1" || :
}

has_sleeps() { # SECONDS COUNT
	[ "$(sleeps "$1")" = "$2" ]
}

# Everything that tries to escape: a child, a pipeline, two forks, a session.
runaway() { # SECONDS KILL-MODE
	cat >"$TEND_DIR/runaway$1" <<-END
		#!/bin/sh
		sleep $1 &
		sleep $1 | cat &
		(sleep $1 &)
		setsid sleep $1 &
		(setsid sh -c 'sleep $1 & sleep $1' &)
		setsid sh -c 'trap "" TERM; sleep $1; :' &
		exec sleep $1
	END
	chmod 755 "$TEND_DIR/runaway$1"
	printf '%s\n' "command = $TEND_DIR/runaway$1" "kill-mode = $2" \
		'stop-timeout = 500ms'
}

@test "H9: kill-mode = all leaves nothing behind" {
	runaway 4001 all | service web
	tend_start
	svctl wait web
	wait_until 10 has_sleeps 4001 8
	svctl --timeout 8s stop web
	has_sleeps 4001 0
	is_state web down
}

@test "H9: so it does after a crash, before the next start" {
	runaway 4002 all | service web
	tend_start
	svctl wait web
	wait_until 10 has_sleeps 4002 8
	old=$(pid_of web)
	tend_in pgrep -x -f "sleep 4002" | sort >"$TEND_DIR/before"
	tend_in kill -KILL "$old"
	wait_until 10 has_new_pid web "$old"
	wait_until 10 has_sleeps 4002 8
	tend_in pgrep -x -f "sleep 4002" | sort >"$TEND_DIR/after"
	run comm -12 "$TEND_DIR/before" "$TEND_DIR/after"
	[ -z "$output" ]
}

@test "H9: so it does under a supervisor that took the service over" {
	runaway 4003 all | service web
	tend_start
	svctl wait web
	wait_until 10 has_sleeps 4003 8
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	wait_until 10 eval '[ "$(supervisor_pid)" != "$old" ]'
	svctl --timeout 8s stop web
	has_sleeps 4003 0
}

@test "H9: kill-mode = group leaves other sessions, and status shows them" {
	runaway 4004 group | service web
	tend_start
	svctl wait web
	wait_until 10 has_sleeps 4004 8
	svctl --timeout 8s stop web
	has_sleeps 4004 4
	svctl status web | grep -q 'strays  '
	[ "$(svctl status web | sed -n 's/ *strays  \([0-9]*\) .*/\1/p')" = 6 ]
	tend_in pkill -KILL -x -f "sleep 4004"
	tend_in pkill -KILL -f "[s]h -c .*sleep 4004" || :
	wait_until 10 eval '! svctl status web | grep -q strays'
}

@test "kill-mode = mixed asks the main process and kills its group" {
	cat >"$TEND_DIR/main" <<-END
		#!/bin/sh
		sh -c 'trap "echo asked >>$TEND_DIR/told" TERM; \
			while :; do sleep 0.1; done' &
		trap 'echo main >>$TEND_DIR/told; exit 0' TERM
		echo up >>$TEND_DIR/told
		while :; do sleep 0.1; done
	END
	chmod 755 "$TEND_DIR/main"
	printf '%s\n' "command = $TEND_DIR/main" 'kill-mode = mixed' |
		service web
	tend_start
	wait_until 10 has_lines "$TEND_DIR/told" 1
	svctl --timeout 8s stop web
	[ "$(cat "$TEND_DIR/told")" = "$(printf 'up\nmain')" ]
	run tend_in pgrep -f "[t]rap"
	[ -z "$output" ]
}
