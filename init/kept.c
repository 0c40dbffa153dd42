#include "init/kept.h"

#include <stddef.h>
#include <string.h>

#include "lib/fmt.h"

struct field {
	char key[10];
	unsigned char size; /* of one value */
	unsigned char count;
	uint16_t offset;
};

#define VALUES(key, member, count)                                             \
	{                                                                      \
		key, sizeof(((struct kept *)0)->member) / (count), count,      \
			offsetof(struct kept, member)                          \
	}
#define VALUE(key, member) VALUES(key, member, 1)

static const struct field fields[] = {VALUE("mode", mode),
	VALUE("program", program_fd), VALUE("pid", pid),
	VALUE("signal", got.si_signo), VALUE("fault", fault),
	VALUE("at", fault_at), VALUES("faults", faults.at_ms, BURST_CAP),
	VALUE("nfaults", faults.len), VALUE("ending", finish.is_begun),
	VALUE("endfast", finish.at_once), VALUE("end", finish.end),
	VALUE("status", finish.status), VALUE("mask", start.mask),
	VALUE("ignored", start.ignored), VALUE("dead", dead.si_pid),
	VALUE("deadcode", dead.si_code), VALUE("deadstat", dead.si_status),
	VALUE("tty", tty_pgrp), VALUE("unheard", unheard),
	VALUE("machine", on_machine), VALUE("rescue", is_rescue),
	VALUE("shell", rescue_pid), VALUE("startat", start_at_ms),
	VALUE("rescued", rescued_ms), VALUE("deaths", deaths),
	VALUES("dying", dying.at_ms, BURST_CAP), VALUE("ndying", dying.len),
	VALUES("force", forcing.at_ms, BURST_CAP), VALUE("nforce", forcing.len),
	VALUE("stops", stops), VALUE("link", link.fd),
	VALUE("peer", link.peer_fd), VALUE("flags", link.flags),
	VALUE("greeting", link.has_greeting), VALUE("greets", link.deaths),
	VALUE("waiting", link.waiting), VALUE("good", good_fd),
	VALUE("serving", is_serving), VALUE("usegood", is_good_next),
	VALUE("serveby", serve_by_ms)};

#define FIELDS (sizeof fields / sizeof fields[0])

static uint64_t
get(const struct kept *kept, const struct field *field, unsigned i)
{
	const unsigned char *at =
		(const unsigned char *)kept + field->offset + i * field->size;
	uint32_t word;
	uint64_t value;

	if (field->size == 1)
		return *at;
	if (field->size == sizeof word) {
		memcpy(&word, at, sizeof word);
		return word;
	}
	memcpy(&value, at, sizeof value);
	return value;
}

static bool
set(struct kept *kept, const struct field *field, unsigned i, uint64_t value)
{
	unsigned char *at =
		(unsigned char *)kept + field->offset + i * field->size;
	uint32_t word = (uint32_t)value;

	if (field->size == 1) {
		*at = (unsigned char)value;
		return value <= 1;
	}
	if (field->size == sizeof word) {
		memcpy(at, &word, sizeof word);
		return value <= UINT32_MAX;
	}
	memcpy(at, &value, sizeof value);
	return true;
}

static void
put_hex(struct fmt *out, uint64_t value)
{
	unsigned width = 1;

	while (width < 16 && value >> width * 4)
		width++;
	fmt_hex(out, value, width);
}

void
kept_encode(const struct kept *kept, struct fmt *out)
{
	for (const struct field *f = fields; f < fields + FIELDS; f++) {
		unsigned count = f->count;

		while (count > 0 && get(kept, f, count - 1) == 0)
			count--;
		if (count == 0)
			continue;
		fmt_str(out, f->key);
		for (unsigned i = 0; i < count; i++) {
			fmt_char(out, i == 0 ? '=' : '.');
			put_hex(out, get(kept, f, i));
		}
		fmt_char(out, ',');
	}
}

/* Reads a value; returns what is behind it, NULL if there is none. */
static const char *
take_hex(const char *at, uint64_t *value)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit;
	unsigned width = 0;

	*value = 0;
	while (*at && (digit = strchr(digits, *at)) && width++ < 16) {
		*value = *value << 4 | (uint64_t)(digit - digits);
		at++;
	}
	return width > 0 && width <= 16 ? at : NULL;
}

static const struct field *
find(const char *key, size_t len)
{
	for (const struct field *f = fields; f < fields + FIELDS; f++)
		if (strlen(f->key) == len && memcmp(f->key, key, len) == 0)
			return f;
	return NULL;
}

static bool
is_sane(const struct kept *k)
{
	if (k->mode != KEPT_WRAP && k->mode != KEPT_BOOT)
		return false;
	if (k->faults.len > BURST_CAP || k->dying.len > BURST_CAP ||
		k->forcing.len > BURST_CAP)
		return false;
	if (k->pid < 0 || k->pid == 1 || k->rescue_pid < 0 ||
		k->rescue_pid == 1 || k->program_fd < 0 || k->good_fd < 0)
		return false;
	if (k->got.si_signo < 0 || k->got.si_signo > 64 || k->fault < 0 ||
		k->fault > 64)
		return false;
	return k->mode == KEPT_WRAP ||
	       (k->link.fd > 2 && k->link.peer_fd > 2 && k->deaths >= 0);
}

bool
kept_decode(struct kept *kept, const char *text)
{
	memset(kept, 0, sizeof *kept);
	while (*text) {
		size_t len = strcspn(text, "=,");
		const struct field *field = find(text, len);
		uint64_t value;

		text += len;
		if (len == 0 || *text != '=')
			return false;
		for (unsigned i = 0; *text == '=' || *text == '.'; i++) {
			text = take_hex(text + 1, &value);
			if (!text)
				return false;
			if (field && (i >= field->count ||
					     !set(kept, field, i, value)))
				return false;
		}
		if (*text++ != ',')
			return false;
	}
	return is_sane(kept);
}
