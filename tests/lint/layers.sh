#!/bin/sh
# The architecture, where a machine can check it:
# - who may include whom;
# - a module whose header says "Pure" calls only pure modules and a few string
#   functions (by the undefined symbols of its object);
# - no shipped program links stdio, or asks others who a user is;
# - one place in init ends the process, nothing in it allocates or aborts, and
#   one place signals every process.
: "${BUILD:=build}"
obj=$BUILD/obj
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
status=0

fault() {
	echo "$*"
	status=1
}

# Directory, and what its files may include.
while read -r from allowed; do
	grep -rnE --include='*.[ch]' '^#include "' "$from" |
		grep -vE "#include \"($allowed)/" >"$dir/bad" || continue
	fault "$from may include only $allowed:"
	cat "$dir/bad"
done <<END
lib lib
init init|lib
svctl svctl|lib
supervisor supervisor|lib
END

# X.h speaks for X.c and X_*.c; of state and reason it goes without saying.
{
	grep -rlw --include='*.h' Pure lib init supervisor svctl
	echo lib/state.h
	echo lib/reason.h
} | sed 's/\.h$//' | while read -r module; do
	for file in "$module.c" "$module"_*.c; do
		[ ! -f "$file" ] || echo "${file%.c}"
	done
done | sort -u >"$dir/pure"

# What strings and memory need; strerror and errno serve the formatter's %m.
cat >"$dir/allowed" <<END
memchr
memcmp
memcpy
memmem
memmove
memrchr
memset
strchr
strcmp
strcspn
strerror
strlen
strncmp
strnlen
strrchr
strspn
strstr
__errno_location
__libc_current_sigrtmax
__libc_current_sigrtmin
END
while read -r module; do
	[ -f "$obj/$module.o" ] || continue
	nm "$obj/$module.o" | awk '$2 ~ /^[TDRBV]$/ { print $3 }'
done <"$dir/pure" >>"$dir/allowed"
while read -r module; do
	[ -f "$obj/$module.o" ] || continue
	header=$module.h
	[ -f "$header" ] || header=${module%_*}.h
	memory='-'
	grep -q 'Pure but for malloc' "$header" && memory='[cm]alloc|realloc|free'
	nm -u "$obj/$module.o" | awk '{ print $2 }' | grep -vxE -e "$memory" |
		grep -vxFf "$dir/allowed" >"$dir/bad" || continue
	fault "$module is pure, but uses: $(tr '\n' ' ' <"$dir/bad")"
done <"$dir/pure"

for object in "$obj"/lib/*.o "$obj"/init/*.o "$obj"/supervisor/*.o \
	"$obj"/supervisor/svlog/*.o "$obj"/svctl/*.o; do
	[ -f "$object" ] || continue
	nm -u "$object" | grep -E ' (v?[fds]?n?printf|f?puts|fopen|alloca)$' \
		>"$dir/bad" || continue
	fault "$object: no stdio here: $(tr '\n' ' ' <"$dir/bad")"
done

# They may ask a daemon through a socket, and wait for its answer.
for object in "$obj"/*/*.o "$obj"/*/*/*.o; do
	[ -f "$object" ] || continue
	nm -u "$object" | grep -E ' (getpw|getgr|setpwent|setgrent|initgroups)' \
		>"$dir/bad" || continue
	fault "$object: lib/users.h instead: $(tr '\n' ' ' <"$dir/bad")"
done

# All that init is made of: its own objects, the library's that they need, and
# those that these need.
find "$obj/init" -name '*.o' >"$dir/of_init"
: >"$dir/before"
until cmp -s "$dir/of_init" "$dir/before"; do
	cp "$dir/of_init" "$dir/before"
	xargs nm -u <"$dir/before" | awk 'NF == 2 { print $2 }' |
		sort -u >"$dir/needs"
	for object in "$obj"/lib/*.o; do
		nm "$object" | awk '$2 ~ /^[TDRBV]$/ { print $3 }' |
			grep -qxFf "$dir/needs" && echo "$object"
	done | sort -u - "$dir/before" >"$dir/of_init"
done
[ "$(grep -cE '/(init/main|lib/log)\.o$' "$dir/of_init")" -eq 2 ] ||
	fault "what init is made of was not found"

# It may not die, by its own hand or for want of memory: it ends in one place
# only, and allocates nothing, nor does what it calls in the C library.
xargs nm -Au <"$dir/of_init" | awk '{ sub(/:.*/, "", $1); print $1, $NF }' |
	sort -u >"$dir/calls"
grep -E ' (_exit|_Exit|exit|quick_exit)$' "$dir/calls" >"$dir/bad"
[ "$(cat "$dir/bad")" = "$obj/init/leave.o _exit" ] ||
	fault "not init/leave.c alone ends init: $(cat "$dir/bad")"
never='abort|__assert|__assert_fail|__stack_chk_fail|raise|atexit|system|popen'
never="$never|malloc|calloc|realloc|reallocarray|free|aligned_alloc|memalign"
never="$never|posix_memalign|str(n)?dup|v?asprintf|getline|getdelim|realpath"
never="$never|(fd)?opendir|scandir|glob|fopen|fdopen|getpw.*|getgr.*|(un)?setenv"
never="$never|putenv|pthread_.*|dlopen|sem_open|mq_open|timer_create|__.*_chk"
grep -E " ($never)\$" "$dir/calls" >"$dir/bad" &&
	fault "init may neither abort nor allocate: $(cat "$dir/bad")"

grep -rnE --include='*.c' '\bkill\((-1|\(pid_t\) *-1),' \
	init supervisor svctl lib >"$dir/kills"
[ "$(wc -l <"$dir/kills")" -le 1 ] ||
	fault "more than one place signals -1: $(cat "$dir/kills")"
exit "$status"
