#include "supervisor/link.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/handoff.h"
#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/adopt.h"
#include "supervisor/finish.h"
#include "supervisor/hook.h"
#include "supervisor/loop.h"
#include "supervisor/pids.h"
#include "supervisor/procfs.h"
#include "supervisor/reap.h"
#include "supervisor/salvage.h"
#include "supervisor/signals.h"
#include "supervisor/stop.h"
#include "supervisor/supervisor.h"

/* Messages in one turn, so that other events have their turn as well. */
#define BATCH 256
/* init writes its first message before it starts us. */
#define FIRST_WAIT_MS 5000

static bool
peek(struct supervisor *sv, struct handoff_msg *msg, bool *is_there)
{
	unsigned char bytes[HANDOFF_SIZE + 1];
	ssize_t n = recv(
		sv->init_fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

	*is_there = n > 0;
	return n > 0 && handoff_decode(bytes, (size_t)n, msg);
}

static void
drop(struct supervisor *sv)
{
	unsigned char byte;

	recv(sv->init_fd, &byte, 1, MSG_DONTWAIT);
}

void
link_open(struct supervisor *sv)
{
	struct handoff_msg msg;
	struct pollfd pfd = {.fd = sv->options.init_fd, .events = POLLIN};
	bool is_there;

	sv->init_fd = sv->options.init_fd;
	sv->is_recovering = true;
	if (sv->init_fd < 0)
		return;
	fcntl(sv->init_fd, F_SETFD, FD_CLOEXEC);
	/* init has told the program before us, which took it. */
	if (sv->options.is_upgraded)
		return;
	poll(&pfd, 1, FIRST_WAIT_MS);
	if (!peek(sv, &msg, &is_there)) {
		log_warn("init's first message cannot be read; "
			 "looking for what may run already");
		return;
	}
	sv->is_container = (msg.flags & HANDOFF_CONTAINER) != 0;
	/* It stays unread until a journal of our own is in place. */
	if (msg.type == HANDOFF_FRESH)
		sv->is_recovering = false;
}

int
link_listen(struct supervisor *sv)
{
	return sv->init_fd < 0 ? 0 : loop_add(sv, sv->init_fd, LOOP_INIT);
}

static void
take_hook_death(struct supervisor *sv, uint32_t id, int32_t status)
{
	struct journal_record view =
		hook_as_main(journal_record(&sv->journal, id));

	if (sv->service[id].is_hook_adopted &&
		!(procfs_is_there() && adopt_is_same_process(&view)))
		hook_adopted_died(sv, id, status, true);
}

/* A child of init has died: one of ours, if we took it over. */
static void
take_death(struct supervisor *sv, pid_t pid, int32_t status)
{
	uint32_t id = pids_find(sv, pid);

	if (id != PLAN_NONE && (id & PIDS_HOOK) != 0) {
		take_hook_death(sv, id & PIDS_ID, status);
		return;
	}
	if (id == PLAN_NONE)
		salvage_died(sv, pid);
	if (id == PLAN_NONE || !sv->service[id].is_adopted ||
		sv->service[id].is_grouped)
		return;
	/* It was an orphan that had the pid before: whoever read this while
	 * it was true has died over it. Only /proc tells a zombie from what
	 * runs. */
	if (procfs_is_there() &&
		adopt_is_same_process(journal_record(&sv->journal, id)))
		return;
	reap_adopted(sv, id, status, 1);
}

void
link_read(struct supervisor *sv)
{
	for (unsigned i = 0; i < BATCH; i++) {
		struct handoff_msg msg;
		bool is_there;

		if (peek(sv, &msg, &is_there)) {
			if (msg.type == HANDOFF_DEATH)
				take_death(sv, msg.a, msg.b);
			else if (msg.type == HANDOFF_SIGNAL)
				signals_take(sv, msg.a, 1);
			else if (msg.type == HANDOFF_RECOVER)
				sv->page.header->dead_supervisors =
					(uint32_t)msg.a;
			/* FRESH first has to go: who finds it unread forgets
			 * what was started before. */
			if (msg.type != HANDOFF_FRESH)
				act_run(sv);
		}
		/* Only now: had we died before, the next one would read it. */
		if (!is_there)
			return;
		drop(sv);
	}
}

static void
send_message(struct supervisor *sv, const struct handoff_msg *msg)
{
	unsigned char bytes[HANDOFF_SIZE];

	if (sv->init_fd < 0)
		return;
	handoff_encode(msg, bytes);
	if (send(sv->init_fd, bytes, sizeof(bytes), MSG_NOSIGNAL) < 0)
		log_error("init cannot be told: %m");
}

void
link_send_serving(struct supervisor *sv)
{
	struct handoff_msg msg = {.type = HANDOFF_SERVING};

	send_message(sv, &msg);
}

void
link_send_upgrade(struct supervisor *sv, int time_ms)
{
	struct handoff_msg msg = {.type = HANDOFF_UPGRADE, .a = time_ms};

	send_message(sv, &msg);
}

void
link_send_upgrade_init(struct supervisor *sv)
{
	struct handoff_msg msg = {.type = HANDOFF_UPGRADE_INIT};

	send_message(sv, &msg);
}

void
link_send_finish(struct supervisor *sv)
{
	struct handoff_msg msg = {.type = HANDOFF_FINISH,
		.flags = stop_is_urgent(sv) ? HANDOFF_AT_ONCE : 0,
		.a = sv->finish.end,
		.b = finish_exit_code(sv)};

	send_message(sv, &msg);
}
