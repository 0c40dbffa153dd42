#!/usr/bin/env bats
# Services that fork and end: their main process is found, watched, and ended.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }
teardown() { tend_teardown; }

# The program behind a service's pid.
program_of() { # NAME
	tend_in cat "/proc/$(pid_of "$1")/comm"
}

# A daemon of two forks and a session of its own, which writes FILE late.
daemon() { # FILE
	cat >"$TEND_DIR/daemon" <<-'END'
		#!/bin/sh
		if [ "$2" ]; then
			sleep 3001 &
			sleep 0.1
			echo $! >"$1.new"
			mv "$1.new" "$1"
		else
			setsid "$0" "$1" again &
		fi
	END
	chmod 755 "$TEND_DIR/daemon"
	printf '%s\n' 'type = forking' "pid-file = $1" \
		"command = $TEND_DIR/daemon $1"
}

@test "the main process of a forking service is found by its pid file" {
	daemon "$TEND_DIR/a.pid" | service a
	tend_start
	svctl wait a
	[ "$(pid_of a)" = "$(cat "$TEND_DIR/a.pid")" ]
	[ "$(program_of a)" = sleep ]
	old=$(pid_of a)
	tend_in kill -KILL "$old"
	wait_until 10 has_new_pid a "$old"
	svctl wait a
	[ "$(pid_of a)" = "$(cat "$TEND_DIR/a.pid")" ]
	svctl stop a
	wait_until 10 eval '! tend_in pgrep -f "[s]leep 3001"'
}

@test "without a pid file it is the only process that is left behind" {
	service plain <<-END
		type = forking
		command = sh -c 'sleep 3002 &'
	END
	service session <<-END
		type = forking
		command = sh -c '(setsid sleep 3003 &) &'
	END
	service nameless <<-END
		type = forking
		after = plain session
		command = sh -c 'env -i setsid /bin/sleep 3004 &'
	END
	tend_start
	svctl wait plain session nameless
	for name in plain session nameless; do
		[ "$(program_of "$name")" = sleep ]
	done
	svctl stop plain session nameless
	run tend_in pgrep -x sleep
	[ -z "$output" ]
}

@test "a forking service that leaves nothing, or too much, has failed" {
	service none <<-END
		type = forking
		restart = never
		command = true
	END
	service two <<-END
		type = forking
		restart = never
		kill-mode = all
		command = sh -c 'sleep 3005 & sleep 3006 &'
	END
	service bad <<-END
		type = forking
		restart = never
		command = sh -c 'sleep 3007 & exit 3'
	END
	tend_start
	wait_until 10 is_state none failed
	[ "$(field_of none reason)" = "it left no process behind" ]
	wait_until 10 is_state bad failed
	[ "$(field_of bad reason)" = "exited 3" ]
	wait_until 10 is_state two failed
	[[ $(field_of two reason) == "it left several processes"* ]]
	wait_until 10 eval '! tend_in pgrep -x sleep'
}

# A service whose pid file says something wrong, which is complained of.
wrong() { # NAME COMMAND-THAT-MAKES-IT
	service "$1" <<-END
		type = forking
		restart = never
		start-timeout = 400ms
		pid-file = $TEND_DIR/$1.pid
		start-pre = sh -c '$2'
		command = sh -c 'sleep 3008 &'
	END
}

@test "H5: pid files that are stale or hostile name nobody" {
	local file=$TEND_DIR
	printf 'command = sleep 3009\nlog = none\n' | service other
	wrong zero "echo 0 >$file/zero.pid"
	wrong one "echo 1 >$file/one.pid"
	wrong minus "echo -1 >$file/minus.pid"
	wrong huge "echo 99999999999999999999 >$file/huge.pid"
	wrong words "echo me >$file/words.pid"
	wrong empty ": >$file/empty.pid"
	wrong link "echo 5 >$file/t; ln -sf $file/t $file/link.pid"
	wrong hard "echo 5 >$file/u; ln -f $file/u $file/hard.pid"
	wrong fifo "rm -f $file/fifo.pid; mkfifo $file/fifo.pid"
	wrong open "echo 5 >$file/open.pid; chmod 666 $file/open.pid"
	wrong ours "echo \$PPID >$file/ours.pid"
	wrong stale "echo 4000000 >$file/stale.pid"
	wrong others "cp $file/other $file/others.pid"
	echo 0 >"$TEND_DIR/other"
	tend_start
	svctl wait other
	pid_of other >"$TEND_DIR/other"
	wait_until 10 is_state others failed
	svctl --no-wait start others
	for name in zero one minus huge words empty link hard fifo open ours \
		stale; do
		wait_until 10 is_state "$name" failed
	done
	wait_until 10 console_has \
		"others.pid: process $(pid_of other) is not of it"
	is_state other up
	is_alive "$tend_init"
	console_has "link.pid: is a link, which is not followed"
	console_has "hard.pid: has another name as well"
	console_has "fifo.pid: is no regular file"
	console_has "open.pid: anybody may write it"
	for name in zero one minus huge words; do
		console_has "$name.pid: holds no pid of a service"
	done
	console_has "stale.pid: process 4000000 does not run"
	console_has "ours.pid: process $(supervisor_pid) is not of it"
}

@test "H5: a user's pid file does not name the process of another user" {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
		"$BATS_TEST_TMPDIR" "$TEND_DIR"
	[ "$(id -u)" -eq 0 ] || skip "only root has other users"
	mkdir "$TEND_DIR/theirs"
	chown 65534 "$TEND_DIR/theirs"
	service web <<-END
		type = forking
		restart = never
		start-timeout = 400ms
		pid-file = $TEND_DIR/theirs/pid
		command = sh -c 'sleep 3010 & echo \$! >$TEND_DIR/theirs/pid; \
			chown 65534 $TEND_DIR/theirs/pid'
	END
	tend_start
	wait_until 10 is_state web failed
	console_has "is of another user than the file"
}

@test "a forking service outlives the supervisor, also while it is looked for" {
	daemon "$TEND_DIR/a.pid" | service a
	service late <<-END
		type = forking
		pid-file = $TEND_DIR/late.pid
		command = sh -c 'sleep 3011 & echo \$! >$TEND_DIR/late'
	END
	tend_start
	svctl wait a
	main=$(pid_of a)
	wait_until 10 has_lines "$TEND_DIR/late" 1
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	wait_until 10 eval '[ "$(supervisor_pid)" != "$old" ]'
	[ "$(pid_of a)" = "$main" ]
	is_state late starting
	cp "$TEND_DIR/late" "$TEND_DIR/late.pid"
	svctl wait late
	[ "$(pid_of late)" = "$(cat "$TEND_DIR/late")" ]
	tend_in kill -KILL "$main" "$(pid_of late)"
	wait_until 10 has_new_pid a "$main"
	svctl wait a
}

@test "H15: a forking service is stopped while its main process is looked for" {
	service late <<-END
		type = forking
		pid-file = $TEND_DIR/late.pid
		command = sh -c 'sleep 3012 & echo \$! >$TEND_DIR/late'
	END
	tend_start
	wait_until 10 has_lines "$TEND_DIR/late" 1
	svctl --timeout 8s stop late
	is_state late down
	run tend_in pgrep -x sleep
	[ -z "$output" ]
}
