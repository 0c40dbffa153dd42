/*
 * scribe DIR NUMBER MODE: a service that writes what scrawl.h has, and notes
 * how far it came. By MODE:
 *
 *	steady	goes on for ever, with pauses
 *	fast	the same with short pauses
 *	brief	writes a little and exits at once
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/torture/scrawl.h"

#define EXIT_PIPE 9 /* a write failed: there was to be no SIGPIPE */

static struct scrawl_notes *notes;
static struct scrawl_run *run;
static struct scrawl streams[2];

static void
pause_ms(uint64_t ms)
{
	const struct timespec pause = {.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&pause, NULL);
}

/* What is told to be written is noted after it was; what may be, before. */
static void
put(unsigned stream)
{
	static char piece[SCRAWL_PIECE];
	size_t len = scrawl_piece(&streams[stream], piece);
	size_t done = 0;

	while (done < len) {
		ssize_t n;

		*(volatile uint32_t *)&run->trying[stream] =
			(uint32_t)(len - done);
		n = write((int)stream + 1, piece + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			_exit(EXIT_PIPE);
		*(volatile uint32_t *)&run->written[stream] += (uint32_t)n;
		done += (size_t)n;
	}
	*(volatile uint32_t *)&run->trying[stream] = 0;
}

static void
stay(void)
{
	for (;;)
		pause();
}

int
main(int argc, char **argv)
{
	uint32_t number = argc == 4 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	bool is_brief = argc == 4 && strcmp(argv[3], "brief") == 0;
	uint64_t most_ms =
		argc == 4 && strcmp(argv[3], "fast") == 0 ? 60 : 2000;
	struct scrawl_note *note;
	uint64_t state;

	notes = argc == 4 ? scrawl_open(argv[1], false) : NULL;
	if (!notes || number >= SCRAWL_SERVICES)
		return 2;
	note = &notes->services[number];
	*(volatile pid_t *)&note->pid = getpid();
	if (notes->is_over || note->count == SCRAWL_RUNS)
		stay();
	run = &note->runs[note->count];
	for (uint32_t i = 0; i < 2; i++)
		scrawl_begin(&streams[i], notes->seed, number, note->count, i);
	state = streams[0].state + 1;
	*(volatile uint32_t *)&note->count += 1;
	do {
		unsigned pieces = (unsigned)(scrawl_random(&state) % 12);

		for (unsigned i = 0; i < pieces; i++)
			put(scrawl_random(&state) % 3 == 0);
		if (!is_brief)
			pause_ms(scrawl_random(&state) % most_ms);
	} while (!is_brief && !*(volatile bool *)&notes->is_over);
	if (!is_brief || notes->is_calm)
		stay();
	return 0;
}
