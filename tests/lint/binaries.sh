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

# What is often run lies in one window of 16 pages, which a fault maps whole:
# supervisor/hot.ld. Elsewhere another compiler leaves other lengths.
hot=$(readelf -SW "$BUILD/supervisor" | sed -n 's/.* \.hot *PROGBITS *[0-9a-f]* *[0-9a-f]* *\([0-9a-f]*\) .*/\1/p')
if [ -z "$hot" ] || [ "$((0x$hot))" -gt 65536 ]; then
	echo "supervisor: .hot has 0x$hot bytes, of at most 0x10000; name less"
	status=1
fi
exit "$status"
