/* SPDX-License-Identifier: MIT */
/* Mesh files in: what comes out of good ones, and what is said about bad ones. */
#include "fm_test.h"

#include "import_files.h"

#include <io/load.h>
#include <pthread.h>
#include <unistd.h>

TestSuite(import, .timeout = 60);

/* ---- a log that is kept ---- */

typedef struct lines {
    char text[4096];
    int warnings;
} lines;

static void keep_line(void *user, fm_log_level level, const char *line) {
    lines *l = user;
    size_t used = strlen(l->text);
    snprintf(l->text + used, sizeof l->text - used, "%s\n", line);
    l->warnings += level == FM_LOG_WARNING;
}

static fm_log keep_lines(lines *l) {
    *l = (lines){0};
    return (fm_log){keep_line, l, FM_LOG_INFO};
}

/* Loads a side that must load, with the log kept. */
static void load(fmi_side *side, const char *path, lines *l) {
    fm_error err;
    lines unused;
    fm_log log = keep_lines(l ? l : &unused);
    fm_assert_ok(fmi_side_load(side, path, NULL, &log, &err), err);
    fm_assert_ok(fmi_blob_validate(side->blob, side->blob->total_bytes, "blob", &err), err);
}

/* dir/name; the folders of the tests are short. */
static void join(char out[FM_TEST_PATH], const char *dir, const char *name) {
    int length = snprintf(out, FM_TEST_PATH, "%s/%s", dir, name);
    cr_assert_lt(length, FM_TEST_PATH);
}

static void assert_refused(const char *path, fm_status want, const char *words) {
    fmi_side side;
    fm_error err;
    fm_assert_fails(fmi_side_load(&side, path, NULL, NULL, &err), want, err, words);
    cr_assert_null(side.blob);
    cr_assert_not_null(strstr(err.message, path), "no path in: %s", err.message);
}

/* Compares the corners of a mesh with rows of n floats. */
static void assert_floats(const float *got, const float *want, size_t count, const char *what) {
    for (size_t i = 0; i < count; i++)
        cr_assert_float_eq((double)got[i], (double)want[i], 1e-6, "%s %zu: got %g, want %g", what,
                           i, (double)got[i], (double)want[i]);
}

/* ---- real data ---- */

typedef struct known {
    const char *file;
    uint32_t positions, uvs, polygons, corners, runs;
    float height; /* of the bounding box, metres where the file says so */
    const char *texture;
} known;

static const known KNOWN[] = {
    {"mh_heads/male1.obj", 18024, 18413, 35880, 107640, 1, 0.303F, "male1_diffuse.png"},
    {"mh_heads/male1.fbx", 18024, 18413, 35880, 107640, 1, 0.303F, "male1_diffuse.png"},
    {"mh_heads/male2.obj", 18024, 18413, 35880, 107640, 1, 0.311F, "male2_diffuse.png"},
    {"mh_heads/male2.fbx", 18024, 18413, 35880, 107640, 1, 0.311F, "male2_diffuse.png"},
    {"mh_heads/woman19.obj", 18024, 18413, 35880, 107640, 1, 0.275F, NULL},
    {"mh_heads/woman19.fbx", 18024, 18413, 35880, 107640, 1, 0.275F, NULL},
    {"mh_heads/woman45.obj", 18024, 18413, 35880, 107640, 1, 0.293F, "woman45_diffuse.png"},
    {"mh_heads/woman45.fbx", 18024, 18413, 35880, 107640, 1, 0.293F, "woman45_diffuse.png"},
    {"mh_heads/male1_smile.obj", 18024, 18413, 35880, 107640, 1, 0.303F, "male1_diffuse.png"},
    {"mh_heads/male1_smile.fbx", 18024, 18413, 35880, 107640, 1, 0.303F, "male1_diffuse.png"},
    /* The file has metres but says centimetres: see import.h. */
    {"mh_heads/male1_assimp_ascii.fbx", 18024, 18413, 35880, 107640, 1, 0.00303F,
     "male1_diffuse.png"},
    {"mh_heads/male2_assimp_ascii.fbx", 18024, 18413, 35880, 107640, 1, 0.00311F,
     "male2_diffuse.png"},
    {"mh_quads/male1_lo.obj", 4528, 4723, 4485, 17940, 1, 0.305F, "male1_lo_diffuse.png"},
    {"mh_quads/male1_lo.fbx", 4528, 4723, 4485, 17940, 1, 0.305F, "male1_lo_diffuse.png"},
    {"mh_quads/male2_lo.obj", 4528, 4723, 4485, 17940, 1, 0.314F, "male2_lo_diffuse.png"},
    {"mh_quads/male2_lo.fbx", 4528, 4723, 4485, 17940, 1, 0.314F, "male2_lo_diffuse.png"},
    /* Coincident records count once here: 26,719 lines in the files. */
    {"ict/ict_neutral.obj", 26374, 28490, 26384, 104988, 12, 33.8F, NULL},
    {"ict/ict_personA.obj", 26480, 28490, 26384, 104988, 12, 33.0F, NULL},
    {"ict/ict_personB_smile.obj", 26477, 28490, 26384, 104988, 12, 33.5F, NULL},
    {"canonical_face/arcore_canonical_face_mesh.fbx", 468, 468, 898, 2694, 1, 0.177F, NULL},
    {"canonical_face/mediapipe_canonical_face_model.fbx", 468, 468, 898, 2694, 1, 0.177F, NULL},
    {"canonical_face/mediapipe_canonical_face_model.obj", 468, 468, 898, 2694, 1, 15.3F, NULL},
};

static float height_of(const fm_mesh *mesh) {
    float low = INFINITY, high = -INFINITY;
    for (uint32_t i = 0; i < mesh->corner_count; i++) {
        low = fminf(low, mesh->positions[3 * i + 1]);
        high = fmaxf(high, mesh->positions[3 * i + 1]);
    }
    return high - low;
}

Test(import, real_heads_have_the_known_counts_sizes_and_textures) {
    char path[FM_TEST_PATH];
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
        const known *k = &KNOWN[i];
        fmi_side side;
        if (!fm_test_data(path, k->file))
            cr_skip("skipped: no data");
        load(&side, path, NULL);
        cr_assert_eq(side.blob->record_count, k->positions, "%s", k->file);
        cr_assert_eq(side.blob->uv_count, k->uvs, "%s", k->file);
        cr_assert_eq(side.mesh.polygon_count, k->polygons, "%s", k->file);
        cr_assert_eq(side.mesh.corner_count, k->corners, "%s", k->file);
        cr_assert_eq(side.mesh.run_count, k->runs, "%s", k->file);
        cr_assert_float_eq(height_of(&side.mesh) / k->height, 1.0F, 0.01F, "%s: %g", k->file,
                           (double)height_of(&side.mesh));
        cr_assert_eq(side.texture.view.pixels != NULL, k->texture != NULL, "%s", k->file);
        if (k->texture)
            cr_assert_not_null(strstr(side.texture_path, k->texture), "%s", side.texture_path);
        cr_assert_eq(side.reason[0] == '\0', k->texture != NULL, "%s", side.reason);
        fmi_side_free(&side);
    }
}

/* Polygon sizes and material runs: what the match rule looks at first. */
static bool same_topology(const fm_mesh *a, const fm_mesh *b) {
    if (a->polygon_count != b->polygon_count || a->run_count != b->run_count)
        return false;
    for (uint32_t i = 0; i < a->run_count; i++)
        if (a->runs[i].polygon_count != b->runs[i].polygon_count)
            return false;
    return memcmp(a->polygon_sizes, b->polygon_sizes, a->polygon_count * sizeof(uint32_t)) == 0;
}

Test(import, ready_made_pairs_fit_and_share_their_unit) {
    static const struct {
        const char *a, *b;
        bool match;
    } rows[] = {
        {"mh_heads/male1.fbx", "mh_heads/male2.fbx", true},
        {"mh_heads/male1.fbx", "mh_heads/woman19.fbx", true},
        {"mh_heads/male1.obj", "mh_heads/male2.fbx", true},
        {"mh_heads/male1.fbx", "mh_heads/male1_smile.fbx", true},
        {"mh_heads/male1_assimp_ascii.fbx", "mh_heads/male2_assimp_ascii.fbx", true},
        {"mh_quads/male1_lo.obj", "mh_quads/male2_lo.obj", true},
        {"ict/ict_neutral.obj", "ict/ict_personA.obj", true},
        {"canonical_face/arcore_canonical_face_mesh.fbx",
         "canonical_face/mediapipe_canonical_face_model.fbx", true},
        {"mh_heads/male1.fbx", "ict/ict_neutral.obj", false},
        {"mh_heads/male1.obj", "mh_quads/male1_lo.obj", false},
    };
    char path[FM_TEST_PATH];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fmi_side a, b;
        if (!fm_test_data(path, rows[i].a))
            cr_skip("skipped: no data");
        load(&a, path, NULL);
        fm_test_data(path, rows[i].b);
        load(&b, path, NULL);
        cr_assert_eq(same_topology(&a.mesh, &b.mesh), rows[i].match, "%s %s", rows[i].a, rows[i].b);
        if (rows[i].match) {
            float ratio = height_of(&a.mesh) / height_of(&b.mesh);
            cr_assert(ratio > 0.8F && ratio < 1.25F, "%s %s: %g", rows[i].a, rows[i].b,
                      (double)ratio);
            uint32_t near = 0;
            for (uint32_t k = 0; k < 2 * a.mesh.corner_count; k++)
                near += fabsf(a.mesh.uvs[k] - b.mesh.uvs[k]) <= 1e-4F;
            cr_assert_geq(near, a.mesh.corner_count * 198ULL / 100, "%s %s", rows[i].a, rows[i].b);
        }
        fmi_side_free(&a);
        fmi_side_free(&b);
    }
}

typedef struct job {
    char path[FM_TEST_PATH];
    uint64_t hash;
    fm_status status;
} job;

static void *import_job(void *user) {
    job *j = user;
    fmi_blob *blob;
    j->status = fmi_import(&blob, j->path, NULL, NULL);
    j->hash = j->status == FM_OK ? blob->hash : 0;
    free(blob);
    return NULL;
}

Test(import, two_threads_get_what_one_gets) {
    job jobs[4];
    pthread_t threads[4];
    char dir[FM_TEST_PATH], name[16];
    fm_test_dir(dir, "threads");
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%d.obj", i);
        put_text(jobs[i].path, dir, name, i < 2 ? "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n" : "v 0\n");
    }
    for (int i = 0; i < 2; i++)
        fm_test_data(jobs[i].path, i == 0 ? "mh_heads/male1.fbx" : "mh_heads/male2.obj");
    for (int i = 0; i < 2; i++)
        if (access(jobs[i].path, R_OK) != 0)
            join(jobs[i].path, dir, i == 0 ? "0.obj" : "1.obj");
    for (int round = 0; round < 3; round++) {
        uint64_t alone[2];
        for (int i = 0; i < 2; i++) {
            import_job(&jobs[i]);
            alone[i] = jobs[i].hash;
        }
        for (int i = 0; i < 4; i++)
            cr_assert_eq(pthread_create(&threads[i], NULL, import_job, &jobs[i]), 0);
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < 4; i++) {
            cr_assert_eq(jobs[i].status, i < 2 ? FM_OK : FM_ERROR_BAD_INPUT);
            if (i < 2)
                cr_assert_eq(jobs[i].hash, alone[i]);
        }
    }
}

typedef struct failing_job {
    char path[FM_TEST_PATH];
    const char *words;
    uint32_t wrong;
} failing_job;

static void *fail_often(void *user) {
    failing_job *j = user;
    for (int i = 0; i < 100; i++) {
        fmi_blob *blob;
        fm_error err;
        bool as_wanted = fmi_import(&blob, j->path, NULL, &err) == FM_ERROR_BAD_INPUT &&
                         strstr(err.message, j->words) != NULL;
        j->wrong += !as_wanted;
    }
    return NULL;
}

Test(import, failures_at_once_name_their_own_reason) {
    static const struct {
        const char *name, *text, *words;
    } rows[] = {
        {"a.obj", "v 0 0 0\nf 1 2 3\n", "none of the 1 vertices"},
        {"b.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 0\n", "'0' names none"},
        {"c.fbx", "; FBX 7.4.0\nFBXVersion: 7400\nA: {\n", "FBX-Parser"},
        {"d.gltf", "{\"asset\":{\"version\":\"7.0\"}}", "No suitable reader"},
    };
    failing_job jobs[4];
    pthread_t threads[4];
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, "failures");
    for (int i = 0; i < 4; i++) {
        put_text(jobs[i].path, dir, rows[i].name, rows[i].text);
        jobs[i].words = rows[i].words;
        jobs[i].wrong = 0;
    }
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, fail_often, &jobs[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(jobs[i].wrong, 0, "%s: %u wrong messages", jobs[i].path, jobs[i].wrong);
}

/* ---- polygons and materials ---- */

static const char MIXED[] = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv -0 1 0\nvt -0 0\nvt 1 0\nvt 1 1\n"
                            "p 1\nl 1 2\nl 1 2 3\n"
                            "usemtl b\nf 1/1 2/2 3/3\nusemtl a\nf 1 2 3 4\n"
                            "usemtl b\nf 4/1 3/2 1/3\nusemtl unused\n";

Test(import, polygons_keep_their_order_within_sorted_materials) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fmi_side side;
    lines l;
    fm_test_dir(dir, "mixed");
    put_text(path, dir, "mixed.obj", MIXED);
    load(&side, path, &l);
    cr_assert_eq(side.mesh.polygon_count, 3);
    cr_assert_eq(side.mesh.run_count, 2);
    cr_assert_str_eq(side.mesh.runs[0].name, "a");
    cr_assert_str_eq(side.mesh.runs[1].name, "b");
    cr_assert_eq(side.mesh.runs[1].first_polygon, 1);
    cr_assert_eq(side.mesh.runs[1].polygon_count, 2);
    static const uint32_t sizes[] = {4, 3, 3};
    cr_assert_eq(memcmp(side.mesh.polygon_sizes, sizes, sizeof sizes), 0);
    static const float positions[] = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, /* the quad */
                                      0, 0, 0, 1, 0, 0, 1, 1, 0,          /* first of b */
                                      0, 1, 0, 1, 1, 0, 0, 0, 0};
    assert_floats(side.mesh.positions, positions, 30, "position");
    static const float uvs[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1};
    assert_floats(side.mesh.uvs, uvs, 20, "uv");
    cr_assert_eq(side.blob->record_count, 4);
    cr_assert_eq(side.blob->uv_count, 3);
    for (int i = 0; i < 20; i++)
        cr_assert(!signbit(side.mesh.uvs[i]), "minus zero was kept in uv %d", i);
    cr_assert_not_null(strstr(l.text, "4 points and lines left out"), "%s", l.text);
    cr_assert_not_null(strstr(l.text, "1 of 3 parts have no UVs"), "%s", l.text);
    fmi_side_free(&side);
}

Test(import, a_mesh_without_uvs_has_none) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fmi_side side;
    fm_test_dir(dir, "plain");
    put_text(path, dir, "plain.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
    load(&side, path, NULL);
    cr_assert_null(side.mesh.uvs);
    cr_assert_eq(side.blob->uv_count, 0);
    cr_assert_str_eq(side.reason, "plain.obj names no texture");
    fmi_side_free(&side);
}

Test(import, ply_comes_as_corners) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fmi_side side;
    fm_test_dir(dir, "ply");
    put_text(path, dir, "QUAD.PLY",
             "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\n"
             "property float z\nelement face 2\nproperty list uchar int vertex_indices\n"
             "end_header\n0 0 0\n1 0 0\n1 1 0\n0 1 5\n4 0 1 2 3\n3 2 1 0\n");
    load(&side, path, NULL);
    static const float want[] = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 5, 1, 1, 0, 1, 0, 0, 0, 0, 0};
    cr_assert_eq(side.mesh.corner_count, 7);
    assert_floats(side.mesh.positions, want, 21, "position");
    cr_assert_eq(side.blob->record_count, 4);
    fmi_side_free(&side);
}

/* ---- nodes, units, axes ---- */

Test(import, glb_nodes_are_applied_and_mirrors_swap_the_winding) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fmi_side side;
    fm_test_dir(dir, "nodes");
    /* Root moves by (10, 0, 0); one child scales by 2, the other mirrors x. */
    put_glb(path, dir, "nodes.glb",
            "[{\"translation\":[10,0,0],\"children\":[1,2]},{\"mesh\":0,\"scale\":[2,2,2]},"
            "{\"mesh\":0,\"scale\":[-1,1,1]}]",
            NULL, 0);
    load(&side, path, NULL);
    static const float want[] = {10, 6, 0, 10, 0, 0, 14, 0, 0, 10, 0, 0, 14, 0, 0, 10, 6, 0,
                                 10, 3, 0, 8,  0, 0, 10, 0, 0, 10, 0, 0, 10, 3, 0, 8,  0, 0};
    cr_assert_eq(side.mesh.corner_count, 12);
    assert_floats(side.mesh.positions, want, 36, "position");
    /* v is up in a mesh and down in a glTF file. */
    static const float uvs[] = {0, 0.75F, 0, 1, 1, 1};
    assert_floats(side.mesh.uvs, uvs, 6, "uv");
    fmi_side_free(&side);
}

Test(import, fbx_units_and_axes_become_metres_and_y_up) {
    static const struct {
        fbx_head head;
        float corner[3]; /* of (0, 2, 3) */
    } rows[] = {
        {{100, 1, 1, 2, 1, ""}, {0, 2, 3}},
        {{1, 1, 1, 2, 1, ""}, {0, 0.02F, 0.03F}},
        {{2.54, 1, 1, 2, 1, ""}, {0, 0.0508F, 0.0762F}},
        {{100, 2, 1, 1, -1, ""}, {0, 3, -2}}, /* Z up as modelling tools write it */
        {{100, 2, 1, 1, 1, ""}, {0, 3, -2}},  /* not right-handed: only up is believed */
        {{100, 2, -1, 1, 1, ""}, {0, -3, 2}}, /* hanging from the ceiling */
        {{100, 1, -1, 2, -1, ""}, {0, -2, -3}},
        {{1, 2, 1, 1, -1, "   P: \"Lcl Scaling\", \"Lcl Scaling\", \"\", \"A\",100,100,100\n"},
         {0, 3, -2}}, /* a metre scene scaled to centimetres by its node */
    };
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fm_test_dir(dir, "units");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fmi_side side;
        put_fbx(path, dir, "unit.fbx", &rows[i].head);
        load(&side, path, NULL);
        cr_assert_eq(side.mesh.polygon_count, 2);
        cr_assert_eq(side.mesh.polygon_sizes[0], 4);
        for (int k = 0; k < 3; k++)
            cr_assert_float_eq((double)side.mesh.positions[9 + k], (double)rows[i].corner[k], 1e-6,
                               "row %zu axis %d: %g", i, k, (double)side.mesh.positions[9 + k]);
        fmi_side_free(&side);
    }
}

Test(import, a_mirrored_fbx_node_reverses_polygons_around_corner_0) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fmi_side side;
    fm_test_dir(dir, "mirror");
    const fbx_head head = {100, 1, 1,
                           2,   1, "   P: \"Lcl Scaling\", \"Lcl Scaling\", \"\", \"A\",-1,1,1\n"};
    put_fbx(path, dir, "mirror.fbx", &head);
    load(&side, path, NULL);
    static const float want[] = {0, 0, 0, 0, 2, 3, -1, 2, 0, -1, 0, 0, 0, 0, 0, -1, 2, 0, -1, 0, 0};
    assert_floats(side.mesh.positions, want, 21, "position");
    fmi_side_free(&side);
}

/* ---- refusals ---- */

Test(import, what_is_no_file_is_refused_at_once) {
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

Test(import, noise_is_an_unknown_format_under_every_name) {
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

Test(import, bad_geometry_is_named) {
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

Test(import, old_fbx_is_refused_with_what_to_do) {
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

Test(import, deep_nesting_never_reaches_the_importer) {
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

Test(import, glb_lengths_that_lie_are_refused) {
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

Test(import, a_uv_that_is_not_finite_is_named) {
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

Test(import, a_real_fbx_cut_anywhere_is_refused) {
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

Test(import, files_outside_the_folder_stay_closed) {
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

/* ---- textures ---- */

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

Test(import, textures_are_found_by_the_rule_and_never_outside) {
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

Test(import, a_relative_mesh_path_finds_its_texture) {
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

Test(import, the_texture_of_most_polygons_is_taken) {
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

Test(import, embedded_textures_come_with_the_mesh) {
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

Test(import, a_texture_that_was_given_must_load) {
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

/* ---- blobs from a process that is not trusted ---- */

Test(import, a_damaged_blob_is_never_believed) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fmi_blob *blob;
    fm_error err;
    fm_test_dir(dir, "blob");
    put_text(path, dir, "mixed.obj", MIXED);
    fm_assert_ok(fmi_import(&blob, path, NULL, &err), err);
    size_t bytes = blob->total_bytes, accepted = 0;
    unsigned char *copy = malloc(bytes);
    for (size_t i = 0; i < bytes; i++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(copy, blob, bytes);
            copy[i] ^= (unsigned char)(1 << bit);
            accepted += fmi_blob_validate(copy, bytes, "copy", NULL) == FM_OK;
        }
    cr_assert_eq(accepted, 0, "%zu damaged blocks were taken", accepted);
    memcpy(copy, blob, bytes);
    for (size_t size = 0; size < bytes; size++)
        cr_assert_neq(fmi_blob_validate(copy, size, "cut", NULL), FM_OK);
    fm_assert_ok(fmi_blob_validate(copy, bytes, "whole", &err), err);
    free(copy);
    free(blob);
}
