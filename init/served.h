/*
 * The program of the supervisor that has served last, kept as a descriptor: it
 * is started when what lies at the path, or what a supervisor has executed in
 * its own place, does not come to serve.
 */
#ifndef INIT_SERVED_H
#define INIT_SERVED_H

struct kept;

/* The present supervisor serves: its program is the one to keep. */
void served_well(struct kept *kept);
/* It executes another program, which has to serve within so many ms. */
void served_await(struct kept *kept, int ms);
/* Kills it if that time is over. It must not have been reaped. */
void served_check(struct kept *kept);
/* It has died: decides what is started next. */
void served_end(struct kept *kept);

#endif
