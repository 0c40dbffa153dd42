/*
 * The file DIR/config of svlogd, line by line. Pure.
 */
#ifndef SUPERVISOR_SVLOG_SVLOGD_CONFIG_H
#define SUPERVISOR_SVLOG_SVLOGD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

struct entry;

struct svlogd_config {
	struct entry *entry;   /* s, n and t go there */
	const char *processor; /* of !, within the text; NULL: none */
};

/* Takes text apart in place. Returns how many lines mean nothing here. */
unsigned svlogd_config(struct svlogd_config *config, char *text);

/* Digits alone. */
bool svlogd_number(const char *text, uint32_t *n);

#endif
