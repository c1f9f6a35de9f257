/* SPDX-License-Identifier: MIT */
/* The made-up heads: exact counts, one topology, closed and outward, repeatable, readable. */
#include "fm_test.h"

#include <assimp/cimport.h>
#include <assimp/postprocess.h>
#include <assimp/scene.h>
#include <io/mesh_write.h>
#include <sample.h>
#include <sample_math.h>

TestSuite(sample, .timeout = 60);

static const uint32_t COUNTS[] = {500, 501, 1000, 5003, 18024, 100000};
#define COUNT_COUNT (sizeof COUNTS / sizeof COUNTS[0])

static fmi_sample_head make(uint32_t vertices, uint32_t identity) {
    fmi_sample_head head;
    fmi_sample_params params = {.vertices = vertices, .texture = 128};
    fm_error err;
    fm_assert_ok(fmi_sample_shape(&head, &params, identity, &err), err);
    return head;
}

/** FNV-1a, 64 bits. */
static uint64_t hash(const void *bytes, size_t count) {
    const unsigned char *p = bytes;
    uint64_t h = 0xCBF29CE484222325U;
    for (size_t i = 0; i < count; i++)
        h = (h ^ p[i]) * 0x100000001B3U;
    return h;
}

static void corner(const fmi_sample_head *h, uint32_t i, double out[3]) {
    for (int k = 0; k < 3; k++)
        out[k] = (double)h->positions[3 * (size_t)h->position_index[i] + (size_t)k];
}

/** Twice the area vector of a fan triangle: corners 0, k and k + 1 of the polygon at first. */
static double fan_normal(const fmi_sample_head *h, uint32_t first, uint32_t k, double out[3]) {
    double a[3], b[3], c[3];
    corner(h, first, a);
    corner(h, first + k, b);
    corner(h, first + k + 1, c);
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, l = (i + 2) % 3;
        out[i] = (b[j] - a[j]) * (c[l] - a[l]) - (b[l] - a[l]) * (c[j] - a[j]);
    }
    return sqrt(out[0] * out[0] + out[1] * out[1] + out[2] * out[2]);
}

static double lowest(const fmi_sample_head *h) {
    double y = 1e9;
    for (uint32_t i = 0; i < h->position_count; i++)
        y = fmin(y, (double)h->positions[3 * (size_t)i + 1]);
    return y;
}

Test(sample, has_exactly_the_asked_number_of_positions) {
    for (size_t i = 0; i < COUNT_COUNT; i++) {
        fmi_sample_head h = make(COUNTS[i], 0);
        cr_assert_eq(h.position_count, COUNTS[i], "want %u, got %u", COUNTS[i], h.position_count);
        fmi_sample_free(&h);
    }
    fmi_sample_head h = make(0, 0);
    cr_assert_eq(h.position_count, 18024U, "default");
    fmi_sample_free(&h);
}

Test(sample, every_position_is_used_and_every_index_is_inside) {
    for (size_t i = 0; i < COUNT_COUNT; i++) {
        fmi_sample_head h = make(COUNTS[i], 1);
        uint64_t corners = 0, quads = 0;
        unsigned char *used = calloc(h.position_count, 1), *uv_used = calloc(h.uv_count, 1);
        for (uint32_t p = 0; p < h.polygon_count; p++) {
            cr_assert(h.polygon_sizes[p] >= 3);
            quads += h.polygon_sizes[p] == 4;
            corners += h.polygon_sizes[p];
        }
        cr_assert_eq(corners, h.corner_count);
        cr_assert(quads * 10 >= 8 * (uint64_t)h.polygon_count, "not quad-dominant");
        for (uint32_t c = 0; c < h.corner_count; c++) {
            cr_assert(h.position_index[c] < h.position_count && h.uv_index[c] < h.uv_count);
            used[h.position_index[c]] = uv_used[h.uv_index[c]] = 1;
        }
        cr_assert_null(memchr(used, 0, h.position_count), "an unused position of %u", COUNTS[i]);
        cr_assert_null(memchr(uv_used, 0, h.uv_count), "an unused UV of %u", COUNTS[i]);
        free(used);
        free(uv_used);
        fmi_sample_free(&h);
    }
}

Test(sample, uvs_lie_in_the_unit_square_and_are_not_mirrored) {
    fmi_sample_head h = make(0, 0);
    for (uint32_t i = 0; i < 2 * h.uv_count; i++)
        cr_assert(h.uvs[i] >= 0.0F && h.uvs[i] <= 1.0F, "uv %u is %g", i / 2, (double)h.uvs[i]);
    for (uint32_t p = 0, at = 0; p < h.polygon_count; at += h.polygon_sizes[p++])
        for (uint32_t k = 1; k + 1 < h.polygon_sizes[p]; k++) {
            const float *a = h.uvs + 2 * h.uv_index[at], *b = h.uvs + 2 * h.uv_index[at + k],
                        *c = h.uvs + 2 * h.uv_index[at + k + 1];
            float area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
            cr_assert(area > 0.0F, "polygon %u has UV area %g", p, (double)area);
        }
    fmi_sample_free(&h);
}

Test(sample, identities_share_everything_but_positions) {
    fmi_sample_head a = make(5003, 0);
    for (uint32_t identity = 1; identity < 4; identity++) {
        fmi_sample_head b = make(5003, identity);
        cr_assert_eq(a.corner_count, b.corner_count);
        cr_assert(memcmp(a.uvs, b.uvs, 8 * (size_t)a.uv_count) == 0);
        cr_assert(memcmp(a.polygon_sizes, b.polygon_sizes, 4 * (size_t)a.polygon_count) == 0);
        cr_assert(memcmp(a.position_index, b.position_index, 4 * (size_t)a.corner_count) == 0);
        cr_assert(memcmp(a.uv_index, b.uv_index, 4 * (size_t)a.corner_count) == 0);
        double sum = 0;
        for (size_t i = 0; i < a.position_count; i++)
            sum += hypot(hypot((double)(a.positions[3 * i] - b.positions[3 * i]),
                               (double)(a.positions[3 * i + 1] - b.positions[3 * i + 1])),
                         (double)(a.positions[3 * i + 2] - b.positions[3 * i + 2]));
        double mean_mm = 1e3 * sum / a.position_count;
        cr_assert(mean_mm > 1.0 && mean_mm < 20.0, "identity %u: %g mm", identity, mean_mm);
        fmi_sample_free(&b);
    }
    fmi_sample_free(&a);
}

Test(sample, measures_like_a_head_and_faces_outwards) {
    for (uint32_t identity = 0; identity < 6; identity++) {
        fmi_sample_head h = make(18024, identity);
        double bottom = lowest(&h), volume = 0, top = -1;
        for (uint32_t i = 0; i < h.position_count; i++)
            top = fmax(top, (double)h.positions[3 * (size_t)i + 1]);
        /* seen from the plane of the open rim, the missing lid has no volume */
        for (uint32_t p = 0, at = 0; p < h.polygon_count; at += h.polygon_sizes[p++])
            for (uint32_t k = 1; k + 1 < h.polygon_sizes[p]; k++) {
                double n[3], a[3];
                fan_normal(&h, at, k, n);
                corner(&h, at, a);
                volume += (a[0] * n[0] + (a[1] - bottom) * n[1] + a[2] * n[2]) / 6.0;
            }
        cr_assert(volume > 0.003 && volume < 0.006, "volume %g m3", volume);
        cr_assert(top - bottom > 0.24 && top - bottom < 0.32, "height %g m", top - bottom);
        fmi_sample_free(&h);
    }
}

Test(sample, no_triangle_is_degenerate_and_none_on_the_face_is_folded) {
    for (uint32_t identity = 0; identity < 2; identity++) {
        fmi_sample_head h = make(18024, identity);
        double *normal = calloc(h.position_count, 3 * sizeof *normal);
        for (int pass = 0; pass < 2; pass++)
            for (uint32_t p = 0, at = 0; p < h.polygon_count; at += h.polygon_sizes[p++])
                for (uint32_t k = 1; k + 1 < h.polygon_sizes[p]; k++) {
                    double n[3], a[3], along = 0;
                    uint32_t v[3] = {at, at + k, at + k + 1};
                    double area = fan_normal(&h, at, k, n);
                    corner(&h, at, a);
                    cr_assert(area > 1e-10, "polygon %u has twice the area %g m2", p, area);
                    for (int i = 0; i < 9; i++) {
                        double *q = &normal[3 * (size_t)h.position_index[v[i / 3]] + i % 3];
                        if (pass == 0)
                            *q += n[i % 3];
                        else
                            along += *q * n[i % 3];
                    }
                    if (pass == 1 && a[2] > 0.05)
                        cr_assert(along > 0, "polygon %u at %g %g %g is folded", p, a[0], a[1],
                                  a[2]);
                }
        free(normal);
        fmi_sample_free(&h);
    }
}

static int compare_edges(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/** Directed edges, sorted; the caller frees them. */
static uint64_t *edges_of(const fmi_sample_head *h, bool reversed) {
    uint64_t *edge = malloc(h->corner_count * sizeof *edge);
    for (uint32_t p = 0, at = 0; p < h->polygon_count; at += h->polygon_sizes[p++])
        for (uint32_t k = 0; k < h->polygon_sizes[p]; k++) {
            uint64_t from = h->position_index[at + k];
            uint64_t to = h->position_index[at + (k + 1) % h->polygon_sizes[p]];
            edge[at + k] = reversed ? to << 32 | from : from << 32 | to;
        }
    qsort(edge, h->corner_count, sizeof *edge, compare_edges);
    return edge;
}

Test(sample, is_closed_except_for_the_neck_rim) {
    for (size_t i = 0; i < COUNT_COUNT; i++) {
        fmi_sample_head h = make(COUNTS[i], 0);
        uint64_t *edge = edges_of(&h, false), *back = edges_of(&h, true);
        double bottom = lowest(&h);
        for (uint32_t e = 1; e < h.corner_count; e++)
            cr_assert_neq(edge[e], edge[e - 1], "two polygons go along one edge the same way");
        for (uint32_t e = 0; e < h.corner_count; e++) {
            if (bsearch(&edge[e], back, h.corner_count, sizeof *back, compare_edges))
                continue;
            double y = (double)h.positions[3 * (edge[e] >> 32) + 1];
            cr_assert(y < bottom + 0.003, "%u: open edge at height %g", COUNTS[i], y);
        }
        free(edge);
        free(back);
        fmi_sample_free(&h);
    }
}

Test(sample, same_seed_same_bytes_other_seed_other_head) {
    fmi_sample_params params = {.vertices = 2000, .texture = 128};
    uint64_t shape[3], skin[3];
    for (int i = 0; i < 3; i++) {
        fmi_sample_head h;
        fm_error err;
        params.seed = i == 2 ? 9 : 4;
        fm_assert_ok(fmi_sample_shape(&h, &params, 3, &err), err);
        fm_assert_ok(fmi_sample_texture(&h, &params, 3, &err), err);
        shape[i] = hash(h.positions, 12 * (size_t)h.position_count);
        skin[i] = hash(h.texture, 3 * (size_t)h.texture_edge * h.texture_edge);
        fmi_sample_free(&h);
    }
    cr_assert_eq(shape[0], shape[1]);
    cr_assert_eq(skin[0], skin[1]);
    cr_assert_neq(shape[0], shape[2]);
    cr_assert_neq(skin[0], skin[2]);
}

static const uint8_t *texel(const fmi_sample_head *h, double u, double v) {
    size_t x = (size_t)(u * (h->texture_edge - 1)), y = (size_t)((1 - v) * (h->texture_edge - 1));
    return h->texture + 3 * (y * h->texture_edge + x);
}

Test(sample, skins_differ_and_are_black_outside_the_islands) {
    fmi_sample_head h[2];
    fm_error err;
    fmi_sample_params params = {.vertices = 5003, .texture = 512};
    for (uint32_t i = 0; i < 2; i++) {
        fm_assert_ok(fmi_sample_shape(&h[i], &params, i, &err), err);
        fm_assert_ok(fmi_sample_texture(&h[i], &params, i, &err), err);
        cr_assert_eq(h[i].texture_edge, 512U);
    }
    double sum = 0;
    size_t bytes = (size_t)3 * 512 * 512;
    for (size_t i = 0; i < bytes; i++)
        sum += abs(h[0].texture[i] - h[1].texture[i]);
    cr_assert(sum / (double)bytes > 20.0, "mean difference %g", sum / (double)bytes);
    static const uint8_t black[3];
    static const double outside[][2] = {{0, 1}, {1, 1}, {0.5, 0.95}, {0.1, 0.93}, {0, 0.5}};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        cr_assert(memcmp(texel(&h[0], outside[i][0], outside[i][1]), black, 3) == 0, "%zu", i);
    fmi_sample_free(&h[0]);
    fmi_sample_free(&h[1]);
}

Test(sample, skins_of_every_size_are_painted_under_every_uv_eyes_included) {
    static const uint32_t edges[] = {64, 65, 80, 100, 101, 102, 128, 201, 512};
    static const uint8_t black[3];
    for (size_t e = 0; e < sizeof edges / sizeof edges[0]; e++) {
        fmi_sample_params params = {.vertices = 5003, .texture = edges[e]};
        fmi_sample_head h;
        fm_error err;
        fm_assert_ok(fmi_sample_shape(&h, &params, 0, &err), err);
        fm_assert_ok(fmi_sample_texture(&h, &params, 0, &err), err);
        for (uint32_t i = 0; i < h.uv_count; i++) {
            const float *uv = h.uvs + 2 * (size_t)i;
            cr_assert(memcmp(texel(&h, (double)uv[0], (double)uv[1]), black, 3) != 0,
                      "%u pixels, uv %u", edges[e], i);
        }
        fmi_sample_free(&h);
    }
}

Test(sample, values_out_of_range_are_refused) {
    static const struct {
        fmi_sample_params params;
        const char *words;
    } bad[] = {{{.vertices = 499}, "499 vertices"},
               {{.vertices = 2000001}, "2000001 vertices"},
               {{.texture = 63}, "63 pixels"},
               {{.texture = 8193}, "8193 pixels"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fmi_sample_head h;
        fm_error err;
        fm_assert_fails(fmi_sample_shape(&h, &bad[i].params, 0, &err), FM_ERROR_INVALID_ARGUMENT,
                        err, bad[i].words);
        fmi_sample_free(&h);
    }
}

Test(sample, corners_repeat_the_shared_arrays) {
    fmi_sample_head h = make(500, 0);
    float *positions, *uvs;
    fm_error err;
    fm_assert_ok(fmi_sample_corners(&h, &positions, &uvs, &err), err);
    for (size_t c = 0; c < h.corner_count; c++) {
        cr_assert(memcmp(positions + 3 * c, h.positions + 3 * (size_t)h.position_index[c], 12) ==
                  0);
        cr_assert(memcmp(uvs + 2 * c, h.uvs + 2 * (size_t)h.uv_index[c], 8) == 0);
    }
    free(positions);
    free(uvs);
    fmi_sample_free(&h);
}

Test(sample, written_heads_read_back_with_their_counts) {
    fmi_sample_head h = make(5003, 0);
    fmi_mesh_out out = {.name = "head_a",
                        .positions = h.positions,
                        .uvs = h.uvs,
                        .polygon_sizes = h.polygon_sizes,
                        .position_index = h.position_index,
                        .uv_index = h.uv_index,
                        .position_count = h.position_count,
                        .uv_count = h.uv_count,
                        .polygon_count = h.polygon_count,
                        .corner_count = h.corner_count,
                        .texture = "head_a.png"};
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, "sample_files");
    for (int obj = 0; obj < 2; obj++) {
        char path[FM_TEST_PATH + 16];
        fm_error err;
        snprintf(path, sizeof path, "%s/head_a.%s", dir, obj ? "obj" : "fbx");
        fm_assert_ok(obj ? fmi_obj_write(&out, path, &err) : fmi_fbx_write(&out, path, &err), err);
        const struct aiScene *raw = aiImportFile(path, 0);
        cr_assert_not_null(raw, "%s", aiGetErrorString());
        cr_assert_eq(raw->mMeshes[0]->mNumFaces, h.polygon_count);
        cr_assert_eq(raw->mMeshes[0]->mNumVertices, h.corner_count);
        aiReleaseImport(raw);
        const struct aiScene *joined = aiImportFile(path, aiProcess_JoinIdenticalVertices);
        cr_assert_eq(joined->mMeshes[0]->mNumVertices, h.uv_count, "%s: %u", path,
                     joined->mMeshes[0]->mNumVertices);
        aiReleaseImport(joined);
    }
    fmi_sample_free(&h);
}

Test(sample, own_sine_and_arc_tangent_agree_with_libm) {
    for (int i = -628; i <= 628; i++) {
        double angle = i * 0.01, s, c;
        fmi_sample_sincos(angle, &s, &c);
        cr_assert(fabs(s - sin(angle)) < 1e-14 && fabs(c - cos(angle)) < 1e-14, "%g", angle);
        cr_assert(fabs(fmi_sample_atan2(s, c) - atan2(s, c)) < 1e-9, "%g", angle);
    }
}
