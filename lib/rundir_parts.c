#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/name.h"
#include "lib/rundir_private.h"
#include "lib/text.h"

/* Sorted, without what editors leave. False: it is not there, or no good. */
static bool
list_directory(
	struct rundir_scan *s, const char *file, struct listing *names, int *fd)
{
	struct fmt f;
	int err;

	fmt_init(&f, s->path, sizeof(s->path));
	fmt_printf(&f, "%s/%s", s->dir->path, file);
	switch (source_open_dir(s->fd, file, s->path, fd, s->dir->problem)) {
	case SOURCE_OK:
		break;
	case SOURCE_NONE:
	case SOURCE_EMPTY:
		return false;
	case SOURCE_BAD:
		s->result = RUNDIR_BAD;
		return false;
	}
	err = listing_read(names, *fd, 0);
	if (err == 0) {
		listing_sort(names);
		return true;
	}
	source_unreadable(s->path, err, s->dir->problem);
	s->result = RUNDIR_BAD;
	listing_finish(names);
	close(*fd);
	return false;
}

void
rundir_add_names(struct rundir_scan *s, const char *file, const char *key)
{
	struct listing names = {0};
	int fd;

	if (!list_directory(s, file, &names, &fd))
		return;
	for (size_t i = 0; i < names.len; i++) {
		const char *name = names.item[i].name;

		if (name_is_ignored(name))
			continue;
		if (!name_is_valid(name, strlen(name))) {
			rundir_fail(s, file,
				"holds a file that is named like "
				"no service");
			break;
		}
		rundir_add(s, key);
		rundir_add(s, " = ");
		rundir_add(s, name);
		rundir_add(s, "\n");
	}
	if (s->text.len > 0)
		rundir_end(s, file);
	listing_finish(&names);
	close(fd);
}

static bool
is_variable(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz_0123456789");

	return len > 0 && name[len] == '\0' && (*name < '0' || *name > '9');
}

static bool
is_text(const char *value)
{
	for (; *value != '\0'; value++)
		if (((unsigned char)*value < ' ' && *value != '\t') ||
			*value == 0x7f)
			return false;
	return true;
}

static void
add_variable(struct rundir_scan *s, const char *name)
{
	char file[NAME_CAP * 3], value[RUNDIR_LINE];
	char pair[RUNDIR_LINE + NAME_CAP * 3];
	struct fmt f;

	fmt_init(&f, file, sizeof(file));
	fmt_printf(&f, "env/%s", name);
	if (!rundir_line(s, file, value))
		return;
	if (!is_text(value)) {
		rundir_fail(s, file, "holds a control byte");
		return;
	}
	fmt_init(&f, pair, sizeof(pair));
	fmt_printf(&f, "%s=%s", name, value);
	rundir_add(s, "environment = ");
	rundir_add_quoted(s, pair);
	rundir_add(s, "\n");
	rundir_end(s, file);
}

void
rundir_add_env(struct rundir_scan *s)
{
	struct listing names = {0};
	int fd;

	if (!list_directory(s, "env", &names, &fd))
		return;
	for (size_t i = 0; i < names.len && s->result == RUNDIR_OK; i++)
		if (is_variable(names.item[i].name))
			add_variable(s, names.item[i].name);
	listing_finish(&names);
	close(fd);
}

/* "../vlog" or the place's own path before the name of a service in it. */
static bool
leads_to_service(
	const struct rundir_scan *s, const char *target, char out[NAME_CAP])
{
	const char *slash = strrchr(target, '/');
	const char *last = slash != NULL ? slash + 1 : target;
	size_t before = slash != NULL ? (size_t)(slash - target) : 0;
	size_t place = strlen(s->dir->place);
	size_t len = strlen(last);

	if (!name_is_valid(last, len) ||
		!((before == 2 && memcmp(target, "..", 2) == 0) ||
			(before == place &&
				memcmp(target, s->dir->place, place) == 0)))
		return false;
	memcpy(out, last, len + 1);
	return true;
}

/* Nitro's: to LOG@, which gets our instance, or our name without one. */
static bool
find_linked(struct rundir_scan *s, char out[2 * NAME_CAP])
{
	char target[SOURCE_PATH_CAP], name[NAME_CAP];
	ssize_t len = readlinkat(s->fd, "log", target, sizeof(target) - 1);
	const char *service = s->dir->service;
	const char *at = strchr(service, '@');
	struct fmt f;

	if (len <= 0)
		return false;
	while (len > 1 && target[len - 1] == '/')
		len--;
	target[len] = '\0';
	if (!leads_to_service(s, target, name))
		return false;
	fmt_init(&f, out, 2 * NAME_CAP);
	fmt_str(&f, name);
	if (name[strlen(name) - 1] == '@')
		fmt_str(&f, at != NULL ? at + 1 : service);
	if (name_is_valid(out, f.len))
		return true;
	rundir_fail(s, "log", "leads to a name that no service can have");
	return false;
}

void
rundir_add_log(struct rundir_scan *s)
{
	char name[2 * NAME_CAP];
	struct stat st;
	struct fmt f;

	if (!find_linked(s, name)) {
		if (s->result != RUNDIR_OK ||
			fstatat(s->fd, "log/run", &st, 0) != 0)
			return;
		fmt_init(&f, name, sizeof(name));
		fmt_printf(&f, "%s" NAME_LOGGER, s->dir->service);
		if (!name_is_valid(name, f.len)) {
			rundir_fail(s, "log", "its name would be too long");
			return;
		}
	}
	rundir_add(s, "log = service:");
	rundir_add(s, name);
	rundir_add(s, "\n");
	rundir_end(s, "log");
}

/* KEY = BEFORE and the script's path; the fragment goes on. */
static void
add_hook(struct rundir_scan *s, const char *before, const char *file)
{
	rundir_add(s, before);
	rundir_add_script(s, file);
}

/*
 * t takes the place of TERM if it ends well, and then nothing more is sent: it
 * is waited with it until the main process has gone. d comes besides.
 */
static void
add_stop(struct rundir_scan *s)
{
	static const char wait[] =
		"stop-command = sh -c '\"$0\"; r=$?; "
		"if test -n \"$1\"; then \"$1\"; fi; "
		"test $r = 0 || exit 0; "
		"while kill -0 $TEND_MAIN_PID 2>/dev/null; do "
		"sleep 0.1 || sleep 1; done' ";
	bool has_d = rundir_is_script(s, "control/d");

	if (s->result == RUNDIR_OK && rundir_is_script(s, "control/t")) {
		add_hook(s, wait, "control/t");
		if (has_d)
			add_hook(s, " ", "control/d");
		rundir_add(s, "\n");
		rundir_end(s, "control/t");
	} else if (s->result == RUNDIR_OK && has_d) {
		add_hook(s, "stop-command = -", "control/d");
		rundir_add(s, "\n");
		rundir_end(s, "control/d");
	}
}

void
rundir_add_control(struct rundir_scan *s)
{
	add_stop(s);
	if (s->result == RUNDIR_OK && rundir_is_script(s, "control/u")) {
		add_hook(s, "start-pre = -", "control/u");
		rundir_add(s, "\n");
		rundir_end(s, "control/u");
	}
	if (s->result == RUNDIR_OK && rundir_is_script(s, "control/h")) {
		add_hook(s,
			"reload-command = sh -c '\"$0\" || "
			"kill -HUP $TEND_MAIN_PID' ",
			"control/h");
		rundir_add(s, "\n");
		rundir_end(s, "control/h");
	}
}
