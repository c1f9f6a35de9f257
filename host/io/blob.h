/* SPDX-License-Identifier: MIT */
/**
 * @file blob.h
 * The flat, pointer-free form of an imported mesh: one block of bytes with offsets and counts, so
 * that its maker can move into a confined child process without touching anything else.
 */
#ifndef FMI_BLOB_H
#define FMI_BLOB_H

#include <fm/mesh.h>
#include <fm/status.h>

#include <stddef.h>

#define FMI_BLOB_MAGIC 0x314D4246U /**< "FBM1" little-endian */

/** Header at the start of the block; all offsets from the block's start, 8-byte aligned. */
typedef struct fmi_blob {
    uint32_t magic;
    uint32_t header_bytes;
    uint64_t total_bytes;
    uint64_t hash; /**< of everything behind this member, by fmi_blob_hash */
    uint32_t corner_count, polygon_count, run_count, texture_count;
    uint64_t positions_offset; /**< float[corner_count * 3], metres, Y up */
    uint64_t uvs_offset;       /**< float[corner_count * 2], 0 = none */
    uint64_t sizes_offset;     /**< uint32_t[polygon_count] */
    uint64_t runs_offset;      /**< fmi_blob_run[run_count], sorted by name */
    uint64_t textures_offset;  /**< fmi_blob_texture[texture_count] */
    uint64_t strings_offset, strings_bytes;
    uint32_t record_count; /**< position records: distinct corner positions in this file alone */
    uint32_t uv_count;     /**< distinct corner UVs; 0 = none */
} fmi_blob;

/** One run of polygons with one material. */
typedef struct fmi_blob_run {
    uint64_t name_offset; /**< from strings_offset, zero-terminated */
    uint32_t first_polygon, polygon_count;
    uint32_t texture; /**< index into textures, UINT32_MAX = none */
    uint32_t reserved;
} fmi_blob_run;

/** A texture a material names: a path as stored in the file, or embedded bytes. */
typedef struct fmi_blob_texture {
    uint64_t path_offset;             /**< from strings_offset */
    uint64_t data_offset, data_bytes; /**< compressed PNG or JPEG bytes; 0 = not embedded */
} fmi_blob_texture;

/** The hash of a block whose total_bytes is set. */
uint64_t fmi_blob_hash(const fmi_blob *blob);
/** Checks every offset, count, order and float of a block of bytes. */
fm_status fmi_blob_validate(const void *block, size_t bytes, const char *label, fm_error *err);
/**
 * Views a valid blob as fm_mesh. runs is scratch of run_count entries the view points into: free
 * it with free() after use.
 */
fm_status fmi_blob_view(const fmi_blob *blob, const char *label, fm_mesh *mesh,
                        fm_material_run **runs, fm_error *err);

#endif
