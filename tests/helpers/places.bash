# shellcheck shell=bash
# Functions are called by the tests; inner shells expand what is in single
# quotes; variables are those of common.bash.
# shellcheck disable=SC2016,SC2034,SC2154
# The shape of a container: a root of its own with our programs, busybox and
# /etc/tend, read-only, with no /proc, no devices and nowhere to write. A test
# gives it back what it is not about:
#
#	image_make
#	image_service web <<<'command = sh -c "echo said; exec sleep 1000"'
#	place_start 'mount -t proc proc proc; mount -t tmpfs tmpfs run' -- init
#	place_svctl status

# tend_setup for containers: an image, and the pieces of a SETUP that gives it
# all that a place may lack.
place_setup() {
	tend_setup
	unset TEND_RUNTIME TEND_CONFIG TEND_LOG
	image_make
	place_env=(env -i PATH=/bin)
	proc='mount -t proc proc proc;'
	null='mount -t tmpfs tmpfs dev; : >dev/null; mount --bind /dev/null dev/null;'
	run='mount -t tmpfs -o mode=755 tmpfs run;'
	tmp='mount -t tmpfs -o mode=1777 tmpfs tmp;'
}

# Sets IMAGE, which is on no file system of the machine's own once it is used:
# what is done to it below is of the namespace. Skips where that cannot be.
image_make() {
	local name
	[ "$(id -u)" -eq 0 ] || skip "needs root: another user and mounts"
	busybox=$(command -v busybox) || skip "no busybox"
	[[ "$(file -L "$busybox")" == *statically* ]] ||
		skip "no static busybox"
	IMAGE=$TEND_DIR/image
	mkdir -p "$IMAGE"/{bin,dev,proc,run,tmp,var/log,etc/tend/services}
	cp "$TEND_BUILD"/{init,supervisor,svctl,svlog} "$busybox" "$IMAGE/bin"
	for name in sh cat echo id ls sleep touch true env kill; do
		ln -s busybox "$IMAGE/bin/$name"
	done
	chmod 755 "$TEND_DIR" "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
	as=("$(command -v chroot)")
}

image_service() { # NAME
	cat >"$IMAGE/etc/tend/services/$1"
}

# From now on nothing has more rights than a user whom nobody knows.
place_as_user() { # UID
	as=("$(command -v setpriv)" --no-new-privs
		"$(command -v chroot)" "--userspec=$1:$1" "--groups=$1")
}

# The first in the namespace: the image is what it was made to be, then SETUP
# runs in it, and CMD has it for its root.
place_within='
	image=$1
	setup=$2
	shift 2
	mount --bind "$image" "$image" || exit 99
	cd "$image" || exit 99
	umount -l /proc
	touch dev/tty 2>/dev/null
	eval "$setup" || exit 98
	mount -o remount,bind,ro "$image" || exit 97
	cd "$image" || exit 96
	exec "$@"'

# place_start SETUP CMD...: CMD as PID 1, in the background, as tend_start.
# Variables named in place_env are all that its environment has.
place_start() {
	local setup=$1
	shift
	: >"$TEND_CONSOLE"
	namespace_start sh -c "$place_within" sh "$IMAGE" "$setup" \
		"${place_env[@]}" "${as[@]}" "$IMAGE" "$@"
}

# The same, waited for.
place_run() { # SETUP CMD...
	local setup=$1
	shift
	timeout 60 "${tend_unshare[@]}" sh -c "$place_within" sh "$IMAGE" \
		"$setup" "${place_env[@]}" "${as[@]}" "$IMAGE" "$@" 3>&-
}

# In the place that place_start made, by root.
place_in() {
	nsenter -t "$tend_init" -p -m -r -w -- "$@" 3>&-
}

place_svctl() {
	timeout --foreground 60 nsenter -t "$tend_init" -p -m -r -w -- \
		/bin/svctl "$@" 3>&-
}

# What is said is waited for.
place_says() { # TEXT [SECONDS]
	wait_until "${2:-20}" console_has "$1" || {
		echo "no '$1'"
		return 1
	}
}

# The lines of --doctor in that place, in output.
place_doctor() { # SETUP [OPTION...]
	local setup=$1
	shift
	run place_run "$setup" /bin/init --doctor "$@"
	echo "$output"
}
