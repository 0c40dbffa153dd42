/* The kernel's messages from /dev/kmsg, as lines of a log. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "supervisor/svlog/kmsg_parse.h"
#include "supervisor/svlog/sources.h"
#include "supervisor/svlog/syslog_parse.h"

#define RECORDS	   32	  /* of one turn */
#define RECORD_CAP 12288u /* the kernel makes none above 8 KiB */
#define BOOT_ID	   "/proc/sys/kernel/random/boot_id"

_Static_assert(4 * RECORD_CAP + SYSLOG_HEAD_MOST + 80 < SPOOL_PUT,
	"one record and a note fit always");

/* Sequence numbers mean something within a boot only. */
static void
look_at_boot(struct spool *spool)
{
	struct spool_head *head = spool->head;
	struct spool_step step = *spool_step(spool);
	char id[sizeof(head->boot)] = "";
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, id, sizeof(id) - 1);

	if (fd >= 0)
		close(fd);
	id[n > 0 ? n : 0] = '\0';
	if (strcmp(head->boot, id) == 0)
		return;
	step.kmsg_next = 0;
	spool_commit(spool, &step);
	memcpy(head->boot, id, sizeof(id));
}

int
kmsg_open(struct svlog *s, const char *path)
{
	int fd = open(path,
		O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		log_error("kmsg: %s: %m; it is not read", path);
		return -1;
	}
	if (fstat(fd, &st) != 0 ||
		(!S_ISCHR(st.st_mode) && !S_ISFIFO(st.st_mode))) {
		log_error("kmsg: %s: no device; it is not read", path);
		close(fd);
		return -1;
	}
	look_at_boot(&s->spool);
	return fd;
}

static int64_t
clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* When it was, by the clock as it is now; within a file times do not go back.
 */
static void
set_clock(struct svlog *s, struct source *source, uint64_t record_us)
{
	int64_t now = clock_us(CLOCK_REALTIME);
	int64_t ago = clock_us(CLOCK_MONOTONIC) - (int64_t)record_us;
	int64_t us = ago > 0 ? now - ago : now;

	if (us < source->last_us &&
		us > source->last_us - SVLOG_BACK_S * 1000000)
		us = source->last_us;
	if (us < 0)
		us = 0;
	source->last_us = us;
	stamp_set(&s->now, us / 1000000, (uint32_t)(us % 1000000));
}

static void
take(struct svlog *s, struct source *source, const char *bytes, size_t len)
{
	struct spool_step mark = *spool_step(&s->spool);
	struct kmsg_record record;
	struct fmt f;

	fmt_init(&f, s->spool.in, SPOOL_PUT);
	if (!kmsg_parse(bytes, len, &record)) {
		/* Of a kernel to come, or a device of another kind. */
		while (len > 0 && bytes[len - 1] == '\n')
			len--;
		syslog_put_escaped(&f, bytes, len);
		svlog_clock(s);
	} else {
		/* Before it was killed another one has written it. */
		if (record.seq < mark.kmsg_next)
			return;
		if (mark.kmsg_next > 0 && record.seq > mark.kmsg_next)
			fmt_printf(&f, "tend: %llu lines lost (overrun)\n",
				(unsigned long long)(record.seq -
						     mark.kmsg_next));
		kmsg_put(&f, &record);
		mark.kmsg_next = record.seq + 1;
		set_clock(s, source, record.us);
	}
	fmt_char(&f, '\n');
	pump_put(s, &mark, source->log, f.len);
}

enum pump
kmsg_read(struct svlog *s, struct source *source)
{
	static char bytes[RECORD_CAP];

	for (unsigned i = 0; i < RECORDS; i++) {
		ssize_t n;

		if (pump_is_blocked(s, source->log))
			return PUMP_BLOCKED;
		n = read(source->fd, bytes, sizeof(bytes));
		/* EPIPE: it goes on with the oldest one there is. */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n < 0 && errno != EAGAIN) {
			log_error("kmsg: %m; it is read no more");
			close(source->fd);
			source->fd = -1;
		}
		if (n <= 0)
			return PUMP_EMPTY;
		take(s, source, bytes, (size_t)n);
	}
	return PUMP_MORE;
}
