#!/usr/bin/env bats
# H50: what only shows when two things go wrong at once.
# Inner shells expand what is in single quotes.
# Each test has its own variables.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	export TEND_SUPERVISOR=$TEND_BUILD/supervisor
}

teardown() { tend_teardown; }

_has_other_supervisor() { # PID
	local now
	now=$(supervisor_pid) && [ "$now" != "$1" ] && _serves
}

@test "a start that hangs keeps no event alive that another has closed" {
	local name before after
	mkfifo "$TEND_DIR/fifo"
	: >"$TEND_DIR/empty"
	for name in a b c; do
		printf 'command = sleep 1000\nenvironment-file = %s/empty\nautostart = no\n' \
			"$TEND_DIR" | service "$name"
	done
	printf 'command = sleep 1000\nenvironment-file = %s/fifo\nstart-timeout = 60\nautostart = no\n' \
		"$TEND_DIR" | service hangs
	printf 'type = target\nwants = a b hangs c\nautostart = no\n' |
		service all
	tend_start
	svctl --no-wait start all
	svctl --timeout 10s wait a b c
	is_state hangs starting
	before=$(cpu_ticks "$(supervisor_pid)")
	# Time in which nothing happens is what is measured.
	run -7 svctl --timeout 1s wait hangs
	after=$(cpu_ticks "$(supervisor_pid)")
	echo "$before $after"
	[ $((after - before)) -lt 20 ]
}

# Puts a program that dies where it says that it serves in the place of the
# supervisor: all else it does as the real one.
@test "H50: upgrade to a program that dies just before it serves is answered" {
	local name
	mkdir "$TEND_DIR/bin"
	cp "$TEND_BUILD"/{init,supervisor} "$TEND_DIR/bin"
	export TEND_SUPERVISOR=$TEND_DIR/bin/supervisor
	printf 'command = sh -c "echo >>%s/starts; exec sleep 1000"\n' \
		"$TEND_DIR" | service web
	tend_start
	svctl --timeout 10s wait web
	cat >"$TEND_DIR/new" <<-END
		#!/bin/sh
		exec strace -D -qq -o /dev/null -e trace=epoll_ctl \
			-e inject=epoll_ctl:signal=KILL:when=3 \
			$TEND_DIR/bin/real "\$@"
	END
	cp "$TEND_BUILD/supervisor" "$TEND_DIR/bin/real"
	chmod 755 "$TEND_DIR/new"
	mv "$TEND_DIR/new" "$TEND_SUPERVISOR"
	tend_in strace -qq -o /dev/null true 2>/dev/null ||
		skip "strace may not trace"
	run -1 --separate-stderr svctl --timeout 40s upgrade
	[[ "$stderr" == *"did not serve; the one before does again"* ]]
	[ "$(line_count "$TEND_DIR/starts")" -eq 1 ]
	[ "$(grep -c "killed by SIGKILL" "$TEND_CONSOLE")" -eq 1 ]
}

# What a supervisor after a crash loads is sorted by name; what came later had
# a later place on the page until then.
@test "a page that is read while the next supervisor begins shows no other's" {
	local name old web looks
	mkdir "$TEND_DIR/bin"
	cat >"$TEND_DIR/bin/supervisor" <<-END
		#!/bin/sh
		[ -e $TEND_DIR/slowly ] || exec $TEND_BUILD/supervisor "\$@"
		exec strace -D -qq -o /dev/null -e trace=unlinkat \
			-e inject=unlinkat:delay_exit=500000 \
			$TEND_BUILD/supervisor "\$@"
	END
	chmod 755 "$TEND_DIR/bin/supervisor"
	export TEND_SUPERVISOR=$TEND_DIR/bin/supervisor
	printf 'command = sleep 1001\n' | service web
	tend_start
	tend_in strace -qq -o /dev/null true 2>/dev/null ||
		skip "strace may not trace"
	svctl --timeout 10s wait web
	for name in a z; do
		printf 'command = sleep 1001\nautostart = no\n' |
			service "$name"
	done
	svctl --timeout 10s apply
	web=$(pid_of web)
	old=$(supervisor_pid)
	touch "$TEND_DIR/slowly"
	: >"$TEND_DIR/seen"
	tend_in kill -KILL "$old"
	while [ ! -e "$TEND_DIR/over" ]; do
		svctl list >>"$TEND_DIR/seen" 2>/dev/null
	done &
	looks=$!
	_answers() { svctl --timeout 10s reset-failed z 2>/dev/null; }
	wait_until 30 _answers
	touch "$TEND_DIR/over"
	wait "$looks"
	[ "$(supervisor_pid)" != "$old" ]
	sort "$TEND_DIR/seen" | uniq -c
	[ "$(tr -s " \t" " " <"$TEND_DIR/seen" | sort -u)" = "a down -
web up $web
z down -" ]
}

# Kills the supervisor; init starts another, or we do.
next_supervisor() {
	local old
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	if [ -n "${tend_supervisor:-}" ]; then
		wait_until 10 _is_gone "$tend_supervisor"
		supervisor_start_standalone
	fi
	wait_until 10 _has_other_supervisor "$old"
}

# A main whose first thread has ended is adopted, signalled and waited for.
_adopts_headless() {
	local pid
	svctl --timeout 10s wait web
	pid=$(pid_of web)
	_is_headless() { [[ "$(tend_in cat "/proc/$pid/stat")" == *") Z "* ]]; }
	wait_until 10 _is_headless
	next_supervisor
	svctl --timeout 10s wait web
	[ "$(pid_of web)" = "$pid" ]
	[ "$(tend_in pgrep -c -x headless)" -eq 1 ]
	[ "$(field_of web restarts)" = 0 ]
	svctl --timeout 10s stop web
	is_state web down
	run ! tend_in pgrep -x headless
}

@test "H50: a service whose first thread has ended is adopted under init" {
	printf 'command = %s/headless\n' "$TEND_HELPERS" | service web
	tend_start
	_adopts_headless
}

@test "H50: a service whose first thread has ended is adopted without init" {
	printf 'command = %s/headless\n' "$TEND_HELPERS" | service web
	supervisor_start_standalone
	_adopts_headless
}

# Services that are looked at now and then, for want of descriptors.
looked_at() {
	local i
	for i in $(seq 40); do
		printf 'command = sleep 1001\nstop-timeout = 5\n' |
			service "s$i"
	done
	supervisor_start_standalone
	svctl wait s1 s40
	_all_up() { [ "$(svctl list | grep -c ' up ')" -eq 40 ]; }
	ulimit -Sn 48
	next_supervisor
	ulimit -Sn "$(ulimit -Hn)"
	wait_until 10 _all_up
}

@test "H50: while /proc cannot be read nothing is taken for dead" {
	local pids pid outer tracer
	looked_at
	pids=$(svctl list | grep ' up ')
	outer=$(pgrep -n -x supervisor -P "$tend_supervisor")
	strace -qq -o /dev/null -e trace=open,openat \
		-e inject=open,openat:error=ENFILE -p "$outer" \
		2>"$TEND_DIR/strace" 3>&- &
	tracer=$!
	_is_traced() { ! grep -q '^TracerPid:.0$' "/proc/$outer/status"; }
	wait_until 10 _is_traced || skip "strace may not attach"
	# Its end is seen by a look, at which the others are not dead.
	pid=$(pid_of s40)
	tend_in kill -KILL "$pid"
	wait_until 10 has_new_pid s40 "$pid"
	kill "$tracer"
	svctl list | grep ' up ' >"$TEND_DIR/now"
	[ "$(grep -v 's40 ' "$TEND_DIR/now")" = "$(grep -v 's40 ' <<<"$pids")" ]
	[ "$(tend_in pgrep -c -fx 'sleep 1001')" -eq 40 ]
}

# A supervisor that is killed where it would rename a file the COUNTth time.
_dies_at_rename() { # COUNT
	local calls=rename,renameat,renameat2
	tend_in strace -qq -o /dev/null -e trace=$calls \
		-e inject=$calls:signal=KILL:when="$1" \
		"$TEND_BUILD/supervisor" -f -c "$TEND_CONFIG" \
		-r "$TEND_RUNTIME" >>"$TEND_CONSOLE" 2>&1 </dev/null
}

_kill_standalone() {
	tend_in kill -KILL "$(supervisor_pid)"
	wait_until 10 _is_gone "$tend_supervisor"
}

@test "H50: killed while it looks for what runs, the next one looks again" {
	local pid
	printf 'command = sh -c "echo >>%s/starts; exec sleep 1001"\n' \
		"$TEND_DIR" | service web
	printf 'command = sleep 1002\n' | service off
	supervisor_start_standalone
	svctl --timeout 10s wait web off
	svctl --timeout 10s stop off
	pid=$(pid_of web)
	_kill_standalone
	rm "$TEND_RUNTIME/state"
	# The second one is that of the journal.
	run _dies_at_rename 2
	[ "$status" -eq 137 ] || skip "strace may not trace"
	[ ! -e "$TEND_RUNTIME/state" ]
	supervisor_start_standalone
	is_state web failed
	[[ "$(field_of web reason)" == *"still be running as $pid"* ]]
	[ "$(line_count "$TEND_DIR/starts")" -eq 1 ]
	is_state off down
	# Once it has ended, that is seen.
	tend_in kill -KILL "$pid"
	_is_dead() { ! tend_in kill -0 "$1"; }
	wait_until 10 _is_dead "$pid"
	svctl --timeout 10s start web
	wait_until 10 has_lines "$TEND_DIR/starts" 2
}

@test "H50: what was stopped by hand is not started after two crashes" {
	printf 'command = sleep 1001\n' | service web
	printf 'command = sleep 1002\n' | service off
	supervisor_start_standalone
	svctl --timeout 10s wait web off
	svctl --timeout 10s stop off
	_kill_standalone
	rm "$TEND_RUNTIME/state"
	tend_in strace -qq -o /dev/null -e trace=epoll_ctl \
		-e inject=epoll_ctl:signal=KILL:when=3 \
		"$TEND_BUILD/supervisor" -f -c "$TEND_CONFIG" \
		-r "$TEND_RUNTIME" >>"$TEND_CONSOLE" 2>&1 </dev/null || true
	[ -e "$TEND_RUNTIME/state" ] || skip "strace may not trace"
	supervisor_start_standalone
	is_state web failed
	is_state off down
}

@test "H50: killed twice in an apply, it is still finished" {
	local name outer count
	for name in web old; do
		printf 'command = sh -c "echo >>%s/starts-%s; exec sleep 1001"\n' \
			"$TEND_DIR" "$name" | service "$name"
	done
	supervisor_start_standalone
	svctl --timeout 10s wait web old
	read -r outer _ <<<"$(_children_of "$tend_supervisor")"
	# The second one is when all has been decided.
	strace -qq -o /dev/null -e trace=unlinkat \
		-e inject=unlinkat:signal=KILL:when=2 -p "$outer" \
		2>"$TEND_DIR/strace" 3>&- &
	_is_traced() { ! grep -q '^TracerPid:.0$' "/proc/$outer/status"; }
	wait_until 10 _is_traced || skip "strace may not attach"
	rm "$TEND_CONFIG/services/old"
	printf 'command = sh -c "echo >>%s/starts-new; exec sleep 1001"\n' \
		"$TEND_DIR" | service new
	echo apply >"$TEND_RUNTIME/control"
	wait_until 10 _is_gone "$tend_supervisor"
	[ -e "$TEND_RUNTIME/loaded.old" ]
	for count in 2 1 2; do
		run _dies_at_rename "$count"
		[ "$status" -eq 137 ]
	done
	supervisor_start_standalone
	svctl --timeout 10s wait new web
	_is_over() { [ -z "$(state_of old)" ]; }
	wait_until 10 _is_over
	[ ! -e "$TEND_RUNTIME/loaded.old" ]
	[ "$(line_count "$TEND_DIR/starts-new")" -eq 1 ]
	[ "$(line_count "$TEND_DIR/starts-web")" -eq 1 ]
	[ "$(tend_in pgrep -c -fx 'sleep 1001')" -eq 2 ]
}

@test "H50: word of a death that was another's is none of an adopted service" {
	local name pid
	for name in web other; do
		printf 'command = sh -c "echo >>%s/starts-%s; exec sleep 1001"\n' \
			"$TEND_DIR" "$name" | service "$name"
	done
	tend_start
	svctl --timeout 10s wait web other
	next_supervisor
	pid=$(pid_of web)
	# A pid that came round: of an orphan that init reaped before.
	tend_in "$TEND_TOP/tests/helpers/tell-init.py" 1 death "$pid"
	# Messages are read in order: with this one that was read as well.
	tend_in kill -KILL "$(pid_of other)"
	wait_until 10 has_lines "$TEND_DIR/starts-other" 2
	[ "$(pid_of web)" = "$pid" ]
	[ "$(line_count "$TEND_DIR/starts-web")" -eq 1 ]
	# Its own is.
	tend_in kill -KILL "$pid"
	wait_until 10 has_lines "$TEND_DIR/starts-web" 2
	[ "$(field_of web exit_signal)" = KILL ]
}
