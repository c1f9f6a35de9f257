/* SPDX-License-Identifier: MIT */
#include "cases/picture.h"

#include "error.h"

#include <math.h>

fm_status fmi_picture_create(fmi_picture *picture, const fmi_case_params *params, fm_error *err) {
    *picture = (fmi_picture){.params = params};
    fm_status status = fmi_case_engine(&picture->engine, params, err);
    if (status == FM_OK)
        status = fmi_input_pair(params->input, picture->engine, params->untextured,
                                params->precision == FMI_FP16, &picture->pair, err);
    if (status == FM_OK)
        status = fmi_frames_create(&picture->frames, picture->pair, params, err);
    if (status != FM_OK)
        fmi_picture_destroy(picture);
    return status;
}

void fmi_picture_destroy(fmi_picture *picture) {
    fmi_frames_free(&picture->frames);
    fm_pair_destroy(&picture->pair);
    fm_engine_destroy(&picture->engine);
    *picture = (fmi_picture){0};
}

fm_status fmi_picture_render_more(fmi_picture *picture, const float *t, uint32_t n, fm_sink_fn sink,
                                  void *user, fm_error *err) {
    const fm_view view = fmi_frames_view(picture->params);
    return fm_render(picture->pair, t, n, &view, sink, user, &picture->report, err);
}

fm_status fmi_picture_render(fmi_picture *picture, fm_sink_fn sink, void *user, fm_error *err) {
    return fmi_picture_render_more(picture, picture->frames.t, picture->params->batch, sink, user,
                                   err);
}

void fmi_picture_facts(const fmi_picture *picture, fmi_case_facts *facts) {
    const fmi_case_params *params = picture->params;
    const fm_plan *plan = &picture->report.plan;
    *facts =
        (fmi_case_facts){.frames = params->batch,
                         .bytes = (uint64_t)params->width * params->height * 3 * params->batch,
                         .covered_fraction = picture->report.covered_fraction,
                         .planned_bytes = plan->bytes_fixed + plan->bytes_per_frame * plan->batch,
                         .plan = *plan};
    fmi_case_memory(picture->engine, facts);
}

fm_status fmi_picture_plan(const fmi_case_params *params, const fm_caps *caps, fm_plan *plan,
                           fm_error *err) {
    return fmi_picture_plan_more(params, caps, 1, plan, err);
}

fm_status fmi_picture_plan_more(const fmi_case_params *params, const fm_caps *caps,
                                uint32_t batches, fm_plan *plan, fm_error *err) {
    const fmi_input *input = params->input;
    const bool textured = !params->untextured && input->image[0].pixels && input->joined.uvs;
    const fm_problem problem = {.frames = params->batch ? batches * params->batch : FMI_JOB_FRAMES,
                                .width = params->width,
                                .height = params->height,
                                .channels = 3,
                                .vertices = input->joined.vertex_count,
                                .triangles = input->joined.triangle_count,
                                .texture_width = textured ? input->image[0].width : 0,
                                .texture_height = textured ? input->image[0].height : 0,
                                .half = params->precision == FMI_FP16,
                                .batch = params->batch,
                                .samples = params->samples,
                                .mem_limit_bytes = params->mem_limit_bytes,
                                .specialisation = params->specialisation};
    return fm_plan_render(caps, params->level, &problem, plan, err);
}

fm_status fmi_picture_pair_bytes(const fmi_case_params *params, const fm_caps *caps,
                                 uint64_t *bytes, fm_error *err) {
    fmi_case_params one = *params;
    fm_plan picture;
    one.batch = one.width = one.height = 1;
    const fm_status status = fmi_picture_plan(&one, caps, &picture, err);
    *bytes = status == FM_OK ? picture.bytes_fixed - sizeof(float) - sizeof(fm_scene) : 0;
    return status;
}

bool fmi_picture_same_program(fm_level a, fm_level b) {
    return (a == FM_LEVEL_EXTREME) == (b == FM_LEVEL_EXTREME);
}
