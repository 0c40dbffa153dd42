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
static bool is_named; /* then it should run, wanted or not */

static bool
is_well(const struct page_entry *entry)
{
	if (!is_named && entry->want == WANT_DOWN)
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

int
health_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	int code = svctl_open_page(s, true);

	(void)verb;
	if (code != CODE_OK)
		return code;
	is_named = argc > 0;
	/* What is being stopped should be sent no more work. */
	is_all_well = (map_header(&s->map).flags & PAGE_FINISHING) == 0;
	code = each_service(s, argc, argv, look);
	return code != CODE_OK ? code : is_all_well ? CODE_OK : CODE_NOT_UP;
}
