# shellcheck shell=bash
# Functions are called by the tests, some only through wait_until; tend_status
# is read by them; inner shells expand what is in single quotes.
# shellcheck disable=SC2016,SC2034,SC2317
# Helpers for bats tests, each of which gets a tend of its own in a PID and
# mount namespace. In a file of tests:
#
#	load ../helpers/common
#	setup() { tend_setup; }
#	teardown() { tend_teardown; }
#
#	@test "H11: a service that ignores TERM is killed in time" {
#		service stubborn <<-END
#			command = sh -c 'trap "" TERM; sleep 1000'
#			stop-timeout = 300ms
#		END
#		tend_start
#		svctl wait stubborn
#		...
#	}
#
# svctl, supervisor and init run inside the namespace; so does `tend_in CMD`.
# As a plain user everything happens in a user namespace.

TEND_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TEND_BUILD=$(cd "$TEND_TOP" && cd "${TEND_BUILD:-${BUILD:-build}}" && pwd)
# What only tests run; it stays there when the programs are copied.
TEND_HELPERS=$TEND_BUILD/tests
export TEND_TOP TEND_BUILD TEND_HELPERS

# How long starting and stopping may take on a busy machine.
TEND_PATIENCE=20

# --- a place of its own -----------------------------------------------------

# Makes empty directories and points tend at them. Sets:
#   TEND_DIR      all of it is below; removed by bats
#   TEND_CONFIG   definitions are in services/ below it
#   TEND_RUNTIME  control, status, ...
#   TEND_LOG      what services print
#   TEND_CONSOLE  a file: stdout and stderr of init and the supervisor
tend_setup() {
	umask 022
	TEND_DIR=$BATS_TEST_TMPDIR/tend
	TEND_CONFIG=$TEND_DIR/etc
	TEND_RUNTIME=$TEND_DIR/run
	TEND_LOG=$TEND_DIR/log
	TEND_CONSOLE=$TEND_DIR/console
	mkdir -p "$TEND_CONFIG/services" "$TEND_RUNTIME" "$TEND_LOG"
	: >"$TEND_CONSOLE"
	export TEND_DIR TEND_CONFIG TEND_RUNTIME TEND_LOG
	_programs_for_all
	export PATH="$TEND_BUILD:$PATH"
	tend_outer=
	tend_init=
	tend_supervisor=
	TEND_CGROUP=
	# Exit status of what tend_stop stopped.
	tend_status=
	if [ "$(id -u)" -eq 0 ]; then
		tend_unshare=(unshare -pfm --mount-proc --kill-child)
		tend_nsenter=(nsenter -r)
	else
		tend_unshare=(unshare -Urpfmn --mount-proc --kill-child)
		tend_nsenter=(nsenter -U --preserve-credentials -r -n)
		# There is no other network than its own.
		TEND_NET=1
	fi
}

# Other users, which root becomes in some tests, cannot reach a build below
# /root: then they get a copy of the programs.
_programs_for_all() {
	[ "$(id -u)" -eq 0 ] || return 0
	# By way of a shell: setpriv itself still may do everything.
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		sh -c 'test -x "$0"' "$TEND_BUILD/init" && return 0
	mkdir -p "$BATS_RUN_TMPDIR/build"
	cp -p "$TEND_BUILD"/{init,supervisor,svctl,svlog} "$BATS_RUN_TMPDIR/build"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/build"
	TEND_BUILD=$BATS_RUN_TMPDIR/build
}

# Ends whatever the test left and shows the console of a test that failed.
tend_teardown() {
	tend_kill
	[ -z "${TEND_CGROUP:-}" ] ||
		wait_until "$TEND_PATIENCE" _remove_cgroup ||
		echo "left: $TEND_CGROUP"
	if [ -z "${BATS_TEST_COMPLETED:-}" ] && [ -s "$TEND_CONSOLE" ]; then
		echo "--- console:"
		tail -n 60 "$TEND_CONSOLE"
	fi
	return 0
}

# service NAME <<EOF: writes a definition. NAME may be web.d/10-more.conf.
service() {
	mkdir -p "$(dirname "$TEND_CONFIG/services/$1")"
	cat >"$TEND_CONFIG/services/$1"
}

# --- namespaces -------------------------------------------------------------

# Runs CMD as PID 1 of a new namespace and waits for it; its status is ours.
# With TEND_NET=1 in the environment it has a network of its own with lo up.
in_namespace() {
	local net=()
	[ -z "${TEND_NET:-}" ] || net=(-n)
	"${tend_unshare[@]}" "${net[@]}" sh -c "$tend_within" sh "$@"
}

# The first that runs in a namespace. The machine's cgroups are out of sight
# but for the one that tend_cgroup made.
tend_within='
	[ -z "${TEND_NET:-}" ] || ip link set lo up || exit
	if [ -n "${TEND_CGROUP:-}" ]; then
		mount -t cgroup2 cgroup /sys/fs/cgroup || exit
	elif [ -d /sys/fs/cgroup ]; then
		mount -t tmpfs tmpfs /sys/fs/cgroup 2>/dev/null
	fi
	exec "$@"'

# From now on namespaces have a tree of cgroups of their own. Sets TEND_CGROUP,
# the root of it as seen from outside, which tend_teardown removes. Skips the
# test where it cannot be had.
tend_cgroup() {
	local at
	[ "$(id -u)" -eq 0 ] || skip "cgroups are root's"
	at=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$at" ] || skip "no cgroup2 is mounted"
	at=$at$(sed -n 's/^0:://p' /proc/self/cgroup)
	TEND_CGROUP=${at%/}/tend-test-$$-$BATS_TEST_NUMBER
	if ! mkdir "$TEND_CGROUP" 2>"$TEND_DIR/why"; then
		TEND_CGROUP=
		skip "$(cat "$TEND_DIR/why")"
	fi
	export TEND_CGROUP
	tend_unshare=(sh -c 'echo 0 >"$TEND_CGROUP/cgroup.procs" && exec "$@"'
		sh "${tend_unshare[@]}" -C)
	tend_nsenter+=(-C)
}

_remove_cgroup() {
	find "$TEND_CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null
	[ ! -d "$TEND_CGROUP" ]
}

# Runs CMD as PID 1 of a new namespace, in the background. Sets tend_outer (the
# job) and tend_init (the pid of CMD, seen from outside).
namespace_start() {
	local net=() up=(sh -c "$tend_within" sh) pid=
	[ -z "${TEND_NET:-}" ] || net=(-n)
	# bats waits for whoever holds its descriptor 3.
	"${tend_unshare[@]}" "${net[@]}" "${up[@]}" "$@" \
		>>"$TEND_CONSOLE" 2>&1 </dev/null 3>&- &
	tend_outer=$!
	_child_of_outer() {
		read -r pid _ <"/proc/$tend_outer/task/$tend_outer/children" ||
			[ -n "$pid" ]
	} 2>/dev/null
	if ! wait_until "$TEND_PATIENCE" _child_of_outer; then
		echo "no namespace: $(tail -n 5 "$TEND_CONSOLE")"
		return 1
	fi
	tend_init=$pid
	# It is unshare and a shell at first. One that has ended is no concern of
	# ours.
	_is_command() {
		! tr -d '\0' <"/proc/$tend_init/cmdline" 2>/dev/null |
			grep -qE '^unshare|TEND_NET:-'
	}
	wait_until "$TEND_PATIENCE" _is_command
}

# Runs CMD inside the namespace, in the directory of the caller.
tend_in() {
	local net=()
	[ -z "${TEND_NET:-}" ] || net=(-n)
	"${tend_nsenter[@]}" -t "$tend_init" -p -m "${net[@]}" \
		--wd="$PWD" -- "$@" 3>&-
}

# Bounded: a test that waits for ever tells nothing.
svctl() {
	tend_in timeout --foreground 60 "$TEND_BUILD/svctl" "$@"
}

# --- starting and stopping --------------------------------------------------

# init as PID 1 with the supervisor below it; more arguments go to init.
# Returns when svctl gets an answer.
tend_start() {
	namespace_start "$TEND_BUILD/init" -c "$TEND_CONFIG" \
		-r "$TEND_RUNTIME" "$@" || return 1
	_wait_until_serving
}

# The supervisor without our init: PID 1 is a shell that only reaps. May be
# called again after the supervisor died. tend_supervisor is the job.
supervisor_start_standalone() {
	if [ -z "$tend_init" ]; then
		namespace_start sh -c 'while :; do sleep 1000 & wait $!; done' ||
			return 1
		# /proc is the namespace's own once its PID 1 is the shell.
		wait_until "$TEND_PATIENCE" tend_in test -d /proc/self ||
			return 1
	fi
	# As tend_in, but without a shell between the job and nsenter.
	local net=()
	[ -z "${TEND_NET:-}" ] || net=(-n)
	"${tend_nsenter[@]}" -t "$tend_init" -p -m "${net[@]}" \
		--wd="$PWD" -- "$TEND_BUILD/supervisor" -f -c "$TEND_CONFIG" \
		-r "$TEND_RUNTIME" "$@" \
		>>"$TEND_CONSOLE" 2>&1 </dev/null 3>&- &
	tend_supervisor=$!
	_wait_until_serving
}

_wait_until_serving() {
	if ! wait_until "$TEND_PATIENCE" _serves_or_is_gone || ! _serves; then
		echo "no supervisor answers; console:"
		tail -n 40 "$TEND_CONSOLE"
		return 1
	fi
}

_serves() {
	[ -p "$TEND_RUNTIME/control" ] && svctl list >/dev/null 2>&1
}

_serves_or_is_gone() {
	_serves || ! is_alive "${tend_supervisor:-$tend_outer}"
}

# TERM to PID 1 (to the supervisor, if it was started alone), a bounded wait.
# The exit status is in tend_status. Fails if it had to be killed.
tend_stop() {
	local job=${tend_supervisor:-$tend_outer}
	if [ -n "$tend_supervisor" ]; then
		kill -TERM "$(_children_of "$tend_supervisor")"
	else
		kill -TERM "$tend_init"
	fi
	if ! wait_until "$TEND_PATIENCE" _is_gone "$job"; then
		echo "still there $TEND_PATIENCE s after TERM:"
		tend_in ps -ef || true
		tend_kill
		return 1
	fi
	tend_status=0
	wait "$job" || tend_status=$?
	if [ -n "$tend_supervisor" ]; then
		tend_supervisor=
	else
		tend_outer=
		tend_init=
	fi
}

# KILL to PID 1, which takes the namespace with it.
tend_kill() {
	local job
	[ -z "${tend_init:-}" ] || kill -KILL "$tend_init" 2>/dev/null || true
	[ -z "${tend_outer:-}" ] || kill -KILL "$tend_outer" 2>/dev/null || true
	for job in ${tend_outer:-} ${tend_supervisor:-}; do
		wait "$job" 2>/dev/null || true
	done
	tend_outer=
	tend_init=
	tend_supervisor=
}

# --- questions --------------------------------------------------------------

# wait_until SECONDS CMD...: tries CMD every 20 ms until it succeeds.
wait_until() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
		sleep 0.02
	done
}

# The state of a service, in the word of svctl; nothing if there is none.
state_of() {
	svctl list 2>/dev/null | awk -v n="$1" '$1 == n { print $2 }'
}

# The pid (inside the namespace) of a service; nothing if it has none.
pid_of() {
	svctl list 2>/dev/null |
		awk -v n="$1" '$1 == n && $3 != "-" { print $3 }'
}

is_state() {
	[ "$(state_of "$1")" = "$2" ]
}

has_new_pid() { # NAME OLD-PID
	local now
	now=$(pid_of "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}

# The pid of the supervisor, inside the namespace.
supervisor_pid() {
	tend_in pgrep -o -x supervisor
}

# One process of that name in the end: for a moment there are others too, those
# that were refused and children that have not exec'd yet.
only_one() { # NAME
	_is_only() { [ "$(tend_in pgrep -c -x "$1")" -eq 1 ]; }
	wait_until "$TEND_PATIENCE" _is_only "$1"
}

# A process outside the namespace runs; a zombie does not.
is_alive() {
	local stat
	{ stat=$(cat "/proc/$1/stat"); } 2>/dev/null || return 1
	stat=${stat##*) }
	[ "${stat%% *}" != Z ]
}

_is_gone() {
	! is_alive "$1"
}

_children_of() {
	cat "/proc/$1/task/$1/children"
}

# How many processes the namespace has, ours (one nsenter'ed) and svlog left
# out.
process_count() {
	tend_in sh -c 'set -- /proc/[0-9]*
		echo $(($# - 1 - $(pgrep -c -f "[s]vlog .*--run-dir")))'
}

# User and system time of a pid inside the namespace, in clock ticks.
cpu_ticks() {
	local stat
	stat=$(tend_in cat "/proc/$1/stat")
	# Fields are counted behind the command's name, which may hold blanks.
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	echo $((${12} + ${13}))
}

# What a service printed (log = file), finished files first, without stamps.
log_of() {
	local file
	for file in "$TEND_LOG/$1"/@*.[su] "$TEND_LOG/$1/current"; do
		[ ! -f "$file" ] || cat "$file"
	done | sed -E 's/^[0-9-]{10}T[0-9:.]{15}Z [-oe][ +]//'
}

# The same with stamps and streams.
raw_log_of() {
	cat "$TEND_LOG/$1/current"
}

# It has printed such a line.
log_has() { # NAME LINE
	log_of "$1" | grep -qxF -- "$2"
}

# svlog, inside the namespace.
svlog_pid() {
	tend_in pgrep -o -f -- 'svlog .*--run-dir'
}

# A value of `svctl --json status NAME`, without its quotes.
field_of() { # NAME KEY
	svctl --json status "$1" 2>/dev/null |
		sed -n 's/.*"'"$2"'":"\{0,1\}\([^",}]*\).*/\1/p'
}

line_count() { # FILE
	wc -l <"$1" 2>/dev/null || echo 0
}

has_lines() { # FILE COUNT
	[ "$(line_count "$1")" -ge "$2" ]
}

# What init, the supervisor and services with log = stdout have printed.
console_has() { # TEXT
	grep -qF -- "$1" "$TEND_CONSOLE"
}
