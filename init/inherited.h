/*
 * Descriptors that init was started with and that are for its child alone: if
 * init kept them, the other end of a pipe would never see the end of it.
 */
#ifndef INIT_INHERITED_H
#define INIT_INHERITED_H

/* Closes all from 3 on but keep; -1: all. */
void inherited_close(int keep);

#endif
