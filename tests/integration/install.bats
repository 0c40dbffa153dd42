#!/usr/bin/env bats
# shellcheck disable=SC2154
# What `make install` and `make install-init` put where, and that it works.
bats_require_minimum_version 1.5.0
load ../helpers/common

setup() {
	tend_setup
	PLACE=$TEND_DIR/place
	printf 'command = sleep 1000\n' | service web
}
teardown() { tend_teardown; }

# The programs are there and are not to be made anew in the middle of a test.
make_install() { # TARGET VARIABLE=VALUE...
	make -C "$TEND_TOP" -s -o all -o docs BUILD="$TEND_BUILD" "$@"
}

# As it lies on a system, below a directory of ours.
install_all() {
	make_install install PREFIX="$PLACE/usr"
	make_install install-init PREFIX="$PLACE/usr" DESTDIR="$PLACE"
	export PATH="$PLACE/sbin:$PLACE/usr/sbin:$PLACE/usr/bin:$PATH"
}

installed_start() {
	namespace_start "$PLACE/sbin/init" -c "$TEND_CONFIG" -r "$TEND_RUNTIME"
	_wait_until_serving
	svctl wait web
}

@test "make install: DESTDIR and PREFIX" {
	make_install install DESTDIR="$PLACE" PREFIX=/opt
	[ "$(cd "$PLACE" && find . -type f ! -path '*/man/*' | sort | xargs)" = \
		"./opt/bin/svctl ./opt/bin/svlog ./opt/sbin/tend-init \
./opt/sbin/tend-supervisor" ]
	[ "$(stat -c %a "$PLACE/opt/sbin/tend-init")" = 755 ]
	make_install install DESTDIR="$PLACE/2" PREFIX=/usr SBINDIR=/sbin
	[ -x "$PLACE/2/sbin/tend-supervisor" ]
	# The manual, where there is scdoc to make it, knows both names.
	[ ! -e "$PLACE/opt/share/man/man8/init.8" ] ||
		[ -s "$PLACE/opt/share/man/man8/tend-init.8" ]
	# It may be done again, over what is there.
	make_install install DESTDIR="$PLACE" PREFIX=/opt
}

@test "make install-init: links, and nothing else" {
	make_install install-init DESTDIR="$PLACE" PREFIX=/usr
	make_install install-init DESTDIR="$PLACE" PREFIX=/usr
	[ "$(readlink "$PLACE/sbin/init")" = /usr/sbin/tend-init ]
	local name
	for name in halt poweroff reboot shutdown telinit; do
		[ "$(readlink "$PLACE/sbin/$name")" = /usr/bin/svctl ]
	done
	[ "$(find "$PLACE" ! -type d | wc -l)" -eq 6 ]
}

@test "make install-runit: links that work, and nothing else" {
	make_install install PREFIX="$PLACE/usr"
	make_install install-runit PREFIX=/usr DESTDIR="$PLACE"
	make_install install-runit PREFIX=/usr DESTDIR="$PLACE"
	[ "$(find "$PLACE/usr/bin" -type l | wc -l)" -eq 3 ]
	run -7 "$PLACE/usr/bin/chpst" sh -c 'exit 7'
	run -100 "$PLACE/usr/bin/sv"
	echo line | "$PLACE/usr/bin/svlogd" -tt "$PLACE/log"
	grep -q ' line$' "$PLACE/log/current"
}

@test "an installed init finds the supervisor beside it" {
	install_all
	installed_start
	[ "$(tend_in cat /proc/1/comm)" = init ]
	tend_in pgrep -x tend-supervisor
	run -0 tend_in "$PLACE/usr/bin/svctl" is-active web
}

@test "H36: halt, poweroff, reboot, shutdown, telinit act when asked only" {
	install_all
	installed_start
	local name pid
	pid=$(pid_of web)
	for name in halt poweroff reboot shutdown telinit; do
		run -0 tend_in "$PLACE/sbin/$name" --help
		[[ "$output" == "usage: $name"* ]]
		run -0 tend_in "$PLACE/sbin/$name" --version
		run -2 tend_in "$PLACE/sbin/$name" --no-such
		[[ "$output" == "$name: --no-such: "* ]]
		# Also behind what would act.
		run -0 tend_in "$PLACE/sbin/$name" now --help
	done
	run -2 tend_in "$PLACE/sbin/shutdown"
	run -2 tend_in "$PLACE/sbin/shutdown" +5
	run -2 tend_in "$PLACE/sbin/shutdown" -c
	run -2 tend_in "$PLACE/sbin/telinit"
	run -2 tend_in "$PLACE/sbin/telinit" 3
	run -2 tend_in "$PLACE/sbin/poweroff" -f
	# It reads the definitions again, and ends nothing.
	printf 'command = sleep 1000\n' | service new
	run -0 tend_in "$PLACE/sbin/telinit" q
	svctl wait new
	[ "$(pid_of web)" = "$pid" ]
}

@test "halt, poweroff, reboot, shutdown, telinit end a container" {
	install_all
	local words code
	for words in halt poweroff reboot "shutdown -h now" "shutdown now" \
		"shutdown -r now bye" "telinit 0" "telinit 6"; do
		installed_start
		# The end may be quicker than the answer.
		# shellcheck disable=SC2086
		tend_in "$PLACE/sbin/"$words || true
		wait_until 10 _is_gone "$tend_outer"
		code=0
		wait "$tend_outer" || code=$?
		[ "$code" -eq 0 ]
	done
}
