/* SPDX-License-Identifier: MIT */
/* Materialised textures of a morph, chunk by chunk, from the texels the renderer has anyway. */
#include "textures_impl.h"

#include "clock.h"
#include "error.h"
#include "pair_impl.h"

#include <stdlib.h>
#include <string.h>

/** One call. */
typedef struct job {
    fmi_textures x;
    const float *t;
    fm_texture_fn sink;
    void *user;
    unsigned char *whole; /* a texture that is put together from bands */
    bool given;           /* the sink has something of this chunk: no second try */
    fm_textures_report report;
} job;

static fm_status check(const fm_pair *pair, const float *t, uint32_t n,
                       const fm_textures_params *params, fm_error *err) {
    if (!pair || !t || n == 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_morph_textures: a NULL or no weights");
    if (params && params->struct_size != sizeof *params)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_morph_textures: struct_size is %zu, not %zu", params->struct_size,
                        sizeof *params);
    if (pair->engine->reference)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                        "fm_morph_textures: the reference device has no texel buffers");
    if (!pair->info.textured)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_morph_textures: the pair is untextured");
    for (uint32_t i = 0; i < n; i++)
        if (!(t[i] >= 0.0F && t[i] <= 1.0F))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "fm_morph_textures: weight %u is %g; it must be 0 to 1", i,
                            (double)t[i]);
    return FM_OK;
}

static fm_status give(job *j, uint32_t i, const void *values, fm_error *err) {
    const fm_texture texture = {.index = i,
                                .t = j->t[i],
                                .width = j->x.width,
                                .height = j->x.height,
                                .format = j->x.format,
                                .values = values};
    j->given = true;
    return j->sink(j->user, &texture, err);
}

/* What was made last, to the sink or to its rows of the whole. */
static fm_status take(job *j, uint32_t first, uint32_t count, uint32_t row, uint32_t rows,
                      fm_error *err) {
    void *mapped = NULL;
    uint64_t bytes = fmi_textures_row_bytes(&j->x) * rows;
    fm_status status = fmi_buffer_map(&j->x.out, CL_MAP_READ, 0, bytes * count, &mapped, err);
    if (status == FM_OK && j->x.banded)
        memcpy(j->whole + fmi_textures_row_bytes(&j->x) * row, mapped, (size_t)bytes);
    for (uint32_t i = 0; i < count && status == FM_OK && !j->x.banded; i++)
        status = give(j, first + i, (const uint8_t *)mapped + i * bytes, err);
    fm_status unmapped = fmi_buffer_unmap(&j->x.out, &mapped, status == FM_OK ? err : NULL);
    return status == FM_OK ? unmapped : status;
}

static fm_status make(job *j, uint32_t first, uint32_t count, uint32_t row, uint32_t rows,
                      fm_error *err) {
    uint64_t start = fmi_clock_ns();
    fm_status status = fmi_textures_run_rows(&j->x, first, count, row, rows, err);
    j->report.run_seconds += 1e-9 * (double)(fmi_clock_ns() - start);
    j->report.launches++;
    j->report.bytes += fmi_textures_row_bytes(&j->x) * rows * count;
    return status;
}

static fm_status need_whole(job *j, fm_error *err) {
    if (j->x.banded && !j->whole)
        j->whole = malloc((size_t)j->x.texture_bytes);
    if (!j->x.banded || j->whole)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a texture of %ux%u", j->x.width,
                    j->x.height);
}

static fm_status run_chunk(job *j, uint32_t first, uint32_t count, fm_error *err) {
    fm_status status = fmi_textures_need(&j->x, j->t, err);
    if (status == FM_OK)
        status = need_whole(j, err);
    for (uint32_t row = 0; row < j->x.height && status == FM_OK; row += j->x.band) {
        uint32_t left = j->x.height - row, rows = left < j->x.band ? left : j->x.band;
        status = make(j, first, count, row, rows, err);
        if (status == FM_OK && j->sink)
            status = take(j, first, count, row, rows, err);
    }
    return status == FM_OK && j->x.banded && j->sink ? give(j, first, j->whole, err) : status;
}

static fm_status run_all(job *j, fm_error *err) {
    for (uint32_t first = 0; first < j->x.n;) {
        uint32_t left = j->x.n - first, count = left < j->x.chunk ? left : j->x.chunk;
        j->given = false;
        fm_status status = run_chunk(j, first, count, err);
        if (status == FM_OK)
            first += count;
        else if (j->given || !fmi_textures_smaller(&j->x, status, err))
            return status;
    }
    j->report.chunk = j->x.chunk;
    return FM_OK;
}

fm_status fm_morph_textures(fm_pair *pair, const float *t, uint32_t n,
                            const fm_textures_params *params, fm_texture_fn sink, void *user,
                            fm_textures_report *report, fm_error *err) {
    uint64_t start = fmi_clock_ns();
    job j = {.t = t, .sink = sink, .user = user};
    fm_error own = {0};
    err = err ? err : &own; /* recovery looks at the code */
    if (report)
        *report = j.report;
    fm_status status = check(pair, t, n, params, err);
    if (status != FM_OK)
        return status;
    status = fmi_textures_open(&j.x, pair, params ? params->format : FM_TEXTURE_FLOAT, n,
                               params ? params->chunk : 0, err);
    if (status == FM_OK)
        status = run_all(&j, err);
    fmi_textures_destroy(&j.x);
    free(j.whole);
    j.report.wall_seconds = 1e-9 * (double)(fmi_clock_ns() - start);
    if (report)
        *report = j.report;
    return fmi_while(err, status, "making %u morphed textures", n);
}
