#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/name.h"
#include "supervisor/cold.h"
#include "supervisor/daemon.h"
#include "supervisor/doctor.h"
#include "supervisor/environment.h"
#include "supervisor/finish.h"
#include "supervisor/link.h"
#include "supervisor/loop.h"
#include "supervisor/signals.h"
#include "supervisor/startup.h"
#include "supervisor/supervisor.h"
#include "supervisor/upgrade.h"

static struct supervisor supervisor;

static uint64_t
clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t
clock_boot_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

void
clock_update(struct supervisor *sv)
{
	sv->plan.now_ms = clock_ms(CLOCK_MONOTONIC);
	sv->plan.boot_ms = clock_boot_ms();
}

const char *
service_name(const struct supervisor *sv, uint32_t id)
{
	struct page_view view = publish_view(&sv->page);

	if (sv->service[id].name == 0)
		return "a removed service";
	return page_string(&view, sv->service[id].name);
}

uint32_t
service_find(const struct supervisor *sv, const char *name)
{
	struct page_view view = publish_view(&sv->page);
	uint32_t id = page_find(&view, name);

	if (id == PAGE_NONE || !sv->plan.svc[id].is_used)
		return PAGE_NONE;
	return id;
}

uint32_t
service_find_any(const struct supervisor *sv, const char *name)
{
	struct page_view view = publish_view(&sv->page);
	uint32_t id = page_find_any(&view, name);

	return id == PAGE_NONE || !sv->plan.svc[id].is_used ? PAGE_NONE : id;
}

const char *
service_own_name(const struct supervisor *sv, const char *name, char *out)
{
	uint32_t id = service_find_any(sv, name);
	const char *own = id == PAGE_NONE ? name : service_name(sv, id);
	size_t len = strlen(own);

	if (own == name || len >= NAME_CAP)
		return name;
	memcpy(out, own, len + 1);
	return out;
}

/* Where our own lines go once nobody reads our stderr. */
static int
open_own_log(const struct supervisor *sv)
{
	if (sv->log_fd < 0)
		return -1;
	return openat(sv->log_fd, "supervisor.log",
		O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
}

int
main(int argc, char **argv)
{
	struct supervisor *sv = &supervisor;
	int ready_fd = -1;
	int status;

	log_setup("supervisor", LOG_WARN);
	status = options_parse(&sv->options, argc, argv);
	if (status >= 0)
		return status;
	if (sv->options.is_doctor)
		return doctor_run(sv, argv[0]);
	if (sv->options.is_verbose)
		log_setup("supervisor", LOG_INFO);
	signals_block();
	environment_clean();
	daemon_clean_fds(sv->options.upgrade_fd > 2 ? sv->options.upgrade_fd
						    : sv->options.init_fd);
	if (!sv->options.is_foreground && !sv->options.is_upgraded &&
		(ready_fd = daemon_start()) < 0) {
		log_error("cannot become a daemon: %m");
		return 1;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	/* Where we were started may have to be unmounted; a command has to
	 * start there. */
	if (!paths_are_relative(&sv->options.paths) && !sv->options.command &&
		chdir("/") < 0)
		log_warn("/: %m");
	upgrade_note_program(sv, argv[0]);
	clock_update(sv);
	sv->plan.seed = clock_boot_ms() ^ (uint64_t)getpid() << 32;
	if (startup_places(sv) < 0)
		return 1;
	link_open(sv);
	if (startup_services(sv) < 0 || startup_serve(sv) < 0)
		return 1;
	if (!sv->options.is_foreground) {
		daemon_ready(ready_fd, sv->null_fd, open_own_log(sv));
		log_keep_open();
	}
	cold_used(sv);
	cold_give_back(sv);
	while (!finish_is_due(sv))
		loop_turn(sv);
	startup_undo(sv);
	return finish_exit_code(sv);
}
