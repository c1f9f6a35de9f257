/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <stdbool.h>
#include <stdlib.h>

static bool covered_all_around(const uint8_t *want, uint32_t width, uint32_t height, uint32_t x,
                               uint32_t y) {
    if (x == 0 || y == 0 || x + 1 >= width || y + 1 >= height)
        return false;
    for (uint32_t v = y - 1; v <= y + 1; v++) {
        for (uint32_t u = x - 1; u <= x + 1; u++) {
            if (want[((uint64_t)v * width + u) * 4 + 3] == 0)
                return false;
        }
    }
    return true;
}

static uint32_t pixel_distance(const uint8_t *a, const uint8_t *b) {
    int largest = 0;
    for (uint32_t c = 0; c < 4; c++) {
        int d = abs(a[c] - b[c]);
        largest = d > largest ? d : largest;
    }
    return (uint32_t)largest;
}

fmi_difference fmi_compare(const uint8_t *got, const uint8_t *want, uint32_t width,
                           uint32_t height) {
    fmi_difference sum = {.pixels = (uint64_t)width * height};
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            uint64_t at = ((uint64_t)y * width + x) * 4;
            uint32_t distance = pixel_distance(got + at, want + at);
            sum.covered += want[at + 3] != 0;
            sum.far += distance > 1;
            sum.largest = distance > sum.largest ? distance : sum.largest;
            if (got[at + 3] == 0 && covered_all_around(want, width, height, x, y))
                sum.holes++;
        }
    }
    return sum;
}
