/* SPDX-License-Identifier: MIT */
#include "raster_half.h"

#include "error.h"
#include "half.h"
#include "plan_bytes.h"

#include <math.h>
#include <stdlib.h>

#define POSITION_ROWS 6
#define NORMAL_ROWS 9
#define UV_ROW 15
#define BLOCK 8             /* vertices that share a middle */
#define LARGEST_EXPONENT 14 /* positions stay below 2^14, normals below 1 */

static float largest(const float *rows, uint32_t first, uint32_t step, uint32_t count) {
    float most = 0.0F;
    for (uint32_t i = 0; i < count; ++i) {
        float size = fabsf(rows[first + (size_t)i * step]);
        most = size > most ? size : most;
    }
    return most;
}

/* Exponent e with value < 2^e; 0 for 0. */
static int exponent_of(float value) {
    int e = 0;
    (void)frexpf(value, &e);
    return e;
}

/* One coordinate of a block of vertices; returns their middle. */
static float store_block(const float *values, int shift, uint16_t *out) {
    float low = values[0], high = values[0];
    for (uint32_t i = 1; i < BLOCK; ++i) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    float middle = ldexpf(0.5F * low + 0.5F * high, -shift);
    for (uint32_t i = 0; i < BLOCK; ++i)
        out[i] = fmi_half(ldexpf(values[i], -shift) - middle);
    return middle;
}

void fmi_geometry_to_half(float *rows, uint32_t padded, uint16_t *out, float *scale) {
    int shift = exponent_of(largest(rows, 0, 1, POSITION_ROWS * padded)) - LARGEST_EXPONENT;
    *scale = ldexpf(1.0F, shift);
    float *middles = (float *)(void *)(out + (size_t)FMI_GEOMETRY_ROWS * padded);
    for (size_t i = 0; i < (size_t)POSITION_ROWS * padded; i += BLOCK)
        middles[i / BLOCK] = store_block(rows + i, shift, out + i);
    float *normals = rows + (size_t)POSITION_ROWS * padded;
    for (uint32_t i = 0; i < padded; ++i) {
        int e = exponent_of(largest(normals, i, padded, NORMAL_ROWS));
        for (uint32_t k = 0; k < NORMAL_ROWS; ++k)
            out[(size_t)(POSITION_ROWS + k) * padded + i] =
                fmi_half(ldexpf(normals[(size_t)k * padded + i], -e));
    }
    for (size_t i = (size_t)UV_ROW * padded; i < (size_t)FMI_GEOMETRY_ROWS * padded; ++i)
        out[i] = fmi_half(rows[i] - 0.5F);
}

/* ---- order ---- */

#define GRID_BITS 10 /* steps of the grid along each axis, as a power of two */

typedef struct spot {
    uint32_t code, vertex;
} spot;

static int by_code(const void *a, const void *b) {
    const spot *x = a, *y = b;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    return x->vertex < y->vertex ? -1 : x->vertex > y->vertex;
}

/* Bits of three numbers in turn (G. M. Morton, 1966): close codes are close in space. */
static uint32_t interleave(const uint32_t cell[3]) {
    uint32_t code = 0;
    for (uint32_t bit = 0; bit < GRID_BITS; ++bit)
        for (uint32_t k = 0; k < 3; ++k)
            code |= (cell[k] >> bit & 1U) << (3 * bit + k);
    return code;
}

static void find_codes(const fmi_joined *joined, spot *spots) {
    const float *p = joined->positions_a;
    float extent = 0.0F;
    for (size_t i = 0; i < 3 * (size_t)joined->position_count; ++i)
        extent = fabsf(p[i]) > extent ? fabsf(p[i]) : extent;
    float steps = (float)((1U << GRID_BITS) - 1U);
    for (uint32_t i = 0; i < joined->vertex_count; ++i) {
        const float *v = p + 3 * (size_t)joined->vertex_position[i];
        uint32_t cell[3] = {0};
        for (uint32_t k = 0; k < 3 && extent > 0.0F; ++k)
            cell[k] = (uint32_t)((0.5F * (v[k] / extent) + 0.5F) * steps);
        spots[i] = (spot){interleave(cell), i};
    }
}

fm_status fmi_vertex_places(const fmi_joined *joined, uint32_t **place, fm_error *err) {
    uint32_t n = joined->vertex_count;
    spot *spots = malloc(sizeof *spots * n);
    *place = malloc(sizeof **place * n);
    if (!spots || !*place) {
        free(spots);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to sort %u vertices", n);
    }
    find_codes(joined, spots);
    qsort(spots, n, sizeof *spots, by_code);
    for (uint32_t i = 0; i < n; ++i)
        (*place)[spots[i].vertex] = i;
    free(spots);
    return FM_OK;
}
