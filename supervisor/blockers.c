#include "supervisor/blockers.h"

#include <string.h>

#include "lib/def.h"
#include "lib/duration.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/signame.h"
#include "supervisor/budget.h"
#include "supervisor/supervisor.h"

/* More are only counted: a line of the log has an end. */
#define PLAN_NAMES 48u
#define NAMES	   8u
/* Of a line, with room for the last name and its times. */
#define LINE_CAP  960u
#define LINE_ROOM 220u

struct sentence {
	char text[LINE_CAP];
	struct fmt f;
	bool is_asked_for; /* somebody wants to read it, whatever -v says */
};

static void
say(const struct sentence *s)
{
	if (s->is_asked_for)
		log_warn("%s", s->text);
	else
		log_info("%s", s->text);
}

/* separator: before what is added. */
static void
go_on(struct sentence *s, const char *separator)
{
	if (s->f.len + LINE_ROOM > LINE_CAP) {
		say(s);
		fmt_init(&s->f, s->text, sizeof(s->text));
		fmt_str(&s->f, "and ");
		separator += strspn(separator, ",: ");
	}
	fmt_str(&s->f, separator);
}

static void
add_planned(struct sentence *s, const struct supervisor *sv, uint32_t id,
	const struct budget_node *node)
{
	fmt_printf(&s->f, "%s (", service_name(sv, id));
	if (node->own_ms == BUDGET_FOREVER && sv->stop.budget_ms == 0) {
		fmt_str(&s->f, "no limit)");
		return;
	}
	duration_format(&s->f, node->share_ms);
	if (node->own_ms != BUDGET_FOREVER && node->share_ms < node->own_ms) {
		fmt_str(&s->f, " of its ");
		duration_format(&s->f, node->own_ms);
	}
	fmt_char(&s->f, ')');
}

static void
begin(struct sentence *s, const struct supervisor *sv)
{
	fmt_init(&s->f, s->text, sizeof(s->text));
	fmt_str(&s->f, "stopping");
	s->is_asked_for = sv->stop.budget_ms != 0;
	if (!s->is_asked_for)
		return;
	fmt_str(&s->f, " within ");
	duration_format(&s->f, sv->stop.budget_ms);
}

static uint32_t
count_of(const struct supervisor *sv, const struct budget_node *node)
{
	uint32_t count = 0;

	for (uint32_t id = 0; id < sv->plan.count; id++)
		count += node[id].is_there && node[id].own_ms != 0;
	return count;
}

void
blockers_say_plan(const struct supervisor *sv, const struct budget_node *node)
{
	struct sentence s;
	uint32_t left = count_of(sv, node);
	uint32_t said = 0;
	uint32_t told_level = 0;

	begin(&s, sv);
	if (left == 0)
		fmt_str(&s.f, ": nothing takes time");
	for (uint32_t level = 0; left > 0 && said < PLAN_NAMES; level++)
		for (uint32_t id = 0; id < sv->plan.count; id++) {
			const struct budget_node *n = &node[id];

			if (!n->is_there || n->own_ms == 0 ||
				n->level != level || said == PLAN_NAMES)
				continue;
			go_on(&s, said == 0	       ? ": "
				  : level > told_level ? ", then "
						       : ", ");
			add_planned(&s, sv, id, n);
			told_level = level;
			said++;
			left--;
		}
	if (left > 0)
		fmt_printf(&s.f, ", and %u more", left);
	say(&s);
}

/* --- for whom it waits ------------------------------------------------------
 */

static void
add_age(struct fmt *f, const struct supervisor *sv, const struct plan_svc *s)
{
	uint64_t age_ms = sv->plan.boot_ms - s->since_boot_ms;
	char name[16];

	if (s->state == SVC_KILLING) {
		fmt_str(f, "KILL sent ");
		duration_format(f, age_ms);
		fmt_str(f, " ago");
	} else if ((s->facts & FACT_HOOK) != 0) {
		fmt_str(f, def_part_name(s->part));
		fmt_str(f, " runs, for ");
		duration_format(f, age_ms);
	} else {
		fmt_str(f, signame_get(s->policy.stop_signal, name));
		fmt_str(f, " sent ");
		duration_format(f, age_ms);
		fmt_str(f, " ago");
	}
}

static void
add_blocker(struct fmt *f, const struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];

	fmt_str(f, service_name(sv, id));
	fmt_str(f, " (");
	add_age(f, sv, s);
	if (s->state == SVC_STOPPING && s->deadline_ms > sv->plan.now_ms) {
		fmt_str(f, ", KILL in ");
		duration_format(f, s->deadline_ms - sv->plan.now_ms);
	}
	fmt_char(f, ')');
}

void
blockers_say(const struct supervisor *sv)
{
	struct sentence s = {.is_asked_for = true};
	uint32_t count = 0;

	fmt_init(&s.f, s.text, sizeof(s.text));
	fmt_str(&s.f, "waiting for ");
	for (uint32_t id = 0; id < sv->plan.count; id++) {
		const struct plan_svc *svc = &sv->plan.svc[id];

		if (!svc->is_used || (svc->state != SVC_STOPPING &&
					     svc->state != SVC_KILLING))
			continue;
		count++;
		if (count > NAMES)
			continue;
		if (count > 1)
			go_on(&s, ", ");
		add_blocker(&s.f, sv, id);
	}
	if (count > NAMES)
		fmt_printf(&s.f, ", and %u more", count - NAMES);
	if (count == 0)
		fmt_str(&s.f, "svlog, which writes down what is left");
	say(&s);
}
