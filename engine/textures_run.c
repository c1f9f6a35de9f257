/* SPDX-License-Identifier: MIT */
/* Launches of morphed textures. */
#include "textures_impl.h"

#include "error.h"
#include "pair_impl.h"
#include "raster_impl.h"

#include <fm/memory.h>

#define COLUMNS 8 /* of a work-item of the wide form */

static const char *kernel_name(const fmi_textures *x) {
    if (x->rows)
        return x->format == FM_TEXTURE_BYTE ? "fm_texture_morph_byte_rows"
                                            : "fm_texture_morph_float_rows";
    return x->format == FM_TEXTURE_BYTE ? "fm_texture_morph_byte" : "fm_texture_morph_float";
}

static uint64_t room_left(const fmi_textures *x) {
    fm_memory memory = {0};
    uint64_t room = x->pair->engine->caps.max_alloc_bytes;
    if (fm_memory_query(x->pair->engine, &memory, NULL) == FM_OK) {
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
static uint64_t find_room(const fmi_textures *x) {
    const fm_engine *engine = x->pair->engine;
    uint64_t room = room_left(x);
    if (room >= x->texture_bytes)
        return room;
    fmi_raster_idle(x->pair->state);
    room = room_left(x);
    if (room < x->texture_bytes && engine->mem_limit_bytes == 0 &&
        engine->caps.max_alloc_bytes >= x->texture_bytes)
        room = x->texture_bytes;
    return room;
}

/* As many as asked for, as the job has, as fit one buffer and the memory budget. */
static fm_status choose_chunk(fmi_textures *x, uint32_t asked, fm_error *err) {
    uint64_t room = find_room(x);
    uint64_t chunk =
        x->format == FM_TEXTURE_BYTE ? FMI_TEXTURES_CHUNK_BYTE : FMI_TEXTURES_CHUNK_FLOAT;
    if (asked)
        chunk = asked;
    chunk = chunk < x->n ? chunk : x->n;
    if (chunk > room / x->texture_bytes)
        chunk = room / x->texture_bytes;
    if (chunk == 0)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "a texture of %ux%u takes %llu bytes and %llu are left; raise --mem-limit",
                        x->width, x->height, (unsigned long long)x->texture_bytes,
                        (unsigned long long)room);
    x->chunk = (uint32_t)chunk;
    return FM_OK;
}

static fm_status make(fmi_textures *x, const float *t, fm_error *err) {
    fm_engine *engine = x->pair->engine;
    fm_status status =
        fmi_engine_program(engine, x->rows ? "texture_morph_rows.cl" : "texture_morph.cl",
                           engine->caps.no_restrict ? "-DFMK_NO_RESTRICT" : "", &x->program, err);
    if (status == FM_OK)
        status = fmi_kernel_create(&x->kernel, x->program, kernel_name(x), err);
    if (status == FM_OK)
        status = fmi_buffer_create(&x->out, engine->queue, CL_MEM_WRITE_ONLY,
                                   x->texture_bytes * x->chunk, "morphed textures", err);
    if (status == FM_OK)
        status = fmi_buffer_create(&x->weights, engine->queue, CL_MEM_READ_ONLY,
                                   sizeof(float) * x->n, "weights", err);
    return status == FM_OK ? fmi_textures_weights(x, t, err) : status;
}

fm_status fmi_textures_create(fmi_textures *x, fm_pair *pair, fm_texture_format format,
                              const float *t, uint32_t n, uint32_t chunk, fm_error *err) {
    *x = (fmi_textures){.pair = pair,
                        .format = format,
                        .n = n,
                        .width = pair->info.texture_width,
                        .height = pair->info.texture_height,
                        .rows = pair->engine->specialisation == FM_SPECIALISATION_CPU};
    x->texture_bytes = 3 * (uint64_t)x->width * x->height *
                       (format == FM_TEXTURE_BYTE ? sizeof(uint8_t) : sizeof(float));
    fm_status status = choose_chunk(x, chunk, err);
    if (status == FM_OK)
        status = make(x, t, err);
    if (status != FM_OK)
        fmi_textures_destroy(x);
    return status;
}

fm_status fmi_textures_weights(fmi_textures *x, const float *t, fm_error *err) {
    return fmi_buffer_write(&x->weights, 0, sizeof(float) * x->n, t, err);
}

/* Rows for devices that are CPUs, else columns: see the kernels. */
static void choose_range(const fmi_textures *x, fmi_launch *launch) {
    size_t group = x->pair->engine->caps.max_group_size >= 64 ? 64 : 1;
    size_t columns = (x->width + COLUMNS - 1) / COLUMNS;
    if (x->rows) {
        launch->dims = 1;
        launch->global[0] = x->height;
        launch->local[0] = 1;
        return;
    }
    launch->dims = 2;
    launch->global[0] = (columns + group - 1) / group * group;
    launch->global[1] = x->height;
    launch->local[0] = group;
    launch->local[1] = 1;
}

fm_status fmi_textures_run(fmi_textures *x, uint32_t first, uint32_t count, fm_error *err) {
    const fmi_raster *raster = x->pair->state;
    fmi_queue *queue = x->pair->engine->queue;
    uint32_t columns = COLUMNS;
    fmi_arg args[] = {FMI_ARG(raster->texels.mem),
                      FMI_ARG(x->weights.mem),
                      FMI_ARG(x->out.mem),
                      FMI_ARG(x->width),
                      FMI_ARG(x->height),
                      FMI_ARG(first),
                      FMI_ARG(count),
                      FMI_ARG(columns)};
    fmi_launch launch = {
        .kernel = x->kernel, .name = kernel_name(x), .args = args, .arg_count = x->rows ? 7 : 8};
    choose_range(x, &launch);
    fm_status status = fmi_queue_launch(queue, &launch, err);
    return status == FM_OK ? fmi_queue_finish(queue, err) : status;
}

void fmi_textures_destroy(fmi_textures *x) {
    fmi_buffer_destroy(&x->out);
    fmi_buffer_destroy(&x->weights);
    if (x->kernel)
        clReleaseKernel(x->kernel);
    if (x->program)
        clReleaseProgram(x->program);
    *x = (fmi_textures){0};
}
