#include "supervisor/logger_start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "supervisor/build.h"
#include "supervisor/devlog.h"
#include "supervisor/logger.h"
#include "supervisor/memfile.h"
#include "supervisor/supervisor.h"

#define LOCK_FILE    "svlog.lock"
#define TELL_FILE    "tell"
#define SETTINGS_NEW LOGGER_SETTINGS ".new"
#define HEADER_CAP   768
#define MAX_TOTAL    ((uint64_t)200 << 20)
#define EXEC_FAILED  127

/* As it will be executed. */
static char program[PATHS_CAP];

static bool
is_program(void)
{
	/* By the real user, who is the effective one here: to ask for that one
	 * takes a newer system call, which a filter may forbid. */
	return access(program, X_OK) == 0;
}

/* `svlog` or `tend-svlog` in the directory of our own program. */
static bool
find_beside(const struct supervisor *sv)
{
	static const char *const names[] = {"svlog", "tend-svlog"};
	const char *own = sv->upgrade.program;
	const char *slash = strrchr(own, '/');
	struct fmt f;

	for (unsigned i = 0; slash && i < 2; i++) {
		fmt_init(&f, program, sizeof(program));
		fmt_bytes(&f, own, (size_t)(slash - own) + 1);
		fmt_str(&f, names[i]);
		if (!f.is_cut && is_program())
			return true;
	}
	return false;
}

bool
logger_find_program(struct supervisor *sv)
{
	const char *path = getenv("TEND_SVLOG");
	struct fmt f;

	if ((!path || !*path) && find_beside(sv))
		return true;
	fmt_init(&f, program, sizeof(program));
	fmt_str(&f, path && *path ? path : TEND_PREFIX "/bin/svlog");
	return !f.is_cut && is_program();
}

pid_t
logger_lock_holder(const struct supervisor *sv)
{
	struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = openat(sv->runtime_fd, LOCK_FILE,
		O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	pid_t pid = 0;

	if (fd < 0)
		return 0;
	if (fcntl(fd, F_GETLK, &range) == 0 && range.l_type != F_UNLCK)
		pid = range.l_pid;
	close(fd);
	return pid;
}

/* It is held, by this descriptor, until svlog ends. */
static void
lock(const struct supervisor *sv)
{
	struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = openat(sv->runtime_fd, LOCK_FILE,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd >= 0 && fcntl(fd, F_SETLK, &range) < 0 &&
		(errno == EAGAIN || errno == EACCES))
		_exit(LOGGER_LOCKED);
}

static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static _Noreturn void
run(struct supervisor *sv)
{
	char logs[PATHS_CAP];
	const char *argv[] = {"svlog", "--run-dir", sv->runtime, "--log-dir",
		logs, NULL, NULL, NULL};
	sigset_t mask;

	setsid();
	/* Before the lock may take that number. */
	if (devlog_give(sv)) {
		argv[5] = "--syslog-fd";
		argv[6] = DEVLOG_NUMBER;
	}
	lock(sv);
	raise_limit();
	if (sv->null_fd >= 0)
		dup2(sv->null_fd, 0);
	umask(022);
	paths_log(&sv->options.paths, logs);
	/* What we may send before it has a handler is to wait for that. */
	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	execv(program, (char *const *)(uintptr_t)argv);
	log_error("svlog: %s: %m", program);
	_exit(EXEC_FAILED);
}

pid_t
logger_start(struct supervisor *sv)
{
	/* It is rare, and a copy of our memory is small. */
	pid_t pid = fork();

	if (pid == 0)
		run(sv);
	return pid;
}

/* Lines say `default`: what that is, build does not know. */
static size_t
copy_lines(char *out, const char *lines, size_t len, const char *word)
{
	static const char mark[] = "to=" BUILD_LOG_DEFAULT " ";
	const size_t mark_len = sizeof(mark) - 1;
	size_t word_len = strlen(word);
	size_t n = 0;

	for (size_t at = 0; at < len;) {
		const char *line = lines + at;
		const char *end = memchr(line, '\n', len - at);
		const char *blank = memchr(line, ' ', len - at);
		size_t line_len = end ? (size_t)(end - line) + 1 : len - at;
		size_t head = blank ? (size_t)(blank - line) + 1 : 0;
		size_t skip = 0;

		memcpy(out + n, line, head);
		n += head;
		if (line_len - head > mark_len &&
			memcmp(line + head, mark, mark_len) == 0) {
			memcpy(out + n, "to=", 3);
			memcpy(out + n + 3, word, word_len);
			out[n + 3 + word_len] = ' ';
			n += word_len + 4;
			skip = mark_len;
		}
		memcpy(out + n, line + head + skip, line_len - head - skip);
		n += line_len - head - skip;
		at += line_len;
	}
	return n;
}

char *
logger_settings(const struct supervisor *sv, const char *lines, size_t len,
	size_t *text_len)
{
	const struct load_settings *s = &sv->load.settings;
	struct build sources = {0};
	char *text = NULL;
	struct fmt f;

	/* No word for the default is longer than what stands for it. */
	if (build_add_sources(&sources, &sv->load,
		    sv->is_container ? LOG_TO_STDOUT : LOG_TO_FILE))
		text = malloc(HEADER_CAP + sources.logs_len + len);
	if (!text) {
		build_free(&sources);
		return NULL;
	}
	fmt_init(&f, text, HEADER_CAP);
	fmt_printf(&f, "tend-logs 1\n* max-total=%llu",
		(unsigned long long)(s->is_log_max_total_set ? s->log_max_total
							     : MAX_TOTAL));
	if (s->log_group[0] != '\0')
		fmt_printf(&f, " group=%s", s->log_group);
	if (s->is_log_json)
		fmt_str(&f, " format=json");
	if (s->log_syslog[0] != '\0')
		fmt_printf(&f, " syslog=%s", s->log_syslog);
	fmt_char(&f, '\n');
	if (sources.logs_len > 0)
		memcpy(text + f.len, sources.logs, sources.logs_len);
	*text_len = f.len + sources.logs_len;
	build_free(&sources);
	*text_len += copy_lines(text + *text_len, lines, len,
		sv->is_container ? "stdout" : "file");
	return text;
}

int
logger_write_settings(struct supervisor *sv, const char *text, size_t len)
{
	int fd = memfile_create(sv->runtime_fd, SETTINGS_NEW, 0600);
	int result = -1;

	if (fd < 0)
		return -1;
	if (memfile_write(fd, text, len) == 0)
		result = renameat(sv->runtime_fd, SETTINGS_NEW, sv->runtime_fd,
			LOGGER_SETTINGS);
	close(fd);
	return result;
}

void
logger_remove(struct supervisor *sv)
{
	static const char *const names[] = {
		LOGGER_SETTINGS, TELL_FILE, LOCK_FILE};

	devlog_remove(sv);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(sv->runtime_fd, names[i], 0);
}
