/* SPDX-License-Identifier: MIT */
#include "keypoints_impl.h"

#include "clock.h"
#include "error.h"

#include <math.h>
#include <stdlib.h>

#define MOST_FRAMES 65536
#define ROUNDS 9

static int ascending(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Median nanoseconds of a push of n frames by either way; rounds alternate, so that a slow phase of
 * the machine meets both. */
static fm_status race(fm_keypoints *kp, const fm_keypoints_set *in, const fm_keypoints_out *out,
                      uint32_t n, uint64_t *host, uint64_t *device, fm_error *err) {
    uint64_t host_ns[ROUNDS], device_ns[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t start = fmi_clock_ns();
        fmi_kp_push_host(kp, in, out, n);
        const uint64_t middle = fmi_clock_ns();
        const fm_status status = fmi_kp_push_device(kp, in, out, n, err);
        if (status != FM_OK)
            return status;
        host_ns[i] = middle - start;
        device_ns[i] = fmi_clock_ns() - middle;
    }
    qsort(host_ns, ROUNDS, sizeof *host_ns, ascending);
    qsort(device_ns, ROUNDS, sizeof *device_ns, ascending);
    *host = host_ns[ROUNDS / 2];
    *device = device_ns[ROUNDS / 2];
    return FM_OK;
}

/* Doubles n until the device wins, then draws the line where both curves meet. */
static fm_status search(fm_keypoints *kp, const fm_keypoints_set *in, const fm_keypoints_out *out,
                        uint32_t *frames, fm_error *err) {
    uint64_t host = 0, device = 0, host_before = 0, device_before = 0;
    for (uint32_t n = 1; n * (uint64_t)kp->clips <= MOST_FRAMES; n *= 2) {
        const fm_status status = race(kp, in, out, n, &host, &device, err);
        if (status != FM_OK)
            return status;
        if (device < host) {
            const double lead = n > 1 ? (double)device_before - (double)host_before : 0;
            const double behind = (double)host - (double)device;
            const double share = lead > 0 ? lead / (lead + behind) : 0;
            const uint32_t half = n / 2; /* where the host was faster still */
            *frames = (uint32_t)(kp->clips * (n > 1 ? half * (1 + share) : 1));
            return FM_OK;
        }
        host_before = host;
        device_before = device;
    }
    return FM_OK;
}

fm_status fm_keypoints_crossing(fm_keypoints *kp, uint32_t *frames, fm_error *err) {
    if (!kp || !frames || !kp->ready)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_keypoints_crossing: a NULL, or no initial frame yet");
    *frames = 0;
    if (kp->engine->reference)
        return FM_OK;
    const size_t most = MOST_FRAMES > kp->clips ? MOST_FRAMES : kp->clips;
    float *in = calloc(most, sizeof *in * (fmi_kp_in_floats(kp) + 4 * (size_t)kp->points));
    float *out = calloc(most, sizeof *out * (fmi_kp_in_floats(kp) + 4 * (size_t)kp->points));
    fm_status status = FM_OK;
    if (!in || !out) {
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu frames", most);
        goto fail;
    }
    const size_t rows = most * fmi_kp_in_floats(kp);
    const bool live = kp->how.model == FM_KEYPOINTS_LIVEPORTRAIT;
    const fm_keypoints_set from = {
        .value = in, .motion = in, .jacobian = kp->has_jacobian ? in + rows : NULL};
    const fm_keypoints_out to = {.value = live ? NULL : out,
                                 .motion = live ? out : NULL,
                                 .jacobian = kp->has_jacobian ? out + rows : NULL};
    status = search(kp, &from, &to, frames, err);
fail:
    free(in);
    free(out);
    return status;
}

void fm_keypoints_angles(const float *bins, uint64_t count, float offset, float *degrees) {
    for (uint64_t i = 0; i < count; i++, bins += FM_KEYPOINTS_ANGLE_BINS) {
        double most = -(double)INFINITY, total = 0, sum = 0;
        for (int b = 0; b < FM_KEYPOINTS_ANGLE_BINS; b++)
            most = fmax(most, (double)bins[b]);
        for (int b = 0; b < FM_KEYPOINTS_ANGLE_BINS; b++) {
            const double weight = exp((double)bins[b] - most);
            total += weight;
            sum += weight * 3 * b;
        }
        degrees[i] = (float)(sum / total - (double)offset);
    }
}
