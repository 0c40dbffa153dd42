/*
 * supervisor/svlog/syslog_parse.h and kmsg_parse.h: any bytes become one line,
 * no longer than it may be, and their parts lie within them.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/fmt.h"
#include "supervisor/svlog/kmsg_parse.h"
#include "supervisor/svlog/syslog_parse.h"
#include "tests/fuzz/fuzz.h"

static void
check_within(struct syslog_text part, const char *bytes, size_t len)
{
	REQUIRE(part.len == 0 ||
		(part.at >= bytes && part.at + part.len <= bytes + len));
}

/* A word of a head: no bytes that end it, none that a terminal obeys. */
static void
check_word(struct syslog_text word)
{
	for (size_t i = 0; i < word.len; i++)
		REQUIRE((unsigned char)word.at[i] > ' ' && word.at[i] != 0x7f);
}

static void
check_line(const struct fmt *f)
{
	REQUIRE(!f->is_cut);
	for (size_t i = 0; i < f->len; i++)
		REQUIRE(((unsigned char)f->text[i] >= ' ' &&
				f->text[i] != 0x7f) ||
			f->text[i] == '\t');
}

/* It is of no form: then all that follows the priority is text. */
static void
check_nothing_is_lost(
	const struct syslog_message *m, const char *bytes, size_t len)
{
	while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\0'))
		len--;
	REQUIRE(m->text.len == 0 || m->text.at + m->text.len == bytes + len);
	if (m->tag.len > 0 || m->host.len > 0 || m->data.len > 0 ||
		m->text.len == len || m->text.len == 0)
		return;
	REQUIRE(bytes[0] == '<');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_copy(data, size);
	size_t cap = 4 * size + SYSLOG_HEAD_MOST;
	char *out = malloc(cap);
	struct kmsg_record record;
	struct syslog_message m;
	struct fmt f;

	REQUIRE(out);
	syslog_parse(bytes, size, &m);
	REQUIRE(m.priority < 192);
	check_within(m.host, bytes, size);
	check_within(m.tag, bytes, size);
	check_within(m.pid, bytes, size);
	check_within(m.id, bytes, size);
	check_within(m.data, bytes, size);
	check_within(m.text, bytes, size);
	check_word(m.host);
	check_word(m.tag);
	check_word(m.pid);
	check_word(m.id);
	check_nothing_is_lost(&m, bytes, size);
	fmt_init(&f, out, cap);
	syslog_put(&f, &m, "box", fuzz_pick(bytes, size, UINT32_MAX));
	check_line(&f);
	if (kmsg_parse(bytes, size, &record)) {
		REQUIRE(record.text > bytes &&
			record.text + record.len <= bytes + size);
		REQUIRE(!memchr(record.text, '\n', record.len));
		fmt_init(&f, out, cap);
		kmsg_put(&f, &record);
		check_line(&f);
	}
	free(out);
	free(bytes);
	return 0;
}
