#!/bin/sh
# Orchestrators kill a container when its time is over. In each file of
# services/container that says how long that is, the stop budget ends 2 s
# before, and the drain within the budget; and no file says only one of them.
dir=services/container
status=0

# The numbers behind a pattern, a line each.
seconds() { # PATTERN
	sed -n "s/^[^#]*$1\([0-9][0-9]*\).*/\1/p" "$file"
}

for file in "$dir"/*.yaml "${1:-/dev/null}"; do
	[ -f "$file" ] || continue
	grace=$(seconds 'terminationGracePeriodSeconds: ')
	[ -n "$grace" ] || grace=$(seconds 'stop_grace_period: ')
	budget=$(seconds '--stop-budget=')
	drain=$(seconds '--drain=')
	: "${grace:=none}" "${budget:=none}" "${drain:=0}"
	case "$grace $budget $drain" in
	*[!0-9\ ]*)
		echo "$file: grace '$grace', budget '$budget', drain '$drain': one of each"
		status=1
		continue
		;;
	esac
	if [ "$((budget + 2))" -gt "$grace" ]; then
		echo "$file: a budget of $budget s does not end 2 s before $grace s"
		status=1
	fi
	if [ "$((drain * 2))" -gt "$budget" ]; then
		echo "$file: a drain of $drain s leaves too little of $budget s"
		status=1
	fi
	! grep -n 'preStop:' "$file" || status=1
done
exit "$status"
