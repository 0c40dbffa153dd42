#!/usr/bin/env bats
# Who a service is and what it may use: keys of the groups who and limits, read
# back from the kernel.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# shellcheck disable=SC2016,SC2034,SC2054,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }
teardown() {
	[ -z "${terminal:-}" ] || kill -KILL "$terminal" 2>/dev/null || true
	tend_teardown
}

# What /proc says about a service's process, without the key.
status_line() { # NAME KEY
	tend_in sed -n "s/^$2:[[:space:]]*//p" "/proc/$(pid_of "$1")/status" |
		tr -s '\t ' '  '
}

# "SOFT HARD" of a line of /proc/PID/limits.
limit_of() { # NAME LINE
	tend_in cat "/proc/$(pid_of "$1")/limits" |
		sed -n "s/^$2  *\([^ ]*\)  *\([^ ]*\).*/\1 \2/p"
}

# The n-th field of /proc/PID/stat.
stat_field() { # NAME N
	tend_in cat "/proc/$(pid_of "$1")/stat" | sed 's/.*) //' |
		cut -d' ' -f$(($2 - 2))
}

variables_of() { # NAME
	tend_in tr '\0' '\n' \
		<"/proc/$tend_init/root/proc/$(pid_of "$1")/environ" | sort
}

reason_of() { # NAME
	field_of "$1" reason
}

others_may_enter() {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
		"$BATS_TEST_TMPDIR" "$TEND_DIR"
}

@test "each limit-* is soft and hard limit of the process" {
	service lower <<-END
		command = sleep 1000
		limit-as = 1G:2G
		limit-core = 0
		limit-cpu = 90s:2min
		limit-data = 64M:65M
		limit-fsize = 1M
		limit-locks = 10:20
		limit-memlock = 0:4K
		limit-msgqueue = 1K:2K
		limit-nice = 0
		limit-nofile = 100:200
		limit-nproc = 1000:2000
		limit-rss = 1M:2M
		limit-rtprio = 0
		limit-rttime = 200ms:1s
		limit-sigpending = 10:20
		limit-stack = 1M:2M
	END
	printf 'command = sleep 1000\n' | service plain
	tend_start
	svctl wait lower plain
	[ "$(limit_of lower 'Max address space')" = "1073741824 2147483648" ]
	[ "$(limit_of lower 'Max core file size')" = "0 0" ]
	[ "$(limit_of lower 'Max cpu time')" = "90 120" ]
	[ "$(limit_of lower 'Max data size')" = "67108864 68157440" ]
	[ "$(limit_of lower 'Max file size')" = "1048576 1048576" ]
	[ "$(limit_of lower 'Max file locks')" = "10 20" ]
	[ "$(limit_of lower 'Max locked memory')" = "0 4096" ]
	[ "$(limit_of lower 'Max msgqueue size')" = "1024 2048" ]
	[ "$(limit_of lower 'Max nice priority')" = "0 0" ]
	[ "$(limit_of lower 'Max open files')" = "100 200" ]
	[ "$(limit_of lower 'Max processes')" = "1000 2000" ]
	[ "$(limit_of lower 'Max resident set')" = "1048576 2097152" ]
	[ "$(limit_of lower 'Max realtime priority')" = "0 0" ]
	[ "$(limit_of lower 'Max realtime timeout')" = "200000 1000000" ]
	[ "$(limit_of lower 'Max pending signals')" = "10 20" ]
	[ "$(limit_of lower 'Max stack size')" = "1048576 2097152" ]
	# Its neighbour and the supervisor have what they had.
	local all line
	all='Max file size|Max cpu time|Max core file size|Max stack size'
	for line in "Max cpu time" "Max file size" "Max pending signals"; do
		[ "$(limit_of plain "$line")" = "$(sed -n \
			"s/^$line  *\([^ ]*\)  *\([^ ]*\).*/\1 \2/p" \
			/proc/self/limits)" ]
	done
	[ "$(tend_in cat "/proc/$(supervisor_pid)/limits" | grep -E "$all")" = \
		"$(grep -E "$all" /proc/self/limits)" ]
	# With + it is as the supervisor.
	printf 'command = +sleep 1000\nlimit-fsize = 1M\nnice = 3\n' |
		service lower
	svctl restart lower
	[ "$(limit_of lower 'Max file size')" = \
		"$(limit_of plain 'Max file size')" ]
	[ "$(stat_field lower 19)" = "$(stat_field plain 19)" ]
}

@test "nice, io-priority, cpu-affinity, cpu-scheduling, oom-score-adjust" {
	service all <<-END
		command = sleep 1000
		nice = 7
		io-priority = best-effort:6
		cpu-affinity = 0
		cpu-scheduling = batch
		oom-score-adjust = 321
	END
	printf 'command = sleep 1000\nio-priority = idle\n' | service idle
	printf 'command = sleep 1000\ncpu-scheduling = idle\n' | service last
	printf 'command = sleep 1000\n' | service plain
	tend_start
	svctl wait all idle last plain
	[ "$(stat_field all 19)" = 7 ]
	[ "$(stat_field all 41)" = 3 ]
	[ "$(stat_field last 41)" = 5 ]
	[ "$(status_line all Cpus_allowed_list)" = 0 ]
	[ "$(tend_in ionice -p "$(pid_of all)")" = "best-effort: prio 6" ]
	[ "$(tend_in ionice -p "$(pid_of idle)")" = idle ]
	[ "$(tend_in cat "/proc/$(pid_of all)/oom_score_adj")" = 321 ]
	# Nothing of it is the supervisor's or its other services'.
	[ "$(stat_field plain 19)" = "$(nice)" ]
	[ "$(status_line plain Cpus_allowed_list)" = \
		"$(sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)" ]
	[ "$(tend_in cat "/proc/$(pid_of plain)/oom_score_adj")" = \
		"$(cat /proc/self/oom_score_adj)" ]
	[ "$(tend_in cat "/proc/$(supervisor_pid)/oom_score_adj")" = \
		"$(cat /proc/self/oom_score_adj)" ]
}

@test "a limit that may not be raised fails the start and is named" {
	local who=()
	others_may_enter
	# Root can raise everything but with a capability less.
	if [ "$(id -u)" -eq 0 ]; then
		who=(setpriv --bounding-set -sys_resource,-sys_nice
			--inh-caps -sys_resource,-sys_nice)
	fi
	printf 'command = sleep 1000\nlimit-nofile = %s\n' 3000000 |
		service nofile
	printf 'command = sleep 1000\nnice = -5\n' | service nice
	printf 'command = sleep 1000\noom-score-adjust = -500\n' | service oom
	printf 'command = sleep 1000\ncpu-scheduling = fifo:5\n' | service rt
	printf 'command = sleep 1000\ncpu-affinity = 8000\n' | service cpus
	printf 'command = sleep 1000\n' | service plain
	namespace_start sh -c 'ulimit -n 512 && exec "$@"' sh "${who[@]}" \
		"$TEND_BUILD/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl wait plain
	local name
	for name in nofile nice oom rt cpus; do
		wait_until 10 is_state "$name" failed
	done
	[[ "$(reason_of nofile)" == "limit-nofile: Operation not permitted"* ]]
	[[ "$(reason_of nice)" == "nice: Permission denied"* ]]
	[[ "$(reason_of oom)" == "oom-score-adjust: Permission denied"* ]]
	[[ "$(reason_of rt)" == "cpu-scheduling: Operation not permitted"* ]]
	[[ "$(reason_of cpus)" == "cpu-affinity: Invalid argument"* ]]
	svctl status nice | grep -qF "nice: Permission denied"
}

@test "what keeps the supervisor from the kernel's killer is not inherited" {
	[ "$(id -u)" -eq 0 ] || skip "needs to lower an oom score"
	[ "$( (echo -10 >/proc/self/oom_score_adj) 2>&1)" = "" ] ||
		skip "may not lower an oom score here"
	printf 'command = sleep 1000\n' | service plain
	namespace_start sh -c 'echo -10 >/proc/self/oom_score_adj; exec "$@"' \
		sh "$TEND_BUILD/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl wait plain
	[ "$(tend_in cat "/proc/$(pid_of plain)/oom_score_adj")" = 0 ]
	[ "$(tend_in cat "/proc/$(supervisor_pid)/oom_score_adj")" = -10 ]
}

@test "umask, clean-environment, unset-environment" {
	printf 'command = sleep 1000\numask = 0077\n' | service mask
	service clean <<-END
		command = sleep 1000
		clean-environment = yes
		environment = A=1 B=2
	END
	service less <<-END
		command = sleep 1000
		unset-environment = INHERITED B
		unset-environment = NOT_THERE
		environment = A=1 B=2 BB=3
	END
	service nopath <<-END
		command = sleep 1000
		unset-environment = PATH
	END
	INHERITED=yes tend_start
	svctl wait mask clean less nopath
	[ "$(status_line mask Umask)" = 0077 ]
	[ "$(status_line clean Umask)" = 0022 ]
	[ "$(variables_of clean | grep -v ^TEND_ | cut -d= -f1 | tr '\n' ' ')" = "A B PATH " ]
	variables_of mask | grep -qx INHERITED=yes
	run ! grep -E '^(INHERITED|B)=' <(variables_of less)
	variables_of less | grep -qx BB=3
	variables_of less | grep -qx A=1
	run ! grep '^PATH=' <(variables_of nopath)
}

@test "H51: supplementary-groups come to those of the user" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	others_may_enter
	printf 'command = sleep 1000\nuser = daemon\n' >"$TEND_DIR/def"
	{
		cat "$TEND_DIR/def"
		echo 'supplementary-groups = adm 63001'
		echo 'supplementary-groups = 63000'
	} | service named
	printf 'command = sleep 1000\nuser = 63210\ngroup = 63211\n%s\n' \
		'supplementary-groups = 63001' | service number
	printf 'command = sleep 1000\nsupplementary-groups = 63001\n' |
		service root
	printf 'command = touch %s/ran\nsupplementary-groups = nobodys\n' \
		"$TEND_DIR" | service missing
	tend_start
	svctl wait named number root
	local adm gid
	adm=$(getent group adm | cut -d: -f3)
	gid=$(id -g daemon)
	[ "$(status_line named Groups)" = "$gid $adm 63000 63001 " ]
	[ "$(status_line number Groups)" = "63001 63211 " ]
	[ "$(status_line number Uid)" = "63210 63210 63210 63210" ]
	[ "$(status_line root Groups)" = "0 63001 " ]
	wait_until 10 is_state missing failed
	console_has "missing: no group nobodys"
	[ ! -e "$TEND_DIR/ran" ]
}

@test "H51: groups that cannot be set are an error for a plain user" {
	if [ "$(id -u)" -eq 0 ]; then
		tend_unshare=(setpriv --reuid 65534 --regid 65534
			--clear-groups "${tend_unshare[@]:0:1}" -Urpfmn
			--mount-proc --kill-child)
		tend_nsenter=(nsenter -U --preserve-credentials -r -n)
		setpriv --reuid 65534 --regid 65534 --clear-groups \
			unshare -Ur true 2>/dev/null ||
			skip "users may not make namespaces here"
		chown -R 65534:65534 "$TEND_DIR"
		others_may_enter
	fi
	printf 'command = touch %s/ran\nsupplementary-groups = 63001\n' \
		"$TEND_DIR" | service groups
	printf 'command = touch %s/ran\nuser = daemon\n' "$TEND_DIR" |
		service other
	printf 'command = sleep 1000\n' | service plain
	[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$TEND_DIR"
	tend_start
	svctl wait plain
	wait_until 10 is_state groups failed
	wait_until 10 is_state other failed
	[[ "$(reason_of groups)" == "supplementary groups: "* ]]
	[[ "$(reason_of other)" == "supplementary groups: "* ]]
	[ ! -e "$TEND_DIR/ran" ]
}

@test "root-directory: the program is found there, and its errors are named" {
	local root=$TEND_DIR/root
	mkdir -p "$root/sub"
	cp "$TEND_BUILD/svctl" "$root/prog"
	others_may_enter
	service jail <<-END
		type = oneshot
		command = /prog version
		root-directory = $root
		working-directory = /sub
		log = file
	END
	printf 'command = /prog\nroot-directory = %s/none\n' "$TEND_DIR" |
		service noroot
	printf 'command = /prog\nroot-directory = %s\n%s\n' "$root" \
		"working-directory = $root" | service nodir
	printf 'command = /bin/sh\nroot-directory = %s\n' "$root" |
		service noprog
	printf 'command = +readlink /proc/self/root\ntype = oneshot\n%s\n%s\n' \
		"root-directory = $root" 'log = file' | service outside
	tend_start
	svctl wait jail outside
	_has_said() { log_of jail | grep -q .; }
	wait_until 10 _has_said
	wait_until 10 log_has outside /
	wait_until 10 is_state noroot failed
	wait_until 10 is_state nodir failed
	wait_until 10 is_state noprog failed
	[[ "$(reason_of noroot)" == "root-directory: No such file"* ]]
	[[ "$(reason_of nodir)" == "working-directory: No such file"* ]]
	[[ "$(reason_of noprog)" == "exec: No such file"* ]]
}

@test "H51: root-directory with a user leaves no way back" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	local root=$TEND_DIR/root
	mkdir -p "$root"
	cp "$TEND_BUILD/svlog" "$root/prog"
	chmod 755 "$root/prog"
	others_may_enter
	service jail <<-END
		command = /prog /log
		root-directory = $root
		user = daemon
	END
	mkdir "$root/log"
	chown daemon "$root/log"
	mkfifo "$TEND_DIR/in"
	printf 'stdin = %s/in\n' "$TEND_DIR" >>"$TEND_CONFIG/services/jail"
	# Its input stays open.
	exec 7<>"$TEND_DIR/in"
	tend_start
	svctl wait jail
	[ "$(tend_in readlink "/proc/$(pid_of jail)/root")" = "$root" ]
	[ "$(tend_in readlink "/proc/$(pid_of jail)/cwd")" = "$root" ]
	[ "$(status_line jail CapEff)" = 0000000000000000 ]
	[ "$(status_line jail Uid | cut -d' ' -f1)" = "$(id -u daemon)" ]
	exec 7>&-
}

@test "stdin: a file, and one that nobody writes holds up nobody" {
	echo hello >"$TEND_DIR/file"
	mkfifo "$TEND_DIR/fifo"
	printf 'command = cat\ntype = oneshot\nstdin = %s/file\nlog = file\n' \
		"$TEND_DIR" | service file
	printf 'command = cat\ntype = oneshot\nstdin = null\n' | service null
	printf 'command = cat\ntype = oneshot\nstdin = %s/none\n' "$TEND_DIR" |
		service none
	service fifo <<-END
		command = cat
		stdin = $TEND_DIR/fifo
		start-timeout = 500ms
		restart = never
	END
	tend_start
	svctl wait file null
	wait_until 10 log_has file hello
	wait_until 10 is_state none failed
	[[ "$(reason_of none)" == "open stdin: No such file"* ]]
	svctl --timeout 5s restart null
	wait_until 10 is_state fifo failed
	[[ "$(reason_of fifo)" == "not ready after 500 ms"* ]]
}

# A terminal of its own: TEND_DIR has tty, screen and keys.
terminal_start() {
	mkfifo "$TEND_DIR/keys"
	: >"$TEND_DIR/screen"
	python3 "$TEND_TOP/tests/helpers/keyboard.py" "$TEND_DIR" 3>&- &
	terminal=$!
	wait_until 10 test -L "$TEND_DIR/tty"
}

shows() {
	tr -d '\r' <"$TEND_DIR/screen" | grep -qF -- "$1"
}

@test "H8: tty is the controlling terminal, with stdin, stdout and stderr" {
	[ "$(id -u)" -eq 0 ] || skip "a terminal of another namespace"
	terminal_start
	# What the last one has left.
	stty -F "$TEND_DIR/tty" raw -echo
	service shell <<-END
		command = bash -c 'trap "echo got INT" INT; echo ready; while :; do read -r line && echo "said \$line"; done'
		tty = $TEND_DIR/tty
	END
	tend_start
	svctl wait shell
	wait_until 10 shows ready
	local device fd pid
	device=$(readlink "$TEND_DIR/tty")
	pid=$(pid_of shell)
	for fd in 0 1 2; do
		[ "$(tend_in readlink "/proc/$pid/fd/$fd")" = "$device" ]
	done
	[ ! -e "/proc/$tend_init/root/proc/$pid/fd/3" ]
	[ "$(tend_in ps -o tty= -p "$pid" | tr -d ' ')" = "${device#/dev/}" ]
	[ "$(stat_field shell 6)" = "$pid" ]
	stty -F "$TEND_DIR/tty" -a | grep -qE '(^| )icanon'
	printf '%s\n' 'hello\r' >"$TEND_DIR/keys"
	wait_until 10 shows "said hello"
	printf '%s\n' '\x03' >"$TEND_DIR/keys"
	wait_until 10 shows "got INT"
	# The next one hangs up who has it, and has it for itself.
	tend_in sh -c 'exec 9<>"$0"; echo open >"$1"
		while echo . >&9 2>/dev/null; do sleep 0.02; done
		echo gone >"$1"' "$device" "$TEND_DIR/other" 3>&- &
	local other=$!
	wait_until 10 grep -q open "$TEND_DIR/other"
	svctl restart shell
	wait_until 10 grep -q gone "$TEND_DIR/other"
	wait "$other"
	pid=$(pid_of shell)
	[ "$(tend_in ps -o tty= -p "$pid" | tr -d ' ')" = "${device#/dev/}" ]
}

@test "tty with log and user: output is logged, the terminal is the user's" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	terminal_start
	others_may_enter
	service shell <<-END
		command = sh -c 'echo to log; exec sleep 1000 <$(readlink "$TEND_DIR/tty")'
		tty = $TEND_DIR/tty
		user = daemon
		log = file
	END
	printf 'command = sleep 1\ntty = /dev/null\n' | service null
	printf 'command = sleep 1\ntty = %s/no\n' "$TEND_DIR" | service none
	tend_start
	svctl wait shell
	_is_logged() { log_has shell "to log"; }
	wait_until 10 _is_logged
	run ! shows "to log"
	[ "$(stat -L -c %U "$TEND_DIR/tty")" = daemon ]
	wait_until 10 is_state null failed
	wait_until 10 is_state none failed
	[[ "$(reason_of null)" == "tty: Not a tty"* ]]
	[[ "$(reason_of none)" == "tty: No such file"* ]]
}
