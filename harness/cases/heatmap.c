/* SPDX-License-Identifier: MIT */
/* heatmap: all six fields and six panels of one pair. */
#include "cases/picture.h"
#include "heatmap_check.h"

#include "error.h"
#include "plan_bytes.h"

#include <math.h>
#include <stdlib.h>

typedef struct state {
    const fmi_case_params *params;
    fm_engine *engine;
    fm_pair *pair;
    fm_heatmap *heatmap;
    uint64_t hash; /* at the check */
    double covered;
} state;

static fm_view view_of(const fmi_case_params *params) {
    return (fm_view){
        .struct_size = sizeof(fm_view), .width = params->width, .height = params->height};
}

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    fm_heatmap_destroy(&s->heatmap);
    fm_pair_destroy(&s->pair);
    fm_engine_destroy(&s->engine);
    free(s);
    *handle = NULL;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the heatmap case");
    s->params = params;
    s->covered = (double)NAN; /* until the check has looked */
    fm_status status = fmi_case_engine(&s->engine, params, err);
    if (status == FM_OK)
        status = fmi_input_pair(params->input, s->engine, params->untextured, false, &s->pair, err);
    if (status == FM_OK)
        status = fm_heatmap_create(&s->heatmap, s->pair, err);
    if (status != FM_OK) {
        void *half = s;
        destroy(&half);
        return status;
    }
    *handle = s;
    return FM_OK;
}

static fm_status run(void *handle, fm_error *err) {
    state *s = handle;
    const fm_view view = view_of(s->params);
    fm_status status = fm_heatmap_run(s->heatmap, err);
    return status == FM_OK ? fm_heatmap_draw(s->heatmap, &view, err) : status;
}

static fm_status check_case(void *handle, const fmi_check_params *how, fmi_check *check,
                            fm_error *err) {
    (void)how; /* one pair a launch: always compared */
    state *s = handle;
    const fm_view view = view_of(s->params);
    *check =
        (fmi_check){.passed = true, .compared = 1, .unit = "of the tolerance", .psnr = (double)NAN};
    fm_status status = run(s, err);
    if (status == FM_OK)
        status = fmi_heatmap_poison(s->heatmap, err);
    if (status == FM_OK)
        status = run(s, err);
    if (status == FM_OK)
        status = fmi_heatmap_compare(s->heatmap, &view, check, &s->covered, err);
    return status == FM_OK ? fmi_heatmap_hash(s->heatmap, &s->hash, err) : status;
}

static fm_status recheck(void *handle, fmi_check *check, fm_error *err) {
    state *s = handle;
    uint64_t hash = 0;
    fm_status status = run(s, err);
    if (status == FM_OK)
        status = fmi_heatmap_hash(s->heatmap, &hash, err);
    if (status == FM_OK && hash != s->hash)
        fmi_check_failed(check, "values or panels have other bytes than at the check");
    return status;
}

/* The pair, its fields and what a draw takes. One pair a launch, whatever is asked for: more
 * would go one after the other. */
static fm_status plan_case(const fmi_case_params *params, const fm_caps *caps, fm_plan *plan,
                           fm_error *err) {
    const fmi_input *input = params->input;
    const bool textured = !params->untextured && input->image[0].pixels && input->joined.uvs;
    const fm_work work = {.op = FM_OP_HEATMAP,
                          .vertices = input->joined.vertex_count,
                          .width = params->width,
                          .height = params->height,
                          .texture_width = textured ? input->image[0].width : 0,
                          .texture_height = textured ? input->image[0].height : 0};
    fmi_case_params one = *params;
    one.batch = 0;
    uint64_t pair = 0;
    fm_status status = fmi_picture_pair_bytes(params, caps, &pair, err);
    if (status == FM_OK)
        status = fmi_case_plan_work(&one, caps, &work, 1, plan, err);
    if (status != FM_OK)
        return status;
    plan->bytes_fixed += pair + plan->bytes_per_frame;
    plan->bytes_per_frame = 0;
    if (plan->bytes_fixed > plan->budget_bytes)
        return fmi_fail(err, FM_ERROR_LIMIT, "a pair needs %llu bytes and the budget is %llu",
                        (unsigned long long)plan->bytes_fixed,
                        (unsigned long long)plan->budget_bytes);
    return FM_OK;
}

/* Texels read once, fields written once, panels written once. */
static uint64_t work_bytes(const state *s) {
    const fm_heatmap *h = s->heatmap;
    return (FM_TEXEL_BYTES + 12) * (uint64_t)h->width * h->height +
           4 * (9 + (uint64_t)h->fields) * h->padded +
           3 * (uint64_t)h->fields * s->params->width * s->params->height;
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    *out = (fmi_case_facts){.frames = 1, .bytes = work_bytes(s), .covered_fraction = s->covered};
    if (plan_case(s->params, fm_engine_caps(s->engine), &out->plan, NULL) == FM_OK)
        out->planned_bytes = out->plan.bytes_fixed;
    fmi_case_memory(s->engine, out);
}

const fmi_case fmi_case_heatmap = {.name = "heatmap",
                                   .unit = "pairs/s",
                                   .description = "displacement, L*a*b* and CIEDE2000 fields of a "
                                                  "pair, six panels; no text, no PNG",
                                   .uses = FMI_USES_MESH | FMI_USES_SIZE,
                                   .plan = plan_case,
                                   .same_program = fmi_case_same_program,
                                   .create = create,
                                   .run = run,
                                   .check = check_case,
                                   .recheck = recheck,
                                   .facts = facts,
                                   .destroy = destroy};
