/* SPDX-License-Identifier: MIT */
#include "ref.h"

void fmi_ref_blend(const float *base, const float *deltas, size_t delta_stride, uint32_t values,
                   uint32_t targets, const float *weights, float *out) {
    for (uint32_t i = 0; i < values; i++) {
        double sum = (double)base[i];
        for (uint32_t k = 0; k < targets; k++) {
            sum += (double)weights[k] * (double)deltas[k * delta_stride + i];
        }
        out[i] = (float)sum;
    }
}
