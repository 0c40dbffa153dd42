#!/bin/sh
# usage: install.sh PROGRAM...: what `make install` copies, and where.
# Environment: BUILD DESTDIR SBINDIR BINDIR MANDIR
set -eu

# What only root runs is named after the project and lies in sbin; init finds
# the supervisor in its own directory.
for program; do
	case $program in
	init | supervisor) to=$DESTDIR$SBINDIR/tend-$program ;;
	*) to=$DESTDIR$BINDIR/$program ;;
	esac
	install -D -m 0755 "$BUILD/$program" "$to"
done

for page in "$BUILD"/man/*.[1-8]; do
	[ -f "$page" ] || continue
	name=$(basename "$page")
	to=$DESTDIR$MANDIR/man${page##*.}
	install -D -m 0644 "$page" "$to/$name"
	# Found under the name that the program has there as well.
	case $name in
	init.8 | supervisor.8) ln -sf "$name" "$to/tend-$name" ;;
	esac
done
