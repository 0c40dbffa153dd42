/*
 * Tells when a file appears in a directory, by inotify: one descriptor, open
 * only while somebody waits.
 */
#ifndef SUPERVISOR_PATHWATCH_H
#define SUPERVISOR_PATHWATCH_H

struct supervisor;

/* Watches the directory of path; -1: it cannot be, look again instead. */
int pathwatch_add(struct supervisor *sv, const char *path);
/* Nobody waits for this one any more. */
void pathwatch_remove(struct supervisor *sv, int watch);
/* Reads what happened; ready_path_event() is called for each. */
void pathwatch_read(struct supervisor *sv);

#endif
