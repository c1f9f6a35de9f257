/* SPDX-License-Identifier: MIT */
/**
 * @file mesh_bytes.h
 * What the two mesh writers share: bytes that grow, and the check of the mesh they are given.
 */
#ifndef FMI_MESH_BYTES_H
#define FMI_MESH_BYTES_H

#include "image.h"
#include "mesh_write.h"

#include <stdbool.h>

/** Appends count bytes. A failed allocation sets *failed; later calls then do nothing, so a writer
 *  checks once at its end. */
void fmi_mesh_put(fmi_bytes *out, bool *failed, const void *bytes, size_t count);

/** Refuses an empty mesh, sums that do not agree and indices outside their arrays. */
fm_status fmi_mesh_out_check(const fmi_mesh_out *mesh, fm_error *err);

#define FMI_MESH_NAME_BYTES 512 /**< longer names are cut, longer texture paths refused */
/** Copies text with control bytes as '_', always terminated: a name must not end a line or a
 *  record. Returns out. */
char *fmi_mesh_name(char *out, size_t out_bytes, const char *text, const char *fallback);

#define FMI_FLOAT_BYTES 24 /**< room for any float as text, terminator included */
/** Writes x with the fewest digits that read back as the same float; returns the length. Never
 *  depends on the locale. x must be finite. */
size_t fmi_float_text(char out[FMI_FLOAT_BYTES], float x);

#endif
