#include "lib/probe.h"

#include <string.h>

#include "lib/duration.h"

#define HTTP_SCHEME "http://"
#define HTTP_PORT   80u

static const char *const words[PROBE_KINDS] = {[PROBE_EXEC] = "exec",
	[PROBE_NOTIFY] = "notify",
	[PROBE_FD] = "fd",
	[PROBE_PID_FILE] = "pid-file",
	[PROBE_TCP] = "tcp",
	[PROBE_UNIX] = "unix",
	[PROBE_HTTP] = "http",
	[PROBE_COMMAND] = "command",
	[PROBE_AFTER] = "after"};

static bool
begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A decimal number of at most `most`; leading zeros are no octal. */
static bool
parse_number(const char *text, size_t len, uint32_t most, uint32_t *out)
{
	uint32_t n = 0;

	if (len == 0 || len > 6)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (uint32_t)(text[i] - '0');
	}
	*out = n;
	return n <= most;
}

static bool
parse_port(const char *text, size_t len, uint16_t *port)
{
	uint32_t n = 0;

	if (!parse_number(text, len, UINT16_MAX, &n) || n == 0)
		return false;
	*port = (uint16_t)n;
	return true;
}

static bool
parse_v4(const char *text, size_t len, uint8_t out[4])
{
	for (unsigned i = 0; i < 4; i++) {
		const char *dot = i < 3 ? memchr(text, '.', len) : text + len;
		uint32_t n = 0;

		if (!dot || !parse_number(text, (size_t)(dot - text), 255, &n))
			return false;
		out[i] = (uint8_t)n;
		len -= (size_t)(dot - text) + (i < 3);
		text = dot + (i < 3);
	}
	return true;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One group of up to four digits; how many there were. */
static size_t
take_group(const char *text, size_t len, uint32_t *out)
{
	size_t n = 0;

	*out = 0;
	while (n < len && n < 4 && hex_value(text[n]) >= 0)
		*out = *out << 4 | (uint32_t)hex_value(text[n++]);
	return n;
}

/*
 * The groups of one side of "::", or of an address without it. How many bytes
 * they make, -1: it is no address. An IPv4 address may be the last of them.
 */
static int
parse_groups(const char *text, size_t len, uint8_t out[16])
{
	unsigned bytes = 0;

	if (len == 0)
		return 0;
	while (bytes < 16) {
		uint32_t group;
		size_t n = take_group(text, len, &group);

		if (bytes <= 12 && n < len && text[n] == '.')
			return parse_v4(text, len, out + bytes) ? (int)bytes + 4
								: -1;
		if (n == 0)
			return -1;
		out[bytes++] = (uint8_t)(group >> 8);
		out[bytes++] = (uint8_t)group;
		if (n == len)
			return (int)bytes;
		if (text[n] != ':')
			return -1;
		text += n + 1;
		len -= n + 1;
	}
	return -1;
}

/* Where "::" is, or len. */
static size_t
find_gap(const char *text, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (text[i] == ':' && text[i + 1] == ':')
			return i;
	return len;
}

static bool
parse_v6(const char *text, size_t len, uint8_t out[16])
{
	uint8_t tail[16] = {0};
	size_t gap = find_gap(text, len);
	int first;
	int last;

	memset(out, 0, 16);
	first = parse_groups(text, gap, out);
	if (gap == len)
		return first == 16;
	last = parse_groups(text + gap + 2, len - gap - 2, tail);
	if (first < 0 || last < 0 || first + last > 14)
		return false;
	memcpy(out + 16 - last, tail, (size_t)last);
	return true;
}

/* A host without a port, in out->bytes. */
static bool
parse_host(const char *text, size_t len, struct probe_address *out)
{
	static const uint8_t local[4] = {127, 0, 0, 1};

	out->is_v6 = false;
	out->is_any = len == 9 && memcmp(text, "localhost", 9) == 0;
	if (out->is_any) {
		memcpy(out->bytes, local, sizeof(local));
		return true;
	}
	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		out->is_v6 = true;
		return parse_v6(text + 1, len - 2, out->bytes);
	}
	return parse_v4(text, len, out->bytes);
}

/* Where the colon before the port is, or len. */
static size_t
find_port(const char *text, size_t len)
{
	for (size_t i = len; i > 0; i--) {
		if (text[i - 1] == ':')
			return i - 1;
		if (text[i - 1] == ']')
			break;
	}
	return len;
}

bool
probe_address_parse(const char *text, size_t len, struct probe_address *out)
{
	size_t colon = find_port(text, len);

	memset(out, 0, sizeof(*out));
	if (colon == len)
		return parse_host("localhost", 9, out) &&
		       parse_port(text, len, &out->port);
	return parse_host(text, colon, out) &&
	       parse_port(text + colon + 1, len - colon - 1, &out->port);
}

/* It goes into a request as it is. */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || *text == 127)
			return false;
	return true;
}

bool
probe_url_parse(const char *text, struct probe_url *out)
{
	size_t colon;

	memset(out, 0, sizeof(*out));
	if (!begins_with(text, HTTP_SCHEME) || !is_plain(text))
		return false;
	out->host = text + strlen(HTTP_SCHEME);
	out->host_len = strcspn(out->host, "/?#");
	out->path = out->host + out->host_len;
	if (*out->path != '\0' && *out->path != '/')
		return false;
	colon = find_port(out->host, out->host_len);
	out->address.port = HTTP_PORT;
	if (colon < out->host_len &&
		!parse_port(out->host + colon + 1, out->host_len - colon - 1,
			&out->address.port))
		return false;
	return parse_host(out->host, colon, &out->address);
}

int
probe_http_status(const char *bytes, size_t len)
{
	static const char form[] = "HTTP/1.x NNN";
	int status = 0;

	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		bool is_digit;

		if (i == len)
			return 0;
		is_digit = bytes[i] >= '0' && bytes[i] <= '9';
		if (form[i] == 'x' ? !is_digit
				   : form[i] != 'N' && bytes[i] != form[i])
			return -1;
		if (form[i] != 'N')
			continue;
		if (!is_digit)
			return -1;
		status = status * 10 + (bytes[i] - '0');
	}
	if (len < sizeof(form))
		return 0;
	return bytes[sizeof(form) - 1] == ' ' ||
			       bytes[sizeof(form) - 1] == '\r' ||
			       bytes[sizeof(form) - 1] == '\n'
		       ? (status < 100 ? -1 : status)
		       : -1;
}

bool
probe_http_is_good(int status)
{
	return status >= 200 && status < 400;
}

static enum probe_error
check_arg(struct probe *p)
{
	size_t len = p->arg ? strlen(p->arg) : 0;
	bool needs_arg = p->kind != PROBE_EXEC && p->kind != PROBE_NOTIFY &&
			 p->kind != PROBE_PID_FILE;
	struct probe_address address;
	struct probe_url url;

	if (!needs_arg)
		return p->arg ? PROBE_UNKNOWN : PROBE_OK;
	if (len == 0)
		return PROBE_NO_ARG;
	if (p->kind == PROBE_FD)
		return parse_number(p->arg, len, PROBE_FD_MOST, &p->number) &&
				       p->number > 2
			       ? PROBE_OK
			       : PROBE_BAD_FD;
	if (p->kind == PROBE_AFTER)
		return duration_parse(p->arg, len, &p->number) &&
				       p->number != DURATION_NONE
			       ? PROBE_OK
			       : PROBE_BAD_TIME;
	if (p->kind == PROBE_TCP)
		return probe_address_parse(p->arg, len, &address)
			       ? PROBE_OK
			       : PROBE_BAD_TCP;
	if (p->kind == PROBE_HTTP && begins_with(p->arg, "https:"))
		return PROBE_BAD_HTTPS;
	if (p->kind == PROBE_HTTP)
		return probe_url_parse(p->arg, &url) ? PROBE_OK : PROBE_BAD_URL;
	return PROBE_OK;
}

enum probe_error
probe_parse(const char *text, struct probe *out)
{
	size_t len = strcspn(text, ":");

	memset(out, 0, sizeof(*out));
	if (begins_with(text, "https:"))
		return PROBE_BAD_HTTPS;
	/* The scheme is the form's name. */
	if (begins_with(text, HTTP_SCHEME)) {
		out->kind = PROBE_HTTP;
		out->arg = text;
		return check_arg(out);
	}
	for (unsigned kind = 0; kind < PROBE_KINDS; kind++)
		if (strlen(words[kind]) == len &&
			memcmp(words[kind], text, len) == 0) {
			out->kind = (uint8_t)kind;
			out->arg = text[len] == ':' ? text + len + 1 : NULL;
			return check_arg(out);
		}
	return PROBE_UNKNOWN;
}
