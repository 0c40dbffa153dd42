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

#include "lib/paths.h"

static char path[PATHS_CAP];
static char directory[64];

static int
setup(void **unused)
{
	(void)unused;
	unsetenv("TEND_RUNTIME");
	unsetenv("TEND_CONFIG");
	unsetenv("TEND_LOG");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_STATE_HOME");
	setenv("HOME", "/home/x", 1);
	memcpy(directory, "/tmp/test_paths.XXXXXX", 23);
	return mkdtemp(directory) ? 0 : -1;
}

static int
teardown(void **unused)
{
	(void)unused;
	snprintf(path, sizeof(path), "%s/run/control", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/run", directory);
	if (rmdir(path) != 0)
		unlink(path);
	return rmdir(directory);
}

static void
test_runtime_candidate_plain_is_run_shm_tmp(void **unused)
{
	const struct paths_options options = {0};
	char expected[64];

	(void)unused;
	assert_true(paths_runtime_candidate(&options, 0, path));
	assert_string_equal(path, "/run/tend");
	assert_true(paths_runtime_candidate(&options, 1, path));
	snprintf(expected, sizeof(expected), "/dev/shm/tend-%u", geteuid());
	assert_string_equal(path, expected);
	assert_true(paths_runtime_candidate(&options, 2, path));
	snprintf(expected, sizeof(expected), "/tmp/tend-%u", geteuid());
	assert_string_equal(path, expected);
	assert_false(paths_runtime_candidate(&options, 3, path));
}

static void
test_runtime_candidate_user_is_never_the_system(void **unused)
{
	const struct paths_options options = {.is_user = true};

	(void)unused;
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	assert_true(paths_runtime_candidate(&options, 0, path));
	assert_string_equal(path, "/run/user/7/tend");
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	for (unsigned n = 0; paths_runtime_candidate(&options, n, path); n++)
		assert_string_not_equal(path, "/run/tend");
	assert_true(paths_runtime_candidate(&options, 1, path));
	assert_false(paths_runtime_candidate(&options, 2, path));
}

static void
test_runtime_candidate_asked_is_the_only_one(void **unused)
{
	struct paths_options options = {0};

	(void)unused;
	setenv("TEND_RUNTIME", "/x", 1);
	assert_true(paths_runtime_candidate(&options, 0, path));
	assert_string_equal(path, "/x");
	assert_false(paths_runtime_candidate(&options, 1, path));
	options.runtime = "/y";
	assert_true(paths_runtime_candidate(&options, 0, path));
	assert_string_equal(path, "/y");
	assert_false(paths_runtime_candidate(&options, 1, path));
}

static void
test_runtime_candidate_too_long_is_refused(void **unused)
{
	char longest[PATHS_CAP + 8];
	const struct paths_options options = {.runtime = longest};

	(void)unused;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(paths_runtime_candidate(&options, 0, path));
	paths_runtime_find(&options, path);
	assert_string_equal(path, "");
}

static void
test_runtime_open_missing_directory_is_made(void **unused)
{
	char asked[80];
	const struct paths_options options = {.runtime = asked};
	mode_t old = umask(077);
	struct stat st;
	int fd;

	(void)unused;
	snprintf(asked, sizeof(asked), "%s/run", directory);
	fd = paths_runtime_open(&options, path);
	umask(old);
	assert_true(fd >= 0);
	assert_string_equal(path, asked);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	close(fd);
}

static void
test_runtime_open_writable_by_others_is_refused(void **unused)
{
	char asked[80];
	const struct paths_options options = {.runtime = asked};

	(void)unused;
	snprintf(asked, sizeof(asked), "%s/run", directory);
	assert_int_equal(mkdir(asked, 0755), 0);
	assert_int_equal(chmod(asked, 0777), 0);
	assert_int_equal(paths_runtime_open(&options, path), -1);
	assert_int_equal(errno, EPERM);
}

static void
test_runtime_open_symlink_is_refused(void **unused)
{
	char asked[80];
	const struct paths_options options = {.runtime = asked};

	(void)unused;
	snprintf(asked, sizeof(asked), "%s/run", directory);
	assert_int_equal(symlink("/tmp", asked), 0);
	assert_int_equal(paths_runtime_open(&options, path), -1);
}

static void
test_runtime_find_holds_control_is_found(void **unused)
{
	char file[80];
	const struct paths_options options = {.is_user = true};

	(void)unused;
	setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
	paths_runtime_find(&options, path);
	assert_string_equal(path, "/nonexistent/tend");
	snprintf(file, sizeof(file), "%s/run", directory);
	assert_int_equal(mkdir(file, 0755), 0);
	snprintf(file, sizeof(file), "%s/run/control", directory);
	assert_int_equal(mkfifo(file, 0600), 0);
	snprintf(file, sizeof(file), "%s/run", directory);
	setenv("TEND_RUNTIME", file, 1);
	paths_runtime_find(&options, path);
	assert_string_equal(path, file);
}

static void
test_config_sources_have_their_order(void **unused)
{
	char roots[PATHS_ROOTS][PATHS_CAP];
	struct paths_options options = {.root = "/img"};

	(void)unused;
	assert_int_equal(paths_config(&options, roots), 3);
	assert_string_equal(roots[0], "/img/etc/tend");
	assert_string_equal(roots[1], "/img/run/tend");
	assert_string_equal(roots[2], "/img/usr/lib/tend");
	options.is_user = true;
	options.root = NULL;
	assert_int_equal(paths_config(&options, roots), 1);
	assert_string_equal(roots[0], "/home/x/.config/tend");
	setenv("XDG_CONFIG_HOME", "/c", 1);
	assert_int_equal(paths_config(&options, roots), 1);
	assert_string_equal(roots[0], "/c/tend");
	setenv("TEND_CONFIG", "/t", 1);
	assert_int_equal(paths_config(&options, roots), 1);
	assert_string_equal(roots[0], "/t");
	options.config = "/o";
	assert_int_equal(paths_config(&options, roots), 1);
	assert_string_equal(roots[0], "/o");
}

static void
test_log_sources_have_their_order(void **unused)
{
	struct paths_options options = {0};

	(void)unused;
	paths_log(&options, path);
	assert_string_equal(path, "/var/log/tend");
	options.is_user = true;
	paths_log(&options, path);
	assert_string_equal(path, "/home/x/.local/state/tend");
	setenv("XDG_STATE_HOME", "/s", 1);
	paths_log(&options, path);
	assert_string_equal(path, "/s/tend");
	setenv("TEND_LOG", "/l", 1);
	paths_log(&options, path);
	assert_string_equal(path, "/l");
}

static void
test_state_is_kept_data_or_what_the_environment_says(void **unused)
{
	struct paths_options options = {0};

	(void)unused;
	paths_state(&options, path);
	assert_string_equal(path, "/var/lib/tend");
	options.is_user = true;
	paths_state(&options, path);
	assert_string_equal(path, "/home/x/.local/share/tend");
	setenv("XDG_DATA_HOME", "/d", 1);
	paths_state(&options, path);
	assert_string_equal(path, "/d/tend");
	setenv("TEND_STATE", "/s", 1);
	paths_state(&options, path);
	assert_string_equal(path, "/s");
	unsetenv("XDG_DATA_HOME");
	unsetenv("TEND_STATE");
}

static void
test_are_relative_any_of_them_counts(void **unused)
{
	struct paths_options options = {.config = "/c", .runtime = ""};

	(void)unused;
	assert_false(paths_are_relative(&options));
	setenv("TEND_LOG", "/l", 1);
	assert_false(paths_are_relative(&options));
	setenv("TEND_LOG", "l", 1);
	assert_true(paths_are_relative(&options));
	unsetenv("TEND_LOG");
	options.runtime = "./r";
	assert_true(paths_are_relative(&options));
	options.runtime = NULL;
	assert_false(paths_are_relative(&options));
	options.config = "c";
	assert_true(paths_are_relative(&options));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_runtime_candidate_plain_is_run_shm_tmp),
		TEST(test_runtime_candidate_user_is_never_the_system),
		TEST(test_runtime_candidate_asked_is_the_only_one),
		TEST(test_runtime_candidate_too_long_is_refused),
		TEST(test_runtime_open_missing_directory_is_made),
		TEST(test_runtime_open_writable_by_others_is_refused),
		TEST(test_runtime_open_symlink_is_refused),
		TEST(test_runtime_find_holds_control_is_found),
		TEST(test_config_sources_have_their_order),
		TEST(test_log_sources_have_their_order),
		TEST(test_state_is_kept_data_or_what_the_environment_says),
		TEST(test_are_relative_any_of_them_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
