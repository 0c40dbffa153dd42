#include "supervisor/family.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "supervisor/cgroup.h"
#include "supervisor/pids.h"
#include "supervisor/procfs.h"
#include "supervisor/supervisor.h"

#define MEMBERS_MAX   65536u
#define ENVIRON_BYTES 65536
#define TAG_NAME      "TEND_SERVICE="
#define TICK_MS	      10u

struct member {
	pid_t pid;
	pid_t parent;
	pid_t group;
	pid_t session;
	uint64_t start_ticks;
	bool is_in;
};

/* All processes there are, while one is looked for; then given back. */
static struct member *members;
static unsigned count;

enum tag {
	TAG_NONE, /* there is none, or it cannot be read */
	TAG_OURS,
	TAG_OTHERS
};

void
family_tag(struct supervisor *sv, uint32_t id, char out[FAMILY_TAG_CAP])
{
	static uint64_t place;
	struct stat st;
	struct fmt f;

	if (place == 0)
		place = sv->runtime_fd >= 0 && fstat(sv->runtime_fd, &st) == 0
				? (uint64_t)st.st_ino
				: (uint64_t)getpid();
	fmt_init(&f, out, FAMILY_TAG_CAP);
	fmt_str(&f, TAG_NAME);
	fmt_u64(&f, place);
	fmt_char(&f, ':');
	fmt_str(&f, sv->service[id].name == 0 ? "" : service_name(sv, id));
}

static enum tag
read_tag(pid_t pid, const char *tag)
{
	static char bytes[ENVIRON_BYTES];
	char path[40];
	struct fmt f;
	ssize_t len;
	size_t at = 0;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "/proc/%d/environ", (int)pid);
	len = procfs_read(path, bytes, sizeof(bytes));
	while (len > 0 && at < (size_t)len) {
		if (strcmp(bytes + at, tag) == 0)
			return TAG_OURS;
		if (strncmp(bytes + at, TAG_NAME, sizeof(TAG_NAME) - 1) == 0)
			return TAG_OTHERS;
		at += strlen(bytes + at) + 1;
	}
	return TAG_NONE;
}

static bool
note(pid_t pid, void *context)
{
	struct procfs_stat stat;

	(void)context;
	if (procfs_stat(pid, &stat) && stat.state != 'Z' && stat.state != 'X')
		members[count++] = (struct member){.pid = pid,
			.parent = stat.parent,
			.group = stat.group,
			.session = stat.session,
			.start_ticks = stat.start_ticks};
	return count < MEMBERS_MAX;
}

static bool
begin(void)
{
	if (!members) {
		void *base = mmap(NULL, MEMBERS_MAX * sizeof(*members),
			PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (base == MAP_FAILED)
			return false;
		members = base;
	}
	count = 0;
	return procfs_each(note, NULL) == 0;
}

static void
end(void)
{
	madvise(members, MEMBERS_MAX * sizeof(*members), MADV_DONTNEED);
	count = 0;
}

/* Who gets orphans: we, init behind us, and PID 1. */
static bool
is_reaper(const struct supervisor *sv, pid_t pid)
{
	return pid == getpid() || pid == 1 ||
	       (sv->init_fd >= 0 && pid == getppid());
}

/* No signal of ours is for these. */
static bool
is_foreign(struct supervisor *sv, uint32_t id, pid_t pid)
{
	uint32_t who = pids_find(sv, pid);

	return is_reaper(sv, pid) || pid == sv->logger.pid ||
	       (who != PLAN_NONE && (who & PIDS_ID) != id);
}

static bool
is_member(struct supervisor *sv, uint32_t id, const struct member *m,
	const char *tag, const char *cgroup)
{
	pid_t leader = journal_record(&sv->journal, id)->pid;

	if (is_foreign(sv, id, m->pid))
		return false;
	if (leader > 0 &&
		(m->session == leader || m->group == leader ||
			(m->pid == leader && !sv->service[id].is_grouped)))
		return true;
	if (cgroup && cgroup_has(m->pid, cgroup))
		return true;
	return read_tag(m->pid, tag) == TAG_OURS;
}

static bool
is_parent_in(const struct member *m)
{
	unsigned low = 0;
	unsigned high = count;

	/* /proc lists them by number. */
	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (members[mid].pid == m->parent)
			return members[mid].is_in;
		if (members[mid].pid < m->parent)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* Marks all that belong to it; how many. */
static unsigned
find(struct supervisor *sv, uint32_t id)
{
	char tag[FAMILY_TAG_CAP];
	char cgroup[CGROUP_PATH_CAP];
	bool has_cgroup = cgroup_path(sv, id, cgroup, sizeof(cgroup));
	unsigned found = 0;
	unsigned before;

	family_tag(sv, id, tag);
	for (unsigned i = 0; i < count; i++) {
		members[i].is_in = is_member(
			sv, id, &members[i], tag, has_cgroup ? cgroup : NULL);
		found += members[i].is_in;
	}
	do {
		before = found;
		for (unsigned i = 0; i < count; i++) {
			struct member *m = &members[i];

			if (m->is_in || !is_parent_in(m) ||
				is_foreign(sv, id, m->pid))
				continue;
			m->is_in = true;
			found++;
		}
	} while (found != before);
	return found;
}

static void
send(const struct member *m, int signal)
{
	int fd = (int)syscall(SYS_pidfd_open, m->pid, 0);

	if (fd < 0) {
		/* An old kernel or a filter: the look just taken must do. */
		if (errno == ENOSYS || errno == EPERM)
			kill(m->pid, signal);
		return;
	}
	if (procfs_start_ticks(m->pid) == m->start_ticks &&
		syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) < 0 &&
		(errno == ENOSYS || errno == EPERM))
		kill(m->pid, signal);
	close(fd);
}

unsigned
family_signal(struct supervisor *sv, uint32_t id, int signal)
{
	unsigned found;

	/* What it forks meanwhile dies as well; then those outside. */
	if (signal == SIGKILL)
		cgroup_kill(sv, id);
	if (!begin())
		return 0;
	found = find(sv, id);
	for (unsigned i = 0; i < count && signal != 0; i++)
		if (members[i].is_in)
			send(&members[i], signal);
	end();
	return found;
}

/* Programs may write over their environment, where their name stood. */
static void
find_nameless(struct supervisor *sv, uint32_t id, uint64_t from_ms)
{
	char tag[FAMILY_TAG_CAP];

	family_tag(sv, id, tag);
	for (unsigned i = 0; i < count; i++) {
		struct member *m = &members[i];

		m->is_in = m->parent == getpid() &&
			   m->start_ticks * TICK_MS + 2 * TICK_MS >= from_ms &&
			   pids_find(sv, m->pid) == PLAN_NONE &&
			   !is_foreign(sv, id, m->pid) &&
			   read_tag(m->pid, tag) == TAG_NONE;
	}
}

unsigned
family_orphans(struct supervisor *sv, uint32_t id, uint64_t from_ms,
	bool is_alone, pid_t *pid, unsigned cap)
{
	unsigned found = 0;

	if (!begin())
		return 0;
	if (find(sv, id) == 0 && is_alone)
		find_nameless(sv, id, from_ms);
	for (unsigned i = 0; i < count; i++) {
		if (!members[i].is_in || !is_reaper(sv, members[i].parent))
			continue;
		if (found < cap)
			pid[found] = members[i].pid;
		found++;
	}
	end();
	return found;
}

/* Its parents lead to one who gets orphans, at most so many steps away. */
static bool
descends_from_us(const struct supervisor *sv, pid_t pid)
{
	struct procfs_stat stat;

	for (unsigned steps = 0; steps < 64; steps++) {
		if (!procfs_stat(pid, &stat))
			return false;
		if (stat.parent == getpid() ||
			(sv->init_fd >= 0 && stat.parent == getppid()))
			return true;
		pid = stat.parent;
	}
	return false;
}

const char *
family_why_not(struct supervisor *sv, uint32_t id, pid_t pid, uint64_t from_ms)
{
	char tag[FAMILY_TAG_CAP];
	struct procfs_stat stat;

	if (pid <= 1 || is_foreign(sv, id, pid))
		return "is not of it";
	if (!procfs_stat(pid, &stat) || stat.state == 'Z' || stat.state == 'X')
		return "does not run";
	if (stat.start_ticks * TICK_MS + 2 * TICK_MS < from_ms)
		return "is older than its start";
	family_tag(sv, id, tag);
	switch (read_tag(pid, tag)) {
	case TAG_OURS:
		return NULL;
	case TAG_OTHERS:
		return "is of another service";
	case TAG_NONE:
		break;
	}
	return descends_from_us(sv, pid) ? NULL : "is not of it";
}
