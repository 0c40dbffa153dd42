#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
# The images of services/container, made and run by podman.
bats_require_minimum_version 1.5.0
load ../helpers/common
load ../helpers/oci
load ../helpers/podman

setup() {
	tend_setup
	oci_world
	podman_setup
}
teardown() { podman_teardown; }

# What `podman inspect` knows of a container.
of() { # NAME FIELD
	podman inspect --format "{{.$2}}" "$1"
}

@test "make image: small is below 600 KiB, svlog comes on top" {
	podman_needs_image
	run -0 podman image inspect localhost/tend --format \
		'{{.Config.Entrypoint}} {{.RootFS.Type}}'
	[ "$output" = "[/usr/sbin/tend-init] layers" ]
	podman_image IMAGE=small IMAGE_TARGET=small
	[ "$(podman image inspect localhost/small --format '{{.Size}}')" -lt \
		$((600 * 1024)) ]
	run -0 podman run --rm localhost/small --version
	[[ $output == tini\ version* ]]
	# Nothing is in it but our programs.
	podman run -d --name box localhost/tend
	podman_until box podman exec box svctl list
	podman stop -t 20 box
	[ "$(of box State.ExitCode)" -eq 0 ]
}

@test "make image without any tool: the archive is one that engines load" {
	local archive=$OCI_DIR/tend.tar
	IMAGE=packed BUILD=$TEND_BUILD \
		"$TEND_TOP/services/container/image.sh" archive "$archive"
	podman load -q -i "$archive"
	local name
	name=localhost/packed:$(cat "$TEND_TOP/VERSION")
	run -0 podman image inspect "$name" --format '{{.Config.Entrypoint}}'
	[ "$output" = "[/usr/sbin/tend-init]" ]
	podman run -d --name box "$name"
	podman_until box podman exec box svctl list
	podman stop -t 20 box
	[ "$(of box State.ExitCode)" -eq 0 ]
	# The same programs make the same bytes.
	IMAGE=packed BUILD=$TEND_BUILD \
		"$TEND_TOP/services/container/image.sh" archive "$archive.2"
	cmp "$archive" "$archive.2"
}

@test "one command: services/container/one" {
	podman_example one
	podman run -d --name box localhost/tend-one
	run -0 podman exec box cat /proc/1/comm
	[ "$output" = tend-init ]
	# httpd of busybox ends by TERM.
	podman stop -t 20 box
	[ "$(of box State.ExitCode)" -eq 143 ]
	run -3 podman run --rm localhost/tend-one sh -c 'exit 3'
}

@test "several services: services/container/several, read-only, not root" {
	podman_example several
	podman run -d --name box --read-only --cap-drop all \
		--security-opt no-new-privileges localhost/tend-several
	podman_until box podman exec box svctl health
	run -0 podman exec box wget -q -O - localhost:8080
	[ -n "$output" ]
	run -0 podman exec box id -u
	[ "$output" = 65532 ]
	podman stop -t 30 box
	[ "$(of box State.ExitCode)" -eq 0 ]
	[ "$(of box State.OOMKilled)" = false ]
}

@test "a helper's crash is our matter, an essential's the engine's" {
	podman_example several
	podman run -d --name box localhost/tend-several
	podman_until box podman exec box svctl health
	podman exec box svctl kill -s KILL clock
	podman_until box podman exec box svctl health
	printf 'command = sh -c "exit 9"\nrestart = never\nessential = yes\n' \
		>"$OCI_DIR/web"
	run -9 podman run --rm -v "$OCI_DIR/web:/etc/tend/services/web:ro" \
		localhost/tend-several
	podman kill -s TERM box
	[ "$(podman wait box)" -eq 0 ]
}

@test "podman stop: KILL when its time is over" {
	podman_example one
	podman run -d --name box localhost/tend-one \
		sh -c 'trap "" TERM; echo deaf; while :; do sleep 1000; done'
	podman_until box podman_log_has box deaf
	podman stop -t 1 box
	[ "$(of box State.ExitCode)" -eq 137 ]
}

@test "podman run --init is ours: by --init-path and by containers.conf" {
	run -4 podman run --rm --init --init-path "$TEND_BUILD/init" \
		localhost/base sh -c '/run/podman-init --version; exit 4'
	[ "$output" = "$("$TEND_BUILD/init" --version)" ]
	sed -i "/^\[containers\]/a init_path = \"$TEND_BUILD/init\"" \
		"$CONTAINERS_CONF"
	run -0 podman run --rm --init localhost/base /run/podman-init --version
	[ "$output" = "$("$TEND_BUILD/init" --version)" ]
	podman run -d --name box --init localhost/base \
		sh -c 'trap "exit 5" TERM; echo on; while :; do sleep 0.1; done'
	podman_until box podman_log_has box on
	podman stop -t 20 box
	[ "$(of box State.ExitCode)" -eq 5 ]
}

@test "a health check of the engine: svctl health" {
	podman_example several
	podman run -d --name box \
		--health-cmd '["/usr/bin/svctl", "health", "-q"]' \
		--health-interval disable localhost/tend-several
	podman_until box podman healthcheck run box
	podman exec box svctl stop web
	run podman exec box svctl health web
	[ "$status" -eq 3 ]
	podman stop -t 20 box
}

# A manifest of services/container, but for ports, which need a network. Skips
# the test where no pod can be made: that needs cgroups.
play() { # FILE
	sed '/ports:$/ { N; /name: http$/ { N; d } }' \
		"$TEND_TOP/services/container/$1" >"$OCI_DIR/$1"
	if ! podman kube play --network none "$OCI_DIR/$1" \
		>"$OCI_DIR/played" 2>&1; then
		! grep -i cgroup "$OCI_DIR/played" ||
			skip "no pods: $(xargs <"$OCI_DIR/played")"
		cat "$OCI_DIR/played"
		return 1
	fi
	cat "$OCI_DIR/played"
}

# The pod that was played answers, and stops within its budget.
pod_is_good() { # POD
	local box=$1-app id job
	podman_until "$box" podman exec "$box" /usr/bin/svctl health
	run -0 podman exec "$box" /bin/id -u
	[ "$output" = 65532 ]
	run ! podman exec "$box" /bin/mkdir /here
	run -0 podman exec "$box" /bin/wget -q -O - localhost:8080
	[ -n "$output" ]
	# Its liveness probe; podman knows no others.
	podman healthcheck run "$box"
	id=$(of "$box" Id)
	podman pod stop -t 30 "$1" >"$OCI_DIR/stopped" 2>&1 &
	job=$!
	# All the time that the drain gives: not ready, and at work.
	podman_until "$box" is_draining "$id"
	podman_within "$id" /bin/wget -q -O - localhost:8080
	podman_within "$id" /usr/bin/svctl list
	wait "$job"
	[ "$(of "$box" State.ExitCode)" -eq 0 ]
}

is_draining() { # ID
	run podman_within "$1" /usr/bin/svctl health
	echo "$status: $output"
	[ "$status" -eq 3 ]
}

@test "podman kube play: pod.yaml" {
	podman_example several
	play pod.yaml
	pod_is_good several
	podman kube down "$OCI_DIR/pod.yaml"
}

@test "podman kube play: deployment.yaml" {
	podman_example several
	play deployment.yaml
	pod_is_good several-pod-0
}
