/* SPDX-License-Identifier: MIT */
/* Small pushes on the host: the same sums as the kernels, from the device's own tables, so the same
 * bits. A device's round trip alone takes as long as dozens of frames here. */
#include "keypoints_impl.h"

#include <string.h>

static void host_values(const float *table, const float *in, float *out, uint32_t values) {
    const float scale = table[FM_KP_SCALE];
    const float *initial = table + FM_KP_INITIAL_AT, *source = table + FM_KP_SOURCE_AT(values);
    for (uint32_t i = 0; i < values; i++)
        out[i] = fmaf(scale, in[i] - initial[i], source[i]);
}

/* out = a b, 2 x 2, as the kernels round it. */
static void product(const float *a, const float *b, float *out) {
    const float x[4] = {fmaf(a[1], b[2], a[0] * b[0]), fmaf(a[1], b[3], a[0] * b[1]),
                        fmaf(a[3], b[2], a[2] * b[0]), fmaf(a[3], b[3], a[2] * b[1])};
    memcpy(out, x, sizeof x);
}

static void host_matrices(const fm_keypoints *kp, const float *table, const float *in, float *out) {
    const float *pair = table + FM_KP_PAIRS_AT(kp->values);
    for (uint32_t k = 0; k < kp->points; k++, pair += FM_KP_PAIR) {
        float left[4];
        if (kp->how.seed_compat) {
            product(pair + FM_KP_PAIR_LEFT, in + 4 * k, left);
            product(left, pair + FM_KP_PAIR_SOURCE, out + 4 * k);
        } else {
            product(in + 4 * k, pair, out + 4 * k);
        }
    }
}

static bool all_finite(const float *in, uint32_t count) {
    float sum = 0.0F;
    for (uint32_t i = 0; i < count; i++)
        sum += in[i] * 0.0F;
    return sum == 0.0F;
}

/* From the inputs of a frame, before they are written over. */
static void host_status(const fm_keypoints *kp, const float *table, const float *row,
                        const float *matrix, uint8_t *status) {
    const bool head = all_finite(row, kp->head);
    for (uint32_t k = 0; k < kp->points; k++) {
        const bool good = head && all_finite(row + kp->head + k * kp->d, kp->d) &&
                          (!matrix || all_finite(matrix + 4 * k, 4));
        const float *pair = table + FM_KP_PAIRS_AT(kp->values) + FM_KP_PAIR * k;
        const bool judged = (kp->work & FMI_KP_MATRICES) != 0;
        status[k] = !good    ? FM_KEYPOINTS_NOT_FINITE
                    : judged ? (uint8_t)pair[FM_KP_PAIR_STATUS]
                             : FM_KEYPOINTS_REGULAR;
    }
}

static void planar_frame(const fm_keypoints *kp, size_t clip, const fm_keypoints_set *in,
                         const fm_keypoints_out *out) {
    const float *table = kp->table + clip * kp->table_floats;
    const float *value = in->value;
    if (out->value && kp->head > 0) {
        fm_kp_pose(kp->records + clip * kp->record.floats + kp->record.canonical, in->motion,
                   out->value, kp->points);
        value = out->value;
    }
    if (out->value && (kp->work & FMI_KP_VALUES) != 0)
        host_values(table, value, out->value, kp->values);
    else if (out->value && out->value != value)
        memcpy(out->value, value, kp->values * sizeof *value);
    if (out->jacobian && (kp->work & FMI_KP_MATRICES) != 0)
        host_matrices(kp, table, in->jacobian, out->jacobian);
    else if (out->jacobian && in->jacobian && out->jacobian != in->jacobian)
        memcpy(out->jacobian, in->jacobian, sizeof(float) * 4 * kp->points);
}

static void live_frame(const fm_keypoints *kp, size_t clip, const fm_keypoints_set *in,
                       const fm_keypoints_out *out) {
    fm_kp_live(kp->table + clip * kp->table_floats, in->motion, out->motion, out->value, kp->points,
               (out->motion ? 1U : 0U) | (out->value ? 2U : 0U), kp->how.multiplier, false);
}

void fmi_kp_at(const fm_keypoints *kp, const fm_keypoints_set *in, const fm_keypoints_out *out,
               size_t frame, fm_keypoints_set *from, fm_keypoints_out *to) {
    const size_t value = frame * kp->values, motion = frame * fmi_kp_in_floats(kp);
    const size_t jacobian = frame * 4 * kp->points;
    *from = (fm_keypoints_set){0};
    *to = (fm_keypoints_out){0};
    if (kp->head > 0)
        from->motion = in->motion + motion;
    else
        from->value = in->value + value;
    if (kp->has_jacobian && in->jacobian)
        from->jacobian = in->jacobian + jacobian;
    if (out->value)
        to->value = out->value + value;
    if (kp->has_jacobian && out->jacobian)
        to->jacobian = out->jacobian + jacobian;
    if (kp->how.model == FM_KEYPOINTS_LIVEPORTRAIT && out->motion)
        to->motion = out->motion + motion;
    if (out->status)
        to->status = out->status + frame * kp->points;
}

void fmi_kp_push_host(const fm_keypoints *kp, const fm_keypoints_set *in,
                      const fm_keypoints_out *out, uint32_t n) {
    for (size_t frame = 0; frame < (size_t)n * kp->clips; frame++) {
        const size_t clip = frame / n;
        fm_keypoints_set from;
        fm_keypoints_out to;
        fmi_kp_at(kp, in, out, frame, &from, &to);
        if (to.status)
            host_status(kp, kp->table + clip * kp->table_floats,
                        kp->head > 0 ? from.motion : from.value, from.jacobian, to.status);
        if (kp->how.model == FM_KEYPOINTS_LIVEPORTRAIT)
            live_frame(kp, clip, &from, &to);
        else
            planar_frame(kp, clip, &from, &to);
    }
}
