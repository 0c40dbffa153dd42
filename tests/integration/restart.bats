#!/usr/bin/env bats
# Restarts: delays, limits, resources that are missing for a while.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }
teardown() { tend_teardown; }

has_restarts() { # NAME COUNT
	local n
	n=$(field_of "$1" restarts)
	[ "${n:-0}" -ge "$2" ]
}

# Differences of the times in nanoseconds in a file, in milliseconds.
gaps_of() { # FILE
	awk 'NR > 1 { print int(($1 - last) / 1000000) } { last = $1 }' "$1"
}

# What the supervisor holds open.
fd_count() {
	tend_in sh -c 'set -- /proc/"$1"/fd/*; echo $#' sh "$(supervisor_pid)"
}

# Its own; code comes and goes by 64 KiB, as the kernel reads it ahead.
resident_kb() {
	tend_in awk '/^RssAnon|^RssShmem/ { n += $2 } END { print n }' \
		"/proc/$(supervisor_pid)/status"
}

@test "H2: no end of 10,000 short lives is lost" {
	service short <<-END
		command = $TEND_BUILD/init --no-such-option
		log = none
		restart-delay = 0
		restart-limit = 10000/1h
		restart-reset = 0
	END
	tend_start
	svctl --timeout 60s wait --for down short
	is_state short failed
	[ "$(field_of short restarts)" -eq 10000 ]
	[ "$(field_of short exit_code)" = 2 ]
	run -0 svctl why short
	[[ "$output" == *10000* ]]
	run ! console_has BUG
	[ "$(process_count)" -eq 2 ]
}

@test "H23: 2,000 restarts leak neither descriptors nor memory" {
	service short <<-END
		command = true
		restart-delay = 0
		log = file
		environment-file = -$TEND_DIR/none
	END
	tend_start
	wait_until 20 has_restarts short 200
	local fds memory
	svctl stop short
	fds=$(fd_count)
	memory=$(resident_kb)
	svctl --no-wait start short
	wait_until 40 has_restarts short 2000
	svctl stop short
	[ "$(fd_count)" -eq "$fds" ]
	[ "$(resident_kb)" -le $((memory + 64)) ]
}

@test "H14: restart delays follow the list, the last one repeats" {
	service loop <<-END
		command = sh -c 'date +%s%N >>$TEND_DIR/times; exit 0'
		restart-delay = 0.1 0.4 0.2
	END
	tend_start
	wait_until 20 has_lines "$TEND_DIR/times" 5
	svctl stop loop
	local gaps
	read -r -d '' -a gaps < <(gaps_of "$TEND_DIR/times") || true
	[ "${gaps[0]}" -ge 100 ]
	[ "${gaps[1]}" -ge 400 ]
	[ "${gaps[2]}" -ge 200 ]
	[ "${gaps[3]}" -ge 200 ]
	# Not the wrong entry of the list.
	[ "${gaps[0]}" -lt 400 ]
}

@test "H14: an endless crash neither burns CPU nor hides" {
	service loop <<-END
		command = sh -c 'echo >>$TEND_DIR/starts; exit 0'
	END
	tend_start
	wait_until 10 is_state loop backoff
	wait_until 10 has_lines "$TEND_DIR/starts" 3
	run svctl status loop
	[ "$status" -eq 3 ]
	[[ "$output" == *backoff*"exited 0"*"retry in"* ]]
	local supervisor begin ticks
	supervisor=$(supervisor_pid)
	begin=$(cpu_ticks "$supervisor")
	# A second of its life, in which it may start no more than once.
	sleep 1
	ticks=$(($(cpu_ticks "$supervisor") - begin))
	[ "$ticks" -le 2 ]
	[ "$(line_count "$TEND_DIR/starts")" -le 5 ]
}

@test "H14: restart-limit ends in failed, start by hand counts anew" {
	service loop <<-END
		command = sh -c 'echo >>$TEND_DIR/starts; exit 4'
		restart-delay = 0
		restart-limit = 5/1min
	END
	tend_start
	wait_until 10 is_state loop failed
	[ "$(line_count "$TEND_DIR/starts")" -eq 6 ]
	run -0 svctl why loop
	[[ "$output" == *5* ]]
	svctl reset-failed loop
	is_state loop down
	run svctl --no-wait start loop
	wait_until 10 has_lines "$TEND_DIR/starts" 12
	wait_until 10 is_state loop failed
	[ "$(line_count "$TEND_DIR/starts")" -eq 12 ]
}

@test "H14: the limit counts as well when a dependent is what is asked for" {
	service base <<-END
		command = sh -c 'echo >>$TEND_DIR/starts; exit 4'
		restart-delay = 0
		restart-limit = 3/1min
	END
	service above <<-END
		command = sleep 1000
		requires = base
	END
	tend_start
	wait_until 10 is_state base failed
	wait_until 10 is_state above failed
	[ "$(line_count "$TEND_DIR/starts")" -eq 4 ]
	run tend_in pgrep -x sleep
	[ "$status" -eq 1 ]
}

@test "restart says which ends are worth another try" {
	local kind
	for kind in on-failure on-abnormal never; do
		service "$kind-0" <<-END
			command = true
			restart = $kind
		END
		service "$kind-1" <<-END
			command = false
			restart = $kind
			restart-delay = 100
		END
		service "$kind-term" <<-END
			command = sh -c 'kill -TERM \$\$'
			restart = $kind
			restart-delay = 100
		END
		service "$kind-kill" <<-END
			command = sh -c 'kill -KILL \$\$'
			restart = $kind
			restart-delay = 100
		END
	done
	tend_start
	for kind in on-failure on-abnormal never; do
		wait_until 10 is_state "$kind-0" down
		wait_until 10 is_state "$kind-term" down
	done
	wait_until 10 is_state on-failure-1 backoff
	wait_until 10 is_state on-abnormal-1 failed
	wait_until 10 is_state never-1 failed
	wait_until 10 is_state on-failure-kill backoff
	wait_until 10 is_state on-abnormal-kill backoff
	wait_until 10 is_state never-kill failed
}

@test "restart-reset: who was up long enough begins with the first delay" {
	service web <<-END
		command = sleep 1000
		restart-delay = 0 100
		restart-reset = 200ms
	END
	tend_start
	local pid
	for _ in 1 2 3; do
		svctl wait web
		pid=$(pid_of web)
		_is_old() {
			[ "$(field_of web uptime_ms)" -ge 250 ]
		}
		wait_until 10 _is_old
		tend_in kill -KILL "$pid"
		wait_until 10 has_new_pid web "$pid"
	done
	# Soon a second time, it waits.
	_waits() {
		local pid
		is_state web backoff && return
		pid=$(pid_of web)
		[ -z "$pid" ] || tend_in kill -KILL "$pid"
		return 1
	}
	wait_until 20 _waits
}

@test "H15: stop while a restart delay runs, start ends the delay" {
	service loop <<-END
		command = sh -c 'echo >>$TEND_DIR/starts; [ -e $TEND_DIR/good ] && exec sleep 1000'
		restart-delay = 0.05 1h
	END
	tend_start
	wait_until 10 has_lines "$TEND_DIR/starts" 2
	wait_until 10 is_state loop backoff
	svctl --timeout 5s stop loop
	is_state loop down
	[ "$(line_count "$TEND_DIR/starts")" -eq 2 ]
	run svctl --no-wait start loop
	wait_until 10 has_lines "$TEND_DIR/starts" 4
	wait_until 10 is_state loop backoff
	: >"$TEND_DIR/good"
	svctl --timeout 5s start loop
	is_state loop up
	[ "$(line_count "$TEND_DIR/starts")" -eq 5 ]
	# A stop during shutdown must not wait for the delay either.
	rm "$TEND_DIR/good"
	svctl --no-wait restart loop
	wait_until 10 has_lines "$TEND_DIR/starts" 7
	tend_stop
}

@test "H13: a busy program (ETXTBSY) is tried again, without a busy loop" {
	cp "$(command -v sleep)" "$TEND_DIR/busy"
	service busy <<-END
		command = $TEND_DIR/busy 1000
		restart-delay = 0
		autostart = no
	END
	tend_start
	exec 9>>"$TEND_DIR/busy"
	svctl --no-wait start busy
	wait_until 10 is_state busy backoff
	run -0 svctl why busy
	[[ "$output" == *"Text file busy"* ]]
	wait_until 10 has_restarts busy 2
	[ "$(field_of busy restarts)" -le 20 ]
	exec 9>&-
	svctl --timeout 15s wait busy
}

@test "H13: no process for a user (EAGAIN) is tried again" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	chmod 755 "$BATS_TEST_TMPDIR" "$TEND_DIR"
	service many <<-END
		command = sleep 1000
		log = none
		user = 63210
		group = 63210
		restart-delay = 0
	END
	service mine <<-END
		command = sleep 1000
		log = none
	END
	local supervisor fds
	service many2 <<-END
		command = sleep 1000
		log = none
		user = 63210
		group = 63210
		autostart = no
	END
	tend_start
	svctl wait many mine
	supervisor=$(supervisor_pid)
	fds=$(fd_count)
	tend_in prlimit --pid "$supervisor" --nproc=0:
	run svctl --timeout 500ms start many2
	wait_until 10 is_state many2 backoff
	run -0 svctl why many2
	[[ "$output" == *"Resource temporarily unavailable"* ]]
	wait_until 10 has_restarts many2 2
	[ "$(field_of many2 restarts)" -le 20 ]
	[ "$(fd_count)" -eq "$fds" ]
	is_state mine up
	tend_in prlimit --pid "$supervisor" --nproc=1000:
	svctl --timeout 15s wait many2
}

@test "H13: without free descriptors (EMFILE) services run and recover" {
	service plain <<-END
		command = sleep 1000
		log = none
	END
	# Read by a child that tells through a pipe.
	echo "A=1" >"$TEND_DIR/env"
	service piped <<-END
		command = sleep 1000
		log = none
		environment-file = $TEND_DIR/env
		autostart = no
	END
	tend_start
	svctl wait plain
	local supervisor fds
	supervisor=$(supervisor_pid)
	fds=$(fd_count)
	tend_in prlimit --pid "$supervisor" --nofile="$fds:"
	run svctl --timeout 700ms start piped
	[ "$status" -ne 0 ]
	# It is no failure for good.
	wait_until 10 is_state piped backoff
	run svctl --timeout 5s restart plain
	[ "$(fd_count)" -le "$fds" ]
	local begin ticks
	begin=$(cpu_ticks "$supervisor")
	sleep 0.5
	ticks=$(($(cpu_ticks "$supervisor") - begin))
	[ "$ticks" -le 5 ]
	tend_in prlimit --pid "$supervisor" --nofile=1024:
	svctl --timeout 15s wait piped
	svctl --timeout 15s start plain
	[ "$(fd_count)" -le "$fds" ]
}

@test "H13: start-timeout ends a child that hangs before its program runs" {
	# Opening a FIFO as a log would hang; so does this working directory's
	# program: a script whose interpreter is a FIFO nobody writes to.
	mkfifo "$TEND_DIR/env"
	service hangs <<-END
		command = sleep 1000
		environment-file = $TEND_DIR/env
		start-timeout = 300ms
		stop-timeout = 1h
		restart = never
	END
	service fine <<-END
		command = sleep 1000
	END
	tend_start
	svctl --timeout 5s wait fine
	wait_until 10 is_state hangs failed
	run svctl --timeout 5s restart fine
	[ "$status" -eq 0 ]
	only_one supervisor
}

@test "H23: 1,000 svctl restarts and 50 applies leave nothing behind" {
	local i fds memory
	service web <<-END
		command = sleep 1000
	END
	_round() { # RESTARTS APPLIES
		# In one go: svctl a thousand times takes longer than they do.
		tend_in sh -c 'for i in $(seq "$1"); do
			"$0" --timeout 10s restart web || exit
		done' "$TEND_BUILD/svctl" "$1"
		for i in $(seq "$2"); do
			printf 'command = sleep %d\n' $((1000 + i)) |
				service web
			printf 'command = sleep 2000\n' | service "x$((i % 3))"
			rm -f "$TEND_CONFIG/services/x$(((i + 1) % 3))"
			svctl --timeout 10s apply
		done
		svctl --timeout 10s wait web
	}
	tend_start
	# Its own: the ring of results on the page fills up besides.
	_anonymous_kb() {
		tend_in awk '/^RssAnon/ { print $2 }' \
			"/proc/$(supervisor_pid)/status"
	}
	_round 100 10
	fds=$(fd_count)
	memory=$(_anonymous_kb)
	_round 1000 50
	echo "$memory KiB, then $(_anonymous_kb) KiB"
	[ "$(fd_count)" -eq "$fds" ]
	[ "$(_anonymous_kb)" -le $((memory + 16)) ]
}
