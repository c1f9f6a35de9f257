/* SPDX-License-Identifier: MIT */
/* Two shapes of one topology for the examples: a pyramid with a flat nose and one with a long
 * crooked one, by their corners, one triangle a line. */
#ifndef PYRAMIDS_H
#define PYRAMIDS_H

#include <fm/mesh.h>

/* clang-format off */
#define PYRAMID(x, y, z) {                \
        -1, -1, 0,   1, -1, 0,   x, y, z, \
         1, -1, 0,   1,  1, 0,   x, y, z, \
         1,  1, 0,  -1,  1, 0,   x, y, z, \
        -1,  1, 0,  -1, -1, 0,   x, y, z}
/* clang-format on */
static const float pyramid_flat[] = PYRAMID(0.0F, 0.0F, 0.3F);
static const float pyramid_crooked[] = PYRAMID(0.3F, -0.2F, 1.0F);
static const uint32_t pyramid_sizes[] = {3, 3, 3, 3};
static const fm_mesh pyramid_a = {.positions = pyramid_flat,
                                  .polygon_sizes = pyramid_sizes,
                                  .corner_count = 12,
                                  .polygon_count = 4};
static const fm_mesh pyramid_b = {.positions = pyramid_crooked,
                                  .polygon_sizes = pyramid_sizes,
                                  .corner_count = 12,
                                  .polygon_count = 4};

#endif
