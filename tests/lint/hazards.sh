#!/bin/sh
# docs/hazards.md against the tests, both ways, and against the table of
# changes that the tests were seen to notice.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
doc=docs/hazards.md
status=0

fault() {
	echo "$*"
	status=1
}

# Each change can still be made, and is of a test that is there.
python3 tests/hazards/run.py --check || status=1
python3 tests/hazards/run.py --list >"$dir/breaks" || status=1

# "H13 FILE" for each file with a test of that hazard: in the name of the test,
# or, of unit tests and those that kill supervisors, in the comment before it.
{
	grep -oE '^@test "H[0-9]+:' tests/integration/*.bats |
		sed 's/^\(.*\):@test "\(H[0-9]*\):$/\2 \1/'
	grep -oE '^[[:space:]]*check "H[0-9]+:' tests/vm/*.sh |
		sed 's/^\(.*\):[[:space:]]*check "\(H[0-9]*\):$/\2 \1/'
	grep -oE '^(/| )\* H[0-9]+\b' tests/unit/*.c |
		sed 's/^\(.*\):[/ ]\* \(H[0-9]*\)$/\2 \1/'
	grep -oE '^# H[0-9]+:' tests/torture/test_*.sh |
		sed 's/^\(.*\):# \(H[0-9]*\):$/\2 \1/'
} | sort -u >"$dir/tests"

# The same as the document has it: a heading "## H13 ..." a hazard, and below
# it the files in `...`.
awk '/^## / { h = $2; next }
	h ~ /^H[0-9]+$/ {
		line = $0
		while (match(line, /`tests\/[^`]*`/)) {
			print h, substr(line, RSTART + 1, RLENGTH - 2)
			line = substr(line, RSTART + RLENGTH)
		}
	}' "$doc" | sort -u >"$dir/doc"

comm -23 "$dir/tests" "$dir/doc" | while read -r hazard file; do
	echo "$doc: $hazard lacks $file, which has a test of it"
done >"$dir/faults"
comm -13 "$dir/tests" "$dir/doc" | while read -r hazard file; do
	echo "$doc: $hazard names $file, which has no test of it"
done >>"$dir/faults"
[ ! -s "$dir/faults" ] || fault "$(cat "$dir/faults")"

grep -oE '^## H[0-9]+ ' "$doc" | tr -d '# ' >"$dir/headings"
seq 54 | sed 's/^/H/' >"$dir/hazards"
cmp -s "$dir/headings" "$dir/hazards" ||
	fault "$doc: not one heading each for H1 to H54, in this order"

# Without a test it says what it waits for; with one, what the test noticed.
while read -r hazard; do
	awk -v h="$hazard" '/^## / { show = $2 == h; next } show' "$doc" \
		>"$dir/text"
	if grep -q "^$hazard " "$dir/tests"; then
		grep -q "^$hazard " "$dir/breaks" ||
			fault "$doc: $hazard has tests and no change that" \
				"they notice"
	else
		grep -q '^Waits for ' "$dir/text" ||
			fault "$doc: $hazard has no test and waits for nothing"
	fi
	while read -r other _ title; do
		[ "$other" != "$hazard" ] || grep -qxF -- "- $title" \
			"$dir/text" || fault "$doc: $hazard lacks '$title'"
	done <"$dir/breaks"
	sed -n 's/^- //p' "$dir/text" | while read -r title; do
		cut -d' ' -f1,3- "$dir/breaks" |
			grep -qxF -- "$hazard $title" ||
			echo "$doc: $hazard: '$title' is not in the table"
	done >"$dir/faults"
	[ ! -s "$dir/faults" ] || fault "$(cat "$dir/faults")"
done <"$dir/hazards"
exit "$status"
