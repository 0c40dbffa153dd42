/*
 * From the command line to a supervisor that serves.
 */
#ifndef SUPERVISOR_STARTUP_H
#define SUPERVISOR_STARTUP_H

struct supervisor;

/* With fewer descriptors it cannot read definitions or make its files. */
#define STARTUP_NOFILE_LEAST 20

/* Places and files: run-time root, lock, logs. 0, or -1: logged. */
int startup_places(struct supervisor *sv);
/* Definitions, and what an earlier supervisor left running. 0, or -1. */
int startup_services(struct supervisor *sv);
/* Requests are read from now on; what is to run is started. */
int startup_serve(struct supervisor *sv);
/* After a clean end: nothing is left to recover from. */
void startup_undo(struct supervisor *sv);

#endif
