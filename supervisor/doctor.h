/*
 * --doctor: what is found here, and what is done because of it, a line for
 * each, on the standard output:
 *
 *	ok    all as it should be
 *	note  there is another way, which the line says
 *	bad   that does not work
 *
 * It looks only: nothing is made, changed or started.
 */
#ifndef SUPERVISOR_DOCTOR_H
#define SUPERVISOR_DOCTOR_H

struct supervisor;

/*
 * Before anything of what we were started with is changed; options are known.
 * argv0: of main. Returns the exit status: 1 if a line is bad.
 */
int doctor_run(struct supervisor *sv, const char *argv0);

#endif
