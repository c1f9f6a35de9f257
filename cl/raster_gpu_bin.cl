/* SPDX-License-Identifier: MIT */
/*
 * raster_gpu_bin.cl: which triangles touch which tile, one triangle of one frame per work-item.
 * Set-up, count, scan, fill. Places in the lists are dealt out by atomics, so their order varies
 * from run to run: raster_gpu.cl gives the same picture for any order.
 *
 * A tile's list has two parts. Triangles whose box inside the tile is small come from the front,
 * large ones from the back: the first are drawn by one work-item each, the others by the whole
 * group.
 *
 * fm_raster_gpu_setup  item (triangle, frame)
 *   triangles, xyw  as in raster_bin.cl
 *   kept      frames x triangles records, each in its triangle's place; an empty box: not drawn
 *   frame_counts  .rejected is counted
 * fm_raster_gpu_count  item (triangle, frame, band): counts entries per tile. A band is FMK_BAND
 *                      tiles in whole rows, so that no item runs too long
 * fm_raster_gpu_scan   a group of FMK_GROUP items a frame: counts become starts
 *   starts    frames x (tiles + 1)
 *   ends      frames x 2 x tiles: where the next small and the next large entry go
 *   longest   longest list of each frame
 * fm_raster_gpu_fill   item (triangle, frame, band): writes list (frames x list_per_frame):
 *                      triangle numbers. What does not fit is left out; the host sees
 *                      list_needed and runs again with more
 */
#include "raster_setup.cl"

/* Tiles that one item may visit, and the largest box that one item draws. */
#define FMK_BAND 4096
#define FMK_SMALL_PIXELS 64

#ifndef FMK_GROUP
#define FMK_GROUP 256
#endif

/* Sets up one triangle. Returns false when it is not drawn. */
FMK_INLINE bool fmk_gpu_setup(__constant const fm_scene *scene, uint4 triangle, int4 v0, int4 v1,
                              int4 v2, __private fmk_triangle *r) {
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
    det = swap ? -det : det;
    float inverse = 1.0f / (float)det;
    float w0 = as_float(v0.z), w1 = as_float(a.z), w2 = as_float(b.z);
    float g1 = (w1 - w0) * inverse, g2 = (w2 - w0) * inverse;
    int mip = 0;
    if (scene->mips != 0u)
        mip = fmk_mip_level(triangle.w, (ulong)det, (int)scene->mips - 1);
    r->px = v0.x;
    r->py = v0.y;
    r->e1_x = v0.y - b.y;
    r->e1_y = b.x - v0.x;
    r->e2_x = a.y - v0.y;
    r->e2_y = v0.x - a.x;
    r->depth = w0;
    r->depth_x = fma((float)r->e2_x, g2, (float)r->e1_x * g1);
    r->depth_y = fma((float)r->e2_y, g2, (float)r->e1_y * g1);
    r->depth_min = min(min(w0, w1), w2);
    r->depth_max = max(max(w0, w1), w2);
    r->vertex0 = (int)triangle.x;
    r->vertex1 = (int)(swap ? triangle.z : triangle.y);
    r->vertex2 = (int)(swap ? triangle.y : triangle.z);
    r->columns = x0 | x1 << 13 | mip << 26;
    int small = max(high_x - low_x, high_y - low_y) < FMK_SMALL_EXTENT ? FMK_FLAG_SMALL : 0;
    int open0 = fmk_edge_open(-(r->e1_x + r->e2_x), -(r->e1_y + r->e2_y)) ? FMK_FLAG_OPEN0 : 0;
    int open1 = fmk_edge_open(r->e1_x, r->e1_y) ? FMK_FLAG_OPEN1 : 0;
    int open2 = fmk_edge_open(r->e2_x, r->e2_y) ? FMK_FLAG_OPEN2 : 0;
    r->rows = y0 | y1 << 13 | (small | open0 | open1 | open2) << 26;
    return true;
}

__kernel void fm_raster_gpu_setup(__constant const fm_scene *scene, __global const uint4 *triangles,
                                  __global const int4 *xyw, __global fmk_triangle *kept,
                                  __global fm_frame_counts *frame_counts, uint padded) {
    uint id = (uint)get_global_id(0);
    size_t frame = get_global_id(1);
    if (id >= scene->triangles)
        return;
    xyw += frame * padded;
    kept += frame * scene->triangles + id;
    uint4 triangle = triangles[id];
    int4 v0 = xyw[triangle.x], v1 = xyw[triangle.y], v2 = xyw[triangle.z];
    bool outside = v0.x == FM_OUTSIDE || v1.x == FM_OUTSIDE || v2.x == FM_OUTSIDE;
    if (outside)
        atomic_inc(&frame_counts[frame].rejected);
    fmk_triangle r;
    if (!outside && fmk_gpu_setup(scene, triangle, v0, v1, v2, &r)) {
        *kept = r;
    } else {
        kept->columns = 1; /* from 1 to 0 */
        kept->rows = 1;
    }
}

/* The tiles of a triangle's box, from (x, y) to (z, w), inside the band of this item. */
FMK_INLINE int4 fmk_gpu_tiles(__constant const fm_scene *scene, int columns, int rows) {
    int height = max(FMK_BAND / scene->tiles_x, 1), top = (int)get_global_id(2) * height;
    return (int4)(fmk_first(columns) / FMK_TILE, max(fmk_first(rows) / FMK_TILE, top),
                  fmk_last(columns) / FMK_TILE, min(fmk_last(rows) / FMK_TILE, top + height - 1));
}

__kernel void fm_raster_gpu_count(__constant const fm_scene *scene,
                                  __global const fmk_triangle *kept, __global uint *counts) {
    uint id = (uint)get_global_id(0);
    size_t frame = get_global_id(1);
    if (id >= scene->triangles)
        return;
    kept += frame * scene->triangles + id;
    counts += frame * (size_t)(scene->tiles_x * scene->tiles_y);
    int columns = kept->columns, rows = kept->rows;
    if (fmk_first(columns) > fmk_last(columns))
        return;
    int4 box = fmk_gpu_tiles(scene, columns, rows);
    for (int y = box.y; y <= box.w; ++y)
        for (int x = box.x; x <= box.z; ++x)
            atomic_inc(&counts[y * scene->tiles_x + x]);
}

/* Running total of value over the items before this one; *total: over all of them. */
FMK_INLINE uint fmk_gpu_sum_before(uint value, __local uint *sums, __private uint *total) {
    uint item = (uint)get_local_id(0);
    sums[item] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint step = 1u; step < FMK_GROUP; step <<= 1) {
        uint left = item >= step ? sums[item - step] : 0u;
        barrier(CLK_LOCAL_MEM_FENCE);
        sums[item] += left;
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    *total = sums[FMK_GROUP - 1];
    return sums[item] - value;
}

__kernel __attribute__((reqd_work_group_size(FMK_GROUP, 1, 1))) void
fm_raster_gpu_scan(__constant const fm_scene *scene, __global const uint *counts,
                   __global uint *starts, __global uint *ends, __global uint *longest,
                   __global fm_frame_counts *frame_counts) {
    __local uint sums[FMK_GROUP];
    size_t frame = get_global_id(1);
    uint tiles = (uint)(scene->tiles_x * scene->tiles_y);
    uint run = (tiles + FMK_GROUP - 1u) / FMK_GROUP;
    uint first = min((uint)get_local_id(0) * run, tiles), last = min(first + run, tiles);
    counts += frame * tiles;
    starts += frame * (tiles + 1u);
    ends += 2 * frame * tiles;
    uint sum = 0u, most = 0u, total = 0u;
    for (uint tile = first; tile < last; ++tile) {
        sum += counts[tile];
        most = max(most, counts[tile]);
    }
    sum = fmk_gpu_sum_before(sum, sums, &total);
    for (uint tile = first; tile < last; ++tile) {
        starts[tile] = sum;
        uint next = sum + counts[tile];
        vstore2((uint2)(sum, next), tile, ends);
        sum = next;
    }
    atomic_max(&longest[frame], most);
    if (get_local_id(0) == 0) {
        starts[tiles] = total;
        frame_counts[frame].list_needed = total;
    }
}

__kernel void fm_raster_gpu_fill(__constant const fm_scene *scene,
                                 __global const fmk_triangle *kept, __global uint *ends,
                                 __global uint *list, uint list_per_frame) {
    uint id = (uint)get_global_id(0);
    size_t frame = get_global_id(1);
    if (id >= scene->triangles)
        return;
    kept += frame * scene->triangles + id;
    ends += 2 * frame * (size_t)(scene->tiles_x * scene->tiles_y);
    list += frame * list_per_frame;
    int columns = kept->columns, rows = kept->rows;
    if (fmk_first(columns) > fmk_last(columns))
        return;
    int4 box = fmk_gpu_tiles(scene, columns, rows);
    for (int y = box.y; y <= box.w; ++y) {
        int height = min(fmk_last(rows), y * FMK_TILE + FMK_TILE - 1) -
                     max(fmk_first(rows), y * FMK_TILE) + 1;
        for (int x = box.x; x <= box.z; ++x) {
            int width = min(fmk_last(columns), x * FMK_TILE + FMK_TILE - 1) -
                        max(fmk_first(columns), x * FMK_TILE) + 1;
            __global uint *end = ends + 2 * (y * scene->tiles_x + x);
            uint at =
                width * height <= FMK_SMALL_PIXELS ? atomic_inc(end) : atomic_dec(end + 1) - 1u;
            if (at < list_per_frame)
                list[at] = id;
        }
    }
}
