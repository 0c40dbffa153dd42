#!/bin/sh
# `make image`: the image of services/container/Containerfile, from $BUILD.
#
#	image.sh              by podman, buildah or docker, into its store; where
#	                      there is none, an archive that each of them loads
#	image.sh archive FILE [PROGRAM...]   only that archive, without any tool
#	image.sh rootfs DIR [PROGRAM...]     its files, in an empty directory
#
# PROGRAM: init supervisor svctl svlog, which are all, or fewer.
# Environment: BUILD, IMAGE (a name, default tend), IMAGE_TOOL (podman, buildah,
# docker or none), IMAGE_TARGET (small: without svlog), IMAGE_ARCH (amd64, ...).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$(cd "$top" && cd "${BUILD:-build}" && pwd)
: "${IMAGE:=tend}" "${IMAGE_TOOL:=}" "${IMAGE_TARGET:=}"
read -r version <"$top/VERSION"
umask 022

scratch=
trap '[ -z "$scratch" ] || rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

die() {
	echo "image: $*" >&2
	exit 1
}

make_rootfs() { # DIR [PROGRAM...]
	rootfs=$1
	shift
	[ $# -gt 0 ] || set -- init supervisor svctl svlog
	mkdir -p "$rootfs/usr/bin" "$rootfs/usr/sbin"
	for program; do
		case $program in
		init | supervisor) to=usr/sbin/tend-$program ;;
		*) to=usr/bin/$program ;;
		esac
		cp "$BUILD/$program" "$rootfs/$to"
		chmod 0755 "$rootfs/$to"
	done
}

# The names that Go has for machines.
find_arch() {
	case ${IMAGE_ARCH:-$(uname -m)} in
	x86_64) echo amd64 ;;
	i?86) echo 386 ;;
	aarch64) echo arm64 ;;
	armv*) echo arm ;;
	*) echo "${IMAGE_ARCH:-$(uname -m)}" ;;
	esac
}

# The same bytes from the same programs, whoever packs them.
pack() { # FILE DIR
	if tar --version 2>/dev/null | grep -q GNU; then
		tar -c -f "$1" -C "$2" --format=ustar --sort=name --mtime=@0 \
			--owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX .
	else
		tar -c -f "$1" -C "$2" .
	fi
}

# Takes FILE into the layout by its digest; sets digest and size.
take() { # FILE
	digest=$(sha256sum "$1")
	digest=${digest%% *}
	size=$(($(wc -c <"$1")))
	mv "$1" "$layout/blobs/sha256/$digest"
}

# An OCI image layout in a tar: one layer, a configuration, a manifest, an index.
make_archive() { # FILE [PROGRAM...]
	file=$1
	shift
	scratch=$(mktemp -d)
	layout=$scratch/layout
	mkdir -p "$layout/blobs/sha256"
	make_rootfs "$scratch/rootfs" "$@"
	pack "$scratch/blob" "$scratch/rootfs"
	take "$scratch/blob"
	layer=$digest layer_size=$size
	cat >"$scratch/blob" <<-END
		{"architecture":"$(find_arch)","os":"linux","created":"1970-01-01T00:00:00Z","config":{"Entrypoint":["/usr/sbin/tend-init"],"Env":["PATH=$path"],"StopSignal":"SIGTERM"},"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]}}
	END
	take "$scratch/blob"
	cat >"$scratch/blob" <<-END
		{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:$digest","size":$size},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:$layer","size":$layer_size}]}
	END
	take "$scratch/blob"
	cat >"$layout/index.json" <<-END
		{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:$digest","size":$size,"annotations":{"org.opencontainers.image.ref.name":"$IMAGE:$version"}}]}
	END
	echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
	mkdir -p "$(dirname "$file")"
	pack "$file" "$layout"
}

# As an engine takes it from Containerfile.
path=$(sed -n 's/^ENV PATH=//p' "$top/services/container/Containerfile")

find_tool() {
	for tool in podman buildah docker; do
		! command -v "$tool" >/dev/null || {
			echo "$tool"
			return
		}
	done
	echo none
}

# Only what the recipe copies is handed over, wherever $BUILD is.
build_by() { # TOOL
	scratch=$(mktemp -d)
	mkdir "$scratch/build"
	for program in init supervisor svctl svlog; do
		cp "$BUILD/$program" "$scratch/build"
	done
	"$1" build -t "$IMAGE:$version" -t "$IMAGE:latest" \
		${IMAGE_TARGET:+--target "$IMAGE_TARGET"} \
		-f "$top/services/container/Containerfile" "$scratch"
}

case ${1:-} in
rootfs | archive)
	what=$1
	[ $# -ge 2 ] || die "usage: image.sh $what PLACE [PROGRAM...]"
	shift
	"make_$what" "$@"
	;;
'')
	[ -n "$IMAGE_TOOL" ] || IMAGE_TOOL=$(find_tool)
	if [ "$IMAGE_TOOL" != none ]; then
		build_by "$IMAGE_TOOL" || die "IMAGE_TOOL=none makes an archive"
		exit
	fi
	set --
	[ "$IMAGE_TARGET" != small ] || set -- init supervisor svctl
	make_archive "$BUILD/image/tend.tar" "$@"
	echo "$BUILD/image/tend.tar: podman load -i, docker load -i"
	;;
*) die "what is '$1'?" ;;
esac
