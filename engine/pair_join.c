/* SPDX-License-Identifier: MIT */
#include "pair_join.h"

#include "error.h"
#include "log.h"
#include "pair_align.h"
#include "pair_check.h"
#include "pair_index.h"

#include <stdlib.h>
#include <string.h>

#define KEY_WORDS 8 /* position A, position B, UV A, of a position 0 */
#define KEY_UV 6

/** Tables that live only while joining. Their keys are the bits of the result. Zeroed = none. */
typedef struct tables {
    fmi_index vertices, positions;
    const float *a, *b, *uvs; /* by corners; uvs NULL = none */
} tables;

static fm_status no_memory(uint32_t corners, fm_error *err) {
    return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                    "no memory to join meshes of %u corners; use smaller meshes", corners);
}

/* One vertex number per corner. */
static bool number_corners(tables *t, uint32_t corners, uint32_t *numbers) {
    uint32_t keys[FMI_INDEX_BLOCK * KEY_WORDS] = {0};
    for (uint32_t k = 0; k < corners; k += FMI_INDEX_BLOCK) {
        uint32_t left = corners - k, count = left < FMI_INDEX_BLOCK ? left : FMI_INDEX_BLOCK;
        fmi_float_keys(t->a + 3 * (size_t)k, 3, count, keys, KEY_WORDS);
        fmi_float_keys(t->b + 3 * (size_t)k, 3, count, keys + 3, KEY_WORDS);
        if (t->uvs)
            fmi_float_keys(t->uvs + 2 * (size_t)k, 2, count, keys + KEY_UV, KEY_WORDS);
        if (!fmi_index_add(&t->vertices, keys, count, numbers + k))
            return false;
    }
    return true;
}

/* In place: the numbers stand at the end of the array and the fans grow from its start. A fan of n
 * corners takes 3 (n - 2) >= n words, so writing can reach, but not pass, what has been read. */
static void make_fans(const fm_mesh *mesh, const uint32_t *numbers, uint32_t *triangles) {
    for (uint32_t p = 0; p < mesh->polygon_count; p++) {
        uint32_t size = mesh->polygon_sizes[p], first = *numbers++, before = *numbers++;
        for (uint32_t i = 2; i < size; i++) {
            uint32_t vertex = *numbers++;
            *triangles++ = first;
            *triangles++ = before;
            *triangles++ = vertex;
            before = vertex;
        }
    }
}

static bool make_triangles(fmi_joined *j, tables *t, const fm_mesh *mesh) {
    size_t words = 3 * (size_t)j->triangle_count;
    j->triangles = malloc(words * sizeof *j->triangles);
    if (!j->triangles)
        return false;
    uint32_t *numbers = j->triangles + (words - mesh->corner_count);
    if (!number_corners(t, mesh->corner_count, numbers))
        return false;
    make_fans(mesh, numbers, j->triangles);
    j->vertex_count = t->vertices.count;
    return true;
}

/* A position is first used where its first vertex is, so both orders are those of the corners. */
static bool number_positions(fmi_joined *j, tables *t) {
    uint32_t keys[FMI_INDEX_BLOCK * KEY_WORDS] = {0};
    j->vertex_position = malloc(j->vertex_count * sizeof *j->vertex_position);
    if (!j->vertex_position)
        return false;
    for (uint32_t v = 0; v < j->vertex_count; v += FMI_INDEX_BLOCK) {
        uint32_t left = j->vertex_count - v,
                 count = left < FMI_INDEX_BLOCK ? left : FMI_INDEX_BLOCK;
        for (size_t i = 0; i < count; i++)
            memcpy(keys + KEY_WORDS * i, t->vertices.keys + KEY_WORDS * (v + i),
                   KEY_UV * sizeof *keys);
        if (!fmi_index_add(&t->positions, keys, count, j->vertex_position + v))
            return false;
    }
    j->position_count = t->positions.count;
    return true;
}

static bool take_keys(fmi_joined *j, const tables *t) {
    size_t bytes = 3 * sizeof(float);
    j->positions_a = malloc(j->position_count * bytes);
    j->positions_b = malloc(j->position_count * bytes);
    if (!j->positions_a || !j->positions_b)
        return false;
    for (size_t p = 0; p < j->position_count; p++) {
        memcpy(j->positions_a + 3 * p, t->positions.keys + KEY_WORDS * p, bytes);
        memcpy(j->positions_b + 3 * p, t->positions.keys + KEY_WORDS * p + 3, bytes);
    }
    if (!t->uvs)
        return true;
    j->uvs = malloc(j->vertex_count * 2 * sizeof *j->uvs);
    for (size_t v = 0; j->uvs && v < j->vertex_count; v++)
        memcpy(j->uvs + 2 * v, t->vertices.keys + KEY_WORDS * v + KEY_UV, 2 * sizeof(float));
    return j->uvs != NULL;
}

static fm_status join_corners(fmi_joined *j, const fm_mesh *a, const fm_mesh *b, fm_error *err) {
    tables t = {.a = a->positions, .b = b->positions, .uvs = a->uvs ? a->uvs : b->uvs};
    /* A corner count of 5 to 6 per vertex is usual for triangles, 4 for quads. */
    fm_status status = fmi_index_create(&t.vertices, KEY_WORDS, a->corner_count / 4, err);
    if (status == FM_OK)
        status = fmi_index_create(&t.positions, KEY_WORDS, a->corner_count / 4, err);
    j->triangle_count = a->corner_count - 2 * a->polygon_count;
    bool complete =
        status == FM_OK && make_triangles(j, &t, a) && number_positions(j, &t) && take_keys(j, &t);
    if (status == FM_OK && !complete)
        status = no_memory(a->corner_count, err);
    fmi_index_free(&t.vertices);
    fmi_index_free(&t.positions);
    return status;
}

/* Adds to shared[i] every point that is equal to another one. */
static fm_status mark_coincident(const float *points, uint32_t count, uint32_t *first,
                                 uint8_t *shared, fm_error *err) {
    fm_status status = fmi_index_points(points, count, first, err);
    for (uint32_t i = 0; status == FM_OK && i < count; i++)
        if (first[i] != i)
            shared[i] = shared[first[i]] = 1;
    return status;
}

static fm_status count_coincident(fmi_joined *j, fm_error *err) {
    uint32_t count = j->position_count;
    uint32_t *first = malloc(count * sizeof *first);
    uint8_t *shared = calloc(count, 1);
    fm_status status = FM_OK;
    if (first && shared)
        status = mark_coincident(j->positions_a, count, first, shared, err);
    else
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY,
                          "no memory to compare %u positions; use a smaller mesh", count);
    if (status == FM_OK)
        status = mark_coincident(j->positions_b, count, first, shared, err);
    for (uint32_t i = 0; status == FM_OK && i < count; i++)
        j->coincident_positions += shared[i];
    free(first);
    free(shared);
    return status;
}

static void warn_coincident(const fmi_joined *j, const fm_mesh *a, const fm_mesh *b,
                            const fm_log *log) {
    char some[32], all[32];
    if ((uint64_t)j->coincident_positions * 100 <= j->position_count)
        return;
    fmi_log(log, FM_LOG_WARNING,
            "%s, %s: %s of %s positions coincide with another one in one of the meshes; were the "
            "files written with few digits or far from the origin?",
            fmi_mesh_label(a), fmi_mesh_label(b), fmi_grouped(some, j->coincident_positions),
            fmi_grouped(all, j->position_count));
}

static void align_and_center(fmi_joined *j, fm_align align) {
    static const double none[12] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
    double box[2][3], p[3];
    fmi_align_fit(j->positions_a, j->positions_b, j->position_count, align, j->align);
    fmi_align_apply(none, j->positions_a, box[0]);
    fmi_align_apply(none, j->positions_a, box[1]);
    for (size_t i = 0; i < j->position_count; i++) {
        fmi_align_apply(none, j->positions_a + 3 * i, p);
        fmi_align_widen(box, p);
        fmi_align_apply(j->align, j->positions_b + 3 * i, p);
        fmi_align_widen(box, p);
    }
    for (int i = 0; i < 3; i++)
        j->center[i] = 0.5 * (box[0][i] + box[1][i]);
    fmi_align_place(none, j->center, j->position_count, j->positions_a);
    fmi_align_place(j->align, j->center, j->position_count, j->positions_b);
}

static bool zero_area(const float *positions, const uint32_t p[3]) {
    double e[2][3];
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 3; i++)
            e[k][i] = (double)positions[3 * (size_t)p[k + 1] + i] -
                      (double)positions[3 * (size_t)p[0] + i];
    for (int i = 0; i < 3; i++) {
        /* Compared as two rounded products: a fused one would differ by its rounding error. */
        double left = e[0][(i + 1) % 3] * e[1][(i + 2) % 3];
        double right = e[0][(i + 2) % 3] * e[1][(i + 1) % 3];
        if (left != right)
            return false;
    }
    return true;
}

void fmi_joined_count_degenerate(fmi_joined *j) {
    for (size_t t = 0; t < j->triangle_count; t++) {
        uint32_t p[3];
        for (size_t i = 0; i < 3; i++)
            p[i] = j->vertex_position[j->triangles[3 * t + i]];
        bool zero = zero_area(j->positions_a, p) && zero_area(j->positions_b, p);
        for (uint32_t s = 0; s < j->more_count && zero; s++)
            zero = zero_area(j->more + 3 * (size_t)j->position_count * s, p);
        j->degenerate_triangles += zero;
    }
}

static fm_status check_both(const fm_mesh *a, const fm_mesh *b, fm_align align, fm_error *err) {
    if (!a || !b)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "mesh %s is NULL; give two meshes",
                        a ? "b" : "a");
    if (align != FM_ALIGN_NONE && align != FM_ALIGN_RIGID && align != FM_ALIGN_SIMILARITY)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "align is %d; use an fm_align value",
                        (int)align);
    fm_status status = fmi_mesh_check(a, err);
    if (status == FM_OK)
        status = fmi_mesh_check(b, err);
    return status == FM_OK ? fmi_pair_match(a, b, err) : status;
}

fm_status fmi_pair_join(fmi_joined *joined, const fm_mesh *a, const fm_mesh *b, fm_align align,
                        const fm_log *log, fm_error *err) {
    *joined = (fmi_joined){0};
    fm_status status = check_both(a, b, align, err);
    if (status == FM_OK)
        status = join_corners(joined, a, b, err);
    if (status == FM_OK)
        status = count_coincident(joined, err);
    if (status != FM_OK)
        goto fail;
    warn_coincident(joined, a, b, log);
    align_and_center(joined, align);
    fmi_joined_count_degenerate(joined);
    return FM_OK;
fail:
    fmi_joined_free(joined);
    return status;
}

void fmi_joined_free(fmi_joined *joined) {
    if (!joined)
        return;
    free(joined->positions_a);
    free(joined->positions_b);
    free(joined->more);
    free(joined->vertex_position);
    free(joined->uvs);
    free(joined->triangles);
    *joined = (fmi_joined){0};
}
