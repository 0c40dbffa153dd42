#include "tests/torture/arena.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/torture/look.h"

#define CONSOLE_SHOWN 6000

struct arena arena;

const char *
arena_path(const char *what)
{
	static char paths[4][ARENA_PATH_CAP];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, ARENA_PATH_CAP, "%s/%s", arena.dir, what);
	return path;
}

static void
empty(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL)
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

bool
arena_clear(void)
{
	static const char *const places[] = {
		"", "run", "log", "etc", "etc/services"};
	int fd;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (mkdir(arena_path(places[i]), 0755) != 0 && errno != EEXIST)
			break;
		empty(arena_path(places[i]));
	}
	fd = open(arena_path("record"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		0600);
	if (fd < 0) {
		printf("# %s: %s\n", arena.dir, strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

void
arena_define(const char *name, const char *mode, const char *lines)
{
	char path[ARENA_PATH_CAP];
	FILE *file;

	snprintf(path, sizeof(path), "%s/etc/services/%s", arena.dir, name);
	file = fopen(path, "we");
	if (!file) {
		printf("# %s: %s\n", path, strerror(errno));
		return;
	}
	fprintf(file, "command = %s/torture/ward %s %s %s\n%s", arena.build,
		arena.dir, name, mode, lines);
	fclose(file);
}

void
arena_remove(const char *name)
{
	char path[ARENA_PATH_CAP];

	snprintf(path, sizeof(path), "%s/etc/services/%s", arena.dir, name);
	unlink(path);
}

/* Standard descriptors and environment of all that is tested. */
static void
prepare_process(void)
{
	int console = open(
		arena_path("console"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	dup2(null, 0);
	dup2(console, 1);
	dup2(console, 2);
	for (int fd = 3; fd < 64; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	setenv("TEND_LOG", arena_path("log"), 1);
	setenv("TORTURE_HOLD", arena_path("hold"), 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
become_init(void)
{
	char program[ARENA_PATH_CAP], gate[ARENA_PATH_CAP];
	char supervisor[ARENA_PATH_CAP];

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("proc", "/proc", "proc", 0, NULL) != 0) {
		printf("# /proc: %s\n", strerror(errno));
		_exit(2);
	}
	prepare_process();
	if (arena.is_alone)
		return;
	snprintf(program, sizeof(program), "%s/torture/init", arena.build);
	snprintf(gate, sizeof(gate), "%s/torture/gate", arena.build);
	snprintf(supervisor, sizeof(supervisor), "%s/supervisor", arena.build);
	setenv("TEND_SUPERVISOR", gate, 1);
	setenv("TORTURE_SUPERVISOR", supervisor, 1);
	execl(program, "init", "-c", arena_path("etc"), "-r", arena_path("run"),
		(char *)NULL);
}

static _Noreturn void
only_reap(int ready_fd)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	close(ready_fd);
	for (;;) {
		siginfo_t info;

		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sigwaitinfo(&child, &info);
	}
}

/* In the namespace: PID 1, then the driver, once there is a /proc. */
static int
hold_arena(int (*drive)(void))
{
	int ready[2], status;
	char byte;
	pid_t init, driver;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0 ||
		pipe2(ready, O_CLOEXEC) != 0) {
		printf("# no namespace: %s\n", strerror(errno));
		return 2;
	}
	init = fork();
	if (init == 0) {
		become_init();
		if (arena.is_alone)
			only_reap(ready[1]);
		_exit(127);
	}
	close(ready[1]);
	driver = init < 0 ? -1 : fork();
	if (driver == 0) {
		/* Its end is that of init's exec. */
		while (read(ready[0], &byte, 1) > 0)
			;
		status = drive();
		fflush(stdout);
		_exit(status);
	}
	if (driver < 0 || waitpid(driver, &status, 0) != driver)
		status = -1;
	if (init > 0) {
		if (!arena.is_to_end || WIFEXITED(status))
			kill(init, SIGKILL);
		waitpid(init, arena.is_to_end ? &status : NULL, 0);
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	printf("# PID 1 did not end as it should\n");
	return 2;
}

int
arena_run(int (*drive)(void))
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		status = hold_arena(drive);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

void
arena_start_supervisor(void)
{
	char program[ARENA_PATH_CAP], byte;
	int ready[2];
	pid_t pid;

	if (!arena.is_alone || pipe2(ready, O_CLOEXEC) != 0)
		return;
	pid = fork();
	if (pid == 0) {
		snprintf(
			program, sizeof(program), "%s/supervisor", arena.build);
		prepare_process();
		setsid();
		execl(program, program, "-f", "-c", arena_path("etc"), "-r",
			arena_path("run"), (char *)NULL);
		_exit(127);
	}
	/* Its end is that of the exec: then it is seen as what it is. */
	close(ready[1]);
	while (read(ready[0], &byte, 1) > 0)
		;
	close(ready[0]);
}

void
arena_kill_supervisor(pid_t pid)
{
	kill(pid, SIGKILL);
	if (arena.is_alone)
		waitpid(pid, NULL, 0);
	arena_start_supervisor();
}

void
arena_hold(bool is_held)
{
	int fd;

	if (!is_held) {
		unlink(arena_path("hold"));
		return;
	}
	fd = open(arena_path("hold"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

static pid_t held;

static bool
is_held(void)
{
	/* Thousands of orphans may be among them. */
	static char text[65536];
	FILE *file = fopen("/proc/1/task/1/children", "re");
	char *at = text;
	size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[len] = '\0';
	while ((held = (pid_t)strtol(at, &at, 10)) > 0)
		if (look_process(held).state == 'T')
			return true;
	return false;
}

pid_t
arena_wait_held(void)
{
	return look_until(is_held) ? held : 0;
}

void
arena_show_console(void)
{
	static char text[CONSOLE_SHOWN + 1];
	int fd = open(arena_path("console"), O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t len = 0;
	char *line, *rest;

	if (fd >= 0) {
		len = pread(fd, text, CONSOLE_SHOWN,
			size > CONSOLE_SHOWN ? size - CONSOLE_SHOWN : 0);
		close(fd);
	}
	text[len > 0 ? len : 0] = '\0';
	for (line = strtok_r(text, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest))
		/* Those that were killed are many, and were told already. */
		if (strncmp(line, "init: supervisor: ", 18) != 0)
			printf("#   | %s\n", line);
}
