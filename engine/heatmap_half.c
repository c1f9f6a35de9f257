/* SPDX-License-Identifier: MIT */
/* Fields that the device stores as 16-bit floats. */
#include "heatmap_impl.h"

#include "error.h"
#include "half.h"

#include <math.h>
#include <stdlib.h>

#define LARGEST_EXPONENT 14 /* displacements stay below 2^14 along each axis */
#define LEAST_EXPONENT (-100)

float fmi_heatmap_field_scale(const fmi_joined *joined) {
    float largest = 0.0F;
    int exponent = 0;
    for (size_t i = 0; i < 3 * (size_t)joined->position_count; i++)
        largest = fmaxf(largest, fabsf(joined->positions_b[i] - joined->positions_a[i]));
    (void)frexpf(largest, &exponent);
    if (exponent < LEAST_EXPONENT)
        exponent = LEAST_EXPONENT;
    return ldexpf(1.0F, exponent - LARGEST_EXPONENT);
}

void fmi_heatmap_wide(const uint16_t *from, uint64_t count, float scale, float *to) {
    for (uint64_t i = 0; i < count; i++)
        to[i] = fmi_half_value(from[i]) * scale;
}

fm_status fmi_heatmap_read_half(fm_heatmap *h, fm_error *err) {
    uint64_t shape = FM_SHAPE_FIELDS * (uint64_t)h->padded;
    uint64_t count = h->fields * (uint64_t)h->padded;
    uint16_t *stored = malloc(count * sizeof *stored);
    if (!stored)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the values of %u vertices",
                        h->padded);
    fm_status status = fmi_buffer_read(&h->values, 0, count * sizeof *stored, stored, err);
    if (status == FM_OK) {
        fmi_heatmap_wide(stored, shape, h->field_scale, h->vertex_values);
        fmi_heatmap_wide(stored + shape, count - shape, 1.0F, h->vertex_values + shape);
    }
    free(stored);
    return status;
}

fm_status fmi_heatmap_widen(fm_heatmap *h, fm_error *err) {
    fm_status status = h->widened ? FM_OK : fmi_heatmap_keep_rows(h, 0, h->height, err);
    h->widened = status == FM_OK;
    return status;
}
