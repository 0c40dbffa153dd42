#!/bin/sh
# A machine that boots, works and is restarted with Ctrl-Alt-Del.
# Variables of vm.sh are not seen, since it is not followed.
# shellcheck disable=SC2154
. "$(dirname "$0")/vm.sh"

restarts() {
	run 'svctl list | grep ^web'
	old=$answer
	run 'svctl restart web' && run 'svctl list | grep ^web' &&
		[ "$answer" != "$old" ]
}

# Words that the kernel does not know go to init, which is no command's parent.
vm_start 10 rdinit=/sbin/init splash colour=none -- --version 5
check "the shell at the serial console starts" prints 'built-in shell'
check "it answers" gives hello 'echo hello'
check "target default is reached" run 'svctl wait default'
check "/proc /sys /dev /run are mounted, each once" \
	gives "dev=devtmpfs proc=proc run=tmpfs sys=sysfs" mounts
check "what is enabled runs, and nothing else" gives \
	"counted down crashing down default up loopback done shell up spare down web up" \
	"svctl list | sed '1{/NAME/d};s/ *[-0-9]*\$//'"
check "the oneshot has set up the network" gives "hello from the machine" \
	'wget -qO- http://127.0.0.1/'
check "svctl restart starts another process" restarts
check "a request by echo to the FIFO is obeyed" run \
	'echo start spare >/run/tend/control; svctl wait spare'
check "the shell has the console as its terminal" gives "/dev/ttyS0 ok" \
	'tty; echo ok >/dev/tty'
ask keys ctrl-alt-delete
check "Ctrl-Alt-Del restarts the machine" \
	ended_in_order guest-reset 'reboot: Restarting system'
vm_end
