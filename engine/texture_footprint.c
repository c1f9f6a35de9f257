/* SPDX-License-Identifier: MIT */
/*
 * Triangles are walked row by row. The ends of a row's span come from the edges' slopes; where an
 * end lies so near to a texel centre that rounding could decide, the three edge functions do.
 */
#include "texture_fill.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DOUBTFUL 1e-6 /* texels; far above the rounding of a span's end, far below a texel */

/** A triangle in texels; y grows downwards and with the corner number. */
typedef struct outline {
    double x[3], y[3];
    double slope[3]; /* dx / dy of the edges 0-2, 0-1, 1-2; 0 for a level edge */
} outline;

fm_status fmi_bitmap_create(fmi_bitmap *map, uint32_t width, uint32_t height, fm_error *err) {
    *map = (fmi_bitmap){.row_words = ((size_t)width + 63) / 64, .width = width, .height = height};
    map->words = calloc(map->row_words * height, sizeof *map->words);
    if (map->words)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                    "no memory for a map of %u x %u texels; use a smaller texture", width, height);
}

void fmi_bitmap_free(fmi_bitmap *map) {
    free(map->words);
    *map = (fmi_bitmap){0};
}

static void swap_corners(outline *o, int i, int j) {
    double x = o->x[i], y = o->y[i];
    o->x[i] = o->x[j];
    o->y[i] = o->y[j];
    o->x[j] = x;
    o->y[j] = y;
}

static double slope_of(const outline *o, int from, int to) {
    double dy = o->y[to] - o->y[from];
    return dy > 0 ? (o->x[to] - o->x[from]) / dy : 0;
}

static void make_outline(outline *o, const fmi_joined *joined, size_t triangle,
                         const fmi_bitmap *map) {
    for (size_t i = 0; i < 3; i++) {
        const float *uv = joined->uvs + 2 * (size_t)joined->triangles[3 * triangle + i];
        o->x[i] = (double)uv[0] * (map->width - 1.0);
        o->y[i] = (1.0 - (double)uv[1]) * (map->height - 1.0);
    }
    if (o->y[0] > o->y[1])
        swap_corners(o, 0, 1);
    if (o->y[1] > o->y[2])
        swap_corners(o, 1, 2);
    if (o->y[0] > o->y[1])
        swap_corners(o, 0, 1);
    o->slope[0] = slope_of(o, 0, 2);
    o->slope[1] = slope_of(o, 0, 1);
    o->slope[2] = slope_of(o, 1, 2);
}

static bool in_or_on(const outline *o, double px, double py) {
    bool left = false, right = false;
    for (int k = 0; k < 3; k++) {
        int n = k < 2 ? k + 1 : 0;
        double side = (o->x[n] - o->x[k]) * (py - o->y[k]) - (o->y[n] - o->y[k]) * (px - o->x[k]);
        left |= side > 0;
        right |= side < 0;
    }
    return !(left && right);
}

/* Where the row at height y enters and leaves the triangle. */
static void cross_row(const outline *o, double y, double *low, double *high) {
    double a = o->x[0] + (y - o->y[0]) * o->slope[0];
    double b =
        y < o->y[1] ? o->x[0] + (y - o->y[0]) * o->slope[1] : o->x[1] + (y - o->y[1]) * o->slope[2];
    *low = a < b ? a : b;
    *high = a < b ? b : a;
    if (o->y[0] == o->y[2]) { /* a level line: all three corners are in this row */
        *low = o->x[2] < *low ? o->x[2] : *low;
        *high = o->x[2] > *high ? o->x[2] : *high;
    }
}

static void set_bits(uint64_t *row, uint32_t first, uint32_t last) {
    size_t from = first / 64, to = last / 64;
    uint64_t head = ~UINT64_C(0) << (first % 64), tail = ~UINT64_C(0) >> (63 - last % 64);
    if (from == to) {
        row[from] |= head & tail;
        return;
    }
    row[from] |= head;
    for (size_t i = from + 1; i < to; i++)
        row[i] = ~UINT64_C(0);
    row[to] |= tail;
}

static void mark_row(fmi_bitmap *map, const outline *o, int32_t y) {
    double low, high, limit = map->width - 1.0;
    cross_row(o, y, &low, &high);
    if (low > limit + DOUBTFUL || high < -DOUBTFUL)
        return;
    low = low > 0 ? low : 0;
    high = high < limit ? high : limit;
    int32_t first = (int32_t)low, last = (int32_t)high; /* towards zero is down: not negative */
    first += first < low - DOUBTFUL;
    last += last + 1 < high + DOUBTFUL && last + 1 <= limit;
    if (first <= last && fabs(first - low) < DOUBTFUL && !in_or_on(o, first, y))
        first++;
    if (first <= last && fabs(last - high) < DOUBTFUL && !in_or_on(o, last, y))
        last--;
    if (first <= last)
        set_bits(map->words + map->row_words * (size_t)y, (uint32_t)first, (uint32_t)last);
}

static void mark_triangle(fmi_bitmap *map, const outline *o) {
    double limit = map->height - 1.0;
    if (o->y[0] > limit || o->y[2] < 0)
        return;
    double top = o->y[0] > 0 ? o->y[0] : 0, bottom = o->y[2] < limit ? o->y[2] : limit;
    int32_t first = (int32_t)top, last = (int32_t)bottom;
    first += first < top;
    for (int32_t y = first; y <= last; y++)
        mark_row(map, o, y);
}

static void grow_sideways(uint64_t *row, size_t words) {
    uint64_t before = 0;
    for (size_t i = 0; i < words; i++) {
        uint64_t here = row[i], after = i + 1 < words ? row[i + 1] : 0;
        row[i] = here | here << 1 | here >> 1 | before >> 63 | after << 63;
        before = here;
    }
}

static void grow_upright(fmi_bitmap *map, uint64_t *above) {
    for (size_t y = 0; y < map->height; y++) {
        uint64_t *row = map->words + map->row_words * y;
        const uint64_t *below = y + 1 < map->height ? row + map->row_words : row;
        for (size_t i = 0; i < map->row_words; i++) {
            uint64_t here = row[i];
            row[i] = above[i] | here | below[i];
            above[i] = here;
        }
    }
}

fm_status fmi_footprint_make(fmi_bitmap *map, const fmi_joined *joined, uint32_t width,
                             uint32_t height, fm_error *err) {
    fm_status status = fmi_bitmap_create(map, width, height, err);
    if (status != FM_OK || !joined->uvs)
        return status;
    uint64_t *above = calloc(map->row_words, sizeof *above);
    if (!above) {
        fmi_bitmap_free(map);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                        "no memory for a row of %u texels; use a smaller texture", width);
    }
    for (size_t t = 0; t < joined->triangle_count; t++) {
        outline o;
        make_outline(&o, joined, t, map);
        mark_triangle(map, &o);
    }
    for (size_t y = 0; y < height; y++)
        grow_sideways(map->words + map->row_words * y, map->row_words);
    grow_upright(map, above);
    free(above);
    return FM_OK;
}
