/* SPDX-License-Identifier: MIT */
#include "tasks.h"

#include "clock.h"
#include "cores.h"
#include "error.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#define WORKERS_MAX 255U

struct fmi_tasks {
    fmi_tasks_params params;
    pthread_mutex_t mutex;
    pthread_t *threads;
    uint32_t thread_count; /* started */
    uint32_t numbered;     /* workers that have their number */
    uint32_t next;         /* first task that has not begun */
    bool stop;
    uint32_t failed; /* number of the task of failure */
    fm_error failure;
    fmi_tasks_report report;
    bool reported; /* a task has run */
};

uint32_t fmi_tasks_spare(uint32_t threads) {
    uint32_t all = threads > 0 ? threads : fmi_usable_cores();
    return all > WORKERS_MAX ? WORKERS_MAX : all - 1;
}

/* With the lock held. */
static void note(fmi_tasks *tasks, uint32_t index, fm_status status, const fm_error *err,
                 double begin, double end) {
    fmi_tasks_report *report = &tasks->report;
    report->begin = !tasks->reported || begin < report->begin ? begin : report->begin;
    report->end = !tasks->reported || end > report->end ? end : report->end;
    report->busy_seconds += end - begin;
    tasks->reported = true;
    if (status == FM_OK || (tasks->stop && tasks->failed < index))
        return;
    tasks->failure = *err;
    tasks->failure.status = status;
    tasks->failed = index;
    tasks->stop = true;
}

static void work(fmi_tasks *tasks, uint32_t worker) {
    pthread_mutex_lock(&tasks->mutex);
    while (!tasks->stop && tasks->next < tasks->params.count) {
        uint32_t index = tasks->next++;
        fm_error err = {0};
        pthread_mutex_unlock(&tasks->mutex);
        double begin = fmi_clock_since_start();
        fm_status status = tasks->params.run(tasks->params.user, index, worker, &err);
        double end = fmi_clock_since_start();
        pthread_mutex_lock(&tasks->mutex);
        note(tasks, index, status, &err, begin, end);
    }
    pthread_mutex_unlock(&tasks->mutex);
}

static void *work_thread(void *user) {
    fmi_tasks *tasks = user;
    pthread_mutex_lock(&tasks->mutex);
    uint32_t worker = tasks->numbered++;
    pthread_mutex_unlock(&tasks->mutex);
    work(tasks, worker);
    return NULL;
}

static void start_threads(fmi_tasks *tasks, uint32_t wanted) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (tasks->thread_count < wanted &&
           pthread_create(&tasks->threads[tasks->thread_count], NULL, work_thread, tasks) == 0)
        tasks->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

fm_status fmi_tasks_start(fmi_tasks **out, const fmi_tasks_params *params, fm_error *err) {
    uint32_t wanted = params->workers < params->count ? params->workers : params->count;
    *out = NULL;
    fmi_tasks *tasks = calloc(1, sizeof *tasks);
    if (tasks != NULL)
        tasks->threads = calloc((size_t)wanted + 1, sizeof *tasks->threads);
    if (tasks == NULL || tasks->threads == NULL) {
        free(tasks);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u tasks", params->count);
    }
    tasks->params = *params;
    pthread_mutex_init(&tasks->mutex, NULL);
    start_threads(tasks, wanted);
    *out = tasks;
    return FM_OK;
}

static void join(fmi_tasks *tasks) {
    for (; tasks->thread_count > 0; tasks->thread_count--)
        pthread_join(tasks->threads[tasks->thread_count - 1], NULL);
}

fm_status fmi_tasks_finish(fmi_tasks *tasks, fmi_tasks_report *report, fm_error *err) {
    work(tasks, tasks->params.workers);
    join(tasks);
    if (report != NULL)
        *report = tasks->report;
    if (tasks->failure.status != FM_OK && err != NULL)
        *err = tasks->failure;
    return tasks->failure.status;
}

void fmi_tasks_destroy(fmi_tasks **out) {
    fmi_tasks *tasks = *out;
    if (tasks == NULL)
        return;
    pthread_mutex_lock(&tasks->mutex);
    tasks->next = tasks->params.count;
    pthread_mutex_unlock(&tasks->mutex);
    join(tasks);
    pthread_mutex_destroy(&tasks->mutex);
    free(tasks->threads);
    free(tasks);
    *out = NULL;
}
