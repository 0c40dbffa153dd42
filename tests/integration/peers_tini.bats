#!/usr/bin/env bats
# init called tini beside tini itself: see tests/helpers/peers.bash.
# Inner shells expand what is in single quotes.
# Each test has its own variables.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common
load ../helpers/peers

@test "tini and init called tini: statuses, also mapped ones" {
	has_peer tini
	same_statuses --
	same_statuses -s -g --
	same -e 143 -- bash -c 'kill -TERM $$; sleep 5'
	same -e 3 -e 0 -- sh -c 'exit 3'
	same -e 3 -- sh -c 'exit 4'
	same -e 256 -- true
	same -e x -- true
}

@test "tini and init called tini: usage" {
	has_peer tini
	same_usage -Q -p -e
	same -p NOSIGNAL -- true
}

@test "tini and init called tini: what the command finds" {
	has_peer tini
	same_self --
	same_self -g --
}

@test "tini and init called tini: signals" {
	has_peer tini
	same_signals --
	GROUP=1 same_signals -g --
	TINI_KILL_PROCESS_GROUP=1 GROUP=1 same_signals --
}

@test "tini and init called tini: -p, the death of the parent" {
	has_peer tini
	local program
	for program in "$PEER" "$OURS/tini"; do
		rm -f "$TEND_DIR/notes" "$TEND_DIR/notes.end"
		cat >"$TEND_DIR/parent" <<-'END'
			"$@" &
			until [ -s "$TEND_DIR/notes" ]; do sleep 0.02; done
		END
		# The namespace outlives the parent.
		namespace_start sh -c 'while :; do sleep 1000; done'
		tend_in sh "$TEND_DIR/parent" "$program" -s -p SIGHUP -- \
			"$LISTENER" "$TEND_DIR/notes" 2>/dev/null
		wait_until 20 grep -qx HUP "$TEND_DIR/notes"
		touch "$TEND_DIR/notes.end"
		tend_kill
	done
}
