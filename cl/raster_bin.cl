/* SPDX-License-Identifier: MIT */
/*
 * raster_bin.cl: which triangles touch which tile. Count, scan, fill: lists are as long as they
 * need to be, and each is in triangle order whatever the number of chunks.
 *
 * The triangle list is cut into scene->chunks slices, so that frames x chunks items work at once
 * and no item runs more loop iterations than its slice needs.
 *
 * fm_raster_bin_count  item (chunk, frame): keeps triangles that face the camera and hold a pixel
 *                      centre in their bounds, sets them up, counts them per tile
 *   triangles  uint4: three vertices and the texel area (1/256 texel^2)
 *   xyw        frames x padded int4, as raster_vertex.cl writes them
 *   kept       frames x triangles records; each chunk fills the start of its slice
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
#include "raster_setup.cl"

/* First triangle of a chunk. */
FMK_INLINE uint fmk_chunk_start(uint triangles, uint chunks, uint chunk) {
    return (uint)(((ulong)triangles * chunk) / chunks);
}

/* Sets up one triangle. Returns false when it is not drawn. */
FMK_INLINE bool fmk_setup(__constant const fm_scene *scene, uint4 triangle, int4 v0, int4 v1,
                          int4 v2, __global fmk_triangle *r) {
    int low_x = min(min(v0.x, v1.x), v2.x), high_x = max(max(v0.x, v1.x), v2.x);
    int low_y = min(min(v0.y, v1.y), v2.y), high_y = max(max(v0.y, v1.y), v2.y);
    int x0 = max((low_x + (FM_SUBPIXEL_HALF - 1)) >> FM_SUBPIXEL_BITS, 0);
    int y0 = max((low_y + (FM_SUBPIXEL_HALF - 1)) >> FM_SUBPIXEL_BITS, 0);
    int x1 = min((high_x - FM_SUBPIXEL_HALF) >> FM_SUBPIXEL_BITS, scene->width - 1);
    int y1 = min((high_y - FM_SUBPIXEL_HALF) >> FM_SUBPIXEL_BITS, scene->height - 1);
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
    int flags = (small ? FMK_FLAG_SMALL : 0) |
                (fmk_edge_open(-(e1_x + e2_x), -(e1_y + e2_y)) ? FMK_FLAG_OPEN0 : 0) |
                (fmk_edge_open(e1_x, e1_y) ? FMK_FLAG_OPEN1 : 0) |
                (fmk_edge_open(e2_x, e2_y) ? FMK_FLAG_OPEN2 : 0);
    r->rows = y0 | y1 << 13 | flags << 26;
    return true;
}

__kernel void fm_raster_bin_count(__constant const fm_scene *scene, __global const uint4 *triangles,
                                  __global const int4 *xyw, __global fmk_triangle *kept,
                                  __global uint *kept_count, __global uint *counts,
                                  __global uint *rejected, uint padded) {
    uint chunk = (uint)get_global_id(0);
    size_t frame = get_global_id(1);
    uint tiles = (uint)(scene->tiles_x * scene->tiles_y);
    uint first = fmk_chunk_start(scene->triangles, scene->chunks, chunk);
    uint last = fmk_chunk_start(scene->triangles, scene->chunks, chunk + 1u);
    size_t slot = frame * scene->chunks + chunk;
    xyw += frame * padded;
    kept += frame * scene->triangles + first;
    counts += slot * tiles;
    for (uint i = 0; i < tiles; ++i)
        counts[i] = 0u;
    uint n = 0u;
    uint outside = 0u;
    for (uint id = first; id < last; ++id) {
        uint4 triangle = triangles[id];
        int4 v0 = xyw[triangle.x], v1 = xyw[triangle.y], v2 = xyw[triangle.z];
        if (v0.x == FM_OUTSIDE || v1.x == FM_OUTSIDE || v2.x == FM_OUTSIDE) {
            ++outside;
            continue;
        }
        __global const fmk_triangle *r = kept + n;
        if (!fmk_setup(scene, triangle, v0, v1, v2, kept + n))
            continue;
        ++n;
        int tile_x1 = fmk_last(r->columns) / FMK_TILE, tile_y1 = fmk_last(r->rows) / FMK_TILE;
        for (int y = fmk_first(r->rows) / FMK_TILE; y <= tile_y1; ++y)
            for (int x = fmk_first(r->columns) / FMK_TILE; x <= tile_x1; ++x)
                ++counts[y * scene->tiles_x + x];
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
    for (uint tile = 0; tile < tiles; ++tile) {
        starts[tile] = sum;
        for (uint chunk = 0; chunk < chunks; ++chunk) {
            uint n = counts[chunk * tiles + tile];
            counts[chunk * tiles + tile] = sum;
            sum += n;
        }
    }
    starts[tiles] = sum;
    uint outside = 0u;
    for (uint chunk = 0; chunk < chunks; ++chunk)
        outside += rejected[chunk];
    frame_counts[frame].covered = 0u;
    frame_counts[frame].clipped = 0u;
    frame_counts[frame].rejected = outside;
    frame_counts[frame].list_needed = sum;
}

__kernel void fm_raster_bin_fill(__constant const fm_scene *scene,
                                 __global const fmk_triangle *kept, __global const uint *kept_count,
                                 __global uint *counts, __global uint *list, uint list_per_frame) {
    uint chunk = (uint)get_global_id(0);
    size_t frame = get_global_id(1);
    uint tiles = (uint)(scene->tiles_x * scene->tiles_y);
    size_t slot = frame * scene->chunks + chunk;
    uint first = fmk_chunk_start(scene->triangles, scene->chunks, chunk);
    kept += frame * scene->triangles + first;
    counts += slot * tiles;
    list += frame * list_per_frame;
    uint n = kept_count[slot];
    for (uint i = 0; i < n; ++i) {
        int columns = kept[i].columns, rows = kept[i].rows;
        int tile_x1 = fmk_last(columns) / FMK_TILE, tile_y1 = fmk_last(rows) / FMK_TILE;
        for (int y = fmk_first(rows) / FMK_TILE; y <= tile_y1; ++y)
            for (int x = fmk_first(columns) / FMK_TILE; x <= tile_x1; ++x) {
                uint at = counts[y * scene->tiles_x + x]++;
                if (at < list_per_frame)
                    list[at] = first + i;
            }
    }
}
