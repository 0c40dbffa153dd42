#!/usr/bin/env bats
# Directories of scripts as runit, s6 and nitro have them, and the names sv,
# chpst and svlogd that their scripts call.
# Helpers are called indirectly; inner shells expand what is in single quotes.
# shellcheck disable=SC2016,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	SERVICES=$TEND_CONFIG/services
	GOT=$TEND_DIR/got
	mkdir "$TEND_DIR/bin"
	ln -s "$TEND_BUILD/svctl" "$TEND_DIR/bin/sv"
	ln -s "$TEND_BUILD/svctl" "$TEND_DIR/bin/chpst"
	ln -s "$TEND_BUILD/svlog" "$TEND_DIR/bin/svlogd"
	export PATH="$TEND_DIR/bin:$PATH"
}

teardown() { tend_teardown; }

# An executable file from standard input, with a shell before it.
script() { # PATH
	mkdir -p "$SERVICES/${1%/*}"
	{
		printf '#!/bin/sh\nGOT=%s\n' "$GOT"
		cat
	} >"$SERVICES/$1"
	chmod 755 "$SERVICES/$1"
}

# The three files of the simplest one.
sleeper() { # NAME
	echo 'exec sleep 1000' | script "$1/run"
}

file() { # PATH [TEXT]
	mkdir -p "$SERVICES/${1%/*}"
	printf '%s' "${2-}" >"$SERVICES/$1"
}

sv() { tend_in sv "$@"; }

has() { grep -qxF -- "$1" "$GOT"; }

@test "runit: run, finish with its arguments, down, env, conf" {
	script web/run <<-'END'
		. ./conf
		echo "$PWD $FROM_CONF $FROM_ENV" >>$GOT
		exec sleep 1000
	END
	file web/conf 'FROM_CONF=conf'
	file web/env/FROM_ENV 'from env  '
	echo 'echo "finish $# $*" >>$GOT' | script web/finish
	sleeper idle
	file idle/down
	tend_start
	svctl wait web
	is_state idle down
	has "$SERVICES/web conf from env"
	local pid
	pid=$(pid_of web)
	tend_in kill -USR1 "$pid"
	wait_until 10 has_new_pid web "$pid"
	wait_until 10 has "finish 2 -1 10"
	svctl stop web
	has "finish 2 -1 15"
	svctl start idle
	is_state idle up
	printf 'exit 7\n' | script web/run
	svctl once web || true
	wait_until 10 has "finish 2 7 0"
}

@test "s6: finish arguments, down-signal, timeout-kill, dependencies.d" {
	script db/run <<-'END'
		trap '' TERM
		trap 'exit 3' INT
		echo up >>$GOT
		while :; do sleep 0.05; done
	END
	file db/down-signal INT
	file db/type longrun
	echo 'echo "finish $# $1 $2 $3" >>$GOT' | script db/finish
	script deaf/run <<-'END'
		trap '' TERM INT
		while :; do sleep 0.05; done
	END
	file deaf/timeout-kill 200
	sleeper web
	file web/dependencies.d/db
	tend_start
	svctl wait web db
	wait_until 10 has up
	svctl stop web
	svctl stop db
	has "finish 4 3 0 db"
	svctl stop deaf
	run -0 svctl status deaf || true
	[[ "$output" == *KILL* ]]
	rm -r "$SERVICES/db"
	run -78 svctl check web
	[[ "$output" == *"dependencies.d:"*"no service 'db'"* ]]
}

@test "H48: s6: a finish that hangs, forks, or is no program" {
	sleeper hang
	echo 'echo hang >>$GOT; trap "" TERM; sleep 2101 & sleep 2101; :' |
		script hang/finish
	file hang/timeout-kill 300
	sleeper fork
	echo 'echo fork >>$GOT; sleep 2102 & :' | script fork/finish
	file fork/type longrun
	sleeper none
	echo 'echo none' | script none/finish
	sed -i '1s,.*,#!/nowhere/sh,' "$SERVICES/none/finish"
	tend_start
	svctl wait hang fork none
	svctl --timeout 10s stop hang fork none
	has hang
	has fork
	for name in hang fork none; do
		is_state "$name" down
	done
	run tend_in pgrep -x sleep
	[ -z "$output" ]
	# And so after a crash: the next one is there all the same.
	svctl start hang none
	for name in hang none; do
		local pid
		pid=$(pid_of "$name")
		tend_in kill -KILL "$pid"
		wait_until 10 has_new_pid "$name" "$pid"
	done
}

@test "runit: log/run with svlogd and chpst; the pipe outlives both" {
	script web/run <<-'END'
		exec 2>&1
		echo "hello $$"
		exec sleep 1000
	END
	script web/log/run <<-END
		exec chpst -o 64 -e ./env svlogd -tt $TEND_DIR/weblog
	END
	file web/log/env/X 'y'
	mkdir "$TEND_DIR/weblog"
	printf 's100000\nn5\n' >"$TEND_DIR/weblog/config"
	tend_start
	svctl wait web
	is_state web:log up
	_says() { grep -q ' hello' "$TEND_DIR/weblog/current"; }
	wait_until 10 _says
	run -0 sv status web
	[[ "$output" =~ ^"run: web: (pid "[0-9]+") "[0-9]+"s; run: log: (pid "[0-9]+") "[0-9]+s ]]
	local pid
	pid=$(pid_of web:log)
	[ "$(tend_in sh -c "tr '\\0' '\\n' </proc/$pid/environ | grep ^X=")" = X=y ]
	sv down "$SERVICES/web/log"
	wait_until 10 is_state web:log down
	sv restart web
	sv up web/log
	_twice() { [ "$(grep -c ' hello' "$TEND_DIR/weblog/current")" -eq 2 ]; }
	wait_until 10 _twice
	is_state web up
}

@test "runit: control/t takes the place of TERM, control/d and u come besides" {
	script web/run <<-'END'
		trap 'echo int >>$GOT; exit 0' INT
		trap 'echo term >>$GOT; exit 0' TERM
		while :; do sleep 0.05; done
	END
	echo 'echo t >>$GOT; sv int web; exit 0' | script web/control/t
	echo 'echo d >>$GOT' | script web/control/d
	echo 'echo u >>$GOT' | script web/control/u
	tend_start
	svctl wait web
	has u
	sv stop web
	is_state web down
	[ "$(tr '\n' ' ' <"$GOT")" = "u t int d " ] ||
		[ "$(tr '\n' ' ' <"$GOT")" = "u t d int " ]
}

@test "runit: scripts that call sv: start, check, down of themselves" {
	sleeper dbus
	file dbus/down
	script web/run <<-'END'
		sv start dbus || exit 1
		sv check dbus || exit 2
		echo started >>$GOT
		exec sleep 1000
	END
	script once/run <<-'END'
		echo once >>$GOT
		exec sv down "${PWD##*/}"
	END
	script fin/run <<-'END'
		exit 4
	END
	echo '[ "$1" = 4 ] && sv d "$(dirname "$0")"; echo fin >>$GOT' | script fin/finish
	tend_start
	svctl wait web dbus
	wait_until 10 has started
	wait_until 10 is_state once down
	wait_until 10 is_state fin down
	[ "$(grep -c once "$GOT")" -eq 1 ]
	[ "$(grep -c fin "$GOT")" -eq 1 ]
}

@test "runit: check is readiness, and never ends anything" {
	sleeper web
	echo 'test -e $GOT.ready' | script web/check
	tend_start
	wait_until 10 is_state web starting
	run -1 sv -w 1 start web
	[[ "${lines[-1]}" == "timeout: run: web:"* ]]
	: >"$GOT.ready"
	run -0 sv -w 10 check web
	[[ "$output" == "ok: run: web:"* ]]
	is_state web up
}

@test "s6: notification-fd is readiness" {
	script web/run <<-'END'
		until [ -e $GOT.ready ]; do sleep 0.05; done
		echo >&3
		exec sleep 1000
	END
	file web/notification-fd 3
	tend_start
	wait_until 10 is_state web starting
	: >"$GOT.ready"
	svctl wait web
}

@test "nitro: templates get their instance, setup runs before, loggers chain" {
	script sv@/run <<-'END'
		echo "run $*" >>$GOT
		while :; do echo "line of $1"; sleep 0.1; done
	END
	echo 'echo "setup $*" >>$GOT' | script sv@/setup
	echo 'echo "finish $*" >>$GOT' | script sv@/finish
	ln -s ../mid@ "$SERVICES/sv@/log"
	script mid@/run <<-'END'
		while read -r line; do echo "$1: $line"; done
	END
	ln -s ../end "$SERVICES/mid@/log"
	script end/run <<-'END'
		while read -r line; do echo "$line" >>$GOT.end; done
	END
	ln -s sv@ "$SERVICES/sv@one"
	echo 'echo "only setup" >>$GOT' | script once/setup
	tend_start
	svctl wait sv@one
	is_state mid@one up
	is_state end up
	is_state once "done"
	has "only setup"
	has "setup one"
	wait_until 10 has "run one"
	_chained() { grep -qxF "one: line of one" "$GOT.end"; }
	wait_until 10 _chained
	svctl start sv@two
	_both() { grep -qxF "two: line of two" "$GOT.end"; }
	wait_until 10 _both
	svctl stop sv@one
	wait_until 10 has "finish one -1 15"
}

@test "sv: words, paths, results and exit statuses" {
	sleeper web
	sleeper idle
	file idle/down
	tend_start
	svctl wait web
	run -0 sv status web
	[[ "$output" =~ ^"run: web: (pid "[0-9]+") "[0-9]+s$ ]]
	run -0 sv s "$SERVICES/idle/"
	[[ "$output" =~ ^"down: idle: "[0-9]+s ]]
	run -0 sv start idle
	[[ "$output" =~ ^"ok: run: idle: (pid "[0-9]+") "[0-9]+"s, normally down"$ ]]
	run -0 sv stop idle web
	[ "${#lines[@]}" -eq 2 ]
	run -0 sv u ./web
	[ -z "$output" ]
	wait_until 10 is_state web up
	run -0 sv -v down web
	[[ "$output" == "ok: down: web:"* ]]
	run -2 sv status none other
	[[ "$output" == *"fail: none: no such service"* ]]
	run -100 sv frobnicate web
	run -100 sv status
	run -1 sv start 'a b'
	run -0 sv check web
	[[ "$output" == "ok: down: web:"* ]]
}

@test "sv: force-stop kills what does not end" {
	script deaf/run <<-'END'
		trap '' TERM
		while :; do sleep 0.05; done
	END
	file deaf/timeout-kill 0
	tend_start
	svctl wait deaf
	run -1 sv -w 1 stop deaf
	[[ "$output" == *"timeout: "*"deaf"* ]]
	run -0 sv -w 1 force-stop deaf
	is_state deaf down
}

@test "chpst: what it changes before it becomes a program" {
	mkdir "$TEND_DIR/env"
	printf 'a b \nnext' >"$TEND_DIR/env/ONE"
	: >"$TEND_DIR/env/GONE"
	export GONE=x
	run -0 chpst -e "$TEND_DIR/env" -n 3 -o 33 -C / -b shx \
		sh -c 'echo "$0 [$ONE] [$GONE] $(ulimit -Sn) $(nice) $PWD"'
	[ "$output" = "shx [a b] [] 33 $(($(nice) + 3)) /" ]
	run -0 chpst -02 sh -c '[ ! -e /proc/$$/fd/0 ] && echo fine'
	[ "$output" = fine ]
	run -0 chpst -P sh -c 'echo $$; cut -d" " -f6 /proc/$$/stat'
	[ "${lines[0]}" = "${lines[1]}" ]
	run -111 chpst -L "$TEND_DIR/lock" chpst -L "$TEND_DIR/lock" true
	run -100 chpst -u no-such-user true
	run -100 chpst
	run -100 chpst -Z true
	run -111 chpst /no/such/program
	run -7 chpst sh -c 'exit 7'
	[ "$(id -u)" -eq 0 ] || skip "users: needs root"
	run -0 chpst -u nobody:nogroup:daemon sh -c 'id -un; id -Gn'
	[ "$output" = "nobody
nogroup daemon" ]
	run -0 chpst -u :12:13 sh -c 'id -u; id -G'
	[ "$output" = "12
13" ]
	run -0 chpst -U nobody sh -c 'echo $UID:$GID $(id -u)'
	[ "$output" = "65534:65534 0" ]
}
