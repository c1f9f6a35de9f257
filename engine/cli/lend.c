/* SPDX-License-Identifier: MIT */
#include "lend.h"

#include "io/tasks.h"

typedef struct lent {
    fmi_work_fn work;
    void *job;
} lent;

static fm_status run_task(void *user, uint32_t index, uint32_t worker, fm_error *err) {
    const lent *l = user;
    (void)worker;
    (void)err;
    l->work(l->job, index);
    return FM_OK;
}

static void run(void *user, uint32_t count, fmi_work_fn work, void *job) {
    lent l = {.work = work, .job = job};
    fmi_tasks *tasks = NULL;
    const fmi_tasks_params params = {
        .run = run_task, .user = &l, .count = count, .workers = (uint32_t)(uintptr_t)user};
    if (fmi_tasks_start(&tasks, &params, NULL) == FM_OK)
        (void)fmi_tasks_finish(tasks, NULL, NULL);
    else
        for (uint32_t i = 0; i < count; i++)
            work(job, i);
    fmi_tasks_destroy(&tasks);
}

fmi_workers fmi_lend(uint32_t threads) {
    uint32_t spare = fmi_tasks_spare(threads);
    return (fmi_workers){.run = run, .user = (void *)(uintptr_t)spare, .threads = spare + 1};
}
