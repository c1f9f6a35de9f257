/* SPDX-License-Identifier: MIT */
#include "options_impl.h"

#include "error.h"

/* The main job must end inside ten minutes and --quick inside one, start and table included. */
#define FULL_SECONDS 560.0
#define QUICK_SECONDS 50.0

static void default_to(fmi_axis *axis, uint64_t value) {
    if (axis->count == 0)
        (void)fmi_axis_add(axis, value, 0);
}

static void fill_axes(fmi_options *o) {
    static const uint64_t edges[] = {2, 3, 4, 8, 16, 32};
    const bool some = o->n.count == 0;
    for (size_t i = 0; some && i < (o->quick ? 1 : sizeof edges / sizeof edges[0]); ++i)
        (void)fmi_axis_add(&o->n, o->quick ? 4 : edges[i], 0);
    default_to(&o->targets, 50);
    default_to(&o->threads, 0);
    default_to(&o->mem_limit, 0);
    default_to(&o->compute_units, 0);
    default_to(&o->precision, FMI_FP32);
    default_to(&o->samples, 1);
    default_to(&o->filter, FMI_FILTER_NEAREST_MIP);
    default_to(&o->layout, FMI_LAYOUT_ROW_MAJOR);
    default_to(&o->texture, 0);
    o->some_cache = o->cache.count > 0;
    default_to(&o->cache, FMI_CACHES_HOT);
}

fm_status fmi_option_defaults(fmi_options *o, bool max_time_set, fm_error *err) {
    if (o->input[0] && o->vertices.count)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--input and --vertices exclude each other: files have their own vertices");
    o->some_ops = o->op_count > 0;
    if (o->op_count == 0)
        for (size_t i = 0; fmi_cases[i] && !(fmi_cases[i]->uses & FMI_BY_NAME); ++i)
            o->ops[o->op_count++] = fmi_cases[i];
    if (o->level_count == 0)
        (void)fmi_option_levels(o, "all", err);
    if (o->batch.count == 0)
        o->batch.automatic = true;
    if (o->size.count == 0)
        (void)fmi_axis_add(&o->size, 512, 512);
    if (o->vertices.count == 0)
        (void)fmi_axis_add(&o->vertices, 18024, 0);
    fill_axes(o);
    if (!(o->cell_limit_s > 0.0))
        o->cell_limit_s = 60.0;
    if (!max_time_set)
        o->max_time_s = o->quick ? QUICK_SECONDS : FULL_SECONDS;
    return FM_OK;
}
