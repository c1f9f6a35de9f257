/* SPDX-License-Identifier: MIT */
/*
 * raster_cpu.cl: rasterise and shade for CPU devices, one work-item per (tile, frame).
 *
 * The item keeps its tile's picture in private arrays (28 bytes a pixel) and works in explicit
 * vectors: rows of 8 pixels while rasterising, rows of 16 while shading. Triangles come in file
 * order, and a pixel is taken over only by a larger 1/w, so ties go to the lower number.
 *
 * fm_raster_cpu
 *   triangles uint4: three vertices, texel area (1/256 texel^2)
 *   xy, attr  as raster_vertex.cl writes them
 *   starts, list  as raster_bin.cl writes them
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

/* Rasterised rows start at any column and run over by up to 7. */
#define FMK_STRIDE (FMK_TILE + 8)

/* One tile's picture: depth (1/w) and what shading needs, 0 depth = background. */
typedef struct fmk_tile {
    float depth[FMK_TILE * FMK_STRIDE];
    float u[FMK_TILE * FMK_STRIDE], v[FMK_TILE * FMK_STRIDE];
    float nx[FMK_TILE * FMK_STRIDE], ny[FMK_TILE * FMK_STRIDE], nz[FMK_TILE * FMK_STRIDE];
    int mip[FMK_TILE * FMK_STRIDE];
} fmk_tile;

/* One row of shaded values on its way to bytes. */
typedef struct fmk_row {
    float diffuse[FMK_TILE], specular[FMK_TILE]; /* factors of texel and of white */
    float fx[FMK_TILE], fy[FMK_TILE];            /* bilinear weights */
    int at[FMK_TILE];                            /* texel pair inside its mip level */
    float colour[FMK_TILE * 4];                  /* texel colour, 0 to 255 */
    uchar bytes[FMK_TILE * 4 + 16];
} fmk_row;

/* Edge functions of one triangle, ready to step through a tile. Steps are per pixel; values are
 * floor(E / 16), whose sign is that of E. */
typedef struct fmk_edges {
    int3 start, step_x, step_y;
} fmk_edges;

/* 0 for a left or top edge, else -1: a pixel centre on the edge then belongs to the neighbour. */
inline int fmk_edge_bias(int a, int b) {
    return (a > 0 || (a == 0 && b > 0)) ? 0 : -1;
}

/* One edge at pixel (x, y). Returns false when the whole window (w x h pixels from there) lies
 * outside. Values that cannot change sign inside the window become constants. */
inline bool fmk_edge_setup(int2 from, int2 to, int x, int y, int w, int h, int *start, int *step_x,
                           int *step_y) {
    int a = to.y - from.y;
    int b = from.x - to.x;
    long dx = (long)x * FM_SUBPIXEL + FM_SUBPIXEL_HALF - from.x;
    long dy = (long)y * FM_SUBPIXEL + FM_SUBPIXEL_HALF - from.y;
    long e = (a * dx + b * dy + fmk_edge_bias(a, b)) >> FM_SUBPIXEL_BITS;
    long reach = (long)abs(a) * w + (long)abs(b) * h;
    if (e < -reach)
        return false;
    bool inside = e > reach;
    *start = inside ? 0 : (int)e;
    *step_x = inside ? 0 : a;
    *step_y = inside ? 0 : b;
    return true;
}

/* Smallest k with texel_area <= det * 4^k, at most last. See engine/include/fm/render.h. */
inline int fmk_mip_level(uint texel_area, ulong det, int last) {
    int bits = (int)(64 - clz((ulong)texel_area)) - (int)(64 - clz(det));
    int k = max(0, (bits + 1) >> 1);
    if (bits >= 0 && (bits & 1) == 0 && (det << (2 * k)) < (ulong)texel_area)
        ++k;
    return min(k, last);
}

/* Draws one triangle into the tile. origin: the tile's first pixel; limit: its last drawn one. */
inline void fmk_draw(__private fmk_tile *tile, __private int *row_first, __private int *row_last,
                     __constant const fm_scene *scene, uint4 triangle, __global const int2 *xy,
                     __global const float8 *attr, int2 origin, int2 limit) {
    int2 p0 = xy[triangle.x], p1 = xy[triangle.y], p2 = xy[triangle.z];
    float8 a0 = attr[triangle.x], a1 = attr[triangle.y], a2 = attr[triangle.z];
    long det = fmk_determinant(p0, p1, p2);
    if (det < 0) {
        int2 p = p1;
        float8 a = a1;
        p1 = p2;
        a1 = a2;
        p2 = p;
        a2 = a;
        det = -det;
    }
    int4 bounds = fmk_pixel_bounds(p0, p1, p2);
    int x0 = max(bounds.x, origin.x), y0 = max(bounds.y, origin.y);
    int x1 = min(bounds.z, limit.x), y1 = min(bounds.w, limit.y);
    if (x0 > x1 || y0 > y1)
        return;
    int w = x1 - x0 + 8, h = y1 - y0 + 1;
    int s0, s1, s2, dx0, dx1, dx2, dy0, dy1, dy2;
    if (!fmk_edge_setup(p1, p2, x0, y0, w, h, &s0, &dx0, &dy0) ||
        !fmk_edge_setup(p2, p0, x0, y0, w, h, &s1, &dx1, &dy1) ||
        !fmk_edge_setup(p0, p1, x0, y0, w, h, &s2, &dx2, &dy2))
        return;
#if FMK_TEXTURED
    int8 mip = (int8)(fmk_mip_level(triangle.w, (ulong)det, (int)scene->mips - 1));
#endif

    /* Attributes are a0 + (E1 (a1 - a0) + E2 (a2 - a0)) / det; E1 and E2 are exact in float for
     * triangles up to 256 pixels. */
    float inverse = 1.0f / (float)det;
    float8 g1 = (a1 - a0) * inverse;
    float8 g2 = (a2 - a0) * inverse;
    float low = min(min(a0.s0, a1.s0), a2.s0);
    float high = max(max(a0.s0, a1.s0), a2.s0);
    float8 e1_x = (float8)((float)(p0.y - p2.y)), e2_x = (float8)((float)(p1.y - p0.y));
    float e1_y = (float)(p2.x - p0.x), e2_y = (float)(p0.x - p1.x);
    const int8 lane = (int8)(0, 1, 2, 3, 4, 5, 6, 7);
    int8 c0 = s0 + lane * dx0, c1 = s1 + lane * dx1, c2 = s2 + lane * dx2;
    float8 column = convert_float8((x0 + lane) * FM_SUBPIXEL + (FM_SUBPIXEL_HALF - p0.x));

    for (int y = y0; y <= y1; ++y) {
        int line = y - origin.y;
        float dy = (float)(y * FM_SUBPIXEL + FM_SUBPIXEL_HALF - p0.y);
        float8 e1_row = (float8)(e1_y * dy), e2_row = (float8)(e2_y * dy);
        row_first[line] = min(row_first[line], x0 - origin.x);
        row_last[line] = max(row_last[line], x1 - origin.x);
        int8 d0 = c0, d1 = c1, d2 = c2;
        float8 dx = column;
        for (int x = x0; x <= x1; x += 8) {
            int at = line * FMK_STRIDE + (x - origin.x);
            int8 covered = (d0 | d1 | d2) >= 0;
            float8 e1 = fma(e1_x, dx, e1_row), e2 = fma(e2_x, dx, e2_row);
            float8 depth = fma(e2, (float8)(g2.s0), fma(e1, (float8)(g1.s0), (float8)(a0.s0)));
            depth = min(max(depth, (float8)(low)), (float8)(high));
            float8 old = vload8(0, tile->depth + at);
            int8 take = covered & (depth > old);
            vstore8(select(old, depth, take), 0, tile->depth + at);
#define FMK_PLANE(array, component)                                              \
    vstore8(select(vload8(0, tile->array + at),                                  \
                   fma(e2, (float8)(g2.component),                               \
                       fma(e1, (float8)(g1.component), (float8)(a0.component))), \
                   take),                                                        \
            0, tile->array + at)
            FMK_PLANE(nx, s3);
            FMK_PLANE(ny, s4);
            FMK_PLANE(nz, s5);
#if FMK_TEXTURED
            FMK_PLANE(u, s1);
            FMK_PLANE(v, s2);
            vstore8(select(vload8(0, tile->mip + at), mip, take), 0, tile->mip + at);
#endif
            d0 += 8 * dx0;
            d1 += 8 * dx1;
            d2 += 8 * dx2;
            dx += (float8)(8.0f * FM_SUBPIXEL);
        }
        c0 += dy0;
        c1 += dy1;
        c2 += dy2;
    }
}

/* x^64 by six squarings. */
inline float16 fmk_power64(float16 x) {
    x *= x;
    x *= x;
    x *= x;
    x *= x;
    x *= x;
    return x * x;
}

/* Phong terms of 16 pixels. px, py: offsets from the picture's centre over the focal length. */
inline void fmk_light(float16 px, float16 py, float16 w, float16 nx, float16 ny, float16 nz,
                      float16 *diffuse, float16 *specular) {
    const float16 zero = (float16)(0.0f);
    float16 square = fma(nx, nx, fma(ny, ny, nz * nz));
    int16 none = square <= (float16)(1.0e-30f);
    float16 scale = rsqrt(select(square, (float16)(1.0f), none));
    nx = select(nx * scale, zero, none);
    ny = select(ny * scale, zero, none);
    nz = select(nz * scale, (float16)(1.0f), none);
    /* The pixel's point is (px w, py w, -w); light at (0, 0, FM_LIGHT_BACK), camera at 0. */
    float16 vx = -px * w, vy = -py * w, lz = w + (float16)(FM_LIGHT_BACK);
    float16 across = fma(vx, vx, vy * vy);
    float16 to_light = rsqrt(fma(lz, lz, across));
    float16 to_eye = rsqrt(fma(w, w, across));
    float16 sideways = fma(nx, vx, ny * vy);
    float16 n_l = fma(nz, lz, sideways) * to_light;
    float16 n_v = fma(nz, w, sideways) * to_eye;
    float16 l_v = fma(lz, w, across) * to_light * to_eye;
    float16 r_v = fmax(fma((float16)(2.0f) * n_l, n_v, -l_v), zero);
    *diffuse = fma((float16)(FM_LIGHT_DIFFUSE), fmax(n_l, zero), (float16)(FM_LIGHT_AMBIENT));
    *specular = select(zero, (float16)(FM_LIGHT_SPECULAR)*fmk_power64(r_v), n_l > zero);
}

/* Light and texel addresses of one row, 16 pixels at a time. */
inline void fmk_shade_row(__private const fmk_tile *tile, __private fmk_row *row,
                          __constant const fm_scene *scene, int line, int first, int last,
                          int2 origin) {
    const float16 lane = (float16)(0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f, 7.5f, 8.5f, 9.5f,
                                   10.5f, 11.5f, 12.5f, 13.5f, 14.5f, 15.5f);
    float over_focal = 1.0f / scene->focal_px;
    float16 py = (float16)((scene->half_height - ((float)(origin.y + line) + 0.5f)) * over_focal);
    for (int x = first; x <= last; x += 16) {
        int at = line * FMK_STRIDE + x;
        float16 depth = vload16(0, tile->depth + at);
        float16 w = (float16)(1.0f) / select(depth, (float16)(1.0f), depth == (float16)(0.0f));
        float16 px = ((float16)((float)(origin.x + x) - scene->half_width) + lane) * over_focal;
        float16 diffuse, specular;
        fmk_light(px, py, w, vload16(0, tile->nx + at), vload16(0, tile->ny + at),
                  vload16(0, tile->nz + at), &diffuse, &specular);
        vstore16(diffuse, 0, row->diffuse + x);
        vstore16(specular * 255.0f, 0, row->specular + x);
#if FMK_TEXTURED
        const float16 zero = (float16)(0.0f), one = (float16)(1.0f);
        int16 mip = vload16(0, tile->mip + at);
        float16 u = fmin(fmax(vload16(0, tile->u + at) * w, zero), one);
        float16 v = fmin(fmax(vload16(0, tile->v + at) * w, zero), one);
        float16 scale = as_float16((127 - mip) << 23);
        int16 width = (scene->mip[0].width + (((int16)(1) << mip) - 1)) >> mip;
        int16 height = (scene->mip[0].height + (((int16)(1) << mip) - 1)) >> mip;
        float16 tx = fma(u, (float16)((float)(scene->mip[0].width - 1)), (float16)(0.5f));
        float16 ty = fma(one - v, (float16)((float)(scene->mip[0].height - 1)), (float16)(0.5f));
        tx = fma(tx, scale, (float16)(-0.5f));
        ty = fma(ty, scale, (float16)(-0.5f));
        tx = fmin(fmax(tx, zero), convert_float16(width - 1));
        ty = fmin(fmax(ty, zero), convert_float16(height - 1));
        int16 ix = convert_int16(tx), iy = convert_int16(ty);
        vstore16(iy * (width + 1) + ix, 0, row->at + x);
        vstore16(tx - convert_float16(ix), 0, row->fx + x);
        vstore16(ty - convert_float16(iy), 0, row->fy + x);
#endif
    }
}

#if FMK_TEXTURED
/* Bilinear fetch of both textures, blended by t, one pixel after another: the 16 channels of two
 * neighbouring texel pairs are one vector. */
inline void fmk_fetch_row(__private const fmk_tile *tile, __private fmk_row *row,
                          __constant const fm_scene *scene, __global const uchar *texels, float t,
                          int line, int first, int last) {
    float4 a = (float4)(1.0f - t), b = (float4)(t), zero = (float4)(0.0f);
    float16 base = (float16)(a, b, zero, zero);
    float16 slope = (float16)(-a, -b, a, b);
    for (int x = first; x <= last; ++x) {
        int at = line * FMK_STRIDE + x;
        if (tile->depth[at] == 0.0f)
            continue;
        __constant const fm_mip *mip = &scene->mip[tile->mip[at]];
        __global const uchar *texel =
            texels + ((size_t)mip->offset + (size_t)row->at[x]) * FM_TEXEL_BYTES;
        float16 upper = convert_float16(vload16(0, texel));
        float16 lower = convert_float16(vload16(0, texel + (size_t)mip->pitch * FM_TEXEL_BYTES));
        float16 mixed = fma((float16)(row->fy[x]), lower - upper, upper);
        mixed *= fma((float16)(row->fx[x]), slope, base);
        float8 half_sum = mixed.lo + mixed.hi;
        vstore4(half_sum.lo + half_sum.hi, x, row->colour);
    }
}
#endif

/* Row of 4 pixels a step: colour to bytes, background where nothing was drawn. Returns (covered,
 * clipped). */
inline uint2 fmk_pack_row(__private const fmk_tile *tile, __private fmk_row *row, uint background,
                          int line, int first, int last) {
    int4 covered = (int4)(0), clipped = (int4)(0);
    for (int x = first; x <= last; x += 4) {
        float4 depth = vload4(0, tile->depth + line * FMK_STRIDE + x);
        int4 drawn = depth > (float4)(0.0f);
        float4 d = vload4(0, row->diffuse + x), s = vload4(0, row->specular + x);
        float16 diffuse = d.s0000111122223333, specular = s.s0000111122223333;
#if FMK_TEXTURED
        float16 colour = vload16(0, row->colour + x * 4);
#else
        float16 colour = (float16)(FM_GREY * 255.0f);
#endif
        colour = fma(colour, diffuse, specular);
        int16 over = colour > (float16)(255.0f);
        colour = fmin(fmax(colour, (float16)(0.0f)), (float16)(255.0f)) + 0.5f;
        uint4 packed = as_uint4(convert_uchar16(convert_int16(colour))) | 0xff000000u;
        packed = select((uint4)(background), packed, drawn);
        vstore4(packed, 0, (__private uint *)(row->bytes) + x);
        covered -= drawn;
        clipped -= drawn & (over.s048c | over.s159d | over.s26ae);
    }
    int2 c = covered.lo + covered.hi, k = clipped.lo + clipped.hi;
    return (uint2)((uint)(c.x + c.y), (uint)(k.x + k.y));
}

/* Copies count pixels of row->bytes (RGBA) to the picture. */
inline void fmk_store_row(__private const uchar *bytes, __global uchar *out, int count) {
#if FMK_CHANNELS == 4
    int x = 0;
    for (; x + 4 <= count; x += 4)
        vstore16(vload16(0, bytes + x * 4), 0, out + x * 4);
    for (; x < count; ++x)
        vstore4(vload4(0, bytes + x * 4), 0, out + x * 4);
#else
    int x = 0;
    for (; x + 4 <= count; x += 4) {
        uchar16 p = vload16(0, bytes + x * 4);
        vstore8(p.s01245689, 0, out + x * 3);
        vstore4(p.sacde, 0, out + x * 3 + 8);
    }
    for (; x < count; ++x)
        vstore3(vload3(0, bytes + x * 4), 0, out + x * 3);
#endif
}

__kernel void fm_raster_cpu(__constant const fm_scene *scene, __global const uint4 *triangles,
                            __global const int2 *xy, __global const float8 *attr,
                            __global const uint *starts, __global const uint *list,
                            __global const uchar *texels, __global const float *t,
                            __global uchar *pixels, __global fm_frame_counts *frame_counts,
                            uint padded, uint list_per_frame, uint first_frame) {
    int tile_id = (int)get_global_id(0);
    size_t frame = get_global_id(1);
    int tiles = scene->tiles_x * scene->tiles_y;
    int2 origin = (int2)((tile_id % scene->tiles_x), (tile_id / scene->tiles_x)) * FMK_TILE;
    int2 limit = min(origin + FMK_TILE, (int2)(scene->width, scene->height)) - 1;
    int count = limit.x - origin.x + 1;
    starts += frame * (size_t)(tiles + 1);
    list += frame * list_per_frame;
    xy += frame * padded;
    attr += frame * padded;
    pixels += (frame * scene->height + origin.y) * (size_t)scene->width * FMK_CHANNELS +
              origin.x * FMK_CHANNELS;

    fmk_tile tile;
    fmk_row row;
    int row_first[FMK_TILE], row_last[FMK_TILE];
    uint begin = min(starts[tile_id], list_per_frame);
    uint end = min(starts[tile_id + 1], list_per_frame);
    if (begin < end) {
        for (int i = 0; i < FMK_TILE * FMK_STRIDE; i += 8)
            vstore8((float8)(0.0f), 0, tile.depth + i);
        for (int i = 0; i < FMK_TILE; ++i) {
            row_first[i] = FMK_TILE;
            row_last[i] = -1;
        }
    }
    for (uint i = begin; i < end; ++i)
        fmk_draw(&tile, row_first, row_last, scene, triangles[list[i]], xy, attr, origin, limit);

    uint2 sums = (uint2)(0u);
    uint background = scene->background;
    for (int x = 0; x < FMK_TILE; ++x)
        ((__private uint *)row.bytes)[x] = background;
    bool clean = true; /* row.bytes is all background */
    for (int line = 0; line <= limit.y - origin.y; ++line) {
        bool empty = begin >= end || row_last[line] < row_first[line];
        if (!empty || !clean)
            for (int x = 0; x < FMK_TILE; ++x)
                ((__private uint *)row.bytes)[x] = background;
        clean = empty;
        if (!empty) {
            int first = row_first[line] & ~15;
            int last = row_last[line];
            fmk_shade_row(&tile, &row, scene, line, first, last, origin);
#if FMK_TEXTURED
            fmk_fetch_row(&tile, &row, scene, texels, t[first_frame + frame], line, first, last);
#endif
            sums += fmk_pack_row(&tile, &row, background, line, first, last);
        }
        fmk_store_row(row.bytes, pixels, count);
        pixels += (size_t)scene->width * FMK_CHANNELS;
    }
    if (sums.x != 0u) {
        atomic_add(&frame_counts[frame].covered, sums.x);
        atomic_add(&frame_counts[frame].clipped, sums.y);
    }
}
