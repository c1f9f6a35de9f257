/* SPDX-License-Identifier: MIT */
/*
 * raster_cpu.cl: rasterise and shade for CPU devices, one work-item per (tile, frame).
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
 * Global size (tiles, frames), local size 1, no local memory.
 * Knobs: FMK_TILE (multiple of 16), FMK_CHANNELS 3|4, FMK_TEXTURED 0|1.
 *
 * Light: Phong reflection, a point light behind the camera (B. T. Phong, "Illumination for
 * computer generated pictures", 1975).
 */
#include "raster_setup.cl"

#ifndef FMK_CHANNELS
#define FMK_CHANNELS 3
#endif
#ifndef FMK_TEXTURED
#define FMK_TEXTURED 1
#endif

/* Blocks of 8 pixels in a tile's row. */
#define FMK_BLOCKS (FMK_TILE / 8)

/* One tile's visibility: depth (1/w, 0 = background) and triangle, in aligned blocks of 8. */
typedef struct fmk_tile {
    float8 depth[FMK_TILE * FMK_BLOCKS];
    int8 id[FMK_TILE * FMK_BLOCKS];
    int first[FMK_TILE], last[FMK_TILE]; /* columns that may hold something, per row */
} fmk_tile;

/* One row on its way from visibility to bytes. */
typedef struct fmk_row {
    float8 attr[FMK_TILE];                       /* per pixel: 1/w, u/w, v/w, n.xyz/w, -, - */
    int mip[FMK_TILE];                           /* texture level */
    float diffuse[FMK_TILE], specular[FMK_TILE]; /* factors of texel and of white */
    float fx[FMK_TILE], fy[FMK_TILE];            /* bilinear weights */
    int at[FMK_TILE];                            /* texel pair inside its mip level */
    float4 colour[FMK_TILE];                     /* texel colour, 0 to 255 */
    uint packed[FMK_TILE];                       /* RGBA bytes */
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
    tile->id[at] = select(tile->id[at], slot, take);
}

/* Draws one triangle into the tile. origin: the tile's first pixel; limit: its last drawn one.
 * The clamp keeps 1/w of slivers inside their corners. */
FMK_INLINE void fmk_draw(__private fmk_tile *tile, __global const fmk_triangle *r, int slot,
                         int2 origin, int2 limit) {
    int x0 = max(fmk_first(r->columns), origin.x) - origin.x;
    int y0 = max(fmk_first(r->rows), origin.y);
    int x1 = min(fmk_last(r->columns), limit.x) - origin.x;
    int y1 = min(fmk_last(r->rows), limit.y);
    int left = x0 & ~7;
    int dx = (origin.x + left) * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->px;
    int dy = y0 * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->py;
    fmk_edges e;
    if (!fmk_edges_at(r, dx, dy, x1 - left + 8, y1 - y0 + 1, &e))
        return;
    const int8 lane = (int8)(0, 1, 2, 3, 4, 5, 6, 7);
    int8 row0 = e.e0 + lane * e.x0, row1 = e.e1 + lane * e.x1, row2 = e.e2 + lane * e.x2;
    float8 column = convert_float8(lane * FM_SUBPIXEL + dx);
    float8 least = (float8)(r->depth_min), most = (float8)(r->depth_max);
    float8 slope = (float8)(r->depth_x);
    int8 name = (int8)(slot);
    int at = (y0 - origin.y) * FMK_BLOCKS + (left >> 3);
    int blocks = (x1 - left) >> 3;
    int bottom = y1 - origin.y;
    float depth0 = r->depth, depth_y = r->depth_y;
    float fy = (float)dy;
    for (int line = y0 - origin.y; line <= bottom; ++line) {
        float8 depth = fma(slope, column, (float8)(fma(depth_y, fy, depth0)));
        tile->first[line] = min(tile->first[line], x0);
        tile->last[line] = max(tile->last[line], x1);
        fmk_draw_block(tile, at, row0 | row1 | row2, min(max(depth, least), most), name);
        for (int block = 1; block <= blocks; ++block) { /* most triangles have one block a row */
            float8 further = column + (float8)(8.0f * FM_SUBPIXEL) * (float)block;
            depth = fma(slope, further, (float8)(fma(depth_y, fy, depth0)));
            fmk_draw_block(tile, at + block,
                           (row0 + 8 * block * e.x0) | (row1 + 8 * block * e.x1) |
                               (row2 + 8 * block * e.x2),
                           min(max(depth, least), most), name);
        }
        row0 += e.y0;
        row1 += e.y1;
        row2 += e.y2;
        fy += (float)FM_SUBPIXEL;
        at += FMK_BLOCKS;
    }
}

/* Attributes of the visible triangles along a row, one pixel after another. Neighbours mostly
 * show the same triangle, so its planes are made when it changes: a0 + E1 g1 + E2 g2 with
 * g = (a_i - a0) / det. E1 and E2 are exact in float for triangles up to 256 pixels. */
FMK_INLINE void fmk_resolve_row(__private const fmk_tile *tile, __private fmk_row *row,
                                __global const fmk_triangle *kept, __global const float8 *attr,
                                int line, int first, int last, int2 origin) {
    __private const float *depth = (__private const float *)(tile->depth + line * FMK_BLOCKS);
    __private const int *ids = (__private const int *)(tile->id + line * FMK_BLOCKS);
    int current = -1, mip = 0, column = 0;
    float8 a0 = (float8)(0.0f), g1 = a0, g2 = a0;
    float e1_x = 0.0f, e2_x = 0.0f, e1_row = 0.0f, e2_row = 0.0f;
    for (int x = first; x <= last; ++x) {
        if (depth[x] == 0.0f)
            continue;
        if (ids[x] != current) {
            current = ids[x];
            __global const fmk_triangle *r = kept + current;
            float inverse = 1.0f / (float)fmk_determinant(r);
            a0 = attr[r->vertex0];
            g1 = (attr[r->vertex1] - a0) * inverse;
            g2 = (attr[r->vertex2] - a0) * inverse;
            float dy = (float)((origin.y + line) * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->py);
            e1_x = (float)r->e1_x;
            e2_x = (float)r->e2_x;
            e1_row = (float)r->e1_y * dy;
            e2_row = (float)r->e2_y * dy;
            column = origin.x * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->px;
            mip = fmk_high(r->columns);
        }
        float dx = (float)(column + x * FM_SUBPIXEL);
        float e1 = fma(e1_x, dx, e1_row), e2 = fma(e2_x, dx, e2_row);
        row->attr[x] = fma((float8)(e2), g2, fma((float8)(e1), g1, a0));
        row->mip[x] = mip;
    }
}

/* x^64 by six squarings. */
FMK_INLINE float8 fmk_power64(float8 x) {
    x *= x;
    x *= x;
    x *= x;
    x *= x;
    x *= x;
    return x * x;
}

/* Phong terms of 8 pixels. px, py: offsets from the picture's centre over the focal length. */
FMK_INLINE void fmk_light(float8 px, float8 py, float8 w, float8 nx, float8 ny, float8 nz,
                          float8 *diffuse, float8 *specular) {
    const float8 zero = (float8)(0.0f);
    float8 square = fma(nx, nx, fma(ny, ny, nz * nz));
    int8 none = square <= (float8)(1.0e-30f);
    float8 scale = rsqrt(select(square, (float8)(1.0f), none));
    nx = select(nx * scale, zero, none);
    ny = select(ny * scale, zero, none);
    nz = select(nz * scale, (float8)(1.0f), none);
    /* The pixel's point is (px w, py w, -w); light at (0, 0, FM_LIGHT_BACK), camera at 0. */
    float8 vx = -px * w, vy = -py * w, lz = w + (float8)(FM_LIGHT_BACK);
    float8 across = fma(vx, vx, vy * vy);
    float8 to_light = rsqrt(fma(lz, lz, across));
    float8 to_eye = rsqrt(fma(w, w, across));
    float8 sideways = fma(nx, vx, ny * vy);
    float8 n_l = fma(nz, lz, sideways) * to_light;
    float8 n_v = fma(nz, w, sideways) * to_eye;
    float8 l_v = fma(lz, w, across) * to_light * to_eye;
    float8 r_v = max(fma((float8)(2.0f) * n_l, n_v, -l_v), zero);
    *diffuse = fma((float8)(FM_LIGHT_DIFFUSE), max(n_l, zero), (float8)(FM_LIGHT_AMBIENT));
    *specular = select(zero, (float8)(FM_LIGHT_SPECULAR)*fmk_power64(r_v), n_l > zero);
}

/* Component k of 8 neighbouring pixels' attributes, for all k: an 8 x 8 transpose. */
typedef struct fmk_attr8 {
    float8 w, u, v, nx, ny, nz;
} fmk_attr8;

FMK_INLINE fmk_attr8 fmk_transpose(__private const float8 *p) {
    float8 r0 = p[0], r1 = p[1], r2 = p[2], r3 = p[3], r4 = p[4], r5 = p[5], r6 = p[6], r7 = p[7];
    /* Rows i and i + 4 side by side, then 4 x 4 transposes of both halves at once. */
    float8 a0 = (float8)(r0.lo, r4.lo), a1 = (float8)(r1.lo, r5.lo);
    float8 a2 = (float8)(r2.lo, r6.lo), a3 = (float8)(r3.lo, r7.lo);
    float8 b0 = (float8)(r0.hi, r4.hi), b1 = (float8)(r1.hi, r5.hi);
    float8 b2 = (float8)(r2.hi, r6.hi), b3 = (float8)(r3.hi, r7.hi);
    float8 a01l = (float8)(a0.s0, a1.s0, a0.s1, a1.s1, a0.s4, a1.s4, a0.s5, a1.s5);
    float8 a23l = (float8)(a2.s0, a3.s0, a2.s1, a3.s1, a2.s4, a3.s4, a2.s5, a3.s5);
    float8 a01h = (float8)(a0.s2, a1.s2, a0.s3, a1.s3, a0.s6, a1.s6, a0.s7, a1.s7);
    float8 a23h = (float8)(a2.s2, a3.s2, a2.s3, a3.s3, a2.s6, a3.s6, a2.s7, a3.s7);
    float8 b01l = (float8)(b0.s0, b1.s0, b0.s1, b1.s1, b0.s4, b1.s4, b0.s5, b1.s5);
    float8 b23l = (float8)(b2.s0, b3.s0, b2.s1, b3.s1, b2.s4, b3.s4, b2.s5, b3.s5);
    fmk_attr8 r;
    r.w = (float8)(a01l.s01, a23l.s01, a01l.s45, a23l.s45);
    r.u = (float8)(a01l.s23, a23l.s23, a01l.s67, a23l.s67);
    r.v = (float8)(a01h.s01, a23h.s01, a01h.s45, a23h.s45);
    r.nx = (float8)(a01h.s23, a23h.s23, a01h.s67, a23h.s67);
    r.ny = (float8)(b01l.s01, b23l.s01, b01l.s45, b23l.s45);
    r.nz = (float8)(b01l.s23, b23l.s23, b01l.s67, b23l.s67);
    return r;
}

#if FMK_TEXTURED
/* Texel address and bilinear weights of 8 pixels. */
FMK_INLINE void fmk_address(__private fmk_row *row, __constant const fm_scene *scene, int x,
                            float8 u, float8 v) {
    const float8 zero = (float8)(0.0f), one = (float8)(1.0f);
    int8 mip = vload8(0, row->mip + x);
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
    vstore8(iy * (width + 1) + ix, 0, row->at + x);
    vstore8(tx - convert_float8(ix), 0, row->fx + x);
    vstore8(ty - convert_float8(iy), 0, row->fy + x);
}
#endif

/* Light and texel addresses of one row, 8 pixels at a time. first is a multiple of 8. */
FMK_INLINE void fmk_shade_row(__private fmk_row *row, __constant const fm_scene *scene, int line,
                              int first, int last, int2 origin) {
    const float8 lane = (float8)(0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f, 7.5f);
    float over_focal = 1.0f / scene->focal_px;
    float8 py = (float8)((scene->half_height - ((float)(origin.y + line) + 0.5f)) * over_focal);
    for (int x = first; x <= last; x += 8) {
        fmk_attr8 a = fmk_transpose(row->attr + x);
        float8 w = (float8)(1.0f) / a.w;
        float8 px = ((float8)((float)(origin.x + x) - scene->half_width) + lane) * over_focal;
        float8 diffuse, specular;
        fmk_light(px, py, w, a.nx, a.ny, a.nz, &diffuse, &specular);
        vstore8(diffuse, 0, row->diffuse + x);
        vstore8(specular * 255.0f, 0, row->specular + x);
#if FMK_TEXTURED
        fmk_address(row, scene, x, a.u * w, a.v * w);
#endif
    }
}

#if FMK_TEXTURED
/* Bilinear fetch of both textures, blended by t, one pixel after another: the 16 channels of two
 * neighbouring texel pairs are one vector. */
FMK_INLINE void fmk_fetch_row(__private const fmk_tile *tile, __private fmk_row *row,
                              __constant const fm_scene *scene, __global const ulong *texels,
                              float t, int line, int first, int last) {
    __private const float *depth = (__private const float *)(tile->depth + line * FMK_BLOCKS);
    float4 a = (float4)(1.0f - t), b = (float4)(t);
    float8 base = (float8)(a, b);
    for (int x = first; x <= last; ++x) {
        if (depth[x] == 0.0f)
            continue;
        __constant const fm_mip *mip = &scene->mip[row->mip[x]];
        __global const ulong *texel = texels + ((size_t)mip->offset + (size_t)row->at[x]);
        float16 upper = convert_float16(as_uchar16(vload2(0, texel)));
        float16 lower = convert_float16(as_uchar16(vload2(0, texel + mip->pitch)));
        float16 mixed = fma((float16)(row->fy[x]), lower - upper, upper);
        float8 pair = fma((float8)(row->fx[x]), mixed.hi - mixed.lo, mixed.lo) * base;
        row->colour[x] = pair.lo + pair.hi;
    }
}
#endif

/* 4 pixels a step: colour to bytes, background where nothing was drawn. first is a multiple of 4.
 * Returns (covered, clipped). */
FMK_INLINE uint2 fmk_pack_row(__private const fmk_tile *tile, __private fmk_row *row,
                              uint background, int line, int first, int last) {
    __private const float *depth = (__private const float *)(tile->depth + line * FMK_BLOCKS);
    int4 covered = (int4)(0), clipped = (int4)(0);
    for (int x = first; x <= last; x += 4) {
        int4 inside = x + (int4)(0, 1, 2, 3) <= (int4)(last); /* not beyond the picture's edge */
        int4 drawn = (vload4(0, depth + x) > (float4)(0.0f)) & inside;
        float4 d = vload4(0, row->diffuse + x), s = vload4(0, row->specular + x);
        float16 diffuse = d.s0000111122223333, specular = s.s0000111122223333;
#if FMK_TEXTURED
        float16 colour =
            (float16)(row->colour[x], row->colour[x + 1], row->colour[x + 2], row->colour[x + 3]);
#else
        float16 colour = (float16)(FM_GREY * 255.0f);
#endif
        colour = fma(colour, diffuse, specular);
        int16 over = colour > (float16)(255.0f);
        colour = min(max(colour, (float16)(0.0f)), (float16)(255.0f)) + 0.5f;
        uint4 packed = as_uint4(convert_uchar16(convert_int16(colour))) | 0xff000000u;
        packed = select((uint4)(background), packed, drawn);
        vstore4(packed, 0, row->packed + x);
        covered -= drawn;
        clipped -= drawn & (over.s048c | over.s159d | over.s26ae);
    }
    int2 c = covered.lo + covered.hi, k = clipped.lo + clipped.hi;
    return (uint2)((uint)(c.x + c.y), (uint)(k.x + k.y));
}

/* Copies pixels of packed (RGBA) to the picture: count of them, to out. aligned: every row of the
 * picture starts at a multiple of 4 bytes. */
FMK_INLINE void fmk_store_row(__private const uint *packed, __global uchar *out, int count,
                              bool aligned) {
    int x = 0;
#if FMK_CHANNELS == 4
    __global uint *words = (__global uint *)out;
    for (; x < count; ++x)
        words[x] = packed[x];
#else
    __global uint *words = (__global uint *)out;
    for (; aligned && x + 4 <= count; x += 4) {
        uint p0 = packed[x], p1 = packed[x + 1], p2 = packed[x + 2], p3 = packed[x + 3];
        words[0] = (p0 & 0xffffffu) | p1 << 24;
        words[1] = (p1 >> 8 & 0xffffu) | p2 << 16;
        words[2] = (p2 >> 16 & 0xffu) | p3 << 8;
        words += 3;
    }
    for (; x < count; ++x) {
        out[x * 3] = (uchar)packed[x];
        out[x * 3 + 1] = (uchar)(packed[x] >> 8);
        out[x * 3 + 2] = (uchar)(packed[x] >> 16);
    }
#endif
}

__kernel void fm_raster_cpu(__constant const fm_scene *scene, __global const fmk_triangle *kept,
                            __global const float8 *attr, __global const uint *starts,
                            __global const uint *list, __global const ulong *texels,
                            __global const float *t, __global uchar *pixels,
                            __global fm_frame_counts *frame_counts, uint padded,
                            uint list_per_frame, uint first_frame) {
    int tile_id = (int)get_global_id(0);
    size_t frame = get_global_id(1);
    int tiles = scene->tiles_x * scene->tiles_y;
    int2 origin = (int2)((tile_id % scene->tiles_x), (tile_id / scene->tiles_x)) * FMK_TILE;
    int2 limit = min(origin + FMK_TILE, (int2)(scene->width, scene->height)) - 1;
    int count = limit.x - origin.x + 1;
    bool aligned = (scene->width & 3) == 0;
    starts += frame * (size_t)(tiles + 1);
    list += frame * list_per_frame;
    kept += frame * scene->triangles;
    attr += frame * padded;
    pixels += (frame * scene->height + origin.y) * (size_t)scene->width * FMK_CHANNELS +
              origin.x * FMK_CHANNELS;

    fmk_tile tile;
    fmk_row row;
    uint begin = min(starts[tile_id], list_per_frame);
    uint end = min(starts[tile_id + 1], list_per_frame);
    if (begin < end) {
        for (int i = 0; i < FMK_TILE * FMK_BLOCKS; ++i)
            tile.depth[i] = (float8)(0.0f);
        for (int i = 0; i < FMK_TILE; ++i) {
            tile.first[i] = FMK_TILE;
            tile.last[i] = -1;
        }
    }
    for (uint i = begin; i < end; ++i) {
        uint slot = list[i];
        fmk_draw(&tile, kept + slot, (int)slot, origin, limit);
    }

    uint2 sums = (uint2)(0u);
    uint background = scene->background;
    for (int x = 0; x < FMK_TILE; ++x)
        row.packed[x] = background;
    for (int line = 0; line <= limit.y - origin.y; ++line) {
        bool drawn = begin < end && tile.first[line] <= tile.last[line];
        int first = drawn ? tile.first[line] & ~7 : 0, last = drawn ? tile.last[line] : -1;
        if (drawn) {
            fmk_resolve_row(&tile, &row, kept, attr, line, first, last, origin);
            fmk_shade_row(&row, scene, line, first, last, origin);
#if FMK_TEXTURED
            fmk_fetch_row(&tile, &row, scene, texels, t[first_frame + frame], line, first, last);
#endif
            sums += fmk_pack_row(&tile, &row, background, line, first, last);
        }
        fmk_store_row(row.packed, pixels, count, aligned);
        pixels += (size_t)scene->width * FMK_CHANNELS;
        for (int x = first; x < ((last + 4) & ~3); ++x) /* clean for the next row */
            row.packed[x] = background;
    }
    if (sums.x != 0u) {
        atomic_add(&frame_counts[frame].covered, sums.x);
        atomic_add(&frame_counts[frame].clipped, sums.y);
    }
}
