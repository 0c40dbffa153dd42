#!/bin/sh
# usage: fuzz-corpus.sh PROGRAM...
# Writes the kept inputs anew: the fewest that, together, reach what the kept
# ones and those found since do; of more than 40 those that add most.
# Each error of a definition needs an input of its own: there may be 120.
# Inputs with a - in their name were chosen by hand and stay.
: "${BUILD:=build}"

for program; do
	name=${program##*/fuzz_}
	kept=tests/fuzz/corpus/$name
	new=$BUILD/fuzz/kept/$name
	found=$BUILD/fuzz/found/$name
	rm -rf "$new"
	mkdir -p "$new" "$kept" "$found" || exit 1
	# By edges alone: with counters there are hundreds.
	"$program" -set_cover_merge=1 -use_counters=0 -max_len=4400 \
		"$new" "$kept" "$found" >"$BUILD/fuzz/$name.merge" 2>&1 ||
		exit 1
	find "$kept" -type f ! -name '*-*' -delete
	case $name in
	build | def) most=120 ;;
	*) most=40 ;;
	esac
	# They are written in the order of what each adds; names are sums.
	# shellcheck disable=SC2012
	ls -tr "$new" | head -n "$most" | while read -r file; do
		cp "$new/$file" "$kept/" || exit 1
	done
	set -- "$kept"/*
	echo "$name: $# files, $(cat "$@" | wc -c) bytes"
done
