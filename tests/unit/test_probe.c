/*
 * The forms of `ready` and `health`, their addresses, and HTTP's answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/probe.h"

static void
test_probe_parse_of_each_form_is_as_documented(void **state)
{
	static const struct {
		const char *text;
		enum probe_error error;
		unsigned kind;
		uint32_t number;
		const char *arg;
	} rows[] = {
		{"exec", PROBE_OK, PROBE_EXEC, 0, NULL},
		{"notify", PROBE_OK, PROBE_NOTIFY, 0, NULL},
		{"fd:3", PROBE_OK, PROBE_FD, 3, "3"},
		{"fd:255", PROBE_OK, PROBE_FD, 255, "255"},
		{"pid-file", PROBE_OK, PROBE_PID_FILE, 0, NULL},
		{"tcp:80", PROBE_OK, PROBE_TCP, 0, "80"},
		{"unix:/a:b", PROBE_OK, PROBE_UNIX, 0, "/a:b"},
		{"http://localhost/", PROBE_OK, PROBE_HTTP, 0,
			"http://localhost/"},
		{"http:http://[::1]:8/x", PROBE_OK, PROBE_HTTP, 0,
			"http://[::1]:8/x"},
		{"command:true -x", PROBE_OK, PROBE_COMMAND, 0, "true -x"},
		{"after:1.5", PROBE_OK, PROBE_AFTER, 1500, "1.5"},
		{"", PROBE_UNKNOWN, 0, 0, NULL},
		{"noti", PROBE_UNKNOWN, 0, 0, NULL},
		{"exec:", PROBE_UNKNOWN, 0, 0, NULL},
		{"notify:1", PROBE_UNKNOWN, 0, 0, NULL},
		{"fd", PROBE_NO_ARG, 0, 0, NULL},
		{"fd:", PROBE_NO_ARG, 0, 0, NULL},
		{"unix:", PROBE_NO_ARG, 0, 0, NULL},
		{"command:", PROBE_NO_ARG, 0, 0, NULL},
		{"fd:2", PROBE_BAD_FD, 0, 0, NULL},
		{"fd:256", PROBE_BAD_FD, 0, 0, NULL},
		{"fd:4294967299", PROBE_BAD_FD, 0, 0, NULL},
		{"fd:3x", PROBE_BAD_FD, 0, 0, NULL},
		{"after:0", PROBE_BAD_TIME, 0, 0, NULL},
		{"after:soon", PROBE_BAD_TIME, 0, 0, NULL},
		{"tcp:host:1", PROBE_BAD_TCP, 0, 0, NULL},
		{"http:/x", PROBE_BAD_URL, 0, 0, NULL},
		{"http:https://a/", PROBE_BAD_HTTPS, 0, 0, NULL},
		{"https://a/", PROBE_BAD_HTTPS, 0, 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct probe p;

		if (probe_parse(rows[i].text, &p) != rows[i].error)
			fail_msg("'%s'", rows[i].text);
		if (rows[i].error != PROBE_OK)
			continue;
		assert_int_equal(p.kind, rows[i].kind);
		assert_int_equal(p.number, rows[i].number);
		assert_int_equal(p.arg != NULL, rows[i].arg != NULL);
		if (p.arg)
			assert_string_equal(p.arg, rows[i].arg);
	}
}

static void
test_probe_address_parse_of_addresses_gives_their_bytes(void **state)
{
	static const struct {
		const char *text;
		int port; /* 0: it is none */
		bool is_v6;
		const char *bytes;
	} rows[] = {
		{"80", 80, false, "\177\0\0\1"},
		{"localhost:65535", 65535, false, "\177\0\0\1"},
		{"0.0.0.0:1", 1, false, "\0\0\0\0"},
		{"255.1.20.3:9", 9, false, "\377\1\24\3"},
		{"[::]:1", 1, true, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"},
		{"[::1]:1", 1, true, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"},
		{"[fe80::A:b]:1", 1, true,
			"\376\200\0\0\0\0\0\0\0\0\0\0\0\12\0\13"},
		{"[1:2:3:4:5:6:7:8]:1", 1, true,
			"\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\10"},
		{"[1:2:3:4:5:6:7::]:1", 1, true,
			"\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\0"},
		{"[::ffff:1.2.3.4]:1", 1, true,
			"\0\0\0\0\0\0\0\0\0\0\377\377\1\2\3\4"},
		{"", 0, false, NULL},
		{"0", 0, false, NULL},
		{"65536", 0, false, NULL},
		{":80", 0, false, NULL},
		{"1.2.3:80", 0, false, NULL},
		{"1.2.3.4.5:80", 0, false, NULL},
		{"1.2.3.256:80", 0, false, NULL},
		{"1..3.4:80", 0, false, NULL},
		{"1.2.3.4", 0, false, NULL},
		{"1.2.3.4:", 0, false, NULL},
		{"localhos:1", 0, false, NULL},
		{"::1:80", 0, false, NULL},
		{"[::1]", 0, false, NULL},
		{"[]:1", 0, false, NULL},
		{"[:]:1", 0, false, NULL},
		{"[1::2::3]:1", 0, false, NULL},
		{"[1:2:3:4:5:6:7]:1", 0, false, NULL},
		{"[1:2:3:4:5:6:7:8:9]:1", 0, false, NULL},
		{"[1:2:3:4:5:6:7:8::]:1", 0, false, NULL},
		{"[::12345]:1", 0, false, NULL},
		{"[::g]:1", 0, false, NULL},
		{"[1:2:3:4:5:6:7:1.2.3.4]:1", 0, false, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct probe_address a;
		bool is_good = probe_address_parse(
			rows[i].text, strlen(rows[i].text), &a);

		if (is_good != (rows[i].port != 0))
			fail_msg("'%s'", rows[i].text);
		if (!is_good)
			continue;
		assert_int_equal(a.port, rows[i].port);
		assert_int_equal(a.is_v6, rows[i].is_v6);
		if (memcmp(a.bytes, rows[i].bytes, a.is_v6 ? 16 : 4) != 0)
			fail_msg("'%s': other bytes", rows[i].text);
	}
}

static void
test_probe_address_parse_of_a_port_alone_means_this_machine(void **state)
{
	struct probe_address a;

	(void)state;
	assert_true(probe_address_parse("80", 2, &a));
	assert_true(a.is_any);
	assert_true(probe_address_parse("127.0.0.1:80", 12, &a));
	assert_false(a.is_any);
}

static void
test_probe_url_parse_of_urls_finds_their_parts(void **state)
{
	static const struct {
		const char *text, *host, *path;
		int port; /* 0: it is none */
	} rows[] = {
		{"http://localhost", "localhost", "", 80},
		{"http://127.0.0.1:8080/a?b=c", "127.0.0.1:8080", "/a?b=c",
			8080},
		{"http://[::1]/", "[::1]", "/", 80},
		{"http://[::1]:81", "[::1]:81", "", 81},
		{"http://", NULL, NULL, 0},
		{"http:///x", NULL, NULL, 0},
		{"http://name/", NULL, NULL, 0},
		{"http://localhost:/", NULL, NULL, 0},
		{"http://localhost:0/", NULL, NULL, 0},
		{"http://localhost?x", NULL, NULL, 0},
		{"http://user@localhost/", NULL, NULL, 0},
		{"http://localhost/a b", NULL, NULL, 0},
		{"http://localhost/a\r\nX: y", NULL, NULL, 0},
		{"HTTP://localhost/", NULL, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct probe_url url;

		if (probe_url_parse(rows[i].text, &url) != (rows[i].port != 0))
			fail_msg("'%s'", rows[i].text);
		if (rows[i].port == 0)
			continue;
		assert_int_equal(url.address.port, rows[i].port);
		assert_int_equal(url.host_len, strlen(rows[i].host));
		assert_memory_equal(url.host, rows[i].host, url.host_len);
		assert_string_equal(url.path, rows[i].path);
	}
}

static void
test_probe_http_status_of_answers_is_their_number(void **state)
{
	static const struct {
		const char *text;
		int status;
	} rows[] = {
		{"HTTP/1.1 200 OK\r\n", 200},
		{"HTTP/1.0 503 \r\n", 503},
		{"HTTP/1.1 301\r\n", 301},
		{"HTTP/1.1 404\n", 404},
		{"", 0},
		{"HTT", 0},
		{"HTTP/1.1 200", 0},
		{"HTTP/2 200 OK", -1},
		{"HTTP/1.1 2000", -1},
		{"HTTP/1.1 099 ", -1},
		{"HTTP/1.1 2x0 ", -1},
		{"HTTP/1.x 200 ", -1},
		{"SSH-2.0", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (probe_http_status(rows[i].text, strlen(rows[i].text)) !=
			rows[i].status)
			fail_msg("'%s'", rows[i].text);
	/* What is enough is enough. */
	assert_int_equal(
		probe_http_status("HTTP/1.1 204 ", PROBE_HTTP_BYTES), 204);
	assert_true(probe_http_is_good(200) && probe_http_is_good(399));
	assert_false(probe_http_is_good(199) || probe_http_is_good(400));
	assert_false(probe_http_is_good(-1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_probe_parse_of_each_form_is_as_documented),
		cmocka_unit_test(
			test_probe_address_parse_of_addresses_gives_their_bytes),
		cmocka_unit_test(
			test_probe_address_parse_of_a_port_alone_means_this_machine),
		cmocka_unit_test(
			test_probe_url_parse_of_urls_finds_their_parts),
		cmocka_unit_test(
			test_probe_http_status_of_answers_is_their_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
