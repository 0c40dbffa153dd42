#include "supervisor/zero.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/given.h"
#include "lib/handoff.h"
#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/finish.h"
#include "supervisor/memfile.h"
#include "supervisor/supervisor.h"

#define HEADER "tend-given 1"

extern char **environ;

/* With its NUL. */
static bool
write_word(int fd, const char *word)
{
	return memfile_write(fd, word, strlen(word) + 1) == 0;
}

static bool
write_words(const struct supervisor *sv, int fd)
{
	const struct given *given = &sv->given;
	bool is_good =
		write_word(fd, HEADER) && write_word(fd, sv->load.root[0]);

	for (size_t i = 0; is_good && i < given->services; i++)
		is_good = write_word(fd, "-S") &&
			  write_word(fd, given->service[i]);
	for (const char *const *at = given->environ; is_good && *at; at++)
		if (strncmp(*at, GIVEN_PREFIX, GIVEN_PREFIX_LEN) == 0)
			is_good = write_word(fd, *at);
	if (!given->command)
		return is_good;
	is_good = is_good && write_word(fd, "--");
	for (const char *const *at = given->command; is_good && *at; at++)
		is_good = write_word(fd, *at);
	return is_good;
}

/* What it says of a service is for us alone: it may hold what is secret. */
static const char *const *
environment_of_services(const struct given *given)
{
	const char *const *all = given->environ;
	const char **kept;
	size_t count = 0, n = 0;

	while (all[count])
		count++;
	kept = malloc((count + 1) * sizeof(*kept));
	if (!kept)
		return all;
	for (size_t i = 0; i < count; i++)
		if (strncmp(all[i], GIVEN_PREFIX, GIVEN_PREFIX_LEN) != 0)
			kept[n++] = all[i];
	kept[n] = NULL;
	return kept;
}

void
zero_note(struct supervisor *sv)
{
	sv->given = (struct given){
		.service = (const char *const *)sv->options.service,
		.services = sv->options.services,
		.command = sv->options.command,
		.environ = (const char *const *)environ};
	zero_add(sv, &sv->load);
}

void
zero_open(struct supervisor *sv)
{
	int fd;

	zero_note(sv);
	sv->environ = sv->given.environ;
	if (sv->load.given)
		sv->environ = environment_of_services(&sv->given);
	sv->umask = umask(0);
	umask(sv->umask);
	if (sv->runtime_fd < 0)
		return;
	if (!sv->load.given) {
		unlinkat(sv->runtime_fd, ZERO_FILE, 0);
		return;
	}
	fd = memfile_create(sv->runtime_fd, ZERO_FILE, 0600);
	if (fd < 0 || !write_words(sv, fd))
		log_warn("%s/%s: %m; svctl does not see what the command line "
			 "says of services",
			sv->runtime, ZERO_FILE);
	if (fd >= 0)
		close(fd);
}

void
zero_add(const struct supervisor *sv, struct load *load)
{
	load->given = given_is_any(&sv->given) ? &sv->given : NULL;
}

static void
start(struct supervisor *sv, const char *name)
{
	uint32_t id = service_find(sv, name);
	const struct plan_svc *s = &sv->plan.svc[id];

	if (id == PAGE_NONE)
		return;
	if (s->state == SVC_MASKED)
		log_warn("-S %s: it is masked, so nothing is started", name);
	else if (s->policy.is_wanted_at_start && s->state == SVC_DOWN)
		plan_event(&sv->plan, id, plan_start_event(s), 0, PLAN_NONE);
}

void
zero_start(struct supervisor *sv)
{
	for (size_t i = 0; i < sv->given.services; i++) {
		char name[NAME_CAP];
		const char *command, *problem;
		size_t len;

		if (given_split(sv->given.service[i], name, &command, &len,
			    &problem))
			start(sv, name);
	}
	if (sv->given.command)
		start(sv, GIVEN_MAIN);
}

uint32_t
zero_main(const struct supervisor *sv)
{
	return sv->given.command ? service_find(sv, GIVEN_MAIN) : PLAN_NONE;
}

void
zero_look(struct supervisor *sv)
{
	uint32_t id = zero_main(sv);
	enum svc_state state;

	if (id == PLAN_NONE || sv->finish.is_asked || !sv->is_container)
		return;
	state = sv->plan.svc[id].state;
	if (state != SVC_INVALID && state != SVC_MASKED)
		return;
	log_error("%s: it cannot be started; stopping everything, the exit "
		  "status will be 1",
		GIVEN_MAIN);
	finish_ask_with(sv, END_EXIT, 1);
}

bool
zero_hang_up(struct supervisor *sv)
{
	uint32_t id = zero_main(sv);
	int owner;

	if (id == PLAN_NONE || ioctl(0, TIOCGPGRP, &owner) == 0 || errno != EIO)
		return false;
	act_signal_main(sv, id, SIGHUP);
	act_signal_main(sv, id, SIGCONT);
	return true;
}
