#include "supervisor/svlog/syslog_parse.h"

#include <stdbool.h>
#include <string.h>

#include "lib/fmt.h"

/* Longer words are no such fields but text. */
#define WORD_MOST  255u
#define TAG_MOST   128u
#define PID_MOST   128u
#define PRIORITIES 192u

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char byte_order_mark[] = "\xef\xbb\xbf";

static void
skip(struct syslog_text *rest, size_t n)
{
	rest->at += n;
	rest->len -= n;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What may stand in a word: no blank, no control byte. */
static bool
is_word(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f;
}

/* Whether bytes are of the shape: 0 a digit, anything else itself. */
static bool
has_shape(struct syslog_text rest, const char *shape)
{
	size_t len = strlen(shape);

	if (rest.len < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (shape[i] == '0' ? !is_digit(rest.at[i])
				    : rest.at[i] != shape[i])
			return false;
	return true;
}

/* <N>; false: there is none, or it is no priority. */
static bool
take_priority(struct syslog_text *rest, unsigned *priority)
{
	unsigned n = 0;
	size_t i = 1;

	if (rest->len < 3 || rest->at[0] != '<')
		return false;
	for (; i < rest->len && i <= 3 && is_digit(rest->at[i]); i++)
		n = n * 10 + (unsigned)(rest->at[i] - '0');
	if (i == 1 || i == rest->len || rest->at[i] != '>' || n >= PRIORITIES)
		return false;
	*priority = n;
	skip(rest, i + 1);
	return true;
}

/* Up to the next blank, which is passed over; false: none, or too long. */
static bool
take_word(struct syslog_text *rest, struct syslog_text *word)
{
	size_t i = 0;

	while (i < rest->len && i <= WORD_MOST && is_word(rest->at[i]))
		i++;
	if (i == 0 || i > WORD_MOST || (i < rest->len && rest->at[i] != ' '))
		return false;
	*word = (struct syslog_text){rest->at, i};
	skip(rest, i < rest->len ? i + 1 : i);
	return true;
}

static void
drop_nil(struct syslog_text *word)
{
	if (word->len == 1 && word->at[0] == '-')
		word->len = 0;
}

/* --- RFC 5424 ---------------------------------------------------------------
 */

/* The length of one [ID NAME="VALUE"...]; 0: it is none. */
static size_t
element_len(struct syslog_text rest)
{
	bool is_quoted = false;

	if (rest.len < 3 || rest.at[0] != '[' || !is_word(rest.at[1]) ||
		rest.at[1] == ']')
		return 0;
	for (size_t i = 1; i < rest.len; i++) {
		char c = rest.at[i];

		if (is_quoted && c == '\\')
			i++;
		else if (c == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && c == ']')
			return i + 1;
		else if (!is_quoted && c != ' ' && !is_word(c))
			return 0;
	}
	return 0;
}

static bool
take_data(struct syslog_text *rest, struct syslog_text *data)
{
	size_t len;

	*data = (struct syslog_text){rest->at, 0};
	if (rest->len > 0 && rest->at[0] == '-') {
		skip(rest, 1);
	} else {
		while ((len = element_len(*rest)) > 0) {
			data->len += len;
			skip(rest, len);
		}
		if (data->len == 0)
			return false;
	}
	if (rest->len > 0 && rest->at[0] != ' ')
		return false;
	skip(rest, rest->len > 0);
	return true;
}

/* After the priority; false: it is of another form. */
static bool
take_5424(struct syslog_text rest, struct syslog_message *m)
{
	struct syslog_message new = {.priority = m->priority};
	struct syslog_text time;

	if (!has_shape(rest, "1 "))
		return false;
	skip(&rest, 2);
	if (!has_shape(rest, "- ") && !has_shape(rest, "0000-00-00T00:00:00"))
		return false;
	if (!take_word(&rest, &time) || !take_word(&rest, &new.host) ||
		!take_word(&rest, &new.tag) || !take_word(&rest, &new.pid) ||
		!take_word(&rest, &new.id) || !take_data(&rest, &new.data))
		return false;
	drop_nil(&new.host);
	drop_nil(&new.tag);
	drop_nil(&new.pid);
	drop_nil(&new.id);
	if (has_shape(rest, byte_order_mark))
		skip(&rest, sizeof(byte_order_mark) - 1);
	new.text = rest;
	*m = new;
	return true;
}

/* --- RFC 3164, and what is sent under its name ------------------------------
 */

/* The length of a time and the blank behind it; 0: there is none. */
static size_t
time_len(struct syslog_text rest)
{
	static const char bsd[] = "00:00:00 ";
	struct syslog_text clock = rest;
	size_t i = 0;

	if (has_shape(rest, "0000-00-00T00:00:00")) {
		while (i < rest.len && is_word(rest.at[i]))
			i++;
		return i < rest.len && rest.at[i] == ' ' ? i + 1 : 0;
	}
	if (rest.len < 16 || rest.at[3] != ' ' || rest.at[6] != ' ' ||
		(rest.at[4] != ' ' && !is_digit(rest.at[4])) ||
		!is_digit(rest.at[5]))
		return 0;
	skip(&clock, 7);
	if (!has_shape(clock, bsd))
		return 0;
	while (i < 36 && memcmp(months + i, rest.at, 3) != 0)
		i += 3;
	return i < 36 ? 16 : 0;
}

/* TAG: or TAG[PID]:, a blank or the end behind it. */
static bool
take_tag(struct syslog_text *rest, struct syslog_message *m)
{
	struct syslog_text tag = {rest->at, 0};
	struct syslog_text pid = {rest->at, 0};
	size_t i = 0;

	while (i < rest->len && i <= TAG_MOST && is_word(rest->at[i]) &&
		rest->at[i] != ':' && rest->at[i] != '[')
		i++;
	if (i == 0 || i > TAG_MOST)
		return false;
	tag.len = i;
	if (i < rest->len && rest->at[i] == '[') {
		pid.at = rest->at + ++i;
		while (i < rest->len && pid.len <= PID_MOST &&
			is_word(rest->at[i]) && rest->at[i] != ']') {
			i++;
			pid.len++;
		}
		if (pid.len == 0 || pid.len > PID_MOST || i == rest->len ||
			rest->at[i] != ']')
			return false;
		i++;
	}
	if (i == rest->len || rest->at[i] != ':' ||
		(i + 1 < rest->len && rest->at[i + 1] != ' '))
		return false;
	i++;
	m->tag = tag;
	m->pid = pid;
	skip(rest, i < rest->len ? i + 1 : i);
	return true;
}

static void
take_3164(struct syslog_text rest, struct syslog_message *m)
{
	size_t len = time_len(rest);
	struct syslog_text after;
	struct syslog_text host;

	skip(&rest, len);
	after = rest;
	if (take_tag(&rest, m)) {
		m->text = rest;
		return;
	}
	/* A host is one only if a tag follows it. */
	if (len > 0 && take_word(&after, &host) && take_tag(&after, m)) {
		m->host = host;
		rest = after;
	}
	m->text = rest;
}

void
syslog_parse(const char *bytes, size_t len, struct syslog_message *m)
{
	struct syslog_text rest = {bytes, len};

	*m = (struct syslog_message){.priority = SYSLOG_PRIORITY};
	/* What C programs and scripts leave at the end. */
	while (rest.len > 0 && (rest.at[rest.len - 1] == '\n' ||
				       rest.at[rest.len - 1] == '\0'))
		rest.len--;
	m->text = rest;
	if (take_priority(&rest, &m->priority) && !take_5424(rest, m))
		take_3164(rest, m);
}

/* --- the line ---------------------------------------------------------------
 */

void
syslog_put_priority(struct fmt *f, unsigned priority)
{
	static const char *const facilities[] = {"kern", "user", "mail",
		"daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
		"authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0",
		"local1", "local2", "local3", "local4", "local5", "local6",
		"local7"};
	static const char *const severities[] = {"emerg", "alert", "crit",
		"err", "warning", "notice", "info", "debug"};
	unsigned facility = priority / 8;

	if (facility < sizeof(facilities) / sizeof(facilities[0]))
		fmt_str(f, facilities[facility]);
	else
		fmt_u64(f, facility);
	fmt_char(f, '.');
	fmt_str(f, severities[priority % 8]);
}

void
syslog_put_escaped(struct fmt *f, const char *bytes, size_t len)
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if ((c >= ' ' && c != 0x7f) || c == '\t')
			continue;
		fmt_bytes(f, bytes + from, i - from);
		fmt_str(f, "\\x");
		fmt_hex(f, c, 2);
		from = i + 1;
	}
	fmt_bytes(f, bytes + from, len - from);
}

/* Whether the two name one host: in full or up to the first dot. */
static bool
is_host(struct syslog_text host, const char *own)
{
	size_t len = strlen(own);
	size_t least = len < host.len ? len : host.len;

	if (memcmp(host.at, own, least) != 0)
		return false;
	return len == host.len ||
	       (len < host.len ? host.at[len] : own[host.len]) == '.';
}

static bool
is_number(struct syslog_text text, unsigned n)
{
	char digits[16];
	struct fmt f;

	fmt_init(&f, digits, sizeof(digits));
	fmt_u64(&f, n);
	return text.len == f.len && memcmp(text.at, digits, f.len) == 0;
}

static void
put_word(struct fmt *f, struct syslog_text word)
{
	if (word.len == 0)
		return;
	syslog_put_escaped(f, word.at, word.len);
	fmt_char(f, ' ');
}

void
syslog_put(struct fmt *f, const struct syslog_message *m, const char *own,
	unsigned pid)
{
	syslog_put_priority(f, m->priority);
	fmt_char(f, ' ');
	if (m->host.len > 0 && !is_host(m->host, own))
		put_word(f, m->host);
	if (m->tag.len > 0)
		fmt_bytes(f, m->tag.at, m->tag.len);
	else
		fmt_char(f, '-');
	if (m->pid.len > 0)
		fmt_printf(f, "[%.*s]", (int)m->pid.len, m->pid.at);
	if (m->pid.len == 0 && pid > 0)
		fmt_printf(f, "[%u]", pid);
	if (m->pid.len > 0 && pid > 0 && !is_number(m->pid, pid))
		fmt_printf(f, " (pid %u)", pid);
	fmt_str(f, ": ");
	put_word(f, m->id);
	put_word(f, m->data);
	syslog_put_escaped(f, m->text.at, m->text.len);
}
