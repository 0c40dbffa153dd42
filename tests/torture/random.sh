#!/bin/sh
# usage: random.sh SEED SECONDS: kills at random instructions, and at random
# moments under load, each for half of the time, with init and without.
. "$(dirname "$0")/torture.sh"
failed=0
quarter=$((($2 + 3) / 4))
echo "seed $1, $2 s"
for alone in '' -a; do
	# Nothing, or one option.
	# shellcheck disable=SC2086
	torture killpoints $alone -s "$1" -t "$quarter" || failed=1
	# shellcheck disable=SC2086
	torture storm $alone -s "$1" -k 1 -t "$quarter" || failed=1
done
exit "$failed"
