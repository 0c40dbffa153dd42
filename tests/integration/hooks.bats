#!/usr/bin/env bats
# The commands around a service: when they run, what they are told, what
# interrupts them.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }
teardown() { tend_teardown; }

# Each word that a hook has written, in one line.
told() {
	tr '\n' ' ' <"$TEND_DIR/told" 2>/dev/null
}

has_told() { # WORDS
	[ "$(told)" = "$1 " ]
}

# A service that says which of its commands run; further keys from stdin.
teller() { # NAME
	{
		echo 'command = sleep 1000'
		for key in start-pre start-post stop-command stop-post \
			reload-command; do
			echo "$key = sh -c 'echo $key >>$TEND_DIR/told'"
		done
		cat
	} | service "$1"
}

@test "hooks run in order around a start, a reload, a crash and a stop" {
	teller web </dev/null
	tend_start
	svctl wait web
	has_told "start-pre start-post"
	svctl reload web
	has_told "start-pre start-post reload-command"
	: >"$TEND_DIR/told"
	old=$(pid_of web)
	tend_in kill -KILL "$old"
	wait_until 10 has_new_pid web "$old"
	svctl wait web
	has_told "stop-post start-pre start-post"
	: >"$TEND_DIR/told"
	svctl stop web
	has_told "stop-command stop-post"
}

@test "hooks are told of the service" {
	service web <<-END
		command = sh -c 'exit 7'
		restart = never
		start-pre = sh -c 'env | grep ^TEND_ | sort >$TEND_DIR/pre'
		stop-post = sh -c 'env | grep ^TEND_ | sort >$TEND_DIR/post'
	END
	service killed <<-END
		command = sleep 1000
		start-post = sh -c 'echo \$TEND_MAIN_PID >$TEND_DIR/pid'
		stop-post = sh -c 'env | grep ^TEND_ | sort >$TEND_DIR/killed'
	END
	tend_start
	wait_until 10 is_state web failed
	svctl wait killed
	[ "$(cat "$TEND_DIR/pid")" = "$(pid_of killed)" ]
	svctl stop killed
	grep -qx 'TEND_HOOK=start-pre' "$TEND_DIR/pre"
	grep -qx 'TEND_NAME=web' "$TEND_DIR/pre"
	run ! grep TEND_EXIT "$TEND_DIR/pre"
	grep -qx 'TEND_EXIT_CODE=7' "$TEND_DIR/post"
	grep -qx 'TEND_RESULT=exit' "$TEND_DIR/post"
	run ! grep TEND_EXIT_SIGNAL "$TEND_DIR/post"
	grep -qx 'TEND_EXIT_SIGNAL=TERM' "$TEND_DIR/killed"
	grep -qx 'TEND_EXIT_SIGNAL_NUMBER=15' "$TEND_DIR/killed"
	run ! grep TEND_EXIT_CODE "$TEND_DIR/killed"
}

@test "a start-pre that fails is a start that failed, and ends the row" {
	teller web <<-END
		start-pre = false
		start-pre = sh -c 'echo never >>$TEND_DIR/told'
		restart-delay = 0
		restart-limit = 2/1min
	END
	teller mild <<-END
		start-pre =
		start-pre = -false
		stop-post =
		start-post =
	END
	tend_start
	svctl wait mild
	wait_until 10 is_state web failed
	has_told "$(printf 'start-pre stop-post %.0s' 1 2 3 | sed 's/ $//')"
	console_has "web: start-pre exited 1 (false)"
}

@test "a start-post that fails takes the service down again" {
	teller web <<-END
		start-post = sh -c 'exit 3'
		restart = never
	END
	tend_start
	wait_until 10 is_state web failed
	has_told "start-pre start-post stop-post"
	[ -z "$(pid_of web)" ]
	[ "$(field_of web reason)" = "start-post exited 3" ]
}

@test "H48: hooks that hang are killed with their group in time" {
	service pre <<-END
		command = sleep 1000
		start-pre = sh -c 'trap "" TERM; sleep 2001 & sleep 2001; :'
		start-timeout = 300ms
		restart = never
	END
	service post <<-END
		command = sleep 1000
		stop-post = sh -c 'trap "" TERM; sleep 2002 & sleep 2002; :'
		stop-timeout = 300ms
	END
	service stop <<-END
		command = sleep 1000
		stop-command = sh -c 'trap "" TERM; sleep 2003 & sleep 2003; :'
		stop-timeout = 300ms
	END
	tend_start
	svctl wait post stop
	wait_until 10 is_state pre failed
	[ "$(field_of pre reason)" = "not ready after 300 ms" ]
	svctl --timeout 8s stop post stop
	is_state post down
	is_state stop down
	run tend_in pgrep -x sleep
	[ -z "$output" ]
}

@test "what a hook leaves running does not outlive it" {
	service web <<-END
		command = sleep 1000
		start-pre = sh -c 'sleep 2004 & :'
	END
	tend_start
	svctl wait web
	wait_until 10 eval '! tend_in pgrep -f "[s]leep 2004"'
}

@test "H43: the end of everything interrupts hooks of starts" {
	for n in 1 2 3; do
		service "s$n" <<-END
			command = sleep 1000
			start-pre = sh -c 'echo $n >>$TEND_DIR/told; sleep 2005'
			start-timeout = infinity
			stop-timeout = infinity
		END
	done
	tend_start
	wait_until 10 has_lines "$TEND_DIR/told" 3
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H43: so it does everything else that a service waits for" {
	service pre-dep <<-END
		command = sleep 1000
		requires = fd
	END
	service fd <<-END
		command = sleep 1000
		ready = fd:3
		start-timeout = infinity
		stop-timeout = infinity
	END
	service post <<-END
		command = sleep 1000
		start-post = sh -c 'echo post >>$TEND_DIR/told; sleep 2006'
		start-timeout = infinity
		stop-timeout = infinity
	END
	service path <<-END
		command = sleep 1000
		wait-for = path:$TEND_DIR/none
	END
	service search <<-END
		type = forking
		command = sh -c 'sleep 2007 & echo search >>$TEND_DIR/told'
		pid-file = $TEND_DIR/none.pid
		start-timeout = infinity
		stop-timeout = infinity
	END
	service crash <<-END
		command = false
		restart-delay = 1h
	END
	service reload <<-END
		command = sleep 1000
		reload-command = sh -c 'echo reload >>$TEND_DIR/told; sleep 2008'
		start-timeout = infinity
		stop-timeout = infinity
	END
	service times <<-END
		type = oneshot
		command = sh -c 'echo times >>$TEND_DIR/told; sleep 2009'
		every = 1h
		start-timeout = infinity
		stop-timeout = infinity
	END
	service down <<-END
		command = sleep 1000
		stop-command = sh -c 'echo down >>$TEND_DIR/told; sleep 2010'
		stop-timeout = 500ms
	END
	service late <<-END
		command = sleep 1000
		stop-post = sh -c 'echo late >>$TEND_DIR/told; sleep 2011'
		stop-timeout = 500ms
	END
	tend_start
	svctl wait reload down late
	svctl reload reload 3>&- &
	svctl --no-wait stop down late
	wait_until 10 has_lines "$TEND_DIR/told" 6
	wait_until 10 is_state crash backoff
	is_state pre-dep waiting
	is_state path waiting
	for name in fd post search times; do
		is_state "$name" starting
	done
	tend_stop
	[ "$tend_status" -eq 0 ]
	run ! console_has 'ignore TERM'
	run ! console_has BUG
}

@test "a reload answers when it is done, and says if it failed" {
	service good <<-END
		command = sh -c 'trap "echo signal >>$TEND_DIR/told" HUP; \
			echo up >>$TEND_DIR/told; while :; do sleep 0.1; done'
		reload-command = sh -c 'sleep 0.2; echo command >>$TEND_DIR/told'
		reload-signal = HUP
	END
	service bad <<-END
		command = sleep 1000
		reload-command = sh -c 'exit 1'
	END
	tend_start
	svctl wait good bad
	wait_until 10 has_told up
	svctl reload good
	wait_until 10 has_told "up command signal"
	run -1 svctl reload bad
	[[ $output == *"reload-command failed"* ]]
	is_state bad up
}

@test "hooks outlive a supervisor that is killed, and go on under the next" {
	service pre <<-END
		command = sleep 1000
		start-pre = sh -c 'echo a >>$TEND_DIR/pre; cat $TEND_DIR/fifo; \
			echo b >>$TEND_DIR/pre'
	END
	service post <<-END
		command = sleep 1000
		stop-post = sh -c 'echo a >>$TEND_DIR/post; cat $TEND_DIR/fifo; \
			echo b >>$TEND_DIR/post'
	END
	mkfifo "$TEND_DIR/fifo"
	tend_start
	svctl wait post
	svctl --no-wait stop post
	wait_until 10 has_lines "$TEND_DIR/post" 1
	wait_until 10 has_lines "$TEND_DIR/pre" 1
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	wait_until 10 eval '[ "$(supervisor_pid)" != "$old" ]'
	is_state pre starting
	is_state post stopping
	: >"$TEND_DIR/fifo"
	svctl wait pre
	wait_until 10 is_state post down
	[ "$(cat "$TEND_DIR/pre")" = "$(printf 'a\nb')" ]
	[ "$(cat "$TEND_DIR/post")" = "$(printf 'a\nb')" ]
}

@test "so do they under a supervisor that takes its place" {
	service pre <<-END
		command = sleep 1000
		start-pre = sh -c 'echo a >>$TEND_DIR/pre; cat $TEND_DIR/fifo; \
			echo b >>$TEND_DIR/pre'
	END
	mkfifo "$TEND_DIR/fifo"
	tend_start
	wait_until 10 has_lines "$TEND_DIR/pre" 1
	svctl upgrade
	is_state pre starting
	: >"$TEND_DIR/fifo"
	svctl wait pre
	[ "$(cat "$TEND_DIR/pre")" = "$(printf 'a\nb')" ]
}

@test "a oneshot is done until its stop-command has run" {
	service net <<-END
		type = oneshot
		command = sh -c 'echo up1 >>$TEND_DIR/told'
		command = sh -c 'echo up2 >>$TEND_DIR/told'
		start-post = sh -c 'echo post >>$TEND_DIR/told'
		stop-command = sh -c 'echo down1 >>$TEND_DIR/told'
		stop-command = sh -c 'echo down2 >>$TEND_DIR/told'
		stop-post = sh -c 'echo over >>$TEND_DIR/told'
	END
	tend_start
	svctl wait net
	is_state net "done"
	has_told "up1 up2 post"
	svctl stop net
	has_told "up1 up2 post down1 down2 over"
	svctl start net
	svctl restart net
	has_told "up1 up2 post down1 down2 over up1 up2 post \
down1 down2 over up1 up2 post"
}

@test "hooks run as the service's user, and with + as the supervisor's" {
	[ "$(id -u)" -eq 0 ] || skip "only root may become another user"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
		"$BATS_TEST_TMPDIR" "$TEND_DIR"
	echo "FROM_FILE=yes" >"$TEND_DIR/env"
	mkdir -m 777 "$TEND_DIR/out"
	service web <<-END
		command = sleep 1000
		user = 65534
		group = 65534
		environment-file = $TEND_DIR/env
		start-pre = sh -c 'id -u >$TEND_DIR/out/pre; \
			echo \$FROM_FILE >>$TEND_DIR/out/pre; \
			cut -d" " -f 5,6 /proc/self/stat >>$TEND_DIR/out/pre; \
			echo \$\$ \$\$ >>$TEND_DIR/out/pre'
		start-post = +sh -c 'id -u >$TEND_DIR/out/post'
		start-post = -+/no/such/program
	END
	tend_start
	svctl wait web
	[ "$(sed -n 1p "$TEND_DIR/out/pre")" = 65534 ]
	[ "$(sed -n 2p "$TEND_DIR/out/pre")" = yes ]
	# It leads a group and a session of its own.
	[ "$(sed -n 3p "$TEND_DIR/out/pre")" = "$(sed -n 4p "$TEND_DIR/out/pre")" ]
	[ "$(cat "$TEND_DIR/out/post")" = 0 ]
	console_has "start-post: exec: No such file or directory"
}

@test "H15: a stop while start-pre runs is asked, not killed, and is over at once" {
	teller web <<-END
		start-pre = sh -c 'trap "echo asked >>$TEND_DIR/told; exit 0" TERM; \
			echo up >>$TEND_DIR/told; while :; do sleep 0.05; done'
	END
	tend_start
	wait_until 10 has_told "start-pre up"
	svctl --timeout 8s stop web
	has_told "start-pre up asked stop-post"
	is_state web down
}
