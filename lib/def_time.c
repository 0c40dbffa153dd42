#include "lib/calendar.h"
#include "lib/def.h"
#include "lib/def_value.h"

#define SHOWN_MAX 60

/* A line stays text; when it is needed it is read again. */
bool
set_at(struct def_value *v, void *member)
{
	struct calendar c = {.count = 0};
	struct def_list *list = member;
	size_t bad = 0;

	/* All lines together have to fit. */
	for (unsigned i = 0; i < list->len; i++)
		calendar_parse(&c, list->item[i], &bad);
	if (calendar_parse(&c, v->text, &bad))
		return def_value_add(v, list, v->text);
	if (c.count == CALENDAR_MAX)
		def_error_text(v->error, "more than %u times", CALENDAR_MAX);
	else
		def_error_text(v->error,
			"'%.*s' is no time; write hourly, daily, weekly, "
			"monthly, 03:10, *:30 or Mon-Fri 09:00",
			v->len - bad > SHOWN_MAX ? SHOWN_MAX
						 : (int)(v->len - bad),
			v->text + bad);
	return def_value_fail(v, bad);
}
