#include "svctl/given.h"

#include <stdlib.h>
#include <string.h>

#include "lib/given.h"
#include "lib/load.h"
#include "svctl/defs.h"
#include "svctl/svctl.h"

#define HEADER "tend-given 1"

static struct {
	bool is_read;
	bool is_good;
	const char *root; /* the first config root of the supervisor */
	struct load_text text;
	struct given given;
} noted;

/* A word and its NUL, NULL at the end. */
static const char *
take(size_t *at)
{
	const char *word = noted.text.bytes + *at;

	if (*at >= noted.text.len)
		return NULL;
	*at += strlen(word) + 1;
	return word;
}

/*
 * One array for all of them: services grow from its begin, then come the
 * variables with a NULL, then the command with another.
 */
static bool
take_words(size_t at, size_t words)
{
	const char **list = calloc(words + 3, sizeof(*list));
	const char *word;
	size_t n = 0;

	if (!list)
		return false;
	noted.given.service = list;
	word = take(&at);
	for (; word && strcmp(word, "-S") == 0; word = take(&at)) {
		const char *value = take(&at);

		if (value)
			list[n++] = value;
	}
	noted.given.services = n;
	noted.given.environ = list + n;
	for (; word && strcmp(word, "--") != 0; word = take(&at))
		list[n++] = word;
	list[n++] = NULL;
	if (!word)
		return true;
	noted.given.command = list + n;
	while ((word = take(&at)))
		list[n++] = word;
	return true;
}

static bool
parse(void)
{
	const char *header;
	size_t at = 0, words = 0;

	if (noted.text.len == 0 || noted.text.bytes[noted.text.len - 1] != '\0')
		return false;
	for (size_t i = 0; i < noted.text.len; i++)
		words += noted.text.bytes[i] == '\0';
	header = take(&at);
	noted.root = take(&at);
	return header && noted.root && strcmp(header, HEADER) == 0 &&
	       take_words(at, words);
}

void
given_add(struct svctl *s, struct load *load)
{
	if (s->paths.root)
		return;
	if (!noted.is_read) {
		noted.is_read = true;
		noted.is_good =
			defs_read_file(s, "given", &noted.text) == 0 && parse();
	}
	if (noted.is_good && strcmp(noted.root, load->root[0]) == 0)
		load->given = &noted.given;
}
