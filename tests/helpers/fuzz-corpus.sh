#!/bin/sh
# usage: fuzz-corpus.sh PROGRAM...
# Writes the kept inputs anew: the fewest that, together, reach what the kept
# ones and those found since do.
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
	rm -rf "$kept"
	cp -r "$new" "$kept" || exit 1
	set -- "$kept"/*
	echo "$name: $# files, $(cat "$@" | wc -c) bytes"
done
