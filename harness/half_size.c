/* SPDX-License-Identifier: MIT */
#include "half_size.h"

#include "point.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the loss --------------------------------------------------------------------------------- */

bool fmi_half_size_kind(const fmi_picture_kind *kind, fmi_picture_kind *half) {
    *half = *kind;
    half->width /= 2;
    half->height /= 2;
    return kind->width > 0 && kind->height > 0 && kind->width % 2 == 0 && kind->height % 2 == 0;
}

/* Where a pixel of the whole picture lies between two of the half one. */
typedef struct tap {
    uint32_t a, b;
    double second; /* weight of b */
} tap;

static tap tap_of(uint32_t i, uint32_t edge) {
    const double at = fmax(0.0, (i + 0.5) / 2.0 - 0.5);
    const uint32_t a = (uint32_t)at;
    return (tap){.a = a, .b = a + 1 < edge ? a + 1 : a, .second = at - a};
}

static double sample(const fmi_reference *half, tap x, tap y, uint32_t channel) {
    const uint8_t *p = half->pixels + channel;
    const size_t w = half->kind.width;
    const double top =
        p[(y.a * w + x.a) * 3] * (1.0 - x.second) + p[(y.a * w + x.b) * 3] * x.second;
    const double low =
        p[(y.b * w + x.a) * 3] * (1.0 - x.second) + p[(y.b * w + x.b) * 3] * x.second;
    return top * (1.0 - y.second) + low * y.second;
}

double fmi_half_size_squares(const fmi_reference *whole, const fmi_reference *half) {
    double sum = 0.0;
    for (uint32_t y = 0; y < whole->kind.height; ++y) {
        const tap ty = tap_of(y, half->kind.height);
        for (uint32_t x = 0; x < whole->kind.width; ++x) {
            const tap tx = tap_of(x, half->kind.width);
            const uint8_t *want = whole->pixels + 3 * ((size_t)y * whole->kind.width + x);
            for (uint32_t c = 0; c < 3; ++c) {
                const double d = floor(sample(half, tx, ty, c) + 0.5) - want[c];
                sum += d * d;
            }
        }
    }
    return sum;
}

fm_status fmi_half_size_psnr(fmi_input *input, const fmi_picture_kind *kind, uint32_t batch,
                             double *psnr, fm_error *err) {
    const float ends[2] = {1.0F, 0.0F};
    const uint32_t frames = batch > 1 ? 2 : 1;
    fmi_picture_kind smaller;
    double squares = 0.0;
    fm_status status = FM_OK;
    *psnr = (double)NAN;
    if (!fmi_half_size_kind(kind, &smaller))
        return FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < frames; ++i) {
        const float t = frames > 1 ? ends[i] : 0.5F;
        fmi_reference whole = {0}, half = {0};
        status = fmi_input_reference(input, kind, t, &whole, err);
        if (status == FM_OK)
            status = fmi_input_reference(input, &smaller, t, &half, err);
        if (status == FM_OK)
            squares += fmi_half_size_squares(&whole, &half);
        fmi_input_release(input, &whole);
        fmi_input_release(input, &half);
    }
    const double values = 3.0 * kind->width * kind->height * frames;
    if (status == FM_OK)
        *psnr = squares > 0.0 ? 10.0 * log10(255.0 * 255.0 * values / squares) : (double)INFINITY;
    return status;
}

/* --- pairs ------------------------------------------------------------------------------------ */

static bool counts(const fmi_cell *cell) {
    return cell->timed && cell->status == FMI_CELL_OK && cell->op == &fmi_case_raster;
}

/* Everything but batch and size. */
static bool same_render(const fmi_cell *a, const fmi_cell *b) {
    fmi_case_params x = a->params, y = b->params;
    x.batch = y.batch = 1;
    x.width = x.height = y.width = y.height = 1;
    char one[FMI_POINT_TEXT], two[FMI_POINT_TEXT];
    fmi_point_key(a->op, &x, one);
    fmi_point_key(b->op, &y, two);
    return strcmp(one, two) == 0;
}

static bool half_of(const fmi_cell *small, const fmi_cell *large) {
    return 2 * small->params.width == large->params.width &&
           2 * small->params.height == large->params.height;
}

/* The fastest of the batches; a cell is the best of its curve or it is not asked. */
static bool is_best(const fmi_cells *cells, const fmi_cell *cell) {
    for (uint32_t i = 0; i < cells->count; ++i) {
        const fmi_cell *other = &cells->cell[i];
        if (counts(other) && other != cell && other->params.width == cell->params.width &&
            other->params.height == cell->params.height && same_render(other, cell) &&
            (other->rate > cell->rate || (!(other->rate < cell->rate) && other < cell)))
            return false;
    }
    return true;
}

static int by_size(const void *a, const void *b) {
    const fmi_cell *x = ((const fmi_size_pair *)a)->large, *y = ((const fmi_size_pair *)b)->large;
    if (x->params.width != y->params.width)
        return x->params.width < y->params.width ? -1 : 1;
    if (x->params.untextured != y->params.untextured)
        return x->params.untextured ? 1 : -1;
    return (x->params.level > y->params.level) - (x->params.level < y->params.level);
}

uint32_t fmi_size_pairs(const fmi_cells *cells, fmi_size_pair *pairs, uint32_t capacity) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < cells->count; ++i) {
        const fmi_cell *large = &cells->cell[i];
        if (!counts(large) || !is_best(cells, large))
            continue;
        for (uint32_t k = 0; k < cells->count; ++k) {
            const fmi_cell *small = &cells->cell[k];
            if (!counts(small) || !half_of(small, large) || !same_render(small, large) ||
                !is_best(cells, small))
                continue;
            if (count < capacity)
                pairs[count] = (fmi_size_pair){
                    .large = large,
                    .small = small,
                    .times = small->rate / large->rate,
                    .psnr = large->check.half_psnr > 0.0 ? large->check.half_psnr : (double)NAN};
            ++count;
        }
    }
    qsort(pairs, count < capacity ? count : capacity, sizeof *pairs, by_size);
    return count;
}
