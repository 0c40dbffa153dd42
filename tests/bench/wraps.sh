#!/bin/sh
# usage: wraps.sh: `init -- COMMAND` beside tini, dumb-init and catatonit, those
# of them that are in PATH, in one run: all take turns in each round.
# What else runs on the machine is kept out where we may be that impolite.
# Environment: BUILD, ROUNDS (5), STARTS (300), ORPHANS (50000), SIGNALS (2000):
# of a round.
: "${ROUNDS:=5}" "${STARTS:=300}" "${ORPHANS:=50000}" "${SIGNALS:=2000}"
here=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "$here/../.." && cd "${BUILD:-build}" && pwd) || exit 1
export BUILD
. "$here/lib.sh"
bench=$BUILD/bench
# Else tini complains, of being told nothing, where it is not PID 1.
export TINI_SUBREAPER=1

if [ "$(id -u)" -eq 0 ]; then
	new=-pfm
else
	new=-Urpfm
fi
first=
[ "$(nice -n -19 nice 2>/dev/null)" != -19 ] || first="nice -n -19"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

names=init
programs=$BUILD/init
for name in tini tini-static dumb-init catatonit; do
	if has "$name"; then
		names="$names $name"
		programs="$programs $(command -v "$name")"
	fi
done

as_pid1() {
	# shellcheck disable=SC2086
	timeout -k 1 120 $first unshare "$new" --mount-proc --kill-child \
		"$@" </dev/null 2>>"$dir/errors"
}

columns() { # FIGURE VALUE...
	printf '%-38s' "$1"
	shift
	[ $# -eq 0 ] || printf ' %11s' "$@"
	echo
}

# Its own file, and all that it loads.
bytes_loaded() { # PROGRAM
	{
		echo "$1"
		ldd "$1" 2>/dev/null | grep -o '/[^ ]*'
	} | while read -r file; do wc -c <"$file"; done |
		awk '{ n += $1 } END { print n }'
}

# Those that were interrupted are written in two lines.
calls() { # COMMAND...
	strace -f -qq -e signal=none -o "$dir/trace" "$@" 2>/dev/null
	grep -c '^[0-9]* *[a-z_0-9]*(' "$dir/trace"
}

# The N-th number of the medians of each.
show() { # FIGURE CASE N
	shown=
	for name in $names; do
		value=$(medians <"$dir/$2.$name" | awk -v n="$3" '{ print $n }')
		shown="$shown ${value:-failed}"
	done
	# shellcheck disable=SC2086
	columns "$1" $shown
}

measure() {
	for name in $names; do
		program=$BUILD/init
		[ "$name" = init ] || program=$(command -v "$name")
		as_pid1 "$program" -- "$bench/wraps" orphans "$ORPHANS" \
			>>"$dir/orphans.$name"
		as_pid1 "$program" -- "$bench/wraps" signals "$SIGNALS" \
			>>"$dir/signals.$name"
		as_pid1 "$here/inside.sh" wrap "$program" -- \
			>>"$dir/memory.$name"
	done
	for how in pid1 child; do
		# shellcheck disable=SC2086
		as_pid1 "$bench/wraps" starts "$STARTS" "$how" \
			"$bench/nothing" $programs >"$dir/times"
		n=1
		for name in $names; do
			n=$((n + 1))
			awk -v n="$n" '{ printf "%.0f\n", $n - $1 }' \
				"$dir/times" >>"$dir/$how.$name"
		done
		awk '{ print $1 }' "$dir/times" >>"$dir/$how.bare"
	done
}

round=0
while [ "$round" -lt "$ROUNDS" ]; do
	measure
	round=$((round + 1))
done

echo "PID 1 with one command; medians of $ROUNDS rounds"
# shellcheck disable=SC2086
columns '' $names
sizes='' loaded='' called=''
has strace && alone=$(calls "$bench/nothing")
for program in $programs; do
	sizes="$sizes $(wc -c <"$program")"
	loaded="$loaded $(bytes_loaded "$program")"
	has strace && called="$called $(($(calls "$program" -- \
		"$bench/nothing") - alone))"
done
# shellcheck disable=SC2086
{
	columns "  size, bytes" $sizes
	columns "    and of the libraries it loads" $loaded
}
show "  private memory beside one sleep, kB" memory 1
show "    with its share of what is shared, kB" memory 2
show "  -- true, as PID 1: us added to $(medians <"$dir/pid1.bare" |
	awk '{ printf "%.0f", $1 }')" pid1 1
show "    as any process: us added to $(medians <"$dir/child.bare" |
	awk '{ printf "%.0f", $1 }')" child 1
# shellcheck disable=SC2086
columns "    system calls added" $called
show "  CPU us of each of $ORPHANS orphans" orphans 1
show "    zombies at most" orphans 2
show "  signal to PID 1 and back, median, us" signals 1
show "    99th percentile, us" signals 2
[ ! -s "$dir/errors" ] || sort "$dir/errors" | uniq -c | head -n 5
