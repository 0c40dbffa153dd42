#!/usr/bin/env bats
# The FIFO, the status page and svctl.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	CONTROL=$TEND_RUNTIME/control
}

teardown() { tend_teardown; }

# web: a service that only runs.
web() {
	printf 'command = sleep 1000\nreload-signal = HUP\n' | service web
}

restarted_since() { # NAME OLD-PID
	has_new_pid "$1" "$2" && is_state "$1" up
}

# The supervisor sleeps; how often it has been woken.
switches() {
	tend_in awk '/ctxt_switches/ { n += $2 } END { print n }' \
		"/proc/$1/status"
}

sleeps() { # PID
	tend_in grep -q '^State:.S' "/proc/$1/status"
}

fd_count() { # PID
	tend_in sh -c 'set -- /proc/"$1"/fd/*; echo $#' sh "$1"
}

resident_kb() { # PID
	tend_in awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

# It still reads requests: one by echo and one by svctl.
still_serves() {
	local pid
	pid=$(pid_of web)
	echo "restart web" >"$CONTROL"
	wait_until 10 restarted_since web "$pid"
	svctl --timeout 10s restart web
}

@test "echo restart web > control works from sh" {
	web
	tend_start
	svctl wait web
	local pid
	pid=$(pid_of web)
	tend_in sh -c 'echo restart web >"$1"' sh "$CONTROL"
	wait_until 10 restarted_since web "$pid"
	tend_in sh -c 'echo stop web >"$1"' sh "$CONTROL"
	wait_until 10 is_state web down
	tend_in sh -c 'printf "start web\nstop web\nstart web\n" >"$1"' sh \
		"$CONTROL"
	wait_until 10 is_state web up
}

@test "H16: writers that come and go do not make the supervisor spin" {
	web
	tend_start
	svctl wait web
	local supervisor i before
	supervisor=$(supervisor_pid)
	for i in $(seq 50); do
		: >"$CONTROL"
		echo >"$CONTROL"
	done
	wait_until 10 sleeps "$supervisor"
	before=$(switches "$supervisor")
	# A second in which nothing may happen.
	sleep 1
	[ "$(switches "$supervisor")" -eq "$before" ]
	still_serves
}

@test "H17: without a supervisor svctl says so at once and leaves with 6" {
	web
	supervisor_start_standalone
	svctl wait web
	tend_in kill -KILL "$(supervisor_pid)"
	wait_until 10 _is_gone "$tend_supervisor"
	[ -p "$CONTROL" ]
	local verb begin
	begin=${EPOCHREALTIME/[.,]/}
	for verb in restart start stop reload; do
		run --separate-stderr svctl "$verb" web
		[ "$status" -eq 6 ]
		[[ "$stderr" == *"no supervisor answers"* ]]
	done
	run svctl apply
	[ "$status" -eq 6 ]
	run svctl wait web --for down
	[ "$status" -eq 6 ]
	[ $((${EPOCHREALTIME/[.,]/} - begin)) -lt 15000000 ]
	# Status is still known, and marked as old.
	run --separate-stderr svctl list
	[[ "$stderr" == *"supervisor is dead"* ]]
	# Nothing at all there.
	run svctl -r "$TEND_DIR/nowhere" restart web
	[ "$status" -eq 6 ]
	run svctl -r "$TEND_DIR/nowhere" status
	[ "$status" -eq 6 ]
}

@test "H17: svctl gives up in time when the supervisor is stopped" {
	web
	tend_start
	svctl wait web
	local supervisor
	supervisor=$(supervisor_pid)
	tend_in kill -STOP "$supervisor"
	run -7 svctl --timeout 300ms restart web
	run -7 svctl --timeout 300ms apply
	run -0 svctl status web
	tend_in kill -CONT "$supervisor"
	still_serves
}

@test "H18: garbage in the FIFO is dropped to the next newline" {
	web
	tend_start
	svctl wait web
	# Unknown words, a token cut short, control bytes, NUL, a long line.
	printf 'frobnicate web\nrestart\n@12 restart web\n@zz\n' >"$CONTROL"
	printf 'restart\001 web\n' >"$CONTROL"
	printf 'restart \000web\n' >"$CONTROL"
	printf '\377\376\375\n' >"$CONTROL"
	{
		printf 'restart '
		head -c 8000 /dev/zero | tr '\0' a
		printf ' web\n'
	} >"$CONTROL"
	{
		head -c 1048576 /dev/zero | tr '\0' x
		echo
	} >"$CONTROL"
	head -c 300000 /dev/urandom >"$CONTROL"
	echo >"$CONTROL"
	still_serves
	is_state web up
	[ "$(grep -c 'was dropped' "$TEND_CONSOLE")" -le 1 ]
	# None of it reaches a terminal through the log as it is.
	run ! env LC_ALL=C grep -qaP '[^\x20-\x7e]' "$TEND_CONSOLE"
	run -0 svctl list
	[ "${#lines[@]}" -eq 1 ]
}

@test "H18: only what was said is done: no part of a bad line counts" {
	web
	tend_start
	svctl wait web
	local pid
	pid=$(pid_of web)
	{
		head -c 4090 /dev/zero | tr '\0' ' '
		printf 'stop web\n'
	} >"$CONTROL"
	printf 'x\000stop web\n' >"$CONTROL"
	printf 'stop web \000\n' >"$CONTROL"
	printf 'stop web\001\n' >"$CONTROL"
	printf 'stop web;stop web\n' >"$CONTROL"
	printf '#stop web\n' >"$CONTROL"
	svctl start web
	is_state web up
	[ "$(pid_of web)" = "$pid" ]
}

@test "H18: CRLF, blanks, a byte at a time" {
	web
	tend_start
	svctl wait web
	local pid i line
	pid=$(pid_of web)
	printf 'restart web\r\n' >"$CONTROL"
	wait_until 10 restarted_since web "$pid"
	pid=$(pid_of web)
	printf ' \t restart \t  web \t\n' >"$CONTROL"
	wait_until 10 restarted_since web "$pid"
	pid=$(pid_of web)
	line="restart web"
	for ((i = 0; i < ${#line}; i++)); do
		printf '%s' "${line:i:1}" >"$CONTROL"
	done
	[ "$(pid_of web)" = "$pid" ]
	echo >"$CONTROL"
	wait_until 10 restarted_since web "$pid"
}

@test "H18: a writer that dies in the middle of a line harms nobody" {
	web
	tend_start
	svctl wait web
	printf 'restart we' >"$CONTROL"
	# svctl begins with a newline.
	svctl --timeout 5s stop web
	is_state web down
	svctl start web
	still_serves
}

@test "H18: two writers at once are never mixed" {
	web
	printf 'command = sleep 1000\n' | service other
	tend_start
	svctl wait web other
	local job supervisor
	supervisor=$(supervisor_pid)
	# All of it lies there then, and a read ends in the middle of a line.
	tend_in kill -STOP "$supervisor"
	tend_in sh -c 'for i in $(seq 400); do echo "cont web"; done >"$1"' sh \
		"$CONTROL" &
	job=$!
	tend_in sh -c 'for i in $(seq 400); do echo "cont other" >"$1"; done' \
		sh "$CONTROL"
	wait "$job"
	tend_in kill -CONT "$supervisor"
	still_serves
	run ! console_has "unknown"
	run ! console_has "no service"
}

@test "H19: a flood of requests is bounded and keeps services running" {
	web
	printf 'command = sleep 1000\nrestart-delay = 0\n' | service other
	tend_start
	svctl wait web other
	local supervisor memory jobs=() i pid
	supervisor=$(supervisor_pid)
	memory=$(resident_kb "$supervisor")
	for i in 1 2 3; do
		tend_in sh -c 'yes "cont web" | head -c 3000000 >"$1"' sh \
			"$CONTROL" &
		jobs+=($!)
	done
	tend_in sh -c 'yes "$(head -c 300 /dev/zero | tr "\0" q)" |
		head -c 3000000 >"$1"' sh "$CONTROL" &
	jobs+=($!)
	# Meanwhile a crash is mended and svctl is answered.
	for i in 1 2 3; do
		pid=$(pid_of other)
		tend_in kill -KILL "$pid"
		wait_until 15 has_new_pid other "$pid"
		svctl --timeout 15s restart web
	done
	wait "${jobs[@]}"
	# head cut the last lines.
	echo >"$CONTROL"
	still_serves
	# Nor does it fill the log.
	[ "$(grep -c "unknown verb\|no service" "$TEND_CONSOLE")" -le 100 ]
	[ "$(resident_kb "$supervisor")" -le $((memory + 256)) ]
}

@test "H19: a full FIFO: svctl waits and is served" {
	web
	tend_start
	svctl wait web
	local supervisor pid job
	supervisor=$(supervisor_pid)
	pid=$(pid_of web)
	tend_in kill -STOP "$supervisor"
	# 64 KiB, then would block.
	dd if=/dev/zero of="$CONTROL" bs=4096 count=64 oflag=nonblock \
		status=none 2>/dev/null || true
	run -7 svctl --timeout 300ms restart web
	svctl --timeout 15s restart web &
	job=$!
	tend_in kill -CONT "$supervisor"
	wait "$job"
	[ "$(pid_of web)" != "$pid" ]
	still_serves
}

@test "H19: a FIFO that was deleted is made anew" {
	web
	tend_start
	svctl wait web
	rm "$CONTROL"
	svctl --timeout 10s restart web
	[ -p "$CONTROL" ]
	[ "$(stat -c %a "$CONTROL")" = 600 ]
	still_serves
}

@test "H19: a file or link in the FIFO's place is never written to" {
	web
	tend_start
	svctl wait web
	echo precious >"$TEND_DIR/victim"
	rm "$CONTROL"
	echo mine >"$CONTROL"
	run -6 --separate-stderr svctl restart web
	[[ "$stderr" == *FIFO* ]]
	[ "$(cat "$CONTROL")" = mine ]
	ln -sf "$TEND_DIR/victim" "$CONTROL"
	run -6 svctl restart web
	[ "$(cat "$TEND_DIR/victim")" = precious ]
	# USR1 has the supervisor look at its FIFO again.
	tend_in kill -USR1 "$(supervisor_pid)"
	_is_fifo() { [ -p "$CONTROL" ] && [ ! -L "$CONTROL" ]; }
	wait_until 10 _is_fifo
	[ "$(cat "$TEND_DIR/victim")" = precious ]
	still_serves
}

@test "H19: a file in the FIFO's place at the start is put away" {
	web
	echo "stop web" >"$CONTROL"
	tend_start
	svctl --timeout 10s wait web
	[ -p "$CONTROL" ]
	[ "$(stat -c %a "$CONTROL")" = 600 ]
	console_has "$CONTROL is not a FIFO of ours"
	still_serves
}

@test "H38: what lies in the run-time directory is not followed" {
	web
	echo precious >"$TEND_DIR/victim"
	local name
	for name in control status state loaded supervisor.pid exec; do
		ln -s "$TEND_DIR/victim" "$TEND_RUNTIME/$name"
	done
	tend_start
	svctl --timeout 10s wait web
	[ "$(cat "$TEND_DIR/victim")" = precious ]
	[ "$(stat -c %a "$TEND_DIR/victim")" = 644 ]
	still_serves
	tend_stop
	[ "$(cat "$TEND_DIR/victim")" = precious ]
}

@test "H20: 300 clients killed in the middle leave nothing behind" {
	web
	service slow <<-END
		command = sh -c 'trap "" TERM; while :; do sleep 1000; done'
		stop-timeout = 1h
	END
	tend_start
	svctl wait web slow
	local supervisor fds memory
	supervisor=$(supervisor_pid)
	fds=$(fd_count "$supervisor")
	memory=$(resident_kb "$supervisor")
	tend_in sh -c '
		for i in $(seq 100); do
			"$1" restart web & a=$!
			"$1" wait slow --for down & b=$!
			"$1" reload web & c=$!
			kill -KILL $a $b $c 2>/dev/null
			wait $a $b $c
		done
		true' sh "$TEND_BUILD/svctl" 2>/dev/null
	still_serves
	[ "$(fd_count "$supervisor")" -eq "$fds" ]
	[ "$(resident_kb "$supervisor")" -le $((memory + 128)) ]
	[ "$(supervisor_pid)" = "$supervisor" ]
	run ! tend_in pgrep -x svctl
}

@test "H20: a reader of svctl's output that goes away is no error" {
	web
	tend_start
	tend_in sh -c '"$1" help | head -n 1; "$1" list | true' sh \
		"$TEND_BUILD/svctl"
	still_serves
}

@test "H21: no wake-up is lost in 200 fast flips" {
	web
	tend_start
	svctl wait web
	# A lost one costs a waiter half a second; many show.
	local begin=${EPOCHREALTIME/[.,]/}
	tend_in sh -ec '
		for i in $(seq 100); do
			"$1" --timeout 10s stop web
			"$1" --timeout 10s start web
		done' sh "$TEND_BUILD/svctl"
	[ $((${EPOCHREALTIME/[.,]/} - begin)) -lt 30000000 ]
	is_state web up
}

@test "H21: all waiters of a service see what they wait for" {
	printf 'command = sleep 1000\nautostart = no\n' | service late
	tend_start
	local i jobs=()
	for i in $(seq 20); do
		svctl --timeout 15s wait late &
		jobs+=($!)
		svctl --timeout 15s wait late --for restarted &
		jobs+=($!)
	done
	_all_wait() { [ "$(tend_in pgrep -c -x svctl)" -eq 40 ]; }
	wait_until 15 _all_wait
	svctl start late
	svctl restart late
	for i in "${jobs[@]}"; do
		wait "$i"
	done
}

@test "H37: bad names over the FIFO and to svctl are refused" {
	web
	# What a path would find.
	printf 'command = touch %s/ran\n' "$TEND_DIR" >"$TEND_CONFIG/web"
	cp "$TEND_CONFIG/web" "$TEND_CONFIG/services/.hidden"
	mkdir "$TEND_CONFIG/services/a"
	cp "$TEND_CONFIG/web" "$TEND_CONFIG/services/a/b"
	tend_start
	svctl wait web
	local name pid
	pid=$(pid_of web)
	for name in .. . ../web a/b /etc/passwd .hidden -x @ web.d x.wants \
		'%n' "$(printf 'x%.0s' {1..128})" 'wéb' 'a;b' '$(reboot)'; do
		echo "start $name" >"$CONTROL"
		run svctl start -- "$name"
		[ "$status" -eq 4 ]
		run svctl status -- "$name"
		[ "$status" -eq 4 ]
	done
	run svctl start ''
	[ "$status" -eq 4 ]
	run svctl restart "$(printf 'web\nstop web')"
	[ "$status" -eq 4 ]
	run -4 --separate-stderr svctl status wbe
	[[ "$stderr" == *"did you mean 'web'"* ]]
	still_serves
	run -0 svctl list
	[ "${#lines[@]}" -eq 1 ]
	[ ! -e "$TEND_DIR/ran" ]
	[ "$(grep -c 'not a service name' "$TEND_CONSOLE")" -ge 5 ]
}

@test "svctl's exit codes: 0, 1, 2, 3, 4" {
	web
	printf 'command = /no/program\nautostart = no\n' |
		service broken
	printf '%s\n' 'command = sleep 1000' 'autostart = no' \
		'reload-signal = HUP' | service idle
	printf 'type = oneshot\ncommand = true\n' | service once
	tend_start
	svctl wait web once
	run -0 svctl status web
	run -0 svctl is-active web once
	run -0 svctl start web
	run -0 svctl stop idle
	run -0 svctl signal HUP web
	run -1 svctl start broken
	[[ "$output" == *"No such file or directory"* ]]
	run -1 svctl is-failed idle
	run -0 svctl is-failed broken
	run -2 svctl
	run -2 svctl frobnicate
	run -2 svctl start
	run -2 svctl --no-such status
	run -2 svctl --timeout never status
	run -2 svctl signal NOSUCH web
	run -2 svctl apply web
	run -3 svctl status idle
	run -3 svctl is-active web idle
	run -3 svctl reload idle
	run -4 svctl status nobody
	run -4 svctl start web nobody
	is_state web up
	run -4 svctl wait nobody
	run -1 svctl reload once
	[[ "$output" == *reload-signal* ]]
}

@test "svctl's exit codes: 5, 7, 78" {
	printf 'command = sleep 1000\nfrobnicate = 1\n' | service bad
	service slow <<-END
		command = sh -c 'trap "" TERM; echo >$TEND_DIR/set; while :; do sleep 1000; done'
		stop-timeout = 1h
	END
	tend_start
	wait_until 10 test -e "$TEND_DIR/set"
	run -78 svctl start bad
	[[ "$output" == *frobnicate* ]]
	run -78 svctl wait bad
	run -78 svctl check
	run -78 svctl plan
	run -78 svctl apply
	run -7 svctl --timeout 200ms stop slow
	run -7 svctl --timeout 200ms wait slow --for down
	is_state slow stopping
	[ "$(id -u)" -eq 0 ] || skip "5 needs another user"
	chmod 755 "$BATS_TEST_TMPDIR" "$TEND_DIR" "$BATS_RUN_TMPDIR"/test \
		"$BATS_RUN_TMPDIR" || true
	run -5 tend_in setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$TEND_BUILD/svctl" stop slow
	run -3 tend_in setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$TEND_BUILD/svctl" status slow
}

@test "reload and signal reach the main process alone" {
	service web <<-END
		command = sh -c 'trap "echo hup >>$TEND_DIR/got" HUP; trap "echo usr1 >>$TEND_DIR/got" USR1; echo >>$TEND_DIR/set; while :; do sleep 0.05; done'
		reload-signal = HUP
	END
	tend_start
	wait_until 10 test -e "$TEND_DIR/set"
	local pid
	pid=$(pid_of web)
	svctl reload web
	wait_until 10 has_lines "$TEND_DIR/got" 1
	svctl signal USR1 web
	wait_until 10 has_lines "$TEND_DIR/got" 2
	svctl kill -s HUP web
	wait_until 10 has_lines "$TEND_DIR/got" 3
	[ "$(tr '\n' ' ' <"$TEND_DIR/got")" = "hup usr1 hup " ]
	[ "$(pid_of web)" = "$pid" ]
	is_state web up
}

@test "several names: all are done, the first error is returned" {
	web
	printf 'command = sleep 1000\n' | service other
	tend_start
	svctl wait web other
	run -4 svctl stop nobody web other
	is_state web down
	is_state other down
	run -0 svctl start web other
	is_state web up
	is_state other up
}

@test "status --json is JSON with what the design names" {
	command -v jq >/dev/null || skip "needs jq"
	web
	printf 'type = oneshot\ncommand = sh -c "exit 3"\n' | service broken
	printf 'command = \n' | service 'in:valid@x+y'
	tend_start
	svctl wait web
	wait_until 10 is_state broken failed
	svctl --json status >"$TEND_DIR/json"
	jq -e 'length == 3 and (map(has("name") and has("state") and
		has("wanted") and has("enabled") and has("type") and
		has("ready") and has("pid") and has("restarts") and
		has("since") and has("uptime_ms") and has("exit_code") and
		has("exit_signal") and has("reason") and has("status_text") and
		has("description") and has("source")) | all)' "$TEND_DIR/json"
	jq -e '.[] | select(.name == "broken") | .exit_code == 3 and
		.exit_signal == null and .state == "failed" and .pid == null' \
		"$TEND_DIR/json"
	jq -e '.[] | select(.name == "web") | .ready and .pid > 1 and
		.exit_code == null' "$TEND_DIR/json"
	jq -e '.[] | select(.name == "in:valid@x+y") | .state == "invalid"' \
		"$TEND_DIR/json"
}

@test "H36: --help and unknown options end no system and start nothing" {
	web
	tend_start
	svctl wait web
	local pid verb name
	pid=$(pid_of web)
	for verb in poweroff reboot halt; do
		run -0 svctl "$verb" --help
		run -0 svctl help "$verb"
		run -2 svctl "$verb" now
		run -2 svctl "$verb" --no-such
	done
	for name in poweroff reboot halt shutdown; do
		ln -s "$TEND_BUILD/svctl" "$TEND_DIR/$name"
		run tend_in "$TEND_DIR/$name" --help
		[ -n "$output" ]
		run -2 tend_in "$TEND_DIR/$name" --no-such-option
	done
	for verb in --help -h --version; do
		run -0 tend_in "$TEND_BUILD/supervisor" "$verb"
		run -0 svctl "$verb"
	done
	for verb in --no-such -x word --init-fd --init-fd=3; do
		run -2 tend_in "$TEND_BUILD/supervisor" "$verb"
		[[ "$output" == *"$verb"* ]]
	done
	is_state web up
	[ "$(pid_of web)" = "$pid" ]
}
