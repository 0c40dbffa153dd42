/* svctl history: the last deaths of a service, from NAME/last/ of its log. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/duration.h"
#include "svctl/alias.h"
#include "svctl/lastwords.h"
#include "svctl/logdir.h"
#include "svctl/logline.h"
#include "svctl/options.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"
#include "svctl/when.h"

#define DEATHS_MAX 8
#define RECORD_CAP 8192u /* up to 4 KiB of lines, and the numbers */

#define SECOND_LEN 19 /* 2026-11-23T14:31:05 */
#define AT_END	   25 /* the columns of the table */
#define AT_RAN	   45
#define AT_CPU	   57
#define AT_PEAK	   69

struct death {
	struct lastwords words; /* leads into bytes */
	char bytes[RECORD_CAP];
};

struct history {
	struct death *death[DEATHS_MAX]; /* owned; the oldest first */
	unsigned count;
	int error; /* errno of what could not be read; 0: none */
};

/* --- reading ------------------------------------------------------------- */

static bool
read_record(int dir_fd, const char *name, struct death *death)
{
	int fd = openat(dir_fd, name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		while (len < RECORD_CAP && (n = read(fd, death->bytes + len,
						    RECORD_CAP - len)) > 0)
			len += (size_t)n;
	}
	close(fd);
	return n >= 0 && lastwords_parse(&death->words, death->bytes, len);
}

/* Takes it over; of more than DEATHS_MAX the oldest goes. */
static void
keep(struct history *h, struct death *death)
{
	unsigned at;

	if (h->count == DEATHS_MAX) {
		if (death->words.us < h->death[0]->words.us) {
			free(death);
			return;
		}
		free(h->death[0]);
		h->count--;
		for (at = 0; at < h->count; at++)
			h->death[at] = h->death[at + 1];
	}
	for (at = h->count++; at; at--) {
		if (h->death[at - 1]->words.us <= death->words.us)
			break;
		h->death[at] = h->death[at - 1];
	}
	h->death[at] = death;
}

static void
take(struct history *h, int dir_fd, const char *name)
{
	struct death *death;

	if (*name == '.')
		return;
	death = calloc(1, sizeof(*death));
	errno = death ? 0 : ENOMEM;
	if (death && read_record(dir_fd, name, death)) {
		keep(h, death);
		return;
	}
	/* One that is being replaced is there again, or gone. */
	if (errno && errno != ENOENT)
		h->error = errno;
	free(death);
}

static void
read_directory(struct history *h, int service_fd)
{
	int own = openat(service_fd, "last",
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *e;

	if (!dir) {
		if (errno != ENOENT)
			h->error = errno;
		if (own >= 0)
			close(own);
		return;
	}
	while ((e = readdir(dir)))
		take(h, dirfd(dir), e->d_name);
	closedir(dir);
}

/* --- showing ------------------------------------------------------------- */

static void
put_number(struct fmt *f, const char *key, int64_t n)
{
	fmt_printf(f, ",\"%s\":", key);
	if (n < 0)
		fmt_str(f, "null");
	else
		fmt_i64(f, n);
}

static void
put_json(struct svctl *s, const struct lastwords *w)
{
	struct fmt *f =
		out_room(&s->out, w->text_len * LOGLINE_JSON + OUT_PIECE);

	fmt_str(f, s->out.f.len > 1 ? ",\n{\"time\":" : "\n{\"time\":");
	if (w->us == WHEN_NONE) {
		fmt_str(f, "null");
	} else {
		fmt_char(f, '"');
		when_put_stamp(f, w->us);
		fmt_char(f, '"');
	}
	put_number(f, "pid", w->pid);
	put_number(f, "exit_code", w->signal_len ? -1 : w->exit_code);
	fmt_str(f, ",\"exit_signal\":");
	if (w->signal_len)
		logline_put_json(f, w->signal, w->signal_len);
	else
		fmt_str(f, "null");
	put_number(f, "ran_ms", w->ran_ms);
	put_number(f, "cpu_ms", w->cpu_ms);
	put_number(f, "peak_kb", w->peak_kb);
	fmt_printf(f,
		",\"oom\":%s,\"last_words\":", w->was_oom ? "true" : "false");
	logline_put_json(f, w->text, w->text_len);
	fmt_char(f, '}');
}

static void
put_end(struct fmt *f, const struct lastwords *w)
{
	if (w->signal_len) {
		fmt_str(f, "killed by ");
		fmt_bytes(f, w->signal, w->signal_len);
	} else {
		fmt_str(f, "exited ");
		fmt_i64(f, w->exit_code);
	}
	if (w->was_oom)
		fmt_str(f, ", OOM");
}

static void
put_duration(struct fmt *f, int64_t ms)
{
	if (ms < 0)
		fmt_char(f, '-');
	else
		duration_format(f, (uint64_t)ms);
}

static void
put_time(struct fmt *f, const struct lastwords *w)
{
	size_t start = f->len;

	when_put_stamp(f, w->us);
	f->len = start + SECOND_LEN;
	fmt_char(f, 'Z');
}

static void
put_row(struct svctl *s, const struct lastwords *w)
{
	struct fmt *f = out_room(&s->out, OUT_PIECE);
	size_t start = f->len;

	put_time(f, w);
	fmt_column(f, start, AT_END);
	put_end(f, w);
	fmt_column(f, start, AT_RAN);
	put_duration(f, w->ran_ms);
	fmt_column(f, start, AT_CPU);
	put_duration(f, w->cpu_ms);
	fmt_column(f, start, AT_PEAK);
	if (w->peak_kb < 0)
		fmt_char(f, '-');
	else if (w->peak_kb < 10240)
		fmt_printf(f, "%lld KiB", (long long)w->peak_kb);
	else
		fmt_printf(f, "%lld MiB", (long long)(w->peak_kb / 1024));
	fmt_char(f, '\n');
}

static void
put_words(struct svctl *s, const struct lastwords *w)
{
	const char *at = w->text, *end = w->text + w->text_len;
	struct fmt *f = out_room(&s->out, OUT_PIECE);

	if (at == end)
		return;
	fmt_char(f, '\n');
	put_time(f, w);
	fmt_char(f, ' ');
	put_end(f, w);
	fmt_str(f, ":\n");
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);

		f = out_room(&s->out, len * LOGLINE_SAFE + OUT_PIECE);
		fmt_str(f, "  ");
		if (s->out.is_terminal)
			logline_put_safe(f, at, len);
		else
			fmt_bytes(f, at, len);
		fmt_char(f, '\n');
		at = newline ? newline + 1 : end;
	}
}

static void
put_all(struct svctl *s, const struct history *h)
{
	struct fmt *f = out_room(&s->out, OUT_PIECE);
	size_t start = f->len;

	if (s->given & OPT_JSON) {
		fmt_char(f, '[');
		for (unsigned i = 0; i < h->count; i++)
			put_json(s, &h->death[i]->words);
		fmt_str(out_room(&s->out, OUT_PIECE), "\n]\n");
		return;
	}
	fmt_str(f, "DIED");
	fmt_column(f, start, AT_END);
	fmt_str(f, "END");
	fmt_column(f, start, AT_RAN);
	fmt_str(f, "RAN");
	fmt_column(f, start, AT_CPU);
	fmt_str(f, "CPU");
	fmt_column(f, start, AT_PEAK);
	fmt_str(f, "PEAK\n");
	for (unsigned i = 0; i < h->count; i++)
		put_row(s, &h->death[i]->words);
	for (unsigned i = 0; i < h->count; i++)
		put_words(s, &h->death[i]->words);
}

/* --- the verb ------------------------------------------------------------ */

static int
read_all(struct svctl *s, struct history *h, const char *name)
{
	bool is_there = false;
	int code = CODE_OK;
	struct logdir dir;

	logdir_open(&dir, s);
	for (unsigned base = 0; base < LOGDIR_BASES; base++) {
		int fd = logdir_service(&dir, base, name);

		if (fd < 0)
			continue;
		is_there = true;
		h->error = 0;
		read_directory(h, fd);
		close(fd);
		if (h->error)
			code = logdir_say_error(&dir, base, name, h->error);
	}
	if (!is_there)
		code = logdir_say_none(&dir, s, name);
	logdir_close(&dir);
	return code;
}

int
history_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	static struct history h;
	char own[NAME_CAP];
	int code = read_all(s, &h, alias_on_page(s, argv[0], own));

	(void)verb;
	(void)argc;
	if (code == CODE_OK && !h.count && !(s->given & OPT_JSON))
		out_note("no death is recorded");
	else if (h.count || code == CODE_OK)
		put_all(s, &h);
	for (unsigned i = 0; i < h.count; i++)
		free(h.death[i]);
	return code;
}
