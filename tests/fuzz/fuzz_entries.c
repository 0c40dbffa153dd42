/* supervisor/svlog/entries.h and rotate.h: any bytes. */
#include <stdlib.h>
#include <string.h>

#include "lib/name.h"
#include "supervisor/svlog/entries.h"
#include "supervisor/svlog/rotate.h"
#include "tests/fuzz/fuzz.h"

static void
check_within(struct entries_words words, const char *text, size_t len)
{
	REQUIRE(words.len == 0 ||
		(words.at >= text && words.at + words.len <= text + len));
	REQUIRE(words.len == 0 || !memchr(words.at, '\n', words.len));
}

static void
check_names(const uint8_t *data, size_t size)
{
	char *name = fuzz_string(data, size);
	struct rotate_survey survey = {.files = 0};
	enum rotate_kind kind = rotate_kind_of(name);
	bool is_finished = kind == ROTATE_FINISHED || kind == ROTATE_PROCESSED;

	REQUIRE(kind == ROTATE_OTHER || strlen(name) == ROTATE_NAME_LEN);
	rotate_see(&survey, name, 5);
	REQUIRE(survey.files == is_finished);
	REQUIRE(strcmp(survey.oldest, is_finished ? name : "") == 0);
	free(name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size);
	struct entries entries;
	struct entry entry;
	unsigned count = 0;

	if (entries_init(&entries, text, size))
		while (entries_next(&entries, &entry)) {
			REQUIRE(name_is_valid(entry.name.at, entry.name.len));
			check_within(entry.name, text, size);
			check_within(entry.processor, text, size);
			check_within(entry.path, text, size);
			check_within(entries.group, text, size);
			check_within(entries.syslog, text, size);
			REQUIRE(entry.size >= ENTRIES_SIZE_MIN);
			REQUIRE(entry.line_max >= 1 &&
				entry.line_max <= ENTRIES_LINE_MAX);
			check_within(entry.service, text, size);
			REQUIRE((entry.to & ~ENTRIES_ALL) == 0);
			REQUIRE((entry.to & ENTRIES_SERVICE) == 0 ||
				name_is_valid(
					entry.service.at, entry.service.len));
			count++;
		}
	REQUIRE(entries.bad + count <= size);
	check_names(data, size);
	free(text);
	return 0;
}
