#include "lib/logaddr.h"

#include <stdbool.h>
#include <string.h>

#define PATH_CAP 108 /* of a socket's address, with its NUL */

static const char *
take_path(struct logaddr *addr, const char *path, size_t len)
{
	if (len == 0 || path[0] != '/')
		return "its path is not absolute";
	if (len >= PATH_CAP)
		return "its path is longer than that of a socket can be";
	memcpy(addr->host, path, len);
	addr->host[len] = '\0';
	return NULL;
}

static bool
is_host_byte(char c, bool is_six)
{
	if ((c >= '0' && c <= '9') || c == '.')
		return true;
	if (is_six)
		return c == ':' || c == '%' || (c >= 'a' && c <= 'z') ||
		       (c >= 'A' && c <= 'Z');
	return c == '-' || c == '_' || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static bool
take_port(struct logaddr *addr, const char *text, size_t len)
{
	uint32_t port = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (uint32_t)(text[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return false;
	addr->port = (uint16_t)port;
	return true;
}

static const char *
take_host(struct logaddr *addr, const char *text, size_t len)
{
	bool is_six = len > 0 && text[0] == '[';
	const char *end = memrchr(text, is_six ? ']' : ':', len);
	const char *host = text + is_six;
	size_t host_len = end ? (size_t)(end - host) : 0;
	size_t at = end ? (size_t)(end - text) + is_six : 0;

	if (!end || at >= len || text[at] != ':')
		return is_six ? "an IPv6 address is [ADDRESS]:PORT"
			      : "there is no :PORT behind its host";
	if (!take_port(addr, text + at + 1, len - at - 1))
		return "its port is not a number from 1 to 65535";
	if (host_len == 0 || host_len >= LOGADDR_HOST)
		return "its host is empty, or longer than 253 bytes";
	for (size_t i = 0; i < host_len; i++)
		if (!is_host_byte(host[i], is_six))
			return "its host is neither a name nor an address; "
			       "an IPv6 address stands in brackets";
	memcpy(addr->host, host, host_len);
	addr->host[host_len] = '\0';
	return NULL;
}

const char *
logaddr_parse(struct logaddr *addr, const char *text, size_t len)
{
	static const struct {
		char word[6];
		uint8_t len;
		uint8_t kind;
	} words[] = {{"unix:", 5, LOGADDR_UNIX}, {"udp:", 4, LOGADDR_UDP},
		{"tcp:", 4, LOGADDR_TCP}};

	*addr = (struct logaddr){.port = 0};
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return "it has a blank or a control byte";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t skip = words[i].len;

		if (len < skip || memcmp(text, words[i].word, skip) != 0)
			continue;
		addr->kind = (enum logaddr_kind)words[i].kind;
		return addr->kind == LOGADDR_UNIX
			       ? take_path(addr, text + skip, len - skip)
			       : take_host(addr, text + skip, len - skip);
	}
	return "it begins with none of unix:, udp: and tcp:";
}
