#!/bin/sh
# The runner of the tests can fail: a crash, a missing test, a time-out and an
# empty suite all count.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
status=0

script() { # NAME BODY
	printf '#!/bin/sh\n%s\n' "$2" >"$dir/$1"
	chmod +x "$dir/$1"
}

expect() { # COUNTS EXIT PROGRAM...
	want=$1 want_exit=$2
	shift 2
	BUILD=$dir tests/helpers/run-tap.sh try 2 "$@" >"$dir/output" 2>&1
	got_exit=$?
	got=$(cat "$dir/check/try.count")
	if [ "$got" != "$want" ] || [ "$got_exit" -ne "$want_exit" ]; then
		echo "$*: counted $got (exit $got_exit), not $want:"
		cat "$dir/output"
		status=1
	fi
}

script good 'echo 1..2; echo ok 1 - a; echo ok 2 - b'
script skips 'echo 1..2; echo ok 1 - a; echo "ok 2 - b # skip why"'
script bad 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1'
# shellcheck disable=SC2016
script crash 'echo 1..3; echo ok 1 - a; kill -SEGV $$'
script late 'echo 1..1; echo ok 1 - a; exit 3'
script hangs 'echo 1..2; echo ok 1 - a; exec sleep 10'
script silent 'exit 0'

expect "2 0" 0 "$dir/good"
expect "1 0" 0 "$dir/skips"
expect "1 1" 1 "$dir/bad"
expect "1 2" 1 "$dir/crash"
expect "1 1" 1 "$dir/late"
expect "1 1" 1 "$dir/hangs"
expect "0 1" 1 "$dir/silent"
expect "3 1" 1 "$dir/good" "$dir/bad"
expect "0 1" 1
exit "$status"
