/* SPDX-License-Identifier: MIT */
/*
 * raster_cpu.cl: rasterise and shade for CPU devices, one work-item per (frame, tile).
 *
 * The item first finds what is visible (depth and triangle of each pixel of its tile, 8 bytes a
 * pixel in private arrays), then resolves attributes, lights, fetches and packs row by row. It
 * works in explicit vectors of 8 pixels. Triangles come in file order, and a pixel is taken over
 * only by a larger 1/w, so ties go to the lower number.
 *
 * fm_raster_cpu
 *   attr      as raster_vertex.cl writes it
 *   kept, starts, list  as raster_bin.cl writes them
 *   texels    interleaved A|B pairs with mips, fm_shared.h; unused without FMK_TEXTURED
 *   t         one weight a frame
 *   pixels    frames x height x width x FMK_CHANNELS bytes
 *   frame_counts  covered and clipped are added to
 * Global size (frames, tiles), local size 1, no local memory: items of the same tile follow each
 * other, so that a batch reads its part of the texture from memory once.
 * Knobs: FMK_TILE (multiple of 16), FMK_CHANNELS 3|4, FMK_TEXTURED 0|1, FMK_SAMPLES 1|4,
 * FMK_TRILINEAR 0|1.
 *
 * Light: Phong reflection, a point light behind the camera (B. T. Phong, "Illumination for
 * computer generated pictures", 1975).
 */
#include "raster_record.cl"

#ifndef FMK_CHANNELS
#define FMK_CHANNELS 3
#endif
#ifndef FMK_TEXTURED
#define FMK_TEXTURED 1
#endif

/* Triangles between asking for a record and using it. */
#define FMK_AHEAD 6u

/* Blocks of 8 pixels in a tile's row. */
#define FMK_BLOCKS (FMK_TILE / 8)

/* One tile's visibility, in aligned blocks of 8 pixels: depth (1/w, 0 = background) and slot of
 * kept. Pixels of the background have the slot of some triangle too, so that whole blocks can be
 * resolved without a test. */
typedef struct fmk_tile {
    float8 depth[FMK_TILE * FMK_BLOCKS];
    int8 slot[FMK_TILE * FMK_BLOCKS];
} fmk_tile;

/* What a row holds at most: pixels, or, with 4 samples, fragments (raster_cpu_samples.cl). Texel
 * addresses of the second level of the trilinear filter come behind those of the first. */
#define FMK_ROW (FMK_TILE * FMK_SAMPLES)
#define FMK_ROW_BLOCKS (FMK_ROW / 8)
#define FMK_ADDRESSES (FMK_ROW_BLOCKS * (1 + FMK_TRILINEAR))

/* One row on its way from visibility to bytes. */
typedef struct fmk_row {
    float8 attr[FMK_ROW]; /* u/w, v/w, n.xyz/w, mip level (trilinear: level at w = 1), 1/w, - */
    float8 diffuse[FMK_ROW_BLOCKS], specular[FMK_ROW_BLOCKS]; /* factors of texel and of white */
    float8 fx[FMK_ADDRESSES], fy[FMK_ADDRESSES];              /* bilinear weights */
    int8 at[FMK_ADDRESSES], pitch[FMK_ADDRESSES]; /* texel pair in its level, pairs a row */
    int8 mip[FMK_ADDRESSES];
#if FMK_TRILINEAR
    float8 share[FMK_ROW_BLOCKS]; /* of the second level */
#endif
    float4 colour[FMK_ROW];     /* texel colour, 0 to 255 */
    uint4 packed[FMK_TILE / 4]; /* RGBA bytes */
} fmk_row;

/* Edge functions of one triangle at a tile's first drawn block, as floor(E / 16), whose sign is
 * E's. Steps are per pixel. */
typedef struct fmk_edges {
    int e0, e1, e2;
    int x0, x1, x2;
    int y0, y1, y2;
} fmk_edges;

/* One large edge: a value that cannot change sign inside the window of w x h pixels becomes a
 * constant, so that the rest fits 32 bits. Returns false when the whole window lies outside. */
FMK_INLINE bool fmk_edge_large(long e, bool open, int w, int h, __private int *start,
                               __private int *step_x, __private int *step_y) {
    e = (e - (open ? 1 : 0)) >> FM_SUBPIXEL_BITS;
    long reach = (long)abs(*step_x) * w + (long)abs(*step_y) * h;
    if (e < -reach)
        return false;
    bool inside = e > reach;
    *start = inside ? 0 : (int)e;
    *step_x = inside ? 0 : *step_x;
    *step_y = inside ? 0 : *step_y;
    return true;
}

/* Edges at d (1/16 pixels from corner 0) for a window of w x h pixels. */
FMK_INLINE bool fmk_edges_at(__global const fmk_triangle *r, int dx, int dy, int w, int h,
                             __private fmk_edges *e) {
    e->x1 = r->e1_x;
    e->y1 = r->e1_y;
    e->x2 = r->e2_x;
    e->y2 = r->e2_y;
    e->x0 = -(e->x1 + e->x2);
    e->y0 = -(e->y1 + e->y2);
    int flags = fmk_high(r->rows);
    if ((flags & FMK_FLAG_SMALL) != 0) {
        int e1 = e->x1 * dx + e->y1 * dy, e2 = e->x2 * dx + e->y2 * dy;
        int e0 = e->y1 * e->x2 - e->y2 * e->x1 - e1 - e2;
        e->e0 = (e0 - (flags >> 1 & 1)) >> FM_SUBPIXEL_BITS;
        e->e1 = (e1 - (flags >> 2 & 1)) >> FM_SUBPIXEL_BITS;
        e->e2 = (e2 - (flags >> 3 & 1)) >> FM_SUBPIXEL_BITS;
        return true;
    }
    long e1 = (long)e->x1 * dx + (long)e->y1 * dy, e2 = (long)e->x2 * dx + (long)e->y2 * dy;
    long e0 = fmk_determinant(r) - e1 - e2;
    return fmk_edge_large(e0, (flags & FMK_FLAG_OPEN0) != 0, w, h, &e->e0, &e->x0, &e->y0) &&
           fmk_edge_large(e1, (flags & FMK_FLAG_OPEN1) != 0, w, h, &e->e1, &e->x1, &e->y1) &&
           fmk_edge_large(e2, (flags & FMK_FLAG_OPEN2) != 0, w, h, &e->e2, &e->x2, &e->y2);
}

/* Takes over the pixels of one block whose edge values are all non-negative and whose depth is
 * larger than what is there. */
FMK_INLINE void fmk_draw_block(__private fmk_tile *tile, int at, int8 edges, float8 depth,
                               int8 slot) {
    float8 old = tile->depth[at];
    int8 take = ~edges & (depth > old); /* sign bits */
    tile->depth[at] = select(old, depth, take);
    tile->slot[at] = select(tile->slot[at], slot, take);
}

/* Edge value of one sample of a pixel, / 16, from the record's value at its centre. */
FMK_INLINE int fmk_edge_sample(int e, int step_x, int step_y, int2 sample) {
#if FMK_SAMPLES == 1
    return e;
#else
    return (e + sample.x * step_x + sample.y * step_y) >> FM_SUBPIXEL_BITS;
#endif
}

/* Draws a plain triangle into one sample of each pixel of the tile. origin: the tile's first
 * pixel; limit: its last one. */
FMK_INLINE void fmk_draw_plain(__private fmk_tile *tile, __global const fmk_record *r, int slot,
                               int2 origin, int2 limit, int2 sample) {
    int left = fmk_first(r->columns) & ~7, top = fmk_first(r->rows);
    int right = min(fmk_last(r->columns), limit.x), bottom = min(fmk_last(r->rows), limit.y);
    int x1 = fmk_step_x(r->step1), y1 = fmk_step_y(r->step1);
    int x2 = fmk_step_x(r->step2), y2 = fmk_step_y(r->step2);
    int x0 = -(x1 + x2), y0 = -(y1 + y2);
    int e0 = r->e0, e1 = r->e1, e2 = r->e2;
    int skip_x = max(origin.x - left, 0), skip_y = max(origin.y - top, 0);
    if ((skip_x | skip_y) != 0) { /* starts in another tile */
        e0 += (skip_x * x0 + skip_y * y0) * FMK_EDGE_PIXEL;
        e1 += (skip_x * x1 + skip_y * y1) * FMK_EDGE_PIXEL;
        e2 += (skip_x * x2 + skip_y * y2) * FMK_EDGE_PIXEL;
        left += skip_x;
        top += skip_y;
    }
    e0 = fmk_edge_sample(e0, x0, y0, sample);
    e1 = fmk_edge_sample(e1, x1, y1, sample);
    e2 = fmk_edge_sample(e2, x2, y2, sample);
    const int8 lane = (int8)(0, 1, 2, 3, 4, 5, 6, 7);
    const float8 lane_f = (float8)(0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f);
    int8 start0 = e0 + lane * x0, start1 = e1 + lane * x1, start2 = e2 + lane * x2;
    float8 across = lane_f + ((float)left - r->corner.s7);
    float8 start_y = (float8)((float)top - r->per_x.s7);
#if FMK_SAMPLES != 1
    across += (float)sample.x * (1.0f / (float)FM_SUBPIXEL);
    start_y += (float)sample.y * (1.0f / (float)FM_SUBPIXEL);
#endif
    float8 depth0 = (float8)(r->corner.s6);
    float8 depth_x = (float8)(r->per_x.s6), depth_y = (float8)(r->per_y.s6);
    int8 name = (int8)(slot);
    int at = (top - origin.y) * FMK_BLOCKS + ((left - origin.x) >> 3);
    int count = bottom - top;
    for (;;) {
        int8 row0 = start0, row1 = start1, row2 = start2;
        float8 y = start_y;
        float8 column = fma(depth_x, across, depth0);
        int end = at + count * FMK_BLOCKS;
        for (int i = at; i <= end; i += FMK_BLOCKS) {
            fmk_draw_block(tile, i, row0 | row1 | row2, fma(depth_y, y, column), name);
            row0 += y0;
            row1 += y1;
            row2 += y2;
            y += 1.0f;
        }
        left += 8;
        if (left > right)
            return;
        ++at;
        start0 += 8 * x0;
        start1 += 8 * x1;
        start2 += 8 * x2;
        across += 8.0f;
    }
}

/* Draws any other triangle. The clamp keeps 1/w of slivers inside their corners. */
FMK_INLINE void fmk_draw_general(__private fmk_tile *tile, __global const fmk_triangle *r, int slot,
                                 int2 origin, int2 limit, int2 sample) {
    int x0 = max(fmk_first(r->columns), origin.x) - origin.x;
    int y0 = max(fmk_first(r->rows), origin.y);
    int x1 = min(fmk_last(r->columns), limit.x) - origin.x;
    int y1 = min(fmk_last(r->rows), limit.y);
    int left = x0 & ~7;
    int dx = (origin.x + left) * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->px + sample.x;
    int dy = y0 * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->py + sample.y;
    fmk_edges e;
    if (!fmk_edges_at(r, dx, dy, x1 - left + 8, y1 - y0 + 1, &e))
        return;
    const int8 lane = (int8)(0, 1, 2, 3, 4, 5, 6, 7);
    int8 row0 = e.e0 + lane * e.x0, row1 = e.e1 + lane * e.x1, row2 = e.e2 + lane * e.x2;
    float8 column = convert_float8(lane * FM_SUBPIXEL + dx);
    float8 least = (float8)(r->depth_min), most = (float8)(r->depth_max);
    float fy = (float)dy;
    int at = (y0 - origin.y) * FMK_BLOCKS + (left >> 3);
    int blocks = (x1 - left) >> 3;
    for (int line = y0; line <= y1; ++line) {
        float8 down = (float8)(fma(r->depth_y, fy, r->depth));
        for (int block = 0; block <= blocks; ++block) {
            float8 further = column + (float8)(8.0f * FM_SUBPIXEL) * (float)block;
            float8 depth = fma((float8)(r->depth_x), further, down);
            fmk_draw_block(tile, at + block,
                           (row0 + 8 * block * e.x0) | (row1 + 8 * block * e.x1) |
                               (row2 + 8 * block * e.x2),
                           min(max(depth, least), most), (int8)(slot));
        }
        row0 += e.y0;
        row1 += e.y1;
        row2 += e.y2;
        fy += (float)FM_SUBPIXEL;
        at += FMK_BLOCKS;
    }
}

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
    float8 py = (float8)((scene->half_height - ((float)(origin.y + line) + 0.5f)) * over_focal);
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

/* 4 pixels a step: colour to bytes, background where nothing was drawn. width: pixels of the row
 * inside the picture. Returns (covered, clipped). */
FMK_INLINE uint2 fmk_pack_row(__private const fmk_tile *tile, __private fmk_row *row,
                              uint background, int line, int first, int last, int width) {
    __private const float4 *depth = (__private const float4 *)(tile->depth + line * FMK_BLOCKS);
    __private const float4 *diffuses = (__private const float4 *)row->diffuse;
    __private const float4 *speculars = (__private const float4 *)row->specular;
    int4 covered = (int4)(0), clipped = (int4)(0);
    for (int i = first * 2; i <= last * 2 + 1; ++i) {
        int4 inside = i * 4 + (int4)(0, 1, 2, 3) < (int4)(width);
        int4 drawn = (depth[i] > (float4)(0.0f)) & inside;
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
        colour = select(colour, (float16)(255.0f), over) + 0.5f;
        uint4 packed = as_uint4(convert_uchar16(convert_int16(colour))) | 0xff000000u;
        row->packed[i] = select((uint4)(background), packed, drawn);
        covered -= drawn;
        clipped -= drawn & (over.s048c | over.s159d | over.s26ae);
    }
    int2 c = covered.lo + covered.hi, k = clipped.lo + clipped.hi;
    return (uint2)((uint)(c.x + c.y), (uint)(k.x + k.y));
}

/* 16 bytes anywhere. */
typedef uchar16 fmk_bytes __attribute__((aligned(1)));

/* Copies count pixels of packed (RGBA) to the picture at out. */
FMK_INLINE void fmk_store_row(__private const uint4 *packed, __global uchar *out, int count) {
    int x = 0;
#if FMK_CHANNELS == 4
    for (; x + 4 <= count; x += 4)
        *(__global fmk_bytes *)(out + x * 4) = as_uchar16(packed[x / 4]);
#else
    for (; x + 16 <= count; x += 16) {
        uchar16 a = as_uchar16(packed[x / 4]), b = as_uchar16(packed[x / 4 + 1]);
        uchar16 c = as_uchar16(packed[x / 4 + 2]), d = as_uchar16(packed[x / 4 + 3]);
        __global fmk_bytes *to = (__global fmk_bytes *)(out + x * 3);
        to[0] = (uchar16)(a.s012, a.s456, a.s89a, a.scde, b.s012, b.s4);
        to[1] = (uchar16)(b.s56, b.s89a, b.scde, c.s012, c.s456, c.s89);
        to[2] = (uchar16)(c.sa, c.scde, d.s012, d.s456, d.s89a, d.scde);
    }
#endif
    __private const uchar4 *pixels = (__private const uchar4 *)packed;
    for (; x < count; ++x) {
        out[x * FMK_CHANNELS] = pixels[x].x;
        out[x * FMK_CHANNELS + 1] = pixels[x].y;
        out[x * FMK_CHANNELS + 2] = pixels[x].z;
#if FMK_CHANNELS == 4
        out[x * 4 + 3] = pixels[x].w;
#endif
    }
}

/* Empties a tile. slot: of any triangle. */
FMK_INLINE void fmk_clear(__private fmk_tile *tile, int slot) {
    for (int i = 0; i < FMK_TILE * FMK_BLOCKS; ++i) {
        tile->depth[i] = (float8)(0.0f);
        tile->slot[i] = (int8)(slot);
    }
}

/* First and last block of a row that hold something; first > last: none. tile: one a sample. */
FMK_INLINE int2 fmk_occupied(__private const fmk_tile *tile, int line) {
    int2 found = (int2)(FMK_BLOCKS, -1);
    for (int block = 0; block < FMK_BLOCKS; ++block) {
        int8 bits = as_int8(tile->depth[line * FMK_BLOCKS + block]);
        for (int s = 1; s < FMK_SAMPLES; ++s)
            bits |= as_int8(tile[s].depth[line * FMK_BLOCKS + block]);
        int4 both = bits.lo | bits.hi;
        long2 rest = as_long2(both);
        if ((rest.x | rest.y) != 0) {
            found.x = min(found.x, block);
            found.y = block;
        }
    }
    return found;
}

#if FMK_SAMPLES != 1
#include "raster_cpu_samples.cl"
#endif

__kernel void fm_raster_cpu(__constant const fm_scene *scene, __global const fmk_record *kept,
                            __global const float8 *attr, __global const uint *starts,
                            __global const uint *list, __global const ulong *texels,
                            __global const float *t, __global uchar *pixels,
                            __global fm_frame_counts *frame_counts, uint padded,
                            uint list_per_frame, uint first_frame) {
    size_t frame = get_global_id(0);
    int tile_id = (int)get_global_id(1);
    int tiles = scene->tiles_x * scene->tiles_y;
    int2 origin = (int2)((tile_id % scene->tiles_x), (tile_id / scene->tiles_x)) * FMK_TILE;
    int2 limit = min(origin + FMK_TILE, (int2)(scene->width, scene->height)) - 1;
    int width = limit.x - origin.x + 1;
    starts += frame * (size_t)(tiles + 1);
    list += frame * list_per_frame;
    kept += frame * scene->triangles;
    attr += frame * padded;
    pixels += (frame * scene->height + origin.y) * (size_t)scene->width * FMK_CHANNELS +
              origin.x * FMK_CHANNELS;

    fmk_tile tile[FMK_SAMPLES];
    fmk_row row;
    uint begin = min(starts[tile_id], list_per_frame);
    uint end = min(starts[tile_id + 1], list_per_frame);
    /* Rows that may show general triangles. With 4 samples that is asked of each fragment. */
    int general_top = FMK_TILE, general_bottom = -1;
    if (begin < end) {
        for (int s = 0; s < FMK_SAMPLES; ++s)
            fmk_clear(&tile[s], (int)list[begin]);
        if ((fmk_high(kept[list[begin]].rows) & FMK_FLAG_GENERAL) != 0) { /* fills all rows */
            general_top = 0;
            general_bottom = FMK_TILE;
        }
    }
    for (uint i = begin; i < end; ++i) {
        uint slot = list[i];
        __global const fmk_record *r = kept + slot;
        uint ahead = list[min(i + FMK_AHEAD, end - 1u)];
        FMK_PREFETCH(&kept[ahead]);
        FMK_PREFETCH(&kept[ahead].per_x);
        if ((fmk_high(r->rows) & FMK_FLAG_GENERAL) == 0) {
            for (int s = 0; s < FMK_SAMPLES; ++s)
                fmk_draw_plain(&tile[s], r, (int)slot, origin, limit, fmk_sample(s));
        } else {
            for (int s = 0; s < FMK_SAMPLES; ++s)
                fmk_draw_general(&tile[s], (__global const fmk_triangle *)r, (int)slot, origin,
                                 limit, fmk_sample(s));
            general_top = min(general_top, fmk_first(r->rows) - origin.y);
            general_bottom = max(general_bottom, fmk_last(r->rows) - origin.y);
        }
    }

#if FMK_SAMPLES != 1
    fmk_fragments fragments;
#endif
    uint2 sums = (uint2)(0u);
    uint background = scene->background;
    for (int i = 0; i < FMK_TILE / 4; ++i)
        row.packed[i] = (uint4)(background);
#if FMK_TEXTURED
    uint offsets[FM_MAX_MIPS];
    for (int i = 0; i < FM_MAX_MIPS; ++i)
        offsets[i] = scene->mip[i].offset;
#endif
    for (int line = 0; line <= limit.y - origin.y; ++line) {
        int2 blocks = begin < end ? fmk_occupied(tile, line) : (int2)(0, -1);
        int first = blocks.x, last = blocks.y;
        if (first <= last) {
#if FMK_SAMPLES == 1
            if (line < general_top || line > general_bottom)
                fmk_resolve_plain(tile, &row, kept, line, first * 8, last * 8 + 7, origin);
            else
                fmk_resolve_any(scene, tile, &row, kept, attr, line, first * 8, last * 8 + 7,
                                origin);
            fmk_shade_row(tile, &row, scene, line, first, last, origin);
#if FMK_TEXTURED
            fmk_fetch_row(&row, offsets, texels, t[first_frame + frame], first * 8, last * 8 + 7);
#endif
            sums += fmk_pack_row(tile, &row, background, line, first, last, width);
#else
            int count = fmk_collect(tile, &fragments, line, first * 8, min(last * 8 + 8, width));
            fmk_resolve_fragments(scene, &fragments, &row, kept, attr, line, count, origin);
            fmk_shade_fragments(&fragments, &row, scene, line, count, origin);
#if FMK_TEXTURED
            fmk_fetch_row(&row, offsets, texels, t[first_frame + frame], 0, count - 1);
#endif
            sums += fmk_pack_fragments(&fragments, &row, background, count);
#endif
        }
        fmk_store_row(row.packed, pixels, width);
        pixels += (size_t)scene->width * FMK_CHANNELS;
        for (int i = first * 2; i <= last * 2 + 1; ++i) /* clean for the next row */
            row.packed[i] = (uint4)(background);
    }
    if (sums.x != 0u) {
        atomic_add(&frame_counts[frame].covered, sums.x);
        atomic_add(&frame_counts[frame].clipped, sums.y);
    }
}
