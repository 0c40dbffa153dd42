#include "supervisor/cgroup.h"
#include "supervisor/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/adopt.h"
#include "supervisor/calls.h"
#include "supervisor/drain.h"
#include "supervisor/essential.h"
#include "supervisor/finish.h"
#include "supervisor/link.h"
#include "supervisor/logger.h"
#include "supervisor/memfile.h"
#include "supervisor/outputs.h"
#include "supervisor/procfs.h"
#include "supervisor/ready.h"
#include "supervisor/record.h"
#include "supervisor/request.h"
#include "supervisor/salvage.h"
#include "supervisor/services.h"
#include "supervisor/signals.h"
#include "supervisor/spawn.h"
#include "supervisor/stop.h"
#include "supervisor/loop.h"
#include "supervisor/supervisor.h"
#include "supervisor/upgrade.h"
#include "supervisor/zero.h"

#define PID_FILE     "supervisor.pid"
#define LOCK_TRIES   200
#define LOCK_WAIT_MS 10

/*
 * A record lock: a child that hangs before its exec has copies of our
 * descriptors, and would keep a lock of the other kind from the next one.
 */
static int
lock(const struct supervisor *sv)
{
	struct flock range;
	unsigned left = LOCK_TRIES;
	int fd;

	if (sv->runtime_fd < 0)
		return 0;
	fd = openat(sv->runtime_fd, "lock",
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0) {
		log_error("%s/lock: %m", sv->runtime);
		return -1;
	}
	/* It is held, and the descriptor kept, until we end. */
	do {
		range = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
		if (fcntl(fd, F_SETLK, &range) == 0)
			return 0;
		fcntl(fd, F_GETLK, &range);
		/* A child that has just been cloned has our table, and with
		 * it the lock of a supervisor that is dead. */
	} while (procfs_is_dead(range.l_pid) && left-- > 0 &&
		 poll(NULL, 0, LOCK_WAIT_MS) == 0);
	log_error("%s: supervisor %d is serving there already", sv->runtime,
		(int)range.l_pid);
	close(fd);
	return -1;
}

static void
write_pid(const struct supervisor *sv)
{
	char text[24];
	struct fmt f;
	int fd;

	if (sv->runtime_fd < 0)
		return;
	fmt_init(&f, text, sizeof(text));
	fmt_printf(&f, "%d\n", (int)getpid());
	fd = memfile_create(sv->runtime_fd, PID_FILE, 0644);
	if (fd < 0 || memfile_write(fd, text, f.len) < 0)
		log_warn("%s/%s: %m", sv->runtime, PID_FILE);
	if (fd >= 0)
		close(fd);
}

static int
make_directories(const char *path)
{
	char part[PATHS_CAP];
	size_t len = strlen(path);

	if (len >= sizeof(part))
		return -1;
	memcpy(part, path, len + 1);
	for (size_t i = 1; i <= len; i++)
		if (part[i] == '/' || part[i] == '\0') {
			char end = part[i];

			part[i] = '\0';
			if (mkdir(part, 0755) < 0 && errno != EEXIST)
				return -1;
			part[i] = end;
		}
	return 0;
}

static void
open_log_directory(struct supervisor *sv)
{
	char path[PATHS_CAP];
	int why;

	paths_log(&sv->options.paths, path);
	why = make_directories(path) < 0 ? errno : 0;
	sv->log_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sv->log_fd >= 0 && faccessat(sv->log_fd, ".", W_OK, 0) == 0)
		return;
	if (errno != ENOENT || why == 0)
		why = errno;
	if (sv->log_fd >= 0)
		close(sv->log_fd);
	sv->log_fd = -1;
	if (sv->runtime_fd < 0) {
		log_warn("%s: %s; logs go where our own output goes", path,
			strerror(why));
		return;
	}
	log_info("%s cannot be written; logs go to %s/log", path, sv->runtime);
	mkdirat(sv->runtime_fd, "log", 0750);
	sv->log_fd = openat(sv->runtime_fd, "log",
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What keeps the kernel from killing us in want of memory is not inherited. */
static bool
has_oom_score(void)
{
	char score[16];

	return procfs_read("/proc/self/oom_score_adj", score, sizeof(score)) >
		       0 &&
	       score[0] == '-';
}

/* What fails for it later has many names. */
static void
look_at_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
		limit.rlim_max < STARTUP_NOFILE_LEAST)
		log_error("a limit of %u descriptors: at least %u are needed; "
			  "raise it (--ulimit nofile=1024, LimitNOFILE)",
			(unsigned)limit.rlim_max, STARTUP_NOFILE_LEAST);
}

static void
open_runtime(struct supervisor *sv)
{
	char first[PATHS_CAP];

	sv->runtime_fd = paths_runtime_open(&sv->options.paths, sv->runtime);
	if (sv->runtime_fd < 0) {
		log_error("no usable run-time root: %m; services run, but "
			  "there are no requests and no status");
		sv->runtime[0] = '\0';
	} else if (errno != 0 &&
		   paths_runtime_candidate(&sv->options.paths, 0, first)) {
		log_warn("%s: %m; the run-time root is %s", first, sv->runtime);
	}
}

int
startup_places(struct supervisor *sv)
{
	char message[512];

	log_keep_open();
	look_at_limit();
	sv->has_oom_score = has_oom_score();
	gethostname(sv->host, sizeof(sv->host) - 1);
	sv->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (sv->null_fd < 0)
		log_warn("/dev/null: %m; services keep our stdin");
	open_runtime(sv);
	if (lock(sv) < 0)
		return -1;
	write_pid(sv);
	open_log_directory(sv);
	logger_open(sv);
	if (!load_open(&sv->load, &sv->options.paths, message, sizeof(message)))
		log_error("%s; using the defaults", message);
	zero_open(sv);
	stop_settle(sv);
	if (services_init(sv) < 0 || loop_open(sv) < 0 ||
		signals_open(sv) < 0 || spawn_open(sv) < 0) {
		log_error("start-up: %m");
		calls_tell();
		return -1;
	}
	return 0;
}

static mode_t
page_mode(const struct supervisor *sv)
{
	if (sv->load.settings.status_mode != 0)
		return (mode_t)sv->load.settings.status_mode;
	return sv->load.settings.control_group[0] == '\0' ? 0644 : 0640;
}

/* Who may send requests has to see what comes of them. */
static void
give_page_to_group(const struct supervisor *sv)
{
	gid_t gid;

	if (request_group(sv, &gid) && fchown(sv->page.fd, (uid_t)-1, gid) < 0)
		log_warn("%s/status: cannot be given to the control-group: %m",
			sv->runtime);
}

static int
open_files(struct supervisor *sv)
{
	int dir_fd = sv->runtime_fd;

	if (publish_open(&sv->page, dir_fd, page_mode(sv)) < 0 ||
		journal_create(&sv->journal, dir_fd) < 0) {
		log_warn("%s: %m; going on without files there", sv->runtime);
		unlinkat(dir_fd, "status", 0);
		unlinkat(dir_fd, "state.new", 0);
		sv->runtime_fd = dir_fd = sv->pipe_fd = -1;
		spawn_forget_fifo(sv);
		if (publish_open(&sv->page, dir_fd, 0600) < 0 ||
			journal_create(&sv->journal, dir_fd) < 0) {
			log_error("no memory for the status page: %m");
			return -1;
		}
	}
	give_page_to_group(sv);
	return 0;
}

static void
identify(struct supervisor *sv, bool is_fresh, bool is_salvaging)
{
	struct page_header *h = sv->page.header;

	/* What init said to the program before us. */
	if (sv->options.is_upgraded)
		sv->is_container = (h->flags & PAGE_CONTAINER) != 0;
	/* First: nobody may see us serve before we do. */
	publish_flags(&sv->page,
		(sv->init_fd >= 0 ? PAGE_UNDER_INIT : 0) |
			(sv->is_container ? PAGE_CONTAINER : 0) |
			(is_fresh ? PAGE_STARTING : 0) |
			(is_salvaging ? PAGE_SALVAGING : 0),
		PAGE_UNDER_INIT | PAGE_CONTAINER | PAGE_FINISHING |
			PAGE_DRAINING | PAGE_SERVING);
	h->supervisor_pid = getpid();
	h->supervisor_start = procfs_start_ticks(getpid());
	h->started_boot_ms = sv->plan.boot_ms;
	h->run = salvage_run();
}

/* The file is ours, and still nothing in it is taken on trust. */
static uint32_t
old_ids(const struct journal_old *old)
{
	uint32_t count = journal_old_count(old);

	return count < SERVICES_MAX ? count : SERVICES_MAX;
}

/* False: there is none to go by. */
static bool
read_journal(const struct supervisor *sv, struct journal_old *old,
	struct salvage *salvage)
{
	const char *why;
	enum journal_verdict verdict = journal_read(old, sv->runtime_fd, &why);

	/* It may speak of another boot's processes, or of some that run and
	 * cannot be told from others. Under init, and of our own, we know. */
	if (verdict == JOURNAL_OK && sv->init_fd < 0 &&
		!sv->options.is_upgraded && !procfs_is_there()) {
		journal_old_free(old);
		verdict = JOURNAL_BAD;
		why = "without /proc it cannot be told whose it is";
	}
	salvage_read(salvage, sv, verdict);
	if (why)
		log_error("%s/state: %s; not used", sv->runtime, why);
	else if (verdict == JOURNAL_NONE && salvage->is_needed &&
		 sv->runtime_fd >= 0)
		log_error("%s/state: it is gone", sv->runtime);
	return verdict == JOURNAL_OK;
}

int
startup_services(struct supervisor *sv)
{
	struct journal_old old = {0};
	struct salvage salvage = {0};
	int end = 0, code = -1;
	bool is_started = false;
	bool has_journal =
		sv->is_recovering && read_journal(sv, &old, &salvage);

	/* Under init once; without init nobody knows that it was said. */
	if (!sv->options.is_upgraded && (!sv->is_recovering || sv->init_fd < 0))
		calls_tell();
	if (open_files(sv) < 0)
		return -1;
	identify(sv, !has_journal && !salvage.is_needed, salvage.is_needed);
	if (services_load(sv, has_journal || salvage.is_needed,
		    has_journal ? old_ids(&old) : 0) < 0) {
		journal_old_free(&old);
		return -1;
	}
	outputs_recover(sv);
	if (has_journal) {
		adopt_all(sv, &old);
		end = journal_old_end(&old);
		code = journal_old_end_code(&old);
		sv->upgrade.token = journal_old_upgrade(&old);
		/* Should we not come to serve, the next one answers it. */
		journal_set_upgrade(&sv->journal, sv->upgrade.token);
		is_started = journal_old_is_started(&old);
		journal_set_end(&sv->journal, end, code);
		stop_recover(sv, &old);
		journal_old_free(&old);
	} else if (salvage.is_needed) {
		is_started = salvage_all(&salvage, sv);
	}
	if (is_started)
		journal_set_started(&sv->journal);
	record_changes(sv);
	if (journal_commit(&sv->journal, sv->runtime_fd) < 0)
		log_error("%s/state: %m; a crash could not be recovered from",
			sv->runtime);
	publish_flags(&sv->page, 0, PAGE_SALVAGING);
	/* From here on processes may be made. */
	services_apply_again(sv);
	adopt_find_lost(sv);
	if (end != 0)
		finish_ask_with(sv, end, code);
	drain_resume(sv);
	essential_look(sv);
	/* If it died in the middle of it, the rest is to come. */
	if (!is_started)
		services_start(sv);
	zero_look(sv);
	adopt_judge(sv);
	ready_recover(sv);
	sv->page.header->adopted = sv->adopted;
	return 0;
}

int
startup_serve(struct supervisor *sv)
{
	/* What init has told so far; FRESH is taken back by reading it. */
	if (sv->init_fd >= 0)
		link_read(sv);
	if (link_listen(sv) < 0) {
		log_error("init: %m");
		return -1;
	}
	request_open(sv);
	act_run(sv);
	record_changes(sv);
	journal_set_started(&sv->journal);
	sv->page.header->served++;
	publish_flags(&sv->page, PAGE_SERVING, PAGE_STARTING);
	upgrade_answer(sv, sv->upgrade.token);
	journal_set_upgrade(&sv->journal, 0);
	publish_wake(&sv->page);
	link_send_serving(sv);
	/* Deaths from before our signals were read. */
	sv->has_dead_children = true;
	return 0;
}

void
startup_undo(struct supervisor *sv)
{
	static const char *const names[] = {"state", "loaded", "loaded.old",
		"control", "exec", "notify", ZERO_FILE, PID_FILE};

	publish_flags(&sv->page, 0, PAGE_SERVING);
	publish_wake(&sv->page);
	if (sv->runtime_fd < 0)
		return;
	cgroup_close();
	outputs_remove(sv);
	logger_remove(sv);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(sv->runtime_fd, names[i], 0);
}
