/* SPDX-License-Identifier: MIT */
/*
 * keypoint_hull.cl: area and volume of a few points. Functions only; at most FMK_HULL_POINTS
 * points, in private memory (about 1.5 KB a work-item).
 *
 * fmk_bbox_area: width * height of x and y; d floats from point to point.
 * fmk_hull_area: area of the convex hull of x and y by monotone chain (Andrew 1979). Relative error
 *                about 1e-6 where the hull is not a sliver.
 * fmk_hull_volume: volume of the convex hull of 3-D points, built point by point (Clarkson, Shor;
 *                O'Rourke: Computational Geometry in C, 4.2). Which side of a facet a point lies on
 *                is decided in 64-bit integers on a grid of 2^-20 of the box, without rounding, so
 *                coplanar and equal points do no harm. Relative error about 1e-6 of the box.
 */
#ifndef FM_KEYPOINT_HULL_CL
#define FM_KEYPOINT_HULL_CL

#include "common.cl"

#define FMK_HULL_POINTS 64
#define FMK_HULL_FACETS (2 * FMK_HULL_POINTS)
#define FMK_HULL_GRID 1048575.0f

FMK_INLINE float fmk_bbox_area(__global const float *p, uint d, uint count) {
    float2 least = (float2)(p[0], p[1]), most = least;
    for (uint i = 1; i < count; ++i) {
        float2 q = (float2)(p[i * d], p[i * d + 1u]);
        least = fmin(least, q);
        most = fmax(most, q);
    }
    /* fmin and fmax drop NaN: sum it in again. */
    float2 size = most - least;
    float sum = 0.0f;
    for (uint i = 0; i < count; ++i)
        sum = fma(p[i * d], 0.0f, fma(p[i * d + 1u], 0.0f, sum));
    return fma(size.x, size.y, sum);
}

/* Twice the area of o, a, b; > 0: left turn. */
FMK_INLINE float fmk_turn(float2 o, float2 a, float2 b) {
    float2 u = a - o, v = b - o;
    float w = u.y * v.x;
    return fma(u.x, v.y, -w) - fma(u.y, v.x, -w);
}

/* Drops points of the chain that would make no left turn towards q. Returns what is left. */
FMK_INLINE int fmk_chain(float2 *chain, int from, int size, float2 q) {
    while (size >= from + 2 && !(fmk_turn(chain[size - 2], chain[size - 1], q) > 0.0f))
        --size;
    return size;
}

FMK_INLINE float fmk_hull_area(__global const float *p, uint d, uint count) {
    float2 sorted[FMK_HULL_POINTS], chain[FMK_HULL_POINTS + 2];
    float nan = 0.0f;
    for (uint i = 0; i < count; ++i) { /* by x, then y */
        float2 q = (float2)(p[i * d], p[i * d + 1u]);
        nan = fma(q.x, 0.0f, fma(q.y, 0.0f, nan));
        uint at = i;
        for (; at > 0u &&
               (q.x < sorted[at - 1u].x || (q.x == sorted[at - 1u].x && q.y < sorted[at - 1u].y));
             --at)
            sorted[at] = sorted[at - 1u];
        sorted[at] = q;
    }
    if (nan != 0.0f)
        return nan;
    int size = 0;
    for (int i = 0; i < (int)count; ++i) {
        size = fmk_chain(chain, 0, size, sorted[i]);
        chain[size++] = sorted[i];
    }
    int lower = size - 1;
    for (int i = (int)count - 2; i >= 0; --i) {
        size = fmk_chain(chain, lower, size, sorted[i]);
        chain[size++] = sorted[i];
    }
    float twice = 0.0f;
    for (int i = 1; i + 1 < size; ++i)
        twice += fmk_turn(chain[0], chain[i], chain[i + 1]);
    return 0.5f * twice;
}

/* A hull in the making. */
typedef struct fmk_hull {
    int grid[FMK_HULL_POINTS][3];
    uchar facet[FMK_HULL_FACETS][3]; /* corners, counter-clockwise seen from outside */
    int facets;
} fmk_hull;

FMK_INLINE long fmk_side(const fmk_hull *h, uint a, uint b, uint c, uint p) {
    long u[3], v[3], w[3];
    for (int i = 0; i < 3; ++i) {
        u[i] = h->grid[b][i] - h->grid[a][i];
        v[i] = h->grid[c][i] - h->grid[a][i];
        w[i] = h->grid[p][i] - h->grid[a][i];
    }
    return (u[1] * v[2] - u[2] * v[1]) * w[0] + (u[2] * v[0] - u[0] * v[2]) * w[1] +
           (u[0] * v[1] - u[1] * v[0]) * w[2];
}

FMK_INLINE bool fmk_in_line(const fmk_hull *h, uint a, uint b, uint c) {
    long u[3], v[3];
    for (int i = 0; i < 3; ++i) {
        u[i] = h->grid[b][i] - h->grid[a][i];
        v[i] = h->grid[c][i] - h->grid[a][i];
    }
    return u[1] * v[2] == u[2] * v[1] && u[2] * v[0] == u[0] * v[2] && u[0] * v[1] == u[1] * v[0];
}

FMK_INLINE bool fmk_equal(const fmk_hull *h, uint a, uint b) {
    return h->grid[a][0] == h->grid[b][0] && h->grid[a][1] == h->grid[b][1] &&
           h->grid[a][2] == h->grid[b][2];
}

FMK_INLINE void fmk_facet(fmk_hull *h, uint a, uint b, uint c) {
    if (h->facets == FMK_HULL_FACETS)
        return; /* cannot be: a hull of n points has at most 2 n - 4 */
    uchar *f = h->facet[h->facets++];
    f[0] = (uchar)a;
    f[1] = (uchar)b;
    f[2] = (uchar)c;
}

/* Four points that span a volume, and their hull. False: all lie in a plane. */
FMK_INLINE bool fmk_first_hull(fmk_hull *h, uint count, uint first[4]) {
    uint at = 1;
    first[0] = 0;
    while (at < count && fmk_equal(h, 0u, at))
        ++at;
    first[1] = at;
    while (at < count && fmk_in_line(h, 0u, first[1], at))
        ++at;
    first[2] = at;
    while (at < count && fmk_side(h, 0u, first[1], first[2], at) == 0)
        ++at;
    first[3] = at;
    if (at >= count)
        return false;
    bool swap = fmk_side(h, first[0], first[1], first[2], first[3]) > 0;
    uint b = swap ? first[2] : first[1], c = swap ? first[1] : first[2];
    h->facets = 0;
    fmk_facet(h, first[0], b, c);
    fmk_facet(h, first[0], c, first[3]);
    fmk_facet(h, c, b, first[3]);
    fmk_facet(h, b, first[0], first[3]);
    return true;
}

/* Replaces the facets that see p by a cone from their rim to p. An edge of the rim belongs to a
 * facet that goes and, the other way round, to one that stays. */
FMK_INLINE void fmk_hull_add(fmk_hull *h, uint p) {
    ulong edge[FMK_HULL_POINTS];
    for (int i = 0; i < FMK_HULL_POINTS; ++i)
        edge[i] = 0;
    int kept = 0;
    for (int f = 0; f < h->facets; ++f) {
        uint a = h->facet[f][0], b = h->facet[f][1], c = h->facet[f][2];
        bool sees = fmk_side(h, a, b, c, p) > 0;
        if (sees) {
            edge[a] |= 1ul << b;
            edge[b] |= 1ul << c;
            edge[c] |= 1ul << a;
        } else {
            h->facet[kept][0] = (uchar)a;
            h->facet[kept][1] = (uchar)b;
            h->facet[kept++][2] = (uchar)c;
        }
    }
    h->facets = kept;
    for (uint a = 0; a < FMK_HULL_POINTS; ++a)
        for (ulong rest = edge[a]; rest != 0; rest &= rest - 1ul) {
            uint b = 63u - (uint)clz(rest & (~rest + 1ul));
            if ((edge[b] >> a & 1ul) == 0)
                fmk_facet(h, a, b, p);
        }
}

/* Snaps the points to the grid. False: a number is not finite. */
FMK_INLINE bool fmk_snap(fmk_hull *h, __global const float *p, uint count) {
    float least[3], most[3], nan = 0.0f, size = 0.0f;
    for (int i = 0; i < 3; ++i)
        least[i] = most[i] = p[i];
    for (uint k = 0; k < 3u * count; ++k) {
        least[k % 3u] = fmin(least[k % 3u], p[k]);
        most[k % 3u] = fmax(most[k % 3u], p[k]);
        nan = fma(p[k], 0.0f, nan);
    }
    for (int i = 0; i < 3; ++i)
        size = fmax(size, most[i] - least[i]);
    if (nan != 0.0f || !(size < INFINITY))
        return false;
    float scale = size > 0x1p-100f ? FMK_HULL_GRID / size : 0.0f;
    for (uint k = 0; k < 3u * count; ++k)
        h->grid[k / 3u][k % 3u] = (int)rint((p[k] - least[k % 3u]) * scale);
    return true;
}

FMK_INLINE float fmk_hull_volume(__global const float *p, uint count) {
    fmk_hull h;
    uint first[4];
    if (!fmk_snap(&h, p, count))
        return NAN;
    if (!fmk_first_hull(&h, count, first))
        return 0.0f;
    for (uint k = 1; k < count; ++k)
        if (k != first[1] && k != first[2] && k != first[3])
            fmk_hull_add(&h, k);
    float3 origin = vload3(first[0], p);
    float volume = 0.0f;
    for (int f = 0; f < h.facets; ++f) {
        float3 a = vload3(h.facet[f][0], p) - origin, b = vload3(h.facet[f][1], p) - origin;
        float3 c = vload3(h.facet[f][2], p) - origin;
        volume += dot(a, cross(b, c));
    }
    return volume / 6.0f;
}

#endif
