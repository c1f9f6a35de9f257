/* SPDX-License-Identifier: MIT */
#include "engine_impl.h"

#include <stdio.h>

void fmi_variant_options(const fmi_variant *variant, char options[FMI_OPTIONS_BYTES]) {
    char group[24] = "";
    if (variant->group != 0)
        snprintf(group, sizeof group, " -DFMK_GROUP=%u", variant->group);
    snprintf(options, FMI_OPTIONS_BYTES,
             "-DFMK_TILE=%u -DFMK_CHANNELS=%u -DFMK_TEXTURED=%u%s%s%s%s%s%s%s%s", variant->tile,
             variant->channels, variant->textured ? 1U : 0U, group,
             variant->samples == 4 ? " -DFMK_SAMPLES=4" : "",
             variant->trilinear ? " -DFMK_TRILINEAR=1" : "", variant->half ? " -DFMK_HALF=1" : "",
             variant->shapes ? " -DFMK_SHAPES" : "",
             variant->relaxed ? " -DFMK_RELAXED -cl-mad-enable -cl-no-signed-zeros" : "",
             variant->no_hints ? " -DFMK_NO_HINTS" : "",
             variant->half_arithmetic ? " -DFMK_HALF_ARITHMETIC" : "");
}
