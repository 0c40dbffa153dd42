/*
 * lib/name.h, signame.h, duration.h and arena.h: words of any bytes. Input: two
 * words, a newline between.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/duration.h"
#include "lib/fmt.h"
#include "lib/given.h"
#include "lib/name.h"
#include "lib/signame.h"
#include "tests/fuzz/fuzz.h"

/* Of a valid name, and what %I makes a path of. */
static void
check_instance(const char *name, size_t len)
{
	char other[NAME_CAP], path[NAME_CAP + 2] = "/";

	if (!name_is_valid(name, len))
		return;
	if (name_template(name, other)) {
		size_t end = strlen(other);

		REQUIRE(end < len && other[end - 1] == '@' &&
			memcmp(name, other, end) == 0 &&
			name_is_valid(other, end) && name[end] != '-' &&
			name[end] != '.');
		strcat(strcpy(path + 1, name + end), "/");
		for (char *p = path; *p != '\0'; p++)
			*p = *p == '-' ? '/' : *p;
		REQUIRE(strstr(path, "/../") == NULL);
	}
	if (name_logged(name, other))
		REQUIRE(strlen(other) + strlen(NAME_LOGGER) == len);
}

/* Of words as -S has them, and of variables. */
static void
check_given(const char *word)
{
	char name[NAME_CAP];
	const char *command, *problem;
	struct given given = {.service = &word, .services = 1};
	struct given_variable v;
	unsigned count;
	size_t len;

	if (given_split(word, name, &command, &len, &problem)) {
		REQUIRE(name_is_valid(name, strlen(name)));
		REQUIRE(command + len <= word + strlen(word));
		REQUIRE(given_find(&given, name, &count) == word && count == 1);
		REQUIRE(given_is_name(name, strlen(name), name));
	} else {
		REQUIRE(*problem != '\0');
	}
	if (!given_variable(word, &v))
		return;
	REQUIRE(word[v.len] == '=' && v.value == word + v.len + 1);
	REQUIRE(v.name + v.name_len <= word + v.len);
	if (v.key)
		REQUIRE(v.name_len > 0 &&
			given_is_name(v.name + v.name_len + 1, strlen(v.key),
				v.key) &&
			v.name + v.name_len + 1 + strlen(v.key) ==
				word + v.len);
}

static void
check_names(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned distance = name_distance(a, b, 9);

	REQUIRE(distance == name_distance(b, a, 9) && distance <= 10);
	REQUIRE(name_distance(a, b, 1) == (distance > 1 ? 2 : distance));
	if (len < 64 && strlen(b) < 64)
		REQUIRE((distance == 0) == (strcmp(a, b) == 0));
	REQUIRE((name_hash(a) == name_hash(b)) == (strcmp(a, b) == 0));
	REQUIRE(name_reach(a) <= 2 && (len > 0 || name_reach(a) == 0));
	if (name_is_valid(a, len))
		REQUIRE(len > 0 && len < NAME_CAP &&
			!strpbrk(a, "/ \t\n%\"'") && *a != '.' && *a != '-' &&
			*a != '@');
	check_instance(a, len);
	REQUIRE(!name_is_ignored(a) || len > 1 || strchr(".~", *a));
	if (*a == '.')
		REQUIRE(name_is_ignored(a) && !name_is_valid(a, len));
}

static void
check_signal(const char *text)
{
	char buf[16], again[16];
	int signal = signame_parse(text);
	/* What is no signal is a number, and one that means nothing again. */
	int any = (int)fuzz_pick(text, strlen(text), 200) - 70;
	const char *name = signame_get(any, again);

	REQUIRE(signal >= 0 && signal <= 64);
	if (signal > 0)
		REQUIRE(signame_parse(signame_get(signal, buf)) == signal);
	REQUIRE(*name != '\0' && strlen(name) < sizeof(again));
	REQUIRE(signame_parse(name) == (any > 0 && any < 65 ? any : 0));
}

static void
check_duration(const char *text)
{
	uint32_t ms = 0x5a5a5a5a, again;
	char shown[64], exact[32];
	struct fmt f;

	if (!duration_parse(text, strlen(text), &ms))
		ms = fuzz_pick(text, strlen(text), UINT32_MAX) >>
		     (strlen(text) % 32);
	else
		REQUIRE(ms <= DURATION_MAX_MS);
	fmt_init(&f, exact, sizeof(exact));
	fmt_printf(&f, "%ums", (unsigned)ms);
	REQUIRE(duration_parse(exact, f.len, &again) ==
		(ms <= DURATION_MAX_MS));
	REQUIRE(ms > DURATION_MAX_MS || again == ms);
	fmt_init(&f, shown, sizeof(shown));
	duration_format(&f, ms);
	REQUIRE(f.len > 0 && f.len < 20 && !f.is_cut);
}

static void
check_arena(const char *text, size_t len)
{
	_Alignas(8) char memory[256];
	struct arena a;
	const char *last = memory;
	size_t cap = fuzz_pick(text, len, sizeof(memory));

	memset(memory, 0x5a, sizeof(memory));
	arena_init(&a, memory, cap);
	REQUIRE(arena_copy(&a, text, SIZE_MAX) == NULL);
	for (unsigned i = 0; i < 4; i++) {
		const char *copy = arena_copy(&a, text, len);

		if (copy == NULL) {
			REQUIRE(len + 1 + 7 > cap - a.used);
			continue;
		}
		REQUIRE(copy >= last && (uintptr_t)copy % 8 == 0);
		REQUIRE(memcmp(copy, text, len) == 0 && copy[len] == '\0');
		last = copy + len + 1;
		REQUIRE(last <= memory + cap);
	}
	for (size_t i = cap; i < sizeof(memory); i++)
		REQUIRE(memory[i] == 0x5a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	char *a = fuzz_string(data, len);
	char *b = fuzz_string(
		data + len + (end != NULL), size - len - (end != NULL));

	check_names(a, b);
	check_given(a);
	check_signal(a);
	check_duration(a);
	check_arena(a, strlen(a));
	free(a);
	free(b);
	return 0;
}
