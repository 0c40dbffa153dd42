#!/bin/sh
# Each header compiles alone: whoever includes it needs to know nothing else.
status=0
for header in lib/*.h init/*.h supervisor/*.h supervisor/svlog/*.h svctl/*.h; do
	echo "#include \"$header\"" |
		gcc -std=c11 -D_GNU_SOURCE -I. -fsyntax-only -Wall -Werror \
			-x c - || {
		echo "$header does not compile alone"
		status=1
	}
done
exit "$status"
