#include "init/upgrade.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/clock.h"
#include "init/fault.h"
#include "init/leave.h"
#include "init/limits.h"
#include "init/signals.h"
#include "lib/fmt.h"
#include "lib/log.h"

/* The form that engines of containers know; a real tini lacks the end. */
#define ANSWER	"tini version "
#define OURS	"_tend\n"
#define DELETED " (deleted)"

/* Not handed over: after a fault in the midst of it, it has to be asked for
 * once more, and the child is one of those that are nobody's. */
static struct {
	pid_t pid;	   /* of the child that is asked; 0: none */
	int program_fd;	   /* O_PATH */
	int answer_fd;	   /* read end of its output */
	uint64_t until_ms; /* it is killed then; 0: it was */
} probe;

/* The path that init was started by is the one that a link may lead elsewhere
 * from; without one the kernel knows where the program was. */
static void
put_path(struct fmt *path, const char *program)
{
	ssize_t len;

	if (strchr(program, '/')) {
		fmt_str(path, program);
		return;
	}
	len = readlink("/proc/self/exe", path->text, path->cap - 1);
	if (len < 0)
		len = 0;
	if (len > (ssize_t)sizeof DELETED &&
		memcmp(path->text + len - sizeof DELETED + 1, DELETED,
			sizeof DELETED - 1) == 0)
		len -= (ssize_t)sizeof DELETED - 1;
	path->text[len] = '\0';
}

static _Noreturn void
become_probe(int out_fd)
{
	static const char *const words[] = {"init", "--version", NULL};
	char path[32];
	struct fmt f;

	setsid();
	dup2(out_fd, 1);
	signals_unblock();
#ifdef SYS_execveat
	syscall(SYS_execveat, probe.program_fd, "", words, environ,
		AT_EMPTY_PATH);
#endif
	fmt_init(&f, path, sizeof path);
	fmt_str(&f, "/proc/self/fd/");
	fmt_u64(&f, (uint64_t)probe.program_fd);
	execve(path, (char **)(uintptr_t)words, environ);
	log_error("the new program: %m");
	leave(127);
}

static void
forget(void)
{
	close(probe.program_fd);
	close(probe.answer_fd);
	probe.pid = 0;
}

void
upgrade_begin(const char *program)
{
	char text[PATH_MAX];
	struct fmt path;
	int ends[2];

	/* Without argv[0] nothing could be handed over. */
	if (probe.pid > 0 || !program)
		return;
	fmt_init(&path, text, sizeof text);
	put_path(&path, program);
	probe.program_fd = open(text, O_PATH | O_CLOEXEC);
	if (probe.program_fd < 0) {
		log_error("%s: %m; going on as it is", text);
		return;
	}
	log_info("looking whether %s can take over", text);
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		log_error("no pipe: %m; going on as it is");
		close(probe.program_fd);
		return;
	}
	probe.answer_fd = ends[0];
	/* With memory of its own: the stack for children that share init's
	 * may be wanted by a supervisor meanwhile. */
	probe.pid = fork();
	if (probe.pid == 0)
		become_probe(ends[1]);
	close(ends[1]);
	probe.until_ms = clock_ms() + LIMIT_PROBE_MS;
	if (probe.pid > 0)
		return;
	log_error("no process could be made: %m; going on as it is");
	forget();
}

static bool
is_init(void)
{
	char answer[64];
	const size_t first = sizeof ANSWER - 1, last = sizeof OURS - 1;
	ssize_t len = read(probe.answer_fd, answer, sizeof answer);

	return len > (ssize_t)(first + last) &&
	       memcmp(answer, ANSWER, first) == 0 &&
	       memcmp(answer + len - last, OURS, last) == 0;
}

bool
upgrade_reap(void)
{
	siginfo_t info = {.si_pid = 0};
	bool is_right;

	if (probe.pid == 0)
		return false;
	if (waitid(P_PID, (id_t)probe.pid, &info, WEXITED | WNOHANG) == 0 &&
		info.si_pid == 0)
		return false;
	is_right =
		info.si_code == CLD_EXITED && info.si_status == 0 && is_init();
	if (is_right) {
		fault_exec(probe.program_fd);
		log_error("the new program cannot be executed: %m; "
			  "going on as it is");
	} else {
		log_error("the new program does not say that it is init; "
			  "going on as it is");
	}
	forget();
	return true;
}

int
upgrade_left_ms(void)
{
	return probe.pid > 0 && probe.until_ms ? clock_left_ms(probe.until_ms)
					       : -1;
}

void
upgrade_check(void)
{
	if (upgrade_left_ms() != 0)
		return;
	log_error("the new program does not answer");
	probe.until_ms = 0;
	kill(probe.pid, SIGKILL);
}
