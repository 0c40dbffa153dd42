#!/bin/sh
# usage: run-tap.sh SUITE SECONDS FILE...
# Runs cmocka programs and bats files, two at a time, each for at most SECONDS,
# and counts what they print. A program that crashes, is cut off by time, or
# runs fewer tests than it announced has failed by as many. With TEND_TRIES=2
# what has failed is run once more; what passes then is called flaky, and both
# its count and its first failure are printed.
: "${BUILD:=build}" "${TEND_TRIES:=1}"
export TEND_TRIES

if [ "$1" = --one ]; then
	out=$2 limit=$3 file=$4
	name=$(basename "$file" .bats)
	case $file in
	*.bats) set -- bats --tap "$file" ;;
	*/*) set -- "$file" ;;
	*) set -- "./$file" ;;
	esac
	try=1
	while :; do
		begin=$(date +%s)
		status=0
		timeout -k 5 "$limit" "$@" >"$out/$name.tap" 2>&1 </dev/null ||
			status=$?
		echo "$status $(($(date +%s) - begin))" >"$out/$name.end"
		if [ "$status" -eq 0 ] || [ "$try" -ge "$TEND_TRIES" ]; then
			exit 0
		fi
		mv "$out/$name.tap" "$out/$name.first"
		mv "$out/$name.end" "$out/$name.first-end"
		try=$((try + 1))
	done
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

# passed, failed, skipped and missing of a file of TAP.
count() { # FILE STATUS
	awk -v status="$2" '
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
		}' "$1"
}

# What failed with its diagnostics, and the end if it ended too early.
show_failures() { # FILE STATUS MISSING
	case $2 in
	0 | 1) ;;
	124 | 137) echo "    cut off after $limit s" ;;
	*) echo "    ended with status $2" ;;
	esac
	{
		awk '/^(not )?ok / { show = /^not ok / && !/# *SKIP/ }
			show' "$1" | head -n 200
		if [ "$3" -gt 0 ] || ! grep -q '^not ok ' "$1"; then
			echo "$3 tests did not run; the last lines:"
			tail -n 40 "$1"
		fi
	} | sed 's/^/    /'
}

passed=0
failed=0
skipped=0
flaky=0
for file; do
	name=$(basename "$file" .bats)
	status=99 took=0
	read -r status took <"$out/$name.end"
	# Four numbers.
	# shellcheck disable=SC2046
	set -- $(count "$out/$name.tap" "$status")
	passed=$((passed + $1))
	failed=$((failed + $2))
	skipped=$((skipped + $3))
	verdict="ok    "
	if [ "$2" -gt 0 ]; then
		verdict=FAILED
	elif [ -e "$out/$name.first" ]; then
		verdict="FLAKY "
		flaky=$((flaky + 1))
	fi
	printf '%s  %s %s: %d passed, %d failed, %d skipped, %d s\n' \
		"$verdict" "$suite" "$name" "$1" "$2" "$3" "$took"
	grep -i '^ok .*# skip' "$out/$name.tap" | sed 's/^/    /'
	[ "$2" -eq 0 ] || show_failures "$out/$name.tap" "$status" "$4"
	[ -e "$out/$name.first" ] || continue
	read -r status took <"$out/$name.first-end"
	# shellcheck disable=SC2046
	set -- $(count "$out/$name.first" "$status")
	echo "    at the first try, $took s:"
	show_failures "$out/$name.first" "$status" "$4"
done
echo "$passed $failed" >"$top/$suite.count"
[ "$flaky" -eq 0 ] || flaky_too=", $flaky flaky"
echo "$suite: $passed passed, $failed failed, $skipped skipped${flaky_too:-}"
[ "$failed" -eq 0 ]
