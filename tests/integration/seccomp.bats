#!/usr/bin/env bats
# H33: a filter answers EPERM or ENOSYS to a system call that it does not know.
# Each case is one life: up, killed, restarted, stopped, the supervisor killed
# and replaced, all of it under the filter, svctl too. Calls that nothing uses
# today are tried as well: a C library may come to use them.
# Each test has its own variables; helpers are called through others; inner
# shells expand what is in single quotes.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	deny=$TEND_HELPERS/deny
	if ! "$deny" EPERM statx true 2>/dev/null; then
		skip "no seccomp filters here"
	fi
	mkfifo "$TEND_DIR/never"
	: >"$TEND_DIR/env"
	# Programs of another C library may not live with the filter, so they
	# are a shell that only waits.
	service web <<-END
		command = sh -c 'read x <>$TEND_DIR/never'
		restart-delay = 0
		stop-timeout = 5s
	END
	service forked <<-END
		command = sh -c 'read x <>$TEND_DIR/never'
		environment-file = $TEND_DIR/env
	END
	# Several at once: memory for their starts is used and given back.
	local name
	for name in once once2 once3; do
		service "$name" <<-END
			type = oneshot
			command = sh -c 'exit 0'
		END
	done
}

teardown() { tend_teardown; }

svctl() {
	tend_in timeout --foreground 60 "${filter[@]}" "$TEND_BUILD/svctl" "$@"
}

has_successor() { # PID
	local now
	now=$(supervisor_pid)
	[ -n "$now" ] && [ "$now" != "$1" ] && svctl list >/dev/null 2>&1
}

kill_and_await() { # NAME
	local pid
	pid=$(pid_of "$1")
	tend_in kill -KILL "$pid"
	wait_until 10 has_new_pid "$1" "$pid"
	svctl --timeout 10s wait "$1"
}

# Nothing that init was started with is left open.
fds_are_closed() {
	local pid
	for pid in 1 "$(supervisor_pid)" "$(pid_of web)"; do
		tend_in test -e "/proc/$pid/fd/1" || return
		tend_in test ! -e "/proc/$pid/fd/99" || return
	done
}

# It waits, instead of trying again and again what it may not do.
supervisor_is_asleep() {
	local stat
	for _ in 1 2 3 4 5; do
		stat=$(tend_in cat "/proc/$1/stat")
		[[ "${stat##*) }" == S* ]] || return
	done
}

lives() {
	local web old
	svctl --timeout 10s wait web forked once || return
	fds_are_closed || return
	kill_and_await web || return
	svctl --timeout 10s stop forked || return
	is_state forked down || return
	svctl --timeout 10s restart web || return
	svctl status web | grep -q 'state  up' || return
	# Now they are adopted: signals and deaths go other ways.
	web=$(pid_of web)
	svctl --timeout 10s start forked || return
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	wait_until 10 has_successor "$old" || return
	[ "$(pid_of web)" = "$web" ] || return
	svctl signal CONT web || return
	svctl --timeout 10s stop forked || return
	is_state forked down || return
	kill_and_await web || return
	wait_until 5 supervisor_is_asleep "$(supervisor_pid)" || return
	svctl --timeout 10s stop web || return
	[ "$(process_count)" -eq 2 ] || return
	tend_stop || return
	[ "$tend_status" -eq 0 ]
}

lives_without() { # CALL[,CALL]
	local error
	for error in EPERM ENOSYS; do
		echo "$1 answers $error"
		: >"$TEND_CONSOLE"
		filter=("$deny" "$error" "$1")
		namespace_start "${filter[@]}" "$TEND_BUILD/init" \
			-c "$TEND_CONFIG" -r "$TEND_RUNTIME" \
			99<"$TEND_DIR/env"
		_wait_until_serving
		lives
		run ! console_has BUG
		# It died of a signal of ours, and never by itself.
		run ! console_has 'supervisor: exited'
		[ "$(grep -c 'supervisor: killed' "$TEND_CONSOLE")" -eq 1 ]
	done
}

# As supervisor_start_standalone.
supervisor_start_filtered() {
	local programs=$TEND_BUILD
	printf '#!/bin/sh\nexec %s %s/supervisor "$@"\n' "${filter[*]}" \
		"$programs" >"$TEND_DIR/supervisor"
	chmod 755 "$TEND_DIR/supervisor"
	ln -sf "$programs/svctl" "$TEND_DIR/svctl"
	TEND_BUILD=$TEND_DIR
	supervisor_start_standalone
	TEND_BUILD=$programs
}

@test "H33: close_range" { lives_without close_range; }
@test "H33: pidfd_open" { lives_without pidfd_open; }
@test "H33: pidfd_send_signal" { lives_without pidfd_send_signal; }
@test "H33: pidfd_open and pidfd_send_signal" {
	lives_without pidfd_open,pidfd_send_signal
}
@test "H33: faccessat2" { lives_without faccessat2; }
@test "H33: fallocate" { lives_without fallocate; }
@test "H33: futex" { lives_without futex; }
@test "H33: getrandom" { lives_without getrandom; }
@test "H33: madvise" { lives_without madvise; }
@test "H33: prctl, of which a subreaper is made" { lives_without prctl; }
@test "H33: clone3, statx, openat2, epoll_pwait2" {
	lives_without clone3,statx,openat2,epoll_pwait2
}

# Under init it is init that has closed them.
@test "H33: close_range, without init" {
	local error pid
	for error in EPERM ENOSYS; do
		echo "close_range answers $error"
		filter=("$deny" "$error" close_range)
		supervisor_start_filtered 99<"$TEND_DIR/env"
		svctl --timeout 10s wait web
		for pid in "$(supervisor_pid)" "$(pid_of web)"; do
			tend_in test -e "/proc/$pid/fd/1"
			tend_in test ! -e "/proc/$pid/fd/99"
		done
		tend_kill
		rm -r "${TEND_RUNTIME:?}"/*
	done
}

# Nobody tells of the end of a child that is not ours.
@test "H33: pidfd_open, where no init tells of deaths" {
	local web error old
	for error in EPERM ENOSYS; do
		echo "pidfd_open answers $error"
		filter=("$deny" "$error" pidfd_open)
		supervisor_start_filtered
		svctl --timeout 10s wait web forked once
		web=$(pid_of web)
		kill -KILL "$(_children_of "$tend_supervisor")"
		wait "$tend_supervisor" || true
		supervisor_start_filtered
		[ "$(pid_of web)" = "$web" ]
		kill_and_await web
		svctl --timeout 10s stop forked
		is_state forked down
		tend_kill
		rm -r "${TEND_RUNTIME:?}"/*
	done
}

@test "H33: memfd_create, where there is no run-time root" {
	local error
	for error in EPERM ENOSYS; do
		echo "memfd_create answers $error"
		rm -f "$TEND_DIR/started"
		service web <<-END
			command = sh -c 'echo >>$TEND_DIR/started; exit 1'
			restart-delay = 0
		END
		in_namespace sh -c '
			dir=$1
			shift
			"$@" &
			until [ "$(wc -l <"$dir/started")" -ge 3 ]; do
				kill -0 $! || exit
				sleep 0.02
			done 2>/dev/null
			kill -TERM $!
			wait $!' sh "$TEND_DIR" "$deny" "$error" memfd_create \
			"$TEND_BUILD/supervisor" -f -c "$TEND_CONFIG" \
			-r /dev/null/none 3>&-
	done
}

@test "H51: who cannot become another user is not started as root" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	local call error name
	rm "$TEND_CONFIG"/services/*
	service plain <<-END
		command = sh -c 'read x <>$TEND_DIR/never'
	END
	service shared <<-END
		command = sh -c 'id >>$TEND_DIR/ran'
		user = daemon
	END
	cp "$TEND_CONFIG/services/shared" "$TEND_CONFIG/services/forked"
	echo "environment-file = $TEND_DIR/env" \
		>>"$TEND_CONFIG/services/forked"
	printf 'group = daemon\ncommand = touch %s/ran\n' "$TEND_DIR" |
		service group
	for call in setgroups setresgid setresuid; do
		for error in EPERM ENOSYS; do
			echo "$call answers $error"
			filter=("$deny" "$error" "$call")
			namespace_start "${filter[@]}" "$TEND_BUILD/init" \
				-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
			_wait_until_serving
			svctl --timeout 10s wait plain
			for name in shared forked; do
				wait_until 10 is_state "$name" failed
				[[ "$(field_of "$name" reason)" == *"$(
					[ "$error" = EPERM ] &&
						echo 'not permitted' ||
						echo 'not implemented'
				)"* ]]
			done
			[ "$call" = setresuid ] ||
				wait_until 10 is_state group failed
			[ "$call" = setresuid ] || [ ! -e "$TEND_DIR/ran" ]
			tend_kill
			run ! grep -q uid=0 "$TEND_DIR/ran"
			rm -rf "$TEND_RUNTIME" "$TEND_DIR/ran"
			mkdir "$TEND_RUNTIME"
		done
	done
}
