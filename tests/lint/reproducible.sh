#!/bin/sh
# Two builds into two directories, of different lengths of name, are the same
# byte for byte; and clang with the C library of the host builds without a
# warning.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
status=0

make -s -j2 BUILD="$dir/one" all && make -s -j2 BUILD="$dir/another" all ||
	exit 1
for program in init supervisor svctl svlog; do
	cmp "$dir/one/$program" "$dir/another/$program" || status=1
done

make -s -j2 CC=clang BUILD="$dir/clang" all || status=1
exit "$status"
