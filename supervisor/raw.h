/*
 * System calls that return -errno and touch no memory of ours but what they
 * are told to: for a child that shares it. (syscall() writes errno, which is
 * the supervisor's; the set*id wrappers of a C library synchronise threads.)
 */
#ifndef SUPERVISOR_RAW_H
#define SUPERVISOR_RAW_H

#include <sys/syscall.h>

/* 32-bit machines have old calls with 16-bit ids beside these. */
#ifdef SYS_setgroups32
#define RAW_setgroups SYS_setgroups32
#define RAW_setresgid SYS_setresgid32
#define RAW_setresuid SYS_setresuid32
#define RAW_geteuid   SYS_geteuid32
#define RAW_getegid   SYS_getegid32
#define RAW_fchown    SYS_fchown32
#else
#define RAW_setgroups SYS_setgroups
#define RAW_setresgid SYS_setresgid
#define RAW_setresuid SYS_setresuid
#define RAW_geteuid   SYS_geteuid
#define RAW_getegid   SYS_getegid
#define RAW_fchown    SYS_fchown
#endif

/* Whether raw4() leaves errno alone here; else children get own memory. */
#if defined(__x86_64__) || defined(__aarch64__) || defined(__i386__)
#define RAW_IS_CLEAN 1
#else
#define RAW_IS_CLEAN 0
#endif

/* A system call with four arguments; those that take fewer ignore the rest. */
long raw4(long number, long a, long b, long c, long d);

#define raw3(number, a, b, c) raw4(number, (long)(a), (long)(b), (long)(c), 0)
#define raw2(number, a, b)    raw4(number, (long)(a), (long)(b), 0, 0)
#define raw1(number, a)	      raw4(number, (long)(a), 0, 0, 0)
#define raw0(number)	      raw4(number, 0, 0, 0, 0)

#endif
