#include "init/process.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>

/*
 * A path, a line of the log, the frames of execvp. Most starts touch only its
 * last page, which the 1.5 KiB less leave to be shared with other variables.
 */
#define STACK_ALIGN 4096
#define STACK_SIZE  (4 * STACK_ALIGN - 1536)

int
process_start(int (*run)(void *argument), void *argument, pid_t *pid)
{
	static _Alignas(STACK_ALIGN) char stack[STACK_SIZE];

	const int flags = CLONE_PARENT_SETTID | SIGCHLD;
	int made = clone(
		run, stack + sizeof stack, flags | CLONE_VM, argument, pid);

	/* So says qemu-user, whose processes cannot share memory; it stores
	 * the pid in the child's alone. */
	if (made < 0 && errno == EINVAL) {
		made = clone(run, stack + sizeof stack, flags, argument, pid);
		if (made > 0)
			*pid = made;
	}
	return made;
}
