#include "supervisor/svlog/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/name.h"
#include "lib/userdb.h"
#include "supervisor/svlog/listing.h"
#include "supervisor/svlog/sink.h"
#include "supervisor/svlog/sources.h"
#include "supervisor/svlog/svlog.h"

#define LOGS_FILE  "logs"
#define PIPES	   "pipe"
#define LOGS_MAX   ((off_t)16 << 20)
#define PIPE_BYTES (1 << 20) /* of a pipe that was seen full */
/* So many take all that such a pipe holds; each takes no less than it can. */
#define PIPE_READS (PIPE_BYTES / SPOOL_IN_FIRST + 1)
#define NONE	   UINT32_MAX

/* The daemon of this machine. */
#define DEFAULT_SYSLOG "unix:/dev/log"

/* Files of all services together while they are in the fallback. */
#define FALLBACK_TOTAL (8u << 20)

void
streams_set_ready(struct streams *streams, uint32_t id)
{
	struct log *log = &streams->s->logs[id / 2];

	if (log->pipe_fd[id % 2] < 0 || log->is_ready[id % 2])
		return;
	log->is_ready[id % 2] = true;
	streams->ready[streams->ready_count++] = id;
}

/* A pipe that fills a whole read gets room for more of its writer's. */
static void
enlarge(struct log *log, uint32_t stream)
{
	if (log->is_large[stream])
		return;
	log->is_large[stream] = true;
	/* Of no consequence if there may be no more. */
	fcntl(log->pipe_fd[stream], F_SETPIPE_SZ, PIPE_BYTES);
}

bool
streams_pump(struct streams *streams)
{
	struct svlog *s = streams->s;
	uint32_t count = streams->ready_count;
	uint32_t kept = 0;
	bool is_busy = false;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = streams->ready[i];
		struct log *log = &s->logs[id / 2];
		int fd = log->pipe_fd[id % 2];
		enum pump result = PUMP_EMPTY;

		if (fd >= 0)
			result = pump_read(s, id / 2, id % 2, fd);
		if (result == PUMP_EMPTY) {
			log->is_ready[id % 2] = false;
			continue;
		}
		if (s->was_filled)
			enlarge(log, id % 2);
		is_busy |= result == PUMP_MORE;
		streams->ready[kept++] = id;
	}
	streams->ready_count = kept;
	return is_busy;
}

static void
drain(struct streams *streams, uint32_t n, uint32_t stream, unsigned reads)
{
	struct svlog *s = streams->s;
	struct log *log = &s->logs[n];
	enum pump result;

	s->is_draining = true;
	if (log->pipe_fd[stream] >= 0)
		do {
			result = pump_read(s, n, stream, log->pipe_fd[stream]);
			if (result == PUMP_BLOCKED && !dest_finish(s, n))
				break;
		} while (result != PUMP_EMPTY && --reads > 0);
	pump_flush(s, n, stream);
	s->is_draining = false;
}

void
streams_drain(struct streams *streams, uint32_t n)
{
	drain(streams, n, 0, UINT_MAX);
	drain(streams, n, 1, UINT_MAX);
}

void
streams_catch_up(struct streams *streams, uint32_t n)
{
	drain(streams, n, 0, PIPE_READS);
	drain(streams, n, 1, PIPE_READS);
}

uint32_t
streams_find(const struct streams *streams, const char *name, size_t len)
{
	static uint32_t hint; /* one line follows the other */
	struct svlog *s = streams->s;

	for (uint32_t i = 0; i < s->count; i++) {
		uint32_t n = (hint + i) % s->count;
		const struct log *log = &s->logs[n];

		if (log->name && log->name_len == len &&
			memcmp(log->name, name, len) == 0) {
			hint = n + 1;
			return n;
		}
	}
	return NONE;
}

/* What who finishes its lines after us needs to know. */
static void
remember(struct svlog *s, uint32_t n)
{
	s->spool.slots[n].line_max = s->logs[n].entry.line_max;
	s->spool.slots[n].keep = s->logs[n].entry.keep;
	s->spool.slots[n].size = s->logs[n].entry.size;
	s->spool.slots[n].to = s->logs[n].entry.to;
	s->spool.slots[n].has_err = s->logs[n].entry.has_err;
}

/* The sink of the service that it logs to. */
static void
find_feed(struct svlog *s, uint32_t n)
{
	const struct entry *entry = &s->logs[n].entry;
	uint32_t k = 0;

	if ((entry->to & ENTRIES_SERVICE) != 0) {
		k = sink_find(&s->spool, entry->service.at, entry->service.len);
		if (k == 0)
			log_error("%s: too many services are logged to; "
				  "its lines for %.*s are lost",
				s->logs[n].name, (int)entry->service.len,
				entry->service.at);
	}
	s->spool.slots[n].feed = k;
	if (k != 0)
		feed_open(s, k);
}

static uint32_t
add(struct streams *streams, const char *name, size_t len)
{
	struct svlog *s = streams->s;
	uint32_t n = 0;

	while (n < s->count && s->logs[n].name)
		n++;
	if (n == SPOOL_LOGS || spool_slots_make(&s->spool, n + 1) != 0)
		return NONE;
	if (n == s->count)
		s->count++;
	memset(&s->spool.slots[n], 0, sizeof(s->spool.slots[n]));
	memcpy(s->spool.slots[n].name, name, len);
	s->spool.slots[n].name[len] = '\0';
	svlog_begin(s, n, &s->base);
	remember(s, n);
	return n;
}

static void
close_pipe(struct streams *streams, uint32_t n, uint32_t stream)
{
	struct log *log = &streams->s->logs[n];

	drain(streams, n, stream, UINT_MAX);
	if (log->pipe_fd[stream] >= 0)
		close(log->pipe_fd[stream]);
	log->pipe_fd[stream] = -1;
}

/* The FIFO, unless we have it already; none at all is no error. */
static void
open_pipe(struct streams *streams, uint32_t n, uint32_t stream)
{
	struct log *log = &streams->s->logs[n];
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLET, .data.u32 = STREAMS_ID(n, stream)};
	char path[NAME_CAP + sizeof(PIPES "/,err")];
	struct stat st;
	struct fmt f;
	int fd;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, PIPES "/%s%s", log->name, stream ? ",err" : "");
	if (log->pipe_fd[stream] >= 0) {
		if (fstatat(streams->run_fd, path, &st, AT_SYMLINK_NOFOLLOW) ==
				0 &&
			st.st_ino == log->pipe_ino[stream])
			return;
		close_pipe(streams, n, stream);
	}
	fd = openat(streams->run_fd, path,
		O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		if (errno != ENOENT)
			log_error("%s: %m", path);
		return;
	}
	if (fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode) ||
		epoll_ctl(streams->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
		log_error("%s: not a pipe that can be read", path);
		close(fd);
		return;
	}
	log->pipe_fd[stream] = fd;
	log->pipe_ino[stream] = st.st_ino;
	log->is_large[stream] = false;
	streams_set_ready(streams, STREAMS_ID(n, stream));
}

/* Files that the processor of a svlog before this one had not finished. */
static void
look_after(struct svlog *s, struct log *log)
{
	struct worker_job job = {
		.kind = WORKER_SURVEY, .fd = -1, .base = &s->base};

	job.dir_fd = file_open_dir(&s->base, log->name);
	if (job.dir_fd >= 0 && !worker_add(&job, SVLOG_LATE_MS))
		close(job.dir_fd);
}

static void
take(struct streams *streams, const struct entry *entry)
{
	struct svlog *s = streams->s;
	size_t len = entry->processor.len;
	uint32_t n = streams_find(streams, entry->name.at, entry->name.len);
	struct log *log;
	bool is_new = n == NONE;

	if (n == NONE)
		n = add(streams, entry->name.at, entry->name.len);
	if (n == NONE) {
		log_error("%.*s: too many services; it is not logged",
			(int)entry->name.len, entry->name.at);
		return;
	}
	log = &s->logs[n];
	log->entry = *entry;
	remember(s, n);
	find_feed(s, n);
	if (len >= sizeof(log->processor)) {
		log_error("%s: log-processor is too long", log->name);
		len = 0;
	}
	memcpy(log->processor, len ? entry->processor.at : "", len);
	log->processor[len] = '\0';
	if (is_new && len > 0)
		look_after(s, log);
	if (entry->source != ENTRIES_PIPES) {
		sources_open(streams->sources, n, entry);
		return;
	}
	open_pipe(streams, n, 0);
	if (entry->has_err)
		open_pipe(streams, n, 1);
	else
		close_pipe(streams, n, 1);
}

/* Found, or with the settings that an entry has that says nothing. */
static uint32_t
find_or_add(struct streams *streams, const char *name, size_t len)
{
	uint32_t n = streams_find(streams, name, len);

	return n == NONE ? add(streams, name, len) : n;
}

/* One that is only logged to has no more than an input. */
static bool
has_output(const struct streams *streams, const char *name)
{
	char path[NAME_CAP + sizeof(PIPES "/")];
	struct fmt f;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, PIPES "/%s", name);
	return faccessat(streams->run_fd, path, F_OK, 0) == 0;
}

void
streams_open(struct streams *streams, const char *name, size_t len)
{
	uint32_t n = streams_find(streams, name, len);

	if (n == NONE)
		streams_load(streams);
	feed_open_named(streams->s, name, len);
	if (!has_output(streams, name))
		return;
	n = find_or_add(streams, name, len);
	if (n == NONE || streams->s->logs[n].entry.source != ENTRIES_PIPES)
		return;
	open_pipe(streams, n, 0);
	if (streams->s->logs[n].entry.has_err)
		open_pipe(streams, n, 1);
}

void
streams_close(struct streams *streams, const char *name, size_t len)
{
	struct svlog *s = streams->s;
	uint32_t n = streams_find(streams, name, len);

	if (n == NONE)
		return;
	s->patience_ms = SVLOG_DRAIN_MS;
	close_pipe(streams, n, 0);
	close_pipe(streams, n, 1);
	s->patience_ms = 0;
	store_close(s, &s->logs[n]);
	s->spool.slots[n].name[0] = '\0';
	s->logs[n].name = NULL;
}

void
streams_open_all(struct streams *streams)
{
	int fd = openat(streams->run_fd, PIPES,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct listing list;
	const char *name;

	if (fd < 0)
		return;
	listing_begin(&list, fd);
	while ((name = listing_next(&list))) {
		size_t len = strlen(name);

		/* NAME,err is of no valid name. */
		if (name_is_valid(name, len) &&
			streams_find(streams, name, len) == NONE)
			streams_open(streams, name, len);
	}
	close(fd);
}

static gid_t
find_group(struct entries_words word)
{
	struct userdb db;
	char name[64];
	gid_t gid;

	if (word.len == 0 || word.len >= sizeof(name))
		return (gid_t)-1;
	memcpy(name, word.at, word.len);
	name[word.len] = '\0';
	if (userdb_open(&db, USERDB_GROUP) != 0 ||
		!users_find_group(db.text, name, &gid))
		gid = (gid_t)-1;
	userdb_close(&db);
	return gid;
}

/* What holds for all of them. */
static void
take_common(struct svlog *s, const struct entries *entries)
{
	s->base.gid = find_group(entries->group);
	s->out.shape =
		s->out.is_json || entries->is_json ? SPLIT_JSON : SPLIT_PREFIX;
	if (entries->syslog.len > 0)
		relay_configure(s, entries->syslog.at, entries->syslog.len);
	else
		relay_configure(s, DEFAULT_SYSLOG, sizeof(DEFAULT_SYSLOG) - 1);
}

static void
take_all(struct streams *streams, struct entries *entries)
{
	struct svlog *s = streams->s;
	struct worker_job survey = {.kind = WORKER_SURVEY,
		.fd = -1,
		.dir_fd = -1,
		.base = &s->base};
	struct entry entry;
	uint32_t listed = 0;

	while (entries_next(entries, &entry)) {
		/* The line that names it comes before the services. */
		if (listed++ == 0)
			take_common(s, entries);
		take(streams, &entry);
	}
	s->base.max_total = entries->max_total;
	/* Half of it for what is being written, half for what is finished. */
	s->fallback_size = FALLBACK_TOTAL / 2 / (listed ? listed : 1);
	if (s->fallback_size < ENTRIES_SIZE_MIN)
		s->fallback_size = ENTRIES_SIZE_MIN;
	s->fallback.max_total = FALLBACK_TOTAL / 2;
	s->fallback.gid = s->base.gid;
	worker_add(&survey, SVLOG_LATE_MS);
	if (entries->bad > 0)
		log_warn(LOGS_FILE ": %u lines were not understood",
			entries->bad);
}

int
streams_load(struct streams *streams)
{
	int fd = openat(streams->run_fd, LOGS_FILE,
		O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	struct entries entries;
	struct stat st;
	void *text;

	if (fd < 0 || fstat(fd, &st) != 0) {
		log_error(LOGS_FILE ": %m");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size > LOGS_MAX ||
		(st.st_uid != geteuid() && st.st_uid != 0)) {
		log_error(LOGS_FILE ": not such a file of ours");
		close(fd);
		return -1;
	}
	/* It is only ever replaced by a rename, so it stays as long. */
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (text == MAP_FAILED) {
		log_error(LOGS_FILE ": %m");
		return -1;
	}
	if (entries_init(&entries, text, (size_t)st.st_size))
		take_all(streams, &entries);
	else
		log_error(LOGS_FILE ": of another version; nothing changes");
	munmap(text, (size_t)st.st_size);
	return 0;
}

void
streams_adopt(struct streams *streams)
{
	struct svlog *s = streams->s;

	s->count = s->spool.head->slot_count;
	for (uint32_t n = 0; n < s->count; n++) {
		if (s->spool.slots[n].name[0] == '\0')
			continue;
		svlog_begin(s, n, &s->base);
		s->logs[n].entry.line_max = s->spool.slots[n].line_max;
		s->logs[n].entry.keep = s->spool.slots[n].keep;
		s->logs[n].entry.size = s->spool.slots[n].size;
		s->logs[n].entry.to = s->spool.slots[n].to & ENTRIES_ALL;
		s->logs[n].entry.has_err = s->spool.slots[n].has_err != 0;
		entries_bound(&s->logs[n].entry);
		store_adopt(s, &s->logs[n]);
		for (unsigned i = 0; i < 2; i++) {
			if (s->spool.slots[n].carry_len[i] == 0)
				continue;
			s->logs[n].flush_ms[i] = svlog_ms() + SVLOG_FLUSH_MS;
			svlog_due(s, s->logs[n].flush_ms[i]);
		}
	}
}
