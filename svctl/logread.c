#include "svctl/logread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "svctl/logfiles.h"
#include "svctl/logfind.h"
#include "svctl/when.h"

#define PIECE 16384u /* bytes that are read at a time */

bool
logread_open(struct logread *r, const char *name, int dir_fd)
{
	size_t len = strlen(name);

	memset(r, 0, sizeof(*r));
	r->dir_fd = dir_fd;
	r->fd = -1;
	r->first_us = WHEN_NONE;
	memcpy(r->name, name, len < NAME_CAP ? len : NAME_CAP - 1);
	r->files = calloc(1, sizeof(*r->files));
	return r->files && logfiles_list(r->files, dir_fd);
}

static void
close_file(struct logread *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

void
logread_close(struct logread *r)
{
	close_file(r);
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	if (r->files)
		logfiles_free(r->files);
	free(r->files);
	free(r->buf);
	memset(r, 0, sizeof(*r));
	r->dir_fd = r->fd = -1;
}

static size_t
read_at(void *context, uint64_t at, char *bytes, size_t cap)
{
	struct logread *r = context;
	ssize_t n;

	do
		n = pread(r->fd, bytes, cap, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		r->error = errno;
	return n < 0 ? 0 : (size_t)n;
}

/* The file `at`. False: it is gone, packed or may not be read. */
static bool
open_file(struct logread *r)
{
	struct logfile *file = &r->files->file[r->at];
	char stamp[WHEN_STAMP];

	if (r->fd >= 0)
		return true;
	if (file->is_packed)
		return false;
	r->fd = logfiles_open(r->files, r->at, r->dir_fd);
	if (r->fd < 0) {
		if (errno != ENOENT)
			r->error = errno;
		return false;
	}
	if (file->is_packed) {
		close_file(r);
		return false;
	}
	r->inode = file->inode;
	if (!when_read_stamp(
		    stamp, read_at(r, 0, stamp, sizeof(stamp)), &r->first_us))
		r->first_us = file->first_us;
	return true;
}

/* A buffer of at least need bytes. */
static bool
grow(struct logread *r, size_t need)
{
	size_t cap = r->cap ? r->cap : PIECE;
	char *buf;

	if (need <= r->cap)
		return true;
	while (cap < need)
		cap *= 2;
	buf = realloc(r->buf, cap);
	if (!buf) {
		r->error = ENOMEM;
		return false;
	}
	r->buf = buf;
	r->cap = cap;
	return true;
}

static void
give(struct logread *r, struct logline *line, size_t from, size_t len)
{
	logline_parse(line, r->buf + from, len);
	if (line->us == WHEN_NONE)
		line->us = r->last_us;
	r->last_us = line->us;
}

/* --- forwards ------------------------------------------------------------ */

/* A line that the buffer holds; with takes_all also one without newline. */
static bool
take_line(struct logread *r, struct logline *line, bool takes_all)
{
	size_t have = r->end - r->start;
	const char *newline =
		have ? memchr(r->buf + r->start, '\n', have) : NULL;
	size_t from = r->start, len;

	if (newline) {
		len = (size_t)(newline - r->buf) - from;
		r->start += len + 1;
	} else if (have && (takes_all || have >= LOGREAD_LINE_MAX)) {
		len = have;
		r->start += len;
	} else {
		return false;
	}
	give(r, line, from, len);
	return true;
}

/* False at the end of the file. */
static bool
fill(struct logread *r)
{
	size_t n;

	if (r->start) {
		memmove(r->buf, r->buf + r->start, r->end - r->start);
		r->end -= r->start;
		r->start = 0;
	}
	if (!grow(r, r->end + PIECE))
		return false;
	n = read_at(r, r->offset, r->buf + r->end, r->cap - r->end);
	r->end += n;
	r->offset += n;
	return n > 0;
}

/* What cannot be read counts as read. */
static void
skip_file(struct logread *r)
{
	const struct logfile *file = &r->files->file[r->at];

	r->inode = file->inode;
	if (file->first_us != WHEN_NONE)
		r->first_us = file->first_us;
}

static void
go_to_file(struct logread *r, unsigned at)
{
	close_file(r);
	r->at = at;
	r->offset = 0;
	r->start = r->end = 0;
	r->is_rotated = false;
}

/* Where in a list the files begin that are newer than what was read last. */
static unsigned
find_newer(const struct logread *r, const struct logfiles *files)
{
	int last = r->inode ? logfiles_find(files, r->inode) : -1;
	unsigned at = 0;

	if (last >= 0)
		return (unsigned)last + 1;
	if (!r->inode)
		return 0;
	/* Deleted or processed since: what began later is new. */
	while (at < files->count &&
		strcmp(files->file[at].name, LOGFILES_CURRENT) != 0 &&
		(r->first_us == WHEN_NONE ||
			files->file[at].first_us <= r->first_us))
		at++;
	return at;
}

/*
 * To the file behind the one that was read last, among those that are there by
 * now. False: there is none yet.
 */
static bool
advance(struct logread *r)
{
	struct logfiles now = {NULL, 0, 0};
	unsigned at;

	if (!logfiles_list(&now, r->dir_fd)) {
		logfiles_free(&now);
		return false;
	}
	at = find_newer(r, &now);
	logfiles_free(r->files);
	*r->files = now;
	go_to_file(r, at);
	return at < now.count;
}

/* Without a `current`: whether there are newer files than this one. */
static bool
has_newer(struct logread *r)
{
	struct logfiles now = {NULL, 0, 0};
	bool is_so = logfiles_list(&now, r->dir_fd) &&
		     find_newer(r, &now) < now.count;

	logfiles_free(&now);
	return is_so;
}

/* Another file has become `current`, or was cut short by somebody. */
static bool
has_moved(struct logread *r)
{
	struct stat st;

	if (fstatat(r->dir_fd, LOGFILES_CURRENT, &st, AT_SYMLINK_NOFOLLOW) != 0)
		r->is_rotated = has_newer(r);
	else
		r->is_rotated = S_ISREG(st.st_mode) && st.st_ino != r->inode;
	if (r->is_rotated)
		return true;
	if (fstat(r->fd, &st) != 0 || (uint64_t)st.st_size >= r->offset)
		return false;
	r->offset = r->start = r->end = 0;
	return true;
}

bool
logread_next(struct logread *r, struct logline *line)
{
	if (r->is_backwards) {
		r->start = r->end = 0;
		r->is_backwards = false;
	}
	for (;;) {
		bool is_last = r->at + 1 >= r->files->count;

		if (take_line(r, line, false))
			return true;
		if (r->at >= r->files->count) {
			if (!r->is_following || !advance(r))
				return false;
			continue;
		}
		if (open_file(r)) {
			if (fill(r))
				continue;
			if (r->is_following && is_last && !r->is_rotated) {
				/* Once more: the last that was written. */
				if (has_moved(r))
					continue;
				return false;
			}
			if (take_line(r, line, true))
				return true;
		} else {
			skip_file(r);
		}
		go_to_file(r, r->at + 1);
	}
}

/* --- backwards ----------------------------------------------------------- */

/* Puts bytes of the file before those of the buffer. */
static bool
fill_before(struct logread *r)
{
	size_t have = r->end - r->start;
	uint64_t before = r->offset - have;
	size_t want = before < PIECE ? (size_t)before : PIECE;

	if (!grow(r, have + want))
		return false;
	memmove(r->buf + r->cap - have, r->buf + r->start, have);
	r->end = r->cap;
	r->start = r->cap - have - want;
	/* Shorter than it was: somebody has truncated it. */
	return read_at(r, before - want, r->buf + r->start, want) == want;
}

/* To the end of the next older file that can be read. */
static bool
go_before(struct logread *r)
{
	struct stat st;

	while (r->at) {
		go_to_file(r, r->at - 1);
		if (!open_file(r) || fstat(r->fd, &st) != 0)
			continue;
		r->offset = (uint64_t)st.st_size;
		if (r->offset)
			return true;
	}
	r->offset = 0;
	return false;
}

/* The last line of the buffer, if it is there from its begin on. */
static bool
take_last_line(struct logread *r, size_t *from, size_t *len)
{
	size_t have = r->end - r->start;
	const char *newline =
		have ? memrchr(r->buf + r->start, '\n', have - 1) : NULL;

	if (newline)
		*from = (size_t)(newline - r->buf) + 1;
	else if (have && (have == r->offset || have >= LOGREAD_LINE_MAX))
		*from = r->start;
	else
		return false;
	*len = r->end - *from;
	r->offset -= *len;
	r->end = *from;
	return true;
}

bool
logread_previous(struct logread *r, struct logline *line)
{
	size_t from, len;

	if (!r->is_backwards) {
		r->offset -= r->end - r->start;
		r->start = r->end = 0;
		r->is_backwards = true;
	}
	for (;;) {
		bool is_last = r->at + 1 >= r->files->count;

		if (!r->offset || r->at >= r->files->count) {
			if (!go_before(r))
				return false;
			continue;
		}
		if (!open_file(r)) {
			r->offset = 0;
			continue;
		}
		if (!take_last_line(r, &from, &len)) {
			if (fill_before(r))
				continue;
			r->start = r->end = 0;
			r->offset = 0;
			continue;
		}
		if (r->buf[from + len - 1] == '\n')
			len--;
		else if (r->is_following && is_last)
			continue; /* it is still being written */
		give(r, line, from, len);
		return true;
	}
}

/* --- places -------------------------------------------------------------- */

void
logread_seek(struct logread *r, int64_t us)
{
	struct stat st;

	for (unsigned i = us > 0 ? r->files->count : 0; i-- > 0;) {
		struct logfind find = {read_at, r, 0};

		go_to_file(r, i);
		if (!open_file(r) || r->first_us == WHEN_NONE ||
			r->first_us >= us || fstat(r->fd, &st) != 0)
			continue;
		find.size = (uint64_t)st.st_size;
		r->offset = logfind_first(&find, us);
		return;
	}
	go_to_file(r, 0);
}

struct logread_place
logread_tell(const struct logread *r)
{
	uint64_t ahead = r->is_backwards ? 0 : r->end - r->start;

	return (struct logread_place){r->at, r->offset - ahead};
}

void
logread_go(struct logread *r, struct logread_place place)
{
	go_to_file(r, place.at);
	r->offset = place.offset;
	r->is_backwards = false;
}

void
logread_seek_end(struct logread *r)
{
	struct logread_place place;
	struct logline line;
	struct stat st;

	go_to_file(r, r->files->count ? r->files->count - 1 : 0);
	if (r->at >= r->files->count || !open_file(r) || fstat(r->fd, &st) != 0)
		return;
	r->offset = (uint64_t)st.st_size;
	if (!r->is_following || !logread_previous(r, &line))
		return;
	/* Not behind the begin of a line that is still being written. */
	place = logread_tell(r);
	place.offset += line.len + 1;
	logread_go(r, place);
}

/* Looks at its first bytes if its name does not tell. */
static bool
is_packed(struct logread *r, unsigned at)
{
	int fd;

	if (!r->files->file[at].is_packed) {
		fd = logfiles_open(r->files, at, r->dir_fd);
		if (fd >= 0)
			close(fd);
	}
	return r->files->file[at].is_packed;
}

unsigned
logread_missing(struct logread *r, const char **newest)
{
	struct logread_place place = logread_tell(r);
	unsigned packed = 0;

	for (unsigned i = 0; i < r->files->count; i++) {
		if (is_packed(r, i)) {
			*newest = r->files->file[i].name;
			packed++;
		} else if (i < place.at || (i == place.at && place.offset)) {
			return 0;
		}
	}
	return packed;
}
