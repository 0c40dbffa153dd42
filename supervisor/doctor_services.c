#include "supervisor/doctor_private.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/load.h"
#include "lib/paths.h"
#include "supervisor/build.h"
#include "supervisor/doctor.h"
#include "supervisor/logger_start.h"
#include "supervisor/supervisor.h"
#include "supervisor/zero.h"

static void
warn(const char *message)
{
	doctor_say(FOUND_NOTE, "definitions", "%s", message);
}

static uint32_t
give_id(void *context, const char *name)
{
	uint32_t *next = context;

	(void)name;
	return (*next)++;
}

static bool
is_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	return strncmp(path, root, len) == 0 && path[len] == '/';
}

static void
look_at_roots(const struct build *b, const struct load *load)
{
	for (unsigned i = 0; i < load->roots; i++) {
		const char *root = load->root[i];
		unsigned count = 0;

		for (uint32_t n = 0; n < b->count; n++)
			count += is_below(
				build_string(b, b->svc[n].source), root);
		if (access(root, R_OK | X_OK) != 0)
			doctor_say(errno == ENOENT ? FOUND_OK : FOUND_NOTE,
				"config", "%s: %m", root);
		else
			doctor_say(FOUND_OK, "config", "%s: %u service%s", root,
				count, count == 1 ? "" : "s");
	}
}

static void
look_at_definitions(const struct build *b, const struct load *load)
{
	look_at_roots(b, load);
	for (uint32_t n = 0; n < b->count; n++)
		if (b->svc[n].state == SVC_INVALID)
			doctor_say(FOUND_BAD, build_string(b, b->svc[n].name),
				"%s", build_string(b, b->svc[n].error));
	if (b->count == 0)
		doctor_say(FOUND_NOTE, "services",
			"none: nothing is started, and the supervisor waits");
	else
		doctor_say(FOUND_OK, "services", "%u, %u of them invalid",
			b->count, b->invalid);
}

static void
look_at_svlog(struct supervisor *sv)
{
	if (logger_find_program(sv))
		doctor_say(FOUND_OK, "svlog", "there");
	else
		doctor_say(FOUND_NOTE, "svlog",
			"not there: services write their log files themselves, "
			"without stamps, and nobody rotates them");
}

void
doctor_look_at_services(struct supervisor *sv)
{
	struct load_text text = {0};
	uint32_t next = 0;
	char message[512];
	struct build b;

	look_at_svlog(sv);
	if (!load_open(&sv->load, &sv->options.paths, message, sizeof(message)))
		doctor_say(FOUND_BAD, "tend.conf", "%s", message);
	zero_note(sv);
	if (load_all(&sv->load, &text, warn) >= 0 &&
		build_make(&b, text.bytes, text.len, give_id, &next, 0, warn)) {
		look_at_definitions(&b, &sv->load);
		build_free(&b);
	} else {
		doctor_say(FOUND_BAD, "definitions", "%m");
	}
	free(text.bytes);
	load_close(&sv->load);
}
