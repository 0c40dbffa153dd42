#include "tests/torture/look.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/torture/arena.h"

#define WARDS_MAX   1024
#define POLL_NS	    500000
#define FIELD_START 22

static struct look_ward wards[WARDS_MAX];
static unsigned ward_count;
static off_t record_at;
static unsigned ends;

static struct page_view view;
static ino_t page_inode;

static struct page_header noted;

struct look_process
look_process(pid_t pid)
{
	struct look_process p = {0};
	char text[1024];
	char *at;
	ssize_t len;
	int fd;

	snprintf(text, sizeof(text), "/proc/%d/stat", (int)pid);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return p;
	text[len] = '\0';
	at = strrchr(text, ')');
	if (!at || at[1] != ' ')
		return p;
	p.state = at[2];
	/* The state is field 3, behind the blank. */
	at++;
	for (int field = 3; at && field < FIELD_START; field++)
		at = strchr(at + 1, ' ');
	p.start_ticks = at ? strtoul(at, NULL, 10) : 0;
	return p;
}

bool
look_is_alive(pid_t pid, unsigned long start_ticks)
{
	struct look_process p = look_process(pid);

	return p.state != 0 && p.state != 'Z' && p.state != 'X' &&
	       p.start_ticks == start_ticks;
}

bool
look_is_single(void)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	unsigned n = 0;

	while (dir && (entry = readdir(dir)) != NULL) {
		char path[300], name[16] = "";
		FILE *file;

		if (strspn(entry->d_name, "0123456789") == 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "re");
		if (file && fgets(name, sizeof(name), file) &&
			strcmp(name, "supervisor\n") == 0 &&
			look_process((pid_t)strtol(entry->d_name, NULL, 10))
					.state != 'Z')
			n++;
		if (file)
			fclose(file);
	}
	if (dir)
		closedir(dir);
	return n == 1;
}

uint64_t
look_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool
look_until(bool (*is_true)(void))
{
	return look_until_ms(is_true, LOOK_PATIENCE_MS);
}

bool
look_until_ms(bool (*is_true)(void), unsigned most_ms)
{
	const struct timespec pause = {.tv_nsec = POLL_NS};
	uint64_t end_ms = look_ms() + most_ms;

	while (!is_true()) {
		if (look_ms() >= end_ms)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static void
unmap(void)
{
	if (view.base)
		munmap((void *)(uintptr_t)view.base, view.len);
	view = (struct page_view){0};
}

/* Maps the page, again if it is another file or has grown. */
static const struct page_view *
map(void)
{
	struct stat st;
	void *base;
	int fd;

	if (stat(arena_path("run/status"), &st) != 0 || st.st_size == 0)
		return &view;
	if (st.st_ino == page_inode && (size_t)st.st_size == view.len)
		return &view;
	unmap();
	fd = open(arena_path("run/status"), O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		if (fd >= 0)
			close(fd);
		return &view;
	}
	base = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (base == MAP_FAILED)
		return &view;
	view.base = base;
	view.len = (size_t)st.st_size;
	page_inode = st.st_ino;
	return &view;
}

/* Twice, until both are of one supervisor: it is not copied at once. */
struct page_header
look_header(void)
{
	struct page_header header, again = {0};

	do {
		header = again;
		if (!page_header_read(map(), &again))
			return (struct page_header){0};
	} while (header.supervisor_pid != again.supervisor_pid ||
		 header.supervisor_start != again.supervisor_start ||
		 header.flags != again.flags);
	return header;
}

bool
look_entry(const char *name, struct page_entry *out)
{
	return page_entry_read(map(), page_find(&view, name), out);
}

bool
look_result(uint64_t token, struct page_result *out)
{
	return page_result_find(map(), token, out);
}

pid_t
look_supervisor(void)
{
	struct page_header header = look_header();

	if (!(header.flags & PAGE_SERVING) ||
		!look_is_alive(header.supervisor_pid, header.supervisor_start))
		return 0;
	return header.supervisor_pid;
}

void
look_note_supervisor(void)
{
	noted = look_header();
}

static bool
has_successor(void)
{
	struct page_header now = look_header();

	return (now.supervisor_pid != noted.supervisor_pid ||
		       now.supervisor_start != noted.supervisor_start) &&
	       look_supervisor() != 0;
}

bool
look_await_successor(void)
{
	return look_until(has_successor);
}

static struct look_ward *
find(const char *name)
{
	for (unsigned i = 0; i < ward_count; i++)
		if (strcmp(wards[i].name, name) == 0)
			return &wards[i];
	if (ward_count == WARDS_MAX)
		return NULL;
	memset(&wards[ward_count], 0, sizeof(wards[0]));
	snprintf(wards[ward_count].name, sizeof(wards[0].name), "%s", name);
	return &wards[ward_count++];
}

static void
take_line(char *line)
{
	char *rest;
	const char *what = strtok_r(line, " ", &rest);
	const char *name = strtok_r(NULL, " ", &rest);
	const char *pid = strtok_r(NULL, " ", &rest);
	const char *ticks = strtok_r(NULL, " ", &rest);
	struct look_ward *ward = ticks ? find(name) : NULL;

	if (!ward)
		return;
	if (strcmp(what, "double") == 0) {
		ward->doubles++;
		return;
	}
	if (strcmp(what, "end") == 0) {
		ward->ended = ++ends;
		return;
	}
	ward->starts++;
	ward->pid = (pid_t)strtol(pid, NULL, 10);
	ward->start_ticks = strtoul(ticks, NULL, 10);
}

/* Lines are written whole; what was read beyond the last is read again. */
static void
read_record(void)
{
	static char text[16384];
	int fd = open(arena_path("record"), O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return;
	while ((len = pread(fd, text, sizeof(text) - 1, record_at)) > 0) {
		char *line = text, *end;

		text[len] = '\0';
		while ((end = strchr(line, '\n')) != NULL) {
			*end = '\0';
			record_at += end + 1 - line;
			take_line(line);
			line = end + 1;
		}
		if (line == text)
			break;
	}
	close(fd);
}

const struct look_ward *
look_ward(const char *name)
{
	read_record();
	return find(name);
}

void
look_reset(void)
{
	ward_count = 0;
	record_at = 0;
	ends = 0;
	noted = (struct page_header){0};
	unmap();
	page_inode = 0;
}
