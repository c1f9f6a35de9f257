/* SPDX-License-Identifier: MIT */
/*
 * The OpenCL renderer: vertex -> bin -> raster and shade, by the pipeline of the plan's
 * specialisation. Geometry and texels go up once per pair, camera and weights once per render;
 * inside the frame loop nothing goes up, pixels and counters come down by map.
 */
#include "raster_impl.h"

#include "error.h"
#include "log.h"
#include "raster_half.h"

#include <stdlib.h>
#include <string.h>

#define LIST_HEADROOM 1.25

/* ---- upload ---- */

/* Where a vertex of the joint list lies on the device. */
static uint32_t place_of(const fmi_raster *r, uint32_t vertex) {
    return r->place ? r->place[vertex] : vertex;
}

static void copy_rows(const fmi_raster *r, float *geometry, uint32_t row, const float *values) {
    const fmi_joined *joined = r->joined;
    for (uint32_t i = 0; i < joined->vertex_count; ++i) {
        const float *v = values + 3 * (size_t)joined->vertex_position[i];
        for (uint32_t k = 0; k < 3; ++k)
            geometry[(size_t)(row + k) * r->padded + place_of(r, i)] = v[k];
    }
}

static void copy_uvs(const fmi_raster *r, float *rows) {
    const fmi_joined *joined = r->joined;
    for (uint32_t i = 0; joined->uvs && i < joined->vertex_count; ++i) {
        rows[place_of(r, i)] = joined->uvs[2 * (size_t)i];
        rows[(size_t)r->padded + place_of(r, i)] = joined->uvs[2 * (size_t)i + 1];
    }
}

/* Rows as raster_vertex.cl reads them. Padding repeats zeros: those vertices are never drawn. */
static fm_status fill_geometry(const fmi_raster *r, float *geometry, fm_error *err) {
    const fmi_joined *joined = r->joined;
    memset(geometry, 0, sizeof(float) * FMI_GEOMETRY_ROWS * r->padded);
    size_t values = 3 * (size_t)joined->position_count;
    float *q = malloc(sizeof(float) * values * 3);
    if (!q)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the normals of %u positions",
                        joined->position_count);
    fm_status status = fmi_joined_normals(joined, q, q + values, q + 2 * values, err);
    if (status == FM_OK) {
        copy_rows(r, geometry, 0, joined->positions_a);
        copy_rows(r, geometry, 3, joined->positions_b);
        for (uint32_t k = 0; k < 3; ++k)
            copy_rows(r, geometry, 6 + 3 * k, q + k * values);
        copy_uvs(r, geometry + (size_t)15 * r->padded);
    }
    free(q);
    return status;
}

/* The same as 16-bit floats. */
static fm_status fill_geometry_half(fmi_raster *r, uint16_t *geometry, fm_error *err) {
    float *rows = malloc(sizeof(float) * FMI_GEOMETRY_ROWS * r->padded);
    if (!rows)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u vertices", r->padded);
    fm_status status = fill_geometry(r, rows, err);
    if (status == FM_OK)
        fmi_geometry_to_half(rows, r->padded, geometry, &r->position_scale);
    free(rows);
    return status;
}

static fm_status upload_geometry(fmi_raster *r, fm_error *err) {
    uint64_t bytes = r->vertices ? (uint64_t)FMI_BLEND_ROWS * r->padded * sizeof(float)
                                 : fmi_geometry_bytes(r->padded, r->half);
    fm_status status =
        fmi_buffer_create(&r->geometry, r->engine->queue, CL_MEM_READ_ONLY, bytes, "geometry", err);
    if (status != FM_OK)
        return status;
    void *mapped = NULL;
    status = fmi_buffer_map(&r->geometry, CL_MAP_WRITE_INVALIDATE_REGION, 0, bytes, &mapped, err);
    if (status != FM_OK)
        return status;
    if (r->vertices) {
        memset(mapped, 0, bytes);
        copy_uvs(r, mapped);
    } else if (r->half) {
        status = fill_geometry_half(r, mapped, err);
    } else {
        status = fill_geometry(r, mapped, err);
    }
    fm_status unmapped = fmi_buffer_unmap(&r->geometry, &mapped, status == FM_OK ? err : NULL);
    return status != FM_OK ? status : unmapped;
}

static fm_status upload_triangles(fmi_raster *r, fm_error *err) {
    uint32_t count = r->joined->triangle_count;
    /* A multiple of 8 triangles: raster_bin.cl reads that many at a time. */
    uint64_t bytes = ((uint64_t)count + 7) / 8 * 8 * 4 * sizeof(uint32_t);
    uint32_t *areas = malloc(sizeof(uint32_t) * count);
    void *mapped = NULL;
    fm_status status = FM_OK;
    if (!areas) {
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u triangles", count);
        goto fail;
    }
    memset(areas, 0, sizeof(uint32_t) * count);
    if (r->texture.mips)
        fmi_texture_areas(r->joined, (uint32_t)r->texture.mip[0].width,
                          (uint32_t)r->texture.mip[0].height, areas);
    status = fmi_buffer_create(&r->triangles, r->engine->queue, CL_MEM_READ_ONLY, bytes,
                               "triangles", err);
    if (status != FM_OK)
        goto fail;
    status = fmi_buffer_map(&r->triangles, CL_MAP_WRITE_INVALIDATE_REGION, 0, bytes, &mapped, err);
    if (status != FM_OK)
        goto fail;
    uint32_t *out = mapped;
    memset(out, 0, bytes);
    for (uint32_t i = 0; i < count; ++i) {
        for (uint32_t k = 0; k < 3; ++k)
            out[4 * (size_t)i + k] = place_of(r, r->joined->triangles[3 * (size_t)i + k]);
        out[4 * (size_t)i + 3] = areas[i];
    }
    status = fmi_buffer_unmap(&r->triangles, &mapped, err);
fail:
    free(areas);
    return status;
}

static fm_status upload_texels(fmi_raster *r, const fmi_renderer_source *source, uint64_t *filled,
                               fm_error *err) {
    fmi_queue *queue = r->engine->queue;
    if (!source->image_a) /* the kernel wants an argument all the same */
        return fmi_buffer_create(&r->texels, queue, CL_MEM_READ_ONLY, 16, "texels", err);
    fmi_texture_layout_make(&r->texture, source->image_a->width, source->image_a->height);
    fm_status status =
        fmi_buffer_create(&r->texels, queue, CL_MEM_READ_ONLY, r->texture.bytes, "texels", err);
    if (status != FM_OK)
        return status;
    void *mapped = NULL;
    status = fmi_buffer_map(&r->texels, CL_MAP_WRITE_INVALIDATE_REGION, 0, r->texture.bytes,
                            &mapped, err);
    if (status != FM_OK)
        return status;
    status = fmi_texture_prepare(r->joined, source->image_a, source->image_b,
                                 source->keep_background, &r->texture, mapped, filled, err);
    fm_status unmapped = fmi_buffer_unmap(&r->texels, &mapped, status == FM_OK ? err : NULL);
    return status != FM_OK ? status : unmapped;
}

static void raster_destroy(void **state);

static fm_status raster_create(void **state, const fmi_renderer_source *source, uint64_t *filled,
                               fm_error *err) {
    *state = NULL;
    *filled = 0;
    fmi_raster *r = calloc(1, sizeof *r);
    if (!r)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a renderer");
    r->engine = source->engine;
    r->joined = source->joined;
    r->half = source->half && !source->vertices;
    r->position_scale = 1.0F;
    r->vertices = source->vertices;
    r->padded = fmi_padded_vertices(source->joined->vertex_count);
    fm_status status = r->half ? fmi_vertex_places(r->joined, &r->place, err) : FM_OK;
    if (status == FM_OK)
        status = upload_texels(r, source, filled, err);
    if (status == FM_OK)
        status = upload_geometry(r, err);
    if (status == FM_OK)
        status = upload_triangles(r, err);
    *state = r;
    if (status != FM_OK)
        raster_destroy(state);
    return fmi_while(err, status, "uploading the pair");
}

static void raster_destroy(void **state) {
    fmi_raster *r = *state;
    if (!r)
        return;
    fmi_raster_program_free(&r->program);
    fmi_arena_destroy(&r->arena);
    fmi_buffer *buffers[] = {&r->geometry, &r->triangles, &r->texels,
                             &r->scene,    &r->weights,   &r->pixels};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; ++i)
        fmi_buffer_destroy(buffers[i]);
    free(r->place);
    free(r);
    *state = NULL;
}

/* ---- one render ---- */

static void describe_scene(const fmi_raster *r, const fmi_render_job *job, fm_scene *scene) {
    const fmi_camera *camera = job->camera;
    const fm_view *view = job->view;
    memset(scene, 0, sizeof *scene);
    for (int i = 0; i < 12; ++i)
        scene->to_camera[i] = (float)camera->to_camera[i] * (i % 4 < 3 ? r->position_scale : 1.0F);
    scene->focal_px = (float)camera->focal_px;
    scene->half_width = (float)camera->half_width;
    scene->half_height = (float)camera->half_height;
    scene->near_w = (float)camera->near_w;
    scene->width = (int32_t)view->width;
    scene->height = (int32_t)view->height;
    scene->tiles_x = (int32_t)job->plan->tiles_x;
    scene->tiles_y = (int32_t)job->plan->tiles_y;
    scene->vertices = r->joined->vertex_count;
    scene->triangles = r->joined->triangle_count;
    scene->chunks = job->plan->chunks;
    scene->background = view->transparent
                            ? 0U
                            : 0xFF000000U | (uint32_t)view->background[2] << 16 |
                                  (uint32_t)view->background[1] << 8 | view->background[0];
    scene->cull = view->no_cull ? 0 : 1;
    scene->mips = r->texture.mips;
    memcpy(scene->mip, r->texture.mip, sizeof scene->mip);
}

/* A buffer of at least bytes: kept when large enough. */
static fm_status need_buffer(fmi_buffer *buffer, fmi_queue *queue, cl_mem_flags flags,
                             uint64_t bytes, const char *what, fm_error *err) {
    if (buffer->mem && buffer->bytes >= bytes)
        return FM_OK;
    fmi_buffer_destroy(buffer);
    return fmi_buffer_create(buffer, queue, flags, bytes, what, err);
}

/* Arena and pixel buffer of exactly the planned sizes. */
static fm_status make_batch_buffers(fmi_raster *r, fm_error *err) {
    fmi_queue *queue = r->engine->queue;
    fmi_plan_bytes bytes;
    fmi_plan_parts(&r->problem, &r->plan, r->plan.batch, &bytes);
    uint64_t align = r->engine->caps.base_align_bytes ? r->engine->caps.base_align_bytes : 128;
    uint64_t total = fmi_plan_arena(&bytes, align);
    fmi_arena_destroy(&r->arena);
    memset(r->part, 0, sizeof r->part);
    if (r->pixels.bytes != bytes.pixels)
        fmi_buffer_destroy(&r->pixels);
    fm_status status =
        fmi_arena_create(&r->arena, queue, total, CL_MEM_READ_WRITE, "frame arena", err);
    for (int i = 0; i < FMI_PARTS && status == FM_OK; ++i)
        if (bytes.part[i] != 0)
            status = fmi_arena_take(&r->arena, bytes.part[i], &r->part[i], err);
    if (status == FM_OK)
        status = need_buffer(&r->pixels, queue, CL_MEM_WRITE_ONLY, bytes.pixels, "pixels", err);
    return status;
}

static const fmi_pipeline *pipeline_of(const fm_plan *plan) {
    return plan->specialisation == FM_SPECIALISATION_GPU ? &fmi_pipeline_gpu : &fmi_pipeline_cpu;
}

void fmi_raster_idle(fmi_raster *r) {
    fmi_arena_destroy(&r->arena);
    memset(r->part, 0, sizeof r->part);
    fmi_buffer_destroy(&r->pixels);
}

static bool same_buffers(const fmi_raster *r, const fmi_render_job *job) {
    fmi_plan_bytes old, new;
    if (!r->arena.whole.mem || !r->pixels.mem || r->plan.batch != job->plan->batch)
        return false;
    fmi_plan_parts(&r->problem, &r->plan, r->plan.batch, &old);
    fmi_plan_parts(job->problem, job->plan, job->plan->batch, &new);
    return memcmp(&old, &new, sizeof old) == 0;
}

static fm_status raster_begin(void *state, const fmi_render_job *job, fm_error *err) {
    fmi_raster *r = state;
    fmi_queue *queue = r->engine->queue;
    bool gpu = job->plan->specialisation == FM_SPECIALISATION_GPU;
    fmi_variant variant = {.tile = job->plan->tile,
                           .group = gpu ? job->plan->group : 0,
                           .channels = job->view->transparent ? 4 : 3,
                           .samples = job->view->samples,
                           .trilinear = job->view->trilinear && r->texture.mips != 0,
                           .textured = r->texture.mips != 0,
                           .half = r->half,
                           .shapes = r->vertices != NULL,
                           .relaxed = r->engine->level == FM_LEVEL_EXTREME,
                           .no_restrict = r->engine->caps.no_restrict};
    fm_status status = fmi_raster_program_make(&r->program, r->engine,
                                               &pipeline_of(job->plan)->source, &variant, err);
    if (status != FM_OK)
        return fmi_while(err, status, "building the render kernels");
    bool keep = same_buffers(r, job);
    r->plan = *job->plan;
    r->problem = *job->problem;
    r->target = job->target;
    r->target_offset = job->target_offset;
    fm_scene scene;
    describe_scene(r, job, &scene);
    status = need_buffer(&r->scene, queue, CL_MEM_READ_ONLY, sizeof scene, "scene", err);
    if (status == FM_OK)
        status = need_buffer(&r->weights, queue, CL_MEM_READ_ONLY, sizeof(float) * job->n,
                             "weights", err);
    if (status == FM_OK)
        status = fmi_buffer_write(&r->scene, 0, sizeof scene, &scene, err);
    if (status == FM_OK)
        status = fmi_buffer_write(&r->weights, 0, sizeof(float) * job->n, job->t, err);
    if (status == FM_OK && !keep)
        status = make_batch_buffers(r, err);
    return fmi_while(err, status, "preparing a render of %u frames", job->n);
}

/* ---- one batch ---- */

fm_status fmi_raster_shapes(fmi_raster *r, uint32_t first, uint32_t frames, cl_mem *source,
                            fm_error *err) {
    *source = r->weights.mem;
    if (!r->vertices)
        return FM_OK;
    const fmi_vertex_batch batch = {.first = first,
                                    .frames = frames,
                                    .specialisation = r->plan.specialisation,
                                    .group = r->plan.group,
                                    .padded = r->padded,
                                    .rows = r->part[FMI_PART_SHAPES],
                                    .lanes = r->part[FMI_PART_LANES]};
    *source = batch.rows->mem;
    return r->vertices->run(r->vertices->user, &batch, err);
}

fm_status fmi_raster_step(fmi_raster *r, const fmi_step *step, fm_error *err) {
    fmi_launch launch = {.kernel = r->program.kernel[step->kernel],
                         .name = r->program.source->kernel[step->kernel],
                         .args = step->args,
                         .arg_count = step->arg_count,
                         .dims = 1,
                         .local = {step->group, 1, 1},
                         .timer = step->timer};
    for (uint32_t i = 0; i < 3; ++i) {
        launch.global[i] = step->items[i] ? step->items[i] : 1;
        if (step->items[i])
            launch.dims = i + 1;
    }
    launch.global[0] = (launch.global[0] + step->group - 1) / step->group * step->group;
    return fmi_queue_launch(r->engine->queue, &launch, err);
}

static fm_status unmap(fmi_raster *r, fm_error *err) {
    fm_status status = FM_OK;
    if (r->mapped_counts)
        status = fmi_buffer_unmap(r->part[FMI_PART_FRAME_COUNTS], &r->mapped_counts, err);
    if (r->mapped_pixels) {
        fm_status second =
            fmi_buffer_unmap(&r->pixels, &r->mapped_pixels, status == FM_OK ? err : NULL);
        if (status == FM_OK)
            status = second;
    }
    return status;
}

/* All steps of a batch, then its counters on the host. */
static fm_status run_batch(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fm_status status = pipeline_of(&r->plan)->run(r, first, frames, err);
    if (status == FM_OK)
        status = fmi_queue_finish(r->engine->queue, err);
    if (status == FM_OK)
        status = fmi_buffer_map(r->part[FMI_PART_FRAME_COUNTS], CL_MAP_READ, 0,
                                sizeof(fm_frame_counts) * frames, &r->mapped_counts, err);
    return status;
}

/* Longest bin list of the batch that was just run. */
static uint32_t longest_list(const fmi_raster *r, uint32_t frames) {
    const fm_frame_counts *counts = r->mapped_counts;
    uint32_t most = 0;
    for (uint32_t i = 0; i < frames; ++i)
        if (counts[i].list_needed > most)
            most = counts[i].list_needed;
    return most;
}

static fm_status regrow(fmi_raster *r, uint32_t needed, fm_error *err) {
    fmi_log(&r->engine->log, FM_LOG_INFO, "bin lists grow from %u to hold %u entries a frame",
            r->plan.list_per_frame, needed);
    fm_status status = unmap(r, err);
    if (status != FM_OK)
        return status;
    ++fmi_queue_stats(r->engine->queue)->list_regrows;
    double roomy = LIST_HEADROOM * (double)needed;
    r->plan.list_per_frame = roomy < (double)UINT32_MAX ? (uint32_t)roomy : UINT32_MAX;
    return make_batch_buffers(r, err);
}

static uint64_t frame_bytes(const fmi_raster *r) {
    return (uint64_t)r->problem.width * r->problem.height * r->problem.channels;
}

static fm_status map_pixels(fmi_raster *r, uint32_t frames, fm_error *err) {
    return fmi_buffer_map(&r->pixels, CL_MAP_READ, 0, frames * frame_bytes(r), &r->mapped_pixels,
                          err);
}

static fm_status copy_pixels(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fm_status status = fmi_buffer_copy_out(&r->pixels, 0, frames * frame_bytes(r), r->target,
                                           r->target_offset + first * frame_bytes(r), err);
    return status == FM_OK ? fmi_queue_finish(r->engine->queue, err) : status;
}

static fm_status raster_render_batch(void *state, uint32_t first, uint32_t frames, fmi_batch *batch,
                                     fm_error *err) {
    fmi_raster *r = state;
    fm_status status = run_batch(r, first, frames, err);
    if (status == FM_OK && longest_list(r, frames) > r->plan.list_per_frame) {
        status = regrow(r, longest_list(r, frames), err);
        if (status == FM_OK)
            status = run_batch(r, first, frames, err);
    }
    if (status != FM_OK) {
        unmap(r, NULL);
        return fmi_while(err, status, "rendering frames %u to %u", first, first + frames - 1);
    }
    status = r->target ? copy_pixels(r, first, frames, err) : map_pixels(r, frames, err);
    if (status != FM_OK) {
        unmap(r, NULL);
        return status;
    }
    batch->pixels = r->mapped_pixels;
    batch->counts = r->mapped_counts;
    return FM_OK;
}

static fm_status raster_end_batch(void *state, fm_error *err) {
    return unmap(state, err);
}

const fmi_renderer fmi_renderer_opencl = {.name = "opencl",
                                          .create = raster_create,
                                          .begin = raster_begin,
                                          .render_batch = raster_render_batch,
                                          .end_batch = raster_end_batch,
                                          .destroy = raster_destroy};
