/* SPDX-License-Identifier: MIT */
/* What run.json says about memory: the plan, and its parts. */
#include "run_json.h"

#include "plan_bytes.h"

static void write_part(fmi_json *json, const char *name, uint64_t bytes) {
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "name", name);
    fmi_json_uint(json, "bytes", bytes);
    fmi_json_end(json);
}

/* The parts of all batches in flight with names for people; what padding adds to their sum is a
 * part, too. */
static void write_batch_parts(fmi_json *json, const fm_plan *plan, const fm_problem *problem) {
    fmi_plan_bytes bytes;
    fmi_plan_parts(problem, plan, plan->batch, &bytes);
    uint64_t vertices = bytes.part[FMI_PART_XYW] + bytes.part[FMI_PART_ATTR];
    uint64_t pixels = plan->in_flight * bytes.pixels, bins = 0;
    for (uint32_t i = FMI_PART_KEPT; i < FMI_PART_SHAPES; i++)
        bins += (fmi_part_comes_out((int)i) ? plan->in_flight : 1) * bytes.part[i];
    uint64_t total = plan->batch * plan->bytes_per_frame;
    uint64_t known = vertices + bins + pixels;
    write_part(json, "vertex records", vertices);
    write_part(json, "bins", bins);
    write_part(json, "pixels", pixels);
    write_part(json, "padding", total > known ? total - known : 0);
}

/* Their sum is planned_bytes. */
static void write_parts(fmi_json *json, const fmi_run *run) {
    const fm_view *view = &run->options->view;
    const fm_plan *plan = &run->plan;
    const fm_problem problem = {
        .frames = run->options->frames,
        .width = view->width,
        .height = view->height,
        .channels = view->transparent ? 4 : 3,
        .vertices = run->info.vertices,
        .triangles = run->info.triangles,
        .texture_width = run->info.texture_width,
        .texture_height = run->info.texture_height,
        .samples = view->samples,
        .half = run->options->half && run->pair != NULL,
    };
    uint64_t geometry = fmi_plan_fixed(&problem, 0);
    if (plan->strips > 1)
        geometry += plan->strips * sizeof(fm_scene);
    uint64_t own = plan->bytes_fixed - plan->bytes_ahead;
    geometry = geometry < own ? geometry : own;
    fmi_json_begin(json, "parts", '[');
    write_part(json, "geometry", geometry);
    write_part(json, "texels", own - geometry);
    if (plan->bytes_ahead > 0)
        write_part(json, "next pair", plan->bytes_ahead);
    write_batch_parts(json, plan, &problem);
    if (run->heatmap != NULL)
        write_part(json, "heatmaps", fm_heatmap_bytes(run->heatmap));
    fmi_json_end(json);
}

bool fmi_run_knows_budget(const fmi_run *run) {
    return fm_engine_caps(run->engine)->global_bytes != 0;
}

const char *fmi_run_limit(const fmi_run *run) {
    static const char *const words[] = {
        [FM_LIMIT_FRAMES] = "the number of frames",
        [FM_LIMIT_MEMORY] = "memory",
        [FM_LIMIT_SINGLE_BUFFER] = "the largest single buffer",
        [FM_LIMIT_WATCHDOG] = "the watchdog of a display",
        [FM_LIMIT_TUNED] = "speed: more are no faster",
        [FM_LIMIT_USER] = "--batch",
    };
    const fm_limit limit = run->plan.limited_by;
    if (limit == FM_LIMIT_USER && !fmi_run_knows_budget(run))
        return "the reference, which draws one after another";
    if (limit == FM_LIMIT_USER && run->again != NULL && run->again->count > 0)
        return "a device that was lost with more";
    return (size_t)limit < sizeof words / sizeof words[0] ? words[limit] : fm_limit_name(limit);
}

void fmi_run_json_memory(fmi_json *json, const fmi_run *run) {
    const fm_plan *plan = &run->plan;
    uint64_t frames = plan->batch * plan->bytes_per_frame;
    fmi_json_begin(json, "plan", '{');
    fmi_json_uint(json, "batch", plan->batch);
    fmi_json_uint(json, "bytes_fixed", plan->bytes_fixed);
    fmi_json_uint(json, "bytes_per_frame", plan->bytes_per_frame);
    fmi_json_uint(json, "in_flight", plan->in_flight);
    fmi_json_uint(json, "strips", plan->strips);
    fmi_json_known(json, "budget_bytes", fmi_run_knows_budget(run) ? plan->budget_bytes : 0);
    fmi_json_string(json, "limited_by", fm_limit_name(plan->limited_by));
    fmi_json_end(json);
    fmi_json_begin(json, "memory", '{');
    fmi_json_uint(json, "planned_bytes",
                  plan->bytes_fixed + frames + fm_heatmap_bytes(run->heatmap));
    fmi_json_uint(json, "peak_bytes", run->stats.peak_bytes);
    write_parts(json, run);
    fmi_json_end(json);
}
