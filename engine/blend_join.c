/* SPDX-License-Identifier: MIT */
#include "blend_join.h"

#include "error.h"
#include "log.h"
#include "pair_align.h"
#include "pair_check.h"
#include "pair_index.h"

#include <stdlib.h>
#include <string.h>

#define KEY_WORDS 4 /* a point and the number of what was told apart before */

/* What a join works on. */
typedef struct join {
    fmi_joined *joined;
    const fm_mesh *base, *targets;
    uint32_t count, corners;
    const fm_log *log;
    uint32_t *number; /* per corner */
} join;

static fm_status no_memory(const join *w, fm_error *err) {
    return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                    "no memory to join %u shapes of %u corners; use smaller meshes", w->count + 1,
                    w->corners);
}

static const fm_mesh *shape_of(const join *w, uint32_t i) {
    return i == 0 ? w->base : &w->targets[i - 1];
}

/* Splits the numbers of corners by one more value of width floats a corner; known: how many there
 * were. The new numbers are in order of first use again. */
static fm_status split(const join *w, const float *values, uint32_t width, uint32_t *known,
                       fm_error *err) {
    uint32_t keys[FMI_INDEX_BLOCK * KEY_WORDS] = {0};
    fmi_index index = {0};
    bool complete = true;
    uint32_t expected = *known > w->corners / 4 ? *known : w->corners / 4;
    fm_status status = fmi_index_create(&index, KEY_WORDS, expected, err);
    if (status != FM_OK)
        return status;
    for (uint32_t k = 0; k < w->corners && complete; k += FMI_INDEX_BLOCK) {
        uint32_t left = w->corners - k, block = left < FMI_INDEX_BLOCK ? left : FMI_INDEX_BLOCK;
        fmi_float_keys(values + (size_t)width * k, width, block, keys, KEY_WORDS);
        for (size_t i = 0; i < block; ++i)
            keys[KEY_WORDS * i + 3] = w->number[k + i];
        complete = fmi_index_add(&index, keys, block, w->number + k);
    }
    *known = index.count;
    fmi_index_free(&index);
    return complete ? FM_OK : no_memory(w, err);
}

/* ---- positions ---- */

static fm_status take_positions(const join *w, fm_error *err) {
    fmi_joined *j = w->joined;
    size_t floats = 3 * (size_t)j->position_count;
    j->positions_a = malloc(floats * sizeof(float));
    j->positions_b = malloc(floats * sizeof(float));
    j->more = malloc(floats * w->count * sizeof(float));
    if (!j->positions_a || !j->positions_b || !j->more)
        return no_memory(w, err);
    j->more_count = w->count;
    for (uint32_t i = 0; i <= w->count; ++i) {
        float *to = i == 0 ? j->positions_a : j->more + (i - 1) * floats;
        const float *from = shape_of(w, i)->positions;
        for (size_t k = 0; k < w->corners; ++k)
            memcpy(to + 3 * (size_t)w->number[k], from + 3 * k, 3 * sizeof(float));
    }
    return FM_OK;
}

static fm_status number_positions(const join *w, fm_error *err) {
    fm_status status = FM_OK;
    w->joined->position_count = 0;
    memset(w->number, 0, sizeof *w->number * w->corners);
    for (uint32_t i = 0; i <= w->count && status == FM_OK; ++i)
        status = split(w, shape_of(w, i)->positions, 3, &w->joined->position_count, err);
    return status == FM_OK ? take_positions(w, err) : status;
}

/* ---- vertices and triangles ---- */

static const float *uvs_of(const join *w) {
    for (uint32_t i = 0; i <= w->count; ++i)
        if (shape_of(w, i)->uvs)
            return shape_of(w, i)->uvs;
    return NULL;
}

/* Splits positions by UV. before: the positions of the corners. */
static fm_status number_vertices(const join *w, uint32_t *before, fm_error *err) {
    fmi_joined *j = w->joined;
    const float *uvs = uvs_of(w);
    fm_status status = FM_OK;
    memcpy(before, w->number, sizeof *before * w->corners);
    j->vertex_count = j->position_count;
    if (uvs)
        status = split(w, uvs, 2, &j->vertex_count, err);
    if (status != FM_OK)
        return status;
    j->vertex_position = malloc(sizeof *j->vertex_position * j->vertex_count);
    j->uvs = uvs ? malloc(sizeof *j->uvs * 2 * j->vertex_count) : NULL;
    if (!j->vertex_position || (uvs && !j->uvs))
        return no_memory(w, err);
    for (size_t k = 0; k < w->corners; ++k) {
        j->vertex_position[w->number[k]] = before[k];
        if (uvs)
            memcpy(j->uvs + 2 * (size_t)w->number[k], uvs + 2 * k, 2 * sizeof *uvs);
    }
    return FM_OK;
}

static fm_status make_triangles(const join *w, fm_error *err) {
    fmi_joined *j = w->joined;
    j->triangle_count = w->corners - 2 * w->base->polygon_count;
    j->triangles = malloc(sizeof *j->triangles * 3 * j->triangle_count);
    if (!j->triangles)
        return no_memory(w, err);
    const uint32_t *corner = w->number;
    uint32_t *out = j->triangles;
    for (uint32_t p = 0; p < w->base->polygon_count; ++p) {
        uint32_t size = w->base->polygon_sizes[p];
        for (uint32_t i = 2; i < size; ++i) {
            *out++ = corner[0];
            *out++ = corner[i - 1];
            *out++ = corner[i];
        }
        corner += size;
    }
    return FM_OK;
}

static fm_status join_corners(join *w, fm_error *err) {
    uint32_t *numbers = malloc(sizeof *numbers * 2 * (size_t)w->corners);
    if (!numbers)
        return no_memory(w, err);
    w->number = numbers;
    fm_status status = number_positions(w, err);
    if (status == FM_OK)
        status = number_vertices(w, numbers + w->corners, err);
    if (status == FM_OK)
        status = make_triangles(w, err);
    free(numbers);
    w->number = NULL;
    return status;
}

/* ---- places ---- */

/* Aligns each target, takes the centre of all off, everything in double. */
static fm_status align_and_center(const join *w, fm_align align, fm_error *err) {
    fmi_joined *j = w->joined;
    size_t floats = 3 * (size_t)j->position_count;
    double(*m)[12] = calloc((size_t)w->count + 1, sizeof *m), box[2][3], p[3];
    if (!m)
        return no_memory(w, err);
    m[0][0] = m[0][5] = m[0][10] = 1.0;
    memcpy(j->align, m[0], sizeof j->align);
    fmi_align_apply(m[0], j->positions_a, box[0]);
    memcpy(box[1], box[0], sizeof box[1]);
    for (uint32_t s = 0; s <= w->count; ++s) {
        const float *shape = s == 0 ? j->positions_a : j->more + (s - 1) * floats;
        if (s != 0)
            fmi_align_fit(j->positions_a, shape, j->position_count, align, m[s]);
        for (size_t i = 0; i < j->position_count; ++i) {
            fmi_align_apply(m[s], shape + 3 * i, p);
            fmi_align_widen(box, p);
        }
    }
    for (int i = 0; i < 3; ++i)
        j->center[i] = 0.5 * (box[0][i] + box[1][i]);
    fmi_align_place(m[0], j->center, j->position_count, j->positions_a);
    for (uint32_t s = 1; s <= w->count; ++s)
        fmi_align_place(m[s], j->center, j->position_count, j->more + (s - 1) * floats);
    memcpy(j->positions_b, j->positions_a, floats * sizeof(float));
    free(m);
    return FM_OK;
}

/* ---- what people should know ---- */

static fm_status count_coincident(const join *w, fm_error *err) {
    fmi_joined *j = w->joined;
    uint32_t count = j->position_count;
    uint32_t *first = malloc(count * sizeof *first);
    uint8_t *shared = calloc(count, 1);
    fm_status status = first && shared ? FM_OK : no_memory(w, err);
    for (uint32_t s = 0; s <= w->count && status == FM_OK; ++s) {
        const float *shape = s == 0 ? j->positions_a : j->more + 3 * (size_t)count * (s - 1);
        status = fmi_index_points(shape, count, first, err);
        for (uint32_t i = 0; i < count && status == FM_OK; ++i)
            if (first[i] != i)
                shared[i] = shared[first[i]] = 1;
    }
    for (uint32_t i = 0; i < count && status == FM_OK; ++i)
        j->coincident_positions += shared[i];
    free(first);
    free(shared);
    return status;
}

static void warn_coincident(const join *w) {
    const fmi_joined *j = w->joined;
    char some[32], all[32];
    if ((uint64_t)j->coincident_positions * 100 > j->position_count)
        fmi_log(w->log, FM_LOG_WARNING,
                "%s and %u targets: %s of %s positions coincide with another one in one of the "
                "shapes; were the files written with few digits or far from the origin?",
                fmi_mesh_label(w->base), w->count, fmi_grouped(some, j->coincident_positions),
                fmi_grouped(all, j->position_count));
}

static fm_status check_all(const join *w, fm_error *err) {
    fm_status status = fmi_mesh_check(w->base, err);
    for (uint32_t i = 0; i < w->count && status == FM_OK; ++i) {
        status = fmi_mesh_check(&w->targets[i], err);
        if (status == FM_OK)
            status = fmi_pair_match(w->base, &w->targets[i], err);
    }
    return status;
}

fm_status fmi_blend_join(fmi_joined *joined, const fm_mesh *base, const fm_mesh *targets,
                         uint32_t count, fm_align align, const fm_log *log, fm_error *err) {
    join w = {.joined = joined, .base = base, .targets = targets, .count = count, .log = log};
    *joined = (fmi_joined){0};
    fm_status status = check_all(&w, err);
    w.corners = base->corner_count;
    if (status == FM_OK)
        status = join_corners(&w, err);
    if (status == FM_OK)
        status = count_coincident(&w, err);
    if (status == FM_OK) {
        warn_coincident(&w);
        status = align_and_center(&w, align, err);
    }
    if (status == FM_OK)
        fmi_joined_count_degenerate(joined);
    else
        fmi_joined_free(joined);
    return status;
}
