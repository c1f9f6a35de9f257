/* SPDX-License-Identifier: MIT */
/* Mesh files in: what is said about bad ones. */
#include "import_files.h"

#include <unistd.h>

TestSuite(import_refused, .timeout = 60);

static void assert_refused(const char *path, fm_status want, const char *words) {
    fmi_side side;
    fm_error err;
    fm_assert_fails(fmi_side_load(&side, path, NULL, NULL, &err), want, err, words);
    cr_assert_null(side.blob);
    cr_assert_not_null(strstr(err.message, path), "no path in: %s", err.message);
}

Test(import_refused, what_is_no_file_is_refused_at_once) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fm_test_dir(dir, "kinds");
    join(path, dir, "none.fbx");
    assert_refused(path, FM_ERROR_BAD_INPUT, "No such file");
    join(path, dir, "dir.obj");
    cr_assert_eq(mkdir(path, 0777), 0);
    assert_refused(path, FM_ERROR_BAD_INPUT, "not a regular file");
    join(path, dir, "fifo.obj");
    cr_assert_eq(mkfifo(path, 0666), 0);
    assert_refused(path, FM_ERROR_BAD_INPUT, "not a regular file");
    join(path, dir, "loop.obj");
    cr_assert_eq(symlink(path, path), 0);
    assert_refused(path, FM_ERROR_BAD_INPUT, "symbolic links");
    put_text(path, dir, "empty.fbx", "");
    assert_refused(path, FM_ERROR_BAD_INPUT, "empty");
}

Test(import_refused, noise_is_an_unknown_format_under_every_name) {
    static const char *const names[] = {"x.obj", "x.fbx", "x.glb", "x.gltf", "x.ply",
                                        "x.stl", "x",     ".obj.", "x.png"};
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    unsigned char noise[4096];
    uint64_t seed = fm_test_seed();
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)fm_test_next(&seed);
    fm_test_dir(dir, "noise");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        put_file(path, dir, names[i], noise, sizeof noise);
        assert_refused(path, FM_ERROR_BAD_INPUT, "unknown format");
    }
    put_text(path, dir, "obj-as.fbx", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
    assert_refused(path, FM_ERROR_BAD_INPUT, "content is not FBX");
}

Test(import_refused, bad_geometry_is_named) {
    static const struct {
        const char *name, *text, *words;
    } rows[] = {
        {"nan.obj", "v 0 0 0\nv 1 0 0\nv nan 1 0\nf 1 2 3\n", "line 3: vertex 3: 'nan'"},
        {"inf.obj", "v 0 0 0\nv 1e39 0 0\nv 0 1 0\nf 1 2 3\n", "line 2: vertex 2: '1e39'"},
        {"points.obj", "v 0 0 0\nv 1 0 0\np 1\np 2\n", "no polygons (2 points"},
        {"novertex.obj", "v 0 0 0\nv 1 0 0\nf 1 2 3\n", "line 3: face 1: '3' names none of the 2"},
        {"zero.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 0\n", "face 1: '0' names none"},
        {"wrap.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 4294967297\n",
         "names none of the 3 vertices"},
        {"comma.obj", "v 0 0 0\nv 0,5 0 0\nv 0 1 0\nf 1 2 3\n", "decimal comma"},
        {"nofaces.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\n", "export"},
    };
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fm_test_dir(dir, "geometry");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        put_text(path, dir, rows[i].name, rows[i].text);
        assert_refused(path, FM_ERROR_BAD_INPUT, rows[i].words);
    }
    fmi_side side;
    put_text(path, dir, "comment.obj", "# a, b\nv 0 0 0\nv 1 0 0\nv 0 1 0\ng a,b\nf 1 2 3\n");
    load(&side, path, NULL);
    fmi_side_free(&side);
}

Test(import_refused, old_fbx_is_refused_with_what_to_do) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fm_test_dir(dir, "old");
    put_text(path, dir, "old.fbx",
             "; FBX 6.1.0 project file\nFBXHeaderExtension:  {\n FBXVersion: 6100\n}\n");
    assert_refused(path, FM_ERROR_BAD_INPUT, "old format version 6100; export it again as FBX 7.x");
    unsigned char head[64] = "Kaydara FBX Binary  \0\x1A\0\xA8\x16";
    put_file(path, dir, "binary.fbx", head, sizeof head);
    assert_refused(path, FM_ERROR_BAD_INPUT, "old format version 5800");
    put_file(path, dir, "cut.fbx", head, 24);
    assert_refused(path, FM_ERROR_BAD_INPUT, "ends early");
}

/* One binary FBX record that opens a list; the list ends at end. */
static size_t put_record(unsigned char *at, uint32_t end) {
    memset(at, 0, 14);
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(end >> (8 * i));
    at[12] = 1;
    at[13] = 'A';
    return 14;
}

Test(import_refused, deep_nesting_never_reaches_the_importer) {
    enum { LEVELS = 100000 };
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fm_test_dir(dir, "nesting");
    char *text = calloc(1, LEVELS * 8 + 100);
    size_t used = (size_t)sprintf(text, "; FBX 7.4.0\nFBXVersion: 7400\n");
    for (int i = 0; i < LEVELS; i++)
        used += (size_t)sprintf(text + used, "A: {\n");
    put_file(path, dir, "text.fbx", text, used);
    assert_refused(path, FM_ERROR_BAD_INPUT, "nested");
    memset(text, '[', LEVELS);
    memcpy(text, "{\"a\":", 5);
    put_file(path, dir, "deep.gltf", text, LEVELS);
    assert_refused(path, FM_ERROR_BAD_INPUT, "nested");
    unsigned char *binary = calloc(1, 27 + 14 * LEVELS);
    memcpy(binary, "Kaydara FBX Binary  \0\x1A\0\xE8\x1C", 25);
    size_t at = 27, end = 27 + 14 * LEVELS;
    while (at < end)
        at += put_record(binary + at, (uint32_t)end);
    put_file(path, dir, "binary.fbx", binary, end);
    assert_refused(path, FM_ERROR_BAD_INPUT, "nested");
    put_record(binary + 27, (uint32_t)end + 1);
    put_file(path, dir, "long.fbx", binary, end);
    assert_refused(path, FM_ERROR_BAD_INPUT, "ends early");
    free(binary);
    free(text);
}

Test(import_refused, glb_lengths_that_lie_are_refused) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fm_test_dir(dir, "lengths");
    put_glb(path, dir, "x.glb", "[{\"mesh\":0}]", NULL, 0);
    static const long fields[] = {8, 12};
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(path, "r+b");
        fseek(f, fields[i], SEEK_SET);
        fwrite("\0\0\0\x80", 1, 4, f);
        fclose(f);
        assert_refused(path, FM_ERROR_BAD_INPUT, "ends early");
        put_glb(path, dir, "x.glb", "[{\"mesh\":0}]", NULL, 0);
    }
    cr_assert_eq(truncate(path, 19), 0);
    assert_refused(path, FM_ERROR_BAD_INPUT, "unknown format");
}

Test(import_refused, a_uv_that_is_not_finite_is_named) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH], bytes[4096];
    fm_test_dir(dir, "nanuv");
    put_glb(path, dir, "x.glb", "[{\"mesh\":0}]", NULL, 0);
    FILE *f = fopen(path, "r+b");
    size_t count = fread(bytes, 1, sizeof bytes, f);
    char *bin = memmem(bytes, count, "BIN", 4);
    cr_assert_not_null(bin);
    fseek(f, bin - bytes + 4 + 36, SEEK_SET); /* behind three positions */
    fwrite("\0\0\xC0\x7F", 1, 4, f);
    fclose(f);
    assert_refused(path, FM_ERROR_BAD_INPUT, "corner 1 of 6 has a UV");
}

Test(import_refused, a_real_fbx_cut_anywhere_is_refused) {
    char path[FM_TEST_PATH], dir[FM_TEST_PATH];
    fmi_side side;
    if (!fm_test_data(path, "canonical_face/mediapipe_canonical_face_model.fbx"))
        cr_skip("skipped: no data");
    struct stat st;
    stat(path, &st);
    unsigned char *bytes = malloc((size_t)st.st_size);
    FILE *f = fopen(path, "rb");
    cr_assert_eq(fread(bytes, 1, (size_t)st.st_size, f), (size_t)st.st_size);
    fclose(f);
    fm_test_dir(dir, "cut");
    uint64_t seed = fm_test_seed();
    for (int i = 0; i < 40; i++) {
        size_t size = 1 + (size_t)(fm_test_next(&seed) % ((uint64_t)st.st_size - 400));
        put_file(path, dir, "cut.fbx", bytes, size);
        cr_assert_eq(fmi_side_load(&side, path, NULL, NULL, NULL), FM_ERROR_BAD_INPUT, "cut at %zu",
                     size);
    }
    free(bytes);
}

Test(import_refused, files_outside_the_folder_stay_closed) {
    char dir[FM_TEST_PATH], sub[FM_TEST_PATH + 8], path[FM_TEST_PATH];
    fmi_side side;
    lines l;
    fm_test_dir(dir, "outside");
    snprintf(sub, sizeof sub, "%s/in", dir);
    cr_assert_eq(mkdir(sub, 0777), 0);
    put_text(path, dir, "secret.mtl", "newmtl skin\nmap_Kd secret.png\n");
    put_text(path, sub, "x.obj",
             "mtllib ../secret.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nusemtl skin\n"
             "f 1/1 2/1 3/1\n");
    load(&side, path, &l);
    cr_assert_not_null(strstr(l.text, "outside its folder"), "%s", l.text);
    cr_assert_not_null(strstr(side.reason, "names no texture"), "%s", side.reason);
    fmi_side_free(&side);
    put_text(path, dir, "outside.bin", "0123456789012345678901234567890123456789");
    put_text(path, sub, "x.gltf",
             "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],"
             "\"nodes\":[{\"mesh\":0}],\"meshes\":[{\"primitives\":[{\"attributes\":{"
             "\"POSITION\":0}}]}],\"accessors\":[{\"bufferView\":0,\"componentType\":5126,"
             "\"count\":3,\"type\":\"VEC3\"}],\"bufferViews\":[{\"buffer\":0,\"byteLength\":36}],"
             "\"buffers\":[{\"byteLength\":36,\"uri\":\"../outside.bin\"}]}");
    fm_error err;
    cr_assert_eq(fmi_side_load(&side, path, NULL, NULL, &err), FM_ERROR_BAD_INPUT);
    put_text(path, sub, "inside.bin", "0123456789012345678901234567890123456789");
}
