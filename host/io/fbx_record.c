/* SPDX-License-Identifier: MIT */
#include "fbx_record.h"

#define NULL_RECORD_BYTES 13

void fmi_fbx_bytes(fmi_fbx *w, const void *bytes, size_t count) {
    fmi_mesh_put(w->out, &w->failed, bytes, count);
}

void fmi_fbx_le(fmi_fbx *w, uint64_t value, size_t count) {
    unsigned char *to = fmi_mesh_room(w->out, &w->failed, count);
    for (size_t i = 0; to != NULL && i < count; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

void fmi_fbx_zeros(fmi_fbx *w, size_t count) {
    unsigned char *to = fmi_mesh_room(w->out, &w->failed, count);
    if (to != NULL)
        memset(to, 0, count);
}

fmi_fbx_record fmi_fbx_open(fmi_fbx *w, const char *name) {
    fmi_fbx_record r = {.start = w->out->size};
    fmi_fbx_zeros(w, 12);
    fmi_fbx_le(w, strlen(name), 1);
    fmi_fbx_bytes(w, name, strlen(name));
    r.values_start = w->out->size;
    return r;
}

static void patch(fmi_fbx *w, size_t at, size_t value) {
    for (size_t i = 0; i < 4; i++)
        w->out->data[at + i] = (unsigned char)(value >> (8 * i));
}

void fmi_fbx_values_done(fmi_fbx *w, fmi_fbx_record *r) {
    if (w->failed)
        return;
    patch(w, r->start + 4, r->values);
    patch(w, r->start + 8, w->out->size - r->values_start);
    r->nested = true;
}

void fmi_fbx_close(fmi_fbx *w, fmi_fbx_record *r) {
    if (!r->nested)
        fmi_fbx_values_done(w, r);
    else
        fmi_fbx_zeros(w, NULL_RECORD_BYTES);
    if (!w->failed)
        patch(w, r->start, w->out->size);
}

void fmi_fbx_int(fmi_fbx *w, fmi_fbx_record *r, int32_t value) {
    fmi_fbx_le(w, 'I', 1);
    fmi_fbx_le(w, (uint32_t)value, 4);
    r->values++;
}
void fmi_fbx_long(fmi_fbx *w, fmi_fbx_record *r, int64_t value) {
    fmi_fbx_le(w, 'L', 1);
    fmi_fbx_le(w, (uint64_t)value, 8);
    r->values++;
}
void fmi_fbx_double(fmi_fbx *w, fmi_fbx_record *r, double value) {
    fmi_fbx_le(w, 'D', 1);
    unsigned char *to = fmi_mesh_room(w->out, &w->failed, 8);
    if (to != NULL)
        fmi_mesh_double(to, value);
    r->values++;
}
void fmi_fbx_blob(fmi_fbx *w, fmi_fbx_record *r, char kind, const void *bytes, size_t count) {
    fmi_fbx_le(w, (unsigned char)kind, 1);
    fmi_fbx_le(w, count, 4);
    fmi_fbx_bytes(w, bytes, count);
    r->values++;
}
void fmi_fbx_text(fmi_fbx *w, fmi_fbx_record *r, const char *text) {
    fmi_fbx_blob(w, r, 'S', text, strlen(text));
}
void fmi_fbx_object(fmi_fbx *w, fmi_fbx_record *r, const char *name, const char *kind) {
    char text[FMI_MESH_NAME_BYTES + 16];
    size_t n = strlen(name);
    memcpy(text, name, n);
    text[n++] = 0;
    text[n++] = 1;
    memcpy(text + n, kind, strlen(kind));
    fmi_fbx_blob(w, r, 'S', text, n + strlen(kind));
}

void fmi_fbx_leaf_int(fmi_fbx *w, const char *name, int32_t value) {
    fmi_fbx_record r = fmi_fbx_open(w, name);
    fmi_fbx_int(w, &r, value);
    fmi_fbx_close(w, &r);
}
void fmi_fbx_leaf_text(fmi_fbx *w, const char *name, const char *text) {
    fmi_fbx_record r = fmi_fbx_open(w, name);
    fmi_fbx_text(w, &r, text);
    fmi_fbx_close(w, &r);
}
void fmi_fbx_leaf_object(fmi_fbx *w, const char *name, const char *object, const char *kind) {
    fmi_fbx_record r = fmi_fbx_open(w, name);
    fmi_fbx_object(w, &r, object, kind);
    fmi_fbx_close(w, &r);
}

enum { PLAIN = 0, DEFLATED = 1 };

static void array_head(fmi_fbx *w, fmi_fbx_record *r, char kind, uint64_t count, uint64_t encoding,
                       uint64_t bytes) {
    fmi_fbx_le(w, (unsigned char)kind, 1);
    fmi_fbx_le(w, count, 4);
    fmi_fbx_le(w, encoding, 4);
    fmi_fbx_le(w, bytes, 4);
    r->values++;
}

unsigned char *fmi_fbx_array(fmi_fbx *w, fmi_fbx_record *r, char kind, uint64_t count,
                             size_t item_bytes) {
    array_head(w, r, kind, count, PLAIN, count * item_bytes);
    return fmi_mesh_room(w->out, &w->failed, count * item_bytes);
}

void fmi_fbx_packed(fmi_fbx *w, fmi_fbx_record *r, char kind, uint64_t count,
                    const fmi_bytes *deflated) {
    array_head(w, r, kind, count, DEFLATED, deflated->size);
    fmi_fbx_bytes(w, deflated->data, deflated->size);
}

void fmi_fbx_leaf_doubles(fmi_fbx *w, const char *name, const float *values, uint64_t count) {
    fmi_fbx_record r = fmi_fbx_open(w, name);
    unsigned char *to = fmi_fbx_array(w, &r, 'd', count, 8);
    for (uint64_t i = 0; to != NULL && i < count; i++)
        to = fmi_mesh_double(to, (double)values[i]);
    fmi_fbx_close(w, &r);
}

void fmi_fbx_leaf_indices(fmi_fbx *w, const char *name, const uint32_t *values, uint64_t count) {
    fmi_fbx_record r = fmi_fbx_open(w, name);
    unsigned char *to = fmi_fbx_array(w, &r, 'i', count, 4);
    for (uint64_t i = 0; to != NULL && i < count; i++)
        to = fmi_mesh_u32(to, values[i]);
    fmi_fbx_close(w, &r);
}

static fmi_fbx_record property_open(fmi_fbx *w, const char *name, const char *type,
                                    const char *label, const char *flags) {
    fmi_fbx_record r = fmi_fbx_open(w, "P");
    fmi_fbx_text(w, &r, name);
    fmi_fbx_text(w, &r, type);
    fmi_fbx_text(w, &r, label);
    fmi_fbx_text(w, &r, flags);
    return r;
}
void fmi_fbx_property_int(fmi_fbx *w, const char *name, const char *type, const char *label,
                          int32_t value) {
    fmi_fbx_record r = property_open(w, name, type, label, "");
    fmi_fbx_int(w, &r, value);
    fmi_fbx_close(w, &r);
}
void fmi_fbx_property_double(fmi_fbx *w, const char *name, const char *type, const char *label,
                             const char *flags, double value) {
    fmi_fbx_record r = property_open(w, name, type, label, flags);
    fmi_fbx_double(w, &r, value);
    fmi_fbx_close(w, &r);
}
void fmi_fbx_property_colour(fmi_fbx *w, const char *name, double value) {
    fmi_fbx_record r = property_open(w, name, "Color", "", "A");
    for (int i = 0; i < 3; i++)
        fmi_fbx_double(w, &r, value);
    fmi_fbx_close(w, &r);
}
void fmi_fbx_property_text(fmi_fbx *w, const char *name, const char *type, const char *label,
                           const char *flags, const char *text) {
    fmi_fbx_record r = property_open(w, name, type, label, flags);
    fmi_fbx_text(w, &r, text);
    fmi_fbx_close(w, &r);
}
fmi_fbx_record fmi_fbx_properties(fmi_fbx *w) {
    fmi_fbx_record r = fmi_fbx_open(w, "Properties70");
    fmi_fbx_values_done(w, &r);
    return r;
}
