/*
 * What differs between a machine and a container before anything is started.
 */
#ifndef INIT_MACHINE_H
#define INIT_MACHINE_H

#include <stdbool.h>

/*
 * PID 1 of the kernel itself, which may set what Ctrl-Alt-Del does: from here
 * on it sends SIGINT. False in a container. Call it only as PID 1.
 */
bool machine_detect(void);

/* Mounts /proc /sys /dev /run where nothing is mounted yet. */
void machine_mount(void);

/*
 * Opens what is closed of descriptors 0, 1 and 2: the console on a machine,
 * else /dev/null, else something that can neither be read nor written.
 */
void machine_open_fds(bool on_machine);

#endif
