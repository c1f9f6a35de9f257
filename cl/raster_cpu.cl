/* SPDX-License-Identifier: MIT */
/*
 * raster_cpu.cl: rasterise and shade for CPU devices, one work-item per (frame, tile).
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
 * Global size (frames, tiles), local size 1, no local memory: items of the same tile follow each
 * other, so that a batch reads its part of the texture from memory once.
 * Knobs: FMK_TILE (multiple of 16), FMK_CHANNELS 3|4, FMK_TEXTURED 0|1, FMK_SAMPLES 1|4,
 * FMK_TRILINEAR 0|1.
 */
#include "raster_cpu_draw.cl"
#include "raster_cpu_shade.cl"
#if FMK_SAMPLES != 1
#include "raster_cpu_samples.cl"
#endif

/* 4 pixels a step: colour to bytes, background where nothing was drawn. width: pixels of the row
 * inside the picture. Returns (covered, clipped). */
FMK_INLINE uint2 fmk_pack_row(__private const fmk_tile *tile, __private fmk_row *row,
                              uint background, int line, int first, int last, int width) {
    __private const float4 *depth = (__private const float4 *)(tile->depth + line * FMK_BLOCKS);
    __private const float4 *diffuses = (__private const float4 *)row->diffuse;
    __private const float4 *speculars = (__private const float4 *)row->specular;
    int4 covered = (int4)(0), clipped = (int4)(0);
    for (int i = first * 2; i <= last * 2 + 1; ++i) {
        int4 inside = i * 4 + (int4)(0, 1, 2, 3) < (int4)(width);
        int4 drawn = (depth[i] > (float4)(0.0f)) & inside;
        float16 diffuse = diffuses[i].s0000111122223333;
        float16 specular = speculars[i].s0000111122223333;
#if FMK_TEXTURED
        __private const float4 *c = row->colour + i * 4;
        float16 colour = (float16)(c[0], c[1], c[2], c[3]);
#else
        float16 colour = (float16)(FM_GREY * 255.0f);
#endif
        colour = fma(colour, diffuse, specular);
        int16 over = colour > (float16)(255.0f);
        colour = select(colour, (float16)(255.0f), over) + 0.5f;
        uint4 packed = as_uint4(convert_uchar16(convert_int16(colour))) | 0xff000000u;
        row->packed[i] = select((uint4)(background), packed, drawn);
        covered -= drawn;
        clipped -= drawn & (over.s048c | over.s159d | over.s26ae);
    }
    int2 c = covered.lo + covered.hi, k = clipped.lo + clipped.hi;
    return (uint2)((uint)(c.x + c.y), (uint)(k.x + k.y));
}

/* 16 bytes anywhere. */
typedef uchar16 fmk_bytes __attribute__((aligned(1)));

/* Copies count pixels of packed (RGBA) to the picture at out. */
FMK_INLINE void fmk_store_row(__private const uint4 *packed, __global uchar *out, int count) {
    int x = 0;
#if FMK_CHANNELS == 4
    for (; x + 4 <= count; x += 4)
        *(__global fmk_bytes *)(out + x * 4) = as_uchar16(packed[x / 4]);
#else
    for (; x + 16 <= count; x += 16) {
        uchar16 a = as_uchar16(packed[x / 4]), b = as_uchar16(packed[x / 4 + 1]);
        uchar16 c = as_uchar16(packed[x / 4 + 2]), d = as_uchar16(packed[x / 4 + 3]);
        __global fmk_bytes *to = (__global fmk_bytes *)(out + x * 3);
        to[0] = (uchar16)(a.s012, a.s456, a.s89a, a.scde, b.s012, b.s4);
        to[1] = (uchar16)(b.s56, b.s89a, b.scde, c.s012, c.s456, c.s89);
        to[2] = (uchar16)(c.sa, c.scde, d.s012, d.s456, d.s89a, d.scde);
    }
#endif
    __private const uchar4 *pixels = (__private const uchar4 *)packed;
    for (; x < count; ++x) {
        out[x * FMK_CHANNELS] = pixels[x].x;
        out[x * FMK_CHANNELS + 1] = pixels[x].y;
        out[x * FMK_CHANNELS + 2] = pixels[x].z;
#if FMK_CHANNELS == 4
        out[x * 4 + 3] = pixels[x].w;
#endif
    }
}

__kernel void fm_raster_cpu(__constant const fm_scene *scene, __global const fmk_record *kept,
                            __global const float8 *attr, __global const uint *starts,
                            __global const uint *list, __global const ulong *texels,
                            __global const float *t, __global uchar *pixels,
                            __global fm_frame_counts *frame_counts, uint padded,
                            uint list_per_frame, uint first_frame) {
    size_t frame = get_global_id(0);
    int tile_id = (int)get_global_id(1);
    int tiles = scene->tiles_x * scene->tiles_y;
    int2 origin = (int2)((tile_id % scene->tiles_x), (tile_id / scene->tiles_x)) * FMK_TILE;
    int2 limit = min(origin + FMK_TILE, (int2)(scene->width, scene->height)) - 1;
    int width = limit.x - origin.x + 1;
    starts += frame * (size_t)(tiles + 1);
    list += frame * list_per_frame;
    kept += frame * scene->triangles;
    attr += frame * padded;
    pixels += (frame * scene->height + origin.y) * (size_t)scene->width * FMK_CHANNELS +
              origin.x * FMK_CHANNELS;

    fmk_tile tile[FMK_SAMPLES];
    fmk_row row;
    uint begin = min(starts[tile_id], list_per_frame);
    uint end = min(starts[tile_id + 1], list_per_frame);
    /* Rows that may show general triangles. With 4 samples that is asked of each fragment. */
    int general_top = FMK_TILE, general_bottom = -1;
    if (begin < end) {
        for (int s = 0; s < FMK_SAMPLES; ++s)
            fmk_clear(&tile[s], (int)list[begin]);
        if ((fmk_high(kept[list[begin]].rows) & FMK_FLAG_GENERAL) != 0) { /* fills all rows */
            general_top = 0;
            general_bottom = FMK_TILE;
        }
    }
    for (uint i = begin; i < end; ++i) {
        uint slot = list[i];
        __global const fmk_record *r = kept + slot;
        uint ahead = list[min(i + FMK_AHEAD, end - 1u)];
        FMK_PREFETCH(&kept[ahead], 3);
        FMK_PREFETCH(&kept[ahead].per_x, 3);
        if ((fmk_high(r->rows) & FMK_FLAG_GENERAL) == 0) {
            for (int s = 0; s < FMK_SAMPLES; ++s)
                fmk_draw_plain(&tile[s], r, (int)slot, origin, limit, fmk_sample(s));
        } else {
            for (int s = 0; s < FMK_SAMPLES; ++s)
                fmk_draw_general(&tile[s], (__global const fmk_triangle *)r, (int)slot, origin,
                                 limit, fmk_sample(s));
            general_top = min(general_top, fmk_first(r->rows) - origin.y);
            general_bottom = max(general_bottom, fmk_last(r->rows) - origin.y);
        }
    }

#if FMK_SAMPLES != 1
    fmk_fragments fragments;
#endif
    uint2 sums = (uint2)(0u);
    uint background = scene->background;
    for (int i = 0; i < FMK_TILE / 4; ++i)
        row.packed[i] = (uint4)(background);
#if FMK_TEXTURED
    uint offsets[FM_MAX_MIPS];
    for (int i = 0; i < FM_MAX_MIPS; ++i)
        offsets[i] = scene->mip[i].offset;
#endif
    for (int line = 0; line <= limit.y - origin.y; ++line) {
        int2 blocks = begin < end ? fmk_occupied(tile, line) : (int2)(0, -1);
        int first = blocks.x, last = blocks.y;
        if (first <= last) {
#if FMK_SAMPLES == 1
            if (line < general_top || line > general_bottom)
                fmk_resolve_plain(tile, &row, kept, line, first * 8, last * 8 + 7, origin);
            else
                fmk_resolve_any(scene, tile, &row, kept, attr, line, first * 8, last * 8 + 7,
                                origin);
            fmk_shade_row(tile, &row, scene, line, first, last, origin);
#if FMK_TEXTURED
            fmk_fetch_row(&row, offsets, texels, t[first_frame + frame], first * 8, last * 8 + 7);
#endif
            sums += fmk_pack_row(tile, &row, background, line, first, last, width);
#else
            int count = fmk_collect(tile, &fragments, line, first * 8, min(last * 8 + 8, width));
            fmk_resolve_fragments(scene, &fragments, &row, kept, attr, line, count, origin);
            fmk_shade_fragments(&fragments, &row, scene, line, count, origin);
#if FMK_TEXTURED
            fmk_fetch_row(&row, offsets, texels, t[first_frame + frame], 0, count - 1);
#endif
            sums += fmk_pack_fragments(&fragments, &row, background, count);
#endif
        }
        fmk_store_row(row.packed, pixels, width);
        pixels += (size_t)scene->width * FMK_CHANNELS;
        for (int i = first * 2; i <= last * 2 + 1; ++i) /* clean for the next row */
            row.packed[i] = (uint4)(background);
    }
    if (sums.x != 0u) {
        atomic_add(&frame_counts[frame].covered, sums.x);
        atomic_add(&frame_counts[frame].clipped, sums.y);
    }
}
