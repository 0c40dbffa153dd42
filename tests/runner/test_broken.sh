#!/bin/sh
# sed and awk get words with a $ of their own.
# shellcheck disable=SC2016
# `make test` fails when one expectation is broken: in a private copy of the
# tree, with one test of each kind, .ci/run is run as it is and then with one
# mistake after the other. What is compared is its exit status and last line.
: "${BUILD:=build}"
place=$BUILD/runner
tree=$place/tree
number=0
failed=0
rm -rf "$place"
mkdir -p "$tree" || exit 1
echo 1..13

# A build that is there already saves making all of it anew. Times stay, or
# everything would look changed.
copy() {
	for name in .ci Makefile VERSION docs init lib supervisor svctl tests; do
		cp -Rp "$name" "$tree" || return
	done
	mkdir -p "$tree/build/check" "$tree/build/fuzz" &&
		cp -Rp "$BUILD/init" "$BUILD/supervisor" "$BUILD/svctl" \
			"$BUILD/obj" "$BUILD/libtend.a" "$BUILD/compiler" \
			"$tree/build" &&
		cp -Rp "$BUILD/check/obj" "$BUILD/check/libcheck.a" \
			"$BUILD/check/test_name" "$tree/build/check" &&
		cp -Rp "$BUILD/fuzz/obj" "$BUILD/fuzz/libfuzz.a" \
			"$BUILD/fuzz/fuzz_handoff" "$tree/build/fuzz"
}

# One test of each kind, a real one where it takes no second; machines have
# their own functions but none is started.
reduce() {
	(
		cd "$tree" && mkdir kept &&
			mv tests/lint/manual.sh tests/integration/init.bats \
				tests/fuzz/corpus/handoff kept &&
			rm -r tests/lint/* tests/integration/* tests/vm/test_* \
				tests/fuzz/corpus/* tests/runner &&
			mv kept/manual.sh tests/lint &&
			mv kept/handoff tests/fuzz/corpus &&
			awk '/^@test/ && seen++ { exit } { print }' \
				kept/init.bats >tests/integration/init.bats &&
			printf '#!/bin/sh\n' >tests/vm/prepare.sh &&
			cat >tests/vm/test_stub.sh
	) <<-'END'
		#!/bin/sh
		. tests/vm/vm.sh
		vm_console=/dev/null
		true & vm_pid=$!
		echo 1..1
		check "the stub" true
		vm_end
	END
	chmod +x "$tree/tests/vm/test_stub.sh"
}

# The compiler of the build that was copied; a blank in it stays one word.
variables="CC=$(printf '%s' "${CC:-musl-gcc}" | sed 's/ /\\ /g')"
variables="$variables UNIT_TESTS=build/check/test_name FUZZ_T=1 FUZZ_REST=1"
variables="$variables FUZZERS=build/fuzz/fuzz_handoff"

# suite WHETHER-IT-FAILS WANTED-LAST-LINE WHAT [SUITES]
suite() {
	number=$((number + 1))
	(
		unset MAKELEVEL BUILD MFLAGS
		export MAKEFLAGS=" -- $variables${4:+ SUITES=$4}"
		cd "$tree" && timeout -k 5 100 .ci/run
	) >"$place/output" 2>&1
	status=$?
	last=$(tail -n 1 "$place/output")
	if expr "$last" : "$2\$" >/dev/null &&
		[ "$((status != 0))" -eq "$1" ]; then
		echo "ok $number - $3"
		return
	fi
	echo "not ok $number - $3"
	echo "# status $status, last line: $last"
	sed 's/^/# /' "$place/output" | tail -n 40
	failed=1
}

# broken FILE SED-SCRIPT WHAT [SUITES]: one failure, and with FILE as it was
# none again: the last run shows it.
broken() {
	cp -p "$tree/$1" "$place/good"
	sed "$2" "$place/good" >"$tree/$1"
	if cmp -s "$tree/$1" "$place/good"; then
		number=$((number + 1))
		echo "not ok $number - $3"
		echo "# there was nothing to break in $1"
		failed=1
	else
		suite 1 "[0-9]* passed, 1 failed" "$3" "$4"
	fi
	cp "$place/good" "$tree/$1"
}

copy && reduce || exit 1
all='lint\ unit\ fuzz\ integration\ vm'
suite 0 "[1-9][0-9]* passed, 0 failed" "as it is, nothing fails" "$all"

broken tests/unit/test_name.c '0,/assert_true(/s//assert_false(/' \
	"a unit test whose expectation is broken" unit
broken tests/unit/test_name.c '/^main(/,$s/^{/{ __builtin_trap();/' \
	"a unit test that dies before its plan" unit
broken tests/integration/init.bats '0,/\[ "\$status" -eq /s// [ 1 -eq /' \
	"a bats test whose expectation is broken" integration
broken docs/svctl.1.scd 's/\*backoff\*/backoff/' \
	"a manual page that lacks a state" lint
broken tests/fuzz/fuzz_handoff.c 's/ == is_ours)/ != is_ours)/' \
	"a fuzz target that crashes" fuzz
broken tests/vm/test_stub.sh 's/ true$/ false/' \
	"a machine that does not do what it should" vm
broken tests/vm/test_stub.sh 's/^check.*/kill -KILL $$/' \
	"a test that is killed" vm
broken tests/vm/test_stub.sh 's/^echo 1..1/echo 1..2/' \
	"a test that runs less than it announced" vm
broken tests/vm/test_stub.sh 's/^check.*/exec sleep 1000/' \
	"a test that hangs" "vm VM_LIMIT=1"
broken tests/helpers/run-lint.sh '2s/^/kill -KILL $$\n/' \
	"a runner that is killed" lint
suite 0 "[1-9][0-9]* passed, 0 failed" "mended again, nothing fails" "$all"
# Last, since making everything anew takes a while.
broken lib/name.c '1s/^/no C\n/' \
	"a program that cannot be built" lint
exit "$failed"
