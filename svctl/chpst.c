#include "svctl/chpst.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/userdb.h"
#include "svctl/out.h"

#define CODE_USAGE  100
#define CODE_FAILED 111
#define GROUPS_MAX  61
#define VALUE_CAP   65536 /* of a file in an env directory */

static const char usage[] =
	"chpst [-vP012] [-u USER[:GROUP...]] [-U USER[:GROUP]] [-b ARGV0] "
	"[-e DIR] [-/ ROOT] [-C DIR] [-n NICE] [-l|-L FILE] "
	"[-m|-d|-f|-c|-r BYTES] [-o|-p N] [-t SECONDS] PROGRAM...";

/* Resources in the order of their letters; -m sets several. */
static const struct {
	char letter;
	int resource;
} limits[] = {
	{'m', RLIMIT_DATA},
	{'m', RLIMIT_STACK},
	{'m', RLIMIT_MEMLOCK},
	{'m', RLIMIT_AS},
	{'d', RLIMIT_DATA},
	{'o', RLIMIT_NOFILE},
	{'p', RLIMIT_NPROC},
	{'f', RLIMIT_FSIZE},
	{'c', RLIMIT_CORE},
	{'r', RLIMIT_RSS},
	{'t', RLIMIT_CPU},
};

#define LIMITS (sizeof(limits) / sizeof(limits[0]))

struct identity {
	bool is_set;
	uid_t uid;
	gid_t gid[GROUPS_MAX];
	size_t groups;
};

struct chpst {
	struct identity user;
	struct identity env_user;
	char *argv0;
	const char *env_dir;
	const char *root;
	const char *dir;
	const char *lock;
	bool waits_for_lock;
	bool is_group;	/* a session of its own */
	bool closes[3]; /* descriptors */
	int nice;
	bool has_limit[LIMITS];
	uint64_t limit[LIMITS];
};

static int
fail(const char *object)
{
	out_error(object, "%s", strerror(errno));
	return -1;
}

/* Whole numbers alone. */
static bool
take_number(const char *text, uint64_t *n)
{
	*n = 0;
	for (; *text >= '0' && *text <= '9' && *n < UINT64_MAX / 16; text++)
		*n = *n * 10 + (unsigned)(*text - '0');
	return *text == '\0' && text[-1] >= '0' && text[-1] <= '9';
}

static bool
take_id(const char *text, uint32_t *id)
{
	uint64_t n;

	if (*text == '\0' || !take_number(text, &n) || n >= UINT32_MAX)
		return false;
	*id = (uint32_t)n;
	return true;
}

/* False after a complaint. */
static bool
find_user(struct identity *who, const char *name, bool is_number)
{
	struct users_user user;
	struct userdb db;
	bool is_found;

	if (is_number)
		is_found = take_id(name, &who->uid);
	else {
		is_found = userdb_open(&db, USERDB_PASSWD) == 0 &&
			   users_find(db.text, name, &user);
		userdb_close(&db);
		if (is_found)
			who->uid = user.uid;
	}
	if (!is_found) {
		out_error(name, "no such user");
		return false;
	}
	if (!is_number) {
		who->gid[0] = user.gid;
		who->groups = 1;
	}
	return true;
}

static bool
find_group(struct identity *who, const char *name, bool is_number)
{
	struct userdb db;
	gid_t gid = 0;
	bool is_found;

	if (is_number)
		is_found = take_id(name, &gid);
	else {
		is_found = userdb_open(&db, USERDB_GROUP) == 0 &&
			   users_find_group(db.text, name, &gid);
		userdb_close(&db);
	}
	if (!is_found || who->groups == GROUPS_MAX) {
		out_error(name, is_found ? "too many groups" : "no such group");
		return false;
	}
	who->gid[who->groups++] = gid;
	return true;
}

/* [:]USER[:GROUP...]; with the colon before it numbers are meant. */
static bool
take_identity(struct identity *who, char *text)
{
	bool is_number = *text == ':';
	char *rest;

	text += is_number;
	rest = strchr(text, ':');
	if (rest)
		*rest++ = '\0';
	if (!find_user(who, text, is_number))
		return false;
	/* Groups that are named take the place of the user's own. */
	if (rest)
		who->groups = 0;
	while (rest) {
		char *next = strchr(rest, ':');

		if (next)
			*next++ = '\0';
		if (!find_group(who, rest, is_number))
			return false;
		rest = next;
	}
	if (who->groups == 0) {
		/* A number without groups: there is nobody to ask. */
		who->gid[0] = (gid_t)who->uid;
		who->groups = 1;
	}
	who->is_set = true;
	return true;
}

static bool
take_limit(struct chpst *c, char letter, const char *value)
{
	uint64_t n;

	if (*value == '\0' || !take_number(value, &n))
		return false;
	for (size_t i = 0; i < LIMITS; i++) {
		if (limits[i].letter != letter)
			continue;
		c->has_limit[i] = true;
		c->limit[i] = n;
	}
	return true;
}

static bool
take_nice(struct chpst *c, const char *value)
{
	uint64_t n;
	bool is_negative = *value == '-';

	value += is_negative || *value == '+';
	if (*value == '\0' || !take_number(value, &n) || n > 40)
		return false;
	c->nice = is_negative ? -(int)n : (int)n;
	return true;
}

/* An option with a value. False: not one of ours, or a bad value. */
static bool
take_value(struct chpst *c, char letter, char *value)
{
	switch (letter) {
	case 'u':
		return take_identity(&c->user, value);
	case 'U':
		return take_identity(&c->env_user, value);
	case 'b':
		c->argv0 = value;
		return true;
	case 'e':
		c->env_dir = value;
		return true;
	case '/':
		c->root = value;
		return true;
	case 'C':
		c->dir = value;
		return true;
	case 'l':
	case 'L':
		c->lock = value;
		c->waits_for_lock = letter == 'l';
		return true;
	case 'n':
		return take_nice(c, value);
	default:
		return take_limit(c, letter, value);
	}
}

/* The words after the options, or -1. */
static int
take_options(struct chpst *c, int argc, char **argv)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		char *at = argv[i] + 1;

		if (strcmp(at, "-") == 0)
			return i + 1;
		while (*at != '\0' && strchr("vPV012", *at) != NULL) {
			if (*at == 'P')
				c->is_group = true;
			else if (*at >= '0' && *at <= '2')
				c->closes[*at - '0'] = true;
			at++;
		}
		if (*at == '\0')
			continue;
		if (strchr("uUbe/ClLnmdopfcrt", *at) == NULL)
			return -1;
		if (at[1] == '\0' && i + 1 == argc)
			return -1;
		if (!take_value(c, *at, at[1] != '\0' ? at + 1 : argv[++i]))
			return -1;
	}
	return i;
}

/* The first line without blanks at its end; NUL bytes are newlines. */
static int
set_variable(int dir_fd, const char *name)
{
	static char value[VALUE_CAP];
	int fd = openat(dir_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, value, sizeof(value) - 1);
	size_t len = 0;

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return fail(name);
	if (n == 0)
		return unsetenv(name);
	while (len < (size_t)n && value[len] != '\n')
		len++;
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	for (size_t i = 0; i < len; i++)
		if (value[i] == '\0')
			value[i] = '\n';
	value[len] = '\0';
	return setenv(name, value, 1);
}

static int
read_env_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int result = 0;

	if (!dir)
		return fail(path);
	while (result == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && !strchr(entry->d_name, '='))
			result = set_variable(dirfd(dir), entry->d_name);
	closedir(dir);
	return result;
}

static int
set_id(const char *name, unsigned id)
{
	char text[16];
	struct fmt f;

	fmt_init(&f, text, sizeof(text));
	fmt_u64(&f, id);
	return setenv(name, text, 1);
}

static int
take_lock(const struct chpst *c)
{
	int fd = open(c->lock, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd < 0 ||
		flock(fd, LOCK_EX | (c->waits_for_lock ? 0 : LOCK_NB)) != 0)
		return fail(c->lock);
	return 0;
}

/* Two words of 64 bits each, which not every C library has a name for. */
static int
set_limit(int resource, uint64_t n)
{
	uint64_t limit[2];

	if (syscall(SYS_prlimit64, 0, resource, NULL, limit) != 0)
		return -1;
	limit[0] = n < limit[1] ? n : limit[1];
	return (int)syscall(SYS_prlimit64, 0, resource, limit, NULL);
}

static int
set_limits(const struct chpst *c)
{
	for (size_t i = 0; i < LIMITS; i++)
		if (c->has_limit[i] &&
			set_limit(limits[i].resource, c->limit[i]) != 0)
			return fail("limit");
	return 0;
}

static int
set_user(const struct identity *who)
{
	if (setgroups(who->groups, who->gid) != 0 || setgid(who->gid[0]) != 0 ||
		setuid(who->uid) != 0)
		return fail("user");
	return 0;
}

static int
set_place(const struct chpst *c)
{
	if (c->root && (chdir(c->root) != 0 || chroot(".") != 0))
		return fail(c->root);
	if (c->dir && chdir(c->dir) != 0)
		return fail(c->dir);
	errno = 0;
	if (c->nice && nice(c->nice) == -1 && errno != 0)
		return fail("nice");
	return 0;
}

static int
change(const struct chpst *c)
{
	/* A leader of its group has one already. */
	if (c->is_group)
		(void)setsid();
	if ((c->env_dir && read_env_dir(c->env_dir) != 0) || set_place(c) != 0)
		return -1;
	if (c->env_user.is_set &&
		(set_id("UID", c->env_user.uid) != 0 ||
			set_id("GID", c->env_user.gid[0]) != 0))
		return fail("environment");
	if ((c->user.is_set && set_user(&c->user) != 0) ||
		(c->lock && take_lock(c) != 0) || set_limits(c) != 0)
		return -1;
	for (int fd = 0; fd < 3; fd++)
		if (c->closes[fd])
			close(fd);
	return 0;
}

int
chpst_run(int argc, char **argv)
{
	static struct chpst c;
	int first;
	const char *program;

	out_program("chpst");
	first = take_options(&c, argc, argv);
	if (first < 0 || first >= argc) {
		out_note(usage);
		return CODE_USAGE;
	}
	if (change(&c) != 0)
		return CODE_FAILED;
	program = argv[first];
	if (c.argv0)
		argv[first] = c.argv0;
	execvp(program, argv + first);
	(void)fail(program);
	return CODE_FAILED;
}
