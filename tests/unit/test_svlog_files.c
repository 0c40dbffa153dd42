/* supervisor/svlog: entries.h and rotate.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/svlog/entries.h"
#include "supervisor/svlog/rotate.h"

static struct entries entries;
static struct entry entry;

static bool
begin(const char *text)
{
	return entries_init(&entries, text, strlen(text));
}

static void
assert_words(struct entries_words words, const char *want)
{
	assert_int_equal(words.len, strlen(want));
	assert_memory_equal(words.at, want, words.len);
}

static void
test_entries_next_takes_every_key(void **unused)
{
	(void)unused;
	assert_true(
		begin("tend-logs 1\n* max-total=200M group=adm x=1 "
		      "syslog=udp:h:1 format=json\n"
		      "web to=file,stdout,syslog size=1M keep=3 line-max=100 "
		      "overflow=drop age=60 streams=1 new=? "
		      "processor=zstd -q size=4\ndb"));
	assert_true(entries_next(&entries, &entry));
	assert_words(entry.name, "web");
	assert_int_equal(
		entry.to, ENTRIES_FILE | ENTRIES_STDOUT | ENTRIES_RELAY);
	assert_words(entries.syslog, "udp:h:1");
	assert_int_equal(entry.size, 1 << 20);
	assert_int_equal(entry.keep, 3);
	assert_int_equal(entry.line_max, 100);
	assert_int_equal(entry.age_s, 60);
	assert_true(entry.is_dropped);
	assert_false(entry.has_err);
	assert_words(entry.processor, "zstd -q size=4");
	assert_int_equal(entries.max_total, 200 << 20);
	assert_words(entries.group, "adm");
	assert_true(entries.is_json);
	assert_true(entries_next(&entries, &entry));
	assert_words(entry.name, "db");
	assert_int_equal(entry.to, ENTRIES_FILE);
	assert_int_equal(entry.size, 1 << 20);
	assert_int_equal(entry.keep, 10);
	assert_int_equal(entry.line_max, 8192);
	assert_false(entry.is_dropped);
	assert_true(entry.has_err);
	assert_int_equal(entry.processor.len, 0);
	assert_false(entries_next(&entries, &entry));
	assert_int_equal(entries.bad, 0);
}

static void
test_entries_next_service_is_a_valid_name(void **unused)
{
	(void)unused;
	assert_true(begin("tend-logs 1\na to=file,service:b-1\n"
			  "c to=service:../x\nd to=service:\n"));
	assert_true(entries_next(&entries, &entry));
	assert_int_equal(entry.to, ENTRIES_FILE | ENTRIES_SERVICE);
	assert_words(entry.service, "b-1");
	for (unsigned i = 0; i < 2; i++) {
		assert_true(entries_next(&entries, &entry));
		assert_int_equal(entry.to, 0);
		assert_int_equal(entry.service.len, 0);
	}
}

static void
test_entries_next_knows_sources(void **unused)
{
	(void)unused;
	assert_true(begin("tend-logs 1\nsyslog source=syslog streams=1\n"
			  "kmsg source=kmsg path=/x/y to=stdout\nweb\n"
			  "other source=journal\n"));
	assert_true(entries_next(&entries, &entry));
	assert_words(entry.name, "syslog");
	assert_int_equal(entry.source, ENTRIES_SYSLOG);
	assert_false(entry.has_err);
	assert_true(entries_next(&entries, &entry));
	assert_int_equal(entry.source, ENTRIES_KMSG);
	assert_words(entry.path, "/x/y");
	assert_true(entries_next(&entries, &entry));
	assert_int_equal(entry.source, ENTRIES_PIPES);
	assert_int_equal(entry.path.len, 0);
	assert_false(entries_next(&entries, &entry));
	assert_int_equal(entries.bad, 1);
}

static void
test_entries_init_wants_its_first_line(void **unused)
{
	(void)unused;
	assert_false(begin(""));
	assert_false(begin("tend-logs 2\n"));
	assert_false(begin("tend-logs 10\n"));
	assert_true(begin("tend-logs 1"));
	assert_false(entries_next(&entries, &entry));
}

static void
test_entries_next_bad_lines_are_counted(void **unused)
{
	(void)unused;
	assert_true(begin("tend-logs 1\n../x to=file\n\na size=x\n.b\n"
			  "* max-total=-1\nc to=sylog\n"));
	assert_true(entries_next(&entries, &entry));
	assert_words(entry.name, "c");
	assert_int_equal(entry.to, 0);
	assert_false(entries_next(&entries, &entry));
	assert_int_equal(entries.bad, 4);
	assert_int_equal(entries.max_total, 0);
}

static void
test_entries_bound_keeps_sizes_usable(void **unused)
{
	(void)unused;
	entries_default(&entry);
	entry.size = 0;
	entry.line_max = 0;
	entries_bound(&entry);
	assert_true(entry.size > UINT64_C(1) << 60);
	assert_int_equal(entry.line_max, ENTRIES_LINE_MAX_DEFAULT);
	entry.size = 1;
	entry.line_max = 1u << 30;
	entries_bound(&entry);
	assert_int_equal(entry.size, ENTRIES_SIZE_MIN);
	assert_int_equal(entry.line_max, ENTRIES_LINE_MAX);
}

static void
test_entries_number_units_and_nonsense(void **unused)
{
	static const char *const bad[] = {"", "K", "-1", "1T", "1KK", " 1",
		"99999999999999999999", "9999999999G"};
	uint64_t n = 7;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(entries_number(bad[i], strlen(bad[i]), &n));
	assert_int_equal(n, 7);
	assert_true(entries_number("0", 1, &n) && n == 0);
	assert_true(entries_number("64K", 3, &n) && n == 65536);
	assert_true(entries_number("64k", 3, &n) && n == 65536);
	assert_true(entries_number("3M", 2, &n) && n == 3 << 20);
	assert_true(entries_number("5G", 2, &n) && n == UINT64_C(5) << 30);
	assert_true(entries_number("4000000000G", 11, &n));
	assert_true(entries_number("999999999999999999", 18, &n));
}

static void
test_rotate_kind_of_only_our_names(void **unused)
{
	char name[ROTATE_NAME_LEN + 1];
	char stamp[] = "20261123T143105.123456Z";

	(void)unused;
	rotate_name(stamp, 's', name);
	assert_string_equal(name, "@20261123T143105.123456Z.s");
	assert_int_equal(rotate_kind_of(name), ROTATE_FINISHED);
	rotate_name(stamp, 'u', name);
	assert_int_equal(rotate_kind_of(name), ROTATE_READ);
	rotate_name(stamp, 't', name);
	assert_int_equal(rotate_kind_of(name), ROTATE_WRITTEN);
	rotate_name(stamp, 'p', name);
	assert_int_equal(rotate_kind_of(name), ROTATE_PROCESSED);
	rotate_name(stamp, 'x', name);
	assert_int_equal(rotate_kind_of(name), ROTATE_OTHER);
	assert_int_equal(rotate_kind_of("current"), ROTATE_OTHER);
	assert_int_equal(
		rotate_kind_of("@20261123T143105.123456Z.ss"), ROTATE_OTHER);
	assert_int_equal(
		rotate_kind_of("@2026112aT143105.123456Z.s"), ROTATE_OTHER);
}

static void
test_rotate_room_by_size_and_age(void **unused)
{
	struct rotate_limits limits = {.size = 1000, .age_s = 60};

	(void)unused;
	assert_int_equal(rotate_room(&limits, 0, 0, 1000), 1000);
	assert_int_equal(rotate_room(&limits, 999, 5, 5), 1);
	assert_int_equal(rotate_room(&limits, 1000, 5, 5), 0);
	assert_int_equal(rotate_room(&limits, 1001, 5, 5), 0);
	assert_int_equal(rotate_room(&limits, 400, 5, 64), 600);
	assert_int_equal(rotate_room(&limits, 400, 5, 65), 0);
	/* A clock that went back is no age. */
	assert_int_equal(rotate_room(&limits, 400, 500, 5), 600);
	limits.age_s = 0;
	assert_int_equal(rotate_room(&limits, 400, 5, 1 << 30), 600);
}

static void
test_rotate_see_finds_the_oldest_finished(void **unused)
{
	struct rotate_survey survey = {.files = 0};

	(void)unused;
	rotate_see(&survey, "current", 9);
	rotate_see(&survey, "@20201123T143105.123456Z.u", 9);
	rotate_see(&survey, "@20201123T143105.123456Z.t", 9);
	assert_int_equal(survey.files, 0);
	assert_string_equal(survey.oldest, "");
	rotate_see(&survey, "@20261123T143105.123456Z.s", 1);
	rotate_see(&survey, "@20251123T143105.123456Z.p", 2);
	rotate_see(&survey, "@20271123T143105.123456Z.s", 4);
	assert_int_equal(survey.files, 3);
	assert_int_equal(survey.bytes, 7);
	assert_int_equal(survey.oldest_bytes, 2);
	assert_string_equal(survey.oldest, "@20251123T143105.123456Z.p");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries_next_takes_every_key),
		cmocka_unit_test(test_entries_next_service_is_a_valid_name),
		cmocka_unit_test(test_entries_next_knows_sources),
		cmocka_unit_test(test_entries_init_wants_its_first_line),
		cmocka_unit_test(test_entries_next_bad_lines_are_counted),
		cmocka_unit_test(test_entries_bound_keeps_sizes_usable),
		cmocka_unit_test(test_entries_number_units_and_nonsense),
		cmocka_unit_test(test_rotate_kind_of_only_our_names),
		cmocka_unit_test(test_rotate_room_by_size_and_age),
		cmocka_unit_test(test_rotate_see_finds_the_oldest_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
