/* SPDX-License-Identifier: MIT */
/*
 * The OpenCL renderer: vertex -> bin -> raster and shade, by the pipeline of the plan's
 * specialisation. Geometry and texels go up once per pair, camera and weights once per render;
 * inside the frame loop nothing goes up, pixels and counters come down by map.
 */
#include "raster_impl.h"

#include "error.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

#define LIST_HEADROOM 1.25

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
    fm_status status = fmi_raster_upload(r, source, filled, err);
    *state = r;
    if (status != FM_OK)
        raster_destroy(state);
    return status;
}

static void raster_destroy(void **state) {
    fmi_raster *r = *state;
    if (!r)
        return;
    fmi_raster_program_free(&r->program);
    fmi_arena_destroy(&r->arena);
    fmi_buffer *buffers[] = {&r->geometry, &r->triangles, &r->texels, &r->scene,
                             &r->scenes,   &r->weights,   &r->pixels};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; ++i)
        fmi_buffer_destroy(buffers[i]);
    free(r->place);
    free(r->frame);
    free(r);
    *state = NULL;
}

/* ---- one render ---- */

/* Rows of the picture before a strip. */
static uint32_t strip_row(const fm_plan *plan, uint32_t strip) {
    return strip * plan->tiles_y * plan->tile;
}

/* Rows of a strip. */
static uint32_t strip_height(const fm_plan *plan, uint32_t height, uint32_t strip) {
    uint32_t left = height - strip_row(plan, strip), most = plan->tiles_y * plan->tile;
    return left < most ? left : most;
}

static void describe_scene(const fmi_raster *r, const fmi_render_job *job, uint32_t strip,
                           fm_scene *scene) {
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
    uint32_t height = strip_height(job->plan, view->height, strip);
    scene->height = (int32_t)height;
    scene->first_row = (int32_t)strip_row(job->plan, strip);
    scene->tiles_y = (int32_t)((height + job->plan->tile - 1) / job->plan->tile);
    scene->tiles_x = (int32_t)job->plan->tiles_x;
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

const fmi_pipeline *fmi_pipeline_of(const fm_plan *plan) {
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

/* One scene, or one a strip, which is copied to its place before the strip is drawn: nothing goes
 * up in the frame loop. */
static fm_status upload_scenes(fmi_raster *r, const fmi_render_job *job, fm_error *err) {
    fmi_queue *queue = r->engine->queue;
    uint32_t strips = job->plan->strips;
    fm_scene *scenes = malloc(sizeof *scenes * strips);
    if (!scenes)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u strips", strips);
    for (uint32_t i = 0; i < strips; ++i)
        describe_scene(r, job, i, &scenes[i]);
    fmi_buffer *to = strips > 1 ? &r->scenes : &r->scene;
    fm_status status =
        need_buffer(&r->scene, queue, CL_MEM_READ_ONLY, sizeof *scenes, "scene", err);
    if (status == FM_OK && strips > 1)
        status = need_buffer(&r->scenes, queue, CL_MEM_READ_ONLY, sizeof *scenes * strips,
                             "scenes of the strips", err);
    if (status == FM_OK)
        status = fmi_buffer_write(to, 0, sizeof *scenes * strips, scenes, err);
    free(scenes);
    return status;
}

static uint64_t frame_bytes(const fmi_raster *r) {
    return (uint64_t)r->problem.width * r->problem.height * r->problem.channels;
}

/* Room on the host for a frame that comes in strips. */
static fm_status need_frame(fmi_raster *r, fm_error *err) {
    uint64_t bytes = r->plan.strips > 1 && !r->target ? frame_bytes(r) : 0;
    if (r->frame_room == bytes)
        return FM_OK;
    free(r->frame);
    r->frame_room = 0;
    r->frame = bytes ? malloc(bytes) : NULL;
    if (bytes && !r->frame)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a frame of %ux%u",
                        r->problem.width, r->problem.height);
    r->frame_room = bytes;
    return FM_OK;
}

fmi_variant fmi_raster_variant(const fmi_raster *r, const fm_plan *plan, const fm_view *view) {
    bool gpu = plan->specialisation == FM_SPECIALISATION_GPU;
    return (fmi_variant){.tile = plan->tile,
                         .group = gpu ? plan->group : 0,
                         .channels = view->transparent ? 4 : 3,
                         .samples = view->samples,
                         .trilinear = view->trilinear && r->texture.mips != 0,
                         .textured = r->texture.mips != 0,
                         .half = r->half,
                         .shapes = r->vertices != NULL,
                         .relaxed = r->engine->level == FM_LEVEL_EXTREME,
                         .no_restrict = r->engine->caps.no_restrict};
}

static fm_status raster_begin(void *state, const fmi_render_job *job, fm_error *err) {
    fmi_raster *r = state;
    fmi_queue *queue = r->engine->queue;
    fmi_variant variant = fmi_raster_variant(r, job->plan, job->view);
    fm_status status = fmi_raster_program_make(&r->program, r->engine,
                                               &fmi_pipeline_of(job->plan)->source, &variant, err);
    if (status != FM_OK)
        return fmi_while(err, status, "building the render kernels");
    bool keep = same_buffers(r, job);
    r->plan = *job->plan;
    r->problem = *job->problem;
    r->target = job->target;
    r->target_offset = job->target_offset;
    r->tiles_y = job->plan->tiles_y;
    status = upload_scenes(r, job, err);
    if (status == FM_OK)
        status = need_frame(r, err);
    if (status == FM_OK)
        status = need_buffer(&r->weights, queue, CL_MEM_READ_ONLY, sizeof(float) * job->n,
                             "weights", err);
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

/* Pixels that go to the caller's buffer never come to the host. */
static bool checked(const fmi_raster *r) {
    return r->problem.check && !r->target;
}

/* Bytes of the pixels just drawn: of a batch, or of a strip. */
static uint64_t drawn_bytes(const fmi_raster *r, uint32_t frames) {
    uint64_t row = (uint64_t)r->problem.width * r->problem.channels;
    return r->plan.strips > 1 ? row * r->strip_height : frames * frame_bytes(r);
}

/* All steps of a batch, then its counters on the host. */
static fm_status run_batch(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fm_status status = fmi_pipeline_of(&r->plan)->run(r, first, frames, err);
    if (status == FM_OK && checked(r))
        status = fmi_raster_sum(r, frames, drawn_bytes(r, frames), err);
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

static fm_status map_pixels(fmi_raster *r, uint32_t frames, fm_error *err) {
    return fmi_buffer_map(&r->pixels, CL_MAP_READ, 0, frames * frame_bytes(r), &r->mapped_pixels,
                          err);
}

static fm_status copy_pixels(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fm_status status = fmi_buffer_copy_out(&r->pixels, 0, frames * frame_bytes(r), r->target,
                                           r->target_offset + first * frame_bytes(r), err);
    return status == FM_OK ? fmi_queue_finish(r->engine->queue, err) : status;
}

/* The same with lists that are long enough. */
static fm_status run_whole_batch(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fm_status status = run_batch(r, first, frames, err);
    if (status == FM_OK && longest_list(r, frames) > r->plan.list_per_frame) {
        status = regrow(r, longest_list(r, frames), err);
        if (status == FM_OK)
            status = run_batch(r, first, frames, err);
    }
    return status;
}

/* ---- a frame in strips ---- */

/* What was just drawn, to its place in the frame. */
static fm_status take_strip(fmi_raster *r, uint32_t frame, uint32_t strip, fm_error *err) {
    uint64_t row = (uint64_t)r->problem.width * r->problem.channels;
    uint64_t bytes = row * strip_height(&r->plan, r->problem.height, strip);
    uint64_t at = row * strip_row(&r->plan, strip);
    const fm_frame_counts *counts = r->mapped_counts;
    r->counts.covered += counts->covered;
    r->counts.clipped += counts->clipped;
    r->counts.rejected = counts->rejected; /* each strip rejects the same triangles */
    fm_status status = FM_OK;
    if (r->target) {
        status = fmi_buffer_copy_out(&r->pixels, 0, bytes, r->target,
                                     r->target_offset + frame * frame_bytes(r) + at, err);
        return status == FM_OK ? fmi_queue_finish(r->engine->queue, err) : status;
    }
    status = fmi_buffer_map(&r->pixels, CL_MAP_READ, 0, bytes, &r->mapped_pixels, err);
    if (status == FM_OK && checked(r))
        status = fmi_raster_check(r, 1, bytes, err);
    if (status == FM_OK)
        memcpy(r->frame + at, r->mapped_pixels, bytes);
    return status;
}

static fm_status render_strip(fmi_raster *r, uint32_t frame, uint32_t strip, fm_error *err) {
    uint32_t height = strip_height(&r->plan, r->problem.height, strip);
    r->tiles_y = (height + r->plan.tile - 1) / r->plan.tile;
    r->strip_height = height;
    fm_status status = fmi_buffer_copy_out(&r->scenes, strip * sizeof(fm_scene), sizeof(fm_scene),
                                           r->scene.mem, 0, err);
    if (status == FM_OK)
        status = run_whole_batch(r, frame, 1, err);
    if (status == FM_OK)
        status = take_strip(r, frame, strip, err);
    fm_status unmapped = unmap(r, status == FM_OK ? err : NULL);
    return status != FM_OK ? status : unmapped;
}

static fm_status render_strips(fmi_raster *r, uint32_t frame, fmi_batch *batch, fm_error *err) {
    r->counts = (fm_frame_counts){0};
    for (uint32_t strip = 0; strip < r->plan.strips; ++strip) {
        fm_status status = render_strip(r, frame, strip, err);
        if (status != FM_OK)
            return fmi_while(err, status, "rendering strip %u of %u of frame %u", strip + 1,
                             r->plan.strips, frame);
    }
    batch->pixels = r->frame;
    batch->counts = &r->counts;
    return FM_OK;
}

static fm_status raster_render_batch(void *state, uint32_t first, uint32_t frames, fmi_batch *batch,
                                     fm_error *err) {
    fmi_raster *r = state;
    if (r->plan.strips > 1)
        return render_strips(r, first, batch, err);
    fm_status status = run_whole_batch(r, first, frames, err);
    if (status != FM_OK) {
        unmap(r, NULL);
        return fmi_while(err, status, "rendering frames %u to %u", first, first + frames - 1);
    }
    status = r->target ? copy_pixels(r, first, frames, err) : map_pixels(r, frames, err);
    if (status == FM_OK && checked(r))
        status = fmi_raster_check(r, frames, drawn_bytes(r, frames), err);
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
