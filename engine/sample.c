/* SPDX-License-Identifier: MIT */
/* Geometry of the made-up heads: how many columns and rows, then positions, UVs and polygons. */
#include "sample.h"

#include "error.h"
#include "sample_identity.h"
#include "sample_layout.h"
#include "sample_surface.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_VERTICES 18024U
#define MIN_VERTICES 500U
#define MAX_VERTICES 2000000U
#define MIN_TEXTURE 64U
#define MAX_TEXTURE 8192U
#define EYES 2U

/** Sizes of the grids. Positions: crown, columns x rows, extra, then per eye 2 poles and rings. */
typedef struct plan {
    uint32_t columns, rows, extra, eye_columns, eye_rings;
    uint32_t segment[FMI_ROW_KNOTS - 1]; /**< rows between two knots */
    uint32_t positions, uvs, polygons, corners;
} plan;

static uint32_t eye_positions(const plan *p) {
    return p->eye_columns * p->eye_rings + 2;
}
static uint32_t eye_uvs(const plan *p) {
    return p->eye_columns * (p->eye_rings + 1) + 1; /* the rear pole is the rim of the disc */
}
static uint32_t first_extra(const plan *p) {
    return 1 + p->columns * p->rows;
}
static uint32_t first_eye(const plan *p, uint32_t eye) {
    return first_extra(p) + p->extra + eye * eye_positions(p);
}

/** Gives each stretch between two knots its share of the rows, and at least what it needs. */
static void share_rows(plan *p) {
    uint32_t left = p->rows;
    double weight = 0;
    for (int k = 0; k + 1 < FMI_ROW_KNOTS; k++) {
        p->segment[k] = k == FMI_ROW_LID_UPPER ? 2 : 1; /* the eye opens on a row of its own */
        left -= p->segment[k];
        weight += fmi_row_weight[k];
    }
    for (; left; left--) { /* the stretch that is furthest below its share gets the next row */
        int poorest = 0;
        double least = 1e9;
        for (int k = 0; k + 1 < FMI_ROW_KNOTS; k++) {
            double have = (p->segment[k] + 0.5) * weight / fmi_row_weight[k];
            if (have < least) {
                least = have;
                poorest = k;
            }
        }
        p->segment[poorest]++;
    }
}

static void count_all(plan *p) {
    uint32_t head_quads = p->columns * (p->rows - 1);
    uint32_t eye_quads = p->eye_columns * (p->eye_rings - 1), eye_fans = 2 * p->eye_columns;
    p->positions = first_eye(p, EYES);
    p->uvs = (p->columns + 1) * p->rows + p->columns + p->extra + EYES * eye_uvs(p);
    p->polygons = p->columns + head_quads + 3 * p->extra + EYES * (eye_quads + eye_fans);
    p->corners =
        3 * p->columns + 4 * head_quads + 8 * p->extra + EYES * (4 * eye_quads + 3 * eye_fans);
}

/** Grid of about the wanted shape that leaves the fewest positions over; those become centres of
 *  split quads at the back of the head. */
static void make_plan(plan *p, uint32_t vertices) {
    double size = sqrt(vertices / (double)DEFAULT_VERTICES);
    *p = (plan){0};
    p->eye_columns = 2 * (uint32_t)fmi_clamp(10.0 * size + 0.5, 3.0, 1e4);
    p->eye_rings = (uint32_t)fmi_clamp(13.0 * size + 0.5, 3.0, 1e4);
    uint32_t head = vertices - 1 - EYES * eye_positions(p), best = UINT32_MAX;
    double rows = sqrt(head * (115.0 / 152.0));
    uint32_t from = (uint32_t)(rows * 0.92), to = (uint32_t)(rows * 1.08) + 1;
    for (uint32_t r = from < 17 ? 17 : from; r <= (to < 17 ? 17 : to); r++) {
        uint32_t columns = head / r / 2 * 2, over = head - columns * r;
        if (over < best) {
            best = over;
            p->rows = r;
            p->columns = columns;
        }
    }
    p->extra = best;
    share_rows(p);
    count_all(p);
}

/** t of a row, 1 to rows; row 0 is the crown. */
static double row_t(const plan *p, const double knots[FMI_ROW_KNOTS], double row) {
    int k = 0;
    while (k + 2 < FMI_ROW_KNOTS && row > p->segment[k])
        row -= p->segment[k++];
    return knots[k] + (knots[k + 1] - knots[k]) * row / p->segment[k];
}

static void put_position(fmi_sample_head *head, const fmi_identity *id, uint32_t at, fmi_v3 p) {
    fmi_v3 q = fmi_v3_scale(fmi_identity_warp(id, p), 1e-3);
    head->positions[3 * (size_t)at] = (float)q.x;
    head->positions[3 * (size_t)at + 1] = (float)q.y;
    head->positions[3 * (size_t)at + 2] = (float)q.z;
}

static fmi_v3 mirrored(fmi_v3 p) {
    return (fmi_v3){-p.x, p.y, p.z};
}

/** Traces the right half of the columns and mirrors them. */
static fm_status place_columns(fmi_sample_head *head, const plan *p, const fmi_identity *id,
                               fmi_profile *profile, fm_error *err) {
    double knots[FMI_ROW_KNOTS];
    uint32_t half = p->columns / 2;
    fmi_row_knots(knots);
    for (uint32_t i = 0; i <= half; i++) {
        double c = (half + i) / (double)p->columns;
        fm_status status = fmi_profile_trace(profile, fmi_column_angle(c), err);
        if (status != FM_OK)
            return status;
        uint32_t right = 1 + (half + i) % p->columns * p->rows, left = 1 + (half - i) * p->rows;
        for (uint32_t j = 0; j < p->rows; j++) {
            fmi_v3 at = fmi_profile_at(profile, row_t(p, knots, j + 1.0));
            if (i == 0 || i == half)
                at.x = 0;
            put_position(head, id, right + j, at);
            put_position(head, id, left + j, mirrored(at));
        }
        if (i == 0)
            put_position(head, id, 0, fmi_profile_at(profile, 0));
    }
    return FM_OK;
}

/** Quad that extra number e splits: columns from the back seam, rows from below the crown. */
static void extra_quad(const plan *p, uint32_t e, uint32_t *column, uint32_t *row) {
    uint32_t ring = e / (p->rows - 2);
    *row = e % (p->rows - 2);
    *column = ring % 2 ? p->columns - 1 - ring / 2 : ring / 2;
}

static fm_status place_extra(fmi_sample_head *head, const plan *p, const fmi_identity *id,
                             fmi_profile *profile, fm_error *err) {
    double knots[FMI_ROW_KNOTS];
    fmi_row_knots(knots);
    for (uint32_t e = 0, traced = UINT32_MAX; e < p->extra; e++) {
        uint32_t column, row;
        extra_quad(p, e, &column, &row);
        if (column != traced) {
            double angle = fmi_column_angle((column + 0.5) / p->columns);
            fm_status status = fmi_profile_trace(profile, fabs(angle), err);
            if (status != FM_OK)
                return status;
            traced = column;
        }
        double t = 0.5 * (row_t(p, knots, row + 1.0) + row_t(p, knots, row + 2.0));
        fmi_v3 at = fmi_profile_at(profile, t);
        put_position(head, id, first_extra(p) + e, 2 * column < p->columns ? mirrored(at) : at);
    }
    return FM_OK;
}

static void place_eye(fmi_sample_head *head, const plan *p, const fmi_identity *id, uint32_t eye) {
    fmi_v3 centre;
    double radius;
    float *out = head->positions + 3 * (size_t)first_eye(p, eye);
    fmi_identity_eye(id, eye ? 1 : -1, &centre, &radius);
    for (uint32_t n = 0; n < eye_positions(p); n++) {
        /* from the pupil pole over the rings to the rear pole */
        double ring = n == 0 ? 0 : 1 + (n - 1) / p->eye_columns, polar_s, polar_c, turn_s, turn_c;
        double turn = n ? (n - 1) % p->eye_columns / (double)p->eye_columns : 0;
        fmi_sample_sincos(FMI_PI * ring / (p->eye_rings + 1), &polar_s, &polar_c);
        fmi_sample_sincos(2 * FMI_PI * turn, &turn_s, &turn_c);
        if (n == 0 || n == eye_positions(p) - 1)
            polar_s = 0;
        *out++ = (float)(1e-3 * (centre.x + radius * polar_s * turn_c));
        *out++ = (float)(1e-3 * (centre.y + radius * polar_s * turn_s));
        *out++ = (float)(1e-3 * (centre.z + radius * polar_c));
    }
}

static float *put_uv(float *out, double u, double v) {
    *out++ = (float)u;
    *out++ = (float)v;
    return out;
}
static float *put_sheet_uv(float *out, double c, double t) {
    return put_uv(out, FMI_UV_LEFT + (FMI_UV_RIGHT - FMI_UV_LEFT) * c,
                  FMI_UV_TOP + (FMI_UV_BOTTOM - FMI_UV_TOP) * t);
}

/** UVs: the sheet by columns, crown points, extra centres, then the discs of the eyes. */
static void place_uvs(fmi_sample_head *head, const plan *p) {
    double knots[FMI_ROW_KNOTS], step = 1.0 / p->columns;
    float *out = head->uvs;
    fmi_row_knots(knots);
    for (uint32_t i = 0; i <= p->columns; i++)
        for (uint32_t j = 1; j <= p->rows; j++)
            out = put_sheet_uv(out, i * step, row_t(p, knots, j));
    for (uint32_t i = 0; i < p->columns; i++)
        out = put_sheet_uv(out, (i + 0.5) * step, 0);
    for (uint32_t e = 0; e < p->extra; e++) {
        uint32_t column, row;
        extra_quad(p, e, &column, &row);
        double t = 0.5 * (row_t(p, knots, row + 1.0) + row_t(p, knots, row + 2.0));
        out = put_sheet_uv(out, (column + 0.5) * step, t);
    }
    for (uint32_t eye = 0; eye < EYES; eye++)
        for (uint32_t n = 0; n < eye_uvs(p); n++) {
            double ring = n == 0 ? 0 : 1 + (n - 1) / p->eye_columns, s, c;
            double turn = n ? (n - 1) % p->eye_columns / (double)p->eye_columns : 0;
            double radius = FMI_UV_EYE_RADIUS * fmi_uv_eye_distance(ring / (p->eye_rings + 1));
            fmi_sample_sincos(2 * FMI_PI * turn, &s, &c);
            out = put_uv(out, fmi_uv_eye_u(eye ? 1 : -1) + radius * c, FMI_UV_EYE_V + radius * s);
        }
}

/** Writes polygons one after another. */
typedef struct pen {
    uint32_t *size, *position, *uv;
} pen;

static void put_polygon(pen *w, uint32_t count, const uint32_t *position, const uint32_t *uv) {
    *w->size++ = count;
    for (uint32_t k = 0; k < count; k++) {
        *w->position++ = position[k];
        *w->uv++ = uv[k];
    }
}

/** A quad, or the four triangles around its centre. */
static void put_quad(pen *w, const uint32_t p[4], const uint32_t t[4], const uint32_t *centre_p,
                     const uint32_t *centre_t) {
    if (!centre_p) {
        put_polygon(w, 4, p, t);
        return;
    }
    for (uint32_t k = 0; k < 4; k++)
        put_polygon(w, 3, (uint32_t[]){p[k], p[(k + 1) % 4], *centre_p},
                    (uint32_t[]){t[k], t[(k + 1) % 4], *centre_t});
}

/** Number of the extra that splits a quad, or UINT32_MAX. */
static uint32_t quad_extra(const plan *p, uint32_t column, uint32_t row) {
    if (row >= p->rows - 2)
        return UINT32_MAX;
    uint32_t back = p->columns - 1 - column;
    uint64_t ring = column <= back ? 2 * (uint64_t)column : 2 * (uint64_t)back + 1;
    uint64_t e = ring * (p->rows - 2) + row;
    return e < p->extra ? (uint32_t)e : UINT32_MAX;
}

static void put_head(pen *w, const plan *p) {
    uint32_t crown_uv = (p->columns + 1) * p->rows, extra_uv = crown_uv + p->columns;
    for (uint32_t i = 0; i < p->columns; i++) {
        uint32_t a = 1 + i * p->rows, b = 1 + (i + 1) % p->columns * p->rows;
        uint32_t ta = i * p->rows, tb = ta + p->rows;
        put_polygon(w, 3, (uint32_t[]){0, a, b}, (uint32_t[]){crown_uv + i, ta, tb});
        for (uint32_t j = 0; j + 1 < p->rows; j++) {
            uint32_t e = quad_extra(p, i, j);
            uint32_t centre = first_extra(p) + e, centre_uv = extra_uv + e;
            put_quad(w, (uint32_t[]){a + j, a + j + 1, b + j + 1, b + j},
                     (uint32_t[]){ta + j, ta + j + 1, tb + j + 1, tb + j},
                     e == UINT32_MAX ? NULL : &centre, &centre_uv);
        }
    }
}

static void put_eye(pen *w, const plan *p, uint32_t eye) {
    uint32_t p0 = first_eye(p, eye), n = p->eye_columns, last = p->eye_rings - 1;
    uint32_t t0 = (p->columns + 1) * p->rows + p->columns + p->extra + eye * eye_uvs(p);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t a = 1 + i, b = 1 + (i + 1) % n;
        put_polygon(w, 3, (uint32_t[]){p0, p0 + a, p0 + b}, (uint32_t[]){t0, t0 + a, t0 + b});
        for (uint32_t r = 0; r < last; r++) {
            uint32_t q[4] = {a + r * n, a + (r + 1) * n, b + (r + 1) * n, b + r * n};
            put_polygon(w, 4, (uint32_t[]){p0 + q[0], p0 + q[1], p0 + q[2], p0 + q[3]},
                        (uint32_t[]){t0 + q[0], t0 + q[1], t0 + q[2], t0 + q[3]});
        }
        put_polygon(w, 3,
                    (uint32_t[]){p0 + a + last * n, p0 + 1 + p->eye_rings * n, p0 + b + last * n},
                    (uint32_t[]){t0 + a + last * n, t0 + a + (last + 1) * n, t0 + b + last * n});
    }
}

fm_status fmi_sample_check(const fmi_sample_params *in, fmi_sample_params *out, fm_error *err) {
    *out = in ? *in : (fmi_sample_params){0};
    out->vertices = out->vertices ? out->vertices : DEFAULT_VERTICES;
    out->texture = out->texture ? out->texture : 2048;
    out->seed = out->seed ? out->seed : 1;
    if (out->vertices < MIN_VERTICES || out->vertices > MAX_VERTICES)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "a sample head of %u vertices is not possible; use %u to %u", out->vertices,
                        MIN_VERTICES, MAX_VERTICES);
    if (out->texture < MIN_TEXTURE || out->texture > MAX_TEXTURE)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "a sample texture of %u pixels is not possible; use %u to %u", out->texture,
                        MIN_TEXTURE, MAX_TEXTURE);
    return FM_OK;
}

static fm_status allocate(fmi_sample_head *head, const plan *p, fm_error *err) {
    head->position_count = p->positions;
    head->uv_count = p->uvs;
    head->polygon_count = p->polygons;
    head->corner_count = p->corners;
    head->positions = malloc((size_t)p->positions * 3 * sizeof(float));
    head->uvs = malloc((size_t)p->uvs * 2 * sizeof(float));
    head->polygon_sizes = malloc((size_t)p->polygons * sizeof(uint32_t));
    head->position_index = malloc((size_t)p->corners * sizeof(uint32_t));
    head->uv_index = malloc((size_t)p->corners * sizeof(uint32_t));
    if (head->positions && head->uvs && head->polygon_sizes && head->position_index &&
        head->uv_index)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                    "no memory for a sample head of %u vertices; ask for fewer", p->positions);
}

fm_status fmi_sample_shape(fmi_sample_head *head, const fmi_sample_params *params,
                           uint32_t identity, fm_error *err) {
    fmi_sample_params in;
    fmi_profile profile = {0};
    fmi_identity id;
    plan p;
    *head = (fmi_sample_head){0};
    fm_status status = fmi_sample_check(params, &in, err);
    if (status != FM_OK)
        return status;
    make_plan(&p, in.vertices);
    fmi_identity_make(&id, in.seed, identity);
    status = allocate(head, &p, err);
    if (status == FM_OK)
        status = place_columns(head, &p, &id, &profile, err);
    if (status == FM_OK)
        status = place_extra(head, &p, &id, &profile, err);
    fmi_profile_free(&profile);
    if (status != FM_OK)
        goto fail;
    place_uvs(head, &p);
    pen w = {head->polygon_sizes, head->position_index, head->uv_index};
    put_head(&w, &p);
    for (uint32_t eye = 0; eye < EYES; eye++) {
        place_eye(head, &p, &id, eye);
        put_eye(&w, &p, eye);
    }
    return FM_OK;
fail:
    fmi_sample_free(head);
    return status;
}

fm_status fmi_sample_corners(const fmi_sample_head *head, float **positions, float **uvs,
                             fm_error *err) {
    *positions = malloc((size_t)head->corner_count * 3 * sizeof(float));
    *uvs = malloc((size_t)head->corner_count * 2 * sizeof(float));
    if (!*positions || !*uvs) {
        free(*positions);
        free(*uvs);
        *positions = *uvs = NULL;
        return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                        "no memory for the %u corners of a sample head; ask for fewer vertices",
                        head->corner_count);
    }
    for (size_t i = 0; i < head->corner_count; i++) {
        memcpy(*positions + 3 * i, head->positions + 3 * (size_t)head->position_index[i], 12);
        memcpy(*uvs + 2 * i, head->uvs + 2 * (size_t)head->uv_index[i], 8);
    }
    return FM_OK;
}

void fmi_sample_free(fmi_sample_head *head) {
    free(head->positions);
    free(head->uvs);
    free(head->polygon_sizes);
    free(head->position_index);
    free(head->uv_index);
    free(head->texture);
    *head = (fmi_sample_head){0};
}
