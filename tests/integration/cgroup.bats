#!/usr/bin/env bats
# kill-mode = all where cgroups can be made: nothing escapes.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	export TEND_NET=
}
teardown() { tend_teardown; }

has_sleeps() { # SECONDS COUNT
	[ "$(tend_in pgrep -c -x -f "sleep $1" || :)" = "$2" ]
}

# Two forks, a session and no environment: nothing in /proc tells whose it is.
# Who leaves before it has its session takes it along.
escape() { # SECONDS
	local mark=$TEND_DIR/escaped-$1
	echo "rm -f $mark"
	echo "(setsid env -i sh -c 'sleep $1 & sleep $1 & : >$mark' &)"
	echo "until [ -e $mark ]; do sleep 0.02; done"
}

script() { # NAME, and the rest of it
	{
		echo '#!/bin/sh'
		cat
	} >"$TEND_DIR/$1"
	chmod 755 "$TEND_DIR/$1"
}

# A main process and what escaped it.
runaway() { # SECONDS KILL-MODE
	{
		escape "$1"
		echo "exec sleep $1"
	} | script "runaway$1"
	printf '%s\n' "command = $TEND_DIR/runaway$1" "kill-mode = $2" \
		'stop-timeout = 3s'
}

# Those that the supervisor has made, but for the one that holds them.
cgroups() {
	(cd "$TEND_CGROUP" && find . -mindepth 2 -type d | sed 's|.*/||')
}

has_cgroups() { # NAMES
	[ "$(cgroups)" = "$1" ]
}

@test "H9: who leaves session and environment behind is ended by its cgroup" {
	tend_cgroup
	runaway 4101 all | service web
	runaway 4102 group | service other
	tend_start
	svctl wait web other
	wait_until 10 has_sleeps 4101 3
	wait_until 10 has_sleeps 4102 3
	has_cgroups web
	svctl --timeout 20s stop web
	has_sleeps 4101 0
	has_cgroups ''
	svctl --timeout 20s stop other
	has_sleeps 4102 2
	svctl --timeout 20s start web
	wait_until 10 has_sleeps 4101 3
	tend_stop
	[ -z "$(cd "$TEND_CGROUP" && find . -mindepth 1 -type d)" ]
}

@test "H9: it is asked with the stop signal, and what ignores it is killed" {
	tend_cgroup
	script deaf <<-END
		trap '' TERM
		touch $TEND_DIR/deaf-is-up
		while :; do sleep 0.1; done
	END
	script polite <<-END
		trap 'echo asked >$TEND_DIR/told; exit' TERM
		touch $TEND_DIR/polite-is-up
		while :; do sleep 0.1; done
	END
	script main <<-END
		(setsid env -i $TEND_DIR/polite &)
		(setsid env -i $TEND_DIR/deaf &)
		exec sleep 4103
	END
	printf '%s\n' "command = $TEND_DIR/main" 'kill-mode = all' \
		'stop-timeout = 500ms' | service web
	tend_start
	svctl wait web
	wait_until 10 test -e "$TEND_DIR/deaf-is-up"
	wait_until 10 test -e "$TEND_DIR/polite-is-up"
	svctl --timeout 20s stop web
	[ "$(cat "$TEND_DIR/told")" = asked ]
	run tend_in pgrep -f "$TEND_DIR/(deaf|polite)"
	[ -z "$output" ]
	has_cgroups ''
}

@test "H9: a crash ends all in the cgroup before the next start" {
	tend_cgroup
	runaway 4104 all | service web
	tend_start
	svctl wait web
	wait_until 10 has_sleeps 4104 3
	old=$(pid_of web)
	tend_in pgrep -x -f "sleep 4104" | sort >"$TEND_DIR/before"
	tend_in kill -KILL "$old"
	wait_until 10 has_new_pid web "$old"
	wait_until 10 has_sleeps 4104 3
	tend_in pgrep -x -f "sleep 4104" | sort >"$TEND_DIR/after"
	run comm -12 "$TEND_DIR/before" "$TEND_DIR/after"
	[ -z "$output" ]
}

@test "H9: another supervisor finds the cgroup again" {
	tend_cgroup
	runaway 4105 all | service web
	tend_start
	svctl wait web
	wait_until 10 has_sleeps 4105 3
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	wait_until 10 eval '[ "$(supervisor_pid)" != "$old" ]'
	has_sleeps 4105 3
	svctl --timeout 20s stop web
	has_sleeps 4105 0
	wait_until 10 has_cgroups ''
}

@test "H9: a chain of forks is ended" {
	tend_cgroup
	script hop <<-END
		echo >$TEND_DIR/hops
		setsid env -i PATH=$PATH $TEND_DIR/hop &
	END
	script main <<-END
		$TEND_DIR/hop
		exec sleep 4111
	END
	printf '%s\n' "command = $TEND_DIR/main" 'kill-mode = all' \
		'stop-timeout = 1s' | service web
	tend_start
	svctl wait web
	wait_until 10 test -e "$TEND_DIR/hops"
	svctl --timeout 20s stop web
	rm "$TEND_DIR/hops"
	run tend_in pgrep -f "$TEND_DIR/hop"
	[ -z "$output" ]
	[ ! -e "$TEND_DIR/hops" ]
	has_cgroups ''
}

@test "H9: hooks are in the cgroup as well" {
	tend_cgroup
	escape 4106 | script pre
	escape 4107 | script post
	printf '%s\n' 'command = sleep 4108' 'kill-mode = all' \
		"start-pre = $TEND_DIR/pre" "stop-post = $TEND_DIR/post" |
		service web
	tend_start
	svctl wait web
	wait_until 10 has_sleeps 4106 2
	svctl --timeout 20s stop web
	has_sleeps 4106 0
	wait_until 10 has_sleeps 4107 0
	wait_until 10 has_cgroups ''
}

@test "H9: cgroups that a service makes in its own end with it" {
	tend_cgroup
	script main <<-'END'
		own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
		mkdir -p "$own/inner" && echo 0 >"$own/inner/cgroup.procs"
		(setsid env -i sh -c 'sleep 4109 & :' &)
		exec sleep 4109
	END
	printf '%s\n' "command = $TEND_DIR/main" 'kill-mode = all' |
		service web
	tend_start
	svctl wait web
	wait_until 10 has_sleeps 4109 2
	svctl --timeout 20s stop web
	has_sleeps 4109 0
}

@test "H9: without cgroups kill-mode = all says so once" {
	printf '%s\n' 'command = sleep 4110' 'kill-mode = all' | service web
	tend_start
	svctl wait web
	svctl --timeout 20s restart web
	[ "$(grep -c 'web: no cgroup for it: .*; kill-mode = all looks' \
		"$TEND_CONSOLE")" = 1 ]
}
