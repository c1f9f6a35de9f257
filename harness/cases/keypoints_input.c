/* SPDX-License-Identifier: MIT */
#include "keypoints_input.h"

#include "error.h"
#include "pcg.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *room(size_t floats) {
    const size_t bytes = (floats * sizeof(float) + 4095) / 4096 * 4096;
    float *values = aligned_alloc(4096, bytes);
    if (values) /* touched now: fresh pages would cost the first sample ten times as much */
        memset(values, 0, bytes);
    return values;
}

/* --- outputs between canaries --------------------------------------------------------------- */

#define PAGE 4096
#define CANARY 0xA7

/* Bytes behind an output of so many, up to the end of its last page and one page more. */
static size_t behind(size_t bytes) {
    return (PAGE - bytes % PAGE) % PAGE + PAGE;
}

static float *guarded_room(size_t floats) {
    const size_t bytes = floats * sizeof(float);
    unsigned char *start = aligned_alloc(PAGE, PAGE + bytes + behind(bytes));
    if (!start)
        return NULL;
    memset(start, CANARY, PAGE + bytes + behind(bytes));
    memset(start + PAGE, 0, bytes);
    return (float *)(void *)(start + PAGE);
}

static void guarded_free(float *values) {
    if (values)
        free((unsigned char *)values - PAGE);
}

static bool is_intact(const float *values, size_t floats) {
    const unsigned char *at = (const unsigned char *)values;
    const size_t bytes = floats * sizeof(float);
    size_t changed = 0;
    for (size_t i = 0; i < PAGE; ++i)
        changed += at[(ptrdiff_t)i - PAGE] != CANARY;
    for (size_t i = 0; i < behind(bytes); ++i)
        changed += at[bytes + i] != CANARY;
    return changed == 0;
}

void fmi_keypoints_input_look(const fmi_keypoints_input *input, fmi_check *check) {
    const size_t frames = input->frames;
    if (!is_intact(input->out_value, frames * FMI_KEYPOINTS_VALUES))
        fmi_check_failed(check, "bytes beside the values of the output were overwritten");
    if (!is_intact(input->out_jacobian, frames * FMI_KEYPOINTS_JACOBIANS))
        fmi_check_failed(check, "bytes beside the Jacobians of the output were overwritten");
}

/* Points that swing about a rest, each with its own phase; the source rests elsewhere. */
static void fill(fmi_keypoints_input *input) {
    fmi_pcg pcg = fmi_pcg_seed(4);
    double rest[FMI_KEYPOINTS_VALUES], phase[FMI_KEYPOINTS_VALUES];
    for (int i = 0; i < FMI_KEYPOINTS_VALUES; ++i) {
        rest[i] = 1.6 * fmi_pcg_unit(&pcg) - 0.8;
        phase[i] = 6.28 * fmi_pcg_unit(&pcg);
    }
    for (size_t f = 0; f <= input->frames; ++f)
        for (int i = 0; i < FMI_KEYPOINTS_VALUES; ++i) {
            const double swing = sin(0.07 * (double)f + phase[i]);
            float *m = input->jacobian + f * FMI_KEYPOINTS_JACOBIANS + 2 * (size_t)i;
            input->value[f * FMI_KEYPOINTS_VALUES + (size_t)i] =
                (float)(f == input->frames ? 1.1 * rest[i] : rest[i] + 0.1 * swing);
            m[i % 2] = (float)(1 + 0.2 * swing);
            m[1 - i % 2] = (float)(0.2 * cos(0.05 * (double)f + phase[i]));
        }
}

fm_status fmi_keypoints_input_make(fmi_keypoints_input *input, uint32_t frames, fm_error *err) {
    const size_t all = (size_t)frames + 1;
    *input = (fmi_keypoints_input){.frames = frames,
                                   .value = room(all * FMI_KEYPOINTS_VALUES),
                                   .jacobian = room(all * FMI_KEYPOINTS_JACOBIANS),
                                   .out_value = guarded_room((size_t)frames * FMI_KEYPOINTS_VALUES),
                                   .out_jacobian =
                                       guarded_room((size_t)frames * FMI_KEYPOINTS_JACOBIANS)};
    if (!input->value || !input->jacobian || !input->out_value || !input->out_jacobian) {
        fmi_keypoints_input_free(input);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u frames of keypoints", frames);
    }
    fill(input);
    return FM_OK;
}

void fmi_keypoints_input_free(fmi_keypoints_input *input) {
    free(input->value);
    free(input->jacobian);
    guarded_free(input->out_value);
    guarded_free(input->out_jacobian);
    *input = (fmi_keypoints_input){0};
}

fm_keypoints_set fmi_keypoints_input_source(const fmi_keypoints_input *input) {
    return (fm_keypoints_set){.value = input->value + (size_t)input->frames * FMI_KEYPOINTS_VALUES,
                              .jacobian = input->jacobian +
                                          (size_t)input->frames * FMI_KEYPOINTS_JACOBIANS};
}

fm_keypoints_set fmi_keypoints_input_driving(const fmi_keypoints_input *input) {
    return (fm_keypoints_set){.value = input->value, .jacobian = input->jacobian};
}

/* Largest distance in ulp of the scale; counts those beyond. */
static double distance(const float *got, const float *want, size_t count, double tolerance,
                       uint64_t *beyond) {
    double scale = 1, most = 0;
    for (size_t i = 0; i < count; ++i)
        scale = fmax(scale, fabs((double)want[i]));
    for (size_t i = 0; i < count; ++i) {
        double d = fabs((double)got[i] - (double)want[i]) / (scale * (double)FLT_EPSILON);
        d = isnan(d) ? (double)INFINITY : d;
        most = fmax(most, d);
        *beyond += d > tolerance;
    }
    return most;
}

void fmi_keypoints_input_compare(const fmi_keypoints_input *input, const fm_keypoints_params *how,
                                 uint32_t frame, double tolerance_ulp, fmi_check *check) {
    float value[FMI_KEYPOINTS_VALUES], jacobian[FMI_KEYPOINTS_JACOBIANS];
    const size_t v = (size_t)frame * FMI_KEYPOINTS_VALUES;
    const size_t j = (size_t)frame * FMI_KEYPOINTS_JACOBIANS;
    fmi_ref_keypoints clip = {.how = *how,
                              .source = fmi_keypoints_input_source(input),
                              .initial = fmi_keypoints_input_driving(input)};
    clip.how.points = FMI_KEYPOINTS_POINTS;
    clip.how.clips = 1;
    const fm_keypoints_set in = {.value = input->value + v, .jacobian = input->jacobian + j};
    const fm_keypoints_out out = {.value = value, .jacobian = jacobian};
    fmi_ref_keypoints_run(&clip, &in, &out, 1);
    uint64_t beyond = 0;
    const double off_value =
        distance(input->out_value + v, value, FMI_KEYPOINTS_VALUES, tolerance_ulp, &beyond);
    const double off_jacobian = distance(input->out_jacobian + j, jacobian, FMI_KEYPOINTS_JACOBIANS,
                                         tolerance_ulp, &beyond);
    const double off = fmax(off_value, off_jacobian);
    check->max = fmax(check->max, off);
    check->share =
        fmax(check->share, (double)beyond / (FMI_KEYPOINTS_VALUES + FMI_KEYPOINTS_JACOBIANS));
    check->compared++;
    if (beyond > 0)
        fmi_check_failed(check, "frame %u: %s is %.3g ulp of the frame's scale away", frame,
                         off_value > off_jacobian ? "a value" : "a Jacobian", off);
}
