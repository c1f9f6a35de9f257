/* SPDX-License-Identifier: MIT */
/* The reference as a renderer: `--device ref`. One frame a batch, slow and said so. */
#include "raster_ref.h"

#include "error.h"
#include "flag.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

typedef struct reference {
    fm_engine *engine;
    fmi_ref_mesh mesh;
    const fmi_vertex_source *vertices; /* NULL: the morph of two shapes */
    fmi_ref_texture a, b;              /* mips == 0: untextured */
    fmi_ref_camera camera;
    float *t;
    uint8_t *pixels;
    fm_frame_counts *counts;
    size_t frame_bytes;
    uint32_t first, frames; /* submitted */
} reference;

fmi_ref_mesh fmi_raster_ref_mesh(const fmi_joined *joined) {
    return (fmi_ref_mesh){.positions_a = joined->positions_a,
                          .positions_b = joined->positions_b,
                          .vertex_position = joined->vertex_position,
                          .uvs = joined->uvs,
                          .triangles = joined->triangles,
                          .position_count = joined->position_count,
                          .vertex_count = joined->vertex_count,
                          .triangle_count = joined->triangle_count};
}

static void reference_destroy(void **state) {
    reference *r = *state;
    if (!r)
        return;
    fmi_ref_texture_free(&r->a);
    fmi_ref_texture_free(&r->b);
    free(r->t);
    free(r->pixels);
    free(r->counts);
    free(r);
    *state = NULL;
}

static fm_status make_textures(reference *r, const fmi_renderer_source *source, uint64_t *filled,
                               fm_error *err) {
    if (!source->image_a)
        return FM_OK;
    uint32_t width = source->image_a->width, height = source->image_a->height;
    uint64_t filled_a = 0, filled_b = 0;
    fm_status status = fmi_ref_texture_make(&r->a, &r->mesh, source->image_a,
                                            source->keep_background, width, height, &filled_a, err);
    if (status == FM_OK)
        status = fmi_ref_texture_make(&r->b, &r->mesh, source->image_b, source->keep_background,
                                      width, height, &filled_b, err);
    *filled = filled_a + filled_b;
    return status;
}

static fm_status reference_create(void **state, const fmi_renderer_source *source, uint64_t *filled,
                                  fm_error *err) {
    *state = NULL;
    *filled = 0;
    reference *r = calloc(1, sizeof *r);
    if (!r)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the reference renderer");
    const fmi_joined *joined = source->joined;
    r->engine = source->engine;
    r->mesh = fmi_raster_ref_mesh(joined);
    r->vertices = source->vertices;
    if (r->vertices) {
        r->mesh.targets = r->vertices->targets;
        r->mesh.target_count = r->vertices->target_count;
    }
    fmi_log(&r->engine->log, FM_LOG_INFO,
            "rendering by the double-precision reference: exact and slow");
    *state = r;
    fm_status status = make_textures(r, source, filled, err);
    if (status != FM_OK)
        reference_destroy(state);
    return status;
}

void fmi_raster_ref_camera(fmi_ref_camera *out, const fmi_camera *camera, const fm_view *view) {
    memcpy(out->to_camera, camera->to_camera, sizeof out->to_camera);
    out->focal_px = camera->focal_px;
    out->half_width = camera->half_width;
    out->half_height = camera->half_height;
    out->near_w = camera->near_w;
    out->width = view->width;
    out->height = view->height;
    out->cull = !view->no_cull;
    out->transparent = view->transparent;
    out->trilinear = view->trilinear;
    out->samples = view->samples;
    memcpy(out->background, view->background, sizeof out->background);
}

fmi_reference_parts fmi_raster_ref_parts(const void *state) {
    const reference *r = state;
    return (fmi_reference_parts){.mesh = &r->mesh, .a = &r->a, .b = &r->b};
}

static fm_status reference_begin(void *state, const fmi_render_job *job, fm_error *err) {
    reference *r = state;
    fmi_raster_ref_camera(&r->camera, job->camera, job->view);
    free(r->t);
    free(r->pixels);
    free(r->counts);
    r->frame_bytes =
        (size_t)job->view->width * job->view->height * (job->view->transparent ? 4 : 3);
    r->t = malloc(sizeof(float) * job->n);
    r->pixels = malloc(r->frame_bytes * job->plan->batch);
    r->counts = calloc(job->plan->batch, sizeof *r->counts);
    if (!r->t || !r->pixels || !r->counts)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u frames of %ux%u",
                        job->plan->batch, job->view->width, job->view->height);
    memcpy(r->t, job->t, sizeof(float) * job->n);
    return FM_OK;
}

static fm_status reference_submit(void *state, uint32_t first, uint32_t frames, fm_error *err) {
    (void)err;
    reference *r = state;
    r->first = first;
    r->frames = frames;
    return FM_OK;
}

static fm_status reference_collect(void *state, fmi_batch *batch, fm_error *err) {
    reference *r = state;
    const uint32_t first = r->first, frames = r->frames;
    bool textured = r->a.mips != 0;
    for (uint32_t i = 0; i < frames; ++i) {
        if (fmi_flag_get(r->engine->cancel))
            return fmi_fail(err, FM_ERROR_CANCELLED, "interrupted before frame %u", first + i);
        if (r->vertices)
            r->mesh.weights =
                r->vertices->weights + (size_t)(first + i) * r->vertices->target_count;
        fm_status status = fmi_ref_render(&r->mesh, textured ? &r->a : NULL,
                                          textured ? &r->b : NULL, &r->camera, r->t[first + i],
                                          r->pixels + i * r->frame_bytes, &r->counts[i], NULL, err);
        if (status != FM_OK)
            return fmi_while(err, status, "rendering frame %u", first + i);
    }
    batch->pixels = r->pixels;
    batch->counts = r->counts;
    return FM_OK;
}

static void reference_drop(void *state) {
    (void)state;
}

static fm_status reference_end_batch(void *state, fm_error *err) {
    (void)state;
    (void)err;
    return FM_OK;
}

const fmi_renderer fmi_renderer_ref = {.name = "ref",
                                       .create = reference_create,
                                       .begin = reference_begin,
                                       .submit = reference_submit,
                                       .collect = reference_collect,
                                       .end_batch = reference_end_batch,
                                       .drop = reference_drop,
                                       .destroy = reference_destroy};
