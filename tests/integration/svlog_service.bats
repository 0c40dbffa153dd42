#!/usr/bin/env bats
# Each test is a subshell of its own, and what it tries again a function.
# shellcheck disable=SC2030,SC2031,SC2317
# svlog for services, with pipes, RUN/logs and RUN/tell made by hand: no
# supervisor is needed. Descriptor 9 stands for who keeps the pipes.

load ../helpers/common
load ../helpers/bounded

setup() {
	tend_setup
	py=$TEND_TOP/tests/helpers/svlog.py
	run=$TEND_RUNTIME
	logs=$TEND_LOG
	mkdir "$run/pipe"
	echo 'tend-logs 1' >"$run/logs"
	out=$TEND_DIR/out
	svlog_pid=
}
teardown() {
	show_if_failed
	[ -z "$svlog_pid" ] || kill -KILL "$svlog_pid" 2>/dev/null || true
	tend_teardown
}

# entry NAME WORDS...: a line of RUN/logs, and its pipes
entry() {
	echo "$*" >>"$run/logs"
	mkfifo -m 600 "$run/pipe/$1" "$run/pipe/$1,err"
}

# Returns once a signal does not end it at once any more.
svlog_start() { # ARGS...
	rm -f "$run/svlog.state"
	svlog --run-dir "$run" --log-dir "$logs" "$@" >>"$out" \
		2>>"$TEND_CONSOLE" 3>&- 9>&- 8>&- &
	svlog_pid=$!
	wait_until "$TEND_PATIENCE" test -e "$run/svlog.state"
}

svlog_stop() {
	kill -TERM "$svlog_pid"
	ends "$svlog_pid"
	svlog_pid=
}

has() { # NAME TEXT
	grep -q -- "$2" "$logs/$1/current" 2>/dev/null
}

@test "what is written is byte-exact however often svlog is killed" {
	"$py" kills "$TEND_BUILD/svlog" "$TEND_DIR/kills" 1 200 3
}

@test "what was in a pipe before is written, and TERM ends when all is" {
	entry web to=file
	exec 9<>"$run/pipe/web" 8<>"$run/pipe/web,err"
	seq 5000 >&9
	printf 'no newline' >&8
	svlog_start
	svlog_stop
	"$py" join "$logs/web" o | cmp - <(seq 5000)
	[ "$("$py" join "$logs/web" e)" = "no newline" ]
	grep -qE ' e\+no newline$' "$logs/web/current"
	[ "$(stat -c %a "$logs/web" "$logs/web/current" | xargs)" = "750 640" ]
	# Nothing but directories that the services have.
	[ "$(ls "$logs")" = web ]
}

@test "stdout gets whole lines with a prefix, or JSON, of all services" {
	for options in "" --json; do
		rm -rf "$run"/pipe/* "$out"
		echo 'tend-logs 1' >"$run/logs"
		entry one to=stdout
		entry two to=stdout,file
		exec 9<>"$run/pipe/one" 8<>"$run/pipe/two,err"
		# shellcheck disable=SC2086
		svlog_start $options
		for n in $(seq 300); do
			printf 'first %d' "$n" >&9
			printf 'second "%d"\n' "$n" >&8
			printf ' half\n' >&9
		done
		svlog_stop
		[ "$(wc -l <"$out")" -eq 600 ]
		if [ -z "$options" ]; then
			sed -n 's/^one | //p' "$out" |
				cmp - <(seq -f 'first %.0f half' 300)
			sed -n 's/^two | //p' "$out" |
				cmp - <(seq -f 'second "%.0f"' 300)
		else
			python3 -c '
import json, sys
lines = [json.loads(line) for line in sys.stdin]
two = [l["text"] for l in lines if l["service"] == "two"]
assert two == ["second \"%d\"" % n for n in range(1, 301)], two
assert {l["stream"] for l in lines if l["service"] == "two"} == {"stderr"}
' <"$out"
		fi
	done
	"$py" join "$logs/two" | tail -n 300 | cmp - <(seq -f 'second "%.0f"' 300)
}

@test "a stdout that takes nothing stops its services and no others" {
	entry other to=file
	entry waits to=stdout
	entry drops "to=stdout overflow=drop"
	exec 7<>"$run/pipe/other" 8<>"$run/pipe/waits" 9<>"$run/pipe/drops"
	mkfifo "$TEND_DIR/full"
	exec 6<>"$TEND_DIR/full"
	svlog --run-dir "$run" --log-dir "$logs" >&6 2>>"$TEND_CONSOLE" \
		3>&- 6>&- 7>&- 8>&- 9>&- &
	svlog_pid=$!
	# More than fits: it waits there, and in its own pipe.
	seq 100000 >&8 &
	writer=$!
	wait_until 10 grep -q pipe "/proc/$writer/wchan"
	# The other one is never stopped, nor is a file.
	timeout 20 seq -f 'd%.0f' 100000 >&9
	echo goes on >&7
	wait_until 10 has other 'goes on'
	# Then somebody reads.
	cat <&6 >"$out" 3>&- 7>&- 8>&- 9>&- &
	reader=$!
	ends "$writer"
	arrived() { grep -q '^waits | 100000$' "$out"; }
	wait_until 20 arrived
	echo last >&9
	told() { grep -q '^drops | tend: [0-9]* lines lost' "$out"; }
	wait_until 10 told
	sed -n 's/^waits | //p' "$out" | cmp - <(seq 100000)
	lost=$(sed -n 's/^drops | tend: \([0-9]*\) lines.*/\1/p' "$out" |
		awk '{ n += $1 } END { print n }')
	wait_until 10 grep -q '^drops | last$' "$out"
	[ "$(($(grep -c '^drops | d' "$out") + lost))" -eq 100000 ]
	kill "$reader"
}

@test "HUP reads RUN/logs again; RUN/tell opens, closes and tells of deaths" {
	entry web to=file
	mkfifo -m 600 "$run/tell"
	exec 9<>"$run/tell" 8<>"$run/pipe/web"
	svlog_start
	echo one >&8
	wait_until 10 has web ' one$'
	# Named first, made later.
	echo 'db to=file line-max=4' >>"$run/logs"
	kill -HUP "$svlog_pid"
	mkfifo -m 600 "$run/pipe/db"
	exec 7<>"$run/pipe/db"
	echo 12345 >&7
	echo 'open db' >&9
	wait_until 10 has db ' o+1234$'
	# One without an entry is a service all the same.
	mkfifo -m 600 "$run/pipe/more"
	exec 6<>"$run/pipe/more"
	printf 'open more\nopen more\nopen ../../x\nnonsense\n' >&9
	echo more >&6
	wait_until 10 has more ' more$'
	# Its last words are there before it is told that it is dead.
	echo 'last words' >&8
	echo 'death web time=2026-11-23T14:31:05.123456Z pid=12 exit=1' >&9
	wait_until 10 test -e "$logs/web/last/1"
	grep -qx 'exit=1' "$logs/web/last/1"
	grep -q 'o last words$' "$logs/web/last/1"
	# Closed: what is in the pipe first.
	printf 'bye' >&7
	echo 'close db' >&9
	wait_until 10 has db '+bye$'
	is_closed() {
		[ -z "$(find "/proc/$svlog_pid/fd" -lname "*/pipe/db")" ]
	}
	wait_until 10 is_closed
	svlog_stop
}

@test "while the log directory cannot be written there is the run-time one" {
	rm -r "$logs"
	echo in the way >"$logs"
	entry web to=file
	exec 9<>"$run/pipe/web"
	svlog_start
	echo one >&9
	wait_until 10 grep -q ' one$' "$run/log/web/current"
	seq 1000000 >&9
	arrived() { tail -n 1 "$run/log/web/current" | grep -q ' 1000000$'; }
	wait_until 20 arrived
	[ "$(du -s -B1 "$run/log" | cut -f1)" -le $((8 << 20)) ]
	rm "$logs"
	mkdir "$logs"
	again() {
		echo two >&9
		has web ' two$'
	}
	wait_until 20 again
	svlog_stop
}

@test "no symlink in a log's path is followed, nor a directory of others" {
	mkdir -m 777 "$TEND_DIR/target" "$logs/others"
	ln -s "$TEND_DIR/target" "$logs/link"
	mkdir -m 750 "$logs/file"
	ln -s "$TEND_DIR/target/file" "$logs/file/current"
	mkdir -m 750 "$logs/fifo"
	mkfifo "$logs/fifo/current"
	for name in link others file fifo; do
		entry "$name" to=file
	done
	svlog_start
	for name in link others file fifo; do
		echo "of $name" >"$run/pipe/$name"
		wait_until 10 grep -q " of $name\$" "$run/log/$name/current"
	done
	[ -z "$(ls "$TEND_DIR/target")" ]
	[ -z "$(ls "$logs/others")" ]
	svlog_stop
}
