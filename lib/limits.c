#include "lib/limits.h"

#include <stddef.h>
#include <string.h>

#include "lib/duration.h"
#include "lib/size.h"

/* Of linux/ioprio.h and linux/sched.h, which musl does not bring. */
#define IOPRIO_CLASS_SHIFT 13
#define POLICY_OTHER	   0
#define POLICY_FIFO	   1
#define POLICY_RR	   2
#define POLICY_BATCH	   3
#define POLICY_IDLE	   5

/* A word, and the numbers that may follow it behind a colon. */
struct choice {
	const char *word;
	int value;
	int low; /* -1: nothing follows */
	int high;
};

enum limits_unit
limits_unit(enum limits_resource resource)
{
	switch (resource) {
	case LIMITS_CPU:
		return LIMITS_SECONDS;
	case LIMITS_RTTIME:
		return LIMITS_USEC;
	case LIMITS_LOCKS:
	case LIMITS_NICE:
	case LIMITS_NOFILE:
	case LIMITS_NPROC:
	case LIMITS_RTPRIO:
	case LIMITS_SIGPENDING:
	case LIMITS_RESOURCES:
		return LIMITS_COUNT;
	case LIMITS_AS:
	case LIMITS_CORE:
	case LIMITS_DATA:
	case LIMITS_FSIZE:
	case LIMITS_MEMLOCK:
	case LIMITS_MSGQUEUE:
	case LIMITS_RSS:
	case LIMITS_STACK:
		return LIMITS_BYTES;
	}
	return LIMITS_COUNT;
}

/* All of text is digits, and the number fits into 63 bits. */
static bool
take_count(const char *text, size_t len, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' ||
			*value > (uint64_t)INT64_MAX / 10 - 1)
			return false;
		*value = *value * 10 + (uint64_t)(text[i] - '0');
	}
	return len > 0;
}

static bool
take_duration(const char *text, size_t len, uint32_t *ms)
{
	return len > 0 && text[0] != 'i' && duration_parse(text, len, ms);
}

static bool
take_value(const char *text, size_t len, enum limits_unit unit, uint64_t *value)
{
	uint32_t ms;

	if (len == 8 && memcmp(text, "infinity", 8) == 0) {
		*value = LIMITS_INFINITY;
		return true;
	}
	switch (unit) {
	case LIMITS_COUNT:
		return take_count(text, len, value);
	case LIMITS_BYTES:
		return size_parse(text, len, value);
	case LIMITS_SECONDS:
		/* The kernel takes more seconds than a duration may have. */
		if (take_count(text, len, value))
			return true;
		if (!take_duration(text, len, &ms))
			return false;
		*value = ((uint64_t)ms + 999) / 1000;
		return true;
	case LIMITS_USEC:
		if (take_count(text, len, value))
			return true;
		if (!take_duration(text, len, &ms))
			return false;
		*value = (uint64_t)ms * 1000;
		return true;
	}
	return false;
}

bool
limits_pair_parse(
	const char *text, enum limits_unit unit, struct limits_pair *pair)
{
	size_t len = strcspn(text, ":");

	if (!take_value(text, len, unit, &pair->soft))
		return false;
	pair->hard = pair->soft;
	if (text[len] == '\0')
		return true;
	text += len + 1;
	return take_value(text, strlen(text), unit, &pair->hard) &&
	       pair->soft <= pair->hard;
}

bool
limits_number_parse(const char *text, int low, int high, int *number)
{
	bool is_negative = *text == '-';
	int n = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || n > 100000)
			return false;
		n = n * 10 + (*text - '0');
	}
	*number = is_negative ? -n : n;
	return *number >= low && *number <= high;
}

bool
limits_umask_parse(const char *text, unsigned *mask)
{
	size_t len = strlen(text);

	*mask = 0;
	if (len == 0 || len > 4)
		return false;
	for (; *text >= '0' && *text <= '7'; text++)
		*mask = *mask * 8 + (unsigned)(*text - '0');
	return *text == '\0' && *mask <= 0777;
}

static const struct choice *
choose(const struct choice *choices, const char *text, int *number)
{
	size_t len = strcspn(text, ":");

	*number = 0;
	for (; choices->word; choices++) {
		if (strlen(choices->word) != len ||
			memcmp(choices->word, text, len) != 0)
			continue;
		if (choices->low < 0)
			return text[len] == '\0' ? choices : NULL;
		return text[len] == ':' && text[len + 1] != '+' &&
				       limits_number_parse(text + len + 1,
					       choices->low, choices->high,
					       number)
			       ? choices
			       : NULL;
	}
	return NULL;
}

bool
limits_io_priority_parse(const char *text, int *value)
{
	static const struct choice choices[] = {{"none", 0, -1, 0},
		{"realtime", 1, 0, 7}, {"best-effort", 2, 0, 7},
		{"idle", 3, -1, 0}, {NULL, 0, 0, 0}};
	int level;
	const struct choice *choice = choose(choices, text, &level);

	if (!choice)
		return false;
	*value = choice->value << IOPRIO_CLASS_SHIFT | level;
	return true;
}

bool
limits_scheduling_parse(const char *text, int *policy, int *priority)
{
	static const struct choice choices[] = {{"other", POLICY_OTHER, -1, 0},
		{"batch", POLICY_BATCH, -1, 0}, {"idle", POLICY_IDLE, -1, 0},
		{"fifo", POLICY_FIFO, 1, 99}, {"rr", POLICY_RR, 1, 99},
		{NULL, 0, 0, 0}};
	const struct choice *choice = choose(choices, text, priority);

	if (!choice)
		return false;
	*policy = choice->value;
	return true;
}

static const char *
take_cpu(const char *text, unsigned *cpu)
{
	const char *begin = text;

	*cpu = 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		*cpu = *cpu * 10 + (unsigned)(*text - '0');
		if (*cpu >= LIMITS_CPUS)
			return NULL;
	}
	return text > begin ? text : NULL;
}

bool
limits_cpus_parse(const char *text, void (*set)(void *context, unsigned cpu),
	void *context, unsigned *most)
{
	bool is_any = false;

	*most = 0;
	for (;;) {
		unsigned first, last;

		text += strspn(text, " \t,");
		if (*text == '\0')
			return is_any;
		text = take_cpu(text, &first);
		if (!text)
			return false;
		last = first;
		if (*text == '-')
			text = take_cpu(text + 1, &last);
		if (!text || last < first ||
			(*text != '\0' && !strchr(" \t,", *text)))
			return false;
		for (unsigned cpu = first; set && cpu <= last; cpu++)
			set(context, cpu);
		if (last > *most)
			*most = last;
		is_any = true;
	}
}
