#include "supervisor/doctor_private.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/paths.h"
#include "lib/signame.h"
#include "supervisor/startup.h"

extern char **environ;

#define LIST_CAP    512
#define SIGNAL_LAST 64
/* Descriptors are looked for below it. */
#define FD_MOST 1024
/* Two for each logged service, and what we need ourselves. */
#define NOFILE_OWN  24
#define NOFILE_FEW  256
#define NPROC_FEW   64
#define LOGGED_TAKE 2

static const char *
kind_of(int fd, const struct stat *st)
{
	if (isatty(fd))
		return "a terminal";
	if (S_ISCHR(st->st_mode))
		return "a device";
	if (S_ISFIFO(st->st_mode))
		return "a pipe";
	if (S_ISSOCK(st->st_mode))
		return "a socket";
	if (S_ISREG(st->st_mode))
		return "a file";
	return S_ISDIR(st->st_mode) ? "a directory" : "of another kind";
}

static void
look_at_standard(void)
{
	static const char *const names[] = {"stdin", "stdout", "stderr"};
	struct stat st;

	for (int fd = 0; fd <= 2; fd++) {
		if (fstat(fd, &st) == 0)
			doctor_say(FOUND_OK, names[fd], "%s", kind_of(fd, &st));
		else
			doctor_say(FOUND_NOTE, names[fd],
				"closed: /dev/null or / is opened in its "
				"place");
	}
	if (tcgetpgrp(0) >= 0)
		doctor_say(FOUND_OK, "terminal", "ours");
	else
		doctor_say(FOUND_OK, "terminal",
			"none that is ours; none is needed");
}

static void
look_at_descriptors(void)
{
	char text[LIST_CAP];
	struct fmt f;
	unsigned count = 0;

	fmt_init(&f, text, sizeof(text));
	for (int fd = 3; fd < FD_MOST; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		fmt_printf(&f, "%s%d", count ? " " : "", fd);
		count++;
	}
	if (count == 0)
		doctor_say(FOUND_OK, "descriptors", "none but 0, 1 and 2");
	else
		doctor_say(FOUND_NOTE, "descriptors",
			"inherited: %s%s; no service gets them", text,
			f.is_cut ? "..." : "");
}

static void
add_signal(struct fmt *f, int signal)
{
	char name[16];

	fmt_printf(f, "%s%s", f->len > 0 ? " " : "", signame_get(signal, name));
}

static void
look_at_signals(void)
{
	char blocked[LIST_CAP];
	char ignored[LIST_CAP];
	struct fmt is_blocked;
	struct fmt is_ignored;
	struct sigaction action;
	sigset_t mask;

	fmt_init(&is_blocked, blocked, sizeof(blocked));
	fmt_init(&is_ignored, ignored, sizeof(ignored));
	sigemptyset(&mask);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int signal = 1; signal <= SIGNAL_LAST; signal++) {
		if (sigismember(&mask, signal) > 0)
			add_signal(&is_blocked, signal);
		if (sigaction(signal, NULL, &action) == 0 &&
			action.sa_handler == SIG_IGN)
			add_signal(&is_ignored, signal);
	}
	if (is_blocked.len == 0 && is_ignored.len == 0)
		doctor_say(FOUND_OK, "signals", "none is blocked or ignored");
	if (is_blocked.len > 0)
		doctor_say(FOUND_NOTE, "signals",
			"blocked: %s; services get none blocked", blocked);
	if (is_ignored.len > 0)
		doctor_say(FOUND_NOTE, "signals",
			"ignored: %s; services get none ignored", ignored);
}

static void
put_limit(struct fmt *f, rlim_t limit)
{
	if (limit == RLIM_INFINITY)
		fmt_str(f, "no limit");
	else
		fmt_u64(f, limit);
}

static void
look_at_nofile(void)
{
	struct rlimit limit;
	char text[64];
	struct fmt f;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	fmt_init(&f, text, sizeof(text));
	put_limit(&f, limit.rlim_cur);
	fmt_str(&f, ", at most ");
	put_limit(&f, limit.rlim_max);
	if (limit.rlim_max >= NOFILE_FEW)
		doctor_say(FOUND_OK, "limit-nofile", "%s", text);
	else if (limit.rlim_max > NOFILE_OWN)
		doctor_say(FOUND_NOTE, "limit-nofile",
			"%s: the pipes of about %u logged services are kept, "
			"those of others are lost with svlog",
			text,
			(unsigned)(limit.rlim_max - NOFILE_OWN) / LOGGED_TAKE);
	else
		doctor_say(limit.rlim_max < STARTUP_NOFILE_LEAST ? FOUND_BAD
								 : FOUND_NOTE,
			"limit-nofile",
			"%s: at least %u are needed, and more for logs; raise "
			"it (--ulimit nofile=1024)",
			text, STARTUP_NOFILE_LEAST);
}

static void
say_limit(int result, const struct rlimit *limit, const char *what,
	const char *comment)
{
	if (result == 0 && limit->rlim_cur != RLIM_INFINITY)
		doctor_say(FOUND_NOTE, what, "%llu: %s",
			(unsigned long long)limit->rlim_cur, comment);
}

static void
look_at_limits(void)
{
	struct rlimit limit;

	look_at_nofile();
	if (getrlimit(RLIMIT_NPROC, &limit) == 0)
		doctor_say(limit.rlim_cur < NPROC_FEW && getuid() != 0
				   ? FOUND_NOTE
				   : FOUND_OK,
			"limit-nproc",
			limit.rlim_cur == RLIM_INFINITY
				? "no limit"
				: "%llu processes of this user; a start that "
				  "finds no room is tried again",
			(unsigned long long)limit.rlim_cur);
	/* What ends in errors of programs far from here. */
	say_limit(getrlimit(RLIMIT_FSIZE, &limit), &limit, "limit-fsize",
		"files of services and logs grow no larger");
	say_limit(getrlimit(RLIMIT_AS, &limit), &limit, "limit-as",
		"bytes of memory for each process");
	say_limit(getrlimit(RLIMIT_DATA, &limit), &limit, "limit-data",
		"bytes of data for each process");
	say_limit(getrlimit(RLIMIT_CPU, &limit), &limit, "limit-cpu",
		"seconds until the kernel ends it");
}

/* The values of these may be meant for services alone. */
static bool
is_secret(const char *variable)
{
	return strncmp(variable, "TEND_SVC_", 9) == 0;
}

static bool
is_heeded(const char *variable, bool is_user)
{
	static const char *const prefixes[] = {"TEND_", "TINI_", "DUMB_INIT_",
		"NOTIFY_SOCKET=", "LISTEN_", "WATCHDOG_"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(variable, prefixes[i], strlen(prefixes[i])))
			return true;
	return is_user && strncmp(variable, "XDG_", 4) == 0;
}

static void
look_at_environment(bool is_user)
{
	unsigned count = 0;

	for (char **at = environ; at && *at; at++, count++) {
		size_t name = strcspn(*at, "=");

		if (is_heeded(*at, is_user))
			doctor_say(FOUND_OK, "environment", "%.*s",
				(int)(is_secret(*at) ? name
						     : strnlen(*at, LIST_CAP)),
				*at);
	}
	if (count == 0)
		doctor_say(FOUND_NOTE, "environment", "it is empty");
	if (!getenv("PATH"))
		doctor_say(FOUND_NOTE, "PATH",
			"not set: services get a standard one");
	if (is_user && !getenv("HOME"))
		doctor_say(FOUND_NOTE, "HOME",
			"not set: XDG_CONFIG_HOME and XDG_STATE_HOME are "
			"needed in its place");
}

void
doctor_look_at_inherited(const struct paths_options *options)
{
	look_at_standard();
	look_at_descriptors();
	look_at_signals();
	look_at_limits();
	look_at_environment(options->is_user);
}
