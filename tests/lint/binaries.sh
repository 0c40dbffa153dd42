#!/bin/sh
# What ships is static and stripped, and uses neither stdio nor getpwnam's
# machinery by accident: it stays small.
: "${BUILD:=build}"
status=0
for program in init supervisor svctl svlog; do
	what=$(file -b "$BUILD/$program")
	echo "$program: $(wc -c <"$BUILD/$program") bytes, $what"
	case $what in
	*ELF*"statically linked"*", stripped"*) ;;
	*)
		echo "$program: not static and stripped"
		status=1
		;;
	esac
done
exit "$status"
