/* lib/handoff.h: any datagram, and what is sent on of it. */
#include <stdlib.h>
#include <string.h>

#include "lib/handoff.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *bytes = fuzz_copy(data, size);
	unsigned char sent[HANDOFF_SIZE], again[HANDOFF_SIZE];
	struct handoff_msg msg, back;
	uint32_t version = 0;
	size_t text_at = HANDOFF_SIZE - HANDOFF_TEXT_CAP;
	bool is_ours;

	if (size >= sizeof(version))
		memcpy(&version, bytes, sizeof(version));
	is_ours = size == HANDOFF_SIZE && version == HANDOFF_VERSION &&
		  memchr(bytes + text_at, 0, HANDOFF_TEXT_CAP) != NULL;
	memset(&msg, 0xa5, sizeof(msg));
	REQUIRE(handoff_decode(bytes, size, &msg) == is_ours);
	if (!is_ours) {
		/* What cannot be decoded may still be sent: it is cut. */
		memset(&msg, 0xa5, sizeof(msg));
		memcpy(&msg, bytes, size < sizeof(msg) ? size : sizeof(msg));
	}
	handoff_encode(&msg, sent);
	REQUIRE(handoff_decode(sent, sizeof(sent), &back));
	REQUIRE(back.type == msg.type && back.flags == msg.flags);
	REQUIRE(back.a == msg.a && back.b == msg.b);
	REQUIRE(strncmp(back.text, msg.text, HANDOFF_TEXT_CAP - 1) == 0);
	if (is_ours)
		REQUIRE(memcmp(sent, bytes, text_at + strlen(msg.text) + 1) ==
			0);
	/* Nothing of the sender's memory goes along behind the text. */
	for (size_t i = text_at + strlen(back.text); i < sizeof(sent); i++)
		REQUIRE(sent[i] == 0);
	handoff_encode(&back, again);
	REQUIRE(memcmp(sent, again, sizeof(sent)) == 0);
	free(bytes);
	return 0;
}
