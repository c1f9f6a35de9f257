/* SPDX-License-Identifier: MIT */
/**
 * @file fm_shared.h
 * Constants and parameter structs that the host (C11) and the kernels (OpenCL C 1.2) both read.
 *
 * Rules: fixed-size members only; no pointers, bool, size_t or three-component vectors; every
 * struct a multiple of 16 bytes. probe.cl reports each size and offset, and the engine compares
 * them with its own on every device before anything else runs.
 */
#ifndef FM_SHARED_H
#define FM_SHARED_H

#ifdef __OPENCL_VERSION__
typedef int fm_i32;
typedef uint fm_u32;
typedef float fm_f32;
#else
#include <stdint.h>
typedef int32_t fm_i32;
typedef uint32_t fm_u32;
typedef float fm_f32;
#endif

/* Sub-pixel grid: positions are snapped to 1/16 pixel, snap(x) = floor(16 x + 0.5). Pixel centres
 * are at i + 0.5. */
#define FM_SUBPIXEL_BITS 4
#define FM_SUBPIXEL 16
#define FM_SUBPIXEL_HALF 8

/* Snapped coordinates beyond +- FM_GUARD would overflow the 32-bit edge values of a tile; a
 * triangle with such a corner, or with one not beyond the near plane, is rejected and counted. */
#define FM_GUARD 1048576
#define FM_OUTSIDE (-2147483647 - 1) /* snapped x of a vertex that rejects its triangles */

/* Phong reflection, point light FM_LIGHT_BACK behind the camera. */
#define FM_LIGHT_BACK 0.5f
#define FM_LIGHT_AMBIENT 0.6f
#define FM_LIGHT_DIFFUSE 0.5f
#define FM_LIGHT_SPECULAR 0.05f
#define FM_LIGHT_SHININESS 64
#define FM_GREY 0.7f /* colour of an untextured head */

/* Texels: A and B interleaved, 8 bytes each pair: A.r A.g A.b A.k B.r B.g B.b B.k; k is 255,
 * or 0 for a texel of level 0 that was background and is filled. Each mip level
 * is stored with one more column and one more row than it has (copies of the last), so that a
 * bilinear fetch at the border needs no test. */
#define FM_MAX_MIPS 16
#define FM_TEXEL_BYTES 8

/* A texel of an 8-bit picture is "background" only when all its channels are at most this. */
#define FM_BACKGROUND_MAX 25
/* The heatmaps leave out texels with R + G + B up to this: a mean below 0.1. */
#define FM_HEATMAP_DARK 76

/* Small solves: from this n on the matrices that elimination doubts are reviewed before the SVD. */
#define FM_SOLVE_REVIEW_N 12
#define FM_SOLVE_COUNTS 8 /* counters of a batch of solves */

/* Bytes that one item of fm_probe_sum adds up. */
#define FM_SUM_BYTES 16384

/** One mip level. 16 bytes. */
typedef struct fm_mip {
    fm_i32 width, height; /* texels of the level */
    fm_i32 pitch;         /* texel pairs from row to row: width + 1 */
    fm_u32 offset;        /* texel pairs before the level */
} fm_mip;

/** Camera, picture and list geometry of one render: constant over its frames. A picture that does
 * not fit the memory is drawn in strips: then height and tiles_y are those of the strip. */
typedef struct fm_scene {
    fm_f32 to_camera[12]; /* rows of a 3 x 4 matrix: model (centred) to camera; looks to -z */
    fm_f32 focal_px;      /* (height / 2) / tan(fov / 2) */
    fm_f32 half_width, half_height; /* pixels */
    fm_f32 near_w;                  /* smallest w = -z of a vertex that may be drawn */
    fm_i32 width, height;           /* pixels */
    fm_i32 tiles_x, tiles_y;
    fm_u32 vertices, triangles;
    fm_u32 chunks; /* slices of the triangle list */
    fm_u32 list_per_frame;
    fm_u32 background; /* RGBA, R in the lowest byte */
    fm_u32 cull;       /* 1: back faces are dropped */
    fm_u32 mips;       /* levels; 0 = untextured */
    fm_i32 first_row;  /* of the picture; height, tiles_y and rows count from here */
    fm_mip mip[FM_MAX_MIPS];
} fm_scene;

/** Counters of one frame, written by the raster kernels, read back with the pixels. */
typedef struct fm_frame_counts {
    fm_u32 covered, clipped; /* pixels */
    fm_u32 rejected;         /* triangles outside near plane or guard band */
    fm_u32 list_needed;      /* bin entries; > list_per_frame = run again with more */
} fm_frame_counts;

#endif
