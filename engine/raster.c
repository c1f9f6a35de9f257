/* SPDX-License-Identifier: MIT */
/*
 * The OpenCL renderer: vertex -> bin -> raster and shade, by the pipeline of the plan's
 * specialisation; here its life and its buffers, raster_batch.c has the batches. Geometry and
 * texels go up once per pair, camera and weights once per render; inside the frame loop nothing
 * goes up, pixels and counters come down by map.
 */
#include "raster_impl.h"

#include "error.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

static void raster_destroy(void **state);

fm_status fmi_raster_new(fmi_raster **raster, const fmi_renderer_source *source, fm_error *err) {
    fmi_raster *r = *raster = calloc(1, sizeof *r);
    if (!r)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a renderer");
    r->engine = source->engine;
    r->joined = source->joined;
    r->half = source->half && !source->vertices;
    r->position_scale = 1.0F;
    r->slot = r->slots;
    r->vertices = source->vertices;
    r->padded = fmi_padded_vertices(source->joined->vertex_count);
    return FM_OK;
}

static fm_status raster_create(void **state, const fmi_renderer_source *source, uint64_t *filled,
                               fm_error *err) {
    fmi_raster *r = NULL;
    *filled = 0;
    fm_status status = fmi_raster_new(&r, source, err);
    if (status == FM_OK)
        status = fmi_raster_upload(r, source, filled, err);
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
    fmi_raster_recall(r);
    fmi_raster_unstage(r);
    fmi_raster_idle(r);
    fmi_buffer *buffers[] = {&r->geometry, &r->triangles, &r->texels,
                             &r->scene,    &r->scenes,    &r->weights};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; ++i)
        fmi_buffer_destroy(buffers[i]);
    free(r->place);
    free(r->frame);
    free(r);
    *state = NULL;
}

/* ---- one render ---- */

uint32_t fmi_strip_row(const fm_plan *plan, uint32_t strip) {
    return strip * plan->tiles_y * plan->tile;
}

uint32_t fmi_strip_height(const fm_plan *plan, uint32_t height, uint32_t strip) {
    uint32_t left = height - fmi_strip_row(plan, strip), most = plan->tiles_y * plan->tile;
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
    uint32_t height = fmi_strip_height(job->plan, view->height, strip);
    scene->height = (int32_t)height;
    scene->first_row = (int32_t)fmi_strip_row(job->plan, strip);
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

fmi_slot *fmi_raster_slot(fmi_raster *r, uint32_t i) {
    r->slot = &r->slots[i];
    r->part[FMI_PART_FRAME_COUNTS] = r->slot->counts;
    r->part[FMI_PART_SUMS] = r->slot->sums;
    return r->slot;
}

/* Counts and sums of every batch in flight, the rest once: they are drawn in turn. */
static fm_status take_parts(fmi_raster *r, const fmi_plan_bytes *bytes, fm_error *err) {
    fm_status status = FM_OK;
    for (int i = 0; i < FMI_PARTS && status == FM_OK; ++i)
        if (bytes->part[i] != 0 && !fmi_part_comes_out(i))
            status = fmi_arena_take(&r->arena, bytes->part[i], &r->part[i], err);
    for (uint32_t i = 0; i < r->plan.in_flight && status == FM_OK; ++i) {
        fmi_slot *slot = &r->slots[i];
        status = fmi_arena_take(&r->arena, bytes->part[FMI_PART_FRAME_COUNTS], &slot->counts, err);
        if (status == FM_OK && bytes->part[FMI_PART_SUMS] != 0)
            status = fmi_arena_take(&r->arena, bytes->part[FMI_PART_SUMS], &slot->sums, err);
    }
    return status;
}

fm_status fmi_raster_buffers(fmi_raster *r, fm_error *err) {
    fmi_queue *queue = r->engine->queue;
    uint64_t align = fmi_plan_align(&r->engine->caps);
    fmi_plan_bytes bytes;
    fmi_plan_parts(&r->problem, &r->plan, r->plan.batch, &bytes);
    uint64_t arena = fmi_plan_arena(&bytes, r->plan.in_flight, align);
    fmi_raster_idle(r); /* first all go, then new ones come */
    fm_status status =
        fmi_arena_create(&r->arena, queue, arena, CL_MEM_READ_WRITE, false, "frame arena", err);
    if (status == FM_OK)
        status = take_parts(r, &bytes, err);
    for (uint32_t i = 0; i < r->plan.in_flight && status == FM_OK; ++i)
        status =
            need_buffer(&r->slots[i].pixels, queue, CL_MEM_WRITE_ONLY, bytes.pixels, "pixels", err);
    (void)fmi_raster_slot(r, 0);
    return status;
}

const fmi_pipeline *fmi_pipeline_of(const fm_plan *plan) {
    return plan->specialisation == FM_SPECIALISATION_GPU ? &fmi_pipeline_gpu : &fmi_pipeline_cpu;
}

void fmi_raster_idle(fmi_raster *r) {
    for (uint32_t i = 0; i < FM_IN_FLIGHT_MAX; ++i) {
        fmi_slot *slot = &r->slots[i];
        for (size_t k = 0; k < sizeof slot->given_back / sizeof slot->given_back[0]; ++k)
            fmi_mark_drop(&slot->given_back[k]);
        fmi_buffer_destroy(&slot->pixels);
        slot->counts = slot->sums = NULL;
    }
    fmi_arena_destroy(&r->arena);
    memset(r->part, 0, sizeof r->part);
}

static bool same_buffers(const fmi_raster *r, const fmi_render_job *job) {
    fmi_plan_bytes old, new;
    const fm_plan *plan = job->plan;
    for (uint32_t i = 0; i < plan->in_flight; ++i)
        if (!r->slots[i].pixels.mem)
            return false;
    if (r->plan.batch != plan->batch || r->plan.in_flight != plan->in_flight)
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

/* Room on the host for a frame that comes in strips. */
static fm_status need_frame(fmi_raster *r, fm_error *err) {
    uint64_t bytes = r->plan.strips > 1 && !r->target ? fmi_raster_frame_bytes(r) : 0;
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
                         .no_hints = r->engine->caps.no_hints,
                         .half_arithmetic = gpu && r->engine->caps.tuned.half_arithmetic};
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
    r->head = r->flying = 0;
    (void)fmi_raster_slot(r, 0);
    status = upload_scenes(r, job, err);
    if (status == FM_OK)
        status = need_frame(r, err);
    if (status == FM_OK)
        status = need_buffer(&r->weights, queue, CL_MEM_READ_ONLY, sizeof(float) * job->n,
                             "weights", err);
    if (status == FM_OK)
        status = fmi_buffer_write(&r->weights, 0, sizeof(float) * job->n, job->t, err);
    if (status == FM_OK && !keep)
        status = fmi_raster_buffers(r, err);
    return fmi_while(err, status, "preparing a render of %u frames", job->n);
}

const fmi_renderer fmi_renderer_opencl = {.name = "opencl",
                                          .create = raster_create,
                                          .begin = raster_begin,
                                          .submit = fmi_raster_submit,
                                          .collect = fmi_raster_collect,
                                          .end_batch = fmi_raster_end_batch,
                                          .drop = fmi_raster_drop,
                                          .destroy = raster_destroy};
