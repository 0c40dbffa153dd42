#!/usr/bin/env bats
# Definitions: mistakes in them, plan and apply.
# Inner shells expand what is in single quotes.
# Helpers are called indirectly.
# shellcheck disable=SC1003,SC2016,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	SERVICES=$TEND_CONFIG/services
}

teardown() { tend_teardown; }

good() {
	printf 'command = sleep 1000\n' | service good
}

# One line of the console has TEXT, and no more than one.
says_once() { # TEXT
	[ "$(grep -cF -- "$1" "$TEND_CONSOLE")" -eq 1 ]
}

# A service with a mistake: it is invalid, told once with its place, shown by
# why and check, refused by start; and the good one runs.
is_refused() { # NAME PLACE-AND-TEXT
	svctl wait good
	is_state "$1" invalid
	says_once "$2"
	run -0 svctl why "$1"
	[[ "$output" == *"$2"* ]]
	run -78 svctl check
	[[ "$output" == *"$2"* ]]
	run -78 svctl start "$1"
	[[ "$output" == *"$2"* ]]
	is_state good up
}

@test "bad input: an unknown key" {
	good
	printf 'command = sleep 1000\n  frobnicate = yes\n' | service bad
	tend_start
	is_refused bad "bad:2:3: unknown key 'frobnicate'"
}

@test "bad input: a key that is nearly right" {
	good
	printf 'comand = sleep 1000\n' | service bad
	tend_start
	is_refused bad "bad:1:1: unknown key 'comand'"
	[[ "$output" == *"'command'"* ]]
}

@test "bad input: bad values name their line and column" {
	good
	local n=0 line
	while read -r line; do
		n=$((n + 1))
		printf 'command = sleep 1000\n%s\n' "$line" | service "bad$n"
	done <<-'END'
		restart = sometimes
		stop-timeout = 10 parsecs
		stop-signal = NOSUCH
		type = spaceship
		kill-mode = everything
		autostart = maybe
		restart-limit = many
		restart-delay = 1 -2
		log = /dev/null
		ready = never
		requires = a/b
		after = ../x
		working-directory = relative/path
		environment = NOEQUALS
		environment = 1=x=
		environment-file = relative
	END
	tend_start
	svctl wait good
	local i
	for ((i = 1; i <= n; i++)); do
		is_state "bad$i" invalid
		[ "$(grep -c "services/bad$i:2:[0-9]*: ." "$TEND_CONSOLE")" -eq 1 ]
	done
	run -78 svctl check
	for ((i = 1; i <= n; i++)); do
		[[ "$output" == *"services/bad$i:2:"* ]]
	done
}

@test "bad input: a missing command" {
	good
	printf 'description = nothing to do\n' | service bad
	: | service empty
	tend_start
	is_refused bad "services/bad: "
	[[ "$output" == *command* ]]
	is_state empty invalid
	says_once "services/empty: "
}

@test "bad input: shell syntax is an error and never runs" {
	good
	local n=0 line
	while read -r line; do
		n=$((n + 1))
		printf 'command = %s\n' "$line" | service "bad$n"
	done <<-END
		true; touch $TEND_DIR/ran
		true && touch $TEND_DIR/ran
		true | touch $TEND_DIR/ran
		true > $TEND_DIR/ran
		true \`touch $TEND_DIR/ran\`
		true \$(touch $TEND_DIR/ran)
		true 2>&1
	END
	service quoted <<-END
		type = oneshot
		command = sh -c ': \$1' x '; touch $TEND_DIR/ran' '\$(touch $TEND_DIR/ran)'
	END
	tend_start
	svctl wait good quoted
	local i
	for ((i = 1; i <= n; i++)); do
		is_state "bad$i" invalid
		grep -q "services/bad$i:1:[0-9]*: .*shell" "$TEND_CONSOLE"
	done
	[ ! -e "$TEND_DIR/ran" ]
}

@test "H37: files with bad names are no services" {
	good
	local name
	for name in .hidden -dash @at 'a b' 'wéb' x.wants y~ z.bak a.swp b.orig \
		c.rej d.disabled e.dpkg-new f.rpmsave g.new '%n' $'new\nline' \
		'a;b'; do
		printf 'command = sleep 1000\n' >"$SERVICES/$name"
	done
	mkdir "$SERVICES/dir" "$SERVICES/dir/deeper"
	printf 'command = sleep 1000\n' >"$SERVICES/$(printf 'x%.0s' {1..128})"
	printf 'command = sleep 1000\n' >"$SERVICES/$(printf 'y%.0s' {1..127})"
	tend_start
	svctl wait good
	run -0 svctl list
	[[ "$output" == *"yyyy up"* ]]
	[ "$(svctl list | grep -c ' up ')" -eq 2 ]
	run -0 svctl check
	[[ "$output" == *'a?b'* ]]
}

@test "H39: NUL, control bytes, binary, a 1 MiB line, a huge file" {
	good
	printf 'command = sleep 1000\ndescription = a\0b\n' | service nul
	printf 'command = sleep \0331000\n' | service escape
	head -c 65536 /dev/urandom | service random
	{
		printf 'command = sleep 1000\ndescription = '
		head -c 1048576 /dev/zero | tr '\0' x
		echo
	} | service long
	yes '# nothing but comments' | head -c 2000000 | service huge
	printf 'command = sleep 1000\\' | service open
	printf 'command = sleep 1000\r\ndescription = dos\r\n' | service dos
	printf 'command = sleep 1000' | service unended
	tend_start
	svctl wait good dos unended
	local name
	for name in nul escape random long huge; do
		is_state "$name" invalid
		[ "$(grep -ac "services/${name}[:. ]" "$TEND_CONSOLE")" -eq 1 ]
	done
	grep -q 'services/nul:2:[0-9]*: ' "$TEND_CONSOLE"
	grep -q 'services/escape:1:[0-9]*: ' "$TEND_CONSOLE"
	grep -Eq 'services/(long|long:2:[0-9]*): ' "$TEND_CONSOLE"
	run ! env LC_ALL=C grep -qaP '[^\x09\x20-\x7e]' "$TEND_CONSOLE"
	is_state good up
}

@test "H38: a definition that others can write is not used" {
	good
	# It stays, so that its start is not seen as a crash.
	service world <<-END
		command = sh -c 'touch $TEND_DIR/ran; exec sleep 1000'
	END
	printf 'command = touch %s/ran\n' "$TEND_DIR" | service group
	chmod 646 "$SERVICES/world"
	chmod 664 "$SERVICES/group"
	printf 'command = sleep 1000\n' | service dropped
	printf 'command = touch %s/ran\n' "$TEND_DIR" | service dropped.d/x.conf
	chmod 666 "$SERVICES/dropped.d/x.conf"
	tend_start
	is_refused world "services/world"
	is_state group invalid
	is_state dropped invalid
	[ ! -e "$TEND_DIR/ran" ]
	chmod 644 "$SERVICES/world"
	svctl start world
	wait_until 10 test -e "$TEND_DIR/ran"
}

@test "H38: a definition of somebody else is not used" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	good
	printf 'command = touch %s/ran\n' "$TEND_DIR" | service theirs
	chown 65534 "$SERVICES/theirs"
	tend_start
	is_refused theirs "services/theirs"
	[ ! -e "$TEND_DIR/ran" ]
}

@test "H38: a services directory that others can write starts nothing" {
	good
	chmod 777 "$SERVICES"
	tend_start
	run svctl wait good
	[ "$status" -ne 0 ]
	console_has "$SERVICES"
	chmod 755 "$SERVICES"
	svctl apply
	svctl wait good
}

@test "H31: an empty /etc: nothing runs, PID 1 stays and serves" {
	rmdir "$SERVICES"
	tend_start
	run -0 svctl list
	[ -z "$output" ]
	mkdir "$SERVICES"
	good
	svctl apply
	svctl wait good
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H31: a config root that does not exist, or is a file" {
	rm -r "$TEND_CONFIG"
	tend_start
	run -0 svctl list
	tend_stop
	: >"$TEND_CONFIG"
	tend_start
	run -0 svctl list
	is_alive "$tend_init"
	console_has "$TEND_CONFIG"
}

@test "H31: an unreadable directory is told, PID 1 stays" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	# Root reads everything; so does its service directory as another user.
	good
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
		"$BATS_TEST_TMPDIR" "$TEND_DIR"
	chown 65534 "$TEND_RUNTIME" "$TEND_LOG"
	chmod 700 "$SERVICES"
	namespace_start setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$TEND_BUILD/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	console_has "$SERVICES: cannot be read: Permission denied"
	run -0 svctl list
	[ -z "$output" ]
	chmod 755 "$SERVICES"
	chmod 600 "$SERVICES/good"
	printf 'command = sleep 1000\n' | service other
	# As root svctl could read it.
	echo apply >"$TEND_RUNTIME/control"
	_told() {
		console_has "$SERVICES/good: cannot be read: Permission denied"
	}
	wait_until 10 _told
	run -0 svctl list
	[ -z "$output" ]
	chmod 644 "$SERVICES/good"
	echo apply >"$TEND_RUNTIME/control"
	wait_until 10 is_state good up
	wait_until 10 is_state other up
}

@test "H41: a directory that cannot be read any more stops nothing" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	good
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
		"$BATS_TEST_TMPDIR" "$TEND_DIR"
	chown 65534 "$TEND_RUNTIME" "$TEND_LOG"
	namespace_start setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$TEND_BUILD/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl wait good
	chmod 700 "$SERVICES"
	echo apply >"$TEND_RUNTIME/control"
	_told() { console_has "$SERVICES: cannot be read: Permission denied"; }
	wait_until 10 _told
	svctl cont good
	is_state good up
}

@test "H31: a broken tend.conf is told, the defaults are used" {
	good
	printf 'start = sideways\n' >"$TEND_CONFIG/tend.conf"
	tend_start
	svctl wait good
	grep -q 'tend.conf:1:[0-9]*: ' "$TEND_CONSOLE"
}

@test "a program that cannot be run: its state says why" {
	good
	printf 'command = no-such-program\n' | service missing
	printf 'command = %s/plain\n' "$TEND_DIR" | service plain
	printf 'command = %s\n' "$TEND_DIR" | service directory
	printf 'command = %s/script\n' "$TEND_DIR" | service script
	printf 'command = true\nuser = no-such-user\n' | service nouser
	printf 'command = true\ngroup = no-such-group\n' | service nogroup
	printf 'command = true\nworking-directory = /no/dir\n' | service nodir
	printf 'command = true\nenvironment-file = /no/file\n' | service noenv
	: >"$TEND_DIR/plain"
	printf '#!/no/interpreter\n' >"$TEND_DIR/script"
	chmod +x "$TEND_DIR/script"
	tend_start
	svctl wait good
	local name text
	while read -r name text; do
		wait_until 10 is_state "$name" failed
		run -0 svctl why "$name"
		[[ "$output" == *"$text"* ]]
		says_once "supervisor: $name: failed: "
	done <<-END
		missing exec: No such file or directory
		plain exec: Permission denied
		directory exec: Permission denied
		script exec: No such file or directory
		nouser user: unusable
		nogroup group: unusable
		nodir working-directory: No such file or directory
		noenv environment: No such file or directory
	END
	console_has "no user no-such-user"
	console_has "no group no-such-group"
	console_has "/no/file"
	run -1 svctl start missing
	[[ "$output" == *"No such file or directory"* ]]
}

@test "apply: new services appear, removed ones stop, changed ones restart" {
	good
	printf 'command = sleep 1001\n' | service goes
	printf 'command = sleep 1002\n' | service changes
	printf 'command = sleep 1003\n' | service live
	tend_start
	svctl wait good goes changes live
	local good changes live
	good=$(pid_of good)
	changes=$(pid_of changes)
	live=$(pid_of live)
	run -0 svctl plan
	[ "$output" = "nothing to do" ]
	rm "$SERVICES/goes"
	printf 'command = sleep 1004\n' | service changes
	printf 'command = sleep 1003\nstop-timeout = 3s\n' | service live
	printf 'command = sleep 1005\n' | service comes
	printf 'command = sleep 1000\n# a comment\n' | service good
	run -0 svctl plan
	[[ "$output" == *"new comes"* ]]
	[[ "$output" == *"removed goes; stops"* ]]
	[[ "$output" == *"changed changes: "*"; restarts"* ]]
	[[ "$output" == *"changed live: stop-timeout "* ]]
	[[ "$output" != *good* ]]
	run ! grep -q '^changed live.*restarts' <<<"$output"
	# plan alone does nothing.
	is_state goes up
	[ "$(pid_of changes)" = "$changes" ]
	svctl apply
	svctl wait comes
	wait_until 10 has_new_pid changes "$changes"
	_is_gone_service() { [ -z "$(state_of goes)" ]; }
	wait_until 10 _is_gone_service
	run tend_in pgrep -fx 'sleep 100[12]'
	[ "$status" -eq 1 ]
	tend_in pgrep -fx 'sleep 1004'
	[ "$(pid_of good)" = "$good" ]
	[ "$(pid_of live)" = "$live" ]
	run -0 svctl plan
	[ "$output" = "nothing to do" ]
	run -4 svctl status goes
}

@test "apply: when one is removed, all others are still found" {
	local n gone
	for n in a b c d e; do
		printf 'command = sleep 1000\n' | service "$n"
	done
	tend_start
	svctl wait a b c d e
	_has_left() { [ "$(svctl list | wc -l)" -eq "$1" ]; }
	for gone in 4:c 3:a 2:e; do
		rm "$SERVICES/${gone#*:}"
		svctl apply
		wait_until 10 _has_left "${gone%:*}"
		svctl list | while read -r n _; do
			svctl is-active "$n"
		done
	done
}

@test "H41: a broken file among good ones: apply changes nothing at all" {
	good
	printf 'command = sleep 1001\n' | service changes
	tend_start
	svctl wait good changes
	local list
	list=$(svctl list)
	printf 'command = sleep 1002\n' | service changes
	printf 'command = sleep 1003\n' | service comes
	rm "$SERVICES/good"
	printf 'command = sleep 1004\nstop-signal = NOSUCH\n' | service zbroken
	run -78 svctl plan
	[[ "$output" == *zbroken:2:* ]]
	run -78 svctl apply
	[[ "$output" == *zbroken:2:* ]]
	[ "$(svctl list)" = "$list" ]
	# The supervisor itself refuses it as well, by echo and by HUP.
	echo apply >"$TEND_RUNTIME/control"
	kill -HUP "$tend_init"
	_told_twice() {
		[ "$(grep -c 'zbroken:2:' "$TEND_CONSOLE")" -ge 2 ]
	}
	wait_until 10 _told_twice
	[ "$(svctl list)" = "$list" ]
	run -0 svctl cat changes
	[[ "$output" == *"sleep 1001"* ]]
	# What has no file any more is still what it was.
	svctl restart good
	is_state good up
	rm "$SERVICES/zbroken"
	svctl apply
	svctl wait comes changes
	tend_in pgrep -fx 'sleep 1002'
}

@test "H41: apply with a new cycle leaves the old state whole" {
	printf 'command = sleep 1001\n' | service a
	printf 'command = sleep 1002\nrequires = a\n' | service b
	tend_start
	svctl wait a b
	local list
	list=$(svctl list)
	printf 'command = sleep 1001\nrequires = b\n' | service a
	run -78 svctl apply
	[ "$(svctl list)" = "$list" ]
	echo apply >"$TEND_RUNTIME/control"
	svctl restart b
	svctl wait a b
	printf 'command = sleep 1001\n' | service a
	svctl apply
	svctl stop a
	is_state b down
}

@test "H41: start and restart take the file as it is, unless it is broken" {
	printf 'command = sleep 1001\n' | service web
	tend_start
	svctl wait web
	local pid
	pid=$(pid_of web)
	printf 'command = sleep 1002\nnonsense\n' | service web
	run -78 svctl restart web
	[[ "$output" == *web:2:* ]]
	[ "$(pid_of web)" = "$pid" ]
	is_state web up
	# Killed, it comes back as it was.
	tend_in kill -KILL "$pid"
	wait_until 10 has_new_pid web "$pid"
	tend_in pgrep -fx 'sleep 1001'
	printf 'command = sleep 1003\n' | service web
	svctl restart web
	tend_in pgrep -fx 'sleep 1003'
	run tend_in pgrep -fx 'sleep 1001'
	[ "$status" -eq 1 ]
}

@test "a stop by hand survives apply" {
	good
	printf 'command = sleep 1001\n' | service web
	tend_start
	svctl wait web
	svctl stop web
	printf 'command = sleep 1002\n' | service web
	svctl apply
	is_state web down
	svctl start web
	tend_in pgrep -fx 'sleep 1002'
}

@test "drop-ins: scalars replace, lists add, an empty key empties" {
	service web <<-END
		command = sh -c 'echo "\$A \$B \$C" >$TEND_DIR/env; exec sleep 1000'
		environment = A=1 B=2
		stop-signal = USR1
	END
	service web.d/10-more.conf <<-'END'
		environment = C=3 B=4
	END
	service web.d/20-less.conf <<-'END'
		stop-signal =
	END
	echo 'not = read' >"$TEND_CONFIG/services/web.d/README"
	tend_start
	wait_until 10 test -s "$TEND_DIR/env"
	[ "$(cat "$TEND_DIR/env")" = "1 4 3" ]
	svctl stop web
	[ "$(field_of web exit_signal)" = TERM ]
	run -0 svctl cat web
	[[ "$output" == *10-more.conf*20-less.conf* ]]
}

@test "mask and unmask, enable and disable" {
	good
	printf 'command = sleep 1000\nautostart = no\n' | service web
	tend_start
	svctl wait good
	svctl enable --now web
	is_state web up
	[ "$(field_of web enabled)" = enabled ]
	svctl enable web
	svctl disable web
	svctl apply
	[ "$(field_of web enabled)" = disabled ]
	is_state web up
	ln -sf /dev/null "$SERVICES/good"
	svctl apply
	wait_until 10 is_state good masked
	run -1 svctl start good
	[[ "$output" == *masked* ]]
	run tend_in pgrep -c -x sleep
	[ "$output" -eq 1 ]
}
