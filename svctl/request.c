#include "svctl/request.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/load.h"
#include "lib/reason.h"
#include "svctl/defs.h"
#include "svctl/lint.h"
#include "svctl/svctl.h"
#include "svctl/watch.h"

#define OPEN_MS	  2000	/* init needs less to start another supervisor */
#define LOOK_MS	  10	/* between looks at a FIFO that is not there */
#define ASK_MS	  500	/* between requests to make the FIFO anew */
#define RESEND_MS 1000	/* a successor reads what the FIFO holds sooner */
#define ANSWER_MS 30000 /* a supervisor that lives and says nothing */

/* What is being sent, so that it can be sent again. */
struct sending {
	enum control_verb verb;
	int signal;
	struct request *requests;
	unsigned count;
	int fd; /* -1: not open */
};

int
request_say_dead(const struct svctl *s)
{
	out_error(s->runtime,
		"no supervisor answers; is it running? "
		"supervisor(8) says how to start one, -r names another "
		"directory");
	return CODE_NO_SUPERVISOR;
}

static uint64_t
make_token(void)
{
	uint64_t token = 0;
	struct timespec t;

	/* Not the wrapper: it may be missing, the call may be forbidden. */
	if (syscall(SYS_getrandom, &token, sizeof(token), 0) == sizeof(token) &&
		token)
		return token;
	clock_gettime(CLOCK_REALTIME, &t);
	token = (uint64_t)t.tv_nsec << 34 ^ (uint64_t)t.tv_sec << 16 ^
		(uint64_t)getpid();
	return token * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

static int
say_denied(const struct svctl *s)
{
	out_error(s->runtime,
		"not permitted to command this supervisor; use root, or a "
		"member of its control-group");
	return CODE_DENIED;
}

/* May a FIFO that cannot be opened become one that can? */
static bool
may_come(struct svctl *s, uint64_t *asked_ms, bool is_missing)
{
	struct page_header header = map_header(&s->map);
	uint64_t now = clock_mono_ms();

	if (is_missing && map_supervisor_is_alive(&header)) {
		/* SIGUSR1 has a living supervisor make it anew. */
		if (s->map.is_trusted && now - *asked_ms >= ASK_MS) {
			kill(header.supervisor_pid, SIGUSR1);
			*asked_ms = now;
		}
		return true;
	}
	return header.flags & PAGE_UNDER_INIT;
}

static int
open_fifo(struct svctl *s, int *fd)
{
	uint64_t give_up = clock_mono_ms() + OPEN_MS;
	uint64_t asked_ms = 0;
	struct timespec nap = {0, LOOK_MS * 1000000};
	char path[PATHS_CAP + 16];
	struct stat st;
	struct fmt f;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s/control", s->runtime);
	for (;;) {
		*fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC |
					 O_NOFOLLOW | O_NOCTTY);
		if (*fd >= 0 && fstat(*fd, &st) == 0 && S_ISFIFO(st.st_mode))
			return CODE_OK;
		if (*fd >= 0) {
			close(*fd);
			*fd = -1;
			out_error(path, "is no FIFO; remove it");
			return CODE_NO_SUPERVISOR;
		}
		if (errno == EACCES || errno == EPERM)
			return say_denied(s);
		if ((errno != ENXIO && errno != ENOENT) ||
			clock_mono_ms() >= give_up || watch_is_late(s) ||
			!may_come(s, &asked_ms, errno == ENOENT))
			return request_say_dead(s);
		nanosleep(&nap, NULL);
	}
}

/* Writes one line whole. A reader that went away is waited for once more. */
static int
send_line(struct svctl *s, struct sending *to, const char *line, size_t len)
{
	uint64_t give_up = clock_mono_ms() + ANSWER_MS;

	for (unsigned breaks = 0; breaks < 3;) {
		struct pollfd p = {.fd = to->fd, .events = POLLOUT};
		int code;

		if (write(to->fd, line, len) == (ssize_t)len)
			return CODE_OK;
		if (errno == EPIPE) {
			breaks++;
			close(to->fd);
			code = open_fifo(s, &to->fd);
			if (code != CODE_OK)
				return code;
		} else if (errno != EAGAIN && errno != EINTR) {
			out_error(s->runtime, "cannot write to control: %s",
				strerror(errno));
			return CODE_FAILED;
		}
		if (watch_is_late(s)) {
			out_error(s->runtime,
				"the supervisor took no request in time");
			return CODE_TIMEOUT;
		}
		if (clock_mono_ms() >= give_up)
			break;
		(void)poll(&p, 1, ASK_MS);
	}
	return request_say_dead(s);
}

static int
send_open_ones(struct svctl *s, struct sending *to)
{
	char line[CONTROL_LINE_MAX + 1];

	for (unsigned i = 0; i < to->count; i++) {
		struct request *r = &to->requests[i];
		size_t len;
		int code;

		if (r->has_result)
			continue;
		len = control_format(line, sizeof(line), r->token, to->verb,
			to->signal, r->name);
		if (!len) {
			out_error(r->name, "is too long for a request");
			return CODE_USAGE;
		}
		code = send_line(s, to, line, len);
		if (code != CODE_OK)
			return code;
	}
	return CODE_OK;
}

/* How many have no result yet. */
static unsigned
collect(struct svctl *s, struct sending *to)
{
	unsigned left = 0;

	for (unsigned i = 0; i < to->count; i++) {
		struct request *r = &to->requests[i];

		if (!r->has_result &&
			page_result_find(&s->map.view, r->token, &r->result)) {
			r->has_result = true;
			r->code = r->result.code;
		}
		left += !r->has_result;
	}
	return left;
}

static int
say_late(const struct svctl *s)
{
	out_error(s->runtime, "the supervisor did not answer in time");
	return CODE_TIMEOUT;
}

static int
await(struct svctl *s, struct sending *to, struct watch *watch)
{
	uint64_t give_up = clock_mono_ms() + ANSWER_MS;
	uint64_t resend_ms = 0;
	bool was_woken = true;

	for (;;) {
		uint32_t turn = map_turn(&s->map);

		if (!map_refresh(&s->map))
			return request_say_dead(s);
		if (!collect(s, to))
			return CODE_OK;
		if (watch_is_late(s))
			return say_late(s);
		switch (watch_look(s, watch, !was_woken)) {
		case WATCH_NEW:
			resend_ms = clock_mono_ms() + RESEND_MS;
			give_up = resend_ms + ANSWER_MS;
			break;
		case WATCH_LOST:
			return request_say_dead(s);
		case WATCH_SAME:
		case WATCH_GONE:
			break;
		}
		if (resend_ms && clock_mono_ms() >= resend_ms) {
			int code = send_open_ones(s, to);

			if (code != CODE_OK)
				return code;
			resend_ms = 0;
		}
		/* A reload is answered when its command has ended. */
		if (clock_mono_ms() >= give_up && to->verb != CONTROL_RELOAD &&
			to->verb != CONTROL_RELOAD_OR_RESTART)
			return request_say_dead(s);
		was_woken =
			watch_sleep(s, watch, turn, PAGE_RESULT_BIT, resend_ms);
	}
}

int
request_all(struct svctl *s, enum control_verb verb, int signal,
	struct request *requests, unsigned count)
{
	struct sending to = {verb, signal, requests, count, -1};
	struct watch watch;
	int code;

	for (unsigned i = 0; i < count; i++)
		requests[i].token = make_token();
	code = open_fifo(s, &to.fd);
	if (code != CODE_OK)
		return code;
	/* Before the first line: what answers is this one or a successor. */
	watch_begin(s, &watch);
	code = send_open_ones(s, &to);
	if (code == CODE_OK)
		code = await(s, &to, &watch);
	/* Open until answered: what is in the FIFO outlives its reader. */
	if (to.fd >= 0)
		close(to.fd);
	return code;
}

/* The file as it is now, which the supervisor refused. False: it is good. */
static bool
say_mistakes(struct svctl *s, const char *name)
{
	struct lint_result result = {0};
	struct load_text text;
	bool has_error;

	if (defs_read_with(s, name, &text, &has_error) >= 0)
		lint_text(s, &text, name, false, &result);
	free(text.bytes);
	return result.errors || has_error;
}

static void
say_invalid(struct svctl *s, const char *name)
{
	struct page_entry entry;
	const char *text = "";

	if (say_mistakes(s, name)) {
		out_error(name, "nothing was changed; mend this first");
		return;
	}
	if (map_entry(&s->map, name, &entry) != PAGE_NONE &&
		entry.reason == REASON_DEFINITION)
		text = page_string(&s->map.view, entry.text_off);
	if (*text)
		out_error(name, "invalid: %s", text);
	else
		out_error(name,
			"its definition has an error; see `svctl check %s`",
			name);
}

/* What is wrong and what to do, by detail; %s is the object. */
static const char *const complaints[] = {
	[PAGE_ACCEPTED] = "failed; the supervisor's log says why",
	[PAGE_ALREADY] = "failed; the supervisor's log says why",
	[PAGE_BAD_REQUEST] = "the supervisor does not understand this; is it "
			     "of another version?",
	[PAGE_IS_INVALID] = "a definition has an error and nothing was "
			    "changed; see `svctl check`",
	[PAGE_IS_MASKED] = "is masked; `svctl unmask %s` and `svctl apply` "
			   "undo that",
	[PAGE_NOT_RUNNING] = "is not running; `svctl start %s` starts it",
	[PAGE_NO_RELOAD] = "cannot reload: give it a reload-command or a "
			   "reload-signal, or use "
			   "`svctl restart %s`",
	[PAGE_IS_FINISHING] = "everything is being stopped; nothing is "
			      "started now",
	[PAGE_NO_INIT] = "the supervisor was not started by init, so it "
			 "cannot end the system",
	[PAGE_FAILED] = "failed; the supervisor's log says why",
	[PAGE_STILL_RUNNING] = "an old process of it may still run: end that "
			       "first, or say `svctl stop %s` if it is none of "
			       "it",
	[PAGE_INTERRUPTED] = "the supervisor died over it: it was done, or "
			     "not; look with `svctl status`",
	[PAGE_RELOAD_FAILED] =
		"was not reloaded: its reload-command failed, or "
		"it ended meanwhile; the supervisor's log says "
		"more",
	[PAGE_NOT_SERVING] = "the new program did not serve; the one before "
			     "does again",
};

int
request_complain(
	struct svctl *s, enum control_verb verb, const struct request *r)
{
	const char *object = r->name ? r->name : control_verb_name(verb);
	uint32_t detail = r->result.detail;
	char text[512];
	struct fmt f;

	if (detail == PAGE_UNKNOWN) {
		(void)svctl_say_unknown(s, object);
	} else if (detail == PAGE_IS_INVALID && r->name) {
		say_invalid(s, r->name);
	} else if (detail >= sizeof(complaints) / sizeof(complaints[0])) {
		out_error(
			object, "refused for reason %u, unknown here", detail);
	} else {
		const char *at = complaints[detail];
		const char *place = strstr(at, "%s");

		fmt_init(&f, text, sizeof(text));
		fmt_bytes(&f, at, place ? (size_t)(place - at) : strlen(at));
		if (place) {
			fmt_str(&f, object);
			fmt_str(&f, place + 2);
		}
		out_error(object, "%s", text);
	}
	return r->code;
}
