#include "svctl/svctl.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/name.h"
#include "svctl/chpst.h"
#include "svctl/options.h"
#include "svctl/request.h"
#include "svctl/shutdown.h"
#include "svctl/sv.h"
#include "svctl/verbs.h"

static int
say_no_page(const struct svctl *s)
{
	switch (errno) {
	case EACCES:
	case EPERM:
		out_error(s->runtime,
			"not permitted to read the status page; use root, or "
			"a member of its control-group");
		return CODE_DENIED;
	case EPROTO:
		out_error(s->runtime, "status is no page of this version; is "
				      "the supervisor an older or newer one?");
		return CODE_NO_SUPERVISOR;
	case ENOENT:
	case ENOTDIR:
		return request_say_dead(s);
	default:
		out_error(s->runtime, "cannot read the status page: %s",
			strerror(errno));
		return CODE_NO_SUPERVISOR;
	}
}

int
svctl_open_page(struct svctl *s, bool wants_remark)
{
	struct page_header header;

	if (s->map.view.base)
		return CODE_OK;
	if (s->paths.root) {
		out_error(s->paths.root, "an image has no supervisor; leave "
					 "out --root");
		return CODE_USAGE;
	}
	paths_runtime_find(&s->paths, s->runtime);
	if (map_open(&s->map, s->runtime) != 0)
		return say_no_page(s);
	if (!wants_remark)
		return CODE_OK;
	header = map_header(&s->map);
	if (!map_supervisor_is_alive(&header))
		out_error(s->runtime, "the supervisor is dead; this is what "
				      "it last knew");
	return CODE_OK;
}

int
svctl_say_unknown(struct svctl *s, const char *name)
{
	const char *near = map_nearest(&s->map, name);

	if (near)
		out_error(name, "no such service; did you mean '%s'?", near);
	else
		out_error(name, "no such service; `svctl list` shows all");
	return CODE_UNKNOWN;
}

static const struct verb *
find_verb(const char *word)
{
	const struct verb *verb = verb_find(word);
	const char *near = NULL;
	unsigned best = name_reach(word) + 1;

	if (verb)
		return verb;
	if (!strcmp(word, "daemon-reload") || !strcmp(word, "rescan")) {
		out_error(word, "use `svctl apply`; `svctl plan` shows what "
				"it would change");
		return NULL;
	}
	for (const struct verb *v = verbs; v->word; v++) {
		unsigned distance = name_distance(word, v->word, best);

		if (distance < best) {
			best = distance;
			near = v->word;
		}
	}
	if (near)
		out_error(word, "no such verb; did you mean '%s'?", near);
	else
		out_error(word, "no such verb; see `svctl help`");
	return NULL;
}

/* What somebody names on the command line is there, or mistyped. */
static bool
check_directory(const char *option, const char *path)
{
	struct stat st;

	if (!path || (stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
		return true;
	out_error(path, "%s names no directory that can be read", option);
	return false;
}

/* words[0] is the verb. */
static int
run(struct svctl *s, int count, char **words)
{
	const struct verb *verb = find_verb(words[0]);

	if (!verb || !options_check(s, verb) ||
		!check_directory("-c", s->paths.config) ||
		!check_directory("--root", s->paths.root))
		return CODE_USAGE;
	if (count - 1 < verb->min ||
		(verb->max >= 0 && count - 1 > verb->max)) {
		out_error(verb->word, "write `svctl %s%s%s`", verb->word,
			*verb->arguments ? " " : "", verb->arguments);
		return CODE_USAGE;
	}
	if (s->timeout_ms)
		s->deadline_ms = clock_mono_ms() + s->timeout_ms;
	return verb->run(s, verb, count - 1, words + 1);
}

static int
finish(struct svctl *s, int code)
{
	if (!out_flush(&s->out) && code == CODE_OK) {
		/* A reader that had enough, `svctl list | head`, is none. */
		if (errno != EPIPE)
			out_error(NULL, "cannot write: %s", strerror(errno));
		return errno == EPIPE ? CODE_OK : CODE_FAILED;
	}
	return code;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int
main(int argc, char **argv)
{
	static char help[] = "help", version[] = "version";
	static struct svctl s;
	char *fixed[] = {help};
	char name[16] = "";
	const char *old;
	int count;

	if (argc < 1)
		return CODE_USAGE;
	argv[0] = argv[0] + (base_name(argv[0]) - argv[0]);
	/* What it becomes gets everything else as it is. */
	if (!strcmp(argv[0], "chpst"))
		return chpst_run(argc, argv);
	/* A reader that goes away is an error to report, not a death. */
	signal(SIGPIPE, SIG_IGN);
	out_init(&s.out);
	map_init(&s.map);
	if (!strcmp(argv[0], "sv")) {
		count = sv_run(&s, argc, argv);
		return finish(&s, count);
	}
	old = shutdown_verb(argc, argv);
	if (old) {
		if (!*old)
			return CODE_USAGE;
		if (!strcmp(old, help)) {
			shutdown_help(&s.out, argv[0]);
			return finish(&s, CODE_OK);
		}
		/* telinit u is for init. */
		if (!strcmp(old, "upgrade"))
			s.given |= OPT_INIT;
		memcpy(name, old, strlen(old));
		fixed[0] = name;
		return finish(&s, run(&s, 1, fixed));
	}
	count = options_parse(&s, argc - 1, argv + 1);
	if (count < 0)
		return CODE_USAGE;
	if (s.given & OPT_VERSION) {
		fixed[0] = version;
		return finish(&s, run(&s, 1, fixed));
	}
	if (s.given & OPT_HELP)
		return finish(&s, help_run(&s, NULL, count > 0, argv + 1));
	if (!count) {
		(void)help_run(&s, NULL, 0, NULL);
		(void)finish(&s, CODE_OK);
		return CODE_USAGE;
	}
	return finish(&s, run(&s, count, argv + 1));
}
