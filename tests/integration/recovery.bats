#!/usr/bin/env bats
# H50: the supervisor dies under init; the next one takes over.
# Inner shells expand what is in single quotes.
# Each test has its own variables.
# shellcheck disable=SC2016,SC2030,SC2031

bats_require_minimum_version 1.5.0

load ../helpers/common

# The same init, but it does not give a supervisor up that dies 5 times within
# a minute: there is no waiting for 10 minutes here.
setup_file() {
	PATIENT=$BATS_FILE_TMPDIR/patient
	export PATIENT
	mkdir "$PATIENT"
	cp -R "$TEND_TOP/Makefile" "$TEND_TOP/VERSION" "$TEND_TOP/lib" \
		"$TEND_TOP/init" "$PATIENT"
	sed -i 's/^\(#define LIMIT_DEATHS[[:space:]]*\)5$/\11000/' \
		"$PATIENT/init/limits.h"
	grep -q 'LIMIT_DEATHS[[:space:]]*1000$' "$PATIENT/init/limits.h"
	make -s -j2 -C "$PATIENT" BUILD=build build/init >"$PATIENT/log" 2>&1 || {
		cat "$PATIENT/log"
		return 1
	}
}

setup() {
	tend_setup
	export TEND_SUPERVISOR=$TEND_BUILD/supervisor
}

teardown() { tend_teardown; }

patient_start() {
	namespace_start "$PATIENT/build/init" -c "$TEND_CONFIG" \
		-r "$TEND_RUNTIME"
	_wait_until_serving
}

# steady NAME [LINE...]: notes each start.
steady() {
	local name=$1
	shift
	{
		echo "command = sh -c 'echo \$\$\$\$ >>$TEND_DIR/starts-$name; exec sleep 1000'"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | sed 's/\$\$\$\$/$$/' | service "$name"
}

starts_of() {
	line_count "$TEND_DIR/starts-$1"
}

# The pid of the supervisor, as a child of init seen from outside.
outer_supervisor() {
	local pid name
	for pid in $(_children_of "$tend_init"); do
		{ read -r name <"/proc/$pid/comm"; } 2>/dev/null || continue
		[ "$name" != supervisor ] || break
		pid=
	done
	echo "$pid"
}

# Another supervisor than that serves.
has_successor() { # PID
	local now
	now=$(outer_supervisor)
	[ -n "$now" ] && [ "$now" != "$1" ] && _serves &&
		svctl list 2>&1 >/dev/null | wc -c | grep -qx 0
}

# Kills the supervisor and waits for the next one.
kill_supervisor() {
	local old
	old=$(outer_supervisor)
	kill -KILL "$old"
	wait_until 10 has_successor "$old"
}

@test "H50: 50 times kill -9: nothing restarted, stopped or started twice" {
	steady base
	steady above "requires = base"
	steady plain "log = file"
	steady stopped
	steady direct "kill-mode = process"
	printf 'type = oneshot\ncommand = sh -c "echo >>%s/starts-once"\n' \
		"$TEND_DIR" | service once
	# Two of it at once would both try to make the directory.
	service crash <<-END
		command = sh -c 'mkdir $TEND_DIR/lock || echo >>$TEND_DIR/double; echo >>$TEND_DIR/starts-crash; sleep 0.02; rmdir $TEND_DIR/lock; exit 3'
		restart-delay = 0.02
	END
	# Ends while there is no supervisor, with what the file says.
	service meanwhile <<-END
		command = sh -c 'echo >>$TEND_DIR/starts-meanwhile; until [ -s $TEND_DIR/go ]; do sleep 0.01; done; exit \$(cat $TEND_DIR/go)'
		restart = never
	END
	patient_start
	svctl --timeout 10s wait base above plain stopped once direct meanwhile
	svctl stop stopped
	local list round code old crashes
	list=$(svctl list | grep -v 'crash\|meanwhile')
	for round in $(seq 50); do
		code=$((round + 100))
		crashes=$(starts_of crash)
		old=$(outer_supervisor)
		if [ $((round % 2)) -eq 0 ]; then
			# For certain with nobody there.
			kill -STOP "$tend_init"
			kill -KILL "$old"
			echo "$code" >"$TEND_DIR/go"
			_meanwhile_is_dead() {
				! is_alive_named "$TEND_DIR/starts-meanwhile"
			}
			wait_until 10 _meanwhile_is_dead
			kill -CONT "$tend_init"
		else
			echo "$code" >"$TEND_DIR/go"
			kill -KILL "$old"
		fi
		wait_until 10 has_successor "$old"
		wait_until 10 is_state meanwhile failed
		[ "$(field_of meanwhile exit_code)" = "$code" ]
		[ "$(svctl list | grep -v 'crash\|meanwhile')" = "$list" ]
		: >"$TEND_DIR/go"
		svctl --timeout 10s start meanwhile
		_crashes_on() { [ "$(starts_of crash)" -gt "$crashes" ]; }
		wait_until 10 _crashes_on
	done
	local name
	for name in base above plain stopped direct once; do
		[ "$(starts_of "$name")" -eq 1 ]
	done
	wait_until 10 has_lines "$TEND_DIR/starts-meanwhile" 51
	[ "$(starts_of meanwhile)" -eq 51 ]
	[ ! -e "$TEND_DIR/double" ]
	run ! console_has BUG
	[ "$(tend_in pgrep -c -fx 'sleep 1000')" -eq 4 ]
	# All of it is still ours to stop, in order.
	tend_stop
}

# A process whose command line has WORD runs in the namespace.
is_alive_named() {
	tend_in pgrep -f "$1" >/dev/null
}

@test "H50: killed at any moment of a start, each service starts once" {
	local i j round old next
	_has_next() {
		next=$(outer_supervisor 2>/dev/null)
		[ -n "$next" ] && [ "$next" != "$old" ]
	}
	for i in $(seq 40); do
		printf "command = sh -c 'echo \$\$ >>%s/starts-%s; exec sleep 1000'\n" \
			"$TEND_DIR" "s$i" >"$TEND_CONFIG/services/s$i"
	done
	for round in $(seq 10); do
		rm -f "$TEND_DIR"/starts-*
		namespace_start "$PATIENT/build/init" -c "$TEND_CONFIG" \
			-r "$TEND_RUNTIME"
		# From before the first to after the last of them.
		old=
		for i in 1 2 3; do
			wait_until 10 _has_next
			for ((j = 0; j < round * 100 * i; j++)); do :; done
			kill -KILL "$next"
			old=$next
		done
		_wait_until_serving
		_all_up() { [ "$(svctl list 2>&1 | grep -c ' up ')" -eq 40 ]; }
		wait_until 15 _all_up
		_all_exec() { [ "$(tend_in pgrep -c -fx 'sleep 1000')" -ge 40 ]; }
		wait_until 15 _all_exec
		[ "$(tend_in pgrep -c -fx 'sleep 1000')" -eq 40 ]
		[ "$(cat "$TEND_DIR"/starts-* | wc -l)" -eq 40 ]
		run ! console_has BUG
		tend_kill
	done
}

@test "H50: killed in a crash storm, there is never a second copy" {
	local i
	for i in 1 2 3; do
		service "crash$i" <<-END
			command = sh -c 'mkdir $TEND_DIR/lock$i || echo >>$TEND_DIR/double; echo >>$TEND_DIR/starts-$i; rmdir $TEND_DIR/lock$i; exit 3'
			restart-delay = 0
			log = none
		END
	done
	patient_start
	for i in $(seq 20); do
		wait_until 10 has_lines "$TEND_DIR/starts-1" $((i * 5))
		kill_supervisor
	done
	local n
	n=$(starts_of 2)
	wait_until 10 has_lines "$TEND_DIR/starts-2" $((n + 10))
	wait_until 10 has_lines "$TEND_DIR/starts-3" 10
	[ ! -e "$TEND_DIR/double" ]
	run ! console_has BUG
}

@test "H50: a request that comes while nobody is there is done once" {
	steady web
	patient_start
	svctl wait web
	wait_until 10 has_lines "$TEND_DIR/starts-web" 1
	local round old jobs=() job
	for round in 1 2 3; do
		old=$(outer_supervisor)
		kill -STOP "$tend_init"
		kill -KILL "$old"
		svctl --timeout 20s restart web &
		job=$!
		jobs+=("$job")
		wait_until 10 is_alive_named "svctl --timeout 20s restart web"
		kill -CONT "$tend_init"
		wait "$job"
		wait_until 10 has_lines "$TEND_DIR/starts-web" $((round + 1))
		[ "$(starts_of web)" -eq $((round + 1)) ]
		is_state web up
	done
}

@test "H50: svctl wait outlives the supervisor" {
	printf 'command = sleep 1000\nautostart = no\n' | service late
	patient_start
	svctl --timeout 20s wait late &
	local job=$!
	wait_until 10 is_alive_named "svctl --timeout 20s wait late"
	kill_supervisor
	kill_supervisor
	svctl start late
	wait "$job"
}

@test "H50: a stop that was under way goes on, with its timeout" {
	service slow <<-END
		command = sh -c 'trap "" TERM; echo >>$TEND_DIR/starts-slow; while :; do sleep 1000; done'
		stop-timeout = 1500ms
	END
	steady other
	patient_start
	wait_until 10 has_lines "$TEND_DIR/starts-slow" 1
	svctl --no-wait stop slow
	kill_supervisor
	[[ "$(state_of slow)" == @(stopping|killing|down) ]]
	wait_until 10 is_state slow down
	[ "$(field_of slow exit_signal)" = KILL ]
	run ! is_alive_named starts-slow
	kill_supervisor
	is_state slow down
	[ "$(starts_of slow)" -eq 1 ]
	[ "$(starts_of other)" -eq 1 ]
}

@test "H50: adopted services are killed, restarted, signalled, stopped" {
	steady web
	steady group
	service tree <<-END
		command = sh -c 'sleep 1001 & sleep 1001 & echo >>$TEND_DIR/starts-tree; wait'
	END
	patient_start
	wait_until 10 has_lines "$TEND_DIR/starts-tree" 1
	svctl wait web group tree
	kill_supervisor
	local pid
	pid=$(pid_of web)
	tend_in kill -KILL "$pid"
	wait_until 10 has_new_pid web "$pid"
	kill_supervisor
	svctl --timeout 10s restart group
	wait_until 10 has_lines "$TEND_DIR/starts-group" 2
	svctl --timeout 10s stop tree
	run ! tend_in pgrep -fx 'sleep 1001'
	svctl signal KILL web
	wait_until 10 has_lines "$TEND_DIR/starts-web" 3
	is_state group up
}

@test "H50: counts, limits and delays go on where they were" {
	service loop <<-END
		command = sh -c 'echo >>$TEND_DIR/starts-loop; exit 1'
		restart-delay = 0.3
		restart-limit = 6/10min
	END
	patient_start
	local i
	for i in 1 2 3; do
		wait_until 10 has_lines "$TEND_DIR/starts-loop" $((i + 1))
		kill_supervisor
	done
	wait_until 10 is_state loop failed
	[ "$(starts_of loop)" -eq 7 ]
	[ "$(field_of loop restarts)" -eq 6 ]
	kill_supervisor
	is_state loop failed
	[ "$(starts_of loop)" -eq 7 ]
}

@test "H43: TERM to init while the supervisor is dead stops all in order" {
	cat >"$TEND_DIR/node" <<-'END'
		#!/bin/sh
		trap 'sleep 0.05; echo "$1" >>"${0%/*}/ended"; exit 0' TERM
		echo >>"${0%/*}/ready"
		while :; do sleep 0.05; done
	END
	chmod +x "$TEND_DIR/node"
	printf 'command = %s/node base\n' "$TEND_DIR" | service base
	printf 'command = %s/node above\nrequires = base\n' "$TEND_DIR" |
		service above
	patient_start
	wait_until 10 has_lines "$TEND_DIR/ready" 2
	kill -STOP "$tend_init"
	kill -KILL "$(outer_supervisor)"
	kill -TERM "$tend_init"
	kill -CONT "$tend_init"
	wait_until 20 _is_gone "$tend_outer"
	[ "$(tr '\n' ' ' <"$TEND_DIR/ended")" = "above base " ]
}

@test "H43: the supervisor killed during a shutdown: it is finished" {
	local i how
	cat >"$TEND_DIR/node" <<-'END'
		#!/bin/sh
		trap 'sleep 0.1; echo "$1" >>"${0%/*}/ended"; exit 0' TERM
		echo >>"${0%/*}/ready"
		while :; do sleep 0.05; done
	END
	chmod +x "$TEND_DIR/node"
	printf 'command = %s/node a\n' "$TEND_DIR" | service a
	printf 'command = %s/node b\nrequires = a\n' "$TEND_DIR" | service b
	printf 'command = %s/node c\nrequires = b\n' "$TEND_DIR" | service c
	# Of TERM init knows as well, of the other only the journal.
	for how in TERM poweroff; do
		rm -f "$TEND_DIR"/ready "$TEND_DIR"/ended "$TEND_RUNTIME"/*
		patient_start
		wait_until 10 has_lines "$TEND_DIR/ready" 3
		if [ "$how" = TERM ]; then
			kill -TERM "$tend_init"
		else
			echo poweroff >"$TEND_RUNTIME/control"
		fi
		wait_until 10 has_lines "$TEND_DIR/ended" 1
		i=$(outer_supervisor)
		[ -z "$i" ] || kill -KILL "$i"
		wait_until 20 _is_gone "$tend_outer"
		[ "$(tr '\n' ' ' <"$TEND_DIR/ended")" = "c b a " ]
		[ "$(line_count "$TEND_DIR/ready")" -eq 3 ]
		tend_kill
	done
}

@test "H50: init as it is: four deaths are survived" {
	steady web
	tend_start
	svctl wait web
	local pid
	pid=$(pid_of web)
	for _ in 1 2 3 4; do
		kill_supervisor
	done
	[ "$(pid_of web)" = "$pid" ]
	[ "$(starts_of web)" -eq 1 ]
	svctl restart web
	tend_stop
	[ "$tend_status" -eq 0 ]
}
