/* SPDX-License-Identifier: MIT */
/**
 * @file torture.h
 * fmtorture: a library put in front of the C library that makes allocations and system calls of our
 * own code fail. Whose a call is says its return address: only those from the program itself and
 * from libraries whose file name has "fm_" or "libfm" in it count, and only in programs called
 * fm..: a driver, and a compiler that it starts, never meet a fault.
 *
 *     LD_PRELOAD=/absolute/path/libfmtorture.so FMTORTURE_REPORT=r.txt fmorph morph a.fbx b.fbx
 *     LD_PRELOAD=... FMTORTURE_REPORT=r.txt FMTORTURE_FAIL=alloc:17 fmorph morph a.fbx b.fbx
 *
 *     FMTORTURE_REPORT=FILE  a line for each process, appended at its first fault and again when it
 * ends: "first|child pid=N alloc=N system=N failed=N call=NAME nth=N"
 *     FMTORTURE_FAIL=KIND:N[:sticky]  the N-th call of the kind (counted from 1) fails, sticky:
 * every later one, too. KIND: alloc or system FMTORTURE_IN=first|child  which processes have
 * faults: the one that was started (default), also after it replaced itself, or those that it
 * starts
 *
 * What a call answers when it fails is in calls.c. Text that is printed to a FILE fails when the
 * FILE is flushed or closed, not before. Not for programs with a sanitizer, which has to be in
 * front itself.
 */
#ifndef FM_TORTURE_H
#define FM_TORTURE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum fmt_kind { FMT_ALLOC, FMT_SYSTEM, FMT_KINDS } fmt_kind;

/** Counts a call made from there; true when it is to fail. Keeps errno. */
bool fmt_fails(fmt_kind kind, const char *call, const void *from);
/** Looks for our libraries again; after one was opened. */
void fmt_find_ours(void);
/** Appends this process's line. */
void fmt_report(void);

#if defined(FMT_COUNTERS)
/** Notes a file of ours and where it was loaded; "": the program itself. Calls nothing, so it may
 *  run while the loader is locked. */
void fmt_note_file(const char *path, uintptr_t base);
/** Looks where libgcov lies in the files noted since the last time. */
void fmt_find_counters(void);
/** Is that an address of libgcov's? */
bool fmt_is_counter(uintptr_t at);
#endif

#endif
