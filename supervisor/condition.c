#include "supervisor/condition.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/condition.h"
#include "lib/userdb.h"

#define FILE_CAP 65536

static bool
is_nonempty_directory(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry = NULL;

	if (!dir)
		return false;
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
			strcmp(entry->d_name, "..") != 0)
			break;
	closedir(dir);
	return entry != NULL;
}

static bool
file_holds(enum condition_kind kind, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		/* A link that leads nowhere is a path that is there. */
		return kind == CONDITION_PATH && lstat(path, &st) == 0;
	if (kind == CONDITION_DIR)
		return S_ISDIR(st.st_mode);
	if (kind == CONDITION_EXECUTABLE)
		return S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0;
	if (kind == CONDITION_NONEMPTY)
		return S_ISDIR(st.st_mode) ? is_nonempty_directory(path)
					   : st.st_size > 0;
	return true;
}

/* One match that holds will do. */
static bool
any_file_holds(enum condition_kind kind, const char *pattern)
{
	glob_t found;
	bool holds = false;

	if (pattern[strcspn(pattern, "*?[")] == '\0')
		return file_holds(kind, pattern);
	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && !holds; i++)
		holds = file_holds(kind, found.gl_pathv[i]);
	globfree(&found);
	return holds;
}

/* A whole small file; "" if it cannot be read. */
static void
read_file(const char *path, char out[FILE_CAP])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	while (fd >= 0 && len < FILE_CAP - 1 &&
		(n = read(fd, out + len, FILE_CAP - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Also of one that is only the part before an '='. */
static bool
has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; *at != '\0'; at++) {
		size_t word_len = strcspn(at, " \t\n");

		if (word_len >= len && strncmp(at, word, len) == 0 &&
			(word_len == len || at[len] == '='))
			return true;
		at += word_len;
		if (*at == '\0')
			break;
	}
	return false;
}

static bool
env_holds(const char *pair)
{
	const char *equals = strchr(pair, '=');
	size_t len = equals ? (size_t)(equals - pair) : strlen(pair);
	char name[256];
	const char *value;

	if (len >= sizeof(name))
		return false;
	memcpy(name, pair, len);
	name[len] = '\0';
	value = getenv(name);
	return value && (!equals || strcmp(value, equals + 1) == 0);
}

static bool
is_user(const char *name)
{
	struct users_user user;
	struct userdb db;
	bool is_it = false;
	char *end;
	unsigned long n = strtoul(name, &end, 10);

	if (*end == '\0')
		return n == geteuid();
	if (userdb_open(&db, USERDB_PASSWD) == 0)
		is_it = users_find(db.text, name, &user) &&
			user.uid == geteuid();
	userdb_close(&db);
	return is_it;
}

/* The fifth field of a line of mountinfo, in which blanks are octal. */
static bool
is_mounted(const char *path)
{
	static char text[FILE_CAP * 4];
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	size_t path_len = strlen(path);
	ssize_t n;

	while (fd >= 0 && len < sizeof(text) - 1 &&
		(n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	if (fd >= 0)
		close(fd);
	while (path_len > 1 && path[path_len - 1] == '/')
		path_len--;
	for (char *line = text; *line != '\0';) {
		char *end = line + strcspn(line, "\n");
		const char *at = line;

		for (unsigned field = 0; field < 4 && at < end; field++)
			at += strcspn(at, " \n") + 1;
		if (at < end && strcspn(at, " \n") == path_len &&
			memcmp(at, path, path_len) == 0)
			return true;
		line = *end == '\0' ? end : end + 1;
	}
	return false;
}

static bool
is_link_up(const char *name)
{
	struct ifreq request;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_up = false;

	memset(&request, 0, sizeof(request));
	if (fd >= 0 && strlen(name) < sizeof(request.ifr_name)) {
		memcpy(request.ifr_name, name, strlen(name));
		is_up = ioctl(fd, SIOCGIFFLAGS, &request) == 0 &&
			(request.ifr_flags & (IFF_UP | IFF_RUNNING)) ==
				(IFF_UP | IFF_RUNNING);
	}
	if (fd >= 0)
		close(fd);
	return is_up;
}

/* A route to everywhere, by IPv4 or IPv6. */
static bool
has_default_route(void)
{
	static char text[FILE_CAP];
	const char *at;

	read_file("/proc/net/route", text);
	for (at = strchr(text, '\n'); at && at[1] != '\0';
		at = strchr(at + 1, '\n')) {
		const char *to = at + 1 + strcspn(at + 1, "\t\n");

		if (strncmp(to, "\t00000000\t", 10) == 0)
			return true;
	}
	read_file("/proc/net/ipv6_route", text);
	for (at = text; at && *at != '\0';
		at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (strncmp(at, "00000000000000000000000000000000 00 ", 36) ==
				0 &&
			!strstr(at, " lo\n"))
			return true;
	return false;
}

static bool
holds(const struct condition *c, bool is_container)
{
	static char text[FILE_CAP];

	switch (c->kind) {
	case CONDITION_PATH:
	case CONDITION_DIR:
	case CONDITION_NONEMPTY:
	case CONDITION_EXECUTABLE:
		return any_file_holds(c->kind, c->arg);
	case CONDITION_USER:
		return is_user(c->arg);
	case CONDITION_ENV:
		return env_holds(c->arg);
	case CONDITION_CMDLINE:
		read_file("/proc/cmdline", text);
		return has_word(text, c->arg);
	case CONDITION_CONTAINER:
		return is_container;
	case CONDITION_MOUNT:
		return is_mounted(c->arg);
	case CONDITION_NET:
		return strcmp(c->arg, "default") == 0 ? has_default_route()
						      : is_link_up(c->arg);
	case CONDITION_EXEC:
	case CONDITION_KINDS:
		break;
	}
	return false;
}

bool
condition_holds(const struct condition *c, bool is_container)
{
	return holds(c, is_container) != c->is_negated;
}
