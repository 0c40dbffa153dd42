#!/bin/sh
# usage: run-tap.sh SUITE SECONDS FILE...
# Runs cmocka programs and bats files, two at a time, each for at most SECONDS,
# and counts what they print. A program that crashes, is cut off by time, or
# runs fewer tests than it announced has failed by as many.
: "${BUILD:=build}"

if [ "$1" = --one ]; then
	out=$2 limit=$3 file=$4
	name=$(basename "$file" .bats)
	case $file in
	*.bats) set -- bats --tap "$file" ;;
	*/*) set -- "$file" ;;
	*) set -- "./$file" ;;
	esac
	begin=$(date +%s)
	timeout -k 5 "$limit" "$@" >"$out/$name.tap" 2>&1 </dev/null
	echo "$? $(($(date +%s) - begin))" >"$out/$name.end"
	exit 0
fi

suite=$1 limit=$2
shift 2
top=$BUILD/check
out=$top/$suite.out
rm -rf "$out"
mkdir -p "$out" || exit 1
rm -f "$top/$suite.count"
if [ $# -eq 0 ]; then
	echo "$suite: there are no tests"
	echo "0 1" >"$top/$suite.count"
	exit 1
fi

# cmocka speaks TAP as bats does. Tests do not inherit the outer make.
CMOCKA_MESSAGE_OUTPUT=TAP
ASAN_OPTIONS=abort_on_error=0:detect_leaks=1
UBSAN_OPTIONS=print_stacktrace=1
export CMOCKA_MESSAGE_OUTPUT ASAN_OPTIONS UBSAN_OPTIONS BUILD
unset MAKEFLAGS MFLAGS MAKELEVEL
printf '%s\n' "$@" | xargs -P 2 -I {} "$0" --one "$out" "$limit" {}

passed=0
failed=0
skipped=0
for file; do
	name=$(basename "$file" .bats)
	status=99 took=0
	read -r status took <"$out/$name.end"
	counts=$(awk -v status="$status" '
		/^1\.\.[0-9]+/ { plan += substr($1, 4) }
		/^(not )?ok .*# *[Ss][Kk][Ii][Pp]/ { skip++; next }
		/^ok / { ok++ }
		/^not ok / { bad++ }
		END {
			missing = plan - ok - bad - skip
			if (missing > 0)
				bad += missing
			if (!bad && (status || !plan))
				bad = 1
			print ok + 0, bad + 0, skip + 0, missing + 0
		}' "$out/$name.tap")
	# Four numbers.
	# shellcheck disable=SC2086
	set -- $counts
	passed=$((passed + $1))
	failed=$((failed + $2))
	skipped=$((skipped + $3))
	verdict="ok    "
	[ "$2" -eq 0 ] || verdict=FAILED
	printf '%s  %s %s: %d passed, %d failed, %d skipped, %d s\n' \
		"$verdict" "$suite" "$name" "$1" "$2" "$3" "$took"
	grep -i '^ok .*# skip' "$out/$name.tap" | sed 's/^/    /'
	[ "$2" -eq 0 ] && continue
	case $status in
	0 | 1) ;;
	124 | 137) echo "    cut off after $limit s" ;;
	*) echo "    ended with status $status" ;;
	esac
	# What failed with its diagnostics, and the end if it ended too early.
	{
		awk '/^(not )?ok / { show = /^not ok / && !/# *SKIP/ }
			show' "$out/$name.tap" | head -n 200
		if [ "$4" -gt 0 ] || ! grep -q '^not ok ' "$out/$name.tap"; then
			echo "$4 tests did not run; the last lines:"
			tail -n 40 "$out/$name.tap"
		fi
	} | sed 's/^/    /'
done
echo "$passed $failed" >"$top/$suite.count"
echo "$suite: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
