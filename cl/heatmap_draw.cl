/* SPDX-License-Identifier: MIT */
/*
 * heatmap_draw.cl: panels of mesh A coloured by values at its vertices, unlit.
 *
 * The rules of coverage, depth and ties are those of the frames (raster_setup.cl); the way is a
 * shorter one, since there is one picture and no light: depth by atomic maximum, then the lowest
 * triangle with that depth by atomic minimum, so the outcome does not depend on any order. A
 * pixel of a panel is the mean of FMK_HEATMAP_FINE x FMK_HEATMAP_FINE fine pixels.
 *
 * fm_heatmap_project  geometry -> xyw as raster_vertex.cl at t = 0, `above` fine rows higher: the
 *                     other kernels then draw the strip of the picture below these. Item: a vertex.
 * fm_heatmap_clear    depth and owner of every fine pixel. Item: 16 of them.
 * fm_heatmap_depth    largest 1/w of each fine pixel. Item (triangle, band): `rows` fine rows.
 * fm_heatmap_owner    lowest triangle with it. Same items.
 * fm_heatmap_paint    count panels of width x height RGB bytes. Item (x, y): one pixel of each.
 * values: 16-bit floats with FMK_HALF (heatmap_store.cl), as the geometry.
 * camera: to_camera, focal_px, half_width, half_height, near_w of fm_scene, in fine pixels.
 * No local memory.
 */
#ifndef FM_HEATMAP_DRAW_CL
#define FM_HEATMAP_DRAW_CL

#include "heatmap_store.cl"

#ifndef FMK_HEATMAP_FINE
#define FMK_HEATMAP_FINE 2
#endif

#define FMK_NO_OWNER 0xffffffffu

FMK_INLINE float fmk_to_camera(float4 m, float x, float y, float z) {
    return fma(m.x, x, fma(m.y, y, fma(m.z, z, m.w)));
}

__kernel void fm_heatmap_project(__global const float *geometry, __global int4 *xyw, uint padded,
                                 float16 camera, int above) {
    size_t vertex = get_global_id(0);
    if (vertex >= padded)
        return;
    float x = FMK_POSITION1(geometry, padded, 0u, vertex);
    float y = FMK_POSITION1(geometry, padded, 1u, vertex);
    float z = FMK_POSITION1(geometry, padded, 2u, vertex);
    float cx = fmk_to_camera(camera.s0123, x, y, z);
    float cy = fmk_to_camera(camera.s4567, x, y, z);
    float w = -fmk_to_camera(camera.s89ab, x, y, z);
    bool beyond = w >= camera.sf;
    float inverse_w = 1.0f / (beyond ? w : 1.0f);
    float px = fma(camera.sc, cx * inverse_w, camera.sd);
    float py = fma(-camera.sc, cy * inverse_w, camera.se);
    float fx = fma((float)FM_SUBPIXEL, px, 0.5f), fy = fma((float)FM_SUBPIXEL, py, 0.5f);
    bool inside = beyond && fabs(fx) <= (float)FM_GUARD && fabs(fy) <= (float)FM_GUARD;
    xyw[vertex] =
        (int4)(inside ? convert_int_rtn(fx) : FM_OUTSIDE,
               inside ? convert_int_rtn(fy) - above * FM_SUBPIXEL : 0, as_int(inverse_w), 0);
}

__kernel void fm_heatmap_clear(__global uint *depth, __global uint *owner, uint count) {
    size_t block = get_global_id(0);
    if (block >= count / 16u)
        return;
    vstore16((uint16)(0u), block, depth);
    vstore16((uint16)(FMK_NO_OWNER), block, owner);
}

/* A triangle ready for walking: E1 and E2 as in raster_setup.cl, 64 bits throughout. */
typedef struct fmk_walk {
    int2 origin;         /* corner 0 on the 1/16 grid */
    long2 e1, e2;        /* steps per 1/16 pixel in x and y */
    long det;            /* twice the area */
    long3 open;          /* 1 where an edge excludes points exactly on it: edge 0, 1, 2 */
    float depth, d1, d2; /* 1/w at corner 0, and its change per E1 / det and E2 / det */
    float inverse;       /* 1 / det */
    uint3 vertex;        /* in the order of the walk */
} fmk_walk;

/* Neither left nor top. */
FMK_INLINE long fmk_open_edge(long a, long b) {
    return !(a > 0 || (a == 0 && b > 0)) ? 1 : 0;
}

/* False when there is nothing to draw. */
FMK_INLINE bool fmk_walk_make(__private fmk_walk *walk, uint4 triangle, __global const int4 *xyw,
                              uint cull) {
    int4 p = xyw[triangle.x], q = xyw[triangle.y], r = xyw[triangle.z];
    if (p.x == FM_OUTSIDE || q.x == FM_OUTSIDE || r.x == FM_OUTSIDE)
        return false;
    long det = (long)(q.y - p.y) * (r.x - p.x) - (long)(q.x - p.x) * (r.y - p.y);
    walk->vertex = (uint3)(triangle.x, triangle.y, triangle.z);
    if (det < 0) {
        if (cull)
            return false;
        int4 keep = q;
        q = r;
        r = keep;
        det = -det;
        walk->vertex = (uint3)(triangle.x, triangle.z, triangle.y);
    }
    if (det == 0)
        return false;
    walk->origin = p.xy;
    walk->det = det;
    /* E1 is zero along corners 2 to 0, E2 along 0 to 1; screen y points down. */
    walk->e1 = (long2)((long)p.y - r.y, (long)r.x - p.x);
    walk->e2 = (long2)((long)q.y - p.y, (long)p.x - q.x);
    long2 e0 = -(walk->e1 + walk->e2);
    walk->open = (long3)(fmk_open_edge(e0.x, e0.y), fmk_open_edge(walk->e1.x, walk->e1.y),
                         fmk_open_edge(walk->e2.x, walk->e2.y));
    walk->inverse = 1.0f / (float)det;
    walk->depth = as_float(p.z);
    walk->d1 = as_float(q.z) - walk->depth;
    walk->d2 = as_float(r.z) - walk->depth;
    return true;
}

/* Edge values at the centre of pixel (x, y). */
FMK_INLINE long2 fmk_walk_at(__private const fmk_walk *walk, int x, int y) {
    long dx = (long)(x * FM_SUBPIXEL + FM_SUBPIXEL_HALF) - walk->origin.x;
    long dy = (long)(y * FM_SUBPIXEL + FM_SUBPIXEL_HALF) - walk->origin.y;
    return (long2)(walk->e1.x * dx + walk->e1.y * dy, walk->e2.x * dx + walk->e2.y * dy);
}

FMK_INLINE bool fmk_walk_covers(__private const fmk_walk *walk, long2 e) {
    return e.x >= walk->open.y && e.y >= walk->open.z && walk->det - e.x - e.y >= walk->open.x;
}

FMK_INLINE float fmk_walk_depth(__private const fmk_walk *walk, long2 e) {
    return fma((float)e.x * walk->inverse, walk->d1,
               fma((float)e.y * walk->inverse, walk->d2, walk->depth));
}

/* Pixels whose centres can be covered, within rows [first, first + rows) of the picture. */
FMK_INLINE int4 fmk_walk_box(int4 p, int4 q, int4 r, int2 size, int first, int rows) {
    int2 low = min(min(p.xy, q.xy), r.xy), high = max(max(p.xy, q.xy), r.xy);
    int2 from = (low + (int2)(FM_SUBPIXEL_HALF - 1)) >> FM_SUBPIXEL_BITS;
    int2 to = (high - (int2)(FM_SUBPIXEL_HALF)) >> FM_SUBPIXEL_BITS;
    return (int4)(max(from.x, 0), max(from.y, first), min(to.x, size.x - 1),
                  min(to.y, min(first + rows, size.y) - 1));
}

/* Shared by depth and owner: the same walk with another last step. */
FMK_INLINE void fmk_walk_triangle(__global const uint4 *triangles, __global const int4 *xyw,
                                  __global uint *depth, __global uint *owner, int2 size, int rows,
                                  uint cull, uint index, bool claim) {
    uint4 triangle = triangles[index];
    fmk_walk walk;
    if (!fmk_walk_make(&walk, triangle, xyw, cull))
        return;
    int4 box = fmk_walk_box(xyw[triangle.x], xyw[triangle.y], xyw[triangle.z], size,
                            (int)get_global_id(1) * rows, rows);
    if (box.x > box.z)
        return;
    for (int y = box.y; y <= box.w; ++y) {
        long2 e = fmk_walk_at(&walk, box.x, y);
        for (int x = box.x; x <= box.z; ++x) {
            size_t at = (size_t)y * size.x + x;
            if (fmk_walk_covers(&walk, e)) {
                uint bits = as_uint(fmk_walk_depth(&walk, e));
                if (!claim)
                    atomic_max(depth + at, bits);
                else if (depth[at] == bits)
                    atomic_min(owner + at, index);
            }
            e += (long2)(walk.e1.x, walk.e2.x) * (long)FM_SUBPIXEL;
        }
    }
}

__kernel void fm_heatmap_depth(__global const uint4 *triangles, __global const int4 *xyw,
                               __global uint *depth, uint count, int width, int height, int rows,
                               uint cull) {
    uint index = (uint)get_global_id(0);
    if (index < count)
        fmk_walk_triangle(triangles, xyw, depth, depth, (int2)(width, height), rows, cull, index,
                          false);
}

__kernel void fm_heatmap_owner(__global const uint4 *triangles, __global const int4 *xyw,
                               __global uint *depth, __global uint *owner, uint count, int width,
                               int height, int rows, uint cull) {
    uint index = (uint)get_global_id(0);
    if (index < count)
        fmk_walk_triangle(triangles, xyw, depth, owner, (int2)(width, height), rows, cull, index,
                          true);
}

/* Entry of a 256-entry table for v: index = min(255, floor(256 (v scale + shift))). */
FMK_INLINE uint fmk_table_entry(__global const uint *table, float v, float scale, float shift) {
    return table[clamp((int)floor(256.0f * fma(v, scale, shift)), 0, 255)];
}

__kernel void fm_heatmap_paint(__global const uint4 *triangles, __global const int4 *xyw,
                               __global const uint *owner, __global const FMK_FIELD *values,
                               __global const float *maps, __global const uint *tables,
                               __global uchar *panels, uint padded, uint count, int width,
                               int height, uint cull) {
    int x = (int)get_global_id(0), y = (int)get_global_id(1);
    if (x >= width || y >= height)
        return;
    const uint samples = FMK_HEATMAP_FINE * FMK_HEATMAP_FINE;
    uint3 sum[6];
    for (uint k = 0; k < count; ++k)
        sum[k] = (uint3)(0u);
    for (uint s = 0; s < samples; ++s) {
        int fine_x = x * FMK_HEATMAP_FINE + (int)(s % FMK_HEATMAP_FINE);
        int fine_y = y * FMK_HEATMAP_FINE + (int)(s / FMK_HEATMAP_FINE);
        uint name = owner[(size_t)fine_y * (width * FMK_HEATMAP_FINE) + fine_x];
        fmk_walk walk;
        if (name == FMK_NO_OWNER || !fmk_walk_make(&walk, triangles[name], xyw, cull)) {
            for (uint k = 0; k < count; ++k)
                sum[k] += (uint3)(255u);
            continue;
        }
        long2 e = fmk_walk_at(&walk, fine_x, fine_y);
        float w = 1.0f / fmk_walk_depth(&walk, e);
        float b1 = (float)e.x * walk.inverse * (walk.depth + walk.d1) * w;
        float b2 = (float)e.y * walk.inverse * (walk.depth + walk.d2) * w;
        for (uint k = 0; k < count; ++k) {
            __global const FMK_FIELD *row = values + k * (size_t)padded;
            float v0 = FMK_GET(walk.vertex.x, row), v1 = FMK_GET(walk.vertex.y, row);
            float v2 = FMK_GET(walk.vertex.z, row);
            float v = fma(b1, v1 - v0, fma(b2, v2 - v0, v0));
            uint rgb = fmk_table_entry(tables + 256u * (uint)maps[4u * k + 2u], v, maps[4u * k],
                                       maps[4u * k + 1u]);
            sum[k] += (uint3)(rgb & 255u, rgb >> 8 & 255u, rgb >> 16 & 255u);
        }
    }
    size_t at = 3u * ((size_t)y * width + x), panel = 3u * (size_t)width * height;
    for (uint k = 0; k < count; ++k) {
        uint3 mean = (sum[k] + samples / 2u) / samples;
        panels[k * panel + at] = (uchar)mean.x;
        panels[k * panel + at + 1u] = (uchar)mean.y;
        panels[k * panel + at + 2u] = (uchar)mean.z;
    }
}

#endif
