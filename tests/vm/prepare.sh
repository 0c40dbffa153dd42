#!/bin/sh
# Makes what the machines of this directory are started from, below build/vm:
# `kernel` (Debian's cloud kernel, unpacked and not installed), `initramfs`
# (our programs, busybox and root/) and `accel` (options of qemu). If something
# cannot be had, `missing` says what, and the tests are skipped.
: "${BUILD:=build}"
export BUILD
here=$(dirname "$0")
vm=$BUILD/vm
mkdir -p "$vm" || exit 1
rm -f "$vm/missing" "$vm/accel" "$vm/initramfs"

give_up() {
	echo "vm: $*" >&2
	echo "$*" >"$vm/missing"
	exit 0
}

has_programs() {
	command -v qemu-system-x86_64 && command -v python3 && find_busybox
} >/dev/null 2>&1

# The one that needs no libraries.
find_busybox() {
	busybox=$(command -v busybox) &&
		! ldd "$(readlink -f "$busybox")" >/dev/null 2>&1
}

install_programs() {
	has_programs && return
	command -v apt-get >/dev/null 2>&1 ||
		give_up "no qemu-system-x86_64, python3 or static busybox"
	set -- qemu-system-x86 busybox-static python3-minimal
	[ "$(id -u)" -eq 0 ] ||
		give_up "missing; as root: apt-get install $*"
	echo "installing: $*"
	{
		apt-get update &&
			DEBIAN_FRONTEND=noninteractive apt-get install -y \
				--no-install-recommends "$@"
	} >"$vm/apt.log" 2>&1
	has_programs || give_up "$* cannot be installed; see $vm/apt.log"
}

download_kernel() {
	name=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-[^ ]*-cloud-amd64\)$/\1/p')
	[ -n "$name" ] || return 1
	(cd "$vm/kernel.new" && apt-get download "$name") >"$vm/apt.log" 2>&1
}

# Kept once it is there.
fetch_kernel() {
	[ -s "$vm/kernel" ] && return
	if ! command -v apt-get || ! command -v dpkg; then
		give_up "Debian's kernel package needs apt-get and dpkg"
	fi >/dev/null
	rm -rf "$vm/kernel.new"
	mkdir "$vm/kernel.new" || exit 1
	# Lists of packages may be absent, or older than the archive.
	download_kernel || {
		[ "$(id -u)" -ne 0 ] || apt-get update >/dev/null 2>&1
		download_kernel
	} || give_up "linux-image-cloud-amd64 cannot be downloaded"
	dpkg -x "$vm/kernel.new"/*.deb "$vm/kernel.new"
	mv "$vm/kernel.new"/boot/vmlinuz-* "$vm/kernel" ||
		give_up "no kernel in linux-image-cloud-amd64"
	rm -rf "$vm/kernel.new"
}

# Neither /proc nor /sys nor /run is in it: init makes them.
make_root() {
	rm -rf "$root"
	mkdir -p "$root/bin" && cp -R "$here/root/." "$root" &&
		chmod -R go-w "$root" && cp "$busybox" "$root/bin/busybox" ||
		return
	for name in cat cmp date dmesg echo env grep httpd ip kill ls logger mkdir \
		mount ps rmdir sed seq setsid sh sleep sort stty touch tr tty usleep \
		wc wget; do
		ln -s busybox "$root/bin/$name" || return
	done
	DESTDIR=$root SBINDIR=/usr/sbin BINDIR=/usr/bin \
		MANDIR=/usr/share/man "$here/../helpers/install.sh" \
		init supervisor svctl svlog &&
		cp "$BUILD/torture/init" "$root/usr/sbin/patient-init" &&
		${CC:-musl-gcc} -std=c11 -D_GNU_SOURCE -O1 -static \
			-o "$root/bin/inject" "$here/../helpers/inject.c" &&
		ln -s ../usr/sbin/tend-init "$root/sbin/init"
}

# Definitions must be root's, whoever builds this.
pack_root() {
	(cd "$root" && find . | "$busybox" cpio -o -H newc -R 0:0) \
		2>/dev/null >"$vm/cpio" && gzip -1 <"$vm/cpio" >"$vm/initramfs" &&
		rm "$vm/cpio"
}

# A first process that ends makes the kernel panic, and qemu end, at once.
# qemu may abort where it cannot have KVM.
try_accel() {
	timeout 8 qemu-system-x86_64 -machine q35 "$@" -m 256 -display none \
		-no-reboot -nodefaults -no-user-config -serial stdio \
		-kernel "$vm/kernel" -initrd "$vm/initramfs" \
		-append "console=ttyS0 panic=-1 quiet rdinit=/bin/echo probed" \
		</dev/null 2>/dev/null | grep -q 'Attempted to kill init'
}

[ "$(uname -m)" = x86_64 ] || give_up "the kernel is for x86_64 machines"
install_programs
fetch_kernel
find_busybox
root=$vm/root
make_root && pack_root || exit 1
accel="-accel tcg -cpu max"
if [ -w /dev/kvm ] && (try_accel -accel kvm -cpu host) 2>/dev/null; then
	accel="-accel kvm -cpu host"
fi
echo "$accel" >"$vm/accel"
echo "vm: $accel"
