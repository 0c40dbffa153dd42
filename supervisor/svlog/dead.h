/*
 * What is written of a service that died: what the supervisor told, whether it
 * was the OOM killer, and its last lines. Done by the worker.
 */
#ifndef SUPERVISOR_SVLOG_DEAD_H
#define SUPERVISOR_SVLOG_DEAD_H

struct worker_job;

/* A job of WORKER_DEAD. Nothing of it is closed. */
void dead_record(struct worker_job *job);

#endif
