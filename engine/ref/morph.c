/* SPDX-License-Identifier: MIT */
#include "ref.h"

void fmi_ref_morph(const float *a, const float *b, uint32_t vertices, float t, float *out) {
    for (size_t i = 0; i < (size_t)vertices * 3; i++) {
        double from = (double)a[i];
        double to = (double)b[i];
        out[i] = (float)(from + (double)t * (to - from));
    }
}
