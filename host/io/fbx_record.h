/* SPDX-License-Identifier: MIT */
/**
 * @file fbx_record.h
 * Records of binary FBX up to 7.4: a name, values, and nested records. Each holds its end as an
 * absolute 32-bit offset; lengths are filled in when a record is closed.
 *
 *     fmi_fbx_record r = fmi_fbx_open(w, "Objects");
 *     fmi_fbx_values_done(w, &r);              // no values; children follow
 *     fmi_fbx_leaf_int(w, "Version", 232);
 *     fmi_fbx_close(w, &r);
 *
 * A failed allocation sets failed; everything later does nothing.
 */
#ifndef FMI_FBX_RECORD_H
#define FMI_FBX_RECORD_H

#include "mesh_bytes.h"

typedef struct fmi_fbx {
    fmi_bytes *out; /**< borrowed, empty at first: offsets count from its start */
    bool failed;
} fmi_fbx;

/** A record that is being written. */
typedef struct fmi_fbx_record {
    size_t start, values_start;
    uint32_t values;
    bool nested; /**< it has children, or none of anything: a null record ends it */
} fmi_fbx_record;

void fmi_fbx_bytes(fmi_fbx *w, const void *bytes, size_t count);
void fmi_fbx_le(fmi_fbx *w, uint64_t value, size_t count); /**< count <= 8 bytes */
void fmi_fbx_zeros(fmi_fbx *w, size_t count);

fmi_fbx_record fmi_fbx_open(fmi_fbx *w, const char *name);
/** All values of r are written: what follows are its children. */
void fmi_fbx_values_done(fmi_fbx *w, fmi_fbx_record *r);
void fmi_fbx_close(fmi_fbx *w, fmi_fbx_record *r);

/* Values of an open record. */
void fmi_fbx_int(fmi_fbx *w, fmi_fbx_record *r, int32_t value);
void fmi_fbx_long(fmi_fbx *w, fmi_fbx_record *r, int64_t value);
void fmi_fbx_double(fmi_fbx *w, fmi_fbx_record *r, double value);
void fmi_fbx_blob(fmi_fbx *w, fmi_fbx_record *r, char kind, const void *bytes, size_t count);
void fmi_fbx_text(fmi_fbx *w, fmi_fbx_record *r, const char *text);
/** Object names carry their class behind a 00 01 pair. name below FMI_MESH_NAME_BYTES. */
void fmi_fbx_object(fmi_fbx *w, fmi_fbx_record *r, const char *name, const char *kind);
/** An array of count items, 'i' or 'd', not compressed: where they go; NULL = no memory. */
unsigned char *fmi_fbx_array(fmi_fbx *w, fmi_fbx_record *r, char kind, uint64_t count,
                             size_t item_bytes);
/** An array of count items that is deflated already. */
void fmi_fbx_packed(fmi_fbx *w, fmi_fbx_record *r, char kind, uint64_t count,
                    const fmi_bytes *deflated);

/* Whole records with one value. */
void fmi_fbx_leaf_int(fmi_fbx *w, const char *name, int32_t value);
void fmi_fbx_leaf_text(fmi_fbx *w, const char *name, const char *text);
void fmi_fbx_leaf_object(fmi_fbx *w, const char *name, const char *object, const char *kind);
void fmi_fbx_leaf_doubles(fmi_fbx *w, const char *name, const float *values, uint64_t count);
void fmi_fbx_leaf_indices(fmi_fbx *w, const char *name, const uint32_t *values, uint64_t count);

/** PolygonVertexIndex: the corner that ends a polygon is stored as its complement. to may be NULL.
 */
void fmi_fbx_polygons(unsigned char *to, const fmi_mesh_out *mesh);

/** The list of properties of an object; its lines have name, type, label, flags and values. */
fmi_fbx_record fmi_fbx_properties(fmi_fbx *w);
void fmi_fbx_property_int(fmi_fbx *w, const char *name, const char *type, const char *label,
                          int32_t value);
void fmi_fbx_property_double(fmi_fbx *w, const char *name, const char *type, const char *label,
                             const char *flags, double value);
void fmi_fbx_property_colour(fmi_fbx *w, const char *name, double value);
void fmi_fbx_property_text(fmi_fbx *w, const char *name, const char *type, const char *label,
                           const char *flags, const char *text);

#endif
