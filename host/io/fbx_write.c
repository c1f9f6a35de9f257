/* SPDX-License-Identifier: MIT */
/* Binary FBX 7.4: one mesh, one material, at most one texture. A file is a list of nested records,
 * each with its end as an absolute offset; lengths are filled in when a record is closed. */
#include "mesh_bytes.h"

#include "error.h"
#include "output.h"

#include <string.h>

#define NULL_RECORD_BYTES 13

enum {
    ID_GEOMETRY = 1000,
    ID_MODEL = 2000,
    ID_MATERIAL = 3000,
    ID_TEXTURE = 4000,
    ID_VIDEO = 5000
};

typedef struct fbx {
    fmi_bytes out;
    bool failed;
} fbx;

/** A record that is being written. */
typedef struct record {
    size_t start, values_start;
    uint32_t values;
    bool nested; /**< it has children, or none of anything: a null record ends it */
} record;

/* Bytes are composed by shifts, so the file is the same on a big-endian machine. */
static void put_bytes(fbx *w, const void *bytes, size_t count) {
    fmi_mesh_put(&w->out, &w->failed, bytes, count);
}
static void put_le(fbx *w, uint64_t value, size_t count) {
    unsigned char bytes[8];
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    put_bytes(w, bytes, count);
}
static void put_zeros(fbx *w, size_t count) {
    static const unsigned char zeros[128];
    put_bytes(w, zeros, count);
}
static uint64_t double_bits(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static record record_open(fbx *w, const char *name) {
    record r = {.start = w->out.size};
    put_zeros(w, 12);
    put_le(w, strlen(name), 1);
    put_bytes(w, name, strlen(name));
    r.values_start = w->out.size;
    return r;
}

static void patch(fbx *w, size_t at, size_t value) {
    for (size_t i = 0; i < 4; i++)
        w->out.data[at + i] = (unsigned char)(value >> (8 * i));
}

/** All values of r are written: what follows are its children. */
static void record_values_done(fbx *w, record *r) {
    if (w->failed)
        return;
    patch(w, r->start + 4, r->values);
    patch(w, r->start + 8, w->out.size - r->values_start);
    r->nested = true;
}

static void record_close(fbx *w, record *r) {
    if (!r->nested)
        record_values_done(w, r);
    else
        put_zeros(w, NULL_RECORD_BYTES);
    if (!w->failed)
        patch(w, r->start, w->out.size);
}

static void value_int(fbx *w, record *r, int32_t value) {
    put_le(w, 'I', 1);
    put_le(w, (uint32_t)value, 4);
    r->values++;
}
static void value_long(fbx *w, record *r, int64_t value) {
    put_le(w, 'L', 1);
    put_le(w, (uint64_t)value, 8);
    r->values++;
}
static void value_double(fbx *w, record *r, double value) {
    put_le(w, 'D', 1);
    put_le(w, double_bits(value), 8);
    r->values++;
}
static void value_blob(fbx *w, record *r, char kind, const void *bytes, size_t count) {
    put_le(w, (unsigned char)kind, 1);
    put_le(w, count, 4);
    put_bytes(w, bytes, count);
    r->values++;
}
static void value_text(fbx *w, record *r, const char *text) {
    value_blob(w, r, 'S', text, strlen(text));
}
/** Object names carry their class behind a 00 01 pair. */
static void value_object(fbx *w, record *r, const char *name, const char *kind) {
    char text[FMI_MESH_NAME_BYTES + 16];
    size_t n = strlen(name);
    memcpy(text, name, n);
    text[n++] = 0;
    text[n++] = 1;
    memcpy(text + n, kind, strlen(kind));
    value_blob(w, r, 'S', text, n + strlen(kind));
}

static void leaf_int(fbx *w, const char *name, int32_t value) {
    record r = record_open(w, name);
    value_int(w, &r, value);
    record_close(w, &r);
}
static void leaf_text(fbx *w, const char *name, const char *text) {
    record r = record_open(w, name);
    value_text(w, &r, text);
    record_close(w, &r);
}
static void leaf_object(fbx *w, const char *name, const char *object, const char *kind) {
    record r = record_open(w, name);
    value_object(w, &r, object, kind);
    record_close(w, &r);
}

/** Head of an array value: kind, length, encoding 0 (plain), bytes. */
static void array_head(fbx *w, record *r, char kind, uint64_t count, uint64_t item_bytes) {
    put_le(w, (unsigned char)kind, 1);
    put_le(w, count, 4);
    put_le(w, 0, 4);
    put_le(w, count * item_bytes, 4);
    r->values++;
}
static void leaf_doubles(fbx *w, const char *name, const float *values, uint64_t count) {
    record r = record_open(w, name);
    array_head(w, &r, 'd', count, 8);
    for (uint64_t i = 0; i < count; i++)
        put_le(w, double_bits((double)values[i]), 8);
    record_close(w, &r);
}
static void leaf_indices(fbx *w, const char *name, const uint32_t *values, uint64_t count) {
    record r = record_open(w, name);
    array_head(w, &r, 'i', count, 4);
    for (uint64_t i = 0; i < count; i++)
        put_le(w, values[i], 4);
    record_close(w, &r);
}

/* Lines of Properties70: name, type, label, flags, values. */
static record property_open(fbx *w, const char *name, const char *type, const char *label,
                            const char *flags) {
    record r = record_open(w, "P");
    value_text(w, &r, name);
    value_text(w, &r, type);
    value_text(w, &r, label);
    value_text(w, &r, flags);
    return r;
}
static void property_int(fbx *w, const char *name, const char *type, const char *label,
                         int32_t value) {
    record r = property_open(w, name, type, label, "");
    value_int(w, &r, value);
    record_close(w, &r);
}
static void property_double(fbx *w, const char *name, const char *type, const char *label,
                            double value) {
    record r = property_open(w, name, type, label, "");
    value_double(w, &r, value);
    record_close(w, &r);
}
static void property_colour(fbx *w, const char *name, double value) {
    record r = property_open(w, name, "Color", "", "A");
    for (int i = 0; i < 3; i++)
        value_double(w, &r, value);
    record_close(w, &r);
}
static void property_text(fbx *w, const char *name, const char *type, const char *label,
                          const char *flags, const char *text) {
    record r = property_open(w, name, type, label, flags);
    value_text(w, &r, text);
    record_close(w, &r);
}
static record properties_open(fbx *w) {
    record r = record_open(w, "Properties70");
    record_values_done(w, &r);
    return r;
}

/* Readers check that FileId, CreationTime and the footer belong together; this is the set for the
 * fixed time below, so that files do not depend on the clock. */
static const char CREATION_TIME[] = "1970-01-01 10:00:00:000";
static const unsigned char FILE_ID[16] = {0x28, 0xb3, 0x2a, 0xeb, 0xb6, 0x24, 0xcc, 0xc2,
                                          0xbf, 0xc8, 0xb0, 0x2a, 0xa9, 0x2b, 0xfc, 0xf1};
static const unsigned char FOOTER_ID[16] = {0xfa, 0xbc, 0xab, 0x09, 0xd0, 0xc8, 0xd4, 0x66,
                                            0xb1, 0x76, 0xfb, 0x83, 0x1c, 0xf7, 0x26, 0x7e};
static const unsigned char FOOTER_END[16] = {0xf8, 0x5a, 0x8c, 0x6a, 0xde, 0xf5, 0xd9, 0x7e,
                                             0xec, 0xe9, 0x0c, 0xe3, 0x75, 0x8f, 0x29, 0x0b};

static void put_time_stamp(fbx *w) {
    static const struct {
        const char *name;
        int32_t value;
    } part[] = {{"Version", 1000}, {"Year", 1970}, {"Month", 1},  {"Day", 1},
                {"Hour", 10},      {"Minute", 0},  {"Second", 0}, {"Millisecond", 0}};
    record r = record_open(w, "CreationTimeStamp");
    record_values_done(w, &r);
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        leaf_int(w, part[i].name, part[i].value);
    record_close(w, &r);
}

static void put_header(fbx *w) {
    put_bytes(w, "Kaydara FBX Binary  \0\x1a\0", 23);
    put_le(w, 7400, 4);
    record r = record_open(w, "FBXHeaderExtension");
    record_values_done(w, &r);
    leaf_int(w, "FBXHeaderVersion", 1003);
    leaf_int(w, "FBXVersion", 7400);
    leaf_int(w, "EncryptionType", 0);
    put_time_stamp(w);
    leaf_text(w, "Creator", "facemorph");
    record_close(w, &r);
    r = record_open(w, "FileId");
    value_blob(w, &r, 'R', FILE_ID, sizeof FILE_ID);
    record_close(w, &r);
    leaf_text(w, "CreationTime", CREATION_TIME);
    leaf_text(w, "Creator", "facemorph");
}

/** Y up, Z to the front, X to the right; a unit is 100 cm. */
static void put_settings(fbx *w) {
    static const struct {
        const char *name;
        int32_t value;
    } axis[] = {{"UpAxis", 1},        {"UpAxisSign", 1}, {"FrontAxis", 2},
                {"FrontAxisSign", 1}, {"CoordAxis", 0},  {"CoordAxisSign", 1}};
    record r = record_open(w, "GlobalSettings");
    record_values_done(w, &r);
    leaf_int(w, "Version", 1000);
    record list = properties_open(w);
    for (size_t i = 0; i < sizeof axis / sizeof axis[0]; i++)
        property_int(w, axis[i].name, "int", "Integer", axis[i].value);
    property_double(w, "UnitScaleFactor", "double", "Number", 100.0);
    property_double(w, "OriginalUnitScaleFactor", "double", "Number", 100.0);
    record_close(w, &list);
    record_close(w, &r);
}

static void put_documents(fbx *w) {
    record r = record_open(w, "Documents");
    record_values_done(w, &r);
    leaf_int(w, "Count", 1);
    record document = record_open(w, "Document");
    value_long(w, &document, 9000);
    value_text(w, &document, "Scene");
    value_text(w, &document, "Scene");
    record_values_done(w, &document);
    record root = record_open(w, "RootNode");
    value_long(w, &root, 0);
    record_close(w, &root);
    record_close(w, &document);
    record_close(w, &r);
    r = record_open(w, "References");
    record_values_done(w, &r);
    record_close(w, &r);
}

static void put_definitions(fbx *w, bool textured) {
    static const char *const kind[] = {"GlobalSettings", "Geometry", "Model",
                                       "Material",       "Texture",  "Video"};
    int32_t count = textured ? 6 : 4;
    record r = record_open(w, "Definitions");
    record_values_done(w, &r);
    leaf_int(w, "Version", 100);
    leaf_int(w, "Count", count);
    for (int32_t i = 0; i < count; i++) {
        record type = record_open(w, "ObjectType");
        value_text(w, &type, kind[i]);
        record_values_done(w, &type);
        leaf_int(w, "Count", 1);
        record_close(w, &type);
    }
    record_close(w, &r);
}

/** The corner that ends a polygon is stored as its complement. */
static void put_polygons(fbx *w, const fmi_mesh_out *mesh) {
    record r = record_open(w, "PolygonVertexIndex");
    array_head(w, &r, 'i', mesh->corner_count, 4);
    size_t corner = 0;
    for (uint32_t i = 0; i < mesh->polygon_count; i++)
        for (uint32_t k = mesh->polygon_sizes[i]; k-- > 0; corner++)
            put_le(w, k == 0 ? ~mesh->position_index[corner] : mesh->position_index[corner], 4);
    record_close(w, &r);
}

static record layer_open(fbx *w, const char *kind, int32_t version, const char *name,
                         const char *mapping, const char *reference) {
    record r = record_open(w, kind);
    value_int(w, &r, 0);
    record_values_done(w, &r);
    leaf_int(w, "Version", version);
    leaf_text(w, "Name", name);
    leaf_text(w, "MappingInformationType", mapping);
    leaf_text(w, "ReferenceInformationType", reference);
    return r;
}

static void put_layer_data(fbx *w, const fmi_mesh_out *mesh) {
    static const uint32_t first_material;
    if (mesh->normals) {
        record r = layer_open(w, "LayerElementNormal", 101, "", "ByVertice", "Direct");
        leaf_doubles(w, "Normals", mesh->normals, (uint64_t)mesh->position_count * 3);
        record_close(w, &r);
    }
    if (mesh->uvs) {
        record r =
            layer_open(w, "LayerElementUV", 101, "UVMap", "ByPolygonVertex", "IndexToDirect");
        leaf_doubles(w, "UV", mesh->uvs, (uint64_t)mesh->uv_count * 2);
        leaf_indices(w, "UVIndex", mesh->uv_index, mesh->corner_count);
        record_close(w, &r);
    }
    record r = layer_open(w, "LayerElementMaterial", 101, "", "AllSame", "IndexToDirect");
    leaf_indices(w, "Materials", &first_material, 1);
    record_close(w, &r);
}

static void put_layer_list(fbx *w, const fmi_mesh_out *mesh) {
    static const char *const kind[] = {"LayerElementNormal", "LayerElementUV",
                                       "LayerElementMaterial"};
    bool present[] = {mesh->normals != NULL, mesh->uvs != NULL, true};
    record r = record_open(w, "Layer");
    value_int(w, &r, 0);
    record_values_done(w, &r);
    leaf_int(w, "Version", 100);
    for (size_t i = 0; i < 3; i++) {
        if (!present[i])
            continue;
        record element = record_open(w, "LayerElement");
        record_values_done(w, &element);
        leaf_text(w, "Type", kind[i]);
        leaf_int(w, "TypedIndex", 0);
        record_close(w, &element);
    }
    record_close(w, &r);
}

static record object_open(fbx *w, const char *record_name, int64_t id, const char *name,
                          const char *kind, const char *subkind) {
    record r = record_open(w, record_name);
    value_long(w, &r, id);
    value_object(w, &r, name, kind);
    value_text(w, &r, subkind);
    record_values_done(w, &r);
    return r;
}

static void put_geometry(fbx *w, const fmi_mesh_out *mesh, const char *name) {
    record r = object_open(w, "Geometry", ID_GEOMETRY, name, "Geometry", "Mesh");
    leaf_int(w, "GeometryVersion", 124);
    leaf_doubles(w, "Vertices", mesh->positions, (uint64_t)mesh->position_count * 3);
    put_polygons(w, mesh);
    put_layer_data(w, mesh);
    put_layer_list(w, mesh);
    record_close(w, &r);
}

static void put_model(fbx *w, const fmi_mesh_out *mesh, const char *name) {
    record r = object_open(w, "Model", ID_MODEL, name, "Model", "Mesh");
    leaf_int(w, "Version", 232);
    record list = properties_open(w);
    property_int(w, "DefaultAttributeIndex", "int", "Integer", 0);
    for (uint32_t i = 0; i < mesh->note_count; i++) {
        char key[FMI_MESH_NAME_BYTES], value[FMI_MESH_NAME_BYTES];
        fmi_mesh_name(key, sizeof key, mesh->notes[i].name, "note");
        fmi_mesh_name(value, sizeof value, mesh->notes[i].value, "");
        property_text(w, key, "KString", "", "U", value);
    }
    record_close(w, &list);
    leaf_text(w, "Culling", "CullingOff");
    record_close(w, &r);
}

static void put_material(fbx *w, const char *name) {
    record r = object_open(w, "Material", ID_MATERIAL, name, "Material", "");
    leaf_int(w, "Version", 102);
    leaf_text(w, "ShadingModel", "phong");
    leaf_int(w, "MultiLayer", 0);
    record list = properties_open(w);
    property_colour(w, "DiffuseColor", 1.0);
    property_colour(w, "SpecularColor", 0.05);
    property_double(w, "ShininessExponent", "Number", "", 64.0);
    record_close(w, &list);
    record_close(w, &r);
}

static void put_texture(fbx *w, const char *path) {
    record r = object_open(w, "Video", ID_VIDEO, path, "Video", "Clip");
    leaf_text(w, "Type", "Clip");
    record list = properties_open(w);
    property_text(w, "Path", "KString", "XRefUrl", "", path);
    record_close(w, &list);
    leaf_int(w, "UseMipMap", 0);
    leaf_text(w, "Filename", path);
    leaf_text(w, "RelativeFilename", path);
    record_close(w, &r);
    r = object_open(w, "Texture", ID_TEXTURE, path, "Texture", "");
    leaf_text(w, "Type", "TextureVideoClip");
    leaf_int(w, "Version", 202);
    leaf_object(w, "TextureName", path, "Texture");
    leaf_object(w, "Media", path, "Video");
    leaf_text(w, "FileName", path);
    leaf_text(w, "RelativeFilename", path);
    list = properties_open(w);
    property_text(w, "UVSet", "KString", "", "", "UVMap");
    property_int(w, "UseMaterial", "bool", "", 1);
    record_close(w, &list);
    record_close(w, &r);
}

static void put_objects(fbx *w, const fmi_mesh_out *mesh) {
    char name[FMI_MESH_NAME_BYTES];
    record r = record_open(w, "Objects");
    record_values_done(w, &r);
    fmi_mesh_name(name, sizeof name, mesh->name, "mesh");
    put_geometry(w, mesh, name);
    put_model(w, mesh, name);
    put_material(w, fmi_mesh_name(name, sizeof name, mesh->material, "skin"));
    if (mesh->texture)
        put_texture(w, fmi_mesh_name(name, sizeof name, mesh->texture, ""));
    record_close(w, &r);
}

static void put_link(fbx *w, int64_t child, int64_t parent, const char *property) {
    record r = record_open(w, "C");
    value_text(w, &r, property ? "OP" : "OO");
    value_long(w, &r, child);
    value_long(w, &r, parent);
    if (property)
        value_text(w, &r, property);
    record_close(w, &r);
}

static void put_connections(fbx *w, bool textured) {
    record r = record_open(w, "Connections");
    record_values_done(w, &r);
    put_link(w, ID_MODEL, 0, NULL);
    put_link(w, ID_GEOMETRY, ID_MODEL, NULL);
    put_link(w, ID_MATERIAL, ID_MODEL, NULL);
    if (textured) {
        put_link(w, ID_TEXTURE, ID_MATERIAL, "DiffuseColor");
        put_link(w, ID_VIDEO, ID_TEXTURE, NULL);
    }
    record_close(w, &r);
}

static void put_footer(fbx *w) {
    put_zeros(w, NULL_RECORD_BYTES);
    put_bytes(w, FOOTER_ID, sizeof FOOTER_ID);
    put_zeros(w, 4);
    put_zeros(w, 16 - w->out.size % 16);
    put_le(w, 7400, 4);
    put_zeros(w, 120);
    put_bytes(w, FOOTER_END, sizeof FOOTER_END);
}

/** Upper bound of the file from its arrays: offsets are 32 bits wide. */
static bool too_large(const fmi_mesh_out *mesh) {
    uint64_t bytes = (uint64_t)mesh->position_count * (mesh->normals ? 48 : 24) +
                     (uint64_t)mesh->corner_count * (mesh->uvs ? 8 : 4) +
                     (mesh->uvs ? (uint64_t)mesh->uv_count * 16 : 0);
    return bytes + (UINT64_C(1) << 20) > UINT32_MAX;
}

fm_status fmi_fbx_write(const fmi_mesh_out *mesh, const char *path, fm_error *err) {
    fbx w = {0};
    fm_status status = fmi_mesh_out_check(mesh, err);
    if (status != FM_OK)
        return status;
    if (too_large(mesh))
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "%s: a mesh of %u corners does not fit into FBX 7.4 (4 GiB); write OBJ",
                        path, mesh->corner_count);
    put_header(&w);
    put_settings(&w);
    put_documents(&w);
    put_definitions(&w, mesh->texture != NULL);
    put_objects(&w, mesh);
    put_connections(&w, mesh->texture != NULL);
    put_footer(&w);
    status = w.failed ? fmi_fail(err, FM_ERROR_HOST_MEMORY,
                                 "no memory for %s; write a smaller mesh", path)
                      : fmi_output_write(path, w.out.data, w.out.size, err);
    fmi_bytes_free(&w.out);
    return status;
}
