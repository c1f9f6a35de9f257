/* SPDX-License-Identifier: MIT */
/* The kernels of a render, built before there is anything to render. */
#include "raster_impl.h"

#include "error.h"

#include <fm/render.h>

/* The least there can be: of the plan only what shapes the kernels is wanted. */
static fm_status plan_kernels(const fm_engine *engine, const fm_view *view, bool half,
                              fm_plan *plan, fm_error *err) {
    const fm_problem problem = {.frames = 1,
                                .width = 1,
                                .height = 1,
                                .channels = view->transparent ? 4 : 3,
                                .vertices = 3,
                                .triangles = 1,
                                .half = half,
                                .tile = view->tile,
                                .samples = view->samples,
                                .group = engine->group,
                                .mem_limit_bytes = engine->mem_limit_bytes,
                                .specialisation = engine->specialisation};
    return fm_plan_render(&engine->caps, engine->level, &problem, plan, err);
}

fm_status fm_render_prepare(fm_engine *engine, const fm_view *view, bool textured, bool half,
                            fm_error *err) {
    fm_view resolved;
    fm_plan plan;
    fmi_raster_program program = {0};
    if (!engine)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_render_prepare: engine is NULL");
    fm_status status = fmi_view_resolve(view, &resolved, err);
    if (status != FM_OK || engine->reference)
        return status;
    if (plan_kernels(engine, &resolved, half, &plan, NULL) != FM_OK)
        return FM_OK; /* the render will say what does not fit */
    const fmi_raster kind = {.engine = engine, .half = half, .texture.mips = textured ? 1 : 0};
    fmi_variant variant = fmi_raster_variant(&kind, &plan, &resolved);
    status =
        fmi_raster_program_make(&program, engine, &fmi_pipeline_of(&plan)->source, &variant, err);
    fmi_raster_program_free(&program);
    return fmi_while(err, status, "building the render kernels");
}
