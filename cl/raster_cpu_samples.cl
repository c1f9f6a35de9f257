/* SPDX-License-Identifier: MIT */
/*
 * raster_cpu_samples.cl: rows of raster_cpu.cl with 4 samples a pixel.
 *
 * What the samples of a row show is collected as fragments, one for each pixel and triangle in it.
 * Fragments are resolved, lit and fetched like pixels, 8 at a time; a pixel is the mean of its
 * fragments' bytes, weighted by their samples, and of the background.
 */
#ifndef FM_RASTER_CPU_SAMPLES_CL
#define FM_RASTER_CPU_SAMPLES_CL

#include "raster_cpu_shade.cl"

/* The fragments of a row, 4 a pixel at most. */
typedef struct fmk_fragments {
    int slot[FMK_ROW + 8];     /* of kept; 8 more, so that a whole block can be written */
    int column[FMK_ROW + 8];   /* of the tile */
    uint samples[FMK_ROW + 8]; /* that show it */
    uint packed[FMK_ROW];      /* RGBA bytes */
    int clipped[FMK_ROW];      /* -1: a channel is above 1 */
    uint empty[FMK_TILE];      /* per pixel: samples of the background */
} fmk_fragments;

/* Adds a fragment where its triangle is one. Returns the new number of fragments. */
FMK_INLINE int fmk_add(__private fmk_fragments *f, int count, int slot, int column, uint samples,
                       bool fresh) {
    f->slot[count] = slot;
    f->column[count] = column;
    f->samples[count] = samples;
    return count + (fresh && slot >= 0 ? 1 : 0);
}

/* Collects pixels [first, end) of a row. tile: one a sample. Returns the number of fragments. The
 * last one is repeated, without samples, to fill its block of 8. */
FMK_INLINE int fmk_collect(__private const fmk_tile *tile, __private fmk_fragments *f, int line,
                           int first, int end) {
    int n = 0;
    for (int x = first; x < end; ++x) {
        int at = line * FMK_TILE + x;
        int s[4];
        for (int k = 0; k < 4; ++k) {
            float depth = ((__private const float *)tile[k].depth)[at];
            s[k] = depth > 0.0f ? ((__private const int *)tile[k].slot)[at] : -1;
        }
        uint same01 = s[0] == s[1], same02 = s[0] == s[2], same03 = s[0] == s[3];
        uint same12 = s[1] == s[2], same13 = s[1] == s[3], same23 = s[2] == s[3];
        n = fmk_add(f, n, s[0], x, 1u + same01 + same02 + same03, true);
        n = fmk_add(f, n, s[1], x, 1u + same12 + same13, same01 == 0u);
        n = fmk_add(f, n, s[2], x, 1u + same23, (same02 | same12) == 0u);
        n = fmk_add(f, n, s[3], x, 1u, (same03 | same13 | same23) == 0u);
        f->empty[x] = (s[0] < 0 ? 1u : 0u) + (s[1] < 0 ? 1u : 0u) + (s[2] < 0 ? 1u : 0u) +
                      (s[3] < 0 ? 1u : 0u);
    }
    for (int k = n; n > 0 && (k & 7) != 0; ++k) {
        f->slot[k] = f->slot[n - 1];
        f->column[k] = f->column[n - 1];
        f->samples[k] = 0u;
    }
    return n;
}

/* Attributes of a general triangle at the centre of a pixel: a0 + E1 g1 + E2 g2 with
 * g = (a_i - a0) / det. */
FMK_INLINE float8 fmk_general_attr(__constant const fm_scene *scene, __global const fmk_triangle *r,
                                   __global const float8 *attr, int x, int y) {
    float inverse = 1.0f / (float)fmk_determinant(r);
    float8 a0 = attr[r->vertex0];
    float8 g1 = (attr[r->vertex1] - a0) * inverse, g2 = (attr[r->vertex2] - a0) * inverse;
#if FMK_TRILINEAR
    a0.s5 = fmk_general_level(scene, a0, g1, g2, (float)fmk_determinant(r));
#else
    a0.s5 = (float)fmk_high(r->columns);
#endif
    float dx = (float)(x * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->px);
    float dy = (float)(y * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->py);
    float e1 = fma((float)r->e1_x, dx, (float)r->e1_y * dy);
    float e2 = fma((float)r->e2_x, dx, (float)r->e2_y * dy);
    a0 = fma((float8)(e2), g2, fma((float8)(e1), g1, a0));
    a0.s6 = min(max(a0.s6, r->depth_min), r->depth_max);
    return a0;
}

/* Attributes of count fragments. A centre that its triangle does not cover may see its plane far
 * off, or behind the camera: 1/w stays between those of the corners. */
FMK_INLINE void fmk_resolve_fragments(__constant const fm_scene *scene,
                                      __private const fmk_fragments *f, __private fmk_row *row,
                                      __global const fmk_record *kept, __global const float8 *attr,
                                      int line, int count, int2 origin) {
    int y = origin.y + line;
    for (int i = 0; i < ((count + 7) & ~7); ++i) {
        __global const fmk_record *r = kept + f->slot[i];
        int x = origin.x + f->column[i];
        if ((fmk_high(r->rows) & FMK_FLAG_GENERAL) != 0) {
            row->attr[i] = fmk_general_attr(scene, (__global const fmk_triangle *)r, attr, x, y);
            continue;
        }
        float8 a = fmk_plain_attr(r, (float)x, (float)y);
        a.s6 = min(max(a.s6, r->depth_min), r->per_y.s7);
        row->attr[i] = a;
    }
}

/* Light and texel addresses of count fragments. */
FMK_INLINE void fmk_shade_fragments(__private const fmk_fragments *f, __private fmk_row *row,
                                    __constant const fm_scene *scene, int line, int count,
                                    int2 origin) {
    float over_focal = 1.0f / scene->focal_px;
    float left = (float)origin.x - scene->half_width + 0.5f;
    float y = (float)(scene->first_row + origin.y + line) + 0.5f;
    float8 py = (float8)((scene->half_height - y) * over_focal);
    for (int block = 0; block < (count + 7) >> 3; ++block) {
        float8 px = (convert_float8(vload8(block, f->column)) + left) * over_focal;
        __private const float8 *a = row->attr + block * 8;
        float8 depth =
            (float8)(a[0].s6, a[1].s6, a[2].s6, a[3].s6, a[4].s6, a[5].s6, a[6].s6, a[7].s6);
        fmk_shade_block(row, scene, block, px, py, depth);
    }
}

/* Bytes of all fragments, 4 a step. */
FMK_INLINE void fmk_pack_bytes(__private fmk_fragments *f, __private const fmk_row *row,
                               int count) {
    __private const float4 *diffuses = (__private const float4 *)row->diffuse;
    __private const float4 *speculars = (__private const float4 *)row->specular;
    for (int i = 0; i < (count + 3) >> 2; ++i) {
        float16 diffuse = diffuses[i].s0000111122223333;
        float16 specular = speculars[i].s0000111122223333;
#if FMK_TEXTURED
        __private const float4 *c = row->colour + i * 4;
        float16 colour = (float16)(c[0], c[1], c[2], c[3]);
#else
        float16 colour = (float16)(FM_GREY * 255.0f);
#endif
        colour = fma(colour, diffuse, specular);
        int16 over = colour > (float16)(255.0f);
        colour = min(max(colour, (float16)(0.0f)), (float16)(255.0f)) + 0.5f;
        uint4 packed = as_uint4(convert_uchar16(convert_int16(colour))) | 0xff000000u;
        vstore4(packed, i, f->packed);
        vstore4(over.s048c | over.s159d | over.s26ae, i, f->clipped);
    }
}

/* Pixels of a row from its count fragments; the others keep the background. Returns (covered,
 * clipped). */
FMK_INLINE uint2 fmk_pack_fragments(__private fmk_fragments *f, __private fmk_row *row,
                                    uint background, int count) {
    const uint bytes = 0x00ff00ffu;
    uint2 seen = (uint2)(0u);
    __private uint *out = (__private uint *)row->packed;
    fmk_pack_bytes(f, row, count);
    for (int i = 0; i < count;) {
        int x = f->column[i], over = 0;
        uint even = f->empty[x] * (background & bytes);
        uint odd = f->empty[x] * (background >> 8 & bytes);
        for (; i < count && f->column[i] == x; ++i) {
            even += f->samples[i] * (f->packed[i] & bytes);
            odd += f->samples[i] * (f->packed[i] >> 8 & bytes);
            over |= f->clipped[i];
        }
        out[x] = fmk_mean_of_sums(even, odd);
        seen += (uint2)(1u, over != 0 ? 1u : 0u);
    }
    return seen;
}

#endif
