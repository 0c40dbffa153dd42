#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/journal_layout.h"

static char schema[JOURNAL_SCHEMA];

static struct journal_snapshot
snapshot(uint32_t turn)
{
	struct journal_snapshot s = {.turn = turn,
		.pid = 0x7a6b5c4d,
		.state = 3,
		.want = 1,
		.fate = 2,
		.command = 4,
		.has_exit = 1,
		.failures = 0xfa05,
		.limit_used = 0xfb06,
		.restarts = turn,
		.starts = 0xf1f2f308,
		.exit_status = -0x01020309,
		.reason = 0xe1e2e30a,
		.reason_arg = -0x0102030b,
		.reason_name = 0x1234567890abcdefu,
		.limit_from_ms = 0xa1a2a3a4a5a6a70cu,
		.deadline_ms = 0xb1b2b3b4b5b6b70du,
		.since_boot_ms = 0xc1c2c3c4c5c6c70eu,
		.up_ms = 0xd1d2d3d4d5d6d70fu};

	s.check = journal_check(&s);
	return s;
}

static struct journal_record
record(uint32_t turn0, uint32_t turn1)
{
	struct journal_record r = {.name = 99,
		.pid = 4711,
		.exit = JOURNAL_EXITED | 256,
		.error = 5,
		.before_ms = 6,
		.after_ms = 7};

	r.snapshot[0] = snapshot(turn0);
	r.snapshot[1] = snapshot(turn1);
	return r;
}

static bool
decode(const void *bytes, size_t size, struct journal_record *out)
{
	return journal_decode(schema, bytes, size, out);
}

static int
set_up(void **state)
{
	(void)state;
	journal_schema(schema);
	return 0;
}

static void
test_journal_schema_fits_with_room(void **state)
{
	(void)state;
	assert_true(strlen(schema) + 256 < JOURNAL_SCHEMA);
	assert_non_null(strstr(schema, "up_ms "));
}

static void
test_journal_decode_of_our_own_gives_all_back(void **state)
{
	struct journal_record in = record(1, 2);
	struct journal_record out;

	(void)state;
	assert_true(decode(&in, sizeof(in), &out));
	assert_int_equal(out.name, 99);
	assert_int_equal(out.pid, 4711);
	assert_true(out.exit == (JOURNAL_EXITED | 256));
	assert_int_equal(out.error, 5);
	assert_int_equal(out.before_ms, 6);
	assert_int_equal(out.after_ms, 7);
	assert_memory_equal(
		&out.snapshot[0], &in.snapshot[1], sizeof(in.snapshot[1]));
}

static void
test_journal_decode_takes_the_later_one_over_the_wrap(void **state)
{
	struct journal_record in = record(UINT32_MAX, 0);
	struct journal_record out;

	(void)state;
	assert_true(decode(&in, sizeof(in), &out));
	assert_int_equal(out.snapshot[0].turn, 0);
	in = record(0, UINT32_MAX);
	assert_true(decode(&in, sizeof(in), &out));
	assert_int_equal(out.snapshot[0].turn, 0);
}

static void
test_journal_decode_of_no_name_is_unused(void **state)
{
	struct journal_record in = record(1, 2);
	struct journal_record out;

	(void)state;
	in.name = 0;
	assert_false(decode(&in, sizeof(in), &out));
	memset(&in, 0, sizeof(in));
	assert_false(decode(&in, sizeof(in), &out));
	/* A name alone is a service of which nothing was written yet. */
	in.name = 1;
	assert_false(decode(&in, sizeof(in), &out));
	assert_int_equal(out.name, 1);
}

/* Whatever byte of one snapshot is torn, the other one counts. */
static void
test_journal_decode_of_a_torn_snapshot_takes_the_other(void **state)
{
	const size_t at = offsetof(struct journal_record, snapshot[1]);
	struct journal_record in = record(1, 2);
	struct journal_record out;
	unsigned char bytes[sizeof(in)];

	(void)state;
	for (size_t i = 0; i < sizeof(struct journal_snapshot); i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(bytes, &in, sizeof(in));
			bytes[at + i] ^= (unsigned char)(1u << bit);
			assert_true(decode(bytes, sizeof(in), &out));
			assert_int_equal(out.snapshot[0].turn, 1);
			/* And neither, if the other one is torn as well. */
			bytes[offsetof(struct journal_record, snapshot[0]) +
				i] ^= 0x55;
			assert_false(decode(bytes, sizeof(in), &out));
			assert_int_equal(out.name, 99);
		}
}

/* A record of a later version: fields moved, wider, and some that are new. */
static void
test_journal_decode_of_another_layout_goes_by_name(void **state)
{
	static const char other[] = "colour 0 8\nname 8 8\npid 16 8\n"
				    "snapshot1 24 40\n\ncheck 0 4\nturn 4 4\n"
				    "state 8 4\nsmell 12 4\nrestarts 16 2\n"
				    "view_pid 20 4\nstatement 24 8\n";
	unsigned char bytes[64] = {0};
	const uint64_t name = 77;
	const uint64_t pid_wide = 5;
	const uint32_t pid = 5;
	const uint32_t state_wide = 3;
	const uint16_t restarts_narrow = 9;
	struct journal_record out;
	uint32_t check = 2166136261u;

	(void)state;
	memset(bytes, 0xee, 8);
	memcpy(bytes + 8, &name, 8);
	memcpy(bytes + 16, &pid_wide, 8);
	memcpy(bytes + 24 + 8, &state_wide, 4);
	memset(bytes + 24 + 12, 0xdd, 4);
	memcpy(bytes + 24 + 16, &restarts_narrow, 2);
	memcpy(bytes + 24 + 20, &pid, 4);
	for (size_t i = 24 + 4; i < 64; i++)
		check = (check ^ bytes[i]) * 16777619u;
	memcpy(bytes + 24, &check, 4);
	assert_true(journal_decode(other, bytes, sizeof(bytes), &out));
	assert_int_equal(out.name, 77);
	assert_int_equal(out.pid, 5);
	assert_int_equal(out.exit, 0);
	assert_int_equal(out.snapshot[0].state, 3);
	assert_int_equal(out.snapshot[0].restarts, 9);
	assert_int_equal(out.snapshot[0].pid, 5);
	assert_int_equal(out.snapshot[0].want, 0);
}

/* Nothing is read past the record, whatever the schema says. */
static void
test_journal_decode_of_hostile_bytes_stays_inside(void **state)
{
	static const char *const hostile[] = {"", "\n\n\n", "name", "name ",
		"name 0", "name 4294967295 8\n", "name 0 4294967295\n",
		"name 999999999999999999999 1\n", "name 0 8\nsnapshot0 0 5\n",
		"name 0 8\nsnapshot0 0 4\n", "name 0 8\nsnapshot0 16 17\n",
		"name 0 8\nsnapshot1 0 32\ncheck 30 4\nturn 32 1\n",
		"name -1 8\n", "name 0 8\nsnapshot0 1000000 1000000\n"};
	struct journal_record out;
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		unsigned char *bytes = malloc(32);

		memset(bytes, 0xff, 32);
		assert_false(journal_decode(hostile[i], bytes, 32, &out));
		free(bytes);
	}
	for (int round = 0; round < 20000; round++) {
		char text[JOURNAL_SCHEMA];
		size_t size = 1 + seed % sizeof(struct journal_record);
		unsigned char *bytes = calloc(1, size);

		memcpy(text, schema, sizeof(text));
		for (int i = 0; i < 8; i++) {
			seed = seed * 1664525u + 1013904223u;
			text[(seed >> 8) % strlen(schema)] =
				"0123456789 \n\nan\377"[seed >> 28];
		}
		bytes[0] = 1;
		(void)journal_decode(text, bytes, size, &out);
		free(bytes);
	}
}

/* A checksum of nothing is right and says nothing; of one byte, it counts. */
static void
test_journal_decode_of_an_empty_snapshot_refuses(void **state)
{
	static const char *const schemas[] = {
		"name 0 8\nsnapshot0 8 4\nsnapshot1 8 4\ncheck 0 4\n",
		"name 0 8\nsnapshot0 8 5\nsnapshot1 8 5\ncheck 0 4\n"
		"state 4 1\n"};
	unsigned char bytes[13] = {1, [7] = 1, [12] = 3};
	struct journal_record out;
	uint32_t check = 2166136261u;

	(void)state;
	memcpy(bytes + 8, &check, sizeof(check));
	assert_false(journal_decode(schemas[0], bytes, 12, &out));
	check = (check ^ 3) * 16777619u;
	memcpy(bytes + 8, &check, sizeof(check));
	assert_true(journal_decode(schemas[1], bytes, 13, &out));
	assert_int_equal(out.snapshot[0].state, 3);
	bytes[8] ^= 1;
	assert_false(journal_decode(schemas[1], bytes, 13, &out));
	/* It may be as long as the record, and no longer. */
	bytes[8] ^= 1;
	memmove(bytes, bytes + 8, 5);
	assert_true(journal_decode("name 0 5\nsnapshot0 0 5\ncheck 0 4\n"
				   "state 4 1\n",
		bytes, 5, &out));
	assert_false(journal_decode("name 0 4\nsnapshot0 0 5\ncheck 0 4\n"
				    "state 4 1\n",
		bytes, 4, &out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_journal_schema_fits_with_room),
		cmocka_unit_test(test_journal_decode_of_our_own_gives_all_back),
		cmocka_unit_test(
			test_journal_decode_takes_the_later_one_over_the_wrap),
		cmocka_unit_test(test_journal_decode_of_no_name_is_unused),
		cmocka_unit_test(
			test_journal_decode_of_a_torn_snapshot_takes_the_other),
		cmocka_unit_test(
			test_journal_decode_of_another_layout_goes_by_name),
		cmocka_unit_test(
			test_journal_decode_of_hostile_bytes_stays_inside),
		cmocka_unit_test(
			test_journal_decode_of_an_empty_snapshot_refuses),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
