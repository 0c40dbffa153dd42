#include "supervisor/death.h"

#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/signame.h"
#include "supervisor/supervisor.h"

#define WORDS_CAP 256

/* As the kernel's waitid fills it in; a C library may have another one. */
struct usage {
	long user_s, user_us;
	long system_s, system_us;
	long peak_kb;
	long others[13];
};

void
death_reap(pid_t pid, struct death_usage *usage)
{
	struct usage u = {0};
	siginfo_t info;
	long result =
		syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG, &u);

	usage->is_known = result == 0;
	usage->cpu_ms = (uint64_t)(u.user_s + u.system_s) * 1000 +
			(uint64_t)(u.user_us + u.system_us) / 1000;
	usage->peak_kb = (uint64_t)u.peak_kb;
}

/* RFC 3339, UTC, as the lines of logs begin. */
static void
put_time(struct fmt *f)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!gmtime_r(&now.tv_sec, &tm))
		return;
	fmt_padded(f, (uint64_t)tm.tm_year + 1900, 4);
	fmt_char(f, '-');
	fmt_padded(f, (uint64_t)tm.tm_mon + 1, 2);
	fmt_char(f, '-');
	fmt_padded(f, (uint64_t)tm.tm_mday, 2);
	fmt_char(f, 'T');
	fmt_padded(f, (uint64_t)tm.tm_hour, 2);
	fmt_char(f, ':');
	fmt_padded(f, (uint64_t)tm.tm_min, 2);
	fmt_char(f, ':');
	fmt_padded(f, (uint64_t)tm.tm_sec, 2);
	fmt_char(f, '.');
	fmt_padded(f, (uint64_t)now.tv_nsec / 1000, 6);
	fmt_char(f, 'Z');
}

static void
put_end(struct fmt *f, int32_t status)
{
	char buf[16];

	if (WIFEXITED(status))
		fmt_printf(f, " exit=%d signal=", WEXITSTATUS(status));
	else
		fmt_printf(f, " exit= signal=%s",
			signame_get(WTERMSIG(status), buf));
}

void
death_tell(struct supervisor *sv, uint32_t id, bool is_known, int32_t status,
	const struct death_usage *usage)
{
	const struct journal_record *record = journal_record(&sv->journal, id);
	char words[WORDS_CAP];
	struct fmt f;

	if (!sv->logger.is_needed || sv->service[id].name == 0)
		return;
	fmt_init(&f, words, sizeof(words));
	fmt_str(&f, "time=");
	put_time(&f);
	fmt_printf(&f, " pid=%d", (int)record->pid);
	if (is_known)
		put_end(&f, status);
	else
		fmt_str(&f, " exit= signal=");
	fmt_str(&f, " ran_ms=");
	if (record->before_ms != 0 && sv->plan.boot_ms >= record->before_ms)
		fmt_u64(&f, sv->plan.boot_ms - record->before_ms);
	fmt_str(&f, " cpu_ms=");
	if (usage && usage->is_known)
		fmt_u64(&f, usage->cpu_ms);
	fmt_str(&f, " peak_kb=");
	if (usage && usage->is_known)
		fmt_u64(&f, usage->peak_kb);
	/* Only a kill can be the OOM killer's. */
	fmt_str(&f,
		is_known && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
			? " oom=unknown"
			: " oom=no");
	logger_tell_death(sv, service_name(sv, id), words);
}
