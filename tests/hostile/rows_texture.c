/* SPDX-License-Identifier: MIT */
/* Kinds 19 to 21: what a mesh says about other files. tests/hostile/opens.sh sees that none of them
 * is opened; here are the answers. */
#include "hostile.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIANGLE "v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nusemtl skin\nf 1/1 2/1 3/1\n"

static void put_outside(void) {
    static const unsigned char pixel[] = {0, 1, 2, 3};
    hostile_png("outside.png", 1, 1, 8, 2, 0, pixel, sizeof pixel);
    hostile_text("outside.mtl", "newmtl skin\nmap_Kd outside.png\n");
    hostile_text("outside.bin", "0123456789012345678901234567890123456789");
    cr_assert_eq(mkdir("in", 0777), 0);
}

/* in/x.obj with detail as its texture's name. */
static void map(const hostile_row *row) {
    put_outside();
    cr_assert_eq(symlink("../outside.png", "in/link.png"), 0);
    cr_assert_eq(symlink("..", "in/up"), 0);
    cr_assert_eq(mkfifo("in/fifo.png", 0666), 0);
    cr_assert_eq(mkdir("in/sub", 0777), 0);
    FILE *f = hostile_open("in/x.mtl");
    fprintf(f, "newmtl skin\nmap_Kd %s\n", row->detail);
    fclose(f);
    hostile_text("in/x.obj", "mtllib x.mtl\n" TRIANGLE);
}

static void library(const hostile_row *row) {
    put_outside();
    FILE *f = hostile_open("in/x.obj");
    fprintf(f, "mtllib %s\n" TRIANGLE, row->detail);
    fclose(f);
}

static void map_long(const hostile_row *row) {
    char name[8192] = "";
    memset(name, 'x', (size_t)row->n);
    hostile_row longer = *row;
    longer.detail = name;
    map(&longer);
}

/* A glTF triangle whose buffer is at detail. */
static void buffer_uri(const hostile_row *row) {
    put_outside();
    FILE *f = hostile_open("in/x.gltf");
    fprintf(f,
            "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],"
            "\"nodes\":[{\"mesh\":0}],\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0}"
            "}]}],\"accessors\":[{\"bufferView\":0,\"componentType\":5126,\"count\":3,\"type\":"
            "\"VEC3\"}],\"bufferViews\":[{\"buffer\":0,\"byteLength\":36}],\"buffers\":[{"
            "\"byteLength\":36,\"uri\":\"%s\"}]}",
            row->detail);
    fclose(f);
}

#define POSITIONS "AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAA" /* three corners, base 64 */

/* A glTF triangle in a data URI, with detail as its texture's URI. */
static void image_uri(const hostile_row *row) {
    put_outside();
    FILE *f = hostile_open("in/x.gltf");
    fprintf(f,
            "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],"
            "\"nodes\":[{\"mesh\":0}],\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0,"
            "\"TEXCOORD_0\":1},\"material\":0}]}],\"accessors\":[{\"bufferView\":0,"
            "\"componentType\":5126,\"count\":3,\"type\":\"VEC3\"},{\"bufferView\":0,"
            "\"componentType\":5126,\"count\":3,\"type\":\"VEC2\"}],\"bufferViews\":[{\"buffer\":0,"
            "\"byteLength\":36}],\"buffers\":[{\"byteLength\":36,\"uri\":"
            "\"data:application/octet-stream;base64," POSITIONS
            "\"}],\"images\":[{\"uri\":\"%s\"}],"
            "\"textures\":[{\"source\":0}],\"materials\":[{\"pbrMetallicRoughness\":{"
            "\"baseColorTexture\":{\"index\":0}}}]}",
            row->detail);
    fclose(f);
}

/* An FBX square with a texture of that name. */
static void fbx_texture(const hostile_row *row) {
    put_outside();
    FILE *f = hostile_open("in/x.fbx");
    fprintf(
        f,
        "; FBX 7.4.0 project file\nFBXHeaderExtension:  {\n FBXVersion: 7400\n}\nObjects:  {\n"
        " Geometry: 10, \"Geometry::m\", \"Mesh\" {\n  Vertices: *9 {\n   a: 0,0,0,1,0,0,1,1,0\n"
        "  }\n  PolygonVertexIndex: *3 {\n   a: 0,1,-3\n  }\n  LayerElementUV: 0 {\n"
        "   MappingInformationType: \"ByPolygonVertex\"\n   ReferenceInformationType: "
        "\"IndexToDirect\"\n   UV: *2 {\n    a: 0,0\n   }\n   UVIndex: *3 {\n    a: 0,0,0\n   }\n"
        "  }\n  LayerElementMaterial: 0 {\n   MappingInformationType: \"AllSame\"\n"
        "   ReferenceInformationType: \"IndexToDirect\"\n   Materials: *1 {\n    a: 0\n   }\n  }\n"
        "  Layer: 0 {\n   LayerElement:  {\n    Type: \"LayerElementUV\"\n    TypedIndex: "
        "0\n   }\n   LayerElement:  {\n    Type: \"LayerElementMaterial\"\n    TypedIndex: 0\n"
        "   }\n  }\n }\n Model: 20, \"Model::m\", \"Mesh\" {\n  Version: 232\n }\n Material: "
        "30, \"Material::skin\", \"\" {\n  ShadingModel: \"phong\"\n }\n Texture: 40, "
        "\"Texture::t\", \"\" {\n  FileName: \"%s\"\n  RelativeFilename: \"%s\"\n }\n}\n"
        "Connections:  {\n C: \"OO\",20,0\n C: \"OO\",10,20\n C: \"OO\",30,20\n C: \"OP\",40,30, "
        "\"DiffuseColor\"\n}\n",
        row->detail, row->detail);
    fclose(f);
}

static void sparse_texture(const hostile_row *row) {
    put_outside();
    hostile_text("in/x.mtl", "newmtl skin\nmap_Kd huge.png\n");
    hostile_text("in/x.obj", "mtllib x.mtl\n" TRIANGLE);
    hostile_text("in/huge.png", "\x89PNG");
    cr_assert_eq(truncate("in/huge.png", row->n), 0);
}

static const char *untextured(const hostile_outcome *outcome) {
    char text[1 << 14] = "";
    FILE *f = fopen("out/x_x-2/run.json", "rbe");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    if (outcome->exit == 0 && !strstr(text, "\"texture\": null"))
        return "a texture was used, or run.json does not say that none was";
    return NULL;
}

#define IN(ending) "morph in/x." ending " in/x." ending " " HOSTILE_SMALL
#define MAP(kind, label, stored, words)                                                  \
    {                                                                                    \
        kind, label, .make = map, .detail = stored, .command = IN("obj"), .says = words, \
                     .makes = "out", .check = untextured, .lines = true                  \
    }
#define OUTSIDE "lies outside the mesh's folder"
#define ABSENT "is not in the mesh's folder"
#define OTHER(label, maker, ending, stored, words)                                        \
    {                                                                                     \
        19, label, .make = maker, .detail = stored, .command = IN(ending), .says = words, \
                   .makes = "out", .check = untextured, .lines = true                     \
    }
#define BUFFER(label, stored)                                                              \
    {                                                                                      \
        19, label, .make = buffer_uri, .detail = stored, .command = IN("gltf"), .exit = 3, \
                   .lines = true                                                           \
    }

static const hostile_row rows[] = {
    MAP(19, "texture that climbs", "../outside.png", OUTSIDE),
    MAP(19, "texture that climbs twice", "../../../../../../../../../../etc/passwd", ""),
    MAP(19, "texture that climbs with backslashes", "..\\outside.png", OUTSIDE),
    MAP(19, "absolute texture", "/etc/passwd", ABSENT),
    MAP(19, "drive letter", "C:\\secret\\other.png", ABSENT),
    MAP(19, "network path", "\\\\server\\share\\other.png", ABSENT),
    MAP(19, "file URI", "file:///etc/passwd", ABSENT),
    MAP(19, "http URI", "http://example.org/other.png", ABSENT),
    MAP(19, "percent-encoded climb", "%2e%2e%2foutside.png", OUTSIDE),
    MAP(19, "link that points out", "link.png", OUTSIDE),
    MAP(19, "folder link that points out", "up/outside.png", OUTSIDE),
    MAP(19, "the process's own files", "/proc/self/environ", ABSENT),
    OTHER("library that climbs", library, "obj", "../outside.mtl", "outside its folder"),
    OTHER("absolute library", library, "obj", "/etc/passwd", ""),
    OTHER("texture URI that climbs", image_uri, "gltf", "../outside.png", OUTSIDE),
    OTHER("file URI as texture", image_uri, "gltf", "file:///etc/passwd", ABSENT),
    OTHER("http URI as texture", image_uri, "gltf", "http://example.org/x.png", ABSENT),
    OTHER("FBX texture that climbs", fbx_texture, "fbx", "..\\\\..\\\\outside.png", ""),
    OTHER("absolute FBX texture", fbx_texture, "fbx", "/etc/passwd", ABSENT),
    OTHER("FBX texture of another machine", fbx_texture, "fbx", "D:\\\\art\\\\skin7.png", ABSENT),
    BUFFER("buffer URI that climbs", "../outside.bin"),
    BUFFER("buffer URI that climbs, encoded", "%2e%2e/outside.bin"),
    BUFFER("absolute buffer URI", "/etc/passwd"),
    BUFFER("file URI as buffer", "file:///etc/passwd"),
    BUFFER("http URI as buffer", "http://example.org/x.bin"),
    BUFFER("data URI that ends early", "data:application/octet-stream;base64,AAAA"),
    MAP(20, "texture named as a format", "%s%n%s%n.png", "%s%n%s%n.png"),
    MAP(20, "texture with control bytes", "a\033[31m\007.png", "\\x1B[31m\\x07"),
    OTHER("texture with a line feed", image_uri, "gltf", "a\\nb\\u0007.png", "\\x0A"),
    {20, "texture name of 4 kB", .make = map_long, .n = 4096, .command = IN("obj"), .makes = "out",
     .check = untextured, .lines = true},
    MAP(21, "texture is a fifo", "fifo.png", "not a regular file"),
    MAP(21, "texture is a folder", "sub", "not a regular file"),
    MAP(21, "texture is a text", "x.mtl", "neither a PNG nor a JPEG"),
    {21, "texture of 3 GiB", .make = sparse_texture, .n = 3L << 30, .command = IN("obj"),
     .makes = "out", .check = untextured, .lines = true, .says = "the limit is"},
};

const hostile_table hostile_texture = {"textures", rows, sizeof rows / sizeof rows[0]};
