/*
 * The names under which old scripts end a system: poweroff, reboot, halt and
 * shutdown. Whatever is not understood never acts.
 */
#ifndef SVCTL_SHUTDOWN_H
#define SVCTL_SHUTDOWN_H

struct out;

/*
 * The word of the verb that the program's name and arguments ask for, NULL if
 * the name is not one of these, "" after a complaint, "help" and "version"
 * for these options. Complaints bear that name from then on. argv[0] is the
 * name, without directories.
 */
const char *shutdown_verb(int argc, char **argv);

/* What --help prints for such a name. */
void shutdown_help(struct out *out, const char *name);

#endif
