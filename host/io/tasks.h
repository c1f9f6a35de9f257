/* SPDX-License-Identifier: MIT */
/**
 * @file tasks.h
 * Numbered tasks on spare cores while the caller does other work: every worker takes the next
 * number, so a task needs memory only while it runs. What a task makes must not depend on the
 * worker.
 *
 *     fmi_tasks_start(&tasks, &(fmi_tasks_params){.run = one, .user = job, .count = 41}, &err);
 *     ...                                        // other work
 *     status = fmi_tasks_finish(tasks, &report, &err);   // the caller works along, then waits
 *     fmi_tasks_destroy(&tasks);
 *
 * Threads: start, finish and destroy by one thread; the workers are the object's own, with all
 * signals blocked.
 */
#ifndef FMI_TASKS_H
#define FMI_TASKS_H

#include <fm/status.h>

#include <stdint.h>

typedef struct fmi_tasks fmi_tasks;

/** Does task index; worker, at most params.workers, names scratch memory that no other task
 *  uses at the same time. */
typedef fm_status (*fmi_task_fn)(void *user, uint32_t index, uint32_t worker, fm_error *err);

typedef struct fmi_tasks_params {
    fmi_task_fn run;
    void *user; /**< borrowed until destroy */
    uint32_t count;
    uint32_t workers; /**< threads, 0 to 255; the last worker number is the caller's in finish */
} fmi_tasks_params;

/** When the tasks ran, in seconds since process start. */
typedef struct fmi_tasks_report {
    double begin, end;   /**< first start and last end */
    double busy_seconds; /**< sum over the threads */
} fmi_tasks_report;

/** Threads beside the caller's when threads are wanted in all; 0 = the cores this process may use.
 */
uint32_t fmi_tasks_spare(uint32_t threads);

/** Begins at once. A thread that cannot be started is no failure while the caller remains. */
fm_status fmi_tasks_start(fmi_tasks **tasks, const fmi_tasks_params *params, fm_error *err);
/** Works along until no number is left, waits for the rest. After a failure no new task begins;
 *  the failure with the lowest number is returned. report may be NULL. */
fm_status fmi_tasks_finish(fmi_tasks *tasks, fmi_tasks_report *report, fm_error *err);
/** Lets running tasks end, drops the others, joins, frees. Accepts NULL. */
void fmi_tasks_destroy(fmi_tasks **tasks);

#endif
