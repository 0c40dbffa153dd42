/*
 * Signals by name and number, as every shell spells them. Pure.
 */
#ifndef LIB_SIGNAME_H
#define LIB_SIGNAME_H

/* "TERM", "SIGTERM", "term", "15", "RTMIN+3"; 0 if none. */
int signame_parse(const char *text);
/* "TERM"; "RTMIN+3" and unknown numbers are written into buf. */
const char *signame_get(int signal, char buf[16]);

#endif
