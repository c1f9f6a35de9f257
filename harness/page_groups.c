/* SPDX-License-Identifier: MIT */
/* Curves of a run: cells that differ in batch and level only. */
#include "page.h"
#include "point.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fmi_page_same_group(const fmi_cell *a, const fmi_cell *b) {
    char one[FMI_POINT_TEXT], two[FMI_POINT_TEXT];
    if (a->op != b->op || fmi_point_vertices(&a->params) != fmi_point_vertices(&b->params))
        return false;
    fmi_point_shape(a->op, &a->params, one, sizeof one);
    fmi_point_shape(b->op, &b->params, two, sizeof two);
    return strcmp(one, two) == 0;
}

static bool first_of_group(const fmi_cells *cells, uint32_t index) {
    for (uint32_t i = 0; i < index; ++i)
        if (fmi_page_same_group(&cells->cell[i], &cells->cell[index]))
            return false;
    return true;
}

/* Each op has its place, in the order of the contract. */
static uint32_t place_of(const fmi_case *op) {
    uint32_t i = 0;
    while (fmi_cases[i] && fmi_cases[i] != op)
        ++i;
    return i;
}

static int by_point(const void *a, const void *b) {
    const fmi_cell *x = *(const fmi_cell *const *)a, *y = *(const fmi_cell *const *)b;
    const fmi_case_params *p = &x->params, *q = &y->params;
    const uint64_t left[] = {place_of(x->op),
                             p->n,
                             (uint64_t)(1e6 * p->pinv_share),
                             p->layout,
                             p->targets,
                             (uint64_t)p->width * p->height,
                             fmi_point_vertices(p),
                             p->untextured,
                             p->samples,
                             p->filter,
                             p->precision,
                             p->threads,
                             p->mem_limit_bytes,
                             p->caches,
                             p->compute_units,
                             p->beside};
    const uint64_t right[] = {place_of(y->op),
                              q->n,
                              (uint64_t)(1e6 * q->pinv_share),
                              q->layout,
                              q->targets,
                              (uint64_t)q->width * q->height,
                              fmi_point_vertices(q),
                              q->untextured,
                              q->samples,
                              q->filter,
                              q->precision,
                              q->threads,
                              q->mem_limit_bytes,
                              q->caches,
                              q->compute_units,
                              q->beside};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; ++i)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    /* Where a group starts must depend on what it is alone: cells between would tear it apart. */
    char one[FMI_POINT_TEXT], two[FMI_POINT_TEXT];
    fmi_point_shape(x->op, p, one, sizeof one);
    fmi_point_shape(y->op, q, two, sizeof two);
    const int order = strcmp(one, two);
    return order ? order : x < y ? -1 : 1;
}

const fmi_cell **fmi_page_groups(const fmi_cells *cells, uint32_t *count) {
    const fmi_cell **group = malloc(sizeof(fmi_cell *) * (cells->count ? cells->count : 1));
    *count = 0;
    for (uint32_t i = 0; group && i < cells->count; ++i)
        if (first_of_group(cells, i))
            group[(*count)++] = &cells->cell[i];
    if (group)
        qsort(group, *count, sizeof(fmi_cell *), by_point);
    return group;
}

char *fmi_page_group(const fmi_cell *cell, char *out, size_t out_bytes) {
    char shape[FMI_POINT_TEXT];
    fmi_point_shape(cell->op, &cell->params, shape, sizeof shape);
    const bool bare = strcmp(shape, "-") == 0;
    const int used =
        snprintf(out, out_bytes, "%s%s%s", cell->op->name, bare ? "" : " ", bare ? "" : shape);
    const uint32_t vertices = fmi_point_vertices(&cell->params);
    if (vertices && cell->op->uses & FMI_USES_SIZE && used > 0 && (size_t)used < out_bytes)
        (void)snprintf(out + used, out_bytes - (size_t)used, ", %u vertices", vertices);
    return out;
}

const fmi_cell *fmi_page_best(const fmi_cells *cells, const fmi_cell *group, fm_level level) {
    const fmi_cell *best = NULL;
    for (uint32_t i = 0; i < cells->count; ++i) {
        const fmi_cell *cell = &cells->cell[i];
        if (cell->timed && cell->params.level == level && fmi_page_same_group(cell, group) &&
            (!best || cell->rate > best->rate))
            best = cell;
    }
    return best;
}

const fmi_cell *fmi_page_typical(const fmi_cells *cells, const fmi_cell *group) {
    static const fm_level levels[] = {FM_LEVEL_MEDIUM, FM_LEVEL_LOW, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    const fmi_cell *found = NULL;
    for (int i = 0; i < 4 && !found; ++i)
        found = fmi_page_best(cells, group, levels[i]);
    return found;
}

int fmi_page_in_order(const void *a, const void *b) {
    const fmi_cell *x = *(const fmi_cell *const *)a, *y = *(const fmi_cell *const *)b;
    static const fm_level order[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                     FM_LEVEL_EXTREME};
    if (!fmi_page_same_group(x, y))
        return by_point(a, b);
    for (int i = 0; i < 4 && x->params.level != y->params.level; ++i)
        if (x->params.level == order[i] || y->params.level == order[i])
            return x->params.level == order[i] ? -1 : 1;
    if (x->params.batch != y->params.batch)
        return x->params.batch < y->params.batch ? -1 : 1;
    return x < y ? -1 : 1;
}
