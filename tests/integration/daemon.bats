#!/usr/bin/env bats
# The supervisor without init: as a daemon, a second one, for a plain user.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	printf 'command = sleep 1000\n' | service web
}

teardown() { tend_teardown; }

# A namespace whose PID 1 only reaps.
namespace_only() {
	namespace_start sh -c 'while :; do sleep 1000 & wait $!; done'
	wait_until "$TEND_PATIENCE" tend_in test -d /proc/self
}

# Becomes a daemon.
supervisor() {
	tend_in timeout --foreground 30 "$TEND_BUILD/supervisor" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
}

the_daemon_is_gone() {
	! tend_in pgrep -x supervisor >/dev/null
}

@test "the parent returns 0 once the daemon serves, not before" {
	local i
	# So much to read that starting takes a while.
	{
		printf 'command = true\nautostart = no\n'
		yes '# nothing but comments' | head -c 1000000
	} | service s1
	for i in $(seq 2 40); do
		cp "$TEND_CONFIG/services/s1" "$TEND_CONFIG/services/s$i"
	done
	namespace_only
	for _ in 1 2 3; do
		# Not `run`, which waits until the daemon lets its output go.
		supervisor >"$TEND_DIR/output" 2>&1
		[ -p "$TEND_RUNTIME/control" ]
		[ ! -s "$TEND_DIR/output" ]
		run -0 svctl --timeout 5s restart web
		is_state web up
		tend_in kill -TERM "$(supervisor_pid)"
		wait_until 10 the_daemon_is_gone
		[ ! -e "$TEND_RUNTIME/control" ]
	done
	run -6 svctl restart web
}

@test "the daemon has a session, no terminal, and nothing of ours open" {
	namespace_only
	supervisor 7</dev/zero
	local pid
	pid=$(supervisor_pid)
	[ "$(tend_in ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ]
	[ "$(tend_in ps -o tty= -p "$pid" | tr -d ' ')" = "?" ]
	[ "$(tend_in readlink "/proc/$pid/fd/0")" = /dev/null ]
	[ "$(tend_in readlink "/proc/$pid/fd/1")" = "$TEND_LOG/supervisor.log" ]
	run ! tend_in sh -c 'readlink /proc/$1/fd/* | grep /dev/zero' sh "$pid"
	[ "$(cat "$TEND_RUNTIME/supervisor.pid")" = "$pid" ]
}

@test "H35: a second instance is refused and disturbs nothing" {
	namespace_only
	supervisor
	svctl wait web
	local pid web
	pid=$(supervisor_pid)
	web=$(pid_of web)
	run -1 supervisor
	[[ "$output" == *"$TEND_RUNTIME: supervisor $pid is serving"* ]]
	run -1 tend_in timeout 30 "$TEND_BUILD/supervisor" -f \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	[[ "$output" == *"supervisor $pid is serving"* ]]
	[ "$(supervisor_pid)" = "$pid" ]
	[ "$(pid_of web)" = "$web" ]
	only_one supervisor
	[ "$(cat "$TEND_RUNTIME/supervisor.pid")" = "$pid" ]
	svctl --timeout 5s restart web
	# 20 at once: one serves.
	tend_in kill -TERM "$pid"
	wait_until 10 the_daemon_is_gone
	tend_in sh -c 'for i in $(seq 20); do
		"$@" >/dev/null 2>&1 && echo served >>"$TEND_DIR/served" &
	done; wait' sh "$TEND_BUILD/supervisor" -c "$TEND_CONFIG" \
		-r "$TEND_RUNTIME"
	[ "$(line_count "$TEND_DIR/served")" -eq 1 ]
	only_one supervisor
	svctl --timeout 5s restart web
	[ "$(tend_in pgrep -c -x sleep)" -le 3 ]
}

@test "H30: a run-time root that is no use is refused with the reason" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	namespace_only
	# Not a directory; a link; a directory that others can write.
	: >"$TEND_DIR/file"
	run tend_in timeout 30 "$TEND_BUILD/supervisor" -c "$TEND_CONFIG" \
		-r "$TEND_DIR/file"
	[[ "$output" == *"run-time root"* ]]
	tend_in pkill -TERM -x supervisor || true
	wait_until 10 the_daemon_is_gone
	mkdir -m 777 "$TEND_DIR/open"
	run tend_in timeout 30 "$TEND_BUILD/supervisor" -c "$TEND_CONFIG" \
		-r "$TEND_DIR/open"
	[[ "$output" == *"run-time root"* ]]
	[ ! -e "$TEND_DIR/open/control" ]
}

@test "H50: killed and started again, the daemon adopts what runs" {
	printf 'command = sleep 1001\n' | service ends
	namespace_only
	supervisor
	svctl wait web ends
	local web ends
	web=$(pid_of web)
	ends=$(pid_of ends)
	tend_in kill -KILL "$(supervisor_pid)"
	wait_until 10 the_daemon_is_gone
	tend_in kill -KILL "$ends"
	supervisor
	svctl --timeout 10s wait web ends
	[ "$(pid_of web)" = "$web" ]
	[ "$(pid_of ends)" != "$ends" ]
	[ "$(tend_in pgrep -c -fx 'sleep 100[01]')" -le 3 ]
	# It still sees its end, and can stop it.
	tend_in kill -KILL "$web"
	wait_until 10 has_new_pid web "$web"
	svctl --timeout 5s stop ends
	run ! tend_in pgrep -fx 'sleep 1001'
}

@test "for a plain user, --user, in the directories of XDG" {
	[ "$(id -u)" -eq 0 ] || skip "done by every other test"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
		"$BATS_TEST_TMPDIR" "$TEND_DIR"
	mkdir -p "$TEND_DIR"/home/{config/tend/services,run,state}
	printf 'command = sleep 1002\nlog = file\n' \
		>"$TEND_DIR/home/config/tend/services/mine"
	chmod 700 "$TEND_DIR/home/run"
	chown -R 65534:65534 "$TEND_DIR/home"
	namespace_only
	local as=(setpriv --reuid 65534 --regid 65534 --clear-groups env
		-u TEND_CONFIG -u TEND_RUNTIME -u TEND_LOG
		XDG_CONFIG_HOME="$TEND_DIR/home/config"
		XDG_RUNTIME_DIR="$TEND_DIR/home/run"
		XDG_STATE_HOME="$TEND_DIR/home/state")
	run -0 tend_in timeout 30 "${as[@]}" "$TEND_BUILD/supervisor" --user
	run -0 tend_in timeout 30 "${as[@]}" "$TEND_BUILD/svctl" --user \
		restart mine
	[ "$(tend_in ps -o uid= -p "$(tend_in pgrep -fx 'sleep 1002')" |
		tr -d ' ')" = 65534 ]
	[ -p "$TEND_DIR/home/run/tend/control" ]
	run -0 tend_in timeout 30 "${as[@]}" "$TEND_BUILD/svctl" --user \
		stop mine
}

@test "H13: when no process can be made, the true reason is said" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
		"$BATS_TEST_TMPDIR" "$TEND_DIR"
	rm "$TEND_CONFIG/services/web"
	printf 'command = sleep 1003\nautostart = no\n' | service shared
	printf 'command = sleep 1003\nautostart = no\n%s\n' \
		'environment-file = -/none' | service forked
	chown 63211:63211 "$TEND_RUNTIME"
	namespace_only
	local as=(setpriv --reuid 63211 --regid 63211 --clear-groups)
	run -0 tend_in timeout 30 "${as[@]}" "$TEND_BUILD/supervisor" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	# As many as there are: only root would be let off.
	tend_in "${as[@]}" prlimit --pid "$(supervisor_pid)" --nproc=1:
	for name in shared forked; do
		run -1 svctl start "$name"
		run -0 svctl why "$name"
		[[ "$output" == *"Resource temporarily unavailable"* ]]
	done
}
