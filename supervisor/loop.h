/*
 * Readiness of descriptors to calls. Nothing blocks, nothing polls: without
 * events and deadlines the loop sleeps for ever.
 */
#ifndef SUPERVISOR_LOOP_H
#define SUPERVISOR_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;

/* What a descriptor is; the bits of PIPE and PIDFD below say which. */
#define LOOP_KIND_FIRST 0x01000000u
#define LOOP_SIGNAL	0x01000000u
#define LOOP_CONTROL	0x02000000u
#define LOOP_EXEC	0x03000000u
#define LOOP_INIT	0x04000000u
#define LOOP_PIPE	0x05000000u
#define LOOP_PIDFD	0x06000000u
#define LOOP_LOGGER	0x07000000u
#define LOOP_READY	0x08000000u
#define LOOP_NOTIFY	0x09000000u
#define LOOP_PATH	0x0a000000u
#define LOOP_SCHEDULE	0x10000000u
#define LOOP_CGROUP	0x12000000u
#define LOOP_KIND	0xff000000u

int loop_open(struct supervisor *sv);
/* 0, or -1 with errno. */
int loop_add(struct supervisor *sv, int fd, uint32_t what);
/* The same, told once a change. */
int loop_add_edge(struct supervisor *sv, int fd, uint32_t what);
/* Told of what is out of order, such as a change of a file of the kernel. */
int loop_add_urgent(struct supervisor *sv, int fd, uint32_t what);
/* Told when it can be written to. */
int loop_add_output(struct supervisor *sv, int fd, uint32_t what);
/* From now on told of input as well, or of hang-ups alone. */
int loop_change(struct supervisor *sv, int fd, uint32_t what, bool is_input);
/*
 * Before its close, which alone ends the events only if no child that has yet
 * to exec has the descriptor as well.
 */
void loop_remove(struct supervisor *sv, int fd);
/* One turn: waits, takes all events, settles, records, wakes. */
void loop_turn(struct supervisor *sv);

#endif
