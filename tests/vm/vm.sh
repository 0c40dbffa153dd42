# shellcheck shell=sh
# Sourced by the tests of this directory, each of which is one machine:
#
#	vm_start 3 WORD...	how many checks there will be; words for the
#				kernel's command line
#	check NAME COMMAND...	one of them: the command's exit status
#	vm_end
#
# Checks ask the machine by the functions below, which leave in $answer what it
# said. Waits are long, since an emulated machine on a busy one is slow.

vm_patience=90
vm=${BUILD:-build}/vm
vm_console=$vm/$(basename "$0" .sh).console
vm_panic='Attempted to kill init|Kernel panic'
vm_number=0
vm_failed=0
answer=

vm_start() {
	vm_checks=$1
	shift
	echo "1..$vm_checks"
	if [ -s "$vm/missing" ]; then
		read -r reason <"$vm/missing"
		while [ "$vm_number" -lt "$vm_checks" ]; do
			vm_number=$((vm_number + 1))
			echo "ok $vm_number # SKIP $reason"
		done
		exit 0
	fi
	vm_pipes=$(mktemp -d) || exit 1
	trap 'rm -rf "$vm_pipes"' EXIT
	trap 'exit 1' HUP INT TERM
	mkfifo "$vm_pipes/in" "$vm_pipes/out" || exit 1
	read -r accel <"$vm/accel" || exit 1
	# Options of qemu.
	# shellcheck disable=SC2086
	python3 "$(dirname "$0")/machine.py" "$vm_console" \
		qemu-system-x86_64 -machine q35 $accel -m 256 \
		-display none -no-reboot -nodefaults -no-user-config \
		-kernel "$vm/kernel" -initrd "$vm/initramfs" \
		-append "console=ttyS0 panic=-1 quiet $*" \
		<"$vm_pipes/in" >"$vm_pipes/out" &
	vm_pid=$!
	exec 3>"$vm_pipes/in" 4<"$vm_pipes/out"
}

# Ends the machine, whatever it does.
vm_end() {
	exec 3>&- 4<&-
	wait "$vm_pid"
	[ "$vm_failed" -eq 0 ]
}

ask() {
	printf '%s\n' "$*" >&3
	read -r answer <&4 || answer="no: machine.py has ended"
	case $answer in
	yes*) answer=${answer#yes} answer=${answer# } ;;
	*) return 1 ;;
	esac
}

# The console prints REGEX; what its first group matched is in $answer.
prints() {
	ask await "$vm_patience" "$1"
}

# The shell at the console runs it successfully; $answer is what it printed,
# on one line.
run() {
	ask run "$vm_patience" "$1" || return
	status=${answer%% *}
	case $answer in
	*" "*) answer=${answer#* } ;;
	*) answer= ;;
	esac
	[ "$status" -eq 0 ]
}

# As run, and it prints exactly TEXT.
gives() {
	run "$2" && [ "$answer" = "$1" ]
}

event() {
	ask event "$vm_patience" "$1" && [ "$answer" = "$2" ]
}

is_silent_about() {
	! ask seen "$1"
}

# ended REASON REGEX: init has ended the machine: qemu's reason, and the
# kernel's last words.
ended() {
	prints 'init: ending all processes' && event SHUTDOWN "$1" &&
		prints "$2" && is_silent_about "$vm_panic|BUG|do not die"
}

# ... and the supervisor had left nothing for it to kill.
ended_in_order() {
	ended "$@" && is_silent_about 'ignore TERM'
}

check() {
	what=$1
	shift
	vm_number=$((vm_number + 1))
	if "$@"; then
		echo "ok $vm_number $what"
		return
	fi
	echo "not ok $vm_number $what"
	echo "# $answer"
	# Later ones often fail for the same reason. The last line is seldom a
	# whole one: awk ends it, or the next "ok" would be part of it.
	[ "$((vm_failed += 1))" -gt 1 ] ||
		tail -n 30 "$vm_console" | tr -d '\r\033' |
		awk '{ print "# console: " $0 }'
}
