/* SPDX-License-Identifier: MIT */
/* The texture of a mesh: which file is taken, and never one outside. */
#include "import_files.h"

#include <unistd.h>

TestSuite(import_textures, .timeout = 60);

/* Colour of the first pixel of a one-pixel PNG names the file it came from. */
static void put_png(const char *dir, const char *name, uint8_t red) {
    fmi_bytes bytes = {0};
    char path[FM_TEST_PATH];
    const uint8_t pixel[3] = {red, 2, 3};
    const fm_image image = {pixel, 1, 1, 3, 3};
    cr_assert_eq(fmi_png_encode(&bytes, &image, NULL), FM_OK);
    put_file(path, dir, name, bytes.data, bytes.size);
    fmi_bytes_free(&bytes);
}

static void put_textured(char *path, const char *dir, const char *stored) {
    char text[512];
    snprintf(text, sizeof text, "newmtl skin\nmap_Kd %s\n", stored);
    put_text(path, dir, "head.mtl", text);
    put_text(path, dir, "head.obj",
             "mtllib head.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nusemtl skin\nf 1/1 2/1 3/1\n");
}

static void make_texture_folders(char *dir, char *mesh_dir) {
    static const char *const folders[] = {"mesh",     "mesh/textures", "mesh/head.fbm",
                                          "mesh/sub", "mush",          "mesh2"};
    char path[FM_TEST_PATH + 32];
    fm_test_dir(dir, "textures");
    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, folders[i]);
        cr_assert_eq(mkdir(path, 0777), 0);
    }
    snprintf(mesh_dir, FM_TEST_PATH, "%.*s/mesh", FM_TEST_PATH - 8, dir);
    put_png(dir, "outside.png", 100);
    put_png(dir, "climb.png", 101);
    put_png(dir, "mush/near.png", 102);
    put_png(dir, "mesh2/near.png", 103);
    put_png(mesh_dir, "here.png", 1);
    put_png(mesh_dir, "climb.png", 2);
    put_png(mesh_dir, "sub/deep.png", 3);
    put_png(mesh_dir, "textures/tex.png", 4);
    put_png(mesh_dir, "head.fbm/fbm.png", 5);
    put_png(mesh_dir, "a b.png", 6);
    snprintf(path, sizeof path, "%s/link.png", mesh_dir);
    cr_assert_eq(symlink("../outside.png", path), 0);
    snprintf(path, sizeof path, "%s/inner.png", mesh_dir);
    cr_assert_eq(symlink("sub/deep.png", path), 0);
    snprintf(path, sizeof path, "%s/fifo.png", mesh_dir);
    cr_assert_eq(mkfifo(path, 0666), 0);
}

Test(import_textures, textures_are_found_by_the_rule_and_never_outside) {
    static const struct {
        const char *stored;
        int red; /* -1: none */
        const char *reason;
    } rows[] = {
        {"here.png", 1, ""},
        {"./here.png", 1, ""},
        {"sub/deep.png", 3, ""},
        {"sub\\deep.png", 3, ""},
        {"sub/../here.png", 1, ""},
        {"tex.png", 4, ""},
        {"fbm.png", 5, ""},
        {"a b.png", 6, ""},
        {"inner.png", 3, ""},
        {"/elsewhere/here.png", 1, ""},
        {"C:\\art\\here.png", 1, ""},
        {"http://x.org/here.png", 1, ""},
        {"../climb.png", 2, ""}, /* the file of that name inside */
        {"../outside.png", -1, "outside the mesh's folder"},
        {"..\\outside.png", -1, "outside the mesh's folder"},
        {"../mush/near.png", -1, "outside the mesh's folder"},
        {"../mesh2/near.png", -1, "outside the mesh's folder"},
        {"link.png", -1, "outside the mesh's folder"},
        {"deep.png", -1, "not in the mesh's folder"},
        {"/etc/hostname", -1, "not in the mesh's folder"},
        {"fifo.png", -1, "not a regular file"},
        {"head.mtl", -1, "neither a PNG"},
        {"%s%n%s.png", -1, "%s%n%s.png"},
        {"sub/", -1, "not a regular file"},
    };
    char dir[FM_TEST_PATH], mesh_dir[FM_TEST_PATH], path[FM_TEST_PATH];
    make_texture_folders(dir, mesh_dir);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fmi_side side;
        lines l;
        put_textured(path, mesh_dir, rows[i].stored);
        load(&side, path, &l);
        int red = side.texture.view.pixels ? side.texture.view.pixels[0] : -1;
        cr_assert_eq(red, rows[i].red, "%s: %d, %s", rows[i].stored, red, side.reason);
        cr_assert_not_null(strstr(side.reason, rows[i].reason), "%s: %s", rows[i].stored,
                           side.reason);
        cr_assert_eq(l.warnings, rows[i].red < 0, "%s: %s", rows[i].stored, l.text);
        cr_assert_eq(side.texture_path[0] != '\0', rows[i].red >= 0, "%s", side.texture_path);
        fmi_side_free(&side);
    }
}

Test(import_textures, a_relative_mesh_path_finds_its_texture) {
    char dir[FM_TEST_PATH], mesh_dir[FM_TEST_PATH], path[FM_TEST_PATH];
    make_texture_folders(dir, mesh_dir);
    put_textured(path, mesh_dir, "tex.png");
    static const char *const paths[][2] = {{"mesh", "head.obj"}, {"..", "mesh/head.obj"}};
    cr_assert_eq(chdir(dir), 0);
    for (int i = 0; i < 2; i++) {
        fmi_side side;
        cr_assert_eq(chdir(paths[i][0]), 0);
        load(&side, paths[i][1], NULL);
        cr_assert_not_null(side.texture.view.pixels, "%s: %s", paths[i][1], side.reason);
        fmi_side_free(&side);
    }
}

Test(import_textures, the_texture_of_most_polygons_is_taken) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fmi_side side;
    lines l;
    fm_test_dir(dir, "several");
    put_png(dir, "eye.png", 1);
    put_png(dir, "skin.png", 2);
    put_text(path, dir, "x.mtl",
             "newmtl eye\nmap_Kd eye.png\nnewmtl face\nmap_Kd skin.png\n"
             "newmtl neck\nmap_Kd skin.png\nnewmtl plain\n");
    put_text(path, dir, "x.obj",
             "mtllib x.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\n"
             "usemtl eye\nf 1/1 2/1 3/1\nf 1/1 2/1 3/1\nusemtl face\nf 1/1 2/1 3/1\nf 1/1 2/1 3/1\n"
             "usemtl neck\nf 1/1 2/1 3/1\nusemtl plain\nf 1/1 2/1 3/1\n");
    load(&side, path, &l);
    cr_assert_eq(side.texture.view.pixels[0], 2);
    cr_assert_not_null(strstr(l.text, "2 textures; only skin.png is used, which covers 3 of 6"),
                       "%s", l.text);
    fmi_side_free(&side);
}

Test(import_textures, embedded_textures_come_with_the_mesh) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fmi_side side;
    lines l;
    fmi_bytes png = {0};
    const uint8_t pixels[12] = {77, 1, 2, 3};
    const fm_image image = {pixels, 2, 2, 3, 6};
    cr_assert_eq(fmi_png_encode(&png, &image, NULL), FM_OK);
    fm_test_dir(dir, "embedded");
    put_glb(path, dir, "x.glb", "[{\"mesh\":0}]", png.data, png.size);
    load(&side, path, NULL);
    cr_assert_not_null(side.texture.view.pixels, "%s", side.reason);
    cr_assert_eq(side.texture.view.pixels[0], 77);
    cr_assert_eq(side.texture_path[0], '*');
    cr_assert_str_eq(side.mesh.runs[0].name, "skin");
    fmi_side_free(&side);
    put_glb(path, dir, "y.glb", "[{\"mesh\":0}]", png.data, png.size - 20);
    load(&side, path, &l);
    cr_assert_null(side.texture.view.pixels);
    cr_assert_not_null(strstr(side.reason, "embedded texture of y.glb"), "%s", side.reason);
    cr_assert_eq(l.warnings, 1);
    fmi_side_free(&side);
    fmi_bytes_free(&png);
}

Test(import_textures, a_texture_that_was_given_must_load) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH], given[FM_TEST_PATH + 16];
    fmi_side side;
    fm_error err;
    fm_test_dir(dir, "given");
    put_png(dir, "other.png", 9);
    put_textured(path, dir, "none.png");
    snprintf(given, sizeof given, "%s/other.png", dir);
    fm_assert_ok(fmi_side_load(&side, path, given, NULL, &err), err);
    cr_assert_eq(side.texture.view.pixels[0], 9);
    cr_assert_str_eq(side.texture_path, given);
    fmi_side_free(&side);
    snprintf(given, sizeof given, "%s/none.png", dir);
    fm_assert_fails(fmi_side_load(&side, path, given, NULL, &err), FM_ERROR_BAD_INPUT, err,
                    "none.png");
    cr_assert_null(side.blob);
    snprintf(given, sizeof given, "%s/head.mtl", dir);
    fm_assert_fails(fmi_side_load(&side, path, given, NULL, &err), FM_ERROR_BAD_INPUT, err,
                    "neither");
}
