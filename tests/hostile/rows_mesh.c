/* SPDX-License-Identifier: MIT */
/* Kinds 1 to 3, 7, 10 to 18, 22, 23 and 39: OBJ, PLY, glTF, and what is no file at all. */
#include "hostile.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- what is no file ---- */

static void make_folder(const hostile_row *row) {
    cr_assert_eq(mkdir(row->file, 0777), 0);
}

static void make_fifo(const hostile_row *row) {
    cr_assert_eq(mkfifo(row->file, 0666), 0);
}

static void make_device(const hostile_row *row) {
    cr_assert_eq(symlink("/dev/zero", row->file), 0);
}

static void make_socket(const hostile_row *row) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", row->file);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (const struct sockaddr *)(const void *)&name, sizeof name), 0);
    close(fd);
}

static void make_loop(const hostile_row *row) {
    cr_assert_eq(symlink(row->file, row->file), 0);
}

static void make_unreadable(const hostile_row *row) {
    hostile_text(row->file, "v 0 0 0\n");
    cr_assert_eq(chmod(row->file, 0), 0);
}

/* ---- OBJ ---- */

#define V3 "v 0 0 0\nv 1 0 0\nv 0 1 0\n"

/* One polygon of n corners. */
static void large_polygon(const hostile_row *row) {
    FILE *f = hostile_open(row->file);
    for (long i = 0; i < row->n; i++)
        fprintf(f, "v %ld %ld 0\n", i, i * i % 1000);
    fputc('f', f);
    for (long i = 1; i <= row->n; i++)
        fprintf(f, " %ld", i);
    fputc('\n', f);
    fclose(f);
}

static void long_line(const hostile_row *row) {
    FILE *f = hostile_open(row->file);
    fputs(V3 "# ", f);
    for (long i = 0; i < row->n; i++)
        fputc('x', f);
    fputs("\nf 1 2 3\n", f);
    fclose(f);
}

static void many_groups(const hostile_row *row) {
    FILE *f = hostile_open(row->file);
    fputs(V3, f);
    for (long i = 0; i < row->n; i++)
        fprintf(f, "g part%ld\nusemtl m%ld\nf 1 2 3\n", i, i);
    fclose(f);
}

static void self_library(const hostile_row *row) {
    hostile_text("loop.mtl", "mtllib loop.mtl\nnewmtl a\nmap_Kd loop.mtl\n");
    (void)row;
}

/* A 2 x 2 grid whose rows say how many of the triangles are drawn as nothing. */
static const char *two_degenerate(const hostile_outcome *outcome) {
    (void)outcome;
    char text[1 << 14] = "";
    FILE *f = fopen("out/x_x-2/run.json", "rbe");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    return strstr(text, "\"degenerate_triangles\": 2,") ? NULL
                                                        : "run.json does not count 2 triangles";
}

/* ---- glTF ---- */

#define ASSET "\"asset\":{\"version\":\"2.0\"}"
#define SCENE ASSET ",\"scene\":0,\"scenes\":[{\"nodes\":[0]}]"
#define NODE ",\"nodes\":[{\"mesh\":0}]"
#define MESH ",\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0},\"indices\":1}]}]"
#define ACCESSOR(count, offset)                                                               \
    ",\"accessors\":[{\"bufferView\":0,\"componentType\":5126,\"count\":" count               \
    ",\"byteOffset\":" offset ",\"type\":\"VEC3\"},{\"bufferView\":1,\"componentType\":5125," \
    "\"count\":3,\"type\":\"SCALAR\"}]"
#define VIEWS(length, offset)                                                          \
    ",\"bufferViews\":[{\"buffer\":0,\"byteOffset\":" offset ",\"byteLength\":" length \
    "},{\"buffer\":0,\"byteOffset\":36,\"byteLength\":12}]"
#define BUFFERS(length) ",\"buffers\":[{\"byteLength\":" length "}]"
#define ALL(accessor, views, buffers) "{" SCENE NODE MESH accessor views buffers "}"
#define GOOD_JSON ALL(ACCESSOR("3", "0"), VIEWS("36", "0"), BUFFERS("48"))

/* Which of the lengths lies. */
enum { NO_LIE, LIE_WHOLE, LIE_JSON, LIE_BIN, NO_BIN, HIGH_INDEX, NAN_POSITION };

static void put_glb(const hostile_row *row) {
    static const float square[9] = {0, 0, 0, 1, 0, 0, 0, 1, 0};
    const char *json = row->text;
    size_t length = strlen(json), padded = (length + 3) & ~(size_t)3;
    bool bin = row->n != NO_BIN;
    FILE *f = hostile_open(row->file);
    fwrite("glTF", 1, 4, f);
    hostile_number(f, 2, 4);
    hostile_number(f, row->n == LIE_WHOLE ? 0x80000000U : 20 + padded + (bin ? 56 : 0), 4);
    hostile_number(f, row->n == LIE_JSON ? 0x80000000U : padded, 4);
    fwrite("JSON", 1, 4, f);
    fprintf(f, "%s%.*s", json, (int)(padded - length), "   ");
    if (bin) {
        hostile_number(f, row->n == LIE_BIN ? 0x7FFFFFFF : 48, 4);
        fwrite("BIN\0", 1, 4, f);
        fwrite(square, 1, sizeof square - 4, f);
        hostile_number(f, row->n == NAN_POSITION ? 0x7FC00000 : 0, 4);
        hostile_number(f, 0, 4), hostile_number(f, 1, 4);
        hostile_number(f, row->n == HIGH_INDEX ? 77 : 2, 4);
    }
    fclose(f);
}

static void deep_json(const hostile_row *row) {
    FILE *f = hostile_open(row->file);
    fputs("{\"a\":", f);
    for (long i = 0; i < row->n; i++)
        fputc('[', f);
    fclose(f);
}

#define GLB(kind, label, json, lie, code, words) \
    { kind, label, "x.glb", json, .make = put_glb, .n = lie, .exit = code, .says = words }
#define SOME(kind, label, json, lie, code, words)                                           \
    {                                                                                       \
        kind, label, "x.glb", json, .make = put_glb, .n = lie, .exit = code, .says = words, \
                                    .or_done = true, .makes = "out"                         \
    }
#define OBJ(kind, label, content, words) \
    { kind, label, "x.obj", content, .exit = 3, .says = words }
#define ITSELF(kind, label, content) \
    { kind, label, "x.obj", content, .command = NULL, .makes = "out" }
#define PLY_HEAD                                                                             \
    "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty " \
    "float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
#define PLY_3 PLY_HEAD "0 0 0\n1 0 0\n0 1 0\n"
#define PLY_BINARY                                                                        \
    "ply\nformat binary_little_endian 1.0\nelement vertex 3\nproperty float x\nproperty " \
    "float y\nproperty float z\nend_header\n"
#define PLY_FACES                                                                             \
    "ply\nformat binary_little_endian 1.0\nelement face 4294967295\nproperty list uchar int " \
    "vertex_index\nend_header\n"
#define PLY(kind, label, content, words) \
    { kind, label, "x.ply", content, .exit = 3, .says = words }
#define EMPTY(name, command_) \
    { 1, "empty " name, name, "", .command = command_, .exit = 3, .says = "empty" }
#define NO_FILE(label, name, maker, command_) \
    { 2, label, name, .make = maker, .command = command_, .exit = 3, .says = "not a regular file" }

#define WITH_B "morph {} b.obj " HOSTILE_SMALL
#define WEIGHTS "blend a.obj b.obj --weights {} --device ref --size 16 -o out"

static const hostile_row rows[] = {
    EMPTY("x.fbx", NULL),
    EMPTY("x.obj", NULL),
    EMPTY("x.glb", NULL),
    EMPTY("x.gltf", NULL),
    EMPTY("x.ply", NULL),
    EMPTY("x.png", HOSTILE_TEXTURE),
    EMPTY("x.npy", HOSTILE_SOLVE),
    EMPTY("x.csv", HOSTILE_KEYPOINTS),
    EMPTY("x.npz", HOSTILE_KEYPOINTS),
    EMPTY("weights.csv", WEIGHTS),
    EMPTY("pairs.csv", "batch {} " HOSTILE_SMALL),
    NO_FILE("a folder as mesh", "x.obj", make_folder, NULL),
    NO_FILE("a fifo as mesh", "x.fbx", make_fifo, NULL),
    NO_FILE("a device as mesh", "x.glb", make_device, NULL),
    NO_FILE("a socket as mesh", "x.ply", make_socket, NULL),
    NO_FILE("a folder as texture", "x.png", make_folder, HOSTILE_TEXTURE),
    NO_FILE("a fifo as texture", "x.png", make_fifo, HOSTILE_TEXTURE),
    NO_FILE("a device as texture", "x.png", make_device, HOSTILE_TEXTURE),
    NO_FILE("a fifo as matrices", "x.npy", make_fifo, HOSTILE_SOLVE),
    NO_FILE("a device as matrices", "x.npy", make_device, HOSTILE_SOLVE),
    NO_FILE("a fifo as keypoints", "x.csv", make_fifo, HOSTILE_KEYPOINTS),
    NO_FILE("a device as archive", "x.npz", make_device, HOSTILE_KEYPOINTS),
    NO_FILE("a fifo as weights", "x.csv", make_fifo, WEIGHTS),
    NO_FILE("a fifo as table of pairs", "x.csv", make_fifo, "batch {} " HOSTILE_SMALL),
    {2, "a fifo as background", "x.png", .make = make_fifo,
     .command = "morph a.obj b.obj --background ./{} " HOSTILE_SMALL, .exit = 3},
    {2, "a folder as store", "x.db", .make = make_folder, .exit = 5,
     .command = "fmbench --sweep --op morph --quick --db {}", .says = "regular file"},
    {3, "missing mesh", "none.obj", .exit = 3, .says = "No such file"},
    {3, "missing texture", "none.png", .command = HOSTILE_TEXTURE, .exit = 3,
     .says = "No such file"},
    {3, "missing matrices", "none.npy", .command = HOSTILE_SOLVE, .exit = 3,
     .says = "No such file"},
    {3, "missing keypoints", "none.csv", .command = HOSTILE_KEYPOINTS, .exit = 3,
     .says = "No such file"},
    {3, "missing store", "none.db", .command = "fmbench report --db {} -o r.html", .exit = 3},
    {3, "a loop of links", "x.obj", .make = make_loop, .exit = 3, .says = "symbolic links"},
    {3, "unreadable mesh", "x.obj", .make = make_unreadable, .inside = hostile_drop_rights,
     .exit = 3, .says = "Permission denied"},
    {3, "unreadable texture", "x.png", .make = make_unreadable, .inside = hostile_drop_rights,
     .exit = 3, .command = HOSTILE_TEXTURE, .says = "Permission denied"},
    {7, "200,000 nested arrays", "x.gltf", .make = deep_json, .n = 200000, .exit = 3,
     .says = "nested"},
    OBJ(10, "index 4 of 3", V3 "f 1 2 3\nf 1 2 4\n", "face 2|line 5"),
    OBJ(10, "index 0", V3 "f 0 1 2\n", "face 1|line 4"),
    OBJ(10, "index before the first", V3 "f -1 -2 -4\n", "face 1|line 4"),
    OBJ(10, "index 2^32 + 1", V3 "f 1 2 4294967297\n", "face 1"),
    OBJ(10, "index -2^31", V3 "f 1 2 -2147483648\n", "face 1"),
    OBJ(10, "index 10^30", V3 "f 1 2 1000000000000000000000000000000\n", "face 1"),
    OBJ(10, "texture index of none", V3 "f 1/1 2/1 3/1\n", "face 1"),
    OBJ(10, "normal index of none", V3 "f 1//9 2//9 3//9\n", "face 1"),
    OBJ(10, "words as indices", V3 "f one two three\n", "face 1"),
    GLB(10, "glTF index 77 of 3", GOOD_JSON, HIGH_INDEX, 3, ""),
    PLY(10, "PLY index 2^32 + 2", PLY_3 "3 0 1 4294967298\n", "line 13|face 1|names no vertex"),
    PLY(10, "a PLY list of 259 by a byte", PLY_3 "259 0 1 2\n", "line 13|no count"),
    PLY(10, "a PLY list of 200 with 3 numbers", PLY_3 "200 0 1 2\n", "line 13|too few"),
    PLY(10, "PLY without its face", PLY_3, "ends early|face 1 of 1"),
    PLY(10, "PLY cut in a face", PLY_3 "3 0 1", "line 13|too few"),
    PLY(10, "PLY with a number too many", PLY_3 "3 0 1 2 2\n", "line 13|more than"),
    PLY(10, "PLY with a face too many", PLY_3 "3 0 1 2\n3 0 1 2\n", "more than the header"),
    PLY(18, "PLY with decimal commas", PLY_HEAD "0 0 0\n1,5 0 0\n0 1 0\n3 0 1 2\n",
        "line 11|vertex 2|decimal comma"),
    PLY(12, "PLY hexadecimal", PLY_HEAD "0 0 0\n0x5 0 0\n0 1 0\n3 0 1 2\n", "line 11|finite"),
    {18, "PLY with a zero byte", "x.ply", PLY_HEAD "0 0 \0000\n1 0 0\n0 1 0\n3 0 1 2\n",
     sizeof PLY_HEAD + 26, .exit = 3, .says = "zero byte"},
    {10, "binary PLY cut in a vertex", "x.ply", PLY_BINARY "\0\0\0\0\0\0", sizeof PLY_BINARY + 5,
     .exit = 3, .says = "ends early|vertex 1 of 3"},
    {10, "binary PLY of 2^32 - 1 faces", "x.ply", PLY_FACES "\0\0", sizeof PLY_FACES + 1, .exit = 3,
     .says = "ends early|face 3 of 4294967295"},
    {10, "PLY index 9 of 3", "x.ply", PLY_HEAD "0 0 0\n1 0 0\n0 1 0\n3 0 1 9\n", .exit = 3},
    {10, "PLY index -1", "x.ply", PLY_HEAD "0 0 0\n1 0 0\n0 1 0\n3 0 1 -1\n", .exit = 3},
    OBJ(11, "a face of two corners only", V3 "f 1 2\n", "no polygons"),
    OBJ(11, "a vertex of two numbers", "v 0 0 0\nv 1 0\nv 0 1 0\nf 1 2 3\n", "vertex 2|line 2"),
    OBJ(12, "nan", "v 0 0 0\nv 1 0 0\nv nan 1 0\nf 1 2 3\n", "vertex 3|line 3"),
    OBJ(12, "inf", "v 0 0 0\nv inf 0 0\nv 0 1 0\nf 1 2 3\n", "vertex 2"),
    OBJ(12, "1e39", "v 0 0 0\nv 1e39 0 0\nv 0 1 0\nf 1 2 3\n", "vertex 2"),
    OBJ(12, "1e9999", "v 0 0 0\nv 0 0 1e9999\nv 0 1 0\nf 1 2 3\n", "vertex 2"),
    OBJ(12, "-1.#IND", "v 0 0 0\nv 0 0 -1.#IND\nv 0 1 0\nf 1 2 3\n", "vertex 2"),
    OBJ(12, "hexadecimal", "v 0 0 0\nv 0x1 0 0\nv 0 1 0\nf 1 2 3\n", "vertex 2"),
    OBJ(12, "nan as texture coordinate", V3 "vt nan 0\nf 1/1 2/1 3/1\n", "line 4"),
    GLB(12, "glTF nan", GOOD_JSON, NAN_POSITION, 3, "corner"),
    {12, "PLY nan", "x.ply", PLY_HEAD "0 0 0\n1 nan 0\n0 1 0\n3 0 1 2\n", .exit = 3},
    ITSELF(13, "denormal coordinates",
           "v 0 0 0\nv 1e-40 0 0\nv 0 1 1e-44\nv 1 1 0\nf 1 2 3\nf 1 3 4\n"),
    {14, "zero-area and repeated corners", "x.obj",
     "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 2 0 0\nf 1 2 3\nf 1 2 4\nf 1 1 2\n", .command = NULL,
     .makes = "out", .check = two_degenerate},
    OBJ(15, "vertices only", V3, ""),
    OBJ(15, "points only", V3 "p 1\np 2\n", "no polygons"),
    OBJ(15, "comments only", "# nothing\n", ""),
    GLB(15, "glTF without a mesh", "{" ASSET "}", NO_BIN, 3, ""),
    {16, "other polygons", "x.obj", V3 "f 1 2 3\n", .command = WITH_B, .exit = 3,
     .says = "do not match|1|2"},
    {16, "other corner counts", "x.obj", V3 "v 1 1 0\nvt 0 0\nf 1/1 2/1 4/1 3/1\nf 1/1 2/1 3/1\n",
     .command = WITH_B, .exit = 3, .says = "do not match"},
    {17, "a polygon of 200,000 corners", "x.obj", .make = large_polygon, .n = 200000, .exit = 6,
     .says = "line|face 1 has more than 16384 corners"},
    {17, "a line of 4 MB", "x.obj", .make = long_line, .n = 4000000, .exit = 3, .or_done = true,
     .command = NULL, .makes = "out"},
    {17, "20,000 groups", "x.obj", .make = many_groups, .n = 20000, .exit = 6, .or_done = true,
     .command = NULL, .makes = "out"},
    OBJ(18, "decimal commas", "v 0 0 0\nv 0,5 0 0\nv 0 1 0\nf 1 2 3\n", "decimal comma|line 2"),
    OBJ(18, "a zero byte", "v 0 0 0\nv 1 0 0\n", ""),
    {18, "a zero byte inside", "x.obj", "v 0 0 0\nv 1 0 0\nv 0 1 \0000\nf 1 2 3\n", 34, .exit = 3,
     .says = "unknown format"},
    ITSELF(18, "CRLF", "v 0 0 0\r\nv 1 0 0\r\nv 0 1 0\r\nf 1 2 3\r\n"),
    ITSELF(18, "no last newline", V3 "f 1 2 3"),
    ITSELF(18, "a byte order mark", "\xEF\xBB\xBF" V3 "f 1 2 3\n"),
    {22, "a library that names itself", "x.obj",
     "mtllib loop.mtl\nmtllib x.obj\n" V3 "usemtl a\nf 1 2 3\n", .make = self_library,
     .command = NULL, .makes = "out"},
    GLB(22, "a node that is its own child",
        "{" SCENE ",\"nodes\":[{\"mesh\":0,\"children\":[0]}]" MESH ACCESSOR("3", "0")
            VIEWS("36", "0") BUFFERS("48") "}",
        NO_LIE, 3, ""),
    GLB(22, "two nodes that are each other's children",
        "{" SCENE ",\"nodes\":[{\"mesh\":0,\"children\":[1]},{\"children\":[0]}]" MESH ACCESSOR(
            "3", "0") VIEWS("36", "0") BUFFERS("48") "}",
        NO_LIE, 3, ""),
    GLB(22, "a node that is the child of two",
        "{" SCENE
        ",\"nodes\":[{\"children\":[1, 2]},{\"children\":[ 2 ]},{\"mesh\":0}]" MESH ACCESSOR(
            "3", "0") VIEWS("36", "0") BUFFERS("48") "}",
        NO_LIE, 3, "children|child of another"),
    GLB(22, "a child in quotes",
        "{" SCENE ",\"nodes\":[{\"children\":[\"1\"]},{\"mesh\":0}]" MESH ACCESSOR("3", "0")
            VIEWS("36", "0") BUFFERS("48") "}",
        NO_LIE, 3, "children|whole number"),
    {22, "a tree of nodes, and children elsewhere", "x.glb",
     "{" SCENE ",\"nodes\":[{\"children\":[1,\n2]},{\"children\":[]},{\"children\":[ 3 ],"
     "\"extensions\":{\"children\":[3]},\"extras\":{\"children\":[3]}},{\"mesh\":0}]" MESH ACCESSOR(
         "3", "0") VIEWS("36", "0") BUFFERS("48") "}",
     .make = put_glb, .makes = "out", .command = "morph {} {} " HOSTILE_SMALL},
    {23, "a good one", "x.glb", GOOD_JSON, .make = put_glb, .makes = "out",
     .command = "morph {} {} " HOSTILE_SMALL},
    {23, "a whole length of 2 bytes", "x.glb", "glTF\2\0\0\0\2\0\0\0\xFF\xFF\0\0JSON{}", 22,
     .exit = 3, .says = "ends early"},
    GLB(23, "the whole length lies", GOOD_JSON, LIE_WHOLE, 3, "ends early"),
    GLB(23, "the JSON length lies", GOOD_JSON, LIE_JSON, 3, "ends early"),
    GLB(23, "the binary length lies", GOOD_JSON, LIE_BIN, 3, ""),
    GLB(23, "no binary part", GOOD_JSON, NO_BIN, 3, ""),
    GLB(23, "a view past the end", ALL(ACCESSOR("3", "0"), VIEWS("360000", "0"), BUFFERS("48")),
        NO_LIE, 3, ""),
    GLB(23, "a view that starts past the end",
        ALL(ACCESSOR("3", "0"), VIEWS("36", "100000"), BUFFERS("48")), NO_LIE, 3, ""),
    GLB(23, "a negative offset", ALL(ACCESSOR("3", "-36"), VIEWS("36", "0"), BUFFERS("48")), NO_LIE,
        3, ""),
    GLB(23, "a view at a negative offset",
        ALL(ACCESSOR("3", "0"), VIEWS("36", "-1"), BUFFERS("48")), NO_LIE, 3, ""),
    GLB(23, "a hidden name of a negative offset",
        ALL(ACCESSOR("3", "0"),
            ",\"bufferViews\":[{\"buffer\":0,\"byteLength\":36,\"byte\\u004fffset\":-4000},"
            "{\"buffer\":0,\"byteOffset\":36,\"byteLength\":12}]",
            BUFFERS("48")),
        NO_LIE, 3, "escapes"),
    GLB(23, "an offset of 1e300", ALL(ACCESSOR("3", "1e300"), VIEWS("36", "0"), BUFFERS("48")),
        NO_LIE, 3, "byteOffset|whole number"),
    GLB(23, "an offset of 0.5", ALL(ACCESSOR("3", "0.5"), VIEWS("36", "0"), BUFFERS("48")), NO_LIE,
        3, "byteOffset|whole number"),
    GLB(23, "a count of 3.0", ALL(ACCESSOR("3.0", "0"), VIEWS("36", "0"), BUFFERS("48")), NO_LIE, 3,
        "count|whole number"),
    GLB(23, "a length in quotes", ALL(ACCESSOR("3", "0"), VIEWS("\"36\"", "0"), BUFFERS("48")),
        NO_LIE, 3, "byteLength|whole number"),
    {23, "extras of any kind", "x.glb",
     "{\"extras\":{\"count\":-1.5,\"\\u0041\":[{\"byteOffset\":\"x\"}],\"gr\\u00f6\":1}," SCENE NODE
         MESH ACCESSOR("3", "0") VIEWS("36", "0") BUFFERS("48") "}",
     .make = put_glb, .makes = "out", .command = "morph {} {} " HOSTILE_SMALL},
    GLB(23, "2^31 vertices", ALL(ACCESSOR("2147483648", "0"), VIEWS("36", "0"), BUFFERS("48")),
        NO_LIE, 3, ""),
    GLB(23, "-1 vertices", ALL(ACCESSOR("-1", "0"), VIEWS("36", "0"), BUFFERS("48")), NO_LIE, 3,
        ""),
    GLB(23, "a stride of 2^31",
        ALL(ACCESSOR("3", "0"),
            ",\"bufferViews\":[{\"buffer\":0,\"byteLength\":36,\"byteStride\":2147483647},"
            "{\"buffer\":0,\"byteOffset\":36,\"byteLength\":12}]",
            BUFFERS("48")),
        NO_LIE, 3, ""),
    SOME(23, "a buffer of 2^40 bytes",
         ALL(ACCESSOR("3", "0"), VIEWS("36", "0"), BUFFERS("1099511627776")), NO_LIE, 3, ""),
    GLB(23, "a mesh that is not there", "{" SCENE ",\"nodes\":[{\"mesh\":5}]}", NO_BIN, 3, ""),
    SOME(39, "keys that stand twice",
         "{" SCENE NODE NODE MESH ACCESSOR("3", "0") VIEWS("36", "0") BUFFERS("48") "}", NO_LIE, 3,
         ""),
    GLB(39, "a number of 400 digits", ALL(ACCESSOR("1e400", "0"), VIEWS("36", "0"), BUFFERS("48")),
        NO_LIE, 3, ""),
    GLB(39, "bytes that are no UTF-8", "{\"asset\":{\"version\":\"\xFF\xFE\"}}", NO_BIN, 3, ""),
    GLB(39, "cut JSON", "{\"asset\":{\"version\":", NO_BIN, 3, ""),
};

const hostile_table hostile_mesh = {"meshes", rows, sizeof rows / sizeof rows[0]};
