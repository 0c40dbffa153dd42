#include "supervisor/stop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/def.h"
#include "lib/duration.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/signame.h"
#include "supervisor/act.h"
#include "supervisor/blockers.h"
#include "supervisor/budget.h"
#include "supervisor/drain.h"
#include "supervisor/journal.h"
#include "supervisor/supervisor.h"

/* Kept for what comes after the last KILL: the deaths, svlog's rest, init. */
#define RESERVE_SHARE	 10u /* of the budget, a tenth */
#define RESERVE_LEAST_MS 100u
#define RESERVE_MOST_MS	 2000u
/* Of that, a quarter for init. */
#define INIT_SHARE 4u
/* What init gives to what services have left behind, LIMIT_TERM_MS of its
 * limits.h, and some. */
#define INIT_TERM_MS 5500u
/* Who waits at a console wants to know for whom. */
#define SAY_EVERY_MS 2000u

/* --- what is asked for ------------------------------------------------------
 */

/* The value of "NAME=T", NULL if word is another option. */
static const char *
value_of(const char *word, const char *name)
{
	size_t len = strlen(name);

	return strncmp(word, name, len) == 0 && word[len] == '='
		       ? word + len + 1
		       : NULL;
}

static bool
parse(const char *what, const char *value, uint32_t *ms)
{
	if (duration_parse(value, strlen(value), ms))
		return true;
	log_error("%s: '%s' is no duration; write 28s, 500ms, 1min or 0", what,
		value);
	return false;
}

int
stop_take_option(struct stop_options *o, const char *word)
{
	const char *budget = value_of(word, "--stop-budget");
	const char *drain = value_of(word, "--drain");
	uint32_t ms;

	if (budget && parse("--stop-budget", budget, &ms))
		o->budget = word;
	else if (drain && parse("--drain", drain, &ms))
		o->drain = word;
	else
		return budget || drain ? -1 : 0;
	return 1;
}

/* The command line beats the environment, and that tend.conf. */
static uint32_t
settle(const char *word, const char *variable, uint32_t of_conf)
{
	const char *value = word ? strchr(word, '=') + 1 : getenv(variable);
	uint32_t ms;

	if (!value || *value == '\0' || !parse(variable, value, &ms))
		return of_conf;
	return ms;
}

static uint32_t
reserve_ms(uint32_t budget_ms)
{
	uint32_t ms = budget_ms / RESERVE_SHARE;

	if (ms < RESERVE_LEAST_MS)
		ms = RESERVE_LEAST_MS;
	if (ms > RESERVE_MOST_MS)
		ms = RESERVE_MOST_MS;
	return ms < budget_ms / 2 ? ms : budget_ms / 2;
}

/* What the image has for TERM: an engine sends that alone. */
static int
settle_signal(void)
{
	const char *name = getenv("TEND_STOP_SIGNAL");
	int signal = name && *name ? signame_parse(name) : 0;

	if (name && *name && signal == 0)
		log_error("TEND_STOP_SIGNAL: '%s' is no signal; write WINCH, "
			  "USR1 or what else the image has as STOPSIGNAL",
			name);
	return signal;
}

void
stop_settle(struct supervisor *sv)
{
	struct stop *st = &sv->stop;
	const struct load_settings *conf = &sv->load.settings;
	uint32_t most_ms;
	char text[32];
	struct fmt f;

	st->signal = settle_signal();
	st->budget_ms = settle(sv->options.stop.budget, "TEND_STOP_BUDGET",
		conf->stop_budget_ms);
	st->drain_ms =
		settle(sv->options.stop.drain, "TEND_DRAIN", conf->drain_ms);
	if (st->budget_ms == 0)
		return;
	/* Draining must not eat up what services need to stop. */
	most_ms = (st->budget_ms - reserve_ms(st->budget_ms)) / 2;
	if (st->drain_ms <= most_ms)
		return;
	fmt_init(&f, text, sizeof(text));
	duration_format(&f, most_ms);
	log_warn("drain: more than half of what the stop budget leaves to "
		 "services; draining for %s",
		text);
	st->drain_ms = most_ms;
}

/* --- the moments ------------------------------------------------------------
 */

void
stop_begin(struct supervisor *sv)
{
	struct stop *st = &sv->stop;

	/* A journal may be odd, and then no budget ends before it began. */
	if (st->began_ms == 0 || st->began_ms > sv->plan.now_ms)
		st->began_ms = sv->plan.now_ms;
	journal_set_stop(&sv->journal, st->began_ms, st->drained_ms);
	if (st->budget_ms != 0)
		st->end_ms = st->began_ms + st->budget_ms -
			     reserve_ms(st->budget_ms) / INIT_SHARE;
}

void
stop_recover(struct supervisor *sv, const struct journal_old *old)
{
	struct stop *st = &sv->stop;

	journal_old_stop(old, &st->began_ms, &st->drained_ms);
	if (st->began_ms != 0)
		stop_begin(sv);
}

/* What a service asks for, its stop-post included. */
static uint64_t
own_ms(const struct plan *p, uint32_t id, uint64_t *post_ms)
{
	const struct plan_svc *s = &p->svc[id];
	uint64_t stop_ms = s->policy.stop_timeout_ms;
	bool has_post = s->policy.hooks[PART_STOP_POST] > 0 &&
			s->part != PART_STOP_POST;

	*post_ms = 0;
	if (!plan_is_running(s) || s->runs_as == TYPE_TARGET ||
		(s->state == SVC_DONE && !has_post &&
			s->policy.hooks[PART_STOP] == 0))
		return 0;
	if (stop_ms == 0)
		return BUDGET_FOREVER;
	if (has_post)
		*post_ms = stop_ms;
	if (s->state == SVC_STOPPING && s->deadline_ms != 0)
		stop_ms = s->deadline_ms > p->now_ms
				  ? s->deadline_ms - p->now_ms
				  : 0;
	return stop_ms + *post_ms;
}

/* Addresses for as many services as there may be, zeros; NULL: none. */
static void *
reserve(size_t size)
{
	void *at = mmap(NULL, SERVICES_MAX * size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void
ask(const struct plan *p, struct budget_node *node)
{
	uint64_t post_ms;

	for (uint32_t id = 0; id < p->count; id++) {
		if (!p->svc[id].is_used)
			continue;
		node[id].is_there = plan_is_running(&p->svc[id]);
		node[id].own_ms = own_ms(p, id, &post_ms);
	}
}

static void
take_shares(const struct plan *p, const struct budget_node *node,
	struct plan_limit *limit)
{
	for (uint32_t id = 0; id < p->count; id++) {
		uint64_t post_ms = 0;
		uint64_t own = p->svc[id].is_used ? own_ms(p, id, &post_ms) : 0;

		limit[id].tail_ms = node[id].tail_ms;
		if (own == BUDGET_FOREVER &&
			p->svc[id].policy.hooks[PART_STOP_POST] > 0)
			limit[id].post_ms = node[id].share_ms / 2;
		else if (own != 0)
			limit[id].post_ms =
				(uint32_t)(node[id].share_ms * post_ms / own);
	}
}

/* Without memory for it all end together, which is worse than in order. */
static void
share(struct supervisor *sv, uint32_t window_ms)
{
	struct plan *p = &sv->plan;
	struct budget_node *node = reserve(sizeof(*node));
	uint32_t *order = reserve(sizeof(*order));
	struct plan_limit *limit = reserve(sizeof(*limit));

	if (node && order) {
		ask(p, node);
		budget_share(&p->deps, window_ms, node, order);
		blockers_say_plan(sv, node);
		if (limit && sv->stop.budget_ms != 0)
			take_shares(p, node, limit);
	}
	if (node)
		munmap(node, SERVICES_MAX * sizeof(*node));
	if (order)
		munmap(order, SERVICES_MAX * sizeof(*order));
	p->limit = limit;
}

void
stop_share(struct supervisor *sv)
{
	struct stop *st = &sv->stop;
	struct plan *p = &sv->plan;
	uint64_t kill_ms;

	st->say_ms = p->now_ms + SAY_EVERY_MS;
	st->next_ms = st->say_ms;
	if (st->budget_ms == 0) {
		/* Only to tell of it. */
		if (sv->options.is_verbose)
			share(sv, UINT32_MAX);
		return;
	}
	kill_ms = st->began_ms + st->budget_ms - reserve_ms(st->budget_ms);
	share(sv, kill_ms > p->now_ms ? (uint32_t)(kill_ms - p->now_ms) : 0);
	p->kill_ms = kill_ms;
	plan_limited(p);
	st->next_ms = kill_ms < st->say_ms ? kill_ms : st->say_ms;
}

/* --- what is due ------------------------------------------------------------
 */

/* Whatever state it is in, and whoever would have to go before it. */
static void
kill_all(struct supervisor *sv)
{
	bool is_first = true;

	sv->stop.is_killed = true;
	for (uint32_t id = 0; id < sv->plan.count; id++) {
		const struct plan_svc *s = &sv->plan.svc[id];

		if (!s->is_used || !plan_is_running(s) ||
			s->state == SVC_KILLING)
			continue;
		if (is_first)
			log_warn("the stop budget is used up; killing what is "
				 "left");
		is_first = false;
		plan_kill_now(&sv->plan, id);
		act_run(sv);
	}
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

void
stop_turn(struct supervisor *sv)
{
	struct stop *st = &sv->stop;
	uint64_t now_ms = sv->plan.now_ms;

	if (now_ms < st->next_ms)
		return;
	if (!sv->finish.is_asked) {
		drain_turn(sv);
		return;
	}
	if (sv->plan.kill_ms != 0 && now_ms >= sv->plan.kill_ms &&
		!st->is_killed)
		kill_all(sv);
	if (now_ms >= st->say_ms) {
		blockers_say(sv);
		st->say_ms = now_ms + SAY_EVERY_MS;
	}
	st->next_ms = st->say_ms;
	if (!st->is_killed)
		st->next_ms = sooner(st->next_ms, sv->plan.kill_ms);
	else if (now_ms < st->end_ms)
		st->next_ms = sooner(st->next_ms, st->end_ms);
}

int
stop_wait_ms(const struct supervisor *sv)
{
	const struct stop *st = &sv->stop;

	if (st->next_ms == 0)
		return -1;
	return st->next_ms <= sv->plan.now_ms
		       ? 0
		       : (int)(st->next_ms - sv->plan.now_ms);
}

bool
stop_is_over(const struct supervisor *sv)
{
	return sv->stop.end_ms != 0 && sv->plan.now_ms >= sv->stop.end_ms;
}

uint64_t
stop_cap_ms(const struct supervisor *sv, uint64_t ms)
{
	return sooner(ms, sv->stop.end_ms);
}

bool
stop_is_urgent(const struct supervisor *sv)
{
	const struct stop *st = &sv->stop;

	return st->budget_ms != 0 &&
	       sv->plan.now_ms + INIT_TERM_MS > st->began_ms + st->budget_ms;
}
