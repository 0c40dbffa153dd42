/*
 * An image with config roots below a temporary directory, for tests of
 * lib/load.
 */
#ifndef TESTS_UNIT_IMAGE_H
#define TESTS_UNIT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/load.h"

struct loaded_section;

#define ETC "etc/tend/services/"
#define RUN "run/tend/services/"
#define LIB "usr/lib/tend/services/"
#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, image_setup, image_teardown)

extern char image_root[64];
extern char image_message[4096];
extern char image_warnings[16384];
extern struct load image_load;
extern struct load_text image_all;

void image_path(char out[512], const char *path);
/* Makes the directories that path needs, below the image. */
void image_dirs(const char *path);
void image_put_bytes(const char *path, const char *text, size_t len);
void image_put(const char *path, const char *text);
void image_link(const char *path, const char *target);
void image_mode(const char *path, mode_t mode);
void image_keep_warning(const char *text);
/*
 * Opens and loads the image; returns how many services. Each section must be
 * what load_service gives for its name.
 */
int image_reload(void);
bool image_find(const char *name, struct loaded_section *section);
/* The fragments of a service as text with the image's path cut out. */
const char *image_section_of(const char *name);
unsigned image_enabled_of(const char *name);
/* The files of a service's fragments, each with its kind before it. */
const char *image_files_of(const char *name);
void assert_starts(const char *text, const char *start);
void assert_has(const char *text, const char *part);
int image_setup(void **state);
int image_teardown(void **state);

#endif
