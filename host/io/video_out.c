/* SPDX-License-Identifier: MIT */
/* A ring of copied frames between the renderer and the one thread that encodes them in order. */
#include "video_load.h"

#include "clock.h"
#include "error.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RING_BYTES (UINT64_C(32) << 20)
#define SLOTS_MAX 12U
#define SLOTS_MIN 2U

const char *const fmi_video_codecs[] = {"libx264", "libsvtav1", "libvpx-vp9", "mpeg4", NULL};

struct fmi_video_out {
    fmi_video_params params;
    char *path, *part, *codec; /* part: the file until it is complete */
    pthread_t thread;
    bool running;
    pthread_mutex_t mutex;
    pthread_cond_t pushed;  /* a frame came, or no more will */
    pthread_cond_t encoded; /* a slot became free, or the thread ended */
    uint8_t *pixels;        /* slots frames, row after row */
    size_t frame_bytes;
    uint32_t slots, head, count; /* oldest waiting frame; waiting frames */
    bool ending, dropped, done;  /* no more frames; stop at once; the thread has ended */
    fmi_video_report report;
    fm_error failure; /* FM_OK = none */
};

/* ---- the thread ---- */

static fm_status encode_ring(fmi_video_out *video, const fmi_video_module *module,
                             fmi_video_writer *writer, fm_error *err) {
    fm_status status = FM_OK;
    pthread_mutex_lock(&video->mutex);
    while (status == FM_OK && !video->dropped) {
        while (video->count == 0 && !video->ending)
            pthread_cond_wait(&video->pushed, &video->mutex);
        if (video->count == 0 || video->dropped)
            break;
        const fm_image image = {.pixels = video->pixels + video->head * video->frame_bytes,
                                .width = video->params.width,
                                .height = video->params.height,
                                .channels = 3,
                                .row_bytes = video->params.width * 3};
        pthread_mutex_unlock(&video->mutex);
        double begin = fmi_clock_since_start();
        status = module->write_frame(writer, &image, err);
        double end = fmi_clock_since_start();
        if (video->params.busy != NULL)
            video->params.busy(video->params.user, begin, end);
        pthread_mutex_lock(&video->mutex);
        video->report.busy_seconds += end - begin;
        video->report.frames++;
        video->head = (video->head + 1) % video->slots;
        video->count--;
        pthread_cond_signal(&video->encoded);
    }
    pthread_mutex_unlock(&video->mutex);
    return status;
}

static fm_status encode_all(fmi_video_out *video, fm_error *err) {
    const fmi_video_module *module = NULL;
    fmi_video_writer *writer = NULL;
    struct stat info;
    uint64_t start = fmi_clock_ns();
    fm_status status = fmi_video_load(&module, err);
    if (status == FM_OK)
        status = module->write_open(&writer, &video->params, err);
    if (status != FM_OK)
        return status;
    snprintf(video->report.codec, sizeof video->report.codec, "%s", module->write_codec(writer));
    double seconds = (double)(fmi_clock_ns() - start) * 1e-9;
    status = encode_ring(video, module, writer, err);
    start = fmi_clock_ns();
    if (status == FM_OK && !video->dropped)
        status = module->write_end(writer, err);
    module->write_close(&writer);
    if (status == FM_OK && !video->dropped && stat(video->part, &info) == 0)
        video->report.bytes = (uint64_t)info.st_size;
    video->report.busy_seconds += seconds + (double)(fmi_clock_ns() - start) * 1e-9;
    return status;
}

static void *run_thread(void *user) {
    fmi_video_out *video = user;
    fm_error err = {0};
    fm_status status = encode_all(video, &err);
    pthread_mutex_lock(&video->mutex);
    if (status != FM_OK) {
        video->failure = err;
        video->failure.status = status;
    }
    video->done = true;
    pthread_cond_signal(&video->encoded);
    pthread_mutex_unlock(&video->mutex);
    return NULL;
}

/* Signals belong to the main thread. */
static fm_status start_thread(fmi_video_out *video, fm_error *err) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&video->thread, NULL, run_thread, video);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    video->running = code == 0;
    if (code != 0)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: a thread for it cannot be started: %s",
                        video->path, strerror(code));
    return FM_OK;
}

/* ---- open and destroy ---- */

static void copy_params(fmi_video_out *video, const fmi_video_params *params) {
    size_t bytes = strlen(params->path) + sizeof ".part";
    video->params = *params;
    video->path = strdup(params->path);
    video->part = malloc(bytes);
    if (video->part != NULL)
        snprintf(video->part, bytes, "%s.part", params->path);
    video->params.path = video->part;
    if (params->codec != NULL)
        video->params.codec = video->codec = strdup(params->codec);
    if (params->fps == 0)
        video->params.fps = 30;
    if (params->threads == 0)
        video->params.threads = 1;
}

static bool make_ring(fmi_video_out *video) {
    video->frame_bytes = (size_t)video->params.width * video->params.height * 3;
    uint64_t slots = RING_BYTES / video->frame_bytes;
    slots = slots < SLOTS_MAX ? slots : SLOTS_MAX;
    video->slots = slots > SLOTS_MIN ? (uint32_t)slots : SLOTS_MIN;
    video->pixels = malloc(video->slots * video->frame_bytes + FMI_IMAGE_SLACK);
    return video->pixels != NULL;
}

static fm_status check_params(const fmi_video_params *params, fm_error *err) {
    bool known = params->codec == NULL;
    for (size_t i = 0; fmi_video_codecs[i] != NULL && !known; i++)
        known = strcmp(params->codec, fmi_video_codecs[i]) == 0;
    if (!known)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%.60s: unknown encoder; allowed: libx264 libsvtav1 libvpx-vp9 mpeg4",
                        params->codec);
    if (params->width == 0 || params->height == 0 || params->width > FMI_IMAGE_MAX_EDGE ||
        params->height > FMI_IMAGE_MAX_EDGE)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: a video of %u x %u pixels; allowed: edges from 1 to %u", params->path,
                        params->width, params->height, FMI_IMAGE_MAX_EDGE);
    return FM_OK;
}

fm_status fmi_video_out_open(fmi_video_out **out, const fmi_video_params *params, fm_error *err) {
    *out = NULL;
    fm_status status = check_params(params, err);
    if (status != FM_OK)
        return status;
    fmi_video_out *video = calloc(1, sizeof *video);
    if (video == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for a video", params->path);
    pthread_mutex_init(&video->mutex, NULL);
    pthread_cond_init(&video->pushed, NULL);
    pthread_cond_init(&video->encoded, NULL);
    copy_params(video, params);
    if (video->path == NULL || video->part == NULL || !make_ring(video) ||
        (params->codec != NULL && video->codec == NULL))
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for a video", params->path);
    if (status == FM_OK)
        status = start_thread(video, err);
    if (status == FM_OK)
        *out = video;
    else
        fmi_video_out_destroy(&video);
    return status;
}

static void end_thread(fmi_video_out *video, bool drop) {
    if (!video->running)
        return;
    pthread_mutex_lock(&video->mutex);
    video->ending = true;
    video->dropped = drop;
    pthread_cond_signal(&video->pushed);
    pthread_mutex_unlock(&video->mutex);
    pthread_join(video->thread, NULL);
    video->running = false;
}

void fmi_video_out_destroy(fmi_video_out **out) {
    fmi_video_out *video = *out;
    if (video == NULL)
        return;
    end_thread(video, true);
    if (video->part != NULL)
        unlink(video->part);
    pthread_cond_destroy(&video->encoded);
    pthread_cond_destroy(&video->pushed);
    pthread_mutex_destroy(&video->mutex);
    free(video->pixels);
    free(video->path);
    free(video->part);
    free(video->codec);
    free(video);
    *out = NULL;
}

/* ---- push and finish ---- */

static fm_status failure(const fmi_video_out *video, fm_error *err) {
    if (video->failure.status != FM_OK && err != NULL)
        *err = video->failure;
    return video->failure.status;
}

/* The number of a free slot; the caller is its only owner until it is counted. */
static fm_status wait_slot(fmi_video_out *video, uint32_t *slot, fm_error *err) {
    uint64_t start = fmi_clock_ns();
    pthread_mutex_lock(&video->mutex);
    while (video->count == video->slots && !video->done)
        pthread_cond_wait(&video->encoded, &video->mutex);
    *slot = (video->head + video->count) % video->slots;
    fm_status status = failure(video, err);
    video->report.wait_seconds += (double)(fmi_clock_ns() - start) * 1e-9;
    pthread_mutex_unlock(&video->mutex);
    return status;
}

fm_status fmi_video_out_push(fmi_video_out *video, const fm_image *image, fm_error *err) {
    uint32_t slot = 0;
    size_t row = (size_t)video->params.width * 3;
    if (image->width != video->params.width || image->height != video->params.height ||
        image->channels != 3)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: a frame of %u x %u pixels in %u channels; it takes %u x %u in 3",
                        video->path, image->width, image->height, image->channels,
                        video->params.width, video->params.height);
    fm_status status = wait_slot(video, &slot, err);
    if (status != FM_OK)
        return status;
    uint8_t *to = video->pixels + slot * video->frame_bytes;
    for (uint32_t y = 0; y < image->height; y++)
        memcpy(to + y * row, image->pixels + (size_t)y * image->row_bytes, row);
    pthread_mutex_lock(&video->mutex);
    video->count++;
    pthread_cond_signal(&video->pushed);
    pthread_mutex_unlock(&video->mutex);
    return FM_OK;
}

fm_status fmi_video_out_wait(fmi_video_out *video, fm_error *err) {
    uint64_t start = fmi_clock_ns();
    pthread_mutex_lock(&video->mutex);
    while (video->count > 0 && !video->done)
        pthread_cond_wait(&video->encoded, &video->mutex);
    fm_status status = failure(video, err);
    video->report.wait_seconds += (double)(fmi_clock_ns() - start) * 1e-9;
    pthread_mutex_unlock(&video->mutex);
    return status;
}

fm_status fmi_video_out_finish(fmi_video_out *video, fmi_video_report *report, fm_error *err) {
    uint64_t start = fmi_clock_ns();
    end_thread(video, false);
    video->report.wait_seconds += (double)(fmi_clock_ns() - start) * 1e-9;
    if (report != NULL)
        *report = video->report;
    fm_status status = failure(video, err);
    if (status == FM_OK && rename(video->part, video->path) != 0)
        status =
            fmi_fail(err, FM_ERROR_IO, "%s: cannot be written: %s", video->path, strerror(errno));
    return status;
}
