#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/name.h"

static bool
is_valid(const char *name)
{
	return name_is_valid(name, strlen(name));
}

static void
test_name_is_valid_of_good_names_accepts(void **state)
{
	static const char *const names[] = {"a", "Z", "0", "nginx",
		"tor@default", "a.b", "a:b", "_x", "+x", "c++", "x-", "x.",
		"x@", "a.b.c-d_e", "d", "wants", "xd", "a..b", "x.dd",
		"x.d.conf"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!is_valid(names[i]))
			fail_msg("refused '%s'", names[i]);
}

/* H37 */
static void
test_name_is_valid_of_bad_names_refuses(void **state)
{
	static const char *const names[] = {"", ".", "..", "...", ".hidden",
		"-x", "@x", "a/b", "../x", "x/..", "/", "a b", "a\tb", "a\nb",
		"x\n", "a%b", "\xc3\xa9", "x.d", ".d", "x.wants", "a\\b", "a'b",
		"a=b", "a#b", "a~", "a*", "$x", "a;b", "\x7f", "\x01"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_valid(names[i]))
			fail_msg("accepted '%s'", names[i]);
}

static void
test_name_is_valid_with_nul_inside_refuses(void **state)
{
	(void)state;
	assert_false(name_is_valid("a\0b", 3));
	assert_false(name_is_valid("\0", 1));
	assert_true(name_is_valid("a\0b", 1));
}

static void
test_name_is_valid_at_the_length_limit_counts_bytes(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_true(name_is_valid(name, 126));
	assert_true(name_is_valid(name, 127));
	assert_false(name_is_valid(name, 128));
	assert_false(name_is_valid(name, 255));
	assert_false(name_is_valid(name, 300));
}

/* All 256 bytes in the middle of a name. */
static void
test_name_is_valid_of_each_byte_follows_the_set(void **state)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz"
				  "0123456789_.:@+-";

	(void)state;
	for (int c = 0; c < 256; c++) {
		char name[4] = {'a', (char)c, 'b', '\0'};
		bool is_in_set = c != 0 && strchr(set, c) != NULL;

		assert_int_equal(name_is_valid(name, 3), is_in_set);
	}
}

static void
test_name_is_ignored_of_leftovers_is_true(void **state)
{
	static const char *const names[] = {".x", ".web.swp", "web~", "web.bak",
		"web.swp", "web.orig", "web.rej", "web.disabled",
		"web.dpkg-old", "web.dpkg-dist", "web.conf.dpkg-new",
		"web.rpmnew", "web.rpmsave", "web.rpmorig", "web.apk-new",
		"web.pacnew", "web.pacsave", "web.ucf-dist", "web.ucf-old",
		"web.new"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!name_is_ignored(names[i]))
			fail_msg("not ignored: '%s'", names[i]);
}

static void
test_name_is_ignored_of_services_is_false(void **state)
{
	static const char *const names[] = {"web", "bak", "new", "swp",
		"x.conf", "webnew", "web-new", "rpm", "dpkg-x", "web.newer",
		"web.bak2", "web.d"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name_is_ignored(names[i]))
			fail_msg("ignored: '%s'", names[i]);
}

/* The numbers are in the journal: they may never change. */
static void
test_name_hash_of_known_words_is_fnv1a(void **state)
{
	(void)state;
	assert_true(name_hash("") == 0xcbf29ce484222325u);
	assert_true(name_hash("a") == 0xaf63dc4c8601ec8cu);
	assert_true(name_hash("foobar") == 0x85944171f73967e8u);
}

static void
test_name_distance_of_pairs_counts_edits(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned limit, distance;
	} rows[] = {
		{"", "", 2, 0},
		{"nginx", "nginx", 2, 0},
		{"ngnix", "nginx", 2, 1},  /* a swap */
		{"ngin", "nginx", 2, 1},   /* missing */
		{"nginxx", "nginx", 2, 1}, /* too many */
		{"nqinx", "nginx", 2, 1},  /* another */
		{"comand", "command", 2, 1},
		{"ab", "ba", 2, 1},
		{"abc", "ca", 5, 3},
		{"abcd", "badc", 5, 2},
		{"", "abc", 5, 3},
		{"abc", "", 5, 3},
		{"abc", "xyz", 2, 3}, /* cut at limit + 1 */
		{"abcdef", "uvwxyz", 2, 3},
		{"abcdef", "uvwxyz", 9, 6},
		{"a", "a", 0, 0},
		{"a", "b", 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned d = name_distance(rows[i].a, rows[i].b, rows[i].limit);

		if (d != rows[i].distance)
			fail_msg("'%s' '%s': %u", rows[i].a, rows[i].b, d);
		assert_int_equal(
			name_distance(rows[i].b, rows[i].a, rows[i].limit), d);
	}
}

static void
test_name_distance_of_long_words_is_never_near(void **state)
{
	char a[200];

	(void)state;
	memset(a, 'a', sizeof(a));
	a[64] = '\0';
	assert_int_equal(name_distance(a, a, 3), 4);
	a[63] = '\0';
	assert_int_equal(name_distance(a, a, 3), 0);
	assert_int_equal(name_distance(a, "", 99), 63);
}

/* How far off a name may be that is still suggested. */
static void
test_name_reach_of_each_length_grows(void **state)
{
	static const unsigned reach[] = {0, 0, 1, 1, 1, 2, 2, 2};
	char word[200];

	(void)state;
	memset(word, 'a', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	assert_int_equal(name_reach(word), 2);
	for (size_t len = sizeof(reach) / sizeof(reach[0]); len-- > 0;) {
		word[len] = '\0';
		assert_int_equal(name_reach(word), reach[len]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_is_valid_of_good_names_accepts),
		cmocka_unit_test(test_name_is_valid_of_bad_names_refuses),
		cmocka_unit_test(test_name_is_valid_with_nul_inside_refuses),
		cmocka_unit_test(
			test_name_is_valid_at_the_length_limit_counts_bytes),
		cmocka_unit_test(
			test_name_is_valid_of_each_byte_follows_the_set),
		cmocka_unit_test(test_name_is_ignored_of_leftovers_is_true),
		cmocka_unit_test(test_name_is_ignored_of_services_is_false),
		cmocka_unit_test(test_name_hash_of_known_words_is_fnv1a),
		cmocka_unit_test(test_name_distance_of_pairs_counts_edits),
		cmocka_unit_test(
			test_name_distance_of_long_words_is_never_near),
		cmocka_unit_test(test_name_reach_of_each_length_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
