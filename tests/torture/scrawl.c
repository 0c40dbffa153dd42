#include "tests/torture/scrawl.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct scrawl_notes *
scrawl_open(const char *dir, bool is_new)
{
	char path[512];
	void *at;
	int fd;

	snprintf(path, sizeof(path), "%s/notes", dir);
	fd = open(path, O_RDWR | O_CLOEXEC | (is_new ? O_CREAT : 0), 0600);
	if (fd < 0 ||
		(is_new && ftruncate(fd, sizeof(struct scrawl_notes)) != 0))
		return NULL;
	at = mmap(NULL, sizeof(struct scrawl_notes), PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

uint64_t
scrawl_random(uint64_t *state)
{
	uint64_t n = *state += UINT64_C(0x9e3779b97f4a7c15);

	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

size_t
scrawl_header(
	char *out, size_t cap, uint32_t service, uint32_t run, uint32_t stream)
{
	int len = snprintf(out, cap, "[run %u of %u, stream %u]\n",
		(unsigned)run, (unsigned)service, (unsigned)stream);

	return (size_t)len;
}

void
scrawl_begin(struct scrawl *s, uint32_t seed, uint32_t service, uint32_t run,
	uint32_t stream)
{
	*s = (struct scrawl){.service = service, .run = run, .stream = stream};
	s->state = ((uint64_t)seed << 40) + ((uint64_t)service << 24) +
		   ((uint64_t)run << 4) + stream;
	scrawl_random(&s->state);
}

static size_t
fill(struct scrawl *s, char *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (char)scrawl_random(&s->state);
	return len;
}

static size_t
text(struct scrawl *s, char *out, size_t len, const char *end)
{
	memset(out, 'a' + (int)(scrawl_random(&s->state) % 26), len);
	strcpy(out + len, end);
	return len + strlen(end);
}

size_t
scrawl_piece(struct scrawl *s, char out[SCRAWL_PIECE])
{
	unsigned kind = (unsigned)(scrawl_random(&s->state) % 200);
	size_t size = (size_t)scrawl_random(&s->state);

	if (!s->is_begun) {
		s->is_begun = true;
		return scrawl_header(
			out, SCRAWL_PIECE, s->service, s->run, s->stream);
	}
	if (kind < 120)
		return text(s, out, size % 100, "\n");
	if (kind < 140) {
		memset(out, '\n', size % 40 + 1);
		return size % 40 + 1;
	}
	if (kind < 160)
		return fill(s, out, size % 2000 + 1);
	if (kind < 185)
		return text(s, out, size % 30 + 1, "");
	if (kind < 190)
		return text(s, out, size % 300, "\033[1m\r\n");
	if (kind < 199)
		return text(s, out, size % 20000 + 1, "");
	return fill(s, out, size % SCRAWL_PIECE + 1);
}
