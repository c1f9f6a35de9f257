/* SPDX-License-Identifier: MIT */
/* Kinds 4 to 12, 15 and 22 as FBX, text and binary. */
#include "hostile.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

/* ---- text ---- */

#define HEAD                     \
    "; FBX 7.4.0 project file\n" \
    "FBXHeaderExtension:  {\n FBXHeaderVersion: 1003\n FBXVersion: 7400\n}\n"
#define GEOMETRY(vertices, indices)                                     \
    " Geometry: 10, \"Geometry::m\", \"Mesh\" {\n  Vertices: " vertices \
    "\n  PolygonVertexIndex: " indices "\n  GeometryVersion: 124\n }\n"
#define MODEL " Model: 20, \"Model::m\", \"Mesh\" {\n  Version: 232\n }\n"
#define FBX_WITH(objects, connections) \
    HEAD "Objects:  {\n" objects "}\nConnections:  {\n" connections "}\n"
#define LINKS " C: \"OO\",20,0\n C: \"OO\",10,20\n"
#define FBX(vertices, indices) FBX_WITH(GEOMETRY(vertices, indices) MODEL, LINKS)
#define SQUARE "*12 {\n   a: 0,0,0,1,0,0,1,1,0,0,1,0\n  }"
#define TWO "*6 {\n   a: 0,1,-3,0,2,-4\n  }"

static const char good[] = FBX(SQUARE, TWO);

static void cut_text(const hostile_row *row) {
    hostile_write(row->file, good, (sizeof good - 4) * (size_t)row->n / 100);
}

static void nest_text(const hostile_row *row) {
    FILE *f = hostile_open(row->file);
    fputs(HEAD, f);
    for (long i = 0; i < row->n; i++)
        fputs("A: {\n", f);
    fclose(f);
}

/* ---- binary ---- */

/* A binary file that is being written; records know their place only at their end. */
typedef struct binary {
    unsigned char *data;
    size_t at, room, open[8];
    int depth;
} binary;

static void put(binary *b, const void *bytes, size_t count) {
    if (b->at + count > b->room) {
        b->room = (b->at + count) * 2;
        b->data = realloc(b->data, b->room);
    }
    memcpy(b->data + b->at, bytes, count);
    b->at += count;
}

static void put_number(binary *b, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        put(b, &(unsigned char){(unsigned char)(value >> (8 * i))}, 1);
}

static void set_number(binary *b, size_t at, uint64_t value) {
    for (int i = 0; i < 4; i++)
        b->data[at + (size_t)i] = (unsigned char)(value >> (8 * i));
}

static void begin(binary *b, const char *name, uint32_t properties) {
    b->open[b->depth++] = b->at;
    put_number(b, 0, 4);
    put_number(b, properties, 4);
    put_number(b, 0, 4);
    put_number(b, strlen(name), 1);
    put(b, name, strlen(name));
    set_number(b, b->open[b->depth - 1] + 8, b->at); /* until the properties are there */
}

/* The properties of the record that is open are complete. */
static void body(binary *b) {
    size_t record = b->open[b->depth - 1], from = 0;
    for (int i = 3; i >= 0; i--)
        from = from << 8 | b->data[record + 8 + (size_t)i];
    set_number(b, record + 8, b->at - from);
}

static void end(binary *b, bool nested) {
    if (nested)
        put_number(b, 0, 8), put_number(b, 0, 5);
    set_number(b, b->open[--b->depth], b->at);
}

static void put_text(binary *b, const char *text) {
    put(b, "S", 1);
    put_number(b, strlen(text), 4);
    put(b, text, strlen(text));
}

static void put_int(binary *b, const char *name, uint32_t value) {
    begin(b, name, 1);
    put(b, "I", 1);
    put_number(b, value, 4);
    body(b);
    end(b, false);
}

/* An array as stored: count is what the file says, bytes what follows. */
static void put_array(binary *b, const char *name, char type, uint64_t count, int deflated,
                      const void *bytes, size_t size) {
    begin(b, name, 1);
    put(b, &type, 1);
    put_number(b, count, 4);
    put_number(b, (uint64_t)deflated, 4);
    put_number(b, size, 4);
    put(b, bytes, size);
    body(b);
    end(b, false);
}

/* What is not as it should be; zero = as it should. */
typedef struct twist {
    uint64_t vertices; /* count that is written */
    uint64_t indices;
    uint32_t bomb; /* bytes of zeros behind the deflated vertices */
} twist;

static void put_vertices(binary *b, const twist *t) {
    static const double square[] = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0};
    if (t->bomb == 0) {
        put_array(b, "Vertices", 'd', t->vertices ? t->vertices : 12, 0, square, sizeof square);
        return;
    }
    uLongf bytes = compressBound(t->bomb);
    unsigned char *zeros = calloc(1, t->bomb), *small = malloc(bytes);
    cr_assert_eq(compress2(small, &bytes, zeros, t->bomb, 9), Z_OK);
    put_array(b, "Vertices", 'd', t->bomb / 8, 1, small, bytes);
    free(zeros);
    free(small);
}

static void put_geometry(binary *b, const twist *t) {
    static const int32_t two[] = {0, 1, -3, 0, 2, -4};
    begin(b, "Geometry", 3);
    put(b, "L", 1), put_number(b, 10, 8);
    put_text(b, "m\0\1Geometry"), put_text(b, "Mesh");
    body(b);
    put_vertices(b, t);
    put_array(b, "PolygonVertexIndex", 'i', t->indices ? t->indices : 6, 0, two, sizeof two);
    put_int(b, "GeometryVersion", 124);
    end(b, true);
}

static void put_connection(binary *b, uint64_t from, uint64_t to) {
    begin(b, "C", 3);
    put_text(b, "OO");
    put(b, "L", 1), put_number(b, from, 8);
    put(b, "L", 1), put_number(b, to, 8);
    body(b);
    end(b, false);
}

static binary make_binary(const twist *t) {
    binary b = {0};
    put(&b, "Kaydara FBX Binary  \0\x1A\0", 23);
    put_number(&b, 7400, 4);
    begin(&b, "FBXHeaderExtension", 0), body(&b);
    put_int(&b, "FBXHeaderVersion", 1003), put_int(&b, "FBXVersion", 7400);
    end(&b, true);
    begin(&b, "Objects", 0), body(&b);
    put_geometry(&b, t);
    begin(&b, "Model", 3);
    put(&b, "L", 1), put_number(&b, 20, 8);
    put_text(&b, "m"), put_text(&b, "Mesh");
    body(&b);
    put_int(&b, "Version", 232);
    end(&b, true);
    end(&b, true);
    begin(&b, "Connections", 0), body(&b);
    put_connection(&b, 20, 0), put_connection(&b, 10, 20);
    end(&b, true);
    put_number(&b, 0, 8), put_number(&b, 0, 5);
    return b;
}

static void write_binary(const hostile_row *row, const twist *t, size_t percent) {
    binary b = make_binary(t);
    hostile_write(row->file, b.data, percent == 100 ? b.at : (b.at - 14) * percent / 100);
    free(b.data);
}

static void good_binary(const hostile_row *row) {
    write_binary(row, &(twist){0}, 100);
}

static void cut_binary(const hostile_row *row) {
    write_binary(row, &(twist){0}, (size_t)row->n);
}

static void bomb(const hostile_row *row) {
    write_binary(row, &(twist){.bomb = (uint32_t)row->n << 20}, 100);
}

static void vertex_count(const hostile_row *row) {
    write_binary(row, &(twist){.vertices = (uint64_t)row->n}, 100);
}

static void index_count(const hostile_row *row) {
    write_binary(row, &(twist){.indices = (uint64_t)row->n}, 100);
}

/* The first record's end (n < 0: 64-bit file) or its number of properties. */
static void record_end(const hostile_row *row) {
    binary b = make_binary(&(twist){0});
    if (row->n < 0) {
        binary wide = {0};
        put(&wide, b.data, 23);
        put_number(&wide, 7500, 4);
        put_number(&wide, (uint64_t)row->n, 8);
        put_number(&wide, 0, 8), put_number(&wide, 0, 8), put(&wide, "\1A", 2);
        hostile_write(row->file, wide.data, wide.at);
        free(wide.data);
    } else {
        set_number(&b, 27, (uint64_t)row->n);
        hostile_write(row->file, b.data, b.at);
    }
    free(b.data);
}

static void property_count(const hostile_row *row) {
    binary b = make_binary(&(twist){0});
    const unsigned char *at = memmem(b.data, b.at, "Geometry", 8);
    set_number(&b, (size_t)(at - b.data) - 13 + 4, (uint64_t)row->n);
    hostile_write(row->file, b.data, b.at);
    free(b.data);
}

static void nest_binary(const hostile_row *row) {
    binary b = {0};
    put(&b, "Kaydara FBX Binary  \0\x1A\0", 23);
    put_number(&b, 7400, 4);
    for (long i = 0; i < row->n; i++) {
        put_number(&b, 27 + 14 * (uint64_t)row->n, 4);
        put_number(&b, 0, 8), put(&b, "\1A", 2);
    }
    hostile_write(row->file, b.data, b.at);
    free(b.data);
}

static void noise(const hostile_row *row) {
    uint64_t state = (uint64_t)row->n;
    FILE *f = hostile_open(row->file);
    for (int i = 0; i < 4096; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        fputc((int)(state >> 56), f);
    }
    fclose(f);
}

/* ---- rows ---- */

#define CUT(percent)                                                                            \
    {4, "text cut at " #percent " %", "x.fbx", .make = cut_text, .n = percent, .exit = 3}, {    \
        4, "binary cut at " #percent " %", "x.fbx", .make = cut_binary, .n = percent, .exit = 3 \
    }

static const hostile_row rows[] = {
    CUT(1),
    CUT(7),
    CUT(20),
    CUT(33),
    CUT(50),
    CUT(66),
    CUT(75),
    CUT(85),
    CUT(90),
    CUT(97),
    CUT(99),
    {4, "not cut: text", "x.fbx", good, .makes = "out"},
    {4, "not cut: binary", "x.fbx", .make = good_binary, .makes = "out"},
    {5, "record ends at 2^32 - 1", "x.fbx", .make = record_end, .n = 0xFFFFFFFF, .exit = 3,
     .says = "ends early"},
    {5, "record ends at 2^64 - 1", "x.fbx", .make = record_end, .n = -1, .exit = 3,
     .says = "ends early"},
    {5, "record ends at its start", "x.fbx", .make = record_end, .n = 27, .exit = 3},
    {5, "record ends before its start", "x.fbx", .make = record_end, .n = 1, .exit = 3},
    {5, "2^31 - 1 properties", "x.fbx", .make = property_count, .n = 0x7FFFFFFF, .exit = 3},
    {6, "version 6100", "x.fbx", "; FBX 6.1.0\nFBXHeaderExtension:  {\n FBXVersion: 6100\n}\n",
     .exit = 3, .says = "6100|export it again"},
    {6, "version 999999", "x.fbx", "; FBX\nFBXHeaderExtension:  {\n FBXVersion: 999999\n}\n",
     .exit = 3},
    {6, "OBJ named .fbx", "x.fbx", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", .exit = 3,
     .says = "not FBX"},
    {6, "noise as .fbx", "x.fbx", .make = noise, .n = 1, .exit = 3, .says = "unknown format"},
    {6, "noise as .obj", "x.obj", .make = noise, .n = 2, .exit = 3, .says = "unknown format"},
    {6, "noise as .glb", "x.glb", .make = noise, .n = 3, .exit = 3, .says = "unknown format"},
    {6, "noise as .ply", "x.ply", .make = noise, .n = 4, .exit = 3, .says = "unknown format"},
    {6, "one byte as .ply", "x.ply", "p", .exit = 3, .says = "unknown format"},
    {6, "one byte as .glb", "x.glb", "g", .exit = 3, .says = "unknown format"},
    {6, "one byte as .gltf", "x.gltf", "{", .exit = 3},
    {6, "an ending nobody knows", "x.stl", "solid\n", .exit = 3, .says = "unknown format|.fbx"},
    {7, "100,000 nested scopes, text", "x.fbx", .make = nest_text, .n = 100000, .exit = 3,
     .says = "nested"},
    {7, "100,000 nested scopes, binary", "x.fbx", .make = nest_binary, .n = 100000, .exit = 3,
     .says = "nested"},
    {8, "64 MiB from 64 kB", "x.fbx", .make = bomb, .n = 64, .exit = 6, .says = "x.fbx|inflate"},
    {8, "512 MiB from 512 kB", "x.fbx", .make = bomb, .n = 512, .exit = 6, .says = "x.fbx|inflate"},
    {9, "2^31 - 1 vertices, text", "x.fbx", FBX("*2147483647 {\n   a: 0,0,0\n  }", TWO), .exit = 3},
    {9, "-1 vertices, text", "x.fbx", FBX("*-1 {\n   a: 0,0,0\n  }", TWO), .exit = 3},
    {9, "2^31 - 1 indices, text", "x.fbx", FBX(SQUARE, "*2147483647 {\n   a: 0,1,-3\n  }"),
     .exit = 3, .plain = true},
    {9, "2^31 - 1 vertices, binary", "x.fbx", .make = vertex_count, .n = 0x7FFFFFFF, .exit = 3},
    {9, "2^32 - 1 vertices, binary", "x.fbx", .make = vertex_count, .n = 0xFFFFFFFF, .exit = 3},
    {9, "2^31 - 1 indices, binary", "x.fbx", .make = index_count, .n = 0x7FFFFFFF, .exit = 3},
    {9, "2^32 - 1 indices, binary", "x.fbx", .make = index_count, .n = 0xFFFFFFFF, .exit = 3},
    {10, "index 7 of 4", "x.fbx", FBX(SQUARE, "*6 {\n   a: 0,1,-3,0,7,-4\n  }"), .exit = 3,
     .says = "polygon 2"},
    {10, "index of 2^31 - 1", "x.fbx", FBX(SQUARE, "*3 {\n   a: 0,2147483647,-3\n  }"), .exit = 3,
     .says = "polygon 1"},
    {10, "index of -2^31", "x.fbx", FBX(SQUARE, "*3 {\n   a: 0,1,-2147483648\n  }"), .exit = 3,
     .says = "polygon 1"},
    {10, "index of 2^32 + 1", "x.fbx", FBX(SQUARE, "*3 {\n   a: 0,4294967297,-3\n  }"), .exit = 3,
     .says = "polygon 1"},
    {11, "a polygon that is never closed", "x.fbx", FBX(SQUARE, "*6 {\n   a: 0,1,-3,0,2,3\n  }"),
     .exit = 3},
    {11, "no polygon is closed", "x.fbx", FBX(SQUARE, "*4 {\n   a: 0,1,2,3\n  }"), .exit = 3},
    {11, "10 coordinates", "x.fbx", FBX("*10 {\n   a: 0,0,0,1,0,0,1,1,0,0\n  }", TWO), .exit = 3},
    {12, "nan", "x.fbx", FBX("*12 {\n   a: 0,0,0,nan,0,0,1,1,0,0,1,0\n  }", TWO), .exit = 3},
    {12, "inf", "x.fbx", FBX("*12 {\n   a: 0,0,0,inf,0,0,1,1,0,0,1,0\n  }", TWO), .exit = 3},
    {12, "1e39", "x.fbx", FBX("*12 {\n   a: 0,0,0,1e39,0,0,1,1,0,0,1,0\n  }", TWO), .exit = 3},
    {12, "1e9999", "x.fbx", FBX("*12 {\n   a: 0,0,0,1e9999,0,0,1,1,0,0,1,0\n  }", TWO), .exit = 3},
    {15, "empty geometry", "x.fbx", FBX("*0 {\n   a: \n  }", "*0 {\n   a: \n  }"), .exit = 3},
    {15, "no geometry", "x.fbx", FBX_WITH(MODEL, " C: \"OO\",20,0\n"), .exit = 3},
    {15, "nothing connected", "x.fbx", FBX_WITH(GEOMETRY(SQUARE, TWO) MODEL, ""), .exit = 3},
    {15, "no objects at all", "x.fbx", HEAD, .exit = 3},
    {22, "two models are each other's children", "x.fbx",
     FBX_WITH(GEOMETRY(SQUARE, TWO) MODEL " Model: 21, \"Model::n\", \"Mesh\" {\n }\n",
              " C: \"OO\",20,0\n C: \"OO\",20,21\n C: \"OO\",21,20\n C: \"OO\",10,20\n"),
     .exit = 3, .or_done = true, .makes = "out", .plain = true},
    {22, "a model is its own child", "x.fbx",
     FBX_WITH(GEOMETRY(SQUARE, TWO) MODEL, " C: \"OO\",20,0\n C: \"OO\",20,20\n C: \"OO\",10,20\n"),
     .exit = 3, .or_done = true, .makes = "out", .plain = true},
};

const hostile_table hostile_fbx = {"fbx", rows, sizeof rows / sizeof rows[0]};
