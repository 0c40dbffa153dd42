/*
 * FIFOs that services write to, below `pipe` in the run-time root: NAME for
 * standard output and NAME,err for standard error, owned by the service's
 * user. They are made at its first start and kept until its definition is
 * gone. We keep one descriptor of each, so that what is in it outlives both
 * the service and svlog. A child gets none of these descriptors.
 */
#ifndef SUPERVISOR_OUTPUTS_H
#define SUPERVISOR_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

struct spec;
struct supervisor;

/* Descriptors from here on are only ours; a child begins with closing them. */
#define OUTPUTS_FD 64
/* CLOSE_RANGE_UNSHARE of linux/close_range.h. */
#define CLOSE_UNSHARE 2

/* The directory and the limit of descriptors. 0, or -1: there are none. */
int outputs_open(struct supervisor *sv);
/* Our limit of descriptors: raised as far as it goes, or as it was given. */
void outputs_limit(struct supervisor *sv, bool is_raised);
/* Takes over what an earlier supervisor left; removes what nobody owns. */
void outputs_recover(struct supervisor *sv);

/* Before a start: no system call unless something is missing. On failure the
 * spec has no FIFOs any more. */
void outputs_prepare(struct supervisor *sv, uint32_t id, struct spec *spec);
/* In a child with memory of its own, which alone knows the user. */
void outputs_give(const struct supervisor *sv, const struct spec *spec);
/* Its definition is gone and it has ended. */
void outputs_forget(struct supervisor *sv, uint32_t id);
/* All of them, at the end. */
void outputs_remove(struct supervisor *sv);

#endif
