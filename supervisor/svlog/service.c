#include "lib/log.h"
#include "supervisor/svlog/svlog.h"
int
service_run(struct svlog *s, const struct options *options)
{
	(void)s;
	(void)options;
	log_error("not yet");
	return 1;
}
