/* lib/logaddr.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/logaddr.h"

static void
test_logaddr_parse_of_each_kind_takes_it_apart(void **unused)
{
	static const struct {
		const char *text;
		enum logaddr_kind kind;
		const char *host;
		uint16_t port;
	} rows[] = {
		{"unix:/dev/log", LOGADDR_UNIX, "/dev/log", 0},
		{"udp:log.example.org:514", LOGADDR_UDP, "log.example.org",
			514},
		{"tcp:10.0.0.1:65535", LOGADDR_TCP, "10.0.0.1", 65535},
		{"tcp:[::1]:6514", LOGADDR_TCP, "::1", 6514},
		{"udp:[fe80::1%eth0]:1", LOGADDR_UDP, "fe80::1%eth0", 1},
	};
	struct logaddr addr;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(logaddr_parse(
			&addr, rows[i].text, strlen(rows[i].text)));
		assert_int_equal(addr.kind, rows[i].kind);
		assert_string_equal(addr.host, rows[i].host);
		assert_int_equal(addr.port, rows[i].port);
	}
}

static void
test_logaddr_parse_of_what_is_none_says_why(void **unused)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"", "it begins with none of "},
		{"/dev/log", "it begins with none of "},
		{"unix:", "its path is not absolute"},
		{"unix:log", "its path is not absolute"},
		{"unix:/a b", "it has a blank"},
		{"tcp:host", "there is no :PORT"},
		{"tcp::1", "its host is empty"},
		{"tcp:host:", "its port is not a number"},
		{"tcp:host:0", "its port is not a number"},
		{"tcp:host:65536", "its port is not a number"},
		{"tcp:host:000001", "its port is not a number"},
		{"tcp:host:1x", "its port is not a number"},
		{"tcp:::1:514", "its host is neither"},
		{"tcp:a/b:514", "its host is neither"},
		{"tcp:[::1", "an IPv6 address is "},
		{"tcp:[::1]514", "an IPv6 address is "},
		{"tcp:[]:514", "its host is empty"},
		{"tcp:[:-:]:514", "its host is neither"},
	};
	struct logaddr addr;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *why = logaddr_parse(
			&addr, rows[i].text, strlen(rows[i].text));

		assert_non_null(why);
		assert_int_equal(
			strncmp(why, rows[i].why, strlen(rows[i].why)), 0);
	}
}

static void
test_logaddr_parse_of_long_ones_keeps_within_bounds(void **unused)
{
	char text[400];
	struct logaddr addr;

	(void)unused;
	memset(text, 'a', sizeof(text));
	memcpy(text, "unix:/", 6);
	assert_null(logaddr_parse(&addr, text, 5 + 107));
	assert_int_equal(strlen(addr.host), 107);
	assert_non_null(logaddr_parse(&addr, text, 5 + 108));
	memcpy(text, "tcp:aa", 6);
	memcpy(text + 4 + 253, ":1", 2);
	assert_null(logaddr_parse(&addr, text, 4 + 253 + 2));
	assert_int_equal(strlen(addr.host), 253);
	memcpy(text + 4 + 253, "a:1", 3);
	assert_non_null(logaddr_parse(&addr, text, 4 + 254 + 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_logaddr_parse_of_each_kind_takes_it_apart),
		cmocka_unit_test(test_logaddr_parse_of_what_is_none_says_why),
		cmocka_unit_test(
			test_logaddr_parse_of_long_ones_keeps_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
