#include "supervisor/forking.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/family.h"
#include "supervisor/main_pid.h"
#include "supervisor/procfs.h"
#include "supervisor/ready.h"
#include "supervisor/spawn_build.h"
#include "supervisor/supervisor.h"

/* What is left behind may be about to fork once more, and to end. */
#define SETTLE_MS     20u
#define LOOK_LEAST_MS 5
#define LOOK_MOST_MS  1000
#define TEXT_CAP      160

/* The state of a search; for each service. */
struct search {
	uint64_t from_ms;
	uint64_t since_ms; /* last has been the only one since then */
	pid_t last;
	uint32_t complaint; /* hash of the last one */
};

static struct search *searches;
static uint32_t searching;
static uint64_t next_ms;

static struct search *
search_of(uint32_t id)
{
	if (!searches) {
		void *base = mmap(NULL, SERVICES_MAX * sizeof(*searches),
			PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (base == MAP_FAILED)
			return NULL;
		searches = base;
	}
	return &searches[id];
}

static void
found(struct supervisor *sv, uint32_t id, pid_t pid)
{
	if (pid > 0 && !set_main_pid(sv, id, pid))
		return;
	searching--;
	/* A start that failed leaves nothing behind. */
	if (pid <= 0)
		family_signal(sv, id, SIGKILL);
	plan_event(&sv->plan, id, EVENT_MAIN, pid, PLAN_NONE);
	act_run(sv);
	if (pid > 0 && sv->plan.svc[id].state == SVC_STARTING)
		ready_begin(sv, id);
	act_run(sv);
}

static uint32_t
hash(const char *text)
{
	uint32_t h = 2166136261u;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

/* Once for each thing that is wrong with it. */
static void
complain(struct supervisor *sv, uint32_t id, const char *path, const char *text)
{
	struct search *search = search_of(id);

	if (!search || search->complaint == hash(text))
		return;
	search->complaint = hash(text);
	log_warn("%s: %s: %s; waiting for another", service_name(sv, id), path,
		text);
}

/* What it says, if it may be believed: 0 with a reason in why, or nothing. */
static pid_t
read_pid_file(const char *path, uid_t *owner, char why[TEXT_CAP])
{
	int fd = open(path,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	char bytes[32];
	struct stat st;
	ssize_t len = -1;
	struct fmt f;
	long pid;
	char *rest;

	fmt_init(&f, why, TEXT_CAP);
	if (fd < 0) {
		if (errno == ELOOP)
			fmt_str(&f, "is a link, which is not followed");
		else if (errno != ENOENT)
			fmt_printf(&f, "%s", strerror(errno));
		return 0;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		fmt_str(&f, "is no regular file");
	else if (st.st_nlink > 1)
		fmt_str(&f, "has another name as well");
	else if ((st.st_mode & S_IWOTH) != 0)
		fmt_str(&f, "anybody may write it");
	else
		len = read(fd, bytes, sizeof(bytes) - 1);
	close(fd);
	*owner = st.st_uid;
	/* Empty: it is being written. */
	if (len <= 0)
		return 0;
	bytes[len] = '\0';
	pid = strtol(bytes, &rest, 10);
	if (rest == bytes || rest[strspn(rest, " \t\r\n")] != '\0' ||
		pid <= 1 || pid > INT32_MAX) {
		fmt_str(&f, "holds no pid of a service");
		return 0;
	}
	return (pid_t)pid;
}

/* Only root and we may name the process of another user. */
static bool
may_name(uid_t owner, pid_t pid)
{
	char path[40];
	struct stat st;
	struct fmt f;

	if (owner == 0 || owner == geteuid())
		return true;
	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "/proc/%d", (int)pid);
	return stat(path, &st) == 0 && st.st_uid == owner;
}

static pid_t
by_file(struct supervisor *sv, uint32_t id, const char *path)
{
	char why[TEXT_CAP];
	uid_t owner = 0;
	pid_t pid = read_pid_file(path, &owner, why);
	const char *no;
	struct fmt f;

	if (pid > 0) {
		fmt_init(&f, why, sizeof(why));
		no = family_why_not(sv, id, pid,
			journal_record(&sv->journal, id)->before_ms);
		if (!no && !may_name(owner, pid))
			no = "is of another user than the file";
		if (no) {
			fmt_printf(&f, "process %d %s", (int)pid, no);
			pid = 0;
		}
	}
	if (why[0] != '\0')
		complain(sv, id, path, why);
	return pid;
}

/* pid, 0: not known yet, or minus how many there are for good, less one. */
static void
by_looking(struct supervisor *sv, uint32_t id)
{
	struct search *search = search_of(id);
	pid_t pid[2] = {0};
	unsigned count = family_orphans(sv, id,
		journal_record(&sv->journal, id)->before_ms, searching == 1,
		pid, 2);
	pid_t now = count == 1 ? pid[0] : count == 0 ? 0 : -1;

	if (!search)
		return;
	if (now != search->last) {
		search->last = now;
		search->since_ms = sv->plan.now_ms;
	} else if (sv->plan.now_ms - search->since_ms >= SETTLE_MS) {
		if (now >= 0)
			found(sv, id, now);
		/* Helpers of its start end soon, or it does not tell. */
		else if (sv->plan.now_ms - search->since_ms >= LOOK_MOST_MS)
			found(sv, id, -(pid_t)count);
	}
}

static void
look(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];
	char path[PATHS_CAP];
	pid_t pid;

	if (s->state != SVC_STARTING) {
		/* It is to go: what is left of it has been told so. */
		if (family_signal(sv, id, 0) == 0)
			found(sv, id, 0);
		return;
	}
	if (!spawn_pid_file(sv, id, path)) {
		by_looking(sv, id);
		return;
	}
	pid = by_file(sv, id, path);
	if (pid > 0)
		found(sv, id, pid);
}

void
forking_search(struct supervisor *sv, uint32_t id)
{
	struct search *search = search_of(id);

	if (!search) {
		plan_event(&sv->plan, id, EVENT_MAIN, 0, PLAN_NONE);
		return;
	}
	*search = (struct search){
		.from_ms = sv->plan.now_ms, .since_ms = sv->plan.now_ms};
	searching++;
	next_ms = sv->plan.now_ms;
}

void
forking_look(struct supervisor *sv)
{
	uint64_t youngest_ms = 0;
	uint64_t age;

	if (searching == 0 || sv->plan.now_ms < next_ms)
		return;
	for (uint32_t id = 0; searching > 0 && id < sv->plan.count; id++) {
		if (!sv->plan.svc[id].is_used ||
			(sv->plan.svc[id].facts & FACT_SEARCH) == 0)
			continue;
		if (searches[id].from_ms > youngest_ms)
			youngest_ms = searches[id].from_ms;
		look(sv, id);
	}
	/* One may take long: less and less often. */
	age = sv->plan.now_ms - youngest_ms;
	next_ms = sv->plan.now_ms + (age < LOOK_LEAST_MS	 ? LOOK_LEAST_MS
					    : age > LOOK_MOST_MS ? LOOK_MOST_MS
								 : age);
}

int
forking_wait_ms(const struct supervisor *sv)
{
	if (searching == 0)
		return -1;
	return next_ms <= sv->plan.now_ms ? 0
					  : (int)(next_ms - sv->plan.now_ms);
}
