#!/bin/sh
# usage: run-all.sh SUITE...: builds, runs the suites, prints the sum
: "${BUILD:=build}" "${MAKE:=make}"
export BUILD
out=$BUILD/check
mkdir -p "$out" || exit 1
rm -f "$out"/*.count "$out/total"

total() {
	echo "$1 passed, $2 failed" | tee "$out/total"
	[ "$2" -eq 0 ]
	exit
}

# MAKE is a command with options.
# shellcheck disable=SC2086
if ! $MAKE all check-programs; then
	echo "the build failed; nothing was tested"
	total 0 1
fi

passed=0
failed=0
for suite; do
	target=$suite
	[ "$suite" = lint ] || target=test-$suite
	# shellcheck disable=SC2086
	$MAKE "$target" || true
	if read -r p f <"$out/$suite.count"; then
		passed=$((passed + p))
		failed=$((failed + f))
	else
		echo "$suite: did not come to an end"
		failed=$((failed + 1))
	fi
done 2>&1
total "$passed" "$failed"
