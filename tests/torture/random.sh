#!/bin/sh
# usage: random.sh SEED SECONDS: kills at random instructions, and at random
# moments under load, with init and without, and while services are logged, each
# for a fifth of the time.
. "$(dirname "$0")/torture.sh"
failed=0
part=$((($2 + 4) / 5))
echo "seed $1, $2 s"
for alone in '' -a; do
	# Nothing, or one option.
	# shellcheck disable=SC2086
	torture killpoints $alone -s "$1" -t "$part" || failed=1
	# shellcheck disable=SC2086
	torture storm $alone -s "$1" -k 1 -t "$part" || failed=1
done
torture logs -s "$1" -t "$part" || failed=1
exit "$failed"
