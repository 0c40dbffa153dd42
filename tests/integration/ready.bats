#!/usr/bin/env bats
# When a service counts as ready, and what is done about one that is not well.
# Inner shells expand what is in single quotes; each test has its own variables.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	# A network of its own: ports of ours are free.
	export TEND_NET=1
	TELL="python3 $TEND_TOP/tests/helpers/tell.py"
	export TELL
}
teardown() { tend_teardown; }

others_may_enter() {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
		"$BATS_TEST_TMPDIR" "$TEND_DIR"
}

# It is not ready although it runs; then what is to make it so is done.
ready_after() { # NAME CMD...
	local name=$1
	shift
	wait_until 10 is_state "$name" starting
	[ -n "$(pid_of "$name")" ]
	[ "$(field_of "$name" ready)" = false ]
	run -7 svctl --timeout 200ms wait "$name"
	"$@"
	svctl --timeout 10s wait "$name"
	[ "$(field_of "$name" ready)" = true ]
}

supervisor_fds() {
	tend_in sh -c "ls /proc/$(supervisor_pid)/fd | wc -l"
}

@test "after: ready when the time is over, not before" {
	service web <<-END
		command = sleep 1000
		ready = after:600ms
	END
	service next <<-END
		command = sleep 1000
		requires = web
	END
	tend_start
	[ "$(state_of web)" = starting ]
	[ "$(state_of next)" = waiting ]
	svctl --timeout 10s wait next
	[ "$(field_of web state)" = up ]
}

@test "H47: fd: the newline counts, whoever writes it, and nothing before it" {
	service web <<-END
		command = sh -c 'printf abc >&7; read -r x <$TEND_DIR/go; (echo >&7); exec 7>&-; exec sleep 1000'
		ready = fd:7
	END
	mkfifo "$TEND_DIR/go"
	tend_start
	local fds
	fds=$(supervisor_fds)
	ready_after web sh -c "echo x >'$TEND_DIR/go'"
	# The descriptor went with it, and the FIFO.
	[ "$(supervisor_fds)" -eq $((fds - 1)) ]
	[ ! -e "$TEND_RUNTIME/pipe/web,ready" ]
}

@test "H47: fd: closed without a newline is not ready; written to later does no harm" {
	service mute <<-END
		command = sh -c 'exec 3>&-; exec sleep 1000'
		ready = fd:3
		start-timeout = 500ms
		restart = never
	END
	service chatty <<-END
		command = sh -c 'echo >&3; while :; do echo more >&3 || exit 9; sleep 0.05; done'
		ready = fd:3
	END
	tend_start
	svctl --timeout 10s wait chatty
	_failed() { is_state mute failed; }
	wait_until 10 _failed
	[[ $(field_of mute reason) == "not ready after 500 ms" ]]
	console_has 'mute: stopping: not ready after 500 ms'
	local ticks
	ticks=$(cpu_ticks "$(supervisor_pid)")
	run -7 svctl --timeout 1s wait chatty --for down
	[ $(($(cpu_ticks "$(supervisor_pid)") - ticks)) -lt 20 ]
	is_state chatty up
	[ "$(field_of chatty restarts)" = 0 ]
}

@test "fd: the numbers that the supervisor itself uses are as good as others" {
	local n
	for n in 3 4 5 6 7 8 9 10 12 64 255; do
		service "web$n" <<-END
			command = python3 -c 'import os, time; os.write($n, b"\\n"); time.sleep(1000)'
			ready = fd:$n
			log = file
		END
	done
	tend_start
	for n in 3 4 5 6 7 8 9 10 12 64 255; do
		svctl --timeout 20s wait "web$n"
		[ "$(tend_in ls "/proc/$(pid_of "web$n")/fd" | sort -n |
			tr '\n' ' ')" = "0 1 2 $n " ]
	done
}

@test "pid-file: a file that names another is not it" {
	service web <<-END
		command = sh -c 'read -r x <$TEND_DIR/go; echo \$\$ >$TEND_DIR/new; mv $TEND_DIR/new $TEND_DIR/pid/web.pid; exec sleep 1000'
		ready = pid-file
		pid-file = $TEND_DIR/pid/%n.pid
	END
	mkdir "$TEND_DIR/pid"
	mkfifo "$TEND_DIR/go"
	echo 1 >"$TEND_DIR/pid/web.pid"
	tend_start
	local bad
	wait_until 10 is_state web starting
	for bad in 0 -1 1 "$(supervisor_pid)" 99999999999 x '' "$(pid_of web)x"; do
		echo "$bad" >"$TEND_DIR/pid/web.pid"
		run -7 svctl --timeout 100ms wait web
	done
	rm "$TEND_DIR/pid/web.pid"
	pid_of web >"$TEND_DIR/real"
	ln -s ../real "$TEND_DIR/pid/web.pid"
	run -7 svctl --timeout 100ms wait web
	rm "$TEND_DIR/pid/web.pid"
	mkfifo "$TEND_DIR/pid/web.pid"
	run -7 svctl --timeout 100ms wait web
	rm "$TEND_DIR/pid/web.pid"
	ready_after web sh -c "echo x >'$TEND_DIR/go'"
}

@test "tcp and unix: somebody has to listen" {
	service port <<-END
		command = $TELL serve tcp 127.0.0.1 7001 $TEND_DIR/go1
		ready = tcp:7001
	END
	service six <<-END
		command = $TELL serve tcp6 ::1 7002 $TEND_DIR/go2
		ready = tcp:7002
	END
	service path <<-END
		command = $TELL serve unix $TEND_DIR/dir/sock 0 $TEND_DIR/go3
		ready = unix:$TEND_DIR/dir/sock
	END
	service dgram <<-END
		command = $TELL serve dgram $TEND_DIR/d.sock 0 $TEND_DIR/go4
		ready = unix:$TEND_DIR/d.sock
	END
	mkfifo "$TEND_DIR/go1" "$TEND_DIR/go2" "$TEND_DIR/go3" "$TEND_DIR/go4"
	tend_start
	ready_after port sh -c "echo x >'$TEND_DIR/go1'"
	ready_after six sh -c "echo x >'$TEND_DIR/go2'"
	mkdir "$TEND_DIR/dir"
	ready_after path sh -c "echo x >'$TEND_DIR/go3'"
	ready_after dgram sh -c "echo x >'$TEND_DIR/go4'"
}

@test "http: what answers with an error, with nonsense or not at all is not ready" {
	service web <<-END
		command = $TELL http 7003 $TEND_DIR/answer
		ready = http://localhost:7003/health
		health-timeout = 300ms
	END
	local answer
	printf 'HTTP/1.1 503 No\r\n\r\n' >"$TEND_DIR/answer"
	tend_start
	wait_until 10 is_state web starting
	for answer in 'HTTP/1.1 404 No\r\n\r\n' 'SSH-2.0-x\r\n' '' 'hang' \
		'HTTP/1.1 2'; do
		printf %b "$answer" >"$TEND_DIR/answer"
		run -7 svctl --timeout 500ms wait web
	done
	printf 'HTTP/1.1 204 Fine\r\n\r\n' >"$TEND_DIR/answer"
	svctl --timeout 10s wait web
	[ "$(cat "$TEND_DIR/answer.path")" = /health ]
}

@test "H48: command: its status is the answer, and one that hangs is killed" {
	service web <<-END
		command = sleep 1000
		ready = command:sh -c 'echo run >>$TEND_DIR/runs; case \$(cat $TEND_DIR/answer) in hang) sleep 1000 & wait;; good) ;; *) exit 1;; esac'
		health = command:grep -q good $TEND_DIR/answer
		health-interval = 100ms
		health-timeout = 300ms
		health-retries = 2
		restart-delay = 30s
	END
	echo bad >"$TEND_DIR/answer"
	tend_start
	wait_until 10 has_lines "$TEND_DIR/runs" 3
	is_state web starting
	echo hang >"$TEND_DIR/answer"
	local before
	before=$(line_count "$TEND_DIR/runs")
	# The one that hangs is killed with what it has started.
	wait_until 10 has_lines "$TEND_DIR/runs" $((before + 3))
	is_state web starting
	echo good >"$TEND_DIR/answer"
	svctl --timeout 10s wait web
	_no_sleeps() { [ "$(tend_in pgrep -c -x sleep)" = 1 ]; }
	wait_until 10 _no_sleeps
	run -7 svctl --timeout 500ms wait web --for down
	echo bad >"$TEND_DIR/answer"
	wait_until 10 is_state web backoff
	[[ $(field_of web reason) == "health: 2 checks failed"* ]]
}

@test "health: svctl health is the one status of all" {
	service web <<-END
		command = sh -c 'read -r x <$TEND_DIR/go; echo >&3; exec sleep 1000'
		ready = fd:3
	END
	service idle <<-END
		command = sleep 1000
		autostart = no
	END
	mkfifo "$TEND_DIR/go"
	tend_start
	run -3 svctl health
	[ "$output" = "web starting" ]
	echo x >"$TEND_DIR/go"
	svctl --timeout 10s wait web
	run -0 svctl health
	[ -z "$output" ]
	run -3 svctl health idle
	run -3 svctl -q health idle
	[ -z "$output" ]
	run -4 svctl health nobody
}

@test "notify: READY, STATUS, RELOADING, STOPPING are heard" {
	service web <<-END
		command = $TELL obey $TEND_DIR/go
		ready = notify
	END
	mkfifo "$TEND_DIR/go"
	tend_start
	_tell() { printf '%s\n' "$*" >"$TEND_DIR/go"; }
	_status() { [ "$(field_of web status_text)" = "$1" ]; }
	_shows() { svctl status web | grep -qF -- "$1"; }
	_tell 'STATUS=warming "up"'
	wait_until 10 _shows 'warming "up"'
	[[ $(svctl --json status web) == *'"status_text":"warming \"up\""'* ]]
	ready_after web _tell 'READY=1|STATUS=serving'
	wait_until 10 _status serving
	_tell 'RELOADING=1|MONOTONIC_USEC=1'
	wait_until 10 _shows reloading
	[ "$(state_of web)" = up ]
	_tell 'READY=1'
	_no() { ! _shows reloading; }
	wait_until 10 _no
	_tell 'STOPPING=1|STATUS=going'
	wait_until 10 _shows 'stopping by itself'
	svctl restart web --no-wait
	_starts() { is_state web starting && [ "$(field_of web status_text)" = null ]; }
	wait_until 10 _starts
}

@test "H47: notify: only the main process counts, unless notify-access = all" {
	service strict <<-END
		command = sh -c '$TELL send READY=1; exec sleep 1000'
		ready = notify
	END
	service open <<-END
		command = sh -c '$TELL send READY=1; exec sleep 1000'
		ready = notify
		notify-access = all
	END
	service stranger <<-END
		command = sh -c 'NOTIFY_SOCKET=$TEND_RUNTIME/notify $TELL send READY=1; touch $TEND_DIR/sent; exec sleep 1000'
	END
	tend_start
	svctl --timeout 10s wait open
	wait_until 10 test -e "$TEND_DIR/sent"
	run -7 svctl --timeout 500ms wait strict
	console_has 'which is not the main process'
	# The one that has no such socket is not told of it.
	run ! tend_in grep -qz NOTIFY_SOCKET "/proc/$(pid_of stranger)/environ"
}

@test "H47: notify: what a process says last comes before its end" {
	service web <<-END
		command = $TELL last
		ready = notify
		restart = never
	END
	tend_start
	wait_until 10 is_state web failed
	[ "$(field_of web status_text)" = 'the last words' ]
}

@test "notify: EXTEND_TIMEOUT_USEC gives a start and a stop more time" {
	service web <<-END
		command = $TELL obey $TEND_DIR/go
		ready = notify
		start-timeout = 700ms
		stop-timeout = 700ms
		restart = never
	END
	mkfifo "$TEND_DIR/go"
	tend_start
	printf 'EXTEND_TIMEOUT_USEC=60000000\n' >"$TEND_DIR/go"
	run -7 svctl --timeout 1200ms wait web
	is_state web starting
	printf 'READY=1\n' >"$TEND_DIR/go"
	svctl --timeout 10s wait web
	printf 'deaf\n' >"$TEND_DIR/go"
	# While it is up this means nothing; once it is heard so was "deaf".
	printf 'EXTEND_TIMEOUT_USEC=1|STATUS=deaf\n' >"$TEND_DIR/go"
	_is_deaf() { [ "$(field_of web status_text)" = deaf ]; }
	wait_until 10 _is_deaf
	svctl --no-wait stop web
	wait_until 10 is_state web stopping
	printf 'EXTEND_TIMEOUT_USEC=60000000\n' >"$TEND_DIR/go"
	run -7 svctl --timeout 1200ms wait web --for down
	is_state web stopping
	printf 'exit\n' >"$TEND_DIR/go"
	svctl --timeout 10s wait web --for down
}

@test "H38: a hostile user's messages change nothing and cost little" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	others_may_enter
	service web <<-END
		command = $TELL obey $TEND_DIR/go
		ready = notify
	END
	mkfifo "$TEND_DIR/go"
	tend_start
	tend_in setpriv --reuid 65534 --regid 65534 --clear-groups \
		env NOTIFY_SOCKET="$TEND_RUNTIME/notify" python3 - "$(pid_of web)" \
		<"$TEND_TOP/tests/helpers/flood.py" >"$TEND_DIR/flood" 2>&1 3>&- &
	local flood=$!
	_floods() { grep -q flooding "$TEND_DIR/flood"; }
	wait_until 10 _floods
	run -7 svctl --timeout 1s wait web
	_counted() { grep -q rate "$TEND_DIR/flood"; }
	wait_until 10 _counted
	[ "$(sed -n 's/^rate //p' "$TEND_DIR/flood" | sort -n | tail -n 1)" -lt 2500 ]
	ready_after web sh -c "echo READY=1 >'$TEND_DIR/go'"
	kill "$flood"
	wait "$flood" || true
}

@test "health: as many failures as health-retries says, then a restart that says why" {
	service web <<-END
		command = $TELL http 7004 $TEND_DIR/answer
		ready = http://127.0.0.1:7004/
		health = http://127.0.0.1:7004/
		health-interval = 100ms
		health-retries = 2
		restart-delay = 30s
	END
	printf 'HTTP/1.1 200 Fine\r\n\r\n' >"$TEND_DIR/answer"
	tend_start
	svctl --timeout 10s wait web
	run -7 svctl --timeout 500ms wait web --for down
	printf 'HTTP/1.1 500 No\r\n\r\n' >"$TEND_DIR/answer"
	wait_until 10 is_state web backoff
	[[ $(field_of web reason) == "health: 2 checks failed"* ]]
	svctl why web | grep -q 'health: 2 checks failed'
	console_has 'web: stopping: health: 2 checks failed'
}

@test "watchdog: who pings lives, who does not is restarted and says why" {
	service web <<-END
		command = $TELL obey $TEND_DIR/go
		ready = notify
		watchdog = 400ms
		restart-delay = 30s
	END
	mkfifo "$TEND_DIR/go"
	tend_start
	exec 9<>"$TEND_DIR/go"
	echo READY=1 >&9
	svctl --timeout 10s wait web
	[ "$(tend_in tr '\0' '\n' <"/proc/$tend_init/root/proc/$(pid_of web)/environ" |
		grep -c -x -e WATCHDOG_USEC=400000 -e "WATCHDOG_PID=$(pid_of web)")" = 2 ]
	echo ping >&9
	run -7 svctl --timeout 1500ms wait web --for down
	is_state web up
	echo quiet >&9
	wait_until 10 is_state web backoff
	exec 9>&-
	[[ $(field_of web reason) == "watchdog: no sign of life for 400 ms"* ]]
	console_has 'web: stopping: watchdog: no sign of life for 400 ms'
}

@test "H50: the supervisor dies: who was up stays up, who was starting is looked at" {
	service up <<-END
		command = $TELL obey $TEND_DIR/go1
		ready = notify
	END
	service says <<-END
		command = $TELL obey $TEND_DIR/go2
		ready = notify
	END
	service newline <<-END
		command = sh -c 'read -r x <$TEND_DIR/go3; echo >&3; exec sleep 1000'
		ready = fd:3
	END
	service port <<-END
		command = $TELL serve tcp 127.0.0.1 7005 $TEND_DIR/go4
		ready = tcp:7005
		health = tcp:7005
		health-interval = 100ms
	END
	mkfifo "$TEND_DIR"/go{1,2,3,4}
	tend_start
	printf 'READY=1|STATUS=kept\n' >"$TEND_DIR/go1"
	svctl --timeout 10s wait up
	local pids before
	pids=$(svctl list)
	before=$(supervisor_pid)
	tend_in kill -KILL "$before"
	_new() { [ "$(supervisor_pid)" != "$before" ] && _serves; }
	wait_until 10 _new
	[ "$(svctl list)" = "$pids" ]
	[ "$(field_of up status_text)" = kept ]
	ready_after says sh -c "echo READY=1 >'$TEND_DIR/go2'"
	ready_after newline sh -c "echo x >'$TEND_DIR/go3'"
	ready_after port sh -c "echo x >'$TEND_DIR/go4'"
	printf 'STATUS=new\n' >"$TEND_DIR/go1"
	_status() { [ "$(field_of up status_text)" = new ]; }
	wait_until 10 _status
	[ "$(svctl list | awk '{ print $3 }')" = \
		"$(awk '{ print $3 }' <<<"$pids")" ]
}

@test "what is ready costs nothing: no descriptor, no wake-up" {
	service one <<-END
		command = $TELL serve tcp 127.0.0.1 7006 /dev/null
		ready = tcp:7006
	END
	service two <<-END
		command = $TELL serve unix $TEND_DIR/sock 0 /dev/null
		ready = unix:$TEND_DIR/sock
	END
	service three <<-END
		command = $TELL obey $TEND_DIR/go
		ready = notify
	END
	service four <<-END
		command = sh -c 'echo >&3; exec sleep 1000'
		ready = fd:3
	END
	mkfifo "$TEND_DIR/go"
	tend_start
	local fds wakes
	echo READY=1 >"$TEND_DIR/go"
	svctl --timeout 10s wait one two three four
	fds=$(supervisor_fds)
	svctl stop one two three four
	# What is left is svlog's and the socket of all.
	[ "$(supervisor_fds)" -eq "$fds" ]
	svctl --no-wait start one two three four
	echo READY=1 >"$TEND_DIR/go"
	svctl --timeout 10s wait one two three four
	[ "$(supervisor_fds)" -eq "$fds" ]
	_switches() {
		tend_in awk '/^voluntary/ { print $2 }' \
			"/proc/$(supervisor_pid)/status"
	}
	_quiet() {
		wakes=$(_switches)
		tend_in sleep 0.5
		[ "$(_switches)" = "$wakes" ]
	}
	wait_until 10 _quiet
}

@test "notify: MAINPID hands the place of the main process on, within the service" {
	# The first process leaves another one, says so, and ends.
	service web <<-END
		command = bash -c '(exec sleep 1000) & pid=\$!; read -r x <$TEND_DIR/go; $TELL send MAINPID=1; $TELL send "MAINPID=\$pid|READY=1"; read -r x <$TEND_DIR/go; disown; exit 3'
		ready = notify
		notify-access = all
		restart-delay = 1h
	END
	mkfifo "$TEND_DIR/go"
	tend_start
	wait_until 10 is_state web starting
	local first second
	first=$(pid_of web)
	echo >"$TEND_DIR/go"
	svctl --timeout 20s wait web
	second=$(pid_of web)
	[ "$second" != "$first" ]
	[ "$(tend_in cat "/proc/$second/comm")" = sleep ]
	console_has 'MAINPID=1: the process is not of it; it is not taken'
	# The end of the first one is nothing to anybody now.
	echo >"$TEND_DIR/go"
	_is_over() { ! tend_in kill -0 "$first" 2>/dev/null; }
	wait_until 10 _is_over
	is_state web up
	[ "$(pid_of web)" = "$second" ]
	# So it is for the next supervisor.
	local old
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	_next() { [ -n "$(supervisor_pid)" ] && [ "$(supervisor_pid)" != "$old" ]; }
	wait_until 10 _next
	wait_until 10 is_state web up
	[ "$(pid_of web)" = "$second" ]
	tend_in kill -KILL "$second"
	wait_until 10 is_state web backoff
	[ "$(field_of web exit_signal)" = KILL ]
}
