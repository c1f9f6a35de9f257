/* SPDX-License-Identifier: MIT */
/*
 * raster_bin.cl: which triangles touch which tile. Count, scan, fill: lists are as long as they
 * need to be, and each is in triangle order whatever the number of chunks.
 *
 * The triangle list is cut into scene->chunks slices, so that frames x chunks items work at once
 * and no item runs more loop iterations than its slice needs.
 *
 * fm_raster_bin_count  item (chunk, frame): keeps triangles that face the camera and hold a pixel
 *                      centre in their bounds; counts them per tile
 *   triangles  uint4: three vertices and the texel area
 *   xy         frames x padded int2
 *   kept       frames x triangles: ids kept, each chunk at the start of its slice
 *   kept_count frames x chunks
 *   counts     frames x chunks x tiles
 *   rejected   frames x chunks: triangles outside near plane or guard band
 * fm_raster_bin_scan   item (frame): counts become write positions; starts: frames x (tiles + 1);
 *                      frame_counts[frame].list_needed and .rejected are set, the rest zeroed
 * fm_raster_bin_fill   item (chunk, frame): writes list (frames x list_per_frame); what does not
 *                      fit is left out, the host sees list_needed and runs again with more
 * No local memory.
 */
#include "raster_setup.cl"

/* First triangle of a chunk. */
inline uint fmk_chunk_start(uint triangles, uint chunks, uint chunk) {
    return (uint)(((ulong)triangles * chunk) / chunks);
}

/* Tiles under the triangle's pixels: (x0, y0, x1, y1) inclusive; x1 < x0 when there are none. */
inline int4 fmk_tile_bounds(__constant const fm_scene *scene, int2 p0, int2 p1, int2 p2) {
    int4 b = fmk_pixel_bounds(p0, p1, p2);
    int x0 = max(b.x, 0), y0 = max(b.y, 0);
    int x1 = min(b.z, scene->width - 1), y1 = min(b.w, scene->height - 1);
    if (x0 > x1 || y0 > y1)
        return (int4)(0, 0, -1, -1);
    return (int4)(x0 / FMK_TILE, y0 / FMK_TILE, x1 / FMK_TILE, y1 / FMK_TILE);
}

__kernel void fm_raster_bin_count(__constant const fm_scene *scene, __global const uint4 *triangles,
                                  __global const int2 *xy, __global uint *kept,
                                  __global uint *kept_count, __global uint *counts,
                                  __global uint *rejected, uint padded) {
    uint chunk = (uint)get_global_id(0);
    size_t frame = get_global_id(1);
    uint tiles = (uint)(scene->tiles_x * scene->tiles_y);
    uint first = fmk_chunk_start(scene->triangles, scene->chunks, chunk);
    uint last = fmk_chunk_start(scene->triangles, scene->chunks, chunk + 1u);
    size_t slot = frame * scene->chunks + chunk;
    xy += frame * padded;
    kept += frame * scene->triangles;
    counts += slot * tiles;
    for (uint i = 0; i < tiles; ++i)
        counts[i] = 0u;
    uint n = first;
    uint outside = 0u;
    for (uint id = first; id < last; ++id) {
        uint4 triangle = triangles[id];
        int2 p0 = xy[triangle.x], p1 = xy[triangle.y], p2 = xy[triangle.z];
        if (p0.x == FM_OUTSIDE || p1.x == FM_OUTSIDE || p2.x == FM_OUTSIDE) {
            ++outside;
            continue;
        }
        long det = fmk_determinant(p0, p1, p2);
        if (det == 0 || (scene->cull != 0u && det < 0))
            continue;
        int4 b = fmk_tile_bounds(scene, p0, p1, p2);
        if (b.z < b.x)
            continue;
        kept[n++] = id;
        for (int y = b.y; y <= b.w; ++y)
            for (int x = b.x; x <= b.z; ++x)
                ++counts[y * scene->tiles_x + x];
    }
    kept_count[slot] = n - first;
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

__kernel void fm_raster_bin_fill(__constant const fm_scene *scene, __global const uint4 *triangles,
                                 __global const int2 *xy, __global const uint *kept,
                                 __global const uint *kept_count, __global uint *counts,
                                 __global uint *list, uint padded, uint list_per_frame) {
    uint chunk = (uint)get_global_id(0);
    size_t frame = get_global_id(1);
    uint tiles = (uint)(scene->tiles_x * scene->tiles_y);
    size_t slot = frame * scene->chunks + chunk;
    xy += frame * padded;
    kept += frame * scene->triangles + fmk_chunk_start(scene->triangles, scene->chunks, chunk);
    counts += slot * tiles;
    list += frame * list_per_frame;
    uint n = kept_count[slot];
    for (uint i = 0; i < n; ++i) {
        uint id = kept[i];
        uint4 triangle = triangles[id];
        int4 b = fmk_tile_bounds(scene, xy[triangle.x], xy[triangle.y], xy[triangle.z]);
        for (int y = b.y; y <= b.w; ++y)
            for (int x = b.x; x <= b.z; ++x) {
                uint at = counts[y * scene->tiles_x + x]++;
                if (at < list_per_frame)
                    list[at] = id;
            }
    }
}
