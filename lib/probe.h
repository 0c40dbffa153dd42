/*
 * How it is found out that a service is ready or well: the forms of `ready`
 * and `health`, their addresses and URLs, and what an HTTP server answers.
 * Names are numbers here: nobody is asked who "localhost" is. Pure.
 */
#ifndef LIB_PROBE_H
#define LIB_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum probe_kind {
	PROBE_EXEC = 0, /* of `health`: none */
	PROBE_NOTIFY = 1,
	PROBE_FD = 2,
	PROBE_PID_FILE = 3,
	PROBE_TCP = 4,
	PROBE_UNIX = 5,
	PROBE_HTTP = 6,
	PROBE_COMMAND = 7,
	PROBE_AFTER = 8,
	PROBE_KINDS
};

struct probe {
	const char *arg; /* what stands behind the colon, NULL: nothing */
	uint32_t number; /* the descriptor, or milliseconds of `after` */
	uint8_t kind;	 /* enum probe_kind */
};

#define PROBE_FD_MOST 255u

struct probe_address {
	uint8_t bytes[16]; /* network order; 4 of them for IPv4 */
	uint16_t port;
	bool is_v6;
	bool is_any; /* 127.0.0.1, and ::1 if nobody listens there */
};

struct probe_url {
	struct probe_address address;
	const char *host; /* with the port, as it is written */
	size_t host_len;
	const char *path; /* "" or "/..." */
};

enum probe_error {
	PROBE_OK,
	PROBE_UNKNOWN,	/* none of the forms */
	PROBE_NO_ARG,	/* the form needs something behind a colon */
	PROBE_BAD_FD,	/* not 3 to PROBE_FD_MOST */
	PROBE_BAD_TIME, /* no duration */
	PROBE_BAD_TCP,
	PROBE_BAD_URL,
	PROBE_BAD_HTTPS /* that is not spoken here */
};

/*
 * KIND[:ARG], and http://... as well as http:http://.... out->arg points into
 * text. What ARG means is checked, except for paths and commands.
 */
enum probe_error probe_parse(const char *text, struct probe *out);

/* PORT, ADDRESS:PORT, [ADDRESS6]:PORT or localhost:PORT. */
bool
probe_address_parse(const char *text, size_t len, struct probe_address *out);
/* http://ADDRESS[:PORT][/PATH]; out points into text. */
bool probe_url_parse(const char *text, struct probe_url *out);

/*
 * The status that an HTTP server's answer begins with. 0: more bytes are
 * needed, -1: it is no such answer.
 */
int probe_http_status(const char *bytes, size_t len);
/* So many bytes are enough for the above. */
#define PROBE_HTTP_BYTES 13u
/* The server said that it is well. */
bool probe_http_is_good(int status);

#endif
