/* SPDX-License-Identifier: MIT */
/**
 * @file glb_check.h
 * A strict reader of binary glTF 2.0 that knows nothing of our writer: lengths, paddings,
 * alignments, bounds against the numbers themselves, indices, targets, animations and pictures, by
 * the rules of the glTF 2.0 specification (Khronos; sections 3.6, 3.7, 3.11 and 4.4).
 */
#ifndef GLB_CHECK_H
#define GLB_CHECK_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/** What was found, for assertions about the content. Free with glb_free. */
typedef struct glb_file {
    json_t *json;
    const unsigned char *bin; /**< into the caller's bytes */
    size_t bin_bytes;
} glb_file;

/** NULL when the bytes are a valid GLB with one mesh of one primitive at most; else what is wrong
 *  with them. file may be NULL. */
const char *glb_check(const void *bytes, size_t count, glb_file *file);
void glb_free(glb_file *file);

/** Component k of element i of an accessor, as a number. */
double glb_value(const glb_file *file, int accessor, size_t i, size_t k);
/** Elements of an accessor. */
size_t glb_count(const glb_file *file, int accessor);
/** The accessor that a path like "meshes.0.primitives.0.indices" names; -1 = none. */
int glb_index(const glb_file *file, const char *path);
/** The value at such a path; NULL = none. */
const json_t *glb_at(const glb_file *file, const char *path);

#endif
