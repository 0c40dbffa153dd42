#include "lib/page.h"

#include <string.h>

#define HEADER_SIZE ((uint32_t)sizeof(struct page_header))
#define ENTRY_SIZE  ((uint32_t)sizeof(struct page_entry))
#define RESULT_SIZE ((uint32_t)sizeof(struct page_result))
#define EVENT_SIZE  ((uint32_t)sizeof(struct page_event))

/* How often a copy is tried: a live writer is done within microseconds. */
#define TRIES 2000

/* A field of the mapped header: it may change while we look. */
#define FIELD(view, field)                                                     \
	__atomic_load_n(&header_of(view)->field, __ATOMIC_ACQUIRE)

_Static_assert(sizeof(struct page_header) == 192, "page format");
_Static_assert(sizeof(struct page_entry) == 88, "page format");
_Static_assert(sizeof(struct page_result) == 32, "page format");
_Static_assert(sizeof(struct page_event) == 32, "page format");
/* A 64-bit word has its natural place on 32-bit machines as well, so that
 * svctl of one kind reads the page of a supervisor of the other. */
_Static_assert(offsetof(struct page_header, total_bytes) == 32 &&
		       offsetof(struct page_header, turn) == 60 &&
		       offsetof(struct page_header, entries_off) == 64 &&
		       offsetof(struct page_header, supervisor_start) == 136 &&
		       offsetof(struct page_header, run) == 160,
	"page format");
_Static_assert(offsetof(struct page_entry, since_boot_ms) == 56 &&
		       offsetof(struct page_entry, next_run_ms) == 80,
	"page format");
_Static_assert(offsetof(struct page_result, code) == 16 &&
		       offsetof(struct page_event, reason_arg) == 28,
	"page format");

static bool
has_header(const struct page_view *view)
{
	return view->base && view->len >= HEADER_SIZE &&
	       (uintptr_t)view->base % 8 == 0;
}

static const struct page_header *
header_of(const struct page_view *view)
{
	return (const struct page_header *)(const void *)view->base;
}

/* Is [off, off + count * size) within len, aligned, of items of at least min?
 * count and size are 32-bit, so that their product cannot overflow. */
static bool
is_within(uint64_t len, uint64_t off, uint32_t count, uint32_t size,
	uint32_t min, unsigned align)
{
	uint64_t bytes = (uint64_t)count * size;

	return size >= min && size % align == 0 && off % align == 0 &&
	       off >= HEADER_SIZE && bytes <= len && off <= len - bytes;
}

/* Item n of an array, NULL if it is not within the bytes that may be read. */
static const void *
item_at(const struct page_view *view, uint64_t off, uint32_t n, uint32_t count,
	uint32_t size, uint32_t min, unsigned align)
{
	if (n >= count || !is_within(view->len, off, n + 1u, size, min, align))
		return NULL;
	return view->base + off + (uint64_t)n * size;
}

/* Word by word: another process writes what is copied here. */
static void
copy_words(void *to, const void *from, size_t size)
{
	uint64_t word;

	for (size_t i = 0; i < size; i += sizeof(word)) {
		word = __atomic_load_n(
			(const uint64_t *)(const void *)((const char *)from +
							 i),
			__ATOMIC_RELAXED);
		memcpy((char *)to + i, &word, sizeof(word));
	}
}

bool
page_header_read(const struct page_view *view, struct page_header *out)
{
	if (!has_header(view))
		return false;
	copy_words(out, view->base, sizeof(*out));
	if (memcmp(out->magic, PAGE_MAGIC, sizeof(out->magic)) != 0 ||
		out->version != PAGE_VERSION ||
		out->header_size < HEADER_SIZE ||
		out->header_size > out->total_bytes ||
		out->total_bytes > view->len)
		return false;
	return is_within(out->total_bytes, out->entries_off, out->count,
		       out->entry_size, ENTRY_SIZE, 8) &&
	       is_within(out->total_bytes, out->index_off, out->index_len,
		       sizeof(uint32_t), sizeof(uint32_t), 4) &&
	       is_within(out->total_bytes, out->results_off, out->result_cap,
		       out->result_size, RESULT_SIZE, 8) &&
	       is_within(out->total_bytes, out->events_off, out->event_cap,
		       out->event_size, EVENT_SIZE, 8) &&
	       out->strings_len <= out->total_bytes &&
	       out->strings_off <= out->total_bytes - out->strings_len;
}

bool
page_is_valid(const struct page_view *view)
{
	struct page_header header;

	return page_header_read(view, &header);
}

static const struct page_entry *
entry_at(const struct page_view *view, uint32_t id)
{
	if (!has_header(view))
		return NULL;
	return item_at(view, FIELD(view, entries_off), id, FIELD(view, count),
		FIELD(view, entry_size), ENTRY_SIZE, 8);
}

bool
page_entry_read(
	const struct page_view *view, uint32_t id, struct page_entry *out)
{
	const struct page_entry *entry = entry_at(view, id);

	if (!entry)
		return false;
	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t seq = __atomic_load_n(&entry->seq, __ATOMIC_ACQUIRE);

		if (seq & 1)
			continue;
		copy_words(out, entry, sizeof(*out));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&entry->seq, __ATOMIC_RELAXED) == seq)
			return out->flags & PAGE_USED;
	}
	return false;
}

/* Byte by byte up to a NUL: another process writes what is copied here. */
static void
copy_status(const struct page_view *view, uint32_t offset,
	char out[PAGE_STATUS_CAP])
{
	uint64_t off = FIELD(view, strings_off);
	uint64_t len = FIELD(view, strings_len);
	size_t n = 0;

	if (offset != 0 && off <= view->len && len <= view->len - off &&
		offset < len)
		while (n < PAGE_STATUS_CAP - 1 && n < len - offset) {
			out[n] = (char)__atomic_load_n(
				view->base + off + offset + n,
				__ATOMIC_RELAXED);
			if (out[n] == '\0')
				break;
			n++;
		}
	out[n] = '\0';
}

bool
page_status_read(const struct page_view *view, uint32_t id,
	struct page_entry *entry, char out[PAGE_STATUS_CAP])
{
	const struct page_entry *at = entry_at(view, id);

	for (unsigned i = 0; i < TRIES; i++) {
		if (!page_entry_read(view, id, entry))
			break;
		copy_status(view, entry->status_off, out);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&at->seq, __ATOMIC_RELAXED) == entry->seq)
			return true;
	}
	out[0] = '\0';
	return false;
}

uint32_t
page_sorted(const struct page_view *view, uint32_t position)
{
	const uint32_t *slot;
	uint32_t id;

	if (!has_header(view))
		return PAGE_NONE;
	slot = item_at(view, FIELD(view, index_off), position,
		FIELD(view, index_len), sizeof(*slot), sizeof(*slot), 4);
	if (!slot)
		return PAGE_NONE;
	id = __atomic_load_n(slot, __ATOMIC_RELAXED);
	return id < FIELD(view, count) ? id : PAGE_NONE;
}

const char *
page_string(const struct page_view *view, uint32_t offset)
{
	uint64_t off, len;

	if (!has_header(view))
		return "";
	off = FIELD(view, strings_off);
	len = FIELD(view, strings_len);
	if (!offset || offset >= len || len > view->len ||
		off > view->len - len)
		return "";
	off += offset;
	len -= offset;
	if (!memchr(view->base + off, '\0', (size_t)len))
		return "";
	return (const char *)view->base + off;
}

static uint32_t
search(const struct page_view *view, const char *name)
{
	uint32_t low = 0, high = FIELD(view, index_len);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		uint32_t id = page_sorted(view, middle);
		const struct page_entry *entry = entry_at(view, id);
		int order;

		if (!entry)
			return PAGE_NONE;
		order = strcmp(name,
			page_string(view, __atomic_load_n(&entry->name_off,
						  __ATOMIC_RELAXED)));
		if (!order)
			return id;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return PAGE_NONE;
}

/* Of the service that provides this name. */
static uint32_t
search_alias(const struct page_view *view, const char *name)
{
	uint64_t off = FIELD(view, aliases);

	while (off > 0 && off < UINT32_MAX) {
		const char *alias = page_string(view, (uint32_t)off);
		const char *target;

		if (!*alias)
			return PAGE_NONE;
		off += strlen(alias) + 1;
		target = page_string(view, (uint32_t)off);
		if (!strcmp(alias, name))
			return search(view, target);
		off += strlen(target) + 1;
	}
	return PAGE_NONE;
}

static uint32_t
find(const struct page_view *view, const char *name, bool is_any)
{
	uint32_t id = PAGE_NONE;

	if (!has_header(view) || !*name)
		return PAGE_NONE;
	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t generation = FIELD(view, generation);

		/* A writer that died in the middle leaves it odd: search
		 * anyway in the end, the answer is as good as can be. */
		if (generation & 1 && i < TRIES - 1)
			continue;
		id = search(view, name);
		if (id == PAGE_NONE && is_any)
			id = search_alias(view, name);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (FIELD(view, generation) == generation)
			break;
	}
	return id;
}

uint32_t
page_find(const struct page_view *view, const char *name)
{
	return find(view, name, false);
}

uint32_t
page_find_any(const struct page_view *view, const char *name)
{
	return find(view, name, true);
}

/* Copies a slot whose first word is its number; false if it was not whole. */
static bool
slot_read(const void *slot, void *out, size_t size)
{
	const uint64_t *number = slot;
	uint64_t before = __atomic_load_n(number, __ATOMIC_ACQUIRE);

	if (!before)
		return false;
	copy_words(out, slot, size);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(number, __ATOMIC_RELAXED) == before;
}

bool
page_result_find(
	const struct page_view *view, uint64_t token, struct page_result *out)
{
	uint64_t posted;
	uint32_t cap;

	if (!has_header(view) || !token)
		return false;
	posted = FIELD(view, result_count);
	cap = FIELD(view, result_cap);
	for (uint32_t i = 0; i < cap && i < posted; i++) {
		uint64_t number = posted - i;
		const struct page_result *slot =
			item_at(view, FIELD(view, results_off),
				(uint32_t)((number - 1) % cap), cap,
				FIELD(view, result_size), RESULT_SIZE, 8);

		if (!slot)
			return false;
		if (__atomic_load_n(&slot->token, __ATOMIC_RELAXED) == token &&
			slot_read(slot, out, sizeof(*out)) &&
			out->token == token)
			return true;
	}
	return false;
}

bool
page_event_read(
	const struct page_view *view, uint64_t number, struct page_event *out)
{
	const void *slot;
	uint32_t cap;

	if (!has_header(view) || !number)
		return false;
	cap = FIELD(view, event_cap);
	if (!cap)
		return false;
	slot = item_at(view, FIELD(view, events_off),
		(uint32_t)((number - 1) % cap), cap, FIELD(view, event_size),
		EVENT_SIZE, 8);
	return slot && slot_read(slot, out, sizeof(*out)) &&
	       out->number == number;
}

uint32_t
page_entry_bit(uint32_t id)
{
	/* The top bit is PAGE_RESULT_BIT. */
	return 1u << (id % 31);
}

static uint64_t
place(uint64_t *end, uint64_t bytes)
{
	uint64_t off = *end;

	*end = (off + bytes + 7) & ~(uint64_t)7;
	return off;
}

void
page_layout(struct page_header *out, uint32_t count, uint64_t strings_len)
{
	uint64_t end = HEADER_SIZE;

	memset(out, 0, sizeof(*out));
	memcpy(out->magic, PAGE_MAGIC, sizeof(out->magic));
	out->version = PAGE_VERSION;
	out->header_size = HEADER_SIZE;
	out->entry_size = ENTRY_SIZE;
	out->result_size = RESULT_SIZE;
	out->event_size = EVENT_SIZE;
	out->count = count;
	out->result_cap = PAGE_RESULTS;
	out->event_cap = PAGE_EVENTS;
	out->strings_len = strings_len;
	/* The rings and entries come first: they stay when the page grows. */
	out->results_off = place(&end, (uint64_t)PAGE_RESULTS * RESULT_SIZE);
	out->events_off = place(&end, (uint64_t)PAGE_EVENTS * EVENT_SIZE);
	out->entries_off = place(&end, (uint64_t)count * ENTRY_SIZE);
	out->index_off = place(&end, (uint64_t)count * sizeof(uint32_t));
	out->strings_off = place(&end, strings_len);
	out->total_bytes = end;
}
