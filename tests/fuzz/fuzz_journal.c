/*
 * supervisor/journal_layout.h: any schema with any record; then the bytes as
 * a record of today's, which must be found as it is.
 * Input: what to mend (bits 0 and 1: the checksums), two bytes with the length
 * of the schema, the schema, the record.
 */
#include <stdlib.h>
#include <string.h>

#include "supervisor/journal_layout.h"
#include "tests/fuzz/fuzz.h"

static bool
decode(const char *schema, const unsigned char *record, size_t size,
	struct journal_record *out)
{
	char longer[JOURNAL_SCHEMA * 2] = "zz 0 4\nname2 1 1\n";
	struct journal_record again;
	bool is_whole;

	memset(out, 0x5a, sizeof(*out));
	is_whole = journal_decode(schema, record, size, out);
	REQUIRE(!is_whole || out->name != 0);
	/* Neither what out held nor fields nobody knows change anything. */
	memset(&again, 0xa5, sizeof(again));
	strncat(longer, schema, JOURNAL_SCHEMA);
	REQUIRE(journal_decode(longer, record, size, &again) == is_whole);
	REQUIRE(memcmp(&again, out, sizeof(again)) == 0);
	return is_whole;
}

static void
check_today(const unsigned char *bytes, unsigned mend)
{
	struct journal_record in, out;
	const struct journal_snapshot *newer;
	char schema[JOURNAL_SCHEMA];
	bool is_whole[2], is_found;

	memcpy(&in, bytes, sizeof(in));
	for (unsigned i = 0; i < 2; i++) {
		in.snapshot[i].unused = 0;
		if (mend >> i & 1)
			in.snapshot[i].check = journal_check(&in.snapshot[i]);
		is_whole[i] =
			in.snapshot[i].check == journal_check(&in.snapshot[i]);
	}
	journal_schema(schema);
	REQUIRE(strnlen(schema, sizeof(schema)) < sizeof(schema) - 1);
	is_found = decode(schema, (const unsigned char *)&in, sizeof(in), &out);
	REQUIRE(is_found == (in.name != 0 && (is_whole[0] || is_whole[1])));
	REQUIRE(out.name == in.name && out.pid == in.pid);
	REQUIRE(out.exit == in.exit && out.error == in.error);
	REQUIRE(out.before_ms == in.before_ms && out.after_ms == in.after_ms);
	if (!is_found)
		return;
	newer = &in.snapshot[!is_whole[0]];
	if (is_whole[0] && is_whole[1] &&
		in.snapshot[1].turn - in.snapshot[0].turn - 1 < INT32_MAX)
		newer = &in.snapshot[1];
	REQUIRE(memcmp(&out.snapshot[0], newer, sizeof(*newer)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal_record out;
	unsigned char *record;
	size_t len, rest;
	char *schema;

	if (size < 3)
		return -1;
	len = data[1] | (size_t)data[2] << 8;
	len = len > size - 3 ? size - 3 : len;
	len = len >= JOURNAL_SCHEMA ? JOURNAL_SCHEMA - 1 : len;
	rest = size - 3 - len;
	schema = fuzz_string(data + 3, len);
	record = fuzz_copy(data + 3 + len, rest);
	decode(schema, record, rest, &out);
	if (rest >= sizeof(out))
		check_today(record, data[0]);
	free(schema);
	free(record);
	return 0;
}
