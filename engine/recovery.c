/* SPDX-License-Identifier: MIT */
#include "recovery.h"

#define OUT_OF_DEVICE_MEMORY (-4)
#define OUT_OF_RESOURCES (-5)
#define OUT_OF_HOST_MEMORY (-6)
#define BUFFER_SIZE (-61)
#define MOST_UPS 3

static uint32_t log2_of(uint32_t value) {
    uint32_t n = 0;
    while (value >>= 1)
        ++n;
    return n;
}

void fmi_recovery_begin(fmi_recovery *recovery, uint32_t planned) {
    *recovery = (fmi_recovery){
        .batch = planned, .allowed = log2_of(planned) + 1, .ups = MOST_UPS, .strips = 1};
}

bool fmi_recovery_helps(fm_status status, int32_t cl_code) {
    return status == FM_ERROR_DEVICE_MEMORY ||
           (status == FM_ERROR_HOST_MEMORY && cl_code == OUT_OF_HOST_MEMORY);
}

/* One frame is too much. The answer that may mean something else than memory is not tried again:
 * it came with the least work there is. */
static bool more_strips(fmi_recovery *recovery, int32_t cl_code) {
    if (cl_code == OUT_OF_RESOURCES || recovery->strips >= recovery->rows)
        return false;
    recovery->strips *= 2;
    if (recovery->strips > recovery->rows)
        recovery->strips = recovery->rows;
    return true;
}

bool fmi_recovery_failed(fmi_recovery *recovery, int32_t cl_code) {
    if (recovery->failed && recovery->batch < recovery->failed && recovery->ups < MOST_UPS)
        recovery->ups = 0; /* an enlargement did not work: no more of them */
    if (!recovery->failed || recovery->batch < recovery->failed)
        recovery->failed = recovery->batch;
    if (recovery->batch <= 1)
        return more_strips(recovery, cl_code);
    if (++recovery->failures > recovery->allowed)
        return false;
    recovery->halved = 0;
    uint32_t half = recovery->batch / 2;
    if (cl_code == OUT_OF_RESOURCES && half > 1) {
        recovery->halved = half;
        half = 1;
    }
    recovery->batch = half;
    return true;
}

bool fmi_recovery_worked(fmi_recovery *recovery, uint32_t frames) {
    if (!recovery->failed || frames < recovery->batch || recovery->strips > 1)
        return false;
    if (recovery->halved) {
        recovery->batch = recovery->halved;
        recovery->halved = 0;
        return true;
    }
    uint32_t middle = recovery->batch + (recovery->failed - recovery->batch) / 2;
    if (recovery->ups == 0 || recovery->failures >= recovery->allowed || middle <= recovery->batch)
        return false;
    --recovery->ups;
    recovery->batch = middle;
    return true;
}
