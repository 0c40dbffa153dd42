/*
 * All that the running supervisor knows, in one place; each part is owned by
 * the module of its name. There is one of them, in static memory.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/control.h"
#include "lib/given.h"
#include "lib/load.h"
#include "lib/paths.h"
#include "supervisor/devlog.h"
#include "supervisor/journal.h"
#include "supervisor/logger.h"
#include "supervisor/options.h"
#include "supervisor/plan.h"
#include "supervisor/publish.h"
#include "supervisor/stop.h"
#include "supervisor/timers.h"

/* Address space is kept for this many; memory is used for what there is. */
#define SERVICES_MAX 32768u

/* What the effects know of a service beside the plan's and journal's view. */
struct service {
	uint32_t section; /* where its fragments lie in `loaded` */
	uint32_t section_len;
	uint32_t name;	      /* offset in the page's strings, 0: a stray's */
	uint32_t pid_next;    /* the next one in its bucket, by pid */
	uint32_t hook_next;   /* the same of its hook */
	int32_t group_status; /* of a main whose group has not ended yet */
	bool is_sink;	      /* others log to its standard input */
	bool is_gone;	      /* its definition was taken away */
	bool is_masked;	      /* to be masked once it has ended */
	bool is_adopted;      /* its process is not our child */
	bool is_unhatched;    /* adopted, and has not exec'd yet */
	bool is_grouped;      /* main ended, some of its group live on */
	bool is_pending;      /* waits for a slot to be spawned */
	bool is_cut_short;    /* killed by us before it exec'd */
	bool is_hook_pending; /* these of its hook */
	bool is_hook_adopted;
	bool is_hook_looked_at;
	bool is_hook_next; /* what hook_todo says comes after it */
	uint16_t hook_todo;
	bool is_looked_at; /* adopted, and no pidfd tells of its end */
	bool has_cgroup;   /* or had: see cgroup.h */
	bool is_unshown;   /* changed since the page was last written */
	uint8_t published; /* the state that the page showed last */
	uint8_t watches;   /* WATCH_* of watches.h */
	uint16_t watcher;  /* of ready.h plus 1, 0: none */
};

/* What ends the supervisor, and how. */
struct finish {
	bool is_asked;
	bool is_sent;
	int end;       /* enum handoff_end */
	int exit_code; /* known once something failed */
};

/* A program that is to be executed in place; see upgrade.h. */
struct upgrade {
	bool is_asked;
	uint64_t token;
	uint64_t until_ms; /* starts that are under way are waited for */
	char program[PATHS_CAP];
};

struct supervisor {
	struct options options;
	struct upgrade upgrade;
	struct load load;
	struct given given;	    /* above all files */
	const char *const *environ; /* that of services, NULL-terminated */
	struct load_text apply; /* definitions that a dead one was to apply */
	struct plan plan;
	struct timers timers;
	struct journal journal;
	struct publisher page;
	struct finish finish;
	struct stop stop;
	struct control_reader control;
	struct logger logger;
	struct devlog devlog;
	struct service *service; /* SERVICES_MAX of them */
	struct graph deps;	 /* owned; the plan borrows them */
	struct graph rdeps;
	struct plan_delays *delays;
	struct plan_statuses *statuses;
	uint32_t *pid_bucket; /* chains of services by pid */
	uint32_t *unshown;    /* ids in the journal and not yet on the page */
	uint32_t unshown_len;
	uint32_t asked; /* whom the present request names, PLAN_NONE: nobody */
	uint64_t asked_token;
	char runtime[PATHS_CAP];
	char host[256]; /* as it was at start-up, for %H */
	int runtime_fd; /* the run-time root, -1: none is usable */
	int loaded_fd;
	const char *loaded; /* the same, mapped; NULL: it could not be */
	size_t loaded_len;
	int log_fd;  /* the log directory, -1: none is usable */
	int pipe_fd; /* FIFOs of services, -1: they write files themselves */
	int null_fd; /* /dev/null, -1: there is none */
	int epoll_fd;
	int signal_fd;
	int control_fd;	      /* -1: none */
	int exec_fd;	      /* the FIFO that tells of execs, -1: none */
	int init_fd;	      /* our end of the pair, -1: no init */
	int notify_fd;	      /* what NOTIFY_SOCKET names, 0: nobody needs it */
	uint64_t nofile[2];   /* the limit that services get; 0: as ours */
	uid_t uid;	      /* our own */
	mode_t umask;	      /* as we were started with */
	bool can_share_files; /* children leave our table by themselves */
	bool is_container;
	bool has_oom_score; /* the kernel is kept from killing us */
	bool is_recovering;
	bool has_barred;	/* a service may run unseen; see salvage.h */
	bool has_used_cold;	/* code to be given back; see cold.h */
	bool has_dead_children; /* SIGCHLD came: look for all of them */
	uint32_t adopted;
	uint32_t strays;   /* gone services whose names nobody knows */
	uint32_t children; /* running ones, own and adopted */
	uint64_t sweep_ms; /* a sweep put off until then, 0: none */
};

/* The name of a service, for messages. */
const char *service_name(const struct supervisor *sv, uint32_t id);
/* Its id, PAGE_NONE if there is none. */
uint32_t service_find(const struct supervisor *sv, const char *name);

/* The same for a name that it provides beside its own. */
uint32_t service_find_any(const struct supervisor *sv, const char *name);
/* name, or a copy in out of the name of the service that provides it. */
const char *
service_own_name(const struct supervisor *sv, const char *name, char *out);

/* Reads the clocks for this turn. */
void clock_update(struct supervisor *sv);
/* CLOCK_BOOTTIME in milliseconds: what pid and start time are compared with. */
uint64_t clock_boot_ms(void);

#endif
