/*
 * What a child does between clone and exec. It shares the supervisor's memory:
 * raw system calls only, no errno, nothing written but the error word.
 */
#ifndef SUPERVISOR_CHILD_H
#define SUPERVISOR_CHILD_H

#include <stdbool.h>
#include <stdint.h>

struct spec;

/* Descriptors of the supervisor that the child may need; -1: there is none. */
struct child_context {
	const struct spec *spec;
	volatile uint32_t *error; /* gets step << 16 | errno on failure */
	int runtime_fd;
	int log_fd;
	int null_fd;
	int pipe_fd; /* where the FIFOs for output are */
	/* The limit of descriptors that services get; NULL: as it is */
	const uint64_t *nofile;
	bool shares_memory;
	bool shares_files; /* descriptors are still the supervisor's own */
	bool tells_exec; /* open the FIFO `exec` below runtime_fd until exec */
};

#define CHILD_EXEC_FIFO "exec"

/* Does not return: becomes the service, or writes *error and exits with 127. */
int child_run(void *child_context);

#endif
