#include "lib/given.h"

#include <string.h>

#include "lib/def.h"

bool
given_is_any(const struct given *given)
{
	const char *const *at = given->environ;

	while (at && *at && strncmp(*at, GIVEN_PREFIX, GIVEN_PREFIX_LEN) != 0)
		at++;
	return given->services > 0 || given->command || (at && *at);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
given_split(const char *word, char name[NAME_CAP], const char **command,
	size_t *command_len, const char **problem)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);

	*problem = NULL;
	if (!equals)
		*problem = "write -S NAME=COMMAND";
	else if (len == 0)
		*problem = "there is no name before the =";
	else if (!name_is_valid(word, len))
		*problem = "what is before the = is no name of a service";
	else if (word[len - 1] == '@')
		*problem = "a template does not run; name an instance of it";
	if (*problem)
		return false;
	memcpy(name, word, len);
	name[len] = '\0';
	word += len + 1;
	while (is_blank(*word))
		word++;
	len = strlen(word);
	while (len > 0 && is_blank(word[len - 1]))
		len--;
	*command = word;
	*command_len = len;
	return true;
}

const char *
given_find(const struct given *given, const char *name, unsigned *count)
{
	const char *first = NULL;
	size_t len = strlen(name);

	*count = 0;
	for (size_t i = 0; i < given->services; i++) {
		const char *word = given->service[i];

		if (strncmp(word, name, len) != 0 || word[len] != '=')
			continue;
		if (!first)
			first = word;
		(*count)++;
	}
	return first;
}

bool
given_has(const struct given *given, const char *name)
{
	unsigned count;

	if (given->command && strcmp(name, GIVEN_MAIN) == 0)
		return true;
	return given_find(given, name, &count) != NULL;
}

/* A byte of a variable's name, for one of a service's or of a key. */
static bool
is_written(char byte, char meant)
{
	return byte == meant ||
	       (byte == '_' && meant != '\0' && strchr("-.@:+", meant));
}

bool
given_is_name(const char *bytes, size_t len, const char *name)
{
	if (strlen(name) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_written(bytes[i], name[i]))
			return false;
	return true;
}

bool
given_variable(const char *pair, struct given_variable *out)
{
	size_t len = strcspn(pair, "=");
	size_t best = 0;

	if (strncmp(pair, GIVEN_PREFIX, GIVEN_PREFIX_LEN) != 0 ||
		pair[len] != '=')
		return false;
	*out = (struct given_variable){.name = pair + GIVEN_PREFIX_LEN,
		.name_len = len - GIVEN_PREFIX_LEN,
		.value = pair + len + 1,
		.len = len};
	for (unsigned i = 0; def_key_name(i); i++) {
		const char *key = def_key_name(i);
		size_t key_len = strlen(key);
		const char *at = pair + len - key_len;

		if (key_len <= best || key_len + 2 > len - GIVEN_PREFIX_LEN ||
			at[-1] != '_' || !given_is_name(at, key_len, key))
			continue;
		best = key_len;
		out->key = key;
		out->name_len = (size_t)(at - 1 - out->name);
	}
	return true;
}
