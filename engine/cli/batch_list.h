/* SPDX-License-Identifier: MIT */
/**
 * @file batch_list.h
 * The pairs of a batch, in an order that every machine sees alike.
 *
 * A folder: every unordered pair of its mesh files, sorted by name; of files that share a stem one
 * counts, FBX before OBJ, GLB, glTF, PLY; at least two. A table (CSV): columns a and b, paths
 * relative to the table's folder, and optionally texture_a and texture_b.
 */
#ifndef FMI_CLI_BATCH_LIST_H
#define FMI_CLI_BATCH_LIST_H

#include <fm/status.h>

#include <stddef.h>
#include <stdint.h>

/** Zeroed = none. Free with fmi_batch_list_free. */
typedef struct fmi_batch_list {
    char **paths, **textures; /**< of the meshes; a texture NULL = as the material says */
    uint32_t meshes;
    uint64_t pairs;
    uint32_t *sides; /**< 2 a pair: meshes of A and B; NULL = all unordered pairs */
    char **folders;  /**< of each pair below the output folder, all different; NULL = A_B */
} fmi_batch_list;

/** @retval FM_ERROR_BAD_INPUT no folder and no such table, or fewer than two meshes */
fm_status fmi_batch_list_read(fmi_batch_list *list, const char *path, fm_error *err);
void fmi_batch_list_free(fmi_batch_list *list);

/** Meshes of pair n < pairs. */
void fmi_batch_list_pair(const fmi_batch_list *list, uint64_t n, uint32_t side[2]);
/** A_B of the pair; later pairs of the same name get -2, -3 ..., as no other pair is called. */
void fmi_batch_list_name(const fmi_batch_list *list, uint64_t n, char *out, size_t out_bytes);

#endif
