#!/usr/bin/env bats
# init under the names of tini, dumb-init and catatonit beside the programs of
# these names: the same is done to both, and what is seen must be equal. What
# is meant to differ is printed by the last test, and tested there.
# Inner shells expand what is in single quotes.
# Each test has its own variables.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	OURS=$TEND_DIR/ours
	mkdir "$OURS"
	local name
	for name in tini dumb-init catatonit; do
		ln -s "$TEND_BUILD/init" "$OURS/$name"
	done
	write_commands
}

teardown() { tend_teardown; }

# Notes the signals it gets, one a line; goes on until the file END is there.
write_commands() {
	cat >"$TEND_DIR/listener" <<-'END'
		#!/bin/bash
		for signal in HUP INT QUIT USR1 USR2 TERM CONT WINCH TSTP TTIN TTOU \
			PWR URG ALRM 34 64; do
			trap "echo $signal >>'$1'" "$signal"
		done
		# One of its group, that is no child of it any more.
		(trap "" INT QUIT USR1 USR2 WINCH PWR URG ALRM 34 64
			trap "echo member TERM >>'$1'; exit" TERM
			trap "echo member HUP >>'$1'" HUP
			echo member >>"$1"
			while [ ! -e "$1.end" ]; do sleep 0.02; done) &
		disown
		echo ready >>"$1"
		while [ ! -e "$1.end" ]; do sleep 0.02; done
		exit 5
	END
	chmod +x "$TEND_DIR/listener"
}

# In a namespace of its own as PID 1; output and status.
seen() { # PROGRAM ARGS...
	local status=0 text
	text=$("${tend_unshare[@]}" timeout -s KILL 20 "$@" 2>/dev/null \
		</dev/null 3>&-) || status=$?
	printf '%s\nstatus %s\n' "$text" "$status"
}

has_peer() { # NAME
	PEER=$(command -v "$1") || skip "$1 is not installed"
	NAME=$1
}

# Both see, with what comes before the program's name and what behind it.
same() { # ARGS...
	local ours peers
	peers=$(seen "$PEER" "$@")
	ours=$(seen "$OURS/$NAME" "$@")
	if [ "$ours" != "$peers" ]; then
		echo "$NAME $*"
		echo "--- $PEER: $peers"
		echo "--- init: $ours"
		return 1
	fi
	compared=$((${compared:-0} + 1))
}

# The statuses of commands that leave, are killed, or are none.
same_statuses() { # OPTIONS...
	local n
	for n in 0 1 2 42 127 128 143 255; do
		same "$@" sh -c "exit $n"
	done
	for n in HUP INT QUIT KILL USR1 SEGV ABRT TERM 34 64; do
		same "$@" bash -c "kill -$n \$\$; sleep 5"
	done
	same "$@" "$TEND_DIR/none"
	same "$@" no-such-command
	same "$@" /etc/passwd
	same "$@" /etc
	same "$@" sh -c 'echo "$#: $*"' sh -e 5 -- --version ''
}

same_usage() { # OPTION...
	local option
	same
	for option; do
		# Words on stderr are everybody's own.
		same "$option"
	done
}

# What a command finds of itself: ids, mask and dispositions, directory and
# descriptors; a shell would change some of it. catatonit leaves
# TSTP, TTIN and TTOU blocked, which no program expects; see the last test.
same_self() { # OPTIONS...
	local peers ours n
	_self() { # PROGRAM OPTIONS...
		local at=("$@")
		_one() {
			env --block-signal=USR1 --ignore-signal=USR2,HUP,TSTP \
				"${tend_unshare[@]}" timeout -s KILL 20 \
				"${at[@]}" "$@" 2>/dev/null </dev/null 3>&- \
				7>"$TEND_DIR/seven"
		}
		_one awk '{ print "own group", $1 == $5
			print "own session", $1 == $6 }' /proc/self/stat
		_one grep -E '^Sig(Blk|Ign)' /proc/self/status |
			sed 's/0000000000380200/0000000000000200/'
		_one pwd
		# One is ls's own.
		_one ls /proc/self/fd | tr '\n' ' '
	}
	peers=$(_self "$PEER" "$@")
	ours=$(_self "$OURS/$NAME" "$@")
	[ "$(wc -l <<<"$peers")" -eq 6 ]
	if [ "$ours" != "$peers" ]; then
		echo "$NAME $*"
		echo "--- $PEER: $peers"
		echo "--- init: $ours"
		return 1
	fi
}

has_marks() { # FILE COUNT
	[ "$(wc -l <"$1" 2>/dev/null || echo 0)" -ge "$2" ]
}

# Each signal is sent to a PID 1; what its command and another of its group
# have noted.
noted() { # PROGRAM ARGS...
	local notes=$TEND_DIR/notes signal count status=0
	rm -f "$notes" "$notes.end"
	namespace_start "$@" "$TEND_DIR/listener" "$notes"
	wait_until 20 has_marks "$notes" 2
	# The command starts last in some, first in others.
	sort -o "$notes" "$notes"
	for signal in ${SIGNALS:-HUP INT QUIT USR1 USR2 WINCH PWR URG ALRM 34 64}; do
		count=$(wc -l <"$notes")
		kill "-$signal" "$tend_init"
		# Where nothing comes, nothing is waited for but the next one,
		# and every signal is in order behind this mark.
		kill -USR2 "$tend_init"
		_marked() {
			tail -n +$((count + 1)) "$notes" | grep -qx USR2
		}
		wait_until 20 _marked
		if [ "$signal" = HUP ] && [ "${GROUP:-}" ]; then
			wait_until 20 grep -qx 'member HUP' "$notes"
		fi
	done
	touch "$notes.end"
	wait_until 20 _is_gone "$tend_outer"
	wait "$tend_outer" || status=$?
	tend_outer=
	tend_init=
	sort "$notes" | uniq -c | grep -v USR2
	echo "status $status"
}

same_signals() { # OPTIONS...
	local peers ours
	peers=$(noted "$PEER" "$@")
	ours=$(noted "$OURS/$NAME" "$@")
	if [ "$ours" != "$peers" ]; then
		echo "$NAME $*"
		echo "--- $PEER: $peers"
		echo "--- init: $ours"
		return 1
	fi
	# It was no comparison of nothing with nothing.
	[[ "$peers" == *" HUP"* && "$peers" == *" 64"* ]]
}

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
			"$TEND_DIR/listener" "$TEND_DIR/notes" 2>/dev/null
		wait_until 20 grep -qx HUP "$TEND_DIR/notes"
		touch "$TEND_DIR/notes.end"
		tend_kill
	done
}

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
		"$program" -- "$TEND_DIR/listener" "$TEND_DIR/notes" \
			</dev/null >/dev/null 2>&1 3>&- &
		tend_outer=$!
		wait_until 20 has_marks "$TEND_DIR/notes" 2
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
			_waits() {
				[ "$(cat "/proc/$tend_init/wchan")" != 0 ] &&
					[[ "$(readlink "/proc/$tend_init/exe")" == *init || "$(readlink "/proc/$tend_init/exe")" == *catatonit ]]
			}
			wait_until 20 _waits
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

# The pid that LISTEN_PID has, less the command's own.
listen_pid() { # PROGRAM
	"${tend_unshare[@]}" timeout -s KILL 20 sh -c 'LISTEN_PID=$$ exec "$@"' \
		sh "$1" -- sh -c 'echo $((LISTEN_PID - $$))' 2>/dev/null 3>&-
}

# The end of a pipe comes when the command has closed it, while it lives.
sees_the_end() { # PROGRAM
	local read_end status=0
	mkfifo "$TEND_DIR/pipe" 2>/dev/null || true
	namespace_start sh -c 'exec "$@" 7>"$0"' "$TEND_DIR/pipe" \
		"$1" -- sh -c 'exec 7>&-; echo >"$0"; sleep 1000' \
		"$TEND_DIR/closed"
	exec {read_end}<"$TEND_DIR/pipe"
	wait_until 20 test -s "$TEND_DIR/closed"
	# Nobody writes: at an end this returns at once.
	timeout 1 cat <&"$read_end" || status=$?
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
	run ! sees_the_end "$(command -v tini)"
	sees_the_end "$OURS/tini"
}
