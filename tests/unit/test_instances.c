#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/load.h"
#include "lib/loaded.h"
#include "lib/name.h"
#include "lib/source.h"
#include "lib/state.h"
#include "tests/unit/image.h"

#define WANTS "etc/tend/default.wants/"

static bool
is_there(const char *name)
{
	struct loaded_section section;

	return image_find(name, &section);
}

/* What one start of it would put in force: names with a blank behind each. */
static const char *
needed_for(const char *name)
{
	static char names[512];
	struct load_text text = {0};
	struct loaded_section section;
	bool is_broken;
	size_t at = 0;

	names[0] = '\0';
	(void)load_service_and_needed(&image_load, name, &text);
	while (loaded_next(text.bytes, text.len, &at, &section, &is_broken)) {
		strcat(names, section.name);
		strcat(names, " ");
	}
	free(text.bytes);
	return names;
}

static void
test_load_all_of_a_template_alone_is_nothing(void **state)
{
	(void)state;
	image_put(ETC "getty@", "command = x\n");
	image_put(ETC "getty@.d/1.conf", "user = a\n");
	assert_int_equal(image_reload(), 0);
	assert_string_equal(needed_for("getty@"), "");
	assert_string_equal(needed_for("getty@tty1"), "getty@tty1 ");
	assert_string_equal(needed_for("login@tty1"), "");
}

static void
test_load_all_of_wanted_instances_takes_the_template(void **state)
{
	(void)state;
	image_put(LIB "getty@", "command = getty %I\n");
	image_put(ETC "default", "type = target\n");
	image_link(WANTS "getty@tty1", "../services/getty@");
	image_put(WANTS "getty@tty2", "");
	image_put("usr/lib/tend/default.wants/getty@tty3", "");
	image_link(WANTS "getty@tty3", "/dev/null");
	assert_int_equal(image_reload(), 3);
	assert_string_equal(image_files_of("getty@tty1"),
		"+/usr/lib/tend/services/getty@ ");
	assert_int_equal(image_enabled_of("getty@tty1"), ENABLED_YES);
	assert_int_equal(image_enabled_of("getty@tty2"), ENABLED_YES);
	assert_false(is_there("getty@tty3"));
	assert_has(image_section_of("default"), "wants = getty@tty1\n");
}

static void
test_load_all_in_all_mode_takes_what_is_named(void **state)
{
	(void)state;
	image_put(ETC "getty@", "command = getty %I\n");
	image_put(WANTS "getty@linked", "");
	image_put(WANTS "other", "");
	image_put(ETC "getty@dropin.d/1.conf", "user = a\n");
	image_put(ETC "getty@off.d/1.conf", "autostart = no\n");
	image_link(ETC "getty@file", "getty@");
	image_put(ETC "a", "command = x\nwants = getty@needed nothing@x\n");
	assert_int_equal(image_reload(), 6);
	assert_int_equal(image_enabled_of("getty@linked"), ENABLED_YES);
	assert_int_equal(image_enabled_of("getty@dropin"), ENABLED_YES);
	assert_int_equal(image_enabled_of("getty@file"), ENABLED_YES);
	assert_int_equal(image_enabled_of("getty@off"), ENABLED_NO);
	assert_int_equal(image_enabled_of("getty@needed"), ENABLED_NO);
}

static void
test_load_all_of_dropins_takes_those_of_the_template_first(void **state)
{
	(void)state;
	image_put(RUN "tor@", "command = x\n");
	image_put(LIB "tor@.d/9.conf", "user = t0\n");
	image_put(ETC "tor@.d/5.conf", "user = t1\n");
	image_put(LIB "tor@b.d/1.conf", "user = i0\n");
	image_put(ETC "tor@b.d/0.conf", "user = i1\n");
	image_put(LIB "tor@default", "command = exact\n");
	assert_int_equal(image_reload(), 2);
	assert_string_equal(image_files_of("tor@b"),
		"+/run/tend/services/tor@ "
		"+/usr/lib/tend/services/tor@.d/9.conf "
		"+/etc/tend/services/tor@.d/5.conf "
		"+/usr/lib/tend/services/tor@b.d/1.conf "
		"+/etc/tend/services/tor@b.d/0.conf ");
	/* The exact one beats the template, be it of a lower root. */
	assert_string_equal(image_files_of("tor@default"),
		"+/usr/lib/tend/services/tor@default "
		"+/usr/lib/tend/services/tor@.d/9.conf "
		"+/etc/tend/services/tor@.d/5.conf ");
}

static void
test_load_all_of_masked_ones_says_by_what(void **state)
{
	(void)state;
	image_put(LIB "a@", "command = x\n");
	image_link(ETC "a@one", "/dev/null");
	image_put(LIB "b@", "command = x\n");
	image_link(ETC "b@", "/dev/null");
	image_put(ETC "c", "command = x\nwants = a@one a@two b@one\n");
	assert_int_equal(image_reload(), 4);
	assert_int_equal(image_enabled_of("a@one"), ENABLED_MASKED);
	assert_int_equal(image_enabled_of("a@two"), ENABLED_NO);
	assert_int_equal(image_enabled_of("b@one"), ENABLED_MASKED);
	assert_string_equal(image_files_of("b@one"), "~/etc/tend/services/b@ ");
}

static void
test_load_all_of_needed_instances_finds_those_of_them(void **state)
{
	(void)state;
	image_put(ETC "m", "command = x\nrequires = b@1 a@1\n"
			   "conflicts = b@3\npart-of = b@3\n");
	image_put(ETC "a@", "command = x\nrequires = b@2 z@x\n");
	image_put(ETC "b@", "command = x\nwants = a@1 c@%\n");
	image_put(ETC "z@", "command = x\nwants = b@1 m\n");
	image_put(ETC "n", "command = x\nafter = b@3\n");
	assert_int_equal(image_reload(), 6);
	image_put(ETC "o", "command = x\nbinds-to = a@4\nrequires-once = a@5\n"
			   "on-failure = a@6\n");
	assert_int_equal(image_reload(), 10);
	assert_true(is_there("a@4") && is_there("a@5") && is_there("a@6"));
	assert_true(is_there("a@1") && is_there("z@x") && is_there("b@2"));
	assert_false(is_there("b@3"));
	assert_int_equal(image_enabled_of("b@1"), ENABLED_NO);
	/* A bad template makes bad instances. */
	assert_has(image_section_of("b@1"), "services/b@:2:");
	assert_string_equal(needed_for("a@7"), "a@7 b@2 z@x b@1 ");
}

static void
test_load_all_of_kept_instances_loads_them(void **state)
{
	struct listing keep = {0};
	struct load_text text = {0};

	(void)state;
	image_put(ETC "getty@", "command = x\n");
	image_put(ETC "web", "command = x\n");
	assert_int_equal(image_reload(), 1);
	assert_true(listing_add(&keep, "getty@tty9", 10, 0, 0));
	assert_true(listing_add(&keep, "web", 3, 0, 0));
	assert_true(listing_add(&keep, "gone@x", 6, 0, 0));
	image_load.keep = &keep;
	assert_int_equal(load_all(&image_load, &text, NULL), 2);
	assert_non_null(strstr(text.bytes, "@ getty@tty9 disabled "));
	image_load.keep = NULL;
	listing_finish(&keep);
	free(text.bytes);
}

/* H37 */
static void
test_load_service_of_hostile_instances_finds_nothing(void **state)
{
	static const char *const names[] = {"a@-rf", "a@.x", "a@..", "a@x-..",
		"a@x-..-y", "a@..-x", "a@../x", "a@x/y", "a@x y", "a@x%n"};

	(void)state;
	image_put(ETC "a@", "command = x\n");
	assert_int_equal(image_reload(), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (*needed_for(names[i]) != '\0')
			fail_msg("found '%s'", names[i]);
	assert_string_equal(needed_for("a@x-...-y@z"), "a@x-...-y@z ");
	assert_string_equal(needed_for("a@x..y-z."), "a@x..y-z. ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_load_all_of_a_template_alone_is_nothing),
		TEST(test_load_all_of_wanted_instances_takes_the_template),
		TEST(test_load_all_in_all_mode_takes_what_is_named),
		TEST(test_load_all_of_dropins_takes_those_of_the_template_first),
		TEST(test_load_all_of_masked_ones_says_by_what),
		TEST(test_load_all_of_needed_instances_finds_those_of_them),
		TEST(test_load_all_of_kept_instances_loads_them),
		TEST(test_load_service_of_hostile_instances_finds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
