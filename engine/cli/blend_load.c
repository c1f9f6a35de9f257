/* SPDX-License-Identifier: MIT */
#include "blend_run.h"

#include "clock.h"
#include "error.h"
#include "io/confined.h"
#include "io/encoder.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LOADERS (sizeof((fmi_blend_load *)0)->thread / sizeof(pthread_t))

static void *load_some(void *user) {
    fmi_blend_load *load = user;
    for (;;) {
        (void)pthread_mutex_lock(&load->lock);
        uint32_t i = load->next < load->count ? load->next++ : load->count;
        (void)pthread_mutex_unlock(&load->lock);
        if (i == load->count)
            return NULL;
        fmi_load_job *job = &load->job[i];
        job->begin = fmi_clock_since_start();
        job->status =
            fmi_side_load_confined(&job->side, job->path, job->texture, &job->log, &job->err);
        job->end = fmi_clock_since_start();
    }
}

/* Signals belong to the main thread, so that its waits are the ones that end early. */
static int start_thread(fmi_blend_load *load) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&load->thread[load->threads], NULL, load_some, load);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

fm_status fmi_blend_load_start(fmi_blend_load *load, const fmi_blend_options *options,
                               const fm_log *log, fm_error *err) {
    uint32_t wanted = options->run.threads ? options->run.threads : fmi_usable_cores();
    load->count = options->count + 1;
    load->job = calloc(load->count, sizeof *load->job);
    if (load->job == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to load %u meshes", load->count);
    (void)pthread_mutex_init(&load->lock, NULL);
    for (uint32_t i = 0; i < load->count; i++)
        load->job[i] =
            (fmi_load_job){.path = i == 0 ? options->run.path_a : options->targets[i - 1],
                           .texture = i == 0 ? options->run.texture_a : NULL,
                           .log = *log};
    wanted = wanted < load->count ? wanted : load->count;
    wanted = wanted < MAX_LOADERS ? wanted : (uint32_t)MAX_LOADERS;
    for (; load->threads < wanted; load->threads++) {
        int code = start_thread(load);
        if (code != 0)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                            "a loading thread cannot be started: %s; raise the limit of threads",
                            strerror(code));
    }
    return FM_OK;
}

static void join(fmi_blend_load *load) {
    for (; load->threads > 0; load->threads--)
        pthread_join(load->thread[load->threads - 1], NULL);
}

fm_status fmi_blend_load_wait(fmi_blend_load *load, fm_error *err) {
    join(load);
    for (uint32_t i = 0; i < load->count; i++)
        if (load->job[i].status != FM_OK) {
            *err = load->job[i].err;
            return load->job[i].status;
        }
    return FM_OK;
}

void fmi_blend_load_free(fmi_blend_load *load) {
    if (load->job == NULL)
        return;
    join(load);
    for (uint32_t i = 0; i < load->count; i++)
        fmi_side_free(&load->job[i].side);
    free(load->job);
    (void)pthread_mutex_destroy(&load->lock);
    memset(load, 0, sizeof *load);
}
