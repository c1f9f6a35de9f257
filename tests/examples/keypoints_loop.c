/* SPDX-License-Identifier: MIT */
/*
 * A talking-head loop: each frame's keypoints are carried over to the source face as they come,
 * ten points with a Jacobian each. The driving face nods; so does the result, from the source's
 * place, at the source's size.
 */
#include <math.h>
#include <stdio.h>

#include <fm/fm.h>

#define POINTS 10

/* Points on a circle of that size, lifted by dy, with unit Jacobians. */
static void face(float value[POINTS * 2], float jacobian[POINTS * 4], float size, float dy) {
    for (int k = 0; k < POINTS; k++) {
        value[2 * k] = size * cosf(0.6F * (float)k);
        value[2 * k + 1] = size * sinf(0.6F * (float)k) + dy;
        jacobian[4 * k] = jacobian[4 * k + 3] = 1.0F;
        jacobian[4 * k + 1] = jacobian[4 * k + 2] = 0.0F;
    }
}

int main(void) {
    float value[POINTS * 2], jacobian[POINTS * 4], source[POINTS * 2];
    fm_keypoints_params params = {.struct_size = sizeof params, .model = FM_KEYPOINTS_FOMM};
    fm_keypoints_set in = {.value = source, .jacobian = jacobian};
    fm_keypoints_out out = {.value = value, .jacobian = jacobian};
    fm_error err = {0};
    fm_engine *engine = NULL;
    fm_keypoints *keypoints = NULL;

    face(source, jacobian, 0.2F, 0.1F);
    /* NULL: the first frame pushed is the clip's frame of reference. */
    int ok = fm_engine_create(&engine, NULL, &err) == FM_OK &&
             fm_keypoints_create(&keypoints, engine, &params, &in, NULL, &err) == FM_OK;
    in.value = value;
    for (int frame = 0; ok && frame < 100; frame++) {
        const float nod = 0.05F * sinf(0.1F * (float)frame);
        face(value, jacobian, 0.4F, nod); /* here: the detector's answer for this frame */
        ok = fm_keypoints_push(keypoints, &in, &out, 1, &err) == FM_OK; /* in place */
        /* The source is half as large as the driver, so it nods half as far. */
        ok = ok && fabsf(value[1] - (source[1] + 0.5F * nod)) < 1e-4F;
    }
    if (!ok)
        fprintf(stderr, "%s\n", err.message[0] ? err.message : "not where the source should be");
    fm_keypoints_destroy(&keypoints);
    fm_engine_destroy(&engine);
    return ok ? 0 : 1;
}
