# shellcheck shell=sh
# Sourced by the tests of this directory: torture PROGRAM ARGS... runs one of
# $BUILD/torture in a namespace of its own, with a directory that is removed.

build=$(cd "${BUILD:-build}" && pwd) || exit 1

torture() {
	program=$build/torture/$1
	shift
	dir=$(mktemp -d) || exit 1
	# As a plain user: as root of a user namespace.
	map=
	[ "$(id -u)" -eq 0 ] || map=-Ur
	# Nothing, or one word.
	# shellcheck disable=SC2086
	unshare $map -pfm --mount-proc --kill-child \
		"$program" "$@" "$build" "$dir/tend"
	status=$?
	rm -rf "$dir"
	return "$status"
}
