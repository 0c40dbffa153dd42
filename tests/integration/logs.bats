#!/usr/bin/env bats
# svctl logs and history: log directories made by hand, without a supervisor,
# and rotated while they are followed.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# shellcheck disable=SC2016,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common
load ../helpers/bounded

setup() {
	tend_setup
	follower=
}

teardown() {
	show_if_failed
	[ -z "$follower" ] || kill "$follower" 2>/dev/null || true
	tend_teardown
}

# Outside of any namespace: nothing of it needs a supervisor.
logs() {
	timeout --foreground 60 "$TEND_BUILD/svctl" logs "$@"
}

history_of() {
	timeout --foreground 60 "$TEND_BUILD/svctl" history "$@"
}

# A line with the time 2026-11-23T10:00:00 and so many seconds.
stamp() { # SECONDS
	printf '2026-11-23T%02d:%02d:%02d.000000Z' \
		$((10 + $1 / 3600)) $(($1 / 60 % 60)) $(($1 % 60))
}

# Lines every STEP seconds from FROM until before TO.
lines() { # TAG FROM TO [STEP]
	local i
	for ((i = $2; i < $3; i += ${4:-1})); do
		echo "$(stamp "$i") o $1 $i"
	done
}

# web: 0 to 89 in three files; db: every 3 s from 1 on in two.
two_services() {
	mkdir -p "$TEND_LOG/web" "$TEND_LOG/db"
	lines web 0 30 >"$TEND_LOG/web/@20261123T100000.000000Z.s"
	lines web 30 60 >"$TEND_LOG/web/@20261123T100030.000000Z.s"
	lines web 60 90 >"$TEND_LOG/web/current"
	lines db 1 45 3 >"$TEND_LOG/db/@20261123T100001.000000Z.s"
	lines db 46 90 3 >"$TEND_LOG/db/current"
}

# --- which lines ------------------------------------------------------------

@test "logs of one service are the bytes of its files, in their order" {
	two_services
	printf '%s e \033[1m\377\001 no newline' "$(stamp 90)" \
		>>"$TEND_LOG/web/current"
	logs web >"$TEND_DIR/out"
	{
		cat "$TEND_LOG"/web/@* "$TEND_LOG/web/current"
		echo
	} >"$TEND_DIR/expected"
	cmp "$TEND_DIR/out" "$TEND_DIR/expected"
}

@test "logs of several services are merged by time and say whose they are" {
	two_services
	logs web db >"$TEND_DIR/out"
	{
		sed 's/Z /Z web /' "$TEND_LOG"/web/@* "$TEND_LOG/web/current"
		sed 's/Z /Z db /' "$TEND_LOG"/db/@* "$TEND_LOG/db/current"
	} | sort -s -k 1,1 >"$TEND_DIR/expected"
	cmp "$TEND_DIR/out" "$TEND_DIR/expected"
	# Without names these are all, in the order of names where times agree.
	logs db web >"$TEND_DIR/named"
	logs >"$TEND_DIR/all"
	cmp "$TEND_DIR/all" "$TEND_DIR/named"
	logs -u db -u web | cmp - "$TEND_DIR/named"
	logs --unit=web | cmp - <(logs web)
	logs db -u web | cmp - "$TEND_DIR/named"
}

@test "logs -n shows the last lines, of several services as of one" {
	two_services
	local n
	for n in 0 1 29 30 31 59 60 61 89 90 91 1000; do
		logs web -n "$n" | cmp - <(logs web | tail -n "$n")
		logs -n"$n" | cmp - <(logs | tail -n "$n")
	done
	# Lines that are longer than what is read at a time.
	mkdir "$TEND_LOG/long"
	for n in 1 2 3 4; do
		printf '%s o %070000d\n' "$(stamp "$n")" "$n"
	done >"$TEND_LOG/long/current"
	logs long -n 2 | cmp - <(tail -n 2 "$TEND_LOG/long/current")
	run -2 logs web -n many
	[[ "$output" == *"many: not a number"* ]]
}

@test "logs --since and --until include their moment, across files" {
	two_services
	local from to
	for from in 0 1 29 30 31 60 89; do
		logs web --since "$(stamp "$from")" |
			cmp - <(lines web "$from" 90)
		for to in 0 28 30 60 88; do
			logs web --since "$(stamp "$from")" \
				--until "$(stamp "$to")" |
				cmp - <(lines web "$from" $((to + 1)))
		done
	done
	[ -z "$(logs web --since 2026-11-23T10:01:30Z)" ]
	logs web --since 2026-11-23T09:00 | cmp - <(logs web)
	logs web --since 2026-11-23 --until 2026-11-24 | cmp - <(logs web)
	logs web --until "$(stamp 40)" -n 3 | cmp - <(lines web 38 41)
	logs web --until "$(stamp 30)" --since "$(stamp 29)" -n 5 |
		cmp - <(lines web 29 31)
	logs --since "$(stamp 58)" --until "$(stamp 61)" >"$TEND_DIR/out"
	[ "$(line_count "$TEND_DIR/out")" -eq 6 ]
	run -2 logs web --since "10 parsec"
	[[ "$output" == *"10 parsec: not a time; write"* ]]
}

@test "logs --since of a time before now" {
	mkdir "$TEND_LOG/web"
	local ago
	for ago in 3hours 30min 5min; do
		echo "$(date -u -d "-$ago" +%Y-%m-%dT%H:%M:%S.%6NZ) o $ago"
	done >"$TEND_LOG/web/current"
	[ "$(logs web --since "1h ago" | line_count /dev/stdin)" -eq 2 ]
	[ "$(logs web --since -10min | line_count /dev/stdin)" -eq 1 ]
	[ "$(logs web --until -10min | line_count /dev/stdin)" -eq 2 ]
	[ "$(logs web --since now | line_count /dev/stdin)" -eq 0 ]
	[ "$(logs web --since yesterday | line_count /dev/stdin)" -eq 3 ]
}

@test "logs reads no more of a file than it shows" {
	command -v strace >/dev/null || skip "needs strace"
	mkdir "$TEND_LOG/web"
	# Some 6 MiB.
	awk 'BEGIN { for (i = 0; i < 60000; i++)
		printf "2026-11-23T%02d:%02d:%02d.000000Z o %066d\n",
			i / 3600, i / 60 % 60, i % 60, i }' \
		>"$TEND_LOG/web/current"
	local arguments
	while read -r arguments; do
		# shellcheck disable=SC2086
		strace -o "$TEND_DIR/trace" -e trace=pread64 \
			"$TEND_BUILD/svctl" logs web $arguments >"$TEND_DIR/out"
		[ "$(line_count "$TEND_DIR/out")" -eq 10 ]
		[ "$(awk -F '= ' '{ n += $NF } END { print n }' \
			"$TEND_DIR/trace")" -lt 262144 ]
	done <<-'END'
		-n 10
		--since 2026-11-23T10:00:00 --until 2026-11-23T10:00:09
		--until 2026-11-23T04:00:00 -n 10
		--since 2026-11-23T16:39:50
	END
}

@test "logs --grep shows lines whose text matches" {
	two_services
	logs web --grep '9$' | cmp - <(logs web | grep '9$')
	logs web --grep 'b (1|2)7' -n 1 | cmp - <(lines web 27 28)
	logs --grep '^db' -n 4 | cmp - <(logs | grep 'o db' | tail -n 4)
	# The time is no part of the text, and a NUL does not end it.
	[ -z "$(logs web --grep 2026)" ]
	printf '%s o a\0needle\n' "$(stamp 91)" >>"$TEND_LOG/web/current"
	[ "$(logs web --grep needle | line_count /dev/stdin)" -eq 1 ]
	run -2 logs web --grep '['
	[[ "$output" == *"[: not a regular expression: "* ]]
}

@test "logs of a clock that went back, and of lines without a time" {
	mkdir "$TEND_LOG/web"
	{
		echo "no time"
		lines web 10 12
		echo "of 11"
		lines web 5 7
	} >"$TEND_LOG/web/current"
	logs web | cmp - "$TEND_LOG/web/current"
	logs web -n 4 | cmp - <(tail -n 4 "$TEND_LOG/web/current")
}

# --- how they look ----------------------------------------------------------

@test "logs --json is valid for any bytes" {
	command -v jq >/dev/null || skip "needs jq"
	mkdir "$TEND_LOG/web"
	local i
	for ((i = 0; i < 256; i++)); do
		[ "$i" -ne 10 ] || continue
		printf '%s e+' "$(stamp "$i")"
		# shellcheck disable=SC2059
		printf "$(printf '\\%03o' "$i")x\n"
	done >"$TEND_LOG/web/current"
	printf 'bare\n%s o \303\274\n' "$(stamp 300)" >>"$TEND_LOG/web/current"
	logs web --json >"$TEND_DIR/out"
	[ "$(line_count "$TEND_DIR/out")" -eq 257 ]
	iconv -f UTF-8 -t UTF-8 "$TEND_DIR/out" >/dev/null
	[ "$(jq -s length "$TEND_DIR/out")" -eq 257 ]
	jq -es '.[65] == {time: "2026-11-23T10:01:06.000000Z", name: "web",
		stream: "stderr", continued: true, text: "Bx"} and
		.[0].text == "\u0000x" and .[27].text == "\u001cx" and
		.[200].text == "\ufffdx"' "$TEND_DIR/out"
	jq -es '.[255] == {time: null, name: "web", stream: null,
		continued: false, text: "bare"} and .[256].text == "ü" and
		.[256].stream == "stdout"' "$TEND_DIR/out"
}

@test "H27: a terminal obeys nothing that is in a log" {
	command -v script >/dev/null || skip "needs script"
	mkdir "$TEND_LOG/web"
	printf '%s o \033[2J\033]0;owned\007 gr\303\274n \233 \302\233 \r\n' \
		"$(stamp 0)" >"$TEND_LOG/web/current"
	run -0 script -qec "$TEND_BUILD/svctl logs web" /dev/null
	[[ "$output" == *'^[[2J^[]0;owned^G grün \x9b \xc2\x9b ^M'* ]]
	[[ "$output" != *$'\033'* ]]
	# In a pipe they are as they were.
	logs web | cmp - "$TEND_LOG/web/current"
}

# --- following --------------------------------------------------------------

follow() { # ARG...
	"${filter[@]}" "$TEND_BUILD/svctl" logs -f "$@" >"$TEND_DIR/out" \
		2>"$TEND_DIR/err" 3>&- &
	follower=$!
}

shows() { # TEXT
	grep -qF -- "$1" "$TEND_DIR/out"
}

now() {
	date -u +%Y-%m-%dT%H:%M:%S.%6NZ
}

# Numbered lines, some in two pieces, with a rotation every ten; the oldest
# files are deleted.
write_and_rotate() { # DIRECTORY LINES
	python3 - "$1" "$2" <<-'END'
		import datetime, os, sys, time
		directory, total = sys.argv[1], int(sys.argv[2])
		os.makedirs(directory, exist_ok=True)
		current = directory + "/current"
		fd = None
		for n in range(total):
		    at = datetime.datetime.now(datetime.timezone.utc)
		    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
		    if fd is None:
		        first = at.strftime("%Y%m%dT%H%M%S.%fZ")
		        fd = os.open(current, os.O_WRONLY | os.O_CREAT, 0o640)
		    line = f"{stamp} o line {n} {'x' * (n % 97)}\n".encode()
		    cut = n % 7 * 5
		    os.write(fd, line[:cut])
		    if n % 13 == 0:
		        time.sleep(0.001)
		    os.write(fd, line[cut:])
		    if n % 10 == 9:
		        os.rename(current, f"{directory}/@{first}.s")
		        os.close(fd)
		        fd = None
		        old = sorted(x for x in os.listdir(directory) if x[0] == "@")
		        for name in old[:-300]:
		            os.unlink(f"{directory}/{name}")
	END
}

# Each of a's and b's lines came once and in order.
came_whole() { # LINES
	local service
	for service in a b; do
		awk -v s="$service" '$2 == s { print $5 }' "$TEND_DIR/out" |
			cmp - <(seq 0 $(($1 - 1)))
	done
}

follows_over_rotation() {
	mkdir "$TEND_LOG/a" "$TEND_LOG/b" "$TEND_LOG/c"
	echo "$(now) o begin" >"$TEND_LOG/c/current"
	follow a b c
	wait_until 20 shows begin
	write_and_rotate "$TEND_LOG/a" 5000 &
	local writer=$!
	write_and_rotate "$TEND_LOG/b" 5000
	ends "$writer"
	wait_until 20 came_whole 5000 >"$TEND_DIR/cmp" 2>&1 || came_whole 5000
}

@test "logs -f follows over rotation and neither loses nor repeats a line" {
	filter=()
	follows_over_rotation
}

@test "logs -f does the same where the kernel has no watches to give" {
	local deny=$TEND_TOP/${BUILD:-build}/tests/deny
	[ -x "$deny" ] || deny=$TEND_BUILD/tests/deny
	"$deny" ENOSYS inotify_init1 true 2>/dev/null ||
		skip "no seccomp filter can be had here"
	filter=("$deny" ENOSYS inotify_init1)
	follows_over_rotation
}

@test "logs -f begins with the last ten lines and finds new services" {
	filter=()
	two_services
	follow
	wait_until 20 shows "web 89"
	[ "$(line_count "$TEND_DIR/out")" -eq 10 ]
	mkdir "$TEND_LOG/new"
	echo "$(now) o first" >"$TEND_LOG/new/current"
	wait_until 20 shows "Z new o first"
	# A directory that was deleted and came again.
	rm -r "$TEND_LOG/new"
	mkdir "$TEND_LOG/new"
	echo "$(now) o second" >"$TEND_LOG/new/current"
	wait_until 20 shows "Z new o second"
	[ "$(line_count "$TEND_DIR/out")" -eq 12 ]
	[ ! -s "$TEND_DIR/err" ]
}

@test "logs -f shows a line once it is whole, and that of a file that ended" {
	filter=()
	two_services
	printf '%s o half' "$(now)" >>"$TEND_LOG/web/current"
	follow web -n 1
	wait_until 20 shows "web 89"
	echo "$(now) o half" >"$TEND_LOG/db/current"
	run ! shows half
	printf ' and half\n%s o torn' "$(now)" >>"$TEND_LOG/web/current"
	wait_until 20 shows "o half and half"
	run ! shows torn
	mv "$TEND_LOG/web/current" "$TEND_LOG/web/@20261123T100060.000000Z.s"
	echo "$(now) o next" >"$TEND_LOG/web/current"
	wait_until 20 shows "o next"
	shows "o torn"
	[ "$(line_count "$TEND_DIR/out")" -eq 4 ]
}

@test "logs -f ends with its reader, at --until and after --timeout" {
	two_services
	# Nothing is printed when head has gone.
	timeout 20 sh -c '"$0" logs web -f | head -n 1' "$TEND_BUILD/svctl"
	run -0 timeout 20 "$TEND_BUILD/svctl" logs web -f -n 1 --until now
	run -7 timeout 20 "$TEND_BUILD/svctl" logs web -f --timeout 200ms
}

# --- what is not there ------------------------------------------------------

@test "logs names processed files when their lines would be wanted" {
	two_services
	mv "$TEND_LOG/web/@20261123T100000.000000Z.s" \
		"$TEND_LOG/web/@20261123T100000.000000Z.p"
	printf '\037\213\010 packed\n' \
		>"$TEND_LOG/web/@20261123T095900.000000Z.s"
	run -0 --separate-stderr logs web
	[ "${#lines[@]}" -eq 60 ]
	[[ "$stderr" == *"web: not shown: what is in 2 processed files, "* ]]
	[[ "$stderr" == *"/web/@20261123T100000.000000Z.p and older" ]]
	run -0 --separate-stderr logs web -n 61
	[ -n "$stderr" ]
	run -0 --separate-stderr logs web -n 60
	[ -z "$stderr" ]
	run -0 --separate-stderr logs web --since "$(stamp 31)"
	[ -z "$stderr" ]
	run -0 --separate-stderr logs web --since "$(stamp 29)"
	[ -n "$stderr" ]
}

@test "logs reads what is being processed, once" {
	two_services
	cd "$TEND_LOG/web"
	mv @20261123T100000.000000Z.s @20261123T100000.000000Z.u
	echo part >@20261123T100000.000000Z.t
	ln @20261123T100030.000000Z.s @20261123T100030.000000Z.u
	logs web | cmp - <(lines web 0 90)
}

@test "logs of a service without a log says so" {
	two_services
	run -4 logs wbe
	[[ "$output" == *"wbe: no log of that name in $TEND_LOG; did you mean 'web'?" ]]
	run -4 logs ../log/web
	run -4 --separate-stderr logs nothing web -n 1
	[ "$output" = "$(lines web 89 90 | sed 's/Z /Z web /')" ]
	rm -r "$TEND_LOG"
	run -1 logs
	[[ "$output" == *"no such directory, so there are no logs" ]]
}

@test "logs of a service that has none yet, or none at all" {
	printf 'command = sleep 1000\nlog = none\n' | service silent
	printf 'command = sleep 1000\nautostart = no\n' | service later
	printf 'command = sleep 1000\nlog = syslog\n' | service sent
	printf 'command = sleep 1000\nlog = service:sent\n' | service passed
	tend_start
	svctl wait silent
	run -1 svctl logs silent
	[[ "$output" == *"silent: has no log: its output goes to nowhere (log = none)"* ]]
	run -1 svctl logs sent
	[[ "$output" == *"sent: has no log: its output goes to the syslog daemon"* ]]
	run -1 svctl logs passed
	[[ "$output" == *"passed: has no log: its output goes to another service"* ]]
	run -1 svctl logs later
	[[ "$output" == *"later: has no log in $TEND_LOG yet"* ]]
	run -4 svctl logs latter
}

@test "logs that may not be read: who may, and exit status 5" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
	two_services
	chmod 750 "$TEND_LOG/web"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$TEND_DIR"
	as_nobody() {
		setpriv --reuid 65534 --regid 65534 --clear-groups \
			"$TEND_BUILD/svctl" "$@"
	}
	run -5 as_nobody logs web
	[[ "$output" == *"$TEND_LOG/web: not permitted to read the log; use root, or a member of the directory's group, usually adm" ]]
	run -5 as_nobody history web
	run -5 --separate-stderr as_nobody logs web db -n 1
	[ "${#lines[@]}" -eq 1 ]
	chmod 640 "$TEND_LOG/db/current"
	run -5 --separate-stderr as_nobody logs db
	[ "${#lines[@]}" -eq 15 ]
	chmod 700 "$TEND_LOG"
	run -5 as_nobody logs
	run -5 as_nobody logs web
}

@test "H38: logs follows no symbolic link below the log directory" {
	two_services
	mkdir "$TEND_DIR/secret"
	lines secret 0 9 >"$TEND_DIR/secret/current"
	ln -s "$TEND_DIR/secret" "$TEND_LOG/link"
	run -1 logs link
	[[ "$output" == *"link: no directory; a log is never read through"* ]]
	rm "$TEND_LOG/web/current"
	ln -s "$TEND_DIR/secret/current" "$TEND_LOG/web/current"
	ln -s "$TEND_DIR/secret/current" \
		"$TEND_LOG/web/@20261123T100100.000000Z.s"
	logs web | cmp - <(lines web 0 60)
	run -0 logs
	[[ "$output" != *secret* ]]
	mkfifo "$TEND_LOG/db/@20261123T100100.000000Z.s"
	run -0 logs db
}

# --- other places -----------------------------------------------------------

@test "logs --root reads those of an image" {
	two_services
	mkdir -p "$TEND_DIR/image/var/log" "$TEND_DIR/image/run/tend/log"
	mv "$TEND_LOG" "$TEND_DIR/image/var/log/tend"
	unset TEND_LOG
	logs --root "$TEND_DIR/image" web | cmp - <(lines web 0 90)
	run -4 logs --root "$TEND_DIR/image" nothing
	run -1 history_of --root "$TEND_DIR/image" nothing || [ "$status" -eq 4 ]
}

@test "logs puts in what was written while the log directory was not there" {
	two_services
	mkdir -p "$TEND_RUNTIME/log/web" "$TEND_RUNTIME/log/early"
	lines tmp 20 40 >"$TEND_RUNTIME/log/web/current"
	lines early 0 3 >"$TEND_RUNTIME/log/early/current"
	logs web | cmp - <({ lines web 0 90; lines tmp 20 40; } |
		sort -s -k 1,1)
	logs early | cmp - <(lines early 0 3)
	# The same directory twice is one.
	TEND_LOG=$TEND_RUNTIME/log logs early | cmp - <(lines early 0 3)
}

# --- history, status --------------------------------------------------------

# A record of a death at SECONDS, as the logger writes it.
death() { # FILE SECONDS EXIT SIGNAL OOM
	mkdir -p "$(dirname "$1")"
	{
		printf 'time=%s\npid=%d\nexit=%s\nsignal=%s\nran_ms=%d\n' \
			"$(stamp "$2")" $((100 + $2)) "$3" "$4" $((340 + $2))
		printf 'cpu_ms=12\npeak_kb=20480\noom=%s\n\n' "$5"
		printf '%s e words of %d\n' "$(stamp "$2")" "$2"
	} >"$1"
}

@test "history shows the last deaths and the last words of each" {
	mkdir "$TEND_LOG/web"
	run -0 history_of web
	[ "$output" = "no death is recorded" ]
	local i
	for ((i = 0; i < 10; i++)); do
		# The names say nothing about the order.
		death "$TEND_LOG/web/last/$(((i * 7) % 10))" "$i" "$i" "" no
	done
	death "$TEND_RUNTIME/log/web/last/1" 20 "" KILL yes
	echo torn >"$TEND_LOG/web/last/99"
	echo x >"$TEND_LOG/web/last/.tmp"
	run -0 history_of web
	[[ "${lines[0]}" == "DIED "*"END "*"RAN "*"CPU "*"PEAK" ]]
	[[ "${lines[1]}" == "2026-11-23T10:00:03Z "*"exited 3 "*"343 ms "*"12 ms "*"20 MiB" ]]
	[[ "${lines[7]}" == "2026-11-23T10:00:09Z "*"exited 9 "* ]]
	[[ "${lines[8]}" == "2026-11-23T10:00:20Z "*"killed by KILL, OOM "* ]]
	[[ "${lines[9]}" == "2026-11-23T10:00:03Z exited 3:" ]]
	[ "${lines[10]}" = "  $(stamp 3) e words of 3" ]
	[ "${lines[24]}" = "  $(stamp 20) e words of 20" ]
	[ "${#lines[@]}" -eq 25 ]
	for ((i = 0; i < 9; i++)); do
		[ "${#lines[i]}" -le 80 ]
	done
	run -4 history_of nothing
	run -2 history_of
}

@test "history --json" {
	command -v jq >/dev/null || skip "needs jq"
	death "$TEND_LOG/web/last/1" 1 7 "" no
	death "$TEND_LOG/web/last/2" 2 "" KILL unknown
	printf 'time=%s\nexit=0\n\n\033\377\n' "$(stamp 3)" \
		>"$TEND_LOG/web/last/3"
	history_of web --json >"$TEND_DIR/out"
	jq -e '. | length == 3' "$TEND_DIR/out"
	jq -e '.[0] == {time: "2026-11-23T10:00:01.000000Z", pid: 101,
		exit_code: 7, exit_signal: null, ran_ms: 341, cpu_ms: 12,
		peak_kb: 20480, oom: false,
		last_words: "2026-11-23T10:00:01.000000Z e words of 1\n"}' \
		"$TEND_DIR/out"
	jq -e '.[1].exit_signal == "KILL" and .[1].exit_code == null and
		.[2].last_words == "\u001b\ufffd\n" and .[2].ran_ms == null' \
		"$TEND_DIR/out"
	rm -r "$TEND_LOG/web/last"
	[ "$(history_of web --json | jq -c .)" = "[]" ]
}

@test "status NAME shows the last lines of its log" {
	printf 'command = sleep 1000\nlog = none\n' | service web
	two_services
	tend_start
	svctl wait web
	run -0 svctl status web
	[[ "$output" == *"$(printf '\n  %s' "$(lines web 87 88)")"* ]]
	[[ "$output" == *"  $(lines web 89 90)" ]]
	[[ "$output" != *"web 86" ]]
	run -0 svctl status web -n 10
	[[ "$output" == *"  $(lines web 80 81)"* ]]
	[[ "$output" != *"web 79"* ]]
	run -0 svctl status web -n 0
	[[ "$output" != *"web 89"* ]]
}
