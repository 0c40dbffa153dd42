/*
 * supervisor/build.h: the graphs are whole, whatever the definitions say, and
 * any allocation may fail. Input: text of lib/loaded.h, or else definitions
 * with a form feed between them, which become the services a b c ...
 */
#include <stdlib.h>
#include <string.h>

#include "lib/fmt.h"
#include "lib/load.h"
#include "lib/loaded.h"
#include "lib/text.h"
#include "supervisor/build.h"
#include "tests/fuzz/failing.h"
#include "tests/fuzz/fuzz.h"

/* Ids with holes, in the order in which they are asked for. */
static uint32_t
give_id(void *context, const char *name)
{
	uint32_t *next = context;

	(void)name;
	*next += 2;
	return *next - 1;
}

static const struct build_svc *
svc_of(const struct build *b, uint32_t id)
{
	for (uint32_t i = 0; i < b->count; i++)
		if (b->svc[i].id == id)
			return &b->svc[i];
	return NULL;
}

static uint32_t
flags_of(const struct graph *g, uint32_t from, uint32_t to)
{
	for (uint32_t e = g->first[from]; e < g->first[from + 1]; e++)
		if (g->edge[e].to == to)
			return g->edge[e].flags;
	return 0;
}

/* Rows sorted, no edge twice, each also in the graph turned round. */
static void
check_graph(const struct build *b, const struct graph *g,
	const struct graph *turned, bool is_turned)
{
	REQUIRE(g->nodes == b->ids && g->first[0] == 0);
	REQUIRE(g->first[g->nodes] == turned->first[turned->nodes]);
	for (uint32_t id = 0; id < g->nodes; id++) {
		REQUIRE(g->first[id] <= g->first[id + 1]);
		for (uint32_t e = g->first[id]; e < g->first[id + 1]; e++) {
			uint32_t to = g->edge[e].to, flags = g->edge[e].flags;
			const struct build_svc *svc =
				svc_of(b, is_turned ? to : id);

			REQUIRE(e == g->first[id] || g->edge[e - 1].to < to);
			REQUIRE(svc_of(b, id) && svc_of(b, to));
			REQUIRE(svc->state == SVC_DOWN);
			REQUIRE(flags > 0 && flags < 8);
			REQUIRE(flags_of(turned, to, id) == flags);
			/* What needs another comes after it, or before. */
			REQUIRE((flags & EDGE_AFTER) || is_turned ||
				(flags_of(g, to, id) & EDGE_AFTER) ||
				svc_of(b, to)->state != SVC_DOWN);
		}
	}
}

/* Nodes can be taken away, one after the other, that wait for none. */
static void
check_order(const struct build *b)
{
	bool *is_gone = calloc(b->ids + 1, sizeof(*is_gone));
	uint32_t gone = 0, before;

	do {
		before = gone;
		for (uint32_t id = 0; id < b->ids; id++) {
			uint32_t e = b->deps.first[id];

			while (e < b->deps.first[id + 1] &&
				(!(b->deps.edge[e].flags & EDGE_AFTER) ||
					is_gone[b->deps.edge[e].to]))
				e++;
			if (is_gone[id] || e < b->deps.first[id + 1])
				continue;
			is_gone[id] = true;
			gone++;
		}
	} while (gone > before);
	REQUIRE(gone == b->ids);
	free(is_gone);
}

/* The format asks for it; of other text only crashes are looked for. */
static bool
is_sorted(const struct build *b)
{
	for (uint32_t i = 1; i < b->count; i++)
		if (strcmp(build_string(b, b->svc[i - 1].name),
			    build_string(b, b->svc[i].name)) >= 0)
			return false;
	return true;
}

static void
check_services(const struct build *b)
{
	uint32_t invalid = 0;

	for (uint32_t i = 0; i < b->count; i++) {
		const struct build_svc *svc = &b->svc[i];
		struct loaded_fragment source;
		const char *file = build_string(b, svc->source);

		REQUIRE(build_find(b, build_string(b, svc->name)) == svc);
		REQUIRE(svc->source < b->strings_len &&
			svc->description < b->strings_len &&
			svc->error < b->strings_len);
		REQUIRE((svc->state == SVC_INVALID) == (svc->error != 0));
		REQUIRE(svc->error == 0 || *build_string(b, svc->error));
		REQUIRE(svc->state != SVC_DOWN ||
			svc->policy.delays < b->delays_len);
		invalid += svc->state == SVC_INVALID;
		if (loaded_source(svc->bytes, svc->len, &source) &&
			!memchr(source.file, '\0', source.file_len))
			REQUIRE(strlen(file) == source.file_len &&
				memcmp(file, source.file, source.file_len) ==
					0);
	}
	REQUIRE(b->strings[b->strings_len - 1] == '\0');
	REQUIRE(invalid == b->invalid);
}

static void
warn(const char *message)
{
	REQUIRE(*message != '\0' && strlen(message) < 240);
}

static void
check_text(const char *text, size_t len)
{
	uint32_t next = 0, least = fuzz_pick(text, len, 4);
	struct build b;

	failing_begin(FAILING_NONE);
	if (build_make(&b, text, len, give_id, &next, least, warn)) {
		uint32_t all = failing_end();

		if (is_sorted(&b)) {
			check_services(&b);
			check_graph(&b, &b.deps, &b.rdeps, false);
			check_graph(&b, &b.rdeps, &b.deps, true);
			check_order(&b);
		}
		build_free(&b);
		next = 0;
		failing_begin(fuzz_pick(text, len, all));
		REQUIRE(!build_make(
			&b, text, len, give_id, &next, least, warn));
		failing_end();
	}
	REQUIRE(b.svc == NULL && b.strings == NULL && b.deps.first == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	struct load_text text = {0}, part = {0};
	char name[2] = "a", line[64];

	if (size > 0 && (*data == '@' || *data == 't')) {
		char *bytes = fuzz_copy(data, size);

		check_text(bytes, size);
		free(bytes);
		return 0;
	}
	REQUIRE(text_add_str(&text, LOADED_HEADER));
	for (; data < end && *name <= 'z'; data = fuzz_part(data, end) + 1) {
		size_t len = (size_t)(fuzz_part(data, end) - data);
		struct fmt f;

		part.len = 0;
		REQUIRE(text_add_fragment(
			&part, '+', name, (const char *)data, len));
		fmt_init(&f, line, sizeof(line));
		fmt_printf(&f, "@ %s enabled %zu\n", name, part.len);
		REQUIRE(text_add_str(&text, line) &&
			text_add(&text, part.bytes, part.len));
		(*name)++;
	}
	check_text(text.bytes, text.len);
	free(text.bytes);
	free(part.bytes);
	return 0;
}
