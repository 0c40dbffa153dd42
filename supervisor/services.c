#include "supervisor/services.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/load.h"
#include "lib/loaded.h"
#include "lib/log.h"
#include "lib/name.h"
#include "lib/source.h"
#include "supervisor/build.h"
#include "supervisor/changes.h"
#include "supervisor/cold.h"
#include "supervisor/inforce.h"
#include "supervisor/logger.h"
#include "supervisor/outputs.h"
#include "supervisor/ready.h"
#include "supervisor/record.h"
#include "supervisor/splice.h"
#include "supervisor/supervisor.h"
#include "supervisor/zero.h"

static void *
reserve(size_t bytes)
{
	void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return base == MAP_FAILED ? NULL : base;
}

int
services_init(struct supervisor *sv)
{
	struct plan *p = &sv->plan;

	sv->service = reserve(SERVICES_MAX * sizeof(*sv->service));
	sv->pid_bucket = reserve(SERVICES_MAX * sizeof(*sv->pid_bucket));
	p->svc = reserve(SERVICES_MAX * sizeof(*p->svc));
	p->changed = reserve(SERVICES_MAX * sizeof(*p->changed));
	sv->unshown = reserve(SERVICES_MAX * sizeof(*sv->unshown));
	sv->asked = PLAN_NONE;
	sv->timers.heap = reserve(SERVICES_MAX * sizeof(uint32_t));
	sv->timers.place = reserve(SERVICES_MAX * sizeof(uint32_t));
	sv->timers.deadline = reserve(SERVICES_MAX * sizeof(uint64_t));
	if (!sv->service || !sv->pid_bucket || !sv->unshown || !p->svc ||
		!p->changed || !sv->timers.heap || !sv->timers.place ||
		!sv->timers.deadline)
		return -1;
	plan_init(p);
	return 0;
}

static void
warn(const char *message)
{
	log_warn("%s", message);
}

/* An id for a name: its own, else one that is free, else a new one. */
struct id_giver {
	const struct supervisor *sv;
	uint32_t next; /* no free one below */
};

/* One that was removed, still runs, and comes back: it has to end first. */
static uint32_t
find_stray(const struct supervisor *sv, const char *name)
{
	uint64_t hash = sv->strays > 0 ? name_hash(name) : 0;

	for (uint32_t id = 0; hash != 0 && id < sv->plan.count; id++)
		if (sv->plan.svc[id].is_used && sv->service[id].name == 0 &&
			journal_name(&sv->journal, id) == hash)
			return id;
	return PAGE_NONE;
}

static uint32_t
give_id(void *context, const char *name)
{
	struct id_giver *giver = context;
	uint32_t id = service_find(giver->sv, name);

	if (id != PAGE_NONE)
		return id;
	id = find_stray(giver->sv, name);
	if (id != PAGE_NONE)
		return id;
	while (giver->next < giver->sv->plan.count &&
		giver->sv->plan.svc[giver->next].is_used)
		giver->next++;
	return giver->next++;
}

static int
write_text(const struct supervisor *sv, const struct build *b, bool keeps_old)
{
	bool is_first = sv->loaded_fd < 0;
	int fd = -1;

	/* What an interrupted apply was to put in force lies under the name:
	 * until that is done the next supervisor has to find it there. */
	if (is_first && sv->apply.bytes)
		fd = inforce_write(-1, b->text, b->text_len, false);
	if (fd < 0)
		fd = inforce_write(sv->runtime_fd, b->text, b->text_len,
			keeps_old && sv->runtime_fd >= 0);
	if (fd >= 0 || !is_first || sv->runtime_fd < 0)
		return fd;
	/* At start-up services count for more than the file: it has no name
	 * then, and after a crash the config roots are read again. */
	log_error("%s/%s: %m; going on without it", sv->runtime, INFORCE_NAME);
	unlinkat(sv->runtime_fd, INFORCE_NAME, 0);
	return inforce_write(-1, b->text, b->text_len, false);
}

/* A file that nobody changes any more: each start reads its section there. */
static void
map_loaded(struct supervisor *sv, int fd, size_t len)
{
	const char *old = sv->loaded;
	size_t old_len = sv->loaded_len;
	void *base = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);

	sv->loaded = base == MAP_FAILED ? NULL : base;
	sv->loaded_len = len;
	if (old)
		munmap((void *)(uintptr_t)old, old_len);
}

/* Puts what was built in force. 0, or -1 with errno and nothing changed. */
static int
commit(struct supervisor *sv, struct build *b, struct changes *changes,
	bool keeps_old)
{
	int fd;

	if (b->ids > SERVICES_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (changes_find(changes, sv, b) < 0 ||
		journal_grow(&sv->journal, b->ids) < 0)
		return -1;
	fd = write_text(sv, b, keeps_old);
	if (fd < 0 || changes_put_in_force(changes, sv, b) < 0) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		if (keeps_old)
			inforce_take_old_back(sv);
		errno = error;
		return -1;
	}
	if (sv->loaded_fd >= 0)
		close(sv->loaded_fd);
	sv->loaded_fd = fd;
	sv->plan.starts_all = inforce_starts_all(sv);
	map_loaded(sv, fd, b->text_len);
	logger_configure(sv, b->logs, b->logs_len);
	return 0;
}

static void
log_invalid(const struct build *b)
{
	for (uint32_t i = 0; i < b->count; i++)
		if (b->svc[i].state == SVC_INVALID)
			log_error("%s: %s", build_string(b, b->svc[i].name),
				build_string(b, b->svc[i].error));
}

int
services_load(struct supervisor *sv, bool is_recovering, uint32_t old_ids)
{
	struct id_giver giver = {.sv = sv};
	struct load_text text = {0};
	struct changes changes = {0};
	struct build b;
	int result = -1;

	sv->loaded_fd = -1;
	if (is_recovering)
		inforce_read(sv, &text);
	if (text.bytes && build_make(&b, text.bytes, text.len, give_id, &giver,
				  old_ids, NULL)) {
		result = 0;
	} else {
		free(text.bytes);
		text = (struct load_text){0};
		giver.next = 0;
		if (load_all(&sv->load, &text, warn) >= 0 &&
			build_make(&b, text.bytes, text.len, give_id, &giver, 0,
				warn))
			result = 0;
	}
	if (result == 0) {
		log_invalid(&b);
		result = commit(sv, &b, &changes, false);
		build_free(&b);
	}
	if (!sv->apply.bytes)
		inforce_forget_old(sv);
	if (result < 0)
		log_error("definitions: %s", strerror(errno));
	changes_free(&changes);
	free(text.bytes);
	return result;
}

void
services_start(struct supervisor *sv)
{
	uint32_t target = service_find(sv, "default");
	bool is_all = inforce_starts_all(sv);

	sv->plan.starts_all = is_all;
	zero_start(sv);
	if (!is_all && target == PAGE_NONE) {
		log_warn("start = enabled, but there is no service 'default'; "
			 "nothing is started");
		return;
	}
	if (!is_all) {
		plan_event(&sv->plan, target, EVENT_START, 0, PLAN_NONE);
		return;
	}
	for (uint32_t id = 0; id < sv->plan.count; id++) {
		const struct plan_svc *s = &sv->plan.svc[id];

		if (s->is_used && s->policy.is_wanted_at_start &&
			s->state == SVC_DOWN)
			plan_event(&sv->plan, id, plan_start_event(s), 0,
				PLAN_NONE);
	}
}

/* An error that was there before, word for word, is no reason to refuse. */
static bool
is_newly_invalid(const struct supervisor *sv, const struct build *b,
	const struct build_svc *svc)
{
	const struct page_entry *entry;
	struct page_view view = publish_view(&sv->page);

	if (svc->state != SVC_INVALID)
		return false;
	if (svc->id >= sv->plan.count || !sv->plan.svc[svc->id].is_used ||
		sv->plan.svc[svc->id].state != SVC_INVALID)
		return true;
	entry = publish_peek(&sv->page, svc->id);
	return strcmp(page_string(&view, entry->text_off),
		       build_string(b, svc->error)) != 0;
}

static bool
has_new_errors(const struct supervisor *sv, const struct build *b)
{
	bool has = false;

	for (uint32_t i = 0; i < b->count; i++)
		if (is_newly_invalid(sv, b, &b->svc[i])) {
			log_error("%s: %s; nothing is changed",
				build_string(b, b->svc[i].name),
				build_string(b, b->svc[i].error));
			has = true;
		}
	return has;
}

/* text becomes the definitions in force, unless something new is wrong. */
static enum services_result
replace(struct supervisor *sv, const struct load_text *text,
	struct changes *changes, bool keeps_old)
{
	struct id_giver giver = {.sv = sv};
	struct build b;
	enum services_result result = SERVICES_CHANGED;

	errno = ENOMEM;
	if (!build_make(&b, text->bytes, text->len, give_id, &giver,
		    sv->plan.count, warn)) {
		log_error(
			"definitions: %s; nothing is changed", strerror(errno));
		return SERVICES_ERROR;
	}
	if (has_new_errors(sv, &b)) {
		result = SERVICES_INVALID;
	} else if (commit(sv, &b, changes, keeps_old) < 0) {
		log_error(
			"definitions: %s; nothing is changed", strerror(errno));
		result = SERVICES_ERROR;
	}
	build_free(&b);
	return result;
}

/*
 * Instances that somebody has started by name, and what they log to: no file
 * names them, and yet they are not to be taken away while they run.
 */
static bool
find_kept(const struct supervisor *sv, struct listing *kept)
{
	char base[NAME_CAP];

	for (uint32_t id = 0; id < sv->plan.count; id++) {
		const struct plan_svc *s = &sv->plan.svc[id];
		const char *name;

		if (!s->is_used || sv->service[id].name == 0 ||
			sv->service[id].is_gone ||
			(s->state == SVC_DOWN && s->want == WANT_DOWN))
			continue;
		name = service_name(sv, id);
		if ((name_template(name, base) || name_logged(name, base)) &&
			!listing_add(kept, name, strlen(name), 0, 0))
			return false;
	}
	return true;
}

static int
load_and_keep(struct supervisor *sv, struct load *load, struct load_text *text)
{
	struct listing kept = {0};
	int count = -1;

	errno = ENOMEM;
	if (find_kept(sv, &kept)) {
		load->keep = &kept;
		count = load_all(load, text, warn);
		load->keep = NULL;
	}
	listing_finish(&kept);
	return count;
}

enum services_result
services_apply(struct supervisor *sv)
{
	struct load_text text = {0};
	struct changes changes = {0};
	struct load load;
	struct load before;
	char message[512];
	enum services_result result;

	cold_used(sv);
	if (!load_open(&load, &sv->options.paths, message, sizeof(message))) {
		log_error("%s; nothing is changed", message);
		load_close(&load);
		return SERVICES_INVALID;
	}
	zero_add(sv, &load);
	if (load_and_keep(sv, &load, &text) < 0) {
		log_error(
			"definitions: %s; nothing is changed", strerror(errno));
		result = SERVICES_ERROR;
	} else if (load.has_unreadable && !sv->load.has_unreadable) {
		/* What it held would look as if it had been removed. */
		log_error("definitions: a directory cannot be read any more; "
			  "nothing is changed");
		result = SERVICES_ERROR;
	} else {
		/* What logs go by is written with the definitions. */
		before = sv->load;
		sv->load = load;
		result = replace(sv, &text, &changes, true);
		if (result == SERVICES_CHANGED)
			load = before;
		else
			sv->load = before;
	}
	free(text.bytes);
	load_close(&load);
	if (result == SERVICES_CHANGED) {
		sv->plan.starts_all = inforce_starts_all(sv);
		changes_follow(&changes, sv);
		record_decisions(sv);
		inforce_forget_old(sv);
	}
	changes_free(&changes);
	return result;
}

void
services_apply_again(struct supervisor *sv)
{
	struct changes changes = {0};

	if (!sv->apply.bytes)
		return;
	log_warn("definitions: an apply was interrupted; going on with it");
	if (replace(sv, &sv->apply, &changes, false) == SERVICES_CHANGED) {
		changes_follow(&changes, sv);
		record_decisions(sv);
		inforce_forget_old(sv);
	} else {
		inforce_take_old_back(sv);
	}
	changes_free(&changes);
	free(sv->apply.bytes);
	sv->apply = (struct load_text){0};
}

/* The first section, against that in force. */
static bool
is_same_section(const struct supervisor *sv, const char *name,
	const struct load_text *section)
{
	struct loaded_section parsed;
	const struct service *service;
	uint32_t id = service_find(sv, name);
	bool is_broken = false;
	bool is_same = false;
	size_t at = 0;
	char *bytes;

	if (id == PAGE_NONE || sv->service[id].is_gone)
		return false;
	service = &sv->service[id];
	bytes = malloc(service->section_len + 1);
	if (bytes &&
		loaded_next(section->bytes, section->len, &at, &parsed,
			&is_broken) &&
		parsed.len == service->section_len &&
		pread(sv->loaded_fd, bytes, parsed.len, service->section) ==
			(ssize_t)parsed.len)
		is_same = memcmp(bytes, parsed.bytes, parsed.len) == 0;
	free(bytes);
	return is_same;
}

enum services_result
services_refresh(struct supervisor *sv, const char *name)
{
	struct load_text section = {0};
	struct load_text whole = {0};
	struct changes changes = {0};
	enum services_result result = SERVICES_ERROR;
	size_t len = 0;
	char *old = NULL;

	cold_used(sv);
	if (!load_service_and_needed(&sv->load, name, &section)) {
		uint32_t id = service_find(sv, name);

		free(section.bytes);
		/* One that is gone has no section any more to start it by. */
		return id == PAGE_NONE || sv->service[id].is_gone
			       ? SERVICES_UNKNOWN
			       : SERVICES_SAME;
	}
	if (is_same_section(sv, name, &section)) {
		free(section.bytes);
		return SERVICES_SAME;
	}
	old = inforce_text(sv, &len);
	if (old && splice(old, len, &section, &whole))
		result = replace(sv, &whole, &changes, false);
	else
		log_error("%s: its definition could not be read again: %s",
			name, strerror(errno));
	changes_free(&changes);
	free(old);
	free(section.bytes);
	free(whole.bytes);
	return result;
}

void
services_forget(struct supervisor *sv, uint32_t id)
{
	/* The name stays: the index, sorted by names, still has the id. */
	const struct page_entry none = {.reason_svc = PAGE_NONE,
		.name_off = publish_peek(&sv->page, id)->name_off};
	struct plan_svc *s = &sv->plan.svc[id];

	/* It may wait for a restart: that must not come any more. */
	outputs_forget(sv, id);
	s->state = SVC_DOWN;
	ready_follow(sv, id);
	s->is_used = false;
	s->state = SVC_DOWN;
	s->want = WANT_DOWN;
	s->deadline_ms = 0;
	timers_set(&sv->timers, id, 0);
	sv->service[id].is_gone = false;
	publish_entry(&sv->page, id, &none);
	memset(journal_record(&sv->journal, id), 0,
		sizeof(struct journal_record));
}
