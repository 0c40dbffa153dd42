# What services write: through named pipes to svlog, whoever dies meanwhile.
#
# shellcheck disable=SC2016,SC2317,SC2153,SC2154
bats_require_minimum_version 1.5.0
load ../helpers/common
load ../helpers/bounded

setup() {
	tend_setup
	[ -x "${TEND_SVLOG:-$TEND_BUILD/svlog}" ] || skip "no svlog was built"
}

teardown() {
	show_if_failed
	tend_teardown
}

# A program that writes numbered lines for as long as there is a file `go`,
# and says in the end how many.
counter() { # FILE
	cat >"$1" <<-'END'
		#!/bin/sh
		# Whoever gets SIGPIPE tells of it.
		trap 'echo pipe >>"$2"; exit 1' PIPE
		n=0
		while [ -e "$1" ]; do
			n=$((n + 1))
			echo "line $n"
			[ $((n % 50)) -ne 0 ] || sleep 0.01
		done
		echo "$n" >"$2"
		exec sleep 1000
	END
	chmod 755 "$1"
}

# All lines from 1 to the number in FILE are there, once each and in order.
is_complete() { # NAME FILE
	log_of "$1" | grep '^line ' >"$TEND_DIR/got" || true
	seq -f 'line %.0f' "$(cat "$2")" | cmp -s - "$TEND_DIR/got"
}

_is_gone_inside() {
	! tend_in kill -0 "$1" 2>/dev/null
}

has_file() {
	[ -s "$1" ]
}

svlog_is_new() { # OLD
	local now
	now=$(svlog_pid) && [ "$now" != "$1" ]
}

@test "each line has a stamp of fixed width and says which stream it is from" {
	service talker <<-'END'
		command = sh -c 'echo out; echo err >&2; exec sleep 1000'
		log = file
	END
	service merged <<-'END'
		command = sh -c 'echo 1; echo 2 >&2; echo 3; exec sleep 1000'
		log = file
		log-streams = no
	END
	tend_start
	svctl wait talker merged
	wait_until 10 log_has talker out
	wait_until 10 log_has talker err
	raw_log_of talker | grep -qE \
		'^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z o out$'
	raw_log_of talker | grep -qE '^.{27} e err$'
	# One pipe: the order is exact.
	wait_until 10 log_has merged 3
	[ "$(log_of merged | tr '\n' ' ')" = "1 2 3 " ]
	[ -p "$TEND_RUNTIME/pipe/talker,err" ]
	[ ! -e "$TEND_RUNTIME/pipe/merged,err" ]
}

@test "a service of another user opens /dev/stdout and /dev/stderr again" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	service web <<-'END'
		command = sh -c 'echo a >/dev/stdout; echo b >/dev/stderr; exec sleep 1000'
		user = daemon
		log = file
	END
	service env <<-END
		command = sh -c 'echo c >/dev/stdout; exec sleep 1000'
		user = daemon
		log = file
		environment-file = $TEND_DIR/env
	END
	echo A=1 >"$TEND_DIR/env"
	tend_start
	svctl wait web env
	wait_until 10 log_has web a
	wait_until 10 log_has web b
	wait_until 10 log_has env c
	[ "$(stat -c '%a %U %F' "$TEND_RUNTIME/pipe/web")" = "200 daemon fifo" ]
	[ "$(stat -c '%a %U' "$TEND_RUNTIME/pipe/web,err")" = "200 daemon" ]
	[ "$(stat -c '%a' "$TEND_RUNTIME/pipe")" = 711 ]
	# Another user: the pipe changes hands at the next start.
	sed -i 's/^user = .*/user = nobody/' "$TEND_CONFIG/services/web"
	svctl restart web
	[ "$(stat -c %U "$TEND_RUNTIME/pipe/web")" = nobody ]
	_twice() { [ "$(log_of web | grep -cx a)" -eq 2 ]; }
	wait_until 10 _twice
}

@test "H38: what lies in the place of a pipe is replaced, a link not followed" {
	mkdir "$TEND_RUNTIME/pipe"
	echo precious >"$TEND_DIR/target"
	ln -s "$TEND_DIR/target" "$TEND_RUNTIME/pipe/web"
	echo foreign >"$TEND_RUNTIME/pipe/web,err"
	: >"$TEND_RUNTIME/pipe/nobodys"
	service web <<-'END'
		command = sh -c 'echo out; echo err >&2; exec sleep 1000'
		log = file
	END
	tend_start
	svctl wait web
	wait_until 10 log_has web out
	wait_until 10 log_has web err
	[ "$(cat "$TEND_DIR/target")" = precious ]
	[ -p "$TEND_RUNTIME/pipe/web" ]
	[ ! -L "$TEND_RUNTIME/pipe/web" ]
	[ ! -e "$TEND_RUNTIME/pipe/nobodys" ]
	# The same while the supervisor runs, before a first start.
	service late <<-'END'
		command = sh -c 'echo out; echo err >&2; exec sleep 1000'
		log = file
	END
	ln -s "$TEND_DIR/target" "$TEND_RUNTIME/pipe/late"
	mkfifo -m 666 "$TEND_RUNTIME/pipe/late,err"
	svctl apply
	svctl wait late
	wait_until 10 log_has late out
	wait_until 10 log_has late err
	[ "$(cat "$TEND_DIR/target")" = precious ]
	[ ! -L "$TEND_RUNTIME/pipe/late" ]
	[ "$(stat -c %a "$TEND_RUNTIME/pipe/late,err")" = \
		"$(stat -c %a "$TEND_RUNTIME/pipe/web")" ]
}

@test "H26: svlog, the supervisor, both are killed: no byte lost, none twice" {
	local old i
	counter "$TEND_DIR/counter"
	: >"$TEND_DIR/go"
	printf 'command = %s %s %s\nlog = file\n' "$TEND_DIR/counter" \
		"$TEND_DIR/go" "$TEND_DIR/count" | service counter
	tend_start
	svctl wait counter
	# shellcheck disable=SC2034
	for i in 1 2 3; do
		wait_until 20 svlog_pid
		old=$(svlog_pid)
		tend_in kill -KILL "$old"
		wait_until 20 svlog_is_new "$old"
	done
	# One supervisor finds the svlog of the other, and does not start two.
	old=$(svlog_pid)
	tend_in kill -KILL "$(supervisor_pid)"
	_wait_until_serving
	[ "$(svlog_pid)" = "$old" ]
	[ "$(tend_in pgrep -c -f -- 'svlog .*--run-dir')" -eq 1 ]
	tend_in kill -KILL "$old"
	wait_until 20 svlog_is_new "$old"
	tend_in kill -KILL "$(svlog_pid)" "$(supervisor_pid)"
	_wait_until_serving
	wait_until 20 svlog_pid
	rm "$TEND_DIR/go"
	wait_until 20 has_file "$TEND_DIR/count"
	wait_until 20 is_complete counter "$TEND_DIR/count"
	[ "$(field_of counter restarts)" -eq 0 ]
}

@test "H26: a service writes on while neither svlog nor a supervisor lives" {
	local old
	service web <<-END
		command = sh -c 'trap "echo pipe >>$TEND_DIR/bad" PIPE; echo up; until [ -e $TEND_DIR/dead ]; do sleep 0.01; done; i=0; while [ \$i -lt 100 ]; do i=\$((i + 1)); echo "line \$i" || echo \$i >>$TEND_DIR/bad; done; echo 100 >$TEND_DIR/count; exec sleep 1000'
		log = file
	END
	supervisor_start_standalone
	svctl wait web
	wait_until 10 log_has web up
	old=$(svlog_pid)
	kill -KILL "$(_children_of "$tend_supervisor")"
	ends "$tend_supervisor" || true
	tend_in kill -KILL "$old"
	wait_until 10 _is_gone_inside "$old"
	: >"$TEND_DIR/dead"
	wait_until 20 has_file "$TEND_DIR/count"
	supervisor_start_standalone
	wait_until 20 is_complete web "$TEND_DIR/count"
	[ ! -e "$TEND_DIR/bad" ]
}

@test "H26: what a service wrote last is there though svlog was dead as well" {
	service brief <<-'END'
		command = sh -c 'echo "line $$"'
		type = oneshot
		log = file
	END
	service long <<-'END'
		command = sleep 1000
		log = file
	END
	tend_start
	svctl wait long
	wait_until 20 svlog_pid
	tend_in kill -STOP "$(svlog_pid)"
	svctl restart brief
	svctl wait --for 'done' brief
	tend_in kill -KILL "$(svlog_pid)"
	_both() { [ "$(log_of brief | wc -l)" -eq 2 ]; }
	wait_until 20 _both
}

@test "50 oneshots at once that write and exit: all lines of all are there" {
	local n
	for n in $(seq 50); do
		service "o$n" <<-END
			type = oneshot
			command = sh -c 'echo "begin $n"; echo "err $n" >&2; printf "end $n"'
			log = file
		END
	done
	tend_start
	svctl wait --for 'done' $(seq -f 'o%.0f' 50)
	_all() {
		for n in $(seq 50); do
			[ "$(log_of "o$n" | sort | tr '\n' ',')" = \
				"begin $n,end $n,err $n," ] || return 1
		done
	}
	wait_until 20 _all
}

@test "a shutdown stops svlog last: what is written while stopping is there" {
	service slow <<-'END'
		command = sh -c 'trap "i=0; while [ \$i -lt 500 ]; do i=\$((i + 1)); echo bye \$i; done; printf end; exit 0" TERM; echo up; while :; do sleep 0.01; done'
		log = file
	END
	service shown <<-'END'
		command = sh -c 'trap "echo farewell; exit 0" TERM; while :; do sleep 0.01; done'
		log = stdout
	END
	tend_start
	svctl wait slow shown
	wait_until 10 log_has slow up
	tend_stop
	[ "$tend_status" -eq 0 ]
	[ "$(log_of slow | grep -c '^bye ')" -eq 500 ]
	log_has slow end
	console_has "shown | farewell"
	[ ! -e "$TEND_RUNTIME/pipe" ]
	[ ! -e "$TEND_RUNTIME/tell" ]
}

@test "svlog is no service: nobody can stop it, and it starts only when needed" {
	service quiet <<-'END'
		command = sleep 1000
		log = none
	END
	tend_start
	svctl wait quiet
	run ! svlog_pid
	[ ! -e "$TEND_RUNTIME/pipe/quiet" ]
	printf 'command = sh -c "echo hi; exec sleep 1000"\nlog = file\n' |
		service loud
	svctl apply
	svctl wait loud
	wait_until 10 log_has loud hi
	svlog_pid
	run -4 svctl stop svlog
	run -4 svctl status svlog
	[ "$(svctl list | wc -l)" -eq 2 ]
}

@test "a service that is removed: what it wrote while stopping, then no pipe" {
	service gone <<-'END'
		command = sh -c 'trap "echo last; exit 0" TERM; echo up; while :; do sleep 0.01; done'
		log = file
	END
	service stays <<-'END'
		command = sleep 1000
		log = file
	END
	tend_start
	svctl wait gone stays
	wait_until 10 log_has gone up
	rm "$TEND_CONFIG/services/gone"
	svctl apply
	wait_until 10 log_has gone last
	_away() { [ ! -e "$TEND_RUNTIME/pipe/gone" ]; }
	wait_until 10 _away
	[ ! -e "$TEND_RUNTIME/pipe/gone,err" ]
	[ -p "$TEND_RUNTIME/pipe/stays" ]
	run ! grep -q '^gone ' "$TEND_RUNTIME/logs"
	# It comes back as new.
	service gone <<-'END'
		command = sh -c 'echo again; exec sleep 1000'
		log = file
	END
	svctl apply
	wait_until 10 log_has gone again
}

@test "settings of logs reach the file for svlog, which is replaced only then" {
	service web <<-'END'
		command = sleep 1000
		log = file stdout
		log-size = 64K
		log-keep = 3
		log-age = 90s
		log-line-max = 1K
		log-overflow = drop
		log-processor = gzip -9
	END
	service other <<-'END'
		command = sleep 1000
	END
	printf 'log-max-total = 10M\nlog-group = adm\n' >"$TEND_CONFIG/tend.conf"
	tend_start
	svctl wait web other
	local inode pids
	pids="$(pid_of web) $(pid_of other)"
	[[ "$pids" =~ ^[0-9]+\ [0-9]+$ ]]
	[ "$(stat -c %a "$TEND_RUNTIME/logs")" = 600 ]
	[ "$(head -n 2 "$TEND_RUNTIME/logs" | tr '\n' ';')" = \
		"tend-logs 1;* max-total=10485760 group=adm;" ]
	grep -qxF "web to=file,stdout streams=2 size=65536 keep=3 line-max=1024 overflow=drop age=90 processor=gzip -9" \
		"$TEND_RUNTIME/logs"
	# In a container that is the default.
	grep -q '^other to=stdout ' "$TEND_RUNTIME/logs"
	inode=$(stat -c %i "$TEND_RUNTIME/logs")
	echo 'restart = never' >>"$TEND_CONFIG/services/other"
	svctl apply
	[ "$(stat -c %i "$TEND_RUNTIME/logs")" = "$inode" ]
	echo 'log-size = 1M' >>"$TEND_CONFIG/services/other"
	sed -i 's/64K/32K/' "$TEND_CONFIG/services/web"
	svctl apply
	grep -q '^web .* size=32768 ' "$TEND_RUNTIME/logs"
	printf 'log-max-total = 20M\n' >"$TEND_CONFIG/tend.conf"
	svctl apply
	grep -qx '\* max-total=20971520' "$TEND_RUNTIME/logs"
	# What changed is svlog's business: nothing was restarted.
	[ "$(pid_of web) $(pid_of other)" = "$pids" ]
}

@test "log-format = json: lines on stdout are objects, from apply on" {
	service web <<-'END'
		command = sh -c 'echo "a \"b\""; echo err >&2; exec sleep 1000'
		log = stdout
	END
	echo 'log-format = json' >"$TEND_CONFIG/tend.conf"
	tend_start
	_has() { grep "$1" "$TEND_CONSOLE" | jq -e "$2" >/dev/null; }
	wait_until 10 _has '^{.*a .*b' \
		'.service == "web" and .text == "a \"b\"" and .stream == "stdout"'
	wait_until 10 _has '^{.*err' '.text == "err" and .stream == "stderr"'
	echo 'log-format = text' >"$TEND_CONFIG/tend.conf"
	svctl apply
	_is_text() { ! grep -q format "$TEND_RUNTIME/logs"; }
	wait_until 10 _is_text
	svctl restart web
	_has_text() { grep -qx 'web | err' "$TEND_CONSOLE"; }
	wait_until 10 _has_text
}

@test "last words of a death: time, status, usage and the last lines" {
	service dies <<-'END'
		command = sh -c 'echo "it is a good day"; exit 3'
		restart = never
		log = file
	END
	tend_start
	local file=$TEND_LOG/dies/last/1
	wait_until 20 has_file "$file"
	grep -qE '^time=[0-9-]{10}T[0-9:.]{15}Z$' "$file"
	grep -qx 'exit=3' "$file"
	grep -qx 'signal=' "$file"
	grep -qE '^ran_ms=[0-9]+$' "$file"
	grep -qE '^cpu_ms=[0-9]+$' "$file"
	grep -qE '^peak_kb=[1-9][0-9]*$' "$file"
	sed '1,/^$/d' "$file" | grep -q 'it is a good day$'
	local n
	for n in $(seq 10); do
		svctl restart dies || true
		wait_until 10 is_state dies failed
	done
	_eight() { [ "$(find "$TEND_LOG/dies/last" -name '[0-9]*' | wc -l)" -eq 8 ]; }
	wait_until 10 _eight
	[ ! -e "$TEND_LOG/dies/last/9" ]
}

@test "without svlog a service writes its file itself" {
	service web <<-'END'
		command = sh -c 'echo plain; exec sleep 1000'
		log = file
	END
	# Nor is there a FIFO for this: that it runs has to do.
	printf 'command = sleep 1000\nready = fd:3\n' | service told
	export TEND_SVLOG=/nonexistent/svlog
	tend_start
	svctl --timeout 10s wait web told
	wait_until 10 log_has web plain
	[ "$(cat "$TEND_LOG/web/current")" = plain ]
	[ ! -e "$TEND_RUNTIME/pipe" ]
}

@test "H38: without svlog no service follows a link to its file" {
	printf 'command = sh -c "echo said; exec sleep 1000"\nlog = file\n' |
		service web
	mkdir -p "$TEND_LOG/web"
	: >"$TEND_DIR/beside"
	ln -s "$TEND_DIR/beside" "$TEND_LOG/web/current"
	TEND_SVLOG=/nonexistent/svlog tend_start
	svctl wait web || true
	[ ! -e "$TEND_RUNTIME/pipe" ]
	tend_stop
	[ ! -s "$TEND_DIR/beside" ]
}

@test "a service gets the limit of descriptors that the supervisor was given" {
	service web <<-'END'
		command = sh -c 'ulimit -n; ulimit -Hn; exec sleep 1000'
		log = file
	END
	ulimit -Sn 512
	tend_start
	svctl wait web
	wait_until 10 log_has web 512
	# And none of those that are kept for the others.
	[ "$(tend_in ls "/proc/$(pid_of web)/fd" | tr '\n' ' ')" = "0 1 2 " ]
}
