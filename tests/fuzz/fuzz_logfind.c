/*
 * svctl/logfind.h: the search by time in any file. Input: the file. In one
 * whose stamps are in order it finds what looking at each line finds; in any
 * other it ends, at the begin of a line or at the end.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "svctl/logfind.h"
#include "svctl/when.h"
#include "tests/fuzz/fuzz.h"

struct file {
	const char *bytes;
	size_t len;
	size_t most; /* bytes that one read gives */
};

static size_t
read_file(void *context, uint64_t at, char *bytes, size_t cap)
{
	const struct file *f = context;
	size_t n = at < f->len ? f->len - (size_t)at : 0;

	n = n < cap ? n : cap;
	n = n < f->most ? n : f->most;
	if (n)
		memcpy(bytes, f->bytes + at, n);
	return n;
}

/* By looking at each line; *is_sorted tells whether that says anything. */
static uint64_t
look(const struct file *f, int64_t us, bool *is_sorted)
{
	int64_t last = 0, found;
	uint64_t first = f->len;

	*is_sorted = true;
	for (size_t at = 0; at < f->len;) {
		const char *newline = memchr(f->bytes + at, '\n', f->len - at);

		if (when_read_stamp(f->bytes + at, f->len - at, &found)) {
			if (found < last)
				*is_sorted = false;
			last = found;
			if (found >= us && first == f->len)
				first = at;
		}
		at = newline ? (size_t)(newline - f->bytes) + 1 : f->len;
	}
	return first;
}

static void
check(struct file *f, int64_t us)
{
	const struct logfind find = {read_file, f, f->len};
	uint64_t at = logfind_first(&find, us), expected;
	bool is_sorted;

	REQUIRE(at <= f->len);
	REQUIRE(at == 0 || at == f->len || f->bytes[at - 1] == '\n');
	expected = look(f, us, &is_sorted);
	if (is_sorted)
		REQUIRE(at == expected);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_copy(data, size);
	struct file f = {bytes, size, 0};
	int64_t us = 0;

	f.most = WHEN_STAMP + fuzz_pick(data, size, 5000);
	check(&f, 0);
	check(&f, WHEN_LAST);
	for (size_t at = 0; at < size; at++) {
		if ((at == 0 || bytes[at - 1] == '\n') &&
			when_read_stamp(bytes + at, size - at, &us)) {
			check(&f, us);
			check(&f, us + 1);
		}
	}
	free(bytes);
	return 0;
}
