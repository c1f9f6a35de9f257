/* SPDX-License-Identifier: MIT */
#include "pair_impl.h"
#include "render_loop.h"

#include "error.h"

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
