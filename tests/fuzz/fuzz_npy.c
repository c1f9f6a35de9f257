/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "io/npy.h"

static volatile unsigned char sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fmi_npy array;
    char text[128];
    if (fmi_npy_parse(&array, data, size, "fuzz", NULL) == FM_OK) {
        size_t bytes = array.shape.count * fmi_npy_element_bytes(array.shape.kind);
        fuzz_expect(bytes <= size, "no more values than bytes");
        unsigned char sum = 0;
        for (size_t i = 0; i < bytes; i++)
            sum = (unsigned char)(sum + ((unsigned char *)array.values)[i]);
        sink = sum;
        (void)fmi_npy_shape_text(&array.shape, text);
    }
    fmi_npy_free(&array);
    return 0;
}

void fuzz_seeds(void) {
    static const char *const forms[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }",
        "{'descr': '>f8', 'fortran_order': True, 'shape': (1,1,1), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (), }"};
    for (int i = 0; i < 3; i++) {
        unsigned char file[128] = "\x93NUMPY\1\0\x40\0";
        for (int k = 0; forms[i][k]; k++)
            file[10 + k] = (unsigned char)forms[i][k];
        fuzz_seed(file, 74 + 8);
    }
}
