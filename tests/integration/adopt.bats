#!/usr/bin/env bats
# H50: what becomes of adopted services, under init and without it.
# Inner shells expand what is in single quotes.
# Each test has its own variables.
# shellcheck disable=SC2016,SC2030,SC2031

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

# Kills the supervisor; init starts another, or we do.
next_supervisor() {
	local old
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	if [ -n "${tend_supervisor:-}" ]; then
		wait_until 10 _is_gone "$tend_supervisor"
		supervisor_start_standalone
	fi
	wait_until 10 _has_other_supervisor "$old"
}

# A main that leaves two children behind, deaf to TERM when $1 is deaf.
tree() {
	local trap=
	[ "${1:-}" != deaf ] || trap='trap "" TERM; '
	cat >"$TEND_DIR/tree" <<-END
		#!/bin/bash
		($trap while :; do sleep 1001; done) &
		($trap while :; do sleep 1001; done) &
		echo >>$TEND_DIR/starts-tree
		wait
	END
	chmod +x "$TEND_DIR/tree"
	printf 'command = %s/tree\nstop-timeout = 1\n' "$TEND_DIR" |
		service tree
}

is_tree_gone() {
	! tend_in pgrep -fx 'sleep 1001|.*/tree' >/dev/null
}

@test "H50: what an adopted service that crashed leaves behind is killed" {
	tree
	tend_start
	wait_until 10 has_lines "$TEND_DIR/starts-tree" 1
	local old
	old=$(tend_in pgrep -fx '/bin/bash .*/tree|sleep 1001' | sort)
	next_supervisor
	tend_in kill -KILL "$(pid_of tree)"
	wait_until 10 has_lines "$TEND_DIR/starts-tree" 2
	local pid
	for pid in $old; do
		run ! tend_in kill -0 "$pid"
	done
	svctl --timeout 10s stop tree
	wait_until 10 is_tree_gone
}

@test "H50: what an adopted service leaves at its stop is killed in time" {
	tree deaf
	tend_start
	wait_until 10 has_lines "$TEND_DIR/starts-tree" 1
	next_supervisor
	svctl --timeout 10s stop tree
	is_tree_gone
	is_state tree down
}

@test "H50: killed while a group outlives its main: the rest is still ended" {
	tree deaf
	sed -i 's/^stop-timeout.*/stop-timeout = 2/' "$TEND_CONFIG/services/tree"
	tend_start
	wait_until 10 has_lines "$TEND_DIR/starts-tree" 1
	svctl --no-wait stop tree
	wait_until 10 is_state tree stopping
	next_supervisor
	[ "$(line_count "$TEND_DIR/starts-tree")" -eq 1 ]
	wait_until 10 is_state tree down
	is_tree_gone
}

@test "H50: without init the status of an adopted service is known" {
	local minor
	minor=$(uname -r)
	if [ "$(printf '6.15\n%s\n' "$minor" | sort -V | head -n 1)" != 6.15 ]; then
		skip "Linux $minor keeps no exit status for a pidfd (6.15 does)"
	fi
	printf 'command = sh -c "until [ -e %s/go ]; do sleep 0.05; done; exit 42"\nrestart = never\n' \
		"$TEND_DIR" | service web
	printf 'command = sh -c "until [ -e %s/go ]; do sleep 0.05; done; kill -USR1 \\$\\$"\nrestart = never\n' \
		"$TEND_DIR" | service sig
	supervisor_start_standalone
	svctl wait web sig
	next_supervisor
	is_state web up
	: >"$TEND_DIR/go"
	wait_until 10 is_state web failed
	[ "$(field_of web exit_code)" = 42 ]
	wait_until 10 is_state sig failed
	[ "$(field_of sig exit_signal)" = USR1 ]
}

@test "H50: without init and with few descriptors all ends are seen" {
	local i
	for i in $(seq 60); do
		printf 'command = sleep 1000\n' | service "s$i"
	done
	supervisor_start_standalone
	svctl wait s1 s60
	next_supervisor
	wait_until 10 is_state s60 up
	ulimit -Sn 64
	next_supervisor
	ulimit -Sn "$(ulimit -Hn)"
	_all_up() { [ "$(svctl list | grep -c ' up ')" -eq 60 ]; }
	wait_until 10 _all_up
	local pid
	for i in 1 30 60; do
		pid=$(pid_of "s$i")
		tend_in kill -KILL "$pid"
		wait_until 10 has_new_pid "s$i" "$pid"
	done
	[ "$(tend_in pgrep -c -fx 'sleep 1000')" -ge 60 ]
}
