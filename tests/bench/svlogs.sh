#!/bin/bash
# usage: svlogs.sh: many services at once, by one svlog and by as many svlogd,
# s6-log and multilog as there are services, those of them that are in PATH,
# with stamps and rotation at 1 MiB, 10 files. Private memory with 1, 100 and
# 1,000 services that have written a line each, at rest; MB/s and CPU seconds of the
# loggers for each GB of 200 pipes, 4,000 bytes a write. BUILD, ROUNDS (3), MB
# (600): of a round. In a PID namespace of its own, which ends what is left.
: "${BUILD:=build}" "${ROUNDS:=3}" "${MB:=600}"
if [ "${1:-}" != --inside ]; then
	BUILD=$(cd "$BUILD" && pwd) || exit 1
	export BUILD ROUNDS MB
	new=-Urpfm
	[ "$(id -u)" -ne 0 ] || new=-pfm
	exec unshare "$new" --mount-proc --kill-child "$0" --inside
fi

top=$(mktemp -d) || exit 1
finish() {
	kill -KILL -1 2>/dev/null
	wait
	umount -l "$top" && rmdir "$top"
}
trap finish EXIT
# What it writes to is the same for all, and no disk.
mount -t tmpfs -o size=90% bench "$top" || exit 1
dir=$top/run
mkdir "$dir"
ulimit -n "$(ulimit -Hn)"

wait_for() { # WHAT CMD...
	local what=$1 end=$((SECONDS + 30))
	shift
	until "$@"; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "svlogs.sh: $what: not in 30 s" >&2
			exit 1
		fi
		sleep 0.01
	done
}

# The loggers' pids are in pids, the FIFOs in fifos.
start() { # WHO COUNT
	local who=$1 count=$2 n fd
	rm -rf "${dir:?}"/*
	mkdir -p "$dir/run/pipe" "$dir/log"
	pids=() fifos=() held=()
	for ((n = 0; n < count; n++)); do
		fifos+=("$dir/run/pipe/s$n")
	done
	mkfifo "${fifos[@]}"
	# Held open by us, as by the supervisor and its like: no end of file.
	for ((n = 0; n < count; n++)); do
		exec {fd}<>"${fifos[n]}"
		held+=("$fd")
	done
	if [ "$who" = svlog ]; then
		{
			echo "tend-logs 1"
			for ((n = 0; n < count; n++)); do
				echo "s$n to=file size=1048576 keep=10 streams=1"
			done
		} >"$dir/run/logs"
		mkfifo "$dir/run/tell"
		exec {fd}<>"$dir/run/tell"
		held+=("$fd")
		"$BUILD/svlog" --run-dir "$dir/run" --log-dir "$dir/log" &
		pids=($!)
		return
	fi
	for ((n = 0; n < count; n++)); do
		local log=$dir/log/s$n
		mkdir "$log"
		case $who in
		svlogd)
			printf 's1048576\nn10\n' >"$log/config"
			svlogd -ttt "$log" <"${fifos[n]}" 2>>"$dir/err" &
			;;
		s6-log) s6-log -b T n10 s1048576 "$log" <"${fifos[n]}" & ;;
		multilog) multilog t n10 s1048576 "$log" <"${fifos[n]}" & ;;
		esac
		pids+=($!)
	done
}

stop() {
	local fd
	kill -TERM "${pids[@]}"
	for fd in "${held[@]}"; do
		exec {fd}>&-
	done
	kill -KILL "${pids[@]}" 2>/dev/null
	wait "${pids[@]}" 2>/dev/null
}

all_have_a_line() {
	local n
	for n in "${!fifos[@]}"; do
		[ -s "$dir/log/s$n/current" ] || return 1
	done
}

# Each waits for what comes next: what it does after a line it has done.
are_at_rest() {
	local pid
	for pid in "${pids[@]}"; do
		cat "/proc/$pid/task"/*/stat
	done | sed 's/.*) //' | awk '$1 != "S" { exit 1 }'
}

private_kb() {
	local pid
	for pid in "${pids[@]}"; do
		cat "/proc/$pid/smaps_rollup"
	done | awk '/^Private/ { kb += $2 } END { print kb }'
}

# Exact, where clock ticks would lose what 200 processes use a little of.
cpu_us() {
	local pid
	for pid in "${pids[@]}"; do
		cat "/proc/$pid/task"/*/schedstat
	done | awk '{ t += $1 } END { print t / 1000 }'
}

who=svlog
for peer in svlogd s6-log multilog; do
	! command -v "$peer" >/dev/null || who="$who $peer"
done

for count in 1 100 1000; do
	echo "Private memory of the loggers of $count services, kB"
	for one in $who; do
		start "$one" "$count"
		# s6-log and multilog write when they have a line; each gets one.
		for fifo in "${fifos[@]}"; do
			echo "a line of this service" >"$fifo"
		done
		wait_for "$one" all_have_a_line
		wait_for "$one" are_at_rest
		printf '  %-56s %s\n' "$one" "$(private_kb)"
		stop
	done
done

echo "200 pipes, 4,000 bytes a write, $MB MB in all: MB/s, CPU s per GB"
for ((round = 0; round < ROUNDS; round++)); do
	for one in $who; do
		start "$one" 200
		echo ready >"${fifos[199]}"
		is_ready() { [ -s "$dir/log/s199/current" ]; }
		wait_for "$one" is_ready
		us=$("$BUILD/bench/pour" "$((MB * 5000))" 4000 "${fifos[@]}") ||
			exit 1
		echo "$us $(cpu_us)" >>"$top/$one"
		stop
	done
done
for one in $who; do
	sort -n "$top/$one" |
		awk -v mb="$MB" -v who="$one" '
		{ us[NR] = $1; t[NR] = $2 }
		END {
			n = int((NR + 1) / 2)
			printf "  %-56s %.0f, %.2f\n", who, mb / us[n] * 1e6,
				t[n] / mb / 1000
		}'
	rm -f "$top/$one"
done
