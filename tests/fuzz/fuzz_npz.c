/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "io/npz.h"

#include <stdio.h>

static const char *const names[] = {"value", "jacobian", "kp"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fmi_npz npz;
    if (fmi_npz_read(&npz, fuzz_file(data, size), names, 3, NULL) == FM_OK)
        for (int i = 0; i < 3; i++) {
            const fmi_npy *array = fmi_npz_find(&npz, names[i]);
            fuzz_expect(!array || array->values, "an array has values");
        }
    fmi_npz_free(&npz);
    return 0;
}

void fuzz_seeds(void) {
    static const float values[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const fmi_npy_shape shape = {.dims = 3, .size = {2, 2, 2}, .count = 8};
    const fmi_npz_entry entries[] = {{"value", shape, values}, {"jacobian", shape, values}};
    char path[256], block[8192];
    snprintf(path, sizeof path, "%s/seed.npz", fuzz_folder());
    if (fmi_npz_write(path, entries, 2, NULL) != FM_OK)
        return;
    FILE *f = fopen(path, "rbe");
    size_t n = f ? fread(block, 1, sizeof block, f) : 0;
    if (f)
        fclose(f);
    fuzz_seed(block, n);
}
