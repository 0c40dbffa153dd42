#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
# The verbs of svctl, one after another, and what it says to people.
bats_require_minimum_version 1.5.0
load ../helpers/common

setup() {
	tend_setup
	SERVICES=$TEND_CONFIG/services
}
teardown() { tend_teardown; }

web() {
	service web <<-END
		description = a web server
		command = sleep 1000
		reload-signal = CONT
	END
}

# Up, but only when told to.
idle() {
	printf 'command = sleep 1000\nautostart = no\n' | service "$1"
}

# svctl as somebody else: PRIVILEGES are options of setpriv.
svctl_as() { # PRIVILEGES ARG...
	local options=$1
	shift
	# shellcheck disable=SC2086
	tend_in setpriv --reuid 65534 --regid 65534 $options \
		"$TEND_BUILD/svctl" "$@"
}

# Others may pass through to what the test has in its directory.
open_directories() {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
		"$BATS_TEST_TMPDIR" "$TEND_DIR" "$TEND_RUNTIME"
}

# Runs each line "CODE ARG..." of stdin through svctl.
expect_codes() {
	local code args wrong=0
	while read -r code args; do
		# shellcheck disable=SC2086
		run svctl $args
		[ "$status" -eq "$code" ] && continue
		echo "svctl $args: $status, not $code: $output"
		wrong=1
	done
	[ "$wrong" -eq 0 ]
}

@test "exit codes: what each verb returns" {
	web
	idle idle
	printf 'command = /no/such\nautostart = no\n' | service broken
	printf 'comand = x\n' | service bad
	printf 'type = oneshot\ncommand = true\n' | service once
	tend_start
	svctl wait web once
	expect_codes <<-'END'
		0 status
		0 status web once
		3 status idle
		3 status bad
		4 status nobody
		2 status --now
		0 list web idle
		4 list nobody
		0 is-active web once
		3 is-active web idle
		4 is-active nobody
		0 is-enabled web
		1 is-enabled idle
		4 is-enabled nobody
		0 is-failed bad
		1 is-failed web
		4 is-failed nobody
		0 why web idle bad
		4 why nobody
		0 cat web
		4 cat nobody
		0 check web
		78 check bad
		4 check nobody
		78 check
		0 start web
		0 start once
		1 start broken
		0 is-failed broken
		78 start bad
		4 start nobody
		0 reset-failed broken
		1 is-failed broken
		0 stop idle
		4 stop nobody
		0 reload web
		1 reload once
		0 signal CONT web
		3 signal CONT idle
		2 signal NOSUCH web
		2 signal web
		0 kill -s CONT web
		2 kill -s NOSUCH web
		0 wait web once
		7 wait idle --timeout 50ms
		4 wait nobody
		78 wait bad
		2 wait web --for ever
		7 wait web --for down --timeout=50ms
		78 plan
		78 apply
		2 apply web
		0 help
		0 help start
		2 help nosuch
		0 version
		0 --version
		2 start
		2 nosuch
		2 --nosuch
		2 --timeout never status
		2 --root / status
		2 -c /no/such check
	END
}

@test "exit code 6: no supervisor, or a dead one" {
	web
	namespace_start sleep 1000
	expect_codes <<-'END'
		6 status
		6 start web
		6 apply
		6 plan
		6 poweroff
		6 wait web
		0 check
		0 cat web
	END
	tend_kill
	supervisor_start_standalone
	svctl wait web
	kill -KILL "$(cat "/proc/$tend_supervisor/task/$tend_supervisor/children")"
	wait_until 10 _is_gone "$tend_supervisor"
	run -0 --separate-stderr svctl status web
	[[ "$stderr" == *"the supervisor is dead"* ]]
	[[ "$output" == *"a web server"* ]]
	run -6 svctl restart web
	[[ "$output" == *"no supervisor answers"* ]]
	run -6 svctl reboot
}

@test "names that are nearly right" {
	web
	idle redis-server
	tend_start
	local words
	while read -r words; do
		# shellcheck disable=SC2086
		run svctl ${words%% -> *}
		[ "$status" -ne 0 ]
		[[ "$output" == *"did you mean '${words##* -> }'?"* ]]
	done <<-'END'
		start wbe -> web
		status redis-sever -> redis-server
		why redisserver -> redis-server
		cat rediss-erver -> redis-server
		enable redis_server -> redis-server
		is-enabled weeb -> web
		check wed -> web
		statsu -> status
		restrat web -> restart
		--nowait start web -> --no-wait
		--jsn status -> --json
	END
	# Of a short name everything is near.
	run -4 svctl status abc
	[[ "$output" != *"did you mean"* ]]
}

@test "a start that failed names what could not be used" {
	idle web
	printf 'command = /no/such --flag\nautostart = no\n' | service program
	printf 'command = true\nworking-directory = /no/dir\nautostart = no\n' |
		service directory
	printf 'command = true\nuser = nosuchuser\nautostart = no\n' |
		service user
	tend_start
	local name what verb
	while read -r name what; do
		run -1 svctl start "$name"
		[[ "$output" == *"$name: failed"*"($what)"* ]]
		for verb in status why; do
			run svctl "$verb" "$name"
			[[ "$output" == *"($what)"* ]]
		done
	done <<-'END'
		program command = /no/such --flag
		directory working-directory = /no/dir
		user user = nosuchuser
	END
	run -1 svctl wait program
	[[ "$output" == *"(command = /no/such --flag)"* ]]
}

@test "start of a broken file says the place and keeps what runs" {
	web
	tend_start
	svctl wait web
	local pid verb
	pid=$(pid_of web)
	echo 'frobnicate = 1' >>"$SERVICES/web"
	echo 'command = a; b' >"$SERVICES/new"
	run -78 svctl restart web
	[[ "$output" == *"services/web:4:1: unknown key"* ]]
	[[ "$output" == *"web: nothing was changed"* ]]
	# It is up already, and its reload signal is the one in force.
	run -0 svctl start web
	run -0 svctl reload-or-restart web
	for verb in start restart once; do
		run -78 svctl "$verb" new
		[[ "$output" == *"services/new:1:12: "*"no shell here"* ]]
	done
	[ "$(pid_of web)" = "$pid" ]
}

@test "why and status speak of the last end of what is up again" {
	printf 'command = sleep 1000\nrestart-delay = 0\n' | service web
	tend_start
	svctl wait web
	[ "$(field_of web exit_signal)" = null ]
	svctl kill -s KILL web
	svctl wait web
	wait_until 10 is_state web up
	[ "$(field_of web exit_signal)" = KILL ]
	run -0 svctl why web
	[[ "$output" == *"started again after this: killed by KILL"* ]]
	run -0 svctl status web
	[[ "$output" == *"last exit  killed by KILL"* ]]
	svctl restart web
	[ "$(field_of web exit_signal)" = TERM ]
	[ "$(field_of web restarts)" = 0 ]
}

@test "why follows the chain to its cause" {
	printf 'command = /no/such\nautostart = no\n' | service base
	printf 'command = sleep 9\nrequires = base\nautostart = no\n' |
		service middle
	printf 'command = sleep 9\nrequires = middle\nautostart = no\n' |
		service top
	tend_start
	run -1 svctl start top
	run -0 svctl why top
	[[ "${lines[0]}" == "top: failed"* ]]
	[[ "$output" == *"  middle: failed"*"    base: failed"* ]]
	[[ "$output" == *"svctl start base"* ]]
}

@test "wait: --for, --any, --timeout" {
	web
	idle idle
	printf 'type = oneshot\ncommand = true\n' | service once
	tend_start
	run -0 svctl wait web
	run -0 svctl wait idle --for down
	run -0 svctl wait once "--for=done"
	run -0 svctl wait --any idle web
	[ "$output" = web ]
	run -7 svctl wait idle web --timeout 50ms
	[[ "$output" == *"idle: not up in time"* ]]
	svctl wait web --for restarted --timeout 20s &
	local waiter=$!
	# It may look only after the first restart, so there are more of them.
	while kill -0 "$waiter" 2>/dev/null; do
		svctl restart web
	done
	wait "$waiter"
}

@test "--no-wait returns at once, --timeout gives up" {
	service slow <<-END
		command = sh -c 'trap "" TERM; echo >$TEND_DIR/set; while :; do sleep 1000; done'
		stop-timeout = 1h
	END
	printf 'type = oneshot\ncommand = sleep 1000\nautostart = no\n' |
		service gate
	printf 'command = sleep 1000\nrequires = gate\nautostart = no\n' |
		service behind
	tend_start
	wait_until 10 test -e "$TEND_DIR/set"
	run -0 svctl --no-wait stop slow
	is_state slow stopping
	run -7 svctl --timeout 50ms stop slow
	[[ "$output" == *"slow: still stopping"*"gave up waiting"* ]]
	run -0 svctl why slow
	[[ "$output" == *"KILL in 59 min"*"svctl kill -s KILL slow"* ]]
	run -7 svctl --timeout 50ms wait slow --for down
	run -7 svctl --timeout 50ms start behind
	[[ "$output" == *"behind: still waiting: waits for gate"* ]]
	run -0 svctl kill -s KILL slow
	run -0 svctl stop slow
}

@test "pause, cont, once, try-restart, reload-or-restart, reset-failed" {
	web
	idle idle
	printf 'command = sleep 1000\n' | service plain
	printf 'command = sh -c "exit 3"\nrestart = never\nautostart = no\n' |
		service fails
	tend_start
	svctl wait web plain
	local pid
	pid=$(pid_of web)
	_process_is() { [ "$(tend_in ps -o s= -p "$pid" | tr -d ' ')" = "$1" ]; }
	svctl pause web
	wait_until 10 _process_is T
	svctl cont web
	wait_until 10 _process_is S
	svctl reload-or-restart web
	[ "$(pid_of web)" = "$pid" ]
	pid=$(pid_of plain)
	svctl reload-or-restart plain
	has_new_pid plain "$pid"
	svctl try-restart idle
	is_state idle down
	svctl --no-wait start fails
	wait_until 10 is_state fails failed
	svctl try-restart fails
	is_state fails failed
	pid=$(pid_of web)
	svctl try-restart web
	has_new_pid web "$pid"
	svctl once idle
	is_state idle up
	[ "$(field_of idle wanted)" = once ]
	svctl kill -s KILL idle
	# It is not started again.
	svctl wait idle --for down
	svctl --no-wait start fails
	wait_until 10 is_state fails failed
	svctl reset-failed fails
	is_state fails down
}

@test "cat shows the definition in force, plan what would change" {
	web
	idle old
	tend_start
	svctl wait web
	run -0 svctl cat web
	[ "${lines[0]}" = "# $SERVICES/web:1" ]
	[[ "$output" == *"command = sleep 1000"* ]]
	run -0 svctl plan
	[ "$output" = "nothing to do" ]
	sed -i 's/1000/1001/' "$SERVICES/web"
	rm "$SERVICES/old"
	idle new
	run -0 svctl plan
	[ "${#lines[@]}" -eq 3 ]
	[ "${lines[0]}" = "new new" ]
	[ "${lines[1]}" = "removed old" ]
	[ "${lines[2]}" = \
		"changed web: command sleep 1000 -> sleep 1001; restarts" ]
	run -0 svctl cat web
	[[ "$output" == *"command = sleep 1000"* ]]
	run -0 svctl -c "$TEND_CONFIG" cat web
	[[ "$output" == *"command = sleep 1001"* ]]
	svctl apply
	run -0 svctl cat web
	[[ "$output" == *"command = sleep 1001"* ]]
	run -0 svctl plan
	[ "$output" = "nothing to do" ]
}

@test "check takes a name, a file, a directory" {
	web
	printf 'comand = x\n' | service bad
	mkdir "$TEND_DIR/web" "$TEND_DIR/elsewhere"
	cp "$SERVICES/bad" "$TEND_DIR/elsewhere/other"
	namespace_start sleep 1000
	cd "$TEND_DIR"
	# A directory of that name is not what is meant.
	run -0 svctl check web
	[ "$output" = "1 service, 0 errors, 0 warnings" ]
	run -78 svctl check "$SERVICES/bad"
	[[ "${lines[0]}" == "$SERVICES/bad:1:1: "*"did you mean 'command'?" ]]
	run -78 svctl check elsewhere/other
	[[ "${lines[0]}" == "elsewhere/other:1:1: "* ]]
	run -78 svctl check "$TEND_CONFIG"
	[[ "${lines[-1]}" == "2 services, 1 error, 0 warnings" ]]
	run -78 svctl check "$SERVICES/"
	run -0 svctl check elsewhere
	[[ "$output" == *"holds no definitions"* ]]
	run -78 svctl -q check
	[ "${#lines[@]}" -eq 1 ]
}

@test "--root: enable, disable, mask on an image, without a supervisor" {
	local image=$TEND_DIR/image
	unset TEND_CONFIG TEND_RUNTIME
	mkdir -p "$image/etc/tend/services" "$image/usr/lib/tend/services"
	printf 'command = true\nautostart = no\n' \
		>"$image/usr/lib/tend/services/web"
	namespace_start sleep 1000
	offline() { svctl --root "$image" "$@"; }
	run -1 offline is-enabled web
	[ "$output" = disabled ]
	# start = all: a drop-in.
	offline enable web
	run -0 offline is-enabled web
	[ "$output" = enabled ]
	[ "$(cat "$image"/etc/tend/services/web.d/*.conf)" = "autostart = yes" ]
	offline disable web
	run -1 offline is-enabled web
	# start = enabled: links.
	echo 'start = enabled' >"$image/etc/tend/tend.conf"
	offline enable web
	[ "$(readlink "$image/etc/tend/default.wants/web")" = \
		/usr/lib/tend/services/web ]
	run -0 offline is-enabled web
	offline enable --in other web
	[ -L "$image/etc/tend/other.wants/web" ]
	offline disable web
	[ ! -e "$image/etc/tend/default.wants/web" ]
	[ ! -L "$image/etc/tend/other.wants/web" ]
	run -1 offline is-enabled web
	offline mask web
	run -1 offline is-enabled web
	[ "$output" = masked ]
	run -1 offline enable web
	[[ "$output" == *"svctl unmask web"* ]]
	offline unmask web
	run -1 offline is-enabled web
	[ "$output" = disabled ]
	run -0 offline cat web
	run -0 offline check
	run -4 offline enable nobody
	run -2 offline start web
	run -2 svctl --root /no/such check
}

@test "enable says what start would do, --now does it" {
	idle web
	tend_start
	run -1 svctl is-enabled web
	run -0 svctl enable web
	is_state web down
	run -0 svctl is-enabled web
	run -0 svctl -q is-enabled web
	[ -z "$output" ]
	run -0 svctl disable --now web
	run -0 svctl enable --now web
	is_state web up
	run -0 svctl disable --now web
	is_state web down
	run -1 svctl mask web
	[[ "$output" == *"$SERVICES/web"* ]]
	run -2 svctl enable --runtime web
	run -2 svctl enable --in a/b web
}

@test "H38: others may look and not command; control-group may do both" {
	[ "$(id -u)" -eq 0 ] || skip "needs other users"
	web
	open_directories
	tend_start
	svctl wait web
	run -0 svctl_as --clear-groups status web
	run -0 svctl_as --clear-groups wait web
	run -5 svctl_as --clear-groups restart web
	[[ "$output" == *"not permitted to command"*control-group* ]]
	run -5 svctl_as --clear-groups poweroff
	run -5 svctl_as --clear-groups plan
	run -5 svctl_as --clear-groups enable web
	[[ "$output" == *"use root"* ]]
	tend_stop
	local group gid pid
	IFS=: read -r group _ gid _ < <(grep -v '^root:' /etc/group)
	echo "control-group = $group" >"$TEND_CONFIG/tend.conf"
	tend_start
	svctl wait web
	[ "$(stat -c %a:%g "$TEND_RUNTIME/control")" = "620:$gid" ]
	[ "$(stat -c %a:%g "$TEND_RUNTIME/status")" = "640:$gid" ]
	run -5 svctl_as --clear-groups status web
	run -5 svctl_as --clear-groups restart web
	pid=$(pid_of web)
	run -0 svctl_as "--groups $gid" restart web
	has_new_pid web "$pid"
	run -0 svctl_as "--groups $gid" status web
	run -5 svctl_as "--groups $gid" plan
	is_state web up
}

@test "the table fits 80 columns; colours are for terminals" {
	web
	local long
	long=$(printf 'x%.0s' {1..100})
	printf 'command = /no/%s\n' "$long" | service "$long"
	printf 'comand = %s\n' "$long" | service bad
	tend_start
	svctl wait web
	wait_until 10 is_state "$long" failed
	run -0 svctl status
	[ "$(printf '%s\n' "${lines[@]}" | wc -L)" -le 80 ]
	[[ "$output" != *$'\033'* ]]
	run tend_in env TERM=xterm script -qec "$TEND_BUILD/svctl status" /dev/null
	[[ "$output" == *$'\033[32mup\033[0m'* ]]
	run tend_in env TERM=xterm NO_COLOR=1 script -qec \
		"$TEND_BUILD/svctl status" /dev/null
	[[ "$output" != *$'\033'* ]]
}

@test "at a terminal, start of what is not enabled says so" {
	idle web
	printf 'command = /no/such\nautostart = no\n' | service broken
	tend_start
	run tend_in script -qec "$TEND_BUILD/svctl start web" /dev/null
	[[ "$output" == *"web: will not start at the next boot"* ]]
	run tend_in script -qec "$TEND_BUILD/svctl start broken" /dev/null
	[[ "$output" != *"next boot"* ]]
	run -0 svctl stop web
	run -0 svctl start web
	[ -z "$output" ]
}

@test "a full disk behind the output is an error" {
	web
	tend_start
	_to_full() { svctl list >/dev/full; }
	run -1 _to_full
	[[ "$output" == *"cannot write: No space left on device"* ]]
}

@test "help and the manual name every verb and every option" {
	namespace_start sleep 1000
	run -0 svctl help
	local line verb option count=0
	for line in "${lines[@]}"; do
		[[ "$line" =~ ^"  "([a-z][a-z-]+)" "+[A-Za-z0-9] ]] || continue
		verb=${BASH_REMATCH[1]}
		count=$((count + 1))
		grep -q "^\(.*, \)\?\*$verb\*" "$TEND_TOP/docs/svctl.1.scd" ||
			{ echo "svctl(1) lacks $verb"; return 1; }
		run -0 svctl help "$verb"
		[[ "$output" == "svctl $verb"* ]]
		run -0 svctl "$verb" --help
	done
	[ "$count" -ge 30 ]
	while read -r option; do
		grep -q -e "\*$option\*" "$TEND_TOP/docs/svctl.1.scd" ||
			{ echo "svctl(1) lacks $option"; return 1; }
	done < <(sed -n 's/^\t{"\(--[a-z-]*\)".*/\1/p' \
		"$TEND_TOP/svctl/options.c")
}

@test "health is that of the essential services, if there are any" {
	service main <<-END
		command = sleep 1000
		essential = yes
	END
	service never <<-END
		command = sleep 1000
		essential = yes
		autostart = no
	END
	service side <<-END
		command = sh -c 'exit 1'
		restart-delay = 1h
	END
	tend_start
	svctl wait main
	wait_until 20 is_state side backoff
	svctl health
	run svctl health side
	[ "$status" -eq 3 ]
	svctl stop main
	run svctl health
	[ "$status" -eq 3 ]
	[ "$output" = "main down" ]
}

@test "health without essential services is that of all that is wanted" {
	service side <<-END
		command = sh -c 'exit 1'
		restart-delay = 1h
	END
	service web <<-END
		command = sleep 1000
		ready = command:test -e $TEND_DIR/ready
	END
	tend_start
	wait_until 20 is_state side backoff
	run svctl health
	[ "$status" -eq 3 ]
	[[ $output == *"side backoff"* ]]
	[[ $output == *"web starting"* ]]
	svctl stop side
	touch "$TEND_DIR/ready"
	svctl wait web
	svctl health
	# By the page alone.
	tend_in kill -STOP "$(supervisor_pid)"
	svctl health
	tend_in kill -CONT "$(supervisor_pid)"
}
