/* SPDX-License-Identifier: MIT */
/* Numbered tasks on threads. */
#include "fm_test.h"

#include "error.h"
#include "io/tasks.h"

#include <stdatomic.h>
#include <time.h>

TestSuite(tasks, .timeout = 60);

#define TASKS 200

/* What happened, by task and by worker. */
typedef struct job {
    atomic_int runs[TASKS];
    atomic_int busy[9]; /* of a worker: 1 while it runs a task */
    atomic_int collisions, high_worker;
    uint32_t workers, fail_at, fail_too;
} job;

static void wait_ms(long ms) {
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static fm_status one(void *user, uint32_t index, uint32_t worker, fm_error *err) {
    job *j = user;
    if (worker > j->workers) {
        atomic_fetch_add(&j->high_worker, 1);
        return FM_OK;
    }
    if (atomic_fetch_add(&j->busy[worker], 1) != 0)
        atomic_fetch_add(&j->collisions, 1);
    atomic_fetch_add(&j->runs[index], 1);
    if (index % 16 == 0)
        wait_ms(1);
    atomic_fetch_sub(&j->busy[worker], 1);
    if (index == j->fail_at) {
        wait_ms(20); /* the later one fails first */
        return fmi_fail(err, FM_ERROR_IO, "task %u", index);
    }
    return index == j->fail_too ? fmi_fail(err, FM_ERROR_LIMIT, "task %u", index) : FM_OK;
}

static fmi_tasks *start(job *j, uint32_t workers) {
    fmi_tasks *tasks = NULL;
    fm_error err;
    memset(j, 0, sizeof *j);
    j->workers = workers;
    j->fail_at = j->fail_too = UINT32_MAX;
    const fmi_tasks_params params = {.run = one, .user = j, .count = TASKS, .workers = workers};
    fm_assert_ok(fmi_tasks_start(&tasks, &params, &err), err);
    return tasks;
}

Test(tasks, each_runs_once_and_no_scratch_is_shared) {
    static const uint32_t workers[] = {0, 1, 2, 7};
    for (size_t i = 0; i < 4; i++) {
        static job j;
        fm_error err;
        fmi_tasks_report report;
        fmi_tasks *tasks = start(&j, workers[i]);
        fm_assert_ok(fmi_tasks_finish(tasks, &report, &err), err);
        for (size_t k = 0; k < TASKS; k++)
            cr_assert_eq(atomic_load(&j.runs[k]), 1, "task %zu with %u workers", k, workers[i]);
        cr_assert_eq(atomic_load(&j.collisions), 0);
        cr_assert_eq(atomic_load(&j.high_worker), 0);
        cr_assert(report.end > report.begin && report.busy_seconds > 0.0);
        fmi_tasks_destroy(&tasks);
        cr_assert_null(tasks);
    }
}

Test(tasks, the_lowest_failure_is_told_and_nothing_begins_after_one) {
    static job j;
    fm_error err = {0};
    fmi_tasks *tasks = NULL;
    memset(&j, 0, sizeof j);
    j.workers = 3;
    j.fail_at = 40;
    j.fail_too = 41;
    const fmi_tasks_params params = {.run = one, .user = &j, .count = TASKS, .workers = 3};
    fm_assert_ok(fmi_tasks_start(&tasks, &params, &err), err);
    fm_assert_fails(fmi_tasks_finish(tasks, NULL, &err), FM_ERROR_IO, err, "task 40");
    int runs = 0;
    for (size_t k = 0; k < TASKS; k++)
        runs += atomic_load(&j.runs[k]);
    cr_assert_lt(runs, 60, "%d tasks ran", runs);
    fmi_tasks_destroy(&tasks);
}

Test(tasks, destroy_drops_what_has_not_begun) {
    static job j;
    fmi_tasks *tasks = start(&j, 0);
    fmi_tasks_destroy(&tasks);
    for (size_t k = 0; k < TASKS; k++)
        cr_assert_eq(atomic_load(&j.runs[k]), 0);
    tasks = start(&j, 2);
    fmi_tasks_destroy(&tasks);
    for (size_t k = 0; k < TASKS; k++)
        cr_assert_leq(atomic_load(&j.runs[k]), 1);
    fmi_tasks_destroy(&tasks);
}

Test(tasks, no_task_is_fine) {
    fmi_tasks *tasks = NULL;
    fm_error err;
    static job j;
    fm_assert_ok(
        fmi_tasks_start(&tasks, &(fmi_tasks_params){.run = one, .user = &j, .workers = 3}, &err),
        err);
    fm_assert_ok(fmi_tasks_finish(tasks, NULL, &err), err);
    fmi_tasks_destroy(&tasks);
    cr_assert_eq(fmi_tasks_spare(1), 0U);
    cr_assert_eq(fmi_tasks_spare(5), 4U);
}
