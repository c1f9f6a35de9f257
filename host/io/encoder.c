/* SPDX-License-Identifier: MIT */
/* Slots move free -> queued -> busy -> free; one mutex guards all states, and pixels of a slot are
 * touched only by its owner: push while free, one encoding thread while busy. */
#include "encoder.h"

#include "clock.h"
#include "error.h"
#include "output.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MAX 256U

typedef struct slot {
    struct slot *next; /* in the list of free or queued slots */
    uint8_t *pixels;
    size_t capacity;
    fm_image image;
    char *path; /* NULL with memory_only */
} slot;

struct fmi_encoder {
    fmi_encoder_params params;
    pthread_mutex_t mutex;
    pthread_cond_t work; /* a slot was queued, or stop */
    pthread_cond_t idle; /* the last pending frame is done */
    pthread_t *threads;
    uint32_t thread_count; /* started */
    uint32_t numbered;     /* threads that have their number; under the lock */
    slot *slots;
    slot *free_list, *queue_head, *queue_tail;
    uint32_t pending; /* queued + busy */
    bool stop;
    fmi_bytes bytes; /* of the calling thread */
    fmi_encoder_report report;
    fm_error failure; /* the first one; FM_OK = none */
};

/* ---- one frame ---- */

/* Encodes and writes without the lock, then adds the outcome with it. */
static void encode_frame(fmi_encoder *encoder, fmi_bytes *bytes, uint32_t thread,
                         const fm_image *image, const char *path) {
    fm_error err = {0};
    double begin = fmi_clock_since_start();
    uint64_t start = fmi_clock_ns();
    fm_status status = fmi_png_encode(bytes, image, &err);
    if (status == FM_OK && !encoder->params.memory_only)
        status = fmi_output_write_part(path, bytes->data, bytes->size, &err);
    double seconds = (double)(fmi_clock_ns() - start) * 1e-9;

    pthread_mutex_lock(&encoder->mutex);
    encoder->report.busy_seconds += seconds;
    if (status == FM_OK) {
        encoder->report.frames++;
        encoder->report.bytes += bytes->size;
    } else if (encoder->failure.status == FM_OK) {
        encoder->failure = err;
        encoder->failure.status = status;
    }
    pthread_mutex_unlock(&encoder->mutex);
    if (encoder->params.busy != NULL)
        encoder->params.busy(encoder->params.user, thread, begin, fmi_clock_since_start());
    if (status == FM_OK && encoder->params.done != NULL)
        encoder->params.done(encoder->params.user, bytes->size);
}

/* ---- the ring; all with the lock held ---- */

static slot *take_queued(fmi_encoder *encoder) {
    slot *s = encoder->queue_head;
    encoder->queue_head = s->next;
    if (encoder->queue_head == NULL)
        encoder->queue_tail = NULL;
    return s;
}

static void release_slot(fmi_encoder *encoder, slot *s) {
    free(s->path);
    s->path = NULL;
    s->next = encoder->free_list;
    encoder->free_list = s;
    if (--encoder->pending == 0)
        pthread_cond_signal(&encoder->idle);
}

static void enqueue(fmi_encoder *encoder, slot *s) {
    s->next = NULL;
    if (encoder->queue_tail != NULL)
        encoder->queue_tail->next = s;
    else
        encoder->queue_head = s;
    encoder->queue_tail = s;
    encoder->pending++;
    pthread_cond_signal(&encoder->work);
}

/* Encodes the oldest queued frame, giving up the lock meanwhile. */
static void run_one(fmi_encoder *encoder, fmi_bytes *bytes, uint32_t thread) {
    slot *s = take_queued(encoder);
    if (encoder->failure.status == FM_OK) {
        pthread_mutex_unlock(&encoder->mutex);
        encode_frame(encoder, bytes, thread, &s->image, s->path);
        pthread_mutex_lock(&encoder->mutex);
    }
    release_slot(encoder, s);
}

static void *worker(void *user) {
    fmi_encoder *encoder = user;
    fmi_bytes bytes = {0};
    pthread_mutex_lock(&encoder->mutex);
    uint32_t thread = encoder->numbered++;
    for (;;) {
        while (encoder->queue_head == NULL && !encoder->stop)
            pthread_cond_wait(&encoder->work, &encoder->mutex);
        if (encoder->stop)
            break;
        run_one(encoder, &bytes, thread);
    }
    pthread_mutex_unlock(&encoder->mutex);
    fmi_bytes_free(&bytes);
    return NULL;
}

/* ---- create and destroy ---- */

static fm_status start_threads(fmi_encoder *encoder, fm_error *err) {
    for (uint32_t i = 0; i < encoder->params.workers; i++) {
        int code = pthread_create(&encoder->threads[i], NULL, worker, encoder);
        if (code != 0)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "encoder thread %u of %u: %s", i + 1,
                            encoder->params.workers, strerror(code));
        encoder->thread_count++;
    }
    return FM_OK;
}

static void fill_defaults(fmi_encoder_params *params) {
    if (params->workers == 0) {
        uint32_t cores = fmi_usable_cores();
        params->workers = cores > 1 ? cores - 1 : 1;
    }
    if (params->workers > WORKERS_MAX)
        params->workers = WORKERS_MAX;
    if (params->slots == 0)
        params->slots = 2 * params->workers + 2;
}

fm_status fmi_encoder_create(fmi_encoder **out, const fmi_encoder_params *params, fm_error *err) {
    *out = NULL;
    fmi_encoder *encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for an encoder");
    pthread_mutex_init(&encoder->mutex, NULL);
    pthread_cond_init(&encoder->work, NULL);
    pthread_cond_init(&encoder->idle, NULL);
    if (params != NULL)
        encoder->params = *params;
    fill_defaults(&encoder->params);
    encoder->slots = calloc(encoder->params.slots, sizeof *encoder->slots);
    encoder->threads = calloc(encoder->params.workers, sizeof *encoder->threads);
    fm_status status = FM_OK;
    if (encoder->slots == NULL || encoder->threads == NULL) {
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u encoder slots",
                          encoder->params.slots);
        goto fail;
    }
    for (uint32_t i = encoder->params.slots; i-- > 0;) {
        encoder->slots[i].next = encoder->free_list;
        encoder->free_list = &encoder->slots[i];
    }
    status = start_threads(encoder, err);
    if (status != FM_OK)
        goto fail;
    *out = encoder;
    return FM_OK;
fail:
    fmi_encoder_destroy(&encoder);
    return status;
}

void fmi_encoder_destroy(fmi_encoder **out) {
    fmi_encoder *encoder = *out;
    if (encoder == NULL)
        return;
    pthread_mutex_lock(&encoder->mutex);
    encoder->stop = true;
    pthread_cond_broadcast(&encoder->work);
    pthread_mutex_unlock(&encoder->mutex);
    for (uint32_t i = 0; i < encoder->thread_count; i++)
        pthread_join(encoder->threads[i], NULL);
    for (uint32_t i = 0; encoder->slots != NULL && i < encoder->params.slots; i++) {
        free(encoder->slots[i].pixels);
        free(encoder->slots[i].path);
    }
    free(encoder->slots);
    free(encoder->threads);
    fmi_bytes_free(&encoder->bytes);
    pthread_cond_destroy(&encoder->idle);
    pthread_cond_destroy(&encoder->work);
    pthread_mutex_destroy(&encoder->mutex);
    free(encoder);
    *out = NULL;
}

/* ---- push and finish ---- */

/* Copies the frame, rows packed. The slot is out of every list, so no lock is held. */
static bool fill_slot(slot *s, const fm_image *image, const char *path) {
    size_t row = (size_t)image->width * image->channels, size = row * image->height;
    if (size > s->capacity) {
        free(s->pixels);
        s->pixels = malloc(size);
        s->capacity = s->pixels != NULL ? size : 0;
    }
    s->path = path != NULL ? strdup(path) : NULL;
    if (s->capacity < size || (path != NULL && s->path == NULL))
        return false;
    for (uint32_t y = 0; y < image->height; y++)
        memcpy(s->pixels + y * row, image->pixels + (size_t)y * image->row_bytes, row);
    s->image = (fm_image){s->pixels, image->width, image->height, image->channels, (uint32_t)row};
    return true;
}

static fm_status first_failure(fmi_encoder *encoder, fm_error *err) {
    pthread_mutex_lock(&encoder->mutex);
    fm_status status = encoder->failure.status;
    if (status != FM_OK && err != NULL)
        *err = encoder->failure;
    pthread_mutex_unlock(&encoder->mutex);
    return status;
}

fm_status fmi_encoder_push(fmi_encoder *encoder, const fm_image *image, const char *path,
                           fm_error *err) {
    const char *target = encoder->params.memory_only ? NULL : path;
    pthread_mutex_lock(&encoder->mutex);
    bool failed = encoder->failure.status != FM_OK;
    slot *s = failed ? NULL : encoder->free_list;
    if (s != NULL)
        encoder->free_list = s->next;
    pthread_mutex_unlock(&encoder->mutex);

    bool filled = s != NULL && fill_slot(s, image, target);
    if (s != NULL) {
        pthread_mutex_lock(&encoder->mutex);
        if (filled) {
            enqueue(encoder, s);
        } else {
            encoder->pending++;
            release_slot(encoder, s);
        }
        pthread_mutex_unlock(&encoder->mutex);
    }
    /* Ring full, or no memory for a copy: the frame needs neither when encoded here and now. */
    if (!filled && !failed)
        encode_frame(encoder, &encoder->bytes, encoder->params.workers, image, target);
    return first_failure(encoder, err);
}

fm_status fmi_encoder_finish(fmi_encoder *encoder, fmi_encoder_report *report, fm_error *err) {
    pthread_mutex_lock(&encoder->mutex);
    while (encoder->queue_head != NULL)
        run_one(encoder, &encoder->bytes, encoder->params.workers);
    uint64_t start = fmi_clock_ns();
    while (encoder->pending > 0)
        pthread_cond_wait(&encoder->idle, &encoder->mutex);
    encoder->report.wait_seconds += (double)(fmi_clock_ns() - start) * 1e-9;
    if (report != NULL)
        *report = encoder->report;
    pthread_mutex_unlock(&encoder->mutex);
    return first_failure(encoder, err);
}
