/* SPDX-License-Identifier: MIT */
/* What the roofs say about a measured launch. Pure. */
#include "roofs.h"

#include <math.h>
#include <string.h>

#define CACHED_BYTES 32e6 /* launches that move less may stay in a last-level cache */
#define SLACK 1.05        /* above this share of the roof the number is wrong */

double fmi_roofs_value(const fmi_roofs *roofs, const char *name) {
    for (uint32_t i = 0; i < roofs->count; ++i)
        if (strcmp(roofs->roof[i].name, name) == 0)
            return roofs->roof[i].value;
    return (double)NAN;
}

/* The best of three ways to move bytes. */
static double best(const fmi_roofs *roofs, const char *a, const char *b, const char *c) {
    return fmax(fmi_roofs_value(roofs, a),
                fmax(fmi_roofs_value(roofs, b), fmi_roofs_value(roofs, c)));
}

fmi_roof_share fmi_roofs_judge(const fmi_roofs *roofs, double bytes, double flops,
                               fmi_precision precision, bool cold, double seconds) {
    const double cache = best(roofs, "read_cache", "write_cache", "triad_cache");
    const double memory = best(roofs, "read_memory", "write_memory", "triad_memory");
    const double fastest = fmax(cache, memory);
    /* Storage in fp16 is computed in fp32 unless an op says otherwise: the larger roof is safe. */
    const double half = precision == FMI_FP16 ? fmi_roofs_value(roofs, "fma_fp16") : (double)NAN;
    const double arithmetic = fmax(fmi_roofs_value(roofs, "fma_fp32"), half);
    const bool cached = bytes < CACHED_BYTES && !cold;
    const double moving = bytes > 0.0 ? bytes / (cached ? fastest : memory) : (double)NAN;
    const double computing = flops > 0.0 ? flops / arithmetic : (double)NAN;
    const double least = fmax(moving, computing); /* of numbers; NAN only when both are */
    fmi_roof_share share = {.fraction = (double)NAN, .roof = ""};
    if (!(seconds > 0.0) || !isfinite(least))
        return share;
    share.fraction = least / seconds;
    share.roof = !(computing >= moving) ? (cached ? "cache" : "memory") : "fma";
    /* Beyond doubt only against the caches: what a launch reads may be there already. */
    share.impossible = bytes / fastest > SLACK * seconds || flops / arithmetic > SLACK * seconds;
    return share;
}

void fmi_roofs_json(const fmi_roofs *roofs, fmi_json *json, const char *key) {
    fmi_json_begin(json, key, '{');
    for (uint32_t i = 0; i < roofs->count; ++i) {
        const fmi_roof *roof = &roofs->roof[i];
        fmi_json_begin(json, roof->name, '{');
        fmi_json_double(json, "value", roof->value);
        fmi_json_double(json, "median", roof->median);
        fmi_json_string(json, "unit", roof->unit);
        fmi_json_uint(json, "n", roof->n);
        fmi_json_string(json, "note", roof->note[0] ? roof->note : NULL);
        fmi_json_end(json);
    }
    fmi_json_end(json);
}
