/* SPDX-License-Identifier: MIT */
#include "pair_impl.h"
#include "pair_texture.h"
#include "workers.h"

#include "error.h"
#include "log.h"

#include <stdlib.h>

fm_status fmi_image_check(const fm_image *image, const char *which, fm_error *err) {
    if (!image)
        return FM_OK;
    if (!image->pixels || image->width == 0 || image->height == 0 || image->width > 16384 ||
        image->height > 16384 || (image->channels != 3 && image->channels != 4) ||
        image->row_bytes < image->width * image->channels)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "texture %s: %ux%u with %u channels; 1x1 to 16384x16384 RGB or RGBA is "
                        "possible",
                        which, image->width, image->height, image->channels);
    return FM_OK;
}

/* Which textures will be used: both or none. */
static void choose_textures(const fm_pair *pair, const fm_pair_params *params, const fm_log *log,
                            fmi_renderer_source *source) {
    if (!params->image_a && !params->image_b)
        return;
    if (!params->image_a || !params->image_b) {
        fmi_log(log, FM_LOG_WARNING, "only mesh %s has a texture: both are rendered grey",
                params->image_a ? "A" : "B");
        return;
    }
    if (!pair->joined.uvs) {
        fmi_log(log, FM_LOG_WARNING,
                "the meshes have no texture coordinates: both are rendered grey");
        return;
    }
    source->image_a = params->image_a;
    source->image_b = params->image_b;
}

void fmi_pair_describe(fm_pair *pair, const fmi_renderer_source *source, uint64_t filled) {
    const fmi_joined *joined = &pair->joined;
    pair->info = (fm_pair_info){.positions = joined->position_count,
                                .vertices = joined->vertex_count,
                                .triangles = joined->triangle_count,
                                .degenerate_triangles = joined->degenerate_triangles,
                                .coincident_positions = joined->coincident_positions,
                                .textured = source->image_a != NULL,
                                .filled_texels = filled};
    if (source->image_a) {
        pair->info.texture_width = source->image_a->width;
        pair->info.texture_height = source->image_a->height;
    }
    for (int i = 0; i < 3; ++i)
        pair->info.center[i] = joined->center[i];
    for (int i = 0; i < 12; ++i)
        pair->info.align[i] = joined->align[i];
}

void fmi_workers_run(const fmi_workers *workers, uint32_t count, fmi_work_fn work, void *job) {
    if (workers && workers->run && workers->threads > 1 && count > 1) {
        workers->run(workers->user, count, work, job);
        return;
    }
    for (uint32_t i = 0; i < count; ++i)
        work(job, i);
}

fm_status fm_pair_create(fm_pair **pair, fm_engine *engine, const fm_mesh *a, const fm_mesh *b,
                         const fm_pair_params *params, fm_error *err) {
    return fmi_pair_create(pair, engine, a, b, params, NULL, err);
}

static fm_status check(const fm_pair_params *params, fm_error *err) {
    if (params->struct_size != sizeof(fm_pair_params))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_pair_create: struct_size is %zu, not %zu", params->struct_size,
                        sizeof(fm_pair_params));
    fm_status status = fmi_image_check(params->image_a, "A", err);
    return status == FM_OK ? fmi_image_check(params->image_b, "B", err) : status;
}

fm_status fmi_pair_prepare(fm_pair **pair, fm_engine *engine, const fm_mesh *a, const fm_mesh *b,
                           const fm_pair_params *params, const fm_log *log,
                           fmi_renderer_source *source, fm_error *err) {
    static const fm_pair_params defaults = {.struct_size = sizeof(fm_pair_params)};
    params = params ? params : &defaults;
    *pair = NULL;
    fm_status status = check(params, err);
    if (status != FM_OK)
        return status;
    fm_pair *p = calloc(1, sizeof *p);
    if (!p)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a pair");
    p->engine = engine;
    p->renderer = engine->reference ? &fmi_renderer_ref : &fmi_renderer_opencl;
    p->half = params->half && !engine->reference;
    status = fmi_pair_join(&p->joined, a, b, params->align, log, err);
    if (status != FM_OK) {
        fm_pair_destroy(&p);
        return status;
    }
    *source = (fmi_renderer_source){.engine = engine,
                                    .joined = &p->joined,
                                    .keep_background = params->keep_background,
                                    .half = params->half};
    choose_textures(p, params, log, source);
    *pair = p;
    return FM_OK;
}

fm_status fmi_pair_create(fm_pair **pair, fm_engine *engine, const fm_mesh *a, const fm_mesh *b,
                          const fm_pair_params *params, const fmi_workers *workers, fm_error *err) {
    fmi_renderer_source source;
    fm_pair *p = NULL;
    uint64_t filled = 0;
    if (!pair || !engine || !a || !b)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_pair_create: a NULL argument");
    *pair = NULL;
    fm_status status = fmi_pair_prepare(&p, engine, a, b, params, &engine->log, &source, err);
    if (status != FM_OK)
        return status;
    source.workers = workers;
    status = p->renderer->create(&p->state, &source, &filled, err);
    if (status != FM_OK) {
        fm_pair_destroy(&p);
        return status;
    }
    fmi_pair_describe(p, &source, filled);
    *pair = p;
    return FM_OK;
}

void fm_pair_destroy(fm_pair **pair) {
    if (!pair || !*pair)
        return;
    if ((*pair)->renderer)
        (*pair)->renderer->destroy(&(*pair)->state);
    fmi_joined_free(&(*pair)->joined);
    free(*pair);
    *pair = NULL;
}

fm_status fm_pair_info_get(const fm_pair *pair, fm_pair_info *info) {
    if (!pair || !info)
        return FM_ERROR_INVALID_ARGUMENT;
    *info = pair->info;
    return FM_OK;
}
