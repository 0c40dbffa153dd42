#!/bin/sh
# usage: BUILD=DIR coverage.sh UNIT-PROGRAMS -- FUZZ-PROGRAMS
# Runs the unit tests, the kept inputs of the fuzz targets and the integration
# tests with programs that count (`make coverage` builds them into DIR), and
# prints functions, lines and branches of each file that were reached.
# DIR/report has what was not: functions, then lines.
#
# Each program counts in one file that all of its processes map, so that those
# that are killed, or leave by _exit, count as well.
: "${BUILD:?}" "${ONLY:=$(echo tests/integration/*.bats)}"
export BUILD
raw=$BUILD/raw
report=$BUILD/report
programs="init supervisor svctl svlog"

# The name of a program's file is of the run-time's own choice: its sum.
file_of() {
	(cd "$raw" && echo "$1":*) | sed "s|^$1:|$raw/|"
}

# Other users' processes count too.
umask 0
rm -rf "$raw" "$BUILD/data"
mkdir -p "$raw" "$BUILD/data" || exit 1
for program in $programs; do
	LLVM_PROFILE_FILE=$raw/$program:%m%c.profraw \
		"$BUILD/$program" --version >/dev/null || exit 1
	"$BUILD/$program" --version >/dev/null || exit 1
	[ -f "$(file_of "$program")" ] || exit 1
done
umask 022

unit=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	unit="$unit $1"
	shift
done
shift
# The instrumented programs differ from what ships: that some test of theirs
# fails is said and is no failure of the report.
# shellcheck disable=SC2086
LLVM_PROFILE_FILE=$raw/unit:%m%c.profraw \
	tests/helpers/run-tap.sh unit 300 $unit
for program; do
	name=${program##*/fuzz_}
	LLVM_PROFILE_FILE=$raw/fuzz:%m%c.profraw "$program" -runs=0 \
		-max_len=4400 "tests/fuzz/corpus/$name" \
		>"$BUILD/fuzz-$name.log" 2>&1 ||
		echo "fuzz $name failed: $BUILD/fuzz-$name.log"
done
# shellcheck disable=SC2086
tests/helpers/run-tap.sh integration 400 $ONLY

# What a directory's files reached: by its own program and by tests of modules;
# what is shared, by all. (Static functions of two files of one name would be
# taken for one.)
lcov() { # DIRECTORY RAW...
	from=$1
	shift
	llvm-profdata merge -o "$BUILD/data/$from" "$@" "$raw"/unit:* \
		"$raw"/fuzz:* || exit 1
	set --
	for program in $programs; do
		[ "$from" = "$program" ] || [ "$from" = lib ] || continue
		set -- "$@" -object "$BUILD/$program"
	done
	shift
	llvm-cov export -format=lcov -instr-profile="$BUILD/data/$from" "$@" \
		"$PWD/$from"
}
{
	for program in $programs; do
		lcov "$program" "$(file_of "$program")"
	done
	lcov lib "$(file_of init)" "$(file_of supervisor)" "$(file_of svctl)"
} | sed "s|^SF:$PWD/|SF:|" >"$BUILD/lcov" || exit 1

awk -F '[:,]' -v report="$report" '
	function percent(hit, all) {
		return all ? sprintf("%5.1f %%", 100 * hit / all) : "      -"
	}
	function row(name, f, fs, l, ls, b, bs) {
		printf "%-28s %4d/%-4d %5d/%-5d %s %5d/%-5d %s\n", name,
			f, fs, l, ls, percent(l, ls), b, bs, percent(b, bs)
	}
	function add(name) {
		F[name] += f; FF[name] += fs; L[name] += l; LS[name] += ls
		B[name] += b; BS[name] += bs
	}
	function flush_range() {
		if (from)
			missed = missed " " (from == to ? from : from "-" to)
		from = 0
	}
	BEGIN {
		printf "%-28s %9s %11s %7s %11s %7s\n", "", "functions",
			"lines", "", "branches", ""
	}
	/^SF:/ {
		file = $2; f = fs = l = ls = b = bs = from = 0; missed = ""
	}
	/^FN:/ { line_of[$NF] = $2 }
	/^FNDA:/ {
		fs++
		if ($2 > 0) f++
		else functions = functions file ":" line_of[$NF] ": " $NF "\n"
	}
	/^DA:/ {
		ls++
		if ($3 > 0) { l++; flush_range() }
		else { if (!from) from = $2; to = $2 }
	}
	/^BRDA:/ { bs++; if ($NF != "-" && $NF > 0) b++ }
	/^end_of_record/ {
		flush_range()
		# Headers count in the sums alone.
		if (fs)
			row(file, f, fs, l, ls, b, bs)
		if (missed) lines = lines file ":" missed "\n"
		dir = file; sub(/\/.*/, "", dir)
		if (!(dir in FF)) order[++dirs] = dir
		add(dir); add("all")
	}
	END {
		order[++dirs] = "all"
		for (i = 1; i <= dirs; i++) {
			d = order[i]
			row(d, F[d], FF[d], L[d], LS[d], B[d], BS[d])
		}
		printf "functions that nothing reaches:\n%s", functions >report
		printf "\nlines that nothing reaches:\n%s", lines >report
	}' "$BUILD/lcov"
echo "what was not reached: $report"
