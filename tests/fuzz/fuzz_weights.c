/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "cli/blend_run.h"

#include <stdlib.h>

static volatile float sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const targets[] = {"smile.obj", "frown.obj", "in/smile.obj"};
    for (uint32_t count = 1; count <= 3; count++) {
        float *weights = NULL;
        uint32_t frames = 0;
        fm_status status =
            fmi_blend_weights_read(fuzz_file(data, size), targets, count, &weights, &frames, NULL);
        fuzz_expect((status == FM_OK) == (weights != NULL), "weights with success only");
        float sum = 0;
        for (size_t i = 0; weights && i < (size_t)frames * count; i++)
            sum += weights[i];
        sink = sum;
        free(weights);
    }
    return 0;
}

void fuzz_seeds(void) {
    fuzz_seed_text("smile,frown\n0,1\n0.5,0.5\n");
    fuzz_seed_text("frame,smile,frown,smile\n0,0,1,0\n1,0.5,0.5,0\n");
    fuzz_seed_text("0\n0.25\n1\n");
}
