#!/usr/bin/env bats
# svlog alone: as a filter, and with pipes and RUN/logs made by hand.

load ../helpers/common
load ../helpers/bounded

setup() {
	tend_setup
	dir=$TEND_DIR/log/web
	py=$TEND_TOP/tests/helpers/svlog.py
}
teardown() {
	show_if_failed
	tend_teardown
}

# What the lines of $dir were made of is what is in FILE.
same() { # FILE [DIR [STREAM]]
	"$py" join "${2:-$dir}" ${3:+"$3"} >"$TEND_DIR/joined"
	cmp "$1" "$TEND_DIR/joined"
}

finished() {
	find "$dir" -name '@*.s' | wc -l
}

@test "a filter stamps lines, and a last line without a newline has a mark" {
	printf 'one\n\nlast' | svlog "$dir"
	grep -qxE '20[0-9-]{8}T[0-9:]{8}\.[0-9]{6}Z -  *one' "$dir/current"
	[ "$(cut -c28- "$dir/current")" = " - one
 - 
 -+last" ]
	[ "$(stat -c %a "$dir" "$dir/current" | xargs)" = "750 640" ]
}

@test "H27: a line of 1 MB, no final newline, binary bytes and escapes are kept" {
	{
		head -c 1048576 /dev/zero | tr '\0' x
		printf '\n\033[31mred\033[0m\r\n\0\377\376\n'
		head -c 100000 /dev/urandom
		printf 'no newline'
	} >"$TEND_DIR/in"
	svlog --keep 100 "$dir" <"$TEND_DIR/in"
	same "$TEND_DIR/in"
	# No line is longer than it may be.
	[ "$(LC_ALL=C awk '{ if (length > n) n = length } END { print n }' \
		"$dir"/@*.s "$dir/current")" -eq $((8192 + 30)) ]
}

@test "random writes arrive as they were, whatever line-max and size are" {
	for options in "--size 4K --line-max 1" "--size 9K --line-max 100" \
		"--size 100K --line-max 32K" "--size 1M"; do
		rm -rf "$dir"
		"$py" write 7 300000 >"$TEND_DIR/in"
		# shellcheck disable=SC2086
		"$py" write 7 300000 | svlog $options --keep 100000 "$dir"
		same "$TEND_DIR/in"
	done
}

@test "files are finished at their size, and the oldest are removed" {
	seq 100000 | svlog --size 64K --keep 3 "$dir"
	[ "$(finished)" -eq 3 ]
	for file in "$dir"/*; do
		[ "$(stat -c %s "$file")" -le 65536 ]
	done
	for file in "$dir"/@*.s; do
		[ "$(stat -c %s "$file")" -gt 65400 ]
		# The name is the time of the first line, or a little later.
		first=$(head -c 27 "$file" | tr -d ':-')
		[[ $(basename "$file") > "@${first%Z}" || \
			$(basename "$file") == "@$first.s" ]]
	done
	# No line is missing from the first that is there to the last.
	"$py" join "$dir" >"$TEND_DIR/joined"
	seq "$(head -n 1 "$TEND_DIR/joined")" 100000 |
		cmp - "$TEND_DIR/joined"
}

@test "a name of a removed file is not given again: the last ones are kept" {
	for _ in 1 2 3; do
		rm -rf "$dir"
		seq 100000 | svlog --size 4K --keep 2 "$dir"
		"$py" join "$dir" >"$TEND_DIR/joined"
		# Two files, and what follows them.
		[ "$(wc -l <"$TEND_DIR/joined")" -gt 200 ]
		seq "$(head -n 1 "$TEND_DIR/joined")" 100000 |
			cmp - "$TEND_DIR/joined"
	done
}

@test "max-total is kept" {
	seq 100000 | svlog --size 16K --keep 1000 --max-total 100K "$dir"
	total=$(find "$dir" -name '@*' -printf '%s\n' |
		awk '{ n += $1 } END { print n }')
	[ "$total" -le 102400 ]
	[ "$total" -gt 60000 ]
	tail -n 1 "$dir/current" | grep -q ' 100000$'
}

@test "H27: a partial line is written after 2 s" {
	mkfifo "$TEND_DIR/in"
	svlog "$dir" <"$TEND_DIR/in" 3>&- &
	exec 9>"$TEND_DIR/in"
	printf 'password: ' >&9
	wait_until 10 grep -q -- '-+password: $' "$dir/current"
	printf 'ok\n' >&9
	wait_until 10 grep -q -- '- ok$' "$dir/current"
	exec 9>&-
	ends $!
}

@test "H28: a file that is renamed or removed is made anew, and its directory" {
	mkfifo "$TEND_DIR/in"
	svlog "$dir" <"$TEND_DIR/in" 3>&- &
	exec 9>"$TEND_DIR/in"
	arrives() {
		echo "$1" >&9
		grep -q "$1" "$dir/current"
	}
	wait_until 10 arrives first
	mv "$dir/current" "$dir/moved"
	wait_until 10 arrives second
	rm "$dir/current"
	wait_until 10 arrives third
	: >"$dir/current"
	wait_until 10 arrives fourth
	# No hole where the old end was.
	[ "$(tr -d '\0' <"$dir/current" | wc -c)" -eq \
		"$(wc -c <"$dir/current")" ]
	exec 9>&-
	ends $!
	grep -q first "$dir/moved"
}

@test "what is not a file of ours is not written to" {
	mkdir -p "$dir"
	echo precious >"$TEND_DIR/precious"
	for what in "ln -s $TEND_DIR/precious" "ln $TEND_DIR/precious" mkfifo; do
		rm -f "$dir/current"
		$what "$dir/current"
		! echo text | timeout 10 svlog "$dir" 2>>"$TEND_CONSOLE" ||
			false
	done
	[ "$(cat "$TEND_DIR/precious")" = precious ]
}

@test "a second filter for the same directory is refused" {
	mkfifo "$TEND_DIR/in"
	svlog "$dir" <"$TEND_DIR/in" 3>&- &
	svlog_pid=$!
	exec 9>"$TEND_DIR/in"
	wait_until 10 test -e "$dir/current"
	run svlog "$dir" <"$TEND_DIR/in"
	[ "$status" -eq 1 ]
	[[ $output == *"another svlog"* ]]
	exec 9>&-
	ends "$svlog_pid"
}

@test "a processor's output takes the place of a finished file" {
	seq 20000 | svlog --size 64K --keep 3 --processor 'tr 0-9 a-j' "$dir"
	has_ended() { ! pgrep -x tr >/dev/null; }
	[ -n "$(find "$dir" -name '@*.p')" ]
	for file in "$dir"/@*.p; do
		! grep -q '[0-9]' "$file" || false
	done
}

@test "a processor that fails leaves the file as it was" {
	seq 5000 | svlog --size 64K --processor false "$dir" 2>"$TEND_DIR/err"
	[ "$(finished)" -ge 1 ]
	[ -z "$(find "$dir" -name '@*.[put]')" ]
	grep -q 'false: failed with status 1' "$TEND_DIR/err"
	seq 5000 | svlog --size 64K --processor /no/such "$dir" \
		2>"$TEND_DIR/err"
	grep -q 'cannot be run' "$TEND_DIR/err"
}

@test "H25: on a full disk the oldest go first, then lines, and it says how many" {
	local n sent kept lost
	mkfifo "$TEND_DIR/in"
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t tmpfs -o size=64k log "$0" &&
		exec svlog --size 16K --keep 100 "$0"' "$TEND_LOG" \
		<"$TEND_DIR/in" 2>"$TEND_DIR/err" 3>&- 9>&- &
	svlog_pid=$!
	exec 9>"$TEND_DIR/in"
	dir=/proc/$svlog_pid/root$TEND_LOG
	# It may be the last of a file that is finished.
	has_line() { grep -qs " $1\$" "$dir"/@* "$dir/current"; }
	# More than the disk holds: finished files go.
	for n in $(seq 400 400 20000); do
		seq $((n - 399)) "$n" >&9
		wait_until 20 has_line "$n"
	done
	! grep -qs lost "$dir"/@* "$dir/current" || false
	[ ! -s "$TEND_DIR/err" ]
	# Nothing of ours is left to be removed, nor is there any later: the
	# file does not get large enough to be finished.
	rm -f "$dir"/@*
	: >"$dir/current"
	echo start >&9
	wait_until 10 has_line start
	sent=1
	# What was removed is free once svlog has closed it, which may be later.
	is_dropped() {
		dd if=/dev/zero of="$dir/other" bs=4k oflag=append \
			conv=notrunc 2>/dev/null || true
		seq 300 >&9
		sent=$((sent + 300))
		wait_until 1 grep -q dropped "$TEND_DIR/err"
	}
	wait_until 20 is_dropped
	rm "$dir/other"
	# Though nothing more is to be written.
	is_told() { grep -q 'tend: [0-9]* lines lost (no space)' "$dir/current"; }
	wait_until 10 is_told
	echo last >&9
	sent=$((sent + 1))
	wait_until 10 has_line last
	mkdir "$TEND_DIR/kept"
	cp "$dir/current" "$TEND_DIR/kept"
	exec 9>&-
	ends "$svlog_pid"
	"$py" join "$TEND_DIR/kept" >"$TEND_DIR/joined"
	# Lines that are there and lines that were lost are all that there were.
	lost=$(sed -n 's/^tend: \([0-9]*\) lines lost.*/\1/p' "$TEND_DIR/joined" |
		awk '{ n += $1 } END { print n }')
	kept=$(grep -cxE 'start|last|[0-9]+' "$TEND_DIR/joined")
	[ "$lost" -gt 0 ]
	[ "$((kept + lost))" -eq "$sent" ]
}
