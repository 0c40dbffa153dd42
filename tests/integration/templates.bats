#!/usr/bin/env bats
# Templates, their instances and drop-ins; who enables them.
# Helpers are called indirectly; inner shells expand what is in single quotes.
# shellcheck disable=SC2016,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	SERVICES=$TEND_CONFIG/services
	WANTS=$TEND_CONFIG/default.wants
}

teardown() { tend_teardown; }

# What a command like `getty %I` was given.
template() { # NAME LINE...
	local name=$1
	shift
	{
		echo "command = sh -c 'echo \"\$1 \$2 \$3 \$4\" >>$TEND_DIR/args; exec sleep 1000' sh %n %p %i %I"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | service "$name"
}

got() { grep -qxF -- "$1" "$TEND_DIR/args"; }

@test "instances: by a link, by an empty file, by a definition, on demand" {
	template getty@
	printf 'type = target\nwants = getty@asked-for\n' | service default
	mkdir "$WANTS"
	ln -s ../services/getty@ "$WANTS/getty@tty1"
	: >"$WANTS/getty@tty2"
	tend_start
	svctl wait getty@tty1 getty@tty2 getty@asked-for
	got "getty@tty1 getty tty1 tty1"
	got "getty@asked-for getty asked-for asked/for"
	[ "$(svctl list | wc -l)" -eq 4 ]
	svctl start getty@tty9
	is_state getty@tty9 up
	svctl restart getty@tty9
	got "getty@tty9 getty tty9 tty9"
	run -1 svctl is-enabled getty@tty9
	[ "$output" = disabled ]
	run -0 svctl is-enabled getty@tty1
	# Without a template there is nothing to make one of.
	run -4 svctl start login@tty1
	run -4 svctl start getty@
}

@test "instances: one that was started by name survives apply and a crash" {
	template getty@
	printf 'command = sleep 1000\n' | service web
	tend_start
	svctl start getty@tty7
	local pid old
	pid=$(pid_of getty@tty7)
	run -0 svctl plan
	[ "$output" = "nothing to do" ]
	svctl apply
	[ "$(pid_of getty@tty7)" = "$pid" ]
	old=$(supervisor_pid)
	tend_in kill -9 "$old"
	_another() { [ "$(supervisor_pid)" != "$old" ] && svctl list; }
	wait_until 10 _another
	svctl apply
	[ "$(pid_of getty@tty7)" = "$pid" ]
	# Stopped, it is nobody's any more.
	svctl stop getty@tty7
	run -0 svctl plan
	[[ "$output" == *"removed getty@tty7"* ]]
	svctl apply
	run -4 svctl status getty@tty7
	svctl start getty@tty7
	is_state getty@tty7 up
}

@test "instances: a change of the template restarts them all, with apply" {
	template getty@
	tend_start
	svctl start getty@a getty@b
	local a b
	a=$(pid_of getty@a)
	b=$(pid_of getty@b)
	template getty@ 'environment = X=1'
	run -0 svctl plan
	[[ "$output" == *"changed getty@a"*"changed getty@b"* ]]
	svctl apply
	wait_until 10 has_new_pid getty@a "$a"
	wait_until 10 has_new_pid getty@b "$b"
}

@test "instances: what one needs comes with it" {
	template getty@ 'requires = seat@one' 'log = service:sink@all'
	template seat@
	service sink@ <<-END
		command = sh -c 'while read -r line; do echo "\$line" >>$TEND_DIR/sunk; done'
	END
	tend_start
	svctl start getty@tty1
	is_state getty@tty1 up
	is_state seat@one up
	is_state sink@all up
	svctl apply
	is_state seat@one up
	is_state sink@all up
}

@test "drop-ins: the template's come first, an exact definition beats it" {
	template tor@ 'environment = A=template B=template'
	mkdir "$SERVICES"/tor@.d "$SERVICES"/tor@x.d
	printf '# of all\n\nenvironment = B=tdropin C=tdropin\n' >"$SERVICES/tor@.d/9.conf"
	echo 'environment = C=own' >"$SERVICES/tor@x.d/1.conf"
	printf 'command = sleep 500\n' | service tor@exact
	tend_start
	svctl start tor@x tor@exact
	local pid
	pid=$(pid_of tor@x)
	_var() { tend_in sh -c "tr '\\0' '\\n' </proc/$1/environ | grep '^$2='"; }
	[ "$(_var "$pid" A)" = A=template ]
	[ "$(_var "$pid" B)" = B=tdropin ]
	[ "$(_var "$pid" C)" = C=own ]
	pid=$(pid_of tor@exact)
	[ "$(tend_in cat "/proc/$pid/cmdline" | tr '\0' ' ')" = "sleep 500 " ]
	[ "$(_var "$pid" B)" = B=tdropin ]
	run -0 svctl cat tor@x
	[[ "$output" == *"# $SERVICES/tor@:1
"*"# $SERVICES/tor@.d/9.conf:3
environment = B"*"# $SERVICES/tor@x.d/1.conf:1
"* ]]
	# One that is nowhere yet.
	run -0 svctl cat tor@y
	[[ "$output" == *"tor@.d/9.conf"* ]]
	run -0 svctl check tor@y
	run -4 svctl check nor@y
}

@test "H37: hostile instances are refused in files, by svctl and by the FIFO" {
	template getty@
	mkdir "$WANTS"
	: >"$WANTS/getty@..-..-x"
	: >"$WANTS/getty@-rf"
	printf 'type = target\n' | service default
	tend_start
	local name
	for name in getty@-rf getty@.. getty@..-..-etc getty@x-.. getty@../x \
		getty@.x; do
		run -4 svctl start "$name"
		echo "start $name" >"$TEND_RUNTIME/control"
	done
	svctl start getty@good
	[ "$(svctl list | wc -l)" -eq 2 ]
	[ "$(wc -l <"$TEND_DIR/args")" -eq 1 ]
}

@test "enable, disable, mask of instances, with and without a supervisor" {
	template getty@
	printf 'type = target\n' | service default
	printf 'type = target\n' | service rescue
	"$TEND_BUILD/svctl" -c "$TEND_CONFIG" enable getty@tty1
	[ "$(readlink "$WANTS/getty@tty1")" = ../services/getty@ ]
	"$TEND_BUILD/svctl" -c "$TEND_CONFIG" enable --in rescue getty@tty1
	[ -L "$TEND_CONFIG/rescue.wants/getty@tty1" ]
	tend_start
	svctl wait getty@tty1
	svctl enable --now getty@tty2
	is_state getty@tty2 up
	run -0 svctl is-enabled getty@tty2
	svctl disable --now getty@tty2
	is_state getty@tty2 down
	[ ! -e "$WANTS/getty@tty2" ]
	svctl mask getty@tty3
	[ "$(readlink "$SERVICES/getty@tty3")" = /dev/null ]
	run -1 svctl start getty@tty3
	[[ "$output" == *masked* ]]
	svctl unmask getty@tty3
	svctl start getty@tty3
}

@test "all mode: enable writes a drop-in, and that makes the instance" {
	template getty@
	tend_start
	[ "$(svctl list | wc -l)" -eq 0 ]
	svctl enable getty@tty1
	grep -q 'autostart = yes' "$SERVICES/getty@tty1.d/50-enabled.conf"
	svctl apply
	svctl wait getty@tty1
	svctl disable getty@tty1
	svctl apply
	run -1 svctl is-enabled getty@tty1
	[ "$output" = disabled ]
}
