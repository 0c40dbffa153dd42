#!/bin/bash
# usage: svlog.sh: lines through a pipe into files, with stamps and rotation at
# 1 MiB, 10 files, by svlog and by those of svlogd, s6-log and multilog that
# are in PATH: MB/s, and CPU seconds of the logger for each GB. BUILD, ROUNDS
# (3), MB (300): of a round.
: "${BUILD:=build}" "${ROUNDS:=3}" "${MB:=300}"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
TIMEFORMAT='%R %U %S'

# Its standard input, by a logger with an empty directory.
log() { # WHO
	rm -rf "$dir/log"
	mkdir "$dir/log"
	case $1 in
	svlog) "$BUILD/svlog" --size 1M --keep 10 "$dir/log" ;;
	svlogd)
		printf 's1048576\nn10\n' >"$dir/log/config"
		svlogd -ttt "$dir/log" 2>>"$dir/err"
		;;
	s6-log) s6-log -b T n10 s1048576 "$dir/log" ;;
	multilog) multilog t n10 s1048576 "$dir/log" ;;
	cat) cat >"$dir/log/current" ;;
	esac
}

who="cat svlog"
for peer in svlogd s6-log multilog; do
	! command -v "$peer" >/dev/null || who="$who $peer"
done
for size in 100 1024; do
	head -c "$((MB * 1000000))" /dev/zero | tr '\0' x |
		fold -w $((size - 1)) >"$dir/lines"
	echo "Lines of $size bytes, $MB MB through a pipe: MB/s, CPU s per GB"
	for one in $who; do : >"$dir/$one"; done
	for ((round = 0; round < ROUNDS; round++)); do
		for one in $who; do
			# Only the logger's time, not that of who writes.
			{ time log "$one" < <(cat "$dir/lines"); } \
				2>>"$dir/$one"
		done
	done
	for one in $who; do
		sort -n "$dir/$one" | awk -v mb="$MB" -v who="$one" '
			{ wall[NR] = $1; cpu[NR] = $2 + $3 }
			END {
				n = int((NR + 1) / 2)
				printf "  %-56s %.0f, %.2f\n", who,
					mb / wall[n], cpu[n] * 1000 / mb
			}'
	done
done
