#include "lib/condition.h"

#include <stddef.h>
#include <string.h>

struct kind {
	const char *prefix;
	bool is_start; /* known to start-if and assert */
	bool is_wait;
	bool is_path;
};

static const struct kind kinds[CONDITION_KINDS] = {
	[CONDITION_PATH] = {"path:", true, true, true},
	[CONDITION_DIR] = {"dir:", true, false, true},
	[CONDITION_NONEMPTY] = {"nonempty:", true, false, true},
	[CONDITION_EXECUTABLE] = {"executable:", true, false, true},
	[CONDITION_USER] = {"user:", true, false, false},
	[CONDITION_ENV] = {"env:", true, false, false},
	[CONDITION_CMDLINE] = {"cmdline:", true, false, false},
	[CONDITION_CONTAINER] = {"container", true, false, false},
	[CONDITION_EXEC] = {"exec:", true, false, false},
	[CONDITION_MOUNT] = {"mount:", false, true, true},
	[CONDITION_NET] = {"net:", false, true, false},
};

/* Absolute, or made so by a specifier of a directory. */
static bool
is_absolute(const char *path)
{
	return path[0] == '/' || strncmp(path, "%h", 2) == 0 ||
	       strncmp(path, "%t", 2) == 0;
}

static bool
has_good_arg(const struct kind *kind, const char *arg, const char **wrong)
{
	if (kind == &kinds[CONDITION_CONTAINER]) {
		*wrong = "'container' stands alone";
		return *arg == '\0';
	}
	*wrong = "something must come after the ':'";
	if (*arg == '\0')
		return false;
	*wrong = "the path must be absolute; begin it with /";
	return !kind->is_path || is_absolute(arg);
}

bool
condition_parse(const char *text, bool is_wait, struct condition *out,
	const char **wrong)
{
	out->is_negated = *text == '!' && !is_wait;
	text += out->is_negated;
	for (unsigned i = 0; i < CONDITION_KINDS; i++) {
		const struct kind *kind = &kinds[i];
		size_t len = strlen(kind->prefix);

		if (strncmp(text, kind->prefix, len) != 0 ||
			!(is_wait ? kind->is_wait : kind->is_start))
			continue;
		out->kind = (enum condition_kind)i;
		out->arg = text + len;
		return has_good_arg(kind, out->arg, wrong);
	}
	*wrong = is_wait ? "write path:, mount: or net: before it"
			 : "write path: dir: nonempty: executable: user: env: "
			   "cmdline: or exec: before it, or container";
	return false;
}

bool
condition_is_command(const char *text)
{
	text += *text == '!';
	return strncmp(text, "exec:", 5) == 0;
}
