#include "supervisor/svlog/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/svlog/mail.h"

#define STATE_FILE "svlog.state"

static const char magic[8] = "svlog 02";

/* Where the parts lie in the file. */
#define PAGE	  4096u
#define HEAD_AT	  0u
#define IN_AT	  PAGE
#define OUT_AT	  (IN_AT + SPOOL_IN)
#define SINK_AT	  (OUT_AT + SPOOL_OUT)
#define FEEDS_AT  (SINK_AT + 2 * SPOOL_SINK)
#define SINKS_AT  (FEEDS_AT + (SPOOL_SINKS - SINK_FEED) * SPOOL_FEED)
#define SINKS_LEN (SPOOL_SINKS * sizeof(struct spool_sink))
#define SLOTS_AT  ((SINKS_AT + SINKS_LEN + PAGE - 1) / PAGE * PAGE)
#define SLOTS_LEN (SPOOL_LOGS * sizeof(struct spool_slot))
#define CARRY_AT  ((SLOTS_AT + SLOTS_LEN + PAGE - 1) / PAGE * PAGE)
#define MAIL_AT	  (CARRY_AT + (size_t)SPOOL_LOGS * 2 * ENTRIES_LINE_MAX)
#define TOTAL	  (MAIL_AT + sizeof(struct spool_mail))

_Static_assert(sizeof(struct spool_head) <= PAGE, "the head is one page");
_Static_assert(MAIL_AT % PAGE == 0, "the mail begins with a page");
_Static_assert(SINK_FEED * sizeof(struct spool_sink) <= PAGE,
	"those that are always there are in one");

static void
point(struct spool *spool, char *base)
{
	spool->head = (struct spool_head *)(void *)(base + HEAD_AT);
	spool->in = base + IN_AT;
	spool->out = base + OUT_AT;
	spool->sink_bytes = base + SINK_AT;
	spool->sinks = (struct spool_sink *)(void *)(base + SINKS_AT);
	spool->slots = (struct spool_slot *)(void *)(base + SLOTS_AT);
	spool->carries = base + CARRY_AT;
	spool->mail = (struct spool_mail *)(void *)(base + MAIL_AT);
}

static int
map(struct spool *spool, int fd, int flags)
{
	void *base = mmap(NULL, TOTAL, PROT_READ | PROT_WRITE,
		flags | MAP_NORESERVE, fd, 0);

	if (base == MAP_FAILED)
		return -1;
	point(spool, base);
	return 0;
}

static bool
is_ours(const struct spool_head *head)
{
	const struct spool_step *step;

	if (memcmp(head->magic, magic, sizeof(magic)) != 0 ||
		head->size != sizeof(*head) || head->which > 1 ||
		head->in_end < IN_AT || head->in_end > OUT_AT ||
		head->slot_count > SPOOL_LOGS ||
		head->in_cap < SPOOL_IN_FIRST || head->in_cap > SPOOL_IN)
		return false;
	if (strnlen(head->boot, sizeof(head->boot)) == sizeof(head->boot))
		return false;
	step = &head->steps[head->which];
	return step->log < SPOOL_LOGS && step->stream <= 1 &&
	       step->in_at <= SPOOL_IN && step->out_len <= SPOOL_OUT &&
	       head->sink_count >= SINK_FEED &&
	       head->sink_count <= SPOOL_SINKS &&
	       step->feed < head->sink_count &&
	       step->carry_len <= ENTRIES_LINE_MAX &&
	       step->mail_at <= MAIL_MOST;
}

static bool
slots_are_ours(const struct spool *spool)
{
	for (uint32_t i = 0; i < spool->head->slot_count; i++) {
		const struct spool_slot *slot = &spool->slots[i];
		size_t len = strnlen(slot->name, sizeof(slot->name));

		if ((len > 0 && !name_is_valid(slot->name, len)) ||
			slot->feed >= spool->head->sink_count ||
			slot->carry_len[0] > ENTRIES_LINE_MAX ||
			slot->carry_len[1] > ENTRIES_LINE_MAX)
			return false;
	}
	return true;
}

static bool
sinks_are_ours(const struct spool *spool)
{
	const struct spool_step *step = spool_step(spool);

	for (uint32_t k = 0; k < spool->head->sink_count; k++) {
		const struct spool_sink *sink = &spool->sinks[k];
		size_t len = strnlen(sink->name, sizeof(sink->name));

		if ((len > 0 && !name_is_valid(sink->name, len)) ||
			sink->cap > (k < SINK_FEED ? SPOOL_SINK : SPOOL_FEED) ||
			sink->len > sink->cap)
			return false;
	}
	return step->sink_len[SINK_STDOUT] <= spool->sinks[SINK_STDOUT].cap &&
	       step->sink_len[SINK_SYSLOG] <= spool->sinks[SINK_SYSLOG].cap &&
	       (step->feed == 0 || step->sink_len[SINK_FEED] <=
					   spool->sinks[step->feed].cap);
}

static void
begin(struct spool *spool)
{
	struct spool_head *head = spool->head;

	/* All that is there is in the first page of sinks. */
	memset(spool->sinks, 0, SINK_FEED * sizeof(*spool->sinks));
	memset(head, 0, sizeof(*head));
	head->size = sizeof(*head);
	head->sink_count = SINK_FEED;
	head->in_end = IN_AT;
	head->in_cap = SPOOL_IN_FIRST;
	/* Zeros would be empty datagrams. */
	head->steps[0].mail_at = MAIL_MOST;
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(head->magic, magic, sizeof(magic));
}

static int
open_file(int run_fd)
{
	int fd = openat(run_fd, STATE_FILE,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
		st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

/* Memory of its own for a part: a full tmpfs would be a SIGBUS later. */
static int
make(const struct spool *spool, size_t at, size_t len)
{
	int error = 0;

	if (spool->fd >= 0 && len > 0)
		error = posix_fallocate(spool->fd, (off_t)at, (off_t)len);
	errno = error;
	return error ? -1 : 0;
}

static int
make_buffers(const struct spool *spool, uint32_t in_cap)
{
	if (make(spool, IN_AT, in_cap) != 0)
		return -1;
	/* And room for a line of ENTRIES_LINE_MAX. */
	return make(spool, OUT_AT, (size_t)2 * in_cap + PAGE);
}

int
spool_sinks_make(struct spool *spool, uint32_t n)
{
	if (make(spool, SINKS_AT, n * sizeof(struct spool_sink)) != 0)
		return -1;
	if (n > spool->head->sink_count)
		spool->head->sink_count = n;
	return 0;
}

static size_t
sink_at(uint32_t k)
{
	if (k < SINK_FEED)
		return (size_t)k * SPOOL_SINK;
	return FEEDS_AT - SINK_AT + (size_t)(k - SINK_FEED) * SPOOL_FEED;
}

char *
spool_sink(const struct spool *spool, uint32_t k)
{
	return spool->sink_bytes + sink_at(k);
}

int
spool_sink_make(struct spool *spool, uint32_t k, uint32_t cap)
{
	if (cap > (k < SINK_FEED ? SPOOL_SINK : SPOOL_FEED)) {
		errno = ENOSPC;
		return -1;
	}
	if (make(spool, SINK_AT + sink_at(k), cap) != 0)
		return -1;
	spool->sinks[k].cap = cap;
	return 0;
}

void
spool_sink_drop(struct spool *spool, uint32_t k)
{
	spool->sinks[k].cap = 0;
	/* Of no consequence if it cannot be done. */
	madvise(spool_sink(spool, k), k < SINK_FEED ? SPOOL_SINK : SPOOL_FEED,
		spool->fd < 0 ? MADV_DONTNEED : MADV_REMOVE);
}

int
spool_slots_make(struct spool *spool, uint32_t n)
{
	if (n > spool->head->slot_count &&
		make(spool, SLOTS_AT, n * sizeof(struct spool_slot)) != 0)
		return -1;
	if (n > spool->head->slot_count)
		spool->head->slot_count = n;
	return 0;
}

int
spool_open(struct spool *spool, int run_fd)
{
	int error = 0;

	spool->fd = open_file(run_fd);
	if (spool->fd < 0)
		return -1;
	if (make(spool, HEAD_AT, PAGE) != 0 ||
		ftruncate(spool->fd, TOTAL) != 0 ||
		map(spool, spool->fd, MAP_SHARED) != 0)
		error = errno;
	if (!error && make(spool, SINKS_AT, PAGE) != 0)
		error = errno;
	if (!error && (!is_ours(spool->head) || !sinks_are_ours(spool) ||
			      !slots_are_ours(spool)))
		begin(spool);
	if (!error && make_buffers(spool, spool->head->in_cap) != 0)
		error = errno;
	if (error) {
		close(spool->fd);
		errno = error;
		return -1;
	}
	spool->is_spliced = true;
	return 0;
}

int
spool_private(struct spool *spool)
{
	spool->fd = -1;
	spool->is_spliced = false;
	if (map(spool, -1, MAP_PRIVATE | MAP_ANONYMOUS) != 0)
		return -1;
	begin(spool);
	return 0;
}

const struct spool_step *
spool_step(const struct spool *spool)
{
	return &spool->head->steps[spool->head->which & 1];
}

void
spool_commit(struct spool *spool, const struct spool_step *step)
{
	struct spool_head *head = spool->head;
	uint32_t other = !head->which;

	head->steps[other] = *step;
	/* Who comes after a kill sees what was stored, in this order: only
	 * the compiler must keep it. */
	atomic_signal_fence(memory_order_seq_cst);
	*(volatile uint32_t *)&head->which = other;
	atomic_signal_fence(memory_order_seq_cst);
}

void
spool_select(const struct spool *spool, struct spool_step *step, uint32_t log,
	uint32_t stream)
{
	const struct spool_slot *slot = &spool->slots[log];

	step->log = log;
	step->stream = stream;
	step->carry_len = slot->carry_len[stream];
	step->feed = slot->feed;
	step->sink_len[SINK_FEED] =
		slot->feed ? spool->sinks[slot->feed].len : 0;
}

const char *
spool_rest(const struct spool *spool, size_t *len)
{
	uint32_t at = spool_step(spool)->in_at;
	size_t end = (size_t)(spool->head->in_end - IN_AT);

	*len = end > at ? end - at : 0;
	return spool->in + at;
}

/* More than was asked for is waiting: ask for more next time. */
static void
grow(struct spool *spool, ssize_t n)
{
	uint32_t cap = spool->head->in_cap;

	if (n == (ssize_t)cap && cap < SPOOL_IN &&
		make_buffers(spool, 4 * cap) == 0)
		spool->head->in_cap = 4 * cap;
}

ssize_t
spool_read(
	struct spool *spool, int fd, uint32_t log, uint32_t stream, size_t most)
{
	struct spool_head *head = spool->head;
	struct spool_step step = *spool_step(spool);
	ssize_t n;

	if (most > head->in_cap)
		most = head->in_cap;
	/* With an end that lies before what is taken nothing is left over. */
	*(volatile int64_t *)&head->in_end = IN_AT;
	spool_select(spool, &step, log, stream);
	step.in_at = 0;
	spool_commit(spool, &step);
	if (spool->is_spliced) {
		n = splice(fd, NULL, spool->fd, &head->in_end, most,
			SPLICE_F_NONBLOCK);
		grow(spool, n);
		if (n >= 0 ||
			(errno != EINVAL && errno != ENOSYS && errno != EPERM))
			return n;
		spool->is_spliced = false;
	}
	n = read(fd, spool->in, most);
	if (n > 0)
		*(volatile int64_t *)&head->in_end = (int64_t)IN_AT + n;
	grow(spool, n);
	return n;
}

void
spool_put(struct spool *spool, const struct spool_step *mark, uint32_t log,
	size_t len)
{
	struct spool_step step = *spool_step(spool);
	volatile int64_t *end = (volatile int64_t *)&spool->head->in_end;

	*end = IN_AT;
	spool_select(spool, &step, log, 0);
	/* None is left over before the last commit, which changes all. */
	step.in_at = (uint32_t)len;
	spool_commit(spool, &step);
	*end = (int64_t)IN_AT + (int64_t)len;
	step.in_at = 0;
	step.kmsg_next = mark->kmsg_next;
	step.mail_at = mark->mail_at;
	spool_commit(spool, &step);
}

int
spool_put_make(struct spool *spool)
{
	if (make(spool, MAIL_AT, sizeof(*spool->mail)) != 0)
		return -1;
	if (spool->head->in_cap >= SPOOL_PUT)
		return 0;
	if (make_buffers(spool, SPOOL_PUT) != 0)
		return -1;
	spool->head->in_cap = SPOOL_PUT;
	return 0;
}

static size_t
carry_at(uint32_t log, uint32_t stream)
{
	return ((size_t)log * 2 + stream) * ENTRIES_LINE_MAX;
}

char *
spool_carry(const struct spool *spool, uint32_t log, uint32_t stream)
{
	return spool->carries + carry_at(log, stream);
}

int
spool_carry_make(
	const struct spool *spool, uint32_t log, uint32_t stream, size_t len)
{
	return make(spool, CARRY_AT + carry_at(log, stream), len);
}

void
spool_carry_drop(const struct spool *spool, uint32_t log, uint32_t stream)
{
	/* Of no consequence if it cannot be done. */
	madvise(spool_carry(spool, log, stream), ENTRIES_LINE_MAX,
		spool->fd < 0 ? MADV_DONTNEED : MADV_REMOVE);
}
