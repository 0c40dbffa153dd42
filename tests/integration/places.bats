#!/usr/bin/env bats
# H30, H32: containers that have next to nothing. Each is the shape of
# tests/helpers/places.bash less what the test names: services run, what there
# is no more is named, and the end is in order.
# Helpers are called through others; inner shells expand what is in single
# quotes; variables are those of the helpers.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common
load ../helpers/places

setup() {
	place_setup
	image_service web <<-'END'
		command = sh -c 'echo web-said; exec sleep 1000'
		restart-delay = 0
	END
}

teardown() { tend_teardown; }

web_says() { # TIMES
	[ "$(grep -c 'web-said$' "$TEND_CONSOLE")" -ge "$1" ]
}

kill_web() {
	pkill -KILL -fx 'sleep 1000' --nslist pid --ns "$tend_init"
}

# Up, killed, up again, and ended with 0.
works() {
	wait_until 20 web_says 1
	kill_web || :
	wait_until 20 web_says 2
	tend_stop
	[ "$tend_status" -eq 0 ]
	run ! console_has BUG
	run ! console_has 'supervisor: exited'
}

@test "H32: nothing but programs and definitions: services run and are kept up" {
	place_start "" /bin/init
	works
	console_has '/dev/null: No such file or directory; services keep our'
	console_has 'no usable run-time root: Read-only file system; services'
	console_has '/var/log/tend: Read-only file system; logs go where our own'
}

@test "H32: the same for a user without any right" {
	place_as_user 54321
	place_start "" /bin/init
	works
	console_has 'no usable run-time root: Read-only file system; services'
}

@test "H50: there a supervisor that is killed starts nothing a second time" {
	local setup
	for setup in "" "$proc"; do
		place_start "$setup" /bin/init
		wait_until 20 web_says 1
		pkill -KILL -x supervisor --nslist pid --ns "$tend_init"
		place_says "web: may be running as process"
		console_has "not started until that has ended"
		web_says 1
		run ! web_says 2
		# What was in its way is gone.
		kill_web
		wait_until 20 web_says 2
		tend_stop
		[ "$tend_status" -eq 0 ]
		run ! console_has BUG
	done
}

@test "H32: log = file without a place for logs is seen all the same" {
	echo 'log = file' >>"$IMAGE/etc/tend/services/web"
	place_start "$null" /bin/init
	works
}

@test "H30: another user's container: the next root, which is named" {
	place_as_user 54321
	place_start "$proc$null$run$tmp" /bin/init
	place_says '/run/tend: Permission denied; the run-time root is /tmp/tend-54321'
	wait_until 20 place_svctl -r /tmp/tend-54321 list
	place_svctl -r /tmp/tend-54321 status web
	works
}

@test "H30: /run missing, read-only, another's, without rights: the next root" {
	local setup
	rmdir "$IMAGE/run"
	place_start "$proc$null$tmp" /bin/init
	place_says '/run/tend: No such file or directory; the run-time root is /tmp/tend-0'
	wait_until 20 place_svctl list
	works
	mkdir -p "$IMAGE/run/tend"
	place_start "$proc$null$tmp" /bin/init
	place_says '/run/tend: Read-only file system; the run-time root is /tmp/tend-0'
	works
	for setup in 'chown 1234 run/tend' 'chmod 777 run/tend'; do
		place_start "$proc$null$tmp$run mkdir run/tend; $setup" \
			/bin/init
		place_says '/run/tend: Operation not permitted; the run-time root is'
		works
	done
	place_as_user 54321
	place_start "$proc$null$tmp$run mkdir run/tend; chown 54321 run/tend
		chmod 0 run/tend" /bin/init
	place_says '/run/tend: Permission denied; the run-time root is'
	works
}

@test "H30: a /run that allows no programs is as good as another" {
	place_start "$proc$null mount -t tmpfs -o noexec,nodev,nosuid,mode=755 \
		tmpfs run" /bin/init
	wait_until 20 place_svctl list
	place_svctl --timeout 10s restart web
	wait_until 20 web_says 2
	tend_stop
	[ "$tend_status" -eq 0 ]
	run ! console_has 'run-time root'
}

@test "H32: no /dev/null, no devices: logged services have no input" {
	image_service reads <<-'END'
		type = oneshot
		command = sh -c 'cat; echo read-all'
	END
	place_start "$proc$run" /bin/init
	place_says 'reads | read-all'
	console_has '/dev/null: '
	works
}

@test "H32: descriptors 0, 1 and 2 closed" {
	image_service file <<-'END'
		command = sh -c 'echo file-said; exec sleep 1001'
		log = file
	END
	place_start "$proc$null$run exec <&- >&- 2>&-" /bin/init
	wait_until 20 place_svctl --timeout 10s wait web file
	has_log() { place_svctl logs file | grep -q file-said; }
	wait_until 20 has_log
	tend_stop
	[ "$tend_status" -eq 0 ]
	[ ! -s "$TEND_CONSOLE" ]
	# Without any device as well.
	place_start "$run exec <&- >&- 2>&-" /bin/init
	wait_until 20 place_svctl --timeout 10s wait web file
	wait_until 20 has_log
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H46: an environment that is empty" {
	image_service env <<-'END'
		type = oneshot
		command = sh -c 'env; echo env-end'
	END
	place_env=(env -i)
	place_start "$proc$null$run" /bin/init
	place_says 'env | env-end'
	grep -q '^env | PATH=/' "$TEND_CONSOLE"
	run ! grep -q '^env | HOME=' "$TEND_CONSOLE"
	works
}

@test "H13: 24, 32 and 64 descriptors: services run, and no line is lost" {
	local most name
	for name in a b c d e f; do
		image_service "$name" <<-END
			type = oneshot
			command = sh -c 'echo $name-said'
		END
	done
	for most in 64 32 24; do
		echo "$most descriptors"
		place_start "$proc$null$run" \
			/bin/sh -c "ulimit -n $most; exec /bin/init"
		for name in a b c d e f; do
			place_says "$name-said"
		done
		if [ "$most" -eq 64 ]; then
			run ! console_has 'No file descriptors available'
		else
			console_has 'No file descriptors available; what is in'
		fi
		works
	done
}

@test "H13: 20 descriptors: services run; fewer: one line says why not" {
	local old
	web_pid() { place_svctl list 2>/dev/null | sed -n 's/^web up //p'; }
	has_other() { [[ "$(web_pid)" =~ ^[0-9]+$ && "$(web_pid)" != "$old" ]]; }
	place_start "$proc$null$run" /bin/sh -c "ulimit -n 20; exec /bin/init"
	wait_until 20 has_other
	place_says 'No file descriptors available'
	old=$(web_pid)
	kill_web
	wait_until 20 has_other
	tend_stop
	[ "$tend_status" -eq 0 ]
	run ! console_has BUG
	run ! console_has 'are needed'
	place_start "$proc$null$run" /bin/sh -c "ulimit -n 16; exec /bin/init"
	place_says 'a limit of 16 descriptors: at least 20 are needed; raise it'
}

@test "H13: no more processes for a user: a start is tried again" {
	local n
	for n in 1 2 3 4 5 6 7 8 9; do
		image_service "more$n" <<<'command = sleep 999'
	done
	place_as_user 54322
	place_start "$proc$null$tmp prlimit --pid \$\$ --nproc=9:100" /bin/init
	place_says 'no process: Resource temporarily unavailable'
	setpriv --reuid 54322 --regid 54322 --clear-groups \
		prlimit --nproc=100 --pid \
		"$(pgrep -x supervisor --nslist pid --ns "$tend_init")"
	all_are_up() {
		[ "$(place_svctl -r /tmp/tend-54322 list |
			grep -c ' up ')" -eq 10 ]
	}
	wait_until 30 all_are_up
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H32: init -- CMD needs nothing of it at all" {
	place_as_user 54321
	local setup
	for setup in "" "exec <&- >&- 2>&-" "$proc prlimit --pid \$\$ --nproc=2"; do
		echo "$setup"
		run -7 place_run "$setup" /bin/init -- /bin/sh -c 'exit 7'
		run -143 place_run "$setup" /bin/init -- /bin/sh -c 'kill $$'
	done
	run -7 place_run "" /bin/sh -c \
		'ulimit -n 3; exec /bin/init -- /bin/sh -c "exit 7"'
	run -127 place_run "" /bin/init -- /bin/none
	[[ "$output" == *"init: /bin/none: No such file or directory"* ]]
}

@test "what cannot work says why in one line" {
	place_env=(env -i TEND_SUPERVISOR=/bin/none)
	run -111 place_run "" /bin/init
	[[ "$output" == *"/bin/none: No such file or directory"* ]]
}
