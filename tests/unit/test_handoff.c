#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/handoff.h"

static void
put(unsigned char *bytes, size_t at, uint32_t n)
{
	memcpy(bytes + at, &n, sizeof(n));
}

/* Both ends may be of different versions: the offsets are for ever. */
static void
test_handoff_encode_puts_each_member_in_its_place(void **state)
{
	struct handoff_msg msg = {.type = HANDOFF_FINISH,
		.flags = HANDOFF_CONTAINER,
		.a = END_SWITCH_ROOT,
		.b = -3,
		.text = "/sysroot"};
	unsigned char expected[HANDOFF_SIZE] = {0};
	unsigned char out[HANDOFF_SIZE];

	(void)state;
	put(expected, 0, HANDOFF_VERSION);
	put(expected, 4, 17);
	put(expected, 8, 1);
	put(expected, 12, 5);
	put(expected, 16, (uint32_t)-3);
	memcpy(expected + 20, "/sysroot", 8);
	/* Nothing that lies behind the text leaves the sender. */
	memset(msg.text + 9, 's', sizeof(msg.text) - 9);
	memset(out, 0xff, sizeof(out));
	handoff_encode(&msg, out);
	assert_memory_equal(out, expected, sizeof(out));
}

static void
test_handoff_encode_of_text_without_end_gives_it_one(void **state)
{
	struct handoff_msg msg = {.type = 1};
	unsigned char out[HANDOFF_SIZE];

	(void)state;
	memset(msg.text, 'x', sizeof(msg.text));
	handoff_encode(&msg, out);
	assert_int_equal(out[HANDOFF_SIZE - 2], 'x');
	assert_int_equal(out[HANDOFF_SIZE - 1], 0);
}

static void
test_handoff_decode_of_encoded_gives_it_back(void **state)
{
	struct handoff_msg msg = {.type = HANDOFF_DEATH,
		.flags = 0x80000001u,
		.a = 4194304,
		.b = 0x0f0e0d0c,
		.text = "text"};
	struct handoff_msg out;
	unsigned char bytes[HANDOFF_SIZE];

	(void)state;
	memset(&out, 0xff, sizeof(out));
	handoff_encode(&msg, bytes);
	assert_true(handoff_decode(bytes, sizeof(bytes), &out));
	assert_int_equal(out.type, msg.type);
	assert_int_equal(out.flags, msg.flags);
	assert_int_equal(out.a, msg.a);
	assert_int_equal(out.b, msg.b);
	assert_memory_equal(out.text, msg.text, sizeof(msg.text));
	/* The longest text. */
	memset(msg.text, 'x', sizeof(msg.text) - 1);
	handoff_encode(&msg, bytes);
	assert_true(handoff_decode(bytes, sizeof(bytes), &out));
	assert_string_equal(out.text, msg.text);
}

static void
test_handoff_decode_of_another_form_refuses(void **state)
{
	struct handoff_msg msg = {.type = HANDOFF_SIGNAL, .a = 15};
	struct handoff_msg out;
	unsigned char bytes[HANDOFF_SIZE + 1] = {0};

	(void)state;
	handoff_encode(&msg, bytes);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		/* Exactly as long, so that the sanitizer sees overreads. */
		unsigned char *copy = malloc(len + (len == 0));

		memcpy(copy, bytes, len);
		assert_int_equal(
			handoff_decode(copy, len, &out), len == HANDOFF_SIZE);
		free(copy);
	}
	put(bytes, 0, HANDOFF_VERSION + 1);
	assert_false(handoff_decode(bytes, HANDOFF_SIZE, &out));
	put(bytes, 0, HANDOFF_VERSION);
	memset(bytes + 20, 'x', HANDOFF_TEXT_CAP);
	assert_false(handoff_decode(bytes, HANDOFF_SIZE, &out));
	bytes[HANDOFF_SIZE - 1] = '\0';
	assert_true(handoff_decode(bytes, HANDOFF_SIZE, &out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_handoff_encode_puts_each_member_in_its_place),
		cmocka_unit_test(
			test_handoff_encode_of_text_without_end_gives_it_one),
		cmocka_unit_test(test_handoff_decode_of_encoded_gives_it_back),
		cmocka_unit_test(test_handoff_decode_of_another_form_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
