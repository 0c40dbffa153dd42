#!/usr/bin/env bats
# H33: a filter answers EPERM or ENOSYS to each call that is newer than it is.
# One test for each that is used: services with logs, conditions and users of
# descriptors live under the filter as without, and what is done in the place
# of the call is named, once. seccomp.bats has the longer lives.
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
	# Programs of another C library may not live with the filter, so they
	# are a shell that only waits.
	mkfifo "$TEND_DIR/never"
	service web <<-END
		command = sh -c 'echo web-said; read x <>$TEND_DIR/never'
		log = file
		restart-delay = 0
		stop-timeout = 5s
	END
	service forked <<-END
		command = sh -c 'read x <>$TEND_DIR/never'
		environment-file = -/none
		kill-mode = all
	END
	service waits <<-END
		command = sh -c 'read x <>$TEND_DIR/never'
		wait-for = path:$TEND_DIR/flag
	END
	service timed <<-END
		type = oneshot
		command = sh -c 'exit 0'
		every = 1h
	END
}

teardown() { tend_teardown; }

svctl() {
	tend_in timeout --foreground 60 "${filter[@]}" "$TEND_BUILD/svctl" "$@"
}

web_said() { # TIMES
	[ "$(svctl logs web 2>/dev/null | grep -c 'web-said$')" -ge "$1" ]
}

has_successor() { # PID
	local now
	now=$(supervisor_pid)
	[ -n "$now" ] && [ "$now" != "$1" ] && svctl list >/dev/null 2>&1
}

lives() {
	local web old
	svctl --timeout 10s wait web forked || return
	web=$(pid_of web)
	tend_in kill -KILL "$web"
	wait_until 10 has_new_pid web "$web" || return
	wait_until 10 web_said 2 || return
	[ -n "$(svlog_pid)" ] || return
	: >"$TEND_DIR/flag"
	wait_until 10 is_state waits up || return
	svctl --timeout 10s restart web || return
	svctl status web | grep -q 'state  up' || return
	svctl --timeout 10s stop forked || return
	is_state forked down || return
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	wait_until 10 has_successor "$old" || return
	svctl --timeout 10s restart web || return
	wait_until 10 web_said 4 || return
	tend_stop || return
	[ "$tend_status" -eq 0 ]
}

begin() { # ERROR CALLS
	echo "$2 answers $1"
	: >"$TEND_CONSOLE"
	rm -rf "${TEND_RUNTIME:?}" "$TEND_DIR/flag" "${TEND_LOG:?}"/*
	mkdir "$TEND_RUNTIME"
	filter=("$deny" "$1" "$2")
	namespace_start "${filter[@]}" "$TEND_BUILD/init" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
}

text_of() { # ERROR
	[ "$1" = EPERM ] && echo "Operation not permitted" ||
		echo "Function not implemented"
}

names_and_does_without() { # CALL TEXT
	local error
	for error in EPERM ENOSYS; do
		begin "$error" "$1"
		_wait_until_serving
		lives
		run ! console_has BUG
		[ "$(grep -cF "supervisor: $1 is refused ($(text_of "$error")): $2" \
			"$TEND_CONSOLE")" -eq 1 ]
		[ "$(grep -c ' is refused ' "$TEND_CONSOLE")" -eq 1 ]
	done
}

@test "H33: epoll_create1 is named" {
	names_and_does_without epoll_create1 'epoll_create does'
}

@test "H33: signalfd4 is named" {
	names_and_does_without signalfd4 'signalfd does'
}

@test "H33: dup3 is named" {
	names_and_does_without dup3 'fcntl gives services their descriptors'
}

@test "H33: close_range is named" {
	names_and_does_without close_range 'descriptors are closed one by one'
}

@test "H33: pidfd_open is named" {
	names_and_does_without pidfd_open \
		'what an earlier supervisor has started is signalled by pid'
}

@test "H33: pidfd_send_signal is named" {
	names_and_does_without pidfd_send_signal \
		'what an earlier supervisor has started is signalled by pid'
}

@test "H33: execveat is named" {
	names_and_does_without execveat \
		'programs are executed again through /proc/self/fd'
}

@test "H33: memfd_create is named" {
	names_and_does_without memfd_create 'without a run-time root, nameless'
}

@test "H33: renameat2 is named" {
	names_and_does_without renameat2 'logs are renamed after a look'
}

@test "H33: getrandom is named" {
	names_and_does_without getrandom 'svctl makes its tokens of time and pid'
}

@test "H33: fallocate is named" {
	names_and_does_without fallocate 'space for the status page is not kept'
}

@test "H33: splice is named" {
	names_and_does_without splice 'svlog copies what it reads'
}

@test "H33: futex is named" {
	names_and_does_without futex 'svctl looks again and again'
}

@test "H33: madvise is named" {
	names_and_does_without madvise 'memory that is not needed is kept'
}

@test "H33: prctl is named" {
	names_and_does_without prctl 'orphans of services come to PID 1'
}

@test "H33: prlimit64 is named, and whose limit cannot be set" {
	service limited <<-END
		command = sh -c 'exit 0'
		limit-nofile = 100
		autostart = no
	END
	names_and_does_without prlimit64 \
		'a service that asks for a limit fails to start'
	begin EPERM prlimit64
	_wait_until_serving
	run -1 svctl start limited
	[[ "$output" == *'limit-nofile: Operation not permitted'* ]]
}

@test "H33: inotify is named" {
	names_and_does_without inotify_init1 \
		'files that are waited for are looked for again and again'
}

@test "H33: timerfd_create is named" {
	names_and_does_without timerfd_create 'services do not run at their'
}

@test "H33: timerfd_settime is named" {
	names_and_does_without timerfd_settime 'services do not run at their'
}

@test "H33: utimensat is named" {
	names_and_does_without utimensat 'catch-up does not know'
}

# Whose absence nobody notices: nothing to name.
@test "H33: calls that nothing needs are not spoken of" {
	local error
	for error in EPERM ENOSYS; do
		begin "$error" clone3,statx,openat2,epoll_pwait2,faccessat2,rseq,set_robust_list,eventfd2,fdatasync,ioprio_set,setpriority,tee,sigaltstack
		_wait_until_serving
		lives
		run ! console_has BUG
		run ! console_has 'is refused'
	done
}

# All at once is what a kernel of 2012 has.
@test "H33: all newer calls at once" {
	local error
	for error in EPERM ENOSYS; do
		begin "$error" close_range,pidfd_open,pidfd_send_signal,execveat,memfd_create,renameat2,getrandom,clone3,statx,openat2,epoll_pwait2,faccessat2,rseq
		_wait_until_serving
		lives
		run ! console_has BUG
		[ "$(grep -c ' is refused ' "$TEND_CONSOLE")" -eq 7 ]
	done
}

@test "H33: what there is no other way for is named as such" {
	local error call
	for call in epoll_create1,epoll_create waitid; do
		for error in EPERM ENOSYS; do
			begin "$error" "$call" || true
			wait_until 20 console_has \
				"supervisor: ${call#*,} is refused ($(text_of "$error")): "
			console_has 'there is no other way; the seccomp filter has'
			tend_kill
		done
	done
}

@test "H33: init -- CMD, each call and both answers" {
	local error call
	for call in close_range prctl execveat faccessat2 getrandom madvise futex \
		fallocate statx pidfd_open pidfd_send_signal memfd_create \
		prlimit64 rseq set_robust_list clone3; do
		for error in EPERM ENOSYS; do
			echo "$call answers $error"
			# As PID 1; an orphan is reaped, descriptors are kept.
			run -7 in_namespace "$deny" "$error" "$call" \
				"$TEND_BUILD/init" -- sh -c \
				'(: &) ; [ -e /proc/self/fd/9 ] && exit 7' \
				9<"$TEND_CONSOLE" 3>&-
			[ -z "$output" ]
			# As another.
			run -143 "$deny" "$error" "$call" "$TEND_BUILD/init" \
				-- sh -c 'kill $$'
			[ "$call" = prctl ] || [ -z "$output" ]
			[ "$call" != prctl ] || [ "$output" = \
				"init: prctl is refused ($(text_of "$error")): orphans go to PID 1" ]
		done
	done
}
