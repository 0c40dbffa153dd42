#!/usr/bin/env bats
# H39: files of variables that are odd, large, or hostile.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	file=$TEND_DIR/file
	printf 'command = sh -c "env >%s/got.new; mv %s/got.new %s/got; exec sleep 1000"\nenvironment-file = %s\nrestart = never\n' \
		"$TEND_DIR" "$TEND_DIR" "$TEND_DIR" "$file" | service web
	printf 'command = sleep 1000\n' | service other
}

teardown() { tend_teardown; }

got() { # LINE
	grep -qxF -- "$1" "$TEND_DIR/got"
}

restart_with() { # what is read from standard input
	cat >"$file"
	rm -f "$TEND_DIR/got"
	svctl --timeout 20s restart web
	wait_until 10 test -e "$TEND_DIR/got"
}

is_refused() { # REASON, of what is read from standard input
	cat >"$file"
	rm -f "$TEND_DIR/got"
	run svctl --timeout 20s restart web
	[ "$status" -ne 0 ]
	is_state web failed
	run svctl why web
	[[ "$output" == *"$1"* ]]
	[ ! -e "$TEND_DIR/got" ]
	is_state other up
}

@test "H39: environment-file: no newline, CRLF, nothing, blanks alone" {
	echo A=1 >"$file"
	tend_start
	svctl --timeout 10s wait web other
	printf 'A=1\nB=2' | restart_with
	got A=1
	got B=2
	printf 'A=1\r\nB="2"\r\n' | restart_with
	got A=1
	got B=2
	printf '' | restart_with
	printf '\n \n\t\n\n' | restart_with
	printf '# A=1' | restart_with
	run ! got A=1
	run ! console_has BUG
}

@test "H39: environment-file: NUL, no names, quotes left open, a directory" {
	echo A=1 >"$file"
	tend_start
	svctl --timeout 10s wait web other
	local supervisor
	supervisor=$(supervisor_pid)
	printf 'A=1\nB=\0\n' | is_refused 'Invalid argument'
	printf '1A=1\n' | is_refused 'Invalid argument'
	printf 'A=1\nB="2\n' | is_refused 'Invalid argument'
	head -c 4096 /dev/urandom | tr -d 'A-Za-z_\n' |
		is_refused 'Invalid argument'
	rm "$file"
	mkdir "$file"
	run -1 svctl --timeout 20s restart web
	is_state web failed
	rmdir "$file"
	# Somebody else's FIFO, which nobody writes into, holds up one alone.
	mkfifo "$file"
	svctl --no-wait start web
	svctl --timeout 10s restart other
	svctl --timeout 20s stop web
	rm "$file"
	printf 'A=1\n' | restart_with
	[ "$(supervisor_pid)" = "$supervisor" ]
	run ! console_has BUG
}

@test "H39: environment-file: 1 MiB and no byte more" {
	local line
	echo A=1 >"$file"
	tend_start
	svctl --timeout 10s wait web other
	line=$(printf '#%062d' 0)
	{
		echo A=first
		yes "$line" | head -n 16383
		printf 'B=%061d' 0
	} | head -c 1048576 | restart_with
	[ "$(stat -c %s "$file")" -gt 1048000 ]
	got A=first
	{
		yes "$line" | head -n 16384
		echo
	} | is_refused 'File too large'
	# A single line as long as a variable may be, and a longer one.
	{
		printf 'LONG='
		head -c 130000 /dev/zero | tr '\0' x
	} | restart_with
	{
		printf 'LONG='
		head -c 140000 /dev/zero | tr '\0' x
	} | is_refused 'Argument list too long'
}
