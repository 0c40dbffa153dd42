#include "supervisor/request.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/control.h"
#include "lib/handoff.h"
#include "lib/log.h"
#include "lib/name.h"
#include "lib/userdb.h"
#include "supervisor/act.h"
#include "supervisor/cold.h"
#include "supervisor/complain.h"
#include "supervisor/finish.h"
#include "supervisor/link.h"
#include "supervisor/loop.h"
#include "supervisor/parts.h"
#include "supervisor/record.h"
#include "supervisor/reload.h"
#include "supervisor/salvage.h"
#include "supervisor/services.h"
#include "supervisor/supervisor.h"
#include "supervisor/upgrade.h"

#define FILE_NAME "control"
/* Bytes taken in one turn: the rest of a flood waits for the next one. */
#define READ_BYTES 4096

/* Exit statuses of svctl(1). */
#define CODE_OK	     0
#define CODE_FAILED  1
#define CODE_USAGE   2
#define CODE_NOT_UP  3
#define CODE_UNKNOWN 4
#define CODE_INVALID 78
/* None of them: the answer is given later. */
#define CODE_LATER (-1)

struct answer {
	int32_t code;
	enum page_detail detail;
};

static const struct answer accepted = {CODE_OK, PAGE_ACCEPTED};

static bool
is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) &&
	       st.st_uid == geteuid() && st.st_nlink == 1;
}

bool
request_group(const struct supervisor *sv, gid_t *gid)
{
	const char *name = sv->load.settings.control_group;
	struct userdb db;
	bool is_found;

	if (*name == '\0')
		return false;
	is_found = userdb_open(&db, USERDB_GROUP) == 0 &&
		   users_find_group(db.text, name, gid);
	userdb_close(&db);
	return is_found;
}

/* 0600; with control-group its members may write, and nobody may read. */
static void
set_owner(const struct supervisor *sv, int fd)
{
	const char *name = sv->load.settings.control_group;
	bool has_group;
	gid_t gid;

	has_group = request_group(sv, &gid);
	if (*name && !has_group)
		log_error("control-group: no group '%s'; only the owner can "
			  "send requests",
			name);
	if (!has_group || fchown(fd, (uid_t)-1, gid) < 0)
		fchmod(fd, 0600);
	else
		fchmod(fd, 0620);
}

static int
open_fifo(int dir_fd)
{
	/* For reading and writing: writers come and go, and without one a
	 * reader would be told of their end for ever. */
	return openat(dir_fd, FILE_NAME,
		O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
}

int
request_open(struct supervisor *sv)
{
	int fd;

	sv->control_fd = -1;
	if (sv->runtime_fd < 0)
		return 0;
	fd = open_fifo(sv->runtime_fd);
	if (fd < 0 || !is_ours(fd)) {
		if (fd >= 0)
			close(fd);
		if (fd >= 0 || errno != ENOENT)
			log_warn("%s/%s is not a FIFO of ours; making it anew",
				sv->runtime, FILE_NAME);
		unlinkat(sv->runtime_fd, FILE_NAME, 0);
		mkfifoat(sv->runtime_fd, FILE_NAME, 0600);
		fd = open_fifo(sv->runtime_fd);
	}
	if (fd < 0 || !is_ours(fd)) {
		log_error("%s/%s cannot be made: %m; there are no requests "
			  "without it",
			sv->runtime, FILE_NAME);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	set_owner(sv, fd);
	sv->control_fd = fd;
	return loop_add(sv, fd, LOOP_CONTROL);
}

void
request_reopen(struct supervisor *sv)
{
	struct stat open_one;
	struct stat named;

	if (sv->runtime_fd < 0)
		return;
	if (sv->control_fd >= 0 && fstat(sv->control_fd, &open_one) == 0 &&
		fstatat(sv->runtime_fd, FILE_NAME, &named,
			AT_SYMLINK_NOFOLLOW) == 0 &&
		open_one.st_ino == named.st_ino &&
		open_one.st_dev == named.st_dev)
		return;
	if (sv->control_fd >= 0) {
		loop_remove(sv, sv->control_fd);
		close(sv->control_fd);
	}
	request_open(sv);
}

/* The plan takes it, and the result is true of it: act before answering. */
static struct answer
tell(struct supervisor *sv, uint32_t id, enum plan_event event)
{
	const struct plan_svc *s = &sv->plan.svc[id];

	if (s->state == SVC_MASKED || sv->service[id].is_masked)
		return (struct answer){CODE_FAILED, PAGE_IS_MASKED};
	if (s->state == SVC_INVALID)
		return (struct answer){CODE_INVALID, PAGE_IS_INVALID};
	if (sv->plan.is_finishing)
		return (struct answer){CODE_FAILED, PAGE_IS_FINISHING};
	salvage_look(sv);
	if (plan_is_barred(s))
		return (struct answer){CODE_FAILED, PAGE_STILL_RUNNING};
	record_asked(sv, id);
	plan_event(&sv->plan, id, event, 0, PLAN_NONE);
	act_run(sv);
	return accepted;
}

/* Before it is started it is read again: a person may have edited it. */
static bool
is_refused(struct supervisor *sv, const char *name, struct answer *answer)
{
	switch (services_refresh(sv, name)) {
	case SERVICES_INVALID:
		*answer = (struct answer){CODE_INVALID, PAGE_IS_INVALID};
		return true;
	case SERVICES_UNKNOWN:
		*answer = (struct answer){CODE_UNKNOWN, PAGE_UNKNOWN};
		return true;
	case SERVICES_ERROR:
		*answer = (struct answer){CODE_FAILED, PAGE_FAILED};
		return true;
	case SERVICES_SAME:
	case SERVICES_CHANGED:
		break;
	}
	return false;
}

static struct answer
start(struct supervisor *sv, const char *name, enum plan_event event)
{
	struct answer answer;
	uint32_t id = service_find(sv, name);

	if (id != PAGE_NONE && event != EVENT_RESTART &&
		plan_is_running(&sv->plan.svc[id]) &&
		!plan_is_leaving(&sv->plan.svc[id])) {
		answer = tell(sv, id, event);
		if (answer.code == CODE_OK)
			answer.detail = PAGE_ALREADY;
		return answer;
	}
	if (is_refused(sv, name, &answer))
		return answer;
	id = service_find(sv, name);
	if (id == PAGE_NONE)
		return (struct answer){CODE_UNKNOWN, PAGE_UNKNOWN};
	return tell(sv, id, event);
}

static struct answer
stop(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];
	bool is_down = s->state == SVC_DOWN || s->state == SVC_MASKED ||
		       s->state == SVC_INVALID;

	record_asked(sv, id);
	plan_event(&sv->plan, id, EVENT_STOP, 0, PLAN_NONE);
	act_run(sv);
	return (struct answer){CODE_OK, is_down ? PAGE_ALREADY : PAGE_ACCEPTED};
}

static struct answer
send_signal(struct supervisor *sv, uint32_t id, int signal, bool to_main)
{
	int result;

	/* A crash right after it must not make the next one send it again. */
	record_asked_now(sv, id);
	result = to_main ? act_signal_main(sv, id, signal)
			 : act_signal(sv, id, signal);
	if (result == 0)
		return accepted;
	if (errno == ESRCH)
		return (struct answer){CODE_NOT_UP, PAGE_NOT_RUNNING};
	log_error("%s: signal %d could not be sent: %m", service_name(sv, id),
		signal);
	return (struct answer){CODE_FAILED, PAGE_FAILED};
}

/* Then a signal is for all that got the stop signal: main may be gone. */
static bool
is_stopping(const struct supervisor *sv, uint32_t id)
{
	unsigned state = sv->plan.svc[id].state;

	return state == SVC_STOPPING || state == SVC_KILLING;
}

/* Answered when its reload-command has ended. */
static const struct answer later = {CODE_LATER, PAGE_ACCEPTED};

static bool
can_reload(const struct plan_svc *s)
{
	return s->policy.reload_signal != 0 ||
	       s->policy.hooks[PART_RELOAD] != 0;
}

static struct answer
reload(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];
	bool has_parts = parts_reload(sv, id);

	if (!can_reload(s))
		return has_parts ? accepted
				 : (struct answer){CODE_FAILED, PAGE_NO_RELOAD};
	if (s->state != SVC_UP || plan_is_leaving(s))
		return (struct answer){CODE_NOT_UP, PAGE_NOT_RUNNING};
	if (s->policy.hooks[PART_RELOAD] == 0)
		return send_signal(sv, id, s->policy.reload_signal, true);
	record_asked_now(sv, id);
	if (!reload_await(sv, id, sv->asked_token))
		return (struct answer){CODE_FAILED, PAGE_FAILED};
	plan_event(&sv->plan, id, EVENT_RELOAD, 0, PLAN_NONE);
	act_run(sv);
	return later;
}

static struct answer
reload_or_restart(struct supervisor *sv, uint32_t id, const char *name)
{
	if (can_reload(&sv->plan.svc[id]) && sv->plan.svc[id].state == SVC_UP &&
		!plan_is_leaving(&sv->plan.svc[id]))
		return reload(sv, id);
	return start(sv, name, EVENT_RESTART);
}

static struct answer
one(struct supervisor *sv, const struct control_request *request,
	const char *name)
{
	uint32_t id = service_find(sv, name);

	if (request->verb == CONTROL_START)
		return start(sv, name, EVENT_START);
	if (request->verb == CONTROL_ONCE)
		return start(sv, name, EVENT_ONCE);
	if (request->verb == CONTROL_RESTART)
		return start(sv, name, EVENT_RESTART);
	if (id == PAGE_NONE && request->verb == CONTROL_RELOAD_OR_RESTART)
		return start(sv, name, EVENT_RESTART);
	if (id == PAGE_NONE)
		return (struct answer){CODE_UNKNOWN, PAGE_UNKNOWN};
	if (request->verb == CONTROL_STOP)
		return stop(sv, id);
	if (request->verb == CONTROL_TRY_RESTART)
		return plan_is_running(&sv->plan.svc[id])
			       ? start(sv, name, EVENT_RESTART)
			       : (struct answer){CODE_OK, PAGE_ALREADY};
	if (request->verb == CONTROL_RELOAD)
		return reload(sv, id);
	if (request->verb == CONTROL_RELOAD_OR_RESTART)
		return reload_or_restart(sv, id, name);
	if (request->verb == CONTROL_SIGNAL)
		return send_signal(
			sv, id, request->signal, !is_stopping(sv, id));
	if (request->verb == CONTROL_PAUSE)
		return send_signal(sv, id, SIGSTOP, false);
	if (request->verb == CONTROL_CONT)
		return send_signal(sv, id, SIGCONT, false);
	plan_event(&sv->plan, id, EVENT_RESET, 0, PLAN_NONE);
	act_run(sv);
	return accepted;
}

/* What is no decision of the plan is either known to be done, or not known. */
static bool
is_mere_signal(const struct supervisor *sv, enum control_verb verb, uint32_t id)
{
	return verb == CONTROL_SIGNAL || verb == CONTROL_RELOAD ||
	       verb == CONTROL_PAUSE || verb == CONTROL_CONT ||
	       (verb == CONTROL_RELOAD_OR_RESTART &&
		       can_reload(&sv->plan.svc[id]));
}

/* Sent again because we are new: the one before us may have done it. */
static struct answer
one_once(struct supervisor *sv, const struct control_request *request,
	const char *name)
{
	uint32_t id = service_find(sv, name);

	if (request->token == 0 || id == PAGE_NONE ||
		journal_token(&sv->journal, id) != request->token)
		return one(sv, request, name);
	/* The one that it began goes on. */
	if (sv->plan.svc[id].part == PART_RELOAD &&
		(request->verb == CONTROL_RELOAD ||
			request->verb == CONTROL_RELOAD_OR_RESTART) &&
		reload_await(sv, id, request->token))
		return later;
	if (is_mere_signal(sv, request->verb, id))
		return (struct answer){CODE_FAILED, PAGE_INTERRUPTED};
	return accepted;
}

static struct answer
apply(struct supervisor *sv)
{
	switch (services_apply(sv)) {
	case SERVICES_INVALID:
		return (struct answer){CODE_INVALID, PAGE_IS_INVALID};
	case SERVICES_ERROR:
	case SERVICES_UNKNOWN:
		return (struct answer){CODE_FAILED, PAGE_FAILED};
	case SERVICES_SAME:
	case SERVICES_CHANGED:
		break;
	}
	act_run(sv);
	return accepted;
}

static struct answer
whole(struct supervisor *sv, enum control_verb verb)
{
	int end = verb == CONTROL_POWEROFF ? END_POWEROFF
		  : verb == CONTROL_REBOOT ? END_REBOOT
					   : END_HALT;

	if (verb == CONTROL_APPLY)
		return apply(sv);
	if (sv->init_fd < 0)
		return (struct answer){CODE_FAILED, PAGE_NO_INIT};
	if (verb == CONTROL_UPGRADE_INIT) {
		link_send_upgrade_init(sv);
		return accepted;
	}
	log_info("stopping everything: %s was asked for",
		control_verb_name(verb));
	finish_ask(sv, end);
	act_run(sv);
	return accepted;
}

/* The first error is the answer, then one that has yet to come. */
static bool
is_worse(const struct answer *a, const struct answer *than)
{
	if (than->code == CODE_OK)
		return a->code != CODE_OK;
	return than->code == CODE_LATER && a->code > CODE_OK;
}

static void
take_line(struct supervisor *sv, char *line)
{
	struct control_request request;
	struct answer first = accepted;
	enum control_error error = control_parse(line, &request);

	if (error == CONTROL_OK && request.verb == CONTROL_NONE)
		return;
	/* It has its answer already, which the page has kept. */
	if (publish_has_result(&sv->page, request.token))
		return;
	if (error != CONTROL_OK) {
		complain_bad(sv, &request, error);
		return;
	}
	/* Answered by the program that comes next. */
	if (request.verb == CONTROL_UPGRADE) {
		upgrade_ask(sv, request.token);
		return;
	}
	record_request(sv, request.token);
	if (request.argc == 0)
		first = whole(sv, request.verb);
	for (unsigned i = 0; i < request.argc; i++) {
		char name[NAME_CAP];
		struct answer answer = one_once(sv, &request,
			service_own_name(sv, request.argv[i], name));

		if (answer.code == CODE_UNKNOWN && request.token == 0 &&
			complain_may(sv))
			log_warn("%s: no service '%s'", FILE_NAME,
				request.argv[i]);
		if (i == 0 || is_worse(&answer, &first))
			first = answer;
	}
	record_changes(sv);
	record_request(sv, 0);
	if (first.code == CODE_LATER)
		return;
	publish_result(&sv->page, request.token, first.code,
		request.argc == 0 ? PAGE_NONE
				  : service_find_any(sv, request.argv[0]),
		first.detail);
}

void
request_read(struct supervisor *sv)
{
	char bytes[READ_BYTES];
	uint32_t dropped = sv->control.dropped;
	ssize_t n = read(sv->control_fd, bytes, sizeof(bytes));
	size_t at = 0;

	cold_used(sv);
	while (n > 0 && at < (size_t)n) {
		bool has_line = false;

		at += control_read(
			&sv->control, bytes + at, (size_t)n - at, &has_line);
		if (has_line)
			take_line(sv, sv->control.line);
	}
	if (sv->control.dropped == dropped)
		return;
	if (sv->page.header->dropped_requests == 0)
		log_warn("%s: a line that is too long or holds control bytes "
			 "was dropped; more are only counted",
			FILE_NAME);
	sv->page.header->dropped_requests += sv->control.dropped - dropped;
}
