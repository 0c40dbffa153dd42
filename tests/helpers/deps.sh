#!/bin/sh
# Installs what building and testing need and is not there: by apt-get on
# Debian and Ubuntu, by apk on Alpine. Who is not root is told what to type.

missing=

need() { # PROGRAM PACKAGE-OF-DEBIAN PACKAGE-OF-ALPINE
	command -v "$1" >/dev/null 2>&1 || add "$2" "$3"
}

add() {
	if [ "$system" = apk ]; then
		missing="$missing $2"
	else
		missing="$missing $1"
	fi
}

# False also while there is no compiler.
has_header() {
	for header in stdarg.h stddef.h stdint.h setjmp.h "$1"; do
		echo "#include <$header>"
	done | gcc -fsyntax-only -x c - 2>/dev/null
}

# What needs no libraries runs in containers, too.
has_static_busybox() {
	for name in busybox.static busybox; do
		path=$(command -v "$name") && ! ldd "$path" && return
	done >/dev/null 2>&1
	return 1
}

if command -v apk >/dev/null 2>&1; then
	system=apk
else
	system=apt
fi

find_missing() {
	missing=
	need gcc gcc "gcc musl-dev"
	need make make make
	if [ "$system" = apt ]; then
		need musl-gcc musl-tools ""
		need clang-tidy clang-tidy ""
		need clang-format clang-format ""
		need llvm-cov llvm ""
		# services/library is for what Debian's packages install.
		need pg_createcluster postgresql ""
		need sshd openssh-server ""
		need ssh openssh-client ""
		need dbus-daemon dbus-daemon ""
		need dbus-send dbus-bin ""
		need cron cron ""
		need logger bsdutils ""
	else
		need clang-tidy "" clang-extra-tools
		need clang-format "" clang-extra-tools
	fi
	need clang clang clang
	need bats bats bats
	need shellcheck shellcheck shellcheck
	need cppcheck cppcheck cppcheck
	need scdoc scdoc scdoc
	need hyperfine hyperfine hyperfine
	need strace strace strace
	need valgrind valgrind valgrind
	need ps procps procps-ng
	need killall psmisc psmisc
	need nginx nginx-light nginx
	need rsyslogd rsyslog rsyslog
	need redis-server redis-server redis
	need python3 python3-minimal python3
	# What init is compared with.
	need tini tini tini
	need dumb-init dumb-init dumb-init
	need catatonit catatonit catatonit
	# Containers by real engines.
	need crun crun crun
	need runc runc runc
	need podman podman podman
	has_static_busybox || add busybox-static busybox-static
	need file file file
	need unshare util-linux util-linux-misc
	need nsenter util-linux util-linux-misc
	need setpriv util-linux setpriv
	need ip iproute2 iproute2
	need curl curl curl
	need jq jq jq
	need awk mawk gawk
	need mount mount mount

	# Libraries, of which no program tells.
	has_header stdio.h || add libc6-dev musl-dev
	has_header cmocka.h || add libcmocka-dev cmocka-dev
	[ "$system" = apt ] || need clang "" compiler-rt
	runtime=libclang_rt.asan-$(uname -m).a
	if [ "$system" = apt ] && command -v clang >/dev/null 2>&1 &&
		[ ! -f "$(clang -print-file-name="$runtime")" ] &&
		[ ! -f "$(clang -print-file-name=libclang_rt.asan.a)" ]; then
		version=$(clang -dumpversion)
		add "libclang-rt-${version%%.*}-dev" ""
	fi
}

find_missing
[ -n "$missing" ] || exit 0

case $system in
apk) install="apk add" ;;
apt) install="apt-get install -y --no-install-recommends" ;;
esac

if [ "$(id -u)" -ne 0 ]; then
	echo "these are missing; as root, type:" >&2
	echo "    $install$missing" >&2
	exit 1
fi
if [ "$system" = apt ] && ! command -v apt-get >/dev/null 2>&1; then
	echo "neither apt-get nor apk is here; install these:$missing" >&2
	exit 1
fi

# Packages of daemons start them; here they are only wanted for tests.
guard=/usr/sbin/policy-rc.d
if [ "$system" = apt ] && [ ! -e "$guard" ]; then
	trap 'rm -f "$guard"' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >"$guard" && chmod 0755 "$guard"
fi

update() {
	if [ "$system" = apk ]; then
		apk update
	else
		apt-get update
	fi
}

export DEBIAN_FRONTEND=noninteractive
echo "installing:$missing"
update || exit 1
# The second round is for what is only known once the compilers are there.
for _ in 1 2; do
	# Lists of packages and a command with options.
	# shellcheck disable=SC2086
	$install $missing || exit 1
	find_missing
	[ -n "$missing" ] || exit 0
done
echo "still missing after installing:$missing" >&2
exit 1
