/*
 * A thread for fdatasync alone, which takes long on a good disk, too: names
 * that are waited for would stand behind it. One file at a time; those that
 * come meanwhile are left to the kernel.
 */
#ifndef SUPERVISOR_SVLOG_SYNC_H
#define SUPERVISOR_SVLOG_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#define SYNC_STACK (64u << 10)

/* Without it files are synced by who asks for it. */
void sync_start(void);
/* Takes fd over and closes it then; false: not now. */
bool sync_file(int fd);
/* Until the one that was taken is synced. */
void sync_wait(uint32_t ms);

#endif
