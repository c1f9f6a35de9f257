/* SPDX-License-Identifier: MIT */
/* The engine's own host path beside its device: where their rates meet is the crossing point of
 * fm_keypoints_params.host_below. */
#include "error.h"
#include "peer.h"

#include "cases/keypoints_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE_ULP 8.0 /* as the case */

typedef struct state {
    fm_engine *engine;
    fm_keypoints *keypoints;
    fmi_keypoints_input input;
} state;

static const char *unavailable(const fmi_case_params *params) {
    (void)params;
    return NULL;
}

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    fm_keypoints_destroy(&s->keypoints);
    fm_engine_destroy(&s->engine);
    fmi_keypoints_input_free(&s->input);
    free(s);
    *handle = NULL;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    const fm_keypoints_params how = {.struct_size = sizeof how, .host_below = UINT32_MAX};
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the host path of keypoints");
    fm_status status = fmi_keypoints_input_make(&s->input, params->batch, err);
    const fm_keypoints_set source = fmi_keypoints_input_source(&s->input);
    const fm_keypoints_set first = fmi_keypoints_input_driving(&s->input);
    if (status == FM_OK)
        status = fmi_case_engine(&s->engine, params, err);
    if (status == FM_OK)
        status = fm_keypoints_create(&s->keypoints, s->engine, &how, &source, &first, err);
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
    const fm_keypoints_set in = fmi_keypoints_input_driving(&s->input);
    const fm_keypoints_out out = {.value = s->input.out_value, .jacobian = s->input.out_jacobian};
    return fm_keypoints_push(s->keypoints, &in, &out, s->input.frames, err);
}

static fm_status check_peer(void *handle, fmi_check *check, fm_error *err) {
    state *s = handle;
    const fm_keypoints_params how = {.struct_size = sizeof how};
    *check = (fmi_check){.passed = true, .unit = "ulp", .psnr = (double)NAN};
    memset(s->input.out_value, 0xA5,
           (size_t)s->input.frames * FMI_KEYPOINTS_VALUES * sizeof *s->input.out_value);
    const fm_status status = run(handle, err);
    if (status != FM_OK)
        return status;
    fmi_keypoints_input_compare(&s->input, &how, 0, TOLERANCE_ULP, check);
    fmi_keypoints_input_compare(&s->input, &how, s->input.frames - 1, TOLERANCE_ULP, check);
    return FM_OK;
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    *out = (fmi_case_facts){.frames = s->input.frames,
                            .bytes = FMI_KEYPOINTS_BYTES * (uint64_t)s->input.frames,
                            .covered_fraction = (double)NAN};
}

const fmi_peer fmi_peer_keypoints_host = {
    .name = "host path",
    .op = "keypoints",
    .description = "the same engine on the host, one core: what small pushes take",
    .unavailable = unavailable,
    .create = create,
    .run = run,
    .check = check_peer,
    .facts = facts,
    .destroy = destroy};
