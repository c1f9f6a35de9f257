/* SPDX-License-Identifier: MIT */
/**
 * @file console.h
 * Everything fmorph says on stderr, and the session log beside it. One line per message:
 *
 *     fmorph: male1.fbx: no polygons; export the mesh again
 *
 * The console shows errors, warnings and information by default; the session log takes every level
 * as `YYYY-MM-DD HH:MM:SS - fmorph - LEVEL - message`, in memory until a run is complete.
 *
 * Threads: fmi_console_log and fmi_console_sink's callback may be called from any thread.
 */
#ifndef FMI_CLI_CONSOLE_H
#define FMI_CLI_CONSOLE_H

#include "args.h"

#include <fm/log.h>

#include <pthread.h>
#include <stdio.h>

/** Make with fmi_console_open, close with fmi_console_close. */
typedef struct fmi_console {
    pthread_mutex_t lock;
    fm_log_level level; /**< shown on stderr */
    bool color;
    bool terminal; /**< stderr is one */
    bool bar;      /**< a progress bar stands on the last line */
    FILE *session; /**< the session log, in memory; NULL = none wanted */
    char *early;   /**< its text */
    size_t early_bytes;
    bool device_lost; /**< a failure with that status was shown */
} fmi_console;

/** Opens with the defaults; keep_session: collect a session log. */
void fmi_console_open(fmi_console *console, bool keep_session);
/** -v, -q, --log-level, --no-color and NO_COLOR. */
fm_status fmi_console_configure(fmi_console *console, const fmi_args *args, fm_error *err);
void fmi_console_close(fmi_console *console);

void fmi_console_log(fmi_console *console, fm_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** The error's sentence, its context at debug level, and the process's exit code for it. */
int fmi_console_fail(fmi_console *console, const fm_error *err);
/** For the library: hands every level on. */
fm_log fmi_console_sink(fmi_console *console);

/** A line that the terminal has shown before, for another session log; again only with -v. */
void fmi_console_repeat(fmi_console *console, fm_log_level level, const char *line);
/** A line of the session log that the terminal shows only with -v. */
void fmi_console_note(fmi_console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Begins a session log anew, for the next pair of a batch. */
void fmi_console_session_begin(fmi_console *console);
/** Writes what the session log has so far to path. */
fm_status fmi_console_session_save(fmi_console *console, const char *path, fm_error *err);

/** Replaces the progress bar's line; "" takes it away. Nothing when stderr is no terminal. */
void fmi_console_bar(fmi_console *console, const char *text);

#endif
