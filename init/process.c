#include "init/process.h"

#include <sched.h>
#include <signal.h>

/*
 * A path, a line of the log, the frames of execvp. Most starts touch only its
 * last page, which the 1 KiB less leaves to be shared with other variables.
 */
#define STACK_ALIGN 4096
#define STACK_SIZE  (4 * STACK_ALIGN - 1024)

pid_t
process_start(int (*run)(void *argument), void *argument)
{
	static _Alignas(STACK_ALIGN) char stack[STACK_SIZE];

	return clone(run, stack + sizeof stack, CLONE_VM | SIGCHLD, argument);
}
