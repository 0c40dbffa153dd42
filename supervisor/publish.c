#include "supervisor/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/futex.h"
#include "supervisor/memfile.h"

#define FILE_NAME     "status"
#define RESERVE_BYTES ((size_t)64 << 20)
#define WAKE_MOST     64

/* Takes over what an earlier supervisor left, if it is a page of this kind. */
static bool
take_over(struct publisher *p, int dir_fd, mode_t mode)
{
	struct page_header layout;
	struct page_view view;
	struct stat st;

	if (dir_fd < 0)
		return false;
	p->fd = memfile_open(dir_fd, FILE_NAME, O_RDWR);
	if (p->fd < 0)
		return false;
	page_layout(&layout, 0, 0);
	if (fstat(p->fd, &st) == 0 && st.st_size >= (off_t)layout.total_bytes &&
		fchmod(p->fd, mode) == 0 &&
		(p->base = memfile_map(p->fd, RESERVE_BYTES))) {
		p->len = (size_t)st.st_size;
		p->header = (struct page_header *)(void *)p->base;
		view = publish_view(p);
		if (page_is_valid(&view) &&
			p->header->results_off == layout.results_off &&
			p->header->events_off == layout.events_off &&
			p->header->entries_off == layout.entries_off)
			return true;
	}
	close(p->fd);
	p->base = NULL;
	return false;
}

/* layout->total_bytes is at most RESERVE_BYTES: a size_t of any machine. */
static int
grow(struct publisher *p, const struct page_header *layout)
{
	const size_t len = (size_t)layout->total_bytes;

	if (memfile_grow(p->fd, len) < 0)
		return -1;
	p->len = len;
	return 0;
}

int
publish_open(struct publisher *p, int dir_fd, mode_t mode)
{
	struct page_header layout;

	memset(p, 0, sizeof(*p));
	if (take_over(p, dir_fd, mode))
		return 0;
	p->fd = memfile_create(dir_fd, FILE_NAME, mode);
	if (p->fd < 0)
		return -1;
	p->base = memfile_map(p->fd, RESERVE_BYTES);
	page_layout(&layout, 0, 0);
	if (!p->base || grow(p, &layout) < 0)
		return -1;
	p->header = (struct page_header *)(void *)p->base;
	*p->header = layout;
	return 0;
}

struct page_view
publish_view(const struct publisher *p)
{
	return (struct page_view){p->base, p->len};
}

static struct page_entry *
entry_at(const struct publisher *p, uint32_t id)
{
	return (struct page_entry *)(void *)(p->base + p->header->entries_off) +
	       id;
}

int
publish_names_begin(struct publisher *p, uint32_t count, size_t strings_len)
{
	struct page_header *h = p->header;
	struct page_header layout;

	/* It never shrinks: a reader may have looked at its size before. */
	if (count < h->count)
		count = h->count;
	page_layout(&layout, count, strings_len);
	if (layout.total_bytes > RESERVE_BYTES) {
		errno = ENOMEM;
		return -1;
	}
	if (layout.total_bytes > p->len && grow(p, &layout) < 0)
		return -1;
	/* Odd while it changes, also where a dead writer left it odd. */
	__atomic_store_n(
		&h->generation, (h->generation + 1) | 1u, __ATOMIC_SEQ_CST);
	h->index_len = 0;
	h->strings_len = 0;
	memset(entry_at(p, h->count), 0,
		(count - h->count) * sizeof(struct page_entry));
	h->index_off = layout.index_off;
	h->strings_off = layout.strings_off;
	h->total_bytes = p->len;
	h->strings_len = strings_len;
	__atomic_store_n(&h->count, count, __ATOMIC_RELEASE);
	return 0;
}

uint32_t *
publish_index(struct publisher *p)
{
	return (uint32_t *)(void *)(p->base + p->header->index_off);
}

char *
publish_strings(struct publisher *p)
{
	return (char *)p->base + p->header->strings_off;
}

void
publish_names_end(struct publisher *p, uint32_t index_len)
{
	struct page_header *h = p->header;

	h->index_len = index_len;
	__atomic_store_n(&h->generation, h->generation + 1, __ATOMIC_SEQ_CST);
	p->wake_bits = UINT32_MAX;
}

const struct page_entry *
publish_peek(const struct publisher *p, uint32_t id)
{
	return entry_at(p, id);
}

/* Everything behind seq, word by word, between two steps of seq. */
void
publish_entry(struct publisher *p, uint32_t id, const struct page_entry *entry)
{
	struct page_entry *to = entry_at(p, id);
	uint32_t seq = to->seq | 1u;

	__atomic_store_n(&to->seq, seq, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy((char *)to + sizeof(to->seq),
		(const char *)entry + sizeof(entry->seq),
		sizeof(*to) - sizeof(to->seq));
	__atomic_store_n(&to->seq, seq + 1, __ATOMIC_RELEASE);
	p->wake_bits |= page_entry_bit(id);
}

void
publish_status(struct publisher *p, uint32_t id, const char *text)
{
	struct page_entry *entry = entry_at(p, id);
	char *to = publish_strings(p) + entry->status_off;
	uint32_t seq = entry->seq | 1u;
	size_t len = strlen(text);

	if (entry->status_off == 0)
		return;
	if (len >= PAGE_STATUS_CAP)
		len = PAGE_STATUS_CAP - 1;
	__atomic_store_n(&entry->seq, seq, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(to, text, len);
	memset(to + len, 0, PAGE_STATUS_CAP - len);
	__atomic_store_n(&entry->seq, seq + 1, __ATOMIC_RELEASE);
	p->wake_bits |= page_entry_bit(id);
}

void
publish_event(struct publisher *p, const struct page_event *event)
{
	struct page_header *h = p->header;
	struct page_event *slot =
		(struct page_event *)(void *)(p->base + h->events_off) +
		h->event_count % h->event_cap;
	uint64_t number = h->event_count + 1;

	__atomic_store_n(&slot->number, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy((char *)slot + sizeof(slot->number),
		(const char *)event + sizeof(event->number),
		sizeof(*slot) - sizeof(slot->number));
	__atomic_store_n(&slot->number, number, __ATOMIC_RELEASE);
	__atomic_store_n(&h->event_count, number, __ATOMIC_RELEASE);
}

void
publish_result(struct publisher *p, uint64_t token, int32_t code, uint32_t svc,
	enum page_detail detail)
{
	struct page_header *h = p->header;
	struct page_result *slot =
		(struct page_result *)(void *)(p->base + h->results_off) +
		h->result_count % h->result_cap;
	uint64_t number = h->result_count + 1;

	if (token == 0)
		return;
	__atomic_store_n(&slot->number, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	slot->token = token;
	slot->code = code;
	slot->svc = svc;
	slot->detail = detail;
	slot->reserved = 0;
	__atomic_store_n(&slot->number, number, __ATOMIC_RELEASE);
	__atomic_store_n(&h->result_count, number, __ATOMIC_RELEASE);
	p->wake_bits |= PAGE_RESULT_BIT;
}

bool
publish_has_result(const struct publisher *p, uint64_t token)
{
	struct page_view view = publish_view(p);
	struct page_result result;

	return token != 0 && page_result_find(&view, token, &result);
}

void
publish_flags(struct publisher *p, uint32_t set, uint32_t clear)
{
	p->header->flags = (p->header->flags & ~clear) | set;
	p->wake_bits = UINT32_MAX;
}

void
publish_wake(struct publisher *p)
{
	uint32_t bits = p->wake_bits;
	long woken;

	if (bits == 0)
		return;
	if (!p->is_more_waiting)
		__atomic_add_fetch(&p->header->turn, 1, __ATOMIC_SEQ_CST);
	woken = futex_wake(&p->header->turn, bits, WAKE_MOST);
	p->is_more_waiting = woken >= WAKE_MOST;
	if (!p->is_more_waiting)
		p->wake_bits = 0;
}
