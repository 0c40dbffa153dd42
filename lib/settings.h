/*
 * tend.conf: the settings of the supervisor and the defaults for services.
 * Only load.c uses this.
 */
#ifndef LIB_SETTINGS_H
#define LIB_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

struct load;
struct load_settings;

/*
 * Reads tend.conf of each config root into load->settings and load->defaults,
 * the lowest root first. root is put before the paths of service-path. False:
 * message says what is wrong.
 */
bool settings_read(
	struct load *load, const char *root, char *message, size_t message_cap);

/* Whether a source of log-sources has the log of that name. */
bool settings_is_source(const struct load_settings *settings, const char *name);

#endif
