/*
 * A thread for fdatasync alone, which takes long on a good disk, too: names
 * that are waited for would stand behind it. One file at a time; those that
 * come meanwhile are left to the kernel. The first file starts it. Of the
 * worker.
 */
#ifndef SUPERVISOR_SVLOG_SYNC_H
#define SUPERVISOR_SVLOG_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#define SYNC_STACK (64u << 10)

/* Takes fd over and closes it then; false: not now, or it was done here for
 * want of a thread. */
bool sync_file(int fd);
/* Until the one that was taken is synced. */
void sync_wait(uint32_t ms);

#endif
