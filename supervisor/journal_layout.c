#include "supervisor/journal_layout.h"

#include <string.h>

#include "lib/fmt.h"

/* One layout for machines of 32 and 64 bits: there a 64-bit word would lie at
 * any multiple of 4. */
#define IS_EVEN(type, member) (offsetof(struct type, member) % 8 == 0)
_Static_assert(IS_EVEN(journal_header, init_start) &&
		       sizeof(struct journal_header) % 8 == 0,
	"journal format");
_Static_assert(IS_EVEN(journal_snapshot, reason_name) &&
		       sizeof(struct journal_snapshot) % 8 == 0,
	"journal format");
_Static_assert(IS_EVEN(journal_record, before_ms) &&
		       IS_EVEN(journal_record, hook_before_ms) &&
		       IS_EVEN(journal_record, snapshot) &&
		       sizeof(struct journal_record) % 8 == 0,
	"journal format");

struct field {
	const char *name;
	uint16_t offset;
	uint16_t size;
};

#define SIZE_OF(type, member) (uint16_t)sizeof(((struct type *)0)->member)
#define WORD(member)                                                           \
	{                                                                      \
#member, offsetof(struct journal_record, member),              \
			SIZE_OF(journal_record, member)                        \
	}
#define VIEW(member)                                                           \
	{                                                                      \
#member, offsetof(struct journal_snapshot, member),            \
			SIZE_OF(journal_snapshot, member)                      \
	}

/* The single words of a record. */
static const struct field words[] = {
	WORD(name),
	WORD(pid),
	WORD(exit),
	WORD(error),
	WORD(is_told),
	WORD(before_ms),
	WORD(after_ms),
	WORD(hook_pid),
	WORD(hook_end),
	WORD(hook_what),
	WORD(hook_took_ms),
	WORD(hook_before_ms),
};

/* Fields of a snapshot; "pid" of a snapshot is "view_pid" in the schema. */
static const struct field views[] = {
	VIEW(check),
	VIEW(turn),
	{"view_pid", offsetof(struct journal_snapshot, pid), 4},
	VIEW(state),
	VIEW(want),
	VIEW(fate),
	VIEW(command),
	VIEW(has_exit),
	VIEW(is_adopted),
	VIEW(failures),
	VIEW(limit_used),
	VIEW(part),
	VIEW(facts),
	VIEW(is_pulled),
	VIEW(has_been_up),
	VIEW(timer),
	VIEW(restarts),
	VIEW(starts),
	VIEW(exit_status),
	VIEW(reason),
	VIEW(reason_arg),
	VIEW(reason_name),
	VIEW(token),
	VIEW(limit_from_ms),
	VIEW(deadline_ms),
	VIEW(since_boot_ms),
	VIEW(up_ms),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
put_field(struct fmt *f, const struct field *field)
{
	fmt_printf(f, "%s %u %u\n", field->name, field->offset, field->size);
}

void
journal_schema(char out[JOURNAL_SCHEMA])
{
	struct fmt f;

	fmt_init(&f, out, JOURNAL_SCHEMA);
	for (size_t i = 0; i < COUNT(words); i++)
		put_field(&f, &words[i]);
	fmt_printf(&f, "snapshot0 %u %u\nsnapshot1 %u %u\n",
		(unsigned)offsetof(struct journal_record, snapshot[0]),
		(unsigned)sizeof(struct journal_snapshot),
		(unsigned)offsetof(struct journal_record, snapshot[1]),
		(unsigned)sizeof(struct journal_snapshot));
	for (size_t i = 0; i < COUNT(views); i++)
		put_field(&f, &views[i]);
}

static uint32_t
fnv32(const unsigned char *bytes, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	/* All zero bytes must not pass for a snapshot. */
	return hash == 0 ? 1 : hash;
}

uint32_t
journal_check(const struct journal_snapshot *snapshot)
{
	const void *bytes = snapshot;

	return fnv32((const unsigned char *)bytes + sizeof(snapshot->check),
		sizeof(*snapshot) - sizeof(snapshot->check));
}

static const char *
number(const char *text, uint32_t *out)
{
	*out = 0;
	while (*text == ' ')
		text++;
	while (*text >= '0' && *text <= '9' && *out < 1000000)
		*out = *out * 10 + (uint32_t)(*text++ - '0');
	return text;
}

/* Where a field of that name is in the other version. */
static bool
find(const char *schema, const char *name, uint32_t *offset, uint32_t *size)
{
	size_t len = strlen(name);

	while (*schema != '\0') {
		if (strncmp(schema, name, len) == 0 && schema[len] == ' ') {
			number(number(schema + len, offset), size);
			return true;
		}
		while (*schema != '\0' && *schema != '\n')
			schema++;
		if (*schema == '\n')
			schema++;
	}
	return false;
}

/* Little numbers may grow: on a big-endian machine their end counts. */
static void
copy_field(unsigned char *to, uint32_t to_size, const unsigned char *from,
	uint32_t from_size)
{
	uint32_t n = to_size < from_size ? to_size : from_size;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	memcpy(to + (to_size - n), from + (from_size - n), n);
#else
	memcpy(to, from, n);
#endif
}

static void
take_fields(const char *schema, const struct field *fields, size_t count,
	const unsigned char *from, size_t from_len, void *to)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t offset;
		uint32_t size;

		if (find(schema, fields[i].name, &offset, &size) &&
			size <= from_len && offset <= from_len - size)
			copy_field((unsigned char *)to + fields[i].offset,
				fields[i].size, from + offset, size);
	}
}

/* False: not whole. */
static bool
take_snapshot(const char *schema, const char *which,
	const unsigned char *record, size_t record_size,
	struct journal_snapshot *out)
{
	uint32_t offset;
	uint32_t size;

	memset(out, 0, sizeof(*out));
	if (!find(schema, which, &offset, &size) || size <= 4 ||
		size > record_size || offset > record_size - size)
		return false;
	take_fields(schema, views, COUNT(views), record + offset, size, out);
	return out->check == fnv32(record + offset + 4, size - 4);
}

bool
journal_decode(const char *schema, const unsigned char *record,
	size_t record_size, struct journal_record *out)
{
	bool is_whole[2];

	memset(out, 0, sizeof(*out));
	take_fields(schema, words, COUNT(words), record, record_size, out);
	if (out->name == 0)
		return false;
	is_whole[0] = take_snapshot(
		schema, "snapshot0", record, record_size, &out->snapshot[0]);
	is_whole[1] = take_snapshot(
		schema, "snapshot1", record, record_size, &out->snapshot[1]);
	if (is_whole[1] &&
		(!is_whole[0] || (int32_t)(out->snapshot[1].turn -
					   out->snapshot[0].turn) > 0))
		out->snapshot[0] = out->snapshot[1];
	return is_whole[0] || is_whole[1];
}
