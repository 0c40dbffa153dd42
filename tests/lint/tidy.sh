#!/bin/sh
# clang-tidy with the checks of .clang-tidy, every finding an error. Results
# are kept by file, since the analyser is slow: what has not changed (nor any
# header or setting) is not looked at again.
: "${BUILD:=build}"

if [ "${1:-}" = --one ]; then
	cache=$2 common=$3 file=$4
	stamp=$cache/$(cat "$file" "$common" | cksum | tr ' ' -)
	stamp=$stamp-$(echo "$file" | tr / _)
	[ -e "$stamp" ] && exit 0
	if clang-tidy --quiet "$file" -- -std=c11 -D_GNU_SOURCE -I. \
		-DTEND_VERSION='"0"' -DTEND_PREFIX='"/usr"' \
		>"$stamp.out" 2>&1; then
		mv "$stamp.out" "$stamp"
		exit 0
	fi
	# The whole way that the analyser went is for who looks into it.
	grep -A 2 -E '(error|fatal): ' "$stamp.out" || cat "$stamp.out"
	echo "the analyser's notes: $stamp.out"
	exit 1
fi

cache=$BUILD/check/tidy
mkdir -p "$cache" || exit 1
common=$cache/common
{
	clang-tidy --version
	find . -path "./$BUILD" -prune -o \( -name '*.h' -o -name '*.def' \
		-o -name .clang-tidy \) -type f -print | sort | xargs cat
} >"$common"
find lib init supervisor svctl tests -name '*.c' -print |
	sort | xargs -P 2 -I {} "$0" --one "$cache" "$common" {}
