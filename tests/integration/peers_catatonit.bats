#!/usr/bin/env bats
# init called catatonit beside catatonit itself: see tests/helpers/peers.bash.
# Inner shells expand what is in single quotes.
# Each test has its own variables.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common
load ../helpers/peers

@test "catatonit and init called catatonit: statuses" {
	has_peer catatonit
	same_statuses --
	same_statuses -g --
}

@test "catatonit and init called catatonit: usage" {
	has_peer catatonit
	same_usage -Q --nonsense
}

@test "catatonit and init called catatonit: what the command finds" {
	has_peer catatonit
	same_self --
}

@test "catatonit and init called catatonit: signals" {
	has_peer catatonit
	same_signals --
	GROUP=1 same_signals -g --
}

@test "catatonit and init called catatonit: -P waits and reaps, until TERM" {
	has_peer catatonit
	local program signal
	for program in "$PEER" "$OURS/catatonit"; do
		for signal in TERM INT; do
			namespace_start "$program" -P
			# Before it has blocked signals PID 1 loses them. They
			# do not count as blocked while it waits for them.
			_listens() {
				[[ "$(cat "/proc/$tend_init/wchan")" == *sigtimedwait* ]] ||
					grep -q '^SigBlk:.*[4-7c-f]...$' \
						"/proc/$tend_init/status"
			}
			wait_until 20 _listens
			# An orphan, that somebody else started.
			tend_in sh -c '(sleep 0.05 &)'
			_has_none() { [ -z "$(_children_of "$tend_init")" ]; }
			wait_until 20 _has_none
			kill -HUP "$tend_init"
			kill "-$signal" "$tend_init"
			wait_until 20 _is_gone "$tend_outer"
			status=0
			wait "$tend_outer" || status=$?
			tend_outer=
			tend_init=
			[ "$status" -eq 0 ]
		done
	done
}
