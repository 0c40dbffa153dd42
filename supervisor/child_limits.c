#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "lib/fmt.h"
#include "lib/reason.h"
#include "supervisor/child_private.h"
#include "supervisor/raw.h"
#include "supervisor/spec.h"

#define OOM_FILE       "/proc/self/oom_score_adj"
#define AUTOGROUP_FILE "/proc/self/autogroup"

#define WHO_PROCESS 1 /* IOPRIO_WHO_PROCESS */

/* 0, or -errno. */
static long
write_number(const char *path, int number)
{
	char text[16];
	struct fmt f;
	long result;
	long fd;

	fmt_init(&f, text, sizeof(text));
	fmt_i64(&f, number);
	fd = raw4(SYS_openat, AT_FDCWD, (long)path, O_WRONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	result = raw3(SYS_write, fd, (long)text, (long)f.len);
	raw1(SYS_close, fd);
	return result < 0 ? result : 0;
}

static void
check(const struct child_context *c, enum spawn_step step, long result)
{
	if (result < 0)
		child_fail(c, step, result);
}

static void
set_scheduling(const struct child_context *c, const struct spec_limits *l)
{
	int priority = l->priority; /* all of struct sched_param */

	if (l->has_scheduling)
		check(c, STEP_SCHEDULING,
			raw3(SYS_sched_setscheduler, 0, l->policy,
				(long)&priority));
	if (l->has_nice) {
		check(c, STEP_NICE,
			raw3(SYS_setpriority, PRIO_PROCESS, 0, l->nice));
		/* Where each session is a group of its own, nice counts only
		 * within it. */
		write_number(AUTOGROUP_FILE, l->nice);
	}
	if (l->has_io_priority)
		check(c, STEP_IO_PRIORITY,
			raw3(SYS_ioprio_set, WHO_PROCESS, 0, l->io_priority));
	if (l->cpus)
		check(c, STEP_AFFINITY,
			raw3(SYS_sched_setaffinity, 0, l->cpus_bytes,
				(long)l->cpus));
}

void
child_set_limits(const struct child_context *c)
{
	const struct spec_limits *l = c->spec->limits;

	/* This is of the memory: the supervisor's too, while we share it. */
	if (l->has_oom)
		check(c, STEP_OOM,
			c->shares_memory ? -EINVAL
					 : write_number(OOM_FILE, l->oom));
	set_scheduling(c, l);
	for (unsigned i = 0; i < l->count; i++)
		check(c, l->limit[i].step,
			raw4(SYS_prlimit64, 0, l->limit[i].resource,
				(long)&l->limit[i].pair, 0));
}
