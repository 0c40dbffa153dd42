#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/control.h"

static struct control_reader reader;
static char lines[64][CONTROL_LINE_MAX];
static unsigned line_count;

static int
setup(void **unused)
{
	(void)unused;
	memset(&reader, 0, sizeof(reader));
	line_count = 0;
	return 0;
}

/* Feeds bytes in pieces of at most step. */
static void
feed(const char *bytes, size_t len, size_t step)
{
	for (size_t at = 0; at < len;) {
		size_t left = len - at;
		bool has_line;
		size_t n = control_read(&reader, bytes + at,
			left < step ? left : step, &has_line);

		assert_true(n > 0 && n <= left);
		at += n;
		if (has_line && line_count < 64)
			memcpy(lines[line_count++], reader.line,
				sizeof(reader.line));
	}
}

static void
feed_text(const char *text)
{
	feed(text, strlen(text), SIZE_MAX);
}

static void
test_control_read_any_step_gives_the_same_lines(void **unused)
{
	static const char text[] = "start web\nstop db\r\n\n \t\nrestart x";

	(void)unused;
	for (size_t step = 1; step < sizeof(text); step++) {
		setup(NULL);
		feed(text, sizeof(text) - 1, step);
		assert_int_equal(line_count, 2);
		assert_string_equal(lines[0], "start web");
		assert_string_equal(lines[1], "stop db");
		feed_text("\n");
		assert_int_equal(line_count, 3);
		assert_string_equal(lines[2], "restart x");
		assert_int_equal(reader.dropped, 0);
	}
}

static void
test_control_read_longest_line_is_taken(void **unused)
{
	char text[CONTROL_LINE_MAX];

	(void)unused;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	feed(text, sizeof(text), 100);
	assert_int_equal(line_count, 1);
	assert_int_equal(strlen(lines[0]), CONTROL_LINE_MAX - 1);
	assert_int_equal(reader.dropped, 0);
}

static void
test_control_read_too_long_line_is_dropped_whole(void **unused)
{
	static char text[3 * CONTROL_LINE_MAX];

	(void)unused;
	memset(text, 'a', sizeof(text));
	feed(text, sizeof(text), 1000);
	assert_int_equal(line_count, 0);
	assert_int_equal(reader.dropped, 1);
	feed_text("tail\nstart web\n");
	assert_int_equal(line_count, 1);
	assert_string_equal(lines[0], "start web");
	assert_int_equal(reader.dropped, 1);
}

static void
test_control_read_of_one_byte_too_many_is_dropped(void **unused)
{
	char text[CONTROL_LINE_MAX + 1];

	(void)unused;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	feed(text, sizeof(text), SIZE_MAX);
	assert_int_equal(line_count, 0);
	assert_int_equal(reader.dropped, 1);
}

static void
test_control_read_control_bytes_drop_their_line(void **unused)
{
	static const char bad[] = {0, 1, 7, 8, 11, 12, 27, 31, 127};

	(void)unused;
	for (size_t i = 0; i < sizeof(bad); i++) {
		char text[] = "start ?eb\nstop db\n";

		setup(NULL);
		text[6] = bad[i];
		feed(text, sizeof(text) - 1, SIZE_MAX);
		assert_int_equal(line_count, 1);
		assert_string_equal(lines[0], "stop db");
		assert_int_equal(reader.dropped, 1);
	}
}

static void
test_control_read_carriage_return_inside_drops_the_line(void **unused)
{
	(void)unused;
	feed_text("start\rweb\nstop\r\r\nstop db\r\n\r\n");
	assert_int_equal(line_count, 1);
	assert_string_equal(lines[0], "stop db");
	assert_int_equal(reader.dropped, 2);
}

static void
test_control_read_unterminated_line_is_cut_off_by_the_next(void **unused)
{
	char line[CONTROL_LINE_MAX];
	size_t len =
		control_format(line, sizeof(line), 5, CONTROL_STOP, 0, "web");

	(void)unused;
	/* A writer that died in the middle, then svctl. */
	feed_text("restart we");
	feed(line, len, SIZE_MAX);
	assert_int_equal(line_count, 2);
	assert_string_equal(lines[0], "restart we");
	assert_string_equal(lines[1], "@0000000000000005 stop web");
}

static void
test_control_read_interleaved_writers_resync_at_newlines(void **unused)
{
	(void)unused;
	feed_text("start wstop db\neb\nstart x\n");
	assert_int_equal(line_count, 3);
	assert_string_equal(lines[2], "start x");
}

static void
test_control_read_random_bytes_never_give_a_bad_line(void **unused)
{
	unsigned seed = 20;

	(void)unused;
	for (unsigned round = 0; round < 200; round++) {
		char text[2000];

		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1103515245 + 12345;
			text[i] = (char)(seed >> 16);
			if (seed >> 24 < 8)
				text[i] = '\n';
		}
		line_count = 0;
		feed(text, sizeof(text), 1 + seed % 300);
		for (unsigned i = 0; i < line_count; i++) {
			struct control_request request;

			for (const char *c = lines[i]; *c; c++)
				assert_false(
					(unsigned char)*c < 0x20 && *c != '\t');
			(void)control_parse(lines[i], &request);
		}
	}
}

static enum control_error
parse(const char *text, struct control_request *request)
{
	static char line[CONTROL_LINE_MAX];

	assert_true(strlen(text) < sizeof(line));
	memcpy(line, text, strlen(text) + 1);
	return control_parse(line, request);
}

static void
test_control_parse_token_and_names_are_taken(void **unused)
{
	struct control_request r;

	(void)unused;
	assert_int_equal(
		parse(" @00000000deadBEEF\tstart  web db@1 ", &r), CONTROL_OK);
	assert_int_equal(r.token, 0xdeadbeef);
	assert_int_equal(r.verb, CONTROL_START);
	assert_int_equal(r.argc, 2);
	assert_string_equal(r.argv[0], "web");
	assert_string_equal(r.argv[1], "db@1");
	assert_int_equal(parse("restart nginx", &r), CONTROL_OK);
	assert_int_equal(r.token, 0);
}

/* Each byte as a digit of the token. */
static void
test_control_parse_token_takes_hex_digits_only(void **unused)
{
	struct control_request r;

	(void)unused;
	for (int c = 1; c < 256; c++) {
		static const char digits[] = "0123456789abcdef";
		char line[] = "@000000000000000? stop x";
		const char *digit = strchr(
			digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

		line[16] = (char)c;
		if (parse(line, &r) == CONTROL_OK) {
			assert_non_null(digit);
			assert_int_equal(r.token, digit - digits);
		} else {
			assert_null(digit);
		}
	}
}

static void
test_control_parse_signal_is_taken_before_names(void **unused)
{
	struct control_request r;

	(void)unused;
	assert_int_equal(parse("signal HUP web", &r), CONTROL_OK);
	assert_int_equal(r.signal, SIGHUP);
	assert_int_equal(r.argc, 1);
	assert_int_equal(parse("signal FOO web", &r), CONTROL_BAD_SIGNAL);
	assert_string_equal(r.bad_arg, "FOO");
	assert_int_equal(parse("signal HUP", &r), CONTROL_BAD_ARGS);
	assert_int_equal(parse("signal", &r), CONTROL_BAD_ARGS);
}

static void
test_control_parse_bad_lines_say_what_is_bad(void **unused)
{
	struct control_request r;

	(void)unused;
	assert_int_equal(parse("", &r), CONTROL_BAD_VERB);
	assert_null(r.bad_arg);
	assert_int_equal(parse("@12 start web", &r), CONTROL_BAD_TOKEN);
	assert_string_equal(r.bad_arg, "@12");
	assert_int_equal(
		parse("@000000000000000g start x", &r), CONTROL_BAD_TOKEN);
	assert_int_equal(
		parse("@00000000000000000 start x", &r), CONTROL_BAD_TOKEN);
	assert_int_equal(parse("@0000000000000007", &r), CONTROL_BAD_VERB);
	assert_int_equal(r.token, 7);
	assert_int_equal(
		parse("@0000000000000007 fly web", &r), CONTROL_BAD_VERB);
	assert_int_equal(r.token, 7);
	assert_string_equal(r.bad_arg, "fly");
	assert_int_equal(parse("START web", &r), CONTROL_BAD_VERB);
	assert_int_equal(parse("start", &r), CONTROL_BAD_ARGS);
	assert_int_equal(parse("apply web", &r), CONTROL_BAD_ARGS);
	assert_string_equal(r.bad_arg, "web");
	assert_int_equal(parse("poweroff now", &r), CONTROL_BAD_ARGS);
}

static void
test_control_parse_names_that_are_paths_are_refused(void **unused)
{
	static const char *const bad[] = {"..", "a/b", "/etc/passwd", ".hidden",
		"-x", "@x", "a.d", "a%b", "a\xc3\xa4", "a;b", "a.wants"};

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct control_request r;
		char line[64] = "start ok ";

		strcat(line, bad[i]);
		assert_int_equal(parse(line, &r), CONTROL_BAD_NAME);
		assert_string_equal(r.bad_arg, bad[i]);
	}
}

static void
test_control_parse_too_many_names_is_an_error(void **unused)
{
	char line[CONTROL_LINE_MAX] = "stop";
	struct control_request r;

	(void)unused;
	for (unsigned i = 0; i < CONTROL_ARGS_MAX; i++)
		strcat(line, " a");
	assert_int_equal(parse(line, &r), CONTROL_OK);
	assert_int_equal(r.argc, CONTROL_ARGS_MAX);
	strcat(line, " a");
	assert_int_equal(parse(line, &r), CONTROL_BAD_ARGS);
}

static void
test_control_format_every_verb_comes_back(void **unused)
{
	(void)unused;
	for (unsigned v = 1; v < CONTROL_VERBS; v++) {
		enum control_verb verb = (enum control_verb)v;
		bool has_name = verb < CONTROL_APPLY;
		int sig = verb == CONTROL_SIGNAL ? SIGUSR1 : 0;
		char line[CONTROL_LINE_MAX];
		struct control_request r;
		size_t len;

		assert_int_equal(
			control_verb_find(control_verb_name(verb)), verb);
		len = control_format(line, sizeof(line), UINT64_MAX - v, verb,
			sig, has_name ? "web" : NULL);
		assert_true(len > 2);
		assert_int_equal(line[0], '\n');
		assert_int_equal(line[len - 1], '\n');
		setup(NULL);
		feed(line, len, 3);
		assert_int_equal(line_count, 1);
		assert_int_equal(control_parse(lines[0], &r), CONTROL_OK);
		assert_int_equal(r.verb, verb);
		assert_int_equal(r.token, UINT64_MAX - v);
		assert_int_equal(r.signal, sig);
		assert_int_equal(r.argc, has_name);
	}
}

static void
test_control_format_too_small_is_zero(void **unused)
{
	char line[CONTROL_LINE_MAX];
	size_t len =
		control_format(line, sizeof(line), 1, CONTROL_STOP, 0, "web");

	(void)unused;
	for (size_t cap = 0; cap <= len; cap++)
		assert_int_equal(
			control_format(line, cap, 1, CONTROL_STOP, 0, "web"),
			0);
}

static void
test_control_names_unknown_ones_are_harmless(void **unused)
{
	(void)unused;
	assert_string_equal(control_verb_name(CONTROL_NONE), "?");
	assert_string_equal(control_verb_name(CONTROL_VERBS), "?");
	assert_int_equal(control_verb_find(""), CONTROL_NONE);
	for (unsigned e = 0; e <= CONTROL_BAD_NAME; e++)
		assert_true(*control_error_text((enum control_error)e));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_control_read_any_step_gives_the_same_lines),
		TEST(test_control_read_longest_line_is_taken),
		TEST(test_control_read_too_long_line_is_dropped_whole),
		TEST(test_control_read_of_one_byte_too_many_is_dropped),
		TEST(test_control_read_control_bytes_drop_their_line),
		TEST(test_control_read_carriage_return_inside_drops_the_line),
		TEST(test_control_read_unterminated_line_is_cut_off_by_the_next),
		TEST(test_control_read_interleaved_writers_resync_at_newlines),
		TEST(test_control_read_random_bytes_never_give_a_bad_line),
		TEST(test_control_parse_token_and_names_are_taken),
		TEST(test_control_parse_token_takes_hex_digits_only),
		TEST(test_control_parse_signal_is_taken_before_names),
		TEST(test_control_parse_bad_lines_say_what_is_bad),
		TEST(test_control_parse_names_that_are_paths_are_refused),
		TEST(test_control_parse_too_many_names_is_an_error),
		TEST(test_control_format_every_verb_comes_back),
		TEST(test_control_format_too_small_is_zero),
		TEST(test_control_names_unknown_ones_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
