#include "lib/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/name.h"
#include "lib/scan_private.h"

#define WANTS_LEN   (sizeof(WANTS) - 1)
#define DROPINS_LEN (sizeof(DROPINS) - 1)

static void
warn(const struct scan *scan, const char *problem, const char *consequence)
{
	char message[SOURCE_PROBLEM_CAP + 80];
	struct fmt f;

	if (scan->warn == NULL)
		return;
	fmt_init(&f, message, sizeof(message));
	fmt_str(&f, problem);
	fmt_str(&f, consequence);
	scan->warn(message);
}

/* The length of name without end; 0 if it does not end so. */
static size_t
stem_len(const char *name, const char *end, size_t end_len)
{
	size_t len = strlen(name);

	if (len <= end_len || strcmp(name + len - end_len, end) != 0)
		return 0;
	return len - end_len;
}

/* A directory that others can change is read all the same: its services are
 * there, and invalid. */
static void
open_place(struct scan *scan, const char *path, size_t len, const char *end,
	const char *parent_problem)
{
	struct scan_place *place;
	struct stat st;
	struct fmt f;

	if (scan->places == SCAN_PLACES_MAX)
		return;
	place = &scan->place[scan->places++];
	fmt_init(&f, place->path, sizeof(place->path));
	fmt_bytes(&f, path, len);
	fmt_str(&f, end);
	place->fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->fd < 0) {
		if (errno == ENOENT)
			return;
		scan->has_unreadable = true;
		source_unreadable(place->path, errno, place->problem);
		warn(scan, place->problem, "; what it holds is left out");
		return;
	}
	if (parent_problem != NULL && *parent_problem != '\0') {
		fmt_init(&f, place->problem, sizeof(place->problem));
		fmt_str(&f, parent_problem);
		place->is_unsafe = true;
	} else if (fstat(place->fd, &st) == 0) {
		place->is_unsafe =
			!source_is_safe(place->path, &st, place->problem);
	}
}

static void
open_root(struct scan *scan, unsigned n)
{
	const char *path = scan->load->root[n];
	struct stat st;

	scan->root_fd[n] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scan->root_fd[n] >= 0) {
		if (fstat(scan->root_fd[n], &st) == 0 &&
			source_is_safe(path, &st, scan->root_problem[n]))
			scan->root_problem[n][0] = '\0';
	} else if (errno != ENOENT) {
		scan->has_unreadable = true;
		source_unreadable(path, errno, scan->root_problem[n]);
		warn(scan, scan->root_problem[n],
			"; what it holds is left out");
		scan->root_problem[n][0] = '\0';
	}
}

struct scan *
scan_open(const struct load *load, void (*warn_of)(const char *message))
{
	struct scan *scan = calloc(1, sizeof(*scan));
	const char *path = load->settings.service_path;

	if (scan == NULL)
		return NULL;
	scan->load = load;
	scan->warn = warn_of;
	for (unsigned i = 0; i < load->roots; i++) {
		open_root(scan, i);
		/* One warning is enough for a root that cannot be read. */
		if (scan->root_fd[i] >= 0)
			open_place(scan, load->root[i], strlen(load->root[i]),
				"/services", scan->root_problem[i]);
		else
			scan->place[scan->places++].fd = -1;
	}
	while (*path != '\0') {
		size_t len = strcspn(path, " ");

		open_place(scan, path, len, "", NULL);
		path += len + (path[len] != '\0');
	}
	return scan;
}

void
scan_close(struct scan *scan)
{
	for (unsigned i = 0; i < scan->load->roots; i++)
		if (scan->root_fd[i] >= 0)
			close(scan->root_fd[i]);
	for (unsigned i = 0; i < scan->places; i++)
		if (scan->place[i].fd >= 0)
			close(scan->place[i].fd);
	free(scan);
}

/* What the definition NAME in a place is; d_type may be DT_UNKNOWN. */
enum scan_kind
scan_kind_of(const struct scan *scan, int place, const char *name, int d_type)
{
	static const char *const files[] = {"run", "setup", "type"};
	int at = scan->place[place].fd;
	char path[2 * NAME_CAP];
	struct stat st;
	struct fmt f;

	if (d_type == DT_REG)
		return SCAN_FILE;
	if (d_type != DT_DIR) {
		if (source_is_null_link(at, name))
			return SCAN_MASKED;
		/* Reading it will say what is wrong with it. */
		if (fstatat(at, name, &st, 0) != 0 || !S_ISDIR(st.st_mode))
			return SCAN_FILE;
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		fmt_init(&f, path, sizeof(path));
		fmt_printf(&f, "%s/%s", name, files[i]);
		if (fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
			errno != ENOENT)
			return SCAN_DIRECTORY;
	}
	return SCAN_ABSENT;
}

bool
scan_is_there(int at, const char *name, const char *end)
{
	char path[2 * NAME_CAP + 16];
	struct stat st;
	struct fmt f;

	fmt_init(&f, path, sizeof(path));
	fmt_str(&f, name);
	fmt_str(&f, end);
	return at >= 0 && fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * Opens TARGET.wants in a root; -1 if it is not there or others can change it,
 * which is warned of.
 */
int
scan_open_wants(struct scan *scan, unsigned root, const char *target)
{
	char name[NAME_CAP + 8], path[SOURCE_PATH_CAP];
	char problem[SOURCE_PROBLEM_CAP];
	struct fmt f;
	int fd;

	if (scan->root_fd[root] < 0)
		return -1;
	fmt_init(&f, name, sizeof(name));
	fmt_printf(&f, "%s" WANTS, target);
	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s/%s", scan->load->root[root], name);
	if (scan->root_problem[root][0] != '\0')
		warn(scan, scan->root_problem[root],
			"; its .wants are left out");
	else if (source_open_dir(scan->root_fd[root], name, path, &fd,
			 problem) == SOURCE_BAD)
		warn(scan, problem, "; it is left out");
	else
		return fd;
	return -1;
}

/* A link to /dev/null in the highest root that speaks of it takes it away. */
bool
scan_is_decided_above(const struct scan *scan, unsigned root,
	const char *target, const char *name)
{
	char path[2 * NAME_CAP + 16];
	struct fmt f;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s" WANTS "/%s", target, name);
	for (unsigned i = 0; i < root; i++)
		if (scan_is_there(scan->root_fd[i], path, ""))
			return true;
	return false;
}

int
scan_wanted(struct scan *scan, unsigned root, const char *target, int tag,
	struct listing *names)
{
	struct listing all = {0};
	int fd = scan_open_wants(scan, root, target);
	int err;

	if (fd < 0)
		return 0;
	err = listing_read(&all, fd, (int)root);
	listing_sort(&all);
	for (size_t i = 0; err == 0 && i < all.len; i++) {
		const char *name = all.item[i].name;
		size_t len = strlen(name);

		if (!name_is_valid(name, len) || name_is_ignored(name) ||
			source_is_null_link(fd, name) ||
			scan_is_decided_above(scan, root, target, name))
			continue;
		if (!listing_add(names, name, len, tag, (int)root))
			err = ENOMEM;
	}
	listing_finish(&all);
	close(fd);
	return err;
}

/* Adds the targets that have a .wants directory in the root. */
int
scan_list_targets(struct scan *scan, unsigned root, struct listing *targets)
{
	struct listing all = {0};
	int err = 0;

	if (scan->root_fd[root] >= 0)
		err = listing_read(&all, scan->root_fd[root], (int)root);
	listing_sort(&all);
	for (size_t i = 0; err == 0 && i < all.len; i++) {
		const char *name = all.item[i].name;
		size_t len = stem_len(name, WANTS, WANTS_LEN);

		if (len > 0 && name_is_valid(name, len) &&
			!listing_add(targets, name, len, SCAN_WANTS, (int)root))
			err = ENOMEM;
	}
	listing_finish(&all);
	return err;
}

/* Says that a file is no service, its odd bytes as '?'. */
static void
warn_of_name(const struct scan *scan, int place, const char *name)
{
	char problem[SOURCE_PROBLEM_CAP];
	struct fmt f;

	fmt_init(&f, problem, sizeof(problem));
	fmt_printf(&f, "%s/", scan->place[place].path);
	for (const char *p = name; *p != '\0'; p++)
		fmt_char(&f, *p > ' ' && *p != 0x7f ? *p : '?');
	warn(scan, problem,
		stem_len(name, WANTS, WANTS_LEN) > 0
			? ": ignored; a .wants directory belongs beside "
			  "services/, not into it"
			: ": ignored; this cannot be the name of a service");
}

/* One name in a directory of definitions. False: out of memory. */
static bool
sort_out(struct scan *scan, const struct listed *entry, struct listing *names)
{
	const char *name = entry->name;
	size_t len = strlen(name);
	size_t dropins = stem_len(name, DROPINS, DROPINS_LEN);
	enum scan_kind kind;

	if (name_is_ignored(name))
		return true;
	if (dropins > 0 && name_is_valid(name, dropins))
		return listing_add(
			names, name, dropins, SCAN_DROPINS, entry->place);
	if (!name_is_valid(name, len)) {
		warn_of_name(scan, entry->place, name);
		return true;
	}
	/* A template is no service. */
	if (name[len - 1] == '@')
		return true;
	kind = scan_kind_of(scan, entry->place, name, entry->tag);
	if (kind == SCAN_ABSENT)
		return true;
	if (!listing_add(names, name, len, SCAN_DEFINITION, entry->place))
		return false;
	names->item[names->len - 1].kind = (uint8_t)kind;
	return true;
}

static int
list_place(struct scan *scan, unsigned n, struct listing *names)
{
	struct scan_place *place = &scan->place[n];
	struct listing all = {0};
	int err;

	if (place->fd < 0)
		return 0;
	err = listing_read(&all, place->fd, (int)n);
	listing_sort(&all);
	for (size_t i = 0; err == 0 && i < all.len; i++)
		if (!sort_out(scan, &all.item[i], names))
			err = ENOMEM;
	listing_finish(&all);
	return err;
}

/* With start = all a link starts instances: nothing else would be there. */
static int
list_instances(struct scan *scan, struct listing *names)
{
	struct listing wanted = {0};
	char template[NAME_CAP];
	int err = 0;

	for (unsigned i = 0; err == 0 && i < scan->load->roots; i++)
		err = scan_wanted(scan, i, SCAN_TARGET, SCAN_WANTED, &wanted);
	listing_sort(&wanted);
	for (size_t i = 0; err == 0 && i < wanted.len; i++) {
		const struct listed *w = &wanted.item[i];

		if (name_template(w->name, template) &&
			!listing_add(names, w->name, strlen(w->name),
				SCAN_WANTED, w->place))
			err = ENOMEM;
	}
	listing_finish(&wanted);
	return err;
}

int
scan_list(struct scan *scan, struct listing *names)
{
	struct listing targets = {0};
	int err = 0;

	for (unsigned i = 0; err == 0 && i < scan->places; i++)
		err = list_place(scan, i, names);
	if (err != 0)
		return err;
	if (scan->load->settings.start_all)
		return list_instances(scan, names);
	for (unsigned i = 0; err == 0 && i < scan->load->roots; i++)
		err = scan_list_targets(scan, i, &targets);
	listing_sort(&targets);
	for (size_t i = 0; err == 0 && i < targets.len; i++) {
		const struct listed *t = &targets.item[i];

		if (!listing_add(names, t->name, strlen(t->name), SCAN_WANTS,
			    t->place))
			err = ENOMEM;
		else
			err = scan_wanted(
				scan, t->place, t->name, SCAN_WANTED, names);
	}
	listing_finish(&targets);
	return err;
}
