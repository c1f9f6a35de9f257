/* SPDX-License-Identifier: MIT */
/* Binary FBX 7.4: one mesh, one material, at most one texture. */
#include "fbx_record.h"

#include "error.h"

#define NULL_RECORD_BYTES 13

enum {
    ID_GEOMETRY = 1000,
    ID_MODEL = 2000,
    ID_MATERIAL = 3000,
    ID_TEXTURE = 4000,
    ID_VIDEO = 5000
};

/* Readers check that FileId, CreationTime and the footer belong together; this is the set for the
 * fixed time below, so that files do not depend on the clock. */
static const char CREATION_TIME[] = "1970-01-01 10:00:00:000";
static const unsigned char FILE_ID[16] = {0x28, 0xb3, 0x2a, 0xeb, 0xb6, 0x24, 0xcc, 0xc2,
                                          0xbf, 0xc8, 0xb0, 0x2a, 0xa9, 0x2b, 0xfc, 0xf1};
static const unsigned char FOOTER_ID[16] = {0xfa, 0xbc, 0xab, 0x09, 0xd0, 0xc8, 0xd4, 0x66,
                                            0xb1, 0x76, 0xfb, 0x83, 0x1c, 0xf7, 0x26, 0x7e};
static const unsigned char FOOTER_END[16] = {0xf8, 0x5a, 0x8c, 0x6a, 0xde, 0xf5, 0xd9, 0x7e,
                                             0xec, 0xe9, 0x0c, 0xe3, 0x75, 0x8f, 0x29, 0x0b};

static void put_time_stamp(fmi_fbx *w) {
    static const struct {
        const char *name;
        int32_t value;
    } part[] = {{"Version", 1000}, {"Year", 1970}, {"Month", 1},  {"Day", 1},
                {"Hour", 10},      {"Minute", 0},  {"Second", 0}, {"Millisecond", 0}};
    fmi_fbx_record r = fmi_fbx_open(w, "CreationTimeStamp");
    fmi_fbx_values_done(w, &r);
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        fmi_fbx_leaf_int(w, part[i].name, part[i].value);
    fmi_fbx_close(w, &r);
}

static void put_header(fmi_fbx *w) {
    fmi_fbx_bytes(w, "Kaydara FBX Binary  \0\x1a\0", 23);
    fmi_fbx_le(w, 7400, 4);
    fmi_fbx_record r = fmi_fbx_open(w, "FBXHeaderExtension");
    fmi_fbx_values_done(w, &r);
    fmi_fbx_leaf_int(w, "FBXHeaderVersion", 1003);
    fmi_fbx_leaf_int(w, "FBXVersion", 7400);
    fmi_fbx_leaf_int(w, "EncryptionType", 0);
    put_time_stamp(w);
    fmi_fbx_leaf_text(w, "Creator", "facemorph");
    fmi_fbx_close(w, &r);
    r = fmi_fbx_open(w, "FileId");
    fmi_fbx_blob(w, &r, 'R', FILE_ID, sizeof FILE_ID);
    fmi_fbx_close(w, &r);
    fmi_fbx_leaf_text(w, "CreationTime", CREATION_TIME);
    fmi_fbx_leaf_text(w, "Creator", "facemorph");
}

/** Y up, Z to the front, X to the right; a unit is 100 cm. */
static void put_settings(fmi_fbx *w) {
    static const struct {
        const char *name;
        int32_t value;
    } axis[] = {{"UpAxis", 1},        {"UpAxisSign", 1}, {"FrontAxis", 2},
                {"FrontAxisSign", 1}, {"CoordAxis", 0},  {"CoordAxisSign", 1}};
    fmi_fbx_record r = fmi_fbx_open(w, "GlobalSettings");
    fmi_fbx_values_done(w, &r);
    fmi_fbx_leaf_int(w, "Version", 1000);
    fmi_fbx_record list = fmi_fbx_properties(w);
    for (size_t i = 0; i < sizeof axis / sizeof axis[0]; i++)
        fmi_fbx_property_int(w, axis[i].name, "int", "Integer", axis[i].value);
    fmi_fbx_property_double(w, "UnitScaleFactor", "double", "Number", "", 100.0);
    fmi_fbx_property_double(w, "OriginalUnitScaleFactor", "double", "Number", "", 100.0);
    fmi_fbx_close(w, &list);
    fmi_fbx_close(w, &r);
}

static void put_documents(fmi_fbx *w) {
    fmi_fbx_record r = fmi_fbx_open(w, "Documents");
    fmi_fbx_values_done(w, &r);
    fmi_fbx_leaf_int(w, "Count", 1);
    fmi_fbx_record document = fmi_fbx_open(w, "Document");
    fmi_fbx_long(w, &document, 9000);
    fmi_fbx_text(w, &document, "Scene");
    fmi_fbx_text(w, &document, "Scene");
    fmi_fbx_values_done(w, &document);
    fmi_fbx_record root = fmi_fbx_open(w, "RootNode");
    fmi_fbx_long(w, &root, 0);
    fmi_fbx_close(w, &root);
    fmi_fbx_close(w, &document);
    fmi_fbx_close(w, &r);
    r = fmi_fbx_open(w, "References");
    fmi_fbx_values_done(w, &r);
    fmi_fbx_close(w, &r);
}

static void put_definitions(fmi_fbx *w, bool textured) {
    static const char *const kind[] = {"GlobalSettings", "Geometry", "Model",
                                       "Material",       "Texture",  "Video"};
    int32_t count = textured ? 6 : 4;
    fmi_fbx_record r = fmi_fbx_open(w, "Definitions");
    fmi_fbx_values_done(w, &r);
    fmi_fbx_leaf_int(w, "Version", 100);
    fmi_fbx_leaf_int(w, "Count", count);
    for (int32_t i = 0; i < count; i++) {
        fmi_fbx_record type = fmi_fbx_open(w, "ObjectType");
        fmi_fbx_text(w, &type, kind[i]);
        fmi_fbx_values_done(w, &type);
        fmi_fbx_leaf_int(w, "Count", 1);
        fmi_fbx_close(w, &type);
    }
    fmi_fbx_close(w, &r);
}

static void put_polygons(fmi_fbx *w, const fmi_mesh_out *mesh) {
    fmi_fbx_record r = fmi_fbx_open(w, "PolygonVertexIndex");
    if (mesh->shared)
        fmi_fbx_packed(w, &r, 'i', mesh->corner_count, &mesh->shared->polygons);
    else
        fmi_fbx_polygons(fmi_fbx_array(w, &r, 'i', mesh->corner_count, 4), mesh);
    fmi_fbx_close(w, &r);
}

static void put_uvs(fmi_fbx *w, const fmi_mesh_out *mesh) {
    if (!mesh->shared) {
        fmi_fbx_leaf_doubles(w, "UV", mesh->uvs, (uint64_t)mesh->uv_count * 2);
        fmi_fbx_leaf_indices(w, "UVIndex", mesh->uv_index, mesh->corner_count);
        return;
    }
    fmi_fbx_record r = fmi_fbx_open(w, "UV");
    fmi_fbx_packed(w, &r, 'd', (uint64_t)mesh->uv_count * 2, &mesh->shared->uvs);
    fmi_fbx_close(w, &r);
    r = fmi_fbx_open(w, "UVIndex");
    fmi_fbx_packed(w, &r, 'i', mesh->corner_count, &mesh->shared->uv_index);
    fmi_fbx_close(w, &r);
}

static fmi_fbx_record layer_open(fmi_fbx *w, const char *kind, int32_t version, const char *name,
                                 const char *mapping, const char *reference) {
    fmi_fbx_record r = fmi_fbx_open(w, kind);
    fmi_fbx_int(w, &r, 0);
    fmi_fbx_values_done(w, &r);
    fmi_fbx_leaf_int(w, "Version", version);
    fmi_fbx_leaf_text(w, "Name", name);
    fmi_fbx_leaf_text(w, "MappingInformationType", mapping);
    fmi_fbx_leaf_text(w, "ReferenceInformationType", reference);
    return r;
}

static void put_layer_data(fmi_fbx *w, const fmi_mesh_out *mesh) {
    static const uint32_t first_material;
    if (mesh->normals) {
        fmi_fbx_record r = layer_open(w, "LayerElementNormal", 101, "", "ByVertice", "Direct");
        fmi_fbx_leaf_doubles(w, "Normals", mesh->normals, (uint64_t)mesh->position_count * 3);
        fmi_fbx_close(w, &r);
    }
    if (mesh->uvs) {
        fmi_fbx_record r =
            layer_open(w, "LayerElementUV", 101, "UVMap", "ByPolygonVertex", "IndexToDirect");
        put_uvs(w, mesh);
        fmi_fbx_close(w, &r);
    }
    fmi_fbx_record r = layer_open(w, "LayerElementMaterial", 101, "", "AllSame", "IndexToDirect");
    fmi_fbx_leaf_indices(w, "Materials", &first_material, 1);
    fmi_fbx_close(w, &r);
}

static void put_layer_list(fmi_fbx *w, const fmi_mesh_out *mesh) {
    static const char *const kind[] = {"LayerElementNormal", "LayerElementUV",
                                       "LayerElementMaterial"};
    bool present[] = {mesh->normals != NULL, mesh->uvs != NULL, true};
    fmi_fbx_record r = fmi_fbx_open(w, "Layer");
    fmi_fbx_int(w, &r, 0);
    fmi_fbx_values_done(w, &r);
    fmi_fbx_leaf_int(w, "Version", 100);
    for (size_t i = 0; i < 3; i++) {
        if (!present[i])
            continue;
        fmi_fbx_record element = fmi_fbx_open(w, "LayerElement");
        fmi_fbx_values_done(w, &element);
        fmi_fbx_leaf_text(w, "Type", kind[i]);
        fmi_fbx_leaf_int(w, "TypedIndex", 0);
        fmi_fbx_close(w, &element);
    }
    fmi_fbx_close(w, &r);
}

static fmi_fbx_record object_open(fmi_fbx *w, const char *record_name, int64_t id, const char *name,
                                  const char *kind, const char *subkind) {
    fmi_fbx_record r = fmi_fbx_open(w, record_name);
    fmi_fbx_long(w, &r, id);
    fmi_fbx_object(w, &r, name, kind);
    fmi_fbx_text(w, &r, subkind);
    fmi_fbx_values_done(w, &r);
    return r;
}

static void put_geometry(fmi_fbx *w, const fmi_mesh_out *mesh, const char *name) {
    fmi_fbx_record r = object_open(w, "Geometry", ID_GEOMETRY, name, "Geometry", "Mesh");
    fmi_fbx_leaf_int(w, "GeometryVersion", 124);
    fmi_fbx_leaf_doubles(w, "Vertices", mesh->positions, (uint64_t)mesh->position_count * 3);
    put_polygons(w, mesh);
    put_layer_data(w, mesh);
    put_layer_list(w, mesh);
    fmi_fbx_close(w, &r);
}

static void put_model(fmi_fbx *w, const fmi_mesh_out *mesh, const char *name) {
    fmi_fbx_record r = object_open(w, "Model", ID_MODEL, name, "Model", "Mesh");
    fmi_fbx_leaf_int(w, "Version", 232);
    fmi_fbx_record list = fmi_fbx_properties(w);
    fmi_fbx_property_int(w, "DefaultAttributeIndex", "int", "Integer", 0);
    for (uint32_t i = 0; i < mesh->note_count; i++) {
        const fmi_mesh_note *note = &mesh->notes[i];
        char key[FMI_MESH_NAME_BYTES], value[FMI_MESH_NAME_BYTES];
        fmi_mesh_name(key, sizeof key, note->name, "note");
        if (note->value == NULL)
            fmi_fbx_property_double(w, key, "double", "Number", "U", (double)note->number);
        else
            fmi_fbx_property_text(w, key, "KString", "", "U", fmi_mesh_note_text(value, note));
    }
    fmi_fbx_close(w, &list);
    fmi_fbx_leaf_text(w, "Culling", "CullingOff");
    fmi_fbx_close(w, &r);
}

static void put_material(fmi_fbx *w, const char *name) {
    fmi_fbx_record r = object_open(w, "Material", ID_MATERIAL, name, "Material", "");
    fmi_fbx_leaf_int(w, "Version", 102);
    fmi_fbx_leaf_text(w, "ShadingModel", "phong");
    fmi_fbx_leaf_int(w, "MultiLayer", 0);
    fmi_fbx_record list = fmi_fbx_properties(w);
    fmi_fbx_property_colour(w, "DiffuseColor", 1.0);
    fmi_fbx_property_colour(w, "SpecularColor", 0.05);
    fmi_fbx_property_double(w, "ShininessExponent", "Number", "", "", 64.0);
    fmi_fbx_close(w, &list);
    fmi_fbx_close(w, &r);
}

static void put_texture(fmi_fbx *w, const char *path) {
    fmi_fbx_record r = object_open(w, "Video", ID_VIDEO, path, "Video", "Clip");
    fmi_fbx_leaf_text(w, "Type", "Clip");
    fmi_fbx_record list = fmi_fbx_properties(w);
    fmi_fbx_property_text(w, "Path", "KString", "XRefUrl", "", path);
    fmi_fbx_close(w, &list);
    fmi_fbx_leaf_int(w, "UseMipMap", 0);
    fmi_fbx_leaf_text(w, "Filename", path);
    fmi_fbx_leaf_text(w, "RelativeFilename", path);
    fmi_fbx_close(w, &r);
    r = object_open(w, "Texture", ID_TEXTURE, path, "Texture", "");
    fmi_fbx_leaf_text(w, "Type", "TextureVideoClip");
    fmi_fbx_leaf_int(w, "Version", 202);
    fmi_fbx_leaf_object(w, "TextureName", path, "Texture");
    fmi_fbx_leaf_object(w, "Media", path, "Video");
    fmi_fbx_leaf_text(w, "FileName", path);
    fmi_fbx_leaf_text(w, "RelativeFilename", path);
    list = fmi_fbx_properties(w);
    fmi_fbx_property_text(w, "UVSet", "KString", "", "", "UVMap");
    fmi_fbx_property_int(w, "UseMaterial", "bool", "", 1);
    fmi_fbx_close(w, &list);
    fmi_fbx_close(w, &r);
}

static void put_objects(fmi_fbx *w, const fmi_mesh_out *mesh) {
    char name[FMI_MESH_NAME_BYTES];
    fmi_fbx_record r = fmi_fbx_open(w, "Objects");
    fmi_fbx_values_done(w, &r);
    fmi_mesh_name(name, sizeof name, mesh->name, "mesh");
    put_geometry(w, mesh, name);
    put_model(w, mesh, name);
    put_material(w, fmi_mesh_name(name, sizeof name, mesh->material, "skin"));
    if (mesh->texture)
        put_texture(w, fmi_mesh_name(name, sizeof name, mesh->texture, ""));
    fmi_fbx_close(w, &r);
}

static void put_link(fmi_fbx *w, int64_t child, int64_t parent, const char *property) {
    fmi_fbx_record r = fmi_fbx_open(w, "C");
    fmi_fbx_text(w, &r, property ? "OP" : "OO");
    fmi_fbx_long(w, &r, child);
    fmi_fbx_long(w, &r, parent);
    if (property)
        fmi_fbx_text(w, &r, property);
    fmi_fbx_close(w, &r);
}

static void put_connections(fmi_fbx *w, bool textured) {
    fmi_fbx_record r = fmi_fbx_open(w, "Connections");
    fmi_fbx_values_done(w, &r);
    put_link(w, ID_MODEL, 0, NULL);
    put_link(w, ID_GEOMETRY, ID_MODEL, NULL);
    put_link(w, ID_MATERIAL, ID_MODEL, NULL);
    if (textured) {
        put_link(w, ID_TEXTURE, ID_MATERIAL, "DiffuseColor");
        put_link(w, ID_VIDEO, ID_TEXTURE, NULL);
    }
    fmi_fbx_close(w, &r);
}

static void put_footer(fmi_fbx *w) {
    fmi_fbx_zeros(w, NULL_RECORD_BYTES);
    fmi_fbx_bytes(w, FOOTER_ID, sizeof FOOTER_ID);
    fmi_fbx_zeros(w, 4);
    fmi_fbx_zeros(w, 16 - w->out->size % 16);
    fmi_fbx_le(w, 7400, 4);
    fmi_fbx_zeros(w, 120);
    fmi_fbx_bytes(w, FOOTER_END, sizeof FOOTER_END);
}

/** Upper bound of the file from its arrays: offsets are 32 bits wide. */
static bool too_large(const fmi_mesh_out *mesh) {
    uint64_t bytes = (uint64_t)mesh->position_count * (mesh->normals ? 48 : 24) +
                     (uint64_t)mesh->corner_count * (mesh->uvs ? 8 : 4) +
                     (mesh->uvs ? (uint64_t)mesh->uv_count * 16 : 0);
    return bytes + (UINT64_C(1) << 20) > UINT32_MAX;
}

fm_status fmi_fbx_encode(fmi_bytes *out, const fmi_mesh_out *mesh, fm_error *err) {
    fmi_fbx writer = {.out = out}, *w = &writer;
    fm_status status = fmi_mesh_out_check(mesh, err);
    if (status != FM_OK)
        return status;
    if (too_large(mesh))
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "a mesh of %u corners does not fit into FBX 7.4 (4 GiB); write OBJ",
                        mesh->corner_count);
    out->size = 0;
    put_header(w);
    put_settings(w);
    put_documents(w);
    put_definitions(w, mesh->texture != NULL);
    put_objects(w, mesh);
    put_connections(w, mesh->texture != NULL);
    put_footer(w);
    if (w->failed)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for an FBX file of %u corners",
                        mesh->corner_count);
    return FM_OK;
}
