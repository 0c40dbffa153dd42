#!/bin/sh
# Every shell script, with a suffix or without, and every bats file.
: "${BUILD:=build}"
list=$(mktemp) || exit 1
trap 'rm -f "$list"' EXIT

find . \( -path ./.git -o -path "./$BUILD" \) -prune -o -type f -print |
	sort >"$list"
status=0
while read -r file; do
	case $file in
	# Variables of the helpers are not seen, since load is not followed.
	*.bats) set -- -s bats -e SC2154 ;;
	*.bash) set -- -s bash ;;
	*.sh) set -- ;;
	*)
		read -r first <"$file" 2>/dev/null || continue
		case $first in
		'#!'*bats) set -- -s bats ;;
		'#!'*/sh* | '#!'*bash* | '#!'*dash* | '#!'*'env sh') set -- ;;
		*) continue ;;
		esac
		;;
	esac
	# Helpers are loaded by bats, by a path that shellcheck cannot follow.
	shellcheck -e SC1091 "$@" "$file" || status=1
done <"$list"
exit "$status"
