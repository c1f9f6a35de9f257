/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "io/image.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fmi_image image;
    fm_error err = {0};
    fm_status status = fmi_image_decode(&image, data, size, "fuzz", &err);
    fuzz_expect((status == FM_OK) == (image.storage != NULL), "pixels with success only");
    fuzz_expect(status == FM_OK || err.message[0] != '\0', "a failure says why");
    fmi_image_free(&image);
    return 0;
}

void fuzz_seeds(void) {
    static uint8_t pixels[16 * 16 * 4];
    fmi_bytes out = {0};
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37);
    for (uint32_t channels = 3; channels <= 4; channels++) {
        const fm_image image = {pixels, 16, 16, channels, 16 * channels};
        if (fmi_png_encode(&out, &image, NULL) == FM_OK)
            fuzz_seed(out.data, out.size);
    }
    fmi_bytes_free(&out);
    fuzz_seed("\xFF\xD8\xFF\xE0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", 20);
}
