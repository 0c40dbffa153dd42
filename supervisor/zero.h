/*
 * Services without files: what the command line and the environment say, and
 * the command of a container, which is a service as well.
 */
#ifndef SUPERVISOR_ZERO_H
#define SUPERVISOR_ZERO_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;
struct load;

/* The file in the run-time root where svctl finds what is given. */
#define ZERO_FILE "given"

/* What the command line and the environment give is heeded by sv->load. */
void zero_note(struct supervisor *sv);
/* Before anything is loaded: the same, and svctl is told. */
void zero_open(struct supervisor *sv);
/* What is loaded by load heeds it. */
void zero_add(const struct supervisor *sv, struct load *load);
/* Starts them first, also where not all that is there starts by itself. */
void zero_start(struct supervisor *sv);

/* The service that is the command behind --, PLAN_NONE if there is none. */
uint32_t zero_main(const struct supervisor *sv);
/*
 * HUP came. If it was for the terminal, which has been hung up, the command is
 * told, since the kernel has told only init, who leads the session. False: it
 * was for us.
 */
bool zero_hang_up(struct supervisor *sv);
/* A container whose command cannot even be tried has come to its end. */
void zero_look(struct supervisor *sv);

#endif
