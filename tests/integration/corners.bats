#!/usr/bin/env bats
# What no other test reaches: messages for rare mistakes, rare ends. `make
# coverage` tells what is left.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# shellcheck disable=SC2016,SC2154,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }
teardown() { tend_teardown; }

has() { # TEXT: in $output
	grep -qF -- "$1" <<<"$output" || {
		echo "no '$1' in: $output"
		return 1
	}
}

@test "check names services that are unknown or masked, and accounts" {
	service web <<-END
		command = sleep 1000
		requires = dbb gone
		wants = nowhere
		user = nosuchuser
		group = nosuchgroup
	END
	printf 'command = sleep 1000\nuser = 12345\n' | service db
	ln -s /dev/null "$TEND_CONFIG/services/gone"
	run svctl_alone check
	[ "$status" -eq 78 ]
	has "services/web:2:12: requires: no service 'dbb'; did you mean 'db'?"
	has "web:2:16: warning: requires: 'gone' is masked, so 'web' cannot"
	has "web:3:9: warning: wants: no service 'nowhere'; it is left out"
	has "web:4:8: warning: user: no user 'nosuchuser' in /etc/passwd"
	has "web:5:9: warning: group: no group 'nosuchgroup' in /etc/group"
	[[ "$output" != *12345* ]]
	run svctl_alone check "$TEND_CONFIG/services/nothing"
	[ "$status" -ne 0 ]
	has "cannot be read: No such file"
	printf 'command = sleep 1\n' >"$TEND_DIR/-a"
	run svctl_alone check "$TEND_DIR/-a"
	[ "$status" -ne 0 ]
	has "'-a' is not the name of a service"
}

# No supervisor is asked.
svctl_alone() {
	timeout 30 "$TEND_BUILD/svctl" -c "$TEND_CONFIG" -r "$TEND_RUNTIME" "$@"
}

@test "--json escapes what is no plain text" {
	printf 'command = sleep 1000\ndescription = a "b" c\\\\d é \377 %s\n' \
		"$(printf '\360\237\230\200 \355\240\200')" | service web
	tend_start
	svctl wait web
	run -0 svctl --json status web
	has '"a \"b\" c\\\\d é \ufffd 😀 \ufffd\ufffd\ufffd"'
	jq -e . <<<"$output" >/dev/null
}

@test "at a terminal, a start that takes long says what it waits for" {
	printf 'type = oneshot\ncommand = sleep 1000\nautostart = no\n' |
		service slow
	tend_start
	run tend_in timeout 30 script -qec \
		"$TEND_BUILD/svctl --timeout 3s start slow" /dev/null
	has "slow: waiting: starting"
	has "gave up waiting"
}

@test "plan: masked, unmasked, mended" {
	printf 'command = sleep 1000\n' | service web
	printf 'command = \n' | service broken
	ln -s /dev/null "$TEND_CONFIG/services/gone"
	tend_start
	svctl wait web
	run svctl plan
	rm "$TEND_CONFIG/services/gone"
	printf 'command = sleep 1000\n' | service gone
	printf 'command = sleep 1000\n' | service broken
	ln -sf /dev/null "$TEND_CONFIG/services/web"
	run svctl plan
	echo "$output"
	has "masked"
	has "unmasked"
	has "invalid -> valid"
	svctl apply
	wait_until 10 is_state web masked
	wait_until 10 is_state broken up
}

@test "apply with a tend.conf that is wrong changes nothing" {
	printf 'command = sleep 1000\n' | service web
	tend_start
	svctl wait web
	printf 'command = sleep 1000\n' | service more
	echo 'strat = all' >"$TEND_CONFIG/tend.conf"
	run svctl apply
	[ "$status" -eq 78 ]
	has "unknown key 'strat'; did you mean 'start'?"
	# The supervisor looks for itself.
	echo apply >"$TEND_RUNTIME/control"
	wait_until 10 grep -q "did you mean 'start'?; nothing is changed" \
		"$TEND_CONSOLE"
	[ -z "$(state_of more)" ]
	run svctl enable web
	[ "$status" -eq 78 ]
	run svctl check
	[ "$status" -eq 78 ]
	echo 'start = enabled' >"$TEND_CONFIG/tend.conf"
	svctl apply
	[ "$(state_of more)" = down ]
	is_state web up
}

@test "start = enabled without a service 'default' starts nothing" {
	printf 'command = sleep 1000\n' | service web
	echo 'start = enabled' >"$TEND_CONFIG/tend.conf"
	tend_start
	[ "$(state_of web)" = down ]
	grep -q "start = enabled, but there is no service 'default'" \
		"$TEND_CONSOLE"
}

@test "a command that has no room fails the start, and says so" {
	{
		printf 'environment = A=%s\n' \
			"$(head -c 30000 /dev/zero | tr '\0' x)"
		printf 'restart = never\ncommand = echo %s\n' \
			"$(yes '${A}' | head -n 1500 | tr -d '\n')"
	} | service big
	printf 'command = sleep 1000\n' | service web
	tend_start
	run svctl start big
	[ "$status" -ne 0 ]
	has "failed: definition"
	grep -q "big: too large: its words need more memory" "$TEND_CONSOLE"
	# Nobody else has to suffer.
	svctl restart web
	is_state web up
}

@test "ten thousand variables of a file reach the service" {
	seq 10000 | sed 's/.*/V&=&/' >"$TEND_DIR/many"
	service many <<-END
		type = oneshot
		command = sh -c 'env | grep -c ^V'
		environment-file = $TEND_DIR/many
		log = file
	END
	tend_start
	svctl wait many
	[ "$(log_of many)" = 10000 ]
}

@test "the rest of a group that ignores TERM is killed when time is up" {
	service web <<-END
		command = sh -c '(trap "" TERM; echo a >$TEND_DIR/ready; exec sleep 1000) & wait'
		stop-timeout = 300ms
	END
	tend_start
	svctl wait web
	wait_until 10 test -s "$TEND_DIR/ready"
	svctl stop web
	is_state web down
	run ! tend_in pgrep -x sleep
}

@test "poweroff of a supervisor that init did not start is refused" {
	supervisor_start_standalone
	run svctl poweroff
	echo "$output"
	[ "$status" -ne 0 ]
	has "not started by init"
}

@test "H50: killed between a clone and the journal's word of it" {
	local outer name
	for name in a b; do
		service $name <<-END
			command = sh -c 'echo >>$TEND_DIR/$name.starts; exec sleep 1000'
			autostart = no
		END
	done
	printf 'type = target\nrequires = a b\nautostart = no\n' |
		service both
	tend_start
	read -r outer _ <<<"$(_children_of "$tend_init")"
	# One turn makes both; the second clone is not reached.
	strace -o "$TEND_DIR/trace" -e trace=clone \
		-e inject=clone:signal=KILL:when=2 -p "$outer" \
		2>"$TEND_DIR/strace" 3>&- &
	wait_until 10 grep -qE 'attached|not permitted' "$TEND_DIR/strace"
	! grep -q 'not permitted' "$TEND_DIR/strace" ||
		skip "strace may not attach"
	echo start both >"$TEND_RUNTIME/control"
	wait_until 10 _is_gone "$outer"
	_wait_until_serving
	svctl --timeout 10s wait a b
	[ "$(pid_of a)" = "$(sed -n '1s/.* = //p' "$TEND_DIR/trace")" ]
	# That the other is to start as well was decided before.
	wait_until 10 has_lines "$TEND_DIR/b.starts" 1
	svctl start both
	[ "$(wc -l <"$TEND_DIR/b.starts")" -eq 1 ]
	[ "$(wc -l <"$TEND_DIR/a.starts")" -eq 1 ]
	[ "$(tend_in pgrep -c -x sleep)" -eq 2 ]
}

@test "where logs cannot be kept they go below the run-time root" {
	: >"$TEND_DIR/file"
	export TEND_LOG=$TEND_DIR/file/log
	printf 'command = sh -c "echo hello; exec sleep 1000"\nlog = file\n' |
		service web
	tend_start
	svctl wait web
	wait_until 10 test -s "$TEND_RUNTIME/log/web/current"
	grep -q "hello$" "$TEND_RUNTIME/log/web/current"
}

@test "a supervisor that cannot open its lock says so and ends" {
	mkdir "$TEND_RUNTIME/lock"
	run timeout 20 "${tend_unshare[@]}" "$TEND_BUILD/supervisor" -f \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	[ "$status" -ne 0 ] && [ "$status" -ne 124 ]
	has "$TEND_RUNTIME/lock: Is a directory"
}

@test "without a FIFO the services run all the same" {
	mkdir -p "$TEND_RUNTIME/control/full"
	printf 'command = sleep 1000\n' | service web
	namespace_start "$TEND_BUILD/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	wait_until 10 tend_in pgrep -x sleep
	grep -q "control cannot be made: .*; there are no requests without it" \
		"$TEND_CONSOLE"
	is_state web up
	tend_stop
}
