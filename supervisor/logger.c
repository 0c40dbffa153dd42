#include "supervisor/logger.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/signame.h"
#include "supervisor/logger_start.h"
#include "supervisor/loop.h"
#include "supervisor/memfile.h"
#include "supervisor/outputs.h"
#include "supervisor/stop.h"
#include "supervisor/supervisor.h"

#define TELL_FILE "tell"
/* What a turn has to tell; more is written before its end. */
#define TELL_CAP 4096u
#define LINE_CAP 512u
/* Having run for so long it begins with the first delay again. */
#define RESET_MS 60000u
/* To read all pipes until they are empty and to write it down. */
#define STOP_MS 5000u
/* Of one that has not let go of the lock yet, or is not our child. */
#define LOOK_MS 100u
/* So often is it started again to end what it has begun. */
#define STOP_TRIES 3u

static const uint32_t delays[] = {0, 200, 1000, 2000, 5000, 10000, 30000};

static char told[TELL_CAP];
static size_t told_len;

int
logger_open(struct supervisor *sv)
{
	struct logger *l = &sv->logger;

	sv->pipe_fd = -1;
	l->pidfd = -1;
	l->tell_fd = -1;
	sv->devlog.fd = -1;
	if (!logger_find_program(sv)) {
		log_info("no svlog; services write their log files themselves");
		return -1;
	}
	if (outputs_open(sv) < 0)
		return -1;
	if (mkfifoat(sv->runtime_fd, TELL_FILE, 0600) < 0 && errno != EEXIST)
		log_warn("%s/" TELL_FILE ": %m", sv->runtime);
	l->tell_fd = openat(sv->runtime_fd, TELL_FILE,
		O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	return 0;
}

void
logger_need(struct supervisor *sv)
{
	struct logger *l = &sv->logger;

	if (l->is_needed)
		return;
	l->is_needed = true;
	l->next_ms = sv->plan.now_ms;
}

/* One that is not our child may be gone, and its pid another's. */
static void
send(const struct logger *l, int signal)
{
	if (l->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, l->pidfd, signal, NULL, 0);
	else if (l->pid > 0)
		kill(l->pid, signal);
}

/* --- what it is told --------------------------------------------------------
 */

static void
flush(struct supervisor *sv)
{
	struct logger *l = &sv->logger;

	if (told_len == 0)
		return;
	/* Full: it reads all that is there when it comes back, or now. */
	if (l->tell_fd >= 0 &&
		write(l->tell_fd, told, told_len) != (ssize_t)told_len)
		send(l, SIGHUP);
	told_len = 0;
}

static void
tell(struct supervisor *sv, const char *word, const char *name,
	const char *words)
{
	char line[LINE_CAP];
	struct fmt f;

	if (sv->pipe_fd < 0)
		return;
	fmt_init(&f, line, sizeof(line));
	fmt_printf(&f, "%s %s%s%s\n", word, name, words[0] ? " " : "", words);
	if (f.is_cut)
		return;
	if (told_len + f.len > sizeof(told))
		flush(sv);
	memcpy(told + told_len, line, f.len);
	told_len += f.len;
}

void
logger_tell_open(struct supervisor *sv, const char *name)
{
	logger_need(sv);
	tell(sv, "open", name, "");
}

void
logger_tell_close(struct supervisor *sv, const char *name)
{
	tell(sv, "close", name, "");
}

void
logger_tell_death(struct supervisor *sv, const char *name, const char *words)
{
	if (sv->logger.is_needed)
		tell(sv, "death", name, words);
}

/* --- its settings -----------------------------------------------------------
 */

static void
renew(struct logger *l)
{
	if (l->pid == 0 || l->is_stopping)
		return;
	l->is_renewed = true;
	send(l, SIGTERM);
}

static uint64_t
hash_of(const char *bytes, size_t len)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)bytes[i]) *
		       UINT64_C(1099511628211);
	return hash;
}

void
logger_configure(struct supervisor *sv, const char *lines, size_t len)
{
	struct logger *l = &sv->logger;
	size_t text_len = 0;
	bool is_other = sv->pipe_fd >= 0 && devlog_configure(sv);
	uint64_t hash;
	char *text;

	if (sv->pipe_fd < 0)
		return;
	if (sv->load.settings.log_sources != 0)
		logger_need(sv);
	text = logger_settings(sv, lines, len, &text_len);
	hash = text ? hash_of(text, text_len) : 0;
	if (text && hash != l->hash) {
		if (logger_write_settings(sv, text, text_len) < 0)
			log_error("%s/" LOGGER_SETTINGS ": %m; logs go on as "
				  "before",
				sv->runtime);
		else if (!is_other)
			send(l, SIGHUP);
		l->hash = hash;
	}
	free(text);
	/* A descriptor is given to it at its start. */
	if (is_other)
		renew(l);
}

/* --- the process ------------------------------------------------------------
 */

static void
forget(struct supervisor *sv)
{
	struct logger *l = &sv->logger;

	if (l->pidfd >= 0)
		close(l->pidfd);
	l->pidfd = -1;
	l->pid = 0;
	l->next_ms = 0;
}

/* It has ended: when is it to be started again? */
static void
plan_start(struct supervisor *sv, bool is_done)
{
	struct logger *l = &sv->logger;
	const unsigned last = sizeof(delays) / sizeof(delays[0]) - 1;
	uint32_t delay;

	forget(sv);
	if (l->is_stopping && (is_done || l->deaths >= STOP_TRIES))
		return;
	if (l->is_renewed) {
		l->is_renewed = false;
		l->next_ms = sv->plan.now_ms;
		return;
	}
	/* What is in the pipes is still to be read. */
	l->is_stopping = false;
	if (sv->plan.now_ms - l->from_ms >= RESET_MS)
		l->deaths = 0;
	delay = delays[l->deaths < last ? l->deaths : last];
	l->deaths++;
	l->next_ms = sv->plan.now_ms + delay;
}

void
logger_died(struct supervisor *sv, pid_t pid, int status)
{
	char buf[16];
	struct logger *l = &sv->logger;

	if (pid != l->pid || pid == 0)
		return;
	if ((l->is_stopping || l->is_renewed) && status == 0)
		;
	else if (status == LOGGER_LOCKED << 8)
		log_info("svlog: another one serves still");
	else if ((status & 0x7f) != 0)
		log_error("svlog: killed by %s; starting it again",
			signame_get(status & 0x7f, buf));
	else
		log_error("svlog: exited %d; starting it again", status >> 8);
	plan_start(sv, status == 0);
}

void
logger_ended(struct supervisor *sv)
{
	if (sv->logger.pid == 0 || sv->logger.pidfd < 0)
		return;
	if (!sv->logger.is_stopping && !sv->logger.is_renewed)
		log_warn("svlog: process %d has ended; starting it again",
			(int)sv->logger.pid);
	/* Nobody tells how it ended. */
	plan_start(sv, true);
}

/* Our child's end comes as SIGCHLD; that of another's by its pidfd. */
static void
adopt(struct supervisor *sv, pid_t pid)
{
	struct logger *l = &sv->logger;

	l->pid = pid;
	l->from_ms = sv->plan.now_ms;
	l->next_ms = 0;
	l->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (l->pidfd >= 0 && loop_add(sv, l->pidfd, LOOP_LOGGER) < 0) {
		close(l->pidfd);
		l->pidfd = -1;
	}
	if (l->pidfd < 0)
		l->next_ms = sv->plan.now_ms + LOOK_MS;
	log_info("svlog: process %d goes on", (int)pid);
	/* It may have ended before we held on to it: then the pid is nobody's
	 * or another's. */
	if (logger_lock_holder(sv) != pid) {
		plan_start(sv, true);
		return;
	}
	/* Its settings may be those of before. */
	send(l, SIGHUP);
	/* A socket that only it has: the next one gets another. */
	if (devlog_is_missing(sv))
		renew(l);
}

static void
start(struct supervisor *sv)
{
	struct logger *l = &sv->logger;
	pid_t pid = logger_lock_holder(sv);

	l->next_ms = 0;
	if (pid > 0) {
		adopt(sv, pid);
		return;
	}
	l->from_ms = sv->plan.now_ms;
	devlog_look(sv);
	pid = logger_start(sv);
	if (pid < 0) {
		log_error("svlog: no process: %m; trying again");
		plan_start(sv, false);
		return;
	}
	l->pid = pid;
}

/* What cannot be watched, by its lock. */
static void
look(struct supervisor *sv)
{
	if (logger_lock_holder(sv) == sv->logger.pid)
		sv->logger.next_ms = sv->plan.now_ms + LOOK_MS;
	else
		plan_start(sv, true);
}

void
logger_turn(struct supervisor *sv)
{
	struct logger *l = &sv->logger;

	flush(sv);
	if (!l->is_needed || l->next_ms == 0 || l->next_ms > sv->plan.now_ms)
		return;
	if (l->pid == 0) {
		start(sv);
	} else if (l->is_stopping) {
		log_error("svlog: still there, and its time to write down "
			  "what is left is over; killing it");
		send(l, SIGKILL);
		forget(sv);
	} else {
		look(sv);
	}
}

int
logger_wait_ms(const struct supervisor *sv)
{
	const struct logger *l = &sv->logger;

	if (!l->is_needed || l->next_ms == 0)
		return -1;
	return l->next_ms <= sv->plan.now_ms
		       ? 0
		       : (int)(l->next_ms - sv->plan.now_ms);
}

bool
logger_is_finished(struct supervisor *sv)
{
	struct logger *l = &sv->logger;

	if (!l->is_needed)
		return true;
	if (!l->is_stopping) {
		flush(sv);
		/* Somebody has to read what they wrote last. */
		if (l->pid == 0)
			start(sv);
		l->is_stopping = true;
		l->next_ms = stop_cap_ms(sv, sv->plan.now_ms + STOP_MS);
		send(l, SIGTERM);
	}
	return l->pid == 0;
}
