/* SPDX-License-Identifier: MIT */
/*
 * raster_cpu_draw.cl: which triangle a pixel or sample of a tile shows.
 */
#ifndef FM_RASTER_CPU_DRAW_CL
#define FM_RASTER_CPU_DRAW_CL

#include "raster_cpu_tile.cl"

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

#endif
