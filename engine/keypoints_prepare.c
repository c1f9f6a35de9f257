/* SPDX-License-Identifier: MIT */
#include "keypoints_impl.h"

#include "error.h"

#include <math.h>
#include <string.h>

static void put(fm_keypoints *kp, uint32_t at, const float *from, uint32_t floats, uint32_t n) {
    for (size_t clip = 0; clip < kp->clips; clip++)
        memcpy(kp->records + clip * kp->record.floats + at, from + clip * n * floats,
               floats * sizeof *from);
}

fm_status fmi_kp_take(fm_keypoints *kp, const fm_keypoints_set *set, uint32_t n, bool initial,
                      fm_error *err) {
    const fm_kp_record *r = &kp->record;
    const bool matrices = (kp->work & FMI_KP_MATRICES) != 0;
    if ((kp->head > 0 ? set->motion == NULL : set->value == NULL) ||
        (matrices && set->jacobian == NULL) ||
        (!initial && kp->has_canonical && set->canonical == NULL))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "keypoints: the %s lacks its %s",
                        initial ? "initial frame" : "source",
                        matrices && set->jacobian == NULL     ? "jacobian"
                        : kp->head > 0 && set->motion == NULL ? "motion"
                        : kp->head > 0                        ? "canonical points"
                                                              : "value");
    if (kp->head > 0)
        put(kp, initial ? r->initial_motion : r->source_motion, set->motion, fmi_kp_in_floats(kp),
            n);
    else
        put(kp, initial ? r->initial_value : r->source_value, set->value, kp->values, n);
    if (matrices)
        put(kp, initial ? r->initial_jacobian : r->source_jacobian, set->jacobian, 4 * kp->points,
            n);
    if (!initial && kp->head > 0 && kp->has_canonical)
        put(kp, r->canonical, set->canonical, 3 * kp->points, 1);
    return FM_OK;
}

/* Decimal logarithm's whole part, up to the last bin. */
static int bin_of(float condition) {
    int bin = 0;
    for (float limit = 10.0F; bin < FM_KEYPOINTS_HISTOGRAM - 1 && !(condition < limit); limit *= 10)
        bin++;
    return bin;
}

static void count_pairs(fm_keypoints *kp) {
    kp->stats.clips += kp->clips;
    if ((kp->work & FMI_KP_MATRICES) == 0)
        return;
    for (size_t clip = 0; clip < kp->clips; clip++)
        for (uint32_t k = 0; k < kp->points; k++) {
            const float *pair =
                kp->table + clip * kp->table_floats + FM_KP_PAIRS_AT(kp->values) + FM_KP_PAIR * k;
            const float status = pair[FM_KP_PAIR_STATUS];
            kp->stats.matrices++;
            kp->stats.fallbacks += status == (float)FM_KEYPOINTS_PINV;
            fmi_engine_counters(kp->engine)->fallbacks += status == (float)FM_KEYPOINTS_PINV;
            kp->stats.not_finite += status == (float)FM_KEYPOINTS_NOT_FINITE;
            if (status == (float)FM_KEYPOINTS_REGULAR)
                kp->stats.condition[bin_of(pair[FM_KP_PAIR_CONDITION])]++;
        }
}

static uint32_t flags_of(const fm_keypoints_params *how) {
    return (how->no_adapt_scale ? 0 : FM_KP_ADAPT) |
           (how->no_relative_movement ? 0 : FM_KP_RELATIVE) |
           (how->area == FM_KEYPOINTS_HULL ? FM_KP_HULL : 0) |
           (how->expression_friendly ? FM_KP_FRIENDLY : 0);
}

static fm_status launch_live(fm_keypoints *kp, fm_error *err) {
    const uint32_t flags = flags_of(&kp->how), region = kp->how.region;
    const uint32_t values_wanted = kp->has_canonical;
    const fmi_arg args[] = {FMI_ARG(kp->records_buffer.mem),
                            FMI_ARG(kp->table_buffer.mem),
                            FMI_ARG(kp->record),
                            FMI_ARG(kp->points),
                            FMI_ARG(flags),
                            FMI_ARG(region),
                            FMI_ARG(values_wanted),
                            FMI_ARG(kp->table_floats)};
    return fmi_kp_kernel_launch(kp, FMI_KP_LIVE_CLIPS, args, 8, 1, err);
}

static fm_status launch_scale(fm_keypoints *kp, fm_error *err) {
    const uint32_t flags = flags_of(&kp->how);
    const fmi_arg args[] = {FMI_ARG(kp->records_buffer.mem),
                            FMI_ARG(kp->table_buffer.mem),
                            FMI_ARG(kp->record),
                            FMI_ARG(kp->d),
                            FMI_ARG(kp->points),
                            FMI_ARG(flags),
                            FMI_ARG(kp->table_floats)};
    return fmi_kp_kernel_launch(kp, FMI_KP_SCALE, args, 7, 1, err);
}

static fm_status launch_pairs(fm_keypoints *kp, fm_error *err) {
    const fmi_arg args[] = {FMI_ARG(kp->records_buffer.mem), FMI_ARG(kp->table_buffer.mem),
                            FMI_ARG(kp->record), FMI_ARG(kp->values), FMI_ARG(kp->table_floats)};
    return fmi_kp_kernel_launch(kp, FMI_KP_PAIRS, args, 5, kp->points, err);
}

static fm_status launch_pose(fm_keypoints *kp, fm_error *err) {
    const fmi_arg args[] = {FMI_ARG(kp->records_buffer.mem), FMI_ARG(kp->record),
                            FMI_ARG(kp->points)};
    return fmi_kp_kernel_launch(kp, FMI_KP_POSE_CLIPS, args, 3, 1, err);
}

static fm_status launch_spread(fm_keypoints *kp, fm_error *err) {
    const uint32_t matrices = (kp->work & FMI_KP_MATRICES) != 0;
    const uint32_t most = kp->values > kp->points ? kp->values : kp->points;
    const fmi_arg args[] = {FMI_ARG(kp->table_buffer.mem),
                            FMI_ARG(kp->wide_buffer.mem),
                            FMI_ARG(kp->values),
                            FMI_ARG(kp->points),
                            FMI_ARG(matrices),
                            FMI_ARG(kp->table_floats)};
    return fmi_kp_kernel_launch(kp, FMI_KP_SPREAD, args, 6, (uint64_t)16 * most, err);
}

static fm_status launch_planar(fm_keypoints *kp, fm_error *err) {
    fm_status status = kp->head > 0 ? launch_pose(kp, err) : FM_OK;
    if (status == FM_OK)
        status = launch_scale(kp, err);
    if (status == FM_OK && (kp->work & FMI_KP_MATRICES) != 0)
        status = launch_pairs(kp, err);
    return status == FM_OK ? launch_spread(kp, err) : status;
}

static fm_status make_buffers(fm_keypoints *kp, fm_error *err) {
    fmi_queue *queue = kp->engine->queue;
    const uint64_t size = sizeof(float) * (uint64_t)kp->clips;
    if (kp->table_buffer.mem)
        return FM_OK;
    fm_status status =
        fmi_buffer_create(&kp->records_buffer, queue, CL_MEM_READ_WRITE, size * kp->record.floats,
                          "source and initial keypoints", err);
    if (status == FM_OK)
        status = fmi_buffer_create(&kp->wide_buffer, queue, CL_MEM_READ_WRITE,
                                   size * FM_KP_WIDE(kp->values, kp->points), "keypoint rows", err);
    if (status == FM_OK)
        status = fmi_buffer_create(&kp->table_buffer, queue, CL_MEM_READ_WRITE,
                                   size * kp->table_floats, "keypoint tables", err);
    return status;
}

static fm_status prepare_on_device(fm_keypoints *kp, fm_error *err) {
    const uint64_t size = sizeof(float) * (uint64_t)kp->clips;
    fm_status status = make_buffers(kp, err);
    if (status == FM_OK)
        status =
            fmi_buffer_write(&kp->records_buffer, 0, size * kp->record.floats, kp->records, err);
    if (status == FM_OK)
        status = kp->how.model == FM_KEYPOINTS_LIVEPORTRAIT ? launch_live(kp, err)
                                                            : launch_planar(kp, err);
    if (status == FM_OK)
        status = fmi_queue_finish(kp->engine->queue, err);
    if (status == FM_OK)
        status = fmi_buffer_read(&kp->table_buffer, 0, size * kp->table_floats, kp->table, err);
    return status;
}

fm_status fmi_kp_prepare(fm_keypoints *kp, fm_error *err) {
    fm_status status = FM_OK;
    if (kp->engine->reference)
        fmi_kp_prepare_ref(kp);
    else
        status = prepare_on_device(kp, err);
    if (status != FM_OK)
        return fmi_while(err, status, "while preparing the keypoints of %u clips", kp->clips);
    count_pairs(kp);
    kp->ready = true;
    return FM_OK;
}
