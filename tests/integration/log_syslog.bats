# log = syslog: lines for a real rsyslog, by its socket, UDP and TCP.
#
# shellcheck disable=SC2016,SC2317,SC2153,SC2154,SC2030,SC2031
bats_require_minimum_version 1.5.0
load ../helpers/common
load ../helpers/bounded

setup() {
	tend_setup
	export TEND_NET=1
	[ -x "${TEND_SVLOG:-$TEND_BUILD/svlog}" ] || skip "no svlog was built"
	command -v rsyslogd >/dev/null || skip "there is no rsyslogd"
	got=$TEND_DIR/got
	cat >"$TEND_DIR/rsyslog.conf" <<-END
		module(load="imuxsock" SysSock.Use="off")
		module(load="imudp")
		module(load="imtcp")
		input(type="imuxsock" Socket="$TEND_DIR/devlog" CreatePath="on")
		input(type="imudp" address="127.0.0.1" port="5514")
		input(type="imudp" address="::1" port="5514")
		input(type="imtcp" address="127.0.0.1" port="6514")
		template(name="all" type="string" string="%protocol-version% %syslogfacility-text% %syslogseverity-text% %app-name% %timereported:::date-rfc3339% %hostname% |%msg%\\n")
		action(type="omfile" file="$got" template="all")
	END
	service rsyslog <<-END
		command = rsyslogd -n -f $TEND_DIR/rsyslog.conf -i $TEND_DIR/rsyslog.pid
		log = file
		autostart = no
	END
	# It says what is written to the pipe `say`.
	mkfifo "$TEND_DIR/say"
	exec 8<>"$TEND_DIR/say"
	service web <<-END
		command = sh -c 'echo out; echo err >&2; echo "<4>careful"; exec cat <>$TEND_DIR/say'
		log = syslog
	END
}

teardown() {
	show_if_failed
	tend_teardown
}

# The destination, in tend.conf.
to() {
	echo "log-syslog = $1" >"$TEND_CONFIG/tend.conf"
}

has() { # REGEX
	grep -qE -- "$1" "$got" 2>/dev/null
}

svlog_is_new() { # OLD
	local now
	now=$(svlog_pid) && [ "$now" != "$1" ]
}

kill_svlog() {
	local old
	old=$(svlog_pid)
	tend_in kill -KILL "$old"
	wait_until 10 svlog_is_new "$old"
}

_is_down() {
	[ "$(state_of rsyslog)" = down ] || [ "$(state_of rsyslog)" = failed ]
}

# Ends at once, as a crash would.
kill_rsyslog() {
	echo 'restart = never' >>"$TEND_CONFIG/services/rsyslog"
	svctl apply
	tend_in kill -KILL "$(pid_of rsyslog)"
	wait_until 10 _is_down
	rm -f "$TEND_DIR/rsyslog.pid"
}

@test "a daemon's socket gets RFC 3164, and a file may have the lines too" {
	to "unix:$TEND_DIR/devlog"
	echo 'log = file syslog' >>"$TEND_CONFIG/services/web"
	sed -i 's/^log = syslog//' "$TEND_CONFIG/services/web"
	tend_start
	# It waits for the daemon.
	wait_until 10 log_has web out
	svctl start rsyslog
	wait_until 20 has '^0 daemon info web [0-9T:.+-]* .*\| out$'
	wait_until 10 has '^0 daemon err web .*\| err$'
	wait_until 10 has '^0 daemon warning web .*\| careful$'
	log_has web '<4>careful'
	# A daemon that dies is no end of it, nor is svlog.
	kill_rsyslog
	echo while it was down >&8
	wait_until 10 log_has web 'while it was down'
	kill_svlog
	svctl start rsyslog
	wait_until 40 has '\| while it was down$'
}

@test "TCP gets RFC 5424 with lengths; the receiver and svlog are killed" {
	to tcp:127.0.0.1:6514
	tend_start
	svctl start rsyslog
	wait_until 20 has '^1 daemon info web [0-9-]*T[0-9:]*[.][0-9]{6}Z '"$(hostname)"' \|out$'
	wait_until 10 has '^1 daemon err web .*\|err$'
	wait_until 10 has '^1 daemon warning web .*\|careful$'
	kill_rsyslog
	seq -f 'first %.0f' 500 >&8
	kill_svlog
	seq -f 'second %.0f' 500 >&8
	svctl start rsyslog
	wait_until 40 has '\|second 500$'
	# What svlog had begun to send before it was killed may come again.
	sed -n 's/.*|\(first .*\)/\1/p' "$got" | sort -u -k2n |
		cmp - <(seq -f 'first %.0f' 500)
	sed -n 's/.*|\(second .*\)/\1/p' "$got" | sort -u -k2n |
		cmp - <(seq -f 'second %.0f' 500)
	[ "$(grep -vcE '\|(out|err|careful|(first|second) [0-9]+)$' "$got")" -eq 0 ]
}

@test "UDP gets RFC 5424, by a name or an address in brackets" {
	to udp:localhost:5514
	tend_start
	svctl start rsyslog
	wait_until 20 has '^1 daemon info web .*\|out$'
	# One that is refused on the way is sent again.
	kill_rsyslog
	printf 'one\ntwo\nthree\n' >&8
	svctl start rsyslog
	wait_until 40 has '\|three$'
	has '\|one$'
	has '\|two$'
	to 'udp:[::1]:5514'
	svctl apply
	echo six >&8
	wait_until 20 has '\|six$'
}

@test "with nothing to send a daemon that is away is not looked for" {
	to tcp:127.0.0.1:6514
	tend_start
	svctl start rsyslog
	wait_until 20 has '\|careful$'
	# Connections that were asked for in this network.
	opens() {
		tend_in awk '$1 == "Tcp:" { n = $6 } END { print n }' \
			/proc/net/snmp
	}
	before=$(opens)
	[ "$before" -ge 1 ]
	kill_rsyslog
	# The delays of one that looks for it are shorter than that.
	sleep 2
	[ "$(opens)" -eq "$before" ]
	echo something >&8
	_is_tried() { [ "$(opens)" -gt "$before" ]; }
	wait_until 10 _is_tried
}

@test "lines that nobody takes are dropped, counted, and told of" {
	cat >"$TEND_DIR/receive.py" <<-'END'
		import os, socket, sys, time
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
		s.bind(("127.0.0.1", 6514))
		s.listen()
		peer, _ = s.accept()
		while not os.path.exists(sys.argv[1]):
		    time.sleep(0.05)
		with open(sys.argv[2], "wb", 0) as out:
		    data = b""
		    while chunk := peer.recv(65536):
		        data += chunk
		        while b" " in data:
		            size, rest = data.split(b" ", 1)
		            if len(rest) < int(size):
		                break
		            out.write(rest[:int(size)] + b"\n")
		            data = rest[int(size):]
	END
	to tcp:127.0.0.1:6514
	service receiver <<-END
		command = python3 $TEND_DIR/receive.py $TEND_DIR/read $got
		log = file
	END
	service web <<-END
		command = sh -c 'seq -f "line %.0f" 150000; exec cat <>$TEND_DIR/say'
		log = file syslog
		log-size = 100M
	END
	tend_start
	# Nobody waits for it.
	wait_until 30 log_has web 'line 150000'
	touch "$TEND_DIR/read"
	wait_until 30 has 'svlog - - - tend: [0-9]+ lines lost'
	echo after >&8
	wait_until 10 has 'web - - - after$'
	lost=$(sed -n 's/.*tend: \([0-9]*\) lines lost.*/\1/p' "$got" |
		awk '{ n += $1 } END { print n }')
	[ "$(($(grep -c 'web - - - line ' "$got") + lost))" -eq 150000 ]
	# In the order in which they were written.
	sed -n 's/.* line //p' "$got" | sort -n -c
}

@test "what a dead network swallowed is sent again" {
	to tcp:127.0.0.1:6514
	tend_start
	svctl start rsyslog
	wait_until 20 has '\|careful$'
	tend_in ip link set lo down
	seq -f 'lost %.0f' 200 >&8
	_is_sent() {
		tend_in ss -tn state established | grep -E '^ *[0-9]+ +[1-9][0-9]* '
	}
	wait_until 10 _is_sent
	# Neither side hears of the other's end.
	kill_rsyslog
	tend_in ip link set lo up
	svctl start rsyslog
	wait_until 60 has '\|lost 200$'
	sed -n 's/.*|\(lost .*\)/\1/p' "$got" | sort -u -k2n |
		cmp - <(seq -f 'lost %.0f' 200)
}

@test "no line is lost or torn however often svlog is killed" {
	for kind in unix tcp; do
		in_namespace timeout 100 "$TEND_TOP/tests/helpers/sinks.py" \
			"$TEND_BUILD/svlog" "$TEND_DIR/$kind" "$kind" 60
	done
}

@test "without log-syslog it is /dev/log" {
	printf 'module(load="imuxsock")\n%s\n' \
		"$(grep -E '^(template|action)' "$TEND_DIR/rsyslog.conf")" \
		>"$TEND_DIR/new.conf"
	mv "$TEND_DIR/new.conf" "$TEND_DIR/rsyslog.conf"
	tend_start
	# A /dev of this namespace alone.
	tend_in sh -c 'mkdir "$1" && mount -t tmpfs dev "$1" &&
		for name in null zero urandom; do
			touch "$1/$name" && mount --bind "/dev/$name" "$1/$name" ||
				exit 1
		done &&
		mount --move "$1" /dev' - "$TEND_DIR/dev"
	svctl start rsyslog
	wait_until 20 has '^0 daemon info web .*\| out$'
}
