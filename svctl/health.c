/* svctl health: one exit status for those who look after a container. */
#include <stdint.h>

#include "lib/page.h"
#include "lib/state.h"
#include "svctl/describe.h"
#include "svctl/each.h"
#include "svctl/options.h"
#include "svctl/status_private.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"

static bool is_all_well;
static bool is_named;	   /* then it should run, wanted or not */
static bool has_essential; /* then these alone count */

static void
find_essential(struct svctl *s, const struct page_entry *entry)
{
	(void)s;
	has_essential = has_essential || (entry->flags & PAGE_ESSENTIAL) != 0;
}

static bool
counts(const struct page_entry *entry)
{
	if (is_named)
		return true;
	if (!has_essential)
		return entry->want != WANT_DOWN;
	/* One that somebody has stopped is missed, unlike one that nobody has
	 * ever started. */
	return (entry->flags & PAGE_ESSENTIAL) != 0 &&
	       (entry->want != WANT_DOWN || entry->starts != 0);
}

static bool
is_well(const struct page_entry *entry)
{
	if (!counts(entry))
		return true;
	return describe_is_up(entry->state) &&
	       (entry->flags & (PAGE_UNWELL | PAGE_LEAVING)) == 0;
}

static void
look(struct svctl *s, const struct page_entry *entry)
{
	struct fmt *f;

	if (is_well(entry))
		return;
	is_all_well = false;
	if (s->given & OPT_QUIET)
		return;
	out_text(&s->out, page_string(&s->map.view, entry->name_off), SIZE_MAX);
	f = out_room(&s->out, OUT_PIECE);
	fmt_char(f, ' ');
	fmt_str(f, state_name(entry->state));
	describe_moods(f, entry);
	fmt_char(f, '\n');
}

/* What is no matter of one service; NULL: nothing is wrong. */
static const char *
whole(const struct page_header *header)
{
	/* What is being stopped should be sent no more work. */
	if ((header->flags & PAGE_FINISHING) != 0)
		return "everything is being stopped";
	if ((header->flags & PAGE_DRAINING) != 0)
		return "draining";
	/* Not all that will be wanted is wanted yet. */
	if ((header->flags & PAGE_STARTING) != 0)
		return "still starting";
	return NULL;
}

int
health_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	int code = svctl_open_page(s, true);
	struct page_header header;
	const char *wrong;

	(void)verb;
	if (code != CODE_OK)
		return code;
	is_named = argc > 0;
	header = map_header(&s->map);
	wrong = whole(&header);
	is_all_well = wrong == NULL;
	if (wrong && (s->given & OPT_QUIET) == 0)
		fmt_printf(out_room(&s->out, OUT_PIECE), "%s\n", wrong);
	if (!is_named)
		each_service(s, 0, NULL, find_essential);
	code = each_service(s, argc, argv, look);
	return code != CODE_OK ? code : is_all_well ? CODE_OK : CODE_NOT_UP;
}
