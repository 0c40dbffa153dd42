#!/usr/bin/env bats
# The command of init at a terminal: keys that signal, job control, hang-ups.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	INIT=$TEND_BUILD/init
	SCREEN=$TEND_DIR/screen
	job=
	LISTENER=$TEND_HELPERS/listener
}

teardown() {
	[ -z "$job" ] || kill -KILL "$job" 2>/dev/null || true
	exec 8>&-
	tend_teardown
}

# Runs a line of sh at a terminal of its own: job is script, keys are typed
# with keys, and SCREEN has what is shown.
terminal() {
	mkfifo "$TEND_DIR/keys"
	# Jobs of a shell in the background ignore INT.
	SHELL=/bin/sh env --default-signal script -qfec "$1" /dev/null \
		<"$TEND_DIR/keys" >"$SCREEN" 2>&1 3>&- &
	job=$!
	exec 8>"$TEND_DIR/keys"
}

keys() {
	# shellcheck disable=SC2059
	printf "$1" >&8
}

shows() {
	tr -d '\r' <"$SCREEN" | grep -qF -- "$1"
}

has_line() { # FILE LINE
	grep -qx "$2" "$1" 2>/dev/null
}

# The pid of the one process with that command line, in process.
find_process() {
	process=$(pgrep -fx "$1")
}

is_in_state() { # STATE
	grep -q "^State:.$1" "/proc/$process/status"
}

# The exit status of what the terminal ran, in status.
await_terminal() {
	wait_until 20 _is_gone "$job"
	status=0
	wait "$job" || status=$?
	job=
}

@test "H8: ^C reaches the whole group of the command, once" {
	terminal "$INIT -- sh -c 'trap : INT; $LISTENER $TEND_DIR/a |
		$LISTENER $TEND_DIR/b; exit 7'"
	wait_until 20 has_line "$TEND_DIR/a" ready
	wait_until 20 has_line "$TEND_DIR/b" ready
	keys '\003'
	wait_until 20 has_line "$TEND_DIR/a" INT
	wait_until 20 has_line "$TEND_DIR/b" INT
	: >"$TEND_DIR/a.end"
	: >"$TEND_DIR/b.end"
	await_terminal
	[ "$status" -eq 7 ]
	[ "$(line_count "$TEND_DIR/a")" -eq 2 ]
	[ "$(line_count "$TEND_DIR/b")" -eq 2 ]
}

@test "H8: ^Z, fg and ^C work in a shell below init" {
	terminal "PS1=: $INIT -- bash --norc --noprofile -i"
	keys "sleep 4321.$$\n"
	wait_until 20 find_process "sleep 4321.$$"
	# The shell gives it the terminal before or after it has exec'd.
	_has_terminal() {
		[ "$(ps -o tpgid= -p "$process" | tr -d ' ')" = "$process" ]
	}
	wait_until 20 _has_terminal
	keys '\032'
	wait_until 20 is_in_state T
	wait_until 20 shows Stopped
	keys 'fg\n'
	wait_until 20 is_in_state S
	wait_until 20 _has_terminal
	keys '\003'
	wait_until 20 _is_gone "$process"
	keys 'exit 9\n'
	await_terminal
	[ "$status" -eq 9 ]
}

@test "H8: what ^Z has stopped goes on when init gets CONT" {
	terminal "$INIT -- sleep 4322.$$"
	wait_until 20 find_process "sleep 4322.$$"
	local init
	init=$(ps -o ppid= -p "$process" | tr -d ' ')
	keys '\032'
	wait_until 20 is_in_state T
	kill -CONT "$init"
	wait_until 20 is_in_state S
	kill -TERM "$init"
	await_terminal
	[ "$status" -eq 143 ]
}

@test "H8: a hang-up is passed on, and init does not spin after it" {
	local init process ticks
	terminal "$INIT -- $LISTENER $TEND_DIR/a"
	wait_until 20 has_line "$TEND_DIR/a" ready
	find_process "$LISTENER $TEND_DIR/a"
	init=$(ps -o ppid= -p "$process" | tr -d ' ')
	kill -KILL "$job"
	wait_until 20 has_line "$TEND_DIR/a" HUP
	process=$init
	wait_until 20 is_in_state S
	read -r -a ticks <"/proc/$init/schedstat"
	kill -TERM "$init"
	wait_until 20 has_line "$TEND_DIR/a" TERM
	# It was woken a few times since it began.
	[ "${ticks[2]}" -lt 200 ]
	: >"$TEND_DIR/a.end"
	wait_until 20 _is_gone "$init"
}

@test "H8: output under TOSTOP stops neither init nor its command" {
	terminal "stty tostop; $INIT -- sh -c 'echo heard; exit 6'; echo \$? \$?;
		$INIT -- no-such-command; exit \$?"
	await_terminal
	[ "$status" -eq 127 ]
	shows heard
	shows "6 6"
	shows "init: no-such-command: No such file or directory"
}

@test "H8: a command in the background takes no terminal away" {
	terminal "PS1=: bash --norc --noprofile -i"
	keys "$INIT -- $LISTENER $TEND_DIR/a &\n"
	wait_until 20 has_line "$TEND_DIR/a" ready
	keys 'echo he""re\n'
	wait_until 20 shows here
	: >"$TEND_DIR/a.end"
	keys 'wait; exit 5\n'
	await_terminal
	[ "$status" -eq 5 ]
}

# As an engine runs a container with -it: PID 1 leads a session that has the
# terminal. What is outside does not end with it.
contained() { # CMD...
	terminal "trap '' HUP; exec ${tend_unshare[*]} \
		env --default-signal=HUP setsid --ctty $*"
}

@test "H8: PID 1 with a terminal: job control, ^C and the exit status" {
	contained "env PS1=: $INIT -- bash --norc --noprofile -i"
	keys "sleep 4323.$$\n"
	wait_until 20 find_process "sleep 4323.$$"
	keys '\032'
	wait_until 20 is_in_state T
	wait_until 20 shows Stopped
	keys 'fg\n'
	wait_until 20 is_in_state S
	keys '\003'
	wait_until 20 _is_gone "$process"
	keys 'exit 9\n'
	await_terminal
	[ "$status" -eq 9 ]
	run ! shows 'no job control'
}

@test "H8: PID 1 whose terminal is hung up passes that on and goes on" {
	local process ticks
	contained "$INIT -- $LISTENER $TEND_DIR/a"
	wait_until 20 has_line "$TEND_DIR/a" ready
	find_process "$INIT -- $LISTENER $TEND_DIR/a"
	kill -KILL "$job"
	wait_until 20 has_line "$TEND_DIR/a" HUP
	wait_until 20 is_in_state S
	read -r -a ticks <"/proc/$process/schedstat"
	kill -TERM "$process"
	wait_until 20 has_line "$TEND_DIR/a" TERM
	[ "${ticks[2]}" -lt 200 ]
	: >"$TEND_DIR/a.end"
	wait_until 20 _is_gone "$process"
}

@test "H8: ^C at the terminal of PID 1 and its services stops them in order" {
	service web <<-END
		command = sh -c 'trap "echo ended >$TEND_DIR/ended; exit 0" TERM; echo up; while :; do sleep 0.05; done'
	END
	contained "$INIT -c $TEND_CONFIG -r $TEND_RUNTIME"
	wait_until 20 shows 'web | up'
	# A service has no terminal to lose, and none to take.
	process=$(pgrep -f -x "sh -c trap \"echo ended >$TEND_DIR/ended.*")
	[ "$(ps -o tty= -p "$process" | tr -d ' ')" = '?' ]
	keys '\003'
	await_terminal
	[ "$status" -eq 0 ]
	[ "$(cat "$TEND_DIR/ended")" = ended ]
}
