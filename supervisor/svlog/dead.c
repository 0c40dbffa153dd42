#include "supervisor/svlog/dead.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "supervisor/svlog/file.h"
#include "supervisor/svlog/last.h"
#include "supervisor/svlog/oom.h"
#include "supervisor/svlog/worker.h"

#define UNKNOWN "oom=unknown"

/* The number behind KEY=, 0 if there is none. */
static uint64_t
number_of(const char *words, const char *key)
{
	const char *at = strstr(words, key);
	uint64_t n = 0;

	if (!at || (at > words && at[-1] != ' '))
		return 0;
	for (at += strlen(key); *at >= '0' && *at <= '9' && n < 1u << 30; at++)
		n = n * 10 + (uint64_t)(*at - '0');
	return n;
}

/* The supervisor does not know whose kill it was, nor look for it. */
static void
answer(const char *words, struct fmt *f)
{
	const char *at = strstr(words, UNKNOWN);

	if (!at || !strstr(words, " signal=KILL ")) {
		fmt_str(f, words);
		return;
	}
	fmt_bytes(f, words, (size_t)(at - words));
	fmt_printf(f, "oom=%s",
		oom_answer((pid_t)number_of(words, "pid="),
			number_of(words, "ran_ms=")));
	fmt_str(f, at + strlen(UNKNOWN));
}

/* What it had written by then; a next one may have written more. */
static size_t
read_tail(const struct worker_job *job, char tail[LAST_BYTES + 1])
{
	uint64_t from =
		job->size > LAST_BYTES + 1 ? job->size - (LAST_BYTES + 1) : 0;
	size_t want = (size_t)(job->size - from);
	size_t len = 0;

	while (len < want) {
		ssize_t n = pread(job->fd, tail + len, want - len,
			(off_t)from + (off_t)len);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return len;
}

/* Into a base of which only the main thread may open the descriptor. */
static int
record_in(const struct file_base *base, const struct worker_job *job,
	const char *words, size_t len)
{
	char tail[LAST_BYTES + 1];
	struct file_base mine = *base;
	int result = -1;
	int error;
	int dir;

	mine.fd = -1;
	dir = file_open_dir(&mine, job->dead.name);
	if (dir >= 0)
		result = job->fd < 0 ? last_record(dir, words, len)
				     : last_write(dir, words, len, tail,
					       read_tail(job, tail));
	error = result == 0 ? 0 : errno;
	if (dir >= 0)
		close(dir);
	if (mine.fd >= 0)
		close(mine.fd);
	return error;
}

void
dead_record(struct worker_job *job)
{
	char words[WORKER_WORDS + sizeof(UNKNOWN)];
	struct fmt f;
	int error;

	fmt_init(&f, words, sizeof(words));
	answer(job->dead.words, &f);
	error = record_in(job->base, job, words, f.len);
	if (error && job->dead.fallback != job->base)
		error = record_in(job->dead.fallback, job, words, f.len);
	errno = error;
	if (error)
		log_error("%s: its last words cannot be written: %m",
			job->dead.name);
}
