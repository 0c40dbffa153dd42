# shellcheck shell=bash
# Inner shells expand what is in single quotes; functions are called by tests.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
# init under the names of tini, dumb-init and catatonit beside the programs of
# these names: the same is done to both, and what is seen must be equal. What
# is meant to differ is printed, and tested, in peers.bats.

setup() {
	tend_setup
	OURS=$TEND_DIR/ours
	mkdir "$OURS"
	local name
	for name in tini dumb-init catatonit; do
		ln -s "$TEND_BUILD/init" "$OURS/$name"
	done
	LISTENER=$TEND_HELPERS/listener
}

teardown() { tend_teardown; }

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
		same "$@" bash -c "kill -$n \$\$; exit 99"
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
# descriptors; a shell would change some of it. catatonit leaves TSTP, TTIN and
# TTOU blocked, which no program expects: see peers.bats. Signals 32 and 33, of
# the C library, are as they are inherited in some and not in others.
same_self() { # OPTIONS...
	local peers ours n value
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
			while read -r n value; do
				value=$((0x$value & ~0x180000000))
				[ "$n $value" != "SigBlk: $((0x380200))" ] ||
					value=$((0x200))
				echo "$n $value"
			done
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

# The listener and its member listen.
has_marks() { # MARK
	grep -qx "$1" "$TEND_DIR/notes" 2>/dev/null &&
		grep -qx "member $1" "$TEND_DIR/notes"
}

# Each signal is sent to a PID 1; what its command and another of its group
# have noted. Behind each comes a 64: the lowest number is the first for whoever
# passes it on, and for the listener.
noted() { # PROGRAM ARGS...
	local notes=$TEND_DIR/notes signal rounds=0 status=0
	rm -f "$notes" "$notes.end"
	namespace_start "$@" "$LISTENER" "$notes" member
	wait_until 20 has_marks ready
	_has_rounds() { [ "$(grep -cx "$1" "$notes")" -ge "$rounds" ]; }
	for signal in ${SIGNALS:-HUP INT QUIT USR1 USR2 TERM WINCH PWR URG ALRM 34 63}; do
		kill "-$signal" "$tend_init"
		kill -64 "$tend_init"
		rounds=$((rounds + 1))
		wait_until 20 _has_rounds 64
		[ -z "${GROUP:-}" ] || wait_until 20 _has_rounds "member 64"
	done
	touch "$notes.end"
	wait_until 20 _is_gone "$tend_outer"
	wait "$tend_outer" || status=$?
	tend_outer=
	tend_init=
	# One before the other, as the processor is given to them.
	sort "$notes"
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
	[[ "$peers" == *64*URG*"status 5" ]]
}
