/* supervisor/svlog: victim.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/svlog/victim.h"

static struct victim victim;

static bool
parse(const char *text)
{
	return victim_parse(text, strlen(text), &victim);
}

static void
test_victim_parse_of_the_kernels_words(void **unused)
{
	(void)unused;
	assert_true(parse("3,1024,98765432,-;Out of memory: Killed process 417 "
			  "(eater) total-vm:300kB, anon-rss:200kB\n"));
	assert_int_equal(victim.pid, 417);
	assert_int_equal(victim.us, 98765432);
	assert_true(parse("3,5,6,-,caller=T1;Memory cgroup out of memory: "
			  "Killed process 2147483647 (x)"));
	assert_int_equal(victim.pid, INT32_MAX);
	assert_true(parse("3,5,6,-;Killed process 2 (Killed process 7) a"));
	assert_int_equal(victim.pid, 2);
}

static void
test_victim_parse_of_anything_else_is_none(void **unused)
{
	(void)unused;
	assert_false(parse(""));
	assert_false(parse("3"));
	assert_false(parse("3,1,2"));
	assert_false(parse("3,1,2,-;"));
	assert_false(parse("3,1,2,-;Out of memory: Killed process "));
	assert_false(parse("3,1,2,-;Out of memory: Killed process x"));
	assert_false(parse("3,1,2,-;Out of memory: Killed process 0 (x)"));
	assert_false(parse("3,1,2,-;Out of memory: Killed process 4294967297"));
	assert_false(parse("3,1,2,-;oom_reaper: reaped process 417 (eater)"));
	/* A daemon's, not the kernel's. */
	assert_false(parse("12,1,2,-;Out of memory: Killed process 417 (x)"));
	/* A process may have any name. */
	assert_false(parse("3,1,2,-;x: Killed process 417 (eater)"));
	assert_false(parse(" KEY=Out of memory: Killed process 417 (x)"));
}

static void
test_victim_count_finds_its_line(void **unused)
{
	static const char text[] = "low 1\noom 2\noom_kill 345\nend 4\n";
	uint64_t n = 0;

	(void)unused;
	assert_true(victim_count(text, sizeof(text) - 1, "oom_kill", &n));
	assert_int_equal(n, 345);
	assert_true(victim_count(text, sizeof(text) - 1, "oom", &n));
	assert_int_equal(n, 2);
	assert_true(victim_count(text, 5, "low", &n));
	assert_false(victim_count(text, sizeof(text) - 1, "kill", &n));
	assert_false(victim_count(text, 4, "low", &n));
	assert_false(victim_count("oom_kill x", 10, "oom_kill", &n));
	assert_false(victim_count("", 0, "oom_kill", &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_victim_parse_of_the_kernels_words),
		cmocka_unit_test(test_victim_parse_of_anything_else_is_none),
		cmocka_unit_test(test_victim_count_finds_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
