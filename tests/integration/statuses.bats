#!/usr/bin/env bats
# H49: each exit status and each signal that a command can end with, to the
# status that a container leaves with.
# Inner shells expand what is in single quotes; helpers are called indirectly.
# shellcheck disable=SC2016,SC2030,SC2031,SC2317

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	local name
	for name in tini dumb-init catatonit; do
		ln -s "$TEND_BUILD/init" "$TEND_DIR/$name"
	done
	# sh -c "$(cat all)" sh WAY: every end of a command, in the WAY that it is
	# run, as PID 1 of a namespace each; what is not as it has to be is said.
	cat >"$TEND_DIR/ways" <<-'END'
		ulimit -c 0
		exec 2>/dev/null
		at="$TEND_CONFIG -r $TEND_RUNTIME"
		main() { unshare -pf "$TEND_BUILD/init" -- sh -c "$1"; }
		mapped() { unshare -pf "$TEND_BUILD/init" -e 3 -e 255 -e 143 -- sh -c "$1"; }
		tini() { unshare -pf "$TEND_DIR/tini" -- sh -c "$1"; }
		dumb_init() { unshare -pf "$TEND_DIR/dumb-init" -- sh -c "$1"; }
		catatonit() { unshare -pf "$TEND_DIR/catatonit" -- sh -c "$1"; }
		beside() {
			unshare -pfm --mount-proc "$TEND_BUILD/init" -c $at \
				-S x='sleep 1000' -- sh -c "$1"
		}
		essential() {
			unshare -pfm --mount-proc "$TEND_BUILD/init" -c $at \
				-S x="sh -c '$1'" -S other='sleep 1000'
		}
		expect() { # COMMAND STATUS
			got=0
			"$way" "$1" || got=$?
			[ "$got" -eq "$2" ] || echo "$way: $1: $got, not $2"
			count=$((count + 1))
		}
		status_of() { # STATUS
			case $way:$1 in
			mapped:3 | mapped:255 | mapped:143) echo 0 ;;
			*) echo "$1" ;;
			esac
		}
		signals() {
			signal=0
			while [ $((signal += 1)) -le 64 ]; do
				case $signal in
				17 | 18 | 23 | 28) # nothing by default
					expect "kill -$signal \$\$; exit 77" 77
					;;
				19 | 20 | 21 | 22) # it stops, and goes on
					expect "(sleep 0.02; kill -CONT \$\$) & kill -$signal \$\$; exit 77" 77
					;;
				32 | 33) # of the C library: may be blocked here
					want=$((128 + signal))
					case $way in
					main | mapped | tini | catatonit)
						sh -c "kill -$signal \$\$; exit 77"
						want=$?
						;;
					esac
					expect "kill -$signal \$\$; exit 77" "$want"
					;;
				*)
					expect "kill -$signal \$\$; exit 77" \
						"$(status_of $((128 + signal)))"
					;;
				esac
			done
		}
		codes() {
			code=-1
			while [ $((code += 1)) -le 255 ]; do
				expect "exit $code" "$(status_of "$code")"
			done
		}
		way=$1
		count=0
		codes
		signals
		echo "$way: $count"
	END
}

teardown() { tend_teardown; }

# All of them, each in its own namespace below one; what is said is output.
all_ways() { # WAY...
	local way
	for way; do
		run in_namespace timeout -s KILL 150 \
			sh "$TEND_DIR/ways" "$way"
		[ "$output" = "$way: 320" ] || {
			echo "$output" | head -n 20
			return 1
		}
	done
}

@test "H49: init -- CMD leaves with each status and signal of CMD" {
	all_ways main
}

@test "H49: -e makes 0 of the statuses that it names, and of no other" {
	all_ways mapped
}

@test "H49: so it is under the names of tini, dumb-init and catatonit" {
	all_ways tini dumb_init catatonit
}

@test "H49: so it is with services beside the command" {
	export TEND_SVC_x_log=none
	all_ways beside
}

@test "H49: so it is with an essential service" {
	export TEND_SVC_x_essential=yes TEND_SVC_x_restart=never
	export TEND_SVC_x_log=none TEND_SVC_other_log=none
	all_ways essential
}

@test "the rule for the exit status, line by line of init(8)" {
	local init=("${tend_unshare[@]}" "$TEND_BUILD/init" -c "$TEND_CONFIG"
		-r "$TEND_RUNTIME")
	_is() { # STATUS ARG...
		local want=$1
		shift
		status=0
		output=$(timeout -s KILL 60 "${init[@]}" "$@" 2>&1) || status=$?
		[ "$status" -eq "$want" ] || {
			echo "$status, not $want: $*"
			echo "$output"
			return 1
		}
	}
	_ask() { echo "until svctl -r $TEND_RUNTIME wait other; do sleep 0.05; done; $1"; }
	# The command's, though an essential one has ended before with another.
	export TEND_SVC_db_essential=yes TEND_SVC_db_restart=never
	_is 7 -S db="sh -c 'until [ -e $TEND_DIR/trap ]; do sleep 0.02; done; exit 5'" \
		-- sh -c 'trap "exit 7" TERM; : >"$TEND_DIR/trap"
			sleep 1000 & wait; wait'
	_is 127 -S web='sleep 1000' -- nosuch
	_is 126 -S web='sleep 1000' -- /etc/passwd
	_is 137 -S web='sleep 1000' -- sh -c 'kill -9 $$'
	_is 0 -e 7 -S web='sleep 1000' -- sh -c 'exit 7'
	# The essential one's, also if it cannot be executed.
	_is 5 -S db='sh -c "exit 5"' -S web='sleep 1000'
	_is 127 -S db=nosuch -S web='sleep 1000'
	_is 126 -S db=/etc/passwd -S web='sleep 1000'
	_is 0 -e 5 -S db='sh -c "exit 5"'
	export TEND_SVC_db_success_exit_status=5
	_is 0 -S db='sh -c "exit 5"' -S web='sleep 1000'
	unset TEND_SVC_db_essential TEND_SVC_db_success_exit_status
	# One that was to run has failed; asked to stop, it is none.
	_is 1 -S db='sh -c "exit 5"' -S other='sleep 1000' \
		-S ask="sh -c '$(_ask "until svctl -r $TEND_RUNTIME is-failed -q db; do sleep 0.05; done; kill -TERM 1")'"
	# So has one that cannot be read, but not one that nobody wanted.
	printf 'comand = true\n' | service misspelt
	_is 1 -S other='sleep 1000' -S ask="sh -c '$(_ask 'kill -TERM 1')'"
	"$TEND_BUILD/svctl" -c "$TEND_CONFIG" disable misspelt
	_is 0 -S other='sleep 1000' -S ask="sh -c '$(_ask 'kill -TERM 1')'"
	_is 0 -S other='sleep 1000' \
		-S ask="sh -c '$(_ask "svctl -r $TEND_RUNTIME poweroff")'"
	# Stopped from outside with a command: what that makes of it.
	export TEND_SVC_main_success_exit_status=TERM
	_is 0 -S other='sleep 1000' \
		-S ask="sh -c '$(_ask 'kill -TERM 1')'" -- sleep 1000
	unset TEND_SVC_main_success_exit_status
	_is 143 -S other='sleep 1000' \
		-S ask="sh -c '$(_ask 'kill -TERM 1')'" -- sleep 1000
	# No less if that comes before it has been executed: it hangs.
	mkfifo "$TEND_DIR/fifo"
	export TEND_SVC_main_stdin=$TEND_DIR/fifo
	_is 143 -S other='sleep 1000' \
		-S ask="sh -c '$(_ask 'kill -TERM 1')'" -- sleep 1000
	export TEND_SVC_main_stop_signal=INT
	_is 130 -S other='sleep 1000' \
		-S ask="sh -c '$(_ask 'kill -TERM 1')'" -- sleep 1000
}
