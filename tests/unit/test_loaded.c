#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/loaded.h"
#include "lib/state.h"

static const char two[] = LOADED_HEADER "@ a enabled 31\n"
					"+ 10 /etc/a b\n"
					"command=x\n"
					"~ 0 /m\n"
					"@ b masked 8\n"
					"~ 0 /m/b";

/* "b"'s fragment header has no newline: only its section is whole. */

static void
test_loaded_next_of_two_sections_gives_both(void **state)
{
	struct loaded_section section;
	struct loaded_fragment fragment;
	size_t at = 0, inner = 0;
	bool is_broken = true;

	(void)state;
	assert_true(
		loaded_next(two, sizeof(two) - 1, &at, &section, &is_broken));
	assert_false(is_broken);
	assert_string_equal(section.name, "a");
	assert_int_equal(section.enabled, ENABLED_YES);
	assert_int_equal(section.len, 31);
	assert_true(loaded_fragment_next(
		section.bytes, section.len, &inner, &fragment, &is_broken));
	assert_int_equal(fragment.kind, '+');
	assert_int_equal(fragment.file_len, 8);
	assert_memory_equal(fragment.file, "/etc/a b", 8);
	assert_int_equal(fragment.len, 10);
	assert_memory_equal(fragment.text, "command=x\n", 10);
	assert_true(loaded_fragment_next(
		section.bytes, section.len, &inner, &fragment, &is_broken));
	assert_int_equal(fragment.kind, '~');
	assert_int_equal(fragment.len, 0);
	assert_false(loaded_fragment_next(
		section.bytes, section.len, &inner, &fragment, &is_broken));
	assert_false(is_broken);
	is_broken = true;
	assert_true(
		loaded_next(two, sizeof(two) - 1, &at, &section, &is_broken));
	assert_false(is_broken);
	assert_string_equal(section.name, "b");
	assert_int_equal(section.enabled, ENABLED_MASKED);
	assert_false(
		loaded_next(two, sizeof(two) - 1, &at, &section, &is_broken));
	assert_false(is_broken);
	inner = 0;
	assert_false(loaded_fragment_next(
		section.bytes, section.len, &inner, &fragment, &is_broken));
	assert_true(is_broken);
}

static void
test_loaded_next_of_a_section_alone_needs_no_header(void **state)
{
	static const char text[] = "@ a static 0\n";
	struct loaded_section section;
	size_t at = 0;
	bool is_broken;

	(void)state;
	assert_true(
		loaded_next(text, sizeof(text) - 1, &at, &section, &is_broken));
	assert_int_equal(section.enabled, ENABLED_STATIC);
	assert_false(
		loaded_next(text, sizeof(text) - 1, &at, &section, &is_broken));
	assert_false(is_broken);
}

static void
test_loaded_next_of_damaged_text_says_broken(void **state)
{
	static const char *const texts[] = {"x", "tend-loaded 1",
		"tend-loaded 2\n", LOADED_HEADER "x",
		LOADED_HEADER "@ a enabled 0", LOADED_HEADER "@ a enabled\n",
		LOADED_HEADER "@ a enabled 1\n",
		LOADED_HEADER "@ a enabled -1\n",
		LOADED_HEADER "@ a enabled 0 x\n",
		LOADED_HEADER "@ a enabled \n", LOADED_HEADER "@ a maybe 0\n",
		LOADED_HEADER "@ ../a enabled 0\n",
		LOADED_HEADER "@  enabled 0\n", LOADED_HEADER "\n",
		LOADED_HEADER "@ a enabled 99999999999999999999999999\n",
		LOADED_HEADER "@ a enabled 18446744073709551615\n",
		LOADED_HEADER "@@ a enabled 0\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct loaded_section section;
		size_t at = 0;
		bool is_broken = false;

		assert_false(loaded_next(
			texts[i], strlen(texts[i]), &at, &section, &is_broken));
		if (!is_broken)
			fail_msg("not broken: %s", texts[i]);
	}
}

static void
test_loaded_fragment_next_of_damaged_text_says_broken(void **state)
{
	static const char *const texts[] = {"x", "+ 0 /a", "+ 1 /a\n",
		"? 0 /a\n", "+\n", "+ x /a\n",
		"+ 99999999999999999999999999 /a\n", " \n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct loaded_fragment fragment;
		size_t at = 0;
		bool is_broken = false;

		assert_false(loaded_fragment_next(texts[i], strlen(texts[i]),
			&at, &fragment, &is_broken));
		if (!is_broken)
			fail_msg("not broken: %s", texts[i]);
	}
}

static void
test_loaded_parse_of_a_nul_for_the_kind_says_damaged(void **state)
{
	static const char text[] = "\0 12 /s/web\ncommand = x\n";
	static char memory[1024];
	struct arena arena;
	struct def def;
	struct def_error error;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_false(
		loaded_parse(text, sizeof(text) - 1, &arena, &def, &error));
	assert_non_null(strstr(error.text, "is damaged here"));
}

/* Each prefix of a good file is read without a step out of bounds. */
static void
test_loaded_next_of_each_prefix_stays_in_bounds(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(two); len++) {
		char *copy = malloc(len == 0 ? 1 : len);
		struct loaded_section section;
		struct loaded_fragment fragment;
		size_t at = 0, inner;
		bool is_broken;

		memcpy(copy, two, len);
		while (loaded_next(copy, len, &at, &section, &is_broken)) {
			inner = 0;
			while (loaded_fragment_next(section.bytes, section.len,
				&inner, &fragment, &is_broken))
				;
		}
		free(copy);
	}
}

/* The message of a section, "" if it is good. */
static const char *
parse(const char *text, struct def *def)
{
	static char memory[8192], message[1024];
	struct arena arena;
	struct def_error error;
	struct fmt f;

	arena_init(&arena, memory, sizeof(memory));
	fmt_init(&f, message, sizeof(message));
	if (!loaded_parse(text, strlen(text), &arena, def, &error))
		def_error_format(&f, &error);
	return message;
}

static void
test_loaded_parse_of_fragments_merges_them(void **state)
{
	struct def def;

	(void)state;
	assert_string_equal(parse("+ 17 /etc/tend/tend.conf\nstop-timeout = 4\n"
				  "+ 10 /s/web\ncommand=x\n"
				  "+ 11 /s/web.d/1\nrequires=a\n"
				  "+ 8 /default.wants\nwants=b\n",
				    &def),
		"");
	assert_int_equal(def.stop_timeout_ms, 4000);
	assert_string_equal(def.command.item[0], "x");
	assert_string_equal(def.requires.item[0], "a");
	assert_string_equal(def.wants.item[0], "b");
	assert_string_equal(def.source, "/s/web");
}

static void
test_loaded_parse_of_bad_sections_gives_the_message(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"~ 0 /s/web\n", "masked by /s/web"},
		{"+ 2 /s/web\nx\n", "/s/web:1:1: no key and '='; write KEY = "
				    "VALUE"},
		{"! 18 /s/web\n/s/web:12:3: oh no", "/s/web:12:3: oh no"},
		{"! 18 /s/web\n/s/web:90:9: oh no", "/s/web:90:9: oh no"},
		{"! 15 /s/web\n/s/web:12 oh no", "/s/web:12: oh no"},
		{"! 16 /s/web\n/s/web:12: oh no", "/s/web:12: oh no"},
		{"! 14 /s/web\n/s/web: oh no\n", "/s/web: oh no"},
		{"! 12 /s/web\n/s/we: oh no", "/s/we: oh no"},
		{"! 5 -\noh no", "oh no"},
		{"! 0 -\n", "the file 'loaded' is damaged here; 'svctl apply' "
			    "writes it anew"},
		{"! 4 /s/web\n/s/w", "/s/w"},
		{"! 1 -\nx", "x"},
		{"! 8 /s/web\n/s/web: ",
			"/s/web: the file 'loaded' is damaged here; 'svctl "
			"apply' writes it anew"},
		{"? 0 -\n", "the file 'loaded' is damaged here; 'svctl apply' "
			    "writes it anew"},
		{"", "no command; add 'command = PROGRAM ARGS', or 'type = "
		     "target' if it only groups others"},
	};
	struct def def;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(parse(rows[i].text, &def), rows[i].message);
}

static void
test_loaded_parse_of_a_problem_keeps_the_place(void **state)
{
	static const char text[] = "! 18 /s/web\n/s/web:12:3: oh no";
	static char memory[256];
	struct arena arena;
	struct def def;
	struct def_error error;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_false(
		loaded_parse(text, sizeof(text) - 1, &arena, &def, &error));
	assert_string_equal(error.file, "/s/web");
	assert_int_equal(error.line, 12);
	assert_int_equal(error.column, 3);
	assert_string_equal(error.text, "oh no");
}

static void
test_loaded_source_skips_the_settings(void **state)
{
	static const char text[] = "+ 0 /etc/tend/tend.conf\n+ 0 /s/web\n";
	static const char alone[] = "! 0 /etc/tend/tend.conf\n";
	struct loaded_fragment fragment;

	(void)state;
	assert_true(loaded_source(text, sizeof(text) - 1, &fragment));
	assert_memory_equal(fragment.file, "/s/web", fragment.file_len);
	assert_true(loaded_source(alone, sizeof(alone) - 1, &fragment));
	assert_int_equal(fragment.kind, '!');
	assert_false(loaded_source("", 0, &fragment));
}

static void
test_loaded_source_of_a_service_extend_conf_is_its_file(void **state)
{
	static const char text[] = "+ 0 /etc/tend/tend.conf\n"
				   "+ 12 /s/extend.conf\ncommand = x\n"
				   "+ 10 /s/extend.conf.d/1\nafter = y\n";
	struct loaded_fragment fragment;
	struct def def;

	(void)state;
	assert_true(loaded_source(text, sizeof(text) - 1, &fragment));
	assert_int_equal(fragment.file_len, 14);
	assert_memory_equal(fragment.file, "/s/extend.conf", 14);
	assert_string_equal(parse(text, &def), "");
	assert_string_equal(def.source, "/s/extend.conf");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loaded_next_of_two_sections_gives_both),
		cmocka_unit_test(
			test_loaded_next_of_a_section_alone_needs_no_header),
		cmocka_unit_test(test_loaded_next_of_damaged_text_says_broken),
		cmocka_unit_test(
			test_loaded_fragment_next_of_damaged_text_says_broken),
		cmocka_unit_test(
			test_loaded_parse_of_a_nul_for_the_kind_says_damaged),
		cmocka_unit_test(
			test_loaded_next_of_each_prefix_stays_in_bounds),
		cmocka_unit_test(test_loaded_parse_of_fragments_merges_them),
		cmocka_unit_test(
			test_loaded_parse_of_bad_sections_gives_the_message),
		cmocka_unit_test(
			test_loaded_parse_of_a_problem_keeps_the_place),
		cmocka_unit_test(test_loaded_source_skips_the_settings),
		cmocka_unit_test(
			test_loaded_source_of_a_service_extend_conf_is_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
