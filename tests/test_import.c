/* SPDX-License-Identifier: MIT */
/* Mesh files in: what comes out of good ones. */
#include "import_files.h"

#include <pthread.h>
#include <unistd.h>

TestSuite(import, .timeout = 60);

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

/* What other programs write besides the least. */
Test(import, ply_of_many_kinds_is_read) {
    static const char *const texts[] = {
        "ply\r\nformat ascii 1.0\r\ncomment by hand\r\nobj_info a b c\r\nelement vertex 3\r\n"
        "property float32 x\r\nproperty float32 y\r\nproperty float32 z\r\n"
        "property uchar red\r\nproperty float quality\r\nelement face 1\r\n"
        "property list uint8 int32 vertex_index\r\nend_header\r\n0 0 0 255 nan\r\n"
        "1 0 0 9 1e-3\r\n0 1 0 0 -.5\r\n3 0 1 2\r\n\r\n",
        "ply\nformat ascii 1.0\nelement vertex 3\nproperty double x\nproperty double y\n"
        "property double z\nelement face 1\nproperty list int uint vertex_indices\n"
        "property list uchar float texcoord\nelement edge 1\nproperty int vertex1\n"
        "property int vertex2\nend_header\n+0 0 0\n1.0 0. 0e0\n0 1 0  \n3 0 1 2 6 0 0 1 0 0 1\n0 1",
    };
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    fm_test_dir(dir, "plys");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fmi_side side;
        put_text(path, dir, "kind.ply", texts[i]);
        load(&side, path, NULL);
        static const float want[] = {0, 0, 0, 1, 0, 0, 0, 1, 0};
        cr_assert_eq(side.mesh.corner_count, 3, "text %zu", i);
        assert_floats(side.mesh.positions, want, 9, "position");
        fmi_side_free(&side);
    }
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
