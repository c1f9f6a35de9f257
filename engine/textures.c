/* SPDX-License-Identifier: MIT */
/* Materialised textures of a morph, chunk by chunk, from the texels the renderer has anyway. */
#include "textures_impl.h"

#include "clock.h"
#include "error.h"
#include "pair_impl.h"

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

static fm_status run_chunk(fmi_textures *x, uint32_t first, uint32_t count,
                           fm_textures_report *report, fm_error *err) {
    uint64_t start = fmi_clock_ns();
    fm_status status = fmi_textures_run(x, first, count, err);
    report->run_seconds += 1e-9 * (double)(fmi_clock_ns() - start);
    report->launches++;
    report->bytes += x->texture_bytes * count;
    return status;
}

static fm_status hand_over(fmi_textures *x, const float *t, uint32_t first, uint32_t count,
                           fm_texture_fn sink, void *user, fm_error *err) {
    void *mapped = NULL;
    fm_status status =
        fmi_buffer_map(&x->out, CL_MAP_READ, 0, x->texture_bytes * count, &mapped, err);
    for (uint32_t i = 0; i < count && status == FM_OK; i++) {
        const fm_texture texture = {.index = first + i,
                                    .t = t[first + i],
                                    .width = x->width,
                                    .height = x->height,
                                    .format = x->format,
                                    .values = (const uint8_t *)mapped + i * x->texture_bytes};
        status = sink(user, &texture, err);
    }
    fm_status unmapped = fmi_buffer_unmap(&x->out, &mapped, status == FM_OK ? err : NULL);
    return status == FM_OK ? unmapped : status;
}

static fm_status run_all(fmi_textures *x, const float *t, fm_texture_fn sink, void *user,
                         fm_textures_report *report, fm_error *err) {
    fm_status status = FM_OK;
    report->chunk = x->chunk;
    for (uint32_t first = 0; first < x->n && status == FM_OK; first += x->chunk) {
        uint32_t count = x->n - first < x->chunk ? x->n - first : x->chunk;
        status = run_chunk(x, first, count, report, err);
        if (status == FM_OK && sink)
            status = hand_over(x, t, first, count, sink, user, err);
    }
    return status;
}

fm_status fm_morph_textures(fm_pair *pair, const float *t, uint32_t n,
                            const fm_textures_params *params, fm_texture_fn sink, void *user,
                            fm_textures_report *report, fm_error *err) {
    uint64_t start = fmi_clock_ns();
    fmi_textures x = {0};
    fm_textures_report done = {0};
    if (report)
        *report = done;
    fm_status status = check(pair, t, n, params, err);
    if (status != FM_OK)
        return status;
    status = fmi_textures_create(&x, pair, params ? params->format : FM_TEXTURE_FLOAT, t, n,
                                 params ? params->chunk : 0, err);
    if (status == FM_OK)
        status = run_all(&x, t, sink, user, &done, err);
    fmi_textures_destroy(&x);
    done.wall_seconds = 1e-9 * (double)(fmi_clock_ns() - start);
    if (report)
        *report = done;
    return fmi_while(err, status, "making %u morphed textures", n);
}
