#include "supervisor/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/events.h"
#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/adopt.h"
#include "supervisor/ask.h"
#include "supervisor/cgroup.h"
#include "supervisor/cold.h"
#include "supervisor/forking.h"
#include "supervisor/link.h"
#include "supervisor/logger.h"
#include "supervisor/notify.h"
#include "supervisor/pathwatch.h"
#include "supervisor/ready.h"
#include "supervisor/reap.h"
#include "supervisor/record.h"
#include "supervisor/request.h"
#include "supervisor/schedule.h"
#include "supervisor/signals.h"
#include "supervisor/spawn.h"
#include "supervisor/stop.h"
#include "supervisor/supervisor.h"
#include "supervisor/upgrade.h"
#include "supervisor/watch.h"

#define EVENTS	     16
#define TIMEOUT_MOST 86400000u /* epoll's is an int; a day will do */

int
loop_open(struct supervisor *sv)
{
	sv->epoll_fd = events_epoll();
	return sv->epoll_fd < 0 ? -1 : 0;
}

static int
add(struct supervisor *sv, int fd, uint32_t what, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = what};

	return epoll_ctl(sv->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int
loop_add(struct supervisor *sv, int fd, uint32_t what)
{
	return add(sv, fd, what, EPOLLIN);
}

int
loop_add_edge(struct supervisor *sv, int fd, uint32_t what)
{
	return add(sv, fd, what, EPOLLIN | EPOLLET);
}

int
loop_add_output(struct supervisor *sv, int fd, uint32_t what)
{
	return add(sv, fd, what, EPOLLOUT);
}

int
loop_add_urgent(struct supervisor *sv, int fd, uint32_t what)
{
	return add(sv, fd, what, EPOLLPRI);
}

int
loop_change(struct supervisor *sv, int fd, uint32_t what, bool is_input)
{
	/* Without a bit there is still the hang-up. */
	struct epoll_event event = {
		.events = is_input ? EPOLLIN : 0, .data.u32 = what};

	return epoll_ctl(sv->epoll_fd, EPOLL_CTL_MOD, fd, &event);
}

void
loop_remove(struct supervisor *sv, int fd)
{
	epoll_ctl(sv->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static int
sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static int
timeout(const struct supervisor *sv)
{
	uint64_t next = timers_next(&sv->timers);
	int wait = sooner(
		sooner(sooner(adopt_wait_ms(sv), forking_wait_ms(sv)),
			sooner(watch_wait_ms(sv), logger_wait_ms(sv))),
		sooner(sooner(sooner(upgrade_wait_ms(sv), ask_wait_ms(sv)),
			       sooner(ready_wait_ms(sv), notify_wait_ms(sv))),
			sooner(spawn_wait_ms(sv), reap_wait_ms(sv))));
	uint64_t left;

	if (sv->stop.next_ms != 0)
		wait = sooner(wait, stop_wait_ms(sv));
	if (sv->page.is_more_waiting)
		return 0;
	if (next == 0)
		return wait;
	left = next <= sv->plan.now_ms ? 0 : next - sv->plan.now_ms;
	return sooner(wait, (int)(left > TIMEOUT_MOST ? TIMEOUT_MOST : left));
}

static void
take(struct supervisor *sv, uint32_t what)
{
	switch (what & LOOP_KIND) {
	case LOOP_SIGNAL:
		signals_read(sv);
		break;
	case LOOP_CONTROL:
		request_read(sv);
		break;
	case LOOP_INIT:
		link_read(sv);
		break;
	case LOOP_PIPE:
		spawn_pipe_closed(sv, what & ~LOOP_KIND);
		break;
	case LOOP_PIDFD:
		watch_ready(sv, what & ~LOOP_KIND);
		break;
	case LOOP_READY:
		ready_event(sv, what & ~LOOP_KIND);
		break;
	case LOOP_NOTIFY:
		notify_read(sv);
		break;
	case LOOP_PATH:
		pathwatch_read(sv);
		break;
	case LOOP_LOGGER:
		logger_ended(sv);
		break;
	case LOOP_CGROUP:
		cgroup_event(sv, what & ~LOOP_KIND);
		break;
	case LOOP_SCHEDULE:
		schedule_ready(sv);
		break;
	default: /* LOOP_EXEC: that we woke up is all it says */
		break;
	}
	act_run(sv);
}

static void
take_timers(struct supervisor *sv)
{
	uint32_t id;

	while ((id = timers_pop(&sv->timers, sv->plan.now_ms)) != TIMERS_NONE) {
		const struct plan_svc *s = &sv->plan.svc[id];

		/* The plan's word counts: it may have changed in this turn. */
		if (s->deadline_ms == 0 || s->deadline_ms > sv->plan.now_ms) {
			timers_set(&sv->timers, id, s->deadline_ms);
			continue;
		}
		plan_event(&sv->plan, id, EVENT_TIMEOUT, 0, PLAN_NONE);
		act_run(sv);
	}
}

void
loop_turn(struct supervisor *sv)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(sv->epoll_fd, events, EVENTS, timeout(sv));

	if (n < 0 && errno != EINTR)
		log_error("epoll_wait: %m; going on");
	clock_update(sv);
	spawn_collect(sv);
	for (int i = 0; i < n; i++)
		take(sv, events[i].data.u32);
	if (sv->has_dead_children)
		reap_all(sv);
	if (reap_wait_ms(sv) > 0)
		reap_look_at_groups(sv);
	watch_look(sv);
	ask_turn(sv);
	adopt_look_at_unhatched(sv);
	forking_look(sv);
	act_run(sv);
	take_timers(sv);
	if (sv->stop.next_ms != 0)
		stop_turn(sv);
	ready_run(sv);
	notify_run(sv);
	record_changes(sv);
	publish_wake(&sv->page);
	logger_turn(sv);
	if (sv->upgrade.is_asked)
		upgrade_run(sv);
	cold_give_back(sv);
}
