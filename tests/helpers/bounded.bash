# shellcheck shell=bash
# Functions are called by the tests.
# shellcheck disable=SC2317
# For tests that wait for svlog: each wait is bounded, and one in vain shows
# what svlog does and what there is on its disk. In a file of tests:
#
#	load ../helpers/bounded
#	teardown() { show_if_failed; tend_teardown; }

# ends PID [SECONDS]: waits for a job of this shell; its status.
ends() {
	if ! wait_until "${2:-$TEND_PATIENCE}" _is_gone "$1"; then
		echo "still there after ${2:-$TEND_PATIENCE} s: process $1"
		show_threads "$1"
		kill -KILL "$1"
		return 1
	fi
	wait "$1"
}

# Where each of a process' threads waits.
show_threads() { # PID
	local task
	echo "$1: $(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline")"
	for task in "/proc/$1/task"/*; do
		echo "thread ${task##*/}: $(cat "$task/wchan" 2>/dev/null)"
		sed 's/^/    /' "$task/stack" "$task/syscall" 2>/dev/null
	done
}

_show_files() { # DIR
	find "$1" -ls | head -n 60
}

# Every svlog of this test, in whatever namespace, and the files as it sees
# them; nothing after a test that passed.
show_if_failed() {
	local pid
	[ -z "${BATS_TEST_COMPLETED:-}" ] || return 0
	for pid in $(pgrep -f "svlog .*$TEND_DIR"); do
		show_threads "$pid"
		df -k "/proc/$pid/root$TEND_LOG" 2>/dev/null
		_show_files "/proc/$pid/root$TEND_LOG" 2>/dev/null
	done
	_show_files "$TEND_LOG"
	return 0
}
