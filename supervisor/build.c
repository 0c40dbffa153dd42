#include "supervisor/build.h"

#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/loaded.h"
#include "lib/name.h"
#include "lib/page.h"
#include "supervisor/build_private.h"
#include "supervisor/watches.h"

static const char no_status[PAGE_STATUS_CAP];

uint32_t
build_add_string(struct build *b, const char *text, size_t len)
{
	uint32_t offset = (uint32_t)b->strings_len;

	if (b->strings_len + len + 1 > b->strings_cap) {
		size_t cap = (b->strings_cap + len + 1) * 2;
		char *more = realloc(b->strings, cap);

		if (!more) {
			b->is_out_of_memory = true;
			return 0;
		}
		b->strings = more;
		b->strings_cap = cap;
	}
	memcpy(b->strings + offset, text, len);
	b->strings[offset + len] = '\0';
	b->strings_len += len + 1;
	return offset;
}

void
build_add_edge(struct build *b, uint32_t from, uint32_t to, uint32_t flags)
{
	if (b->edges == b->edges_cap) {
		uint32_t cap = b->edges_cap * 2 + 64;
		struct build_edge *more = realloc(b->edge, cap * sizeof(*more));

		if (!more) {
			b->is_out_of_memory = true;
			return;
		}
		b->edge = more;
		b->edges_cap = cap;
	}
	b->edge[b->edges++] =
		(struct build_edge){.from = from, .to = to, .flags = flags};
}

const char *
build_string(const struct build *b, uint32_t offset)
{
	return b->strings + offset;
}

struct build_svc *
build_find(const struct build *b, const char *name)
{
	uint32_t low = 0;
	uint32_t high = b->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = strcmp(build_string(b, b->svc[mid].name), name);

		if (order == 0)
			return &b->svc[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

void
build_reject(struct build *b, struct build_svc *svc, const char *text)
{
	if (svc->state != SVC_DOWN)
		return;
	svc->state = SVC_INVALID;
	svc->error = build_add_string(b, text, strlen(text));
	b->invalid++;
}

/* Most services share the default list of delays. */
static uint16_t
find_delays(struct build *b, const struct def *def)
{
	struct plan_delays list = {.count = def->delays};
	struct plan_delays *more = NULL;

	memcpy(list.ms, def->delay_ms, def->delays * sizeof(list.ms[0]));
	for (uint32_t i = 0; i < b->delays_len; i++)
		if (memcmp(&b->delays[i], &list, sizeof(list)) == 0)
			return (uint16_t)i;
	if (b->delays_len < UINT16_MAX)
		more = realloc(b->delays, (b->delays_len + 1) * sizeof(list));
	if (!more) {
		b->is_out_of_memory = true;
		return 0;
	}
	b->delays = more;
	b->delays[b->delays_len] = list;
	return (uint16_t)b->delays_len++;
}

static void
take_policy(struct build *b, struct build_svc *svc, const struct def *def)
{
	struct plan_policy *p = &svc->policy;

	p->type = def->type;
	p->restart = def->restart;
	p->stop_signal = def->stop_signal;
	p->reload_signal = def->reload_signal;
	p->kill_mode = def->kill_mode;
	p->commands = (uint8_t)(def->command.len == 0 ? 1 : def->command.len);
	p->is_timed = def_is_timed(def);
	p->remains = def->remain_after_exit;
	p->is_wanted_at_start = def->autostart && svc->enabled != ENABLED_NO;
	p->delays = find_delays(b, def);
	p->limit_count =
		(uint16_t)(def->limit_count > UINT16_MAX ? UINT16_MAX
							 : def->limit_count);
	p->limit_ms = def->limit_ms;
	p->reset_ms = def->restart_reset_ms;
	p->start_timeout_ms = def->start_timeout_ms;
	p->stop_timeout_ms = def->stop_timeout_ms;
	for (unsigned part = 0; part < PART_CHECK; part++)
		p->hooks[part] = (uint8_t)def->hook[part].len;
	p->statuses = build_statuses(b, def);
	p->is_essential = def->is_essential;
	p->asks = (uint8_t)((def->wait_for.len > 0 ? PLAN_ASK_WAIT : 0) |
			    (def->start_if.len + def->asserts.len > 0
					    ? PLAN_ASK_CONDITION
					    : 0));
	for (unsigned i = 0; i < def->command.len; i++) {
		bool may_fail = false;
		bool is_privileged = false;

		def_command_flags(
			def->command.item[i], &may_fail, &is_privileged);
		if (may_fail)
			p->may_fail |= 1u << i;
	}
}

/* The definition's own file. */
static uint32_t
find_source(struct build *b, const struct build_svc *svc)
{
	struct loaded_fragment fragment;

	if (!loaded_source(svc->bytes, svc->len, &fragment))
		return 0;
	return build_add_string(b, fragment.file, fragment.file_len);
}

static bool
is_masked(const struct build_svc *svc)
{
	struct loaded_fragment fragment;
	size_t at = 0;
	bool is_broken = false;

	while (loaded_fragment_next(
		svc->bytes, svc->len, &at, &fragment, &is_broken))
		if (fragment.kind == '~')
			return true;
	return false;
}

static void
take_definition(struct build *b, struct build_svc *svc, struct arena *scratch)
{
	struct def def;
	struct def_error error;
	char text[512];
	struct fmt f;

	svc->source = find_source(b, svc);
	if (is_masked(svc)) {
		svc->state = SVC_MASKED;
		svc->enabled = ENABLED_MASKED;
		return;
	}
	scratch->used = 0;
	if (!loaded_parse(svc->bytes, svc->len, scratch, &def, &error)) {
		fmt_init(&f, text, sizeof(text));
		def_error_format(&f, &error);
		build_reject(b, svc, text);
		svc->policy.is_wanted_at_start = svc->enabled != ENABLED_NO;
		return;
	}
	if (def.description)
		svc->description = build_add_string(
			b, def.description, strlen(def.description));
	svc->is_reloadable =
		def.reload_signal != 0 || def.hook[PART_RELOAD].len > 0;
	svc->watches = watches_of(&def);
	if ((svc->watches & WATCH_NOTIFY) != 0)
		svc->status =
			build_add_string(b, no_status, sizeof(no_status) - 1);
	take_policy(b, svc, &def);
	build_take_deps(b, svc, &def);
	build_take_sink(b, svc, &def);
	build_add_log(b, build_string(b, svc->name), &def);
}

/* First all names, so that edges can be looked up. */
static bool
take_sections(struct build *b, build_id_of *id_of, void *context)
{
	struct loaded_section section;
	bool is_broken = false;
	uint32_t cap = 0;
	size_t at = 0;

	while (loaded_next(b->text, b->text_len, &at, &section, &is_broken)) {
		struct build_svc *svc;

		if (b->count == cap) {
			struct build_svc *more;

			cap = cap * 2 + 16;
			more = realloc(b->svc, cap * sizeof(*more));
			if (!more)
				return false;
			b->svc = more;
		}
		svc = &b->svc[b->count++];
		*svc = (struct build_svc){.bytes = section.bytes,
			.offset = (size_t)(section.bytes - b->text),
			.len = section.len,
			.enabled = (uint8_t)section.enabled,
			.state = SVC_DOWN};
		svc->name =
			build_add_string(b, section.name, strlen(section.name));
		svc->id = id_of(context, section.name);
		if (svc->id >= b->ids)
			b->ids = svc->id + 1;
	}
	return !is_broken;
}

bool
build_make(struct build *b, const char *text, size_t len, build_id_of *id_of,
	void *context, uint32_t least_ids, void (*warn)(const char *message))
{
	struct arena scratch;

	*b = (struct build){.text = text, .text_len = len, .ids = least_ids};
	build_add_string(b, "", 0);
	arena_init(&scratch, malloc(LOADED_ARENA_BYTES), LOADED_ARENA_BYTES);
	if (!scratch.base || !take_sections(b, id_of, context)) {
		free(scratch.base);
		build_free(b);
		return false;
	}
	for (uint32_t i = 0; i < b->count; i++)
		take_definition(b, &b->svc[i], &scratch);
	free(scratch.base);
	build_take_later(b, warn);
	build_put_names(b);
	build_check_sinks(b);
	if (b->is_out_of_memory || !build_graphs(b) || b->is_out_of_memory) {
		build_free(b);
		return false;
	}
	return true;
}
