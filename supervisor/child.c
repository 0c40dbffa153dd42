#include "supervisor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "lib/reason.h"
#include "supervisor/child_private.h"
#include "supervisor/outputs.h"
#include "supervisor/raw.h"
#include "supervisor/spec.h"

/* The kernel's signal set: 64 signals, whatever the C library's is. */
#define SIGSET_BYTES 8

#define LOG_FILE  "current"
#define LOG_FLAGS (O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC)

_Noreturn void
child_fail(const struct child_context *c, unsigned step, long error)
{
	*c->error = step << 16 | (uint32_t)-error;
	for (;;)
		raw1(SYS_exit_group, 127);
}

/* Opens NAME/current below the log directory; makes the directory once. */
static long
open_log(const struct child_context *c)
{
	const char *name = c->spec->log_name;
	long dir;
	long fd;

	if (c->log_fd < 0)
		return -ENOENT;
	dir = raw4(SYS_openat, c->log_fd, (long)name,
		O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (dir == -ENOENT) {
		raw3(SYS_mkdirat, c->log_fd, (long)name, 0750);
		dir = raw4(SYS_openat, c->log_fd, (long)name,
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	}
	if (dir < 0)
		return dir;
	fd = raw4(SYS_openat, dir, (long)LOG_FILE, LOG_FLAGS, 0640);
	return fd;
}

/*
 * The table of descriptors becomes our own. The kernel copies only what is
 * below the range: the supervisor may keep one for each service there, which
 * would be copied and closed again at each start.
 */
static void
leave_table(const struct child_context *c)
{
	long result;

	if (!c->shares_files)
		return;
	result = raw3(SYS_close_range, OUTPUTS_FD, ~0u, CLOSE_UNSHARE);
	if (result < 0)
		child_fail(c, STEP_SESSION, result);
}

/* fd as to, which exec leaves open; both differ. */
static long
put(long fd, int to)
{
	long result = raw3(SYS_dup3, fd, to, 0);

	if (result != -EPERM && result != -ENOSYS)
		return result;
	/* The table is ours alone: the lowest that is free is the one. */
	raw1(SYS_close, to);
	return raw3(SYS_fcntl, fd, F_DUPFD, to);
}

void
child_put(const struct child_context *c, long fd, int to, unsigned step)
{
	long result = put(fd, to);

	if (result < 0)
		child_fail(c, step, result);
}

static void
put_output(const struct child_context *c, long fd, int to)
{
	child_put(c, fd, to, STEP_LOG);
}

/*
 * For reading as well: then a write finds a reader whoever dies. That needs
 * root's rights, before they are given up.
 */
static long
open_pipe(const struct child_context *c, const char *name)
{
	return raw4(SYS_openat, c->pipe_fd, (long)name,
		O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
}

/* False: there is no pipe after all. */
static bool
set_pipes(const struct child_context *c)
{
	const struct spec *s = c->spec;
	long out;
	long err;

	if (!s->out_name)
		return false;
	out = open_pipe(c, s->out_name);
	if (out < 0)
		return false;
	err = s->err_name == s->out_name ? out : open_pipe(c, s->err_name);
	put_output(c, out, 1);
	put_output(c, err < 0 ? out : err, 2);
	return true;
}

/*
 * A sink is never at its end, though nobody may log to it at the moment. A
 * file may be a FIFO whose other end is waited for: it is a child that waits.
 */
static void
set_input(const struct child_context *c)
{
	const struct spec *s = c->spec;
	long fd = s->in_name ? open_pipe(c, s->in_name) : -1;

	if (s->is_input_terminal || s->is_input_ours)
		return;
	if (fd < 0 && s->input) {
		fd = raw4(SYS_openat, AT_FDCWD, (long)s->input,
			O_RDONLY | O_NOCTTY | O_CLOEXEC, 0);
		if (fd < 0)
			child_fail(c, STEP_STDIN, fd);
	}
	if (fd < 0)
		fd = c->null_fd;
	if (fd >= 0)
		child_put(c, fd, 0, STEP_STDIN);
}

static void
set_output(const struct child_context *c)
{
	long fd = c->null_fd;

	if (c->spec->is_output_terminal || set_pipes(c))
		return;
	if (c->spec->log_name && c->log_fd >= 0) {
		fd = open_log(c);
		/* No place for a log is no reason not to run. */
		if (fd < 0)
			fd = c->null_fd;
	} else if (!c->spec->is_quiet) {
		return;
	}
	if (fd < 0)
		return;
	for (int to = 1; to <= 2; to++)
		put_output(c, fd, to);
}

/* The working directory, which is left behind outside, is set later. */
static void
set_root(const struct child_context *c)
{
	long result;

	if (!c->spec->root)
		return;
	result = raw1(SYS_chroot, (long)c->spec->root);
	if (result < 0)
		child_fail(c, STEP_ROOT, result);
}

static void
set_user(const struct child_context *c)
{
	const struct spec *s = c->spec;
	long result;

	if (!s->has_user)
		return;
	result = raw2(RAW_setgroups, (long)(s->has_groups ? s->groups_len : 0),
		(long)s->groups);
	/* A plain user may not drop groups, and need not for itself. */
	if (result == -EPERM && !s->needs_groups &&
		s->uid == (uid_t)raw0(RAW_geteuid) &&
		s->gid == (gid_t)raw0(RAW_getegid))
		return;
	if (result < 0)
		child_fail(c, STEP_GROUPS, result);
	result = raw3(RAW_setresgid, s->gid, s->gid, s->gid);
	if (result < 0)
		child_fail(c, STEP_GROUP, result);
	result = raw3(RAW_setresuid, s->uid, s->uid, s->uid);
	if (result < 0)
		child_fail(c, STEP_USER, result);
}

/* As execvp does it: the first program that is there and may be executed. */
static long
try_programs(const struct spec *s)
{
	long error = -ENOENT;

	for (size_t i = 0; s->program[i]; i++) {
		long result = raw3(SYS_execve, (long)s->program[i],
			(long)s->argv, (long)s->envp);

		if (result == -EACCES)
			error = result;
		else if (result != -ENOENT && result != -ENOTDIR)
			return result;
	}
	return error;
}

/* -1: there is none after all. */
static long
open_ready(const struct child_context *c)
{
	return c->spec->ready_name ? open_pipe(c, c->spec->ready_name) : -1;
}

/* Last of all descriptors: the number may be that of one we needed. */
static void
put_ready(const struct child_context *c, long fd)
{
	long result;

	if (fd < 0)
		return;
	if (fd == c->spec->ready_fd)
		result = raw3(SYS_fcntl, fd, F_SETFD, 0);
	else
		result = put(fd, c->spec->ready_fd);
	if (result < 0)
		child_fail(c, STEP_READY, result);
}

/* It tells of the exec by being closed, and by nothing else. */
static void
open_exec(const struct child_context *c)
{
	long fd;

	if (!c->tells_exec)
		return;
	fd = raw4(SYS_openat, c->runtime_fd, (long)CHILD_EXEC_FIFO,
		O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0);
	if (fd < 0 || !c->spec->ready_name || fd != c->spec->ready_fd)
		return;
	raw3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, fd + 1);
	raw1(SYS_close, fd);
}

static void
write_pid(char *out)
{
	char digits[SPEC_PID_CAP];
	long pid = raw0(SYS_getpid);
	unsigned n = 0;

	do {
		digits[n++] = (char)('0' + pid % 10);
		pid /= 10;
	} while (pid > 0 && n < sizeof(digits) - 1);
	while (n > 0)
		*out++ = digits[--n];
	*out = '\0';
}

int
child_run(void *context)
{
	const struct child_context *c = context;
	static const unsigned char no_signals[SIGSET_BYTES];
	long ready_fd;
	long result;

	leave_table(c);
	if (c->nofile)
		raw4(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)c->nofile, 0);
	open_exec(c);
	if (c->spec->is_attached)
		child_attach(c);
	else if ((result = raw0(SYS_setsid)) < 0)
		child_fail(c, STEP_SESSION, result);
	set_input(c);
	if (c->spec->terminal)
		child_set_terminal(c);
	raw1(SYS_umask, c->spec->umask);
	set_output(c);
	ready_fd = open_ready(c);
	if (c->spec->limits)
		child_set_limits(c);
	set_root(c);
	set_user(c);
	/* As the service's user: it must be able to get there itself. */
	result = raw1(SYS_chdir, (long)c->spec->directory);
	if (result < 0)
		child_fail(c, STEP_DIRECTORY, result);
	put_ready(c, ready_fd);
	if (c->spec->pid_text)
		write_pid(c->spec->pid_text);
	/* Last: a signal that came meanwhile ends it here, by default action.
	 */
	raw4(SYS_rt_sigprocmask, SIG_SETMASK, (long)no_signals, 0,
		SIGSET_BYTES);
	child_fail(c, STEP_EXEC, try_programs(c->spec));
}
