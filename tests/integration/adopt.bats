#!/usr/bin/env bats
# H50: what becomes of adopted services, under init and without it.
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

# Lets the next supervisor find the files of the run-time root as CMD left them.
with_files() { # CMD...
	local old
	old=$(supervisor_pid)
	kill -STOP "$tend_init"
	tend_in kill -KILL "$old"
	"$@"
	kill -CONT "$tend_init"
	wait_until 10 _has_other_supervisor "$old"
}

empty() { : >"$TEND_RUNTIME/state"; }
truncated() { truncate -s -100 "$TEND_RUNTIME/state"; }
garbage() {
	rm "$TEND_RUNTIME/state"
	head -c 3000 /dev/urandom >"$TEND_RUNTIME/state"
}
linked() {
	mv "$TEND_RUNTIME/state" "$TEND_DIR/elsewhere"
	ln -s "$TEND_DIR/elsewhere" "$TEND_RUNTIME/state"
}
gone() { rm "$TEND_RUNTIME/state"; }
writable() { chmod 666 "$TEND_RUNTIME/state"; }
all_gone() { rm "$TEND_RUNTIME"/{state,status,loaded}; }
# Both snapshots and the checksums of every record; words and names are left.
damaged() {
	local size i
	size=$(stat -c %s "$TEND_RUNTIME/state")
	# From behind the header on, 48 bytes of each record of 232 are words.
	for ((i = header_size; i < size; i += record_size)); do
		head -c $((record_size - 48)) /dev/urandom | dd bs=1 \
			seek=$((i + 48)) conv=notrunc status=none \
			of="$TEND_RUNTIME/state"
	done
}

# A service, one that was stopped, one that is done, one that follows.
salvage_services() {
	printf 'command = sh -c "echo >>%s/starts-web; exec sleep 1000"\n' \
		"$TEND_DIR" | service web
	printf 'command = sh -c "echo >>%s/starts-off; exec sleep 1000"\n' \
		"$TEND_DIR" | service off
	printf 'type = oneshot\ncommand = sh -c "echo >>%s/starts-once"\n' \
		"$TEND_DIR" | service once
	printf 'command = sh -c "echo >>%s/starts-above; exec sleep 1000"\nrequires = web\n' \
		"$TEND_DIR" | service above
}

@test "H50: with a damaged journal nothing is started a second time" {
	salvage_services
	local kind pid above header_size record_size name
	for kind in empty truncated garbage linked gone writable damaged; do
		rm -f "$TEND_DIR"/starts-*
		tend_start
		svctl wait web once above off
		svctl stop off
		pid=$(pid_of web)
		above=$(pid_of above)
		read -r header_size record_size < <(od -An -tu4 -j8 -N8 \
			"$TEND_RUNTIME/state")
		with_files "$kind"
		is_state web failed
		is_state above failed
		[[ "$(field_of web reason)" == *"still be running as $pid"* ]]
		[ "$kind" = damaged ] || is_state once "done"
		[ "$kind" = damaged ] || is_state off down
		tend_in kill -0 "$pid"
		tend_in kill -0 "$above"
		run -0 svctl why web
		[[ "$output" == *"still be running as $pid"*"svctl stop web"* ]]
		run -1 svctl start web
		[[ "$output" == *"end that first"* ]]
		run -1 svctl restart above
		for name in web above once; do
			[ "$(line_count "$TEND_DIR/starts-$name")" -eq 1 ]
		done
		# A crash on top of it changes nothing.
		next_supervisor
		is_state web failed
		# Somebody sees to it.
		tend_in kill -KILL "$pid" "$above"
		_is_dead() { ! tend_in kill -0 "$1"; }
		wait_until 10 _is_dead "$pid"
		wait_until 10 _is_dead "$above"
		svctl --timeout 10s start above
		is_state web up
		wait_until 10 has_lines "$TEND_DIR/starts-above" 2
		[ "$(tend_in pgrep -c -fx 'sleep 1000')" -le 3 ]
		tend_stop
		rm -rf "$TEND_RUNTIME" "$TEND_DIR/elsewhere"
		mkdir "$TEND_RUNTIME"
	done
}

@test "H50: without journal and page nothing is started a second time" {
	salvage_services
	tend_start
	svctl wait web once above off
	svctl stop off
	local pid name
	pid=$(pid_of web)
	with_files all_gone
	is_state web failed
	is_state above failed
	tend_in kill -0 "$pid"
	for name in web above once off; do
		[ "$(line_count "$TEND_DIR/starts-$name")" -eq 1 ]
	done
	# Stop says that it is none of it.
	svctl stop web
	svctl --timeout 10s start web
	is_state web up
	tend_in kill -0 "$pid"
}

@test "H50: without init a damaged journal starts nothing a second time" {
	salvage_services
	supervisor_start_standalone
	svctl wait web once above
	local pid old
	pid=$(pid_of web)
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	wait_until 10 _is_gone "$tend_supervisor"
	garbage
	supervisor_start_standalone
	is_state web failed
	is_state once "done"
	[[ "$(field_of web reason)" == *"still be running as $pid"* ]]
	[ "$(line_count "$TEND_DIR/starts-web")" -eq 1 ]
	[ "$(line_count "$TEND_DIR/starts-above")" -eq 1 ]
}

@test "H50: a journal of another boot or container run is no reason to worry" {
	salvage_services
	supervisor_start_standalone
	svctl wait web once above
	tend_in kill -KILL "$(supervisor_pid)"
	wait_until 10 _is_gone "$tend_supervisor"
	# The same run directory, another PID 1.
	tend_kill
	rm -f "$TEND_DIR"/starts-*
	supervisor_start_standalone
	svctl wait web once above
	console_has "of another run of the container"
	tend_kill
	rm -f "$TEND_DIR"/starts-*
	tend_start
	svctl wait web once above
	[ "$(line_count "$TEND_DIR/starts-web")" -eq 1 ]
}
