#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/name.h"
#include "lib/scan.h"
#include "lib/scan_private.h"

static bool
is_wanted_by(
	struct scan *scan, unsigned root, const char *target, const char *name)
{
	int fd = scan_open_wants(scan, root, target);
	bool is_wanted = fd >= 0 && scan_is_there(fd, name, "") &&
			 !source_is_null_link(fd, name) &&
			 !scan_is_decided_above(scan, root, target, name);

	if (fd >= 0)
		close(fd);
	return is_wanted;
}

/* Does the .wants directory of a target name it? */
static bool
is_wanted(struct scan *scan, const char *name)
{
	struct listing targets = {0};
	bool is_found = false;

	for (unsigned i = 0; i < scan->load->roots; i++) {
		if (scan->load->settings.start_all)
			is_found = is_found ||
				   is_wanted_by(scan, i, SCAN_TARGET, name);
		else
			(void)scan_list_targets(scan, i, &targets);
	}
	listing_sort(&targets);
	for (size_t i = 0; !is_found && i < targets.len; i++)
		is_found = is_wanted_by(scan, targets.item[i].place,
			targets.item[i].name, name);
	listing_finish(&targets);
	return is_found;
}

/* The definition in the first place that has one. */
static void
find_file(struct scan *scan, const char *name, struct scan_found *found)
{
	found->place = SCAN_NONE;
	for (unsigned i = 0; i < scan->places; i++) {
		enum scan_kind kind = SCAN_ABSENT;

		if (scan_is_there(scan->place[i].fd, name, ""))
			kind = scan_kind_of(scan, (int)i, name, DT_UNKNOWN);
		if (kind == SCAN_ABSENT)
			continue;
		found->place = (int)i;
		found->kind = kind;
		return;
	}
}

static void
set_file(struct scan_found *found, const char *name, const char *end)
{
	struct fmt f;

	fmt_init(&f, found->file, sizeof(found->file));
	fmt_printf(&f, "%s%s", name, end);
}

/* The run directory that it logs for, which may be that of a template. */
static bool
find_logged(struct scan *scan, const char *name, struct scan_found *found)
{
	char base[NAME_CAP], file[NAME_CAP];
	struct scan_found logged;

	if (!name_logged(name, base))
		return false;
	memcpy(file, base, sizeof(file));
	find_file(scan, file, &logged);
	if (logged.place == SCAN_NONE && name_template(base, file))
		find_file(scan, file, &logged);
	if (logged.place == SCAN_NONE || logged.kind != SCAN_DIRECTORY ||
		!scan_is_there(scan->place[logged.place].fd, file, "/log/run"))
		return false;
	found->place = logged.place;
	found->kind = SCAN_DIRECTORY;
	found->is_logger = true;
	set_file(found, file, "/log");
	return true;
}

void
scan_find_base(struct scan *scan, const char *name, struct scan_found *found)
{
	struct scan_found base;

	set_file(found, name, "");
	if (found->place == SCAN_NONE && find_logged(scan, name, found))
		return;
	if (!name_template(name, found->template))
		return;
	find_file(scan, found->template, &base);
	found->is_instance = base.place != SCAN_NONE;
	if (found->place == SCAN_NONE && found->is_instance) {
		found->place = base.place;
		found->kind = base.kind;
		found->is_template = true;
		set_file(found, found->template, "");
	}
	for (unsigned i = 0; i < scan->places; i++)
		if (scan_is_there(scan->place[i].fd, found->template, DROPINS))
			found->base_dropins |= 1u << i;
}

void
scan_find(struct scan *scan, const char *name, struct scan_found *found)
{
	memset(found, 0, sizeof(*found));
	find_file(scan, name, found);
	for (unsigned i = 0; i < scan->places; i++)
		if (scan_is_there(scan->place[i].fd, name, DROPINS))
			found->dropins |= 1u << i;
	scan_find_base(scan, name, found);
	if (found->place == SCAN_NONE)
		return;
	if (!scan->load->settings.start_all) {
		for (unsigned i = 0; i < scan->load->roots; i++)
			if (scan_is_there(scan->root_fd[i], name, WANTS))
				found->wants |= 1u << i;
		found->is_wanted = is_wanted(scan, name);
	} else if (found->is_template) {
		found->is_wanted = is_wanted(scan, name);
	}
}
