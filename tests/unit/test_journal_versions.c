/*
 * Journals of every layout that was released, and of one to come. A file of
 * tests/unit/journals is a schema, as the header of a journal has it, and
 * lines "= NAME VALUE" for the fields of a record, both snapshots alike.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/journal_layout.h"

#define RECORD_CAP 1024

struct version {
	char schema[JOURNAL_SCHEMA];
	_Alignas(8) unsigned char record[RECORD_CAP];
	size_t size;
	unsigned values;
	struct {
		char name[32];
		unsigned long long value;
	} value[64];
};

/* Behind "NAME ": its place in the record or snapshot, and its size. */
static void
find(const struct version *v, const char *name, unsigned *offset,
	unsigned *size)
{
	char line[40];
	const char *at;
	char *end;

	(void)snprintf(line, sizeof(line), "\n%s ", name);
	at = strstr(v->schema, line);
	*offset = 0;
	*size = 0;
	assert_non_null(at);
	*offset = (unsigned)strtoul(at + strlen(line), &end, 10);
	*size = (unsigned)strtoul(end, NULL, 10);
	assert_true(*size > 0);
}

/* A number of 1 to 16 bytes in the byte order of this machine. */
static void
put(unsigned char *to, unsigned size, unsigned long long value)
{
	const uint16_t one = 1;
	bool is_little = *(const unsigned char *)&one == 1;

	for (unsigned i = 0; i < size; i++)
		to[is_little ? i : size - 1 - i] =
			(unsigned char)(i < 8 ? value >> (8 * i) : 0);
}

static uint32_t
fnv(const unsigned char *bytes, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash == 0 ? 1 : hash;
}

static unsigned long long
value_of(const struct version *v, const char *name)
{
	for (unsigned i = 0; i < v->values; i++)
		if (strcmp(v->value[i].name, name) == 0)
			return v->value[i].value;
	return 0;
}

/* Fields behind "check" in the schema are of the snapshots. */
static bool
is_of_snapshot(const struct version *v, const char *name)
{
	char line[40];

	(void)snprintf(line, sizeof(line), "\n%s ", name);
	return strstr(v->schema, line) > strstr(v->schema, "\ncheck ");
}

static void
fill(struct version *v)
{
	unsigned snapshot[2];
	unsigned len;
	unsigned offset;
	unsigned size;

	find(v, "snapshot0", &snapshot[0], &len);
	find(v, "snapshot1", &snapshot[1], &len);
	for (unsigned i = 0; i < v->values; i++) {
		const char *name = v->value[i].name;

		find(v, name, &offset, &size);
		if (!is_of_snapshot(v, name)) {
			put(v->record + offset, size, v->value[i].value);
			continue;
		}
		for (unsigned n = 0; n < 2; n++)
			put(v->record + snapshot[n] + offset, size,
				v->value[i].value);
	}
	/* The first is the newer one, and the second a different one. */
	find(v, "turn", &offset, &size);
	put(v->record + snapshot[1] + offset, size, value_of(v, "turn") - 1);
	find(v, "restarts", &offset, &size);
	put(v->record + snapshot[1] + offset, size, 1);
	for (unsigned n = 0; n < 2; n++)
		put(v->record + snapshot[n], 4,
			fnv(v->record + snapshot[n] + 4, len - 4));
}

static void
take_line(struct version *v, const char *line)
{
	size_t len;

	if (line[0] == '#')
		return;
	if (strncmp(line, "size ", 5) == 0) {
		v->size = strtoul(line + 5, NULL, 10);
		return;
	}
	if (line[0] != '=') {
		assert_true(
			strlen(v->schema) + strlen(line) < sizeof(v->schema));
		strcat(v->schema, line);
		return;
	}
	line += 2;
	len = strcspn(line, " ");
	assert_true(len < sizeof(v->value[0].name));
	memcpy(v->value[v->values].name, line, len);
	v->value[v->values++].value = strtoull(line + len, NULL, 10);
}

static void
read_version(const char *file, struct version *v)
{
	char path[128];
	char line[128];
	FILE *in;

	memset(v, 0, sizeof(*v));
	/* So that the first line begins behind a newline as well. */
	strcpy(v->schema, "\n");
	(void)snprintf(path, sizeof(path), "tests/unit/journals/%s", file);
	in = fopen(path, "r");
	assert_non_null(in);
	while (fgets(line, sizeof(line), in))
		take_line(v, line);
	(void)fclose(in);
	assert_true(v->size > 0 && v->size <= RECORD_CAP);
	fill(v);
}

static void
check(const char *file)
{
	struct version v;
	struct journal_record r;
	const struct journal_snapshot *s = &r.snapshot[0];

	read_version(file, &v);
	assert_true(journal_decode(v.schema + 1, v.record, v.size, &r));
	assert_int_equal(r.name, value_of(&v, "name"));
	assert_int_equal(r.pid, value_of(&v, "pid"));
	assert_int_equal(r.exit, value_of(&v, "exit"));
	assert_int_equal(r.error, value_of(&v, "error"));
	assert_int_equal(r.is_told, value_of(&v, "is_told"));
	assert_int_equal(r.before_ms, value_of(&v, "before_ms"));
	assert_int_equal(r.after_ms, value_of(&v, "after_ms"));
	assert_int_equal(s->turn, value_of(&v, "turn"));
	assert_int_equal(s->pid, value_of(&v, "view_pid"));
	assert_int_equal(s->state, value_of(&v, "state"));
	assert_int_equal(s->want, value_of(&v, "want"));
	assert_int_equal(s->fate, value_of(&v, "fate"));
	assert_int_equal(s->command, value_of(&v, "command"));
	assert_int_equal(s->has_exit, value_of(&v, "has_exit"));
	assert_int_equal(s->failures, value_of(&v, "failures"));
	assert_int_equal(s->limit_used, value_of(&v, "limit_used"));
	assert_int_equal(s->restarts, value_of(&v, "restarts"));
	assert_int_equal(s->starts, value_of(&v, "starts"));
	assert_int_equal(s->exit_status, value_of(&v, "exit_status"));
	assert_int_equal(s->reason, value_of(&v, "reason"));
	assert_int_equal(s->reason_arg, value_of(&v, "reason_arg"));
	assert_int_equal(s->reason_name, value_of(&v, "reason_name"));
	assert_int_equal(s->token, value_of(&v, "token"));
	assert_int_equal(s->limit_from_ms, value_of(&v, "limit_from_ms"));
	assert_int_equal(s->deadline_ms, value_of(&v, "deadline_ms"));
	assert_int_equal(s->since_boot_ms, value_of(&v, "since_boot_ms"));
	assert_int_equal(s->up_ms, value_of(&v, "up_ms"));
}

static void
test_journal_of_0_1_0_is_read(void **state)
{
	(void)state;
	check("0.1.0");
}

static void
test_journal_of_the_future_is_read(void **state)
{
	(void)state;
	check("future");
}

static void
test_journal_of_another_version_with_a_broken_check_is_refused(void **state)
{
	struct version v;
	struct journal_record r;
	unsigned offset;
	unsigned size;

	(void)state;
	read_version("future", &v);
	for (unsigned n = 0; n < 2; n++) {
		find(&v, n ? "snapshot1" : "snapshot0", &offset, &size);
		v.record[offset + size - 1] ^= 1;
	}
	assert_false(journal_decode(v.schema + 1, v.record, v.size, &r));
	assert_int_equal(r.pid, 4711);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_journal_of_0_1_0_is_read),
		cmocka_unit_test(test_journal_of_the_future_is_read),
		cmocka_unit_test(
			test_journal_of_another_version_with_a_broken_check_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
