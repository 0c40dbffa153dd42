#include "svctl/merge.h"

void
merge_init(struct merge *m, struct merge_item *items, bool is_backwards)
{
	m->item = items;
	m->len = 0;
	m->is_backwards = is_backwards;
}

static bool
is_before(const struct merge *m, const struct merge_item *a,
	const struct merge_item *b)
{
	bool is_less =
		a->us < b->us || (a->us == b->us && a->stream < b->stream);

	return is_less != m->is_backwards;
}

void
merge_push(struct merge *m, int64_t us, unsigned stream)
{
	struct merge_item item = {us, stream};
	unsigned at = m->len++;

	while (at && is_before(m, &item, &m->item[(at - 1) / 2])) {
		m->item[at] = m->item[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	m->item[at] = item;
}

bool
merge_pop(struct merge *m, unsigned *stream)
{
	struct merge_item last;
	unsigned at = 0;

	if (!m->len)
		return false;
	*stream = m->item[0].stream;
	last = m->item[--m->len];
	for (;;) {
		unsigned child = 2 * at + 1;

		if (child >= m->len)
			break;
		if (child + 1 < m->len &&
			is_before(m, &m->item[child + 1], &m->item[child]))
			child++;
		if (!is_before(m, &m->item[child], &last))
			break;
		m->item[at] = m->item[child];
		at = child;
	}
	m->item[at] = last;
	return true;
}
