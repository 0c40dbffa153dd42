/*
 * supervisor/notify_parse.h and lib/probe.h: what any process may send to the
 * socket, what a definition says of readiness, what a server answers. Input:
 * any bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/probe.h"
#include "supervisor/notify_parse.h"
#include "tests/fuzz/fuzz.h"

static void
check_message(const char *bytes, size_t size)
{
	char text[64];
	struct notify n;
	size_t cap = 1 + fuzz_pick(bytes, size, sizeof(text) - 1);
	bool is_known = notify_parse(bytes, size, &n);

	REQUIRE(!is_known || size > 0);
	REQUIRE(n.main_pid >= 0);
	if (n.status)
		REQUIRE(n.status >= bytes &&
			n.status + n.status_len <= bytes + size &&
			!memchr(n.status, '\n', n.status_len));
	notify_clean(text, cap, bytes, size);
	REQUIRE(strlen(text) < cap);
	for (const char *at = text; *at != '\0'; at++)
		REQUIRE((unsigned char)*at >= ' ' && *at != 127);
}

/* What is said of a form is true of its text. */
static void
check_form(const char *text)
{
	size_t len = strlen(text);
	struct probe_address address;
	struct probe_url url;
	struct probe probe;

	if (probe_parse(text, &probe) == PROBE_OK) {
		REQUIRE(probe.kind < PROBE_KINDS);
		REQUIRE(!probe.arg ||
			(probe.arg >= text && probe.arg < text + len));
		REQUIRE(probe.kind != PROBE_FD ||
			(probe.number > 2 && probe.number <= PROBE_FD_MOST));
		REQUIRE(probe.kind != PROBE_AFTER || probe.number > 0);
		if (probe.kind == PROBE_TCP)
			REQUIRE(probe.arg &&
				probe_address_parse(probe.arg,
					strlen(probe.arg), &address));
		if (probe.kind == PROBE_HTTP)
			REQUIRE(probe_url_parse(probe.arg, &url));
	}
	if (probe_address_parse(text, len, &address))
		REQUIRE(address.port != 0);
	if (probe_url_parse(text, &url)) {
		REQUIRE(url.address.port != 0);
		REQUIRE(url.host >= text && url.path <= text + len);
		REQUIRE(url.host + url.host_len == url.path);
		REQUIRE(strcspn(text, " \r\n") == len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	char *bytes = fuzz_copy(data, size);
	int status = probe_http_status(bytes, size);

	check_message(bytes, size);
	check_form(text);
	REQUIRE(status >= -1 && status <= 999);
	REQUIRE(size < PROBE_HTTP_BYTES || status != 0);
	/* More bytes do not change what was told. */
	if (size > 0 && probe_http_status(bytes, size - 1) != 0)
		REQUIRE(probe_http_status(bytes, size - 1) == status);
	free(text);
	free(bytes);
	return 0;
}
