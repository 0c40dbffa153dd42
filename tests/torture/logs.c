/*
 * logs [-s SEED] [-t SECONDS] BUILD DIR
 *
 * 200 services write at random while svlog, the supervisor and they themselves
 * are killed, one or two of the three at one instant and never all: somebody
 * has to hold what is in a pipe. Then what is in the files is what was written,
 * in order, for each service and stream. DIR is made and filled.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/torture/arena.h"
#include "tests/torture/gathered.h"
#include "tests/torture/look.h"
#include "tests/torture/request.h"
#include "tests/torture/scrawl.h"

#define FAST	  12 /* of the services */
#define BRIEF	  60
#define ONESHOTS  20 /* of the brief ones */
#define AT_ONCE	  20 /* services that are killed together, at most */
#define PAUSE_US  40000u
#define CALM_PART 5 /* the last of so many parts of the time is calm */

static unsigned long seconds = 20;
static unsigned long seed = 1;
static struct scrawl_notes *notes;

static struct {
	unsigned logger;
	unsigned supervisor;
	unsigned both;
	unsigned services;
} kills;

static void
define_all(void)
{
	char path[ARENA_PATH_CAP];
	FILE *file;

	snprintf(path, sizeof(path), "%s/etc/tend.conf", arena.dir);
	file = fopen(path, "we");
	if (file) {
		fputs("log-max-total = 0\n", file);
		fclose(file);
	}
	for (unsigned i = 0; i < SCRAWL_SERVICES; i++) {
		static const char *const sizes[] = {"64K", "1M", "256K"};
		bool is_brief = i < BRIEF;

		snprintf(path, sizeof(path), "%s/etc/services/s%u", arena.dir,
			i);
		file = fopen(path, "we");
		if (!file)
			continue;
		fprintf(file,
			"command = %s/torture/scribe %s %u %s\n"
			"%srestart-delay = %s\nlog = file\n"
			"log-keep = 100000\nlog-size = %s\n%s",
			arena.build, arena.dir, i,
			is_brief	   ? "brief"
			: i < BRIEF + FAST ? "fast"
					   : "steady",
			i < ONESHOTS ? "type = oneshot\n" : "",
			is_brief ? "0.4" : "0", sizes[i % 3],
			i % 7 == 0 ? "log-line-max = 300\n" : "");
		fclose(file);
	}
}

/* --- who holds the pipes ------------------------------------------------- */

/* svlog's process has the lock; 0: there is none. */
static pid_t
find_logger(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(arena_path("run/svlog.lock"), O_RDWR | O_CLOEXEC);
	bool is_told = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0;

	if (fd >= 0)
		close(fd);
	return is_told && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

/* It has both pipes of all services open. */
static bool
has_pipes(pid_t pid)
{
	char path[64], link[ARENA_PATH_CAP];
	const struct dirent *entry;
	unsigned count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = pid > 0 ? opendir(path) : NULL;
	while (dir && (entry = readdir(dir)) != NULL) {
		ssize_t len = readlinkat(
			dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		if (len < 0)
			continue;
		link[len] = '\0';
		count += strstr(link, "/run/pipe/") != NULL;
	}
	if (dir)
		closedir(dir);
	return count >= 2 * SCRAWL_SERVICES;
}

static bool
is_called(pid_t pid, const char *want)
{
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	if (file && fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
	return strcmp(name, want) == 0;
}

/* What is to become svlog has the pipes of the supervisor until its exec. */
static bool
does_logger_hold(void)
{
	pid_t pid = find_logger();

	return is_called(pid, "svlog") && has_pipes(pid);
}

static bool
does_supervisor_hold(void)
{
	return has_pipes(look_supervisor());
}

static bool
have_all_begun(void)
{
	for (unsigned i = 0; i < SCRAWL_SERVICES; i++)
		if (notes->services[i].count == 0)
			return false;
	return true;
}

/* --- kills --------------------------------------------------------------- */

/* One that ends by itself may be another's pid by now. */
static void
kill_service(unsigned i)
{
	pid_t pid = *(volatile pid_t *)&notes->services[i].pid;
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return;
	if (is_called(pid, "scribe") &&
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0)
		kills.services++;
	close(fd);
}

static void
kill_services(void)
{
	for (long n = random() % AT_ONCE; n >= 0; n--)
		kill_service((unsigned)random() % SCRAWL_SERVICES);
}

static bool
kill_supervisor(void)
{
	pid_t pid = look_supervisor();

	if (pid <= 0)
		return false;
	look_note_supervisor();
	arena_kill_supervisor(pid);
	return true;
}

static pid_t ending;

static bool
has_logger_ended(void)
{
	char state = look_process(ending).state;

	return state == 0 || state == 'Z' || state == 'X';
}

/* Returns once it holds no pipe any more: that is to be known. */
static bool
kill_logger(void)
{
	ending = find_logger();
	return ending > 0 && kill(ending, SIGKILL) == 0 &&
	       look_until(has_logger_ended);
}

/* Each of them writes once and ends. */
static void
restart_oneshot(unsigned i)
{
	char line[32];

	snprintf(line, sizeof(line), "restart s%u", i);
	request_send(line, true);
}

/* Who is killed next; false: what it needs did not come in time. */
static bool
kill_some(void)
{
	long pick = random() % 20;

	if (pick < 8) {
		if (pick < 2)
			kill_services();
		if (!look_until(does_supervisor_hold))
			return false;
		kills.logger += kill_logger();
		if (pick < 4)
			kill_services();
	} else if (pick < 12) {
		if (!look_until(does_logger_hold))
			return false;
		if (pick < 10)
			kill_services();
		if (!kill_supervisor())
			return true;
		kills.supervisor++;
		if (pick < 11)
			kill_services();
		return look_await_successor();
	} else if (pick < 16) {
		kill_services();
	} else {
		for (unsigned i = 0; i < 4; i++)
			restart_oneshot((unsigned)random() % ONESHOTS);
	}
	return true;
}

static bool
is_everybody_there(void)
{
	for (unsigned i = 0; i < SCRAWL_SERVICES; i++) {
		char state = look_process(notes->services[i].pid).state;

		if (state == 0 || state == 'Z' || state == 'X')
			return false;
	}
	return true;
}

/* Both at one instant, while all services hold their pipes themselves. */
static bool
kill_both(void)
{
	pid_t pid;

	if (!look_until(is_everybody_there) ||
		!look_until(does_supervisor_hold))
		return false;
	pid = find_logger();
	if (!kill_supervisor())
		return true;
	kills.both += pid > 0 && kill(pid, SIGKILL) == 0;
	return look_await_successor();
}

static void
pause_at_random(void)
{
	const struct timespec pause = {
		.tv_nsec = (long)((unsigned)random() % PAUSE_US) * 1000};

	nanosleep(&pause, NULL);
}

/* --- the whole ----------------------------------------------------------- */

/* TERM lets it write all that is in the pipes. */
static bool
finish(void)
{
	if (!look_until(does_supervisor_hold) || !look_until(does_logger_hold))
		return false;
	ending = find_logger();
	kill(ending, SIGTERM);
	return look_until(has_logger_ended);
}

static const char *
torture(void)
{
	uint64_t begin_ms, calm_ms, end_ms;

	if (!look_await_successor() || !look_until(have_all_begun))
		return "they do not all begin";
	begin_ms = look_ms();
	end_ms = begin_ms + seconds * 1000;
	calm_ms = end_ms - seconds * 1000 / CALM_PART;
	while (look_ms() < calm_ms) {
		pause_at_random();
		if (!kill_some())
			return "nobody holds all pipes";
	}
	notes->is_calm = true;
	for (unsigned i = 0; i < ONESHOTS; i++)
		restart_oneshot(i);
	while (look_ms() < end_ms) {
		pause_at_random();
		if (!kill_both())
			return "not all are there again";
	}
	notes->is_over = true;
	return finish() ? NULL : "svlog does not end";
}

static int
drive(void)
{
	const char *fault;
	uint64_t bytes = 0;
	unsigned wrong = 0;

	signal(SIGPIPE, SIG_IGN);
	fault = torture();
	if (fault)
		printf("# %s\n", fault);
	for (unsigned i = 0; !fault && i < SCRAWL_SERVICES; i++)
		wrong += !gathered_check(notes, i, &bytes);
	if (fault || wrong > 0)
		arena_show_console();
	printf("%sok 1 - seed %lu, %lu s: killed svlog %u times, the "
	       "supervisor %u, both %u, services %u; %u of %u services have "
	       "not all of the %llu bytes\n",
		fault || wrong ? "not " : "", seed, seconds, kills.logger,
		kills.supervisor, kills.both, kills.services, wrong,
		SCRAWL_SERVICES, (unsigned long long)bytes);
	return fault || wrong;
}

int
main(int argc, char **argv)
{
	char svlog[ARENA_PATH_CAP];
	int option;

	while ((option = getopt(argc, argv, "s:t:")) != -1) {
		unsigned long number = optarg ? strtoul(optarg, NULL, 10) : 0;

		if (option == 's')
			seed = number;
		else if (option == 't')
			seconds = number;
		else
			return 2;
	}
	if (argc - optind != 2)
		return 2;
	arena.build = argv[optind];
	arena.dir = argv[optind + 1];
	snprintf(svlog, sizeof(svlog), "%s/svlog", arena.build);
	setenv("TEND_SVLOG", svlog, 1);
	srandom((unsigned)seed);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("1..1");
	if (!arena_clear())
		return 1;
	notes = scrawl_open(arena.dir, true);
	if (!notes) {
		printf("# notes: %s\n", strerror(errno));
		return 1;
	}
	notes->seed = (uint32_t)seed;
	define_all();
	return arena_run(drive);
}
