/* SPDX-License-Identifier: MIT */
/*
 * raster_bin.cl: which triangles touch which tile, on CPU devices. Count, scan, fill: lists are as
 * long as they need to be, and each is in triangle order whatever the number of chunks.
 *
 * The triangle list is cut into scene->chunks slices, so that frames x chunks items work at once
 * and no item runs more loop iterations than its slice needs. Slices start at multiples of 8:
 * triangles are set up 8 at a time, one a vector lane, and the few that are not plain
 * (raster_record.cl) one by one.
 *
 * fm_raster_bin_count  item (chunk, frame): keeps triangles that face the camera and may cover a
 *                      pixel centre, makes their records, counts them per tile
 *   triangles  uint4: three vertices and the texel area (1/256 texel^2); padded to a multiple of 8
 *   xyw, attr  frames x padded, as raster_vertex.cl writes them
 *   kept       frames x triangles records; each chunk fills the start of its slice
 *   kept_tile  likewise: the tiles of the record, see fmk_tiles
 *   kept_count frames x chunks
 *   counts     frames x chunks x tiles
 *   rejected   frames x chunks: triangles outside near plane or guard band
 * fm_raster_bin_scan   item (frame): counts become write positions; starts: frames x (tiles + 1);
 *                      frame_counts[frame].list_needed and .rejected are set, the rest zeroed
 * fm_raster_bin_fill   item (chunk, frame): writes list (frames x list_per_frame): slots of kept,
 *                      in triangle order. What does not fit is left out; the host sees
 *                      list_needed and runs again with more
 * No local memory.
 */
#include "raster_record.cl"

/* The tiles of a triangle in a word: first tile | further columns << 18 | further rows << 25.
 * Those that do not fit have all rows set: read the record. */
#define FMK_TILES_FIRST 0x3ffffu
#define FMK_TILES_MOST 126
#define FMK_TILES_MANY (127u << 25)

/* First triangle of a chunk: a multiple of 8, or the end. */
FMK_INLINE uint fmk_chunk_start(uint triangles, uint chunks, uint chunk) {
    uint start = (uint)(((ulong)triangles * chunk) / chunks);
    return chunk == chunks ? start : start & ~7u;
}

/* Makes the general record of one triangle. Returns false when it is not drawn. */
FMK_INLINE bool fmk_setup_general(__constant const fm_scene *scene, uint4 triangle, int4 v0,
                                  int4 v1, int4 v2, __global fmk_triangle *r) {
    int low_x = min(min(v0.x, v1.x), v2.x), high_x = max(max(v0.x, v1.x), v2.x);
    int low_y = min(min(v0.y, v1.y), v2.y), high_y = max(max(v0.y, v1.y), v2.y);
    int x0 = max(fmk_pixel_from(low_x), 0), x1 = min(fmk_pixel_to(high_x), scene->width - 1);
    int y0 = max(fmk_pixel_from(low_y), 0), y1 = min(fmk_pixel_to(high_y), scene->height - 1);
    if (x0 > x1 || y0 > y1)
        return false;
    long det = (long)(v2.x - v0.x) * (v1.y - v0.y) - (long)(v1.x - v0.x) * (v2.y - v0.y);
    if (det == 0 || (det < 0 && scene->cull != 0u))
        return false;
    bool swap = det < 0; /* a back face that is drawn: turn it round */
    int4 a = swap ? v2 : v1, b = swap ? v1 : v2;
    bool small = max(high_x - low_x, high_y - low_y) < FMK_SMALL_EXTENT;
    det = swap ? -det : det;
    float inverse = 1.0f / (float)det;
    float w0 = as_float(v0.z), w1 = as_float(a.z), w2 = as_float(b.z);
    float g1 = (w1 - w0) * inverse, g2 = (w2 - w0) * inverse;
    int e1_x = v0.y - b.y, e1_y = b.x - v0.x, e2_x = a.y - v0.y, e2_y = v0.x - a.x;
    int mip = 0;
    if (scene->mips != 0u)
        mip = fmk_mip_level(triangle.w, (ulong)det, (int)scene->mips - 1);
    r->px = v0.x;
    r->py = v0.y;
    r->e1_x = e1_x;
    r->e1_y = e1_y;
    r->e2_x = e2_x;
    r->e2_y = e2_y;
    r->depth = w0;
    r->depth_x = fma((float)e2_x, g2, (float)e1_x * g1);
    r->depth_y = fma((float)e2_y, g2, (float)e1_y * g1);
    r->depth_min = min(min(w0, w1), w2);
    r->depth_max = max(max(w0, w1), w2);
    r->vertex0 = (int)triangle.x;
    r->vertex1 = (int)(swap ? triangle.z : triangle.y);
    r->vertex2 = (int)(swap ? triangle.y : triangle.z);
    r->columns = x0 | x1 << 13 | mip << 26;
    int flags = FMK_FLAG_GENERAL | (small ? FMK_FLAG_SMALL : 0) |
                (fmk_edge_open(-(e1_x + e2_x), -(e1_y + e2_y)) ? FMK_FLAG_OPEN0 : 0) |
                (fmk_edge_open(e1_x, e1_y) ? FMK_FLAG_OPEN1 : 0) |
                (fmk_edge_open(e2_x, e2_y) ? FMK_FLAG_OPEN2 : 0);
    r->rows = y0 | y1 << 13 | flags << 26;
    return true;
}

/* What 8 triangles have in common on the way to their records, one lane each. */
typedef struct fmk_group {
    int8 entry[8];                 /* e0 to rows of each record */
    float8 k1_x, k1_y, k2_x, k2_y; /* changes of the weights of corners 1 and 2 per pixel */
    float8 corner_x, corner_y;     /* corner 0 in pixels from the centre of pixel (0, 0) */
    float8 mip;                    /* or level at w = 1 */
#if FMK_SAMPLES != 1
    float8 depth_max;
#endif
    uint8 tiles;
} fmk_group;

/* One corner of 8 triangles. index: that corner of the first of them. */
FMK_INLINE fmk_columns8 fmk_corners(__global const int4 *xyw, __global const uint *index) {
    return fmk_transpose4(xyw[index[0]], xyw[index[4]], xyw[index[8]], xyw[index[12]],
                          xyw[index[16]], xyw[index[20]], xyw[index[24]], xyw[index[28]]);
}

/* Product of lanes that may be meaningless, and then may overflow. */
FMK_INLINE int8 fmk_times(int8 a, int8 b) {
    return as_int8(as_uint8(a) * as_uint8(b));
}

/* Bit k: whether lane k of the mask is set. */
FMK_INLINE uint fmk_bits(int8 mask) {
    int8 m = mask & (int8)(1, 2, 4, 8, 16, 32, 64, 128);
    int4 h = m.lo | m.hi;
    int2 q = h.lo | h.hi;
    return (uint)(q.x | q.y);
}

/* fmk_mip_level of 8 plain triangles: level k is too fine when (area - 1) / 4^k >= det. Lanes
 * outside the mask are not looked at. */
FMK_INLINE int8 fmk_mip_levels(uint8 texel_area, int8 det, int8 mask, int last) {
    uint8 area = max(texel_area, (uint8)(1u)) - 1u;
    int8 level = (int8)(0);
    FMK_SHORT_LOOP
    for (int k = 0; k < last; ++k) {
        int8 fine = ((area >> (uint)(2 * k)) >= as_uint8(det)) & mask;
        if (fmk_bits(fine) == 0u)
            break;
        level -= fine;
    }
    return level;
}

/* Edge value of 8 triangles as the record has it, minus one in front of an open edge. */
FMK_INLINE int8 fmk_edge_start(int8 e, int8 step_x, int8 step_y) {
    int8 closed = (step_x << 15) + step_y > 0; /* fmk_edge_open for steps of at most 14 bits */
    return (e + ~closed) >> FMK_EDGE_SHIFT;
}

/* Largest value of an edge over the samples of a box, or a bit more. start: its value at column
 * left. */
FMK_INLINE int8 fmk_edge_most(int8 start, int8 step_x, int8 step_y, int8 left, int8 x0, int8 x1,
                              int8 height) {
    int8 across = select(x0, x1, step_x > 0) - left;
    int8 most = fmk_times(across, step_x) + fmk_times(height, max(step_y, (int8)(0)));
#if FMK_SAMPLES != 1
    most = most * FM_SUBPIXEL + FMK_REACH * as_int8(abs(step_x) + abs(step_y));
#endif
    return start + most;
}

/* Sets up 8 triangles. Returns the lanes that are plain and drawn; general: those to be looked at
 * one by one. */
FMK_INLINE uint fmk_setup8(__constant const fm_scene *scene, __global const int4 *xyw,
                           __global const uint4 *triangles, __private fmk_group *g,
                           __private uint *general) {
    __global const uint *index = (__global const uint *)triangles;
    fmk_columns8 v0 = fmk_corners(xyw, index), v1 = fmk_corners(xyw, index + 1);
    fmk_columns8 v2 = fmk_corners(xyw, index + 2);
    int8 low_x = min(min(v0.x, v1.x), v2.x), high_x = max(max(v0.x, v1.x), v2.x);
    int8 low_y = min(min(v0.y, v1.y), v2.y), high_y = max(max(v0.y, v1.y), v2.y);
    uint8 extent = max(as_uint8(high_x) - as_uint8(low_x), as_uint8(high_y) - as_uint8(low_y));
    int8 hard = (low_x == FM_OUTSIDE) | (extent >= (uint)FMK_SMALL_EXTENT);
    /* Both arguments are vectors: Oclgrind 21.10 reads beyond a scalar second one. */
    int8 x0 = max((low_x + FMK_TO_PIXEL_FROM) >> FM_SUBPIXEL_BITS, (int8)(0));
    int8 y0 = max((low_y + FMK_TO_PIXEL_FROM) >> FM_SUBPIXEL_BITS, (int8)(0));
    int8 x1 = min((high_x - FMK_TO_PIXEL_TO) >> FM_SUBPIXEL_BITS, (int8)(scene->width - 1));
    int8 y1 = min((high_y - FMK_TO_PIXEL_TO) >> FM_SUBPIXEL_BITS, (int8)(scene->height - 1));

    int8 e1_x = v0.y - v2.y, e1_y = v2.x - v0.x, e2_x = v1.y - v0.y, e2_y = v0.x - v1.x;
    int8 det = fmk_times(e1_y, e2_x) - fmk_times(e2_y, e1_x);
    int8 drawn = (x0 <= x1) & (y0 <= y1) & (det != 0);
    if (scene->cull != 0u) {
        drawn &= det > 0;
    } else { /* a back face: all edges the other way, which leaves the weights as they are */
        int8 turn = det >> 31;
        det = (det ^ turn) - turn;
        e1_x = (e1_x ^ turn) - turn;
        e1_y = (e1_y ^ turn) - turn;
        e2_x = (e2_x ^ turn) - turn;
        e2_y = (e2_y ^ turn) - turn;
    }
    float8 w0 = as_float8(v0.z), w1 = as_float8(v1.z), w2 = as_float8(v2.z);
    float8 area = convert_float8(det), size = convert_float8(as_int8(extent));
    hard |= drawn & ((size * size >= area * FMK_PLAIN_SHAPE) |
                     (max(max(w0, w1), w2) >= min(min(w0, w1), w2) * FMK_PLAIN_DEPTH));
    *general = fmk_bits(hard);
    drawn &= ~hard;
    if (fmk_bits(drawn) == 0u)
        return 0u;

    int8 left = x0 & ~7;
    int8 dx = left * FM_SUBPIXEL + FM_SUBPIXEL_HALF - v0.x;
    int8 dy = y0 * FM_SUBPIXEL + FM_SUBPIXEL_HALF - v0.y;
    int8 e1 = fmk_times(e1_x, dx) + fmk_times(e1_y, dy);
    int8 e2 = fmk_times(e2_x, dx) + fmk_times(e2_y, dy);
    int8 e0_x = -(e1_x + e2_x), e0_y = -(e1_y + e2_y);
    int8 e0 = fmk_edge_start(det - e1 - e2, e0_x, e0_y);
    e1 = fmk_edge_start(e1, e1_x, e1_y);
    e2 = fmk_edge_start(e2, e2_x, e2_y);
    drawn &= (fmk_edge_most(e0, e0_x, e0_y, left, x0, x1, y1 - y0) |
              fmk_edge_most(e1, e1_x, e1_y, left, x0, x1, y1 - y0) |
              fmk_edge_most(e2, e2_x, e2_y, left, x0, x1, y1 - y0)) >= 0;

    float8 inverse = (float8)((float)FM_SUBPIXEL) / area;
    g->k1_x = convert_float8(e1_x) * inverse;
    g->k1_y = convert_float8(e1_y) * inverse;
    g->k2_x = convert_float8(e2_x) * inverse;
    g->k2_y = convert_float8(e2_y) * inverse;
    g->corner_x = convert_float8(v0.x - FM_SUBPIXEL_HALF) * (1.0f / (float)FM_SUBPIXEL);
    g->corner_y = convert_float8(v0.y - FM_SUBPIXEL_HALF) * (1.0f / (float)FM_SUBPIXEL);
    g->mip = (float8)(0.0f);
    if (scene->mips != 0u) {
        __global const int4 *t = (__global const int4 *)triangles;
        uint8 texels = as_uint8(fmk_transpose4(t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7]).w);
#if FMK_TRILINEAR /* texel area over screen area, and what perspective does to it */
        float8 share = convert_float8(texels) / area;
        g->mip = 0.5f * log2(2.0f * share * (w0 * w1 * w2));
#else
        g->mip = convert_float8(fmk_mip_levels(texels, det, drawn, (int)scene->mips - 1));
#endif
    }
    uint8 tile_x = as_uint8(x0) / FMK_TILE, tile_y = as_uint8(y0) / FMK_TILE;
    uint8 more_x = as_uint8(x1) / FMK_TILE - tile_x, more_y = as_uint8(y1) / FMK_TILE - tile_y;
    g->tiles = (tile_y * (uint)scene->tiles_x + tile_x) | more_x << 18 | more_y << 25;
    fmk_rows8 m;
    m.r0 = as_float8(e0);
    m.r1 = as_float8(e1);
    m.r2 = as_float8(e2);
    m.r3 = as_float8((e1_x & 0xffff) | e1_y << 16);
    m.r4 = as_float8((e2_x & 0xffff) | e2_y << 16);
#if FMK_SAMPLES == 1
    m.r5 = (float8)(0.0f);
#else
    m.r5 = min(min(w0, w1), w2);
    g->depth_max = max(max(w0, w1), w2);
#endif
    m.r6 = as_float8(x0 | x1 << 13);
    m.r7 = as_float8(y0 | y1 << 13);
    m = fmk_transpose(m);
    g->entry[0] = as_int8(m.r0);
    g->entry[1] = as_int8(m.r1);
    g->entry[2] = as_int8(m.r2);
    g->entry[3] = as_int8(m.r3);
    g->entry[4] = as_int8(m.r4);
    g->entry[5] = as_int8(m.r5);
    g->entry[6] = as_int8(m.r6);
    g->entry[7] = as_int8(m.r7);
    return fmk_bits(drawn);
}

/* Writes the record of one plain triangle. */
FMK_INLINE void fmk_store_plain(__private const fmk_group *g, uint lane, uint4 triangle,
                                __global const float8 *attr, __global fmk_record *r) {
    float8 corner = attr[triangle.x];
    float8 d1 = attr[triangle.y] - corner, d2 = attr[triangle.z] - corner;
    float8 per_x = fma((float8)(((__private const float *)&g->k2_x)[lane]), d2,
                       (float8)(((__private const float *)&g->k1_x)[lane]) * d1);
    float8 per_y = fma((float8)(((__private const float *)&g->k2_y)[lane]), d2,
                       (float8)(((__private const float *)&g->k1_y)[lane]) * d1);
    corner.s5 = ((__private const float *)&g->mip)[lane];
    corner.s7 = ((__private const float *)&g->corner_x)[lane];
    per_x.s7 = ((__private const float *)&g->corner_y)[lane];
    r->corner = corner;
    *(__global int8 *)&r->e0 = g->entry[lane];
    r->per_x = per_x;
#if FMK_SAMPLES != 1
    per_y.s7 = ((__private const float *)&g->depth_max)[lane];
#endif
    r->per_y = per_y;
}

/* The tiles of a triangle: the first one, and how many each way. */
typedef struct fmk_rectangle {
    uint first, columns, rows;
} fmk_rectangle;

FMK_INLINE uint fmk_tiles(int tiles_x, int columns, int rows) {
    int x0 = fmk_first(columns) / FMK_TILE, x1 = fmk_last(columns) / FMK_TILE;
    int y0 = fmk_first(rows) / FMK_TILE, y1 = fmk_last(rows) / FMK_TILE;
    if (max(x1 - x0, y1 - y0) > FMK_TILES_MOST)
        return FMK_TILES_MANY;
    return (uint)(y0 * tiles_x + x0) | (uint)(x1 - x0) << 18 | (uint)(y1 - y0) << 25;
}

FMK_INLINE fmk_rectangle fmk_tiles_of(uint tiles, int tiles_x, __global const fmk_record *record) {
    fmk_rectangle r = {tiles & FMK_TILES_FIRST, (tiles >> 18 & 127u) + 1u, (tiles >> 25) + 1u};
    if (tiles >= FMK_TILES_MANY) {
        uint x0 = (uint)fmk_first(record->columns) / FMK_TILE;
        uint y0 = (uint)fmk_first(record->rows) / FMK_TILE;
        r.first = y0 * (uint)tiles_x + x0;
        r.columns = (uint)fmk_last(record->columns) / FMK_TILE - x0 + 1u;
        r.rows = (uint)fmk_last(record->rows) / FMK_TILE - y0 + 1u;
    }
    return r;
}

/* Adds a triangle to the counts of its tiles. */
FMK_INLINE void fmk_count_tiles(__global uint *counts, uint tiles, int tiles_x,
                                __global const fmk_record *record) {
    if (tiles <= FMK_TILES_FIRST) {
        ++counts[tiles];
        return;
    }
    fmk_rectangle r = fmk_tiles_of(tiles, tiles_x, record);
    FMK_SHORT_LOOP
    for (uint y = 0; y < r.rows; ++y)
        FMK_SHORT_LOOP
    for (uint x = 0; x < r.columns; ++x)
        ++counts[r.first + y * (uint)tiles_x + x];
}

__kernel void fm_raster_bin_count(__constant const fm_scene *scene, __global const uint4 *triangles,
                                  __global const int4 *xyw, __global const float8 *attr,
                                  __global fmk_record *kept, __global uint *kept_tile,
                                  __global uint *kept_count, __global uint *counts,
                                  __global uint *rejected, uint padded) {
    size_t frame = get_global_id(1);
    uint chunk = (uint)get_global_id(0);
    uint tiles = (uint)(scene->tiles_x * scene->tiles_y);
    uint first = fmk_chunk_start(scene->triangles, scene->chunks, chunk);
    uint last = fmk_chunk_start(scene->triangles, scene->chunks, chunk + 1u);
    size_t slot = frame * scene->chunks + chunk;
    xyw += frame * padded;
    attr += frame * padded;
    kept += frame * scene->triangles + first;
    kept_tile += frame * scene->triangles + first;
    counts += slot * tiles;
    for (uint i = 0; i < tiles; ++i)
        counts[i] = 0u;
    uint n = 0u;
    uint outside = 0u;
    fmk_group g;
    for (uint id = first; id < last; id += 8u) {
        uint general = 0u;
        uint bits = fmk_setup8(scene, xyw, triangles + id, &g, &general) | general;
        if (id + 8u > last)
            bits &= (1u << (last - id)) - 1u;
        for (; bits != 0u; bits &= bits - 1u) {
            uint lane = 31u - clz(bits & (0u - bits));
            uint4 triangle = triangles[id + lane];
            uint covers;
            if ((general >> lane & 1u) == 0u) {
                fmk_store_plain(&g, lane, triangle, attr, kept + n);
                covers = ((__private const uint *)&g.tiles)[lane];
            } else {
                int4 v0 = xyw[triangle.x], v1 = xyw[triangle.y], v2 = xyw[triangle.z];
                if (v0.x == FM_OUTSIDE || v1.x == FM_OUTSIDE || v2.x == FM_OUTSIDE) {
                    ++outside;
                    continue;
                }
                if (!fmk_setup_general(scene, triangle, v0, v1, v2,
                                       (__global fmk_triangle *)(kept + n)))
                    continue;
                covers = fmk_tiles(scene->tiles_x, kept[n].columns, kept[n].rows);
            }
            fmk_count_tiles(counts, covers, scene->tiles_x, kept + n);
            kept_tile[n++] = covers;
        }
    }
    kept_count[slot] = n;
    rejected[slot] = outside;
}

__kernel void fm_raster_bin_scan(__constant const fm_scene *scene, __global uint *counts,
                                 __global const uint *rejected, __global uint *starts,
                                 __global fm_frame_counts *frame_counts) {
    size_t frame = get_global_id(0);
    uint tiles = (uint)(scene->tiles_x * scene->tiles_y);
    uint chunks = scene->chunks;
    counts += frame * chunks * tiles;
    starts += frame * (tiles + 1u);
    rejected += frame * chunks;
    uint sum = 0u;
    FMK_SHORT_LOOP
    for (uint tile = 0; tile < tiles; ++tile) {
        starts[tile] = sum;
        FMK_SHORT_LOOP
        for (uint chunk = 0; chunk < chunks; ++chunk) {
            uint n = counts[chunk * tiles + tile];
            counts[chunk * tiles + tile] = sum;
            sum += n;
        }
    }
    starts[tiles] = sum;
    uint outside = 0u;
    FMK_SHORT_LOOP
    for (uint chunk = 0; chunk < chunks; ++chunk)
        outside += rejected[chunk];
    frame_counts[frame].covered = 0u;
    frame_counts[frame].clipped = 0u;
    frame_counts[frame].rejected = outside;
    frame_counts[frame].list_needed = sum;
}

__kernel void fm_raster_bin_fill(__constant const fm_scene *scene, __global const fmk_record *kept,
                                 __global const uint *kept_tile, __global const uint *kept_count,
                                 __global uint *counts, __global uint *list, uint list_per_frame) {
    size_t frame = get_global_id(1);
    uint chunk = (uint)get_global_id(0);
    uint tiles = (uint)(scene->tiles_x * scene->tiles_y);
    size_t slot = frame * scene->chunks + chunk;
    uint first = fmk_chunk_start(scene->triangles, scene->chunks, chunk);
    kept += frame * scene->triangles + first;
    kept_tile += frame * scene->triangles + first;
    counts += slot * tiles;
    list += frame * list_per_frame;
    uint n = kept_count[slot];
    for (uint i = 0; i < n; ++i) {
        uint covers = kept_tile[i];
        if (covers <= FMK_TILES_FIRST) { /* one tile: almost always */
            uint at = counts[covers]++;
            if (at < list_per_frame)
                list[at] = first + i;
            continue;
        }
        fmk_rectangle r = fmk_tiles_of(covers, scene->tiles_x, kept + i);
        FMK_SHORT_LOOP
        for (uint y = 0; y < r.rows; ++y)
            FMK_SHORT_LOOP
        for (uint x = 0; x < r.columns; ++x) {
            uint at = counts[r.first + y * (uint)scene->tiles_x + x]++;
            if (at < list_per_frame)
                list[at] = first + i;
        }
    }
}
