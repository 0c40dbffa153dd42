#!/bin/sh
# gcc's -fanalyzer over what ships, every finding an error, without exceptions:
# what it does not understand is written so that it does. Clang's static
# analyser is part of tidy.sh; here it is only seen that it is on. Results are
# kept by file, as there.
: "${BUILD:=build}"

if [ "${1:-}" = --one ]; then
	cache=$2 common=$3 file=$4
	stamp=$cache/$(cat "$file" "$common" | cksum | tr ' ' -)
	stamp=$stamp-$(echo "$file" | tr / _)
	[ -e "$stamp" ] && exit 0
	gcc -std=c11 -D_GNU_SOURCE -I. -DTEND_VERSION='"0"' \
		-DTEND_PREFIX='"/usr"' -O0 -fanalyzer -Werror \
		-c -o /dev/null "$file" && : >"$stamp"
	exit
fi

status=0
for group in core deadcode nullability security unix; do
	clang-tidy --list-checks 2>/dev/null |
		grep -q "^ *clang-analyzer-$group\." || {
		echo "clang-tidy does not run clang-analyzer-$group"
		status=1
	}
done

cache=$BUILD/check/analyzer
mkdir -p "$cache" || exit 1
common=$cache/common
{
	gcc --version
	find lib init supervisor svctl \( -name '*.h' -o -name '*.def' \) \
		-type f -print | sort | xargs cat
} >"$common"
find lib init supervisor svctl -name '*.c' -print | sort |
	xargs -P 2 -I {} "$0" --one "$cache" "$common" {} || status=1
exit "$status"
