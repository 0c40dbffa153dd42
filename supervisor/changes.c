#include "supervisor/changes.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/loaded.h"
#include "lib/log.h"
#include "lib/page.h"
#include "supervisor/build_private.h"
#include "supervisor/inforce.h"
#include "supervisor/notify.h"
#include "supervisor/ready.h"
#include "supervisor/services.h"
#include "supervisor/supervisor.h"
#include "supervisor/watches.h"

static int
add(struct changes *c, uint32_t id, enum change_kind kind)
{
	if (c->count == c->cap) {
		uint32_t cap = c->cap * 2 + 16;
		struct change *more = realloc(c->change, cap * sizeof(*more));

		if (!more)
			return -1;
		c->change = more;
		c->cap = cap;
	}
	c->change[c->count++] = (struct change){.id = id, .kind = kind};
	return 0;
}

static bool
parse(const char *bytes, size_t len, struct arena *arena, struct def *def)
{
	struct def_error error;
	void *base = malloc(LOADED_ARENA_BYTES);

	arena_init(arena, base, base ? LOADED_ARENA_BYTES : 0);
	return base && loaded_parse(bytes, len, arena, def, &error);
}

/* Whether what runs has to be restarted for the new definition to hold. */
static bool
needs_restart(const char *old, size_t old_len, const char *new, size_t new_len)
{
	struct arena old_arena;
	struct arena new_arena;
	struct def old_def;
	struct def new_def;
	bool is_old = parse(old, old_len, &old_arena, &old_def);
	bool is_new = parse(new, new_len, &new_arena, &new_def);
	bool needs = is_old && is_new && def_needs_restart(&old_def, &new_def);

	free(old_arena.base);
	free(new_arena.base);
	return needs;
}

/* 0, or -1 with errno; adds nothing when the definition is the same. */
static int
compare(struct changes *c, const struct supervisor *sv,
	const struct build_svc *svc)
{
	const struct service *service = &sv->service[svc->id];
	char *old = malloc(service->section_len + 1);
	int result = 0;

	if (!old)
		return -1;
	if (pread(sv->loaded_fd, old, service->section_len, service->section) !=
			(ssize_t)service->section_len ||
		service->section_len != svc->len ||
		memcmp(old, svc->bytes, svc->len) != 0 || service->is_gone)
		/* What was invalid could not be stopped by anybody: mended, it
		 * is as good as new. So is what was taken away and comes back
		 * before it ended. */
		result = add(c, svc->id,
			sv->plan.svc[svc->id].state == SVC_INVALID ||
					service->is_gone
				? CHANGE_NEW
			: needs_restart(old, service->section_len, svc->bytes,
				  svc->len)
				? CHANGE_RESTART
				: CHANGE_LIVE);
	else if (svc->is_sink && !service->is_sink)
		/* Its standard input is to be another. */
		result = add(c, svc->id, CHANGE_RESTART);
	free(old);
	return result;
}

int
changes_find(
	struct changes *c, const struct supervisor *sv, const struct build *b)
{
	bool *is_in = calloc(b->ids + 1, sizeof(*is_in));
	int result = is_in ? 0 : -1;

	for (uint32_t i = 0; i < b->count && result == 0; i++) {
		uint32_t id = b->svc[i].id;

		is_in[id] = true;
		if (id < sv->plan.count && sv->plan.svc[id].is_used)
			result = compare(c, sv, &b->svc[i]);
		else
			result = add(c, id, CHANGE_NEW);
	}
	for (uint32_t id = 0; id < sv->plan.count && result == 0; id++)
		if (sv->plan.svc[id].is_used && !is_in[id])
			result = add(c, id, CHANGE_REMOVED);
	free(is_in);
	return result;
}

static void
fill_entry(struct supervisor *sv, const struct build_svc *svc,
	struct page_entry entry)
{
	entry.name_off = svc->name;
	entry.text_off = svc->error;
	entry.source_off = svc->source;
	entry.description_off = svc->description;
	entry.status_off = svc->status;
	entry.enabled = svc->enabled;
	entry.type = svc->policy.type;
	entry.flags =
		(entry.flags & ~(PAGE_GONE | PAGE_RELOADS | PAGE_AUTOSTART)) |
		PAGE_USED | (svc->is_reloadable ? PAGE_RELOADS : 0) |
		(svc->policy.is_wanted_at_start ? PAGE_AUTOSTART : 0);
	publish_entry(&sv->page, svc->id, &entry);
}

static void
define(struct supervisor *sv, const struct build_svc *svc)
{
	struct service *service = &sv->service[svc->id];
	struct plan_svc *s = &sv->plan.svc[svc->id];

	if (!s->is_used) {
		*service = (struct service){.is_unshown = service->is_unshown};
		memset(journal_record(&sv->journal, svc->id), 0,
			sizeof(struct journal_record));
		plan_add(&sv->plan, svc->id, &svc->policy);
		/* It may be started before the turn ends: its pid is worth
		 * nothing to the next supervisor without a whole record. */
		journal_save(&sv->journal, svc->id, s, 0, false, false, 0);
	}
	journal_record(&sv->journal, svc->id)->name =
		name_hash(publish_strings(&sv->page) + svc->name);
	service->section = (uint32_t)svc->offset;
	service->section_len = (uint32_t)svc->len;
	service->name = svc->name;
	service->is_gone = false;
	service->is_sink = svc->is_sink;
	service->watches = svc->watches;
	if ((svc->watches & WATCH_NOTIFY) != 0)
		notify_need(sv);
	ready_redefined(sv, svc->id);
	service->is_masked = plan_define(
		&sv->plan, svc->id, &svc->policy, (enum svc_state)svc->state);
}

/* Those that have to end first keep their name until then. */
static void
remove_service(struct supervisor *sv, uint32_t id, uint32_t name)
{
	struct page_entry entry;

	if (!plan_is_running(&sv->plan.svc[id])) {
		services_forget(sv, id);
		return;
	}
	sv->service[id].is_gone = true;
	sv->service[id].name = name;
	entry = *publish_peek(&sv->page, id);
	entry.name_off = name;
	entry.text_off = 0;
	entry.source_off = 0;
	entry.description_off = 0;
	entry.status_off = 0;
	entry.flags |= PAGE_GONE;
	publish_entry(&sv->page, id, &entry);
}

/* The index by name: what was built is sorted; those that go come between. */
static uint32_t
fill_index(struct supervisor *sv, const struct build *b,
	const struct change *gone, uint32_t count, const uint32_t *gone_name)
{
	uint32_t *index = publish_index(&sv->page);
	uint32_t len = 0;

	for (uint32_t i = 0; i < b->count; i++)
		index[len++] = b->svc[i].id;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = len;
		uint32_t id = gone[i].id;

		if (gone[i].kind != CHANGE_REMOVED || gone_name[i] == 0)
			continue;
		while (at > 0 &&
			strcmp(build_string(b, sv->service[index[at - 1]].name),
				build_string(b, gone_name[i])) > 0) {
			index[at] = index[at - 1];
			at--;
		}
		index[at] = id;
		len++;
	}
	return len;
}

static void
take_graphs(struct supervisor *sv, struct build *b)
{
	struct graph deps = sv->deps;
	struct graph rdeps = sv->rdeps;
	struct plan_delays *delays = sv->delays;
	struct plan_statuses *statuses = sv->statuses;

	sv->deps = b->deps;
	sv->rdeps = b->rdeps;
	sv->delays = b->delays;
	sv->statuses = b->statuses;
	b->deps = deps;
	b->rdeps = rdeps;
	b->delays = delays;
	b->statuses = statuses;
	/* A place in the old edges means nothing in the new ones. */
	for (uint32_t id = 0; id < sv->plan.count; id++)
		sv->plan.svc[id].cursor = sv->plan.svc[id].needer = PLAN_NONE;
	sv->plan.deps = sv->deps;
	sv->plan.rdeps = sv->rdeps;
	sv->plan.delays = sv->delays;
	sv->plan.statuses = sv->statuses;
}

/* Names of services that go are added to b's strings; 0: it has ended. */
static uint32_t *
keep_names(
	const struct changes *c, const struct supervisor *sv, struct build *b)
{
	uint32_t *name = calloc(c->count + 1, sizeof(*name));

	for (uint32_t i = 0; name && i < c->count; i++) {
		const struct change *change = &c->change[i];
		const char *text;

		if (change->kind != CHANGE_REMOVED ||
			sv->service[change->id].name == 0 ||
			!plan_is_running(&sv->plan.svc[change->id]))
			continue;
		text = service_name(sv, change->id);
		name[i] = build_add_string(b, text, strlen(text));
	}
	return name;
}

/* What services have said about themselves outlives the names around it. */
static void
keep_status(const struct supervisor *sv, struct build *b)
{
	struct page_view view = publish_view(&sv->page);
	struct page_entry entry;

	for (uint32_t i = 0; i < b->count; i++) {
		uint32_t id =
			b->svc[i].status == 0
				? PAGE_NONE
				: page_find(&view,
					  build_string(b, b->svc[i].name));

		if (id != PAGE_NONE)
			page_status_read(&view, id, &entry,
				b->strings + b->svc[i].status);
	}
}

/* What the supervisor before us showed, with ids as they are from now on. */
static void
find_shown(const struct supervisor *sv, const struct build *b,
	const struct build_svc *svc, struct page_entry *out)
{
	struct page_view view = publish_view(&sv->page);
	const struct build_svc *reason = NULL;
	struct page_entry of_reason;
	uint32_t id = sv->is_recovering
			      ? page_find(&view, build_string(b, svc->name))
			      : PAGE_NONE;

	if (id == PAGE_NONE || !page_entry_read(&view, id, out)) {
		*out = (struct page_entry){.reason_svc = PAGE_NONE};
		return;
	}
	if (page_entry_read(&view, out->reason_svc, &of_reason))
		reason = build_find(b, page_string(&view, of_reason.name_off));
	out->reason_svc = reason ? reason->id : PAGE_NONE;
}

/*
 * The entries of another supervisor are where it had put them: until all has
 * been adopted they are what whoever looks is shown. NULL: no memory.
 */
static struct page_entry *
keep_shown(const struct supervisor *sv, const struct build *b)
{
	struct page_entry *shown = calloc(b->count + 1, sizeof(*shown));

	for (uint32_t i = 0; shown && i < b->count; i++)
		find_shown(sv, b, &b->svc[i], &shown[i]);
	return shown;
}

int
changes_put_in_force(struct changes *c, struct supervisor *sv, struct build *b)
{
	uint32_t *gone_name = keep_names(c, sv, b);
	bool is_first = sv->plan.count == 0;
	struct page_entry *shown = is_first ? keep_shown(sv, b) : NULL;
	uint32_t index_len;

	keep_status(sv, b);
	if (!gone_name || (is_first && !shown) || b->is_out_of_memory ||
		publish_names_begin(&sv->page, b->ids, b->strings_len) < 0) {
		free(gone_name);
		free(shown);
		return -1;
	}
	memcpy(publish_strings(&sv->page), b->strings, b->strings_len);
	sv->page.header->aliases = b->alias_table;
	for (uint32_t id = sv->plan.count; id < b->ids; id++) {
		sv->timers.place[id] = TIMERS_NONE;
		sv->plan.svc[id].is_used = false;
	}
	sv->plan.count = b->ids;
	take_graphs(sv, b);
	for (uint32_t i = 0; i < b->count; i++) {
		define(sv, &b->svc[i]);
		fill_entry(sv, &b->svc[i],
			shown ? shown[i]
			      : *publish_peek(&sv->page, b->svc[i].id));
	}
	for (uint32_t i = 0; i < c->count; i++)
		if (c->change[i].kind == CHANGE_REMOVED)
			remove_service(sv, c->change[i].id, gone_name[i]);
	index_len = fill_index(sv, b, c->change, c->count, gone_name);
	publish_names_end(&sv->page, index_len);
	free(shown);
	free(gone_name);
	return 0;
}

/* Whether a new service is to be started at once. */
static bool
starts_now(const struct supervisor *sv, uint32_t id)
{
	const struct graph *users = &sv->rdeps;

	if (inforce_starts_all(sv))
		return sv->plan.svc[id].policy.is_wanted_at_start;
	for (uint32_t e = users->first[id]; e < users->first[id + 1]; e++)
		if ((users->edge[e].flags & (EDGE_REQUIRES | EDGE_WANTS)) !=
				0 &&
			sv->plan.svc[users->edge[e].to].want != WANT_DOWN)
			return true;
	return false;
}

void
changes_follow(const struct changes *c, struct supervisor *sv)
{
	for (uint32_t i = 0; i < c->count; i++) {
		uint32_t id = c->change[i].id;
		const struct plan_svc *s = &sv->plan.svc[id];
		const char *name;

		if (!s->is_used)
			continue;
		name = service_name(sv, id);
		if (sv->service[id].is_gone || sv->service[id].is_masked) {
			log_info("%s: no longer defined; stopping it", name);
			plan_event(&sv->plan, id, EVENT_STOP, 0, PLAN_NONE);
		} else if (c->change[i].kind == CHANGE_NEW &&
			   starts_now(sv, id)) {
			log_info("%s: new; starting it", name);
			plan_event(&sv->plan, id, plan_start_event(s), 0,
				PLAN_NONE);
		} else if (c->change[i].kind == CHANGE_RESTART &&
			   s->want != WANT_DOWN && plan_is_running(s)) {
			log_info("%s: changed; restarting it", name);
			plan_event(&sv->plan, id, EVENT_RESTART, 0, PLAN_NONE);
		} else if (s->policy.is_timed && s->timer == TIMER_NONE &&
			   starts_now(sv, id)) {
			/* It runs at times now, and did not before. */
			plan_event(&sv->plan, id, EVENT_ARM, 0, PLAN_NONE);
		}
	}
}

void
changes_free(struct changes *c)
{
	free(c->change);
	*c = (struct changes){0};
}
