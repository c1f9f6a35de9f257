/* SPDX-License-Identifier: MIT */
/*
 * raster_gpu.cl: rasterise and shade for GPUs, one work-group per (tile, frame).
 *
 * Depth and triangle of each sample of the tile are in local memory, 8 bytes a sample. A first pass
 * over the tile's triangles finds the largest depth (1/w as float bits) by atomic_max, a second
 * one the lowest triangle number that has it by atomic_min: the result does not depend on any
 * order. Then the group shades its pixels, each once per triangle that it shows, and writes the
 * means of their samples.
 *
 * Some drivers stop a work-item's loops after a number of iterations. There the host draws a tile
 * in several launches, each over a slice of its list; the tile waits in visible meanwhile.
 *
 * fm_raster_gpu
 *   kept, starts, ends, list  as raster_gpu_bin.cl writes them
 *   attr      as raster_gpu_vertex.cl writes it
 *   texels, t, pixels, frame_counts  as in raster_cpu.cl
 *   visible   frames x tiles x FMK_CELLS uint2 (depth, triangle); unused when all is one slice
 *   first, count  the slice: entries [first, first + count) of the small and of the large ones
 *   last      1: this slice is the last one, shade
 * Global size (tiles x FMK_GROUP, frames), local size (FMK_GROUP, 1).
 * Local memory: FMK_CELLS x 8 bytes + 8.
 * Knobs: FMK_TILE (multiple of 16), FMK_GROUP, FMK_CHANNELS 3|4, FMK_TEXTURED 0|1, FMK_SAMPLES 1|4,
 * FMK_TRILINEAR 0|1.
 */
#include "raster_gpu_bin.cl"
#include "raster_shade.cl"

#ifndef FMK_TEXTURED
#define FMK_TEXTURED 1
#endif

#define FMK_PIXELS (FMK_TILE * FMK_TILE)
/* Samples of a tile: all first ones, all second ones, ... */
#define FMK_CELLS (FMK_PIXELS * FMK_SAMPLES)
#define FMK_NOBODY 0xffffffffu

/* A triangle inside one tile: box relative to the tile, edge values as floor(E / 16), whose sign
 * is E's, and steps per pixel. */
typedef struct fmk_window {
    int x0, y0, width, height;
    int e0, e1, e2;
    int x_0, x_1, x_2;
    int y_0, y_1, y_2;
    int dx, dy; /* of the first pixel's sample from corner 0, on the 1/16 grid */
    float depth, depth_x, depth_y, depth_min, depth_max;
} fmk_window;

/* One edge value: what cannot change sign inside the window becomes a constant, so that the rest
 * fits 32 bits. */
FMK_INLINE int fmk_window_edge(long e, bool open, int width, int height, __private int *step_x,
                               __private int *step_y) {
    e = (e - (open ? 1 : 0)) >> FM_SUBPIXEL_BITS;
    long reach = (long)abs(*step_x) * width + (long)abs(*step_y) * height;
    if (e >= -reach && e <= reach)
        return (int)e;
    *step_x = 0;
    *step_y = 0;
    return e < 0 ? -1 : 0;
}

/* The window of one sample of each pixel. */
FMK_INLINE fmk_window fmk_open_window(__global const fmk_triangle *r, int2 origin, int2 sample) {
    fmk_window w;
    int columns = r->columns, rows = r->rows, flags = fmk_high(rows);
    w.x0 = max(fmk_first(columns) - origin.x, 0);
    w.y0 = max(fmk_first(rows) - origin.y, 0);
    w.width = min(fmk_last(columns) - origin.x, FMK_TILE - 1) - w.x0 + 1;
    w.height = min(fmk_last(rows) - origin.y, FMK_TILE - 1) - w.y0 + 1;
    w.dx = (origin.x + w.x0) * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->px + sample.x;
    w.dy = (origin.y + w.y0) * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->py + sample.y;
    w.x_1 = r->e1_x;
    w.y_1 = r->e1_y;
    w.x_2 = r->e2_x;
    w.y_2 = r->e2_y;
    w.x_0 = -(w.x_1 + w.x_2);
    w.y_0 = -(w.y_1 + w.y_2);
    long e1 = (long)w.x_1 * w.dx + (long)w.y_1 * w.dy;
    long e2 = (long)w.x_2 * w.dx + (long)w.y_2 * w.dy;
    long e0 = (long)w.y_1 * w.x_2 - (long)w.y_2 * w.x_1 - e1 - e2;
    w.e0 = fmk_window_edge(e0, (flags & FMK_FLAG_OPEN0) != 0, w.width, w.height, &w.x_0, &w.y_0);
    w.e1 = fmk_window_edge(e1, (flags & FMK_FLAG_OPEN1) != 0, w.width, w.height, &w.x_1, &w.y_1);
    w.e2 = fmk_window_edge(e2, (flags & FMK_FLAG_OPEN2) != 0, w.width, w.height, &w.x_2, &w.y_2);
    w.depth = r->depth;
    w.depth_x = r->depth_x;
    w.depth_y = r->depth_y;
    w.depth_min = r->depth_min;
    w.depth_max = r->depth_max;
    return w;
}

/* Depth bits of the triangle at a pixel of its window, 0 where it is not. The clamp keeps 1/w of
 * slivers inside their corners. */
FMK_INLINE uint fmk_depth_at(const fmk_window w, int x, int y) {
    int inside = (w.e0 + x * w.x_0 + y * w.y_0) | (w.e1 + x * w.x_1 + y * w.y_1) |
                 (w.e2 + x * w.x_2 + y * w.y_2);
    float dx = (float)(w.dx + x * FM_SUBPIXEL), dy = (float)(w.dy + y * FM_SUBPIXEL);
    float depth = fma(w.depth_x, dx, fma(w.depth_y, dy, w.depth));
    return inside < 0 ? 0u : as_uint(min(max(depth, w.depth_min), w.depth_max));
}

/* One pixel of one triangle in pass 1 (resolve false: depth) or 2 (triangle number). */
FMK_INLINE void fmk_visit(const fmk_window w, int x, int y, uint name, bool resolve,
                          __local uint *depth, __local uint *owner) {
    uint bits = fmk_depth_at(w, x, y);
    int at = (w.y0 + y) * FMK_TILE + w.x0 + x;
    if (bits == 0u)
        return;
    if (!resolve)
        atomic_max(&depth[at], bits);
    else if (depth[at] == bits)
        atomic_min(&owner[at], name);
}

/* Samples of triangles [first, last) of the list, counted as triangle x FMK_SAMPLES + sample. An
 * item draws every step-th pixel of every stride-th of them: all pixels of one when they are small,
 * its share of each when they are large. */
FMK_INLINE void fmk_draw(__global const fmk_triangle *kept, __global const uint *list, uint first,
                         uint last, uint stride, int pixel, int step, int2 origin, bool resolve,
                         __local uint *depth, __local uint *owner) {
    for (uint i = first; i < last; i += stride) {
        uint name = list[i / FMK_SAMPLES], sample = i % FMK_SAMPLES;
        fmk_window w = fmk_open_window(kept + name, origin, fmk_sample((int)sample));
        float inverse = 1.0f / (float)w.width;
        for (int p = pixel; p < w.width * w.height; p += step) {
            int y = (int)(((float)p + 0.5f) * inverse); /* exact for numbers as small as these */
            fmk_visit(w, p - y * w.width, y, name, resolve, depth + sample * FMK_PIXELS,
                      owner + sample * FMK_PIXELS);
        }
    }
}

/* RGBA of one covered pixel. */
FMK_INLINE uint fmk_shade_pixel(__constant const fm_scene *scene, __global const fmk_triangle *r,
                                __global const float4 *attr, __global const uint2 *texels, float t,
                                int x, int y, __private bool *clipped) {
    fmk_surface s = fmk_surface_at(r, attr, x, y);
    float over_focal = 1.0f / scene->focal_px, w = 1.0f / s.head.x;
    float px = ((float)x - scene->half_width + 0.5f) * over_focal;
    float py = (scene->half_height - ((float)(scene->first_row + y) + 0.5f)) * over_focal;
    fmk_lit light = fmk_light_at(px, py, w, s.normal);
#if FMK_TEXTURED && FMK_TRILINEAR
    float level = fmk_exact_level(scene, s.stretch, w);
    float4 colour = fmk_fetch_between(scene, texels, level, s.head.y * w, s.head.z * w, t);
#elif FMK_TEXTURED
    float4 colour =
        fmk_fetch_at(scene, texels, fmk_high(r->columns), s.head.y * w, s.head.z * w, t);
#else
    float4 colour = (float4)(FM_GREY * 255.0f);
#endif
    return fmk_pack_pixel(fma(colour, (float4)(light.texel), (float4)(light.white * 255.0f)),
                          clipped);
}

/* Shades one pixel once per triangle that it shows and leaves the mean of its samples, RGBA, in
 * cell[0]: the depth of the first sample, no longer needed. owner: likewise. Returns whether the
 * pixel is covered and whether it is clipped. */
FMK_INLINE uint2 fmk_resolve(__constant const fm_scene *scene, __global const fmk_triangle *kept,
                             __global const float4 *attr, __global const uint2 *texels, float t,
                             int2 at, __local uint *cell, __local const uint *owner) {
    uint2 seen = (uint2)(0u);
    for (int s = 0; s < FMK_SAMPLES; ++s) {
        uint name = owner[s * FMK_PIXELS], rgba = scene->background;
        int twin = s; /* the first sample with the same triangle */
        for (int k = s - 1; k >= 0; --k)
            twin = owner[k * FMK_PIXELS] == name ? k : twin;
        if (twin != s) {
            rgba = cell[twin * FMK_PIXELS];
        } else if (name != FMK_NOBODY) {
            bool over = false;
            rgba = fmk_shade_pixel(scene, kept + name, attr, texels, t, at.x, at.y, &over);
            seen |= (uint2)(1u, over ? 1u : 0u);
        }
        cell[s * FMK_PIXELS] = rgba;
    }
#if FMK_SAMPLES == 4
    cell[0] = fmk_mean(cell[0], cell[FMK_PIXELS], cell[2 * FMK_PIXELS], cell[3 * FMK_PIXELS]);
#endif
    return seen;
}

/* Writes the tile's pixels (RGBA in packed) to the picture. Rows of whole words when the picture
 * allows it; otherwise byte by byte. limit: pixels of the tile inside the picture. */
FMK_INLINE void fmk_store_tile(__constant const fm_scene *scene, __local const uint *packed,
                               __global uchar *out, uint2 limit) {
    size_t pitch = (size_t)scene->width * FMK_CHANNELS;
#if FMK_CHANNELS == 3
    if ((scene->width & 3) == 0) { /* 4 pixels are 3 words */
        for (uint q = (uint)get_local_id(0); q < FMK_PIXELS / 4; q += FMK_GROUP) {
            uint x = q % (FMK_TILE / 4), y = q / (FMK_TILE / 4);
            if (4 * x >= limit.x || y >= limit.y)
                continue;
            uint p0 = packed[4 * q], p1 = packed[4 * q + 1];
            uint p2 = packed[4 * q + 2], p3 = packed[4 * q + 3];
            __global uint *words = (__global uint *)(out + y * pitch) + 3 * x;
            words[0] = (p0 & 0xffffffu) | p1 << 24;
            words[1] = (p1 >> 8 & 0xffffu) | p2 << 16;
            words[2] = (p2 >> 16 & 0xffu) | p3 << 8;
        }
        return;
    }
#endif
    for (uint p = (uint)get_local_id(0); p < FMK_PIXELS; p += FMK_GROUP) {
        uint x = p % FMK_TILE, y = p / FMK_TILE;
        if (x >= limit.x || y >= limit.y)
            continue;
        __global uchar *at = out + y * pitch + x * FMK_CHANNELS;
#if FMK_CHANNELS == 4
        *(__global uint *)at = packed[p];
#else
        at[0] = (uchar)packed[p];
        at[1] = (uchar)(packed[p] >> 8);
        at[2] = (uchar)(packed[p] >> 16);
#endif
    }
}

__kernel __attribute__((reqd_work_group_size(FMK_GROUP, 1, 1))) void
fm_raster_gpu(__constant const fm_scene *scene, __global const fmk_triangle *kept,
              __global const float4 *attr, __global const uint *starts, __global const uint2 *ends,
              __global const uint *list, __global const uint2 *texels, __global const float *t,
              __global uchar *pixels, __global fm_frame_counts *frame_counts,
              __global uint2 *visible, uint padded, uint list_per_frame, uint first_frame,
              uint first, uint count, uint last) {
    __local uint depth[FMK_CELLS];
    __local uint owner[FMK_CELLS];
    __local uint sums[2];
    uint item = (uint)get_local_id(0);
    int tile = (int)get_group_id(0);
    size_t frame = get_global_id(1);
    int tiles = scene->tiles_x * scene->tiles_y;
    int row = tile / scene->tiles_x; /* no %: the pair is one that Oclgrind 21.10 cannot check */
    int2 origin = (int2)(tile - row * scene->tiles_x, row) * FMK_TILE;
    int2 size = min((int2)(scene->width, scene->height) - origin, (int2)(FMK_TILE));
    starts += frame * (size_t)(tiles + 1);
    list += frame * list_per_frame;
    kept += frame * scene->triangles;
    attr += 2 * frame * padded;
    visible += (frame * (size_t)tiles + (size_t)tile) * FMK_CELLS;

    /* The slice, within what the list really holds. */
    uint large = ends[frame * (size_t)tiles + (size_t)tile].x;
    uint small_end = min(large, list_per_frame), large_end = min(starts[tile + 1], list_per_frame);
    uint small_first = min(starts[tile] + min(first, small_end), small_end);
    uint large_first = min(large + min(first, large_end), large_end);
    uint small_last = small_first + min(count, small_end - small_first);
    uint large_last = large_first + min(count, large_end - large_first);

    if (item == 0u) {
        sums[0] = 0u;
        sums[1] = 0u;
    }
    /* One body of code for both passes and both parts of the list: it is large once inlined, and
     * some drivers take seconds to translate it. */
    for (int pass = 0; pass < 2; ++pass) {
        bool resolve = pass != 0;
        for (uint p = item; p < FMK_CELLS; p += FMK_GROUP) {
            uint2 old = first != 0u ? visible[p] : (uint2)(0u, FMK_NOBODY);
            if (resolve)
                owner[p] = depth[p] == old.x ? old.y : FMK_NOBODY;
            else
                depth[p] = old.x;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int part = 0; part < 2; ++part) {
            bool small = part == 0;
            fmk_draw(kept, list,
                     FMK_SAMPLES * (small ? small_first : large_first) + (small ? item : 0u),
                     FMK_SAMPLES * (small ? small_last : large_last), small ? FMK_GROUP : 1u,
                     small ? 0 : (int)item, small ? 1 : FMK_GROUP, origin, resolve, depth, owner);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

    if (last == 0u) {
        for (uint p = item; p < FMK_CELLS; p += FMK_GROUP)
            vstore2((uint2)(depth[p], owner[p]), p, (__global uint *)visible);
        return;
    }
    uint2 seen = (uint2)(0u);
    for (uint p = item; p < FMK_PIXELS; p += FMK_GROUP)
        seen += fmk_resolve(scene, kept, attr, texels, t[first_frame + frame],
                            origin + (int2)((int)(p % FMK_TILE), (int)(p / FMK_TILE)), depth + p,
                            owner + p);
    atomic_add(&sums[0], seen.x);
    atomic_add(&sums[1], seen.y);
    barrier(CLK_LOCAL_MEM_FENCE);
    pixels += (frame * scene->height + origin.y) * (size_t)scene->width * FMK_CHANNELS +
              (size_t)origin.x * FMK_CHANNELS;
    fmk_store_tile(scene, depth, pixels, (uint2)((uint)size.x, (uint)size.y));
    if (item == 0u && sums[0] != 0u) {
        atomic_add(&frame_counts[frame].covered, sums[0]);
        atomic_add(&frame_counts[frame].clipped, sums[1]);
    }
}
