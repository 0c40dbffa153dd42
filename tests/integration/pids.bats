#!/usr/bin/env bats
# H4: the pid of a service that has ended is given to a stranger, who must not
# notice. The kernel is told which pid is to be the next one.
# Inner shells expand what is in single quotes; helpers are called through
# others.
# shellcheck disable=SC2016,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	in_namespace sh -c 'echo 1000 >/proc/sys/kernel/ns_last_pid' \
		2>/dev/null || skip "the kernel takes no ns_last_pid"
}

teardown() { tend_teardown; }

# A process of nobody's with that pid. It notes each signal that it can note,
# and leads a group, which a signal for a group would reach.
stranger_take() { # PID
	tend_in timeout 20 sh -c '
		cat >"$0/stranger" <<-"END"
			for s in HUP INT QUIT USR1 USR2 TERM CONT ALRM; do
				trap "echo $s >>$0.signals" $s
			done
			echo >"$0.ready"
			while [ ! -e "$0.end" ]; do
				read -r line <>"$0.never" || true
			done
		END
		[ -p "$0/stranger.never" ] || mkfifo "$0/stranger.never"
		set -m
		while :; do
			echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
			sh "$0/stranger" &
			[ $! -ne $1 ] || exit 0
			kill -KILL $!
			rm -f "$0/stranger.ready"
		done' "$TEND_DIR" "$1" 2>/dev/null
	wait_until 10 test -e "$TEND_DIR/stranger.ready"
	stranger=$1
}

# It runs, and was told nothing.
stranger_is_well() {
	tend_in grep -q "^State:.[SR]" "/proc/$stranger/status"
	tend_in grep -aq stranger "/proc/$stranger/cmdline"
	[ ! -e "$TEND_DIR/stranger.signals" ]
}

# Everything that may send a signal to web.
pester() {
	local way
	for way in "signal TERM web" "signal KILL web" "pause web" "cont web" \
		"reload web" "restart web" "stop web"; do
		# shellcheck disable=SC2086
		svctl --no-wait $way || true
		[ "$way" != "stop web" ] || svctl --timeout 10s stop web
		stranger_is_well
	done
}

web() { # [LINE...]
	{
		echo "command = sleep 1000"
		echo "stop-timeout = 200ms"
		echo "reload-signal = HUP"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | service web
}

# Ends its main process, where PID 1 or the supervisor reaps it.
end_web() {
	local pid
	pid=$(pid_of web)
	tend_in kill -KILL "$pid"
	_reaped() { tend_in test ! -e "/proc/$pid"; }
	wait_until 10 _reaped
	ended=$pid
}

kill_alone() {
	kill -KILL "$(_children_of "$tend_supervisor")"
	wait "$tend_supervisor" || true
}

@test "H4: a service that waits for its restart, its pid a stranger's" {
	local mode
	for mode in group process; do
		web "restart-delay = 1h" "kill-mode = $mode"
		rm -f "$TEND_DIR"/stranger.*
		tend_start
		svctl --timeout 10s wait web
		end_web
		wait_until 10 is_state web backoff
		stranger_take "$ended"
		run -3 svctl signal TERM web
		run -3 svctl signal KILL web
		stranger_is_well
		pester
		tend_kill
		rm -r "${TEND_RUNTIME:?}"/*
	done
}

@test "H4: the service ended while there was no supervisor, without init" {
	local mode
	for mode in group process; do
		web "kill-mode = $mode" "restart = never"
		rm -f "$TEND_DIR"/stranger.*
		supervisor_start_standalone
		svctl --timeout 10s wait web
		kill_alone
		end_web
		stranger_take "$ended"
		supervisor_start_standalone
		_judged() { [ "$(pid_of web)" != "$ended" ]; }
		wait_until 10 _judged
		pester
		tend_kill
		rm -r "${TEND_RUNTIME:?}"/*
	done
}

@test "H4: the same, and it is restarted beside the stranger" {
	web
	supervisor_start_standalone
	svctl --timeout 10s wait web
	kill_alone
	end_web
	stranger_take "$ended"
	supervisor_start_standalone
	wait_until 10 has_new_pid web "$ended"
	svctl --timeout 10s stop web
	stranger_is_well
}

@test "H4: an adopted service ends, and a request comes before the news" {
	local mode pid
	for mode in group process; do
		web "kill-mode = $mode" "restart = never"
		rm -f "$TEND_DIR"/stranger.*
		tend_start
		svctl --timeout 10s wait web
		pid=$(supervisor_pid)
		tend_in kill -KILL "$pid"
		_next() { [ "$(supervisor_pid)" != "$pid" ] && _serves; }
		wait_until 10 _next
		pid=$(supervisor_pid)
		tend_in kill -STOP "$pid"
		# Earlier than init's message, and so read before it.
		printf 'signal TERM web\nsignal KILL web\nstop web\n' \
			>"$TEND_RUNTIME/control"
		end_web
		stranger_take "$ended"
		tend_in kill -CONT "$pid"
		_over() { [ "$(pid_of web)" != "$ended" ]; }
		wait_until 10 _over
		stranger_is_well
		pester
		tend_kill
		rm -r "${TEND_RUNTIME:?}"/*
	done
}

@test "H4: a crash loop, signals without end, and strangers with its pids" {
	service crash <<-END
		command = sh -c 'echo \$\$ >$TEND_DIR/pid.new; mv $TEND_DIR/pid.new $TEND_DIR/pid; exit 1'
		restart-delay = 0.005
		log = none
	END
	tend_start
	wait_until 10 test -e "$TEND_DIR/pid"
	mkfifo "$TEND_DIR/never"
	# The request goes out when the stranger has just taken the pid.
	run -0 tend_in timeout 40 sh -c '
		met=0 killed=0 tries=0
		while [ $met -lt 60 ] && [ $((tries += 1)) -lt 4000 ]; do
			read -r pid <"$0/pid" || continue
			echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid
			read -r x <>"$0/never" &
			if [ $! -eq "$pid" ]; then
				: $((met += 1))
				echo signal KILL crash >"$1/control"
				echo signal TERM crash >"$1/control"
				echo cont crash >"$1/control"
			fi
			# Every second one lives on for some turns.
			[ $((tries % 2)) -eq 0 ] || sleep 0.01
			kill -0 $! && kill -USR1 $! && wait $!
			[ $? -eq 138 ] || : $((killed += 1))
		done 2>/dev/null
		echo "met $met killed $killed"' "$TEND_DIR" "$TEND_RUNTIME"
	echo "$output"
	[[ "$output" == *"met 60 killed 0" ]]
	svctl --timeout 10s stop crash
	run ! console_has BUG
}
