/*
 * The file `loaded` of the run-time root: the text of all definitions in
 * force, and what crashes make of it. While a change is under way the one
 * before lies beside it as `loaded.old`.
 */
#ifndef SUPERVISOR_INFORCE_H
#define SUPERVISOR_INFORCE_H

#include <stdbool.h>
#include <stddef.h>

#define INFORCE_NAME "loaded"

struct load_text;
struct supervisor;

/* The text in force, malloc'd; NULL with errno. */
char *inforce_text(const struct supervisor *sv, size_t *len);
/*
 * Writes another one, by rename; dir_fd -1: without a name. keeps_old: the one
 * before keeps the name `loaded.old`. A descriptor, or -1 with errno.
 */
int inforce_write(int dir_fd, const char *text, size_t len, bool keeps_old);
/* What follows from the change is in the journal. */
void inforce_forget_old(const struct supervisor *sv);
/* Nothing of the change is in force. */
void inforce_take_old_back(const struct supervisor *sv);
/*
 * What a dead supervisor had in force; bytes NULL: nothing that can be
 * trusted. If it died over a change that is the text before it, and the other
 * one goes to sv->apply.
 */
void inforce_read(struct supervisor *sv, struct load_text *text);

/* autostart counts: by tend.conf, or because there is no `default`. */
bool inforce_starts_all(const struct supervisor *sv);

#endif
