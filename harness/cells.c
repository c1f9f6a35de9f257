/* SPDX-License-Identifier: MIT */
#include "cell.h"

#include "error.h"

#include <stdlib.h>

/* Above a batch that was only tuned, not limited, the curve is followed this much further. */
#define BEYOND_TUNED 8

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
        fmi_bench_free(&cells->cell[i].bench);
    free(cells->cell);
    *cells = (fmi_cells){0};
}

/* The planner's own batch for these parameters; 0 when not even one frame fits. */
static uint32_t planners_batch(const fmi_cell *model, const fm_caps *caps, fm_limit *limit) {
    fmi_case_params params = model->params;
    params.batch = 0;
    fm_plan plan;
    if (model->op->plan(&params, caps, &plan, NULL) != FM_OK)
        return 0;
    *limit = plan.limited_by;
    return plan.batch;
}

/* Largest feasible batch up to `most`. */
static uint32_t feasible(const fmi_cell *model, const fm_caps *caps, uint32_t most) {
    fmi_case_params params = model->params;
    params.batch = most;
    fm_plan plan;
    return model->op->plan(&params, caps, &plan, NULL) == FM_OK ? plan.batch : 0;
}

static int ascending(const void *a, const void *b) {
    const uint32_t x = ((const fmi_axis_value *)a)->a;
    const uint32_t y = ((const fmi_axis_value *)b)->a;
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
        most = feasible(model, caps, own * BEYOND_TUNED);
    (void)fmi_axis_add(batches, 1, 0);
    for (uint64_t b = 2; b <= most && !options->quick; b *= 2)
        (void)fmi_axis_add(batches, (uint32_t)b, 0);
    (void)fmi_axis_add(batches, own, 0);
    qsort(batches->value, batches->count, sizeof batches->value[0], ascending);
}

static void plan_cell(fmi_cell *cell, const fm_caps *caps) {
    fm_error err = {0};
    const fm_status status = cell->op->plan(&cell->params, caps, &cell->plan, &err);
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

static fm_status add_batches(fmi_cells *cells, const fmi_cell *model, const fmi_options *options,
                             const fm_caps *caps, fm_error *err) {
    fmi_axis batches;
    uint32_t planners = 0;
    batches_of(model, options, caps, &batches, &planners);
    for (uint32_t i = 0; i < batches.count; ++i) {
        fmi_cell cell = *model;
        cell.params.batch = batches.value[i].a;
        cell.planners_batch = cell.params.batch == planners;
        plan_cell(&cell, caps);
        const fm_status status = append(cells, &cell, err);
        if (status != FM_OK)
            return status;
    }
    return FM_OK;
}

static fm_status add_sizes(fmi_cells *cells, const fmi_cell *model, const fmi_options *options,
                           const fm_caps *caps, fm_error *err) {
    const uint32_t sizes = model->op->uses_pictures ? options->size.count : 1;
    for (uint32_t s = 0; s < sizes; ++s)
        for (uint32_t l = 0; l < options->level_count; ++l) {
            fmi_cell cell = *model;
            cell.params.level = options->levels[l];
            cell.params.width = model->op->uses_pictures ? options->size.value[s].a : 0;
            cell.params.height = model->op->uses_pictures ? options->size.value[s].b : 0;
            const fm_status status = add_batches(cells, &cell, options, caps, err);
            if (status != FM_OK)
                return status;
        }
    return FM_OK;
}

static bool same_point(const fmi_cell *a, const fmi_cell *b) {
    return a->op == b->op && a->params.input == b->params.input &&
           a->params.batch == b->params.batch && a->params.width == b->params.width &&
           a->params.height == b->params.height;
}

static bool same_plan(const fm_plan *a, const fm_plan *b) {
    return a->batch == b->batch && a->tile == b->tile && a->chunks == b->chunks &&
           a->list_per_frame == b->list_per_frame && a->specialisation == b->specialisation;
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
        if (same_point(cell, other) && same_plan(&cell->plan, &other->plan) &&
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
    for (uint32_t o = 0; o < options->op_count; ++o)
        for (uint32_t i = 0; i < input_count; ++i) {
            const fmi_cell model = {.op = options->ops[o],
                                    .params = {.input = inputs[i],
                                               .device = options->device,
                                               .specialisation = FM_SPECIALISATION_AUTO,
                                               .threads = options->threads,
                                               .mem_limit_bytes = options->mem_limit_bytes}};
            const fm_status status = add_sizes(cells, &model, options, caps, err);
            if (status != FM_OK)
                return status;
        }
    mark_twins(cells);
    return FM_OK;
}
