/* SPDX-License-Identifier: MIT */
/*
 * A renderable blend. CPU devices blend with frames as lanes and sum normals there; GPUs blend into
 * rows, by our kernel or CLBlast, and sum normals per vertex and frame (blend_shapes.cl).
 */
#include "shapes_impl.h"

#include "pair_texture.h"
#include "plan_bytes.h"
#include "render_loop.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NORMAL_RUN 256 /* vertices: 8 x FMK_NORMAL_RUN of blend_shapes.cl */

/* ---- launches of a batch ---- */

static fm_status run_cpu(fm_shapes *s, const fmi_vertex_batch *batch, fm_error *err) {
    fm_blend *b = s->blend;
    cl_mem lanes = batch->lanes->mem;
    fmi_arg blend[] = {FMI_ARG(b->shapes.mem),   FMI_ARG(b->weights.mem), FMI_ARG(lanes),
                       FMI_ARG(b->info.targets), FMI_ARG(b->info.values), FMI_ARG(b->pitch),
                       FMI_ARG(batch->first)};
    fmi_arg sum[] = {FMI_ARG(lanes),         FMI_ARG(s->ranges.mem),
                     FMI_ARG(s->around.mem), FMI_ARG(batch->rows->mem),
                     FMI_ARG(s->padded),     FMI_ARG(batch->frames),
                     FMI_ARG(s->unit)};
    size_t blocks = (batch->frames + FMI_BLEND_LANES - 1) / FMI_BLEND_LANES;
    fmi_launch first = {.kernel = s->lanes,
                        .name = "fm_blend_lanes",
                        .args = blend,
                        .arg_count = 7,
                        .dims = 2,
                        .global = {blocks, fmi_blend_width(b->info.values) / FMI_BLEND_PANEL, 1},
                        .local = {1, 1, 1},
                        .timer = FMI_BLEND_TIMER};
    fmi_launch second = {.kernel = s->normals,
                         .name = "fm_blend_normals",
                         .args = sum,
                         .arg_count = 7,
                         .dims = 2,
                         .global = {blocks, (s->padded + NORMAL_RUN - 1) / NORMAL_RUN, 1},
                         .local = {1, 1, 1},
                         .timer = FMI_BLEND_TIMER};
    fm_status status = fmi_queue_launch(s->engine->queue, &first, err);
    return status == FM_OK ? fmi_queue_launch(s->engine->queue, &second, err) : status;
}

static fm_status run_gpu(fm_shapes *s, const fmi_vertex_batch *batch, fm_error *err) {
    uint64_t lead = (uint64_t)FMI_SHAPE_ROWS * s->padded;
    size_t group = batch->group;
    fm_status status =
        fmi_blend_rows(s->blend, batch->first, batch->frames, batch->rows->mem, 0, lead, err);
    fmi_arg sum[] = {FMI_ARG(s->ranges.mem), FMI_ARG(s->around.mem), FMI_ARG(batch->rows->mem),
                     FMI_ARG(s->padded),     FMI_ARG(batch->frames), FMI_ARG(s->unit)};
    fmi_launch launch = {.kernel = s->normals,
                         .name = "fm_blend_normals_gpu",
                         .args = sum,
                         .arg_count = 6,
                         .dims = 2,
                         .global = {(s->padded + group - 1) / group * group, batch->frames, 1},
                         .local = {group, 1, 1},
                         .timer = FMI_BLEND_TIMER};
    return status == FM_OK ? fmi_queue_launch(s->engine->queue, &launch, err) : status;
}

static fm_status run_source(void *user, const fmi_vertex_batch *batch, fm_error *err) {
    fm_shapes *s = user;
    return batch->specialisation == FM_SPECIALISATION_GPU ? run_gpu(s, batch, err)
                                                          : run_cpu(s, batch, err);
}

/* ---- creation ---- */

/* A shape in the order of the kernels' values: x, y, z of each vertex (cpu), or the row of all x,
 * then y, then z (gpu). base: taken off in float, as the morph of two shapes does; NULL = none. */
static void order_values(const fm_shapes *s, const float *shape, const float *base, float *out) {
    bool gpu = s->engine->specialisation == FM_SPECIALISATION_GPU;
    for (size_t v = 0; v < s->joined.vertex_count; ++v) {
        size_t p = 3 * (size_t)s->joined.vertex_position[v];
        for (size_t k = 0; k < 3; ++k) {
            float value = base ? shape[p + k] - base[p + k] : shape[p + k];
            out[gpu ? k * s->padded + v : 3 * v + k] = value;
        }
    }
}

static fm_status make_blend(fm_shapes *s, bool half, fm_error *err) {
    bool gpu = s->engine->specialisation == FM_SPECIALISATION_GPU;
    size_t values = 3 * (size_t)s->padded, floats = 3 * (size_t)s->joined.position_count;
    float *ordered = calloc(values * ((size_t)s->joined.more_count + 1), sizeof *ordered);
    if (!ordered)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u targets of %u vertices",
                        s->joined.more_count, s->joined.vertex_count);
    const fm_blend_params params = {.struct_size = sizeof params,
                                    .values = (uint32_t)values,
                                    .targets = s->joined.more_count,
                                    .half = half,
                                    .path = gpu ? FM_BLEND_AUTO : FM_BLEND_OWN};
    order_values(s, s->joined.positions_a, NULL, ordered);
    for (size_t k = 0; k < s->joined.more_count; ++k)
        order_values(s, s->joined.more + k * floats, s->joined.positions_a,
                     ordered + (k + 1) * values);
    fm_status status =
        fm_blend_create(&s->blend, s->engine, &params, ordered, ordered + values, err);
    free(ordered);
    return status;
}

static fm_status upload(fmi_buffer *buffer, fmi_queue *queue, const uint32_t *from, size_t words,
                        const char *what, fm_error *err) {
    size_t bytes = words * sizeof *from;
    fm_status status = fmi_buffer_create(buffer, queue, CL_MEM_READ_ONLY, bytes, what, err);
    return status == FM_OK ? fmi_buffer_write(buffer, 0, bytes, from, err) : status;
}

static fm_status make_faces(fm_shapes *s, fm_error *err) {
    fmi_queue *queue = s->engine->queue;
    fmi_faces faces = {0};
    fm_status status = fmi_faces_make(&faces, &s->joined, s->padded, err);
    s->unit = faces.unit;
    if (status == FM_OK)
        status =
            upload(&s->ranges, queue, faces.range, 2 * (size_t)s->padded, "ranges of faces", err);
    if (status == FM_OK)
        status = upload(&s->around, queue, faces.around, 6 * (size_t)s->joined.triangle_count,
                        "faces", err);
    fmi_faces_free(&faces);
    return status;
}

static fm_status make_kernels(fm_shapes *s, bool half, fm_error *err) {
    bool gpu = s->engine->specialisation == FM_SPECIALISATION_GPU;
    fm_status status = fmi_engine_program(s->engine, "blend_shapes.cl", half ? "-DFMK_HALF" : "",
                                          &s->program, err);
    if (status == FM_OK && !gpu)
        status = fmi_kernel_create(&s->lanes, s->program, "fm_blend_lanes", err);
    if (status == FM_OK)
        status = fmi_kernel_create(&s->normals, s->program,
                                   gpu ? "fm_blend_normals_gpu" : "fm_blend_normals", err);
    return status;
}

static fm_status make_source(fm_shapes *s, bool half, fm_error *err) {
    s->source = (fmi_vertex_source){.user = s,
                                    .run = run_source,
                                    .targets = s->joined.more,
                                    .target_count = s->joined.more_count};
    s->padded = fmi_padded_vertices(s->joined.vertex_count);
    if (s->engine->reference)
        return FM_OK;
    fm_status status = make_blend(s, half, err);
    if (status == FM_OK)
        status = make_faces(s, err);
    return status == FM_OK ? make_kernels(s, half, err) : status;
}

static void describe(fm_shapes *s, const fm_image *image, uint64_t filled) {
    const fmi_joined *j = &s->joined;
    s->info = (fm_shapes_info){.targets = j->more_count,
                               .positions = j->position_count,
                               .vertices = j->vertex_count,
                               .triangles = j->triangle_count,
                               .degenerate_triangles = j->degenerate_triangles,
                               .coincident_positions = j->coincident_positions,
                               .textured = image != NULL,
                               .filled_texels = filled / 2, /* the base's was counted twice */
                               .path = s->blend ? s->blend->info.path : FM_BLEND_OWN};
    memcpy(s->info.center, j->center, sizeof s->info.center);
    if (image) {
        s->info.texture_width = image->width;
        s->info.texture_height = image->height;
    }
}

static fm_status check_arguments(const fm_mesh *targets, uint32_t count,
                                 const fm_shapes_params *params, fm_error *err) {
    const fm_image *image = params->image;
    if (params->struct_size != sizeof *params)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_shapes_create: struct_size is %zu, not %zu", params->struct_size,
                        sizeof *params);
    if (!targets || count == 0 || count > FM_BLEND_MAX_TARGETS)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%u targets; 1 to %d are possible", count,
                        FM_BLEND_MAX_TARGETS);
    if ((unsigned)params->align > FM_ALIGN_SIMILARITY)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "align is %d; use an fm_align value",
                        (int)params->align);
    return image ? fmi_image_check(image, "of the base", err) : FM_OK;
}

fm_status fm_shapes_create(fm_shapes **shapes, fm_engine *engine, const fm_mesh *base,
                           const fm_mesh *targets, uint32_t count, const fm_shapes_params *params,
                           fm_error *err) {
    static const fm_shapes_params defaults = {.struct_size = sizeof(fm_shapes_params)};
    if (!shapes || !engine || !base)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_shapes_create: a NULL argument");
    *shapes = NULL;
    if (!params)
        params = &defaults;
    fm_status status = check_arguments(targets, count, params, err);
    if (status != FM_OK)
        return status;
    fm_shapes *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for shapes");
    s->engine = engine;
    s->renderer = engine->reference ? &fmi_renderer_ref : &fmi_renderer_opencl;
    status = fmi_blend_join(&s->joined, base, targets, count, params->align, &engine->log, err);
    if (status == FM_OK)
        status = make_source(s, params->half, err);
    const fm_image *image = s->joined.uvs ? params->image : NULL;
    fmi_renderer_source source = {.engine = engine,
                                  .joined = &s->joined,
                                  .image_a = image,
                                  .image_b = image,
                                  .keep_background = params->keep_background,
                                  .vertices = &s->source};
    uint64_t filled = 0;
    if (status == FM_OK)
        status = s->renderer->create(&s->state, &source, &filled, err);
    if (status == FM_OK)
        describe(s, image, filled);
    else
        fm_shapes_destroy(&s);
    *shapes = s;
    return status;
}

void fm_shapes_destroy(fm_shapes **shapes) {
    if (!shapes || !*shapes)
        return;
    fm_shapes *s = *shapes;
    s->renderer->destroy(&s->state);
    if (s->lanes)
        clReleaseKernel(s->lanes);
    if (s->normals)
        clReleaseKernel(s->normals);
    if (s->program)
        clReleaseProgram(s->program);
    fmi_buffer_destroy(&s->ranges);
    fmi_buffer_destroy(&s->around);
    fm_blend_destroy(&s->blend);
    fmi_joined_free(&s->joined);
    free(s);
    *shapes = NULL;
}

fm_status fm_shapes_info_get(const fm_shapes *shapes, fm_shapes_info *info) {
    if (!shapes || !info)
        return FM_ERROR_INVALID_ARGUMENT;
    *info = shapes->info;
    return FM_OK;
}

/* ---- rendering ---- */

static fmi_renderable renderable(const fm_shapes *s) {
    return (fmi_renderable){.engine = s->engine,
                            .renderer = s->renderer,
                            .state = s->state,
                            .joined = &s->joined,
                            .texture_width = s->info.texture_width,
                            .texture_height = s->info.texture_height,
                            .targets = s->info.targets};
}

fm_status fm_shapes_render_plan(const fm_shapes *shapes, uint32_t n, const fm_view *view,
                                fm_plan *plan, fm_error *err) {
    if (!shapes || !plan)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_shapes_render_plan: a NULL argument");
    fmi_renderable what = renderable(shapes);
    return fmi_render_plan(&what, n, view, plan, err);
}

static fm_status check_weights(const float *weights, uint32_t n, uint32_t targets, fm_error *err) {
    if (!weights || n == 0 || (uint64_t)n * targets > INT32_MAX)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_shapes_render: no weights, or more than %d of them", INT32_MAX);
    for (size_t i = 0; i < (size_t)n * targets; ++i)
        if (!isfinite(weights[i]))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "fm_shapes_render: the weight of target %zu in frame %zu is %g; it "
                            "must be finite",
                            i % targets, i / targets, (double)weights[i]);
    return FM_OK;
}

fm_status fm_shapes_render(fm_shapes *shapes, const float *weights, uint32_t n, const fm_view *view,
                           fm_sink_fn sink, void *user, fm_render_report *report, fm_error *err) {
    static const fm_blend_matrix packed = {0};
    fm_render_report unused;
    if (!report)
        report = &unused;
    *report = (fm_render_report){0};
    if (!shapes)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_shapes_render: shapes is NULL");
    fm_status status = check_weights(weights, n, shapes->info.targets, err);
    if (status != FM_OK)
        return status;
    float *t = calloc(n, sizeof *t); /* the base's texture alone */
    if (!t)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u weights", n);
    shapes->source.weights = weights;
    if (shapes->blend)
        status = fmi_blend_set_weights(shapes->blend, weights, &packed, n, err);
    fmi_renderable what = renderable(shapes);
    if (status == FM_OK)
        status = fmi_render_frames(&what, t, n, view, sink, user, report, err);
    shapes->source.weights = NULL;
    free(t);
    return status;
}
