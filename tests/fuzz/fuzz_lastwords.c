/* svctl/lastwords.h: the record of a death. */
#include <stdlib.h>
#include <string.h>

#include "svctl/lastwords.h"
#include "svctl/when.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_copy(data, size);
	struct lastwords w;

	if (lastwords_parse(&w, bytes, size)) {
		REQUIRE(w.us >= 0 && (w.exit_code >= 0 || w.signal_len > 0));
		REQUIRE(w.signal_len < 16 && w.pid >= -1 && w.ran_ms >= -1);
		REQUIRE(w.cpu_ms >= -1 && w.peak_kb >= -1);
		REQUIRE(w.text >= bytes);
	}
	REQUIRE(w.text + w.text_len == bytes + size || w.text_len == 0);
	free(bytes);
	return 0;
}
