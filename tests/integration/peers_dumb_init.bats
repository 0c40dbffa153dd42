#!/usr/bin/env bats
# init called dumb-init beside dumb-init itself: see tests/helpers/peers.bash.
# Inner shells expand what is in single quotes.
# Each test has its own variables.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common
load ../helpers/peers

@test "dumb-init and init called dumb-init: statuses" {
	has_peer dumb-init
	same_statuses --
	same_statuses -c
	DUMB_INIT_SETSID=0 same_statuses --
}

@test "dumb-init and init called dumb-init: usage" {
	has_peer dumb-init
	same_usage -Q -r --nonsense
	same -r 15 true
	same -r 15:x true
	same -r x:15 true
	same -r 99:1 true
}

@test "dumb-init and init called dumb-init: what the command finds" {
	has_peer dumb-init
	same_self --
	same_self -c
}

@test "dumb-init and init called dumb-init: signals, in a session or not" {
	has_peer dumb-init
	GROUP=1 same_signals --
	same_signals -c
	same_signals --single-child --
	DUMB_INIT_SETSID=0 same_signals --
	same_signals -c -r 1:12 -r 2:0 -r 3:1
	GROUP=1 same_signals --rewrite 10:0 --
	DUMB_INIT_DEBUG=1 same_signals -c
}

@test "dumb-init and init called dumb-init: the rest of the group gets TERM" {
	has_peer dumb-init
	local program
	for program in "$PEER" "$OURS/dumb-init"; do
		rm -f "$TEND_DIR/notes"
		# Not as PID 1, with which all that is left would be killed.
		cat >"$TEND_DIR/leaver" <<-'END'
			#!/bin/bash
			(trap 'echo TERM >>"$TEND_DIR/notes"; exit' TERM
				echo ready >>"$TEND_DIR/notes"
				while :; do sleep 0.02; done) &
			until [ -s "$TEND_DIR/notes" ]; do sleep 0.02; done
			exit 9
		END
		chmod +x "$TEND_DIR/leaver"
		namespace_start sh -c 'while :; do sleep 1000 & wait $!; done'
		run tend_in "$program" -- "$TEND_DIR/leaver"
		[ "$status" -eq 9 ]
		wait_until 20 grep -qx TERM "$TEND_DIR/notes"
		tend_kill
	done
}

@test "dumb-init and init called dumb-init: stopped at a terminal, both stop" {
	has_peer dumb-init
	local program stat
	for program in "$PEER" "$OURS/dumb-init"; do
		rm -f "$TEND_DIR/notes" "$TEND_DIR/notes.end"
		"$program" -- "$LISTENER" "$TEND_DIR/notes" member \
			</dev/null >/dev/null 2>&1 3>&- &
		tend_outer=$!
		wait_until 20 has_marks ready
		kill -TSTP "$tend_outer"
		_is_stopped() {
			stat=$(cat "/proc/$1/stat")
			stat=${stat##*) }
			[ "${stat%% *}" = T ]
		}
		wait_until 20 _is_stopped "$tend_outer"
		wait_until 20 _is_stopped "$(_children_of "$tend_outer" | awk '{ print $1 }')"
		kill -CONT "$tend_outer"
		wait_until 20 grep -qx CONT "$TEND_DIR/notes"
		touch "$TEND_DIR/notes.end"
		wait_until 20 _is_gone "$tend_outer"
		wait "$tend_outer" || true
		tend_outer=
	done
}
