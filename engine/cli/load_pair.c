/* SPDX-License-Identifier: MIT */
#include "load_pair.h"

#include "job.h"

#include "clock.h"
#include "error.h"
#include "io/confined.h"

#include <signal.h>
#include <string.h>

static void run_job(fmi_load_job *job) {
    job->begin = fmi_clock_since_start();
    job->status = fmi_side_load_confined(&job->side, job->path, job->texture, &job->log, &job->err);
    if (job->status == FM_OK)
        job->hash = fmi_side_hash(&job->side);
    job->end = fmi_clock_since_start();
}

static void *load_one(void *user) {
    run_job(user);
    return NULL;
}

static void *load_both(void *user) {
    fmi_load_pair *load = user;
    run_job(&load->job[0]);
    run_job(&load->job[1]);
    return NULL;
}

/* Signals belong to the main thread, so that its waits are the ones that end early. */
static int start_thread(pthread_t *thread, void *(*run)(void *), void *user) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(thread, NULL, run, user);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

fm_status fmi_load_start(fmi_load_pair *load, const fmi_morph_options *options, const fm_log *log,
                         fm_error *err) {
    load->job[0] =
        (fmi_load_job){.path = options->path_a, .texture = options->texture_a, .log = *log};
    load->job[1] =
        (fmi_load_job){.path = options->path_b, .texture = options->texture_b, .log = *log};
    uint32_t wanted = options->threads == 1 ? 1 : 2;
    for (uint32_t i = 0; i < wanted; i++) {
        void *user = wanted == 1 ? (void *)load : (void *)&load->job[i];
        int code = start_thread(&load->thread[i], wanted == 1 ? load_both : load_one, user);
        if (code != 0)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                            "a loading thread cannot be started: %s; raise the limit of threads",
                            strerror(code));
        load->threads++;
    }
    return FM_OK;
}

fm_status fmi_load_wait(fmi_load_pair *load, fm_error *err) {
    for (; load->threads > 0; load->threads--)
        pthread_join(load->thread[load->threads - 1], NULL);
    for (uint32_t i = 0; i < 2; i++) {
        if (load->job[i].status != FM_OK) {
            *err = load->job[i].err;
            return load->job[i].status;
        }
    }
    return FM_OK;
}

void fmi_load_free(fmi_load_pair *load) {
    for (; load->threads > 0; load->threads--)
        pthread_join(load->thread[load->threads - 1], NULL);
    fmi_side_free(&load->job[0].side);
    fmi_side_free(&load->job[1].side);
}
