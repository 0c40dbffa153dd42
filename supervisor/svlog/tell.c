#include "supervisor/svlog/tell.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/name.h"
#include "supervisor/svlog/streams.h"
#include "supervisor/svlog/svlog.h"

_Static_assert(sizeof(((struct tell *)0)->line) <= WORKER_WORDS,
	"the words of a death fit into a job");

void
tell_open(struct tell *tell, int run_fd)
{
	struct stat st;

	tell->len = 0;
	tell->fd = openat(
		run_fd, "tell", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (tell->fd < 0 || (fstat(tell->fd, &st) == 0 && S_ISFIFO(st.st_mode)))
		return;
	close(tell->fd);
	tell->fd = -1;
}

/* What it has said before it died is in the file first. */
static void
record(struct streams *streams, const char *name, const char *words)
{
	struct svlog *s = streams->s;
	uint32_t n = streams_find(streams, name, strlen(name));
	struct worker_job job = {
		.kind = WORKER_DEAD, .fd = -1, .dir_fd = -1, .base = &s->base};

	if (n != UINT32_MAX) {
		struct file *file = &s->logs[n].file;

		streams_catch_up(streams, n);
		job.base = file->base;
		job.size = file->size;
		if (file->fd >= 0)
			job.fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 3);
	}
	job.dead.fallback = &s->fallback;
	memcpy(job.dead.name, name, strlen(name) + 1);
	memcpy(job.dead.words, words, strlen(words) + 1);
	if (worker_add(&job, SVLOG_LATE_MS))
		return;
	log_error("%s: its last words are not written: the disk is too slow",
		name);
	if (job.fd >= 0)
		close(job.fd);
}

static void
take(struct streams *streams, char *line)
{
	char *name = strchr(line, ' ');
	char *words;

	if (!name)
		return;
	*name++ = '\0';
	words = name + strcspn(name, " ");
	if (*words != '\0')
		*words++ = '\0';
	if (!name_is_valid(name, strlen(name)))
		return;
	if (strcmp(line, "open") == 0)
		streams_open(streams, name, strlen(name));
	else if (strcmp(line, "close") == 0)
		streams_close(streams, name, strlen(name));
	else if (strcmp(line, "death") == 0)
		record(streams, name, words);
}

void
tell_read(struct tell *tell, struct streams *streams)
{
	for (;;) {
		char *newline = memchr(tell->line, '\n', tell->len);
		ssize_t n;

		if (newline) {
			size_t used = (size_t)(newline + 1 - tell->line);

			*newline = '\0';
			take(streams, tell->line);
			tell->len -= used;
			memmove(tell->line, tell->line + used, tell->len);
			continue;
		}
		/* A line that is too long is none of the supervisor's. */
		if (tell->len == sizeof(tell->line))
			tell->len = 0;
		n = read(tell->fd, tell->line + tell->len,
			sizeof(tell->line) - tell->len);
		if (n <= 0)
			return;
		tell->len += (size_t)n;
	}
}
