/*
 * What must be true of the services after an operation: how often each has
 * been started in all, and what it is doing. A service whose count is what it
 * was runs as the process that it was.
 */
#ifndef TORTURE_EXPECT_H
#define TORTURE_EXPECT_H

#include <stdbool.h>

#define EXPECT_GONE  255 /* there is no such service (else enum svc_state) */
#define EXPECT_ENDED 253 /* done, or failed as nobody saw its status */
#define EXPECT_ANY   254 /* whatever it does, and however often it starts */

/* What was found wrong, in all. */
struct expect_faults {
	unsigned lost;	    /* should run, or should not, and that is not so */
	unsigned doubled;   /* two of it at once */
	unsigned restarted; /* more starts than were asked for */
	unsigned other;
};

extern struct expect_faults expect_faults;

/* A service that is to be watched, with so many starts, in that state. */
void expect_service(const char *name, unsigned starts, unsigned state);
void expect_reset(void);
/* It will be started so often from now on, and be in that state then. */
void
expect_starts(const char *name, unsigned least, unsigned most, unsigned state);

/* One of these starts need not be. */
void expect_one_less(const char *name);

/* All is as expected. */
bool expect_is_true(void);
bool expect_is_true_of(const char *name);
/* Whatever is under way has come to an end, as expected or not. */
bool expect_is_settled(void);
/* Waits for it; counts what is wrong, says it as TAP comments after `what`,
 * and from then on expects what is found. */
bool expect_check(const char *what);

#endif
