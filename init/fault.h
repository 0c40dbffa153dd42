/*
 * Faults of PID 1: the kernel would take the container or machine down. Instead
 * init executes its program again, in place: same pid, same children, and
 * struct kept handed over as the first argument.
 */
#ifndef INIT_FAULT_H
#define INIT_FAULT_H

#include <stdbool.h>

struct kept;

/*
 * From here on faults lead to a next image. Only for PID 1; again after the
 * dispositions were reset. argv is main's own: there must be a word in front
 * of it that may be overwritten, which on Linux is argc.
 */
void fault_setup(struct kept *kept, char **argv);

/*
 * Whether argv[1] is what a former image hands over. Then that word is taken
 * out: *argv is moved. Into *kept goes what it says, if this is PID 1 and it
 * can be true; else kept->mode stays KEPT_NONE.
 */
bool fault_take_over(struct kept *kept, char ***argv);

/*
 * Executes the program behind the descriptor as the next image, without a fault
 * to be counted. Returns if it cannot be, with errno, and all is as before.
 */
void fault_exec(int program_fd);

/*
 * Counts the fault that has led to this image, and says so. Returns whether
 * there were too many lately; these are then forgotten.
 */
bool fault_is_last_straw(struct kept *kept);

#endif
