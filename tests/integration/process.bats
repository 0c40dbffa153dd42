#!/usr/bin/env bats
# What a service's process is given: ids, environment, descriptors, signals.
# Inner shells expand what is in single quotes.
# Each test has its own variables.
# shellcheck disable=SC1003,SC2016,SC2054,SC2030,SC2031

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() { tend_setup; }
teardown() { tend_teardown; }

# What /proc says about a service's process, without the key.
status_line() { # NAME KEY
	tend_in sed -n "s/^$2:[[:space:]]*//p" "/proc/$(pid_of "$1")/status" |
		tr -s '\t ' '  '
}

# The value of a variable in a service's environment.
variable() { # NAME VARIABLE
	tend_in tr '\0' '\n' <"/proc/$tend_init/root/proc/$(pid_of "$1")/environ" |
		sed -n "s/^$2=//p"
}

has_text() { # FILE
	[ -s "$1" ]
}

others_may_enter() {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
		"$BATS_TEST_TMPDIR" "$TEND_DIR"
}

@test "H6: services have an empty mask and nothing ignored" {
	printf 'command = sleep 1000\n' | service process
	printf 'command = sleep 1000\nuser = 0\ngroup = 0\n' | service ids
	service oneshot <<-END
		type = oneshot
		command = sh -c 'grep "^Sig[BI]" /proc/self/status >$TEND_DIR/sig'
	END
	namespace_start env --ignore-signal=CHLD,TERM,PIPE,HUP \
		--block-signal=CHLD,TERM,USR1 "$TEND_BUILD/init" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl wait process oneshot ids
	local name key
	for name in process ids; do
		for key in SigBlk SigIgn SigCgt; do
			[ "$(status_line "$name" "$key")" = 0000000000000000 ]
		done
	done
	run ! grep -v '0000000000000000$' "$TEND_DIR/sig"
	# It is seen when they end, and it heeds TERM.
	svctl --timeout 8s stop process
	[ "$(field_of process exit_signal)" = TERM ]
}

@test "H6: so do those of a supervisor started alone" {
	printf 'command = sleep 1000\n' | service process
	tend_nsenter=(env --ignore-signal=CHLD,PIPE,TERM --block-signal=CHLD
		"${tend_nsenter[@]}")
	supervisor_start_standalone
	tend_nsenter=("${tend_nsenter[@]:3}")
	svctl wait process
	[ "$(status_line process SigBlk)" = 0000000000000000 ]
	[ "$(status_line process SigIgn)" = 0000000000000000 ]
	tend_in kill -KILL "$(pid_of process)"
	_was_restarted() { [ "$(field_of process restarts)" = 1 ]; }
	wait_until 10 _was_restarted
}

@test "H22: a service has descriptors 0, 1 and 2 and no other" {
	local kinds=(stdout file none) kind
	# A shell that opens nothing; -c needs no script that would be open.
	cat >"$TEND_DIR/body" <<-'END'
		for fd in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 \
			21 22 23 24 25 26 27 28 29 30 31; do
			[ ! -e "/proc/$$/fd/$fd" ] || found="$found $fd"
		done
		echo "$found" >"$0"
	END
	echo "A=1" >"$TEND_DIR/env"
	for kind in "${kinds[@]}"; do
		printf "command = sh -c '%s' %s\nlog = %s\n" \
			'eval "$(cat '"$TEND_DIR"'/body)"; exec sleep 1000' \
			"$TEND_DIR/$kind" "$kind" | service "$kind"
	done
	printf "command = sh -c '%s' %s\nenvironment-file = %s\n" \
		'eval "$(cat '"$TEND_DIR"'/body)"; exec sleep 1000' \
		"$TEND_DIR/own" "$TEND_DIR/env" | service own
	printf "type = oneshot\ncommand = true\ncommand = sh -c '%s' %s\n" \
		'eval "$(cat '"$TEND_DIR"'/body)"' "$TEND_DIR/oneshot" |
		service oneshot
	# init inherits some that are nobody's business.
	tend_start 7</dev/zero 11>/dev/full 25</dev/zero
	run readlink "/proc/$tend_init/fd"/*
	[[ "$output" != */dev/zero* && "$output" != */dev/full* ]]
	local name
	for name in "${kinds[@]}" own oneshot; do
		wait_until 10 has_text "$TEND_DIR/$name"
		[ "$(cat "$TEND_DIR/$name")" = " 0 1 2" ]
	done
	# After a crash of the supervisor as well.
	local old
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	_next() { [ -n "$(supervisor_pid)" ] && [ "$(supervisor_pid)" != "$old" ]; }
	wait_until 10 _next
	for name in "${kinds[@]}" own; do
		rm "$TEND_DIR/$name"
		svctl --timeout 10s restart "$name"
		wait_until 10 has_text "$TEND_DIR/$name"
		[ "$(cat "$TEND_DIR/$name")" = " 0 1 2" ]
	done
	[ "$(tend_in readlink "/proc/$(pid_of stdout)/fd/0")" = /dev/null ]
	[ "$(tend_in readlink "/proc/$(pid_of none)/fd/1")" = /dev/null ]
}

@test "H51: user and group: all ids, supplementary groups, no way back" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	others_may_enter
	printf 'command = sleep 1000\n' | service root
	printf 'command = sleep 1000\nuser = daemon\n' | service named
	printf 'command = sleep 1000\nuser = 63210\ngroup = 63211\n' |
		service numbers
	printf 'command = sleep 1000\ngroup = daemon\n' | service group
	printf 'command = sleep 1000\nuser = nobody\ngroup = 63212\n' |
		service both
	# Through a child with memory of its own.
	echo A=1 >"$TEND_DIR/env"
	printf 'command = sleep 1000\nuser = daemon\nenvironment-file = %s\n' \
		"$TEND_DIR/env" | service own
	tend_start
	svctl wait root named numbers group both own
	local uid gid nobody
	uid=$(id -u daemon)
	gid=$(id -g daemon)
	nobody=$(id -u nobody)
	[ "$(status_line root Uid)" = "0 0 0 0" ]
	for name in named own; do
		[ "$(status_line "$name" Uid)" = "$uid $uid $uid $uid" ]
		[ "$(status_line "$name" Gid)" = "$gid $gid $gid $gid" ]
		# Of Debian's daemon this is all; root's would show here.
		[ "$(status_line "$name" Groups | tr -d ' ')" = "$gid" ]
		[ "$(status_line "$name" CapEff)" = 0000000000000000 ]
		[ "$(status_line "$name" CapPrm)" = 0000000000000000 ]
	done
	[ "$(status_line numbers Uid)" = "63210 63210 63210 63210" ]
	[ "$(status_line numbers Gid)" = "63211 63211 63211 63211" ]
	[ -z "$(status_line numbers Groups | tr -d ' ')" ]
	[ "$(status_line group Uid)" = "0 0 0 0" ]
	[ "$(status_line group Gid)" = "$gid $gid $gid $gid" ]
	[ "$(status_line both Uid)" = "$nobody $nobody $nobody $nobody" ]
	[ "$(status_line both Gid)" = "63212 63212 63212 63212" ]
	# A + before the command keeps the supervisor's ids.
	printf 'command = +sleep 1000\nuser = daemon\n' | service named
	svctl restart named
	[ "$(status_line named Uid)" = "0 0 0 0" ]
}

# As tend_start, with other files in place of /etc/passwd and /etc/group.
start_with_users() { # PASSWD GROUP
	namespace_start sh -c 'mount --bind "$0" /etc/passwd &&
		mount --bind "$1" /etc/group && shift && exec "$@"' \
		"$1" "$2" "$TEND_BUILD/init" -c "$TEND_CONFIG" \
		-r "$TEND_RUNTIME" || return 1
	_wait_until_serving
}

@test "H51: supplementary groups are those of /etc/group" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	others_may_enter
	echo "web:x:4000:4001::$TEND_DIR:/bin/sh" >"$TEND_DIR/passwd"
	cat >"$TEND_DIR/group" <<-END
		web:x:4001:
		files:x:4002:joe,web
		other:x:4003:webb,we
		twice:x:4002:web
		4000:x:4004:web
	END
	printf 'command = sleep 1000\nuser = web\n' | service named
	printf 'command = sleep 1000\nuser = 4000\n' | service number
	printf 'command = sleep 1000\nuser = web\ngroup = other\n' |
		service both
	printf 'command = sleep 1000\ngroup = 4000\n' | service digits
	start_with_users "$TEND_DIR/passwd" "$TEND_DIR/group"
	svctl wait named number both digits
	[ "$(status_line named Uid)" = "4000 4000 4000 4000" ]
	[ "$(status_line named Gid)" = "4001 4001 4001 4001" ]
	[ "$(status_line named Groups)" = "4001 4002 4004 " ]
	[ "$(status_line number Gid)" = "4001 4001 4001 4001" ]
	[ -z "$(status_line number Groups | tr -d ' ')" ]
	[ "$(variable number USER)" = web ]
	[ "$(variable number HOME)" = "$TEND_DIR" ]
	[ "$(status_line both Gid)" = "4003 4003 4003 4003" ]
	[ "$(status_line both Groups)" = "4002 4003 4004 " ]
	# A name of digits comes before the number.
	[ "$(status_line digits Gid)" = "4004 4004 4004 4004" ]
}

@test "H51: users that cannot be read: no start, and nobody is held up" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	others_may_enter
	printf '%s\n' root:x:0:0::/: web:x:4000:4001::/: >"$TEND_DIR/passwd"
	# Opened in the usual way it would wait for a writer.
	mkfifo "$TEND_DIR/group"
	printf 'command = sleep 1000\nuser = web\n' | service named
	printf 'command = sleep 1000\nuser = 0\n' | service number
	printf 'command = sleep 1000\n' | service plain
	start_with_users "$TEND_DIR/passwd" "$TEND_DIR/group"
	svctl wait plain number
	wait_until 10 is_state named failed
	console_has "named: cannot be read: /etc/group"
	svctl --timeout 10s restart plain
}

@test "H51: a user that does not exist is no reason to run as root" {
	printf 'command = touch %s/ran\nuser = no-such-user\n' "$TEND_DIR" |
		service nouser
	printf 'command = touch %s/ran\ngroup = no-such-group\n' "$TEND_DIR" |
		service nogroup
	printf 'command = touch %s/ran\nuser = 63210\n' "$TEND_DIR" |
		service nobody
	tend_start
	local name
	for name in nouser nogroup nobody; do
		wait_until 10 is_state "$name" failed
	done
	[ ! -e "$TEND_DIR/ran" ]
}

@test "HOME USER LOGNAME SHELL are set when user is, PATH when missing" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	printf 'command = sleep 1000\nuser = daemon\n' | service named
	printf 'command = sleep 1000\n' | service plain
	local path
	path=$PATH
	# init finds its supervisor beside itself.
	namespace_start env -i TEND_LOG="$TEND_LOG" HOME=/somewhere KEPT=yes \
		"$TEND_BUILD/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	PATH=$path _wait_until_serving
	svctl wait named plain
	[ "$(variable named HOME)" = "$(getent passwd daemon | cut -d: -f6)" ]
	[ "$(variable named USER)" = daemon ]
	[ "$(variable named LOGNAME)" = daemon ]
	[ "$(variable named SHELL)" = "$(getent passwd daemon | cut -d: -f7)" ]
	[ "$(variable plain HOME)" = /somewhere ]
	[ -z "$(variable plain USER)" ]
	[ "$(variable plain KEPT)" = yes ]
	[[ "$(variable plain PATH)" == */usr/bin* ]]
}

@test "H46: what was meant for the supervisor is not handed on" {
	local name names=(NOTIFY_SOCKET LISTEN_PID LISTEN_FDS LISTEN_FDNAMES
		WATCHDOG_PID WATCHDOG_USEC)
	for name in "${names[@]}"; do
		export "$name=1"
	done
	printf 'command = sleep 1000\n' | service shared
	: >"$TEND_DIR/env"
	printf 'command = sleep 1000\nenvironment-file = %s\n' \
		"$TEND_DIR/env" | service own
	# What a service says of itself counts.
	printf 'command = sleep 1000\nenvironment = NOTIFY_SOCKET=/mine\n' |
		service says
	tend_start
	svctl wait shared own says
	for name in "${names[@]}"; do
		[ -z "$(variable shared "$name")" ]
		[ -z "$(variable own "$name")" ]
	done
	[ "$(variable says NOTIFY_SOCKET)" = /mine ]
	[ -z "$(variable says LISTEN_PID)" ]
}

@test "H46: an environment of 1.9 MB, and one with odd names" {
	printf 'command = sleep 1000\nenvironment = MINE=1\n' | service big
	local odd=('a b=1' 'X.Y=2' 'EMPTY=' 'EQUALS=a=b=' $'NL=two\nlines' '-=3')
	(
		local i text
		ulimit -s 16384
		text=$(head -c 120000 /dev/zero | tr '\0' x)
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
			export "BIG$i=$text"
		done
		namespace_start env "${odd[@]}" "$TEND_BUILD/init" \
			-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
		declare -p tend_init tend_outer >"$TEND_DIR/vars"
	)
	tend_init=$(sed -n 's/.*tend_init="\(.*\)"/\1/p' "$TEND_DIR/vars")
	tend_outer=$(sed -n 's/.*tend_outer="\(.*\)"/\1/p' "$TEND_DIR/vars")
	_wait_until_serving
	svctl wait big
	[ "$(variable big BIG16 | wc -c)" -eq 120001 ]
	[ "$(variable big MINE)" = 1 ]
	local pair environ text
	environ=/proc/$tend_init/root/proc/$(pid_of big)/environ
	[ "$(tend_in wc -c <"$environ")" -gt 1900000 ]
	text=$(tr '\0' '\1' <"$environ")
	for pair in "${odd[@]}"; do
		[[ "$text" == *$'\1'"$pair"$'\1'* ]]
	done
}

@test "H46: no environment at all" {
	printf 'command = sleep 1000\n' | service plain
	namespace_start env -i "$TEND_BUILD/init" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl wait plain
	[[ "$(variable plain PATH)" == */usr/bin* ]]
	[[ "$(variable plain TEND_SERVICE)" == *:plain ]]
	[ "$(tend_in tr '\0' '\n' \
		<"/proc/$tend_init/root/proc/$(pid_of plain)/environ" |
		grep -c =)" -eq 2 ]
}

@test "environment and environment-file: a file beats, later beats earlier" {
	cat >"$TEND_DIR/one" <<-'END'
		# a comment
		; another
		export B=file1
		C="two words"
		  D = no
		E='$A `true` \'
		F=with#hash
	END
	sed -i '/D = no/d' "$TEND_DIR/one"
	printf 'G=last\nC=second\n' >"$TEND_DIR/two"
	service web <<-END
		command = sleep 1000
		environment = A=1 B=2 "Q=two words" N=%n
		environment = A=3
		environment-file = $TEND_DIR/one -$TEND_DIR/missing $TEND_DIR/two
	END
	A=0 tend_start
	svctl wait web
	[ "$(variable web A)" = 3 ]
	[ "$(variable web B)" = file1 ]
	[ "$(variable web C)" = second ]
	[ "$(variable web E)" = '$A `true` \' ]
	[ "$(variable web F)" = "with#hash" ]
	[ "$(variable web G)" = last ]
	[ "$(variable web Q)" = "two words" ]
	[ "$(variable web N)" = web ]
	# Read at each start.
	echo 'G=new' >"$TEND_DIR/two"
	svctl restart web
	[ "$(variable web G)" = new ]
	[ "$(variable web C)" = "two words" ]
}

@test "100 services with an environment-file start at once" {
	local names=()
	for i in {1..100}; do
		printf 'command = sleep 1000\nenvironment-file = -/none\n' |
			service "s$i"
		names+=("s$i")
	done
	tend_start
	svctl wait "${names[@]}"
	[ "$(svctl list | grep -c ' up ')" -eq 100 ]
	run ! console_has "no process"
}

@test "words: variables, defaults, specifiers; nothing runs" {
	cat >"$TEND_DIR/show" <<-'END'
		#!/bin/sh
		for word; do echo "[$word]"; done
	END
	chmod +x "$TEND_DIR/show"
	service web@one <<-END
		type = oneshot
		command = $TEND_DIR/show \$LIST "\$LIST" \${LIST} \$NONE "\$NONE" \${NONE:-dflt} x\$LIST '\$LIST' \$\$ %n %p %i %% "a b" \\\\x
		environment = "LIST=1 2" NONE=
		log = file
	END
	tend_start
	svctl wait web@one
	printf '%s\n' '[1]' '[2]' '[1 2]' '[1 2]' '[]' '[dflt]' '[x1 2]' \
		'[$LIST]' '[$]' '[web@one]' '[web]' '[one]' '[%]' '[a b]' \
		'[\x]' | diff - <(log_of web@one)
}

@test "working-directory, umask, session, oom score" {
	mkdir "$TEND_DIR/here"
	printf 'command = sleep 1000\nworking-directory = %s/here\n' \
		"$TEND_DIR" | service here
	printf 'command = sleep 1000\n' | service root
	(
		umask 077
		cd /usr && tend_start
		declare -p tend_init tend_outer >"$TEND_DIR/vars"
	)
	# shellcheck disable=SC1091
	tend_init=$(sed -n 's/.*tend_init="\(.*\)"/\1/p' "$TEND_DIR/vars")
	tend_outer=$(sed -n 's/.*tend_outer="\(.*\)"/\1/p' "$TEND_DIR/vars")
	svctl wait here root
	[ "$(tend_in readlink "/proc/$(pid_of here)/cwd")" = "$TEND_DIR/here" ]
	[ "$(tend_in readlink "/proc/$(pid_of root)/cwd")" = / ]
	[ "$(status_line root Umask)" = 0022 ]
	local pid
	pid=$(pid_of root)
	[ "$(tend_in ps -o sid=,pgid= -p "$pid" | tr -s ' ')" = " $pid $pid" ] ||
		[ "$(tend_in ps -o sid=,pgid= -p "$pid" | tr -d ' ')" = "$pid$pid" ]
}

@test "log = file, stdout, none" {
	local kind
	for kind in file stdout none; do
		printf "command = sh -c 'echo out-of-%s; echo err-of-%s >&2; exec sleep 1000'\nlog = %s\n" \
			"$kind" "$kind" "$kind" | service "$kind"
	done
	tend_start
	svctl wait file stdout none
	_file_is_written() {
		log_of file 2>/dev/null | grep -q err-of-file
	}
	wait_until 10 _file_is_written
	wait_until 10 console_has err-of-stdout
	log_of file | grep -q out-of-file
	console_has out-of-stdout
	run ! console_has of-file
	run ! console_has of-none
	run ! grep -rq 'of-none\|of-stdout' "$TEND_LOG"
	# It is added to, not begun anew.
	svctl restart file
	_two_lines() { [ "$(log_of file | grep -c out-of-file)" -eq 2 ]; }
	wait_until 10 _two_lines
}

@test "H42: a service that restarts itself through svctl and the FIFO" {
	cat >"$TEND_DIR/self" <<-'END'
		#!/bin/sh
		echo >>"$1/starts"
		case $(wc -l <"$1/starts") in
		1) "$2/svctl" restart self ;;
		2) echo restart self >"$TEND_RUNTIME/control" ;;
		esac
		exec sleep 1000
	END
	chmod +x "$TEND_DIR/self"
	printf 'command = %s/self %s %s\nrestart-delay = 0\n' \
		"$TEND_DIR" "$TEND_DIR" "$TEND_BUILD" | service self
	tend_start
	wait_until 15 has_lines "$TEND_DIR/starts" 3
	svctl wait self
	[ "$(line_count "$TEND_DIR/starts")" -eq 3 ]
}
