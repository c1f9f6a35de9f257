/* SPDX-License-Identifier: MIT */
/* A push through the device. When memory runs out the frames that are left go in smaller pieces,
 * the smallest ones through the host, which gives the same bits. */
#include "keypoints_impl.h"

#include "log.h"
#include "recovered.h"

static const fmi_piecework work = {.stage = "keypoints", .unit = "frames", .each = 1};

/* Frames of several clips do not lie side by side, so a piece of them is the whole. */
static bool is_for_host(const fm_keypoints *kp, uint32_t count) {
    return kp->clips > 1 || count < kp->how.host_below;
}

static fm_status push_one(fm_keypoints *kp, const fm_keypoints_set *in, const fm_keypoints_out *out,
                          uint32_t count, fm_error *err) {
    fm_status status = fmi_kp_push_device(kp, in, out, count, err);
    if (status == FM_OK) {
        kp->stats.device_frames += (uint64_t)count * kp->clips;
        kp->stats.launches++;
    }
    return status;
}

/* No size is left, or none that is worth a launch. */
static void go_to_host(fm_keypoints *kp, const fmi_recovery *recovery, const fm_error *err) {
    fmi_log(&kp->engine->log, FM_LOG_WARNING,
            "%s: the device ran out of memory (%d) with %u %s at once; going on with the host",
            work.stage, err->cl_code, recovery->failed, work.unit);
    fmi_recovered_note(kp->engine, work.stage, recovery->failed, 0, err->cl_code);
}

/* The next size, or the host. False: neither helps. */
static bool take_smaller(fm_keypoints *kp, fmi_recovery *recovery, fm_status status,
                         const fm_error *err, bool *host) {
    if (!kp->intact || !fmi_recovery_helps(status, err->cl_code))
        return false;
    *host = !fmi_recovered(kp->engine, recovery, &work, status, err) ||
            is_for_host(kp, recovery->batch);
    if (fmi_queue_is_lost(kp->engine->queue))
        return false;
    if (*host)
        go_to_host(kp, recovery, err);
    return true;
}

fm_status fmi_kp_push_pieces(fm_keypoints *kp, const fm_keypoints_set *in,
                             const fm_keypoints_out *out, uint32_t n, fm_error *err) {
    fmi_recovery recovery;
    fm_error own = {0};
    bool host = false;
    err = err ? err : &own;
    fmi_recovery_begin(&recovery, n);
    for (uint32_t first = 0; first < n;) {
        uint32_t left = n - first;
        uint32_t count = kp->clips > 1 || left < recovery.batch ? left : recovery.batch;
        fm_keypoints_set from;
        fm_keypoints_out to;
        fmi_kp_at(kp, in, out, first, &from, &to);
        if (host) {
            fmi_kp_push_host(kp, &from, &to, left);
            return FM_OK;
        }
        fm_status status = push_one(kp, &from, &to, count, err);
        if (status == FM_OK)
            first += count;
        else if (!take_smaller(kp, &recovery, status, err, &host))
            return status;
    }
    return FM_OK;
}
