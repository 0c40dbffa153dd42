#!/usr/bin/env bats
# Functions are called by each(), inner shells expand what is in single quotes.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317
# Containers by real OCI runtimes, from our programs and busybox: what the
# engine sees (status, output, signals) and what is asked from within.
bats_require_minimum_version 1.5.0
load ../helpers/common
load ../helpers/oci

setup() {
	tend_setup
	oci_world
}
teardown() { tend_teardown; }

# each TEST: with each runtime that works here.
each() {
	local runtime
	oci_needs_runtime
	for runtime in $(oci_runtimes); do
		echo "--- $runtime"
		"$1" "$runtime"
	done
}

@test "crun runs containers here" {
	oci_runtimes | grep -qx crun || skip "$(xargs <"$BATS_FILE_TMPDIR/crun.why")"
}

@test "runc runs containers here" {
	oci_runtimes | grep -qx runc || skip "$(xargs <"$BATS_FILE_TMPDIR/runc.why")"
}

# one CMD...: a container with that command line.
one() {
	local words
	words=$(jq -cn '$ARGS.positional' --args -- "$@")
	oci_bundle box ".process.args = $words"
	oci_start "$runtime" box
	oci_wait
}

statuses() {
	one /usr/sbin/tend-init -- sh -c 'exit 7'
	[ "$oci_status" -eq 7 ]
	one /usr/sbin/tend-init sh -c 'kill -KILL $$'
	[ "$oci_status" -eq 137 ]
	one /usr/sbin/tend-init -e 143 -- sh -c 'kill -TERM $$'
	[ "$oci_status" -eq 0 ]
	one /usr/sbin/tend-init -- no-such-program
	[ "$oci_status" -eq 127 ]
	one /usr/sbin/tend-init -- /etc
	[ "$oci_status" -eq 126 ]
}

@test "one command: its exit status is the container's" {
	each statuses
}

term_one() {
	oci_bundle box '.process.args = ["/usr/sbin/tend-init", "--", "sh", "-c",
		"trap \"echo told; exit 5\" TERM
		(sleep 0 &)
		echo ready; while :; do sleep 0.05; done"]'
	oci_start "$1" box
	wait_until "$TEND_PATIENCE" oci_said ready
	oci_kill TERM
	oci_wait
	[ "$oci_status" -eq 5 ]
	oci_said told
}

@test "one command: TERM of the engine is the command's" {
	each term_one
}

# A service that says when it is stopped, which it can do once it is up.
says_stop() { # NAME LINE...
	local name=$1 script
	shift
	script='trap "echo stopped; exit 0" TERM; echo started; echo >&3'
	script="$script; while :; do sleep 0.05; done"
	printf '%s\n' "command = sh -c '$script'" "ready = fd:3" "$@" |
		service "$name"
}

several() {
	oci_bundle box
	oci_start "$1" box
	oci_serves db web
	run -0 oci_exec svctl list
	[[ $output == *"db up "*"web up "* ]]
	run -0 oci_exec svctl status web
	[[ $output == *" up"* ]]
	run -0 oci_exec svctl health
	[ -z "$output" ]
	wait_until "$TEND_PATIENCE" oci_said "web | started"
	# A crash is the supervisor's matter.
	run -0 oci_exec svctl kill -s KILL db
	oci_exec svctl wait --for up db
	oci_kill TERM
	oci_wait
	[ "$oci_status" -eq 0 ]
	# Who is needed leaves last.
	run -0 grep -o '^.*stopped' "$oci_out"
	[ "$(tr -s ' ' <<<"$output")" = "web | stopped
db | stopped" ]
}

@test "several services: asked from within, stopped in reverse order" {
	says_stop db
	says_stop web "requires = db"
	each several
}

logged() {
	oci_bundle box
	oci_start "$1" box
	oci_serves kept
	_has_line() { oci_exec svctl logs kept 2>/dev/null | grep -q 'a line$'; }
	wait_until "$TEND_PATIENCE" _has_line
	oci_kill TERM
	oci_wait
	[ "$oci_status" -eq 0 ]
}

@test "svctl logs, from within, of a service with log = file" {
	service kept <<-END
		command = sh -c 'echo a line; exec sleep 1000'
		log = file
	END
	each logged
}

essential() {
	oci_bundle box
	oci_start "$1" box
	oci_wait
	[ "$oci_status" -eq 42 ]
	oci_said "side | stopped"
}

@test "the end of an essential service is the container's" {
	says_stop side
	service main <<-END
		command = sh -c 'exit 42'
		restart = never
		essential = yes
		requires = side
		ready = exec
	END
	each essential
}

killed() {
	oci_bundle box
	oci_start "$1" box
	oci_serves stubborn
	oci_kill TERM
	wait_until "$TEND_PATIENCE" oci_said "not yet"
	# What an engine does when its time is over.
	oci_kill KILL
	oci_wait
	[ "$oci_status" -eq 137 ]
	run -1 oci_in pgrep -x -f "sleep 98765"
}

@test "KILL of the engine, in the middle of a stop, leaves nothing" {
	service stubborn <<-END
		command = sh -c 'trap "echo not yet" TERM; \
			while :; do sleep 98765 & wait; done'
		stop-timeout = 1000s
		kill-mode = process
	END
	each killed
}

restricted() {
	local filter
	for filter in "$oci_read_only" "$oci_non_root" \
		"$oci_read_only | $oci_non_root"; do
		oci_bundle box "$filter"
		oci_start "$1" box
		oci_serves web
		run -0 oci_exec svctl health web
		run -0 oci_exec svctl restart web
		run -0 oci_exec ls -d /run/tend
		oci_kill TERM
		oci_wait
		[ "$oci_status" -eq 0 ]
		oci_said "web | stopped"
		[[ $filter != *65532* ]] || oci_said "uid=65532"
	done
}

@test "a root that is read-only, a user who is not root, both" {
	says_stop web "start-pre = id"
	each restricted
}

# Nothing can be written but what the runtime itself mounts.
no_run() {
	local without='del(.mounts[] | select(.destination == "/run"))'
	oci_bundle box "$oci_read_only" "$oci_non_root" "$without"
	oci_start "$1" box
	oci_serves web
	run -0 oci_exec ls /dev/shm
	[ "$output" = tend-65532 ]
	oci_kill TERM
	oci_wait
	[ "$oci_status" -eq 0 ]
}

@test "both, without a /run: /dev/shm will do" {
	says_stop web
	each no_run
}

docker_init() {
	local mount words
	mount=$(jq -cn --arg init "$TEND_BUILD/init" '{type: "bind", source: $init,
		destination: "/sbin/docker-init", options: ["bind", "ro"]}')
	words='["/sbin/docker-init", "--", "sh", "-c",
		"cat /proc/1/comm; exit 9"]'
	oci_bundle box ".process.args = $words | .mounts += [$mount]"
	oci_start "$1" box
	oci_wait
	[ "$oci_status" -eq 9 ]
	oci_said docker-init
}

@test "docker run --init: mounted as /sbin/docker-init" {
	# What dockerd looks for in the output of its init.
	run -0 "$TEND_BUILD/init" --version
	[[ $output =~ ^tini\ version\ [0-9]+\.[0-9]+\.[0-9]+ ]]
	each docker_init
}

bare() {
	oci_bundle box ".root.path = \"$OCI_DIR/small\""
	oci_start "$1" box
	oci_serves
	run -0 oci_exec svctl list
	oci_kill TERM
	oci_wait
	[ "$oci_status" -eq 0 ]
}

@test "init, supervisor and svctl alone: below 600 KiB, and they run" {
	BUILD=$TEND_BUILD "$TEND_TOP/services/container/image.sh" rootfs \
		"$OCI_DIR/small" init supervisor svctl
	local size
	size=$(find "$OCI_DIR/small" -type f -exec cat {} + | wc -c)
	echo "$size bytes"
	[ "$size" -lt $((600 * 1024)) ]
	each bare
}

budgeted() {
	oci_bundle box '.process.args += ["--stop-budget=2s"]'
	oci_start "$1" box
	oci_serves stubborn
	oci_kill TERM
	# No KILL of the engine's is needed.
	oci_wait
	[ "$oci_status" -eq 0 ]
	oci_said "stopping within 2 s"
}

@test "--stop-budget: gone before the engine's time is over" {
	service stubborn <<-END
		command = sh -c 'trap "echo not yet" TERM; \
			while :; do sleep 98765 & wait; done'
		stop-timeout = 1000s
	END
	each budgeted
}

is_unready() {
	run oci_exec svctl health
	[ "$status" -eq 3 ]
}

drained() {
	oci_bundle box '.process.args += ["--drain=1000s"]'
	oci_start "$1" box
	oci_serves web
	oci_kill TERM
	wait_until "$TEND_PATIENCE" is_unready
	# What is under way goes on, and nobody has reason to kill it.
	run -0 oci_exec svctl is-active web
	run -0 oci_exec svctl list
	run -1 oci_said stopped
	oci_kill TERM
	oci_wait
	[ "$oci_status" -eq 0 ]
	oci_said "web | stopped"
}

@test "--drain: TERM makes it unready and no more, a second one stops it" {
	says_stop web "essential = yes"
	each drained
}

without_files() {
	oci_bundle box '.process.args += [
		"-S", "db=sh -c \"echo db is here; echo >&3; exec sleep 1000\"",
		"-S", "late=sleep 1000", "--", "sh", "-c",
		"svctl wait db && svctl list && exit 11"] |
		.process.env += ["TEND_SVC_late_autostart=no",
			"TEND_SVC_db_ready=fd:3"]' \
		"$oci_read_only" "$oci_non_root"
	oci_start "$1" box
	oci_wait
	[ "$oci_status" -eq 11 ]
	oci_said "db | db is here"
	run -0 grep -E '^(db|late|main) ' "$oci_out"
	[[ $output == *"db up "*"late down "*"main up "* ]]
}

@test "-S and a command: services without a file, the status is the command's" {
	each without_files
}
