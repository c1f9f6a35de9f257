/* SPDX-License-Identifier: MIT */
/**
 * @file child.h
 * A helper process started by exec: two pipes, one shared mapping, deadlines. What happens to the
 * child (abort, kill, hang) never happens to us.
 *
 *     fmi_child child = {0};
 *     fmi_child_start(&child, &params, &err);
 *     fmi_child_write(&child, &command, sizeof command, &err);
 *     fmi_child_read(&child, &answer, sizeof answer, 30.0, NULL, &err);
 *     fmi_child_end(&child, 1.0);
 *
 * The child reads commands on its standard input and answers on descriptor FMI_CHILD_ANSWERS, so
 * that what libraries print on its standard output (sent to ours of errors) breaks nothing. When
 * the parent dies the pipes close and the child ends.
 */
#ifndef FMI_CHILD_H
#define FMI_CHILD_H

#include <fm/status.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FMI_CHILD_ANSWERS 3 /**< the child writes here */
#define FMI_CHILD_SHARED 4  /**< the shared mapping, where there is one */

/** Zeroed = none. */
typedef struct fmi_child {
    pid_t pid;
    int to, from;
    int wait_status; /**< of waitpid, once ended is true */
    bool ended;
} fmi_child;

/** All borrowed for the call. */
typedef struct fmi_child_params {
    const char *program;          /**< path */
    const char *const *arguments; /**< without the program's name; ends with NULL; may be NULL */
    const char *const *settings;  /**< NAME=value put into its environment; ends with NULL; may be
                                       NULL */
    int shared;                   /**< descriptor it gets as FMI_CHILD_SHARED; 0 = none */
    bool silent;                  /**< its standard error goes nowhere */
} fmi_child_params;

/** @retval FM_ERROR_IO the program is not there or could not be started */
fm_status fmi_child_start(fmi_child *child, const fmi_child_params *params, fm_error *err);
/** @retval FM_ERROR_IO the child is gone */
fm_status fmi_child_write(fmi_child *child, const void *from, size_t bytes, fm_error *err);
/**
 * Waits for exactly that many bytes.
 * @param cancel non-zero stops the waiting; may be NULL
 * @retval FM_ERROR_IO        the child closed its end: it ended or died
 * @retval FM_ERROR_LIMIT     timeout_s passed
 * @retval FM_ERROR_CANCELLED
 */
fm_status fmi_child_read(fmi_child *child, void *to, size_t bytes, double timeout_s,
                         const volatile sig_atomic_t *cancel, fm_error *err);
/**
 * Closes the pipes, waits grace_s for its end, then kills; zeroes all but ended and wait_status.
 * Accepts none.
 */
void fmi_child_end(fmi_child *child, double grace_s);
/** "exit code 3", "signal 6 (Aborted)", of an ended child. Returns out. */
char *fmi_child_end_text(const fmi_child *child, char *out, size_t out_bytes);

/** Path of a program beside this one (the folder of /proc/self/exe); name NULL: this one. */
fm_status fmi_child_path(char *out, size_t out_bytes, const char *name, fm_error *err);

/** An anonymous shared file of that size, mapped; its descriptor is closed by exec. */
fm_status fmi_shared_create(void **mapping, int *descriptor, size_t bytes, fm_error *err);
void fmi_shared_destroy(void *mapping, int descriptor, size_t bytes);

/** For the child's side: ends the process with its parent, whatever it is doing then. */
void fmi_child_follow_parent(void);

#endif
