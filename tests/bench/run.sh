#!/bin/sh
# `make bench`: figures of the programs in build/, beside a bare vfork and exec
# loop and beside those peers that are installed, in the same run. Everything
# happens in namespaces. Environment: ROUNDS (5), IDLE seconds (10).
: "${ROUNDS:=5}" "${IDLE:=10}"
here=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "$here/../.." && cd "${BUILD:-build}" && pwd) || exit 1
export BUILD

if [ "$(id -u)" -eq 0 ]; then
	new=-pfmn
else
	new=-Urpfmn
fi

inside() {
	timeout -k 1 120 unshare "$new" --mount-proc --kill-child \
		"$here/inside.sh" "$@" </dev/null
}

. "$here/lib.sh"

# The same measurement of all, taking turns, so that a drift hits all alike.
compare() { # CASE COUNT WHO...
	what=$1 count=$2
	shift 2
	for who; do : >"$dir/$what.$who"; done
	round=0
	while [ "$round" -lt "$ROUNDS" ]; do
		for who; do
			inside "$what" "$who" "$count" >>"$dir/$what.$who"
		done
		round=$((round + 1))
	done
	read -r bare _ <<-END
		$(medians <"$dir/$what.bare")
	END
	for who; do
		read -r value p99 <<-END
			$(medians <"$dir/$what.$who")
		END
		if [ -z "$value" ]; then
			row "  $who" "failed"
			continue
		fi
		[ -z "$p99" ] || p99=", p99 $p99 us"
		row "  $who" "$value us$p99, $(ratio "$value" "$bare") x bare"
	done
}

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

echo "tend $(cat "$here/../../VERSION"), Linux $(uname -r), $(nproc) CPUs," \
	"$ROUNDS rounds, medians"
echo
echo "Sizes, bytes"
for program in init supervisor svctl svlog; do
	[ ! -f "$BUILD/$program" ] ||
		row "  $program" "$(wc -c <"$BUILD/$program")"
done

echo
"$here/wraps.sh"

echo
echo "init and supervisor with idle services, over $IDLE s"
for count in 0 100 1000; do
	read -r init_kb kb fds init_switches switches <<-END
		$(inside idle "$count" "$IDLE")
	END
	row "  $count services: private memory of the supervisor, kB" "$kb"
	row "    of init, kB" "$init_kb"
	row "    descriptors of the supervisor" "$fds"
	row "    context switches of init, of the supervisor" \
		"$init_switches, $switches"
done

peers=
has runsvdir && peers="$peers runit"
has s6-svscan && peers="$peers s6"
has dinit && peers="$peers dinit"

echo
echo "1,000 starts, from the start of the supervisor to main of the last"
# shellcheck disable=SC2086
compare starts 1000 bare tend $peers

for graph in 1000x1 10x100 1x1000; do
	echo
	echo "1,000 oneshots, $graph (layers, of so many each that need all of the"
	echo "layer before), from the start of the supervisor to main of the last"
	compare graph "$graph" bare tend
done

echo
echo "kill -9 of a service to main of the next, 200 of them"
# runit waits a second between two starts.
# shellcheck disable=SC2046
compare kills 200 bare tend $(printf '%s\n' "$peers" | sed 's/ runit//; s/ s6//')

echo
echo "Instructions, counted by callgrind"
if has valgrind; then
	empty=$(inside count 0 0)
	loaded=$(inside count 1000 0)
	# The first start is in both.
	some=$(inside count 1000 1000)
	more=$(inside count 1000 2000)
	row "  a transition of a service, and what follows from it" \
		$(((more - some) / 1000))
	row "  1,000 definitions loaded, for each" \
		$(((loaded - empty) / 1000))
else
	row "  valgrind" "not installed"
fi

echo
row "System calls of the supervisor for a restart" "$(inside calls 50)"

echo
echo "svctl restart of a service until it is up, 200 of them, while starts of"
echo "others hang (a log without a reader, a mount that does not answer) and"
echo "the supervisor's output blocks"
for count in 0 40 200; do
	read -r value p99 <<-END
		$(inside bounded "$count" 200)
	END
	row "  $count hang" "${value:-failed} us, p99 ${p99:-failed} us"
done

# One supervisor may die 4 times a minute.
echo
echo "A supervisor that is killed, or upgraded in place, under init: until the"
echo "next one serves, and its private memory before and after"
for count in 10 1000 10000; do
	for how in kill upgrade; do
		read -r median worst before after <<-END
			$(inside recover "$count" "$how" 4)
		END
		row "  $how, $count services" "${median:-failed} us, worst $worst"
		row "    private memory, kB" "$before, then $after"
	done
done

echo
ROUNDS=3 "$here/svlog.sh"
echo
ROUNDS=3 "$here/svlogs.sh"
