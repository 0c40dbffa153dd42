#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2317
# svlog reads /dev/log and /dev/kmsg: a socket, RUN/logs and a pipe in place of
# the device made by hand, and no supervisor.

load ../helpers/common
load ../helpers/bounded

setup() {
	tend_setup
	py=$TEND_TOP/tests/helpers/devlog.py
	run=$TEND_RUNTIME
	logs=$TEND_LOG
	socket=$TEND_DIR/socket
	mkdir "$run/pipe"
	echo 'tend-logs 1' >"$run/logs"
	echo 'syslog source=syslog to=file streams=1' >>"$run/logs"
	out=$TEND_DIR/out
	program=(svlog)
	serve=serve
	svlog_pid=
	floods=()
}
teardown() {
	show_if_failed
	[ -z "$svlog_pid" ] || kill -KILL "$svlog_pid" 2>/dev/null || true
	[ "${#floods[@]}" -eq 0 ] ||
		kill -KILL "${floods[@]}" 2>/dev/null || true
	tend_teardown
}

svlog_start() { # ARGS...
	rm -f "$socket"
	"$py" "$serve" "$socket" "${program[@]}" --run-dir "$run" --log-dir "$logs" \
		--syslog-fd 5 "$@" >>"$out" 2>>"$TEND_CONSOLE" \
		3>&- 9>&- 8>&- &
	svlog_pid=$!
	wait_until "$TEND_PATIENCE" test -S "$socket"
}

svlog_stop() {
	kill -TERM "$svlog_pid"
	ends "$svlog_pid"
	svlog_pid=
}

# What the lines of a log say, without stamps.
text_of() { # NAME
	cut -c 31- "$logs/$1/current" 2>/dev/null
}

has() { # NAME TEXT
	text_of "$1" | grep -qxF -- "$2"
}

@test "each datagram is written once and in order however often svlog is killed" {
	"$py" kills "$TEND_BUILD/svlog" "$TEND_DIR/kills" 1 200 3
}

@test "H26: an error that its predecessor has left does not end its reading" {
	serve=spoil
	svlog_start
	"$py" say "$socket" '<13>a: after'
	wait_until 10 eval 'text_of syslog | grep -q after'
	svlog_stop
	console_has "syslog: its socket: Bad address; a message may be lost"
	[ "$(text_of syslog | wc -l)" -eq 1 ]
}

@test "it reads on after an error that passes, and gives up one that stays" {
	strace -qq -o /dev/null true 2>/dev/null || skip "no ptrace here"
	program=(strace -D -f -qq -o "$TEND_DIR/trace" -e trace=recvmmsg
		-e inject=recvmmsg:error=ENOMEM:when=1..16 svlog)
	svlog_start
	"$py" send "$socket" 100
	wait_until 10 eval 'text_of syslog | grep -q ": 99"'
	svlog_stop
	[ "$(text_of syslog | wc -l)" -eq 100 ]
	program=(strace -D -f -qq -o "$TEND_DIR/trace" -e trace=recvmmsg
		-e inject=recvmmsg:error=ENOMEM svlog)
	svlog_start
	wait_until 10 console_has "Out of memory; it is read no more"
	svlog_stop
	[ "$(grep -c "= -1 ENOMEM" "$TEND_DIR/trace")" -eq 17 ]
}

# kB of svlog.state that a process has mapped.
mapped_of() { # PID
	awk '/svlog.state$/ { on = 1 } on && /^Rss:/ { n += $2; on = 0 }
		END { print n + 0 }' "/proc/$1/smaps"
}

@test "H26: all that the kernel may store into is there before it is asked" {
	local after
	svlog_start
	"$py" say "$socket" '<13>a: one'
	wait_until 10 eval 'text_of syslog | grep -q one'
	after=$(mapped_of "$svlog_pid")
	svlog_stop
	echo "$after kB"
	[ "$after" -ge 160 ]
}

@test "logger of util-linux: its own form, RFC 3164 and RFC 5424" {
	command -v logger >/dev/null || skip "no logger(1)"
	svlog_start
	logger -u "$socket" -p daemon.err -t app 'its own'
	logger -u "$socket" --rfc3164 -p mail.info -t app -i '3164'
	logger -u "$socket" --rfc5424=notime -p local3.warning -t app \
		--msgid ID7 --sd-id a@1 --sd-param 'b="c d"' '5424'
	"$py" say "$socket" '<13>app[1]: says that it is init'
	wait_until 10 eval 'text_of syslog | grep -q init'
	svlog_stop
	text_of syslog | sed -E 's/\[[0-9]{2,}\]/[N]/; s/pid [0-9]+/pid N/' \
		>"$TEND_DIR/got"
	host=$(hostname)
	# Where the time is not told the form has no host's clock, but a host.
	sed -i -E 's/ \[timeQuality [^]]*\]//' "$TEND_DIR/got"
	diff "$TEND_DIR/got" - <<-END
		daemon.err app[N]: its own
		mail.info app[N]: 3164
		local3.warning app[N]: ID7 [a@1 b="c d"] 5424
		user.notice app[1] (pid N): says that it is init
	END
	[ "$(grep -cF " $host " "$logs/syslog/current")" -eq 0 ]
	# Lines have the time at which they came, and no stream.
	grep -qE '^20.{24}Z - daemon' "$logs/syslog/current"
}

@test "a message is one line, and one that is too long is cut" {
	svlog_start
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(sys.argv[1])
s.send(b"<13>a: one\n<13>b: two\x1b[1m\n")
s.send(b"")
s.send(b"<13>long: " + b"x" * 20000)
s.send(b"<13>a: last")' "$socket"
	wait_until 10 eval 'text_of syslog | grep -q last'
	svlog_stop
	text_of syslog | sed -E 's/\[[0-9]+\]:/:/' >"$TEND_DIR/got"
	[ "$(sed -n 1p "$TEND_DIR/got")" = \
		'user.notice a: one\x0a<13>b: two\x1b[1m' ]
	[ "$(sed -n 2p "$TEND_DIR/got")" = 'user.notice -: ' ]
	# Longer than log-line-max, so in two pieces.
	grep -qE ' -\+user.notice long' "$logs/syslog/current"
	[ "$(sed -n '3,4p' "$TEND_DIR/got" | tr -d '\n' | tr -dc x | wc -c)" \
		-eq 8182 ]
	sed -n 4p "$TEND_DIR/got" | grep -qF '[cut, of 20010 bytes]'
	[ "$(sed -n 5p "$TEND_DIR/got")" = 'user.notice a: last' ]
}

@test "who floods /dev/log does not keep others from their pipes" {
	local n before
	strace -qq -o /dev/null true 2>/dev/null || skip "no ptrace here"
	echo 'web to=file' >>"$run/logs"
	mkfifo -m 600 "$run/pipe/web" "$run/pipe/web,err"
	exec 9<>"$run/pipe/web"
	# It reads quicker than they write: then its queue would be empty now
	# and then, and nobody would be kept from anything.
	program=(strace -D -f -qq -o "$TEND_DIR/trace" -e trace=recvmmsg
		-e inject=recvmmsg:delay_exit=10000 svlog)
	svlog_start
	for n in 1 2 3; do
		"$py" send "$socket" 100000000 3>&- 9>&- 2>/dev/null &
		floods+=($!)
	done
	wait_until 10 test -s "$logs/syslog/current"
	before=$(stat -c %s "$logs/syslog/current")
	for n in $(seq 50); do
		echo "$n" >&9
		wait_until 5 has web "$n"
	done
	# They have done so all the time.
	[ "$(stat -c %s "$logs/syslog/current")" -gt $((before + 1000)) ]
	for n in "${floods[@]}"; do
		is_alive "$n"
	done
	# It ends although they do not.
	svlog_stop
	[ "$(text_of web | wc -l)" -eq 50 ]
}

@test "for standard output there is a prefix, or JSON" {
	sed -i 's/to=file/to=stdout/' "$run/logs"
	svlog_start --json
	"$py" send "$socket" 100
	svlog_stop
	python3 -c '
import json, sys
lines = [json.loads(line) for line in sys.stdin]
assert len(lines) == 100, lines
assert lines[99]["service"] == "syslog", lines[99]
assert lines[99]["text"].endswith("]: 99"), lines[99]
' <"$out"
}

kmsg_start() {
	mkfifo "$TEND_DIR/kmsg"
	echo "kmsg source=kmsg path=$TEND_DIR/kmsg to=file streams=1" \
		>>"$run/logs"
	exec 9<>"$TEND_DIR/kmsg"
	svlog_start
}

@test "kernel records: text, time, what was overrun, and none twice" {
	kmsg_start
	now=$(python3 -c 'import time; print(time.monotonic_ns() // 1000)')
	"$py" records "$TEND_DIR/kmsg" <<-END
		6,10,$((now - 5000000)),-;Linux version
		30,11,$((now - 4000000)),-;udevd[80]: caf\\xc3\\xa9\\n SUBSYSTEM=acpi\\n DEVICE=x
		4,14,$((now - 1000000)),-,caller=T1;after a gap
		what is this
	END
	wait_until 10 has kmsg 'what is this'
	text_of kmsg | diff - <(printf '%s\n' 'kern.info Linux version' \
		'daemon.info udevd[80]: café' 'tend: 2 lines lost (overrun)' \
		'kern.warning after a gap' 'what is this')
	python3 -c '
import datetime, sys
times = [datetime.datetime.fromisoformat(l[:26]) for l in open(sys.argv[1])]
assert 0.9 < (times[1] - times[0]).total_seconds() < 1.1, times
assert 2.9 < (times[3] - times[1]).total_seconds() < 3.1, times
age = datetime.datetime.utcnow() - times[0]
assert 5 <= age.total_seconds() < 60, age' "$logs/kmsg/current"
	kill -KILL "$svlog_pid"
	ends "$svlog_pid" || true
	svlog_start
	"$py" records "$TEND_DIR/kmsg" <<-END
		6,10,1,-;Linux version
		4,14,2,-;after a gap
		4,15,$((now - 500000)),-;new
	END
	wait_until 10 has kmsg 'kern.warning new'
	svlog_stop
	[ "$(text_of kmsg | sed -n '6,$p')" = 'kern.warning new' ]
	# Of another boot the numbers mean nothing.
	printf 'boot' | python3 -c '
import sys
with open(sys.argv[1], "r+b") as file:
    head = file.read(4096)
    at = head.index(open("/proc/sys/kernel/random/boot_id", "rb").read(36))
    file.seek(at)
    file.write(b"0")
' "$run/svlog.state"
	svlog_start
	echo '6,0,1,-;first of another boot' | "$py" records "$TEND_DIR/kmsg"
	wait_until 10 has kmsg 'kern.info first of another boot'
}

@test "the kernel's own records are there, and only once" {
	{ dd if=/dev/kmsg of=/dev/null bs=8192 count=1 iflag=nonblock; } \
		2>/dev/null || skip "/dev/kmsg cannot be read here"
	echo "kmsg source=kmsg to=file streams=1 size=64M" >>"$run/logs"
	svlog_start
	python3 - "$TEND_DIR/want" <<-'END'
		import os, sys
		fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
		count = 0
		while True:
		    try:
		        os.read(fd, 16384)
		        count += 1
		    except BlockingIOError:
		        break
		    except BrokenPipeError:
		        pass
		open(sys.argv[1], "w").write(str(count))
	END
	want=$(cat "$TEND_DIR/want")
	complete() { [ "$(text_of kmsg | wc -l)" -ge "$want" ]; }
	wait_until 10 complete
	kill -KILL "$svlog_pid"
	ends "$svlog_pid" || true
	svlog_start
	logged=$("$py" send "$socket" 1; echo 1)
	wait_until 10 eval 'text_of syslog | grep -q sender'
	svlog_stop
	# The kernel may have said a little more meanwhile.
	[ "$(text_of kmsg | wc -l)" -lt $((want + 20 + logged)) ]
	grep -qE ' - kern\.[a-z]+ ' "$logs/kmsg/current"
}

@test "no socket, another kind of socket, or no device: it says so and goes on" {
	echo "kmsg source=kmsg path=$TEND_DIR/none to=file" >>"$run/logs"
	echo "web to=file" >>"$run/logs"
	mkfifo -m 600 "$run/pipe/web" "$run/pipe/web,err"
	exec 9<>"$run/pipe/web"
	svlog --run-dir "$run" --log-dir "$logs" 2>>"$TEND_CONSOLE" 3>&- &
	svlog_pid=$!
	echo hello >&9
	wait_until 10 has web hello
	svlog_stop
	grep -q 'syslog: no socket' "$TEND_CONSOLE"
	grep -q 'kmsg: .*none: No such file' "$TEND_CONSOLE"
	svlog --run-dir "$run" --log-dir "$logs" --syslog-fd 9 \
		2>>"$TEND_CONSOLE" 3>&- &
	svlog_pid=$!
	echo again >&9
	wait_until 10 has web again
	svlog_stop
	grep -q 'syslog: not such a socket' "$TEND_CONSOLE"
}
