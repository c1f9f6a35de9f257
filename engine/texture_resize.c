/* SPDX-License-Identifier: MIT */
#include "texture_resize.h"

#include "error.h"

#include <stdlib.h>

/* Position i of `to` in `from` is ((2i + 1) from - to) / (2 to): its whole part, and the rest. */
static void source_of(uint32_t i, uint32_t to, uint32_t from, uint32_t *whole, uint32_t *rest) {
    int64_t at = (2 * (int64_t)i + 1) * from - to, last = 2 * (int64_t)to * (from - 1);
    at = at < 0 ? 0 : at > last ? last : at;
    *whole = (uint32_t)(at / (2 * (int64_t)to));
    *rest = (uint32_t)(at % (2 * (int64_t)to));
}

fm_status fmi_resizer_create(fmi_resizer *resizer, const fmi_filled *from, uint32_t width,
                             uint32_t height, fm_error *err) {
    *resizer = (fmi_resizer){
        .from = from, .width = width, .height = height, .row = {UINT32_MAX, UINT32_MAX}};
    resizer->texels = malloc(from->image.width * sizeof(uint32_t));
    resizer->left = malloc(width * sizeof(uint32_t));
    resizer->weight = malloc(width * sizeof(uint32_t));
    resizer->sums[0] = malloc(4 * (size_t)width * sizeof(uint32_t));
    resizer->sums[1] = malloc(4 * (size_t)width * sizeof(uint32_t));
    if (!resizer->texels || !resizer->left || !resizer->weight || !resizer->sums[0] ||
        !resizer->sums[1]) {
        fmi_resizer_free(resizer);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                        "no memory to resize a texture to %u columns; use a smaller texture",
                        width);
    }
    for (uint32_t x = 0; x < width; x++)
        source_of(x, width, from->image.width, &resizer->left[x], &resizer->weight[x]);
    return FM_OK;
}

static void resize_in_x(fmi_resizer *r, uint32_t row, uint32_t *sums) {
    uint32_t last = r->from->image.width - 1, whole = 2 * r->width;
    fmi_filled_row(r->from, row, r->texels);
    for (size_t x = 0; x < r->width; x++) {
        uint32_t right = r->left[x] < last ? r->left[x] + 1 : last, weight = r->weight[x];
        uint32_t a = r->texels[r->left[x]], b = r->texels[right];
        for (size_t c = 0; c < 4; c++)
            sums[4 * x + c] = (a >> 8 * c & 255) * (whole - weight) + (b >> 8 * c & 255) * weight;
    }
}

/* Has sums[which] hold the row; the other one may have it already. */
static void need_row(fmi_resizer *r, int which, uint32_t row) {
    if (r->row[which] == row)
        return;
    if (r->row[1 - which] == row) {
        uint32_t *sums = r->sums[0];
        r->sums[0] = r->sums[1];
        r->sums[1] = sums;
        r->row[1 - which] = r->row[which];
    } else {
        resize_in_x(r, row, r->sums[which]);
    }
    r->row[which] = row;
}

void fmi_resizer_row(fmi_resizer *resizer, uint32_t y, uint32_t *texels) {
    uint32_t above, weight, last = resizer->from->image.height - 1;
    source_of(y, resizer->height, resizer->from->image.height, &above, &weight);
    need_row(resizer, 0, above);
    if (weight > 0)
        need_row(resizer, 1, above < last ? above + 1 : last);
    const uint32_t *upper = resizer->sums[0], *lower = weight > 0 ? resizer->sums[1] : upper;
    /* Sums are below 2^39, so they are exact in double, and a correctly rounded quotient of two
     * such integers never crosses an integer. */
    double low = weight, high = 2.0 * resizer->height - low;
    double unit = 4.0 * resizer->width * resizer->height;
    for (size_t x = 0; x < resizer->width; x++) {
        uint32_t texel = 0;
        for (size_t c = 0; c < 4; c++) {
            double sum = high * upper[4 * x + c] + low * lower[4 * x + c];
            texel |= (uint32_t)((sum + 0.5 * unit) / unit) << 8 * c;
        }
        texels[x] = texel;
    }
}

void fmi_resizer_free(fmi_resizer *resizer) {
    free(resizer->texels);
    free(resizer->left);
    free(resizer->weight);
    free(resizer->sums[0]);
    free(resizer->sums[1]);
    *resizer = (fmi_resizer){0};
}
