/* SPDX-License-Identifier: MIT */
/* Launches of morphed textures. */
#include "textures_impl.h"

#include "error.h"
#include "pair_impl.h"
#include "raster_impl.h"
#include "recovered.h"

#include <fm/memory.h>

#include <stdio.h>

#define COLUMNS 8 /* of a work-item of the wide form */

static const char *kernel_name(const fmi_textures *x) {
    if (x->rows)
        return "fm_texture_morph_rows";
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

uint64_t fmi_textures_row_bytes(const fmi_textures *x) {
    return x->texture_bytes / x->height;
}

/* As many as asked for, as the job has, as fit one buffer and the memory budget; else rows. */
static fm_status choose_chunk(fmi_textures *x, uint32_t asked, fm_error *err) {
    uint64_t room = find_room(x), rows = room / fmi_textures_row_bytes(x);
    uint64_t chunk =
        x->format == FM_TEXTURE_BYTE ? FMI_TEXTURES_CHUNK_BYTE : FMI_TEXTURES_CHUNK_FLOAT;
    if (asked)
        chunk = asked;
    chunk = chunk < x->n ? chunk : x->n;
    if (chunk > room / x->texture_bytes)
        chunk = room / x->texture_bytes;
    if (rows == 0)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "a row of a texture of %ux%u takes %llu bytes and %llu are left; raise "
                        "--mem-limit",
                        x->width, x->height, (unsigned long long)fmi_textures_row_bytes(x),
                        (unsigned long long)room);
    x->banded = chunk == 0;
    x->chunk = x->banded ? 1 : (uint32_t)chunk;
    x->band = x->banded ? (uint32_t)rows : x->height;
    fmi_recovery_begin(&x->recovery, x->banded ? x->band : x->chunk);
    return FM_OK;
}

fm_status fmi_textures_open(fmi_textures *x, fm_pair *pair, fm_texture_format format, uint32_t n,
                            uint32_t chunk, fm_error *err) {
    fm_engine *engine = pair->engine;
    *x = (fmi_textures){.pair = pair,
                        .format = format,
                        .n = n,
                        .width = pair->info.texture_width,
                        .height = pair->info.texture_height,
                        .rows = engine->specialisation == FM_SPECIALISATION_CPU};
    x->texture_bytes = 3 * (uint64_t)x->width * x->height *
                       (format == FM_TEXTURE_BYTE ? sizeof(uint8_t) : sizeof(float));
    char options[64];
    snprintf(options, sizeof options, "%s%s",
             x->rows && format == FM_TEXTURE_FLOAT ? "-DFMK_FLOATS=1 " : "",
             engine->caps.no_hints ? "-DFMK_NO_HINTS" : "");
    fm_status status = choose_chunk(x, chunk, err);
    if (status == FM_OK)
        status = fmi_engine_program(engine, x->rows ? "texture_morph_rows.cl" : "texture_morph.cl",
                                    options, &x->program, err);
    return status == FM_OK ? fmi_kernel_create(&x->kernel, x->program, kernel_name(x), err)
                           : status;
}

fm_status fmi_textures_need(fmi_textures *x, const float *t, fm_error *err) {
    fmi_queue *queue = x->pair->engine->queue;
    uint64_t bytes = fmi_textures_row_bytes(x) * x->band * x->chunk;
    fm_status status = FM_OK;
    if (!x->out.mem)
        status =
            fmi_buffer_create(&x->out, queue, CL_MEM_WRITE_ONLY, bytes, "morphed textures", err);
    if (status != FM_OK || x->weights.mem)
        return status;
    status = fmi_buffer_create(&x->weights, queue, CL_MEM_READ_ONLY, sizeof(float) * x->n,
                               "weights", err);
    return status == FM_OK ? fmi_textures_weights(x, t, err) : status;
}

/* The renderer's frame buffers go first. */
bool fmi_textures_smaller(fmi_textures *x, fm_status status, const fm_error *err) {
    static const fmi_piecework chunks = {.stage = "textures", .unit = "textures", .each = 1};
    static const fmi_piecework rows = {.stage = "textures", .unit = "rows", .each = 1};
    if (!x->banded && x->chunk == 1) {
        x->banded = true;
        fmi_recovery_begin(&x->recovery, x->height);
    }
    if (!fmi_recovered(x->pair->engine, &x->recovery, x->banded ? &rows : &chunks, status, err))
        return false;
    fmi_raster_idle(x->pair->state);
    fmi_buffer_destroy(&x->out);
    *(x->banded ? &x->band : &x->chunk) = x->recovery.batch;
    return true;
}

fm_status fmi_textures_create(fmi_textures *x, fm_pair *pair, fm_texture_format format,
                              const float *t, uint32_t n, uint32_t chunk, fm_error *err) {
    fm_status status = fmi_textures_open(x, pair, format, n, chunk, err);
    if (status == FM_OK && x->banded)
        status = fmi_fail(err, FM_ERROR_LIMIT,
                          "a texture of %ux%u takes %llu bytes and there is less; raise "
                          "--mem-limit",
                          x->width, x->height, (unsigned long long)x->texture_bytes);
    if (status == FM_OK)
        status = fmi_textures_need(x, t, err);
    if (status != FM_OK)
        fmi_textures_destroy(x);
    return status;
}

fm_status fmi_textures_weights(fmi_textures *x, const float *t, fm_error *err) {
    return fmi_buffer_write(&x->weights, 0, sizeof(float) * x->n, t, err);
}

/* Rows for devices that are CPUs, else columns: see the kernels. */
static void choose_range(const fmi_textures *x, uint32_t rows, fmi_launch *launch) {
    size_t group = x->pair->engine->caps.max_group_size >= 64 ? 64 : 1;
    size_t columns = (x->width + COLUMNS - 1) / COLUMNS;
    if (x->rows) {
        launch->dims = 1;
        launch->global[0] = rows;
        launch->local[0] = 1;
        return;
    }
    launch->dims = 2;
    launch->global[0] = (columns + group - 1) / group * group;
    launch->global[1] = rows;
    launch->local[0] = group;
    launch->local[1] = 1;
}

fm_status fmi_textures_run_rows(fmi_textures *x, uint32_t first, uint32_t count, uint32_t row,
                                uint32_t rows, fm_error *err) {
    const fmi_raster *raster = x->pair->state;
    fmi_queue *queue = x->pair->engine->queue;
    uint32_t columns = COLUMNS;
    fmi_arg args[9] = {FMI_ARG(raster->texels.mem),
                       FMI_ARG(x->weights.mem),
                       FMI_ARG(x->out.mem),
                       FMI_ARG(x->width),
                       FMI_ARG(rows),
                       FMI_ARG(first),
                       FMI_ARG(count)};
    fmi_launch launch = {.kernel = x->kernel, .name = kernel_name(x), .args = args, .arg_count = 7};
    if (!x->rows)
        args[launch.arg_count++] = FMI_ARG(columns);
    args[launch.arg_count++] = FMI_ARG(row);
    choose_range(x, rows, &launch);
    fm_status status = fmi_queue_launch(queue, &launch, err);
    return status == FM_OK ? fmi_queue_finish(queue, err) : status;
}

fm_status fmi_textures_run(fmi_textures *x, uint32_t first, uint32_t count, fm_error *err) {
    return fmi_textures_run_rows(x, first, count, 0, x->height, err);
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
