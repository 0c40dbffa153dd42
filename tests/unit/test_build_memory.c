/*
 * What build does when memory is out: it says so, and loses nothing. The
 * linker puts the functions below in the place of the allocator's: see the
 * Makefile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/loaded.h"
#include "supervisor/build.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static unsigned allocations; /* so far */
static unsigned failing;     /* which of them fails, from 1; 0: none */

void *
__wrap_malloc(size_t size)
{
	return ++allocations == failing ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return ++allocations == failing ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return ++allocations == failing ? NULL : __real_realloc(old, size);
}

static uint32_t
give_id(void *context, const char *name)
{
	(void)name;
	return (*(uint32_t *)context)++;
}

static bool
make(struct build *b, const char *text)
{
	uint32_t next = 0;

	allocations = 0;
	return build_make(b, text, strlen(text), give_id, &next, 0, NULL);
}

static void
add(char *text, const char *name, const char *lines)
{
	char fragment[128];

	snprintf(fragment, sizeof(fragment), "+ %zu /s/%s\n%s", strlen(lines),
		name, lines);
	sprintf(text + strlen(text), "@ %s enabled %zu\n%s", name,
		strlen(fragment), fragment);
}

/* Each allocation in turn is the one that fails; the sanitizer sees leaks. */
static void
test_build_make_without_memory_refuses_and_frees(void **state)
{
	char text[512];
	static const char zero[sizeof(struct build)];
	struct build b;
	unsigned needed;

	(void)state;
	strcpy(text, LOADED_HEADER);
	add(text, "a", "command = x\nrequires = b c\n");
	add(text, "b", "command = x\nafter = b\nrestart-delay = 1 2\n");
	add(text, "c", "command = x\n");
	failing = 0;
	assert_true(make(&b, text));
	assert_int_equal(b.count, 3);
	assert_int_equal(b.invalid, 1);
	needed = allocations;
	assert_true(needed >= 12);
	build_free(&b);
	assert_memory_equal(&b, zero, sizeof(b));
	for (unsigned n = 1; n <= needed; n++) {
		failing = n;
		if (make(&b, text))
			fail_msg("allocation %u of %u: not seen", n, needed);
		assert_memory_equal(&b, zero, sizeof(b));
	}
	failing = 0;
}

/* Nothing asks for no bytes: some allocators answer that with NULL. */
static void
test_build_make_of_nothing_is_empty(void **state)
{
	struct build b;

	(void)state;
	failing = 0;
	assert_true(make(&b, LOADED_HEADER));
	assert_int_equal(b.count, 0);
	assert_int_equal(b.deps.nodes, 0);
	assert_int_equal(b.deps.first[0], 0);
	assert_null(build_find(&b, "a"));
	build_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_build_make_without_memory_refuses_and_frees),
		cmocka_unit_test(test_build_make_of_nothing_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
