#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/arena.h"

static _Alignas(8) char memory[64];

static void
test_arena_alloc_is_zeroed_and_aligned(void **state)
{
	struct arena arena;
	char *first, *second, *third;

	(void)state;
	for (size_t skew = 0; skew < 8; skew++) {
		memset(memory, 0xff, sizeof(memory));
		arena_init(&arena, memory + skew, 32);
		first = arena_alloc(&arena, 3);
		second = arena_alloc(&arena, 8);
		third = arena_alloc(&arena, 1);
		assert_ptr_equal(first, memory + (skew + 7) / 8 * 8);
		assert_ptr_equal(second, first + 8);
		assert_ptr_equal(third, second + 8);
		assert_int_equal(arena.used, third + 1 - (memory + skew));
		assert_memory_equal(first, "\0\0\0", 3);
		assert_memory_equal(second, "\0\0\0\0\0\0\0\0", 8);
		assert_int_equal(*third, 0);
		/* What nobody asked for is left alone. */
		assert_int_equal(first[3], (char)0xff);
		assert_int_equal(third[1], (char)0xff);
	}
}

static void
test_arena_alloc_of_more_than_is_left_refuses(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, memory, 16);
	assert_null(arena_alloc(&arena, 17));
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_ptr_equal(arena_alloc(&arena, 16), memory);
	assert_null(arena_alloc(&arena, 1));
	assert_non_null(arena_alloc(&arena, 0));
	/* The padding alone is too much, and just fits. */
	arena_init(&arena, memory, 7);
	assert_non_null(arena_alloc(&arena, 1));
	assert_null(arena_alloc(&arena, 0));
	arena_init(&arena, memory, 8);
	assert_non_null(arena_alloc(&arena, 1));
	assert_ptr_equal(arena_alloc(&arena, 0), memory + 8);
	assert_null(arena_alloc(&arena, 1));
}

static void
test_arena_copy_ends_in_nul(void **state)
{
	struct arena arena;

	(void)state;
	memset(memory, 0xff, sizeof(memory));
	arena_init(&arena, memory, 16);
	assert_string_equal(arena_copy(&arena, "abcdef", 3), "abc");
	assert_string_equal(arena_copy(&arena, NULL, 0), "");
	assert_null(arena_copy(&arena, "abcdefgh", 8));
	assert_null(arena_copy(&arena, "x", SIZE_MAX));
	arena_init(&arena, memory, 8);
	assert_string_equal(arena_copy(&arena, "1234567", 7), "1234567");
	assert_int_equal(arena.used, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena_alloc_is_zeroed_and_aligned),
		cmocka_unit_test(test_arena_alloc_of_more_than_is_left_refuses),
		cmocka_unit_test(test_arena_copy_ends_in_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
