/* SPDX-License-Identifier: MIT */
/* Products of a blend: weights up, our kernel or CLBlast, results where the caller wants them. */
#include "blend_impl.h"

#include "error.h"
#include "recovered.h"
#include "ref/ref.h"

#include <stdlib.h>
#include <string.h>

/* ---- strides ---- */

/* A matrix as two steps: element (row, column) at offset + row * row_step + column * column_step.
 */
typedef struct strides {
    uint64_t offset, row, column;
} strides;

static strides strides_of(const fm_blend_matrix *layout, uint32_t rows, uint32_t columns) {
    uint64_t lead = layout->lead ? layout->lead : (layout->columns ? rows : columns);
    return (strides){.offset = layout->offset,
                     .row = layout->columns ? 1 : lead,
                     .column = layout->columns ? lead : 1};
}

static fm_status check_matrix(const char *what, const fm_blend_matrix *layout, uint32_t rows,
                              uint32_t columns, fm_error *err) {
    uint64_t least = layout->columns ? rows : columns;
    if (layout->lead == 0 || layout->lead >= least)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                    "%s of a blend: lead is %llu; it must be 0 or at least %llu", what,
                    (unsigned long long)layout->lead, (unsigned long long)least);
}

static fm_status check_buffer(const char *what, cl_mem mem, const fm_blend_matrix *layout,
                              uint32_t rows, uint32_t columns, fm_error *err) {
    size_t bytes = 0;
    strides s = strides_of(layout, rows, columns);
    uint64_t floats = s.offset + (rows - 1) * s.row + (columns - 1) * s.column + 1;
    cl_int code = clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    if (code != CL_SUCCESS)
        return fmi_fail_cl(err, code, "clGetMemObjectInfo", "%s of a blend is not a buffer", what);
    if (floats <= bytes / sizeof(float))
        return FM_OK;
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                    "%s of a blend: the buffer has %zu bytes and %llu floats are needed", what,
                    bytes, (unsigned long long)floats);
}

/* ---- launches ---- */

static size_t copy_group(const fm_engine *engine) {
    return engine->caps.max_group_size >= 64 ? 64 : 1;
}

/* Of fm_blend_rows_gpu. */
static size_t rows_group(const fm_engine *engine) {
    const fm_tuning *t = &engine->caps.tuned;
    const bool fits = t->specialisation == FM_SPECIALISATION_GPU && t->blend_group &&
                      t->blend_group <= engine->caps.max_group_size;
    return fits ? t->blend_group : copy_group(engine);
}

/* Copies rows x columns floats between two matrices on the device. */
static fm_status copy(fm_blend *blend, cl_mem from, strides f, cl_mem to, strides t, uint32_t rows,
                      uint32_t columns, fm_error *err) {
    cl_ulong numbers[6] = {f.offset, f.row, f.column, t.offset, t.row, t.column};
    fmi_arg args[] = {FMI_ARG(from),       FMI_ARG(to),         FMI_ARG(columns),
                      FMI_ARG(rows),       FMI_ARG(numbers[0]), FMI_ARG(numbers[1]),
                      FMI_ARG(numbers[2]), FMI_ARG(numbers[3]), FMI_ARG(numbers[4]),
                      FMI_ARG(numbers[5])};
    size_t group = copy_group(blend->engine);
    fmi_launch launch = {.kernel = blend->copy,
                         .name = "fm_blend_copy",
                         .args = args,
                         .arg_count = 10,
                         .dims = 2,
                         .global = {(columns + group - 1) / group * group, rows, 1},
                         .local = {group, 1, 1},
                         .timer = FMI_BLEND_TIMER};
    return fmi_queue_launch(blend->engine->queue, &launch, err);
}

static fm_status own_rows(fm_blend *blend, uint32_t first, uint32_t frames, cl_mem out,
                          uint64_t offset, uint64_t lead, fm_error *err) {
    bool gpu = blend->engine->specialisation == FM_SPECIALISATION_GPU;
    uint32_t values = blend->info.values, targets = blend->info.targets;
    cl_ulong start = offset, step = lead;
    fmi_arg args[] = {FMI_ARG(blend->shapes.mem),
                      FMI_ARG(blend->weights.mem),
                      FMI_ARG(out),
                      FMI_ARG(targets),
                      FMI_ARG(values),
                      FMI_ARG(blend->pitch),
                      FMI_ARG(first),
                      FMI_ARG(frames),
                      FMI_ARG(start),
                      FMI_ARG(step)};
    uint32_t block = gpu ? FMI_BLEND_FRAMES : FMI_BLEND_FRAMES * FMI_BLEND_RUN;
    size_t blocks = (frames + block - 1) / block, group = gpu ? rows_group(blend->engine) : 1;
    size_t panels = fmi_blend_width(values) / FMI_BLEND_PANEL;
    fmi_launch launch = {.kernel = blend->rows,
                         .name = gpu ? "fm_blend_rows_gpu" : "fm_blend_rows",
                         .args = args,
                         .arg_count = 10,
                         .dims = 2,
                         .global = {blocks, panels, 1},
                         .local = {group, 1, 1},
                         .timer = FMI_BLEND_TIMER};
    if (gpu) {
        launch.global[0] = (values + group - 1) / group * group;
        launch.global[1] = blocks;
    }
    return fmi_queue_launch(blend->engine->queue, &launch, err);
}

/* CLBlast always makes whole ones. */
static uint32_t chunk_frames(const fm_blend *blend) {
    return blend->info.path == FM_BLEND_CLBLAST ? FMI_BLEND_CHUNK : blend->at_once;
}

static fm_status need_chunk(fm_blend *blend, fm_error *err) {
    uint64_t bytes = (uint64_t)chunk_frames(blend) * blend->info.values * sizeof(float);
    if (blend->chunk.mem && blend->chunk.bytes >= bytes)
        return FM_OK;
    blend->info.device_bytes -= blend->chunk.bytes;
    fmi_buffer_destroy(&blend->chunk);
    fm_status status = fmi_buffer_create(&blend->chunk, blend->engine->queue, CL_MEM_READ_WRITE,
                                         bytes, "frames of a blend", err);
    if (status == FM_OK)
        blend->info.device_bytes += bytes;
    return status;
}

static fm_status multiply(fm_blend *blend, uint32_t first, cl_mem out, uint64_t offset,
                          uint64_t lead, fm_error *err) {
    const fmi_gemm_job job = {.m = FMI_BLEND_CHUNK,
                              .n = blend->info.values,
                              .k = (size_t)blend->info.targets + 1,
                              .a = blend->weights.mem,
                              .b = blend->shapes.mem,
                              .c = out,
                              .a_offset = first,
                              .a_lead = blend->pitch,
                              .b_lead = fmi_blend_width(blend->info.values),
                              .c_offset = offset,
                              .c_lead = lead};
    fm_status status = fmi_queue_check_cancel(blend->engine->queue, err);
    if (status != FM_OK)
        return status;
    int code = blend->gemm->multiply(fmi_queue_cl(blend->engine->queue), &job);
    if (code == 0)
        return FM_OK;
    return fmi_queue_fail(blend->engine->queue, err, code, "CLBlastSgemm",
                          "the product of a blend failed; use FM_BLEND_OWN");
}

/* Always whole chunks: CLBlast picks its kernels by the shape, and each may round another way. */
static fm_status gemm_rows(fm_blend *blend, uint32_t first, uint32_t frames, cl_mem out,
                           uint64_t offset, uint64_t lead, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; i < frames && status == FM_OK; i += FMI_BLEND_CHUNK) {
        uint32_t left = frames - i;
        if (left >= FMI_BLEND_CHUNK) {
            status = multiply(blend, first + i, out, offset + i * lead, lead, err);
            continue;
        }
        strides from = {.row = blend->info.values, .column = 1};
        strides to = {.offset = offset + i * lead, .row = lead, .column = 1};
        status = need_chunk(blend, err);
        if (status == FM_OK)
            status = multiply(blend, first + i, blend->chunk.mem, 0, blend->info.values, err);
        if (status == FM_OK)
            status = copy(blend, blend->chunk.mem, from, out, to, left, blend->info.values, err);
    }
    return status;
}

fm_status fmi_blend_rows(fm_blend *blend, uint32_t first, uint32_t frames, cl_mem out,
                         uint64_t offset, uint64_t lead, fm_error *err) {
    return blend->info.path == FM_BLEND_CLBLAST
               ? gemm_rows(blend, first, frames, out, offset, lead, err)
               : own_rows(blend, first, frames, out, offset, lead, err);
}

/* ---- weights ---- */

/* Room for the weights of so many frames. CLBlast reads whole chunks of them. */
static fm_status need_weights(fm_blend *blend, uint32_t frames, fm_error *err) {
    uint32_t pitch =
        fmi_blend_pitch(frames + (blend->info.path == FM_BLEND_CLBLAST ? FMI_BLEND_CHUNK : 0));
    uint64_t bytes = ((uint64_t)blend->info.targets + 1) * pitch * sizeof(float);
    blend->pitch = pitch;
    if (blend->weights.mem && blend->weights.bytes >= bytes)
        return FM_OK;
    fmi_buffer_destroy(&blend->weights);
    return fmi_buffer_create(&blend->weights, blend->engine->queue, CL_MEM_READ_WRITE, bytes,
                             "weights of a blend", err);
}

static fm_status map_weights(fm_blend *blend, uint64_t bytes, float **mapped, fm_error *err) {
    void *to = NULL;
    fm_status status =
        fmi_buffer_map(&blend->weights, CL_MAP_WRITE_INVALIDATE_REGION, 0, bytes, &to, err);
    *mapped = to;
    return status;
}

fm_status fmi_blend_set_weights(fm_blend *blend, const float *weights,
                                const fm_blend_matrix *layout, uint32_t frames, fm_error *err) {
    fm_status status = need_weights(blend, frames, err);
    uint32_t pitch = blend->pitch, targets = blend->info.targets;
    uint64_t floats = ((uint64_t)targets + 1) * pitch;
    float *to = NULL;
    if (status == FM_OK)
        status = map_weights(blend, floats * sizeof(float), &to, err);
    if (status != FM_OK)
        return status;
    strides s = strides_of(layout, frames, targets);
    memset(to, 0, floats * sizeof(float));
    for (uint32_t f = 0; f < pitch; ++f)
        to[f] = 1.0F;
    for (uint32_t k = 0; k < targets; ++k) {
        const float *from = weights + s.offset + k * s.column;
        float *row = to + ((size_t)k + 1) * pitch;
        for (uint32_t f = 0; f < frames; ++f)
            row[f] = from[f * s.row];
    }
    void *mapped = to;
    return fmi_buffer_unmap(&blend->weights, &mapped, err);
}

/* The same from a buffer: ones and zeros by map, the rest by a copy on the device. */
static fm_status copy_weights(fm_blend *blend, cl_mem weights, const fm_blend_matrix *layout,
                              uint32_t frames, fm_error *err) {
    fm_status status = need_weights(blend, frames, err);
    uint64_t floats = ((uint64_t)blend->info.targets + 1) * blend->pitch;
    float *to = NULL;
    if (status == FM_OK)
        status = map_weights(blend, floats * sizeof(float), &to, err);
    if (status != FM_OK)
        return status;
    memset(to, 0, floats * sizeof(float));
    for (uint32_t f = 0; f < blend->pitch; ++f)
        to[f] = 1.0F;
    void *mapped = to;
    status = fmi_buffer_unmap(&blend->weights, &mapped, err);
    strides s = {.offset = blend->pitch, .row = 1, .column = blend->pitch};
    if (status == FM_OK)
        status = copy(blend, weights, strides_of(layout, frames, blend->info.targets),
                      blend->weights.mem, s, frames, blend->info.targets, err);
    return status;
}

/* ---- results ---- */

static fm_status to_buffer(fm_blend *blend, const fm_blend_job *job, cl_mem out, fm_error *err) {
    strides s = strides_of(&job->out, job->frames, blend->info.values);
    fm_status status = FM_OK;
    if (!job->out.columns)
        return fmi_blend_rows(blend, 0, job->frames, out, s.offset, s.row, err);
    strides from = {.row = blend->info.values, .column = 1};
    uint32_t most = chunk_frames(blend);
    status = need_chunk(blend, err);
    for (uint32_t i = 0; i < job->frames && status == FM_OK; i += most) {
        uint32_t left = job->frames - i, frames = left < most ? left : most;
        strides to = {.offset = s.offset + i * s.row, .row = s.row, .column = s.column};
        if (blend->info.path == FM_BLEND_CLBLAST)
            status = multiply(blend, i, blend->chunk.mem, 0, from.row, err);
        else
            status = own_rows(blend, i, frames, blend->chunk.mem, 0, from.row, err);
        if (status == FM_OK)
            status = copy(blend, blend->chunk.mem, from, out, to, frames, blend->info.values, err);
    }
    return status;
}

static void copy_frames(const float *from, uint32_t values, float *out, strides s, uint32_t first,
                        uint32_t frames) {
    for (uint32_t f = 0; f < frames; ++f) {
        float *to = out + s.offset + (first + f) * s.row;
        const float *row = from + (size_t)f * values;
        if (s.column == 1)
            memcpy(to, row, values * sizeof *to);
        for (size_t i = 0; s.column != 1 && i < values; ++i)
            to[i * s.column] = row[i];
    }
}

static fm_status to_host(fm_blend *blend, const fm_blend_job *job, float *out, fm_error *err) {
    strides s = strides_of(&job->out, job->frames, blend->info.values);
    uint64_t row = blend->info.values;
    uint32_t most = chunk_frames(blend);
    fm_status status = need_chunk(blend, err);
    for (uint32_t i = 0; i < job->frames && status == FM_OK; i += most) {
        uint32_t left = job->frames - i, frames = left < most ? left : most;
        void *mapped = NULL;
        if (blend->info.path == FM_BLEND_CLBLAST)
            status = multiply(blend, i, blend->chunk.mem, 0, row, err);
        else
            status = own_rows(blend, i, frames, blend->chunk.mem, 0, row, err);
        if (status == FM_OK)
            status = fmi_buffer_map(&blend->chunk, CL_MAP_READ, 0, frames * row * sizeof(float),
                                    &mapped, err);
        if (status != FM_OK)
            break;
        copy_frames(mapped, blend->info.values, out, s, i, frames);
        status = fmi_buffer_unmap(&blend->chunk, &mapped, err);
    }
    return status;
}

static fm_status run_reference(fm_blend *blend, const fm_blend_job *job, const float *weights,
                               float *out, fm_error *err) {
    uint32_t values = blend->info.values, targets = blend->info.targets;
    strides w = strides_of(&job->weights, job->frames, targets);
    strides o = strides_of(&job->out, job->frames, values);
    size_t width = fmi_blend_width(values);
    float *row = malloc(sizeof *row * ((size_t)values + targets));
    if (!row)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u values", values);
    for (uint32_t f = 0; f < job->frames; ++f) {
        for (uint32_t k = 0; k < targets; ++k)
            row[values + k] = weights[w.offset + f * w.row + k * w.column];
        fmi_ref_blend(blend->plain, blend->plain + width, width, values, targets, row + values,
                      row);
        copy_frames(row, values, out, o, f, 1);
    }
    free(row);
    return FM_OK;
}

static fm_status check_job(const fm_blend *blend, const fm_blend_job *job, const void *weights,
                           void *out, fm_error *err) {
    if (job->struct_size != sizeof *job)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_blend_run: struct_size is %zu, not %zu",
                        job->struct_size, sizeof *job);
    if (job->frames == 0 || (uint64_t)job->frames * blend->info.targets > INT32_MAX)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_blend_run: %u frames of %u targets; 1 to %u frames are possible",
                        job->frames, blend->info.targets, INT32_MAX / blend->info.targets);
    if ((job->weights_buffer || job->out_buffer) && blend->engine->reference)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                        "fm_blend_run: the reference device has no buffers; bring host arrays");
    fm_status status =
        check_matrix("weights", &job->weights, job->frames, blend->info.targets, err);
    if (status == FM_OK)
        status = check_matrix("result", &job->out, job->frames, blend->info.values, err);
    if (status == FM_OK && job->weights_buffer)
        status = check_buffer("weights", (cl_mem)(uintptr_t)weights, &job->weights, job->frames,
                              blend->info.targets, err);
    if (status == FM_OK && job->out_buffer)
        status = check_buffer("result", out, &job->out, job->frames, blend->info.values, err);
    return status;
}

/* ---- in pieces, when memory ran out ---- */

static fm_blend_matrix from_row(const fm_blend_matrix *layout, uint32_t rows, uint32_t columns,
                                uint32_t first) {
    strides s = strides_of(layout, rows, columns);
    return (fm_blend_matrix){.columns = layout->columns,
                             .lead = layout->columns ? s.column : s.row,
                             .offset = s.offset + first * s.row};
}

static fm_status run_piece(fm_blend *blend, const fm_blend_job *all, uint32_t first,
                           uint32_t frames, const void *weights, void *out, fm_error *err) {
    fm_blend_job job = *all;
    job.frames = frames;
    job.weights = from_row(&all->weights, all->frames, blend->info.targets, first);
    job.out = from_row(&all->out, all->frames, blend->info.values, first);
    fm_status status =
        job.weights_buffer
            ? copy_weights(blend, (cl_mem)(uintptr_t)weights, &job.weights, frames, err)
            : fmi_blend_set_weights(blend, weights, &job.weights, frames, err);
    if (status == FM_OK)
        status = job.out_buffer ? to_buffer(blend, &job, out, err) : to_host(blend, &job, out, err);
    return status == FM_OK ? fmi_queue_finish(blend->engine->queue, err) : status;
}

/* Half the frames at once, without the buffers of all. */
static bool take_smaller(fm_blend *blend, fmi_recovery *recovery, fm_status status,
                         const fm_error *err) {
    static const fmi_piecework work = {.stage = "blend", .unit = "frames", .each = 1};
    if (!fmi_recovered(blend->engine, recovery, &work, status, err))
        return false;
    fmi_buffer_destroy(&blend->weights);
    blend->info.device_bytes -= blend->chunk.bytes;
    fmi_buffer_destroy(&blend->chunk);
    if (recovery->batch < blend->at_once)
        blend->at_once = recovery->batch;
    return true;
}

static fm_status run_device(fm_blend *blend, const fm_blend_job *job, const void *weights,
                            void *out, fm_error *err) {
    fmi_recovery recovery;
    fm_error own = {0};
    err = err ? err : &own; /* recovery looks at the code */
    fmi_recovery_begin(&recovery, job->frames);
    for (uint32_t first = 0; first < job->frames;) {
        uint32_t left = job->frames - first;
        uint32_t frames = left < recovery.batch ? left : recovery.batch;
        fm_status status = run_piece(blend, job, first, frames, weights, out, err);
        if (status == FM_OK)
            first += frames;
        else if (!take_smaller(blend, &recovery, status, err))
            return status;
    }
    return FM_OK;
}

fm_status fm_blend_run(fm_blend *blend, const fm_blend_job *job, const void *weights, void *out,
                       fm_error *err) {
    if (!blend || !job || !weights || !out)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_blend_run: a NULL argument");
    fm_status status = check_job(blend, job, weights, out, err);
    if (status != FM_OK)
        return status;
    if (blend->engine->reference)
        return run_reference(blend, job, weights, out, err);
    status = run_device(blend, job, weights, out, err);
    return fmi_while(err, status, "blending %u frames of %u targets", job->frames,
                     blend->info.targets);
}
