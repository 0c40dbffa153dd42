#!/usr/bin/env bats
# H32: nothing is mounted on /proc. What needs it to tell processes apart does
# without, or leaves them alone: nothing is started a second time.
# Helpers are called through others; inner shells expand what is in single
# quotes; tend_init is set by namespace_start.
# shellcheck disable=SC2016,SC2154,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	export TEND_SUPERVISOR=$TEND_BUILD/supervisor
	noted web
	noted forked "environment-file = -/none"
	noted tree "stop-timeout = 2"
	sed -i 's/exec sleep 1000/sleep 1001 \& wait/' \
		"$TEND_CONFIG/services/tree"
	printf 'type = oneshot\ncommand = sh -c "echo >>%s/starts-once"\n' \
		"$TEND_DIR" | service once
	# Of another: what /proc was mounted over would be found again.
	hidden='mount -t tmpfs none /proc && [ ! -e /proc/self ] && exec "$@"'
}

teardown() { tend_teardown; }

noted() { # NAME [LINE]
	printf 'command = sh -c "echo >>%s/starts-%s; exec sleep 1000"\n%s\n' \
		"$TEND_DIR" "$1" "${2:-}" | service "$1"
}

# pgrep needs /proc: the host's. Sets supervisor, a pid outside.
find_supervisor() { # [OLD]
	local pid
	for pid in $(_children_of "$tend_init"); do
		supervisor=$pid
		if [ "$(cat "/proc/$pid/comm")" = supervisor ] &&
			[ "$pid" != "${1:-}" ] && is_alive "$pid"; then
			return 0
		fi
	done
	return 1
}

has_next_supervisor() { # OLD
	find_supervisor "$1" && _serves
}

starts_are() { # COUNT
	local name
	for name in web forked tree once; do
		[ "$(line_count "$TEND_DIR/starts-$name")" -eq "$1" ] || return
	done
}

has_ended() { # PID inside
	! tend_in kill -0 "$1" 2>/dev/null
}

kill_and_await() { # NAME
	local pid
	pid=$(pid_of "$1")
	tend_in kill -KILL "$pid"
	wait_until 10 has_new_pid "$1" "$pid"
}

# What a supervisor can be asked for.
is_of_use() {
	svctl --timeout 10s wait web forked tree once
	kill_and_await web
	kill_and_await forked
	svctl --timeout 10s restart web
	local pid
	pid=$(pid_of tree)
	svctl --timeout 10s stop tree
	is_state tree down
	run ! tend_in kill -0 -- "-$pid"
	svctl --timeout 10s start tree
	svctl status web | grep -q 'state  up'
	svctl --timeout 10s restart once
	pid=$(pid_of web)
	svctl signal HUP web
	wait_until 10 has_new_pid web "$pid"
	svctl --timeout 10s apply
}

@test "H32: without /proc init and the supervisor do their work" {
	namespace_start sh -c "$hidden" sh "$TEND_BUILD/init" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	is_of_use
	tend_stop
	[ "$tend_status" -eq 0 ]
	run ! console_has BUG
}

@test "H32: without /proc the next supervisor under init goes on" {
	local web tree supervisor old
	namespace_start sh -c "$hidden" sh "$TEND_BUILD/init" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl --timeout 10s wait web forked tree once
	web=$(pid_of web)
	tree=$(pid_of tree)
	for _ in 1 2; do
		find_supervisor
		old=$supervisor
		kill -KILL "$old"
		wait_until 10 has_next_supervisor "$old"
		starts_are 1
		[ "$(pid_of web)" = "$web" ]
		[ "$(pid_of tree)" = "$tree" ]
	done
	# Adopted ones are signalled, with their group, and their ends seen.
	svctl --timeout 10s stop tree
	run ! tend_in kill -0 -- "-$tree"
	svctl --timeout 10s start tree
	is_of_use
	# A stop that was under way.
	svctl --no-wait stop web
	find_supervisor
	old=$supervisor
	kill -KILL "$old"
	wait_until 10 has_next_supervisor "$old"
	svctl --timeout 10s stop web
	tend_stop
	[ "$tend_status" -eq 0 ]
	run ! console_has BUG
}

start_alone() {
	if [ -z "$tend_init" ]; then
		namespace_start sh -c "$hidden" sh sh -c \
			'while :; do sleep 1000 & wait $!; done'
		_is_hidden() { tend_in test ! -e /proc/self; }
		wait_until 10 _is_hidden
	fi
	tend_in timeout --foreground 30 "$TEND_BUILD/supervisor" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME" >>"$TEND_CONSOLE" 2>&1
	_wait_until_serving
}

@test "H32: without init and /proc nothing is started a second time" {
	local web supervisor
	start_alone
	is_of_use
	web=$(pid_of web)
	rm "$TEND_DIR"/starts-*
	for _ in 1 2; do
		find_supervisor
		kill -KILL "$supervisor"
		wait_until 10 _is_gone "$supervisor"
		start_alone
		[ "$(cat "$TEND_DIR"/starts-* 2>/dev/null)" = "" ]
		is_state web failed
		is_state once "done"
		[[ "$(field_of web reason)" == *"still be running as $web"* ]]
		run -1 svctl start web
	done
	# Once it has ended it can be started.
	tend_in kill -KILL "$web"
	wait_until 10 has_ended "$web"
	svctl --timeout 10s start web
	is_state web up
	# Somebody who has looked says that it is not that one.
	svctl --timeout 10s stop tree
	svctl --timeout 10s start tree
	[ "$(line_count "$TEND_DIR/starts-tree")" -eq 1 ]
	run ! console_has BUG
}

@test "H32: without /proc an upgrade is done under init, else refused" {
	local list
	namespace_start sh -c "$hidden" sh "$TEND_BUILD/init" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl --timeout 10s wait web forked tree once
	list=$(svctl list)
	svctl --timeout 20s upgrade
	[ "$(svctl list)" = "$list" ]
	starts_are 1
	is_of_use
	tend_kill
	rm -r "$TEND_DIR"/starts-* "$TEND_RUNTIME"
	mkdir "$TEND_RUNTIME"
	start_alone
	svctl --timeout 10s wait web forked tree once
	list=$(svctl list)
	# Nobody could bring the old program back.
	run -1 svctl --timeout 20s upgrade
	[ "$(svctl list)" = "$list" ]
	starts_are 1
	is_of_use
}

@test "H32: without /proc a death is taken in before init has reaped" {
	local supervisor old tracer
	namespace_start sh -c "$hidden" sh "$TEND_BUILD/init" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl --timeout 10s wait web forked tree once
	find_supervisor
	old=$supervisor
	kill -KILL "$old"
	wait_until 10 has_next_supervisor "$old"
	# What init tells is read while the process is still a zombie.
	strace -qq -o /dev/null -e trace=waitid \
		-e inject=waitid:delay_enter=200000 -p "$tend_init" \
		2>"$TEND_DIR/strace" 3>&- &
	tracer=$!
	_is_traced() { ! grep -q '^TracerPid:.0$' "/proc/$tend_init/status"; }
	wait_until 10 _is_traced || skip "strace may not attach"
	kill_and_await web
	kill "$tracer"
	wait_until 10 has_lines "$TEND_DIR/starts-web" 2
}
