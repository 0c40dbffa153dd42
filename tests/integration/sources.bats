#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
# log-sources: the supervisor's socket, svlog behind it, and whoever dies.

bats_require_minimum_version 1.5.0
load ../helpers/common

setup() {
	tend_setup
	py=$TEND_TOP/tests/helpers/devlog.py
	socket=$TEND_DIR/socket
	printf '%s\n' 'default-log = file' 'log-sources = syslog' "log-syslog-socket = $socket" \
		>"$TEND_CONFIG/tend.conf"
}
teardown() {
	tend_teardown
}

# What the lines of a log say, without stamps.
text_of() { # NAME
	find "$TEND_LOG/$1" -type f -name '[@c]*' 2>/dev/null | sort |
		xargs -r cat | cut -c 31-
}

says() { # NAME TEXT
	text_of "$1" | grep -qF -- "$2"
}

say() { # TEXT...
	tend_in "$py" say "$socket" "$@"
}

tend_kill_supervisor() {
	local old
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	_wait_until_serving
}

svlog_is_new() { # OLD
	local now
	now=$(svlog_pid) && [ "$now" != "$1" ]
}

@test "log-sources = syslog serves its socket to everybody, without a service" {
	tend_start
	wait_until 10 test -S "$socket"
	[ "$(stat -c %a "$socket")" = 666 ]
	say '<30>Nov 23 14:31:05 app: hello'
	wait_until 10 says syslog 'daemon.info app['
	grep -q '^syslog source=syslog to=' "$TEND_RUNTIME/logs"
	[ ! -e "$TEND_RUNTIME/pipe/syslog" ]
	run -0 svctl logs syslog
	[[ $output == *"daemon.info app["*"]: hello"* ]]
	tend_stop
	[ ! -e "$socket" ]
}

@test "what is sent while svlog is dead, or the supervisor, is not lost" {
	tend_start
	wait_until 10 test -S "$socket"
	n=0
	inode=$(stat -c %i "$socket")
	for round in $(seq 4); do
		svlog=$(svlog_pid)
		tend_in kill -KILL "$svlog"
		say "<13>a: $((n += 1))" "<13>a: $((n += 1))"
		wait_until 10 svlog_is_new "$svlog"
		tend_kill_supervisor
		# It is svlog's as well.
		say "<13>a: $((n += 1))"
		[ $((round % 2)) -eq 0 ] || wait_until 10 says syslog "]: $n"
	done
	wait_until 10 says syslog "]: $n"
	text_of syslog | sed 's/.*: //' | diff - <(seq "$n")
	# It is the same all the time: nobody had to connect again.
	[ "$(stat -c %i "$socket")" = "$inode" ]
}

@test "apply: sources come and go, and so does the socket" {
	service other <<-END
		command = sleep 1000
	END
	echo 'default-log = file' >"$TEND_CONFIG/tend.conf"
	tend_start
	svctl wait other
	other=$(pid_of other)
	[ ! -e "$socket" ]
	printf '%s\n' 'default-log = file' 'log-sources = syslog' "log-syslog-socket = $socket" \
		>"$TEND_CONFIG/tend.conf"
	svctl apply
	wait_until 10 test -S "$socket"
	say '<13>a: one'
	wait_until 10 says syslog 'one'
	# Somebody has removed it.
	rm "$socket"
	svctl apply
	wait_until 10 test -S "$socket"
	say '<13>a: two'
	wait_until 10 says syslog 'two'
	# Another place.
	sed -i 's/socket$/another/' "$TEND_CONFIG/tend.conf"
	svctl apply
	wait_until 10 test -S "$TEND_DIR/another"
	[ ! -e "$socket" ]
	tend_in "$py" say "$TEND_DIR/another" '<13>a: three'
	wait_until 10 says syslog 'three'
	echo 'default-log = file' >"$TEND_CONFIG/tend.conf"
	svctl apply
	[ ! -e "$TEND_DIR/another" ]
	# svlog was started again for each, and nobody took it for a crash.
	[ "$(grep -c 'svlog:.*starting it again' "$TEND_CONSOLE")" -eq 0 ]
	[ "$(grep -c 'no socket' "$TEND_CONSOLE")" -eq 0 ]
	[ "$(pid_of other)" = "$other" ]
}

@test "a stale socket is replaced; a living one, a file and a link are not" {
	python3 -c '
import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(sys.argv[1])' "$socket"
	tend_start
	say '<13>a: hello'
	wait_until 10 says syslog 'hello'
	tend_stop
	"$py" serve "$socket" sleep 1000 3>&- &
	daemon=$!
	wait_until 10 test -S "$socket"
	tend_start
	grep -q "$socket: another daemon serves it; syslog is not served" \
		"$TEND_CONSOLE"
	tend_stop
	[ -S "$socket" ]
	kill "$daemon"
	rm "$socket"
	echo text >"$socket"
	tend_start
	grep -q "$socket: there, and no socket" "$TEND_CONSOLE"
	[ "$(cat "$socket")" = text ]
	rm "$socket"
	ln -s "$TEND_DIR/victim" "$socket"
	# It comes up once there is room for it, with the next apply.
	svctl apply
	[ ! -e "$TEND_DIR/victim" ]
	rm "$socket"
	service more <<-END
		command = sleep 1000
	END
	svctl apply
	wait_until 10 test -S "$socket"
	say '<13>a: at last'
	wait_until 10 says syslog 'at last'
}

@test "a service of a source's name is invalid and says why" {
	service syslog <<-END
		command = sleep 1000
	END
	service kmsg <<-END
		command = sleep 1000
	END
	tend_start
	svctl wait kmsg
	run -3 svctl status syslog
	[[ $output == *"log-sources of tend.conf has a log of this name"* ]]
	say '<13>a: hello'
	wait_until 10 says syslog 'hello'
}

@test "log = syslog to the socket that svlog itself serves arrives once" {
	service web <<-'END'
		command = sh -c 'trap "echo bye; exit" TERM; seq 2000; while :; do sleep 0.1; done'
		log = syslog
	END
	echo "log-syslog = unix:$socket" >>"$TEND_CONFIG/tend.conf"
	tend_start
	svctl wait web
	wait_until 20 says syslog ': 2000'
	tend_stop
	text_of syslog | sed -n 's/^[a-z.]* web.*: //p' | grep -v Terminated |
		diff - <(seq 2000; echo bye)
}

@test "a real daemon and logger log to /dev/log; the kernel's records come too" {
	[ "$(id -u)" -eq 0 ] || skip "needs a /dev of its own"
	command -v cron >/dev/null || skip "no cron"
	command -v logger >/dev/null || skip "no logger(1)"
	printf '%s\n' 'default-log = file' 'log-sources = syslog kmsg' 'default-log-size = 64M' \
		>"$TEND_CONFIG/tend.conf"
	# A /dev of its own: the machine's has no /dev/log afterwards.
	before=$(ls -la /dev/log 2>&1) || true
	mkdir "$TEND_DIR/dev" "$TEND_DIR/spool"
	for node in null zero full random urandom tty kmsg; do
		touch "$TEND_DIR/dev/$node"
	done
	service cron <<-END
		command = sh -c 'exec cron -f -L 15'
	END
	cat >"$TEND_DIR/inner" <<-END
		for node in null zero full random urandom tty kmsg; do
			mount --bind /dev/\$node $TEND_DIR/dev/\$node || exit 1
		done
		mount --rbind $TEND_DIR/dev /dev
		exec "\$@"
	END
	tend_unshare=("${tend_unshare[@]}" sh "$TEND_DIR/inner")
	tend_start
	svctl wait cron
	[ "$(ls -la /dev/log 2>&1)" = "$before" ]
	# cron says so itself, by syslog(3) of the C library.
	wait_until 10 says syslog 'cron.info cron['
	tend_in logger -t mine -p local0.info 'to /dev/log'
	wait_until 10 says syslog 'local0.info mine['
	if tend_in dd if=/dev/kmsg of=/dev/null bs=8192 count=1 \
		iflag=nonblock 2>/dev/null; then
		wait_until 10 eval 'text_of kmsg | grep -q "^kern\."'
	fi
	# logger goes on over the death of svlog, whatever it asks of the socket.
	seq -f 'line %.0f' 3000 | tend_in logger -t mine &
	writer=$!
	for _ in $(seq 5); do
		svlog=$(svlog_pid)
		tend_in kill -KILL "$svlog"
		wait_until 20 svlog_is_new "$svlog"
	done
	wait "$writer"
	wait_until 20 says syslog ': line 3000'
	text_of syslog | sed -n 's/.*: line //p' | diff - <(seq 3000)
}
