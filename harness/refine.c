/* SPDX-License-Identifier: MIT */
/* `--batch auto`: where a curve reaches 97 % of its best rate, powers of two are too coarse. */
#include "error.h"
#include "point.h"
#include "sweep_impl.h"

#include <math.h>
#include <stdlib.h>

#define KNEE 0.97
#define CLOSE 1.2 /* neighbours nearer than this need no cell between them */

static bool has_rate(const fmi_cell *cell) {
    return cell->timed && cell->rate > 0.0;
}

/* The same curve: everything equal but the batch. */
static bool same_curve(const fmi_cell *a, const fmi_cell *b) {
    fmi_case_params other = b->params;
    other.batch = a->params.batch;
    return a->op == b->op && a->params.level == b->params.level &&
           fmi_point_same_but_level(&a->params, &other);
}

/* The smallest batch of the curve of `index` that reaches the knee, and the next smaller one. */
static bool find_knee(const fmi_cells *cells, uint32_t index, uint32_t *below, uint32_t *knee) {
    double best = 0.0;
    for (uint32_t i = 0; i < cells->count; ++i)
        if (has_rate(&cells->cell[i]) && same_curve(&cells->cell[index], &cells->cell[i]))
            best = fmax(best, cells->cell[i].rate);
    *knee = UINT32_MAX;
    *below = 0;
    for (int pass = 0; pass < 2; ++pass)
        for (uint32_t i = 0; i < cells->count; ++i) {
            const fmi_cell *cell = &cells->cell[i];
            const uint32_t batch = cell->params.batch;
            if (!has_rate(cell) || !same_curve(&cells->cell[index], cell))
                continue;
            if (pass == 0 && fmax(cell->rate, cell->rate_hi) >= KNEE * best && batch < *knee)
                *knee = batch;
            if (pass == 1 && batch < *knee && batch > *below)
                *below = batch;
        }
    return *below > 0 && *knee < UINT32_MAX && (double)*knee > CLOSE * (double)*below;
}

/* Each curve is met at its first cell. */
static bool is_first(const fmi_cells *cells, uint32_t index) {
    for (uint32_t i = 0; i < index; ++i)
        if (same_curve(&cells->cell[i], &cells->cell[index]))
            return false;
    return true;
}

uint32_t fmi_cells_refine(fmi_cells *cells, const fm_caps *caps, fm_error *err) {
    uint32_t added = 0;
    const uint32_t count = cells->count;
    for (uint32_t i = 0; i < count; ++i) {
        uint32_t below = 0;
        uint32_t knee = 0;
        if (!is_first(cells, i) || !find_knee(cells, i, &below, &knee))
            continue;
        fmi_cell cell = {.op = cells->cell[i].op, .params = cells->cell[i].params, .refined = true};
        cell.params.batch = (uint32_t)(sqrt((double)below * (double)knee) + 0.5);
        if (cell.params.batch <= below || cell.params.batch >= knee)
            continue;
        if (fmi_cells_add(cells, &cell, caps, err) != FM_OK)
            return added;
        added++;
    }
    return added;
}
