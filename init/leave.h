/*
 * The way out. No other object of init may call _exit or return from main, so
 * what can end PID 1 is found by looking at the callers of this.
 */
#ifndef INIT_LEAVE_H
#define INIT_LEAVE_H

_Noreturn void leave(int status);

#endif
