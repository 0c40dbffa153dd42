#include "supervisor/reload.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/supervisor.h"

#define WAITERS 256u

/* Exit statuses of svctl(1). */
#define CODE_OK	    0
#define CODE_FAILED 1

static struct {
	uint32_t id;
	uint64_t token;
} waiters[WAITERS];
static uint32_t count;

bool
reload_await(struct supervisor *sv, uint32_t id, uint64_t token)
{
	(void)sv;
	/* Nobody is to be told. */
	if (token == 0)
		return true;
	if (count == WAITERS)
		return false;
	waiters[count].id = id;
	waiters[count++].token = token;
	return true;
}

static bool
send(struct supervisor *sv, uint32_t id)
{
	int signal = sv->plan.svc[id].policy.reload_signal;

	if (signal == 0 || act_signal_main(sv, id, signal) == 0)
		return true;
	log_error("%s: signal %d could not be sent: %m", service_name(sv, id),
		signal);
	return false;
}

void
reload_ended(struct supervisor *sv, uint32_t id, bool is_well)
{
	is_well = is_well && send(sv, id);
	if (is_well)
		log_info("%s: reloaded", service_name(sv, id));
	for (uint32_t i = 0; i < count;) {
		if (waiters[i].id != id) {
			i++;
			continue;
		}
		publish_result(&sv->page, waiters[i].token,
			is_well ? CODE_OK : CODE_FAILED, id,
			is_well ? PAGE_ACCEPTED : PAGE_RELOAD_FAILED);
		waiters[i] = waiters[--count];
	}
}
