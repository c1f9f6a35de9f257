/* SPDX-License-Identifier: MIT */
/* Materialised textures of a morph, chunk by chunk, from the texels the renderer has anyway. */
#include <fm/textures.h>

#include "clock.h"
#include "error.h"
#include "pair_impl.h"
#include "raster_impl.h"

#include <fm/memory.h>

/* Small ones: memory that is new to the process costs ten times a launch. Measured for 41 textures
 * of 2048 x 2048 on 2 cores: float 23, 22, 18 and 13 GB/s with 1, 2, 4 and 8 in a chunk, bytes 3.8,
 * 7.3, 6.3 and 5.8 (the kernel makes two at a time). */
#define CHUNK_FLOAT 1U
#define CHUNK_BYTE 2U

/** One job. Zeroed = none. */
typedef struct job {
    fm_pair *pair;
    fm_textures_params params;
    const float *t;
    uint32_t n, width, height, run;
    uint64_t texture_bytes;
    fmi_buffer out, weights;
    cl_program program;
    cl_kernel kernel;
    fm_textures_report report;
} job;

static const char *kernel_name(const job *j) {
    return j->params.format == FM_TEXTURE_BYTE ? "fm_texture_morph_byte" : "fm_texture_morph_float";
}

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

static uint64_t room_left(const job *j) {
    fm_memory memory = {0};
    uint64_t room = j->pair->engine->caps.max_alloc_bytes;
    if (fm_memory_query(j->pair->engine, &memory, NULL) == FM_OK) {
        uint64_t left = memory.budget_bytes > memory.ledger_bytes
                            ? memory.budget_bytes - memory.ledger_bytes
                            : 0;
        room = left < room ? left : room;
    }
    return room;
}

/* Bytes for a chunk. Where not even one texture fits, the frame buffers of the renderer go; a
 * budget that was guessed or learned from a failure gives way to the driver, one the caller set
 * does not. */
static uint64_t find_room(const job *j) {
    const fm_engine *engine = j->pair->engine;
    uint64_t room = room_left(j);
    if (room >= j->texture_bytes)
        return room;
    fmi_raster_idle(j->pair->state);
    room = room_left(j);
    if (room < j->texture_bytes && engine->mem_limit_bytes == 0 &&
        engine->caps.max_alloc_bytes >= j->texture_bytes)
        room = j->texture_bytes;
    return room;
}

/* As many as asked for, as the job has, as fit one buffer and the memory budget. */
static fm_status choose_chunk(job *j, fm_error *err) {
    uint64_t room = find_room(j);
    uint64_t chunk = j->params.format == FM_TEXTURE_BYTE ? CHUNK_BYTE : CHUNK_FLOAT;
    if (j->params.chunk)
        chunk = j->params.chunk;
    chunk = chunk < j->n ? chunk : j->n;
    if (chunk > room / j->texture_bytes)
        chunk = room / j->texture_bytes;
    if (chunk == 0)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "a texture of %ux%u takes %llu bytes and %llu are left; raise --mem-limit",
                        j->width, j->height, (unsigned long long)j->texture_bytes,
                        (unsigned long long)room);
    j->report.chunk = (uint32_t)chunk;
    return FM_OK;
}

static fm_status prepare(job *j, fm_error *err) {
    fm_engine *engine = j->pair->engine;
    fm_status status = choose_chunk(j, err);
    if (status == FM_OK)
        status = fmi_engine_program(engine, "texture_morph.cl", "", &j->program, err);
    if (status == FM_OK)
        status = fmi_kernel_create(&j->kernel, j->program, kernel_name(j), err);
    if (status == FM_OK)
        status = fmi_buffer_create(&j->out, engine->queue, CL_MEM_WRITE_ONLY,
                                   j->texture_bytes * j->report.chunk, "morphed textures", err);
    if (status == FM_OK)
        status = fmi_buffer_create(&j->weights, engine->queue, CL_MEM_READ_ONLY,
                                   sizeof(float) * j->n, "weights", err);
    if (status == FM_OK)
        status = fmi_buffer_write(&j->weights, 0, sizeof(float) * j->n, j->t, err);
    return status;
}

static fm_status run_chunk(job *j, uint32_t first, uint32_t frames, fm_error *err) {
    const fmi_raster *raster = j->pair->state;
    fmi_queue *queue = j->pair->engine->queue;
    fmi_arg args[] = {FMI_ARG(raster->texels.mem),
                      FMI_ARG(j->weights.mem),
                      FMI_ARG(j->out.mem),
                      FMI_ARG(j->width),
                      FMI_ARG(j->height),
                      FMI_ARG(first),
                      FMI_ARG(frames),
                      FMI_ARG(j->run)};
    size_t group = j->run < j->width && j->pair->engine->caps.max_group_size >= 64 ? 64 : 1;
    size_t columns = (j->width + j->run - 1) / j->run;
    fmi_launch launch = {.kernel = j->kernel,
                         .name = kernel_name(j),
                         .args = args,
                         .arg_count = 8,
                         .dims = 2,
                         .global = {(columns + group - 1) / group * group, j->height, 1},
                         .local = {group, 1, 1}};
    uint64_t start = fmi_clock_ns();
    fm_status status = fmi_queue_launch(queue, &launch, err);
    if (status == FM_OK)
        status = fmi_queue_finish(queue, err);
    j->report.run_seconds += 1e-9 * (double)(fmi_clock_ns() - start);
    j->report.launches++;
    j->report.bytes += j->texture_bytes * frames;
    return status;
}

static fm_status hand_over(job *j, uint32_t first, uint32_t frames, fm_texture_fn sink, void *user,
                           fm_error *err) {
    void *mapped = NULL;
    fm_status status =
        fmi_buffer_map(&j->out, CL_MAP_READ, 0, j->texture_bytes * frames, &mapped, err);
    for (uint32_t i = 0; i < frames && status == FM_OK; i++) {
        const fm_texture texture = {.index = first + i,
                                    .t = j->t[first + i],
                                    .width = j->width,
                                    .height = j->height,
                                    .format = j->params.format,
                                    .values = (const uint8_t *)mapped + i * j->texture_bytes};
        status = sink(user, &texture, err);
    }
    fm_status unmapped = fmi_buffer_unmap(&j->out, &mapped, status == FM_OK ? err : NULL);
    return status == FM_OK ? unmapped : status;
}

static void finish(job *j) {
    fmi_buffer_destroy(&j->out);
    fmi_buffer_destroy(&j->weights);
    if (j->kernel)
        clReleaseKernel(j->kernel);
    if (j->program)
        clReleaseProgram(j->program);
}

fm_status fm_morph_textures(fm_pair *pair, const float *t, uint32_t n,
                            const fm_textures_params *params, fm_texture_fn sink, void *user,
                            fm_textures_report *report, fm_error *err) {
    uint64_t start = fmi_clock_ns();
    if (report)
        *report = (fm_textures_report){0};
    fm_status status = check(pair, t, n, params, err);
    if (status != FM_OK)
        return status;
    job j = {.pair = pair,
             .t = t,
             .n = n,
             .width = pair->info.texture_width,
             .height = pair->info.texture_height};
    if (params)
        j.params = *params;
    const fm_caps *caps = &pair->engine->caps;
    j.run = caps->type == FM_DEVICE_CPU && caps->max_loop == 0 ? j.width : 8;
    j.texture_bytes = 3 * (uint64_t)j.width * j.height *
                      (j.params.format == FM_TEXTURE_BYTE ? sizeof(uint8_t) : sizeof(float));
    status = prepare(&j, err);
    for (uint32_t first = 0; first < n && status == FM_OK; first += j.report.chunk) {
        uint32_t frames = n - first < j.report.chunk ? n - first : j.report.chunk;
        status = run_chunk(&j, first, frames, err);
        if (status == FM_OK && sink)
            status = hand_over(&j, first, frames, sink, user, err);
    }
    finish(&j);
    j.report.wall_seconds = 1e-9 * (double)(fmi_clock_ns() - start);
    if (report)
        *report = j.report;
    return fmi_while(err, status, "making %u morphed textures", n);
}
