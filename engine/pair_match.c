/* SPDX-License-Identifier: MIT */
#include "pair_check.h"

#include "error.h"
#include "pair_index.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_BYTES 100
#define NAME_BYTES 40
#define ADVICE "export both heads from one base mesh without changing its topology"

/* Corners that may differ: 1 % of all, rounded down. */
static bool too_many(uint64_t differing, uint32_t corners) {
    return differing * 100 > corners;
}

static fm_status refuse(const fm_mesh *a, const fm_mesh *b, const char *counts, uint32_t polygon,
                        const char *detail, fm_error *err) {
    const char *la = fmi_mesh_label(a), *lb = fmi_mesh_label(b);
    char number[32];
    return fmi_fail(err, FM_ERROR_BAD_INPUT,
                    "%.*s and %.*s do not match: %s; first difference at polygon %s (%s); " ADVICE,
                    fmi_text_bytes(la, LABEL_BYTES), la, fmi_text_bytes(lb, LABEL_BYTES), lb,
                    counts, fmi_grouped(number, polygon), detail);
}

/* "35,880 and 26,384 polygons", with the materials before it where their numbers differ. */
static void describe_counts(const fm_mesh *a, const fm_mesh *b, char out[160]) {
    char pa[32], pb[32], ra[32], rb[32], materials[96] = "";
    uint32_t runs_a = a->runs ? a->run_count : 1, runs_b = b->runs ? b->run_count : 1;
    if (runs_a != runs_b)
        snprintf(materials, sizeof materials, "%s and %s materials, ", fmi_grouped(ra, runs_a),
                 fmi_grouped(rb, runs_b));
    snprintf(out, 160, "%s%s and %s polygons", materials, fmi_grouped(pa, a->polygon_count),
             fmi_grouped(pb, b->polygon_count));
}

/* Moves *run on to the run that holds the polygon; polygons are visited in order. */
static const char *run_name(const fm_mesh *mesh, uint32_t polygon, uint32_t *run) {
    if (!mesh->runs)
        return "";
    while (polygon - mesh->runs[*run].first_polygon >= mesh->runs[*run].polygon_count)
        (*run)++;
    return mesh->runs[*run].name;
}

/* Materials are compared by their order, not by name: two exports may name one skin differently. */
static fm_status match_polygons(const fm_mesh *a, const fm_mesh *b, fm_error *err) {
    char counts[160], detail[160];
    uint32_t run_a = 0, run_b = 0;
    uint32_t shared = a->polygon_count < b->polygon_count ? a->polygon_count : b->polygon_count;
    for (uint32_t p = 0; p < shared; p++) {
        const char *na = run_name(a, p, &run_a), *nb = run_name(b, p, &run_b);
        uint32_t sa = a->polygon_sizes[p], sb = b->polygon_sizes[p];
        if (sa == sb && run_a == run_b)
            continue;
        if (sa != sb)
            snprintf(detail, sizeof detail, "%u and %u corners", sa, sb);
        else
            snprintf(detail, sizeof detail, "material \"%.*s\" and \"%.*s\"",
                     fmi_text_bytes(na, NAME_BYTES), na, fmi_text_bytes(nb, NAME_BYTES), nb);
        describe_counts(a, b, counts);
        return refuse(a, b, counts, p, detail, err);
    }
    if (a->polygon_count == b->polygon_count)
        return FM_OK;
    const char *longer = fmi_mesh_label(a->polygon_count > shared ? a : b);
    snprintf(detail, sizeof detail, "only %.*s has it", fmi_text_bytes(longer, LABEL_BYTES),
             longer);
    describe_counts(a, b, counts);
    return refuse(a, b, counts, shared, detail, err);
}

static uint32_t polygon_of_corner(const fm_mesh *mesh, uint32_t corner) {
    uint32_t polygon = 0;
    for (uint32_t end = mesh->polygon_sizes[0]; end <= corner;)
        end += mesh->polygon_sizes[++polygon];
    return polygon;
}

static bool uv_differs(const float *a, const float *b) {
    /* In double: the difference of two floats near 1e-4 must not be rounded onto the limit. */
    return fabs((double)a[0] - (double)b[0]) > FMI_UV_TOLERANCE ||
           fabs((double)a[1] - (double)b[1]) > FMI_UV_TOLERANCE;
}

static fm_status refuse_corners(const fm_mesh *a, const fm_mesh *b, uint32_t differing,
                                uint32_t first, const char *what, const char *detail,
                                fm_error *err) {
    char counts[280], polygons[160], nd[32], nc[32];
    describe_counts(a, b, polygons);
    snprintf(counts, sizeof counts, "%s, but %s of %s corners %s", polygons,
             fmi_grouped(nd, differing), fmi_grouped(nc, a->corner_count), what);
    return refuse(a, b, counts, polygon_of_corner(a, first), detail, err);
}

static fm_status match_uvs(const fm_mesh *a, const fm_mesh *b, fm_error *err) {
    uint32_t differing = 0, first = 0;
    for (uint32_t k = 0; k < a->corner_count; k++)
        if (uv_differs(a->uvs + 2 * (size_t)k, b->uvs + 2 * (size_t)k) && differing++ == 0)
            first = k;
    if (!too_many(differing, a->corner_count))
        return FM_OK;
    const float *ua = a->uvs + 2 * (size_t)first, *ub = b->uvs + 2 * (size_t)first;
    char detail[160];
    snprintf(detail, sizeof detail, "UV %.4g,%.4g and %.4g,%.4g", (double)ua[0], (double)ua[1],
             (double)ub[0], (double)ub[1]);
    return refuse_corners(a, b, differing, first, "have other UVs", detail, err);
}

static fm_status match_groups(const fm_mesh *a, const fm_mesh *b, fm_error *err) {
    uint32_t corners = a->corner_count, differing = 0, first = 0;
    uint32_t *first_a = malloc(2 * (size_t)corners * sizeof *first_a);
    if (!first_a)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                        "no memory to compare %u corners; use a smaller mesh", corners);
    uint32_t *first_b = first_a + corners;
    fm_status status = fmi_index_points(a->positions, corners, first_a, err);
    if (status == FM_OK)
        status = fmi_index_points(b->positions, corners, first_b, err);
    for (uint32_t k = 0; status == FM_OK && k < corners; k++) {
        bool agrees = first_b[first_a[k]] == first_b[k] || first_a[first_b[k]] == first_a[k];
        if (!agrees && differing++ == 0)
            first = k;
    }
    free(first_a);
    if (status != FM_OK || !too_many(differing, corners))
        return status;
    return refuse_corners(a, b, differing, first, "join other polygons",
                          "the meshes have no UVs to compare, and their points join differently",
                          err);
}

fm_status fmi_pair_match(const fm_mesh *a, const fm_mesh *b, fm_error *err) {
    fm_status status = match_polygons(a, b, err);
    if (status != FM_OK)
        return status;
    return a->uvs && b->uvs ? match_uvs(a, b, err) : match_groups(a, b, err);
}
