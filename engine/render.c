/* SPDX-License-Identifier: MIT */
#include "pair_impl.h"
#include "render_loop.h"

#include "error.h"

#include <fm/opencl.h>

#include <inttypes.h>

static fm_status check_weights(const float *t, uint32_t n, fm_error *err) {
    if (!t || n == 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_render: no weights");
    for (uint32_t i = 0; i < n; ++i)
        if (!(t[i] >= 0.0F && t[i] <= 1.0F))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "fm_render: weight %u is %g; it must be 0 to 1", i, (double)t[i]);
    return FM_OK;
}

static fmi_renderable renderable(const fm_pair *pair) {
    return (fmi_renderable){.engine = pair->engine,
                            .renderer = pair->renderer,
                            .state = pair->state,
                            .joined = &pair->joined,
                            .texture_width = pair->info.texture_width,
                            .texture_height = pair->info.texture_height,
                            .half = pair->half,
                            .list_per_frame = pair->list_per_frame};
}

fm_status fm_render_plan(const fm_pair *pair, uint32_t n, const fm_view *view, fm_plan *plan,
                         fm_error *err) {
    if (!pair || !plan)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_render_plan: a NULL argument");
    fmi_renderable what = renderable(pair);
    return fmi_render_plan(&what, n, view, plan, err);
}

fm_status fm_render(fm_pair *pair, const float *t, uint32_t n, const fm_view *view, fm_sink_fn sink,
                    void *user, fm_render_report *report, fm_error *err) {
    fm_render_report unused;
    if (!report)
        report = &unused;
    *report = (fm_render_report){0};
    if (!pair)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_render: pair is NULL");
    fm_status status = check_weights(t, n, err);
    if (status != FM_OK)
        return status;
    fmi_renderable what = renderable(pair);
    return fmi_render_frames(&what, t, n, view, sink, user, report, err);
}

/* The buffer must hold all frames of the view. */
static fm_status check_target(cl_mem pixels, uint64_t offset, uint32_t n, const fm_view *view,
                              fm_error *err) {
    fm_view v;
    size_t bytes = 0;
    fm_status status = fmi_view_resolve(view, &v, err);
    if (status != FM_OK)
        return status;
    if (!pixels ||
        clGetMemObjectInfo(pixels, CL_MEM_SIZE, sizeof bytes, &bytes, NULL) != CL_SUCCESS)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_render_to_cl: pixels is no buffer");
    uint64_t needed = (uint64_t)n * v.width * v.height * (v.transparent ? 4 : 3);
    if (offset > bytes || needed > bytes - offset)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_render_to_cl: %u frames need %" PRIu64 " bytes from %" PRIu64
                        " on; the buffer has %zu",
                        n, needed, offset, bytes);
    return FM_OK;
}

fm_status fm_render_to_cl(fm_pair *pair, const float *t, uint32_t n, const fm_view *view,
                          cl_mem pixels, uint64_t offset, fm_render_report *report, fm_error *err) {
    fm_render_report unused;
    if (!report)
        report = &unused;
    *report = (fm_render_report){0};
    if (!pair || pair->engine->reference)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_render_to_cl: no pair, or one of the reference, which has no OpenCL");
    fm_status status = check_weights(t, n, err);
    if (status == FM_OK)
        status = check_target(pixels, offset, n, view, err);
    if (status != FM_OK)
        return status;
    fmi_renderable what = renderable(pair);
    what.target = pixels;
    what.target_offset = offset;
    return fmi_render_frames(&what, t, n, view, NULL, NULL, report, err);
}
