/*
 * lib/control.h: the same lines however the bytes are cut, those that the
 * header promises; what is parsed, written and parsed again is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/control.h"
#include "lib/name.h"
#include "tests/fuzz/fuzz.h"

/* The line of len raw bytes by the rules of the header; false: dropped. */
static bool
is_clean(const uint8_t *line, size_t len)
{
	if (len > CONTROL_LINE_MAX - 1)
		return false;
	/* Of an unfinished line, a CR may yet be the one before a newline. */
	len -= len > 0 && line[len - 1] == '\r';
	for (size_t i = 0; i < len; i++)
		if ((line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
			return false;
	return true;
}

static void
check_parse(const char *text)
{
	struct control_request request, again;
	char *line = fuzz_string(text, strlen(text));
	char sent[CONTROL_LINE_MAX + 1];
	enum control_error error = control_parse(line, &request);
	const char *name = request.argc == 1 ? request.argv[0] : NULL;
	size_t len;

	REQUIRE(request.argc <= CONTROL_ARGS_MAX);
	REQUIRE(*control_error_text(error) != '\0');
	REQUIRE(request.bad_arg == NULL || strstr(text, request.bad_arg));
	for (unsigned i = 0; i < request.argc; i++)
		REQUIRE(name_is_valid(
			request.argv[i], strlen(request.argv[i])));
	if (error == CONTROL_OK && request.argc <= 1) {
		len = control_format(sent, sizeof(sent), request.token,
			request.verb, request.signal, name);
		REQUIRE(len > 0 && sent[0] == '\n' && sent[len - 1] == '\n');
		sent[len - 1] = '\0';
		REQUIRE(control_parse(sent + 1, &again) == CONTROL_OK);
		REQUIRE(again.token == request.token);
		REQUIRE(again.verb == request.verb);
		REQUIRE(again.signal == request.signal);
		REQUIRE(again.argc == request.argc);
		REQUIRE(!name || strcmp(again.argv[0], name) == 0);
		REQUIRE(control_format(sent, len, request.token, request.verb,
				request.signal, name) == 0);
	}
	free(line);
}

/* The next line of the reader, as the header says it must be. */
static void
check_line(const char *line, const uint8_t *raw, size_t len)
{
	len -= len > 0 && raw[len - 1] == '\r';
	REQUIRE(strlen(line) == len && memcmp(line, raw, len) == 0);
	check_parse(line);
}

static void
check_chunks(const uint8_t *data, size_t size, size_t chunk)
{
	struct control_reader r = {.len = 0};
	const uint8_t *raw = data;
	uint32_t dropped = 0;
	size_t at = 0;

	while (at < size) {
		size_t len = size - at < chunk ? size - at : chunk;
		bool has_line;
		char *bytes = fuzz_copy(data + at, len);

		at += control_read(&r, bytes, len, &has_line);
		free(bytes);
		for (; raw < data + at; raw++) {
			const uint8_t *end =
				memchr(raw, '\n', (size_t)(data + at - raw));
			size_t raw_len;

			if (!end)
				break;
			raw_len = (size_t)(end - raw);
			if (!is_clean(raw, raw_len))
				dropped++;
			else if (end + 1 == data + at && has_line)
				check_line(r.line, raw, raw_len);
			else
				for (size_t i = 0; i < raw_len; i++)
					REQUIRE(strchr(" \t\r", raw[i]));
			raw = end;
		}
	}
	dropped += !is_clean(raw, (size_t)(data + size - raw));
	REQUIRE(r.dropped == dropped);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_chunks(data, size, SIZE_MAX);
	check_chunks(data, size, 1);
	check_chunks(data, size, 1 + fuzz_pick(data, size, 61));
	/* What is none of ours has a word too, and nothing fits into 0 bytes.
	 */
	REQUIRE(*control_error_text((enum control_error)99) != '\0');
	for (unsigned i = 0; i <= CONTROL_VERBS; i++) {
		enum control_verb verb = (enum control_verb)i;
		const char *word = control_verb_name(verb);

		REQUIRE(control_format(NULL, 0, 1, verb, 0, NULL) == 0);
		REQUIRE(control_verb_find(word) ==
			(*word == '?' ? CONTROL_NONE : verb));
	}
	return 0;
}
