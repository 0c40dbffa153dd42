#!/usr/bin/env bats
# --doctor in each of the places of places.bats: the line that names it.
# Helpers are called through others; inner shells expand what is in single
# quotes; variables are those of the helpers.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common
load ../helpers/places

setup() {
	place_setup
	image_service web <<<'command = sleep 1000'
	logs='mount -t tmpfs tmpfs var/log;'
	all=$proc$null$run$tmp$logs
}

teardown() { tend_teardown; }

# A line of output, whole or up to its end.
says() { # LINE...
	local line
	for line; do
		grep -qF -- "$line" <<<"$output" || {
			echo "no '$line'"
			return 1
		}
	done
}

@test "doctor: where all is there, no line is bad, and each begins with a word" {
	place_doctor "$all"
	[ "$status" -eq 0 ]
	! grep -vE '^(ok  |note) [^ :][^:]*: [^ ]' <<<"$output" || return
	says 'ok   pid: 1, of a container' 'ok   user: uid 0, gid 0' \
		'ok   /proc: there' 'ok   /dev/null: there' 'note /: read-only' \
		'ok   run-time root: /run/tend, which will be made' \
		'ok   logs: /var/log/tend' 'ok   config: /etc/tend: 1 service' \
		'ok   services: 1, 0 of them invalid' 'ok   svlog: there' \
		'ok   limit-nofile: ' 'ok   limit-nproc: '
}

@test "doctor: nothing is left behind, made or changed" {
	mkdir "$TEND_DIR/kept" "$TEND_DIR/logs"
	find "$IMAGE" "$TEND_DIR/kept" -printf '%p %T@ %m\n' | sort \
		>"$TEND_DIR/before"
	place_doctor "$proc$null mount --bind '$TEND_DIR/kept' run;
		mount --bind '$TEND_DIR/kept' var/log"
	[ "$status" -eq 0 ]
	says 'ok   run-time root: /run/tend, which will be made'
	find "$IMAGE" "$TEND_DIR/kept" -printf '%p %T@ %m\n' | sort \
		>"$TEND_DIR/after"
	# When the image itself was looked at, dev/tty may be new.
	diff <(grep -v ' dev' "$TEND_DIR/before" | grep -v /dev) \
		<(grep -v ' dev' "$TEND_DIR/after" | grep -v /dev)
}

@test "doctor: nothing but programs and definitions" {
	place_doctor ""
	[ "$status" -eq 0 ]
	says 'note /: read-only' 'note /proc: not there: ' \
		'note /dev/null: ' 'note cgroup: no cgroup v2 to write' \
		'note run-time root: /run/tend: is not there and cannot be made: Read-only file system' \
		'note run-time root: /tmp/tend-0: ' \
		'note run-time root: none: services run, but there are no' \
		'note logs: /var/log/tend: Read-only file system; nothing is'
}

@test "doctor: a user without rights, no_new_privs" {
	place_as_user 54321
	place_doctor "$all"
	[ "$status" -eq 0 ]
	says 'note user: uid 54321, gid 54321: services run as this user' \
		'note capabilities: none: ' 'note no_new_privs: set: ' \
		'note run-time root: /run/tend: is not there and cannot be made: Permission denied' \
		'ok   run-time root: /tmp/tend-54321, which will be made'
}

@test "doctor: /run another's, open to all, without rights, noexec" {
	local setup
	for setup in 'chown 1234 run/tend' 'chmod 777 run/tend'; do
		place_doctor "$all mkdir run/tend; $setup"
		[ "$status" -eq 0 ]
		says 'note run-time root: /run/tend: not ours, or others can'
		says 'ok   run-time root: /tmp/tend-0, which will be made'
	done
	place_doctor "$all mkdir run/tend; mount -o remount,noexec run"
	says 'ok   run-time root: /run/tend; noexec does no harm'
	place_as_user 54321
	place_doctor "$all mkdir run/tend; chown 54321 run/tend; chmod 0 run/tend"
	says 'note run-time root: /run/tend: Permission denied' \
		'ok   run-time root: /tmp/tend-54321, which will be made' \
		'note config: /run/tend: Permission denied'
	rmdir "$IMAGE/run"
	place_doctor "$proc$null$tmp"
	says 'note run-time root: /run/tend: is not there and cannot be made: No such file or directory'
}

@test "doctor: what is named is the only root, and options are passed on" {
	place_doctor "$all" -r /none/run -c /none
	[ "$status" -eq 0 ]
	says 'note run-time root: /none/run: is not there and cannot be' \
		'ok   config: /none: No such file or directory' \
		'note services: none: nothing is started'
	run ! grep -q /tmp/tend <<<"$output"
}

@test "doctor: system calls that a filter refuses, with what is done" {
	cp "$TEND_HELPERS/deny" "$IMAGE/bin"
	local error text
	for error in EPERM ENOSYS; do
		text='Operation not permitted'
		[ "$error" = EPERM ] || text='Function not implemented'
		filter=("$TEND_HELPERS/deny" "$error")
		run "${filter[@]}" close_range,pidfd_open,execveat \
			"$TEND_BUILD/supervisor" --doctor -c "$IMAGE/etc/tend"
		[ "$status" -eq 0 ]
		says 'note seccomp: a filter is in force' \
			"note close_range: refused ($text): descriptors are" \
			"note pidfd_open: refused ($text): " \
			"note execveat: refused ($text): "
		run "${filter[@]}" waitid "$TEND_BUILD/supervisor" --doctor
		[ "$status" -eq 1 ]
		says "bad  waitid: refused ($text): "
	done
	run "$TEND_BUILD/supervisor" --doctor -c "$IMAGE/etc/tend"
	says 'ok   seccomp: ' 'ok   system calls: all '
}

@test "doctor: descriptors, signals, limits and variables that are inherited" {
	place_env=(env -i TEND_LOG=/tmp/log TEND_SVC_web_environment=TOKEN=SECRET
		TINI_VERBOSITY=2)
	place_doctor "$all trap '' INT USR1; exec 7</; ulimit -f 4096"
	[ "$status" -eq 0 ]
	# Others are of the test.
	grep -qE '^note descriptors: inherited: ([0-9]* )*7[ 0-9]*; no' \
		<<<"$output"
	says 'note signals: ignored: INT USR1; services get none ignored' \
		'note limit-fsize: ' 'ok   environment: TEND_LOG=/tmp/log' \
		'ok   environment: TEND_SVC_web_environment' \
		'ok   environment: TINI_VERBOSITY=2' 'ok   logs: /tmp/log' \
		'note PATH: not set: '
	run ! grep -q SECRET <<<"$output"
	place_env=(env -i)
	place_doctor "$all"
	says 'note environment: it is empty'
	run env --block-signal=HUP "$TEND_BUILD/init" --doctor
	says 'note signals: blocked: HUP; services get none blocked'
}

@test "doctor: few descriptors and processes" {
	run place_run "$all" /bin/sh -c 'ulimit -n 64; exec /bin/init --doctor'
	[ "$status" -eq 0 ]
	says 'note limit-nofile: 64, at most 64: the pipes of about 20 logged'
	run place_run "$all" /bin/sh -c 'ulimit -n 16; exec /bin/init --doctor'
	[ "$status" -eq 1 ]
	says 'bad  limit-nofile: 16, at most 16: at least 20 are needed'
	place_as_user 54321
	place_doctor "$all prlimit --pid \$\$ --nproc=9"
	[ "$status" -eq 0 ]
	says 'note limit-nproc: 9 processes of this user; '
}

@test "doctor: closed descriptors and the kinds of others" {
	place_doctor "$all exec <&-"
	says 'note stdin: closed: ' 'ok   stdout: a pipe' \
		'ok   terminal: none that is ours; none is needed'
	run place_run "$all exec <&- 2>&-" /bin/init --doctor
	says 'note stdin: closed: ' 'note stderr: closed: '
	# With nowhere to say it the status says it all the same.
	run -0 place_run "$all exec >&- 2>&-" /bin/init --doctor
	run script -qec "$TEND_BUILD/supervisor --doctor -c $IMAGE/etc/tend" \
		/dev/null </dev/null
	says 'ok   stdin: a terminal' 'ok   terminal: ours'
}

@test "doctor: services that are wrong are bad, with their mistake" {
	image_service broken <<<'comand = sleep'
	image_service other <<<'command = sleep 1000'
	place_doctor "$all"
	[ "$status" -eq 1 ]
	says "bad  broken: /etc/tend/services/broken:1:1: unknown key 'comand'" \
		'ok   services: 3, 1 of them invalid' \
		'ok   config: /etc/tend: 3 services'
	rm "$IMAGE/etc/tend/services/broken"
	echo 'strat = all' >"$IMAGE/etc/tend/tend.conf"
	place_doctor "$all"
	[ "$status" -eq 1 ]
	says "bad  tend.conf: /etc/tend/tend.conf:1:1: unknown key 'strat'"
}

@test "doctor: in a container that runs, beside its supervisor" {
	place_start "$all" /bin/init
	wait_until 20 place_svctl --timeout 10s wait web
	run -0 place_in /bin/init --doctor
	says 'note pid: ' ', not PID 1: ' \
		'note run-time root: /run/tend: supervisor ' \
		'is serving there; another one leaves with 1'
	place_svctl status web
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "doctor: services of the command line and the environment count" {
	place_env=(env -i PATH=/bin TEND_SVC_cron_restart=never)
	place_doctor "$all" -S cron='sleep 1000' -- sleep 1000
	[ "$status" -eq 0 ]
	says 'ok   services: 3, 0 of them invalid'
	place_doctor "$all" -S cron='sleep | 1000'
	[ "$status" -eq 1 ]
	says 'bad  cron: '
}
