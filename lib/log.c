#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"

/* Defined here, not called. */
#undef log_error
#undef log_warn
#undef log_info

/* Below PIPE_BUF, so that a line in a pipe is never mixed with another's. */
#define LINE_CAP 1024

static const char *log_program = "tend";
static enum log_level log_level = LOG_INFO;
static int kept_fd = -1; /* never blocks; -1: look at stderr each time */

void
log_setup(const char *program, enum log_level level)
{
	log_program = program;
	log_level = level;
}

/*
 * A second open file of the terminal or pipe behind stderr, which may be
 * non-blocking: setting O_NONBLOCK on that itself would set it for everybody
 * who shares it. -1 where that cannot be done.
 */
static int
open_again(void)
{
	char path[32];
	struct fmt f;

	fmt_init(&f, path, sizeof path);
	fmt_printf(&f, "/proc/self/fd/%d", STDERR_FILENO);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void
log_keep_open(void)
{
	struct stat st;

	if (kept_fd >= 0 && kept_fd != STDERR_FILENO)
		close(kept_fd);
	kept_fd = -1;
	if (fstat(STDERR_FILENO, &st) != 0)
		return;
	if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))
		kept_fd = open_again();
	else if (S_ISREG(st.st_mode))
		kept_fd = STDERR_FILENO;
}

static void
write_line(const char *line, size_t len)
{
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
	struct stat st;
	ssize_t ignored; /* there is nobody to tell */
	int fd = -1;

	if (kept_fd < 0 && fstat(STDERR_FILENO, &st) != 0)
		return;
	if (kept_fd < 0 && S_ISSOCK(st.st_mode)) {
		ignored = send(
			STDERR_FILENO, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)ignored;
		return;
	}
	if (kept_fd < 0 && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))) {
		/* poll alone would not do: a terminal with room for one byte
		 * is writable, and a write of two then waits. */
		if (poll(&out, 1, 0) <= 0)
			return;
		fd = open_again();
	}
	ignored = write(kept_fd >= 0 ? kept_fd
			: fd >= 0    ? fd
				     : STDERR_FILENO,
		line, len);
	(void)ignored;
	if (fd >= 0)
		close(fd);
}

static void __attribute__((format(printf, 2, 0)))
put(enum log_level level, const char *format, va_list args)
{
	char line[LINE_CAP];
	struct fmt f;
	int error = errno;

	if (level > log_level)
		return;
	/* One byte is kept for the newline of a line that was cut. */
	fmt_init(&f, line, sizeof line - 1);
	fmt_str(&f, log_program);
	fmt_str(&f, ": ");
	errno = error;
	fmt_vprintf(&f, format, args);
	line[f.len++] = '\n';
	write_line(line, f.len);
	errno = error;
}

void
log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(LOG_ERROR, format, args);
	va_end(args);
}

void
log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(LOG_WARN, format, args);
	va_end(args);
}

void
log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(LOG_INFO, format, args);
	va_end(args);
}
