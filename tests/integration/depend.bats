#!/usr/bin/env bats
# What services do to each other, beyond requires and wants, and by which of
# their names they are spoken to.
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
		echo "autostart = no"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | service "$name"
}

is_in() { # STATE NAME
	is_state "$2" "$1"
}

becomes() { # STATE NAME
	wait_until 20 is_state "$2" "$1"
}

@test "binds-to: a crash of one is a restart of both, requires is not" {
	sleeper db
	sleeper bound "binds-to = db"
	sleeper loose "requires = db"
	tend_start
	svctl start bound loose
	local bound loose db
	bound=$(pid_of bound) loose=$(pid_of loose) db=$(pid_of db)
	tend_in kill -KILL "$db"
	wait_until 20 has_new_pid bound "$bound"
	becomes up db
	becomes up bound
	[ "$(pid_of loose)" = "$loose" ]
}

@test "binds-to: a clean end for good takes the other down" {
	service db <<-END
		command = sh -c 'until [ -e $TEND_DIR/go ]; do sleep 0.05; done'
		restart = on-failure
		autostart = no
	END
	sleeper bound "binds-to = db"
	tend_start
	svctl start bound
	: >"$TEND_DIR/go"
	becomes down bound
	becomes down db
	svctl why bound | grep -q 'db was stopped'
}

@test "requires-once: it must have come up once, and may go then" {
	sleeper prepared
	sleeper web "requires-once = prepared"
	sleeper never "requires-once = broken"
	service broken <<-END
		command = /nonexistent
		autostart = no
	END
	tend_start
	svctl start web
	is_in up prepared
	svctl stop prepared
	is_in up web
	svctl restart web
	is_in down prepared
	run svctl start never
	[ "$status" -eq 1 ]
	svctl why never | grep -q 'broken failed'
}

@test "conflicts: a start stops the other, and waits for its end" {
	service slow <<-END
		command = sh -c 'trap "sleep 0.3; echo end >>$TEND_DIR/order; exit 0" TERM; echo up >>$TEND_DIR/order; while :; do sleep 0.05; done'
		conflicts = other
		autostart = no
	END
	service other <<-END
		command = sh -c 'echo other >>$TEND_DIR/order; exec sleep 1000'
		autostart = no
	END
	tend_start
	svctl start slow
	wait_until 20 has_lines "$TEND_DIR/order" 1
	svctl start other
	is_in down slow
	svctl why slow | grep -q 'other was started, and conflicts'
	wait_until 20 has_lines "$TEND_DIR/order" 3
	[ "$(tr '\n' ' ' <"$TEND_DIR/order")" = "up end other " ]
	svctl start slow
	becomes down other
	# Each is the other's reason, and that is no circle.
	run svctl start other slow
	becomes up slow
	run svctl why other
	[[ "$output" == *"slow was started, and conflicts with it"* ]]
	[[ "$output" != *"waits for itself"* ]]
}

@test "part-of: stop and restart are passed on, start is not" {
	sleeper app
	sleeper worker "part-of = app"
	tend_start
	svctl start app
	is_in down worker
	svctl start worker
	local before
	before=$(pid_of worker)
	svctl restart app
	wait_until 20 has_new_pid worker "$before"
	svctl stop app
	becomes down worker
}

@test "part-of: a reload is passed on, also from what has none itself" {
	service app <<-END
		type = target
	END
	service worker <<-END
		command = sh -c 'trap "echo hup >>$TEND_DIR/hups" HUP; echo up >>$TEND_DIR/up; while :; do sleep 0.05; done'
		reload-signal = HUP
		part-of = app
	END
	service helper <<-END
		command = sleep 1000
		reload-command = sh -c 'echo helper >>$TEND_DIR/hups'
		part-of = worker
	END
	tend_start
	svctl wait app worker helper
	wait_until 20 has_lines "$TEND_DIR/up" 1
	svctl reload app
	wait_until 20 has_lines "$TEND_DIR/hups" 2
	svctl stop worker
	run svctl reload app
	[ "$status" -eq 1 ]
}

@test "on-failure: another is started, and two that call each other end" {
	service bad <<-END
		command = false
		restart = never
		on-failure = mail
		autostart = no
	END
	service mail <<-END
		type = oneshot
		command = sh -c 'echo sent >>$TEND_DIR/mail'
		remain-after-exit = no
		autostart = no
	END
	service left <<-END
		command = sh -c 'echo left >>$TEND_DIR/ring; exit 1'
		restart = never
		on-failure = right
		autostart = no
	END
	service right <<-END
		command = sh -c 'echo right >>$TEND_DIR/ring; exit 1'
		restart = never
		on-failure = left
		autostart = no
	END
	tend_start
	svctl --no-wait start bad
	wait_until 20 has_lines "$TEND_DIR/mail" 1
	becomes failed bad
	svctl --no-wait start bad
	wait_until 20 has_lines "$TEND_DIR/mail" 2
	svctl --no-wait start left
	becomes failed right
	becomes failed left
	[ "$(tr '\n' ' ' <"$TEND_DIR/ring")" = "left right " ]
}

logs_have_hello() {
	svctl logs mta | grep -q hello
}

@test "provides: another name is good for every verb and key" {
	sleeper postfix "provides = mta smtp
log = file
start-post = echo hello"
	sleeper web "requires = mta"
	sleeper zmail "provides = smtp"
	tend_start
	svctl start web
	is_in up postfix
	svctl status mta | grep -q postfix
	local before
	before=$(pid_of postfix)
	svctl restart mta
	has_new_pid postfix "$before"
	svctl is-active smtp
	# And for those that read files.
	svctl cat smtp | grep -q 'provides = mta smtp'
	svctl check mta
	wait_until 10 logs_have_hello
	svctl enable mta
	[ "$(svctl is-enabled smtp)" = enabled ]
	[ "$(svctl is-enabled postfix)" = enabled ]
	svctl disable smtp
	svctl stop smtp
	is_in down postfix
	svctl history smtp
	is_in down web
	is_in invalid zmail
	svctl check 2>&1 | grep -q 'smtp'
	echo "start mta" | tend_in tee "$TEND_RUNTIME/control" >/dev/null
	becomes up postfix
}

@test "what was started for others goes with the last of them" {
	sleeper db
	sleeper one "requires = db"
	sleeper two "wants = db"
	tend_start
	svctl start one two
	svctl stop one
	is_in up db
	svctl stop two
	becomes down db
	svctl why db | grep -q 'nothing needs it any more'
	# Asked for itself it stays, also over the death of the supervisor.
	svctl start one db
	svctl stop one
	is_in up db
	svctl stop db
	svctl start one
	tend_in kill -KILL "$(supervisor_pid)"
	wait_until 20 is_state one up
	svctl stop one
	becomes down db
}

@test "stop of what others need stops them first and starts nothing again" {
	service db <<-END
		command = sh -c 'trap "echo db >>$TEND_DIR/order; exit 0" TERM; while :; do sleep 0.05; done'
	END
	service mid <<-END
		command = sh -c 'trap "echo mid >>$TEND_DIR/order; exit 0" TERM; while :; do sleep 0.05; done'
		requires = db
	END
	service top <<-END
		command = sh -c 'trap "sleep 0.2; echo top >>$TEND_DIR/order; exit 0" TERM; echo up >>$TEND_DIR/up; while :; do sleep 0.05; done'
		requires = mid
	END
	tend_start
	svctl wait top
	wait_until 20 has_lines "$TEND_DIR/up" 1
	svctl stop db
	[ "$(tr '\n' ' ' <"$TEND_DIR/order")" = "top mid db " ]
	is_in down top
	is_in down mid
	is_in down db
}

@test "a restart delay ends when what is needed comes back" {
	sleeper db
	service web <<-END
		command = sh -c '[ -e $TEND_DIR/good ] && exec sleep 1000; exit 1'
		requires = db
		restart-delay = 1h
		autostart = no
	END
	tend_start
	svctl --no-wait start web
	becomes backoff web
	: >"$TEND_DIR/good"
	tend_in kill -KILL "$(pid_of db)"
	becomes up web
}
