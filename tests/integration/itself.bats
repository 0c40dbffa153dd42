#!/usr/bin/env bats
# H42: services that ask their own supervisor for something, and wait for it.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	PATH=$TEND_BUILD:$PATH
	printf 'command = sleep 1000\nautostart = no\n' | service other
}

teardown() { tend_teardown; }

# A oneshot that runs these lines; what they return is in exits.
asks() { # NAME LINE...
	local name=$1
	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$TEND_DIR/$name"
	chmod +x "$TEND_DIR/$name"
	printf 'type = oneshot\ncommand = %s/%s\nstart-timeout = 30\n' \
		"$TEND_DIR" "$name" | service "$name"
}

@test "H42: a oneshot uses svctl for what does not wait for it" {
	asks first "svctl --timeout 20s start other" \
		"echo \$? >>$TEND_DIR/exits" \
		"svctl --timeout 20s restart other" \
		"echo \$? >>$TEND_DIR/exits" \
		"svctl --timeout 20s apply; echo \$? >>$TEND_DIR/exits" \
		"svctl --timeout 20s stop other; echo \$? >>$TEND_DIR/exits" \
		"svctl status first >/dev/null; echo \$? >>$TEND_DIR/exits"
	tend_start
	svctl --timeout 30s wait first
	# It is not up while it runs.
	[ "$(tr '\n' ' ' <"$TEND_DIR/exits")" = "0 0 0 0 3 " ]
	is_state first "done"
	is_state other down
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H42: a oneshot that waits for what waits for it: in time, all goes on" {
	asks first "svctl --timeout 500ms start later" \
		"echo \$? >>$TEND_DIR/exits" \
		"svctl --timeout 500ms wait first" \
		"echo \$? >>$TEND_DIR/exits"
	printf 'command = sleep 1000\nautostart = no\nrequires = first\nafter = first\n' |
		service later
	tend_start
	# Others are heard meanwhile.
	svctl --timeout 10s start other
	svctl --timeout 30s wait first
	[ "$(tr '\n' ' ' <"$TEND_DIR/exits")" = "7 7 " ]
	# The request was taken all the same.
	svctl --timeout 10s wait later
	run ! console_has BUG
}

@test "H42: a service that stops, or whose end stops, itself through svctl" {
	printf 'command = sh -c "echo >>%s/runs; svctl stop self; echo >>%s/after; exec sleep 1000"\n' \
		"$TEND_DIR" "$TEND_DIR" | service self
	printf 'command = sh -c "trap \\"svctl --timeout 500ms wait trap; exit 0\\" TERM; echo >>%s/ready; while :; do sleep 0.05; done"\n' \
		"$TEND_DIR" | service trap
	tend_start
	wait_until 20 is_state self down
	[ "$(line_count "$TEND_DIR/runs")" -eq 1 ]
	[ ! -e "$TEND_DIR/after" ]
	wait_until 20 has_lines "$TEND_DIR/ready" 1
	# Its svctl waits for the end of its own parent.
	svctl --timeout 15s restart trap
	wait_until 20 has_lines "$TEND_DIR/ready" 2
	is_state trap up
	tend_stop
	[ "$tend_status" -eq 0 ]
	run ! console_has BUG
}
