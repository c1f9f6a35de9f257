/* SPDX-License-Identifier: MIT */
/* fm_pair_load: two files, read at once, to one pair. */
#include "load.h"
#include "output.h"

#include "error.h"

#include <fm/io.h>

#include <pthread.h>
#include <string.h>

/* Log lines of two threads, one at a time. */
typedef struct shared_log {
    fm_log to;
    pthread_mutex_t lock;
} shared_log;

typedef struct loading {
    const char *path, *texture;
    fm_log log;
    fmi_side side;
    fm_status status;
    fm_error err;
} loading;

static void write_line(void *user, fm_log_level level, const char *line) {
    shared_log *shared = user;
    pthread_mutex_lock(&shared->lock);
    shared->to.write(shared->to.user, level, line);
    pthread_mutex_unlock(&shared->lock);
}

static void *load_side(void *user) {
    loading *load = user;
    load->status = fmi_side_load(&load->side, load->path, load->texture, &load->log, &load->err);
    return NULL;
}

/* Both sides at once; one after the other where no thread can be had. */
static fm_status load_both(loading sides[2], fm_error *err) {
    pthread_t thread;
    bool started = pthread_create(&thread, NULL, load_side, &sides[1]) == 0;
    load_side(&sides[0]);
    if (started)
        pthread_join(thread, NULL);
    else
        load_side(&sides[1]);
    for (int i = 0; i < 2; i++)
        if (sides[i].status != FM_OK) {
            if (err)
                *err = sides[i].err;
            return sides[i].status;
        }
    return FM_OK;
}

static fm_status make_pair(fm_pair **pair, fm_engine *engine, const loading sides[2],
                           const fm_pair_load_params *params, fm_error *err) {
    const fm_image *a = &sides[0].side.texture.view;
    const fm_image *b = &sides[1].side.texture.view;
    bool textured = a->pixels && b->pixels;
    fm_pair_params pair_params = {.struct_size = sizeof pair_params,
                                  .image_a = textured ? a : NULL,
                                  .image_b = textured ? b : NULL,
                                  .keep_background = params->keep_background,
                                  .align = params->align};
    return fm_pair_create(pair, engine, &sides[0].side.mesh, &sides[1].side.mesh, &pair_params,
                          err);
}

fm_status fm_pair_load(fm_pair **pair, fm_engine *engine, const char *path_a, const char *path_b,
                       const fm_pair_load_params *params, fm_error *err) {
    fm_pair_load_params defaults = {.struct_size = sizeof defaults};
    if (!pair || !engine || !path_a || !path_b)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_pair_load: a NULL argument");
    *pair = NULL;
    if (params && params->struct_size != sizeof *params)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_pair_load: params->struct_size is %zu instead of %zu",
                        params->struct_size, sizeof *params);
    if (!params)
        params = &defaults;
    shared_log shared = {.to = params->log, .lock = PTHREAD_MUTEX_INITIALIZER};
    fm_log log = {.write = params->log.write ? write_line : NULL,
                  .user = &shared,
                  .level = params->log.level};
    loading sides[2] = {{.path = path_a, .texture = params->texture_a, .log = log},
                        {.path = path_b, .texture = params->texture_b, .log = log}};
    fm_status status = load_both(sides, err);
    if (status == FM_OK)
        status = make_pair(pair, engine, sides, params, err);
    fmi_side_free(&sides[0].side);
    fmi_side_free(&sides[1].side);
    pthread_mutex_destroy(&shared.lock);
    return status;
}

fm_status fm_png_write(const char *path, const fm_image *image, fm_error *err) {
    if (!path || !image || !image->pixels)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_png_write: a NULL argument");
    fmi_bytes bytes = {0};
    fm_status status = fmi_png_encode(&bytes, image, err);
    if (status == FM_OK)
        status = fmi_output_write(path, bytes.data, bytes.size, err);
    fmi_bytes_free(&bytes);
    return status;
}
