/*
 * The programs that init starts in boot mode, or becomes.
 */
#ifndef INIT_LAUNCH_H
#define INIT_LAUNCH_H

#include <sys/types.h>

struct options;
struct signals;

/*
 * The supervisor with peer_fd as its fd 3, in a session of its own unless it
 * has a command to start: that of TEND_SUPERVISOR, else the one beside init
 * (program is argv[0], for systems without /proc), else the one of the
 * installation. One that cannot be executed says so and exits 127. program_fd,
 * unless it is 0, is executed in their place. *pid and failure: as
 * process_start has it.
 */
int launch_supervisor(const struct options *options, const char *program,
	int peer_fd, int program_fd, pid_t *pid);

/*
 * The supervisor in the place of init, which only says what it finds here, with
 * the signals that init was started with.
 */
_Noreturn void launch_doctor(const struct options *options, const char *program,
	const struct signals *start);

/* sulogin, else /bin/sh, on the console. *pid and failure as above. */
int launch_rescue(pid_t *pid);

#endif
