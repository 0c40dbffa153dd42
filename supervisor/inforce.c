#include "supervisor/inforce.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/log.h"
#include "supervisor/memfile.h"
#include "supervisor/supervisor.h"

#define LOADED_NAME_NEW INFORCE_NAME ".new"
/* What was in force before, while what follows from the change is not yet in
 * the journal: who finds it has to see to that. */
#define LOADED_NAME_OLD INFORCE_NAME ".old"

/* The text of the definitions in force, malloc'd. */
char *
inforce_text(const struct supervisor *sv, size_t *len)
{
	off_t size = lseek(sv->loaded_fd, 0, SEEK_END);
	char *text;

	if (sv->loaded_fd < 0 || size < 0)
		return NULL;
	text = malloc((size_t)size + 1);
	if (text &&
		pread(sv->loaded_fd, text, (size_t)size, 0) == (ssize_t)size) {
		*len = (size_t)size;
		return text;
	}
	free(text);
	return NULL;
}

/* dir_fd -1: without a name. keeps_old: under another name. */
int
inforce_write(int dir_fd, const char *text, size_t len, bool keeps_old)
{
	int fd = memfile_create(dir_fd, LOADED_NAME_NEW, 0600);
	int error;

	if (fd < 0)
		return -1;
	if (memfile_write(fd, text, len) == 0) {
		if (keeps_old)
			renameat(dir_fd, INFORCE_NAME, dir_fd, LOADED_NAME_OLD);
		if (dir_fd < 0 || renameat(dir_fd, LOADED_NAME_NEW, dir_fd,
					  INFORCE_NAME) == 0)
			return fd;
	}
	error = errno;
	close(fd);
	/* What was written of it takes the room that others need. */
	if (dir_fd >= 0)
		unlinkat(dir_fd, LOADED_NAME_NEW, 0);
	errno = error;
	return -1;
}

/* What follows from the change is in the journal. */
void
inforce_forget_old(const struct supervisor *sv)
{
	if (sv->runtime_fd >= 0)
		unlinkat(sv->runtime_fd, LOADED_NAME_OLD, 0);
}

/* Nothing of the change is in force. */
void
inforce_take_old_back(const struct supervisor *sv)
{
	if (sv->runtime_fd >= 0)
		renameat(sv->runtime_fd, LOADED_NAME_OLD, sv->runtime_fd,
			INFORCE_NAME);
}

/* What a dead supervisor had in force; NULL: read the config roots instead. */
static char *
trusted_loaded(const struct supervisor *sv, const char *name, size_t *len)
{
	const char *why;
	char *text;

	if (sv->runtime_fd < 0)
		return NULL;
	text = memfile_read(sv->runtime_fd, name, len, &why);
	if (!text && why)
		log_error("%s/%s: %s; not used", sv->runtime, name, why);
	return text;
}

/*
 * The definitions that the services are to be found in: those before a change
 * whose consequences were not drawn any more; they are in `apply` then.
 */
void
inforce_read(struct supervisor *sv, struct load_text *text)
{
	text->bytes = trusted_loaded(sv, LOADED_NAME_OLD, &text->len);
	if (text->bytes) {
		sv->apply.bytes =
			trusted_loaded(sv, INFORCE_NAME, &sv->apply.len);
		return;
	}
	text->bytes = trusted_loaded(sv, INFORCE_NAME, &text->len);
}

bool
inforce_starts_all(const struct supervisor *sv)
{
	return sv->load.settings.is_start_set
		       ? sv->load.settings.start_all
		       : service_find(sv, "default") == PAGE_NONE;
}
