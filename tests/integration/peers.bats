#!/usr/bin/env bats
# What is meant to differ between init and those whose place it takes.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common
load ../helpers/peers

# The pid that LISTEN_PID has, less the command's own.
listen_pid() { # PROGRAM
	"${tend_unshare[@]}" timeout -s KILL 20 sh -c 'LISTEN_PID=$$ exec "$@"' \
		sh "$1" -- sh -c 'echo $((LISTEN_PID - $$))' 2>/dev/null 3>&-
}

# The end of a pipe comes when the command has closed it, while it lives.
sees_the_end() { # PROGRAM SECONDS
	local read_end status=0
	mkfifo "$TEND_DIR/pipe" 2>/dev/null || true
	namespace_start sh -c 'exec "$@" 7>"$0"' "$TEND_DIR/pipe" \
		"$1" -- sh -c 'exec 7>&-; echo >"$0"; sleep 1000' \
		"$TEND_DIR/closed"
	exec {read_end}<"$TEND_DIR/pipe"
	wait_until 20 test -s "$TEND_DIR/closed"
	# Nobody writes: at an end this returns.
	timeout "$2" cat <&"$read_end" || status=$?
	exec {read_end}<&-
	tend_kill
	return "$status"
}

differs() { # WHAT
	echo "# deliberate: $1" >&3
}

@test "what is meant to differ from tini, dumb-init and catatonit" {
	local name
	for name in tini dumb-init catatonit; do
		has_peer "$name"
	done
	differs "--version names tend; engines take it for tini's"
	for name in tini catatonit; do
		run "$OURS/$name" --version
		[[ "$output" == "tini version "*_tend ]]
	done
	[[ "$("$OURS/dumb-init" -V)" == "dumb-init v"*_tend ]]
	differs "LISTEN_PID follows the command under every name"
	for name in tini dumb-init; do
		[ "$(listen_pid "$(command -v "$name")")" -lt 0 ]
	done
	for name in tini dumb-init catatonit; do
		[ "$(listen_pid "$OURS/$name")" -eq 0 ]
	done
	differs "catatonit blocks TSTP, TTIN and TTOU of its command; init does not"
	run "${tend_unshare[@]}" catatonit -- grep SigBlk /proc/self/status
	[[ "$output" == *0000000000380000 ]]
	run "${tend_unshare[@]}" "$OURS/catatonit" -- grep SigBlk /proc/self/status
	[[ "$output" == *0000000000000000 ]]
	differs "init is a subreaper without -s where it is not PID 1"
	cat >"$TEND_DIR/orphan" <<-'END'
		while :; do
			parent=$(sed -n 's/^PPid:.//p' /proc/$$/status)
			[ "$parent" -ne 1 ] &&
				[ "$(cat "/proc/$parent/comm")" != tini ] || break
			sleep 0.02
		done
		echo "$parent" >"$1"
	END
	_parent() { # PROGRAM
		rm -f "$TEND_DIR/parent"
		"${tend_unshare[@]}" timeout -s KILL 20 sh -c '"$@"; :' sh \
			"$1" -- sh -c '(sh "$1" "$2" &)
			until [ -s "$2" ]; do sleep 0.02; done' \
			sh "$TEND_DIR/orphan" "$TEND_DIR/parent" 2>/dev/null 3>&-
		cat "$TEND_DIR/parent"
	}
	[ "$(_parent "$(command -v tini)")" -eq 1 ]
	[ "$(_parent "$OURS/tini")" -gt 1 ]
	differs "init has a --help and -h that says what it knows under any name"
	run "$OURS/tini" --help
	[ "$status" -eq 0 ]
	differs "init holds no descriptor of its command's open"
	run ! sees_the_end "$(command -v tini)" 1
	# The command may be faster than who has started it.
	sees_the_end "$OURS/tini" 20
}
