/* Finished files in log directories: counting and removing them. */
#ifndef SUPERVISOR_SVLOG_SURVEY_H
#define SUPERVISOR_SVLOG_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

struct file_base;
struct rotate_survey;

/* What is in a directory; the position of its descriptor is used up. */
void survey_dir(int dir_fd, struct rotate_survey *survey);

/* Removes the oldest of a directory until no more than keep are left. */
void survey_keep(int dir_fd, uint32_t keep);
/*
 * Removes the oldest of all directories of the base until its max_total is
 * kept; returns how many bytes are left.
 */
uint64_t survey_bound(const struct file_base *base);
/* Removes one: the oldest of a directory, or with NULL of all. Was there? */
bool survey_remove(const struct file_base *base, const char *name);

/* Takes up again, or away, what a processor had not finished. */
void survey_unfinished(int dir_fd);

#endif
