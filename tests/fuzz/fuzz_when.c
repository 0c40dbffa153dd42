/*
 * svctl/when.h: moments as people write them, and stamps. Input: a text; what
 * is read from it must be written, and read again, as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/fmt.h"
#include "svctl/when.h"
#include "tests/fuzz/fuzz.h"

static void
check_back(int64_t us)
{
	char text[64];
	struct fmt f;
	int64_t again;

	REQUIRE(us >= 0 && us <= WHEN_LAST);
	fmt_init(&f, text, sizeof(text));
	when_put_stamp(&f, us);
	REQUIRE(f.len == WHEN_STAMP);
	REQUIRE(when_read_stamp(text, f.len, &again) && again == us);
	REQUIRE(when_parse(text, 0, &again) && again == us);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	char *bytes = fuzz_copy(data, size);
	int64_t now = (int64_t)fuzz_pick(data, size, UINT32_MAX) * 1000000;
	int64_t us;

	if (when_parse(text, now, &us))
		check_back(us);
	/* A leap second of the last year is beyond what is written. */
	if (when_read_stamp(bytes, size, &us) && us <= WHEN_LAST)
		check_back(us);
	if (when_read_compact(bytes, size, &us) && us <= WHEN_LAST)
		check_back(us);
	check_back(now);
	free(text);
	free(bytes);
	return 0;
}
