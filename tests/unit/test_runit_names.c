#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/svlog/entries.h"
#include "supervisor/svlog/svlogd_config.h"
#include "svctl/svname.h"

static void
test_svname_find_of_words_and_paths_is_the_service(void **state)
{
	static const struct {
		const char *word, *name;
	} rows[] = {{"web", "web"}, {"/etc/service/web", "web"},
		{"/etc/service/web/", "web"}, {"./web//", "web"},
		{"web/log", "web:log"}, {"/etc/sv/web/log/", "web:log"},
		{".", "here"}, {"log", "log"}, {"getty@tty1", "getty@tty1"},
		{"/", NULL}, {"", NULL}, {"a b", NULL}, {"x/-y", NULL},
		{"/log", "log"}, {"..", NULL}, {"x/..", NULL}};
	char name[NAME_CAP], longest[NAME_CAP + 8];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_found = svname_find(rows[i].word, "/x/here", name);

		if (is_found != (rows[i].name != NULL))
			fail_msg("'%s'", rows[i].word);
		if (is_found)
			assert_string_equal(name, rows[i].name);
	}
	memset(longest, 'n', sizeof(longest));
	memcpy(longest + NAME_CAP - 4, "/log", 5);
	assert_false(svname_find(longest, "", name));
	memcpy(longest + NAME_CAP - 5, "/log", 5);
	assert_true(svname_find(longest, "", name));
	assert_int_equal(strlen(name), NAME_CAP - 1);
}

static void
test_svlogd_config_of_lines_takes_what_it_knows(void **state)
{
	char text[] =
		"# sizes\ns4096\nn7\n\nt60\n!gzip -9\npfoo\n-*\ns1x\nn\n!\n"
		"u1.2.3.4";
	struct entry entry;
	struct svlogd_config config = {.entry = &entry};
	char none[] = "";

	(void)state;
	entries_default(&entry);
	assert_int_equal(svlogd_config(&config, text), 6);
	assert_int_equal(entry.size, 4096);
	assert_int_equal(entry.keep, 7);
	assert_int_equal(entry.age_s, 60);
	assert_string_equal(config.processor, "gzip -9");
	assert_int_equal(svlogd_config(&config, none), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_svname_find_of_words_and_paths_is_the_service),
		cmocka_unit_test(
			test_svlogd_config_of_lines_takes_what_it_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
