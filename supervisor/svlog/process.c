#include "supervisor/svlog/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/log.h"
#include "lib/words.h"
#include "supervisor/svlog/rotate.h"
#include "supervisor/svlog/worker.h"

#define WAITING 32u /* what comes above that is not processed */

struct process {
	int dir_fd;
	char name[ROTATE_NAME_LEN + 1]; /* the last letter varies */
	char words[WORKER_PROCESSOR];
};

/* A ring; the first is the one that runs if there is a pid. */
static struct process queue[WAITING];
static unsigned first;
static unsigned count;
static pid_t running;

extern char **environ;

static const char *
named(struct process *p, char suffix)
{
	p->name[ROTATE_NAME_LEN - 1] = suffix;
	return p->name;
}

/* False: it is not there any more, or cannot be renamed. */
static bool
give(struct process *p, char from, char to)
{
	char old[ROTATE_NAME_LEN + 1];

	memcpy(old, named(p, from), sizeof(old));
	if (renameat(p->dir_fd, old, p->dir_fd, named(p, to)) == 0)
		return true;
	/* The oldest are removed while they wait. */
	if (errno != ENOENT)
		log_warn("%s: cannot be renamed: %m", old);
	return false;
}

static void
end(struct process *p, bool is_done)
{
	if (is_done) {
		give(p, 't', 'p');
		unlinkat(p->dir_fd, named(p, 'u'), 0);
	} else {
		unlinkat(p->dir_fd, named(p, 't'), 0);
		give(p, 'u', 's');
	}
	close(p->dir_fd);
	first = (first + 1) % WAITING;
	count--;
}

static int
spawn(struct process *p, int in, int out)
{
	static char memory[4096];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	struct def_error what;
	struct arena arena;
	const char **words;
	sigset_t none;
	sigset_t pipe;
	int error;

	arena_init(&arena, memory, sizeof(memory));
	if (!words_split(p->words, 0, &(struct words_context){.name = NULL},
		    &arena, &words, NULL, &what) ||
		!words[0])
		return EINVAL;
	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(
		&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &pipe);
	/* The words are not written to: exec's type is older than const. */
	error = posix_spawnp(&running, words[0], &actions, &attributes,
		(char *const *)(const void *)words, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (error)
		running = 0;
	return error;
}

static bool
start(struct process *p)
{
	int in;
	int out;
	int error = 0;

	if (!give(p, 's', 'u'))
		return false;
	in = openat(
		p->dir_fd, named(p, 'u'), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	out = openat(p->dir_fd, named(p, 't'),
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (in < 0 || out < 0)
		error = errno;
	if (!error)
		error = spawn(p, in, out);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	errno = error;
	if (error)
		log_error("%s: cannot be run: %m; files stay as they are",
			p->words);
	return !error;
}

static void
start_next(void)
{
	while (count > 0 && !running && !start(&queue[first]))
		end(&queue[first], false);
}

void
process_finish(uint32_t ms)
{
	const struct timespec moment = {.tv_nsec = 5000000};

	for (ms /= 5; count > 0 && ms > 0; ms--) {
		process_look();
		if (running)
			nanosleep(&moment, NULL);
	}
}

void
process_add(int dir_fd, const char *name, const char *words)
{
	struct process *p = &queue[(first + count) % WAITING];

	if (count == WAITING) {
		log_warn("%s: too many files wait for it; %s stays as it is",
			words, name);
		return;
	}
	p->dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	if (p->dir_fd < 0)
		return;
	memcpy(p->name, name, sizeof(p->name));
	memcpy(p->words, words, strlen(words) + 1);
	count++;
	start_next();
}

void
process_look(void)
{
	int status;

	if (!running || waitpid(running, &status, WNOHANG) != running)
		return;
	running = 0;
	if (status != 0)
		log_error("%s: failed with %s %d; %s stays as it is",
			queue[first].words,
			WIFEXITED(status) ? "status" : "signal",
			WIFEXITED(status) ? WEXITSTATUS(status)
					  : WTERMSIG(status),
			queue[first].name);
	end(&queue[first], status == 0);
	start_next();
}
