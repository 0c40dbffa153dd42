/*
 * supervisor/svlog/rfc.h and lib/logaddr.h. Input: an address, a form feed, a
 * text that is cut in two places.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/logaddr.h"
#include "supervisor/svlog/rfc.h"
#include "tests/fuzz/fuzz.h"

#define STAMP "2026-11-23T14:31:05.123456Z"

static void
check_address(const uint8_t *data, size_t len)
{
	char *text = fuzz_copy(data, len);
	struct logaddr addr;

	if (!logaddr_parse(&addr, text, len)) {
		size_t host = strnlen(addr.host, sizeof(addr.host));

		REQUIRE(host > 0 && host < sizeof(addr.host));
		REQUIRE(len < LOGADDR_CAP);
		REQUIRE((addr.port == 0) == (addr.kind == LOGADDR_UNIX));
		REQUIRE((addr.host[0] == '/') == (addr.kind == LOGADDR_UNIX));
		REQUIRE(!strpbrk(addr.host, " \t\n"));
	}
	free(text);
}

/* Frames of any bytes: each ends behind where it begins, and within them. */
static void
check_frames(const char *bytes, size_t len)
{
	struct rfc_frame frame;
	size_t at = 0;

	while (rfc_next(bytes + at, len - at, &frame)) {
		REQUIRE(frame.head >= 2);
		REQUIRE(frame.len <= len - at - frame.head);
		at += frame.head + frame.len;
	}
}

static void
check_put(const uint8_t *data, size_t len)
{
	struct rfc rfc = {
		.form = fuzz_pick(data, len, 2) ? RFC_3164 : RFC_5424};
	size_t cut = fuzz_pick(data, len, (uint32_t)len + 1);
	char *host = fuzz_string(data, len);
	char *first = fuzz_copy(data, cut);
	char *second = fuzz_copy(data + cut, len - cut);
	struct rfc_text text = {first, cut, second, len - cut};
	char *out = malloc(2 * rfc_most(len));
	struct rfc_frame frame;
	char *end;

	rfc_set_host(&rfc, host);
	rfc_set_local(&rfc, 10, 23, 14, 31, 5);
	REQUIRE(out != NULL);
	end = rfc_put(out, &rfc, STAMP, "na:me", 5, 'e', &text);
	REQUIRE((size_t)(end - out) <= rfc_most(len));
	REQUIRE(rfc_next(out, (size_t)(end - out), &frame));
	REQUIRE(frame.head + frame.len == (size_t)(end - out));
	REQUIRE(!memchr(out, '\0', (size_t)(end - out)));
	/* What comes behind it is another frame. */
	memcpy(end, out, (size_t)(end - out));
	REQUIRE(rfc_next(out, (size_t)(end - out) * 2, &frame));
	REQUIRE(frame.head + frame.len == (size_t)(end - out));
	free(host);
	free(first);
	free(second);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	const uint8_t *first = fuzz_part(data, end);
	const uint8_t *rest = first < end ? first + 1 : end;
	char *bytes = fuzz_copy(data, size);

	check_address(data, (size_t)(first - data));
	check_put(rest, (size_t)(end - rest));
	check_frames(bytes, size);
	free(bytes);
	return 0;
}
