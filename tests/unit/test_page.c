#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/page.h"
#include "lib/state.h"

#define COUNT	50u /* ids, every tenth unused */
#define STRINGS 1024u

static struct page_header layout;
static unsigned char *bytes; /* the page, of exactly its size: ASan watches */
static struct page_view view;

static struct page_header *
header(void)
{
	return (struct page_header *)(void *)bytes;
}

static struct page_entry *
entry(uint32_t id)
{
	return (struct page_entry *)(void *)(bytes + layout.entries_off +
					     id * layout.entry_size);
}

static struct page_result *
result(uint64_t number)
{
	return (struct page_result *)(void *)(bytes + layout.results_off) +
	       (number - 1) % PAGE_RESULTS;
}

static void
post(uint64_t token, int code)
{
	uint64_t number = ++header()->result_count;
	struct page_result *r = result(number);

	memset(r, 0, sizeof(*r));
	r->number = number;
	r->token = token;
	r->code = code;
}

static int
setup(void **unused)
{
	uint32_t *index;
	char *strings;
	size_t at = 1;

	(void)unused;
	page_layout(&layout, COUNT, STRINGS);
	bytes = calloc(1, (size_t)layout.total_bytes);
	if (!bytes)
		return -1;
	memcpy(bytes, &layout, sizeof(layout));
	view = (struct page_view){bytes, (size_t)layout.total_bytes};
	index = (uint32_t *)(void *)(bytes + layout.index_off);
	strings = (char *)bytes + layout.strings_off;
	header()->index_len = 0;
	/* Named so that the order of names is the reverse of that of ids. */
	for (uint32_t n = 0; n < COUNT; n++) {
		uint32_t id = COUNT - 1 - n;

		if (id % 10 == 9)
			continue;
		index[header()->index_len++] = id;
		entry(id)->flags = PAGE_USED;
		entry(id)->name_off = (uint32_t)at;
		entry(id)->state = SVC_UP;
		entry(id)->pid = (int32_t)id + 1000;
		at += (size_t)sprintf(strings + at, "svc%02u", n) + 1;
	}
	return 0;
}

static int
teardown(void **unused)
{
	(void)unused;
	free(bytes);
	return 0;
}

static void
test_page_layout_any_count_is_valid_and_apart(void **unused)
{
	static const uint32_t counts[] = {0, 1, 7, 1000, 10000};

	(void)unused;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct page_header h;
		struct page_view all;
		unsigned char *page;

		page_layout(&h, counts[i], 13);
		assert_int_equal(h.entries_off % 8, 0);
		assert_true(h.results_off >= sizeof(h));
		assert_true(
			h.events_off >=
			h.results_off + (uint64_t)h.result_cap * h.result_size);
		assert_true(
			h.entries_off >=
			h.events_off + (uint64_t)h.event_cap * h.event_size);
		assert_true(h.index_off >=
			    h.entries_off + (uint64_t)h.count * h.entry_size);
		assert_true(
			h.strings_off >= h.index_off + (uint64_t)h.count * 4);
		assert_true(h.total_bytes >= h.strings_off + 13);
		page = calloc(1, (size_t)h.total_bytes);
		memcpy(page, &h, sizeof(h));
		all = (struct page_view){page, (size_t)h.total_bytes};
		assert_true(page_is_valid(&all));
		free(page);
	}
}

static void
test_page_layout_growth_leaves_rings_and_entries(void **unused)
{
	struct page_header small, large;

	(void)unused;
	page_layout(&small, 10, 100);
	page_layout(&large, 5000, 90000);
	assert_int_equal(small.results_off, large.results_off);
	assert_int_equal(small.events_off, large.events_off);
	assert_int_equal(small.entries_off, large.entries_off);
}

static void
test_page_is_valid_bad_headers_are_refused(void **unused)
{
	(void)unused;
	assert_true(page_is_valid(&view));
	view.len--;
	assert_false(page_is_valid(&view));
	view.len = sizeof(struct page_header) - 1;
	assert_false(page_is_valid(&view));
	view.len = 0;
	assert_false(page_is_valid(&view));
	view = (struct page_view){NULL, 4096};
	assert_false(page_is_valid(&view));
	view = (struct page_view){bytes + 4, (size_t)layout.total_bytes - 4};
	assert_false(page_is_valid(&view));
}

/* Nothing in it, and nothing behind it. */
static void
test_page_is_valid_a_header_alone_is(void **unused)
{
	struct page_header *h = header();

	(void)unused;
	h->count = h->index_len = h->result_cap = h->event_cap = 0;
	h->entries_off = h->index_off = h->results_off = sizeof(*h);
	h->events_off = h->strings_off = h->total_bytes = sizeof(*h);
	h->strings_len = 0;
	view.len = sizeof(*h);
	assert_true(page_is_valid(&view));
	assert_int_equal(page_find(&view, "svc01"), PAGE_NONE);
	assert_int_equal(page_sorted(&view, 0), PAGE_NONE);
	assert_string_equal(page_string(&view, 1), "");
}

#define REFUSED(field, value)                                                  \
	do {                                                                   \
		struct page_header good = *header();                           \
		header()->field = (value);                                     \
		assert_false(page_is_valid(&view));                            \
		*header() = good;                                              \
	} while (0)

static void
test_page_is_valid_fields_out_of_range_are_refused(void **unused)
{
	(void)unused;
	REFUSED(magic[0], 'x');
	REFUSED(version, PAGE_VERSION + 1);
	REFUSED(header_size, 8);
	REFUSED(header_size, UINT32_MAX);
	REFUSED(entry_size, 8);
	REFUSED(entry_size, layout.entry_size + 4);
	REFUSED(count, UINT32_MAX);
	REFUSED(entries_off, UINT64_MAX - 7);
	REFUSED(entries_off, layout.entries_off + 4);
	REFUSED(entries_off, 0);
	REFUSED(index_off, layout.total_bytes);
	REFUSED(index_off, layout.index_off + 1);
	REFUSED(index_len, UINT32_MAX);
	REFUSED(result_cap, UINT32_MAX);
	REFUSED(results_off, UINT64_MAX & ~7ull);
	REFUSED(event_size, 0);
	REFUSED(strings_off, UINT64_MAX);
	REFUSED(strings_len, UINT64_MAX);
	REFUSED(total_bytes, UINT64_MAX);
	assert_true(page_is_valid(&view));
}

static void
test_page_is_valid_larger_entries_of_later_versions_are_read(void **unused)
{
	struct page_entry copy;

	(void)unused;
	/* Half as many entries of twice the size. */
	header()->entry_size = layout.entry_size * 2;
	header()->count = COUNT / 2;
	assert_true(page_is_valid(&view));
	assert_true(page_entry_read(&view, 1, &copy));
	assert_int_equal(copy.pid, 1002);
}

static void
test_page_entry_read_used_entry_is_copied(void **unused)
{
	struct page_entry copy;

	(void)unused;
	assert_true(page_entry_read(&view, 3, &copy));
	assert_int_equal(copy.pid, 1003);
	assert_int_equal(copy.state, SVC_UP);
	assert_false(page_entry_read(&view, 9, &copy));
	assert_false(page_entry_read(&view, COUNT, &copy));
	assert_false(page_entry_read(&view, PAGE_NONE, &copy));
	/* Nothing behind it needs to be there. */
	view.len = (size_t)(layout.entries_off + 4 * layout.entry_size);
	assert_true(page_entry_read(&view, 3, &copy));
	view.len--;
	assert_false(page_entry_read(&view, 3, &copy));
}

static void
test_page_entry_read_writer_died_in_the_middle_is_refused(void **unused)
{
	struct page_entry copy;

	(void)unused;
	entry(3)->seq = 7;
	assert_false(page_entry_read(&view, 3, &copy));
	entry(3)->seq = 8;
	assert_true(page_entry_read(&view, 3, &copy));
}

static void
test_page_find_every_name_is_found(void **unused)
{
	(void)unused;
	for (uint32_t n = 0; n < COUNT; n++) {
		uint32_t id = COUNT - 1 - n;
		char name[16];

		snprintf(name, sizeof(name), "svc%02u", n);
		assert_int_equal(
			page_find(&view, name), id % 10 == 9 ? PAGE_NONE : id);
	}
	assert_int_equal(page_find(&view, ""), PAGE_NONE);
	assert_int_equal(page_find(&view, "a"), PAGE_NONE);
	assert_int_equal(page_find(&view, "svc"), PAGE_NONE);
	assert_int_equal(page_find(&view, "zzz"), PAGE_NONE);
}

static void
test_page_find_odd_generation_is_searched_in_the_end(void **unused)
{
	(void)unused;
	header()->generation = 3;
	assert_int_equal(page_find(&view, "svc01"), COUNT - 2);
}

static void
test_page_sorted_walks_in_the_order_of_names(void **unused)
{
	char before[16] = "";
	uint32_t n = 0;

	(void)unused;
	for (;; n++) {
		uint32_t id = page_sorted(&view, n);
		const char *name;

		if (id == PAGE_NONE)
			break;
		name = page_string(&view, entry(id)->name_off);
		assert_true(strcmp(before, name) < 0);
		snprintf(before, sizeof(before), "%s", name);
	}
	assert_int_equal(n, header()->index_len);
	*(uint32_t *)(void *)(bytes + layout.index_off) = COUNT;
	assert_int_equal(page_sorted(&view, 0), PAGE_NONE);
}

static void
test_page_string_outside_is_empty(void **unused)
{
	(void)unused;
	assert_string_equal(page_string(&view, 0), "");
	assert_string_equal(page_string(&view, 1), "svc01");
	assert_string_equal(page_string(&view, STRINGS), "");
	assert_string_equal(page_string(&view, UINT32_MAX), "");
	/* The last one has no NUL behind it. */
	memset(bytes + layout.strings_off + STRINGS - 4, 'x',
		(size_t)(layout.total_bytes - layout.strings_off) - STRINGS +
			4);
	assert_string_equal(page_string(&view, STRINGS - 3), "");
}

static void
test_page_result_find_newest_is_found(void **unused)
{
	struct page_result found;

	(void)unused;
	assert_false(page_result_find(&view, 5, &found));
	post(5, 1);
	post(6, 2);
	post(5, 3);
	assert_true(page_result_find(&view, 5, &found));
	assert_int_equal(found.code, 3);
	assert_true(page_result_find(&view, 6, &found));
	assert_int_equal(found.code, 2);
	assert_false(page_result_find(&view, 7, &found));
	post(0, 4);
	assert_false(page_result_find(&view, 0, &found));
}

static void
test_page_result_find_ring_forgets_the_oldest(void **unused)
{
	struct page_result found;

	(void)unused;
	for (uint64_t n = 1; n <= PAGE_RESULTS + 3; n++)
		post(n + 100, (int)n);
	assert_false(page_result_find(&view, 103, &found));
	assert_true(page_result_find(&view, 104, &found));
	assert_true(page_result_find(&view, PAGE_RESULTS + 103, &found));
	assert_int_equal(found.code, PAGE_RESULTS + 3);
}

static void
test_page_result_find_half_written_slot_is_skipped(void **unused)
{
	struct page_result found;

	(void)unused;
	post(5, 1);
	result(1)->number = 0;
	assert_false(page_result_find(&view, 5, &found));
}

static void
test_page_event_read_numbers_must_match(void **unused)
{
	struct page_event *slot =
		(struct page_event *)(void *)(bytes + layout.events_off);
	struct page_event found;

	(void)unused;
	assert_false(page_event_read(&view, 0, &found));
	assert_false(page_event_read(&view, 1, &found));
	slot[0].number = 1;
	slot[0].svc = 7;
	assert_true(page_event_read(&view, 1, &found));
	assert_int_equal(found.svc, 7);
	assert_false(page_event_read(&view, 1 + PAGE_EVENTS, &found));
	slot[0].number = 1 + PAGE_EVENTS;
	assert_false(page_event_read(&view, 1, &found));
	assert_true(page_event_read(&view, 1 + PAGE_EVENTS, &found));
}

static void
test_page_entry_bit_is_one_bit_and_never_that_of_results(void **unused)
{
	(void)unused;
	for (uint32_t id = 0; id < 100; id++) {
		uint32_t bit = page_entry_bit(id);

		assert_true(bit && !(bit & (bit - 1)));
		assert_true(bit != PAGE_RESULT_BIT);
	}
}

/* Everything that a reader calls, on whatever the page holds. */
static void
read_everything(void)
{
	struct page_header h;
	struct page_result r;
	struct page_entry e;
	struct page_event v;

	(void)page_header_read(&view, &h);
	(void)page_is_valid(&view);
	(void)page_find(&view, "svc07");
	for (uint32_t n = 0; n < COUNT + 2; n++) {
		uint32_t id = page_sorted(&view, n);

		if (page_entry_read(&view, id, &e)) {
			(void)strlen(page_string(&view, e.name_off));
			(void)strlen(page_string(&view, e.text_off));
		}
		(void)page_entry_read(&view, n, &e);
	}
	(void)page_result_find(&view, 99, &r);
	(void)page_event_read(&view, 3, &v);
	(void)page_event_read(&view, UINT64_MAX, &v);
}

static void
test_page_hostile_flipped_bytes_are_safe_to_read(void **unused)
{
	unsigned seed = 7;

	(void)unused;
	for (unsigned round = 0; round < 3000; round++) {
		unsigned char saved[8];
		size_t where[8];

		for (unsigned i = 0; i < 8; i++) {
			seed = seed * 1103515245 + 12345;
			/* Mostly the header: that is where the offsets are. */
			where[i] = (seed >> 8) %
				   (i < 6 ? sizeof(layout)
					  : (size_t)layout.total_bytes);
			/* But not the magic: then nothing would be read. */
			if (where[i] < 12)
				where[i] += 12;
			saved[i] = bytes[where[i]];
			seed = seed * 1103515245 + 12345;
			bytes[where[i]] = seed >> 28 < 4
						  ? 0xff
						  : (unsigned char)(seed >> 16);
		}
		read_everything();
		for (unsigned i = 8; i-- > 0;)
			bytes[where[i]] = saved[i];
	}
	assert_true(page_is_valid(&view));
}

static void
test_page_hostile_any_length_is_safe_to_read(void **unused)
{
	(void)unused;
	for (size_t len = 0; len < layout.total_bytes; len += 1 + len / 20) {
		unsigned char *copy = malloc(len ? len : 1);

		memcpy(copy, bytes, len);
		view = (struct page_view){copy, len};
		read_everything();
		free(copy);
	}
	view = (struct page_view){bytes, (size_t)layout.total_bytes};
	memset(bytes, 0xff, (size_t)layout.total_bytes);
	read_everything();
	memset(bytes, 0, (size_t)layout.total_bytes);
	read_everything();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_page_layout_any_count_is_valid_and_apart),
		TEST(test_page_layout_growth_leaves_rings_and_entries),
		TEST(test_page_is_valid_bad_headers_are_refused),
		TEST(test_page_is_valid_a_header_alone_is),
		TEST(test_page_is_valid_fields_out_of_range_are_refused),
		TEST(test_page_is_valid_larger_entries_of_later_versions_are_read),
		TEST(test_page_entry_read_used_entry_is_copied),
		TEST(test_page_entry_read_writer_died_in_the_middle_is_refused),
		TEST(test_page_find_every_name_is_found),
		TEST(test_page_find_odd_generation_is_searched_in_the_end),
		TEST(test_page_sorted_walks_in_the_order_of_names),
		TEST(test_page_string_outside_is_empty),
		TEST(test_page_result_find_newest_is_found),
		TEST(test_page_result_find_ring_forgets_the_oldest),
		TEST(test_page_result_find_half_written_slot_is_skipped),
		TEST(test_page_event_read_numbers_must_match),
		TEST(test_page_entry_bit_is_one_bit_and_never_that_of_results),
		TEST(test_page_hostile_flipped_bytes_are_safe_to_read),
		TEST(test_page_hostile_any_length_is_safe_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
