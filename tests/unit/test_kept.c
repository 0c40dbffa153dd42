#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/kept.h"
#include "lib/fmt.h"

static char text[KEPT_TEXT_CAP];

static const char *
encode(const struct kept *kept)
{
	struct fmt f;

	fmt_init(&f, text, sizeof text);
	kept_encode(kept, &f);
	assert_false(f.is_cut);
	return text;
}

static void
test_kept_decode_gives_back_what_was_encoded(void **state)
{
	struct kept in = {.mode = KEPT_BOOT}, out;

	(void)state;
	in.pid = 4711;
	in.tty_pgrp = -1;
	in.on_machine = true;
	in.fault_at = UINT64_MAX;
	in.dying.at_ms[0] = 1;
	in.dying.at_ms[2] = UINT64_C(0x123456789abcdef0);
	in.dying.len = 3;
	in.link.fd = 3;
	in.link.peer_fd = 4;
	in.link.has_greeting = true;
	in.finish.status = -1;
	in.dead.si_pid = 99;
	assert_true(kept_decode(&out, encode(&in)));
	assert_int_equal(out.mode, KEPT_BOOT);
	assert_int_equal(out.pid, 4711);
	assert_int_equal(out.tty_pgrp, -1);
	assert_true(out.on_machine);
	assert_true(out.fault_at == UINT64_MAX);
	assert_memory_equal(&out.dying, &in.dying, sizeof in.dying);
	assert_int_equal(out.link.peer_fd, 4);
	assert_true(out.link.has_greeting);
	assert_int_equal(out.finish.status, -1);
	assert_int_equal(out.dead.si_pid, 99);
	assert_false(out.is_rescue);
}

/* Every byte set, so that each field is at its longest. */
static void
test_kept_encode_of_the_largest_values_fits(void **state)
{
	struct kept in;

	(void)state;
	memset(&in, 0xff, sizeof in);
	encode(&in);
}

static void
test_kept_decode_skips_unknown_keys(void **state)
{
	struct kept out;

	(void)state;
	assert_true(kept_decode(&out, "new=1.2.3,mode=1,pid=1f,later=0,"));
	assert_int_equal(out.pid, 31);
}

static void
test_kept_decode_of_bad_texts_refuses(void **state)
{
	static const char *const texts[] = {"", ",", "=", "mode",
		"mode=", "mode=1", "mode=1,,", "mode=3,", "mode=1,pid=,",
		"mode=1.1,", "mode=1,pid=1,", "mode=1,pid=ffffffff,",
		"mode=1,pid=1G,", "mode=1,pid=100000000,",
		"mode=1,at=10000000000000000,", "mode=1,rescue=2,",
		"mode=1,nfaults=9,", "mode=1,signal=41,",
		"mode=1,faults=1.2.3.4.5.6.7.8.9,", "mode=2,", "mode=2,link=3,",
		"mode=2,link=3,peer=2,", "mode=1,=1,", "mode=1,pid==2,",
		"mode=1,pid=2 ,", "mode=1,pid=2.,"};
	struct kept out;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (kept_decode(&out, texts[i]))
			fail_msg("accepted: %s", texts[i]);
	assert_true(kept_decode(&out, "mode=2,link=3,peer=4,"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept_decode_gives_back_what_was_encoded),
		cmocka_unit_test(test_kept_encode_of_the_largest_values_fits),
		cmocka_unit_test(test_kept_decode_skips_unknown_keys),
		cmocka_unit_test(test_kept_decode_of_bad_texts_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
