/*
 * What the parts of doctor.h share.
 */
#ifndef SUPERVISOR_DOCTOR_PRIVATE_H
#define SUPERVISOR_DOCTOR_PRIVATE_H

struct paths_options;
struct supervisor;

enum finding {
	FOUND_OK,
	FOUND_NOTE,
	FOUND_BAD
};

/* "note WHAT: TEXT". Control bytes of others become '?'. */
void doctor_say(enum finding finding, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
#define doctor_say(...) __extension__ doctor_say(__VA_ARGS__)

/* Who we are and what we were started with. */
void doctor_look_at_process(void);
/* Descriptors, signals, limits, environment. */
void doctor_look_at_inherited(const struct paths_options *options);
/* What is mounted, and what we may write. */
void doctor_look_at_places(const struct paths_options *options);
/* Services. */
void doctor_look_at_services(struct supervisor *sv);

#endif
