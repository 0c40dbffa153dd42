/*
 * lib/page.h: every reader on any bytes, aligned as a mapping is. Input: what
 * is asked for (struct query), then the page.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/page.h"
#include "tests/fuzz/fuzz.h"

struct query {
	uint32_t id; /* also a position and an offset of a string */
	uint32_t count;
	uint64_t token; /* also the number of an event */
	char name[16];
};

static void
check_string(const struct page_view *view, uint32_t offset)
{
	const char *s = page_string(view, offset);
	const char *base = (const char *)view->base;

	if (*s != '\0')
		REQUIRE(s >= base && s + strlen(s) < base + view->len);
}

/* All that a valid header says lies within the page. */
static void
check_header(const struct page_view *view, const struct page_header *h)
{
	unsigned __int128 end = h->total_bytes;

	REQUIRE(h->total_bytes <= view->len);
	REQUIRE(h->entries_off + (unsigned __int128)h->count * h->entry_size <=
		end);
	REQUIRE(h->index_off + (unsigned __int128)h->index_len * 4 <= end);
	REQUIRE(h->strings_off + (unsigned __int128)h->strings_len <= end);
	REQUIRE(h->results_off +
			(unsigned __int128)h->result_cap * h->result_size <=
		end);
	REQUIRE(h->events_off +
			(unsigned __int128)h->event_cap * h->event_size <=
		end);
}

static const char *
name_of(const struct page_view *view, uint32_t id)
{
	struct page_entry entry;

	return page_entry_read(view, id, &entry)
		       ? page_string(view, entry.name_off)
		       : "";
}

/* Each name of a page whose index is whole and sorted is found. */
static void
check_names(const struct page_view *view, const struct page_header *h)
{
	const char *last = "";

	for (uint32_t i = 0; i < h->index_len; i++) {
		const char *name = name_of(view, page_sorted(view, i));

		if (strcmp(last, name) >= 0)
			return;
		last = name;
	}
	for (uint32_t i = 0; i < h->index_len; i++)
		REQUIRE(page_find(view, name_of(view, page_sorted(view, i))) ==
			page_sorted(view, i));
}

static void
check_readers(const struct page_view *view, const struct query *q)
{
	struct page_entry entry;
	struct page_result result;
	struct page_event event;
	uint32_t id = page_find(view, q->name);

	if (id != PAGE_NONE && *name_of(view, id) != '\0')
		REQUIRE(strcmp(name_of(view, id), q->name) == 0);
	if (page_entry_read(view, q->id, &entry)) {
		REQUIRE((entry.seq & 1) == 0 && (entry.flags & PAGE_USED) != 0);
		check_string(view, entry.name_off);
		check_string(view, entry.text_off);
	}
	check_string(view, q->id);
	page_sorted(view, q->id);
	if (page_result_find(view, q->token, &result))
		REQUIRE(result.token == q->token && q->token != 0 &&
			result.number != 0);
	if (page_event_read(view, q->token, &event))
		REQUIRE(event.number == q->token && q->token != 0);
	id = page_entry_bit(q->id);
	REQUIRE((id & (id - 1)) == 0 && id != 0 && id != PAGE_RESULT_BIT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct query q;
	struct page_header header, copy;
	struct page_view view = {.base = NULL};

	if (size < sizeof(q))
		return -1;
	memcpy(&q, data, sizeof(q));
	q.name[sizeof(q.name) - 1] = '\0';
	view.len = size - sizeof(q);
	view.base = fuzz_copy(data + sizeof(q), view.len);
	check_readers(&view, &q);
	REQUIRE(page_is_valid(&view) == page_header_read(&view, &header));
	if (page_is_valid(&view)) {
		check_header(&view, &header);
		check_names(&view, &header);
	}
	free((void *)(uintptr_t)view.base);

	/* What the writer lays out is valid for readers. */
	page_layout(&header, q.count, q.token >> 16);
	view.base = (const unsigned char *)&header;
	view.len = (size_t)header.total_bytes;
	REQUIRE(page_header_read(&view, &copy));
	check_header(&view, &header);
	REQUIRE(header.index_off % 4 == 0 && header.entries_off % 8 == 0);
	return 0;
}
