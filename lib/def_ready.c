#include <stdint.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/def_value.h"
#include "lib/probe.h"
#include "lib/words.h"

#define SHOWN_MAX    60
#define RETRIES_MOST 100u
/* Of sun_path, with its NUL. */
#define SOCKET_PATH_CAP 108u

static int
shown(size_t len)
{
	return len > SHOWN_MAX ? SHOWN_MAX : (int)len;
}

static bool
fail_form(struct def_value *v, enum probe_error error)
{
	static const char *const what[] = {[PROBE_OK] = "",
		[PROBE_UNKNOWN] =
			"exec, notify, fd:N, pid-file, tcp:PORT, unix:PATH, "
			"http://HOST/PATH, command:CMD, after:TIME",
		[PROBE_NO_ARG] =
			"complete; write fd:3, tcp:80, unix:/run/x.sock, "
			"http://localhost/, command:CMD, after:1s",
		[PROBE_BAD_FD] = "right; fd:N takes a number from 3 to 255",
		[PROBE_BAD_TIME] = "right; after: takes a time such as 500ms",
		[PROBE_BAD_TCP] = "right; write tcp:PORT, tcp:127.0.0.1:PORT "
				  "or tcp:[::1]:PORT, without names",
		[PROBE_BAD_URL] = "right; write http://ADDRESS:PORT/PATH with "
				  "localhost or a number as the address",
		[PROBE_BAD_HTTPS] = "spoken here; use command: and a client"};

	def_error_text(v->error, "'%.*s' is %s %s", shown(v->len), v->text,
		error == PROBE_UNKNOWN ? "none of" : "not", what[error]);
	return def_value_fail(v, 0);
}

/* A path that needs no quotes; its specifiers are expanded later. */
static bool
check_socket(struct def_value *v, const char *path)
{
	size_t at = (size_t)(path - v->text);

	if (path[0] != '/' && strncmp(path, "%t/", 3) != 0 &&
		strncmp(path, "%h/", 3) != 0) {
		def_error_text(v->error,
			"'%.*s' is not an absolute path; begin it with /",
			shown(strlen(path)), path);
		return def_value_fail(v, at);
	}
	if (strlen(path) >= SOCKET_PATH_CAP) {
		def_error_text(v->error,
			"longer than the %u bytes of a socket's path",
			SOCKET_PATH_CAP - 1);
		return def_value_fail(v, at);
	}
	if (strcspn(path, " \t'\"\\") != strlen(path)) {
		def_error_text(v->error,
			"the path of a socket has neither blanks nor quotes");
		return def_value_fail(v, at);
	}
	return true;
}

static bool
check_words(struct def_value *v, const char *text, unsigned flags)
{
	size_t at = (size_t)(text - v->text);

	v->error->column = 0;
	if (words_check(text, flags, v->error))
		return true;
	return def_value_fail(
		v, at + (v->error->column > 0 ? v->error->column - 1 : 0));
}

static bool
check_form(struct def_value *v, struct probe *probe)
{
	enum probe_error error = probe_parse(v->text, probe);

	if (error != PROBE_OK)
		return fail_form(v, error);
	if (probe->kind == PROBE_UNIX)
		return check_socket(v, probe->arg) &&
		       check_words(v, probe->arg, WORDS_RAW);
	if (probe->kind == PROBE_COMMAND)
		return check_words(v, probe->arg, WORDS_VARIABLES);
	return true;
}

bool
set_ready(struct def_value *v, void *member)
{
	struct probe probe;

	if (!check_form(v, &probe))
		return false;
	*(const char **)member = probe.kind == PROBE_EXEC ? NULL : v->text;
	return true;
}

bool
set_health(struct def_value *v, void *member)
{
	struct probe probe;

	if (!check_form(v, &probe))
		return false;
	if (probe.kind == PROBE_NOTIFY || probe.kind == PROBE_EXEC ||
		probe.kind == PROBE_FD || probe.kind == PROBE_AFTER) {
		def_error_text(v->error,
			"'%.*s' can be told once, not asked for again; write "
			"tcp:, unix:, http:, pid-file or command:%s",
			shown(v->len), v->text,
			probe.kind == PROBE_NOTIFY ? ", or use watchdog" : "");
		return def_value_fail(v, 0);
	}
	*(const char **)member = v->text;
	return true;
}

bool
set_access(struct def_value *v, void *member)
{
	bool is_all = strcmp(v->text, "all") == 0;

	if (!is_all && strcmp(v->text, "main") != 0) {
		def_error_text(v->error, "'%.*s' is neither main nor all",
			shown(v->len), v->text);
		return def_value_fail(v, 0);
	}
	*(uint8_t *)member = is_all ? ACCESS_ALL : ACCESS_MAIN;
	return true;
}

bool
set_retries(struct def_value *v, void *member)
{
	uint32_t n = 0;
	size_t i = 0;

	for (; i < v->len && n <= RETRIES_MOST; i++) {
		if (v->text[i] < '0' || v->text[i] > '9')
			break;
		n = n * 10 + (uint32_t)(v->text[i] - '0');
	}
	if (i < v->len || n == 0 || n > RETRIES_MOST) {
		def_error_text(v->error, "'%.*s' is no number from 1 to %u",
			shown(v->len), v->text, RETRIES_MOST);
		return def_value_fail(v, 0);
	}
	*(uint32_t *)member = n;
	return true;
}
