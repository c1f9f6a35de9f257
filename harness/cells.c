/* SPDX-License-Identifier: MIT */
#include "cell.h"

#include "error.h"
#include "point.h"

#include <stddef.h>
#include <stdlib.h>

/* Above a batch that was only tuned, not limited, the curve is followed this much further. */
#define BEYOND_TUNED 8
/* But not into launches of more bytes than this: caches are long left behind, and one such cell
 * takes the time of ten. */
#define BEYOND_BYTES (UINT64_C(512) << 20)
/* Far below the planner's batch every fourth power of two tells as much: there a launch's cost is
 * all there is to see. */
#define COARSE_BELOW 64

static fm_status append(fmi_cells *cells, const fmi_cell *cell, fm_error *err) {
    if (cells->count == cells->capacity) {
        const uint32_t capacity = cells->capacity ? 2 * cells->capacity : 64;
        fmi_cell *grown = realloc(cells->cell, capacity * sizeof *grown);
        if (!grown)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u cells", capacity);
        cells->cell = grown;
        cells->capacity = capacity;
    }
    cells->cell[cells->count++] = *cell;
    return FM_OK;
}

void fmi_cells_free(fmi_cells *cells) {
    for (uint32_t i = 0; i < cells->count; ++i)
        fmi_cell_free(&cells->cell[i]);
    free(cells->cell);
    *cells = (fmi_cells){0};
}

/* The plan of a point, on its part of the device. */
static fm_status plan_of(const fmi_case *op, const fmi_case_params *params, const fm_caps *caps,
                         fm_plan *plan, fm_error *err) {
    fm_caps own = *caps;
    own.keep_free_bytes = params->keep_free_bytes;
    if (params->compute_units && params->compute_units < own.compute_units)
        own.compute_units = params->compute_units;
    return op->plan(params, &own, plan, err);
}

/* The planner's own batch for these parameters; 0 when not even one frame fits. */
static uint32_t planners_batch(const fmi_cell *model, const fm_caps *caps, fm_limit *limit) {
    fmi_case_params params = model->params;
    params.batch = 0;
    fm_plan plan;
    if (plan_of(model->op, &params, caps, &plan, NULL) != FM_OK)
        return 0;
    *limit = plan.limited_by;
    return plan.batch;
}

/* Largest feasible batch up to `most`; *limit says what ends there. */
static uint32_t feasible(const fmi_cell *model, const fm_caps *caps, uint32_t most,
                         fm_limit *limit) {
    fmi_case_params params = model->params;
    params.batch = most;
    fm_plan plan;
    if (plan_of(model->op, &params, caps, &plan, NULL) != FM_OK)
        return 0;
    *limit = plan.limited_by;
    return plan.batch;
}

static bool is_memory(fm_limit limit) {
    return limit == FM_LIMIT_MEMORY || limit == FM_LIMIT_SINGLE_BUFFER;
}

/* How far `auto` follows the curve of an op whose own batch is only tuned. */
static uint32_t worth_following(const fmi_cell *model, const fm_caps *caps, uint32_t own,
                                uint32_t most) {
    fmi_case_params params = model->params;
    params.batch = most;
    fm_plan plan;
    if (plan_of(model->op, &params, caps, &plan, NULL) != FM_OK || plan.bytes_per_frame == 0)
        return most;
    const uint64_t cheap = BEYOND_BYTES / plan.bytes_per_frame;
    const uint32_t least = cheap < own ? own : own <= most / 2 ? 2 * own : most;
    return cheap >= most ? most : cheap < least ? least : (uint32_t)cheap;
}

static int ascending(const void *a, const void *b) {
    const uint64_t x = ((const fmi_axis_value *)a)->a;
    const uint64_t y = ((const fmi_axis_value *)b)->a;
    return (x > y) - (x < y);
}

/* The batches of one op, input, size and level. */
static void batches_of(const fmi_cell *model, const fmi_options *options, const fm_caps *caps,
                       fmi_axis *batches, uint32_t *planners) {
    *batches = options->batch;
    fm_limit limit = FM_LIMIT_FRAMES;
    *planners = planners_batch(model, caps, &limit);
    if (!options->batch.automatic)
        return;
    const uint32_t own = *planners ? *planners : 1;
    uint32_t most = own;
    if (limit == FM_LIMIT_TUNED && own <= UINT32_MAX / BEYOND_TUNED)
        most = feasible(model, caps, own * BEYOND_TUNED, &limit);
    const bool whole = most == own * (uint64_t)BEYOND_TUNED;
    const uint32_t last = whole ? worth_following(model, caps, own, most) : most;
    (void)fmi_axis_add(batches, 1, 0);
    for (uint64_t b = 2; b <= last && !options->quick; b *= b * COARSE_BELOW < own ? 4 : 2)
        (void)fmi_axis_add(batches, b, 0);
    (void)fmi_axis_add(batches, own, 0);
    /* The edge of the memory: the largest batch that fits, and one that does not. */
    if (is_memory(limit) && *planners && !options->quick) {
        (void)fmi_axis_add(batches, most, 0);
        (void)fmi_axis_add(batches, (uint64_t)most + 1, 0);
    }
    qsort(batches->value, batches->count, sizeof batches->value[0], ascending);
}

static void plan_cell(fmi_cell *cell, const fm_caps *caps) {
    fm_error err = {0};
    if (cell->params.precision != FMI_FP32 && !(cell->op->uses & FMI_USES_PRECISION)) {
        fmi_cell_skip(cell, FMI_CELL_UNSUPPORTED, "%s stores its data as fp32 only",
                      cell->op->name);
        return;
    }
    if (cell->params.compute_units > caps->compute_units && caps->compute_units > 0) {
        fmi_cell_skip(cell, FMI_CELL_UNSUPPORTED, "%s has %u compute units", caps->name,
                      caps->compute_units);
        return;
    }
    const fm_status status = plan_of(cell->op, &cell->params, caps, &cell->plan, &err);
    if (status != FM_OK) {
        cell->plan = (fm_plan){0};
        fmi_cell_skip(cell, FMI_CELL_INFEASIBLE, "%s", err.message);
        return;
    }
    cell->predicted_bytes =
        cell->plan.bytes_fixed + cell->plan.bytes_per_frame * cell->params.batch;
    if (cell->plan.batch < cell->params.batch)
        fmi_cell_skip(cell, FMI_CELL_INFEASIBLE, "%s: at most %u frames fit in one launch",
                      fm_limit_name(cell->plan.limited_by), cell->plan.batch);
}

fm_status fmi_cells_add(fmi_cells *cells, fmi_cell *cell, const fm_caps *caps, fm_error *err) {
    plan_cell(cell, caps);
    return append(cells, cell, err);
}

/* No curve of hot cells without one of cold ones at its side: caches may make the number. */
static fm_status add_cold(fmi_cells *cells, const fmi_cell *model, const fmi_options *options,
                          const fm_caps *caps, uint32_t planners, fm_error *err) {
    fmi_cell cell = *model;
    if (options->some_cache || options->quick || !options->batch.automatic || planners == 0 ||
        model->params.level != FM_LEVEL_MEDIUM)
        return FM_OK;
    cell.params.batch = planners;
    cell.params.caches = FMI_CACHES_COLD;
    cell.planners_batch = true;
    return fmi_cells_add(cells, &cell, caps, err);
}

static fm_status add_batches(fmi_cells *cells, const fmi_cell *model, const fmi_options *options,
                             const fm_caps *caps, fm_error *err) {
    fmi_axis batches;
    uint32_t planners = 0;
    batches_of(model, options, caps, &batches, &planners);
    for (uint32_t i = 0; i < batches.count; ++i) {
        fmi_cell cell = *model;
        cell.params.batch = (uint32_t)batches.value[i].a;
        cell.planners_batch = cell.params.batch == planners;
        plan_cell(&cell, caps);
        const fm_status status = append(cells, &cell, err);
        if (status != FM_OK)
            return status;
    }
    return add_cold(cells, model, options, caps, planners, err);
}

/* --- the axes of an op --------------------------------------------------------------------- */

/* CLBlast compiles for about 40 s where a way to multiply is tried out. */
#define TRIALS_S 300.0

static bool too_short_for_trials(const fmi_options *options) {
    return options->quick || (options->max_time_s > 0.0 && options->max_time_s < TRIALS_S);
}

static void set_size(fmi_case_params *p, fmi_axis_value v) {
    p->width = (uint32_t)v.a;
    p->height = (uint32_t)v.b;
}
static void set_n(fmi_case_params *p, fmi_axis_value v) {
    p->n = (uint32_t)v.a;
}
static void set_layout(fmi_case_params *p, fmi_axis_value v) {
    p->layout = (fmi_layout)v.a;
}
static void set_targets(fmi_case_params *p, fmi_axis_value v) {
    p->targets = (uint32_t)v.a;
}
static void set_precision(fmi_case_params *p, fmi_axis_value v) {
    p->precision = (fmi_precision)v.a;
}
static void set_samples(fmi_case_params *p, fmi_axis_value v) {
    p->samples = (uint32_t)v.a;
}
static void set_filter(fmi_case_params *p, fmi_axis_value v) {
    p->filter = (fmi_filter)v.a;
}
static void set_cache(fmi_case_params *p, fmi_axis_value v) {
    p->caches = (fmi_caches)v.a;
}
static void set_texture(fmi_case_params *p, fmi_axis_value v) {
    p->untextured = v.a != 0;
}
static void set_threads(fmi_case_params *p, fmi_axis_value v) {
    p->threads = (uint32_t)v.a;
}
static void set_units(fmi_case_params *p, fmi_axis_value v) {
    p->compute_units = (uint32_t)v.a;
}
static void set_mem_limit(fmi_case_params *p, fmi_axis_value v) {
    p->mem_limit_bytes = v.a;
}

/* One loop of the sweep. An op without the axis keeps its first value where `first` says so. */
static const struct {
    uint32_t uses; /* 0 = every op */
    size_t axis;   /* in fmi_options */
    void (*set)(fmi_case_params *params, fmi_axis_value value);
    bool first;
} axes[] = {{FMI_USES_SIZE, offsetof(fmi_options, size), set_size, false},
            {FMI_USES_MATRICES, offsetof(fmi_options, n), set_n, false},
            {FMI_USES_MATRICES, offsetof(fmi_options, layout), set_layout, false},
            {FMI_USES_TARGETS, offsetof(fmi_options, targets), set_targets, false},
            {0, offsetof(fmi_options, precision), set_precision, false},
            {FMI_USES_SAMPLES, offsetof(fmi_options, samples), set_samples, false},
            {FMI_USES_SAMPLES, offsetof(fmi_options, filter), set_filter, false},
            {FMI_USES_SAMPLES, offsetof(fmi_options, texture), set_texture, false},
            {0, offsetof(fmi_options, cache), set_cache, false},
            {FMI_USES_THREADS, offsetof(fmi_options, threads), set_threads, true},
            {0, offsetof(fmi_options, compute_units), set_units, false},
            {0, offsetof(fmi_options, mem_limit), set_mem_limit, false}};

#define AXES (sizeof axes / sizeof axes[0])

/* What all cells of a sweep are made from. */
typedef struct making {
    fmi_cells *cells;
    const fmi_options *options;
    const fm_caps *caps;
} making;

static fm_status add_levels(const making *m, const fmi_cell *model, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t l = 0; status == FM_OK && l < m->options->level_count; ++l) {
        fmi_cell cell = *model;
        cell.params.level = m->options->levels[l];
        status = add_batches(m->cells, &cell, m->options, m->caps, err);
    }
    return status;
}

/* Loops over axis `at` and, inside, over those after it. */
static fm_status add_points(const making *m, const fmi_cell *model, size_t at, fm_error *err) {
    if (at == AXES)
        return add_levels(m, model, err);
    const fmi_axis *axis =
        (const fmi_axis *)(const void *)((const char *)m->options + axes[at].axis);
    const bool has = !axes[at].uses || model->op->uses & axes[at].uses;
    const uint32_t count = has ? axis->count : 1;
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < count; ++i) {
        fmi_cell cell = *model;
        if (has || axes[at].first)
            axes[at].set(&cell.params, axis->value[i]);
        status = add_points(m, &cell, at + 1, err);
    }
    return status;
}

static bool same_plan(const fm_plan *a, const fm_plan *b) {
    return a->batch == b->batch && a->in_flight == b->in_flight && a->tile == b->tile &&
           a->chunks == b->chunks && a->list_per_frame == b->list_per_frame &&
           a->specialisation == b->specialisation;
}

/* The cell whose numbers are also this one's: at medium when that is there, else at an earlier
 * level. NULL = none. */
static const fmi_cell *find_twin(const fmi_cells *cells, uint32_t index) {
    const fmi_cell *cell = &cells->cell[index];
    const fmi_cell *twin = NULL;
    for (uint32_t i = 0; i < cells->count; ++i) {
        const fmi_cell *other = &cells->cell[i];
        const bool medium = other->params.level == FM_LEVEL_MEDIUM;
        if (i == index || other->status != FMI_CELL_PENDING || (i > index && !medium))
            continue;
        if (cell->op == other->op && fmi_point_same_but_level(&cell->params, &other->params) &&
            same_plan(&cell->plan, &other->plan) &&
            cell->op->same_program(cell->params.level, other->params.level) && (medium || !twin))
            twin = other;
    }
    return twin;
}

static void mark_twins(fmi_cells *cells) {
    for (uint32_t i = 0; i < cells->count; ++i) {
        fmi_cell *cell = &cells->cell[i];
        if (cell->status != FMI_CELL_PENDING || cell->params.level == FM_LEVEL_MEDIUM)
            continue;
        const fmi_cell *twin = find_twin(cells, i);
        if (twin)
            fmi_cell_skip(cell, FMI_CELL_SKIPPED, "same as %s: same program, same plan",
                          fm_level_name(twin->params.level));
    }
}

fm_status fmi_cells_make(fmi_cells *cells, const fmi_options *options, fmi_input *const *inputs,
                         uint32_t input_count, const fm_caps *caps, fm_error *err) {
    const making m = {.cells = cells, .options = options, .caps = caps};
    for (uint32_t o = 0; o < options->op_count; ++o) {
        const fmi_case *op = options->ops[o];
        const bool with_input = op->uses & (FMI_USES_MESH | FMI_USES_POINTS);
        for (uint32_t i = 0; i < (with_input ? input_count : 1); ++i) {
            const fmi_cell model = {.op = op,
                                    .params = {.input = with_input ? inputs[i] : NULL,
                                               .device = options->device,
                                               .specialisation = FM_SPECIALISATION_AUTO,
                                               .no_trials = too_short_for_trials(options),
                                               .keep_free_bytes = options->keep_free_bytes,
                                               .pinv_share = options->pinv_share}};
            const fm_status status = add_points(&m, &model, 0, err);
            if (status != FM_OK)
                return status;
        }
    }
    mark_twins(cells);
    return FM_OK;
}
