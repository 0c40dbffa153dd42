#!/usr/bin/env bats
# What starts and stops, in which order, and what follows from a failure.
# Inner shells expand what is in single quotes.
# Helpers are called indirectly.
# shellcheck disable=SC2016,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	# Notes its end, late enough for a wrong order to show.
	cat >"$TEND_DIR/node" <<-'END'
		#!/bin/sh
		trap 'sleep 0.05; echo "$1" >>"${0%/*}/ended"; exit 0' TERM
		echo "$1" >>"${0%/*}/started"
		while :; do sleep 0.05; done
	END
	chmod +x "$TEND_DIR/node"
}

teardown() { tend_teardown; }

# node NAME [LINE...]: a service that notes its end.
node() {
	local name=$1
	shift
	{
		echo "command = $TEND_DIR/node $name"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | service "$name"
}

# oneshot NAME [LINE...]: a service that notes its start.
oneshot() {
	local name=$1
	shift
	{
		echo "type = oneshot"
		echo "command = sh -c 'echo $name >>$TEND_DIR/order'"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | service "$name"
}

# Nodes can be stopped without a loss once they have set their traps.
nodes_listen() { # COUNT
	wait_until 20 has_lines "$TEND_DIR/started" "$1"
}

# The position of a line in a file, from 1.
place_of() { # FILE LINE
	grep -nx "$2" "$TEND_DIR/$1" | head -n 1 | cut -d: -f1
}

comes_before() { # FILE LINE LINE
	[ "$(place_of "$1" "$2")" -lt "$(place_of "$1" "$3")" ]
}

@test "H40: a diamond starts from its foot and stops from its top" {
	node top "requires = left right"
	node left "requires = foot"
	node right "requires = foot"
	node foot
	tend_start
	svctl wait top left right foot
	# In a namespace of their own pids grow with time.
	[ "$(pid_of foot)" -lt "$(pid_of left)" ]
	[ "$(pid_of foot)" -lt "$(pid_of right)" ]
	[ "$(pid_of left)" -lt "$(pid_of top)" ]
	[ "$(pid_of right)" -lt "$(pid_of top)" ]
	nodes_listen 4
	tend_stop
	[ "$tend_status" -eq 0 ]
	[ "$(line_count "$TEND_DIR/ended")" -eq 4 ]
	[ "$(head -n 1 "$TEND_DIR/ended")" = top ]
	[ "$(tail -n 1 "$TEND_DIR/ended")" = foot ]
}

@test "H40: after and before order without starting anything" {
	oneshot z "before = m nobody"
	oneshot m
	oneshot a "after = m nobody-else later"
	oneshot later "autostart = no"
	tend_start
	svctl wait a
	[ "$(tr '\n' ' ' <"$TEND_DIR/order")" = "z m a " ]
	is_state later down
}

@test "H40: after beats the order that requires implies" {
	oneshot first "requires = second"
	oneshot second "after = first"
	tend_start
	svctl wait first second
	[ "$(tr '\n' ' ' <"$TEND_DIR/order")" = "first second " ]
}

@test "H40: a cycle is reported with every edge, the rest starts" {
	node one "requires = two"
	node two "requires = three"
	node three "after = one"
	node outside
	node above "requires = one"
	tend_start
	svctl wait outside
	is_state one invalid
	is_state two invalid
	is_state three invalid
	[ "$(state_of above)" != up ]
	local word
	for word in one two three; do
		run -0 svctl why "$word"
		[[ "$output" == *one*two*three* ||
			"$output" == *two*three*one* ||
			"$output" == *three*one*two* ]]
	done
	run svctl start one
	[ "$status" -eq 78 ]
}

@test "H40: a service that requires itself is invalid, the rest starts" {
	node me "requires = me"
	node other
	tend_start
	svctl wait other
	is_state me invalid
	run -0 svctl why me
	[[ "$output" == *me* ]]
}

@test "H40: an unknown name is an error in requires, a warning in wants" {
	node lost "requires = nowhere"
	node easy "wants = nowhere-else"
	tend_start
	svctl wait easy
	is_state lost invalid
	run -0 svctl why lost
	[[ "$output" == */services/lost:*requires*"'nowhere'"* ]]
	console_has nowhere-else
}

@test "H40: a chain of 1,000 services starts in its order" {
	local i
	oneshot n1000
	for i in $(seq 999); do
		printf '%s\n' "type = oneshot" "requires = n$((i + 1))" \
			"command = sh -c 'echo n$i >>$TEND_DIR/order'" \
			>"$TEND_CONFIG/services/n$i"
	done
	tend_start
	svctl --timeout 30 wait n1
	[ "$(line_count "$TEND_DIR/order")" -eq 1000 ]
	[ "$(head -n 1 "$TEND_DIR/order")" = n1000 ]
	sort -rn -k 1.2 "$TEND_DIR/order" | cmp - "$TEND_DIR/order"
}

@test "a service whose requirement cannot start fails and names it" {
	service base <<-END
		type = oneshot
		command = sh -c 'exit 3'
	END
	node needs "requires = base"
	node above "requires = needs"
	node likes "wants = base"
	tend_start
	svctl wait likes
	wait_until 10 is_state above failed
	is_state base failed
	is_state needs failed
	run -0 svctl why needs
	[[ "$output" == *base* ]]
	run svctl status base
	[ "$status" -eq 3 ]
	[[ "$output" == *"exited 3"* ]]
	run svctl start above
	[ "$status" -eq 1 ]
	[ ! -e "$TEND_DIR/started" ] ||
		[ "$(cat "$TEND_DIR/started")" = likes ]
	# Mended, all of it comes.
	service base <<-END
		type = oneshot
		command = true
	END
	svctl apply
	svctl start above
	is_state needs up
}

@test "a crash that is being restarted leaves dependents up" {
	node base
	node above "requires = base"
	tend_start
	svctl wait above
	local base above
	base=$(pid_of base)
	above=$(pid_of above)
	tend_in kill -KILL "$base"
	wait_until 10 has_new_pid base "$base"
	is_state above up
	[ "$(pid_of above)" = "$above" ]
}

@test "a stop by hand takes dependents down first" {
	node base
	node above "requires = base"
	node likes "wants = base"
	tend_start
	svctl wait above likes
	nodes_listen 3
	svctl stop base
	is_state above down
	is_state base down
	is_state likes up
	[ "$(tr '\n' ' ' <"$TEND_DIR/ended")" = "above base " ]
	run -0 svctl why above
	[[ "$output" == *base* ]]
	# Starting what stands above brings both back.
	svctl start above
	is_state base up
}

@test "a requirement that gives up takes its dependents down" {
	service base <<-END
		command = sh -c 'until [ -e $TEND_DIR/crash ]; do sleep 0.02; done; exit 1'
		restart-delay = 0
		restart-limit = 3/1min
	END
	node above "requires = base"
	tend_start
	svctl wait above
	nodes_listen 1
	: >"$TEND_DIR/crash"
	wait_until 10 is_state base failed
	wait_until 10 is_state above failed
	[ "$(cat "$TEND_DIR/ended")" = above ]
	[ "$(field_of base restarts)" -eq 3 ]
}

@test "a oneshot is done, start leaves it so, restart runs it again" {
	service init <<-END
		type = oneshot
		command = sh -c 'echo 1 >>$TEND_DIR/order'
		command = -sh -c 'echo 2 >>$TEND_DIR/order; exit 7'
		command = sh -c 'echo 3 >>$TEND_DIR/order'
	END
	service gone <<-END
		type = oneshot
		command = true
		remain-after-exit = no
	END
	tend_start
	svctl wait init
	is_state init 'done'
	wait_until 10 is_state gone down
	[ "$(tr '\n' ' ' <"$TEND_DIR/order")" = "1 2 3 " ]
	run -0 --separate-stderr svctl start init
	[[ "$stderr" == *"already done"* ]]
	[ "$(line_count "$TEND_DIR/order")" -eq 3 ]
	svctl restart init
	[ "$(tr '\n' ' ' <"$TEND_DIR/order")" = "1 2 3 1 2 3 " ]
	svctl status init
	svctl stop init
	is_state init down
}

@test "a oneshot's commands end at the first that fails" {
	service init <<-END
		type = oneshot
		command = sh -c 'echo 1 >>$TEND_DIR/order'
		command = sh -c 'echo 2 >>$TEND_DIR/order; exit 7'
		command = sh -c 'echo 3 >>$TEND_DIR/order'
	END
	tend_start
	wait_until 10 is_state init failed
	[ "$(tr '\n' ' ' <"$TEND_DIR/order")" = "1 2 " ]
	[ "$(field_of init exit_code)" = 7 ]
}

@test "a target groups: stopped alone it leaves what it only wants" {
	node a
	node b
	service both <<-END
		type = target
		requires = a
		wants = b
	END
	tend_start
	svctl wait both
	[ -z "$(pid_of both)" ]
	svctl stop both
	is_state a up
	is_state b up
	svctl start both
	svctl stop a
	is_state both down
	is_state b up
}

@test "start = enabled starts the target default and what it wants" {
	echo "start = enabled" >"$TEND_CONFIG/tend.conf"
	service default <<-END
		type = target
		wants = a
	END
	node a
	node b
	node c
	mkdir "$TEND_CONFIG/default.wants"
	: >"$TEND_CONFIG/default.wants/b"
	tend_start
	svctl wait default a b
	is_state c down
	[ "$(field_of b enabled)" = enabled ]
	[ "$(field_of c enabled)" = disabled ]
}

@test "H11: a service that ignores TERM is killed at stop-timeout" {
	service stubborn <<-END
		command = sh -c 'trap "" TERM; echo >$TEND_DIR/set; while :; do sleep 1000; done'
		stop-timeout = 300ms
	END
	tend_start
	wait_until 10 test -e "$TEND_DIR/set"
	local begin=${EPOCHREALTIME/[.,]/} took
	svctl stop stubborn
	took=$((${EPOCHREALTIME/[.,]/} - begin))
	is_state stubborn down
	[ "$took" -ge 290000 ]
	[ "$took" -lt 8000000 ]
	[ "$(field_of stubborn exit_signal)" = KILL ]
	run tend_in pgrep -x sleep
	[ "$status" -eq 1 ]
}

@test "H11: the whole shutdown is bounded by stop-timeout" {
	local i
	for i in 1 2 3 4 5; do
		service "s$i" <<-END
			command = sh -c 'trap "" TERM; echo >$TEND_DIR/set$i; while :; do sleep 1000; done'
			stop-timeout = 400ms
		END
	done
	tend_start
	for i in 1 2 3 4 5; do
		wait_until 10 test -e "$TEND_DIR/set$i"
	done
	local begin=${EPOCHREALTIME/[.,]/}
	tend_stop
	[ "$tend_status" -eq 0 ]
	# Side by side, and without the 5 s that init gives to strays.
	[ $((${EPOCHREALTIME/[.,]/} - begin)) -lt 4500000 ]
}

@test "H10: a stopped service is continued to be ended" {
	node frozen "stop-timeout = 10s"
	tend_start
	svctl wait frozen
	nodes_listen 1
	svctl pause frozen
	svctl --timeout 8s stop frozen
	[ "$(field_of frozen exit_signal)" = null ]
	[ "$(cat "$TEND_DIR/ended")" = frozen ]
}

@test "stop-signal is what is sent" {
	service odd <<-END
		command = sh -c 'trap "echo usr2 >$TEND_DIR/got; exit 0" USR2; echo >$TEND_DIR/set; while :; do sleep 0.05; done'
		stop-signal = USR2
	END
	tend_start
	wait_until 10 test -e "$TEND_DIR/set"
	svctl stop odd
	[ "$(cat "$TEND_DIR/got")" = usr2 ]
}

@test "H9: kill-mode group ends the whole group, process only main" {
	local mode
	for mode in group process; do
		service "$mode" <<-END
			command = sh -c 'sleep 1000 & echo \$! >$TEND_DIR/$mode; wait'
			kill-mode = $mode
		END
	done
	tend_start
	wait_until 10 test -s "$TEND_DIR/group"
	wait_until 10 test -s "$TEND_DIR/process"
	svctl stop group process
	_is_dead() {
		! tend_in kill -0 "$(cat "$TEND_DIR/group")" 2>/dev/null
	}
	wait_until 10 _is_dead
	tend_in kill -0 "$(cat "$TEND_DIR/process")"
}

@test "H9: a killed main leaves none of its group beside the next one" {
	service web <<-END
		command = sh -c 'sleep 1000 & sleep 1000 & echo \$\$ >>$TEND_DIR/mains; wait'
	END
	tend_start
	wait_until 10 has_lines "$TEND_DIR/mains" 1
	local old
	old=$(pid_of web)
	tend_in kill -KILL "$old"
	wait_until 10 has_new_pid web "$old"
	wait_until 10 has_lines "$TEND_DIR/mains" 2
	_two_sleeps() {
		[ "$(tend_in pgrep -c -x sleep)" -eq 2 ]
	}
	wait_until 10 _two_sleeps
	run tend_in pgrep -g "$old"
	[ "$status" -eq 1 ]
}

@test "H3: a storm of orphans during a stop hides no death" {
	service storm <<-END
		command = sh -c 'trap "for i in 1 2 3 4 5 6 7 8 9 10; do (for j in 1 2 3 4 5 6 7 8 9 10; do (setsid true &) done); done; exit 5" TERM; echo >$TEND_DIR/set; while :; do sleep 0.05; done'
	END
	node other
	tend_start
	wait_until 10 test -e "$TEND_DIR/set"
	svctl stop storm
	is_state storm down
	[ "$(field_of storm exit_code)" = 5 ]
	is_state other up
	_no_zombies() {
		! tend_in ps -eo stat= | grep -q '^Z'
	}
	wait_until 10 _no_zombies
}

@test "H1: 200 services and 300 orphans die while the supervisor is stopped" {
	local i supervisor
	for i in $(seq 200); do
		printf '%s\n' "command = sleep 1001" "restart-delay = 0" \
			>"$TEND_CONFIG/services/s$i"
	done
	service parent <<-END
		command = sh -c 'for i in \$(seq 300); do (setsid sleep 1002 &) done; echo >$TEND_DIR/set; exec sleep 1003'
	END
	tend_start
	wait_until 20 test -e "$TEND_DIR/set"
	_all_run() {
		[ "$(tend_in pgrep -c -fx "sleep $1")" -eq "$2" ]
	}
	wait_until 20 _all_run 1001 200
	wait_until 20 _all_run 1002 300
	supervisor=$(supervisor_pid)
	tend_in kill -STOP "$supervisor"
	tend_in pkill -KILL -fx 'sleep 100[12]'
	tend_in kill -CONT "$supervisor"
	_all_again() {
		[ "$(svctl --json list | grep -c '"restarts":1,')" -eq 200 ]
	}
	wait_until 20 _all_again
	wait_until 20 _all_run 1001 200
	_no_zombies() {
		! tend_in ps -eo stat= | grep -q '^Z'
	}
	wait_until 20 _no_zombies
	[ "$(svctl list | grep -c ' up ')" -eq 201 ]
	run svctl --json list
	[[ "$output" != *'"restarts":2,'* ]]
}

@test "H15: start while stopping, stop while starting: the last word counts" {
	node slow
	tend_start
	svctl wait slow
	local i
	for i in 1 2 3 4 5; do
		svctl --no-wait stop slow
		svctl --no-wait start slow
	done
	svctl wait slow
	is_state slow up
	for i in 1 2 3 4 5; do
		svctl --no-wait start slow
		svctl --no-wait stop slow
	done
	svctl wait --for down slow
	is_state slow down
	run tend_in pgrep -f "$TEND_DIR/node"
	[ "$status" -eq 1 ]
	run ! console_has BUG
}

@test "H44: TERM again and INT while services are stopping change nothing" {
	node slow
	service ignores <<-END
		command = sh -c 'trap "" TERM; echo >$TEND_DIR/set; while :; do sleep 1000; done'
		stop-timeout = 700ms
	END
	tend_start
	nodes_listen 1
	wait_until 10 test -e "$TEND_DIR/set"
	kill -TERM "$tend_init"
	kill -TERM "$tend_init"
	kill -INT "$tend_init"
	kill -HUP "$tend_init"
	wait_until 20 _is_gone "$tend_outer"
	wait "$tend_outer"
	[ "$(cat "$TEND_DIR/ended")" = slow ]
	run ! console_has "ending at once"
}

@test "H44: 1,000 HUP and USR1 touch no service" {
	node calm
	tend_start
	svctl wait calm
	local i pid
	pid=$(pid_of calm)
	for i in $(seq 1000); do
		kill -HUP "$tend_init"
		kill -USR1 "$tend_init"
	done
	svctl restart calm
	svctl wait calm
	nodes_listen 2
	[ "$(line_count "$TEND_DIR/started")" -eq 2 ]
	[ "$(pid_of calm)" != "$pid" ]
}

@test "a container whose required start failed leaves with 1" {
	service broken <<-END
		command = sh -c 'exit 9'
		restart = never
	END
	tend_start
	wait_until 10 is_state broken failed
	tend_stop
	[ "$tend_status" -eq 1 ]
}

@test "poweroff by svctl stops all in order and ends the container" {
	node base
	node above "requires = base"
	tend_start
	svctl wait above
	nodes_listen 2
	svctl poweroff
	wait_until 20 _is_gone "$tend_outer"
	wait "$tend_outer"
	[ "$(tr '\n' ' ' <"$TEND_DIR/ended")" = "above base " ]
}

@test "start of a oneshot that does not remain is done when it has ended" {
	printf 'type = oneshot\ncommand = true\nremain-after-exit = no\n%s\n' \
		'autostart = no' | service well
	printf 'type = oneshot\ncommand = false\nremain-after-exit = no\n%s\n' \
		'autostart = no' | service badly
	tend_start
	run svctl start well
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	is_state well down
	run svctl restart well
	[ "$status" -eq 0 ]
	run svctl start badly
	[ "$status" -eq 1 ]
}
