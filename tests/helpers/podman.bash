# shellcheck shell=bash
# Variables of common.bash and oci.bash are set there; inner shells expand what
# is in single quotes.
# shellcheck disable=SC2016,SC2034,SC2119,SC2120,SC2154
# podman as root, in the world that oci.bash makes, without a network, a systemd
# and the machine's own settings. Its images are kept for a file of tests; its
# containers go with each test.
#
#	setup() { tend_setup; oci_world; podman_setup; }
#	teardown() { podman_teardown; }

# Skips the test, with the reason, where podman cannot run a container.
podman_setup() {
	local why=$BATS_FILE_TMPDIR/podman.why
	export CONTAINERS_CONF=$OCI_DIR/containers.conf
	export CONTAINERS_STORAGE_CONF=$OCI_DIR/storage.conf
	export CONTAINERS_REGISTRIES_CONF=$OCI_DIR/registries.conf
	export HOME=$OCI_DIR XDG_RUNTIME_DIR=/run/user/0
	unset XDG_CONFIG_HOME XDG_DATA_HOME
	if [ ! -f "$why" ]; then
		type -P podman >/dev/null || skip "podman is not installed"
		_podman_configure
		_podman_base >"$why" 2>&1 && : >"$why"
	else
		_podman_configure
	fi
	[ ! -s "$why" ] || skip "podman: $(xargs <"$why")"
}

# Names of containers are free again.
podman_teardown() {
	[ ! -e "$BATS_FILE_TMPDIR/podman.why" ] || {
		podman pod rm -fa -t 0
		podman rm -fa -t 0
	} >/dev/null 2>&1
	tend_teardown
}

# The runtime that works here.
_podman_configure() {
	local runtime
	oci_needs_runtime
	runtime=$(oci_runtimes | head -n 1)
	_podman_wrap "$runtime" >"$OCI_DIR/bare-$runtime"
	chmod 755 "$OCI_DIR/bare-$runtime"
	# Limits that are not above ours need no privilege.
	cat >"$CONTAINERS_CONF" <<-END
		[containers]
		netns = "none"
		log_driver = "k8s-file"
		default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
		[network]
		network_config_dir = "$OCI_DIR/net"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		infra_image = "localhost/pause"
		runtime = "bare"
		[engine.runtimes]
		bare = ["$OCI_DIR/bare-$runtime"]
	END
	cat >"$CONTAINERS_STORAGE_CONF" <<-END
		[storage]
		driver = "vfs"
		runroot = "/run/containers"
		graphroot = "$BATS_FILE_TMPDIR/podman"
	END
	: >"$CONTAINERS_REGISTRIES_CONF"
	mkdir -p "$OCI_DIR/net"
	oci_in mkdir -p "$XDG_RUNTIME_DIR"
}

# A program that is that runtime without cgroups, which need not be writable
# here: crun would load a filter of devices, for which it may lack privileges.
_podman_wrap() { # RUNTIME
	local options=
	[ "$1" != crun ] || options=--cgroup-manager=disabled
	cat <<-END
		#!/bin/sh
		before= bundle=
		for word; do
			case \$before in --bundle | -b) bundle=\$word ;; esac
			before=\$word
		done
		if [ -n "\$bundle" ]; then
			new=\$(jq 'del(.linux.resources, .linux.cgroupsPath)' \\
				"\$bundle/config.json") || exit
			echo "\$new" >"\$bundle/config.json"
		fi
		exec $1 $options "\$@"
	END
}

# Images: localhost/base has busybox, localhost/pause what a pod begins with.
_podman_base() {
	local status=0 box=$BATS_FILE_TMPDIR/base
	mkdir -p "$box"/{bin,dev,etc,proc,run,sys,tmp}
	cp "$(oci_busybox)" "$box/bin/busybox"
	# In the place of catatonit.
	cp "$TEND_BUILD/init" "$box/pause"
	local name
	for name in cat date echo httpd id kill ls mkdir ps sh sleep wget; do
		ln -s busybox "$box/bin/$name"
	done
	tar -C "$box" -cf "$box.tar" .
	podman import -q -c 'CMD ["sh"]' "$box.tar" localhost/base &&
		podman import -q -c 'ENTRYPOINT ["/pause", "-P"]' \
			"$box.tar" localhost/pause || return
	podman run --rm localhost/base sh -c 'exit 7' || status=$?
	echo "its container left with $status"
	[ "$status" -eq 7 ]
}

podman() {
	oci_in timeout --foreground 100 podman "$@"
}

# image.sh as it is, with podman in the world.
podman_image() {
	oci_in env BUILD="$TEND_BUILD" IMAGE_TOOL=podman "$@" \
		"$TEND_TOP/services/container/image.sh"
}

# localhost/tend, once for a file.
podman_needs_image() {
	podman image exists localhost/tend || podman_image >"$OCI_DIR/built" 2>&1 || {
		cat "$OCI_DIR/built"
		return 1
	}
}

# localhost/NAME from services/container/NAME, below it localhost/base.
podman_example() { # NAME
	local context=$OCI_DIR/$1
	podman image exists "localhost/tend-$1" && return
	podman_needs_image
	# As it lies in an image: checkouts may be writable by a group.
	cp -R "$TEND_TOP/services/container/$1" "$context"
	chmod -R u=rwX,go=rX "$context"
	podman build -q --build-arg BASE=localhost/base -t "tend-$1" "$context"
}

# As `podman exec`, which waits as long as podman stops that container.
podman_within() { # ID CMD...
	oci_in env -u XDG_RUNTIME_DIR timeout 60 "$OCI_DIR"/bare-* exec \
		--user 65532:65532 "$@"
}

podman_log_has() { # NAME TEXT
	podman logs "$1" 2>&1 | grep -qF -- "$2"
}

# podman_until NAME CMD...: CMD succeeds; else its output and NAME's are shown.
podman_until() {
	local name=$1
	shift
	wait_until "$TEND_PATIENCE" _quietly "$@" || {
		cat "$OCI_DIR/quiet"
		podman logs "$name"
		return 1
	}
}

_quietly() {
	"$@" >"$OCI_DIR/quiet" 2>&1
}
