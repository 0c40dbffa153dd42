#!/bin/sh
# usage: inside.sh CASE [ARG...]: one measurement, as PID 1 of a namespace;
# run.sh starts it and reads a line of figures from stdout. BUILD is absolute.
set -eu
bench=$BUILD/bench
fifo=/run/bench/fifo
etc=/run/bench/etc
scan=/run/bench/scan

mount -t tmpfs -o mode=0755 bench /run
mkdir -p "$etc/services" "$scan" /run/tend
mkfifo "$fifo"
umask 022
export STAMP_FIFO="$fifo"
# Not the log of what is measured, only errors.
console=/run/bench/console
unset TEND_RUNTIME TEND_LOG
export TEND_CONFIG="$etc"

definitions() { # COUNT CMD
	n=0
	while [ "$n" -lt "$1" ]; do
		printf 'command = %s\nlog = none\nrestart-delay = 0\n' "$2" \
			>"$etc/services/s$n"
		n=$((n + 1))
	done
}

# So many layers of so many oneshots. Each one of a layer needs all of the layer
# before, through a target unless that is a single one.
layers() { # LAYERS COUNT CMD
	layer=0
	while [ "$layer" -lt "$1" ]; do
		needs='' all=''
		if [ "$layer" -gt 0 ]; then
			needs="requires = layer$((layer - 1))"
			[ "$2" -gt 1 ] || needs="requires = o$((layer - 1))-0"
		fi
		n=0
		while [ "$n" -lt "$2" ]; do
			printf 'type = oneshot\ncommand = %s\nlog = none\n%s\n' \
				"$3" "$needs" >"$etc/services/o$layer-$n"
			all="$all o$layer-$n"
			n=$((n + 1))
		done
		[ "$2" -eq 1 ] || [ "$1" -eq 1 ] ||
			printf 'type = target\nrequires =%s\n' "$all" \
				>"$etc/services/layer$layer"
		layer=$((layer + 1))
	done
}

# Directories as runit and s6 want them: run is the program, without a shell.
directories() { # COUNT
	n=0
	while [ "$n" -lt "$1" ]; do
		mkdir "$scan/s$n"
		ln -s "$bench/stamp" "$scan/s$n/run"
		n=$((n + 1))
	done
}

dinit_files() { # COUNT
	mkdir "$scan/all"
	printf 'type = internal\nwaits-for.d: all\n' >"$scan/boot"
	n=0
	while [ "$n" -lt "$1" ]; do
		printf 'type = process\ncommand = %s %s\n' "$bench/stamp" \
			"$fifo" >"$scan/s$n"
		printf 'restart = true\nrestart-delay = 0\n' >>"$scan/s$n"
		printf 'restart-limit-count = 0\n' >>"$scan/s$n"
		: >"$scan/all/s$n"
		n=$((n + 1))
	done
}

# Kilobytes that only this process has.
private_kb() { # PID
	awk '/^Private_(Clean|Dirty)/ { kb += $2 } END { print kb + 0 }' \
		"/proc/$1/smaps_rollup"
}

# Its share of what several have is in it.
proportional_kb() { # PID
	awk '/^Pss:/ { print $2 }' "/proc/$1/smaps_rollup"
}

descriptors() { # PID
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

switches() { # PID
	awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$1/status"
}

# Tries CMD every 20 ms for at most 20 s.
until_true() {
	tries=0
	until "$@" 2>/dev/null; do
		[ "$((tries += 1))" -lt 1000 ] || return 1
		sleep 0.02
	done
}

all_up() { # COUNT
	[ "$("$BUILD/svctl" list | awk '$2 == "up"' | wc -l)" -eq "$1" ]
}

is_up() { # NAME
	"$BUILD/svctl" list | grep -q "^$1 up "
}

# Half of them at a log that nobody reads, and half in a mount that does not
# answer, or else in a file that nobody writes.
hang() { # COUNT
	# Without svlog the child opens the log itself, which can hang.
	export TEND_LOG=/run/bench/log TEND_SVLOG=/nonexistent
	mkdir /run/bench/mount "$TEND_LOG"
	mkfifo /run/bench/file
	where=environment-file=/run/bench/file
	if { exec 9<>/dev/fuse; } 2>>"$console" && mount -i -t fuse -o \
		fd=9,rootmode=40000,user_id=0,group_id=0 \
		bench /run/bench/mount 2>>"$console"; then
		where=working-directory=/run/bench/mount/below
	fi
	n=0
	while [ "$n" -lt "$1" ]; do
		printf 'command = %s\nstart-timeout = 1h\n' "$bench/pause" \
			>"$etc/services/hangs$n"
		if [ $((n % 2)) -eq 0 ]; then
			mkdir "$TEND_LOG/hangs$n"
			mkfifo "$TEND_LOG/hangs$n/current"
			echo 'log = file' >>"$etc/services/hangs$n"
		else
			echo "$where" >>"$etc/services/hangs$n"
		fi
		n=$((n + 1))
	done
}

all_hang() { # COUNT
	[ "$("$BUILD/svctl" list | grep -c '^hangs[0-9]* starting [0-9]')" \
		-eq "$1" ]
}

is_running() { # NAME OF PID 1
	read -r name <"/proc/1/comm" && [ "$name" = "$1" ]
}

# Beside PID 1; prints "init-kb supervisor-kb fds init-switches sup-switches".
look_at_idle() { # COUNT SECONDS
	until_true all_up "$1"
	pid=$(pgrep -o -x supervisor)
	sleep 1
	init_before=$(switches 1)
	before=$(switches "$pid")
	sleep "$2"
	echo "$(private_kb 1) $(private_kb "$pid") $(descriptors "$pid")" \
		"$(($(switches 1) - init_before))" \
		"$(($(switches "$pid") - before))"
}

case $1 in
idle) # COUNT SECONDS
	definitions "$2" "$bench/pause"
	{
		look_at_idle "$2" "$3" || echo "- - - - -"
		kill -TERM 1
	} 2>>"$console" &
	exec "$BUILD/init" >>"$console" 2>&1
	;;
wrap) # PROGRAM ARGS...: private and proportional memory beside sleep, kB
	shift
	{
		until_true is_running "$(basename "$1" | cut -c1-15)"
		sleep 0.5
		echo "$(private_kb 1) $(proportional_kb 1)"
		kill -TERM 1
	} &
	exec "$@" sleep 1000 2>/dev/null
	;;
starts | kills)
	what=$1 whose=$2 count=$3
	services=1
	[ "$what" = kills ] || services=$count
	case $whose in
	bare)
		if [ "$what" = kills ]; then
			set -- "$bench/bare" restart
		else
			set -- "$bench/bare" starts "$count"
		fi
		set -- "$@" "$bench/stamp" "$fifo"
		;;
	tend)
		definitions "$services" "$bench/stamp $fifo"
		set -- "$BUILD/supervisor" -f
		;;
	runit)
		directories "$services"
		set -- runsvdir "$scan"
		;;
	s6)
		directories "$services"
		set -- s6-svscan -c 4000 "$scan"
		;;
	dinit)
		dinit_files "$services"
		set -- dinit -u -q -d "$scan" -p /run/bench/dinit boot
		;;
	esac
	exec "$bench/collect" "$fifo" "$what" "$count" "$@" 2>>"$console"
	;;
graph) # bare|tend LAYERSxCOUNT: us from its start to main of the last one
	layers=${3%x*} each=${3#*x}
	if [ "$2" = bare ]; then
		set -- "$bench/bare" graph "$layers" "$each" \
			"$bench/stamp" "$fifo" once
	else
		layers "$layers" "$each" "$bench/stamp $fifo once"
		set -- "$BUILD/supervisor" -f
	fi
	exec "$bench/collect" "$fifo" starts $((layers * each)) "$@" \
		2>>"$console"
	;;
count) # COUNT TRANSITIONS: instructions, by callgrind, of both of count
	definitions "$2" "$bench/pause"
	cd /run/bench
	valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		"$bench/count" "$3" 2>/run/bench/counted || exit 1
	sed -n 's/.*Collected *: *//p' /run/bench/counted
	;;
recover) # COUNT kill|upgrade ROUNDS: "MEDIAN WORST KB-BEFORE KB-AFTER"
	count=$2 how=$3 rounds=$4
	definitions "$count" "$bench/pause"
	{
		if until_true all_up "$count"; then
			sleep 1
			before=$(private_kb "$(pgrep -o -x supervisor)")
			figures=$("$bench/recover" /run/tend/status \
				/run/tend/control "$how" "$rounds")
			sleep 1
			echo "$figures $before" \
				"$(private_kb "$(pgrep -o -x supervisor)")"
		fi
		kill -TERM 1
	} 2>>"$console" &
	exec "$BUILD/init" >>"$console" 2>&1
	;;
bounded) # HANGING COUNT: restarts of one while so many starts hang
	hanging=$2 count=$3
	printf 'command = %s\nlog = none\n' "$bench/pause" \
		>"$etc/services/other"
	hang "$hanging"
	# Its own output blocks as well: nobody reads what is full already.
	mkfifo /run/bench/full
	exec 8<>/run/bench/full
	dd if=/dev/zero of=/run/bench/full bs=4096 oflag=nonblock \
		2>>"$console" || true
	"$BUILD/supervisor" -f >&8 2>&8 8>&- 9>&- &
	until_true is_up other
	until_true all_hang "$hanging"
	figures=$("$bench/collect" "$fifo" times "$count" "$BUILD/svctl" \
		restart other 2>>"$console")
	# Without them it says nothing.
	all_hang "$hanging" && echo "$figures"
	;;
calls) # COUNT: system calls of the supervisor for each restart
	count=$2
	definitions 1 "$bench/stamp $fifo"
	"$BUILD/supervisor" -f >>"$console" 2>&1 &
	supervisor=$!
	until_true all_up 1
	strace -qq -o /run/bench/trace -p "$supervisor" 2>>"$console" &
	until_true grep -q 'TracerPid:.[1-9]' "/proc/$supervisor/status"
	"$bench/collect" "$fifo" again "$count"
	sleep 0.2
	kill -TERM $!
	wait $! 2>/dev/null || true
	# What was interrupted is written in two lines.
	calls=$(grep -c '^[a-z_0-9]*(' /run/bench/trace)
	awk -v n="$calls" -v c="$count" 'BEGIN { printf "%.1f\n", n / c }'
	[ -z "${TEND_TRACE:-}" ] || tail -n 40 /run/bench/trace >&2
	;;
esac
