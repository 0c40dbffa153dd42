#!/usr/bin/env bats
# H24, H46, H52: what init and the supervisor were started with, and keep or pass on.
# Inner shells expand what is in single quotes; helpers are called through
# others.
# shellcheck disable=SC2016,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }
teardown() { tend_teardown; }

# A mount to start something in, which has to be given up again.
on_mount() { # CMD...
	mkdir -p "$TEND_DIR/mount"
	namespace_start sh -c 'mount -t tmpfs none "$0" && cd "$0" &&
		mkdir etc run && exec "$@"' "$TEND_DIR/mount" "$@"
}

is_mounted() {
	tend_in grep -q " $TEND_DIR/mount " /proc/self/mounts
}

# Whoever was started first may leave the directory last.
unmount() {
	_try() { tend_in umount "$TEND_DIR/mount" 2>/dev/null; }
	is_mounted
	wait_until 10 _try
}

@test "H24: the directory that init was started in can be unmounted" {
	service web <<-END
		command = sleep 1000
	END
	: >"$TEND_DIR/env"
	service forked <<-END
		command = sleep 1000
		environment-file = $TEND_DIR/env
	END
	on_mount "$TEND_BUILD/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl --timeout 10s wait web forked
	unmount
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "H24: the directory that init -- CMD was started in can be unmounted" {
	on_mount "$TEND_BUILD/init" -- sh -c \
		'pwd >"$0/pwd.new"; mv "$0/pwd.new" "$0/pwd"; cd /; exec sleep 1000' \
		"$TEND_DIR"
	wait_until 10 test -e "$TEND_DIR/pwd"
	[ "$(cat "$TEND_DIR/pwd")" = "$TEND_DIR/mount" ]
	_in_root() { [ "$(tend_in pgrep -c -fx 'sleep 1000')" -eq 1 ]; }
	wait_until 10 _in_root
	unmount
}

@test "H24: the directory that a daemon was started in can be unmounted" {
	service web <<-END
		command = sleep 1000
	END
	on_mount sh -c '"$0/supervisor" -c "$1" -r "$2"; cd /
		while :; do sleep 1000 & wait $!; done' \
		"$TEND_BUILD" "$TEND_CONFIG" "$TEND_RUNTIME"
	_wait_until_serving
	svctl --timeout 10s wait web
	unmount
}

@test "H24: relative paths are found, after a supervisor's death as well" {
	service web <<-END
		command = sh -c 'pwd >>$TEND_DIR/pwd; exec sleep 1000'
	END
	cd "$TEND_DIR"
	namespace_start "$TEND_BUILD/init" -c etc -r run
	_wait_until_serving
	svctl --timeout 10s wait web
	local old
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	_next() { [ "$(supervisor_pid)" != "$old" ] && _serves; }
	wait_until 10 _next
	sed -i 's/1000/2000/' "$TEND_CONFIG/services/web"
	svctl --timeout 10s apply
	_again() { tend_in pgrep -fx 'sleep 2000' >/dev/null; }
	wait_until 10 _again
	[ "$(sort -u "$TEND_DIR/pwd")" = / ]
}

# What a service finds, read from /proc by itself.
look() { # NAME [LINE...]
	local name=$1
	shift
	{
		cat <<-'END'
			command = sh -c '{ umask; cat /proc/self/oom_score_adj; grep "^Max open files\|^Max core" /proc/self/limits; cut -d" " -f19 /proc/self/stat; grep "^Sig\|^Shd" /proc/self/status; } >$OUT.new; mv $OUT.new $OUT; exec sleep 1000'
		END
		echo "environment = OUT=$TEND_DIR/seen-$name"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | service "$name"
}

seen() { # NAME
	wait_until 10 test -e "$TEND_DIR/seen-$1"
	cat "$TEND_DIR/seen-$1"
}

# The first process has an odd umask, limits, and signals ignored. Sets nice.
start_oddly() {
	nice=$(($(command nice) + 3))
	[ "$nice" -le 19 ] || nice=19
	namespace_start sh -c 'umask 0137
		ulimit -n 777
		ulimit -c 0
		echo 321 >/proc/self/oom_score_adj
		trap "" HUP INT QUIT PIPE USR1 USR2 TERM CHLD TTOU
		exec nice -n 3 "$@"' sh "$TEND_BUILD/init" -c "$TEND_CONFIG" \
		-r "$TEND_RUNTIME"
	_wait_until_serving
}

# There are no keys yet for limits, nice and the OOM score: until then all of
# it is as init got it, and nothing as init or the supervisor made it.
@test "H52: a service has our umask and signals, and limits nobody has touched" {
	: >"$TEND_DIR/env"
	look plain
	look forked "environment-file = $TEND_DIR/env"
	start_oddly
	svctl --timeout 10s wait plain forked
	local name text
	for name in plain forked; do
		text=$(seen "$name")
		echo "$text"
		[ "$(sed -n 1p <<<"$text")" = 0022 ]
		[ "$(sed -n 2p <<<"$text")" = 321 ]
		grep -q '^Max open files *777 *777 ' <<<"$text"
		grep -q '^Max core file size *0 *0 ' <<<"$text"
		grep -qx "$nice" <<<"$text"
		grep -q '^SigBlk:.0000000000000000$' <<<"$text"
		grep -q '^SigIgn:.0000000000000000$' <<<"$text"
		grep -q '^ShdPnd:.0000000000000000$' <<<"$text"
	done
}

@test "H52: the same for one that the next supervisor starts" {
	look plain "autostart = no"
	start_oddly
	local old text
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	_next() { [ "$(supervisor_pid)" != "$old" ] && _serves; }
	wait_until 10 _next
	svctl --timeout 10s start plain
	text=$(seen plain)
	echo "$text"
	[ "$(sed -n 1p <<<"$text")" = 0022 ]
	[ "$(sed -n 2p <<<"$text")" = 321 ]
	grep -q '^Max open files *777 *777 ' <<<"$text"
	grep -qx "$nice" <<<"$text"
	grep -q '^SigBlk:.0000000000000000$' <<<"$text"
	grep -q '^SigIgn:.0000000000000000$' <<<"$text"
}

@test "H52: files of ours have their modes whatever the umask" {
	look plain
	start_oddly
	svctl --timeout 10s wait plain
	[ "$(stat -c %a "$TEND_RUNTIME/control")" = 600 ]
	[ "$(stat -c %a "$TEND_RUNTIME/state")" = 600 ]
	[ "$(stat -c %a "$TEND_RUNTIME/loaded")" = 600 ]
	[ "$(stat -c %a "$TEND_RUNTIME/status")" = 644 ]
	[ "$(stat -c %a "$TEND_RUNTIME/supervisor.pid")" = 644 ]
}

@test "H46: init -- CMD hands on an environment of 1.9 MB with odd names" {
	local odd=('a b=1' 'X.Y=2' 'EMPTY=' 'EQUALS=a=b=' $'NL=two\nlines' '-=3'
		'NOTIFY_SOCKET=/mine' 'LISTEN_FDS=1' 'TEND_SUPERVISOR=/none')
	local text i
	ulimit -s 16384
	text=$(head -c 120000 /dev/zero | tr '\0' x)
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		odd+=("BIG$i=$text")
	done
	# Without the shell's own, or it would be too much.
	(exec -c env "${odd[@]}" true) || skip "no exec with so much of it here"
	(
		exec -c env "${odd[@]}" "$TEND_BUILD/init" -- \
			/usr/bin/env -0 >"$TEND_DIR/seen"
	)
	printf '%s\0' "${odd[@]}" | cmp - "$TEND_DIR/seen"
	# None at all.
	env -i "$TEND_BUILD/init" -- /usr/bin/env -0 >"$TEND_DIR/seen"
	[ ! -s "$TEND_DIR/seen" ]
}
