#include "supervisor/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "supervisor/calls.h"
#include "supervisor/doctor_private.h"
#include "supervisor/logger_start.h"
#include "supervisor/procfs.h"
#include "supervisor/supervisor.h"
#include "supervisor/upgrade.h"

/* Called by name, not as the macro. */
#undef doctor_say

#define LINE_CAP 2048
/* The PID namespace that the kernel begins with, as /proc names it. */
#define FIRST_PIDS "pid:[4026531836]"
#define CAP_BITS   2
#define CAP_V3	   0x20080522u

static bool has_bad;

void
doctor_say(enum finding finding, const char *what, const char *format, ...)
{
	static const char *const words[] = {"ok", "note", "bad"};
	char line[LINE_CAP];
	va_list list;
	struct fmt f;
	size_t done = 0;

	has_bad = has_bad || finding == FOUND_BAD;
	fmt_init(&f, line, sizeof(line) - 1);
	fmt_str(&f, words[finding]);
	fmt_column(&f, 0, 5);
	fmt_str(&f, what);
	fmt_str(&f, ": ");
	va_start(list, format);
	fmt_vprintf(&f, format, list);
	va_end(list);
	for (size_t i = 0; i < f.len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 127)
			line[i] = '?';
	line[f.len++] = '\n';
	while (done < f.len) {
		ssize_t n = write(1, line + done, f.len - done);

		if (n < 0 && errno != EINTR)
			return;
		done += n > 0 ? (size_t)n : 0;
	}
}

#define doctor_say(...) __extension__ doctor_say(__VA_ARGS__)

static void
look_at_pid(void)
{
	char name[64] = "";
	ssize_t len = readlink("/proc/self/ns/pid", name, sizeof(name) - 1);
	const char *where = len <= 0 ? "of what cannot be seen without /proc"
			    : strcmp(name, FIRST_PIDS) == 0 ? "of a machine"
							    : "of a container";

	if (getpid() == 1)
		doctor_say(FOUND_OK, "pid", "1, %s", where);
	else
		doctor_say(FOUND_NOTE, "pid",
			"%d, not PID 1: init -- COMMAND and the supervisor "
			"work, init alone does not",
			(int)getpid());
}

/* What services need that name another user, a limit, a signal to others. */
static void
look_at_capabilities(void)
{
	static const struct {
		unsigned bit;
		const char *name;
		const char *without;
	} wanted[] = {
		{0, "CHOWN", "pipes cannot be given to users of services"},
		{5, "KILL", "processes of other users cannot be signalled"},
		{6, "SETGID", "a service with `group` or `user` fails"},
		{7, "SETUID", "a service with `user` fails"},
		{21, "SYS_ADMIN", "nothing can be mounted"},
		{24, "SYS_RESOURCE", "limits cannot be raised"},
	};
	struct {
		unsigned version;
		int pid;
	} head = {CAP_V3, 0};
	unsigned data[CAP_BITS][3] = {{0}};
	unsigned missing = 0;

	if (syscall(SYS_capget, &head, data) != 0) {
		doctor_say(FOUND_NOTE, "capabilities", "cannot be read: %m");
		return;
	}
	if (data[0][0] == 0 && data[1][0] == 0) {
		doctor_say(FOUND_NOTE, "capabilities",
			"none: a service with another `user` or `group` fails, "
			"and nothing is mounted");
		return;
	}
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if ((data[0][0] >> wanted[i].bit & 1) != 0)
			continue;
		missing++;
		doctor_say(FOUND_NOTE, "capabilities", "no %s: %s",
			wanted[i].name, wanted[i].without);
	}
	if (missing == 0)
		doctor_say(FOUND_OK, "capabilities", "all that we use");
}

static void
look_at_seccomp(void)
{
	int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
	int is_set = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	if (is_set < 0)
		doctor_say(FOUND_NOTE, "no_new_privs", "cannot be read: %m");
	else if (is_set > 0)
		doctor_say(FOUND_NOTE, "no_new_privs",
			"set: programs such as su and sudo gain nothing");
	else
		doctor_say(FOUND_OK, "no_new_privs", "not set");
	if (mode < 0 && errno != EINVAL)
		doctor_say(FOUND_NOTE, "seccomp", "cannot be read: %m");
	else
		doctor_say(mode > 0 ? FOUND_NOTE : FOUND_OK, "seccomp", "%s",
			mode > 0 ? "a filter is in force"
				 : "no filter is in force");
}

static void
look_at_calls(void)
{
	unsigned refused = 0;
	unsigned n = 0;
	struct call call;

	for (; calls_try(n, &call); n++) {
		if (call.error == 0)
			continue;
		refused++;
		doctor_say(call.is_needed ? FOUND_BAD : FOUND_NOTE, call.name,
			"refused (%s): %s%s", strerror(call.error),
			call.without,
			call.is_needed ? "; the seccomp filter has to allow it"
				       : "");
	}
	if (refused == 0)
		doctor_say(FOUND_OK, "system calls",
			"all %u that are often refused are answered", n);
}

void
doctor_look_at_process(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	look_at_pid();
	doctor_say(uid == 0 ? FOUND_OK : FOUND_NOTE, "user", "uid %u, gid %u%s",
		(unsigned)uid, (unsigned)gid,
		uid == 0 ? "" : ": services run as this user");
	look_at_capabilities();
	look_at_seccomp();
	look_at_calls();
}

/* Or a file of somebody that is opened as descriptor 1 would get our lines. */
static void
take_numbers(void)
{
	int fd;

	do
		fd = open("/", O_PATH | O_CLOEXEC);
	while (fd >= 0 && fd <= 2);
	if (fd >= 0)
		close(fd);
}

int
doctor_run(struct supervisor *sv, const char *argv0)
{
	has_bad = false;
	doctor_look_at_process();
	doctor_look_at_inherited(&sv->options.paths);
	take_numbers();
	doctor_look_at_places(&sv->options.paths);
	upgrade_note_program(sv, argv0);
	doctor_look_at_services(sv);
	return has_bad ? 1 : 0;
}
