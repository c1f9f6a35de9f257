/* SPDX-License-Identifier: MIT */
/* The libpng peers of encode: with its defaults and one frame after another, as most programs save
 * a PNG; and with what it does fastest (level 1, the "up" filter, runs only), on all cores. */
#include "cases/picture.h"

#include "error.h"
#include "io/cores.h"
#include "io/image.h"
#include "peer.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>
#include <zlib.h>

#define DISTINCT 64 /* as the case does: larger batches encode these frames again and again */
#define THREADS_MAX 64

typedef struct state {
    const fmi_case_params *params;
    fmi_case_params render;
    bool fast;
    uint32_t distinct, threads;
    uint8_t *pixels;
    fmi_bytes out[THREADS_MAX];
    uint64_t bytes[THREADS_MAX];
    double covered_fraction;
} state;

/* One after another, each takes what it takes. */
static uint32_t few(const fmi_case_params *params) {
    return params->batch < 4 ? params->batch : 4;
}

/* As many on every core. */
static uint32_t few_a_core(const fmi_case_params *params) {
    const uint32_t most = 4 * fmi_usable_cores();
    return params->batch < most ? params->batch : most;
}

static const char *unavailable(const fmi_case_params *params) {
    (void)params;
    return NULL;
}

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    for (size_t i = 0; i < THREADS_MAX; ++i)
        fmi_bytes_free(&s->out[i]);
    free(s->pixels);
    free(s);
    *handle = NULL;
}

static fm_status keep(void *user, const fm_frame *frame, fm_error *err) {
    (void)err;
    const state *s = user;
    const size_t row = (size_t)frame->width * 3;
    uint8_t *to = s->pixels + frame->index * row * frame->height;
    for (uint32_t y = 0; y < frame->height; ++y)
        memcpy(to + y * row, frame->pixels + y * frame->row_bytes, row);
    return FM_OK;
}

static fm_status make_frames(state *s, fm_error *err) {
    s->render = *s->params;
    s->render.batch = s->distinct;
    fmi_picture picture;
    fm_status status = fmi_picture_create(&picture, &s->render, err);
    if (status != FM_OK)
        return status;
    status = fmi_picture_render(&picture, keep, s, err);
    s->covered_fraction = picture.report.covered_fraction;
    fmi_picture_destroy(&picture);
    return status;
}

static fm_status create(void **handle, const fmi_case_params *params, bool fast, fm_error *err) {
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the libpng peer");
    const uint32_t cores = fmi_usable_cores();
    s->params = params;
    s->fast = fast;
    s->threads = !fast ? 1 : cores < THREADS_MAX ? cores : THREADS_MAX;
    s->distinct = params->batch < DISTINCT ? params->batch : DISTINCT;
    s->pixels = malloc((size_t)params->width * params->height * 3 * s->distinct);
    const fm_status status =
        s->pixels ? make_frames(s, err)
                  : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u frames", s->distinct);
    if (status != FM_OK) {
        void *half = s;
        destroy(&half);
        return status;
    }
    *handle = s;
    return FM_OK;
}

static fm_status create_default(void **handle, const fmi_case_params *params, fm_error *err) {
    return create(handle, params, false, err);
}

static fm_status create_fast(void **handle, const fmi_case_params *params, fm_error *err) {
    return create(handle, params, true, err);
}

/* --- encoding ------------------------------------------------------------------------------- */

static void append(png_structp png, png_bytep data, png_size_t count) {
    fmi_bytes *out = png_get_io_ptr(png);
    if (out->size + count > out->capacity) {
        const size_t capacity = 2 * (out->size + count);
        unsigned char *grown = realloc(out->data, capacity);
        if (!grown)
            png_error(png, "no memory");
        out->data = grown;
        out->capacity = capacity;
    }
    memcpy(out->data + out->size, data, count);
    out->size += count;
}

static void flush(png_structp png) {
    (void)png;
}

/* Written so that nothing local changes between setjmp and its return. */
static bool encode(const state *s, uint32_t frame, fmi_bytes *out) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return false;
    }
    const uint32_t width = s->params->width;
    const uint32_t height = s->params->height;
    out->size = 0;
    png_set_write_fn(png, out, append, flush);
    png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (s->fast) {
        png_set_compression_level(png, 1);
        png_set_compression_strategy(png, Z_RLE);
        png_set_filter(png, PNG_FILTER_TYPE_DEFAULT, PNG_FILTER_UP);
    }
    png_write_info(png, info);
    const size_t row = (size_t)width * 3;
    for (uint32_t y = 0; y < height; ++y)
        png_write_row(png, s->pixels + ((size_t)(frame % s->distinct) * height + y) * row);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return true;
}

/* The frames of one thread of a launch. */
typedef struct share {
    state *s;
    uint32_t number;
    bool good;
} share;

static void *encode_share(void *argument) {
    share *own = argument;
    state *s = own->s;
    s->bytes[own->number] = 0;
    own->good = true;
    for (uint32_t i = own->number; own->good && i < s->params->batch; i += s->threads) {
        own->good = encode(s, i, &s->out[own->number]);
        s->bytes[own->number] += s->out[own->number].size;
    }
    return NULL;
}

static fm_status run(void *handle, fm_error *err) {
    state *s = handle;
    share shares[THREADS_MAX] = {{.s = s}};
    pthread_t threads[THREADS_MAX];
    uint32_t started = 1;
    bool good = true;
    for (uint32_t i = 0; i < s->threads; ++i)
        shares[i] = (share){.s = s, .number = i};
    while (good && started < s->threads) {
        good = pthread_create(&threads[started], NULL, encode_share, &shares[started]) == 0;
        started += good ? 1 : 0;
    }
    (void)encode_share(&shares[0]);
    for (uint32_t i = 1; i < started; ++i)
        (void)pthread_join(threads[i], NULL);
    for (uint32_t i = 0; i < started; ++i)
        good = good && shares[i].good;
    return good ? FM_OK
                : fmi_fail(err, FM_ERROR_HOST_MEMORY,
                           "libpng had no memory for its share of %u frames", s->params->batch);
}

static fm_status check_peer(void *handle, fmi_check *check, fm_error *err) {
    state *s = handle;
    *check = (fmi_check){.passed = true, .unit = "level", .psnr = (double)INFINITY};
    fm_status status = run(s, err);
    if (status != FM_OK)
        return status;
    fmi_image back = {0};
    (void)encode(s, 0, &s->out[0]);
    status = fmi_image_decode(&back, s->out[0].data, s->out[0].size, "peer's frame", err);
    const size_t row = (size_t)s->params->width * 3;
    for (uint32_t y = 0; status == FM_OK && y < s->params->height; ++y)
        if (memcmp(back.view.pixels + (size_t)y * back.view.row_bytes, s->pixels + y * row, row) !=
            0)
            fmi_check_failed(check, "frame 0 does not come back from its PNG");
    check->compared = 1;
    fmi_image_free(&back);
    return status;
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    *out = (fmi_case_facts){.frames = s->params->batch, .covered_fraction = s->covered_fraction};
    for (uint32_t i = 0; i < s->threads; ++i)
        out->bytes += s->bytes[i];
}

const fmi_peer fmi_peer_libpng = {
    .name = "libpng",
    .op = "encode",
    .description = "libpng with its defaults (level 6, all filters), one frame after another",
    .frames = few,
    .unavailable = unavailable,
    .create = create_default,
    .run = run,
    .check = check_peer,
    .facts = facts,
    .destroy = destroy};

const fmi_peer fmi_peer_libpng_fast = {
    .name = "libpng, level 1",
    .op = "encode",
    .description = "libpng at level 1 with the up filter and runs only, frames on all cores",
    .frames = few_a_core,
    .unavailable = unavailable,
    .create = create_fast,
    .run = run,
    .check = check_peer,
    .facts = facts,
    .destroy = destroy};
