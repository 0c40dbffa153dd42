#!/usr/bin/env bats
# Nothing that blocks one start, or all output, holds up anything else.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016,SC2153

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	# Then the child opens the log file itself, which can hang.
	export TEND_SVLOG=/nonexistent/svlog
}
teardown() { tend_teardown; }

# Services whose child waits for ever to open its log, in our memory.
hanging_logs() { # COUNT LINE...
	local i count=$1
	shift
	for i in $(seq "$count"); do
		mkdir "$TEND_LOG/log$i"
		mkfifo "$TEND_LOG/log$i/current"
		printf '%s\n' 'command = sleep 1000' 'log = file' "$@" |
			service "log$i"
	done
}

# In memory of its own, to read a file.
hanging_files() { # COUNT LINE...
	local i count=$1
	shift
	mkfifo "$TEND_DIR/env"
	for i in $(seq "$count"); do
		printf '%s\n' 'command = sleep 1000' \
			"environment-file = $TEND_DIR/env" "$@" |
			service "env$i"
	done
}

# How many of them have a process.
has_processes() { # PREFIX COUNT
	local count
	count=$(svctl list | awk -v p="^$1[0-9]" \
		'$1 ~ p && $2 == "starting" && $3 != "-"' | wc -l)
	[ "$count" -eq "$2" ]
}

# Each with a new process, and none of them late by much.
restarts() { # NAME COUNT
	local i old
	for i in $(seq "$2"); do
		old=$(pid_of "$1")
		svctl --timeout 20s restart "$1"
		has_new_pid "$1" "$old"
	done
}

@test "hanging starts of many services do not hold up others" {
	hanging_logs 40 'start-timeout = 1000s'
	hanging_files 40 'start-timeout = 1000s'
	printf 'command = sleep 1000\nlog = none\n' | service other
	printf 'A=1\n' >"$TEND_DIR/good"
	printf 'command = sleep 1000\nlog = none\nenvironment-file = %s\n' \
		"$TEND_DIR/good" | service reads
	tend_start
	svctl --timeout 20s wait other reads
	wait_until 20 has_processes log 40
	wait_until 20 has_processes env 40
	restarts other 10
	restarts reads 10
	# Those can be stopped at any time.
	svctl --timeout 20s stop log7 env7
	is_state log7 down
	is_state env7 down
	has_processes log 39
	has_processes env 39
}

@test "hanging starts: one that is let go is up soon, and by itself" {
	hanging_logs 20 'start-timeout = 1000s'
	tend_start
	wait_until 20 has_processes log 20
	# Whoever opens it for reading lets the writer go on.
	exec {reader}<>"$TEND_LOG/log3/current"
	svctl --timeout 20s wait log3
	exec {reader}>&-
	has_processes log 19
}

@test "a mount that does not answer holds up its own service alone" {
	local i
	[ -w /dev/fuse ] || skip "needs /dev/fuse"
	mkdir "$TEND_DIR/mount"
	for i in $(seq 20); do
		printf 'command = sleep 1000\nworking-directory = %s\n%s\n' \
			"$TEND_DIR/mount/below" 'start-timeout = 1000s' |
			service "dir$i"
		printf 'command = %s\nstart-timeout = 1000s\n' \
			"$TEND_DIR/mount/program" | service "program$i"
	done
	printf 'command = sleep 1000\nlog = none\n' | service other
	# Nobody reads the other end, which must stay open.
	namespace_start bash -c 'exec 9<>/dev/fuse &&
		mount -i -t fuse -o "fd=9,rootmode=40000,user_id=0,group_id=0" \
			none "$0" && { sleep 1000 & } && exec 9>&- &&
		touch "$0.is-there" && exec "$@"' "$TEND_DIR/mount" \
		"$TEND_BUILD/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	wait_until 20 _mounted_or_gone
	[ -e "$TEND_DIR/mount.is-there" ] || skip "no FUSE mount can be made"
	_wait_until_serving
	svctl --timeout 20s wait other
	wait_until 20 has_processes dir 20
	wait_until 20 has_processes program 20
	restarts other 10
	# Most cannot even be killed: they wait for the look-up of the first.
	svctl --no-wait stop dir7 program7
	run ! is_state dir7 starting
	restarts other 3
}

_mounted_or_gone() {
	[ -e "$TEND_DIR/mount.is-there" ] || ! is_alive "$tend_outer"
}

@test "more hanging starts than there are places: bounded by start-timeout" {
	hanging_logs 270 'start-timeout = 3s' 'restart = never'
	printf 'command = sleep 1000\nlog = none\nafter = log270\n' |
		service other
	tend_start
	svctl --timeout 60s wait other
	restarts other 3
	_all_failed() {
		[ "$(svctl list | grep -c '^log.* failed ')" -eq 270 ]
	}
	wait_until 60 _all_failed
	restarts other 3
	run ! console_has BUG
}

@test "a full pipe that nobody reads holds up who writes into it alone" {
	local i full
	mkfifo "$TEND_DIR/full"
	exec {full}<>"$TEND_DIR/full"
	dd if=/dev/zero of="$TEND_DIR/full" bs=4096 oflag=nonblock \
		2>/dev/null || true
	for i in $(seq 20); do
		printf "command = sh -c '%s' %s\nlog = stdout\n" \
			'echo text; echo >"$0"; exec sleep 1000' \
			"$TEND_DIR/wrote$i" | service "writes$i"
	done
	printf 'command = sleep 1000\nlog = stdout\n' | service other
	hanging_logs 20 'start-timeout = 1000s'
	TEND_CONSOLE=$TEND_DIR/full namespace_start "$TEND_BUILD/init" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl --timeout 20s wait other writes1 writes20
	wait_until 20 has_processes log 20
	# It logs each of them.
	restarts other 20
	svctl status other
	run ! compgen -G "$TEND_DIR/wrote*"
	# Once it is read, they write.
	cat <&"$full" >"$TEND_DIR/read" 3>&- &
	_all_wrote() {
		[ "$(compgen -G "$TEND_DIR/wrote*" | wc -l)" -eq 20 ]
	}
	wait_until 20 _all_wrote
	kill $!
}
