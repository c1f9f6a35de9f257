/* SPDX-License-Identifier: MIT */
/* Figures drawn, encoded and written side by side: one thread each. */
#include "figure.h"

#include "error.h"
#include "output.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct task {
    fmi_figure_job job;
    pthread_t thread;
    fm_error err;
} task;

struct fmi_figures {
    task tasks[FMI_FIGURE_JOBS];
    uint32_t started;
};

static fm_status write_figure(const fmi_figure_job *job, fm_error *err) {
    fmi_image image;
    fmi_bytes bytes = {0};
    fm_status status = fmi_figure_draw(&image, &job->figure, err);
    if (status == FM_OK)
        status = fmi_png_encode(&bytes, &image.view, err);
    if (status == FM_OK)
        status = fmi_output_write_part(job->path, bytes.data, bytes.size, err);
    fmi_bytes_free(&bytes);
    fmi_image_free(&image);
    if (status == FM_OK && job->done != NULL)
        job->done(job->user, job->path);
    return status;
}

static void *run_task(void *user) {
    task *t = user;
    t->err.status = write_figure(&t->job, &t->err);
    return NULL;
}

fm_status fmi_figures_start(fmi_figures **out, const fmi_figure_job *jobs, uint32_t count,
                            fm_error *err) {
    *out = NULL;
    if (count > FMI_FIGURE_JOBS)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%u figures at once; %d are possible",
                        count, FMI_FIGURE_JOBS);
    fmi_figures *figures = calloc(1, sizeof *figures);
    if (figures == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u figures", count);
    for (uint32_t i = 0; i < count; i++) {
        figures->tasks[i].job = jobs[i];
        int code = pthread_create(&figures->tasks[i].thread, NULL, run_task, &figures->tasks[i]);
        if (code != 0) {
            fmi_figures_wait(&figures, NULL);
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "thread of figure %u: %s", i + 1,
                            strerror(code));
        }
        figures->started++;
    }
    *out = figures;
    return FM_OK;
}

fm_status fmi_figures_wait(fmi_figures **figures, fm_error *err) {
    fm_status status = FM_OK;
    if (*figures == NULL)
        return FM_OK;
    for (uint32_t i = 0; i < (*figures)->started; i++) {
        task *t = &(*figures)->tasks[i];
        pthread_join(t->thread, NULL);
        if (status == FM_OK && t->err.status != FM_OK) {
            status = t->err.status;
            if (err != NULL)
                *err = t->err;
        }
    }
    free(*figures);
    *figures = NULL;
    return status;
}
