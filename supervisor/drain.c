#include "supervisor/drain.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/duration.h"
#include "lib/fmt.h"
#include "lib/handoff.h"
#include "lib/log.h"
#include "lib/signame.h"
#include "lib/words.h"
#include "supervisor/act.h"
#include "supervisor/finish.h"
#include "supervisor/journal.h"
#include "supervisor/publish.h"
#include "supervisor/stop.h"
#include "supervisor/supervisor.h"

#define ARENA_CAP   65536u
#define EXEC_FAILED 127

extern char **environ;

static pid_t command_pid; /* 0: none */

bool
drain_is_on(const struct supervisor *sv)
{
	return sv->stop.drained_ms != 0 && !sv->finish.is_asked;
}

/* In a process of its own, with our environment and output. */
static _Noreturn void
run_command(const struct supervisor *sv)
{
	static char memory[ARENA_CAP];
	const struct words_context context = {.runtime = sv->runtime,
		.host = sv->host,
		.env = (const char *const *)environ};
	const char **argv;
	struct def_error error;
	struct arena arena;
	sigset_t none;

	arena_init(&arena, memory, sizeof(memory));
	if (!words_split(sv->load.settings.drain_command, WORDS_VARIABLES,
		    &context, &arena, &argv, NULL, &error)) {
		log_error("drain-command: %s", error.text);
		_exit(EXEC_FAILED);
	}
	setsid();
	if (sv->null_fd >= 0)
		dup2(sv->null_fd, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (argv[0])
		execvp(argv[0], (char *const *)(uintptr_t)argv);
	else
		errno = EINVAL;
	log_error("drain-command: %s: %m", argv[0] ? argv[0] : "no words");
	_exit(EXEC_FAILED);
}

static void
start_command(struct supervisor *sv)
{
	pid_t pid;

	if (sv->load.settings.drain_command[0] == '\0')
		return;
	/* It is rare, and a copy of our memory is small. */
	pid = fork();
	if (pid == 0)
		run_command(sv);
	if (pid < 0)
		log_error("drain-command: no process: %m; draining goes on "
			  "without it");
	else
		command_pid = pid;
}

/* Until when is in stop.drained_ms. */
static void
enter(struct supervisor *sv)
{
	uint64_t until_ms = sv->stop.drained_ms;
	uint64_t now_ms = sv->plan.now_ms;
	char text[32];
	struct fmt f;

	publish_flags(&sv->page, PAGE_DRAINING, 0);
	sv->stop.next_ms = until_ms;
	fmt_init(&f, text, sizeof(text));
	duration_format(&f, until_ms > now_ms ? until_ms - now_ms : 0);
	log_warn("draining for %s; another TERM skips it", text);
}

bool
drain_begin(struct supervisor *sv)
{
	if (sv->stop.drain_ms == 0)
		return false;
	sv->stop.drained_ms = sv->plan.now_ms + sv->stop.drain_ms;
	/* Should we die meanwhile, the next one goes on with it. The command
	 * is not run a second time: it lives on, though nobody sees its end. */
	stop_begin(sv);
	start_command(sv);
	enter(sv);
	return true;
}

void
drain_resume(struct supervisor *sv)
{
	if (!drain_is_on(sv))
		return;
	enter(sv);
}

static void
over(struct supervisor *sv, const char *why)
{
	log_warn("draining: %s; stopping everything", why);
	finish_ask(sv, END_EXIT);
	act_run(sv);
}

void
drain_turn(struct supervisor *sv)
{
	if (drain_is_on(sv) && sv->plan.now_ms >= sv->stop.drained_ms)
		over(sv, "the time is over");
}

bool
drain_died(struct supervisor *sv, pid_t pid, int status)
{
	siginfo_t info;
	char name[16];

	if (pid != command_pid || pid == 0)
		return false;
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG);
	command_pid = 0;
	if (!drain_is_on(sv))
		return true;
	if (status == 0)
		over(sv, "drain-command has ended");
	else if (WIFEXITED(status))
		log_warn("drain-command: exited %d; draining goes on for its "
			 "time",
			WEXITSTATUS(status));
	else
		log_warn("drain-command: killed by %s; draining goes on for "
			 "its time",
			signame_get(WTERMSIG(status), name));
	return true;
}

void
drain_end(struct supervisor *sv)
{
	publish_flags(&sv->page, 0, PAGE_DRAINING);
	sv->stop.drained_ms = 0;
	if (command_pid == 0)
		return;
	/* Before its setsid() it has no group of its own. */
	kill(-command_pid, SIGKILL);
	kill(command_pid, SIGKILL);
}
