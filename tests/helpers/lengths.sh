#!/bin/sh
# usage: lengths.sh: how long files and functions of what ships are, in lines:
# median, 90th percentile, maximum and whose it is.
# A function begins with its name at a line's start, under its type, and ends
# with the brace at a line's start.
show() {
	sort -n | awk -v what="$1" '
		{ length_of[NR] = $1; name[NR] = $2 }
		END {
			printf "%-9s %5d, median %d, 90th percentile %d, ",
				what, NR, length_of[int((NR + 1) / 2)],
				length_of[int(NR * 0.9 + 0.999)]
			printf "maximum %d: %s; then", length_of[NR], name[NR]
			for (i = NR - 1; i > NR - 5; i--)
				printf " %d: %s", length_of[i], name[i]
			print ""
		}'
}

set -- lib/*.c init/*.c supervisor/*.c supervisor/svlog/*.c svctl/*.c
for file; do
	echo "$(wc -l <"$file") $file"
done | show files
awk '/^[a-z_][a-z0-9_]*\(/ && !/;$/ {
		name = $0
		sub(/\(.*/, "", name)
		begin = FNR
	}
	/^}/ && begin { print FNR - begin + 1, FILENAME ":" name }
	/^}/ { begin = 0 }' "$@" | show functions
