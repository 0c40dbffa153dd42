/* supervisor/svlog: syslog_parse.h and kmsg_parse.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fmt.h"
#include "supervisor/svlog/kmsg_parse.h"
#include "supervisor/svlog/syslog_parse.h"

static char out[4096];

/* The line that a message becomes. */
static const char *
shown_len(const char *bytes, size_t len, unsigned pid)
{
	struct syslog_message m;
	struct fmt f;

	syslog_parse(bytes, len, &m);
	fmt_init(&f, out, sizeof(out));
	syslog_put(&f, &m, "box", pid);
	assert_false(f.is_cut);
	return out;
}

static const char *
shown(const char *bytes, unsigned pid)
{
	return shown_len(bytes, strlen(bytes), pid);
}

struct row {
	const char *message;
	const char *line;
};

static void
check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(shown(rows[i].message, 0), rows[i].line);
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void
test_syslog_put_of_rfc3164(void **unused)
{
	static const struct row rows[] = {
		{"<30>Nov 23 14:31:05 sshd[12]: text",
			"daemon.info sshd[12]: text"},
		{"<34>Oct  1 22:14:15 su: 'su root' failed",
			"auth.crit su: 'su root' failed"},
		/* logger --rfc3164 names the host. */
		{"<13>Nov 23 14:31:05 box root: hi", "user.notice root: hi"},
		{"<13>Nov 23 14:31:05 box.example.org root: hi",
			"user.notice root: hi"},
		{"<13>Nov 23 14:31:05 boxer root: hi",
			"user.notice boxer root: hi"},
		{"<13>Nov 23 14:31:05 other a/b[x1]: hi",
			"user.notice other a/b[x1]: hi"},
		{"<191>2026-11-23T14:31:05.123+01:00 box app: x",
			"local7.debug app: x"},
		/* No time, no host, no tag. */
		{"<6>app: x", "kern.info app: x"},
		{"<13>Nov 23 14:31:05 just some words",
			"user.notice -: just some words"},
		{"<13>two words: x", "user.notice -: two words: x"},
		{"<13>http://example.org", "user.notice -: http://example.org"},
		{"<13>Nov 23 14:31:05 app:", "user.notice app: "},
		{"<13>app[1] x", "user.notice -: app[1] x"},
		{"<13>app[]: x", "user.notice -: app[]: x"},
		{"<13>app[1: x", "user.notice -: app[1: x"},
		{"<13>", "user.notice -: "},
		{"<13>Nox 23 14:31:05 app: x",
			"user.notice -: Nox 23 14:31:05 app: x"},
		{"<13>Nov 23 14:31-05 app: x",
			"user.notice -: Nov 23 14:31-05 app: x"},
	};

	(void)unused;
	CHECK(rows);
}

static void
test_syslog_put_of_rfc5424(void **unused)
{
	static const struct row rows[] = {
		{"<34>1 2003-10-11T22:14:15.003Z mine su - ID47 - \xef\xbb\xbf"
		 "failed",
			"auth.crit mine su: ID47 failed"},
		{"<165>1 2003-08-24T05:14:15.000003-07:00 box myproc 8710 - - "
		 "%%",
			"local4.notice myproc[8710]: %%"},
		{"<165>1 2003-10-11T22:14:15.003Z box ev - ID47 [a@1 b=\"3\" "
		 "c=\"A]p\\\"\"][d e=\"\"] text",
			"local4.notice ev: ID47 [a@1 b=\"3\" "
			"c=\"A]p\\\"\"][d e=\"\"] text"},
		{"<13>1 - - - - - -", "user.notice -: "},
		{"<13>1 - - app - - - ", "user.notice app: "},
		{"<13>1 - - app - - [x] ", "user.notice app: [x] "},
		/* Not of that form after all. */
		{"<13>1 - - app - - x", "user.notice -: 1 - - app - - x"},
		{"<13>1 - - app - - [x", "user.notice -: 1 - - app - - [x"},
		{"<13>1 - - app - - []", "user.notice -: 1 - - app - - []"},
		{"<13>1 - - app - - [ x]", "user.notice -: 1 - - app - - [ x]"},
		{"<13>1 - - app - - -x", "user.notice -: 1 - - app - - -x"},
		{"<13>1 - - app", "user.notice -: 1 - - app"},
		{"<13>1 noon - app - - - x",
			"user.notice -: 1 noon - app - - - x"},
		{"<13>2 - - app - - - x", "user.notice -: 2 - - app - - - x"},
	};

	(void)unused;
	CHECK(rows);
}

static void
test_syslog_put_without_a_priority_shows_all(void **unused)
{
	static const struct row rows[] = {
		{"app: x", "user.notice -: app: x"},
		{"<192>app: x", "user.notice -: <192>app: x"},
		{"<1234>app: x", "user.notice -: <1234>app: x"},
		{"<>app: x", "user.notice -: <>app: x"},
		{"<1", "user.notice -: <1"},
		{"<1x>a", "user.notice -: <1x>a"},
		{"", "user.notice -: "},
	};

	(void)unused;
	CHECK(rows);
}

static void
test_syslog_put_tells_who_has_sent_it(void **unused)
{
	(void)unused;
	assert_string_equal(
		shown("<13>app[12]: x", 12), "user.notice app[12]: x");
	assert_string_equal(shown("<13>app: x", 12), "user.notice app[12]: x");
	assert_string_equal(
		shown("<13>app[1]: x", 12), "user.notice app[1] (pid 12): x");
	assert_string_equal(shown("<13>app[123]: x", 12),
		"user.notice app[123] (pid 12): x");
	assert_string_equal(shown("x", 12), "user.notice -[12]: x");
}

static void
test_syslog_put_is_one_line(void **unused)
{
	(void)unused;
	assert_string_equal(shown("<13>a: x\n\n", 0), "user.notice a: x");
	assert_string_equal(
		shown_len("<13>a: x\n\0", 10, 0), "user.notice a: x");
	assert_string_equal(shown("<13>a: x\n<13>b: y\033[1m\t\x7f", 0),
		"user.notice a: x\\x0a<13>b: y\\x1b[1m\t\\x7f");
	assert_string_equal(
		shown_len("<13>a: x\0y", 10, 0), "user.notice a: x\\x00y");
	assert_string_equal(shown("<13>1 - - a - - [b c=\"\n\"] x", 0),
		"user.notice a: [b c=\"\\x0a\"] x");
	assert_string_equal(shown("<13>a: gr\xc3\xbc\xc3\x9f\xff", 0),
		"user.notice a: gr\xc3\xbc\xc3\x9f\xff");
}

static void
test_syslog_put_priority_names_all(void **unused)
{
	struct fmt f;

	(void)unused;
	for (unsigned n = 0; n < 192; n++) {
		fmt_init(&f, out, sizeof(out));
		syslog_put_priority(&f, n);
		assert_true(strncmp(out, "local", 5) == 0 ||
			    !strpbrk(out, "0123456789"));
	}
	fmt_init(&f, out, sizeof(out));
	syslog_put_priority(&f, 8 * 24 + 7);
	assert_string_equal(out, "24.debug");
}

static void
test_syslog_parse_limits_words(void **unused)
{
	char message[600] = "<13>";

	(void)unused;
	memset(message + 4, 'a', 128);
	strcpy(message + 132, ": x");
	assert_null(strstr(shown(message, 0), "-: "));
	strcpy(message + 132, "a: x");
	assert_non_null(strstr(shown(message, 0), "-: aaa"));
	strcpy(message, "<13>1 - - ");
	memset(message + 10, 'a', 255);
	strcpy(message + 265, " - - - x");
	assert_null(strstr(shown(message, 0), "-: "));
	strcpy(message + 265, "a - - - x");
	assert_non_null(strstr(shown(message, 0), "-: 1 - - aaa"));
}

static const char *
kernel(const char *bytes)
{
	struct kmsg_record record;
	struct fmt f;

	if (!kmsg_parse(bytes, strlen(bytes), &record))
		return NULL;
	fmt_init(&f, out, sizeof(out));
	kmsg_put(&f, &record);
	return out;
}

static void
test_kmsg_put_shows_records(void **unused)
{
	static const struct row rows[] = {
		{"6,339,5140900,-;NET: Registered protocol family 10\n",
			"kern.info NET: Registered protocol family 10"},
		{"30,340,5690716,-;udevd[80]: starting\n SUBSYSTEM=acpi\n"
		 " DEVICE=+acpi:PNP0A03:00\n",
			"daemon.info udevd[80]: starting"},
		{"4,1,2,c,caller=T1;a;b", "kern.warning a;b"},
		{"4,1,2,-,new=1,more;x\n", "kern.warning x"},
		{"4,1,2,-;a\\x0ab\\x5cc\\xc3\\xbc\\x1b\\x7f\\xZZ\\x\n",
			"kern.warning a\\x0ab\\c\xc3\xbc\\x1b\\x7f\\xZZ\\x"},
		{"4,1,2,-;a\x1b\n", "kern.warning a\\x1b"},
		{"4,1,2,-;\n", "kern.warning "},
		{"4,1,2,-;\\x09a", "kern.warning \ta"},
		{"4,1,2,-;a\\x5", "kern.warning a\\x5"},
		{"4,1,2,-;a\\xc", "kern.warning a\\xc"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(kernel(rows[i].message), rows[i].line);
}

static void
test_kmsg_parse_takes_numbers(void **unused)
{
	static const char record[] = "6,123456789012345678,42,-;x\n";
	struct kmsg_record r;

	(void)unused;
	assert_true(kmsg_parse(record, strlen(record), &r));
	assert_true(r.seq == UINT64_C(123456789012345678));
	assert_true(r.us == 42);
	assert_int_equal(r.priority, 6);
	assert_int_equal(r.len, 1);
}

static void
test_kmsg_parse_refuses_what_is_no_record(void **unused)
{
	static const char *const rows[] = {"", "\n", ";", "6,1,2,-", "6,1,2;x",
		"6,1,x,-;x", "x,1,2,-;x", "6,,2,-;x", "6,1,2,-\n;x",
		"6,1234567890123456789,2,-;x", "99999999,1,2,-;x", "6"};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_null(kernel(rows[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syslog_put_of_rfc3164),
		cmocka_unit_test(test_syslog_put_of_rfc5424),
		cmocka_unit_test(test_syslog_put_without_a_priority_shows_all),
		cmocka_unit_test(test_syslog_put_tells_who_has_sent_it),
		cmocka_unit_test(test_syslog_put_is_one_line),
		cmocka_unit_test(test_syslog_put_priority_names_all),
		cmocka_unit_test(test_syslog_parse_limits_words),
		cmocka_unit_test(test_kmsg_put_shows_records),
		cmocka_unit_test(test_kmsg_parse_takes_numbers),
		cmocka_unit_test(test_kmsg_parse_refuses_what_is_no_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
