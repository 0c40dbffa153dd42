#include "supervisor/complain.h"

#include <stddef.h>

#include "lib/log.h"
#include "supervisor/supervisor.h"

/* Of a word that nobody understands, so much is logged. */
#define BAD_WORD_CAP 64
/* Who may write to the FIFO must not be able to fill the log's disk. */
#define BAD_LOG_MOST	  10
#define BAD_LOG_WINDOW_MS 10000u
/* An exit status of svctl(1). */
#define CODE_USAGE 2

/* What others wrote, for a log that may be read on a terminal. */
static const char *
printable(const char *text, char out[BAD_WORD_CAP])
{
	size_t len = 0;

	for (; len < BAD_WORD_CAP - 1 && text[len] != '\0'; len++)
		out[len] =
			(char)(text[len] > ' ' && text[len] <= '~' ? text[len]
								   : '?');
	out[len] = '\0';
	return out;
}

/* Complaints about lines whose writer waits for no answer. */
static struct {
	uint64_t from_ms;
	unsigned used; /* in the window that began at from_ms */
} complaints;

bool
complain_may(const struct supervisor *sv)
{
	if (complaints.used == 0 ||
		sv->plan.now_ms - complaints.from_ms >= BAD_LOG_WINDOW_MS) {
		complaints.from_ms = sv->plan.now_ms;
		complaints.used = 0;
	}
	return complaints.used < BAD_LOG_MOST && ++complaints.used != 0;
}

void
complain_bad(struct supervisor *sv, const struct control_request *request,
	enum control_error error)
{
	char word[BAD_WORD_CAP];

	sv->page.header->dropped_requests++;
	if (request->token == 0 && complain_may(sv))
		log_warn("%s: %s%s%s", "control", control_error_text(error),
			request->bad_arg ? ": " : "",
			request->bad_arg ? printable(request->bad_arg, word)
					 : "");
	publish_result(&sv->page, request->token, CODE_USAGE, PAGE_NONE,
		PAGE_BAD_REQUEST);
}
