# log = service:NAME: what one service writes is another's standard input.
#
# shellcheck disable=SC2016,SC2317,SC2153,SC2154
bats_require_minimum_version 1.5.0
load ../helpers/common
load ../helpers/bounded

setup() {
	tend_setup
	[ -x "${TEND_SVLOG:-$TEND_BUILD/svlog}" ] || skip "no svlog was built"
}

teardown() {
	show_if_failed
	tend_teardown
}

# It appends each line to the file `got`, and says there if its input ends.
sink() { # NAME
	service "$1" <<-END
		command = sh -c 'while read -r line; do echo "\$line" >>$TEND_DIR/got; done; echo end >>$TEND_DIR/got'
		log = none
	END
}

got() { # LINE
	grep -qx -- "$1" "$TEND_DIR/got" 2>/dev/null
}

_is_gone_inside() {
	! tend_in kill -0 "$1" 2>/dev/null
}

svlog_is_new() { # OLD
	local now
	now=$(svlog_pid) && [ "$now" != "$1" ]
}

# NAME writes to OTHER, by its KEYS.
writer() { # NAME OTHER KEYS
	printf 'command = sleep 1000\nlog = service:%s\n%s' "$2" "$3" |
		service "$1"
}

@test "lines go to its standard input, which never ends" {
	sink sink
	service web <<-'END'
		command = sh -c 'echo one; echo two >&2; exec sleep 1000'
		log = file service:sink
	END
	tend_start
	svctl wait web
	is_state sink up
	[ "$(stat -c %F "$TEND_RUNTIME/pipe/sink,in")" = fifo ]
	wait_until 10 log_has web one
	wait_until 10 got one
	wait_until 10 got two
	svctl restart web
	_again() { [ "$(grep -cx one "$TEND_DIR/got")" -eq 2 ]; }
	wait_until 10 _again
	run ! got end
}

@test "what is written while it is down waits for it" {
	sink sink
	service web <<-'END'
		command = sh -c 'while read -r line <&3; do echo "$line"; done 3<>/tmp/say'
		log = service:sink
	END
	sed -i "s|/tmp/say|$TEND_DIR/say|" "$TEND_CONFIG/services/web"
	mkfifo "$TEND_DIR/say"
	tend_start
	svctl wait web
	exec 8<>"$TEND_DIR/say"
	echo first >&8
	wait_until 10 got first
	svctl stop sink
	echo second >&8
	# Neither svlog's death nor the supervisor's is an end of it.
	old=$(svlog_pid)
	tend_in kill -KILL "$old"
	wait_until 10 svlog_is_new "$old"
	tend_in kill -KILL "$(supervisor_pid)"
	_serves_again() { svctl status web; }
	wait_until 20 _serves_again
	is_state web up
	echo third >&8
	svctl start sink
	wait_until 10 got third
	got second
	run ! got end
}

@test "lines stay whole and in order while svlog is killed" {
	sink sink
	service web <<-END
		command = sh -c 'n=0; while [ -e $TEND_DIR/go ]; do n=\$((n + 1)); echo "line \$n"; [ \$((n % 20)) -ne 0 ] || sleep 0.01; done; echo "last \$n"; exec sleep 1000'
		log = file service:sink
	END
	touch "$TEND_DIR/go"
	tend_start
	svctl wait web
	for _ in 1 2 3; do
		old=$(svlog_pid)
		sleep "0.$((RANDOM % 10))"
		tend_in kill -KILL "$old"
		wait_until 10 svlog_is_new "$old"
	done
	rm "$TEND_DIR/go"
	_is_last() { grep -q '^last ' "$TEND_DIR/got"; }
	wait_until 20 _is_last
	n=$(sed -n 's/^last //p' "$TEND_DIR/got")
	# A kill may have the last write done once more, never a part of a line.
	grep -vxE 'line [0-9]+|last [0-9]+' "$TEND_DIR/got" && false
	grep '^line ' "$TEND_DIR/got" | sort -u -k2n >"$TEND_DIR/sorted"
	seq -f 'line %.0f' "$n" | cmp - "$TEND_DIR/sorted"
}

@test "one that reads nothing stops those that log to it, and no others" {
	service sink <<-'END'
		command = sleep 1000
		log = none
	END
	service waits <<-END
		command = sh -c 'seq 200000; touch $TEND_DIR/waited; exec sleep 1000'
		log = service:sink
	END
	service drops <<-END
		command = sh -c 'seq 200000; touch $TEND_DIR/dropped; exec sleep 1000'
		log = service:sink
		log-overflow = drop
	END
	service other <<-'END'
		command = sh -c 'seq 200000; exec sleep 1000'
		log = file
	END
	tend_start
	wait_until 20 test -e "$TEND_DIR/dropped"
	wait_until 20 log_has other 200000
	[ ! -e "$TEND_DIR/waited" ]
	# Neither does it hold up the end.
	SECONDS=0
	tend_stop
	[ "$SECONDS" -lt 15 ]
}

@test "one that begins to be logged to is restarted by apply" {
	# Its input is at its end at once, until somebody logs to it.
	service sink <<-END
		command = sh -c 'read -r line && echo "\$line" >$TEND_DIR/got; exec sleep 1000'
	END
	service web <<-'END'
		command = sh -c 'echo web; exec sleep 1000'
		log = file
	END
	tend_start
	svctl wait web sink
	old=$(pid_of sink)
	sed -i 's/^log.*/log = service:sink/' "$TEND_CONFIG/services/web"
	svctl apply
	wait_until 10 got web
	[ "$(pid_of sink)" != "$old" ]
}

@test "what lines cannot arrive at is an error, of check and of the supervisor" {
	writer lost snk ""
	writer selfish selfish ""
	writer a b ""
	writer b c "after = a
"
	writer c a ""
	writer to-target group ""
	writer fine sink ""
	printf 'type = target\n' | service group
	sink sink
	tend_start
	run -78 svctl check
	[[ $output == *"services/lost:2:7: log: no service 'snk'; did you mean 'sink'?"* ]]
	[[ $output == *"services/selfish:2:7: log: selfish -> selfish: its lines would come back"* ]]
	# No cycle of the order, since one of them says `after`.
	[[ $output == *"log: a -> b -> c -> a: its lines would come back"* ]]
	[[ $output == *"services/to-target:2:7: log: 'group' is a target"* ]]
	[[ $output != *fine* ]]
	svctl wait fine
	for name in lost selfish a b c; do
		is_state "$name" invalid
	done
	svctl status lost | grep -F "log: no service 'snk'; did you mean 'sink'?"
	svctl status b | grep -F 'log: b -> c -> a -> b: its lines would come back'
}
