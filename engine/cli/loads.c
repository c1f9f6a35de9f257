/* SPDX-License-Identifier: MIT */
#include "loads.h"

#include "interrupt.h"
#include "job.h"

#include "clock.h"
#include "error.h"
#include "io/confined.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void run_job(fmi_load_job *job) {
    job->begin = fmi_clock_since_start();
    job->status = fmi_side_load_confined(&job->side, job->file.path, job->file.texture, &job->log,
                                         fmi_interrupt_flag(), &job->err);
    if (job->status == FM_OK)
        job->hash = fmi_side_hash(&job->side);
    job->end = fmi_clock_since_start();
}

static void *load_some(void *user) {
    fmi_loads *loads = user;
    for (;;) {
        (void)pthread_mutex_lock(&loads->lock);
        uint32_t i = loads->next < loads->count ? loads->next++ : loads->count;
        (void)pthread_mutex_unlock(&loads->lock);
        if (i == loads->count)
            return NULL;
        run_job(&loads->job[i]);
    }
}

/* Signals belong to the main thread, so that its waits are the ones that end early. */
static int start_thread(fmi_loads *loads) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&loads->thread[loads->threads], NULL, load_some, loads);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

fm_status fmi_loads_start(fmi_loads *loads, const fmi_load_file *files, uint32_t count,
                          uint32_t threads, const fm_log *log, fm_error *err) {
    loads->job = calloc(count, sizeof *loads->job);
    if (loads->job == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to load %u meshes", count);
    loads->count = count;
    (void)pthread_mutex_init(&loads->lock, NULL);
    for (uint32_t i = 0; i < count; i++)
        loads->job[i] = (fmi_load_job){.file = files[i], .log = *log};
    threads = threads < count ? threads : count;
    threads = threads < FMI_LOADS_THREADS ? threads : FMI_LOADS_THREADS;
    for (; loads->threads < threads; loads->threads++) {
        int code = start_thread(loads);
        if (code != 0)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                            "a loading thread cannot be started: %s; raise the limit of threads",
                            strerror(code));
    }
    return FM_OK;
}

static void join(fmi_loads *loads) {
    for (; loads->threads > 0; loads->threads--)
        pthread_join(loads->thread[loads->threads - 1], NULL);
}

fm_status fmi_loads_wait(fmi_loads *loads, fm_error *err) {
    join(loads);
    fm_status status = fmi_interrupt_check(err);
    if (status != FM_OK)
        return status;
    for (uint32_t i = 0; i < loads->count; i++)
        if (loads->job[i].status != FM_OK) {
            *err = loads->job[i].err;
            return loads->job[i].status;
        }
    return FM_OK;
}

void fmi_loads_free(fmi_loads *loads) {
    if (loads->job == NULL)
        return;
    join(loads);
    for (uint32_t i = 0; i < loads->count; i++)
        fmi_side_free(&loads->job[i].side);
    free(loads->job);
    (void)pthread_mutex_destroy(&loads->lock);
    memset(loads, 0, sizeof *loads);
}
