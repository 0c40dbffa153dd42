# shellcheck shell=sh
# Sourced by the tests of this directory, each of which is one machine:
#
#	ports_test s390x
#
# builds the programs and the unit tests for it, and runs them. Prints a line
# for each program of unit tests, whose own lines are shown if it fails.
#
# Services run programs of this machine: qemu-user passes execve on. What it
# cannot do is written in docs/testing.md.

ports=$(cd "${BUILD:=build}" && pwd)/ports
ports_number=0
ports_failed=0

check() { # NAME COMMAND...
	ports_number=$((ports_number + 1))
	ports_name=$1
	shift
	if "$@" >"$ports_out" 2>&1; then
		echo "ok $ports_number - $ports_name"
	else
		echo "not ok $ports_number - $ports_name"
		sed 's/^/# /' "$ports_out" | tail -n 60
		ports_failed=1
	fi
}

# With everything as it ships, but for sanitizers, which musl does not have.
build() {
	make -s BUILD="$ports/$arch" CC="$tools/gcc" AR="$(cat "$tools/ar")" \
		SANITIZE= CHECK_CC="$tools/gcc -static \
		$(cat "$tools/cmocka-flags") -L$tools" all check-programs
}

is_static() {
	for program in init supervisor svctl; do
		file "$ports/$arch/$program" | grep -q 'statically linked' ||
			return
	done
}

# A kernel of x86-64 may run it by itself, and does more than qemu-user.
find_runner() {
	runner=
	[ "$arch" = i386 ] && "$ports/$arch/init" --version >/dev/null 2>&1 &&
		return
	runner=qemu-$arch
}

run() {
	${runner:+"$runner"} "$@"
}

gives() { # STATUS COMMAND...
	want=$1
	shift
	got=0
	"$@" || got=$?
	[ "$got" -eq "$want" ] || {
		echo "ended with $got, not $want: $*"
		return 1
	}
}

ports_test() {
	arch=$1
	tools=$ports/tools/$arch
	if [ -s "$ports/missing" ]; then
		read -r reason <"$ports/missing"
		echo "1..1"
		echo "ok 1 - $arch # SKIP $reason"
		exit 0
	fi
	dir=$(mktemp -d) || exit 1
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 1' HUP INT TERM
	ports_out=$dir/output
	set -- tests/unit/test_*.c
	echo "1..$(($# + 6))"
	check "$arch: all builds" build
	check "$arch: what ships is static" is_static
	find_runner
	echo "# run by ${runner:-the kernel}"
	export CMOCKA_MESSAGE_OUTPUT=TAP
	for test; do
		name=$(basename "$test" .c)
		check "$arch: $name" gives 0 run "$ports/$arch/check/$name"
	done
	check "$arch: init --version" gives 0 run "$ports/$arch/init" --version
	check "$arch: init hands on what its command says" \
		gives 7 run "$ports/$arch/init" -- sh -c 'exit 7'
	check "$arch: svctl check finds a mistake" finds_mistake
	if [ "$(id -u)" -eq 0 ]; then
		space="unshare -pfm --mount-proc --kill-child"
	else
		space="unshare -Urpfm --mount-proc --kill-child"
	fi
	# Options.
	# shellcheck disable=SC2086
	check "$arch: the supervisor starts, restarts and stops" \
		timeout -k 5 90 $space "$(dirname "$0")/supervise.sh" \
		"$ports/$arch" $runner
	[ "$ports_failed" -eq 0 ]
}

finds_mistake() {
	mkdir -p "$dir/bad/services"
	echo 'command = sleep 1; sleep 2' >"$dir/bad/services/web"
	gives 78 run "$ports/$arch/svctl" -c "$dir/bad" check
	grep -q 'web:1:.*shell' "$ports_out"
}
