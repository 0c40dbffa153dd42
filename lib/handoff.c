#include "lib/handoff.h"

#include <string.h>

/* Offsets of a message; text fills the rest. */
enum {
	AT_VERSION = 0,
	AT_TYPE = 4,
	AT_FLAGS = 8,
	AT_A = 12,
	AT_B = 16,
	AT_TEXT = 20
};

_Static_assert(
	AT_TEXT + HANDOFF_TEXT_CAP == HANDOFF_SIZE, "text fills a message");

void
handoff_encode(const struct handoff_msg *msg, unsigned char out[HANDOFF_SIZE])
{
	const uint32_t version = HANDOFF_VERSION;
	size_t len = strnlen(msg->text, HANDOFF_TEXT_CAP - 1);

	/* No byte of the sender's memory behind the text leaves it. */
	memset(out, 0, HANDOFF_SIZE);
	memcpy(out + AT_VERSION, &version, 4);
	memcpy(out + AT_TYPE, &msg->type, 4);
	memcpy(out + AT_FLAGS, &msg->flags, 4);
	memcpy(out + AT_A, &msg->a, 4);
	memcpy(out + AT_B, &msg->b, 4);
	memcpy(out + AT_TEXT, msg->text, len);
}

bool
handoff_decode(const unsigned char *bytes, size_t len, struct handoff_msg *out)
{
	uint32_t version;

	if (len != HANDOFF_SIZE)
		return false;
	memcpy(&version, bytes + AT_VERSION, 4);
	if (version != HANDOFF_VERSION)
		return false;
	if (!memchr(bytes + AT_TEXT, 0, HANDOFF_TEXT_CAP))
		return false;
	memcpy(&out->type, bytes + AT_TYPE, 4);
	memcpy(&out->flags, bytes + AT_FLAGS, 4);
	memcpy(&out->a, bytes + AT_A, 4);
	memcpy(&out->b, bytes + AT_B, 4);
	memcpy(out->text, bytes + AT_TEXT, HANDOFF_TEXT_CAP);
	return true;
}
