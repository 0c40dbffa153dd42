#include "lib/text.h"

#include <stdlib.h>
#include <string.h>

#include "lib/fmt.h"
#include "lib/load.h"

bool
text_add(struct load_text *text, const char *bytes, size_t len)
{
	if (len > text->cap - text->len) {
		size_t cap = text->cap < 512 ? 512 : text->cap;
		char *grown;

		while (len > cap - text->len)
			cap *= 2;
		grown = realloc(text->bytes, cap);
		if (grown == NULL)
			return false;
		text->bytes = grown;
		text->cap = cap;
	}
	if (len > 0)
		memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	return true;
}

bool
text_add_str(struct load_text *text, const char *s)
{
	return text_add(text, s, strlen(s));
}

bool
text_add_fragment(struct load_text *text, char kind, const char *file,
	const char *bytes, size_t len)
{
	bool has_newline = len == 0 || bytes[len - 1] == '\n';
	char start[32];
	struct fmt f;

	fmt_init(&f, start, sizeof(start));
	fmt_printf(&f, "%c %zu ", kind, len + !has_newline);
	return text_add(text, start, f.len) && text_add_str(text, file) &&
	       text_add_str(text, "\n") && text_add(text, bytes, len) &&
	       (has_newline || text_add_str(text, "\n"));
}

bool
text_add_quoted(struct load_text *text, const char *s)
{
	bool is_plain = *s != '\0';

	for (const char *p = s; *p != '\0'; p++)
		is_plain = is_plain && ((*p >= 'A' && *p <= 'Z') ||
					       (*p >= 'a' && *p <= 'z') ||
					       (*p >= '0' && *p <= '9') ||
					       strchr("_./:@+-,=", *p) != NULL);
	if (is_plain)
		return text_add_str(text, s);
	if (!text_add_str(text, "'"))
		return false;
	for (; *s != '\0'; s++)
		if (!(*s == '\'' ? text_add_str(text, "'\\''")
				 : text_add(text, s, 1)))
			return false;
	return text_add_str(text, "'");
}

void
text_free(struct load_text *text)
{
	free(text->bytes);
	*text = (struct load_text){0};
}
