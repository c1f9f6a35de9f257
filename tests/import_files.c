/* SPDX-License-Identifier: MIT */
#include "import_files.h"

#include "fm_test.h"

void put_file(char *out, const char *dir, const char *name, const void *bytes, size_t count) {
    snprintf(out, FM_TEST_PATH, "%s/%s", dir, name);
    FILE *f = fopen(out, "wb");
    cr_assert_not_null(f, "%s: %s", out, strerror(errno));
    cr_assert_eq(fwrite(bytes, 1, count, f), count);
    fclose(f);
}

void put_text(char *out, const char *dir, const char *name, const char *text) {
    put_file(out, dir, name, text, strlen(text));
}

static void put_number(unsigned char *at, size_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

/* Two chunks: JSON padded with blanks, binary with zeros. */
static void put_chunks(char *out, const char *dir, const char *name, const char *json,
                       const void *bin, size_t bin_bytes) {
    size_t json_bytes = (strlen(json) + 3) & ~(size_t)3, padded = (bin_bytes + 3) & ~(size_t)3;
    size_t total = 28 + json_bytes + padded;
    unsigned char *file = calloc(1, total);
    memcpy(file, "glTF", 4);
    put_number(file + 4, 2);
    put_number(file + 8, total);
    put_number(file + 12, json_bytes);
    memcpy(file + 16, "JSON", 4);
    memset(file + 20, ' ', json_bytes);
    memcpy(file + 20, json, strlen(json));
    put_number(file + 20 + json_bytes, padded);
    memcpy(file + 24 + json_bytes, "BIN\0", 4);
    memcpy(file + 28 + json_bytes, bin, bin_bytes);
    put_file(out, dir, name, file, total);
    free(file);
}

void put_glb(char *out, const char *dir, const char *name, const char *nodes, const void *texture,
             size_t texture_bytes) {
    static const float floats[] = {0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0.25F};
    static const uint16_t indices[] = {2, 0, 1, 0, 1, 2};
    char json[4096], material[512] = "";
    if (texture)
        snprintf(material, sizeof material,
                 ",\"images\":[{\"bufferView\":3,\"mimeType\":\"image/png\"}],\"textures\":[{"
                 "\"source\":0}],\"materials\":[{\"name\":\"skin\",\"pbrMetallicRoughness\":{"
                 "\"baseColorTexture\":{\"index\":0}}}]");
    snprintf(json, sizeof json,
             "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],"
             "\"nodes\":%s,\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0,"
             "\"TEXCOORD_0\":1},\"indices\":2%s}]}],\"accessors\":[{\"bufferView\":0,"
             "\"componentType\":5126,\"count\":3,\"type\":\"VEC3\",\"min\":[0,0,0],"
             "\"max\":[2,3,0]},{\"bufferView\":1,\"componentType\":5126,\"count\":3,"
             "\"type\":\"VEC2\"},{\"bufferView\":2,\"componentType\":5123,\"count\":6,"
             "\"type\":\"SCALAR\"}],\"bufferViews\":[{\"buffer\":0,\"byteLength\":36},"
             "{\"buffer\":0,\"byteOffset\":36,\"byteLength\":24},{\"buffer\":0,\"byteOffset\":60,"
             "\"byteLength\":12},{\"buffer\":0,\"byteOffset\":72,\"byteLength\":%zu}],"
             "\"buffers\":[{\"byteLength\":%zu}]%s}",
             nodes, texture ? ",\"material\":0" : "", texture ? texture_bytes : 4,
             72 + (texture ? texture_bytes : 4), material);
    size_t count = 72 + (texture ? texture_bytes : 4);
    unsigned char *bin = calloc(1, count);
    memcpy(bin, floats, sizeof floats);
    memcpy(bin + 60, indices, sizeof indices);
    if (texture)
        memcpy(bin + 72, texture, texture_bytes);
    put_chunks(out, dir, name, json, bin, count);
    free(bin);
}

void put_fbx(char *out, const char *dir, const char *name, const fbx_head *head) {
    char text[4096];
    snprintf(
        text, sizeof text,
        "; FBX 7.4.0 project file\n"
        "FBXHeaderExtension:  {\n FBXHeaderVersion: 1003\n FBXVersion: 7400\n}\n"
        "GlobalSettings:  {\n Version: 1000\n Properties70:  {\n"
        "  P: \"UpAxis\", \"int\", \"Integer\", \"\",%d\n"
        "  P: \"UpAxisSign\", \"int\", \"Integer\", \"\",%d\n"
        "  P: \"FrontAxis\", \"int\", \"Integer\", \"\",%d\n"
        "  P: \"FrontAxisSign\", \"int\", \"Integer\", \"\",%d\n"
        "  P: \"CoordAxis\", \"int\", \"Integer\", \"\",0\n"
        "  P: \"CoordAxisSign\", \"int\", \"Integer\", \"\",1\n"
        "  P: \"UnitScaleFactor\", \"double\", \"Number\", \"\",%g\n }\n}\n"
        "Objects:  {\n Geometry: 10, \"Geometry::m\", \"Mesh\" {\n"
        "  Vertices: *12 {\n   a: 0,0,0,1,0,0,1,2,0,0,2,3\n  }\n"
        "  PolygonVertexIndex: *7 {\n   a: 0,1,2,-4,0,1,-3\n  }\n  GeometryVersion: 124\n }\n"
        " Model: 20, \"Model::m\", \"Mesh\" {\n  Version: 232\n  Properties70:  {\n%s  }\n }\n}\n"
        "Connections:  {\n C: \"OO\",20,0\n C: \"OO\",10,20\n}\n",
        head->up, head->up_sign, head->front, head->front_sign, head->unit, head->node);
    put_text(out, dir, name, text);
}

static void keep_line(void *user, fm_log_level level, const char *line) {
    lines *l = user;
    size_t used = strlen(l->text);
    snprintf(l->text + used, sizeof l->text - used, "%s\n", line);
    l->warnings += level == FM_LOG_WARNING;
}

fm_log keep_lines(lines *l) {
    *l = (lines){0};
    return (fm_log){keep_line, l, FM_LOG_INFO};
}

void load(fmi_side *side, const char *path, lines *l) {
    fm_error err;
    lines unused;
    fm_log log = keep_lines(l ? l : &unused);
    fm_assert_ok(fmi_side_load(side, path, NULL, &log, &err), err);
    fm_assert_ok(fmi_blob_validate(side->blob, side->blob->total_bytes, "blob", &err), err);
}

void join(char out[FM_TEST_PATH], const char *dir, const char *name) {
    int length = snprintf(out, FM_TEST_PATH, "%s/%s", dir, name);
    cr_assert_lt(length, FM_TEST_PATH);
}
