#!/bin/sh
# The source map of docs/architecture.md names each module of the programs once,
# and nothing that is no module.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# A cell is `directory/name` `name` ...: the directory holds until another one.
awk '/^## / { on = /^## Source map/ }
	on && /^\| `/ {
		sub(/^\| /, ""); sub(/ \|.*/, ""); gsub(/`/, "")
		where = ""
		for (i = 1; i <= NF; i++) {
			name = $i
			if (match(name, /.*\//)) {
				where = substr(name, 1, RLENGTH)
				name = substr(name, RLENGTH + 1)
			}
			print where name
		}
	}' docs/architecture.md | sort >"$dir/named"
find init lib supervisor svctl -name '*.c' | sed 's/\.c$//' | sort >"$dir/there"

if [ ! -s "$dir/named" ]; then
	echo "docs/architecture.md: there is no source map"
	exit 1
fi
{
	uniq -d "$dir/named" | sed 's/$/ is named twice/'
	comm -23 "$dir/there" "$dir/named" | sed 's/$/ has no row/'
	uniq "$dir/named" | comm -13 "$dir/there" - | sed 's/$/ is no module/'
} >"$dir/faults"
sed 's|^|docs/architecture.md, source map: |' "$dir/faults"
[ ! -s "$dir/faults" ]
