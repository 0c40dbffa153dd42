#!/usr/bin/env bats
# Each test is a subshell of its own, and what it tries again a function.
# shellcheck disable=SC2030,SC2031,SC2317
# svlog and a disk that is slow or fails, by strace: it delays system calls of
# the worker, or answers for the kernel; and what is done by time and signals.

load ../helpers/common
load ../helpers/bounded

renames=rename,renameat,renameat2

setup() {
	tend_setup
	py=$TEND_TOP/tests/helpers/svlog.py
	run=$TEND_RUNTIME
	logs=$TEND_LOG
	dir=$TEND_LOG/web
	err=$TEND_DIR/err
	mkdir "$run/pipe"
	echo 'tend-logs 1' >"$run/logs"
	svlog_pid=
}

# A writer may wait for a svlog that does not read.
teardown() {
	local pid
	show_if_failed
	[ -z "$svlog_pid" ] || kill_traced 2>/dev/null || true
	for pid in $svlog_pid ${writer:-}; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	tend_teardown
}

# entry NAME WORDS...: a line of RUN/logs, and its pipes
entry() {
	echo "$*" >>"$run/logs"
	mkfifo -m 600 "$run/pipe/$1" "$run/pipe/$1,err"
}

# svlog is the job, and strace its child.
traced() { # SYSCALLS INJECTION ARGS...
	local calls=$1 injection=$2
	shift 2
	exec strace -D -f -qq -o "$TEND_DIR/trace" -e trace="$calls" \
		-e inject="$calls:$injection" svlog "$@"
}

# Who delays a thread of it may not notice its end.
kill_traced() {
	local tracer
	tracer=$(awk '/^TracerPid/ { print $2 }' "/proc/$svlog_pid/status")
	kill -KILL "$svlog_pid"
	[ "$tracer" -eq 0 ] || kill -KILL "$tracer"
	ends "$svlog_pid" || true
	svlog_pid=
}

# Can strace be used here?
need_strace() {
	strace -qq -o /dev/null true 2>/dev/null || skip "no ptrace here"
}

service_start() {
	"$@" --run-dir "$run" --log-dir "$logs" 2>"$err" 3>&- 8>&- 9>&- &
	svlog_pid=$!
	wait_until "$TEND_PATIENCE" test -e "$run/svlog.state"
}

service_stop() {
	kill -TERM "$svlog_pid"
	ends "$svlog_pid"
	svlog_pid=
}

has() { # NAME TEXT
	grep -q -- " $2\$" "$logs/$1/current" 2>/dev/null
}

is_closed() { # FILE
	[ -z "$(find "/proc/$svlog_pid/fd" -lname "$1")" ]
}

finished() { # DIR
	find "$1" -name '@*.s' | wc -l
}

@test "a worker that stands still stops nobody, at last only who writes most" {
	need_strace
	entry calm "to=file size=64K"
	entry busy "to=file size=4K keep=2"
	entry drops "to=file size=4K keep=2 overflow=drop"
	exec 7<>"$run/pipe/calm" 8<>"$run/pipe/busy" 9<>"$run/pipe/drops"
	# fsync and removal of finished files take for ever.
	service_start traced fdatasync,fsync,unlinkat delay_enter=1000000000
	# Its files cannot be finished at some time, then its pipe gets full.
	seq 1000000 >&8 &
	writer=$!
	wait_until 20 grep -q pipe "/proc/$writer/wchan"
	# Another one's is read on; it is not held up by waits for the worker.
	for n in 1 2 3 4 5; do
		echo "line $n" >&7
		wait_until 2 has calm "line $n"
	done
	# Who would rather lose lines does not wait either.
	timeout 20 seq 300000 >&9
	echo goes on >&7
	wait_until 2 has calm "goes on"
	wait_until 10 grep -q '^svlog: drops: cannot be finished in time' "$err"
	# 4 files' size at most, and what one read makes of it.
	[ "$(stat -c %s "$logs/busy/current")" -le $((4 * 4096 + 600000)) ]
	kill_traced
	# A svlog on a quick disk writes all of what the pipe took.
	service_start svlog
	ends "$writer"
	wait_until 20 has busy 1000000
	service_stop
	# What was kept has no gap.
	"$py" join "$logs/busy" o >"$TEND_DIR/joined"
	seq "$(head -n 1 "$TEND_DIR/joined")" 1000000 | cmp - "$TEND_DIR/joined"
}

@test "a rename that takes for ever stops nobody, and at last who writes most" {
	need_strace
	entry calm "to=file"
	entry busy "to=file size=64K keep=1000"
	exec 7<>"$run/pipe/calm" 8<>"$run/pipe/busy"
	service_start traced "$renames" delay_enter=1000000000
	# More than a file of it: the next one is written before it has a name.
	seq 4000 >&8
	goes_on() { grep -q " $1\$" "$logs/busy/.next" 2>/dev/null; }
	wait_until 10 goes_on 4000
	seq 4001 6000 >&8
	wait_until 10 goes_on 6000
	for n in 1 2 3; do
		echo "line $n" >&7
		wait_until 2 has calm "line $n"
	done
	seq 6001 300000 >&8 &
	writer=$!
	wait_until 20 grep -q pipe "/proc/$writer/wchan"
	for n in 4 5 6; do
		echo "line $n" >&7
		wait_until 2 has calm "line $n"
	done
	[ "$(stat -c %s "$logs/busy/current")" -le 65536 ]
	[ "$(stat -c %s "$logs/busy/.next")" -le $((4 * 65536 + 600000)) ]
	[ "$(finished "$logs/busy")" -eq 0 ]
	kill_traced
	# A svlog on a quick disk gives the names.
	service_start svlog
	ends "$writer"
	wait_until 20 has busy 300000
	service_stop
	[ ! -e "$logs/busy/.next" ]
	"$py" join "$logs/busy" o >"$TEND_DIR/joined"
	seq 300000 | cmp - "$TEND_DIR/joined"
}

@test "renames that take a while: nothing is lost, and all is finished" {
	need_strace
	entry busy "to=file size=64K keep=1000"
	exec 8<>"$run/pipe/busy"
	service_start traced "$renames" delay_enter=200000
	seq 50000 >&8
	wait_until 20 has busy 50000
	service_stop
	[ "$(finished "$logs/busy")" -ge 4 ]
	"$py" join "$logs/busy" o >"$TEND_DIR/joined"
	seq 50000 | cmp - "$TEND_DIR/joined"
}

@test "names that cannot be given are given later, in order" {
	need_strace
	entry busy "to=file size=4K keep=1000"
	exec 8<>"$run/pipe/busy"
	service_start traced "$renames" error=EIO:when=1..7
	seq 4000 >&8
	wait_until 10 grep -q '^svlog: busy: cannot be rotated: I/O error' "$err"
	wait_until 20 has busy 4000
	service_stop
	"$py" join "$logs/busy" o >"$TEND_DIR/joined"
	seq 4000 | cmp - "$TEND_DIR/joined"
}

@test "svlog killed at any rename loses and repeats nothing" {
	need_strace
	entry busy "to=file size=4K keep=10000"
	exec 8<>"$run/pipe/busy"
	seq 24000 >&8 &
	writer=$!
	for n in 1 2 3 4 5 6 7 8; do
		traced "$renames" "signal=KILL:when=$n" --run-dir "$run" \
			--log-dir "$logs" 2>"$err" 3>&- 8>&- &
		svlog_pid=$!
		status=0
		ends "$svlog_pid" || status=$?
		[ "$status" -eq 137 ]
		svlog_pid=
	done
	service_start svlog
	ends "$writer"
	wait_until 20 has busy 24000
	service_stop
	"$py" join "$logs/busy" o >"$TEND_DIR/joined"
	seq 24000 | cmp - "$TEND_DIR/joined"
}

@test "H25: on a full disk whose files are removed too slowly lines are dropped" {
	need_strace
	entry web "to=file size=4K keep=100"
	entry calm "to=file"
	exec 8<>"$run/pipe/web" 9<>"$run/pipe/calm"
	service_start svlog
	seq 3000 >&8
	wait_until 10 has web 3000
	[ "$(finished "$logs/web")" -ge 2 ]
	service_stop
	# No write goes well from now on, and no file can be removed.
	strace -D -f -qq -o "$TEND_DIR/trace" -e trace=pwrite64,unlinkat \
		-e inject=pwrite64:error=ENOSPC:when=1..30 \
		-e inject=unlinkat:delay_enter=1000000000 \
		svlog --run-dir "$run" --log-dir "$logs" 2>"$err" 3>&- &
	svlog_pid=$!
	dropped() {
		echo more >&8
		grep -q 'lines are dropped' "$err"
	}
	wait_until 20 dropped
	# Others are written as soon as the disk takes something.
	arrives() {
		echo there >&9
		has calm there
	}
	wait_until 10 arrives
	told() {
		echo again >&8
		grep -q 'tend: [0-9]* lines lost (no space)$' "$logs/web"/*
	}
	wait_until 20 told
	kill_traced
}

@test "H25: a file that grew while the worker was late is finished, and goes" {
	need_strace
	mkfifo "$TEND_DIR/in"
	# Its first listing takes so long that a file gets as large as the disk;
	# and that file is open until it is synced, though it is removed.
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t tmpfs -o size=64k log "$0" && exec strace \
		-D -f -qq -o "$1" -e trace=getdents64,fdatasync \
		-e inject=getdents64:delay_enter=650000:when=1 \
		-e inject=fdatasync:delay_enter=200000 \
		svlog --size 16K --keep 100 "$0"' "$logs" "$TEND_DIR/trace" \
		<"$TEND_DIR/in" 2>"$err" 3>&- 9>&- &
	svlog_pid=$!
	exec 9>"$TEND_DIR/in"
	there=/proc/$svlog_pid/root$logs
	seq 20000 >&9
	has_last() { grep -qs ' 20000$' "$there"/@* "$there/current"; }
	wait_until 20 has_last
	! grep -qs 'lines lost' "$there"/@* "$there/current" || false
	[ ! -s "$err" ]
	exec 9>&-
	ends "$svlog_pid"
	svlog_pid=
}

@test "H25: what was lost is told though no line follows, also at the end" {
	need_strace
	mkfifo "$TEND_DIR/in"
	traced pwrite64 error=ENOSPC:when=1..2 "$dir" \
		<"$TEND_DIR/in" 2>"$err" 3>&- 9>&- &
	svlog_pid=$!
	exec 9>"$TEND_DIR/in"
	printf 'one\ntwo\n' >&9
	told() { grep -q 'tend: 2 lines lost (no space)$' "$dir/current"; }
	wait_until 10 told
	exec 9>&-
	ends "$svlog_pid"
	svlog_pid=
	echo one | timeout 20 strace -f -qq -o "$TEND_DIR/trace" \
		-e trace=pwrite64 -e inject=pwrite64:error=EFBIG:when=1 \
		svlog "$logs/filter" 2>>"$err"
	grep -q 'tend: 1 lines lost (File too large)$' "$logs/filter/current"
	# The same of a service: it ends before the notice is due.
	entry web to=file
	exec 9<>"$run/pipe/web"
	echo one >&9
	rm "$err"
	traced pwrite64 error=EFBIG:when=1 --run-dir "$run" --log-dir "$logs" \
		2>"$err" 3>&- 9>&- &
	svlog_pid=$!
	wait_until 10 grep -qs dropped "$err"
	kill -TERM "$svlog_pid"
	ends "$svlog_pid"
	svlog_pid=
	grep -q 'tend: 1 lines lost (File too large)$' "$logs/web/current"
}

@test "H25: EIO: the oldest go first, then lines, and it says how many" {
	need_strace
	# Finished files are there, and the disk works for the first writes.
	seq 5000 | svlog --size 16K --keep 100 "$dir"
	before=$(finished "$dir")
	[ "$before" -ge 3 ]
	mkfifo "$TEND_DIR/in"
	traced pwrite64 error=EIO:when=3..20 --size 1M --keep 100 "$dir" \
		<"$TEND_DIR/in" 2>"$err" 3>&- 9>&- &
	svlog_pid=$!
	exec 9>"$TEND_DIR/in"
	n=5000
	told() {
		n=$((n + 1))
		echo "$n" >&9
		grep -q 'tend: [0-9]* lines lost (I/O error)$' "$dir/current"
	}
	wait_until 20 told
	exec 9>&-
	ends "$svlog_pid"
	svlog_pid=
	grep -q 'cannot be written; lines are dropped and counted' "$err"
	[ "$(finished "$dir")" -lt "$before" ]
	# Lines that are there and lines that were lost are all that came.
	"$py" join "$dir" >"$TEND_DIR/joined"
	lost=$(sed -n 's/^tend: \([0-9]*\) lines lost.*/\1/p' "$TEND_DIR/joined" |
		awk '{ n += $1 } END { print n }')
	kept=$(awk '/^[0-9]+$/ && $1 > 5000' "$TEND_DIR/joined" | wc -l)
	[ "$lost" -gt 0 ]
	[ "$((kept + lost))" -eq $((n - 5000)) ]
}

@test "a file is finished when it is old, though nothing more is written" {
	mkfifo "$TEND_DIR/in"
	svlog --age 1s "$dir" <"$TEND_DIR/in" 3>&- 9>&- &
	exec 9>"$TEND_DIR/in"
	echo one >&9
	is_finished() { [ "$(finished "$dir")" -eq "$1" ]; }
	wait_until 10 is_finished 1
	[ ! -s "$dir/current" ]
	echo two >&9
	wait_until 10 is_finished 2
	exec 9>&-
	ends $!
	# An empty one is none.
	[ "$(finished "$dir")" -eq 2 ]
	[ "$("$py" join "$dir" | tr '\n' ' ')" = "one two " ]
	# The same of a service.
	entry aged "to=file age=1"
	exec 9<>"$run/pipe/aged"
	service_start svlog
	echo three >&9
	is_finished_there() { [ "$(finished "$logs/aged")" -eq 1 ]; }
	wait_until 10 is_finished_there
	service_stop
}

@test "H28: USR1 opens files anew at once, ALRM finishes them" {
	local round
	entry web to=file
	entry idle to=file
	exec 9<>"$run/pipe/web"
	service_start svlog
	for round in 1 2 3 4 5; do
		echo "before $round" >&9
		wait_until 10 has web "before $round"
		mv "$logs/web/current" "$TEND_DIR/moved$round"
		kill -USR1 "$svlog_pid"
		# The name alone is looked at once a second.
		wait_until 10 is_closed "$TEND_DIR/moved$round"
		echo "after $round" >&9
		wait_until 10 has web "after $round"
		! grep -q "after $round" "$TEND_DIR/moved$round" || false
	done
	kill -ALRM "$svlog_pid"
	is_finished() { [ "$(finished "$logs/web")" -eq 1 ]; }
	wait_until 10 is_finished
	[ ! -s "$logs/web/current" ]
	echo last >&9
	wait_until 10 has web last
	[ ! -e "$logs/idle" ]
	service_stop
	[ "$(finished "$logs/web")" -eq 1 ]
	# The same of a filter.
	mkfifo "$TEND_DIR/in"
	svlog "$logs/filter" <"$TEND_DIR/in" 3>&- 9>&- &
	svlog_pid=$!
	exec 9>"$TEND_DIR/in"
	echo one >&9
	wait_until 10 has filter one
	mv "$logs/filter/current" "$TEND_DIR/moved"
	kill -USR1 "$svlog_pid"
	wait_until 10 is_closed "$TEND_DIR/moved"
	echo two >&9
	wait_until 10 has filter two
	kill -ALRM "$svlog_pid"
	is_filtered() { [ "$(finished "$logs/filter")" -eq 1 ]; }
	wait_until 10 is_filtered
	exec 9>&-
	ends "$svlog_pid"
	svlog_pid=
}
