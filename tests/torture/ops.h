/*
 * The operations at each of whose system calls the supervisor is killed, and
 * the services with which that is done.
 */
#ifndef TORTURE_OPS_H
#define TORTURE_OPS_H

#include <stdbool.h>

/* One service, and what becomes of it in an operation. */
struct op_effect {
	const char *name; /* NULL: none */
	unsigned starts;
	unsigned state; /* enum svc_state or EXPECT_GONE */
};

struct op {
	const char *name;
	const char *request; /* what is asked for, or NULL */
	bool is_bare;	     /* by `echo`: done at most once */
	bool may_fail;	     /* killed, it is answered as failed, or done */
	const char *victim;  /* whose process is killed, or NULL */
	const char *reset;   /* asked for before each time, or NULL */
	struct op_effect reset_effect;
	bool is_edit;	  /* the definitions are changed before */
	bool is_recovery; /* it is the next supervisor that is killed */
	struct op_effect effects[3]; /* of the first two kinds; edits: below */
};

extern const struct op ops[];
extern const unsigned op_count;

/* Writes the definitions, and expects them to be started once. */
void ops_define(bool has_oneshot);
/* Changes one, adds one, removes one; again for the next round. */
void ops_edit(unsigned round);
/* What is to come of op in this round. */
void ops_expect(const struct op *op, unsigned round);

#endif
