/* SPDX-License-Identifier: MIT */
/* Real heads: the counts that the README promises, and which pairs match. */
#include "fm_test.h"

#include "io/import.h"
#include "pair_join.h"

TestSuite(pair_data, .timeout = 60);

/** One imported file. */
typedef struct head {
    fmi_blob *blob;
    fm_mesh mesh;
    fm_material_run *runs;
} head;

static bool load_head(head *h, const char *file) {
    char path[FM_TEST_PATH];
    fm_error err = {0};
    *h = (head){0};
    if (!fm_test_data(path, file))
        return false;
    fm_assert_ok(fmi_import(&h->blob, path, NULL, &err), err);
    fm_assert_ok(fmi_blob_view(h->blob, file, &h->mesh, &h->runs, &err), err);
    return true;
}

static void free_head(head *h) {
    free(h->blob);
    free(h->runs);
}

/* Joins two files; false without data. The counts stay, the arrays are freed. */
static bool join_files(const char *file_a, const char *file_b, fmi_joined *j, fm_status *status,
                       fm_error *err) {
    head a, b = {0};
    bool there = load_head(&a, file_a) && load_head(&b, file_b);
    if (there) {
        *status = fmi_pair_join(j, &a.mesh, &b.mesh, FM_ALIGN_NONE, NULL, err);
        fmi_joined counts = *j;
        fmi_joined_free(&counts);
    }
    free_head(&a);
    free_head(&b);
    return there;
}

Test(pair_data, real_pairs_have_their_known_counts) {
    static const struct {
        const char *a, *b;
        uint32_t positions, vertices, triangles; /* 0 = not compared */
    } pairs[] = {
        {"mh_heads/male1.fbx", "mh_heads/male2.fbx", 18024, 18413, 35880},
        {"mh_heads/male1.obj", "mh_heads/male2.obj", 18024, 18413, 35880},
        {"mh_heads/male1.obj", "mh_heads/male2.fbx", 18024, 18413, 35880},
        {"mh_heads/male1.fbx", "mh_heads/male1_smile.fbx", 18024, 18413, 35880},
        {"mh_heads/woman19.fbx", "mh_heads/woman45.fbx", 18024, 18413, 35880},
        {"mh_quads/male1_lo.obj", "mh_quads/male2_lo.fbx", 4528, 4723, 8970},
        {"ict/ict_neutral.obj", "ict/ict_personA.obj", 0, 0, 52220},
        {"ict/ict_personA.obj", "ict/ict_personB_smile.obj", 0, 0, 52220},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        fmi_joined j = {0};
        fm_error err = {0};
        fm_status status = FM_OK;
        const char *name = pairs[i].b;
        if (!join_files(pairs[i].a, name, &j, &status, &err))
            cr_skip("skipped: no data");
        cr_assert_eq(status, FM_OK, "%s: %s", name, err.message);
        cr_assert_eq(j.triangle_count, pairs[i].triangles, "%s: %u", name, j.triangle_count);
        cr_assert_eq(j.degenerate_triangles, 0, "%s: %u", name, j.degenerate_triangles);
        if (pairs[i].positions == 0)
            continue;
        cr_assert_eq(j.position_count, pairs[i].positions, "%s: %u", name, j.position_count);
        cr_assert_eq(j.vertex_count, pairs[i].vertices, "%s: %u", name, j.vertex_count);
        cr_assert_eq(j.coincident_positions, 0, "%s: %u", name, j.coincident_positions);
    }
}

Test(pair_data, heads_of_two_makes_do_not_match) {
    fmi_joined j;
    fm_error err = {0};
    fm_status status = FM_OK;
    if (!join_files("mh_heads/male1.fbx", "ict/ict_neutral.obj", &j, &status, &err))
        cr_skip("skipped: no data");
    fm_assert_fails(status, FM_ERROR_BAD_INPUT, err, "35,880 and 26,384 polygons");
    fm_assert_fails(status, FM_ERROR_BAD_INPUT, err, "first difference at polygon 0");
    if (!join_files("mh_heads/male1.fbx", "mh_quads/male1_lo.fbx", &j, &status, &err))
        cr_skip("skipped: no data");
    fm_assert_fails(status, FM_ERROR_BAD_INPUT, err, "polygon 0 (3 and 4 corners)");
}
