#!/usr/bin/env bats
# What a review found: starts that were lost or doubled, definitions that come
# and go, places that are full or missing.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016,SC2030,SC2031

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }
teardown() { tend_teardown; }

# Its starts are noted in starts-NAME.
noted() { # NAME [LINE...]
	local name=$1
	shift
	{
		echo "command = sh -c 'echo >>$TEND_DIR/starts-$name; exec sleep 1000'"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | service "$name"
}

# The supervisor that was started alone is killed, and has left.
kill_alone() {
	kill -KILL "$(_children_of "$tend_supervisor")"
	wait "$tend_supervisor" || true
}

# It ignores TERM, and notes that it runs.
stubborn() { # NAME TIMEOUT
	service "$1" <<-END
		command = sh -c 'trap "" TERM; echo $1 >>$TEND_DIR/stubborn; while :; do sleep 0.1; done'
		stop-timeout = $2
	END
}

@test "H50: what died with the supervisor starts again, what it needs does not" {
	# a comes before z in every list, and pulls it when it starts.
	noted a "requires = z"
	noted z
	supervisor_start_standalone
	svctl --timeout 10s wait a z
	wait_until 10 has_lines "$TEND_DIR/starts-a" 1
	local pid
	pid=$(pid_of a)
	kill_alone
	tend_in kill -KILL "$pid"
	supervisor_start_standalone
	wait_until 10 has_lines "$TEND_DIR/starts-a" 2
	svctl --timeout 10s wait a z
	[ "$(line_count "$TEND_DIR/starts-z")" -eq 1 ]
	[ "$(tend_in pgrep -c -fx 'sleep 1000')" -eq 3 ] # one is PID 1's
	run ! console_has BUG
}

@test "H15: a removed service that waited for its restart stays away" {
	# Both definitions have the same length: one takes the other's place.
	local name
	for name in a b; do
		printf "command = sh -c 'echo %s >>%s/starts; exit 1'\n%s\n" \
			"$name" "$TEND_DIR" "restart-delay = 1" |
			service "$name"
	done
	for name in a b; do
		echo "autostart = no" >>"$TEND_CONFIG/services/$name"
	done
	# Longer than the delay, in the supervisor's own time.
	service later <<-END
		command = false
		restart-delay = 2
		restart-limit = 1/1min
		autostart = no
	END
	tend_start
	svctl --no-wait start a
	wait_until 10 is_state a backoff
	rm "$TEND_CONFIG/services/a"
	svctl apply
	svctl --no-wait start later
	wait_until 10 is_state later failed
	[ "$(cat "$TEND_DIR/starts")" = a ]
	run ! console_has BUG
}

@test "H15: a removed service that still ends is not started by another's definition" {
	local i
	for i in 1 2 3; do
		stubborn "w$i" 2s
	done
	tend_start
	wait_until 10 has_lines "$TEND_DIR/stubborn" 3
	rm "$TEND_CONFIG/services/w1"
	svctl --no-wait apply
	is_state w1 stopping
	run -4 svctl --no-wait start w1
	run -4 svctl --no-wait restart w1
	_is_gone_service() { [ -z "$(state_of w1)" ]; }
	wait_until 10 _is_gone_service
	is_state w2 up
	[ "$(line_count "$TEND_DIR/stubborn")" -eq 3 ]
}

@test "H15: removed and added again before it ended, it runs again" {
	stubborn w 1s
	noted other
	tend_start
	wait_until 10 has_lines "$TEND_DIR/stubborn" 1
	mv "$TEND_CONFIG/services/w" "$TEND_DIR/w"
	svctl --no-wait apply
	is_state w stopping
	mv "$TEND_DIR/w" "$TEND_CONFIG/services/w"
	svctl --no-wait apply
	wait_until 10 has_lines "$TEND_DIR/stubborn" 2
	wait_until 10 is_state w up
}

@test "H50: masked while it ended, and the supervisor died: it still ends" {
	stubborn w 1s
	supervisor_start_standalone
	wait_until 10 has_lines "$TEND_DIR/stubborn" 1
	ln -sf /dev/null "$TEND_CONFIG/services/w"
	svctl --no-wait apply
	is_state w stopping
	kill_alone
	supervisor_start_standalone
	wait_until 20 is_state w masked
	[ "$(line_count "$TEND_DIR/stubborn")" -eq 1 ]
	run ! console_has BUG
}

@test "H51: a number that is no user is not taken for root" {
	local user
	for user in 4294967295 4294967296 18446744073709551616; do
		noted "u$user" "user = $user" "group = $user"
	done
	tend_start
	for user in 4294967295 4294967296 18446744073709551616; do
		wait_until 10 is_state "u$user" failed
		[ ! -e "$TEND_DIR/starts-u$user" ]
	done
	console_has "no user or group has the number 4294967296"
}

@test "H23: failing starts with an environment-file leave no descriptor" {
	: >"$TEND_DIR/env"
	service good <<-END
		command = true
		environment-file = $TEND_DIR/env
		restart-delay = 0
		restart-limit = none
		log = none
	END
	service bad <<-END
		command = $TEND_DIR/missing
		environment-file = $TEND_DIR/env
		restart = never
	END
	service worse <<-END
		command = true
		environment-file = $TEND_DIR/missing
		restart = never
	END
	tend_start
	wait_until 10 is_state bad failed
	wait_until 10 is_state worse failed
	local before after pid i
	pid=$(supervisor_pid)
	before=$(tend_in sh -c "ls /proc/$pid/fd" | wc -l)
	for i in $(seq 20); do
		svctl --no-wait start bad worse || true
	done
	_many() { [ "$(field_of good restarts)" -gt 500 ]; }
	wait_until 20 _many
	svctl stop good
	wait_until 10 is_state bad failed
	wait_until 10 is_state worse failed
	after=$(tend_in sh -c "ls /proc/$pid/fd" | wc -l)
	[ "$after" -le "$before" ]
	run ! console_has BUG
}

# Runs CMD with a tmpfs of SIZE as the run-time root, in a namespace.
with_tmpfs() { # SIZE CMD...
	local size=$1
	shift
	in_namespace sh -c 'mount -t tmpfs -o "size=$1,mode=755" none "$2" &&
		shift 2 && exec "$@"' sh "$size" "$TEND_RUNTIME" "$@"
}

@test "H25: services start on a full run-time root" {
	local size
	for size in 16k 64k 176k; do
		noted a "stop-timeout = 1s" "description = $(printf '%9000s' x)"
		rm -f "$TEND_DIR"/starts-*
		with_tmpfs "$size" sh -c '
			head -c 1M /dev/zero >"$0/filler" 2>/dev/null
			[ "$1" != 176k ] || rm "$0/filler"
			"$2/supervisor" -f -c "$3" -r "$0" &
			until [ -s "$4" ] || ! kill -0 $!; do
				sleep 0.02
			done
			kill -TERM $!
			wait $!' "$TEND_RUNTIME" "$size" "$TEND_BUILD" \
			"$TEND_CONFIG" "$TEND_DIR/starts-a" 3>&-
		[ -s "$TEND_DIR/starts-a" ]
	done
}

@test "H32: without /dev/null and descriptors nothing is written over" {
	noted a
	in_namespace sh -c '
		mount -t tmpfs none /dev
		exec 0<&- 1>&- 2>&-
		exec "$0" -f -c "$1" -r "$2"' "$TEND_BUILD/supervisor" \
		"$TEND_CONFIG" "$TEND_RUNTIME" 3>&- &
	local job=$!
	wait_until 10 has_lines "$TEND_DIR/starts-a" 1
	_page_is_whole() {
		[ "$(head -c 8 "$TEND_RUNTIME/status")" = tendpage ]
	}
	wait_until 10 _page_is_whole
	# Neither the page nor the journal has a message in it.
	run ! grep -aq 'supervisor:' "$TEND_RUNTIME/status"
	run ! grep -aq 'supervisor:' "$TEND_RUNTIME/state"
	kill -KILL "$(_children_of "$job")"
	wait "$job" || true
}

@test "H50: removed, the supervisor dead, added again: it ends before it starts" {
	service w <<-END
		command = sh -c 'trap "" TERM; mkdir $TEND_DIR/lock || echo >>$TEND_DIR/double; echo w >>$TEND_DIR/stubborn; while [ ! -e $TEND_DIR/end ]; do sleep 0.02; done; rmdir $TEND_DIR/lock; rm $TEND_DIR/end'
	END
	noted other
	supervisor_start_standalone
	wait_until 10 has_lines "$TEND_DIR/stubborn" 1
	mv "$TEND_CONFIG/services/w" "$TEND_DIR/w"
	svctl --no-wait apply
	is_state w stopping
	kill_alone
	supervisor_start_standalone
	[ -z "$(state_of w)" ]
	kill_alone
	supervisor_start_standalone
	mv "$TEND_DIR/w" "$TEND_CONFIG/services/w"
	svctl --no-wait apply
	is_state w stopping
	: >"$TEND_DIR/end"
	wait_until 10 has_lines "$TEND_DIR/stubborn" 2
	wait_until 10 is_state w up
	[ ! -e "$TEND_DIR/double" ]
	run ! console_has BUG
}

@test "H50: killed while it starts a target, the next one starts the rest" {
	local i round spin wants='' supervisor=''
	for i in $(seq 100); do
		noted "s$i" "log = none"
		wants="$wants s$i"
	done
	printf 'type = target\nwants = %s\n' "$wants" | service default
	# What comes before init in the namespace has children, too.
	_has_supervisor() {
		local name=
		read -r supervisor _ \
			<"/proc/$tend_init/task/$tend_init/children" ||
			[ -n "$supervisor" ] || return 1
		read -r name <"/proc/$supervisor/comm" &&
			[ "$name" = supervisor ]
	} 2>/dev/null
	_all_up() { [ "$(svctl list 2>&1 | grep -c ' up ')" -eq 101 ]; }
	_all_noted() { [ "$(cat "$TEND_DIR"/starts-* | wc -l)" -ge 100 ]; }
	for round in $(seq 15); do
		rm -rf "$TEND_DIR"/starts-* "${TEND_RUNTIME:?}"/*
		namespace_start "$TEND_BUILD/init" -c "$TEND_CONFIG" \
			-r "$TEND_RUNTIME"
		# At once, and each time a little later: no naps here.
		supervisor='' spin=0
		until _has_supervisor || [ $((spin++)) -gt 100000 ]; do :; done
		for ((spin = 0; spin < round * 200; spin++)); do :; done
		kill -KILL "$supervisor"
		_wait_until_serving
		wait_until 15 _all_up
		wait_until 15 _all_noted
		[ "$(cat "$TEND_DIR"/starts-* | wc -l)" -eq 100 ]
		tend_kill
	done
}
