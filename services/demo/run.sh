#!/bin/sh
# `make run`: init as PID 1 of a namespace with processes, mounts and network
# of its own, the supervisor below it, the services of this directory, and a
# tour of them. Needs root, or user namespaces. Leaves nothing behind.
demo=$(cd "$(dirname "$0")" && pwd)

if [ "${1:-}" = --inside ]; then
	# PID 1 of the namespace, before it becomes init. /run is an empty one
	# of our own, so that all paths are those of a real machine.
	set -e
	mount -t tmpfs -o mode=0755 demo /run
	ip link set lo up
	umask 022
	mkdir -p /run/demo/etc/services /run/demo/log
	# Copies, since definitions must belong to whom they are run for.
	cp "$demo/nginx.conf" /run/demo/etc
	cp "$demo"/services/* /run/demo/etc/services
	export TEND_CONFIG=/run/demo/etc TEND_LOG=/run/demo/log
	exec "$BUILD/init"
fi

top=$(cd "$demo/../.." && pwd)
BUILD=$(cd "$top" && cd "${BUILD:-build}" && pwd -P) || exit 1
export BUILD
unset TEND_RUNTIME TEND_CONFIG TEND_LOG TEND_SUPERVISOR

if [ "$(id -u)" -eq 0 ]; then
	new=-pfmn
	enter="-r -p -m -n"
else
	new=-Urpfmn
	enter="-U --preserve-credentials -r -p -m -n"
	if ! unshare -Ur true 2>/dev/null; then
		echo "user namespaces are not allowed here: run it as root" >&2
		exit 1
	fi
fi

console=$(mktemp) || exit 1
outer=
pid=

stop_all() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
	[ -z "$outer" ] || kill -KILL "$outer" 2>/dev/null
	rm -f "$console"
}
trap stop_all EXIT
trap 'exit 130' INT TERM HUP

fail() {
	echo "demo: $*" >&2
	echo "demo: the last lines of the console:" >&2
	tail -n 20 "$console" >&2
	exit 1
}

# A session of its own: Ctrl-C is for the tour, not for init.
setsid unshare "$new" --mount-proc --kill-child "$demo/run.sh" --inside \
	>"$console" 2>&1 </dev/null &
outer=$!

tries=0
name=
until [ "$name" = init ]; do
	kill -0 "$outer" || break
	[ "$((tries += 1))" -lt 500 ] || break
	sleep 0.02
	read -r pid _ <"/proc/$outer/task/$outer/children"
	read -r name <"/proc/$pid/comm"
done 2>/dev/null
[ "$name" = init ] || fail "init did not start"

# Options for nsenter.
# shellcheck disable=SC2086
nsenter -t "$pid" $enter env PATH="$BUILD:$PATH" TEND_CONFIG=/run/demo/etc \
	TEND_LOG=/run/demo/log "$demo/tour.sh" || fail "the tour was cut short"

echo
echo "TERM to PID 1, as a container's stop sends it:"
kill -TERM "$pid"
tries=0
while kill -0 "$outer" 2>/dev/null; do
	[ "$((tries += 1))" -lt 750 ] || fail "init is there 15 s after TERM"
	sleep 0.02
done
wait "$outer"
status=$?
outer=
pid=
[ "$status" -eq 0 ] || fail "init left with status $status"
echo "init stopped the services in reverse order and left with status 0."
