#!/usr/bin/env bats
# Ends: of all that a service has left behind, at any moment, in any way.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# shellcheck disable=SC2016,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	# Notes its start, and its end by TERM.
	cat >"$TEND_DIR/node" <<-'END'
		#!/bin/sh
		trap 'echo "$1" >>"${0%/*}/ended"; exit 0' TERM
		echo "$1" >>"${0%/*}/started"
		: >"${0%/*}/started-$1"
		while :; do sleep 0.05; done
	END
	chmod +x "$TEND_DIR/node"
	: >"$TEND_DIR/started"
	: >"$TEND_DIR/ended"
}

teardown() { tend_teardown; }

ended() { # NAME
	grep -qx "$1" "$TEND_DIR/ended"
}

@test "H9: waiting shell, pipeline, double fork, setsid: by kill-mode" {
	local mode node=$TEND_DIR/node
	for mode in group process; do
		service "wait-$mode" <<-END
			command = sh -c '$node wait-$mode; true'
			kill-mode = $mode
		END
		service "pipe-$mode" <<-END
			command = sh -c '$node pipe-$mode | $node pipe2-$mode'
			kill-mode = $mode
		END
		service "fork-$mode" <<-END
			command = sh -c '($node fork-$mode &); exec sleep 1000'
			kill-mode = $mode
		END
		service "escape-$mode" <<-END
			command = sh -c '(setsid $node escape-$mode &); exec sleep 1000'
			kill-mode = $mode
		END
	done
	tend_start
	wait_until 20 has_lines "$TEND_DIR/started" 10
	# Far less than stop-timeout: nobody had to be killed.
	svctl --timeout 8s stop {wait,pipe,fork,escape}-{group,process}
	local name
	for name in wait pipe pipe2 fork; do
		ended "$name-group"
	done
	[ "$(line_count "$TEND_DIR/ended")" -eq 4 ]
	[ "$(tend_in pgrep -cf "^/bin/sh $node ")" -eq 6 ]
	# What was left is asked as well before the end.
	tend_stop
	[ "$tend_status" -eq 0 ]
	[ "$(line_count "$TEND_DIR/ended")" -eq 10 ]
}

@test "H10: a stopped member of the group and a stopped stray are continued" {
	service web <<-END
		command = sh -c '$TEND_DIR/node member & (setsid $TEND_DIR/node stray &); wait'
	END
	tend_start
	wait_until 20 has_lines "$TEND_DIR/started" 2
	tend_in pkill -STOP -f "^/bin/sh $TEND_DIR/node "
	svctl --timeout 8s stop web
	ended member
	tend_stop
	ended stray
}

# Nothing ends that process any more, until the namespace ends.
hold() { # PID
	tend_in python3 "$TEND_TOP/tests/helpers/undying.py" "$1" \
		>"$TEND_DIR/held" 2>&1 &
	wait_until 20 grep -q . "$TEND_DIR/held"
	! grep '^ptrace: ' "$TEND_DIR/held" >&2 || skip "$(cat "$TEND_DIR/held")"
	grep -qx held "$TEND_DIR/held"
}

@test "H12: what does not die of KILL holds nobody else up, nor the end" {
	printf 'command = sleep 1000\nstop-timeout = 300ms\n' | service web
	printf 'command = %s/node other\n' "$TEND_DIR" | service other
	tend_start
	svctl wait web other
	local pid
	pid=$(pid_of web)
	hold "$pid"
	# Others are served meanwhile: at once, and after each further KILL.
	svctl --timeout 100ms stop web || true
	wait_until 10 is_state web killing
	svctl --timeout 5s restart other
	run svctl --timeout 30s stop web
	[ "$status" -eq 1 ]
	[[ "$output" == *"process $pid does not die of KILL"* ]]
	is_state web killing
	svctl --timeout 5s restart other
	wait_until 10 has_lines "$TEND_DIR/started" 3
	run svctl --timeout 1s start web
	[ "$status" -ne 0 ]
	# The end goes on without it, and says so.
	tend_stop
	[ "$tend_status" -eq 0 ]
	console_has "web: process $pid does not die of SIGKILL"
	[ "$(grep -c other "$TEND_DIR/ended")" -eq 3 ]
}

# strike SPINS CMD...: CMD as PID 1, TERM as soon as it blocks signals (before,
# PID 1 loses them) and some time after that, or, in place of SPINS, as soon as
# a file is there; exits with its status. Not a
# function: bats looks at each command, and a start takes a few ms.
write_strike() {
	cat >"$TEND_DIR/strike" <<-'END'
		spins=$1 init=
		shift
		"$@" </dev/null 3>&- &
		outer=$!
		trap 'kill -KILL $outer' TERM
		is_listening() {
			read -r init _ <"/proc/$outer/task/$outer/children" ||
				[ -n "$init" ] || return 1
			while read -r key value; do
				[ "$key" != Name: ] || [ "$value" = init ] ||
					return 1
				[ "$key" != SigBlk: ] || break
			done <"/proc/$init/status"
			[ -n "${value//0/}" ]
		} 2>/dev/null
		until is_listening; do :; done
		if [ -z "${spins//[0-9]/}" ]; then
			for ((; spins > 0; spins--)); do :; done
		else
			until [ -e "$spins" ]; do sleep 0.01; done
		fi
		kill -TERM "$init"
		wait "$outer"
	END
}

@test "H43: TERM at 50 random moments from the start on ends all in order" {
	local round i when counts=''
	write_strike
	printf 'command = %s/node 1\n' "$TEND_DIR" | service n1
	for i in 2 3 4 5 6 7 8; do
		printf 'command = %s/node %d\nrequires = n%d\n' "$TEND_DIR" \
			"$i" $((i - 1)) | service "n$i"
	done
	RANDOM=43
	for round in $(seq 50); do
		: >"$TEND_DIR/started"
		: >"$TEND_DIR/ended"
		rm -rf "$TEND_RUNTIME" "$TEND_DIR"/started-*
		when=$((RANDOM * round / 25))
		# On a machine of any speed one is later than all starts.
		[ "$round" -lt 50 ] || when=$TEND_DIR/started-8
		run timeout 15 bash "$TEND_DIR/strike" "$when" \
			"${tend_unshare[@]}" "$TEND_BUILD/init" \
			-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
		[ "$status" -eq 0 ]
		[[ "$output" != *BUG* && "$output" != *"ignore TERM"* ]]
		# Who listened has ended by TERM, dependents first.
		sort "$TEND_DIR/started" | cmp - <(sort "$TEND_DIR/ended")
		sort -rn "$TEND_DIR/ended" | cmp - "$TEND_DIR/ended"
		counts="$counts $(line_count "$TEND_DIR/started")"
	done
	echo "so many had started:$counts"
	# Some ends came before all had started, some after.
	[[ "$counts" == *" 0"* && "$counts" == *" 8"* ]]
}

# What svctl shows of a service that ended as $1 says, for each $2...
ends_of() { # KEY N...
	tend_in sh -c '
		key=$1 svctl=$2 dir=$3
		shift 3
		for n; do
			echo "$n" >"$dir/n"
			"$svctl" start ends >/dev/null 2>&1
			"$svctl" --json status ends |
				sed -n "s/.*\"$key\":\"\{0,1\}\([^\",}]*\).*/$n \1/p"
		done' sh "$1" "$TEND_BUILD/svctl" "$TEND_DIR" "${@:2}"
}

@test "H49: svctl shows each exit status from 0 to 255" {
	service ends <<-END
		type = oneshot
		command = sh -c 'read n <$TEND_DIR/n; exit \$n'
		remain-after-exit = no
		autostart = no
		restart = never
		log = none
	END
	tend_start
	ends_of exit_code $(seq 0 255) >"$TEND_DIR/shown"
	seq 0 255 | sed 's/.*/& &/' | diff - "$TEND_DIR/shown"
}

@test "H49: svctl shows each signal from 1 to 31 that ends a process" {
	local n
	service ends <<-END
		type = oneshot
		command = sh -c 'read n <$TEND_DIR/n; ulimit -c 0; kill -\$n \$\$; exit 99'
		autostart = no
		restart = never
		log = none
	END
	tend_start
	# All but CHLD CONT STOP TSTP TTIN TTOU URG WINCH.
	local signals
	signals=$(echo {1..16} {24..27} 29 30 31)
	# shellcheck disable=SC2086
	ends_of exit_signal $signals >"$TEND_DIR/shown"
	for n in $signals; do
		# dash calls IO POLL, and IOT is ABRT.
		echo "$n $(bash -c "kill -l $n")"
	done | diff - "$TEND_DIR/shown"
}

# Blocks every signal there is, those of the C library as well, and waits.
write_blocker() {
	cat >"$TEND_DIR/blocker" <<-'END'
		#!/usr/bin/env python3
		import ctypes, os, sys
		number = {"x86_64": 14, "aarch64": 135}[os.uname().machine]
		every = ctypes.c_uint64(2**64 - 1)
		ctypes.CDLL(None).syscall(number, 0, ctypes.byref(every), None, 8)
		os.close(os.open(sys.argv[1], os.O_CREAT))
		os.execvp("sleep", ["sleep", "1000"])
	END
	chmod +x "$TEND_DIR/blocker"
}

@test "H34: each signal from within goes to the command, none ends PID 1" {
	local n command mask=-1
	case $(uname -m) in
	x86_64 | aarch64) ;;
	*) skip "rt_sigprocmask has which number on $(uname -m)?" ;;
	esac
	write_blocker
	namespace_start "$TEND_BUILD/init" -- "$TEND_DIR/blocker" \
		"$TEND_DIR/ready"
	wait_until 20 test -e "$TEND_DIR/ready"
	command=$(_children_of "$tend_init")
	for n in $(seq 64); do
		tend_in python3 -c "import os; os.kill(1, $n)"
	done
	# Not what is init's own: faults, CHLD, SYS. KILL and STOP never
	# arrive, and TSTP takes CONT away.
	for n in 4 5 6 7 8 9 11 17 18 19 31; do
		mask=$((mask & ~(1 << (n - 1))))
	done
	mask=$(printf %016x "$mask")
	_is_pending() {
		grep -q "^S[hi][dg]Pnd:.$mask\$" "/proc/${command% }/status"
	}
	if ! wait_until 10 _is_pending; then
		grep Pnd "/proc/${command% }/status"
		echo "wanted: $mask"
		return 1
	fi
	is_alive "$tend_init"
}

@test "H34: no signal from within ends PID 1 and what it looks after" {
	local n web supervisor
	printf 'command = sleep 1000\n' | service web
	tend_start
	svctl --timeout 10s wait web
	web=$(pid_of web)
	supervisor=$(supervisor_pid)
	for n in $(seq 64); do
		case $n in
		# They ask for the end: INT QUIT USR1 USR2 TERM PWR RTMIN+3 to 5.
		2 | 3 | 10 | 12 | 15 | 30 | 37 | 38 | 39) continue ;;
		esac
		tend_in python3 -c "import os; os.kill(1, $n)"
	done
	svctl --timeout 10s apply
	is_alive "$tend_init"
	[ "$(pid_of web)" = "$web" ]
	[ "$(supervisor_pid)" = "$supervisor" ]
	run ! console_has 'init:'
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H7: TERM to PID 1 at 100 moments before its supervisor serves" {
	local round
	write_strike
	printf 'command = %s/node 1\n' "$TEND_DIR" | service n1
	for round in $(seq 100); do
		rm -rf "$TEND_RUNTIME"
		run timeout 15 bash "$TEND_DIR/strike" $((round * 60)) \
			"${tend_unshare[@]}" "$TEND_BUILD/init" \
			-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
		[ "$status" -eq 0 ]
		[ "$(line_count "$TEND_DIR/started")" -eq \
			"$(line_count "$TEND_DIR/ended")" ]
	done
}
