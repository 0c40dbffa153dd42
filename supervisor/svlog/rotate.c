#include "supervisor/svlog/rotate.h"

#include <string.h>

void
rotate_name(const char stamp_name[STAMP_NAME_LEN], char suffix,
	char name[ROTATE_NAME_LEN + 1])
{
	name[0] = '@';
	memcpy(name + 1, stamp_name, STAMP_NAME_LEN);
	name[ROTATE_NAME_LEN - 2] = '.';
	name[ROTATE_NAME_LEN - 1] = suffix;
	name[ROTATE_NAME_LEN] = '\0';
}

enum rotate_kind
rotate_kind_of(const char *name)
{
	static const char shape[] = "@ddddddddTdddddd.ddddddZ.";

	if (strnlen(name, ROTATE_NAME_LEN + 1) != ROTATE_NAME_LEN)
		return ROTATE_OTHER;
	for (size_t i = 0; i < ROTATE_NAME_LEN - 1; i++)
		if (shape[i] == 'd' ? name[i] < '0' || name[i] > '9'
				    : name[i] != shape[i])
			return ROTATE_OTHER;
	switch (name[ROTATE_NAME_LEN - 1]) {
	case 's':
		return ROTATE_FINISHED;
	case 'u':
		return ROTATE_READ;
	case 't':
		return ROTATE_WRITTEN;
	case 'p':
		return ROTATE_PROCESSED;
	default:
		return ROTATE_OTHER;
	}
}

uint64_t
rotate_room(const struct rotate_limits *limits, uint64_t size, int64_t first_s,
	int64_t now_s)
{
	if (size == 0)
		return limits->size;
	if (size >= limits->size)
		return 0;
	if (limits->age_s > 0 && now_s - first_s >= (int64_t)limits->age_s)
		return 0;
	return limits->size - size;
}

void
rotate_see(struct rotate_survey *survey, const char *name, uint64_t bytes)
{
	enum rotate_kind kind = rotate_kind_of(name);

	if (kind != ROTATE_FINISHED && kind != ROTATE_PROCESSED)
		return;
	survey->files++;
	survey->bytes += bytes;
	if (survey->oldest[0] != '\0' && strcmp(name, survey->oldest) >= 0)
		return;
	memcpy(survey->oldest, name, ROTATE_NAME_LEN + 1);
	survey->oldest_bytes = bytes;
}
