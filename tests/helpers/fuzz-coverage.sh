#!/bin/sh
# usage: fuzz-coverage.sh PROGRAM...
# Runs programs that count lines over the kept inputs and those found since;
# prints how much of its own module each reaches, and the lines it does not.
: "${BUILD:=build}"
dir=$BUILD/fuzz/coverage
mkdir -p "$dir" || exit 1

modules() {
	case $1 in
	build) echo supervisor/build.c supervisor/build_graph.c ;;
	def) echo lib/def.c lib/def_value.c lib/def_error.c lib/def_diff.c \
		lib/lines.c ;;
	small) echo lib/name.c lib/signame.c lib/duration.c lib/arena.c ;;
	load) echo lib/settings.c lib/text.c lib/load.c lib/scan.c ;;
	journal) echo supervisor/journal_layout.c ;;
	*) echo "lib/$1.c" ;;
	esac
}

for program; do
	name=${program##*/fuzz_}
	mkdir -p "$BUILD/fuzz/found/$name"
	LLVM_PROFILE_FILE=$dir/$name.raw "$program" -runs=0 -max_len=4400 \
		"tests/fuzz/corpus/$name" "$BUILD/fuzz/found/$name" \
		>"$dir/$name.log" 2>&1 || exit 1
	llvm-profdata merge -o "$dir/$name.data" "$dir/$name.raw" || exit 1
	for file in $(modules "$name"); do
		llvm-cov show "$program" -instr-profile="$dir/$name.data" \
			"$file" 2>/dev/null |
			awk -F '|' -v file="$file" -v name="$name" '
				$2 !~ /[0-9]/ { next }
				{ all++ }
				$2 ~ /^ *0$/ { none[++missed] = $1 + 0 }
				END {
					printf "%s: %s: %d of %d lines", name,
						file, all - missed, all
					for (i = 1; i <= missed; i++)
						printf "%s%d", i == 1 ? \
							"; not " : " ", none[i]
					print ""
				}'
	done
done
