/* SPDX-License-Identifier: MIT */
#include "blend_impl.h"

#include "error.h"
#include "half.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VALUES (UINT32_C(1) << 29)

uint32_t fmi_blend_width(uint32_t values) {
    return (values + FMI_BLEND_PANEL - 1) / FMI_BLEND_PANEL * FMI_BLEND_PANEL;
}

uint64_t fmi_blend_shape_bytes(uint32_t values, uint32_t targets, bool half) {
    uint64_t width = fmi_blend_width(values);
    return width * sizeof(float) + width * targets * (half ? sizeof(uint16_t) : sizeof(float));
}

uint32_t fmi_blend_pitch(uint32_t frames) {
    return (frames + 7) / 8 * 8 + 8;
}

/* One shape into its rows: of panels, or one row in all. */
typedef struct shape_rows {
    unsigned char *to;
    size_t first, panel; /* bytes to the first row's part, and from panel to panel */
    uint32_t values;
    bool half;
} shape_rows;

/* minus: what is taken off, in float; NULL = nothing. */
static void put_shape(const shape_rows *rows, const float *values, uint64_t step,
                      const float *minus) {
    for (uint32_t start = 0; start < rows->values; start += FMI_BLEND_PANEL) {
        unsigned char *to = rows->to + rows->first + start / FMI_BLEND_PANEL * rows->panel;
        uint32_t left = rows->values - start;
        uint32_t count = left < FMI_BLEND_PANEL ? left : FMI_BLEND_PANEL;
        for (uint32_t i = 0; i < count; ++i) {
            float value = values[(start + i) * step];
            if (minus)
                value -= minus[start + i];
            if (rows->half) {
                uint16_t half = fmi_half(value);
                memcpy(to + i * sizeof half, &half, sizeof half);
            } else {
                memcpy(to + i * sizeof value, &value, sizeof value);
            }
        }
    }
}

/* Where row k of the shapes starts, 0 being the base. */
static shape_rows rows_of(const fm_blend *blend, void *to, uint32_t k) {
    size_t width = fmi_blend_width(blend->info.values), panel = FMI_BLEND_PANEL;
    shape_rows rows = {.to = to, .values = blend->info.values, .half = blend->half && k != 0};
    if (blend->info.path == FM_BLEND_CLBLAST) {
        rows.first = k * width * sizeof(float);
        rows.panel = panel * sizeof(float);
    } else {
        size_t row = panel * (blend->half ? sizeof(uint16_t) : sizeof(float));
        rows.first = k == 0 ? 0 : panel * sizeof(float) + (k - 1) * row;
        rows.panel = panel * sizeof(float) + blend->info.targets * row;
    }
    return rows;
}

static void put_shapes(const fm_blend *blend, const fm_blend_params *params, const float *base,
                       const float *targets, void *to) {
    const fm_blend_matrix *layout = &params->layout;
    shape_rows rows = rows_of(blend, to, 0);
    put_shape(&rows, base, 1, NULL);
    for (uint32_t k = 0; k < params->targets; ++k) {
        rows = rows_of(blend, to, k + 1);
        uint64_t lead =
            layout->lead ? layout->lead : (layout->columns ? params->targets : params->values);
        const float *from = targets + layout->offset + (layout->columns ? k : k * lead);
        put_shape(&rows, from, layout->columns ? lead : 1, params->absolute ? base : NULL);
    }
}

static fm_status upload_shapes(fm_blend *blend, const fm_blend_params *params, const float *base,
                               const float *targets, fm_error *err) {
    uint64_t bytes = fmi_blend_shape_bytes(params->values, params->targets, blend->half);
    fm_status status = fmi_buffer_create(&blend->shapes, blend->engine->queue, CL_MEM_READ_ONLY,
                                         bytes, "shapes of a blend", err);
    void *mapped = NULL;
    if (status == FM_OK)
        status =
            fmi_buffer_map(&blend->shapes, CL_MAP_WRITE_INVALIDATE_REGION, 0, bytes, &mapped, err);
    if (status != FM_OK)
        return status;
    memset(mapped, 0, bytes);
    put_shapes(blend, params, base, targets, mapped);
    blend->info.device_bytes += bytes;
    return fmi_buffer_unmap(&blend->shapes, &mapped, err);
}

/* Base and differences as they are, for the reference. */
static fm_status keep_plain(fm_blend *blend, const fm_blend_params *params, const float *base,
                            const float *targets, fm_error *err) {
    size_t floats = (size_t)fmi_blend_width(params->values) * ((size_t)params->targets + 1);
    blend->plain = calloc(floats, sizeof(float));
    if (!blend->plain)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u shapes of %u values",
                        params->targets + 1, params->values);
    blend->info.path = FM_BLEND_CLBLAST; /* its layout: whole rows */
    put_shapes(blend, params, base, targets, blend->plain);
    blend->info.path = FM_BLEND_OWN;
    return FM_OK;
}

fm_status fmi_blend_prepare(fm_blend *blend, const fm_blend_params *params, const float *base,
                            const float *targets, fm_error *err) {
    bool gpu = blend->engine->specialisation == FM_SPECIALISATION_GPU;
    fm_status status = upload_shapes(blend, params, base, targets, err);
    if (status == FM_OK)
        status = fmi_engine_program(blend->engine, "blend.cl", blend->half ? "-DFMK_HALF" : "",
                                    &blend->program, err);
    if (status == FM_OK)
        status = fmi_kernel_create(&blend->rows, blend->program,
                                   gpu ? "fm_blend_rows_gpu" : "fm_blend_rows", err);
    if (status == FM_OK)
        status = fmi_kernel_create(&blend->copy, blend->program, "fm_blend_copy", err);
    return status;
}

static fm_status check_params(const fm_blend_params *p, fm_error *err) {
    if (p->struct_size != sizeof *p)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_blend_create: struct_size is %zu, not %zu", p->struct_size, sizeof *p);
    if (p->values == 0 || p->values > MAX_VALUES)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "a blend of %u values; 1 to %u are possible", p->values, MAX_VALUES);
    if (p->targets == 0 || p->targets > FM_BLEND_MAX_TARGETS)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "a blend of %u targets; 1 to %d are possible", p->targets,
                        FM_BLEND_MAX_TARGETS);
    uint64_t least = p->layout.columns ? p->targets : p->values;
    if (p->layout.lead != 0 && p->layout.lead < least)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "targets of a blend: lead is %llu; it must be 0 or at least %llu",
                        (unsigned long long)p->layout.lead, (unsigned long long)least);
    if ((unsigned)p->path > FM_BLEND_CLBLAST)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "path of a blend is %d; use an fm_blend_path value", (int)p->path);
    return FM_OK;
}

fm_status fm_blend_create(fm_blend **blend, fm_engine *engine, const fm_blend_params *params,
                          const float *base, const float *targets, fm_error *err) {
    if (!blend)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_blend_create: blend is NULL");
    *blend = NULL;
    if (!engine || !params || !base || !targets)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_blend_create: a NULL argument");
    fm_status status = check_params(params, err);
    if (status != FM_OK)
        return status;
    fm_blend *b = calloc(1, sizeof *b);
    if (!b)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a blend");
    b->engine = engine;
    b->half = params->half;
    b->at_once = FMI_BLEND_CHUNK;
    b->info.values = params->values;
    b->info.targets = params->targets;
    status = fmi_blend_choose(b, params, err);
    if (status == FM_OK)
        status = engine->reference ? keep_plain(b, params, base, targets, err)
                                   : fmi_blend_prepare(b, params, base, targets, err);
    if (status != FM_OK)
        fm_blend_destroy(&b);
    *blend = b;
    return fmi_while(err, status, "creating a blend of %u targets", params->targets);
}

void fm_blend_destroy(fm_blend **blend) {
    if (!blend || !*blend)
        return;
    fm_blend *b = *blend;
    if (b->rows)
        clReleaseKernel(b->rows);
    if (b->copy)
        clReleaseKernel(b->copy);
    if (b->program)
        clReleaseProgram(b->program);
    fmi_buffer_destroy(&b->shapes);
    fmi_buffer_destroy(&b->weights);
    fmi_buffer_destroy(&b->chunk);
    free(b->plain);
    free(b);
    *blend = NULL;
}

fm_status fm_blend_info_get(const fm_blend *blend, fm_blend_info *info) {
    if (!blend || !info)
        return FM_ERROR_INVALID_ARGUMENT;
    *info = blend->info;
    return FM_OK;
}
