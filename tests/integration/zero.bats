#!/usr/bin/env bats
# Services without a file: -S and -- on the command line, TEND_SVC_NAME_KEY.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	SCREEN=$TEND_DIR/screen
	job=
}

teardown() {
	[ -z "$job" ] || kill -KILL "$job" 2>/dev/null || true
	exec 8>&-
	tend_teardown
}

# The command of PID 1: init, as timeout would stand before it there.
whole_at_once() { # ARG...
	run timeout -s KILL 30 "${tend_unshare[@]}" "$TEND_BUILD/init" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME" "$@"
}

environment_of() { # NAME
	tend_in cat "/proc/$(pid_of "$1")/environ" | tr '\0' '\n'
}

command_of() { # NAME
	tend_in cat "/proc/$(pid_of "$1")/cmdline" | tr '\0' ' '
}

@test "services of -S run without any file, and outlive all that can happen" {
	local web
	rm -r "$TEND_CONFIG"
	export CONTAINER_HAS=this
	tend_start -S web='sleep 1000' -S cron='sh -c "sleep 2000 # x; y"'
	svctl wait web cron
	web=$(pid_of web)
	[ "$(command_of cron)" = "sh -c sleep 2000 # x; y " ]
	# The environment of the container is that of its services.
	environment_of web | grep -qx CONTAINER_HAS=this
	run svctl apply
	[ "$status" -eq 0 ]
	[ "$(pid_of web)" = "$web" ]
	run svctl plan
	[[ "$output" != *removed* ]]
	tend_in kill -KILL "$(supervisor_pid)"
	_recovered() { [ "$(field_of web pid)" = "$web" ]; }
	wait_until 20 _recovered
	svctl apply
	[ "$(pid_of web)" = "$web" ]
	svctl upgrade
	svctl apply
	[ "$(pid_of web)" = "$web" ]
	svctl restart cron
	is_state cron up
	run svctl cat web
	[[ "$output" == *"-S web on the command line"*"command = sleep 1000"* ]]
	run svctl check web
	[ "$status" -eq 0 ]
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "-S stands above the file of its name, whose other keys stay" {
	service web <<-END
		command = sleep 1
		environment = FROM=file
	END
	service other <<-END
		command = sleep 3000
	END
	tend_start -S web='sleep 1000'
	svctl wait web other
	[ "$(command_of web)" = "sleep 1000 " ]
	environment_of web | grep -qx FROM=file
}

@test "with start = enabled what -S names starts all the same" {
	service default <<-END
		type = target
	END
	service idle <<-END
		command = sleep 1000
	END
	tend_start -S web='sleep 1000'
	svctl wait web
	is_state default up
	is_state idle down
	run svctl is-enabled web
	[ "$output" = enabled ]
}

@test "what is masked stays so, and -S says it" {
	ln -s /dev/null "$TEND_CONFIG/services/cron"
	tend_start -S web='sleep 1000' -S cron='sleep 2000'
	svctl wait web
	is_state cron masked
	console_has "-S cron: it is masked, so nothing is started"
}

@test "what is wrong on the command line is named, and the rest goes on" {
	tend_start -S web='sleep 1000' -S 'a/b=x' -S nothing -S =x \
		-S empty= -S two=a -S two=b -S semi='a; b' -S 't@=x' \
		-S lines=$'a\nb'
	svctl wait web
	for text in "-S a/b=x: what is before the = is no name" \
		"-S nothing: write -S NAME=COMMAND" "-S =x: there is no name" \
		"empty: -S empty on the command line: there is no command" \
		"two: -S two on the command line: it is given twice" \
		"semi: -S semi on the command line: ';': no shell here" \
		"-S t@=x: a template does not run" \
		"lines: -S lines on the command line: a value is one line"; do
		console_has "$text" || {
			echo "not said: $text"
			false
		}
	done
	for name in empty two semi lines; do
		is_state "$name" invalid
	done
	run svctl check
	[ "$status" -eq 78 ] || [ "$status" -eq 1 ]
	[[ "$output" == *"-S two on the command line: it is given twice"* ]]
	[[ "$output" == *"-S a/b=x"* ]]
}

@test "variables set keys of services with and without files, above both" {
	service my-web.1 <<-END
		command = sleep 1000
		restart-delay = 1s
		environment = A=file
	END
	export TEND_SVC_my_web_1_restart_delay=7s
	export TEND_SVC_my_web_1_environment='B=secret'
	export TEND_SVC_cron_command='sleep 2000'
	export TEND_SVC_cron_description='from the environment'
	tend_start -S cron='sleep 1'
	svctl wait my-web.1 cron
	[ "$(command_of cron)" = "sleep 2000 " ]
	[ "$(field_of cron description)" = "from the environment" ]
	environment_of my-web.1 >"$TEND_DIR/env"
	grep -qx A=file "$TEND_DIR/env"
	grep -qx B=secret "$TEND_DIR/env"
	# What they say is for the supervisor, and may be secret.
	run ! grep '^TEND_SVC' "$TEND_DIR/env"
	environment_of cron >"$TEND_DIR/env"
	run ! grep secret "$TEND_DIR/env"
	run svctl cat my-web.1
	[[ "$output" == *"TEND_SVC_my_web_1_restart_delay in the environment"*"restart-delay = 7s"* ]]
	for _ in once twice; do
		svctl apply
		run svctl cat cron
		[[ "$output" == *"command = sleep 2000"* ]]
		tend_in kill -KILL "$(supervisor_pid)"
		wait_until 20 is_state cron up
	done
	svctl upgrade
	svctl apply
	run svctl cat cron
	[[ "$output" == *"command = sleep 2000"* ]]
}

@test "variables that mean nothing are named, with what is nearest" {
	export TEND_SVC_web_restrat=never TEND_SVC_wbe_restart=never
	export TEND_SVC_nonsense=x TEND_SVC_web_restart=sometimes
	export TEND_SVC_other_user=$'a\nb'
	tend_start -S web='sleep 1000' -S other='sleep 1000' -S fine='sleep 1000'
	svctl wait fine
	console_has "TEND_SVC_web_restrat: there is no key 'restrat'; did you mean 'restart'?"
	console_has "TEND_SVC_wbe_restart: there is no service 'wbe' for key 'restart'; did you mean 'web'?"
	console_has "TEND_SVC_nonsense: neither a service nor a key is named"
	console_has "web: TEND_SVC_web_restart in the environment: "
	is_state web invalid
	console_has "other: TEND_SVC_other_user in the environment: a value is one line"
	is_state other invalid
}

@test "variables count where PID 1 is another, too" {
	service web <<-END
		command = sleep 1
	END
	export TEND_SVC_web_command='sleep 1000'
	supervisor_start_standalone -S cron='sleep 2000'
	svctl wait web cron
	[ "$(command_of web)" = "sleep 1000 " ]
	[ "$(command_of cron)" = "sleep 2000 " ]
}

@test "a command is a service: its directory, descriptors, words and end" {
	cd "$TEND_DIR"
	umask 027
	echo typed >"$TEND_DIR/in"
	whole_at_once -S web='sh -c "echo up; exec sleep 1000"' -- \
		sh -c 'cat; pwd; umask; printf "[%s]" "$@"; echo; ls /proc/self/fd |
			xargs; echo err >&2; svctl -r "$TEND_RUNTIME" wait web;
			exit 7' sh 'a  b' '' $'c\nd' '$HOME' '%n' '#' <"$TEND_DIR/in"
	umask 022
	[ "$status" -eq 7 ]
	[[ "$output" == "typed"* ]]
	[[ "$output" == *"$TEND_DIR"$'\n'"0027"* ]]
	[[ "$output" == *'[a  b][][c'$'\n''d][$HOME][%n][#]'* ]]
	# The last one is that of the directory.
	[[ "$output" == *$'\n''0 1 2 3'$'\n'* ]]
	[[ "$output" == *$'\n'err$'\n'* ]]
}

@test "the end of the command stops the others in their order" {
	cat >"$TEND_DIR/stops" <<-END
		#!/bin/sh
		trap 'echo \$1 >>$TEND_DIR/order; exit' TERM
		echo up >>$TEND_DIR/up
		while :; do sleep 1000 & wait; done
	END
	chmod +x "$TEND_DIR/stops"
	export TEND_SVC_web_requires=db TEND_SVC_main_requires=web
	export TEND_SVC_web_ready=after:10ms TEND_SVC_db_ready=after:10ms
	whole_at_once -S db="$TEND_DIR/stops db" -S web="$TEND_DIR/stops web" -- \
		sh -c "until [ \$(wc -l <$TEND_DIR/up) = 2 ]; do sleep 0.01; done
			echo main >>$TEND_DIR/order; exit 3"
	[ "$status" -eq 3 ]
	[ "$(tr '\n' ' ' <"$TEND_DIR/order")" = "main web db " ]
}

@test "the status of the command is the container's, whoever ends it" {
	namespace_start "$TEND_BUILD/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME" \
		-S web='sleep 1000' -- sh -c 'trap "exit 9" TERM; sleep 1000 & wait'
	_wait_until_serving
	svctl wait web main
	tend_stop
	[ "$tend_status" -eq 9 ]
	namespace_start "$TEND_BUILD/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME" \
		-S web='sleep 1000' -- sleep 1000
	_wait_until_serving
	svctl wait web main
	# Also after a death of the supervisor in between.
	tend_in kill -KILL "$(supervisor_pid)"
	wait_until 20 is_state main up
	tend_stop
	[ "$tend_status" -eq 143 ]
}

@test "a supervisor that dies while the end is under way keeps its status" {
	service essential <<-END
		command = sh -c 'until [ -e $TEND_DIR/go ]; do sleep 0.01; done; exit 5'
		essential = yes
		restart = never
	END
	service slow <<-END
		command = sh -c 'trap "echo >$TEND_DIR/stopping" TERM; while [ ! -e $TEND_DIR/last ]; do sleep 0.01; done'
	END
	tend_start
	svctl wait essential slow
	: >"$TEND_DIR/go"
	wait_until 20 test -e "$TEND_DIR/stopping"
	tend_in kill -KILL "$(supervisor_pid)"
	_again() { [ "$(supervisor_pid)" ]; }
	wait_until 20 _again
	: >"$TEND_DIR/last"
	wait_until 20 _is_gone "$tend_outer"
	status=0
	wait "$tend_outer" || status=$?
	[ "$status" -eq 5 ]
}

@test "-S main beside a command is left out, keys of main are not" {
	export TEND_SVC_main_command='false' TEND_SVC_main_success_exit_status=4
	whole_at_once -S main='sleep 1000' -- sh -c 'exit 4'
	[ "$status" -eq 0 ]
	[[ "$output" == *"-S main=sleep 1000: 'main' is the command behind --"* ]]
	[[ "$output" == *"TEND_SVC_main_command: the command behind -- is used"* ]]
	export TEND_SVC_main_restart=sometimes
	whole_at_once -S web='sleep 1000' -- true
	[ "$status" -eq 1 ]
	[[ "$output" == *"main: it cannot be started"* ]]
}

@test "a supervisor alone ends with its command" {
	run in_namespace timeout -s KILL 30 "$TEND_BUILD/supervisor" -f \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME" -S web='sleep 1000' -- \
		sh -c 'exit 6'
	[ "$status" -eq 6 ]
}

shows() {
	tr -d '\r' <"$SCREEN" | grep -qF -- "$1"
}

@test "H8: a command beside services has the terminal, and job control" {
	local line
	mkfifo "$TEND_DIR/keys"
	line="${tend_unshare[*]} $TEND_BUILD/init -c $TEND_CONFIG -r $TEND_RUNTIME"
	line="$line -S web='sleep 1000' -- bash --norc -i"
	SHELL=/bin/sh PS1='> ' env --default-signal script -qfec "$line" \
		/dev/null <"$TEND_DIR/keys" >"$SCREEN" 2>&1 3>&- &
	job=$!
	exec 8>"$TEND_DIR/keys"
	printf 'echo at $((40 + 2))\n' >&8
	wait_until 20 shows "at 42"
	run ! shows "job control"
	# ^Z stops the foreground alone, ^C ends it alone.
	printf 'sleep 1001\n' >&8
	_is_in_state() { grep -q "^State:.$1" "/proc/$(pgrep -fx 'sleep 1001')/status"; } 2>/dev/null
	wait_until 20 _is_in_state S
	printf '\032' >&8
	wait_until 20 shows "Stopped"
	wait_until 20 _is_in_state T
	printf 'fg\n' >&8
	wait_until 20 _is_in_state S
	printf '\003' >&8
	_is_over() { ! pgrep -fx 'sleep 1001' >/dev/null; }
	wait_until 20 _is_over
	printf 'stty tostop; echo back $?\n' >&8
	wait_until 20 shows "back 0"
	printf 'svctl -r %s is-active web main && exit 5\n' "$TEND_RUNTIME" >&8
	wait_until 20 _is_gone "$job"
	status=0
	wait "$job" || status=$?
	job=
	[ "$status" -eq 5 ]
}

# As an engine of containers does it: PID 1 leads the session.
@test "H8: a hang-up of init's terminal reaches the command" {
	local line
	mkfifo "$TEND_DIR/keys"
	cat >"$TEND_DIR/main" <<-END
		#!/bin/sh
		trap 'echo hup >$TEND_DIR/hup; exit 0' HUP
		tty >$TEND_DIR/tty
		ps -o tpgid= -p \$\$ >$TEND_DIR/foreground
		while :; do sleep 0.05; done
	END
	chmod +x "$TEND_DIR/main"
	line="${tend_unshare[*]} setsid -c $TEND_BUILD/init -c $TEND_CONFIG"
	line="$line -r $TEND_RUNTIME -S web='sleep 1000' -- $TEND_DIR/main"
	SHELL=/bin/sh script -qfec "$line" /dev/null <"$TEND_DIR/keys" \
		>"$SCREEN" 2>&1 3>&- &
	job=$!
	exec 8>"$TEND_DIR/keys"
	wait_until 20 test -s "$TEND_DIR/foreground"
	grep -q ^/dev/pts "$TEND_DIR/tty"
	[ "$(cat "$TEND_DIR/foreground")" -gt 1 ]
	kill -KILL "$job"
	wait "$job" || true
	job=
	wait_until 20 test -s "$TEND_DIR/hup"
}

@test "init outside PID 1 says what to run instead" {
	run "$TEND_BUILD/init" -S web='sleep 1000' -- true
	[ "$status" -eq 2 ]
	[[ "$output" == *"not PID 1; run supervisor -f"* ]]
	run "$TEND_BUILD/init" -S web='sleep 1000' true
	[ "$status" -eq 2 ]
	[[ "$output" == *"a command beside services follows --"* ]]
}
