#!/usr/bin/env bats
# H50: another program takes the supervisor's place; services go on.
# Inner shells expand what is in single quotes.
# Each test has its own variables.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

# The same supervisor, but its journal is laid out as none of ours is.
setup_file() {
	LATER=$BATS_FILE_TMPDIR/later
	export LATER
	mkdir "$LATER"
	cp -R "$TEND_TOP/Makefile" "$TEND_TOP/lib" "$TEND_TOP/supervisor" \
		"$LATER"
	echo 99.0.0 >"$LATER/VERSION"
	sed -i -e 's/^\(\tuint32_t turn;\)/\tuint64_t mood[3];\n\1/' \
		-e 's/^\(\tint32_t pid; .*CLONE_PARENT\)/\tuint64_t colour;\n\1/' \
		-e 's/^\(\tuint64_t upgrade;.*\)/\1\n\tuint64_t later[5];/' \
		"$LATER/supervisor/journal.h"
	[ "$(grep -c 'mood\[3\|colour;\|later\[5' "$LATER/supervisor/journal.h")" -eq 3 ]
	make -s -j2 -C "$LATER" BUILD=build build/supervisor \
		>"$LATER/log" 2>&1 || {
		cat "$LATER/log"
		return 1
	}
}

setup() {
	tend_setup
	# A program of its own, which can be replaced.
	mkdir "$TEND_DIR/bin"
	cp "$TEND_BUILD"/{init,supervisor} "$TEND_DIR/bin"
	export TEND_SUPERVISOR=$TEND_DIR/bin/supervisor
	local name
	for name in web above; do
		printf 'command = sh -c "echo >>%s/starts-%s; exec sleep 1000"\n' \
			"$TEND_DIR" "$name" | service "$name"
	done
	echo 'requires = web' >>"$TEND_CONFIG/services/above"
	printf 'type = oneshot\ncommand = sh -c "echo >>%s/starts-once"\n' \
		"$TEND_DIR" | service once
}

teardown() { tend_teardown; }

# The supervisor alone, as a daemon of the namespace.
start_daemon() {
	namespace_start sh -c 'while :; do sleep 1000 & wait $!; done'
	wait_until "$TEND_PATIENCE" tend_in test -d /proc/self
	tend_in "$TEND_SUPERVISOR" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
}

# Puts CMD's output, or a copy of the program, where the supervisor was.
replace() { # FILE | -: standard input
	cat "$1" >"$TEND_SUPERVISOR.new"
	chmod 755 "$TEND_SUPERVISOR.new"
	mv "$TEND_SUPERVISOR.new" "$TEND_SUPERVISOR"
}

_is_only() { # STARTS of each
	local name
	for name in web above once; do
		[ "$(line_count "$TEND_DIR/starts-$name")" -eq "$1" ]
	done
}

exe_of() { # PID
	tend_in stat -L -c %i "/proc/$1/exe"
}

# Another program serves, as the same process, and nothing has noticed.
upgrades_well() {
	local pid list
	svctl --timeout 10s wait web above once
	pid=$(supervisor_pid)
	list=$(svctl list)
	replace "$TEND_BUILD/supervisor"
	svctl --timeout 20s upgrade
	[ "$(supervisor_pid)" = "$pid" ]
	[ "$(exe_of "$pid")" = "$(stat -c %i "$TEND_SUPERVISOR")" ]
	[ "$(svctl list)" = "$list" ]
	_is_only 1
	# They are its children still.
	tend_in pgrep -P "$pid" -fx 'sleep 1000' >/dev/null
	local web
	web=$(pid_of web)
	tend_in kill -KILL "$web"
	wait_until 10 has_new_pid web "$web"
	[ "$(field_of web exit_signal)" = KILL ]
	svctl --timeout 10s restart above
	svctl --timeout 10s stop web
	is_state above down
	# And once more, with what that one wrote.
	svctl --timeout 20s upgrade
	[ "$(supervisor_pid)" = "$pid" ]
	is_state above down
	is_state once "done"
	svctl --timeout 10s start above
	run ! console_has BUG
}

@test "H50: upgrade under init: the same process, the same services" {
	tend_start
	upgrades_well
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H50: upgrade without init: the same process, the same services" {
	start_daemon
	upgrades_well
}

# What a start and a reload wait for is not forgotten over an upgrade.
upgrades_in_the_middle() {
	local reload
	svctl --timeout 10s wait reloading
	is_state written starting
	is_state looked starting
	svctl reload reloading 3>&- &
	reload=$!
	wait_until 10 test -e "$TEND_DIR/begun"
	svctl --timeout 20s upgrade
	touch "$TEND_DIR/go"
	svctl --timeout 10s wait written looked
	wait_until 10 has_ended "$reload"
	wait "$reload"
}

has_ended() { # PID, of a child
	run ! kill -0 "$1" 2>/dev/null
}

write_slow_ones() {
	cp "$TEND_BUILD/svlog" "$TEND_DIR/bin"
	local until="until [ -e $TEND_DIR/go ]; do sleep 0.01; done"
	printf 'ready = fd:4\ncommand = sh -c "%s; echo >&4; exec sleep 1000"\n' \
		"$until" | service written
	printf 'ready = command:test -e %s/go\ncommand = sleep 1000\n' \
		"$TEND_DIR" | service looked
	printf 'command = sleep 1000\nreload-command = sh -c "echo >%s/begun; %s"\n' \
		"$TEND_DIR" "$until" | service reloading
}

@test "upgrade under init: what is awaited is awaited still" {
	write_slow_ones
	tend_start
	upgrades_in_the_middle
}

@test "upgrade without init: what is awaited is awaited still" {
	write_slow_ones
	start_daemon
	upgrades_in_the_middle
}

# The old program serves again, and nothing has noticed.
upgrade_fails() {
	local list
	list=$(svctl list)
	run -1 --separate-stderr svctl --timeout 40s upgrade
	[[ "$stderr" == *"did not serve; the one before does again"* ]]
	[ "$(svctl list)" = "$list" ]
	_is_only 1
	svctl --timeout 10s restart web
	wait_until 10 is_state above up
}

@test "H50: upgrade to a program that ends under init: the old one is back" {
	tend_start
	svctl --timeout 10s wait web above once
	replace /bin/false
	upgrade_fails
}

@test "H50: upgrade to a program that hangs under init: the old one is back" {
	tend_start
	svctl --timeout 10s wait web above once
	printf '#!/bin/sh\nexec sleep 2000\n' | replace -
	upgrade_fails
	run ! tend_in pgrep -fx 'sleep 2000'
}

@test "H50: upgrade to a program that ends without init: the old one is back" {
	start_daemon
	svctl --timeout 10s wait web above once
	replace /bin/false
	upgrade_fails
}

@test "H50: upgrade to a program that hangs without init: the old one is back" {
	start_daemon
	svctl --timeout 10s wait web above once
	printf '#!/bin/sh\nexec sleep 2000\n' | replace -
	upgrade_fails
	run ! tend_in pgrep -fx 'sleep 2000'
}

@test "H50: upgrade to what cannot be executed is refused, and nothing changes" {
	tend_start
	svctl --timeout 10s wait web above once
	local pid
	pid=$(supervisor_pid)
	chmod 644 "$TEND_SUPERVISOR"
	run -1 svctl --timeout 10s upgrade
	[ "$(supervisor_pid)" = "$pid" ]
	console_has "upgrade: $TEND_SUPERVISOR: Permission denied"
	rm "$TEND_SUPERVISOR"
	run -1 svctl --timeout 10s upgrade
	[ "$(supervisor_pid)" = "$pid" ]
	_is_only 1
	svctl --timeout 10s restart web
}

@test "H50: upgrade from a shell, through the FIFO" {
	tend_start
	svctl --timeout 10s wait web above once
	local pid
	pid=$(supervisor_pid)
	replace "$TEND_BUILD/supervisor"
	echo upgrade >"$TEND_RUNTIME/control"
	_is_new() {
		[ "$(exe_of "$pid")" = "$(stat -c %i "$TEND_SUPERVISOR")" ]
	}
	wait_until 10 _is_new
	_wait_until_serving
	_is_only 1
}

@test "H50: upgrade to a later version, whose journal is another, and back" {
	tend_start
	svctl --timeout 10s wait web above once
	svctl stop above
	local pid list
	pid=$(supervisor_pid)
	list=$(svctl list)
	replace "$LATER/build/supervisor"
	svctl --timeout 20s upgrade
	tend_in "/proc/$pid/exe" --version | grep -q 99.0.0
	[ "$(svctl list)" = "$list" ]
	# A crash of that one leads to the same program.
	tend_in kill -KILL "$pid"
	_has_next() { pid=$(supervisor_pid) && _serves; }
	wait_until 10 _has_next
	[ "$(svctl list)" = "$list" ]
	replace "$TEND_BUILD/supervisor"
	svctl --timeout 20s upgrade
	run ! tend_in grep -q 99.0.0 "/proc/$pid/exe"
	[ "$(svctl list)" = "$list" ]
	_is_only 1
	svctl --timeout 10s start above
	wait_until 10 has_lines "$TEND_DIR/starts-above" 2
	run ! console_has "not used"
}

# As tend_start, with an init that can be replaced.
start_with_init() {
	namespace_start "$TEND_DIR/bin/init" -c "$TEND_CONFIG" \
		-r "$TEND_RUNTIME"
	_wait_until_serving
}

_init_is() { # FILE
	[ "$(exe_of 1)" = "$(stat -c %i "$1")" ]
}

replace_init() { # FILE
	cat "$1" >"$TEND_DIR/bin/init.new"
	chmod 755 "$TEND_DIR/bin/init.new"
	mv "$TEND_DIR/bin/init.new" "$TEND_DIR/bin/init"
}

@test "H50: svctl upgrade --init and telinit u: PID 1 is another program" {
	start_with_init
	svctl --timeout 10s wait web above once
	local pid list
	pid=$(supervisor_pid)
	list=$(svctl list)
	replace_init "$TEND_BUILD/init"
	svctl upgrade --init
	wait_until 10 _init_is "$TEND_DIR/bin/init"
	[ "$(supervisor_pid)" = "$pid" ]
	[ "$(svctl list)" = "$list" ]
	# It is obeyed, told of deaths, and starts another supervisor.
	next=$(supervisor_pid)
	tend_in kill -KILL "$next"
	_has_next() { pid=$(supervisor_pid) && [ "$pid" != "$next" ] && _serves; }
	wait_until 10 _has_next
	[ "$(svctl list)" = "$list" ]
	replace_init "$TEND_BUILD/init"
	ln -s "$TEND_BUILD/svctl" "$TEND_DIR/bin/telinit"
	tend_in "$TEND_DIR/bin/telinit" u
	wait_until 10 _init_is "$TEND_DIR/bin/init"
	# One that is no init is refused.
	local exe
	exe=$(exe_of 1)
	replace_init /bin/false
	svctl upgrade --init
	wait_until 10 console_has "does not say that it is init"
	[ "$(exe_of 1)" = "$exe" ]
	[ "$(svctl list)" = "$list" ]
	_is_only 1
	tend_stop
	[ "$tend_status" -eq 0 ]
}
