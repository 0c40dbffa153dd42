#include "supervisor/ready.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/log.h"
#include "lib/probe.h"
#include "lib/words.h"
#include "supervisor/check.h"
#include "supervisor/act.h"
#include "supervisor/look.h"
#include "supervisor/loop.h"
#include "supervisor/hook.h"
#include "supervisor/pathwatch.h"
#include "supervisor/ready_private.h"
#include "supervisor/record.h"
#include "supervisor/spawn_build.h"
#include "supervisor/spec.h"
#include "supervisor/supervisor.h"
#include "supervisor/watches.h"

/* Looks that begin in one turn, so that other events have theirs as well. */
#define LOOKS_MOST 64u

void
ready_say(struct supervisor *sv, struct watcher *w)
{
	watcher_stop(sv, w);
	vigil_wait(&w->vigil, &w->vigil.rules);
	watcher_arm(w);
	plan_event(&sv->plan, w->svc, EVENT_READY, 0, PLAN_NONE);
}

void
ready_say_unhealthy(struct supervisor *sv, const struct watcher *w,
	enum reason reason, uint32_t arg)
{
	if (sv->plan.svc[w->svc].state == SVC_UP)
		plan_event(&sv->plan, w->svc, EVENT_UNHEALTHY,
			arg > INT32_MAX ? INT32_MAX : (int32_t)arg, reason);
}

static void
take_rules(const struct supervisor *sv, uint32_t id, const struct def *def,
	struct vigil_rules *rules)
{
	uint8_t watches = sv->service[id].watches;

	*rules = (struct vigil_rules){.timeout_ms = def->health_timeout_ms,
		.retries = def->health_retries};
	if ((watches & WATCH_HEALTH) != 0)
		rules->interval_ms = def->health_interval_ms;
	if ((watches & WATCH_WATCHDOG) != 0)
		rules->watchdog_ms = def->watchdog_ms;
}

/* A FIFO that nothing was written to before; false: there is none. */
static bool
make_fifo(struct supervisor *sv, struct watcher *w, const char *file)
{
	unlinkat(sv->pipe_fd, file, 0);
	return mkfifoat(sv->pipe_fd, file, 0600) == 0 &&
	       watcher_open_fifo(sv, w, file);
}

void
ready_prepare(struct supervisor *sv, uint32_t id, struct spec *spec)
{
	struct watcher *w;

	if (sv->service[id].watches == 0)
		return;
	publish_status(&sv->page, id, "");
	if (sv->plan.svc[id].runs_as == TYPE_ONESHOT)
		return;
	w = watcher_get(sv, id);
	if (!w || !spec->ready_name)
		return;
	if (make_fifo(sv, w, spec->ready_name))
		return;
	log_error("%s: ready: its FIFO: %m; it counts as ready once it runs",
		service_name(sv, id));
	spec->ready_name = NULL;
	w->has_said_ready = true;
}

/* The FIFO of one that an earlier supervisor started. */
static void
reopen_fifo(struct supervisor *sv, struct watcher *w)
{
	char file[WATCHER_FILE_CAP];

	watcher_name_fifo(sv, w->svc, file);
	if (w->doing != DOING_FIFO && !w->has_said_ready &&
		!watcher_open_fifo(sv, w, file)) {
		log_warn("%s: ready: its FIFO: %m", service_name(sv, w->svc));
		/* Without svlog there is none that could be written to. */
		w->has_said_ready = sv->pipe_fd < 0;
	}
}

static void
begin(struct supervisor *sv, struct watcher *w, const struct def *def)
{
	struct vigil_rules rules;
	struct probe probe;

	if (!def->ready || probe_parse(def->ready, &probe) != PROBE_OK) {
		/* It was said to be ready by running since it was made. */
		ready_say(sv, w);
		return;
	}
	take_rules(sv, w->svc, def, &rules);
	w->kind = probe.kind;
	w->is_execed = true;
	if (probe.kind == PROBE_NOTIFY || probe.kind == PROBE_FD)
		vigil_wait(&w->vigil, &rules);
	else
		vigil_start(&w->vigil, &rules,
			probe.kind == PROBE_AFTER ? probe.number : 0,
			sv->plan.now_ms);
	if (probe.kind == PROBE_FD)
		reopen_fifo(sv, w);
	if (w->has_said_ready)
		ready_say(sv, w);
	else
		watcher_arm(w);
}

void
ready_begin(struct supervisor *sv, uint32_t id)
{
	struct watcher *w = NULL;
	struct arena arena;
	struct def def;

	if ((sv->service[id].watches & WATCH_READY) != 0 &&
		sv->plan.svc[id].runs_as != TYPE_ONESHOT) {
		if (sv->plan.svc[id].state != SVC_STARTING)
			return;
		w = watcher_find(sv, id);
		if (!w)
			w = watcher_get(sv, id);
	}
	if (!w || !spawn_definition(sv, id, &arena, &def)) {
		plan_event(&sv->plan, id, EVENT_READY, 0, PLAN_NONE);
		return;
	}
	begin(sv, w, &def);
	spawn_definition_free(&arena);
}

static void
begin_up(struct supervisor *sv, uint32_t id)
{
	struct watcher *w = watcher_find(sv, id);
	struct vigil_rules rules;
	struct arena arena;
	struct def def;

	if (w && w->vigil.is_up)
		return;
	if ((sv->service[id].watches &
		    (WATCH_HEALTH | WATCH_WATCHDOG | WATCH_NOTIFY)) == 0) {
		watcher_drop(sv, id);
		return;
	}
	w = watcher_get(sv, id);
	if (!w || !spawn_definition(sv, id, &arena, &def))
		return;
	take_rules(sv, id, &def, &rules);
	spawn_definition_free(&arena);
	vigil_up(&w->vigil, &rules, sv->plan.now_ms);
	watcher_arm(w);
}

void
ready_follow(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];

	if (sv->service[id].watches == 0 && sv->service[id].watcher == 0)
		return;
	if (s->state == SVC_UP && !plan_is_leaving(s))
		begin_up(sv, id);
	else if (s->state != SVC_STARTING)
		watcher_drop(sv, id);
}

void
ready_redefined(struct supervisor *sv, uint32_t id)
{
	struct watcher *w = watcher_find(sv, id);

	if (w && w->vigil.is_up)
		watcher_drop(sv, id);
}

void
ready_recover(struct supervisor *sv)
{
	for (uint32_t id = 0; id < sv->plan.count; id++)
		if (sv->plan.svc[id].is_used)
			ready_follow(sv, id);
}

/* --- looks --------------------------------------------------------------- */

static void
seen(struct supervisor *sv, struct watcher *w, bool is_good)
{
	uint8_t before = w->vigil.failures;

	watcher_close(sv, w);
	switch (vigil_seen(&w->vigil, is_good, sv->plan.now_ms)) {
	case VIGIL_READY:
		ready_say(sv, w);
		return;
	case VIGIL_UNHEALTHY:
		ready_say_unhealthy(sv, w, REASON_UNHEALTHY, w->vigil.failures);
		return;
	case VIGIL_NOTHING:
	case VIGIL_LOOK:
	case VIGIL_LATE:
	case VIGIL_SILENT:
	case VIGIL_OVERSTAYED:
		break;
	}
	watcher_arm(w);
	if ((before == 0) != (w->vigil.failures == 0))
		record_show_later(sv, w->svc);
}

static const char *
expand(struct supervisor *sv, const struct watcher *w, const struct def *def,
	const char *text, struct arena *arena)
{
	const struct words_context context = {.name = service_name(sv, w->svc),
		.runtime = sv->runtime,
		.user = def->user ? def->user : "root",
		.home = "/",
		.host = sv->host};

	return text ? words_expand(text, &context, arena) : NULL;
}

/* The path that the look is at, NULL: none. */
static const char *
find_path(struct supervisor *sv, const struct watcher *w, const struct def *def,
	const struct probe *probe, struct arena *arena)
{
	if (probe->kind == PROBE_PID_FILE)
		return expand(sv, w, def, def->pid_file, arena);
	if (probe->kind == PROBE_UNIX)
		return expand(sv, w, def, probe->arg, arena);
	return NULL;
}

static enum look_result
look_at(struct supervisor *sv, struct watcher *w, const struct probe *probe,
	const char *path)
{
	/* Before the look: what comes after it is told. */
	if (path && !w->vigil.is_up && w->watch < 0)
		w->watch = pathwatch_add(sv, path);
	switch ((enum probe_kind)probe->kind) {
	case PROBE_AFTER:
		return LOOK_GOOD;
	case PROBE_PID_FILE:
		return path && look_pid_file(path,
				       journal_record(&sv->journal, w->svc)
					       ->pid)
			       ? LOOK_GOOD
			       : LOOK_BAD;
	case PROBE_UNIX:
		if (!path)
			return LOOK_BAD;
		return look_begin(probe, path, false, &w->fd);
	case PROBE_TCP:
	case PROBE_HTTP:
		return look_begin(probe, NULL, w->is_second, &w->fd);
	case PROBE_COMMAND:
		w->doing = DOING_COMMAND;
		hook_start(sv, w->svc,
			PART_CHECK << 8 | (w->vigil.is_up ? DEF_CHECK_HEALTH
							  : DEF_CHECK_READY));
		return LOOK_ASKED;
	case PROBE_EXEC:
	case PROBE_NOTIFY:
	case PROBE_FD:
	case PROBE_KINDS:
		break;
	}
	return LOOK_BAD;
}

static void
look_once(struct supervisor *sv, struct watcher *w, struct probe *probe,
	const char *path)
{
	enum look_result result = look_at(sv, w, probe, path);

	if (result == LOOK_BAD && !w->is_second && look_has_second(probe)) {
		watcher_close(sv, w);
		w->is_second = true;
		result = look_at(sv, w, probe, path);
	}
	if (result == LOOK_GOOD || result == LOOK_BAD)
		seen(sv, w, result == LOOK_GOOD);
	else if (w->doing != DOING_COMMAND &&
		 !watcher_wait(sv, w, result == LOOK_CONNECTING))
		seen(sv, w, false);
}

/* What `ready` or `health` says now; the arena is to be freed. */
static bool
find_probe(struct supervisor *sv, const struct watcher *w, struct arena *arena,
	struct def *def, struct probe *probe)
{
	const char *form;

	if (!spawn_definition(sv, w->svc, arena, def))
		return false;
	form = w->vigil.is_up ? def->health : def->ready;
	if (form && probe_parse(form, probe) == PROBE_OK)
		return true;
	spawn_definition_free(arena);
	return false;
}

static void
begin_look(struct supervisor *sv, struct watcher *w)
{
	struct arena arena;
	struct probe probe;
	struct def def;

	if (!watcher_may_look(w, sv->plan.now_ms))
		return;
	w->is_second = false;
	if (!find_probe(sv, w, &arena, &def, &probe)) {
		seen(sv, w, true);
		return;
	}
	w->kind = probe.kind;
	/* A command of its own has the place; it is looked at after that. */
	if (probe.kind == PROBE_COMMAND && hook_is_there(sv, w->svc)) {
		vigil_put_off(&w->vigil, sv->plan.now_ms);
		spawn_definition_free(&arena);
		return;
	}
	look_once(sv, w, &probe, find_path(sv, w, &def, &probe, &arena));
	spawn_definition_free(&arena);
}

static void
connected(struct supervisor *sv, struct watcher *w)
{
	enum look_result result;
	struct arena arena;
	struct probe probe;
	struct def def;

	if (!find_probe(sv, w, &arena, &def, &probe)) {
		seen(sv, w, true);
		return;
	}
	result = look_connected(&probe, w->fd);
	if (result == LOOK_BAD && !w->is_second && look_has_second(&probe)) {
		watcher_close(sv, w);
		w->is_second = true;
		look_once(sv, w, &probe, NULL);
	} else if (result == LOOK_ASKED) {
		w->doing = DOING_ASK;
		loop_change(sv, w->fd, watcher_word(w), true);
	} else {
		seen(sv, w, result == LOOK_GOOD);
	}
	spawn_definition_free(&arena);
}

static void
fifo_readable(struct supervisor *sv, struct watcher *w)
{
	char bytes[512];
	ssize_t len = read(w->fd, bytes, sizeof(bytes));

	if (len < 0)
		return;
	if (len > 0 && !memchr(bytes, '\n', (size_t)len))
		return;
	/* At its end without a newline nothing can come any more. */
	watcher_stop(sv, w);
	if (len == 0)
		return;
	w->has_said_ready = true;
	if (w->is_execed)
		ready_say(sv, w);
}

void
ready_event(struct supervisor *sv, uint32_t which)
{
	struct watcher *w = watcher_of(which);

	if (!w)
		return;
	switch ((enum doing)w->doing) {
	case DOING_FIFO:
		fifo_readable(sv, w);
		break;
	case DOING_CONNECT:
		connected(sv, w);
		break;
	case DOING_ASK:
		seen(sv, w, look_answer(w->fd));
		break;
	case DOING_COMMAND: /* its end comes by check_ended() */
	case DOING_NOTHING:
		break;
	}
}

void
check_ended(
	struct supervisor *sv, uint32_t id, unsigned which, enum check_end end)
{
	struct watcher *w = watcher_find(sv, id);

	(void)which;
	if (!w || w->doing != DOING_COMMAND)
		return;
	if (end != CHECK_CUT) {
		seen(sv, w, end == CHECK_WELL);
		return;
	}
	watcher_close(sv, w);
	vigil_put_off(&w->vigil, sv->plan.now_ms);
	watcher_arm(w);
}

/* A command is waited for until it has died: its end is the answer. */
static void
late(struct supervisor *sv, struct watcher *w)
{
	if (w->doing != DOING_COMMAND) {
		seen(sv, w, false);
		return;
	}
	w->vigil.look_ms = sv->plan.now_ms + w->vigil.rules.timeout_ms;
	hook_signal(sv, w->svc, SIGKILL);
}

static void
run_one(struct supervisor *sv, struct watcher *w)
{
	uint32_t watchdog_ms = w->vigil.rules.watchdog_ms;
	uint32_t id = w->svc;

	switch (vigil_due(&w->vigil, sv->plan.now_ms)) {
	case VIGIL_LOOK:
		begin_look(sv, w);
		break;
	case VIGIL_LATE:
		late(sv, w);
		break;
	case VIGIL_SILENT:
		ready_say_unhealthy(sv, w, REASON_WATCHDOG, watchdog_ms);
		break;
	case VIGIL_OVERSTAYED:
		ready_say_unhealthy(sv, w, REASON_OVERSTAYED,
			sv->plan.svc[id].policy.stop_timeout_ms);
		break;
	case VIGIL_NOTHING:
	case VIGIL_READY:
	case VIGIL_UNHEALTHY:
		break;
	}
	watcher_arm(w);
	act_run(sv);
}

void
ready_run(struct supervisor *sv)
{
	struct watcher *w;

	for (unsigned n = 0; n < LOOKS_MOST; n++) {
		w = watcher_due(sv->plan.now_ms);
		if (!w)
			return;
		run_one(sv, w);
	}
}
