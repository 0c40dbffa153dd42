#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/state.h"

static void
test_state_name_every_state_is_its_word(void **unused)
{
	(void)unused;
#define STATE(number, symbol, word, meaning)                                   \
	assert_string_equal(state_name(SVC_##symbol), word);                   \
	assert_int_equal(SVC_##symbol, number);
#include "lib/state.def"
#undef STATE
	assert_int_equal(SVC_STATES, 12);
}

static void
test_state_name_unknown_number_is_a_question_mark(void **unused)
{
	(void)unused;
	assert_string_equal(state_name(SVC_STATES), "?");
	assert_string_equal(state_name(UINT32_MAX), "?");
	assert_string_equal(want_name(SVC_WANTS), "?");
	assert_string_equal(type_name(SVC_TYPES), "?");
	assert_string_equal(enabled_name(SVC_ENABLEDS), "?");
}

static void
test_names_every_number_has_a_word_of_its_own(void **unused)
{
	const char *(*const names[])(unsigned) = {
		state_name, want_name, type_name, enabled_name};
	const unsigned counts[] = {
		SVC_STATES, SVC_WANTS, SVC_TYPES, SVC_ENABLEDS};

	(void)unused;
	for (unsigned k = 0; k < 4; k++) {
		for (unsigned i = 0; i < counts[k]; i++) {
			assert_string_not_equal(names[k](i), "?");
			for (unsigned n = 0; n < i; n++)
				assert_string_not_equal(
					names[k](i), names[k](n));
		}
	}
}

static void
test_state_has_process_only_four_states_do(void **unused)
{
	unsigned count = 0;

	(void)unused;
	for (unsigned i = 0; i < SVC_STATES + 5; i++)
		count += state_has_process(i);
	assert_int_equal(count, 4);
	assert_true(state_has_process(SVC_STARTING));
	assert_true(state_has_process(SVC_UP));
	assert_true(state_has_process(SVC_STOPPING));
	assert_true(state_has_process(SVC_KILLING));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_name_every_state_is_its_word),
		cmocka_unit_test(
			test_state_name_unknown_number_is_a_question_mark),
		cmocka_unit_test(test_names_every_number_has_a_word_of_its_own),
		cmocka_unit_test(test_state_has_process_only_four_states_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
