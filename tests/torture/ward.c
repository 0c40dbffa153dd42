/*
 * ward DIR NAME [MODE [NUMBER]]: a service that writes down that it began: a
 * line "start NAME PID TICKS" in DIR/record, in one write, after "double NAME
 * PID 0" if another one of that name runs. Then, by MODE:
 *
 *	steady	waits for ever
 *	once	exits 0 at once
 *	crash	exits 3 after NUMBER ms
 *	deaf	ignores TERM
 *	tree	has a child in its process group
 *	end	exits NUMBER at SIGUSR2
 *	polite	writes "end NAME PID 0" at TERM, and exits 0
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define FIELD_STATE 3
#define FIELD_START 22

static int end_status;

static void
end(int signal)
{
	(void)signal;
	_exit(end_status);
}

/* What a polite one writes. */
static char last_words[128];
static int last_words_len;
static int record_fd = -1;

static void
end_politely(int signal)
{
	(void)signal;
	if (write(record_fd, last_words, (size_t)last_words_len) !=
		last_words_len)
		_exit(2);
	_exit(0);
}

static void
be_polite(int dir_fd, const char *name)
{
	record_fd = openat(dir_fd, "record", O_WRONLY | O_APPEND | O_CLOEXEC);
	last_words_len = snprintf(last_words, sizeof(last_words),
		"end %s %d 0\n", name, (int)getpid());
	signal(SIGTERM, end_politely);
}

static unsigned long
start_ticks(void)
{
	char text[1024];
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *at;

	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	at = strrchr(text, ')');
	for (int field = FIELD_STATE - 1; at && field < FIELD_START; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoul(at, NULL, 10) : 0;
}

/* The lock is held, by the descriptor, until this process ends. */
static void
record(int dir_fd, const char *name)
{
	char text[256];
	int lock_fd, fd, len;

	snprintf(text, sizeof(text), "lock-%s", name);
	lock_fd = openat(dir_fd, text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	fd = openat(dir_fd, "record", O_WRONLY | O_APPEND | O_CLOEXEC);
	if (lock_fd < 0 || fd < 0)
		exit(2);
	if (flock(lock_fd, LOCK_EX | LOCK_NB) != 0) {
		len = snprintf(text, sizeof(text), "double %s %d 0\n", name,
			(int)getpid());
		if (write(fd, text, (size_t)len) != len)
			exit(2);
	}
	len = snprintf(text, sizeof(text), "start %s %d %lu\n", name,
		(int)getpid(), start_ticks());
	if (write(fd, text, (size_t)len) != len)
		exit(2);
	close(fd);
}

/* It dies of what is sent to the group; the lock is not its own. */
static void
make_child(void)
{
	if (fork() != 0)
		return;
	for (int fd = 3; fd < 16; fd++)
		close(fd);
	for (;;)
		pause();
}

int
main(int argc, char **argv)
{
	const char *mode = argc > 3 ? argv[3] : "steady";
	long number = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
	struct timespec age = {
		.tv_sec = number / 1000, .tv_nsec = number % 1000 * 1000000};
	int dir_fd = argc < 3 ? -1 : open(argv[1], O_RDONLY | O_CLOEXEC);

	if (dir_fd < 0)
		return 2;
	end_status = (int)number;
	if (strcmp(mode, "deaf") == 0)
		signal(SIGTERM, SIG_IGN);
	if (strcmp(mode, "end") == 0)
		signal(SIGUSR2, end);
	if (strcmp(mode, "polite") == 0)
		be_polite(dir_fd, argv[2]);
	if (strcmp(mode, "tree") == 0)
		make_child();
	record(dir_fd, argv[2]);
	if (strcmp(mode, "once") == 0)
		return 0;
	if (strcmp(mode, "crash") == 0) {
		nanosleep(&age, NULL);
		return 3;
	}
	for (;;)
		pause();
}
