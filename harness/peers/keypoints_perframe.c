/* SPDX-License-Identifier: MIT */
/* Keypoints the way talking-head programs do it, in plain C on one core: for every frame both
 * convex hulls anew (animate.py of the first-order model), an inverse for every Jacobian, two
 * products. */
#include "error.h"
#include "peer.h"

#include "cases/keypoints_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE_ULP 64.0 /* 1e-5, what the formula promises */

typedef struct point {
    float x, y;
} point;

static const char *unavailable(const fmi_case_params *params) {
    (void)params;
    return NULL;
}

static uint32_t some(const fmi_case_params *params) {
    return params->batch < 4096 ? params->batch : 4096;
}

static void destroy(void **handle) {
    if (!*handle)
        return;
    fmi_keypoints_input_free(*handle);
    free(*handle);
    *handle = NULL;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    fmi_keypoints_input *input = calloc(1, sizeof *input);
    if (!input)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the per-frame peer");
    const fm_status status = fmi_keypoints_input_make(input, params->batch, err);
    if (status != FM_OK)
        free(input);
    else
        *handle = input;
    return status;
}

static int by_x(const void *a, const void *b) {
    const point *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y);
}

static float turn(point o, point a, point b) {
    return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

/* Monotone chain. */
static float hull_area(const float *value) {
    point p[FMI_KEYPOINTS_POINTS], chain[2 * FMI_KEYPOINTS_POINTS];
    int size = 0;
    memcpy(p, value, sizeof p);
    qsort(p, FMI_KEYPOINTS_POINTS, sizeof *p, by_x);
    for (int i = 0; i < FMI_KEYPOINTS_POINTS; chain[size++] = p[i++])
        while (size >= 2 && turn(chain[size - 2], chain[size - 1], p[i]) <= 0)
            size--;
    const int lower = size + 1;
    for (int i = FMI_KEYPOINTS_POINTS - 2; i >= 0; chain[size++] = p[i--])
        while (size >= lower && turn(chain[size - 2], chain[size - 1], p[i]) <= 0)
            size--;
    float twice = 0;
    for (int i = 1; i + 1 < size; i++)
        twice += turn(chain[0], chain[i], chain[i + 1]);
    return 0.5F * twice;
}

static void product(const float *a, const float *b, float *out) {
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            out[2 * i + j] = a[2 * i] * b[j] + a[2 * i + 1] * b[2 + j];
}

static void one_frame(const fmi_keypoints_input *input, size_t frame) {
    const fm_keypoints_set source = fmi_keypoints_input_source(input);
    const float *value = input->value + frame * FMI_KEYPOINTS_VALUES;
    const float *jacobian = input->jacobian + frame * FMI_KEYPOINTS_JACOBIANS;
    float *out = input->out_jacobian + frame * FMI_KEYPOINTS_JACOBIANS;
    const float scale = sqrtf(hull_area(source.value)) / sqrtf(hull_area(input->value));
    for (int i = 0; i < FMI_KEYPOINTS_VALUES; i++)
        input->out_value[frame * FMI_KEYPOINTS_VALUES + (size_t)i] =
            source.value[i] + scale * (value[i] - input->value[i]);
    for (int k = 0; k < FMI_KEYPOINTS_JACOBIANS; k += 4) {
        const float *m = input->jacobian + k;
        const float det = m[0] * m[3] - m[1] * m[2];
        const float inverse[4] = {m[3] / det, -m[1] / det, -m[2] / det, m[0] / det};
        float left[4];
        product(jacobian + k, inverse, left);
        product(left, source.jacobian + k, out + k);
    }
}

static fm_status run(void *handle, fm_error *err) {
    (void)err;
    const fmi_keypoints_input *input = handle;
    for (size_t i = 0; i < input->frames; i++)
        one_frame(input, i);
    return FM_OK;
}

static fm_status check_peer(void *handle, fmi_check *check, fm_error *err) {
    const fmi_keypoints_input *input = handle;
    const fm_keypoints_params how = {.area = FM_KEYPOINTS_HULL};
    *check = (fmi_check){.passed = true, .unit = "ulp", .psnr = (double)NAN};
    memset(input->out_value, 0xA5,
           (size_t)input->frames * FMI_KEYPOINTS_VALUES * sizeof *input->out_value);
    const fm_status status = run(handle, err);
    fmi_keypoints_input_compare(input, &how, 0, TOLERANCE_ULP, check);
    fmi_keypoints_input_compare(input, &how, input->frames - 1, TOLERANCE_ULP, check);
    return status;
}

static void facts(const void *handle, fmi_case_facts *out) {
    const fmi_keypoints_input *input = handle;
    *out = (fmi_case_facts){.frames = input->frames,
                            .bytes = FMI_KEYPOINTS_BYTES * (uint64_t)input->frames,
                            .covered_fraction = (double)NAN};
}

const fmi_peer fmi_peer_keypoints_perframe = {
    .name = "C, per frame",
    .op = "keypoints",
    .description = "both hulls and every inverse anew for each frame, plain C on one core",
    .frames = some,
    .unavailable = unavailable,
    .create = create,
    .run = run,
    .check = check_peer,
    .facts = facts,
    .destroy = destroy};
