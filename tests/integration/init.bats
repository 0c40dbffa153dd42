#!/usr/bin/env bats
# init without a supervisor of ours: one command, refusals, and PID 1 with a
# supervisor that is broken.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# tend_init and tend_outer are set by namespace_start.
# shellcheck disable=SC2016,SC2317,SC2154,SC2030,SC2031

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	INIT=$TEND_BUILD/init
	LISTENER=$TEND_HELPERS/listener
	WORK=$BATS_TEST_TMPDIR
	job=
}

teardown() {
	[ -z "$job" ] || kill -KILL "$job" 2>/dev/null || true
	tend_teardown
}

# Runs CMD as PID 1 of a new namespace, for a bounded time.
as_pid1() {
	timeout -k 1 20 "${tend_unshare[@]}" "$@"
}

# How many children of PID are zombies / exist at all.
zombies_of() {
	local child n=0
	for child in $(_children_of "$1"); do
		is_alive "$child" || n=$((n + 1))
	done
	echo "$n"
}

has_children() { # PID COUNT
	[ "$(_children_of "$1" | wc -w)" -eq "$2" ]
}

has_zombies() { # PID COUNT
	[ "$(zombies_of "$1")" -eq "$2" ]
}

has_line() { # FILE LINE
	grep -qx "$2" "$1" 2>/dev/null
}

has_lines() { # FILE COUNT
	[ "$(wc -l <"$1" 2>/dev/null || echo 0)" -ge "$2" ]
}

# Waits for a job of this shell; its exit status is in status.
await_job() {
	wait_until 20 _is_gone "$1"
	status=0
	wait "$1" || status=$?
}

# A supervisor of a few lines.
write_supervisor() {
	printf '#!/bin/sh\n%s\n' "$1" >"$WORK/supervisor"
	chmod +x "$WORK/supervisor"
	export TEND_SUPERVISOR=$WORK/supervisor
}

@test "H49: init leaves with the exit status of its command" {
	local n
	for n in 0 1 2 42 99 125 126 127 128 143 200 254 255; do
		run "-$n" "$INIT" -- sh -c "exit $n"
		[ "$status" -eq "$n" ]
		[ -z "$output" ]
	done
	for n in 0 1 77 255; do
		run as_pid1 "$INIT" -- sh -c "exit $n"
		[ "$status" -eq "$n" ]
		run as_pid1 "$INIT" sh -c "exit $n"
		[ "$status" -eq "$n" ]
	done
}

@test "H49: init leaves with 128 + N when its command dies of signal N" {
	local n
	ulimit -c 0
	for n in 1 2 3 4 6 7 8 9 10 11 12 13 14 15 24 25 31 35 64; do
		run "$INIT" -- env --default-signal sh -c "kill -$n \$\$"
		[ "$status" -eq $((128 + n)) ]
	done
	run as_pid1 "$INIT" -- sh -c 'kill -KILL $$'
	[ "$status" -eq 137 ]
}

@test "H49: -e maps an exit status to 0, others stay" {
	run "$INIT" -e 143 -e7 -- sh -c 'kill $$'
	[ "$status" -eq 0 ]
	run "$INIT" -e 143 -e7 -- sh -c 'exit 7'
	[ "$status" -eq 0 ]
	run "$INIT" -ge 255 -- sh -c 'exit 255'
	[ "$status" -eq 0 ]
	run "$INIT" -e 143 -e7 -- sh -c 'exit 8'
	[ "$status" -eq 8 ]
	for bad in 256 -1 x '' 1x 99999999999999999999; do
		run "$INIT" -e "$bad" -- touch "$WORK/ran"
		[ "$status" -eq 2 ]
	done
	[ ! -e "$WORK/ran" ]
}

@test "H34: a missing command is 127, one that cannot run is 126" {
	run -127 "$INIT" -- no-such-command
	[ "$status" -eq 127 ]
	[ "$output" = "init: no-such-command: No such file or directory" ]
	run -127 "$INIT" -- "$WORK/missing/command"
	[ "$status" -eq 127 ]
	: >"$WORK/plain"
	run "$INIT" -- "$WORK/plain"
	[ "$status" -eq 126 ]
	[ "$output" = "init: $WORK/plain: Permission denied" ]
	run "$INIT" -- "$WORK"
	[ "$status" -eq 126 ]
	run -127 as_pid1 "$INIT" -- no-such-command
}

@test "H34: no signal ends PID 1, each one reaches the command" {
	local n signals="HUP INT QUIT USR1 USR2 PIPE ALRM TERM STKFLT CONT TSTP
		TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR 37"
	namespace_start "$INIT" -- "$LISTENER" "$WORK/out"
	wait_until 20 has_line "$WORK/out" ready
	for n in $signals; do
		kill -s "$n" "$tend_init"
		wait_until 20 has_line "$WORK/out" "$n"
	done
	# One each: nothing was sent to a whole group, nothing twice.
	has_lines "$WORK/out" 23
	[ "$(wc -l <"$WORK/out")" -eq 23 ]
	is_alive "$tend_init"
}

@test "H9: -g passes signals on to the whole process group" {
	local group
	for group in "" -g; do
		rm -f "$WORK"/main "$WORK"/helper
		# shellcheck disable=SC2086
		namespace_start "$INIT" $group -- sh -c '"$1" "$2/helper" &
			exec "$1" "$2/main"' sh "$LISTENER" "$WORK"
		wait_until 20 has_line "$WORK/main" ready
		wait_until 20 has_line "$WORK/helper" ready
		kill -USR1 "$tend_init"
		wait_until 20 has_line "$WORK/main" USR1
		if [ -n "$group" ]; then
			wait_until 20 has_line "$WORK/helper" USR1
		else
			# A second one that arrived shows the first was over.
			kill -USR1 "$tend_init"
			wait_until 20 has_lines "$WORK/main" 3
			run ! has_line "$WORK/helper" USR1
		fi
		tend_kill
	done
}

# 500 orphans of a command under init (pid $1) die while init is stopped.
orphans_die_at_once() {
	local init=$1 main orphans
	wait_until 30 has_children "$init" 501
	wait_until 20 test -e "$WORK/main"
	kill -STOP "$init"
	main=$(pgrep -P "$init" -f "sleep 1001")
	orphans=$(_children_of "$init" | tr ' ' '\n' | grep -vx "$main")
	# shellcheck disable=SC2086
	kill -KILL $orphans
	wait_until 20 has_zombies "$init" 500
	kill -CONT "$init"
	wait_until 20 has_children "$init" 1
	is_alive "$init"
	is_alive "$main"
}

orphan_maker='
	for i in $(seq 500); do (sleep 1000 &) done
	: >"$1/main"
	exec sleep 1001'

@test "H1: PID 1 reaps 500 orphans that died while it was stopped" {
	namespace_start "$INIT" -- sh -c "$orphan_maker" sh "$WORK"
	orphans_die_at_once "$tend_init"
	kill -TERM "$tend_init"
	await_job "$tend_outer"
	[ "$status" -eq 143 ]
}

@test "H1: so does init as an ordinary process" {
	"$INIT" -- sh -c "$orphan_maker" sh "$WORK" 3>&- &
	job=$!
	orphans_die_at_once "$job"
	kill -TERM "$job"
	await_job "$job"
	[ "$status" -eq 143 ]
	job=
}

# What init does, in $WORK/trace, while some orphans die at once.
trace_orphans() { # COUNT
	run timeout 20 strace -qq -e trace=rt_sigtimedwait,waitid,kill \
		-e signal=none -o "$WORK/trace" "$INIT" -- bash -c '
		for ((i = 0; i < $1; i++)); do
			(sleep 1000 & echo $! >>"$0/$1")
		done
		# It is stopped before it can reap any of them.
		kill -STOP $PPID
		while read -r pid; do
			kill -KILL "$pid"
			until grep -q "^State:.Z" "/proc/$pid/status"; do :; done
		done <"$0/$1"
		kill -CONT $PPID
		while read -r pid; do
			while kill -0 "$pid"; do :; done
		done <"$0/$1"
		exit 3' "$WORK" "$1"
	[ "$status" -eq 3 ]
	grep -c 'waitid.*CLD_KILLED' "$WORK/trace" | grep -x "$1"
}

@test "H1: after a crowd of orphans, not after one, init waits for more" {
	trace_orphans 1
	run ! grep 'tv_nsec=' "$WORK/trace"
	trace_orphans 5
	# What is not waited for then is the next death, and that alone.
	grep 'tv_nsec=' "$WORK/trace" |
		grep 'timedwait(~\[ILL TRAP ABRT BUS FPE SEGV CHLD SYS\]'
	# It is once after them all, then for everything again.
	[ "$(grep -c 'tv_nsec=' "$WORK/trace")" -eq 1 ]
}

@test "H34: a signal is passed on before anything is reaped" {
	run timeout 20 strace -qq -e trace=rt_sigtimedwait,waitid,kill \
		-e signal=none -o "$WORK/trace" "$INIT" -- bash -c '
		trap "exit 3" USR1
		kill -USR1 $PPID
		while :; do sleep 0.02; done'
	[ "$status" -eq 3 ]
	grep -A 1 '= 10 (SIGUSR1)' "$WORK/trace" | tail -n 1 | grep '^kill('
}

@test "H3: a storm of orphans does not hide the end of the command" {
	run as_pid1 "$INIT" -- sh -c '
		for i in $(seq 300); do (true &) done
		(sleep 1000 &)
		exit 42'
	[ "$status" -eq 42 ]
}

@test "H6: init runs where SIGCHLD and others are ignored or blocked" {
	local limit=(timeout -k 1 20)
	run "${limit[@]}" env "--ignore-signal=CHLD,TERM,PIPE" \
		"$INIT" -- sh -c 'exit 9'
	[ "$status" -eq 9 ]
	run "${limit[@]}" env "--block-signal=CHLD,TERM,INT" \
		"$INIT" -- sh -c 'exit 9'
	[ "$status" -eq 9 ]
	run as_pid1 env --ignore-signal=CHLD \
		"--block-signal=CHLD,USR1" "$INIT" -- sh -c 'exit 9'
	[ "$status" -eq 9 ]
}

@test "H6: the command has the mask and dispositions that init got" {
	local odd=(env --block-signal=USR1 "--ignore-signal=CHLD,TTOU,PIPE")
	run "${odd[@]}" grep -E '^Sig(Blk|Ign)' /proc/self/status
	local expected=$output
	run "${odd[@]}" "$INIT" -- grep -E '^Sig(Blk|Ign)' /proc/self/status
	[ "$output" = "$expected" ]
	run "$INIT" -- env --default-signal \
		grep '^SigBlk:.*0000000000000000' /proc/self/status
	[ "$status" -eq 0 ]
}

@test "H6: a supervisor has an empty mask and nothing ignored" {
	write_supervisor "exec grep -E '^Sig(Blk|Ign)' /proc/self/status >>$WORK/sig"
	run as_pid1 env --block-signal=CHLD,USR1,TERM \
		--ignore-signal=CHLD,TTOU,PIPE,HUP "$INIT"
	[ "$status" -eq 111 ]
	[ "$(sort -u "$WORK/sig" | wc -l)" -eq 2 ]
	run ! grep -v '0000000000000000$' "$WORK/sig"
}

@test "H7: TERM at any moment from the start on is not lost" {
	local i j comm
	_runs_init() {
		{ read -r comm <"/proc/$job/comm"; } 2>/dev/null &&
			[ "$comm" = init ]
	}
	for i in $(seq 200); do
		"$INIT" -- sleep 1234.$$ 3>&- &
		job=$!
		# What bash's child gets before its exec is lost in bash.
		until _runs_init; do :; done
		for ((j = 0; j < i % 8; j++)); do :; done
		kill -TERM "$job"
		await_job "$job"
		[ "$status" -eq 143 ]
	done
	job=
	run pgrep -fx "sleep 1234.$$"
	[ "$status" -eq 1 ]
}

@test "H8: the command gets the terminal, and the shell gets it back" {
	local show='ps -o pgid=,tpgid= -p $$'
	run script -qec "$INIT -- sh -c '$show'" /dev/null
	[ "$status" -eq 0 ]
	read -r pgid tpgid <<<"${output//$'\r'/}"
	[ -n "$pgid" ]
	[ "$pgid" = "$tpgid" ]
	run script -qec "$INIT -- true; $show" /dev/null
	read -r pgid tpgid <<<"${output//$'\r'/}"
	[ -n "$pgid" ]
	[ "$pgid" = "$tpgid" ]
}

@test "H22: the command gets no descriptor of init" {
	run "$INIT" -- sh -c 'echo /proc/$$/fd/*' 3>&-
	local with=${output//[0-9]*\/fd/N}
	run sh -c 'echo /proc/$$/fd/*' 3>&-
	[ "$with" = "${output//[0-9]*\/fd/N}" ]
}

@test "H32: init runs with descriptors 0, 1 and 2 closed" {
	local got=0
	"$INIT" -- sh -c 'exit 5' <&- >&- 2>&- || got=$?
	[ "$got" -eq 5 ]
	write_supervisor "ls -l /proc/self/fd >$WORK/fds; exit 1"
	got=0
	as_pid1 sh -c 'exec "$1" <&- >&- 2>&-' sh "$INIT" || got=$?
	[ "$got" -eq 111 ]
	[ "$(grep -c /dev/null "$WORK/fds")" -ge 2 ]
}

@test "H35: without a command it refuses to be anything but PID 1" {
	write_supervisor "touch $WORK/ran"
	run "$INIT"
	[ "$status" -eq 2 ]
	[[ "$output" == *"not PID 1"* ]]
	run "$INIT" -c "$TEND_CONFIG"
	[ "$status" -eq 2 ]
	for word in 0 1 6 s S q; do
		run "$INIT" "$word"
		[ "$status" -eq 2 ]
		[[ "$output" == *svctl* ]]
	done
	[ ! -e "$WORK/ran" ]
}

@test "H36: --help and --version start nothing" {
	write_supervisor "touch $WORK/ran"
	local option in
	for in in "" as_pid1; do
		for option in -h --help -gh --version; do
			run $in "$INIT" "$option"
			[ "$status" -eq 0 ]
			[ -n "$output" ]
			run $in "$INIT" "$option" -- touch "$WORK/ran"
			[ "$status" -eq 0 ]
		done
	done
	[ ! -e "$WORK/ran" ]
}

@test "H36: an unknown option starts nothing and is named" {
	write_supervisor "touch $WORK/ran"
	local option in
	for in in "" as_pid1; do
		for option in -x --no-such --helpme ---; do
			run $in "$INIT" "$option" -- touch "$WORK/ran"
			[ "$status" -eq 2 ]
			[[ "$output" == "init: $option: unknown option"* ]]
			run $in "$INIT" "$option"
			[ "$status" -eq 2 ]
		done
		run $in "$INIT" -gx touch "$WORK/ran"
		[[ "$output" == "init: -x: unknown option"* ]]
		run $in "$INIT" -c
		[ "$status" -eq 2 ]
		[[ "$output" == "init: -c: needs an argument"* ]]
	done
	[ ! -e "$WORK/ran" ]
}

@test "H44: a second TERM and an INT reach the command like the first" {
	namespace_start "$INIT" -- "$LISTENER" "$WORK/out"
	wait_until 20 has_line "$WORK/out" ready
	kill -TERM "$tend_init"
	wait_until 20 has_lines "$WORK/out" 2
	kill -TERM "$tend_init"
	wait_until 20 has_lines "$WORK/out" 3
	kill -INT "$tend_init"
	wait_until 20 has_line "$WORK/out" INT
	is_alive "$tend_init"
}

@test "H44: a storm of 1,000 HUP and 1,000 TERM leaves init alive and idle" {
	local i
	namespace_start "$INIT" -- "$LISTENER" "$WORK/out"
	wait_until 20 has_line "$WORK/out" ready
	for i in $(seq 1000); do
		kill -HUP "$tend_init"
		kill -TERM "$tend_init"
	done
	# What is sent after the storm still arrives.
	kill -USR1 "$tend_init"
	wait_until 20 has_line "$WORK/out" USR1
	has_line "$WORK/out" HUP
	has_line "$WORK/out" TERM
	_init_sleeps() {
		grep -q '^State:.S' "/proc/$tend_init/status"
	}
	wait_until 20 _init_sleeps
}

@test "H34: a container ends with 111 when its supervisor died 5 times" {
	write_supervisor "echo \"\$*\" >>$WORK/starts; exit 3"
	run as_pid1 "$INIT" -c /no/config -r "$WORK"
	[ "$status" -eq 111 ]
	[[ "$output" == *"supervisor: exited 3"* ]]
	[[ "$output" == *"died 5 times"* ]]
	[ "$(wc -l <"$WORK/starts")" -eq 5 ]
	[ "$(sort -u "$WORK/starts")" = "-f --init-fd 3 -c /no/config -r $WORK" ]
}

@test "H34: a supervisor that cannot be executed does not crash init" {
	TEND_SUPERVISOR=$WORK/none run as_pid1 "$INIT"
	[ "$status" -eq 111 ]
	[[ "$output" == *"$WORK/none: No such file or directory"* ]]
}

@test "H34: PID 1 starts a killed supervisor again, its orphans live on" {
	write_supervisor "sleep 1002 & echo \$! >>$WORK/starts
		exec sleep 1000"
	namespace_start "$INIT"
	wait_until 20 has_lines "$WORK/starts" 1
	wait_until 20 has_children "$tend_init" 1
	kill -KILL "$(_children_of "$tend_init")"
	wait_until 20 has_lines "$WORK/starts" 2
	wait_until 20 has_children "$tend_init" 2
	tend_in sh -c 'kill -0 $(cat "$1")' sh "$WORK/starts"
}

@test "H44: 7 TERM within 2 s end a container whose supervisor hangs" {
	write_supervisor "echo >>$WORK/starts; trap '' TERM
		while :; do sleep 1000; done"
	namespace_start "$INIT"
	wait_until 20 has_lines "$WORK/starts" 1
	_one_more_term() {
		kill -TERM "$tend_init" 2>/dev/null
		_is_gone "$tend_outer"
	}
	wait_until 20 _one_more_term
	await_job "$tend_outer"
	[ "$status" -eq 111 ]
	[ "$(wc -l <"$WORK/starts")" -eq 1 ]
	grep -q "ending at once" "$TEND_CONSOLE"
}

@test "H34: signals that mean nothing to a container leave PID 1 alone" {
	local n
	write_supervisor "echo >>$WORK/starts; exec sleep 1000"
	namespace_start "$INIT"
	wait_until 20 has_lines "$WORK/starts" 1
	# From outside, where a default action would count.
	for n in HUP QUIT ILL ABRT BUS FPE USR1 SEGV USR2 PIPE ALRM STKFLT \
		CONT TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR \
		SYS TRAP RTMIN+3; do
		kill -s "$n" "$tend_init"
	done
	# All those with a handler at the same moment.
	kill -STOP "$tend_init"
	for n in ILL ABRT BUS FPE SEGV TRAP; do
		kill -s "$n" "$tend_init"
	done
	kill -CONT "$tend_init"
	kill -KILL "$(_children_of "$tend_init")"
	wait_until 20 has_lines "$WORK/starts" 2
	is_alive "$tend_init"
}

# What is left when the command has gone, and whether it was told.
leave_something_behind() { # OPTIONS...
	cat >"$TEND_DIR/leaver" <<-'END'
		#!/usr/bin/env python3
		import os, signal, sys
		TERM = {signal.SIGTERM}
		notes = os.open(os.environ["TEND_DIR"] + "/notes",
		                os.O_WRONLY | os.O_APPEND)
		signal.pthread_sigmask(signal.SIG_BLOCK, TERM)
		def leave(name, is_apart):
		    if os.fork() > 0:
		        return
		    if is_apart:
		        os.setsid()
		    os.write(ready, b".")
		    signal.sigwait(TERM)
		    os.write(notes, name + b" TERM\n")
		    os._exit(0)
		there, ready = os.pipe()
		# In the command's group, and one that is not.
		leave(b"group", False)
		leave(b"other", True)
		for _ in range(2):
		    os.read(there, 1)
		sys.exit(7)
	END
	chmod +x "$TEND_DIR/leaver"
	: >"$TEND_DIR/notes"
	run in_namespace "$@" "$TEND_DIR/leaver" 3>&-
	[ "$status" -eq 7 ]
}

@test "--wait: nobody, the group or all have their time after the command" {
	leave_something_behind "$TEND_BUILD/init" --
	run ! grep TERM "$TEND_DIR/notes"
	leave_something_behind "$TEND_BUILD/init" --wait=group --
	[ "$(grep TERM "$TEND_DIR/notes")" = "group TERM" ]
	leave_something_behind "$TEND_BUILD/init" --wait=all --
	[ "$(grep TERM "$TEND_DIR/notes" | sort)" = "group TERM
other TERM" ]
	# So it is where init is not PID 1.
	leave_something_behind sh -c '"$@"; exit $?' sh "$TEND_BUILD/init" \
		--wait=all --
	[ "$(grep TERM "$TEND_DIR/notes" | sort)" = "group TERM
other TERM" ]
}

@test "--wait: init leaves when the last one has gone, with what ignores TERM killed" {
	run in_namespace "$TEND_BUILD/init" --wait=all -- bash -c \
		'trap "" TERM; setsid sleep 1000 & exit 3' 3>&-
	[ "$status" -eq 3 ]
	[[ "$output" == *"ignore TERM; killing them"* ]]
	run in_namespace strace -f -qq -e trace=rt_sigtimedwait \
		-o "$TEND_DIR/trace" "$TEND_BUILD/init" --wait=group -- \
		bash -c 'sleep 1000 & exit 4' 3>&-
	[ "$status" -eq 4 ]
	# It was a death that woke it, not the time.
	run ! grep EAGAIN "$TEND_DIR/trace"
}

@test "init holds nothing that only its command was given" {
	local pid
	namespace_start sh -c 'exec "$@" 7>"$0" 8</dev/null' "$TEND_DIR/seven" \
		"$TEND_BUILD/init" -- sleep 1000
	_has_command() {
		pid=$(_children_of "$tend_init" | tr -d ' ') && [ -n "$pid" ] &&
			[ "$(cat "/proc/$pid/comm")" = sleep ]
	}
	wait_until 20 _has_command
	[ -e "/proc/$pid/fd/7" ]
	[ -e "/proc/$pid/fd/8" ]
	_is_closed() { [ ! -e "/proc/$tend_init/fd/7" ] && [ ! -e "/proc/$tend_init/fd/8" ]; }
	wait_until 20 _is_closed
}
