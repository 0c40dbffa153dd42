#!/bin/sh
# usage: supervise.sh DIR [RUNNER]
# In a PID namespace of its own: the supervisor and svctl of DIR, run by RUNNER.
set -eu
programs=$1
run=${2:-}
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
mkdir "$top/services" "$top/run" "$top/log"

fault() {
	echo "$*"
	exit 1
}

svctl() {
	${run:+"$run"} "$programs/svctl" -r "$top/run" --timeout 20 "$@"
}

field() { # NAME FIELD
	svctl status --json "$1" | sed -n "s/.*\"$2\":\"*\([^,\"]*\).*/\1/p"
}

echo 'command = sleep 1000' >"$top/services/base"
printf 'command = sleep 1000\nrequires = base\nenvironment-file = -/none\n' \
	>"$top/services/web"
printf 'type = oneshot\ncommand = sh -c "echo done"\nlog = file\n' \
	>"$top/services/once"
printf 'command = sh -c "exit 3"\nrestart = never\n' >"$top/services/short"

${run:+"$run"} "$programs/supervisor" -f -c "$top" -r "$top/run" &
supervisor=$!
svctl wait base web once
svctl wait --for down short

[ "$(field short exit_code)" = 3 ] || fault "short: $(field short exit_code)"
old=$(field base pid)
kill -0 "$old"
svctl restart base
[ "$(field base pid)" != "$old" ] || fault "base was not restarted"
svctl wait web

# A death that nobody asked for.
old=$(field base pid)
kill -KILL "$old"
tries=0
while [ "$(field base pid)" = "$old" ] || [ "$(field base state)" != up ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 200 ] || fault "base was not started again"
	sleep 0.1
done
[ "$(field base exit_signal)" = KILL ] || fault "base: no KILL"

old=$(field web pid)
svctl stop base web
[ "$(field web state)" = down ] || fault "web is $(field web state)"
! kill -0 "$old" 2>/dev/null || fault "web runs on"
kill -TERM "$supervisor"
status=0
wait "$supervisor" || status=$?
# One that was to start has failed: short.
[ "$status" -eq 1 ] || fault "the supervisor ended with $status"
