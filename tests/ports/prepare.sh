#!/bin/sh
# Makes what builds for other machines and runs it here, below build/ports: for
# each ARCH a compiler `ARCH/gcc` (Debian's cross compiler with Debian's musl,
# whose package of that architecture is unpacked and not installed) and cmocka,
# built with it. If something cannot be had, `missing` says what, and the tests
# are skipped.
: "${BUILD:=build}"
mkdir -p "$BUILD/ports" || exit 1
ports=$(cd "$BUILD/ports" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
rm -f "$ports/missing"

give_up() {
	echo "ports: $*" >&2
	echo "$*" >"$ports/missing"
	exit 0
}

# ARCH, Debian's name of it, and how its compiler and its musl are called.
machines() {
	echo i386 i386 i686-linux-gnu i386-linux-musl
	echo aarch64 arm64 aarch64-linux-gnu aarch64-linux-musl
	echo s390x s390x s390x-linux-gnu s390x-linux-musl
}

has_programs() {
	machines | while read -r arch _ gnu _; do
		command -v "$gnu-gcc" && command -v "$gnu-ar" &&
			command -v "qemu-$arch" || exit 1
	done >/dev/null && command -v xz >/dev/null
}

install_programs() {
	has_programs && return
	command -v apt-get >/dev/null 2>&1 ||
		give_up "no cross compilers or qemu-user, and no apt-get"
	set -- gcc-i686-linux-gnu gcc-aarch64-linux-gnu gcc-s390x-linux-gnu \
		qemu-user xz-utils
	[ "$(id -u)" -eq 0 ] ||
		give_up "missing; as root: apt-get install $*"
	echo "installing: $*"
	{
		apt-get update && DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends "$@"
	} >"$ports/apt.log" 2>&1
	has_programs || give_up "$* cannot be installed; see $ports/apt.log"
}

# Lists of packages of our own: the machine's know one architecture, and that
# is not changed for a test. The archive is the one that musl comes from here.
configure_apt() {
	archive=$(apt-get download --print-uris musl-dev 2>/dev/null |
		sed -n "s|^'\([^']*\)/pool/.*|\1|p")
	suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	[ -n "$archive" ] && [ -n "$suite" ] || return
	mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	echo "deb [arch=i386,arm64,s390x] $archive $suite main" >"$apt/list"
	echo "deb-src $archive $suite main" >>"$apt/list"
	cat >"$apt/conf" <<-END
		Dir::State "$apt/state";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		Dir::Etc::sourcelist "$apt/list";
		Dir::Etc::sourceparts "-";
		APT::Architectures { "$(dpkg --print-architecture)"; "i386";
			"arm64"; "s390x"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
	END
}

fetch_packages() {
	(
		cd "$apt" || exit 1
		APT_CONFIG=$apt/conf
		export APT_CONFIG
		apt-get update && apt-get download musl-dev:i386 \
			musl-dev:arm64 musl-dev:s390x &&
			apt-get source --download-only cmocka
	) >"$ports/apt.log" 2>&1
}

# A compiler that knows nothing of the C library that it was made for.
make_compiler() { # ARCH DEBIAN GNU MUSL
	to=$new/$1
	mkdir "$to" || return
	dpkg -x "$apt"/musl-dev_*_"$2".deb "$to" || return
	sed "s|/usr/|$ports/tools/$1/usr/|g" \
		"$to/usr/lib/$4/musl-gcc.specs" >"$to/specs" || return
	cat >"$to/gcc" <<-END
		#!/bin/sh
		exec $3-gcc -specs "$ports/tools/$1/specs" "\$@"
	END
	chmod +x "$to/gcc"
	echo "$3-ar" >"$to/ar"
}

# Its header has a uintptr_t of its own for who has none.
make_cmocka() { # ARCH
	to=$ports/tools/$1
	echo "-D_UINTPTR_T -D_UINTPTR_T_DEFINED -I$ports/tools/cmocka/include" \
		>"$to/cmocka-flags"
	read -r flags <"$to/cmocka-flags"
	for name in STRUCT_TIMESPEC CLOCK_GETTIME CLOCK_REALTIME INTTYPES_H \
		STDINT_H MALLOC_H UNISTD_H SIGNAL_H STRINGS_H STRSIGNAL \
		GCC_THREAD_LOCAL_STORAGE; do
		flags="$flags -DHAVE_$name=1"
	done
	# Options.
	# shellcheck disable=SC2086
	"$to/gcc" -w -O1 $flags -c -o "$to/cmocka.o" \
		"$ports/tools/cmocka/src/cmocka.c" &&
		"$(cat "$to/ar")" rc "$to/libcmocka.a" "$to/cmocka.o"
}

# What was made by this file is kept; what by another version is not.
stamp=$(cksum <"$here/prepare.sh")
[ "$stamp" != "$(cat "$ports/tools/stamp" 2>/dev/null)" ] || exit 0

command -v dpkg >/dev/null 2>&1 || give_up "Debian's packages need dpkg"
install_programs
apt=$ports/apt
new=$ports/tools.new
rm -rf "$apt" "$new" "$ports/tools"
mkdir -p "$apt" "$new/cmocka" || exit 1
if ! configure_apt || ! fetch_packages; then
	give_up "musl for other machines or cmocka cannot be downloaded;" \
		"see $ports/apt.log"
fi
tar -C "$new/cmocka" --strip-components=1 -xf "$apt"/cmocka_*.orig.tar.?z ||
	give_up "cmocka's source cannot be unpacked"
machines | while read -r machine; do
	# Four words.
	# shellcheck disable=SC2086
	make_compiler $machine || exit 1
done || give_up "musl cannot be unpacked"
mv "$new" "$ports/tools" || exit 1
machines | while read -r arch _; do
	make_cmocka "$arch" || exit 1
done || give_up "cmocka cannot be built"
rm -rf "$apt"
echo "$stamp" >"$ports/tools/stamp"
