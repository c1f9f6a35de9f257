/* SPDX-License-Identifier: MIT */
/* --device ref: the clips one after another through the reference. */
#include "keypoints_impl.h"

#include "ref/keypoint.h"
#include "ref/solve.h"

#include <float.h>

static fm_keypoints_set frame_of(const fm_keypoints *kp, const float *record, bool initial) {
    const fm_kp_record *r = &kp->record;
    fm_keypoints_set set = {0};
    if (kp->head > 0)
        set.motion = record + (initial ? r->initial_motion : r->source_motion);
    else
        set.value = record + (initial ? r->initial_value : r->source_value);
    if (kp->has_jacobian)
        set.jacobian = record + (initial ? r->initial_jacobian : r->source_jacobian);
    if (!initial && kp->head > 0 && kp->has_canonical)
        set.canonical = record + r->canonical;
    return set;
}

static fmi_ref_keypoints clip_of(const fm_keypoints *kp, size_t clip) {
    const float *record = kp->records + clip * kp->record.floats;
    return (fmi_ref_keypoints){.how = kp->how,
                               .source = frame_of(kp, record, false),
                               .initial = frame_of(kp, record, true)};
}

static uint8_t status_of(const float *source, const float *initial) {
    double a[4], b[4], x[4];
    for (int i = 0; i < 4; i++) {
        a[i] = (double)initial[i];
        b[i] = (double)source[i];
    }
    return fmi_ref_solve(2, 2, FM_SIDE_LEFT, 2.0 * (double)FLT_EPSILON, a, b, x, NULL);
}

void fmi_kp_prepare_ref(fm_keypoints *kp) {
    for (size_t i = 0; i < kp->clips; i++) {
        const fmi_ref_keypoints clip = clip_of(kp, i);
        float *table = kp->table + i * kp->table_floats;
        fmi_ref_keypoints_scales scales;
        fmi_ref_keypoints_scale(&clip, &scales);
        table[FM_KP_SCALE] = (float)scales.used;
        if (kp->how.model == FM_KEYPOINTS_LIVEPORTRAIT)
            continue;
        table[FM_KP_SCALE_BBOX] = (float)scales.bbox;
        table[FM_KP_SCALE_HULL] = (float)scales.hull;
        for (uint32_t k = 0; k < kp->points && (kp->work & FMI_KP_MATRICES) != 0; k++) {
            float *pair = table + FM_KP_PAIRS_AT(kp->values) + FM_KP_PAIR * k;
            const float *initial = clip.initial.jacobian + 4 * k;
            pair[FM_KP_PAIR_STATUS] = status_of(clip.source.jacobian + 4 * k, initial);
            pair[FM_KP_PAIR_CONDITION] = (float)fmi_ref_condition_2x2(initial);
        }
    }
}

void fmi_kp_push_ref(const fm_keypoints *kp, const fm_keypoints_set *in,
                     const fm_keypoints_out *out, uint32_t n) {
    const size_t value = (size_t)n * kp->values, motion = (size_t)n * fmi_kp_in_floats(kp);
    const size_t jacobian = (size_t)n * 4 * kp->points, status = (size_t)n * kp->points;
    for (size_t i = 0; i < kp->clips; i++) {
        const fmi_ref_keypoints clip = clip_of(kp, i);
        const fm_keypoints_set from = {.value = in->value ? in->value + i * value : NULL,
                                       .jacobian =
                                           in->jacobian ? in->jacobian + i * jacobian : NULL,
                                       .motion = kp->head > 0 ? in->motion + i * motion : NULL};
        const fm_keypoints_out to = {.value = out->value ? out->value + i * value : NULL,
                                     .jacobian =
                                         out->jacobian ? out->jacobian + i * jacobian : NULL,
                                     .motion = out->motion ? out->motion + i * motion : NULL,
                                     .status = out->status ? out->status + i * status : NULL};
        fmi_ref_keypoints_run(&clip, &from, &to, n);
    }
}
