#include "supervisor/ask.h"
#include "supervisor/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "supervisor/journal.h"
#include "supervisor/link.h"
#include "supervisor/outputs.h"
#include "supervisor/record.h"
#include "supervisor/spawn.h"
#include "supervisor/supervisor.h"

extern char **environ;

/* Beside services and a command. */
#define ARGS_MAX    20
#define DESCRIPTORS "/proc/self/fd/"
#define CODE_OK	    0
#define CODE_FAILED 1

/* The command line of the next program. */
struct command {
	const char **argv; /* malloc'd */
	size_t argc;
	size_t cap;
	char init_fd[16];
	char guard_fd[16];
};

void
upgrade_note_program(struct supervisor *sv, const char *argv0)
{
	static const char gone[] = " (deleted)";
	const size_t gone_len = sizeof(gone) - 1;
	char *program = sv->upgrade.program;
	ssize_t len;

	program[0] = '\0';
	/* What init has executed by a descriptor is called by a name that means
	 * something else here. */
	if (argv0 && argv0[0] == '/' && strlen(argv0) < PATHS_CAP &&
		strncmp(argv0, DESCRIPTORS, sizeof(DESCRIPTORS) - 1) != 0) {
		memcpy(program, argv0, strlen(argv0) + 1);
		return;
	}
	len = readlink("/proc/self/exe", program, PATHS_CAP - 1);
	if (len <= 0)
		return;
	program[len] = '\0';
	/* Another program lies there by now: that is the one to execute. */
	if ((size_t)len > gone_len &&
		strcmp(program + (size_t)len - gone_len, gone) == 0)
		program[(size_t)len - gone_len] = '\0';
}

void
upgrade_ask(struct supervisor *sv, uint64_t token)
{
	sv->upgrade.is_asked = true;
	sv->upgrade.token = token;
	sv->upgrade.until_ms = sv->plan.now_ms + UPGRADE_MS;
}

int
upgrade_wait_ms(const struct supervisor *sv)
{
	/* The end of a start wakes us; this is for the one that hangs. */
	return sv->upgrade.is_asked ? UPGRADE_MS : -1;
}

static void
add(struct command *c, const char *word)
{
	if (c->argc + 1 < c->cap)
		c->argv[c->argc++] = word;
	c->argv[c->argc] = NULL;
}

static const char *
number(char out[16], int n)
{
	struct fmt f;

	fmt_init(&f, out, 16);
	fmt_printf(&f, "%d", n);
	return out;
}

static void
add_services(struct command *c, const struct options *o)
{
	for (size_t i = 0; i < o->services; i++) {
		add(c, "-S");
		add(c, o->service[i]);
	}
	if (!o->command)
		return;
	add(c, "--");
	for (const char *const *at = o->command; *at; at++)
		add(c, *at);
}

static bool
allocate(struct command *c, const struct options *o)
{
	c->argc = 0;
	c->cap = ARGS_MAX + 2 * o->services;
	for (const char *const *at = o->command; at && *at; at++)
		c->cap++;
	c->argv = malloc(c->cap * sizeof(*c->argv));
	return c->argv != NULL;
}

/*
 * As we were called; guard_fd 0: nobody guards it, -1: no upgrade. False with
 * errno.
 */
static bool
build_command(const struct supervisor *sv, struct command *c, int guard_fd)
{
	const struct options *o = &sv->options;

	if (!allocate(c, o))
		return false;
	add(c, sv->upgrade.program);
	if (o->is_foreground)
		add(c, "-f");
	if (o->is_verbose)
		add(c, "-v");
	if (o->paths.is_user)
		add(c, "--user");
	if (o->paths.config) {
		add(c, "-c");
		add(c, o->paths.config);
	}
	if (o->paths.runtime) {
		add(c, "-r");
		add(c, o->paths.runtime);
	}
	if (o->stop.budget)
		add(c, o->stop.budget);
	if (o->stop.drain)
		add(c, o->stop.drain);
	if (sv->init_fd >= 0) {
		add(c, "--init-fd");
		add(c, number(c->init_fd, sv->init_fd));
	}
	if (guard_fd >= 0) {
		add(c, "--upgraded");
		add(c, number(c->guard_fd, guard_fd));
	}
	add_services(c, o);
	return true;
}

/* execve promises not to write to them, but cannot say so in C. */
static char **
words(struct command *c)
{
	return (char **)(uintptr_t)c->argv;
}

static void
wait_for(int fd, int time_ms)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	while (poll(&pfd, 1, time_ms) < 0 && errno == EINTR)
		;
}

/* In a process of its own: the program of old comes back if need be. */
static _Noreturn void
guard(struct supervisor *sv, int ready_fd, int parent_fd, int program_fd)
{
	struct command command;
	char byte;

	setsid();
	wait_for(ready_fd, UPGRADE_MS);
	fcntl(ready_fd, F_SETFL, O_NONBLOCK);
	if (read(ready_fd, &byte, 1) == 1)
		_exit(0);
	log_error("upgrade: the new supervisor does not serve; the old one "
		  "comes back");
	syscall(SYS_pidfd_send_signal, parent_fd, SIGKILL, NULL, 0);
	wait_for(parent_fd, UPGRADE_MS);
	if (build_command(sv, &command, -1))
		syscall(SYS_execveat, program_fd, "", words(&command), environ,
			AT_EMPTY_PATH);
	log_error("upgrade: the old supervisor cannot be executed: %m");
	_exit(1);
}

/* The end of a pipe that the new program is to write to; -1 with errno. */
static int
start_guard(struct supervisor *sv)
{
	int ends[2];
	int program_fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	int self_fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	pid_t pid = -1;

	if (program_fd >= 0 && self_fd >= 0 && pipe2(ends, O_CLOEXEC) == 0) {
		pid = fork();
		if (pid == 0) {
			close(ends[1]);
			guard(sv, ends[0], self_fd, program_fd);
		}
		close(ends[0]);
		if (pid < 0)
			close(ends[1]);
		else
			fcntl(ends[1], F_SETFD, 0);
	}
	if (program_fd >= 0)
		close(program_fd);
	if (self_fd >= 0)
		close(self_fd);
	return pid < 0 ? -1 : ends[1];
}

static void
refuse(struct supervisor *sv, const char *why)
{
	log_error("upgrade: %s: %s; going on as before", sv->upgrade.program,
		why);
	sv->upgrade.is_asked = false;
	publish_result(&sv->page, sv->upgrade.token, CODE_FAILED, PAGE_NONE,
		PAGE_FAILED);
	publish_wake(&sv->page);
}

/* Returns only if it cannot be executed, with errno. */
static void
execute(struct supervisor *sv, int guard_fd)
{
	struct command command;
	int error;

	if (!build_command(sv, &command, guard_fd < 0 ? 0 : guard_fd))
		return;
	journal_set_upgrade(&sv->journal, sv->upgrade.token);
	publish_flags(&sv->page, 0, PAGE_SERVING);
	publish_wake(&sv->page);
	if (sv->init_fd >= 0) {
		fcntl(sv->init_fd, F_SETFD, 0);
		link_send_upgrade(sv, UPGRADE_MS);
	}
	outputs_limit(sv, false);
	ask_end(sv);
	execve(sv->upgrade.program, words(&command), environ);
	error = errno;
	free(command.argv);
	outputs_limit(sv, true);
	if (sv->init_fd >= 0) {
		fcntl(sv->init_fd, F_SETFD, FD_CLOEXEC);
		link_send_serving(sv);
	}
	journal_set_upgrade(&sv->journal, 0);
	publish_flags(&sv->page, PAGE_SERVING, 0);
	errno = error;
}

void
upgrade_run(struct supervisor *sv)
{
	int guard_fd = -1;
	int error;

	if (spawn_is_any_under_way(sv)) {
		/* It shares our memory, and waits for our answer. */
		if (sv->plan.now_ms >= sv->upgrade.until_ms)
			refuse(sv, "the start of a service hangs");
		return;
	}
	if (sv->runtime_fd < 0) {
		refuse(sv, "without a run-time root the next one would know "
			   "of no service");
		return;
	}
	if (sv->init_fd < 0 && (guard_fd = start_guard(sv)) < 0) {
		refuse(sv, strerror(errno));
		return;
	}
	record_changes(sv);
	log_info("upgrade: executing %s", sv->upgrade.program);
	execute(sv, guard_fd);
	error = errno;
	if (guard_fd >= 0) {
		while (write(guard_fd, "", 1) < 0 && errno == EINTR)
			;
		close(guard_fd);
	}
	refuse(sv, strerror(error));
}

void
upgrade_answer(struct supervisor *sv, uint64_t token)
{
	bool is_new = sv->options.is_upgraded;
	int fd = sv->options.upgrade_fd;

	if (is_new && fd > 2) {
		while (write(fd, "", 1) < 0 && errno == EINTR)
			;
		close(fd);
	}
	/* One that died right behind its answer has left it on the page. */
	if (!publish_has_result(&sv->page, token))
		publish_result(&sv->page, token, is_new ? CODE_OK : CODE_FAILED,
			PAGE_NONE, is_new ? PAGE_ACCEPTED : PAGE_NOT_SERVING);
}
