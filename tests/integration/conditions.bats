#!/usr/bin/env bats
# What a service asks of the machine before it starts: start-if, assert and
# wait-for.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# shellcheck disable=SC2016,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }
teardown() { tend_teardown; }

# sleeper NAME [LINE...]
sleeper() {
	local name=$1
	shift
	{
		echo "command = sleep 1000"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | service "$name"
}

becomes() { # STATE NAME
	wait_until 20 is_state "$2" "$1"
}

@test "start-if: each form holds and does not hold" {
	local d=$TEND_DIR/things
	mkdir -p "$d/empty" "$d/full"
	echo x >"$d/full/file"
	: >"$d/nothing"
	cp /bin/true "$d/program"
	local yes=("path:$d/nothing" "path:$d/n*g" "!path:$d/none" "dir:$d/full"
		"!dir:$d/nothing" "nonempty:$d/full" "nonempty:$d/full/file"
		"!nonempty:$d/empty" "!nonempty:$d/nothing"
		"executable:$d/program" "!executable:$d/nothing"
		"user:$(id -u)" "!user:12345" "env:COLOUR"
		"env:COLOUR=blue" "!env:COLOUR=red" "!cmdline:nosuchword"
		"exec:/bin/true" "!exec:/bin/false"
		"exec:sh -c 'test \$COLOUR = blue'")
	local no=("path:$d/none" "path:$d/*.none" "dir:$d/nothing"
		"nonempty:$d/empty" "nonempty:$d/nothing" "user:12345"
		"env:COLOR" "cmdline:nosuchword" "exec:/bin/false"
		"exec:/nonexistent" "!path:$d/nothing")
	local n=0
	for item in "${yes[@]}"; do
		n=$((n + 1))
		sleeper "yes$n" "start-if = $item"
	done
	for item in "${no[@]}"; do
		n=$((n + 1))
		sleeper "no$n" "start-if = $item"
	done
	sleeper both "start-if = path:$d/nothing path:$d/none"
	export COLOUR=blue
	tend_start
	n=0
	for item in "${yes[@]}"; do
		n=$((n + 1))
		becomes up "yes$n" || {
			echo "$item: $(state_of "yes$n")"
			false
		}
	done
	for item in "${no[@]}"; do
		n=$((n + 1))
		becomes skipped "no$n" || {
			echo "$item: $(state_of "no$n")"
			false
		}
	done
	becomes skipped both
	svctl status both | grep -q 'start-if, item 2, does not hold'
	svctl why both | grep -q "path:$d/none"
	svctl status | grep -qE '^both +skipped .*start-if'
}

@test "skipped counts as up, and a start looks again" {
	sleeper optional "start-if = path:$TEND_DIR/there"
	sleeper user "requires = optional"
	tend_start
	becomes skipped optional
	becomes up user
	: >"$TEND_DIR/there"
	svctl start optional
	is_state optional up
	is_state user up
}

@test "assert: what does not hold fails the start" {
	sleeper picky "assert = path:$TEND_DIR/none"
	sleeper user "requires = picky"
	sleeper ran "assert = exec:/bin/false"
	tend_start
	becomes failed picky
	becomes failed user
	becomes failed ran
	svctl why picky | grep -q "assert does not hold.*path:$TEND_DIR/none"
	run svctl start picky
	[ "$status" -eq 1 ]
}

@test "conditions are looked at once everything else is there" {
	service first <<-END
		type = oneshot
		command = sh -c 'sleep 0.3; touch $TEND_DIR/made'
	END
	sleeper second "requires = first" "start-if = path:$TEND_DIR/made"
	tend_start
	becomes up second
}

@test "wait-for: a path that comes, below directories that come" {
	sleeper late "wait-for = path:$TEND_DIR/a/b/c*"
	sleeper other
	tend_start
	becomes up other
	becomes waiting late
	svctl why late | grep -q "path:$TEND_DIR/a/b/c"
	mkdir "$TEND_DIR/a"
	mkdir "$TEND_DIR/a/b"
	is_state late waiting
	: >"$TEND_DIR/a/b/c1"
	becomes up late
}

@test "wait-for: something that is mounted" {
	mkdir "$TEND_DIR/mnt"
	sleeper late "wait-for = mount:$TEND_DIR/mnt"
	tend_start
	becomes waiting late
	tend_in mount -t tmpfs none "$TEND_DIR/mnt"
	becomes up late
}

@test "wait-for: an interface that is up" {
	export TEND_NET=1
	sleeper late "wait-for = net:lo"
	tend_start
	becomes up late
	tend_in ip link set lo down
	svctl --no-wait restart late
	becomes waiting late
	tend_in ip link set lo up
	becomes up late
}

@test "H15: a wait ends with a stop, and leaves no process behind" {
	sleeper late "wait-for = path:$TEND_DIR/none"
	tend_start
	becomes waiting late
	wait_until 20 eval '[ "$(process_count)" -eq 3 ]'
	svctl stop late
	is_state late down
	wait_until 20 eval '[ "$(process_count)" -eq 2 ]'
}

@test "a look that hangs keeps nobody else from anything" {
	mkfifo "$TEND_DIR/fifo"
	sleeper stuck "start-timeout = 700ms" \
		"start-if = exec:sh -c 'trap \"\" TERM; read x <$TEND_DIR/fifo'"
	sleeper other
	tend_start
	becomes up other
	is_state stuck waiting
	svctl restart other
	becomes failed stuck
	svctl why stuck | grep -q 'could not be looked at'
	wait_until 20 eval '[ "$(process_count)" -eq 3 ]'
}

@test "the death of the supervisor does not lose what is waited for" {
	sleeper late "wait-for = path:$TEND_DIR/come"
	sleeper other
	tend_start
	becomes up other
	becomes waiting late
	tend_in kill -KILL "$(supervisor_pid)"
	wait_until 20 is_state other up
	becomes waiting late
	: >"$TEND_DIR/come"
	becomes up late
}

@test "mistakes in conditions name the place and what would be right" {
	sleeper a "start-if = paht:/x"
	sleeper b "assert = path:x"
	sleeper c "wait-for = dir:/x"
	run svctl_offline check
	[ "$status" -eq 78 ]
	[[ $output == *"a:2:12: 'paht:/x': write path: dir:"* ]]
	[[ $output == *"b:2:10: 'path:x': the path must be absolute"* ]]
	[[ $output == *"c:2:12: 'dir:/x': write path:, mount: or net:"* ]]
}

svctl_offline() {
	"$TEND_BUILD/svctl" -c "$TEND_CONFIG" "$@"
}
