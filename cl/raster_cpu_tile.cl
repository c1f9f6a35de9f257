/* SPDX-License-Identifier: MIT */
/*
 * raster_cpu_tile.cl: what an item of raster_cpu.cl keeps of its tile and of a row of it.
 */
#ifndef FM_RASTER_CPU_TILE_CL
#define FM_RASTER_CPU_TILE_CL

#include "raster_record.cl"

#ifndef FMK_TEXTURED
#define FMK_TEXTURED 1
#endif

/* Triangles between asking for a record and using it. */
#define FMK_AHEAD 6u

/* Blocks of 8 pixels in a tile's row. */
#define FMK_BLOCKS (FMK_TILE / 8)

/* One tile's visibility, in aligned blocks of 8 pixels: depth (1/w, 0 = background) and slot of
 * kept. Pixels of the background have the slot of some triangle too, so that whole blocks can be
 * resolved without a test. */
typedef struct fmk_tile {
    float8 depth[FMK_TILE * FMK_BLOCKS];
    int8 slot[FMK_TILE * FMK_BLOCKS];
} fmk_tile;

/* What a row holds at most: pixels, or, with 4 samples, fragments (raster_cpu_samples.cl). Texel
 * addresses of the second level of the trilinear filter come behind those of the first. */
#define FMK_ROW (FMK_TILE * FMK_SAMPLES)
#define FMK_ROW_BLOCKS (FMK_ROW / 8)
#define FMK_ADDRESSES (FMK_ROW_BLOCKS * (1 + FMK_TRILINEAR))

/* One row on its way from visibility to bytes. */
typedef struct fmk_row {
    float8 attr[FMK_ROW]; /* u/w, v/w, n.xyz/w, mip level (trilinear: level at w = 1), 1/w, - */
    float8 diffuse[FMK_ROW_BLOCKS], specular[FMK_ROW_BLOCKS]; /* factors of texel and of white */
    float8 fx[FMK_ADDRESSES], fy[FMK_ADDRESSES];              /* bilinear weights */
    int8 at[FMK_ADDRESSES], pitch[FMK_ADDRESSES]; /* texel pair in its level, pairs a row */
    int8 mip[FMK_ADDRESSES];
#if FMK_TRILINEAR
    float8 share[FMK_ROW_BLOCKS]; /* of the second level */
#endif
    float4 colour[FMK_ROW];     /* texel colour, 0 to 255 */
    uint4 packed[FMK_TILE / 4]; /* RGBA bytes */
} fmk_row;

/* Empties a tile. slot: of any triangle. */
FMK_INLINE void fmk_clear(__private fmk_tile *tile, int slot) {
    for (int i = 0; i < FMK_TILE * FMK_BLOCKS; ++i) {
        tile->depth[i] = (float8)(0.0f);
        tile->slot[i] = (int8)(slot);
    }
}

/* First and last block of a row that hold something; first > last: none. tile: one a sample. */
FMK_INLINE int2 fmk_occupied(__private const fmk_tile *tile, int line) {
    int2 found = (int2)(FMK_BLOCKS, -1);
    for (int block = 0; block < FMK_BLOCKS; ++block) {
        int8 bits = as_int8(tile->depth[line * FMK_BLOCKS + block]);
        for (int s = 1; s < FMK_SAMPLES; ++s)
            bits |= as_int8(tile[s].depth[line * FMK_BLOCKS + block]);
        int4 both = bits.lo | bits.hi;
        long2 rest = as_long2(both);
        if ((rest.x | rest.y) != 0) {
            found.x = min(found.x, block);
            found.y = block;
        }
    }
    return found;
}

#endif
