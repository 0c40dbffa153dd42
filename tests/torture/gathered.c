#include "tests/torture/gathered.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/torture/arena.h"
#include "tests/torture/scrawl.h"

#define STAMP	  27
#define HEAD	  (STAMP + 3) /* "STAMP o+" */
#define SHOWN	  60
#define TOLD_MOST 3 /* faults of a service that are told */

/* One stream, put together again. */
struct joined {
	char *bytes;
	size_t len;
	size_t cap;
};

static struct joined joined[2];
static char told_name[16];
static unsigned told;

static bool
fault(const char *what, size_t at)
{
	if (told++ < TOLD_MOST)
		printf("# %s: %s at byte %zu\n", told_name, what, at);
	return false;
}

static void
add(struct joined *to, const char *bytes, size_t len)
{
	if (to->len + len > to->cap) {
		to->cap = 2 * to->cap + len;
		to->bytes = realloc(to->bytes, to->cap);
		if (!to->bytes)
			abort();
	}
	memcpy(to->bytes + to->len, bytes, len);
	to->len += len;
}

/* Stamps of a file never go back, and each line has one, and a mark. */
static bool
take_lines(const char *text, size_t len)
{
	const char *end = text + len;
	const char *last = NULL;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		struct joined *to = NULL;

		if (!newline || newline - text < HEAD)
			return fault("a line that is not whole",
				(size_t)(text + len - end));
		if (text[STAMP] == ' ' && strchr("oe", text[STAMP + 1]))
			to = &joined[text[STAMP + 1] == 'e'];
		if (!to || !strchr(" +", text[STAMP + 2]))
			return fault("a line that nobody wrote",
				(size_t)(text + len - end));
		if (last && memcmp(text, last, STAMP) < 0)
			return fault("a line that is older than the one before",
				(size_t)(text + len - end));
		last = text;
		add(to, text + HEAD, (size_t)(newline - text) - HEAD);
		if (text[STAMP + 2] == ' ')
			add(to, "\n", 1);
		text = newline + 1;
	}
	return true;
}

static bool
take_file(const char *dir, const char *name)
{
	char path[ARENA_PATH_CAP + 300];
	static char *text;
	static size_t cap;
	bool is_fine = true;
	FILE *file;
	long len;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "re");
	if (!file || fseek(file, 0, SEEK_END) != 0 || (len = ftell(file)) < 0)
		return fault(path, 0);
	rewind(file);
	if ((size_t)len > cap) {
		cap = (size_t)len;
		text = realloc(text, cap);
		if (!text)
			abort();
	}
	if (fread(text, 1, (size_t)len, file) != (size_t)len)
		is_fine = fault(path, 0);
	fclose(file);
	return take_lines(text, (size_t)len) && is_fine;
}

static int
is_finished(const struct dirent *entry)
{
	return entry->d_name[0] == '@';
}

static bool
take_files(const char *dir)
{
	struct dirent **names;
	int count = scandir(dir, &names, is_finished, alphasort);
	bool is_fine = count >= 0;

	for (int i = 0; i < count; i++) {
		is_fine &= take_file(dir, names[i]->d_name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return is_fine & take_file(dir, "current");
}

/*
 * What a killed writer left may end anywhere; then comes what only a later run
 * begins with, or nothing.
 */
static bool
does_end(const struct scrawl_note *note, unsigned service, uint32_t run,
	uint32_t stream, size_t at)
{
	const struct joined *j = &joined[stream];

	for (run++; run < note->count; run++) {
		char header[80];
		size_t len = scrawl_header(
			header, sizeof(header), service, run, stream);

		if (j->len - at >= len &&
			memcmp(j->bytes + at, header, len) == 0)
			return true;
		if (note->runs[run].written[stream] > 0)
			return false;
	}
	return at == j->len;
}

static void
show(const char *what, const char *bytes, size_t len)
{
	printf("#   %s: ", what);
	for (size_t i = 0; i < len && i < SHOWN; i++)
		printf(bytes[i] >= ' ' && bytes[i] <= '~' ? "%c" : "\\%03o",
			(unsigned char)bytes[i]);
	putchar('\n');
}

/* The bytes of one run from *at on, which goes behind them. */
static bool
check_run(const struct scrawl_notes *notes, unsigned service, uint32_t run,
	uint32_t stream, size_t *at)
{
	static char piece[SCRAWL_PIECE];
	const struct scrawl_note *note = &notes->services[service];
	const struct scrawl_run *noted = &note->runs[run];
	const struct joined *j = &joined[stream];
	size_t least = noted->written[stream];
	size_t most = least + noted->trying[stream];
	size_t same = 0, len = 0;
	struct scrawl s;
	char what[96];

	scrawl_begin(&s, notes->seed, service, run, stream);
	for (size_t done = 0, i = 0; done < most; done += len) {
		len = scrawl_piece(&s, piece);
		for (i = 0; i < len && same < most && *at + same < j->len &&
			    piece[i] == j->bytes[*at + same];
			i++)
			same++;
		if (i < len)
			break;
	}
	for (size_t n = same + 1; n-- > least;)
		if (does_end(note, service, run, stream, *at + n)) {
			*at += n;
			return true;
		}
	snprintf(what, sizeof(what),
		"stream %u, run %u of %u, %zu to %zu bytes: another byte",
		(unsigned)stream, (unsigned)run, (unsigned)note->count, least,
		most);
	fault(what, *at + same);
	if (told <= TOLD_MOST)
		show("there is", j->bytes + *at + same, j->len - *at - same);
	return false;
}

bool
gathered_check(
	const struct scrawl_notes *notes, unsigned service, uint64_t *bytes)
{
	char dir[ARENA_PATH_CAP];
	bool is_fine;

	snprintf(told_name, sizeof(told_name), "s%u", service);
	snprintf(dir, sizeof(dir), "%s/log/%s", arena.dir, told_name);
	told = 0;
	joined[0].len = joined[1].len = 0;
	is_fine = take_files(dir);
	for (uint32_t stream = 0; stream < 2; stream++) {
		size_t at = 0;

		for (uint32_t run = 0;
			is_fine && run < notes->services[service].count; run++)
			is_fine = check_run(notes, service, run, stream, &at);
		*bytes += joined[stream].len;
	}
	return is_fine;
}
