#include "svctl/svname.h"

#include <string.h>

bool
svname_find(const char *word, const char *cwd, char out[NAME_CAP])
{
	const char *path = strcmp(word, ".") == 0 ? cwd : word;
	const char *name, *last;
	size_t len = strlen(path), end;
	bool is_logger;

	while (len > 1 && path[len - 1] == '/')
		len--;
	is_logger = len > 4 && memcmp(path + len - 4, "/log", 4) == 0;
	if (is_logger)
		len -= 4;
	end = is_logger ? sizeof(NAME_LOGGER) - 1 : 0;
	name = path;
	for (last = path; last < path + len; last++)
		if (*last == '/')
			name = last + 1;
	len -= (size_t)(name - path);
	if (!name_is_valid(name, len) || len + end >= NAME_CAP)
		return false;
	memcpy(out, name, len);
	memcpy(out + len, NAME_LOGGER, end);
	out[len + end] = '\0';
	return true;
}
