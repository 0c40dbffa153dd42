#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/fmt.h"
#include "lib/userdb.h"
#include "lib/users.h"

static char out[1024];

/* On the heap and exact, so that a byte read past its end is seen. */
static struct users_text
copy(const char *bytes, size_t len)
{
	struct users_text text = {malloc(len == 0 ? 1 : len), len};

	memcpy((void *)(uintptr_t)text.at, bytes, len);
	return text;
}

static void
drop(struct users_text text)
{
	free((void *)(uintptr_t)text.at);
}

static const char *
describe(bool is_found, const struct users_user *user)
{
	struct fmt f;

	fmt_init(&f, out, sizeof(out));
	if (is_found)
		fmt_printf(&f, "%lu:%lu ", (unsigned long)user->uid,
			(unsigned long)user->gid);
	if (is_found) {
		fmt_bytes(&f, user->name.at, user->name.len);
		fmt_char(&f, ' ');
		fmt_bytes(&f, user->home.at, user->home.len);
		fmt_char(&f, ' ');
		fmt_bytes(&f, user->shell.at, user->shell.len);
	}
	return out;
}

static const char *
by_name(const char *bytes, size_t len, const char *name)
{
	struct users_text text = copy(bytes, len);
	struct users_user user;

	describe(users_find(text, name, &user), &user);
	drop(text);
	return out;
}

static const char *
by_uid(const char *bytes, uid_t uid)
{
	struct users_text text = copy(bytes, strlen(bytes));
	struct users_user user;

	describe(users_find_uid(text, uid, &user), &user);
	drop(text);
	return out;
}

#define PASSWD                                                                 \
	"root:x:0:0:root:/root:/bin/sh\n"                                      \
	"web:x:33:34:a,b:/srv/web:/bin/sh:with colons\n"                       \
	"web:x:99:99::/:/second\n"                                             \
	"twin:x:33:35::/home/twin:\n"                                          \
	"last:x:4294967294:1::/:/bin/false"

static void
test_users_find_takes_the_first_line_of_a_name(void **state)
{
	(void)state;
	assert_string_equal(by_name(PASSWD, strlen(PASSWD), "root"),
		"0:0 root /root /bin/sh");
	assert_string_equal(by_name(PASSWD, strlen(PASSWD), "web"),
		"33:34 web /srv/web /bin/sh:with colons");
	assert_string_equal(by_name(PASSWD, strlen(PASSWD), "twin"),
		"33:35 twin /home/twin ");
	assert_string_equal(by_name(PASSWD, strlen(PASSWD), "last"),
		"4294967294:1 last / /bin/false");
}

static void
test_users_find_takes_no_part_of_a_name(void **state)
{
	static const char *const names[] = {"", "roo", "roott", "x", "root:x",
		"a,b", "/root", "root:x:0:0:root:/root:/bin/sh", "\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_equal(
			by_name(PASSWD, strlen(PASSWD), names[i]), "");
	assert_string_equal(by_name("", 0, "root"), "");
	assert_string_equal(by_name("", 0, ""), "");
	assert_string_equal(by_name(":x:0:0::/:", 10, ""), "");
}

static void
test_users_find_uid_takes_the_first_line_of_a_number(void **state)
{
	(void)state;
	assert_string_equal(
		by_uid(PASSWD, 33), "33:34 web /srv/web /bin/sh:with colons");
	assert_string_equal(by_uid(PASSWD, 0), "0:0 root /root /bin/sh");
	assert_string_equal(by_uid(PASSWD, 34), "");
	assert_string_equal(by_uid(PASSWD, (uid_t)-1), "");
}

/* Each of them would be root, or nobody in particular, if it were read. */
static void
test_users_find_passes_over_broken_lines(void **state)
{
	static const char *const lines[] = {"a", "a:x", "a:x:1", "a:x:1:1",
		"a:x:1:1:", "a:x:1:1:gecos", "a:x:1:1:gecos:/", "a:x::1::/:",
		"a:x:1:::/:", "a:x: 1:1::/:", "a:x:1 :1::/:", "a:x:-1:1::/:",
		"a:x:+1:1::/:", "a:x:1x:1::/:", "a:x:4294967295:1::/:",
		"a:x:4294967296:1::/:", "a:x:1:18446744073709551617::/:",
		"a:x:1:4294967295::/:", ":x:0:0::/:", "\n\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[200];
		struct fmt f;

		assert_string_equal(
			by_name(lines[i], strlen(lines[i]), "a"), "");
		fmt_init(&f, text, sizeof(text));
		fmt_printf(&f, "%s\na:x:7:8::/ok:/s\n", lines[i]);
		assert_string_equal(
			by_name(text, strlen(text), "a"), "7:8 a /ok /s");
	}
	assert_string_equal(by_name("a:x:1:1::/\0:\n", 13, "a"), "");
	assert_string_equal(
		by_name("a\0:x:1:1::/:\na:x:2:2::/:", 24, "a"), "2:2 a / ");
}

static void
test_users_find_reads_lines_of_any_length(void **state)
{
	size_t len = 3u << 20;
	char *text = malloc(len + 64);
	struct users_text list;
	gid_t gid = 0;
	gid_t gids[4];
	size_t gids_len = 0;

	(void)state;
	memset(text, 'm', len);
	for (size_t i = 20; i < len; i += 9)
		text[i] = ',';
	memcpy(text, "big:x:17:", 9);
	memcpy(text + len, ",joe\nnext:x:18:joe\n", 19);
	list = copy(text, len + 19);
	assert_true(users_find_group(list, "next", &gid));
	assert_int_equal(gid, 18);
	assert_true(users_add_groups(list, "joe", gids, 4, &gids_len));
	assert_int_equal(gids_len, 2);
	assert_int_equal(gids[0], 17);
	assert_int_equal(gids[1], 18);
	drop(list);
	free(text);
}

#define GROUP                                                                  \
	"root:x:0:\n"                                                          \
	"adm:x:4:syslog,joe\n"                                                 \
	"joes:x:5:joey,jo,xjoe\n"                                              \
	"broken:x:6\n"                                                         \
	"worse:x::joe\n"                                                       \
	"none:x:4294967295:joe\n"                                              \
	"audio:x:29:joe,joe\n"                                                 \
	"again:x:4:,joe\n"                                                     \
	"joe:x:1000:joe\n"                                                     \
	"end:x:30:,,joe,"

static void
test_users_find_group_takes_whole_names_of_good_lines(void **state)
{
	static const struct {
		const char *name;
		long gid; /* -1: none */
	} rows[] = {{"root", 0}, {"adm", 4}, {"end", 30}, {"broken", -1},
		{"worse", -1}, {"none", -1}, {"", -1}, {"roo", -1}, {"x", -1}};
	struct users_text text = copy(GROUP, strlen(GROUP));

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		gid_t gid = 77;
		bool is_found = users_find_group(text, rows[i].name, &gid);

		assert_int_equal(is_found, rows[i].gid >= 0);
		if (is_found)
			assert_int_equal(gid, rows[i].gid);
	}
	drop(text);
}

static void
test_users_add_groups_adds_each_once_in_order(void **state)
{
	static const gid_t expected[] = {1000, 4, 29, 30};
	struct users_text text = copy(GROUP, strlen(GROUP));
	gid_t list[4] = {1000};
	size_t len = 1;

	(void)state;
	assert_true(users_add_groups(text, "joe", list, 4, &len));
	assert_int_equal(len, 4);
	assert_memory_equal(list, expected, sizeof(expected));
	assert_true(users_add_groups(text, "nobody", list, 4, &len));
	assert_true(users_add_groups(text, "", list, 4, &len));
	drop(text);
}

static void
test_users_add_groups_says_when_there_are_too_many(void **state)
{
	struct users_text text = copy(GROUP, strlen(GROUP));
	gid_t list[3] = {1000};
	size_t len = 1;

	(void)state;
	assert_false(users_add_groups(text, "joe", list, 3, &len));
	drop(text);
}

static void
test_userdb_open_reads_regular_files_only(void **state)
{
	char dir[] = "/tmp/test_users.XXXXXX";
	char path[64];
	struct userdb db;
	struct fmt f;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s/db", dir);
	/* Not there is empty, and so is what is below no directory. */
	assert_int_equal(userdb_open(&db, path), 0);
	assert_int_equal(db.text.len, 0);
	userdb_close(&db);
	assert_int_equal(userdb_open(&db, "/dev/null/db"), 0);
	userdb_close(&db);
	assert_int_equal(userdb_open(&db, "/dev/null"), EINVAL);
	userdb_close(&db);
	assert_int_equal(userdb_open(&db, dir), EINVAL);
	userdb_close(&db);
	/* Nobody writes to it: opened in the usual way, that waits. */
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(20);
	assert_int_equal(userdb_open(&db, path), EINVAL);
	alarm(0);
	userdb_close(&db);
	unlink(path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(userdb_open(&db, path), 0);
	assert_int_equal(db.text.len, 0);
	userdb_close(&db);
	fputs(PASSWD, file);
	fclose(file);
	assert_int_equal(userdb_open(&db, path), 0);
	assert_int_equal(db.text.len, strlen(PASSWD));
	assert_memory_equal(db.text.at, PASSWD, db.text.len);
	userdb_close(&db);
	assert_int_equal(truncate(path, (16 << 20) + 1), 0);
	assert_int_equal(userdb_open(&db, path), EFBIG);
	assert_int_equal(db.text.len, 0);
	userdb_close(&db);
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_users_find_takes_the_first_line_of_a_name),
		cmocka_unit_test(test_users_find_takes_no_part_of_a_name),
		cmocka_unit_test(
			test_users_find_uid_takes_the_first_line_of_a_number),
		cmocka_unit_test(test_users_find_passes_over_broken_lines),
		cmocka_unit_test(test_users_find_reads_lines_of_any_length),
		cmocka_unit_test(
			test_users_find_group_takes_whole_names_of_good_lines),
		cmocka_unit_test(test_users_add_groups_adds_each_once_in_order),
		cmocka_unit_test(
			test_users_add_groups_says_when_there_are_too_many),
		cmocka_unit_test(test_userdb_open_reads_regular_files_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
