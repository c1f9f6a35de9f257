/* SPDX-License-Identifier: MIT */
/*
 * raster_cpu_shade.cl: from the triangles a row shows to colours: attributes, light, texels.
 *
 * Light: Phong reflection, a point light behind the camera (B. T. Phong, "Illumination for
 * computer generated pictures", 1975).
 */
#ifndef FM_RASTER_CPU_SHADE_CL
#define FM_RASTER_CPU_SHADE_CL

#include "raster_cpu_tile.cl"

/* Attributes of one pixel of a plain triangle: its planes at (x, y). */
FMK_INLINE float8 fmk_plain_attr(__global const fmk_record *r, float x, float y) {
    float8 left = fma((float8)(y - r->per_x.s7), r->per_y, r->corner);
    return fma((float8)(x - r->corner.s7), r->per_x, left);
}

/* Attributes along a row where all triangles are plain. */
FMK_INLINE void fmk_resolve_plain(__private const fmk_tile *tile, __private fmk_row *row,
                                  __global const fmk_record *kept, int line, int first, int last,
                                  int2 origin) {
    __private const uint *slots = (__private const uint *)(tile->slot + line * FMK_BLOCKS);
    float y = (float)(origin.y + line), px = (float)(origin.x + first);
    for (int x = first; x <= last; ++x) {
        row->attr[x] = fmk_plain_attr(kept + slots[x], px, y);
        px += 1.0f;
    }
}

#if FMK_TRILINEAR
/* Level at w = 1 of a general triangle. a: attributes at corner 0; g1, g2: what they change by per
 * E1 and E2. The level's square is the determinant of the planes of u/w, v/w and 1/w, in texels
 * and pixels, times w^3. */
FMK_INLINE float fmk_general_level(__constant const fm_scene *scene, float8 a, float8 g1, float8 g2,
                                   float det) {
    float volume = fma(
        a.s6, fma(g1.s0, g2.s1, -(g1.s1 * g2.s0)),
        fma(a.s0, fma(g1.s1, g2.s6, -(g1.s6 * g2.s1)), a.s1 * fma(g1.s6, g2.s0, -(g1.s0 * g2.s6))));
    float texels = (float)(scene->mip[0].width - 1) * (float)(scene->mip[0].height - 1);
    return 0.5f * log2(fabs(volume) * det * texels * (float)(FM_SUBPIXEL * FM_SUBPIXEL));
}
#endif

/* The same where some may be general. Neighbours mostly show the same triangle, so what a general
 * one needs is made when it changes: a0 + E1 g1 + E2 g2 with g = (a_i - a0) / det. E1 and E2 are
 * exact in float for triangles up to 256 pixels. */
FMK_INLINE void fmk_resolve_any(__constant const fm_scene *scene, __private const fmk_tile *tile,
                                __private fmk_row *row, __global const fmk_record *kept,
                                __global const float8 *attr, int line, int first, int last,
                                int2 origin) {
    __private const float *depth = (__private const float *)(tile->depth + line * FMK_BLOCKS);
    __private const int *slots = (__private const int *)(tile->slot + line * FMK_BLOCKS);
    int current = -1, column = 0;
    float8 a0 = (float8)(0.0f), g1 = a0, g2 = a0;
    float e1_x = 0.0f, e2_x = 0.0f, e1_row = 0.0f, e2_row = 0.0f;
    for (int x = first; x <= last; ++x) {
        __global const fmk_record *record = kept + slots[x];
        if ((fmk_high(record->rows) & FMK_FLAG_GENERAL) == 0) {
            row->attr[x] = fmk_plain_attr(record, (float)(origin.x + x), (float)(origin.y + line));
            continue;
        }
        if (depth[x] == 0.0f) {
            row->attr[x] = (float8)(0.0f);
            continue;
        }
        if (slots[x] != current) {
            current = slots[x];
            __global const fmk_triangle *r = (__global const fmk_triangle *)record;
            float inverse = 1.0f / (float)fmk_determinant(r);
            a0 = attr[r->vertex0];
            g1 = (attr[r->vertex1] - a0) * inverse;
            g2 = (attr[r->vertex2] - a0) * inverse;
#if FMK_TRILINEAR
            a0.s5 = fmk_general_level(scene, a0, g1, g2, (float)fmk_determinant(r));
#else
            a0.s5 = (float)fmk_high(r->columns);
#endif
            float dy = (float)((origin.y + line) * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->py);
            e1_x = (float)r->e1_x;
            e2_x = (float)r->e2_x;
            e1_row = (float)r->e1_y * dy;
            e2_row = (float)r->e2_y * dy;
            column = origin.x * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->px;
        }
        float dx = (float)(column + x * FM_SUBPIXEL);
        float e1 = fma(e1_x, dx, e1_row), e2 = fma(e2_x, dx, e2_row);
        row->attr[x] = fma((float8)(e2), g2, fma((float8)(e1), g1, a0));
    }
}

/* x^32 by five squarings. */
FMK_INLINE float8 fmk_power32(float8 x) {
    x *= x;
    x *= x;
    x *= x;
    x *= x;
    return x * x;
}

/* Phong terms of 8 pixels. px, py: offsets from the picture's centre over the focal length; n:
 * normal of any length. Nothing is normalised before the cosines: with dots N.L, N.V, L.V the
 * reflection's cosine is (2 N.L N.V - L.V N.N) / (N.N |L| |V|), and its even power needs no root.
 */
FMK_INLINE void fmk_light(float8 px, float8 py, float8 w, float8 nx, float8 ny, float8 nz,
                          float8 *diffuse, float8 *specular) {
    const float8 zero = (float8)(0.0f);
    float8 nn = fma(nx, nx, fma(ny, ny, nz * nz));
    int8 none = nn <= (float8)(1.0e-18f);
    nx = select(nx, zero, none);
    ny = select(ny, zero, none);
    nz = select(nz, (float8)(1.0f), none);
    nn = select(nn, (float8)(1.0f), none);
    /* The pixel's point is (px w, py w, -w); light at (0, 0, FM_LIGHT_BACK), camera at 0. */
    float8 vx = -px * w, vy = -py * w, lz = w + (float8)(FM_LIGHT_BACK);
    float8 across = fma(vx, vx, vy * vy);
    float8 ll = fma(lz, lz, across), vv = fma(w, w, across), lv = fma(lz, w, across);
    float8 sideways = fma(nx, vx, ny * vy);
    float8 nl = fma(nz, lz, sideways), nv = fma(nz, w, sideways);
    float8 n_l = nl / sqrt(nn * ll);
    float8 reflected = max(fma((float8)(2.0f) * nl, nv, -lv * nn), zero);
    float8 square = reflected * reflected / (nn * nn * ll * vv);
    *diffuse = fma((float8)(FM_LIGHT_DIFFUSE), max(n_l, zero), (float8)(FM_LIGHT_AMBIENT));
    *specular = select(zero, (float8)(FM_LIGHT_SPECULAR * 255.0f) * fmk_power32(square), nl > zero);
}

#if FMK_TEXTURED
/* Texel addresses and bilinear weights of a block of 8 pixels at the given levels. */
FMK_INLINE void fmk_address(__private fmk_row *row, __constant const fm_scene *scene, int block,
                            float8 u, float8 v, int8 mip) {
    const float8 zero = (float8)(0.0f), one = (float8)(1.0f);
    u = min(max(u, zero), one);
    v = min(max(v, zero), one);
    float8 scale = as_float8((127 - mip) << 23);
    int8 below = ((int8)(1) << mip) - 1;
    int8 width = (scene->mip[0].width + below) >> mip;
    int8 height = (scene->mip[0].height + below) >> mip;
    float8 tx = fma(u, (float8)((float)(scene->mip[0].width - 1)), (float8)(0.5f));
    float8 ty = fma(one - v, (float8)((float)(scene->mip[0].height - 1)), (float8)(0.5f));
    tx = fma(tx, scale, (float8)(-0.5f));
    ty = fma(ty, scale, (float8)(-0.5f));
    tx = min(max(tx, zero), convert_float8(width - 1));
    ty = min(max(ty, zero), convert_float8(height - 1));
    int8 ix = convert_int8(tx), iy = convert_int8(ty);
    row->pitch[block] = width + 1;
    row->at[block] = iy * (width + 1) + ix;
    row->mip[block] = mip;
    row->fx[block] = tx - convert_float8(ix);
    row->fy[block] = ty - convert_float8(iy);
}

#if FMK_TRILINEAR
/* The same for the two levels around the exact one. level: at w = 1; it grows with w^1.5. Where
 * that is no number, level 0. */
FMK_INLINE void fmk_address_both(__private fmk_row *row, __constant const fm_scene *scene,
                                 int block, float8 u, float8 v, float8 w, float8 level) {
    int last = (int)scene->mips - 1;
    float8 exact = fma((float8)(1.5f), log2(w), level);
    exact = select((float8)(0.0f), exact, isfinite(exact));
    exact = min(max(exact, (float8)(0.0f)), (float8)((float)last));
    int8 first = convert_int8(exact);
    row->share[block] = exact - convert_float8(first);
    fmk_address(row, scene, block, u, v, first);
    fmk_address(row, scene, block + FMK_ROW_BLOCKS, u, v, min(first + 1, last));
}
#endif
#endif

/* Light and texel addresses of a block. px, py as in fmk_light; depth: 1/w, none 0. */
FMK_INLINE void fmk_shade_block(__private fmk_row *row, __constant const fm_scene *scene, int block,
                                float8 px, float8 py, float8 depth) {
    __private const float8 *p = row->attr + block * 8;
    fmk_rows8 m = {p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]};
    m = fmk_transpose(m);
    float8 w = (float8)(1.0f) / depth;
    fmk_light(px, py, w, m.r2 * w, m.r3 * w, m.r4 * w, &row->diffuse[block], &row->specular[block]);
#if FMK_TEXTURED && FMK_TRILINEAR
    fmk_address_both(row, scene, block, m.r0 * w, m.r1 * w, w, m.r5);
#elif FMK_TEXTURED
    fmk_address(row, scene, block, m.r0 * w, m.r1 * w, convert_int8(m.r5));
#endif
}

/* Light and texel addresses of the blocks first to last of a row. */
FMK_INLINE void fmk_shade_row(__private const fmk_tile *tile, __private fmk_row *row,
                              __constant const fm_scene *scene, int line, int first, int last,
                              int2 origin) {
    const float8 lane = (float8)(0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f, 7.5f);
    float over_focal = 1.0f / scene->focal_px;
    float y = (float)(scene->first_row + origin.y + line) + 0.5f;
    float8 py = (float8)((scene->half_height - y) * over_focal);
    for (int block = first; block <= last; ++block) {
        float8 depth = tile->depth[line * FMK_BLOCKS + block];
        float8 px = ((float8)((float)(origin.x + block * 8) - scene->half_width) + lane);
        fmk_shade_block(row, scene, block, px * over_focal, py,
                        select((float8)(1.0f), depth, depth > (float8)(0.0f)));
    }
}

#if FMK_TEXTURED
/* Both textures' colours between 4 texel pairs: the 16 channels of two neighbours are one vector.
 */
FMK_INLINE float8 fmk_bilinear(__global const ulong *texel, uint pitch, float fx, float fy) {
    float16 upper = convert_float16(as_uchar16(vload2(0, texel)));
    float16 lower = convert_float16(as_uchar16(vload2(0, texel + pitch)));
    float16 mixed = fma((float16)(fy), lower - upper, upper);
    return fma((float8)(fx), mixed.hi - mixed.lo, mixed.lo);
}

/* Fetch of both textures, blended by t, one pixel after another. */
FMK_INLINE void fmk_fetch_row(__private fmk_row *row, __private const uint *offsets,
                              __global const ulong *texels, float t, int first, int last) {
    __private const uint *at = (__private const uint *)row->at;
    __private const uint *pitch = (__private const uint *)row->pitch;
    __private const uint *mip = (__private const uint *)row->mip;
    __private const float *fx = (__private const float *)row->fx;
    __private const float *fy = (__private const float *)row->fy;
    float4 a = (float4)(1.0f - t), b = (float4)(t);
    float8 base = (float8)(a, b);
    for (int x = first; x <= last; ++x) {
        __global const ulong *texel = texels + ((size_t)offsets[mip[x]] + at[x]);
        float8 pair = fmk_bilinear(texel, pitch[x], fx[x], fy[x]);
#if FMK_TRILINEAR
        int next = x + FMK_ROW;
        texel = texels + ((size_t)offsets[mip[next]] + at[next]);
        float8 coarse = fmk_bilinear(texel, pitch[next], fx[next], fy[next]);
        pair = fma((float8)(((__private const float *)row->share)[x]), coarse - pair, pair);
#endif
        pair *= base;
        row->colour[x] = pair.lo + pair.hi;
    }
}
#endif

#endif
