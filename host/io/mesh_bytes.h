/* SPDX-License-Identifier: MIT */
/**
 * @file mesh_bytes.h
 * What the mesh writers share: bytes that grow, the check of the mesh they are given, and the
 * numbering of vertices for formats that have one index per corner.
 */
#ifndef FMI_MESH_BYTES_H
#define FMI_MESH_BYTES_H

#include "image.h"
#include "mesh_write.h"

#include <stdbool.h>
#include <string.h>

/** Makes room for count more bytes and returns it, counted as written; NULL when there is none: a
 *  failed allocation sets *failed. */
unsigned char *fmi_mesh_room(fmi_bytes *out, bool *failed, size_t count);
/** Appends count bytes. A failed allocation sets *failed; later calls then do nothing, so a writer
 *  checks once at its end. */
void fmi_mesh_put(fmi_bytes *out, bool *failed, const void *bytes, size_t count);

/* Numbers in little-endian bytes, composed by shifts: the same file on a big-endian machine.
 * Each returns the place behind. */
static inline unsigned char *fmi_mesh_u16(unsigned char *to, uint32_t value) {
    to[0] = (unsigned char)value;
    to[1] = (unsigned char)(value >> 8);
    return to + 2;
}
static inline unsigned char *fmi_mesh_u32(unsigned char *to, uint32_t value) {
    return fmi_mesh_u16(fmi_mesh_u16(to, value), value >> 16);
}
static inline unsigned char *fmi_mesh_float(unsigned char *to, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return fmi_mesh_u32(to, bits);
}
static inline unsigned char *fmi_mesh_double(unsigned char *to, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return fmi_mesh_u32(fmi_mesh_u32(to, (uint32_t)bits), (uint32_t)(bits >> 32));
}

/** Refuses an empty mesh, sums that do not agree, indices outside their arrays and numbers that are
 *  not finite. */
fm_status fmi_mesh_out_check(const fmi_mesh_out *mesh, fm_error *err);

/**
 * One index per corner, for GLB and PLY: a vertex has one position and one UV. Where every UV
 * belongs to one position, as in a joined pair, the UVs are the vertices; without UVs the positions
 * are; else every corner is a vertex of its own.
 */
typedef struct fmi_mesh_vertices {
    uint32_t count;
    const uint32_t *corner;   /**< vertex of each corner; NULL = the corner's own number */
    const uint32_t *position; /**< position of each vertex; NULL = the vertex's own number */
    const uint32_t *uv;       /**< UV of each vertex; NULL = the vertex's own number */
    uint32_t *storage;
} fmi_mesh_vertices;

/** Free with fmi_mesh_vertices_free. mesh is borrowed as long as vertices is used. */
fm_status fmi_mesh_vertices_make(fmi_mesh_vertices *vertices, const fmi_mesh_out *mesh,
                                 fm_error *err);
void fmi_mesh_vertices_free(fmi_mesh_vertices *vertices);

/** index[i], or i itself without an index. */
static inline size_t fmi_mesh_at(const uint32_t *index, size_t i) {
    return index != NULL ? index[i] : i;
}

/* The two formats that have a shared part; the polygons of OBJ name normals when has_normals. */
fm_status fmi_fbx_shared(fmi_mesh_shared *shared, const fmi_mesh_out *mesh, fm_error *err);
fm_status fmi_obj_shared(fmi_mesh_shared *shared, const fmi_mesh_out *mesh, bool has_normals,
                         fm_error *err);

#define FMI_MESH_NAME_BYTES 512 /**< longer names are cut, longer texture paths refused */
/** Copies text with control bytes as '_', always terminated: a name must not end a line or a
 *  record. Returns out. */
char *fmi_mesh_name(char *out, size_t out_bytes, const char *text, const char *fallback);

/** The value of a note as text: its words, or its number as fmi_float_text. Returns out. */
char *fmi_mesh_note_text(char out[FMI_MESH_NAME_BYTES], const fmi_mesh_note *note);

#endif
