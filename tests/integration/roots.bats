#!/usr/bin/env bats
# H30, H38: run-time roots that are no use, and what lies in them already.
# Helpers are called through others; inner shells expand what is in single
# quotes; tend_init is set by namespace_start.
# shellcheck disable=SC2016,SC2154,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	export TEND_SUPERVISOR=$TEND_BUILD/supervisor
	printf 'command = sh -c "echo >>%s/starts; exec sleep 1000"\n' \
		"$TEND_DIR" | service web
	root=$TEND_DIR/root
	mkdir -p "$root" "$TEND_DIR/beside"
}

teardown() { tend_teardown; }

# init with that run-time root once CMD has been at it; with '' the default.
start_on() { # ROOT CMD
	local options=(-c "$TEND_CONFIG")
	[ -z "$1" ] || options+=(-r "$1")
	: >"$TEND_DIR/starts"
	: >"$TEND_CONSOLE"
	unset TEND_RUNTIME
	namespace_start sh -c "$2"'; exec "$0" "$@"' "$TEND_BUILD/init" \
		"${options[@]}"
	wait_until 20 has_lines "$TEND_DIR/starts" 1
}

# Services run without it, the reason is said, and nothing of ours is there.
is_refused() { # CMD REASON
	start_on "$root" "$1"
	console_has "no usable run-time root: $2"
	run -6 svctl -r "$root" list
	[ -z "$(ls -A "$root/")" ]
	# A service without anybody to ask is still looked after.
	tend_in pkill -KILL -fx 'sleep 1000'
	wait_until 20 has_lines "$TEND_DIR/starts" 2
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H30: read-only, a link, another's, open to all: services run without" {
	is_refused "mount -t tmpfs -o ro,mode=755 none '$root'" 'Read-only file system'
	rmdir "$root"
	ln -s "$TEND_DIR/beside" "$root"
	is_refused : ''
	rm "$root"
	mkdir "$root"
	chmod 777 "$root"
	is_refused : 'Operation not permitted'
	chmod 755 "$root"
	[ "$(id -u)" -eq 0 ] || return 0
	chown 63210 "$root"
	is_refused : 'Operation not permitted'
}

@test "H30: noexec, nodev, nosuid: as any other" {
	start_on "$root" "mount -t tmpfs -o noexec,nodev,nosuid,mode=755 none '$root'"
	svctl -r "$root" --timeout 10s restart web
	svctl -r "$root" list | grep -q '^web up '
	run ! console_has 'run-time root'
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H30: without /run the next place, which is ours and private" {
	local place
	place=/dev/shm/tend-$(id -u)
	start_on '' 'mount -t tmpfs -o ro none /run; mount -t tmpfs none /dev/shm'
	tend_in svctl list | grep -q '^web up '
	tend_in test -p "$place/control"
	[ "$(tend_in stat -c %a "$place")" = 700 ]
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H38: hard links in the run-time root keep what they are to others" {
	local name
	mkfifo -m 600 "$TEND_DIR/beside/fifo"
	ln "$TEND_DIR/beside/fifo" "$root/control"
	for name in status state loaded loaded.old lock supervisor.pid exec; do
		echo precious >"$TEND_DIR/beside/$name"
		ln "$TEND_DIR/beside/$name" "$root/$name"
	done
	echo 'control-group = daemon' >"$TEND_CONFIG/tend.conf"
	start_on "$root" :
	svctl -r "$root" --timeout 10s restart web
	tend_in kill -KILL "$(supervisor_pid)"
	_serves_again() { svctl -r "$root" --timeout 5s restart web; }
	wait_until 20 _serves_again
	if [ "$(id -u)" -eq 0 ]; then
		[ "$(stat -c '%a %G' "$root/control")" = '620 daemon' ]
		[ "$(stat -c '%a %G' "$root/status")" = '640 daemon' ]
	fi
	tend_stop
	[ "$(stat -c '%a %g' "$TEND_DIR/beside/fifo")" = "600 $(id -g)" ]
	for name in status state loaded loaded.old lock supervisor.pid exec; do
		[ "$(cat "$TEND_DIR/beside/$name")" = precious ]
		[ "$(stat -c '%a %g' "$TEND_DIR/beside/$name")" = \
			"644 $(id -g)" ]
	done
}

@test "H38: links in the place of logs are not followed" {
	: >"$TEND_DIR/beside/current"
	printf 'command = sh -c "echo said; echo >>%s/starts; exec sleep 1000"\n%s\n' \
		"$TEND_DIR" 'log = file' | service web
	ln -s "$TEND_DIR/beside" "$TEND_LOG/web"
	# What svlog has not written when it ends it writes nowhere.
	start_on "$root" :
	tend_stop
	[ ! -s "$TEND_DIR/beside/current" ]
	rm "$TEND_LOG/web"
	mkdir "$TEND_LOG/web"
	ln -s "$TEND_DIR/beside/current" "$TEND_LOG/web/current"
	start_on "$root" :
	tend_stop
	[ ! -s "$TEND_DIR/beside/current" ]
	# A log root that cannot be written leads below the run-time root.
	export TEND_LOG=/proc/none
	ln -s "$TEND_DIR/beside" "$root/log"
	start_on "$root" :
	tend_stop
	[ -z "$(find "$TEND_DIR/beside" -newer "$TEND_DIR/starts" ! -type d)" ]
	[ ! -e "$TEND_DIR/beside/web" ]
}
