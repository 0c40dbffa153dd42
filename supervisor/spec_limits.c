/*
 * Limits and priorities of a service, from text to what system calls take.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "supervisor/spec_private.h"

#define CPUS_A_WORD (8 * sizeof(unsigned long))

static const int resources[LIMITS_RESOURCES] = {[LIMITS_AS] = RLIMIT_AS,
	[LIMITS_CORE] = RLIMIT_CORE,
	[LIMITS_CPU] = RLIMIT_CPU,
	[LIMITS_DATA] = RLIMIT_DATA,
	[LIMITS_FSIZE] = RLIMIT_FSIZE,
	[LIMITS_LOCKS] = RLIMIT_LOCKS,
	[LIMITS_MEMLOCK] = RLIMIT_MEMLOCK,
	[LIMITS_MSGQUEUE] = RLIMIT_MSGQUEUE,
	[LIMITS_NICE] = RLIMIT_NICE,
	[LIMITS_NOFILE] = RLIMIT_NOFILE,
	[LIMITS_NPROC] = RLIMIT_NPROC,
	[LIMITS_RSS] = RLIMIT_RSS,
	[LIMITS_RTPRIO] = RLIMIT_RTPRIO,
	[LIMITS_RTTIME] = RLIMIT_RTTIME,
	[LIMITS_SIGPENDING] = RLIMIT_SIGPENDING,
	[LIMITS_STACK] = RLIMIT_STACK};

/* The definition was checked: what is wrong now was so when it was stored. */
static void
take(struct spec_builder *b, bool is_right, const char *text)
{
	if (!is_right)
		spec_fail(b, STEP_DEFINITION, EINVAL, "bad value: ", text);
}

static void
set_cpu(void *context, unsigned cpu)
{
	unsigned long *mask = context;

	mask[cpu / CPUS_A_WORD] |= 1ul << cpu % CPUS_A_WORD;
}

static void
take_cpus(struct spec_builder *b, struct spec_limits *l, const char *text)
{
	unsigned most;
	size_t bytes;

	if (!limits_cpus_parse(text, NULL, NULL, &most)) {
		take(b, false, text);
		return;
	}
	bytes = (most / CPUS_A_WORD + 1) * sizeof(*l->cpus);
	l->cpus = spec_get(b, bytes);
	if (!l->cpus)
		return;
	memset(l->cpus, 0, bytes);
	limits_cpus_parse(text, set_cpu, l->cpus, &most);
	l->cpus_bytes = bytes;
}

static void
take_resources(
	struct spec_builder *b, struct spec_limits *l, const struct def *def)
{
	for (unsigned i = 0; i < LIMITS_RESOURCES; i++) {
		struct spec_limit *limit = &l->limit[l->count];

		if (!def->limit[i])
			continue;
		take(b,
			limits_pair_parse(
				def->limit[i], limits_unit(i), &limit->pair),
			def->limit[i]);
		limit->resource = resources[i];
		limit->step = STEP_LIMIT + i;
		l->count++;
	}
}

static void
take_priorities(
	struct spec_builder *b, struct spec_limits *l, const struct def *def)
{
	if (def->nice) {
		l->has_nice = true;
		take(b, limits_number_parse(def->nice, -20, 19, &l->nice),
			def->nice);
	}
	if (def->io_priority) {
		l->has_io_priority = true;
		take(b,
			limits_io_priority_parse(
				def->io_priority, &l->io_priority),
			def->io_priority);
	}
	if (def->cpu_scheduling) {
		l->has_scheduling = true;
		take(b,
			limits_scheduling_parse(
				def->cpu_scheduling, &l->policy, &l->priority),
			def->cpu_scheduling);
	}
	if (def->cpu_affinity)
		take_cpus(b, l, def->cpu_affinity);
}

static bool
has_any(const struct def *def)
{
	for (unsigned i = 0; i < LIMITS_RESOURCES; i++)
		if (def->limit[i])
			return true;
	return def->nice || def->io_priority || def->cpu_affinity ||
	       def->cpu_scheduling || def->oom_score_adjust;
}

bool
spec_is_own_memory(const struct def *def, const struct spec_context *context)
{
	return def->environment_file.len > 0 || def->oom_score_adjust ||
	       context->resets_oom;
}

void
spec_find_limits(struct spec_builder *b, const struct def *def,
	const struct spec_context *context)
{
	bool has_limits = has_any(def) && !b->is_privileged;
	struct spec_limits *l;

	if (!has_limits && !context->resets_oom)
		return;
	l = spec_get(b, sizeof(*l));
	if (!l)
		return;
	*l = (struct spec_limits){.has_oom = context->resets_oom};
	b->spec->limits = l;
	if (!has_limits)
		return;
	take_resources(b, l, def);
	take_priorities(b, l, def);
	if (!def->oom_score_adjust)
		return;
	l->has_oom = true;
	take(b,
		limits_number_parse(
			def->oom_score_adjust, -1000, 1000, &l->oom),
		def->oom_score_adjust);
}
