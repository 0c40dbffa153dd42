#include "lib/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/name.h"
#include "lib/rundir_private.h"
#include "lib/signame.h"
#include "lib/source.h"
#include "lib/text.h"

#define EXEC "execlineb -P " /* what s6-rc runs `up` and `down` with */

/* Files that only one of the three knows. */
static const struct {
	const char *file;
	enum rundir_kind kind;
} marks[] = {
	{"setup", RUNDIR_NITRO},
	/* Debian's runit has links called log as well. */
	{"check", RUNDIR_RUNIT},
	{"control", RUNDIR_RUNIT},
	{"type", RUNDIR_S6},
	{"timeout-kill", RUNDIR_S6},
	{"timeout-up", RUNDIR_S6},
	{"timeout-finish", RUNDIR_S6},
	{"max-death-tally", RUNDIR_S6},
	{"lock-fd", RUNDIR_S6},
	{"notification-fd", RUNDIR_S6},
	{"dependencies.d", RUNDIR_S6},
	{"down-signal", RUNDIR_S6},
};

bool
rundir_has(const struct rundir_scan *s, const char *file)
{
	struct stat st;

	return fstatat(s->fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void
rundir_fail(struct rundir_scan *s, const char *file, const char *what)
{
	struct fmt f;

	fmt_init(&f, s->dir->problem, SOURCE_PROBLEM_CAP);
	fmt_printf(&f, "%s/%s: %s", s->dir->path, file, what);
	s->result = RUNDIR_BAD;
}

static const char *
path_of(struct rundir_scan *s, const char *file)
{
	struct fmt f;

	fmt_init(&f, s->path, sizeof(s->path));
	fmt_printf(&f, "%s/%s", s->dir->path, file);
	return s->path;
}

void
rundir_add(struct rundir_scan *s, const char *text)
{
	if (!text_add_str(&s->text, text))
		s->result = RUNDIR_FULL;
}

void
rundir_add_quoted(struct rundir_scan *s, const char *text)
{
	if (!text_add_quoted(&s->text, text))
		s->result = RUNDIR_FULL;
}

void
rundir_end(struct rundir_scan *s, const char *file)
{
	if (s->result == RUNDIR_OK &&
		!text_add_fragment(s->dir->out, '+', path_of(s, file),
			s->text.bytes, s->text.len))
		s->result = RUNDIR_FULL;
	s->text.len = 0;
}

bool
rundir_is_script(struct rundir_scan *s, const char *file)
{
	const char *path = path_of(s, file);
	struct stat st;
	struct fmt f;

	if (fstatat(s->fd, file, &st, 0) != 0) {
		if (errno == ENOENT && !rundir_has(s, file))
			return false;
		source_unreadable(path, errno, s->dir->problem);
		s->result = RUNDIR_BAD;
		return false;
	}
	if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0) {
		fmt_init(&f, s->dir->problem, SOURCE_PROBLEM_CAP);
		fmt_printf(
			&f, "%s: not executable; run: chmod +x %s", path, path);
		s->result = RUNDIR_BAD;
		return false;
	}
	if (!source_is_safe(path, &st, s->dir->problem))
		s->result = RUNDIR_BAD;
	return s->result == RUNDIR_OK;
}

void
rundir_add_script(struct rundir_scan *s, const char *file)
{
	const char *at = strchr(s->dir->service, '@');

	rundir_add_quoted(s, path_of(s, file));
	if (s->dir->is_instance && !s->dir->is_logger && at != NULL) {
		rundir_add(s, " ");
		rundir_add_quoted(s, at + 1);
	}
}

bool
rundir_line(struct rundir_scan *s, const char *file, char out[RUNDIR_LINE])
{
	char *bytes = s->dir->buffer;
	size_t len;

	switch (source_read(
		s->fd, file, path_of(s, file), bytes, &len, s->dir->problem)) {
	case SOURCE_OK:
		break;
	case SOURCE_NONE:
	case SOURCE_EMPTY:
		return false;
	case SOURCE_BAD:
		s->result = RUNDIR_BAD;
		return false;
	}
	bytes[len] = '\0';
	len = strcspn(bytes, "\n");
	while (len > 0 && (bytes[len - 1] == ' ' || bytes[len - 1] == '\t' ||
				  bytes[len - 1] == '\r'))
		len--;
	if (len >= RUNDIR_LINE) {
		rundir_fail(s, file, "its first line is too long");
		return false;
	}
	memcpy(out, bytes, len);
	out[len] = '\0';
	return true;
}

/* A file that holds one number. */
static bool
read_number(struct rundir_scan *s, const char *file, char out[RUNDIR_LINE])
{
	if (!rundir_line(s, file, out))
		return false;
	if (out[0] != '\0' && strlen(out) < 10 &&
		out[strspn(out, "0123456789")] == '\0')
		return true;
	rundir_fail(s, file, "write one whole number into it");
	return false;
}

static void
find_kind(struct rundir_scan *s)
{
	struct stat st;

	s->kind = RUNDIR_RUNIT;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (rundir_has(s, marks[i].file)) {
			s->kind = marks[i].kind;
			return;
		}
	if (fstatat(s->fd, "log", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISLNK(st.st_mode))
		s->kind = RUNDIR_NITRO;
}

/* TYPE of s6-rc. */
static void
add_bundle(struct rundir_scan *s)
{
	rundir_add(s, "type = target\n");
	rundir_end(s, "type");
	rundir_add_names(s, "contents.d", "requires");
}

static void
add_oneshot(struct rundir_scan *s)
{
	rundir_add(s, "type = oneshot\ncommand = " EXEC);
	rundir_add_quoted(s, path_of(s, "up"));
	rundir_add(s, "\n");
	rundir_end(s, "up");
	if (!rundir_has(s, "down"))
		return;
	rundir_add(s, "stop-command = " EXEC);
	rundir_add_quoted(s, path_of(s, "down"));
	rundir_add(s, "\n");
	rundir_end(s, "down");
}

/* False: it is told by now what the service does. */
static bool
is_longrun(struct rundir_scan *s)
{
	char type[RUNDIR_LINE];

	if (!rundir_line(s, "type", type) || strcmp(type, "longrun") == 0)
		return s->result == RUNDIR_OK;
	if (strcmp(type, "oneshot") == 0)
		add_oneshot(s);
	else if (strcmp(type, "bundle") == 0)
		add_bundle(s);
	else
		rundir_fail(
			s, "type", "write longrun, oneshot or bundle into it");
	return false;
}

static void
add_directory(struct rundir_scan *s)
{
	rundir_add(s, "working-directory = ");
	rundir_add_quoted(s, s->dir->path);
	rundir_add(s, "\n");
}

/* What nitro runs, and then is done with, or before `run` each time. */
static void
add_setup(struct rundir_scan *s)
{
	bool is_all = !rundir_has(s, "run");

	if (!rundir_is_script(s, "setup"))
		return;
	if (is_all) {
		rundir_add(s, "type = oneshot\n");
		add_directory(s);
	}
	rundir_add(s, is_all ? "command = " : "start-pre = ");
	rundir_add_script(s, "setup");
	rundir_add(s, "\n");
	rundir_end(s, "setup");
}

static void
add_run(struct rundir_scan *s)
{
	if (!rundir_has(s, "run") && rundir_has(s, "setup"))
		return;
	if (!rundir_is_script(s, "run")) {
		if (s->result == RUNDIR_OK)
			rundir_fail(s, "run",
				"is missing; a directory of "
				"scripts has one");
		return;
	}
	add_directory(s);
	rundir_add(s, "command = ");
	rundir_add_script(s, "run");
	rundir_add(s, "\n");
	rundir_end(s, "run");
}

/* What each of the three tells it of the end of `run`. */
static void
add_finish(struct rundir_scan *s)
{
	if (!rundir_is_script(s, "finish"))
		return;
	rundir_add(s, "stop-post = ");
	rundir_add_script(s, "finish");
	if (s->kind == RUNDIR_S6) {
		rundir_add(s, " ${TEND_EXIT_CODE:-256} "
			      "${TEND_EXIT_SIGNAL_NUMBER:-0} ");
		rundir_add_quoted(s, s->dir->service);
		rundir_add(s, " ${TEND_MAIN_PID:-0}\n");
	} else {
		rundir_add(s, " ${TEND_EXIT_CODE:--1} "
			      "${TEND_EXIT_SIGNAL_NUMBER:-0}\n");
	}
	rundir_end(s, "finish");
}

static void
add_check(struct rundir_scan *s)
{
	if (!rundir_is_script(s, "check"))
		return;
	rundir_add(s, "ready = command:");
	rundir_add_script(s, "check");
	/* What runit waits for it ends nothing. */
	rundir_add(s, "\nstart-timeout = infinity\n");
	rundir_end(s, "check");
}

/* For numbers: KEY = BEFORE number AFTER. */
static void
add_number(struct rundir_scan *s, const char *file, const char *before,
	const char *after)
{
	char number[RUNDIR_LINE];

	if (!read_number(s, file, number))
		return;
	rundir_add(s, before);
	rundir_add(s, number);
	rundir_add(s, after);
	rundir_end(s, file);
}

/* One letter of nitroctl(1), else a name or number as s6 has it. */
static const char *
down_signal(const struct rundir_scan *s, const char *word)
{
	static const struct {
		char letter;
		const char *name;
	} letters[] = {{'h', "HUP"}, {'a', "ALRM"}, {'i', "INT"}, {'q', "QUIT"},
		{'1', "USR1"}, {'2', "USR2"}, {'t', "TERM"}, {'k', "KILL"}};
	bool is_nitro = s->kind == RUNDIR_NITRO;

	if (signame_parse(word) > 0 && (!is_nitro || strlen(word) > 1))
		return word;
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (word[0] == letters[i].letter &&
			(is_nitro || word[1] == '\0'))
			return letters[i].name;
	return NULL;
}

static void
add_down_signal(struct rundir_scan *s)
{
	char word[RUNDIR_LINE] = "";
	const char *name;

	if (!rundir_line(s, "down-signal", word))
		return;
	name = down_signal(s, word);
	if (name == NULL) {
		rundir_fail(s, "down-signal",
			"write the name or number of a signal into it");
		return;
	}
	rundir_add(s, "stop-signal = ");
	rundir_add(s, name);
	rundir_add(s, "\n");
	rundir_end(s, "down-signal");
}

static void
add_down(struct rundir_scan *s)
{
	if (!rundir_has(s, "down"))
		return;
	rundir_add(s, "autostart = no\n");
	rundir_end(s, "down");
}

static void
add_numbers(struct rundir_scan *s)
{
	add_number(s, "timeout-kill", "stop-timeout = ", "ms\n");
	/* Without timeout-up it may be late. */
	if (s->result == RUNDIR_OK)
		add_number(s, "notification-fd",
			"ready = fd:", "\nstart-timeout = infinity\n");
	if (s->result == RUNDIR_OK)
		add_number(s, "timeout-up", "start-timeout = ", "ms\n");
}

static void
add_dependencies(struct rundir_scan *s)
{
	rundir_add_names(s, "dependencies.d", "requires");
}

/* The first that fails has the last word. */
static void
add_each(struct rundir_scan *s, void (*const *add)(struct rundir_scan *),
	size_t count)
{
	for (size_t i = 0; i < count && s->result == RUNDIR_OK; i++)
		add[i](s);
}

static void
add_all(struct rundir_scan *s)
{
	static void (*const longrun[])(struct rundir_scan *) = {add_run,
		add_setup, add_down, add_check, add_down_signal, add_numbers};
	/* Loggers have neither, says runsv(8). */
	static void (*const logged[])(struct rundir_scan *) = {
		rundir_add_control, rundir_add_log};
	static void (*const any[])(struct rundir_scan *) = {
		add_finish, add_dependencies, rundir_add_env};

	find_kind(s);
	if (is_longrun(s)) {
		add_each(s, longrun, sizeof(longrun) / sizeof(*longrun));
		if (!s->dir->is_logger)
			add_each(s, logged, sizeof(logged) / sizeof(*logged));
	}
	add_each(s, any, sizeof(any) / sizeof(*any));
}

enum rundir_result
rundir_read(const struct rundir *dir)
{
	struct rundir_scan s = {.dir = dir, .result = RUNDIR_BAD};

	switch (source_open_dir(
		dir->at, dir->file, dir->path, &s.fd, dir->problem)) {
	case SOURCE_OK:
		break;
	case SOURCE_NONE:
	case SOURCE_EMPTY:
		source_unreadable(dir->path, ENOENT, dir->problem);
		return RUNDIR_BAD;
	case SOURCE_BAD:
		return RUNDIR_BAD;
	}
	s.result = RUNDIR_OK;
	add_all(&s);
	close(s.fd);
	text_free(&s.text);
	return s.result;
}
