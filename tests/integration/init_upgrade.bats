#!/usr/bin/env bats
# What init does for upgrades: the program that served last, and its own.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# tend_init and tend_outer are set by namespace_start.
# shellcheck disable=SC2016,SC2317,SC2154,SC2030,SC2031

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	WORK=$BATS_TEST_TMPDIR
	mkdir "$WORK/bin"
	cp "$TEND_BUILD/init" "$TEND_BUILD/supervisor" "$WORK/bin"
	service web <<<"command = sleep 1000"
}

teardown() {
	tend_teardown
}

start() {
	namespace_start "$WORK/bin/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl wait web
	web=$(pid_of web)
	supervisor=$(supervisor_pid)
}

tell() { # TYPE [A]
	tend_in "$TEND_TOP/tests/helpers/tell-init.py" "$supervisor" "$@"
}

# Another file takes the name, as packages do it.
replace() { # PROGRAM FILE
	cp "$2" "$WORK/bin/new"
	mv "$WORK/bin/new" "$WORK/bin/$1"
}

compile() { # NAME BODY
	printf '#include <stdio.h>\n#include <unistd.h>\n' >"$WORK/$1.c"
	echo "int main(void) { $2 }" >>"$WORK/$1.c"
	gcc -o "$WORK/$1" "$WORK/$1.c"
}

_has_next_supervisor() {
	local now
	now=$(supervisor_pid) && [ "$now" != "$supervisor" ] && _serves
}

nothing_has_changed() {
	[ "$(pid_of web)" = "$web" ]
	[ "$(supervisor_pid)" = "$supervisor" ]
	only_one supervisor
}

# Init is another image: of it the word of the one before.
is_next_image() {
	tr '\0' ' ' <"/proc/$tend_init/cmdline" | grep -q -- --resume=
}

asks_nobody() {
	[ "$(_children_of "$tend_init" | wc -w)" -eq 1 ]
}

@test "a supervisor that cannot be started gives way to the one that served" {
	start
	replace supervisor /bin/false
	tend_in kill -KILL "$supervisor"
	wait_until 20 _has_next_supervisor
	[ "$(pid_of web)" = "$web" ]
	console_has 'supervisor: exited 1'
	console_has 'supervisor: starting the program that served last'
	# A good one at the path is used once more.
	supervisor=$(supervisor_pid)
	replace supervisor "$TEND_BUILD/supervisor"
	tend_in kill -KILL "$supervisor"
	wait_until 20 _has_next_supervisor
	[ "$(pid_of web)" = "$web" ]
	[ "$(grep -c 'the program that served last' "$TEND_CONSOLE")" -eq 1 ]
}

@test "such deaths count, and a container with nothing else ends with 111" {
	TEND_SUPERVISOR=/bin/false run -111 timeout -k 1 20 \
		"${tend_unshare[@]}" "$WORK/bin/init"
	[ "$(grep -c 'exited 1' <<<"$output")" -eq 5 ]
}

@test "an upgrade that does not serve in time is killed, the old one started" {
	start
	replace supervisor /bin/false
	tell upgrade 300
	wait_until 20 console_has 'does not serve in time; killing it'
	wait_until 20 _has_next_supervisor
	console_has 'starting the program that served last'
	run ! console_has 'supervisor: exited 1'
	[ "$(pid_of web)" = "$web" ]
	only_one supervisor
}

@test "an upgrade that dies before it serves is no use: the old one starts" {
	start
	replace supervisor /bin/false
	tell upgrade 60000
	tend_in kill -KILL "$supervisor"
	wait_until 20 _has_next_supervisor
	run ! console_has 'supervisor: exited 1'
	[ "$(pid_of web)" = "$web" ]
}

# init sleeps in poll(2), whose third argument is the time.
poll_time() {
	local number time
	read -r number _ _ time _ <"/proc/$tend_init/syscall" || return
	[ "$number" != running ] && echo "$time"
}

has_deadline() {
	local time
	time=$(poll_time) && [[ -n "$time" && "$time" != 0xfff* ]]
}

has_no_deadline() {
	local time
	time=$(poll_time) && [[ "$time" == 0xfff* ]]
}

@test "an upgrade that serves in time goes on" {
	start
	cat "/proc/$tend_init/syscall" >/dev/null 2>&1 ||
		skip "what init waits for cannot be seen here"
	tell upgrade 60000
	wait_until 20 has_deadline
	tell serving
	wait_until 20 has_no_deadline
	# In the next image too.
	tell upgrade-init
	wait_until 20 is_next_image
	wait_until 20 has_no_deadline
	nothing_has_changed
	run ! console_has 'in time'
}

@test "init executes another program in place, nothing else changes" {
	local before
	start
	before=$(readlink "/proc/$tend_init/exe")
	replace init "$TEND_BUILD/init"
	tell upgrade-init
	wait_until 20 is_next_image
	wait_until 20 console_has 'executed anew'
	wait_until 20 asks_nobody
	[ "$(readlink "/proc/$tend_init/exe")" = "$before" ]
	nothing_has_changed
	[ "$(cat "/proc/$tend_init/comm")" = init ]
	# It is no fault, however often.
	for _ in 1 2 3 4; do
		tell upgrade-init
	done
	wait_until 20 asks_nobody
	nothing_has_changed
	# What the next image was told is whole.
	replace supervisor /bin/false
	tend_in kill -KILL "$supervisor"
	wait_until 20 _has_next_supervisor
	[ "$(pid_of web)" = "$web" ]
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "a program that is missing or no init is refused" {
	local file inode
	start
	cp "$TEND_BUILD/init" "$WORK/kept"
	inode=$(stat -Lc %i "/proc/$tend_init/exe")
	compile lies 'puts("tini version 1_tend"); return 1;'
	compile other 'puts("sysvinit"); return 0;'
	# The one whose answer has the same form.
	compile tini 'puts("tini version 0.19.0"); return 0;'
	for file in /bin/false /bin/true "$WORK/lies" "$WORK/other" \
		"$WORK/tini" \
		"$TEND_CONFIG/services/web"; do
		: >"$TEND_CONSOLE"
		replace init "$file"
		tell upgrade-init
		wait_until 20 console_has 'does not say that it is init'
	done
	rm "$WORK/bin/init"
	tell upgrade-init
	wait_until 20 console_has 'No such file or directory; going on as it is'
	wait_until 20 asks_nobody
	[ "$(stat -Lc %i "/proc/$tend_init/exe")" = "$inode" ]
	run ! is_next_image
	nothing_has_changed
	# It can still be done right.
	replace init "$WORK/kept"
	tell upgrade-init
	wait_until 20 is_next_image
	nothing_has_changed
}

@test "a program that does not answer is killed after a time" {
	start
	compile hang 'for (;;) pause();'
	replace init "$WORK/hang"
	tell upgrade-init
	# Meanwhile init does its work.
	tend_in kill -KILL "$supervisor"
	wait_until 4 _has_next_supervisor
	wait_until 20 console_has 'the new program does not answer'
	wait_until 20 asks_nobody_else
	[ "$(pid_of web)" = "$web" ]
}

# The supervisor and web, which is a child of init by now.
asks_nobody_else() {
	[ "$(_children_of "$tend_init" | wc -w)" -eq 2 ]
}

@test "a death during an upgrade of init is not lost" {
	local n old
	start
	# Services become init's children, and their deaths its to tell.
	tend_in kill -KILL "$supervisor"
	wait_until 20 _has_next_supervisor
	for n in 1 2 3 4 5 6; do
		supervisor=$(supervisor_pid)
		old=$(pid_of web)
		tell upgrade-init
		tend_in kill -KILL "$old"
		wait_until 20 has_new_pid web "$old"
		# As init's child again.
		if [ "$n" -eq 3 ]; then
			tend_in kill -KILL "$supervisor"
			wait_until 20 _has_next_supervisor
		fi
	done
	[ "$(field_of web restarts)" = 6 ]
}
