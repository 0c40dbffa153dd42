#!/bin/sh
# Runs every tests/lint/*.sh from the top of the tree; each is one test.
: "${BUILD:=build}"
export BUILD
out=$BUILD/check
mkdir -p "$out/lint" || exit 1
# A linter that builds must not talk to the make that started us.
unset MAKEFLAGS MFLAGS MAKELEVEL

passed=0
failed=0
for script in tests/lint/*.sh; do
	name=$(basename "$script" .sh)
	if timeout 300 "$script" >"$out/lint/$name" 2>&1; then
		passed=$((passed + 1))
		echo "ok      lint $name"
	else
		failed=$((failed + 1))
		echo "FAILED  lint $name"
		sed 's/^/    /' "$out/lint/$name" | head -n 200
	fi
done
echo "$passed $failed" >"$out/lint.count"
echo "lint: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
