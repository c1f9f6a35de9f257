/* SPDX-License-Identifier: MIT */
/** @file compare.h How far two renderings of one frame are apart. Pure. */
#ifndef FMI_CLI_COMPARE_H
#define FMI_CLI_COMPARE_H

#include <stdint.h>

/** What the rule "at most 1 of 255 on 99.9 % of the pixels, no holes" looks at. */
typedef struct fmi_difference {
    uint64_t pixels;
    uint64_t covered; /**< by the wanted picture */
    uint64_t far;     /**< a channel is more than 1 off */
    uint64_t holes;   /**< uncovered although the wanted picture covers the pixel and all around */
    uint32_t largest; /**< largest distance of a channel */
} fmi_difference;

/** Two RGBA pictures without row padding, alpha 0 = not covered. */
fmi_difference fmi_compare(const uint8_t *got, const uint8_t *want, uint32_t width,
                           uint32_t height);

#endif
