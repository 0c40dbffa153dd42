#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/def.h"
#include "lib/given.h"

static void
test_given_split_of_each_word_says_what_it_is(void **state)
{
	static const struct {
		const char *word, *name, *command, *problem;
	} rows[] = {
		{"web=nginx -g x", "web", "nginx -g x", NULL},
		{"web=  a b \t", "web", "a b", NULL},
		{"web=", "web", "", NULL},
		{"web= \t", "web", "", NULL},
		{"web=a=b", "web", "a=b", NULL},
		{"tor@a=x", "tor@a", "x", NULL},
		{"web", NULL, NULL, "NAME=COMMAND"},
		{"", NULL, NULL, "NAME=COMMAND"},
		{"=x", NULL, NULL, "no name before"},
		{"a/b=x", NULL, NULL, "no name of a service"},
		{" web=x", NULL, NULL, "no name of a service"},
		{"-web=x", NULL, NULL, "no name of a service"},
		{"web.d=x", NULL, NULL, "no name of a service"},
		{"tor@=x", NULL, NULL, "an instance"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[NAME_CAP], text[64] = "";
		const char *command, *problem;
		size_t len;
		bool is_good = given_split(
			rows[i].word, name, &command, &len, &problem);

		assert_int_equal(is_good, rows[i].problem == NULL);
		if (rows[i].problem) {
			assert_non_null(strstr(problem, rows[i].problem));
			continue;
		}
		assert_null(problem);
		memcpy(text, command, len);
		assert_string_equal(name, rows[i].name);
		assert_string_equal(text, rows[i].command);
	}
}

static void
test_given_variable_of_each_name_takes_the_longest_key(void **state)
{
	static const struct {
		const char *pair, *name, *key;
	} rows[] = {
		{"TEND_SVC_web_restart=x", "web", "restart"},
		{"TEND_SVC_web_restart_delay=x", "web", "restart-delay"},
		{"TEND_SVC_web_restart-delay=x", "web", "restart-delay"},
		/* Even if there is a service web-stop. */
		{"TEND_SVC_web_stop_command=x", "web", "stop-command"},
		{"TEND_SVC_stop_command=x", "stop", "command"},
		{"TEND_SVC_a_b_user=x", "a_b", "user"},
		{"TEND_SVC_web__user=x", "web_", "user"},
		{"TEND_SVC___user=x", "_", "user"},
		{"TEND_SVC_user=x", "user", NULL},
		{"TEND_SVC__user=x", "_user", NULL},
		{"TEND_SVC_web_RESTART=x", "web_RESTART", NULL},
		{"TEND_SVC_web_=x", "web_", NULL},
		{"TEND_SVC_=x", "", NULL},
	};
	struct given_variable v;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(given_variable(rows[i].pair, &v));
		assert_int_equal(v.name_len, strlen(rows[i].name));
		assert_memory_equal(v.name, rows[i].name, v.name_len);
		assert_int_equal(v.len, strlen(rows[i].pair) - 2);
		assert_string_equal(v.value, "x");
		if (rows[i].key)
			assert_string_equal(v.key, rows[i].key);
		else
			assert_null(v.key);
	}
	assert_false(given_variable("TEND_SVC_web_user", &v));
	assert_false(given_variable("TEND_SV_web_user=x", &v));
	assert_false(given_variable("", &v));
}

/* Each key of each service can be set. */
static void
test_given_variable_of_each_key_finds_it(void **state)
{
	char pair[200];
	struct given_variable v;

	(void)state;
	for (unsigned i = 0; def_key_name(i); i++) {
		strcpy(pair, "TEND_SVC_z_");
		strcat(pair, def_key_name(i));
		for (char *p = pair; *p; p++)
			*p = *p == '-' ? '_' : *p;
		strcat(pair, "=1");
		assert_true(given_variable(pair, &v));
		assert_ptr_equal(v.key, def_key_name(i));
		assert_int_equal(v.name_len, 1);
	}
}

static void
test_given_is_name_of_pairs_maps_what_names_have(void **state)
{
	(void)state;
	assert_true(given_is_name("a_b_c_d_e_f", 11, "a-b.c@d:e+f"));
	assert_true(given_is_name("a-b", 3, "a-b"));
	assert_true(given_is_name("a_b", 3, "a_b"));
	assert_false(given_is_name("a-b", 3, "a.b"));
	assert_false(given_is_name("a_b", 3, "axb"));
	assert_false(given_is_name("a_b", 2, "a_b"));
	assert_false(given_is_name("a_b", 3, "a_"));
	assert_false(given_is_name("A", 1, "a"));
	assert_true(given_is_name("", 0, ""));
}

static void
test_given_find_of_a_name_counts_it(void **state)
{
	static const char *const words[] = {
		"web=a", "web2=b", "two=c", "two=d", "bad", NULL};
	static const char *const none[] = {"PATH=x", NULL};
	static const char *const some[] = {"A=x", "TEND_SVC_x_y=1", NULL};
	struct given given = {.service = words, .services = 5, .environ = none};
	unsigned count;

	(void)state;
	assert_string_equal(given_find(&given, "web", &count), "web=a");
	assert_int_equal(count, 1);
	assert_string_equal(given_find(&given, "two", &count), "two=c");
	assert_int_equal(count, 2);
	assert_null(given_find(&given, "we", &count));
	assert_int_equal(count, 0);
	assert_true(given_has(&given, "web2"));
	assert_false(given_has(&given, "bad"));
	assert_false(given_has(&given, "main"));
	assert_true(given_is_any(&given));
	given.services = 0;
	assert_false(given_is_any(&given));
	given.command = words;
	assert_true(given_has(&given, "main"));
	assert_true(given_is_any(&given));
	given.command = NULL;
	given.environ = some;
	assert_true(given_is_any(&given));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given_split_of_each_word_says_what_it_is),
		cmocka_unit_test(
			test_given_variable_of_each_name_takes_the_longest_key),
		cmocka_unit_test(test_given_variable_of_each_key_finds_it),
		cmocka_unit_test(
			test_given_is_name_of_pairs_maps_what_names_have),
		cmocka_unit_test(test_given_find_of_a_name_counts_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
