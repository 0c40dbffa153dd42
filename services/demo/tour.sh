#!/bin/sh
# Runs inside the demonstration's namespace; run.sh starts it. Ends with 1 at
# the first step that does not hold.

control=/run/tend/control

say() {
	printf '\n%s\n' "$*"
}

show() { # CMD...
	echo "  \$ $*"
	"$@" 2>&1 | sed 's/^/    /'
}

fail() {
	echo "demo: $*" >&2
	svctl list >&2
	exit 1
}

# Tries CMD every 50 ms for at most 10 s.
within_10_s() {
	tries=0
	until "$@" >/dev/null 2>&1; do
		[ "$((tries += 1))" -lt 200 ] || return 1
		sleep 0.05
	done
}

pid_of() {
	svctl list 2>/dev/null |
		awk -v n="$1" '$1 == n && $3 != "-" { print $3 }'
}

has_new_pid() { # NAME OLD-PID
	now=$(pid_of "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}

has_new_supervisor() { # OLD-PID
	now=$(pgrep -o -x supervisor)
	[ -n "$now" ] && [ "$now" != "$1" ] && svctl list
}

serves() {
	curl -sf 127.0.0.1:8080
}

# NAME PID for all services that run.
pids() {
	svctl list | awk '$3 != "-" { print $1, $3 }'
}

say "1. init is PID 1 here, the supervisor and three services are below it:"
within_10_s svctl list || fail "no supervisor answers"
svctl --timeout 10 wait default || fail "the target did not come up"
within_10_s serves || fail "nginx does not answer"
show svctl status
show curl -s 127.0.0.1:8080

say "2. nginx dies of SIGKILL and is started again:"
old=$(pid_of web)
reader=$(pid_of reader)
show kill -KILL "$old"
within_10_s has_new_pid web "$old" || fail "web was not started again"
within_10_s serves || fail "nginx does not answer after its restart"
echo "    web had pid $old and has $(pid_of web) now"
[ "$(pid_of reader)" = "$reader" ] || fail "reader did not stay up"
echo "    reader, which requires it, kept pid $reader: a crash is no stop"

say "3. A restart needs no tool of ours, only a line to a FIFO:"
old=$(pid_of web)
echo "  \$ echo restart web > $control"
[ -p "$control" ] || fail "$control is no FIFO"
echo restart web >"$control"
within_10_s has_new_pid web "$old" || fail "web was not restarted"
within_10_s serves || fail "nginx does not answer after its restart"
svctl --timeout 10 wait reader || fail "reader did not come back"
echo "    web had pid $old and has $(pid_of web) now"

say "4. The supervisor itself dies of SIGKILL; init starts another:"
before=$(pids)
old=$(pgrep -o -x supervisor)
show kill -KILL "$old"
within_10_s has_new_supervisor "$old" || fail "no new supervisor answers"
[ "$(pids)" = "$before" ] || fail "services noticed: before: $before"
within_10_s serves || fail "nginx does not answer"
echo "    the supervisor had pid $old and has $(pgrep -o -x supervisor) now;"
echo "    no service noticed, their pids are the same:"
show svctl list

if [ -t 0 ] && [ -t 1 ]; then
	say "All of it held. Here is a shell beside the services; svctl is in" \
		"its PATH."
	echo "Try: svctl status web, svctl stop web, svctl why reader," \
		"svctl help. exit ends it."
	# The process group of this script has no number inside the namespace,
	# so the shell could not do job control; it gets one of its own.
	command -v python3 >/dev/null || exec "${SHELL:-/bin/sh}"
	python3 -c 'import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.setpgid(0, 0)
os.tcsetpgrp(0, os.getpgrp())
signal.signal(signal.SIGTTOU, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "${SHELL:-/bin/sh}"
	exit 0
fi
say "All of it held."
