/* SPDX-License-Identifier: MIT */
#include "engine_impl.h"

#include <stdio.h>

void fmi_variant_options(const fmi_variant *variant, char options[FMI_OPTIONS_BYTES]) {
    snprintf(options, FMI_OPTIONS_BYTES, "-DFMK_TILE=%u -DFMK_CHANNELS=%u -DFMK_TEXTURED=%u%s%s",
             variant->tile, variant->channels, variant->textured ? 1U : 0U,
             variant->relaxed ? " -DFMK_RELAXED -cl-mad-enable -cl-no-signed-zeros" : "",
             variant->no_restrict ? " -DFMK_NO_RESTRICT" : "");
}
