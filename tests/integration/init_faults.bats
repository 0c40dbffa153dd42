#!/usr/bin/env bats
# Real faults of PID 1, put into it from outside of its namespace by inject.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# tend_init and tend_outer are set by namespace_start.
# shellcheck disable=SC2016,SC2317,SC2154,SC2030,SC2031

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	[ "$(uname -m)" = x86_64 ] || skip "inject is for x86-64 only"
	INIT=$TEND_BUILD/init
	INJECT=$TEND_HELPERS/inject
	WORK=$BATS_TEST_TMPDIR
	job=
}

teardown() {
	[ -z "$job" ] || kill -KILL "$job" 2>/dev/null || true
	tend_teardown
}

faults() { # how many init has reported
	grep -c 'a fault of init itself' "$TEND_CONSOLE" || true
}

has_faults() {
	[ "$(faults)" -ge "$1" ]
}

inject() { # KIND [CALLS [STEPS]]
	local before
	before=$(faults)
	"$INJECT" "$tend_init" "$@" >/dev/null
	wait_until 20 has_faults $((before + 1))
}

# As inject, but does not wait for it; sets job.
inject_later() {
	rm -f "$WORK/where"
	"$INJECT" "$tend_init" "$@" >"$WORK/where" 2>&1 3>&- &
	job=$!
	wait_until 20 has_lines "$WORK/where" 1
}

# A command that runs until TERM, and then leaves with 42.
write_command() {
	cat >"$WORK/command" <<-'END'
		#!/bin/bash
		trap 'echo HUP >>"$1"' HUP
		trap 'exit 42' TERM
		echo ready >>"$1"
		while :; do
			sleep 0.02
		done
	END
	chmod +x "$WORK/command"
}

start_command() {
	rm -f "$WORK/out"
	namespace_start "$INIT" "$@" -- "$WORK/command" "$WORK/out"
	wait_until 20 has_lines "$WORK/out" 1
}

# Init ends by itself; its exit status is in status.
await_end() {
	wait_until 20 _is_gone "$tend_outer"
	status=0
	wait "$tend_outer" || status=$?
	tend_outer=
	tend_init=
}

descriptors() {
	find "/proc/$tend_init/fd" -type l -printf '%f %l\n' | sort
}

supervisors() {
	tend_in pgrep -c -x supervisor
}

is_done() { # a job with which nothing has to be done
	! kill -0 "$1" 2>/dev/null
}

@test "H34: init -- CMD outlives every kind of fault, and so does the command" {
	local kind pid
	write_command
	for kind in null overflow illegal divide bus abort; do
		: >"$TEND_CONSOLE"
		start_command
		pid=$(_children_of "$tend_init")
		inject "$kind"
		[ "$(_children_of "$tend_init")" = "$pid" ]
		# It still passes signals on ...
		kill -HUP "$tend_init"
		wait_until 20 has_lines "$WORK/out" 2
		# ... survives a second one, and leaves as its command does.
		inject "$kind"
		[ "$(_children_of "$tend_init")" = "$pid" ]
		kill -TERM "$tend_init"
		await_end
		[ "$status" -eq 42 ]
		case $kind in
		null) console_has 'SIGSEGV at address 0:' ;;
		overflow) console_has SIGSEGV ;;
		illegal) console_has SIGILL ;;
		divide) console_has SIGFPE ;;
		bus) console_has SIGBUS ;;
		abort) console_has SIGABRT ;;
		esac
	done
}

@test "H34: after a fault init has its name, options, descriptors and no more" {
	local before
	write_command
	start_command -e 42
	before=$(descriptors)
	[ "$(cat "/proc/$tend_init/comm")" = init ]
	inject null
	[ "$(cat "/proc/$tend_init/comm")" = init ]
	[ "$(descriptors)" = \
		"$before" ]
	tr '\0' ' ' <"/proc/$tend_init/cmdline" |
		grep -q -- "-e 42 -- $WORK/command"
	kill -TERM "$tend_init"
	await_end
	[ "$status" -eq 0 ]
}

@test "H34: a signal that is only sent is no fault" {
	local signal
	write_command
	start_command
	for signal in SEGV BUS ILL FPE ABRT TRAP; do
		tend_in kill -s "$signal" 1
		kill -s "$signal" "$tend_init"
	done
	kill -HUP "$tend_init"
	wait_until 20 has_lines "$WORK/out" 2
	[ "$(faults)" -eq 0 ]
	[ "$(tr '\0' ' ' <"/proc/$tend_init/cmdline")" = \
		"$INIT -- $WORK/command $WORK/out " ]
}

@test "H34: faults of an init that is not PID 1 kill it" {
	write_command
	"$INIT" -- "$WORK/command" "$WORK/out" 3>&- &
	job=$!
	wait_until 20 has_lines "$WORK/out" 1
	"$INJECT" "$job" null
	wait_until 20 _is_gone "$job"
	status=0
	wait "$job" || status=$?
	pkill -KILL -f "$WORK/command" || true
	[ "$status" -eq 139 ]
}

@test "H34: the option of a next image means nothing elsewhere" {
	local text
	for text in '' x mode=1 'mode=1,pid=1,' 'mode=2,link=3,' \
		'mode=1,pid=,' 'mode=3,' 'mode=1,faults=1.2.3.4.5.6.7.8.9,'; do
		run "$INIT" "--resume=$text" -- sh -c 'exit 7'
		[ "$status" -eq 7 ]
		[ -z "$output" ]
		run "${tend_unshare[@]}" "$INIT" "--resume=$text" -- \
			sh -c 'exit 7'
		[ "$status" -eq 7 ]
	done
}

@test "H34: the third fault within a minute ends a command in order with 111" {
	write_command
	sed -i 's/exit 42/echo TERM >>"$1"; exit 42/' "$WORK/command"
	start_command
	inject null
	inject illegal
	inject overflow
	await_end
	[ "$status" -eq 111 ]
	grep -qx TERM "$WORK/out"
}

@test "H34: a fault in every system call of a command's end changes nothing" {
	local n=0 is_over=
	write_command
	sed -i 's/exit 42/(exit 3) \& disown; exit 42/' "$WORK/command"
	while [ -z "$is_over" ]; do
		n=$((n + 1))
		start_command
		inject_later null "$n"
		kill -HUP "$tend_init"
		kill -TERM "$tend_init"
		await_end
		if [ "$status" -ne 42 ]; then
			echo "call $n, $(cat "$WORK/where"): $status"
			return 1
		fi
		wait "$job" || is_over=1
		job=
		[ "$n" -lt 200 ]
	done
	echo "$n stops" >&3
	[ "$n" -gt 10 ]
}

@test "H34: services and the supervisor go on after every kind of fault" {
	local kind pid supervisor
	service web <<<"command = sleep 1000"
	for kind in null overflow illegal divide bus abort; do
		tend_start
		svctl wait web
		pid=$(pid_of web)
		supervisor=$(supervisor_pid)
		inject "$kind"
		[ "$(pid_of web)" = "$pid" ]
		[ "$(supervisor_pid)" = "$supervisor" ]
		# A dead supervisor is still noticed, told RECOVER, and what
		# it adopts is what runs.
		tend_in kill -KILL "$supervisor"
		wait_until 20 _serves
		[ "$(pid_of web)" = "$pid" ]
		inject "$kind"
		svctl restart web
		[ "$(pid_of web)" != "$pid" ]
		[ "$(supervisors)" -eq 1 ]
		tend_stop
		[ "$tend_status" -eq 0 ]
	done
}

@test "H34: the third fault within a minute ends a container in order with 111" {
	service web <<-END
		command = sh -c 'trap "echo TERM >$WORK/out; exit" TERM; echo ready >$WORK/out; while :; do sleep 0.02; done'
	END
	tend_start
	wait_until 20 has_lines "$WORK/out" 1
	inject null
	inject null
	inject null
	await_end
	[ "$status" -eq 111 ]
	grep -qx TERM "$WORK/out"
	console_has '3 faults of init within 60 s; giving up'
}

@test "H34: a fault of a child before its exec makes no second init" {
	tend_start
	inject_later child
	tend_in kill -KILL "$(supervisor_pid)"
	wait "$job"
	job=
	wait_until 20 console_has 'supervisor: exited 139'
	wait_until 20 _serves
	[ "$(faults)" -eq 0 ]
	[ "$(supervisors)" -eq 1 ]
	[ "$(tend_in pgrep -c -x init)" -eq 1 ]
}

# The supervisor and perhaps a service die; init faults at the Nth stop then.
die_at() { # N [ALONE]
	local n=$1 alone=${2:-} pid victim old
	tend_start
	svctl wait keeper victim
	pid=$(pid_of keeper)
	victim=$(pid_of victim)
	old=$(supervisor_pid)
	inject_later null "$n"
	tend_in kill -KILL "$old"
	[ -n "$alone" ] || tend_in kill -KILL "$victim"
	wait_until 20 _serves_anew "$old"
	[ -n "$alone" ] || wait_until 20 has_new_pid victim "$victim"
	# What the last stops are for.
	tend_in sh -c 'sleep 0 & exit' || true
	# A fault that init has got at last, or that it will not get.
	if ! wait_until 20 is_done "$job"; then
		kill -KILL "$job"
		return 1
	fi
	wait "$job"
	job=
	wait_until 20 has_faults 1
	wait_until 20 _serves
	if [ "$(pid_of keeper)" != "$pid" ] || [ "$(supervisors)" -ne 1 ] ||
		[ "$(field_of victim restarts)" != "$((${#alone} ? 0 : 1))" ]; then
		echo "stop $n: $(cat "$WORK/where")"
		svctl list
		return 1
	fi
	tend_kill
	: >"$TEND_CONSOLE"
	rm -rf "$TEND_RUNTIME"
	mkdir "$TEND_RUNTIME"
}

_serves_anew() {
	local now
	now=$(supervisor_pid) && [ "$now" != "$1" ] && _serves
}

@test "H34: a fault in the system calls of a supervisor's death loses nothing" {
	local n
	service keeper <<<"command = sleep 1000"
	service victim <<<"command = sleep 1001"
	for ((n = 1; n <= 41; n += ${TEND_STEP:-3})); do
		die_at "$n"
	done
}

@test "H34: a supervisor that was reaped right before a fault is missed" {
	local n
	service keeper <<<"command = sleep 1000"
	service victim <<<"command = sleep 1001"
	for ((n = 2; n <= 10; n++)); do
		die_at "$n" alone
	done
}

@test "H34: no death is lost when init faults while the pair is full" {
	cat >"$WORK/supervisor" <<-END
		#!/usr/bin/env python3
		import os, socket, struct, sys, time
		work = "$WORK"
		pair = socket.socket(fileno=3)
		life = len([n for n in os.listdir(work) if n.startswith("life")])
		open(f"{work}/life{life}", "w").close()
		if life == 0:
		    # Orphans, once this one has ended.
		    for n in range(600):
		        if os.fork() == 0:
		            time.sleep(1000)
		    open(f"{work}/ready", "w").close()
		    time.sleep(1000)
		if life == 1:
		    time.sleep(1000)
		pair.settimeout(10)
		with open(f"{work}/told", "w", buffering=1) as told:
		    while True:
		        version, kind, flags, a, b = struct.unpack("=IIIii", pair.recv(256)[:20])
		        if kind == 4:
		            told.write(f"{a} {b}\n")
	END
	chmod +x "$WORK/supervisor"
	export TEND_SUPERVISOR=$WORK/supervisor
	namespace_start "$INIT"
	wait_until 30 test -e "$WORK/ready"
	tend_in pgrep -P "$(tend_in pgrep -P 1)" | sort >"$WORK/orphans"
	[ "$(wc -l <"$WORK/orphans")" -eq 600 ]
	tend_in kill -KILL "$(tend_in pgrep -P 1)"
	wait_until 20 test -e "$WORK/life1"
	tend_in pgrep -P 1 | sort >"$WORK/children"
	# shellcheck disable=SC2046
	tend_in kill -KILL $(cat "$WORK/orphans")
	wait_until 20 has_zombies
	inject null
	inject illegal
	has_zombies
	tend_in kill -KILL "$(comm -13 "$WORK/orphans" "$WORK/children")"
	wait_until 30 has_lines "$WORK/told" 600
	wait_until 20 has_no_zombies
	[ "$(sort -u "$WORK/told" | wc -l)" -eq "$(wc -l <"$WORK/told")" ]
	run -1 grep -v ' 9$' "$WORK/told"
	cut -d ' ' -f 1 "$WORK/told" | sort | cmp - "$WORK/orphans"
}

has_zombies() {
	tend_in ps -o stat= --ppid 1 | grep -q Z
}

has_no_zombies() {
	! has_zombies
}

@test "H34: faults at random moments under a storm of orphans and signals" {
	local n
	write_command
	sed -i 's/^while/(while :; do (true \& true \& true \&); done) \&\n&/' \
		"$WORK/command"
	for _ in 1 2 3; do
		start_command
		(while kill -HUP "$tend_init" 2>/dev/null; do :; done) 3>&- &
		job=$!
		for n in 1 2; do
			inject null $((RANDOM % 100)) $((RANDOM % 200))
		done
		kill -KILL "$job"
		wait "$job" || true
		job=
		kill -TERM "$tend_init"
		await_end
		[ "$status" -eq 42 ]
	done
}
