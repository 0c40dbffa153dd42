#include "tests/unit/blocks.h"

uint64_t blocks_run;

/* Called by what was compiled with -fsanitize-coverage=trace-pc. */
void __sanitizer_cov_trace_pc(void);

void
__sanitizer_cov_trace_pc(void)
{
	blocks_run++;
}
