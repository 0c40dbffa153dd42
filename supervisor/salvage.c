#include "supervisor/salvage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/name.h"
#include "supervisor/journal_layout.h"
#include "supervisor/memfile.h"
#include "supervisor/procfs.h"
#include "supervisor/services.h"
#include "supervisor/spawn_build.h"
#include "supervisor/supervisor.h"

/* What a process may be called by: its program and its first two words. */
#define NAMES 3
/* Without /proc so many pids are looked at; as many as there are by default. */
#define PIDS_LEAST 32768

/* A process that may be the main one of a service. */
struct candidate {
	pid_t pid;
	uint64_t name[NAMES]; /* hashes of last components, 0: none */
	bool is_claimed;
};

struct candidates {
	struct candidate *list;
	uint32_t count;
	uint32_t cap;
	pid_t parent;
};

uint64_t
salvage_run(void)
{
	char boot_id[40];

	journal_boot_id(boot_id);
	return name_hash(boot_id) ^ journal_init_start() << 1;
}

void
salvage_read(struct salvage *s, const struct supervisor *sv,
	enum journal_verdict verdict)
{
	struct page_header header;
	struct page_view view;
	const char *why;

	memset(s, 0, sizeof(*s));
	if (verdict == JOURNAL_OK)
		return;
	if (sv->runtime_fd >= 0)
		s->page = memfile_read(
			sv->runtime_fd, "status", &s->page_len, &why);
	view = (struct page_view){s->page, s->page_len};
	if (s->page &&
		(!page_is_valid(&view) || !page_header_read(&view, &header) ||
			header.run != salvage_run())) {
		memfile_free(s->page);
		s->page = NULL;
	}
	/* Under init something of ours runs: it would say FRESH otherwise. */
	s->is_needed =
		sv->init_fd >= 0 || verdict == JOURNAL_BAD ||
		(s->page && verdict == JOURNAL_NONE &&
			(header.flags & (PAGE_SERVING | PAGE_SALVAGING)) != 0);
}

static uint64_t
hash_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return *path == '\0' ? 0 : name_hash(slash ? slash + 1 : path);
}

static void
read_names(struct candidate *c)
{
	char path[40];
	char text[512];
	struct fmt f;
	ssize_t len;
	size_t first;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "/proc/%d/exe", (int)c->pid);
	len = readlink(path, text, sizeof(text) - 1);
	if (len > 0) {
		text[len] = '\0';
		c->name[0] = hash_last(text);
	}
	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "/proc/%d/cmdline", (int)c->pid);
	len = procfs_read(path, text, sizeof(text) - 1);
	if (len <= 0)
		return;
	text[len] = '\0';
	c->name[1] = hash_last(text);
	first = strlen(text) + 1;
	if (first < (size_t)len)
		c->name[2] = hash_last(text + first);
}

/* A main process leads a session of its own. */
static bool
is_main(pid_t pid, const struct procfs_stat *stat)
{
	return stat->session == pid && stat->state != 'Z' &&
	       stat->state != 'X' && pid != getpid() && pid != 1;
}

/* False: out of memory. */
static bool
add(struct candidates *all, pid_t pid)
{
	if (all->count == all->cap) {
		uint32_t cap = all->cap == 0 ? 64 : all->cap * 2;
		void *more = realloc(all->list, cap * sizeof(*all->list));

		if (!more)
			return false;
		all->list = more;
		all->cap = cap;
	}
	all->list[all->count] = (struct candidate){.pid = pid};
	read_names(&all->list[all->count++]);
	return true;
}

static bool
consider(pid_t pid, void *context)
{
	struct candidates *all = context;
	struct procfs_stat stat;

	if (!procfs_stat(pid, &stat) || !is_main(pid, &stat) ||
		stat.parent != all->parent)
		return true;
	return add(all, pid);
}

/*
 * Without /proc whoever leads a session may be one: in a container there are
 * hardly any others. Pids were given in order, and ours last.
 */
static void
look_for_sessions(struct candidates *all)
{
	pid_t most = getpid() > PIDS_LEAST ? getpid() : PIDS_LEAST;

	for (pid_t pid = 2; pid <= most; pid++)
		if (pid != getpid() && getsid(pid) == pid && !add(all, pid))
			return;
}

static void
bar(struct supervisor *sv, uint32_t id, int32_t pid, bool is_sure)
{
	struct plan_svc *s = &sv->plan.svc[id];

	s->state = SVC_FAILED;
	s->want = WANT_DOWN;
	s->reason = REASON_STILL_RUNNING;
	s->reason_arg = pid;
	s->reason_svc = PLAN_NONE;
	s->since_boot_ms = sv->plan.boot_ms;
	sv->service[id].published = SVC_FAILED;
	sv->has_barred = true;
	plan_look_again(&sv->plan, id);
	if (sv->runtime_fd < 0)
		log_error("%s: %s be running as process %d; not started until "
			  "that has ended",
			service_name(sv, id), is_sure ? "seems to" : "may",
			(int)pid);
	else
		log_error("%s: %s be running as process %d; neither started "
			  "nor stopped until `svctl stop %s` says that it is "
			  "not",
			service_name(sv, id), is_sure ? "seems to" : "may",
			(int)pid, service_name(sv, id));
}

static void
claim(struct candidates *all, pid_t pid)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->list[i].pid == pid)
			all->list[i].is_claimed = true;
}

static bool
is_live_main(pid_t pid)
{
	struct procfs_stat stat;

	if (pid <= 1)
		return false;
	if (!procfs_is_there())
		return pid != getpid() && getsid(pid) == pid;
	return procfs_stat(pid, &stat) && is_main(pid, &stat);
}

/* What the page says of a service by that name. */
static bool
find_shown(const struct salvage *s, const char *name, struct page_entry *entry)
{
	struct page_view view = {s->page, s->page_len};
	uint32_t id = s->page ? page_find(&view, name) : PAGE_NONE;

	return id != PAGE_NONE && page_entry_read(&view, id, entry);
}

/* The last component of its command's first word, as it is written. */
static uint64_t
program_of(struct supervisor *sv, uint32_t id)
{
	char command[256];
	char *word = command;
	size_t len;

	spawn_command(sv, id, 0, command, sizeof(command));
	while (*word == '-' || *word == '+' || *word == '"' || *word == '\'')
		word++;
	len = strcspn(word, " \t\"'");
	word[len] = '\0';
	return hash_last(word);
}

/* The one that is called like its program, else any that nobody explains. */
static const struct candidate *
match(struct supervisor *sv, uint32_t id, struct candidates *all)
{
	uint64_t program = program_of(sv, id);
	struct candidate *other = NULL;

	for (uint32_t i = 0; i < all->count; i++) {
		struct candidate *c = &all->list[i];

		if (c->is_claimed)
			continue;
		for (unsigned n = 0; n < NAMES; n++)
			if (program != 0 && c->name[n] == program) {
				c->is_claimed = true;
				return c;
			}
		other = c;
	}
	/* Without init most such processes are no business of ours. */
	return sv->init_fd >= 0 ? other : NULL;
}

/* It was done, had failed, or nobody wanted it: that it still is. */
static bool
keep(struct supervisor *sv, uint32_t id, const struct page_entry *entry)
{
	struct plan_svc *s = &sv->plan.svc[id];

	if (entry->want != WANT_DOWN && entry->state != SVC_DONE &&
		entry->state != SVC_FAILED)
		return false;
	s->state = entry->state == SVC_DONE || entry->state == SVC_FAILED
			   ? entry->state
			   : SVC_DOWN;
	s->want = entry->want < SVC_WANTS ? entry->want : WANT_DOWN;
	s->reason = entry->reason < REASONS ? entry->reason : REASON_NONE;
	s->reason_arg = entry->reason_arg;
	s->exit_status = entry->exit_status;
	s->has_exit = (entry->flags & PAGE_HAS_EXIT) != 0;
	s->restarts = entry->restarts;
	s->starts = entry->starts;
	s->since_boot_ms = entry->since_boot_ms;
	sv->service[id].published = s->state;
	/* By one of us that died while it looked. */
	if (plan_is_barred(s))
		sv->has_barred = true;
	plan_look_again(&sv->plan, id);
	return true;
}

/* It has run, or has not; a second time may do harm. */
static void
give_up(struct supervisor *sv, uint32_t id)
{
	struct plan_svc *s = &sv->plan.svc[id];

	s->state = SVC_FAILED;
	s->reason = REASON_LOST;
	plan_look_again(&sv->plan, id);
}

/* Nothing was found out about it so far. */
static bool
is_open(const struct supervisor *sv, uint32_t id)
{
	return sv->plan.svc[id].is_used && sv->plan.svc[id].state == SVC_DOWN;
}

static void
judge(const struct salvage *s, struct supervisor *sv, struct candidates *all,
	uint32_t id)
{
	struct page_entry entry;
	bool is_shown = find_shown(s, service_name(sv, id), &entry);
	unsigned type = sv->plan.svc[id].policy.type;
	const struct candidate *c = NULL;

	if (is_shown && entry.next_run_ms != 0)
		plan_event(&sv->plan, id, EVENT_ARM, 0, PLAN_NONE);
	if (is_shown && keep(sv, id, &entry))
		return;
	if (type != TYPE_TARGET)
		c = match(sv, id, all);
	if (c)
		bar(sv, id, (int32_t)c->pid, false);
	else if (is_shown)
		plan_event(&sv->plan, id,
			entry.want == WANT_ONCE ? EVENT_ONCE : EVENT_START, 0,
			PLAN_NONE);
	else if (type == TYPE_ONESHOT)
		give_up(sv, id);
}

bool
salvage_all(struct salvage *s, struct supervisor *sv)
{
	bool is_shown = s->page != NULL;
	struct candidates all = {.parent = sv->init_fd >= 0 ? getppid() : 1};
	struct page_entry entry;

	log_error("what ran before is looked for %s%s",
		procfs_is_there() ? "in /proc" : "by pid",
		is_shown ? " and on the status page" : "");
	if (procfs_is_there())
		procfs_each(consider, &all);
	else if (sv->init_fd >= 0)
		look_for_sessions(&all);
	for (uint32_t id = 0; id < sv->plan.count; id++)
		if (is_open(sv, id) &&
			find_shown(s, service_name(sv, id), &entry) &&
			is_live_main(entry.pid)) {
			claim(&all, entry.pid);
			bar(sv, id, entry.pid, true);
		}
	for (uint32_t id = 0; id < sv->plan.count; id++)
		if (is_open(sv, id))
			judge(s, sv, &all, id);
	for (uint32_t i = 0; i < all.count; i++)
		if (!all.list[i].is_claimed && sv->init_fd >= 0)
			log_warn("process %d is a child of init, and no "
				 "service is known to be it",
				(int)all.list[i].pid);
	free(all.list);
	memfile_free(s->page);
	s->page = NULL;
	return is_shown;
}

void
salvage_look(struct supervisor *sv)
{
	for (uint32_t id = 0; sv->has_barred && id < sv->plan.count; id++) {
		struct plan_svc *s = &sv->plan.svc[id];

		if (s->is_used && plan_is_barred(s) &&
			procfs_is_dead(s->reason_arg)) {
			s->reason = REASON_LOST;
			plan_look_again(&sv->plan, id);
		}
	}
}

void
salvage_died(struct supervisor *sv, pid_t pid)
{
	for (uint32_t id = 0; sv->has_barred && id < sv->plan.count; id++) {
		struct plan_svc *s = &sv->plan.svc[id];

		if (!s->is_used || !plan_is_barred(s) || s->reason_arg != pid)
			continue;
		s->reason = REASON_LOST;
		plan_look_again(&sv->plan, id);
		/* Where somebody can ask for it, that is awaited. */
		if (sv->runtime_fd < 0 && s->policy.type != TYPE_ONESHOT) {
			log_warn("%s: process %d has ended; starting it",
				service_name(sv, id), (int)pid);
			plan_event(&sv->plan, id, EVENT_START, 0, PLAN_NONE);
		}
	}
}

void
salvage_one(struct supervisor *sv, uint32_t id, int32_t pid)
{
	if (is_live_main(pid))
		bar(sv, id, pid, true);
	else if (sv->plan.svc[id].policy.type == TYPE_ONESHOT)
		give_up(sv, id);
	else
		plan_event(&sv->plan, id, EVENT_START, 0, PLAN_NONE);
}
