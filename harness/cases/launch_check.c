/* SPDX-License-Identifier: MIT */
#include "cases/launch_check.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>

/* Every frame that was not compared must have the bytes it has when it is made alone. */
static fm_status compare_alone(void *state, const uint32_t *chosen, uint32_t count,
                               fmi_check *check, fm_error *err) {
    const fmi_launch_check *op = state;
    fm_status status = FM_OK;
    for (uint32_t i = 0, next = 0; i < op->frames && status == FM_OK; ++i) {
        uint64_t alone = 0;
        if (next < count && chosen[next] == i) {
            ++next;
            continue;
        }
        status = op->run_alone(state, i, err);
        if (status == FM_OK)
            status = op->read_hash(state, 0, &alone, err);
        if (status == FM_OK && alone != op->hash[i])
            fmi_check_failed(check, "frame %u of %u has other bytes than alone", i, op->frames);
        check->hashed += status == FM_OK;
    }
    return status;
}

static fm_status check_chosen(void *state, const fmi_check_params *how, uint32_t *chosen,
                              fmi_check *check, fm_error *err) {
    const fmi_launch_check *op = state;
    const uint32_t count = fmi_check_choose(how, op->frames, chosen);
    fm_status status = op->poison(state, err);
    if (status == FM_OK)
        status = op->run(state, err);
    if (status == FM_OK && op->ran)
        op->ran(state);
    for (uint32_t i = 0; status == FM_OK && i < count; ++i)
        status = op->compare(state, chosen[i], check, err);
    for (uint32_t i = 0; status == FM_OK && i < op->frames; ++i)
        status = op->read_hash(state, i, &op->hash[i], err);
    if (status == FM_OK && check->passed && how->hash_others)
        status = compare_alone(state, chosen, count, check, err);
    return status;
}

fm_status fmi_launch_check_run(void *state, const fmi_check_params *how, fmi_check *check,
                               fm_error *err) {
    *check =
        (fmi_check){.passed = true, .unit = ((fmi_launch_check *)state)->unit, .psnr = (double)NAN};
    uint32_t *chosen = malloc(sizeof *chosen * ((size_t)how->random_frames + 2));
    if (!chosen)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the choice of frames");
    const fm_status status = check_chosen(state, how, chosen, check, err);
    free(chosen);
    return status;
}

fm_status fmi_launch_check_again(void *state, fmi_check *check, fm_error *err) {
    const fmi_launch_check *op = state;
    fm_status status = op->run(state, err);
    for (uint32_t i = 0; status == FM_OK && i < op->frames; ++i) {
        uint64_t hash = 0;
        status = op->read_hash(state, i, &hash, err);
        if (status == FM_OK && hash != op->hash[i])
            fmi_check_failed(check, "frame %u has other bytes after timing than before", i);
    }
    return status;
}
