/* SPDX-License-Identifier: MIT */
#include "options_impl.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static fm_status bad_ops(const char *text, fm_error *err) {
    char known[160] = "all or a list of";
    for (size_t i = 0; fmi_cases[i]; ++i) {
        fmi_option_add(known, sizeof known, i ? ", " : " ", fmi_cases[i]->name);
    }
    return fmi_option_bad("--op", text, known, err);
}

static fm_status parse_ops(fmi_options *o, const char *text, fm_error *err) {
    o->op_count = 0;
    if (strcmp(text, "all") == 0)
        return FM_OK;
    const char *at = text;
    do {
        char word[48];
        const fmi_case *op = fmi_option_next_word(&at, word) ? fmi_case_find(word) : NULL;
        if (!op || o->op_count == FMI_OPS_MAX)
            return bad_ops(text, err);
        bool known = false;
        for (uint32_t i = 0; i < o->op_count; ++i)
            known = known || o->ops[i] == op;
        if (!known)
            o->ops[o->op_count++] = op;
    } while (*at);
    return FM_OK;
}

fm_status fmi_option_levels(fmi_options *o, const char *text, fm_error *err) {
    static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    bool asked[4] = {false, false, false, false};
    const char *at = text;
    do {
        char word[48] = "";
        const bool read = fmi_option_next_word(&at, word);
        bool known = false;
        for (size_t i = 0; read && i < 4; ++i)
            if (strcmp(word, fm_level_name(levels[i])) == 0 || strcmp(word, "all") == 0)
                known = asked[i] = true;
        if (!known)
            return fmi_option_bad("--level", text, "all or a list of low, medium, high, extreme",
                                  err);
    } while (*at);
    o->level_count = 0;
    for (size_t i = 0; i < 4; ++i)
        if (asked[i])
            o->levels[o->level_count++] = levels[i];
    return FM_OK;
}

static fm_status parse_samples(fmi_axis *axis, const char *text, fm_error *err) {
    static const fmi_axis_rule rule = {.option = "--samples", .min = 1, .max = 4};
    const fm_status status = fmi_axis_parse(axis, text, &rule, err);
    for (uint32_t i = 0; status == FM_OK && i < axis->count; ++i)
        if (axis->value[i].a != 1 && axis->value[i].a != 4)
            return fmi_option_bad("--samples", text, "a list of 1, 4", err);
    return status;
}

static fm_status parse_share(double *share, const char *text, fm_error *err) {
    char *end = NULL;
    *share = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : (double)NAN;
    if (!end || *end || !(*share <= 1.0))
        return fmi_option_bad("--pinv-share", text, "numbers from 0 to 1", err);
    return FM_OK;
}

static const fmi_axis_rule batch_rule = {
    .option = "--batch", .min = 1, .max = 1000000, .takes_auto = true};
static const fmi_axis_rule size_rule = {
    .option = "--size", .min = 1, .max = FM_MAX_SIZE, .sizes = true};
static const fmi_axis_rule vertices_rule = {.option = "--vertices", .min = 500, .max = 2000000};
static const fmi_axis_rule n_rule = {.option = "--n", .min = 1, .max = 64};
static const fmi_axis_rule targets_rule = {.option = "--targets", .min = 1, .max = 4096};
static const fmi_axis_rule threads_rule = {.option = "--threads", .min = 0, .max = 1024};
static const fmi_axis_rule mem_limit_rule = {
    .option = "--mem-limit", .min = 1, .max = UINT64_C(1) << 62, .bytes = true};

static const fmi_axis_rule units_rule = {.option = "--compute-units", .min = 1, .max = 65536};
static const fmi_axis_rule keep_free_rule = {
    .option = "--keep-free", .min = 1, .max = UINT64_C(1) << 62, .bytes = true};

static fm_status parse_keep_free(fmi_options *o, const char *text, fm_error *err) {
    fmi_axis one;
    const fm_status status = fmi_axis_parse(&one, text, &keep_free_rule, err);
    if (status == FM_OK && one.count != 1)
        return fmi_option_bad("--keep-free", text, "one size in bytes, with K, M or G", err);
    o->keep_free_bytes = status == FM_OK ? one.value[0].a : 0;
    return status;
}

static fm_status apply_words(fmi_options *o, fmi_option_id id, const char *text, fm_error *err) {
    static const char *const precisions[] = {"fp32", "fp16", NULL};
    static const char *const filters[] = {"nearest-mip", "trilinear", NULL};
    static const char *const textures[] = {"on", "off", NULL};
    static const char *const layouts[] = {"row-major", "interleaved", NULL};
    static const char *const caches[] = {"hot", "cold", NULL};
    switch (id) {
    case OPT_PRECISION:
        return fmi_option_words(&o->precision, "--precision", text, precisions,
                                "a list of fp32, fp16", err);
    case OPT_FILTER:
        return fmi_option_words(&o->filter, "--filter", text, filters,
                                "a list of nearest-mip, trilinear", err);
    case OPT_TEXTURE:
        return fmi_option_words(&o->texture, "--texture", text, textures, "a list of on, off", err);
    case OPT_CACHE:
        return fmi_option_words(&o->cache, "--cache", text, caches, "a list of hot, cold", err);
    default:
        return fmi_option_words(&o->layout, "--layout", text, layouts,
                                "a list of row-major, interleaved", err);
    }
}

fm_status fmi_option_measure(fmi_options *o, fmi_option_id id, const char *const *value,
                             fm_error *err) {
    switch (id) {
    case OPT_OP:
        return parse_ops(o, value[0], err);
    case OPT_BATCH:
        return fmi_axis_parse(&o->batch, value[0], &batch_rule, err);
    case OPT_LEVEL:
        return fmi_option_levels(o, value[0], err);
    case OPT_SIZE:
        return fmi_axis_parse(&o->size, value[0], &size_rule, err);
    case OPT_VERTICES:
        return fmi_axis_parse(&o->vertices, value[0], &vertices_rule, err);
    case OPT_INPUT:
        o->input[0] = value[0];
        o->input[1] = value[1];
        return FM_OK;
    case OPT_N:
        return fmi_axis_parse(&o->n, value[0], &n_rule, err);
    case OPT_PINV_SHARE:
        return parse_share(&o->pinv_share, value[0], err);
    case OPT_TARGETS:
        return fmi_axis_parse(&o->targets, value[0], &targets_rule, err);
    case OPT_SAMPLES:
        return parse_samples(&o->samples, value[0], err);
    case OPT_DEVICE:
        o->all_devices = strcmp(value[0], "all") == 0;
        o->device = o->all_devices ? NULL : value[0];
        return FM_OK;
    case OPT_THREADS:
        return fmi_axis_parse(&o->threads, value[0], &threads_rule, err);
    case OPT_KEEP_FREE:
        return parse_keep_free(o, value[0], err);
    case OPT_COMPUTE_UNITS:
        return fmi_axis_parse(&o->compute_units, value[0], &units_rule, err);
    case OPT_MEM_LIMIT:
        return fmi_axis_parse(&o->mem_limit, value[0], &mem_limit_rule, err);
    default:
        return apply_words(o, id, value[0], err);
    }
}
