/* The verbs that say little: list, is-active, is-failed. */
#include <stdint.h>

#include "lib/state.h"
#include "svctl/each.h"
#include "svctl/options.h"
#include "svctl/status_private.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"

static void
list_show(struct svctl *s, const struct page_entry *entry)
{
	struct fmt *f;

	out_text(&s->out, page_string(&s->map.view, entry->name_off), SIZE_MAX);
	f = out_room(&s->out, OUT_PIECE);
	fmt_char(f, ' ');
	fmt_str(f, state_name(entry->state));
	fmt_char(f, ' ');
	if (entry->pid > 0)
		fmt_i64(f, entry->pid);
	else
		fmt_char(f, '-');
	fmt_char(f, '\n');
}

int
list_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	int code = svctl_open_page(s, true);

	(void)verb;
	if (code != CODE_OK)
		return code;
	return s->given & OPT_JSON ? status_json(s, argc, argv)
				   : each_service(s, argc, argv, list_show);
}

static void
state_show(struct svctl *s, const struct page_entry *entry)
{
	struct fmt *f = out_room(&s->out, OUT_PIECE);

	if (!(s->given & OPT_QUIET))
		fmt_printf(f, "%s\n", state_name(entry->state));
}

int
is_active_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	int code = svctl_open_page(s, true);

	(void)verb;
	if (code == CODE_OK)
		code = each_service(s, argc, argv, state_show);
	return code != CODE_OK ? code : status_check_up(s, argc, argv);
}

int
is_failed_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	int code = svctl_open_page(s, true);
	struct page_entry entry;

	(void)verb;
	if (code == CODE_OK)
		code = each_service(s, argc, argv, state_show);
	for (int i = 0; i < argc && code == CODE_OK; i++) {
		if (map_entry(&s->map, argv[i], &entry) != PAGE_NONE &&
			entry.state != SVC_FAILED && entry.state != SVC_INVALID)
			code = CODE_FAILED;
	}
	return code;
}
