/* SPDX-License-Identifier: MIT */
/*
 * heatmap_store.cl: how the heatmaps read the geometry and keep their fields.
 *
 * With FMK_HALF both are 16-bit floats: storage only, sums are in 32 bits.
 */
#ifndef FM_HEATMAP_STORE_CL
#define FM_HEATMAP_STORE_CL

#include "blend_source.cl"

#if FMK_HALF
#define FMK_FIELD half
#define FMK_GET(i, p) vload_half(i, p)
#define FMK_PUT(v, i, p) vstore_half_rte(v, i, p)
#define FMK_PUT8(v, i, p) vstore_half8_rte(v, i, p)
#define FMK_PUT16(v, i, p) vstore_half16_rte(v, i, p)

FMK_INLINE float16 fmk_row(__global const float *geometry, uint padded, uint row, size_t block) {
    return vload_half16(block, FMK_HALF_ROW(geometry, padded, row));
}

/* A row of positions: offsets from the middles of 8 vertices. */
FMK_INLINE float16 fmk_place(__global const float *geometry, uint padded, uint row, size_t block) {
    float8 low = (float8)(FMK_BASE(geometry, padded, row, block * 16u));
    float8 high = (float8)(FMK_BASE(geometry, padded, row, block * 16u + 8u));
    return fmk_row(geometry, padded, row, block) + (float16)(low, high);
}
#else
#define FMK_FIELD float
#define FMK_GET(i, p) (p)[i]
#define FMK_PUT(v, i, p) (p)[i] = (v)
#define FMK_PUT8 vstore8
#define FMK_PUT16 vstore16

FMK_INLINE float16 fmk_row(__global const float *geometry, uint padded, uint row, size_t block) {
    return vload16(block, geometry + (size_t)padded * row);
}
#define fmk_place fmk_row
#endif

#endif
