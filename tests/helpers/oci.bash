# shellcheck shell=bash
# Variables of common.bash are set there, those of this file are read by tests.
# shellcheck disable=SC2034,SC2154,SC2016
# Real OCI runtimes and engines, for oci.bats. Each test has a world of its own
# for them: PID, mount and cgroup namespaces with empty /run, /dev/shm and
# /var/lib/containers, below a cgroup that is removed afterwards. So nothing
# stays behind, whatever a runtime forgets. There is no network in it.
#
#	setup() { tend_setup; oci_world; }
#	teardown() { tend_teardown; }
#
#	oci_bundle box '.process.args = ["sh", "-c", "exit 7"]'
#	oci_start crun box
#	oci_wait
#	[ "$oci_status" -eq 7 ]

# What a container gets that nobody said more about; filters of jq change it.
# As Docker's, but without cgroups and seccomp; podman's tests have the latter.
oci_config='{
	ociVersion: "1.0.2", hostname: "box",
	root: {path: $root, readonly: false},
	process: {
		terminal: false, user: {uid: 0, gid: 0}, cwd: "/",
		noNewPrivileges: true,
		args: ["/usr/sbin/tend-init"],
		env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
		capabilities: ([
			"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER",
			"CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE",
			"CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
			"CAP_SYS_CHROOT"
		] | {bounding: ., effective: ., permitted: .})
	},
	mounts: [
		{destination: "/proc", type: "proc", source: "proc"},
		{destination: "/dev", type: "tmpfs", source: "tmpfs",
		 options: ["nosuid", "mode=755", "size=64k"]},
		{destination: "/dev/shm", type: "tmpfs", source: "shm",
		 options: ["nosuid", "noexec", "nodev", "mode=1777"]},
		{destination: "/run", type: "tmpfs", source: "tmpfs",
		 options: ["nosuid", "nodev", "mode=755"]},
		{destination: "/etc/tend/services", type: "bind",
		 source: $services, options: ["bind", "ro"]}
	],
	linux: {
		namespaces: (["pid", "mount", "ipc", "uts", "network"] |
			map({type: .})),
		maskedPaths: ["/proc/kcore", "/proc/keys"],
		readonlyPaths: ["/proc/sys", "/proc/irq"]
	}
}'

# Filters for oci_bundle. A plain user has a /run as a kubelet makes an emptyDir:
# a directory of root's, for all, that outlives the container.
oci_read_only='.root.readonly = true'
oci_non_root='.process.user = {uid: 65532, gid: 65532} |
	del(.process.capabilities) |
	(.mounts[] | select(.destination == "/run")) = {destination: "/run",
		type: "bind", source: $empty,
		options: ["bind", "rw", "nosuid", "nodev"]}'

# --- the world --------------------------------------------------------------

# Skips the test where it cannot be had. Sets OCI_DIR, below which all is.
oci_world() {
	[ "$(id -u)" -eq 0 ] || skip "containers are root's here"
	OCI_DIR=$TEND_DIR/oci
	mkdir -p "$OCI_DIR"
	_oci_cgroup
	local new=(unshare -pfm --mount-proc --kill-child)
	[ -z "$TEND_CGROUP" ] ||
		new=(sh -c 'echo 0 >"$TEND_CGROUP/cgroup.procs" &&
			exec unshare -C sh -c "$0" "$@"'
			'echo 0 >"$TEND_CGROUP/leaf/cgroup.procs" && exec "$0" "$@"'
			"${new[@]}")
	# bats waits for whoever holds its descriptor 3.
	"${new[@]}" sh -c "$_oci_first" >>"$TEND_CONSOLE" 2>&1 </dev/null 3>&- &
	tend_outer=$!
	wait_until "$TEND_PATIENCE" _oci_has_begun ||
		skip "no world for containers: $(tail -n 3 "$TEND_CONSOLE")"
}

# The first process: it makes the world and reaps.
_oci_first='
	for dir in /run /dev/shm /var/lib/containers; do
		[ -d $dir ] || mkdir -p $dir || exit
		mount -t tmpfs -o mode=0755 tmpfs $dir || exit
	done
	mkdir -p /sys/fs/cgroup && mount -t cgroup2 cgroup /sys/fs/cgroup
	echo "the world is there"
	while :; do
		sleep 1000 &
		wait $!
	done'

# Runtimes make cgroups below it; processes are in the leaf, since cgroups with
# processes have no children with controllers.
_oci_cgroup() {
	local at
	TEND_CGROUP=
	at=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$at" ] || return 0
	at=$at$(sed -n 's/^0:://p' /proc/self/cgroup)
	at=${at%/}/tend-test-$$-$BATS_TEST_NUMBER
	mkdir "$at" "$at/leaf" 2>/dev/null || return 0
	TEND_CGROUP=$at
	export TEND_CGROUP
}

_oci_has_begun() {
	local depth=0 pid=$tend_outer next
	grep -q '^the world is there$' "$TEND_CONSOLE" || return 1
	# The child of unshare, or of a shell's.
	read -r next _ <"/proc/$pid/task/$pid/children" 2>/dev/null
	[ -n "$next" ] || return 1
	tend_init=$next
}

# Runs CMD in the world.
oci_in() {
	local enter=(nsenter -t "$tend_init" -r -p -m)
	[ -z "$TEND_CGROUP" ] ||
		enter=(sh -c 'echo 0 >"$TEND_CGROUP/leaf/cgroup.procs" &&
			exec "$@"' sh "${enter[@]}" -C)
	"${enter[@]}" --wd="$PWD" -- "$@" 3>&-
}

# --- bundles ----------------------------------------------------------------

# The busybox that needs no libraries; nothing if there is none.
oci_busybox() {
	local name path
	for name in busybox busybox.static; do
		path=$(command -v "$name") || continue
		ldd "$path" >/dev/null 2>&1 || {
			readlink -f "$path"
			return
		}
	done
}

# oci_rootfs DIR: what the image has, and busybox.
oci_rootfs() {
	local name busybox
	busybox=$(oci_busybox)
	[ -n "$busybox" ] || skip "no static busybox"
	BUILD=$TEND_BUILD "$TEND_TOP/services/container/image.sh" rootfs "$1"
	mkdir -p "$1"/{bin,dev,etc/tend/services,proc,run,sbin,sys,tmp}
	chmod 1777 "$1/tmp"
	cp "$busybox" "$1/bin/busybox"
	for name in cat date echo env false httpd id kill ls mkdir ps sh sleep \
		touch true wget; do
		ln -s busybox "$1/bin/$name"
	done
}

# oci_bundle NAME [FILTER...]: a bundle with that root and the services of
# this test. They share the root: its files are to be written below /run.
oci_bundle() {
	local root=$BATS_FILE_TMPDIR/rootfs name=$1
	shift
	[ -d "$root" ] || oci_rootfs "$root"
	local filter=$oci_config one
	for one; do
		filter="$filter | $one"
	done
	mkdir -p "$OCI_DIR/$name" "$OCI_DIR/empty"
	chmod 777 "$OCI_DIR/empty"
	jq -n --arg root "$root" --arg services "$TEND_CONFIG/services" \
		--arg empty "$OCI_DIR/empty" "$filter" >"$OCI_DIR/$name/config.json"
}

# --- runtimes ---------------------------------------------------------------

# oci crun|runc ARG...: the runtime, in the world, with its state in it.
oci() {
	local runtime=$1 options=()
	shift
	# Without cgroups it needs none of the machine's.
	[ "$runtime" != crun ] || options=(--cgroup-manager=disabled)
	oci_in timeout --foreground 60 "$runtime" --root "/run/$runtime" \
		"${options[@]}" "$@"
}

# Those that are installed and can run a container here; why others cannot is
# in $BATS_FILE_TMPDIR/NAME.why. Found once for a file.
oci_runtimes() {
	local list=$BATS_FILE_TMPDIR/runtimes runtime
	if [ ! -f "$list" ]; then
		: >"$list"
		oci_bundle probe '.process.args = ["sh", "-c", "exit 7"]'
		for runtime in crun runc; do
			_oci_probe "$runtime" >"$BATS_FILE_TMPDIR/$runtime.why" 2>&1 &&
				echo "$runtime" >>"$list"
		done
	fi
	cat "$list"
}

_oci_probe() {
	local status=0
	if ! command -v "$1" >/dev/null; then
		echo "$1 is not installed"
		return 1
	fi
	# Some refuse a cgroup that has no owner, and work at the second try.
	oci "$1" run --bundle "$OCI_DIR/probe" probe </dev/null || status=$?
	[ "$status" -eq 7 ]
}

# Skips the test, with all reasons, where no runtime can run.
oci_needs_runtime() {
	[ -n "$(oci_runtimes)" ] ||
		skip "no runtime: $(cat "$BATS_FILE_TMPDIR"/*.why | xargs)"
}

# oci_start RUNTIME NAME: in the background; its output is in $OCI_DIR/NAME/out.
oci_start() {
	oci_runtime=$1 oci_name=$2
	oci_out=$OCI_DIR/$2/out
	oci "$1" run --bundle "$OCI_DIR/$2" "$2" >"$oci_out" 2>&1 </dev/null &
	oci_job=$!
	if ! wait_until "$TEND_PATIENCE" _oci_runs_or_is_gone; then
		cat "$oci_out"
		return 1
	fi
}

_oci_runs_or_is_gone() {
	[ "$(oci_state)" = running ] || ! is_alive "$oci_job"
}

oci_state() {
	oci "$oci_runtime" state "$oci_name" 2>/dev/null | jq -r .status
}

# Within the container that was started last, as the user that it has; without
# --user, which engines always give, crun takes root.
oci_exec() {
	local user
	user=$(jq -r '.process.user | "\(.uid):\(.gid)"' \
		"$OCI_DIR/$oci_name/config.json")
	oci "$oci_runtime" exec --user "$user" "$oci_name" "$@"
}

oci_kill() { # SIGNAL
	oci "$oci_runtime" kill "$oci_name" "$1"
}

# Until it has left; its status, as the runtime tells it, is in oci_status.
oci_wait() {
	if ! wait_until "$TEND_PATIENCE" _is_gone "$oci_job"; then
		echo "$oci_name runs on; it said:"
		cat "$oci_out"
		return 1
	fi
	oci_status=0
	wait "$oci_job" || oci_status=$?
}

# Services are up, as svctl within says; without names: it answers.
oci_serves() { # NAME...
	local ask=(svctl list)
	[ $# -eq 0 ] || ask=(svctl wait "$@")
	wait_until "$TEND_PATIENCE" oci_exec "${ask[@]}" >/dev/null 2>&1 || {
		echo "no answer from within; it said:"
		cat "$oci_out"
		return 1
	}
}

oci_said() { # TEXT
	grep -qF -- "$1" "$oci_out"
}
