/* SPDX-License-Identifier: MIT */
/* What OBJ text and the arrays of FBX text may hold: taken as they are, or refused with the place.
 */
#include "fm_test.h"

#include "io/import_fbx.h"
#include "io/import_obj.h"

TestSuite(mesh_text, .timeout = 60);

#define CORNERS "v 0 0 0\nv 1 0 0\nv 0 1 0\n"

typedef fm_status (*check_fn)(const char *path, const char *text, size_t bytes, fm_error *err);

/* words NULL: taken. */
static void expect(check_fn check, const char *text, size_t bytes, const char *words) {
    fm_error err = {0};
    char *copy = malloc(bytes + 1); /* exactly as long: a step too far is seen by sanitizers */
    cr_assert_not_null(copy);
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    const fm_status status = check("a.mesh", copy, bytes, &err);
    if (words) {
        cr_assert_neq(status, FM_OK, "taken: %.60s", text);
        cr_assert_not_null(strstr(err.message, words), "%.60s: no '%s' in: %s", text, words,
                           err.message);
    } else {
        cr_assert_eq(status, FM_OK, "%.60s: %s", text, err.message);
    }
    free(copy);
}

typedef struct row {
    const char *text, *words;
} row;

static void expect_rows(check_fn check, const row *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        expect(check, rows[i].text, strlen(rows[i].text), rows[i].words);
}

#define EXPECT_ROWS(check, rows) expect_rows(check, rows, sizeof(rows) / sizeof((rows)[0]))

Test(mesh_text, numbers_of_obj_are_finite_decimals) {
    static const row rows[] = {
        {"v 0 0 0\n", NULL},
        {"v +1 -2 .5\n", NULL},
        {"v 5. 1e3 1E-3\n", NULL},
        {"v 1e+38 3.4e38 -3.4e38\n", NULL},
        {"v 0e99999999999 0.000e-5 1e-99999\n", NULL},
        {"v 0.00000000000000000000000000000000000000001 1 1\n", NULL},
        {"v 100000000000000000000000000000000000000 1 1\n", NULL},
        {"v 1000000000000000000000000000000000000000 1 1\n", "line 1"},
        {"v 3.5e38 0 0\n", "line 1"},
        {"v 1e39 0 0\n", "line 1"},
        {"v 1e9999999 0 0\n", "line 1"},
        {"v nan 0 0\n", "line 1"},
        {"v 0 inf 0\n", "line 1"},
        {"v 0 0 0x10\n", "line 1"},
        {"v 0 0 1,5\n", "line 1"},
        {"v 1e 0 0\n", "line 1"},
        {"v - 0 0\n", "line 1"},
        {"v . 0 0\n", "line 1"},
        {"v 0 0\n", "line 1"},
        {"# a word\n\nv 0 0 0 # and more\nv 0 0 x\n", "line 4"},
        {"\xEF\xBB\xBFv 0 0 0\n", NULL},
        {"v 0 \\\n0 0\n", NULL},
        {"v 0 \\\r\n0 0\n", NULL},
        {"v\t0\v0\f0\r\n", NULL},
        {"v 0 0 0 1\nvt 0.5\nvt 0.5 0.5 0\nvn 0 0 1\nvp 1 2\n", NULL},
        {"# a comment that goes on \\\nv x y z\nv 0 0 0\n", NULL},
        {"# a comment that goes on \\\r\nv x y z\nv 0 0 0\n", NULL},
        {"v 0 0 0", NULL},
        {"", NULL},
    };
    EXPECT_ROWS(fmi_obj_check, rows);
}

Test(mesh_text, faces_of_obj_name_what_is_there) {
    static const row rows[] = {
        {CORNERS "f 1 2 3\n", NULL},
        {CORNERS "f -1 -2 -3\n", NULL},
        {CORNERS "f 1 \\\n2 3\n", NULL},
        {CORNERS "f\t1\t2\t3", NULL},
        {CORNERS "vt 0 0\nf 1/1 2/1 3/1\n", NULL},
        {CORNERS "vt 0 0\nf 1/-1 2/1 3/\n", NULL},
        {CORNERS "vn 0 0 1\nf 1//1 2//1 3//-1\n", NULL},
        {CORNERS "vt 0 0\nvn 0 0 1\nf 1/1/1 2/1/1 3/1/1\n", NULL},
        {"f 1 2 3\n" CORNERS, NULL}, /* behind the face, but in the file */
        {"f -1 -2 -3\n" CORNERS, "line 1"},
        {CORNERS "f 1 2 4\n", "3"},
        {CORNERS "f 0 1 2\n", "line 4"},
        {CORNERS "f 1 2 -4\n", "line 4"},
        {CORNERS "f 1 2 4294967297\n", "line 4"},
        {CORNERS "f 1 2 99999999999999999999\n", "line 4"},
        {CORNERS "f 1 2 x\n", "line 4"},
        {CORNERS "f 1/1 2 3\n", "line 4"},
        {CORNERS "f 1//1 2 3\n", "line 4"},
        {CORNERS "vt 0 0\nf 1/2 2/1 3/1\n", "line 5"},
        {CORNERS "vt 0 0\nf 1/1/1 2/1 3/1\n", "line 5"},
        {CORNERS "f 1 2 3.5\n", "line 4"},
        {CORNERS "g one\no two\nusemtl three\ns off\nl 1 2\nf 1 2 3\n", NULL},
        {CORNERS "foo 1 2 9\nfx\nvx 1\n", NULL}, /* other words are Assimp's */
    };
    EXPECT_ROWS(fmi_obj_check, rows);
}

Test(mesh_text, a_byte_of_zero_ends_a_line_of_obj_but_not_the_file) {
    static const char text[] = "v 0 0 0\0 junk\nv 1 0 x\n";
    expect(fmi_obj_check, text, sizeof text - 1, "line");
}

Test(mesh_text, as_many_parts_and_corners_as_there_may_be) {
    const size_t room = 64 + 4 * 300000;
    char *text = malloc(room);
    cr_assert_not_null(text);
    size_t used = (size_t)snprintf(text, room, CORNERS "f");
    for (int i = 0; i < 250000; i++, used += 2)
        memcpy(text + used, " 1", 2);
    text[used++] = '\n';
    expect(fmi_obj_check, text, used, "corners");
    used = (size_t)snprintf(text, room, CORNERS);
    for (int i = 0; i < 10000; i++, used += 4)
        memcpy(text + used, "g a\n", 4);
    expect(fmi_obj_check, text, used, "8192");
    free(text);
}

#define FBX(vertices, polygons)                                               \
    "Objects: {\nGeometry: 1, \"\", \"Mesh\" {\nVertices: *9 {\na: " vertices \
    "\n}\nPolygonVertexIndex: *3 {\na: " polygons "\n}\n}\n}\n"

Test(mesh_text, arrays_of_fbx_text_fit_together) {
    static const row rows[] = {
        {FBX("0,0,0,1,0,0,0,1,0", "0,1,-3"), NULL},
        {FBX("0, 0, 0, 1, 0, 0,\n0, 1, 0", "0, 1, -3"), NULL},
        {FBX("0,0,0,1,0,0,0,1", "0,1,-3"), "8 coordinates are no whole vertices"},
        {FBX("0,0,0,1,0,0,0,1,0", "0,1,-4"), "polygon 1"},
        {FBX("0,0,0,1,0,0,0,1,0", "0,3,-3"), "polygon 1"},
        {FBX("0,0,0,1,0,0,0,1,0", "0,1,2"), "polygon 1"},
        {FBX("0,0,0,1,0,0,0,1,0", "0,1,99999999999"), "polygon 1"},
        {FBX("0,0,0,1,0,0,0,1,0", "0,x,-3"), "polygon 1"},
        {FBX("0,0,0,1,0,0,0,1,0", "0,-,-3"), "polygon 1"},
        {"Vertices: *9 {\na: 0,0,0", NULL},
        {"Vertices: *9\n", NULL},
        {"Vertices: *9 {\n", NULL},
        {"Vertices: *3 {\na: 0,0,0\n}\n", NULL},
        {"Vertices: *3 {\na: 0,0,0\n}\nPolygonVertexIndex: *3 {\n", NULL},
        {"Vertices: *0 {\na: \n}\nPolygonVertexIndex: *0 {\na: \n}\n", NULL},
        {"", NULL},
    };
    EXPECT_ROWS(fmi_fbx_check_text, rows);
}
