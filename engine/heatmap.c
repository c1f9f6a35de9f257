/* SPDX-License-Identifier: MIT */
/*
 * The fields of the heatmaps on the device. Geometry, triangles and texels are the renderer's:
 * nothing of the pair goes up a second time.
 */
#include "heatmap_impl.h"

#include "error.h"
#include "log.h"
#include "raster_impl.h"

#include <fm/memory.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kernel_names[FMI_HEATMAP_KERNELS] = {
    [FMI_HEATMAP_SHAPE] = "fm_heatmap_shape",   [FMI_HEATMAP_TEXTURE] = "fm_heatmap_texture",
    [FMI_HEATMAP_SAMPLE] = "fm_heatmap_sample", [FMI_HEATMAP_PROJECT] = "fm_heatmap_project",
    [FMI_HEATMAP_CLEAR] = "fm_heatmap_clear",   [FMI_HEATMAP_DEPTH] = "fm_heatmap_depth",
    [FMI_HEATMAP_OWNER] = "fm_heatmap_owner",   [FMI_HEATMAP_PAINT] = "fm_heatmap_paint",
};

const char *fm_field_name(fm_field field) {
    static const char *const names[FM_FIELDS] = {"normal_displacement",    "tangent_displacement",
                                                 "total_displacement",     "luminance_difference",
                                                 "chrominance_difference", "perceptual_difference"};
    return (uint32_t)field < FM_FIELDS ? names[field] : "unknown";
}

bool fm_field_signed(fm_field field) {
    return field == FM_FIELD_NORMAL || field == FM_FIELD_LUMINANCE;
}

static fmi_queue *queue_of(const fm_heatmap *h) {
    return h->pair->engine->queue;
}

/* ---- making ---- */

/* The sRGB curve of the 256 bytes: IEC 61966-2-1. */
static void fill_linear(float linear[256]) {
    for (int i = 0; i < 256; i++) {
        double c = i / 255.0;
        linear[i] = (float)(c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
}

static void fill_tables(uint32_t tables[512]) {
    for (uint32_t m = 0; m < 2; m++) {
        uint8_t rgb[256][3];
        fm_colormap_table((fm_colormap)m, rgb);
        for (uint32_t i = 0; i < 256; i++)
            tables[256 * m + i] = rgb[i][0] | (uint32_t)rgb[i][1] << 8 | (uint32_t)rgb[i][2] << 16;
    }
}

static fm_status make_constants(fm_heatmap *h, fm_error *err) {
    float linear[256];
    uint32_t tables[512];
    fill_linear(linear);
    fill_tables(tables);
    fmi_queue *queue = queue_of(h);
    fm_status status = fmi_buffer_create(&h->linear, queue, CL_MEM_READ_ONLY, sizeof linear,
                                         "the sRGB curve", err);
    if (status == FM_OK)
        status = fmi_buffer_write(&h->linear, 0, sizeof linear, linear, err);
    if (status == FM_OK)
        status = fmi_buffer_create(&h->tables, queue, CL_MEM_READ_ONLY, sizeof tables,
                                   "colour tables", err);
    if (status == FM_OK)
        status = fmi_buffer_write(&h->tables, 0, sizeof tables, tables, err);
    return status;
}

static bool fits(const fm_heatmap *h, uint64_t bytes, fm_memory *memory) {
    if (fm_memory_query(h->pair->engine, memory, NULL) != FM_OK)
        return true; /* nothing known: the driver will say */
    return memory->ledger_bytes + bytes <= memory->budget_bytes;
}

fm_status fmi_heatmap_room(const fm_heatmap *h, uint64_t bytes, fm_error *err) {
    fm_memory memory;
    if (fits(h, bytes, &memory))
        return FM_OK;
    fmi_raster_idle(h->pair->state);
    /* A limit that the caller set holds; a budget that was guessed or learned from a failure may
     * be too small, so there the driver has the last word. */
    uint64_t limit = h->pair->engine->mem_limit_bytes;
    if (limit == 0 || fits(h, bytes, &memory))
        return FM_OK;
    return fmi_fail(err, FM_ERROR_LIMIT,
                    "the heatmaps need %llu bytes beside %llu and the budget is %llu; raise "
                    "--mem-limit or use --heatmaps off",
                    (unsigned long long)bytes, (unsigned long long)memory.ledger_bytes,
                    (unsigned long long)memory.budget_bytes);
}

static uint64_t value_bytes(const fm_heatmap *h) {
    return (h->pair->half ? sizeof(uint16_t) : sizeof(float)) * h->fields * (uint64_t)h->padded;
}

static fm_status make_fields(fm_heatmap *h, fm_error *err) {
    fmi_queue *queue = queue_of(h);
    fm_status status = fmi_heatmap_need(&h->values, queue, CL_MEM_READ_WRITE, value_bytes(h),
                                        "values at the vertices", err);
    if (status == FM_OK && h->width != 0)
        status = fmi_heatmap_need(&h->planes, queue, CL_MEM_READ_WRITE,
                                  fmi_heatmap_plane_bytes(h, h->band),
                                  "differences of the textures", err);
    return status;
}

static fm_status make_room_for_fields(fm_heatmap *h, fm_error *err) {
    fm_status status = fmi_heatmap_plan_bands(h, value_bytes(h), err);
    if (status != FM_OK)
        return status;
    do
        status = make_fields(h, err);
    while (status != FM_OK && fmi_heatmap_smaller_band(h, status, err));
    return status;
}

uint32_t fmi_heatmap_lanes(const fm_engine *engine) {
    return engine->caps.type == FM_DEVICE_CPU && engine->caps.max_loop == 0 ? 8 : 1;
}

static fm_status make_kernels(fm_heatmap *h, fm_error *err) {
    fm_engine *engine = h->pair->engine;
    static const char *const options[2][2] = {
        {"-DFMK_LANES=1", "-DFMK_LANES=8"},
        {"-DFMK_LANES=1 -DFMK_HALF=1", "-DFMK_LANES=8 -DFMK_HALF=1"}};
    const char *option = options[h->pair->half][fmi_heatmap_lanes(engine) == 8];
    fm_status status = fmi_engine_program(engine, "heatmap.cl", option, &h->program, err);
    for (uint32_t i = 0; i < FMI_HEATMAP_KERNELS && status == FM_OK; i++)
        status = fmi_kernel_create(&h->kernel[i], h->program, kernel_names[i], err);
    return status;
}

static fm_status make_device(fm_heatmap *h, fm_error *err) {
    fmi_raster *raster = h->pair->state;
    h->geometry = &raster->geometry;
    h->triangles = &raster->triangles;
    h->texels = &raster->texels;
    h->padded = raster->padded;
    h->place = raster->place;
    h->position_scale = raster->position_scale;
    h->field_scale = h->pair->half ? fmi_heatmap_field_scale(&h->pair->joined) : 1.0F;
    fm_status status = make_kernels(h, err);
    if (status == FM_OK)
        status = make_constants(h, err);
    return status == FM_OK ? make_room_for_fields(h, err) : status;
}

static fm_status make_host(fm_heatmap *h, fm_error *err) {
    size_t positions = h->pair->joined.position_count;
    h->vertex_values = calloc((size_t)h->fields * h->padded, sizeof *h->vertex_values);
    h->position_values = calloc(3 * positions, sizeof *h->position_values);
    if (h->vertex_values && h->position_values)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the heatmaps of %zu positions",
                    positions);
}

fm_status fm_heatmap_create(fm_heatmap **heatmap, fm_pair *pair, fm_error *err) {
    if (!heatmap || !pair)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_heatmap_create: a NULL argument");
    *heatmap = NULL;
    fm_heatmap *h = calloc(1, sizeof *h);
    if (!h)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a heatmap");
    h->pair = pair;
    h->fields = pair->info.textured ? FM_FIELDS : FM_SHAPE_FIELDS;
    h->width = pair->info.texture_width;
    h->height = pair->info.texture_height;
    h->padded = pair->joined.vertex_count;
    h->position_scale = h->field_scale = 1.0F;
    fm_error own = {0};
    err = err ? err : &own;
    fm_status status = pair->engine->reference ? FM_OK : make_device(h, err);
    if (status == FM_OK)
        status = make_host(h, err);
    if (status != FM_OK)
        fm_heatmap_destroy(&h);
    *heatmap = h;
    return fmi_while(err, status, "preparing the heatmaps");
}

static fm_status forget_panels(fm_heatmap *h, fm_error *err) {
    h->drawn = false;
    return h->mapped_panels ? fmi_buffer_unmap(&h->panels, &h->mapped_panels, err) : FM_OK;
}

static fm_status forget_fields(fm_heatmap *h, fm_error *err) {
    fm_status status = FM_OK;
    h->has_run = h->widened = false;
    if (h->mapped_planes)
        status = fmi_buffer_unmap(&h->planes, &h->mapped_planes, err);
    const fm_status panels = forget_panels(h, status == FM_OK ? err : NULL);
    return status == FM_OK ? panels : status;
}

void fm_heatmap_destroy(fm_heatmap **heatmap) {
    if (!heatmap || !*heatmap)
        return;
    fm_heatmap *h = *heatmap;
    fm_error err;
    if (forget_fields(h, &err) != FM_OK)
        fmi_log(&h->pair->engine->log, FM_LOG_WARNING, "heatmaps on their way out: %s",
                err.message);
    for (uint32_t i = 0; i < FMI_HEATMAP_KERNELS; i++)
        if (h->kernel[i])
            clReleaseKernel(h->kernel[i]);
    if (h->program)
        clReleaseProgram(h->program);
    fmi_buffer *buffers[] = {&h->linear, &h->tables, &h->values, &h->planes, &h->xyw,
                             &h->depth,  &h->owner,  &h->maps,   &h->panels};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        fmi_buffer_destroy(buffers[i]);
    free(h->vertex_values);
    free(h->position_values);
    free(h->host_planes);
    free(h->host_panels);
    free(h);
    *heatmap = NULL;
}

uint64_t fm_heatmap_bytes(const fm_heatmap *heatmap) {
    uint64_t sum = 0;
    if (!heatmap)
        return 0;
    const fmi_buffer *buffers[] = {&heatmap->linear, &heatmap->tables, &heatmap->values,
                                   &heatmap->planes, &heatmap->xyw,    &heatmap->depth,
                                   &heatmap->owner,  &heatmap->maps,   &heatmap->panels};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        sum += buffers[i]->bytes;
    return sum;
}

uint32_t fm_heatmap_fields(const fm_heatmap *heatmap) {
    return heatmap ? heatmap->fields : 0;
}

/* ---- running ---- */

fm_status fmi_heatmap_need(fmi_buffer *buffer, fmi_queue *queue, cl_mem_flags flags, uint64_t bytes,
                           const char *what, fm_error *err) {
    if (buffer->mem && buffer->bytes >= bytes)
        return FM_OK;
    fmi_buffer_destroy(buffer);
    return fmi_buffer_create(buffer, queue, flags, bytes, what, err);
}

fm_status fmi_heatmap_launch(fm_heatmap *h, uint32_t kernel, const fmi_arg *args, uint32_t count,
                             size_t columns, size_t rows, fm_error *err) {
    size_t group = h->pair->engine->caps.max_group_size >= 64 ? 64 : 1;
    fmi_launch launch = {.kernel = h->kernel[kernel],
                         .name = kernel_names[kernel],
                         .args = args,
                         .arg_count = count,
                         .dims = 2,
                         .global = {(columns + group - 1) / group * group, rows, 1},
                         .local = {group, 1, 1}};
    return fmi_queue_launch(queue_of(h), &launch, err);
}

static fm_status launch_shape(fm_heatmap *h, fm_error *err) {
    float scale = h->position_scale / h->field_scale; /* powers of two */
    fmi_arg args[] = {FMI_ARG(h->geometry->mem), FMI_ARG(h->values.mem), FMI_ARG(h->padded),
                      FMI_ARG(scale)};
    return fmi_heatmap_launch(h, FMI_HEATMAP_SHAPE, args, 4, h->padded / 16, 1, err);
}

/* Columns a work-item: long runs where a thread takes one item after the other, so that few are
 * wasted on items past the end of a row. */
static uint32_t texture_run(const fm_heatmap *h) {
    return fmi_heatmap_lanes(h->pair->engine) == 8 ? 32 : 1;
}

static fm_status launch_texture(fm_heatmap *h, uint32_t first, uint32_t rows, fm_error *err) {
    uint32_t run = texture_run(h);
    fmi_arg args[] = {FMI_ARG(h->texels->mem), FMI_ARG(h->linear.mem), FMI_ARG(h->planes.mem),
                      FMI_ARG(h->width),       FMI_ARG(rows),          FMI_ARG(run),
                      FMI_ARG(first)};
    return fmi_heatmap_launch(h, FMI_HEATMAP_TEXTURE, args, 7, (h->width + run - 1) / run, rows,
                              err);
}

static fm_status launch_sample(fm_heatmap *h, uint32_t first_row, uint32_t rows, fm_error *err) {
    uint32_t first = FM_SHAPE_FIELDS * h->padded;
    fmi_arg args[] = {FMI_ARG(h->geometry->mem),
                      FMI_ARG(h->planes.mem),
                      FMI_ARG(h->values.mem),
                      FMI_ARG(first),
                      FMI_ARG(h->padded),
                      FMI_ARG(h->width),
                      FMI_ARG(h->height),
                      FMI_ARG(first_row),
                      FMI_ARG(rows)};
    return fmi_heatmap_launch(h, FMI_HEATMAP_SAMPLE, args, 9, h->padded, 1, err);
}

static fm_status run_band(fm_heatmap *h, uint32_t first, uint32_t rows, fm_error *err) {
    fm_status status = launch_texture(h, first, rows, err);
    return status == FM_OK ? launch_sample(h, first, rows, err) : status;
}

static fm_status run_once(fm_heatmap *h, fm_error *err) {
    fm_status status = make_fields(h, err);
    if (status == FM_OK)
        status = launch_shape(h, err);
    if (status == FM_OK && h->width != 0)
        status = fmi_heatmap_run_bands(h, run_band, err);
    if (status == FM_OK)
        status = fmi_queue_finish(queue_of(h), err);
    if (status == FM_OK && h->pair->half)
        return fmi_heatmap_read_half(h, err);
    return status == FM_OK ? fmi_buffer_read(&h->values, 0, h->values.bytes, h->vertex_values, err)
                           : status;
}

static fm_status run_device(fm_heatmap *h, fm_error *err) {
    fm_error own = {0};
    fm_status status = FM_OK;
    err = err ? err : &own; /* recovery looks at the code */
    fmi_recovery_begin(&h->recovery, h->band > 1 ? h->band : 2);
    do
        status = run_once(h, err);
    while (status != FM_OK && fmi_heatmap_smaller_band(h, status, err));
    return status;
}

/* Every vertex of a position has the same displacement. */
static void gather_positions(fm_heatmap *h) {
    const fmi_joined *joined = &h->pair->joined;
    for (uint32_t i = 0; i < joined->vertex_count; i++) {
        uint32_t place = h->place ? h->place[i] : i;
        for (uint32_t k = 0; k < FM_SHAPE_FIELDS; k++)
            h->position_values[(size_t)k * joined->position_count + joined->vertex_position[i]] =
                h->vertex_values[(size_t)k * h->padded + place];
    }
}

static void find_reach(fm_heatmap *h) {
    for (uint32_t k = 0; k < h->fields; k++) {
        const float *row = h->vertex_values + (size_t)k * h->padded;
        h->reach[k] = 0.0F;
        for (uint32_t i = 0; i < h->pair->joined.vertex_count; i++)
            h->reach[k] = fmaxf(h->reach[k], fabsf(row[i]));
    }
}

fm_status fm_heatmap_run(fm_heatmap *heatmap, fm_error *err) {
    if (!heatmap)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_heatmap_run: heatmap is NULL");
    fm_status status = forget_fields(heatmap, err);
    if (status == FM_OK)
        status = heatmap->pair->engine->reference ? fmi_heatmap_run_ref(heatmap, err)
                                                  : run_device(heatmap, err);
    if (status != FM_OK)
        return fmi_while(err, status, "computing the heatmaps");
    gather_positions(heatmap);
    find_reach(heatmap);
    heatmap->has_run = true;
    return FM_OK;
}

/* ---- reading ---- */

static fm_status check_field(const fm_heatmap *h, fm_field field, const char *call, fm_error *err) {
    if (!h || !h->has_run)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: call fm_heatmap_run first", call);
    if ((uint32_t)field >= h->fields)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: field %d of %u%s", call, (int)field,
                        h->fields, (uint32_t)field < FM_FIELDS ? "; the pair is untextured" : "");
    return FM_OK;
}

static fm_status map_planes(fm_heatmap *h, const float **planes, fm_error *err) {
    fm_status status = FM_OK;
    bool on_host = h->pair->engine->reference || h->widened;
    if (!on_host && h->pair->half) {
        status = fmi_heatmap_widen(h, err);
        on_host = status == FM_OK;
    } else if (!on_host && !h->mapped_planes) {
        status =
            fmi_buffer_map(&h->planes, CL_MAP_READ, 0, h->planes.bytes, &h->mapped_planes, err);
    }
    *planes = on_host ? h->host_planes : h->mapped_planes;
    return status;
}

fm_status fm_heatmap_values(fm_heatmap *heatmap, fm_field field, const float **values,
                            uint64_t *count, fm_error *err) {
    if (!values || !count)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_heatmap_values: a NULL argument");
    *values = NULL;
    *count = 0;
    fm_status status = check_field(heatmap, field, "fm_heatmap_values", err);
    if (status != FM_OK)
        return status;
    if (field < FM_SHAPE_FIELDS) {
        *count = heatmap->pair->joined.position_count;
        *values = heatmap->position_values + (size_t)field * *count;
        return FM_OK;
    }
    const float *planes = NULL;
    status = map_planes(heatmap, &planes, err);
    if (status != FM_OK)
        return status;
    *count = (uint64_t)heatmap->width * heatmap->height;
    *values = planes + (uint64_t)(field - FM_SHAPE_FIELDS) * *count;
    return FM_OK;
}

/* Adds the centre again. What is less than the rounding of the sum is noise of both, not a place.
 */
static float with_center(float centred, double center) {
    double sum = (double)centred + center;
    return fabs(sum) > 0.5 * (double)FLT_EPSILON * fabs(center) ? (float)sum : 0.0F;
}

fm_status fm_heatmap_positions(const fm_heatmap *heatmap, float *a, float *b, uint32_t count,
                               fm_error *err) {
    if (!heatmap || !a || !b || count != heatmap->pair->joined.position_count)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_heatmap_positions: a NULL, or %u positions instead of %u", count,
                        heatmap ? heatmap->pair->joined.position_count : 0);
    const fmi_joined *joined = &heatmap->pair->joined;
    for (size_t i = 0; i < 3 * (size_t)count; i++) {
        a[i] = with_center(joined->positions_a[i], joined->center[i % 3]);
        b[i] = with_center(joined->positions_b[i], joined->center[i % 3]);
    }
    return FM_OK;
}
