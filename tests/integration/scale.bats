#!/usr/bin/env bats
# H54: 500 and 1,000 services with 200 dependencies, in counts that no load of
# the machine changes much: system calls and pages, not seconds.
# Inner shells expand what is in single quotes; helpers are called through
# others.
# shellcheck disable=SC2016,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	command -v strace >/dev/null || skip "strace is not installed"
	tend_unshared strace -o /dev/null true || skip "strace may not trace"
	# Each supervisor is traced, and stays init's child.
	cat >"$TEND_DIR/traced" <<-END
		#!/bin/sh
		exec strace -D -qq -o $TEND_DIR/trace.\$\$ \\
			$TEND_BUILD/supervisor "\$@"
	END
	chmod 755 "$TEND_DIR/traced"
	export TEND_SUPERVISOR=$TEND_DIR/traced
}

teardown() { tend_teardown; }

tend_unshared() {
	in_namespace "$@" 2>/dev/null
}

# Every fifth of COUNT requires another, and all are started.
define() { # COUNT
	local i
	rm -f "$TEND_CONFIG"/services/*
	for ((i = 0; i < $1; i++)); do
		{
			printf 'command = sleep 1000\nlog = none\n'
			printf 'restart-delay = 0\n'
			[ $((i % 5)) -ne 0 ] ||
				printf 'requires = s%d\n' $(((i + 7) % $1))
		} >"$TEND_CONFIG/services/s$i"
	done
}

are_up() { # COUNT
	[ "$(svctl list | grep -c ' up ')" -eq "$1" ]
}

have_pids() { # COUNT
	[ "$(tend_in pgrep -c -x sleep)" -eq "$1" ]
}

are_dead() { # COUNT
	[ "$(tend_in ps -eo stat=,comm= | grep -c '^Z.*sleep')" -eq "$1" ]
}

# System calls of all supervisors so far.
calls() {
	cat "$TEND_DIR"/trace.* | grep -vc '^---'
}

# What the supervisor has for itself alone, in KiB: files are not counted.
anonymous_kib() {
	tend_in sh -c 'sed -n "s/^Anonymous: *\([0-9]*\) kB/\1/p" \
		"/proc/$(pgrep -o -x supervisor)/smaps_rollup"'
}

# A life of COUNT services. Sets started, restarted, adopted, stopped (system
# calls) and memory (KiB).
live() { # COUNT
	local before old
	define "$1"
	rm -f "$TEND_DIR"/trace.*
	tend_start
	wait_until 60 are_up "$1"
	started=$(calls)
	memory=$(anonymous_kib)
	before=$started
	# All deaths are there before the first is looked at: how they come
	# together would change how often the supervisor looks.
	old=$(supervisor_pid)
	tend_in kill -STOP "$old"
	tend_in pkill -KILL -x sleep
	wait_until 30 are_dead "$1"
	tend_in kill -CONT "$old"
	_all_again() {
		[ "$(svctl --json list | grep -o '"restarts":1[,}]' | wc -l)" \
			-eq "$1" ] && are_up "$1"
	}
	wait_until 60 _all_again "$1"
	restarted=$(($(calls) - before))
	before=$(calls)
	tend_in kill -KILL "$old"
	# It takes requests only once it has adopted all.
	_next() {
		[ "$(supervisor_pid)" != "$old" ] && _serves &&
			svctl --timeout 10s signal CONT s0
	}
	wait_until 30 _next
	are_up "$1"
	have_pids "$1"
	adopted=$(($(calls) - before))
	before=$(calls)
	tend_stop
	[ "$tend_status" -eq 0 ]
	stopped=$(($(calls) - before))
}

# At most so many a service, and twice as many for twice as many of them; a
# fifth more for what depends on how events come together.
is_linear() { # NAME FOR-500 FOR-1000 MOST-EACH
	echo "# $1: $2 for 500, $3 for 1000, at most $4 each" >&3
	[ $(($3 * 10)) -le $(($2 * 24)) ] && [ "$3" -le $(($4 * 1000)) ]
}

@test "H54: system calls and memory grow as 500 services become 1,000" {
	live 500
	local start=$started restart=$restarted adopt=$adopted stop=$stopped
	local small=$memory
	live 1000
	is_linear starts "$start" "$started" 20
	is_linear restarts "$restart" "$restarted" 20
	is_linear adoptions "$adopt" "$adopted" 20
	# Adopted ones: looked at before each signal, and after.
	is_linear stops "$stop" "$stopped" 40
	echo "# memory: $small KiB for 500, $memory KiB for 1000" >&3
	[ $((memory - small)) -le 350 ]
	[ "$memory" -le $((160 + 700)) ]
}
