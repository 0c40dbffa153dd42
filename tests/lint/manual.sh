#!/bin/sh
# The manual against the code's own tables, both ways: keys, verbs, options,
# states, exit statuses and requests. Each list is made from the code by the
# same rule that reads it, and from the bold words at the line starts of a page.
status=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# same WHAT: $dir/code against $dir/page
same() {
	sort -u "$dir/code" -o "$dir/code"
	sort -u "$dir/page" -o "$dir/page"
	if [ ! -s "$dir/code" ] || [ ! -s "$dir/page" ]; then
		echo "$1: a list is empty: the check reads the wrong place"
		status=1
	elif ! diff "$dir/code" "$dir/page" >"$dir/diff"; then
		echo "$1: < is only in the code, > only in the manual:"
		grep '^[<>]' "$dir/diff"
		status=1
	fi
}

# The bold words that begin entries between two headings of a page.
entries() { # PAGE HEADING...
	page=$1
	shift
	awk -v wanted="$*" '
		BEGIN { n = split(wanted, w, " "); for (i = 1; i <= n; i++) in_list[w[i]] = 1 }
		/^# / { section = $2 }
		!in_list[section] { next }
		/^\*/ || /^\|[\[ ] *\*/ {
			line = $0
			# What follows an = or a blank-separated value is no name.
			while (match(line, /\*[^*]+\*/)) {
				print substr(line, RSTART + 1, RLENGTH - 2)
				line = substr(line, RSTART + RLENGTH)
				if (line !~ /^(, | _[^*,]*, | [^,]*\], )\*/)
					break
			}
		}' "docs/$page"
}

sed -n 's/^KEY("\([^"]*\)".*/\1/p' lib/keys.def >"$dir/code"
grep -oE '^\*[a-z-]+\* = ' docs/tend-service.5.scd | tr -d '*= ' |
	grep -vxE 'start|control-group|status-mode|service-path|stop-budget|drain|drain-command|log-format|log-group|log-max-total|log-sources|log-syslog|log-syslog-socket' >"$dir/page"
same "keys of tend-service(5)"

grep -oE '"(start|control-group|status-mode|service-path|stop-budget|drain|drain-command|log-format|log-group|log-max-total|log-sources|log-syslog|log-syslog-socket)"' lib/settings.c |
	tr -d '"' >"$dir/code"
sed -n '/^# TEND.CONF/,/^# [^T]/p' docs/tend-service.5.scd |
	grep -oE '^\*[a-z-]+\* = ' | tr -d '*= ' >"$dir/page"
same "settings of tend-service(5)"

sed -n 's/^VERB("\([^"]*\)".*/\1/p' svctl/verbs.def >"$dir/code"
entries svctl.1.scd VERBS STATUS REQUESTS DEFINITIONS >"$dir/page"
same "verbs of svctl(1)"

sed -n 's/^VERB([A-Z_]*, "\([^"]*\)".*/\1/p' lib/control.def >"$dir/code"
entries tend-control.7.scd REQUESTS VERBS >"$dir/page"
same "requests of tend-control(7)"

sed -n 's/^STATE([0-9]*, [A-Z]*, "\([^"]*\)".*/\1/p' lib/state.def >"$dir/code"
sed -n '/^# STATES/,/^# [^S]/p' docs/svctl.1.scd | grep '^\*' |
	grep -oE '\*[a-z]+\*' | tr -d '*' >"$dir/page"
same "states of svctl(1)"
cp "$dir/code" "$dir/states"
while read -r state; do
	grep -q "\*$state\*" docs/tend-status.7.scd || {
		echo "tend-status(7) does not say what $state means"
		status=1
	}
done <"$dir/states"

sed -n 's/^	{"\(--[a-z-]*\)", .*/\1/p' svctl/options.c >"$dir/code"
grep -oE '\*--[a-z][a-z-]*\*' docs/svctl.1.scd | tr -d '*' >"$dir/page"
same "options of svctl(1)"

grep -ohE '"--[a-z-]+"' supervisor/options.c supervisor/stop.c | tr -d '"' >"$dir/code"
grep -oE '\*--[a-z][a-z-]*\*' docs/supervisor.8.scd | tr -d '*' >"$dir/page"
same "options of supervisor(8)"

grep -oE '"--[a-z-]+"' supervisor/svlog/options.c | tr -d '"' >"$dir/code"
grep -oE '\*--[a-z][a-z-]*\*' docs/svlog.8.scd | tr -d '*' >"$dir/page"
same "options of svlog(8)"

{
	grep -oE '"--[a-z-]+=?"' init/options.c | tr -d '"='
	sed -n "/^take_flag/,/^}/s/.*case '\([A-Za-z]\)':.*/-\1/p" init/options.c
	# Those with a value.
	sed -n '/^take_short/,/^}/s/.*strchr("\([A-Za-z]*\)".*/\1/p' init/options.c |
		grep -o . | sed 's/^/-/'
} >"$dir/code"
sed -n '/^# OPTIONS/,/^# [^O]/p' docs/init.8.scd | grep '^\*' |
	grep -oE '\*--?[A-Za-z][a-z-]*(=[a-z]*)?\*' | sed 's/\*//g; s/=.*//' \
	>"$dir/page"
same "options of init(8)"

sed -n 's/^	CODE_[A-Z_]* = \([0-9]*\).*/\1/p' svctl/svctl.h >"$dir/code"
sed -n '/^# EXIT STATUS/,/^# EXAMPLES/p' docs/svctl.1.scd |
	sed -n 's/^|[[ ] *\([0-9][0-9]*\)$/\1/p' >"$dir/page"
same "exit statuses of svctl(1)"
exit "$status"
