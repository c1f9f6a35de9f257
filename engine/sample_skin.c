/* SPDX-License-Identifier: MIT */
/* Skin maps: every texel of the sheet knows its point of the neutral head, so paint follows the
 * features and is the same for any number of vertices. */
#include "sample.h"

#include "error.h"
#include "sample_layout.h"
#include "sample_paint.h"
#include "sample_surface.h"

#include <stdlib.h>
#include <string.h>

#define NODE_COLUMNS 160U /* even: the right half is mirrored */

/** Coarse grid of the sheet: (NODE_COLUMNS + 1) x rows, row by row from the crown. */
typedef struct sheet {
    fmi_skin_node *node;
    fmi_skin_node *line; /**< one texel row, interpolated between two rows of nodes */
    uint32_t rows;
} sheet;

/** The weights of the rows are whole numbers, so two node rows per unit meet every knot. */
static uint32_t node_rows(void) {
    uint32_t units = 0;
    for (int k = 0; k + 1 < FMI_ROW_KNOTS; k++)
        units += (uint32_t)fmi_row_weight[k];
    return 2 * units + 1;
}

static fm_status sheet_make(sheet *s, fm_error *err) {
    fmi_profile profile = {0};
    fm_status status = FM_OK;
    s->rows = node_rows();
    s->node = malloc((size_t)s->rows * (NODE_COLUMNS + 1) * sizeof *s->node);
    s->line = malloc((NODE_COLUMNS + 1) * sizeof *s->line);
    if (!s->node || !s->line)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the sample skin; close programs");
    for (uint32_t i = 0; i <= NODE_COLUMNS / 2 && status == FM_OK; i++) {
        uint32_t right = NODE_COLUMNS / 2 + i, left = NODE_COLUMNS / 2 - i;
        status = fmi_profile_trace(&profile, fmi_column_angle(right / (double)NODE_COLUMNS), err);
        for (uint32_t j = 0; j < s->rows && status == FM_OK; j++) {
            fmi_v3 p = fmi_profile_at(&profile, j / (double)(s->rows - 1));
            fmi_skin_node *row = s->node + (size_t)j * (NODE_COLUMNS + 1);
            row[right] = row[left] = fmi_skin_node_at(p);
            row[left].x = -row[left].x;
        }
    }
    fmi_profile_free(&profile);
    return status;
}

static void mix_nodes(fmi_skin_node *out, const fmi_skin_node *a, const fmi_skin_node *b, float t) {
    float va[FMI_SKIN_NODE_FLOATS], vb[FMI_SKIN_NODE_FLOATS];
    memcpy(va, a, sizeof va);
    memcpy(vb, b, sizeof vb);
    for (size_t i = 0; i < FMI_SKIN_NODE_FLOATS; i++)
        va[i] += (vb[i] - va[i]) * t;
    memcpy(out, va, sizeof va);
}

/** Interpolates a whole row of nodes at t in [0, 1]. */
static void sheet_line(sheet *s, double t) {
    double at = t * (s->rows - 1);
    uint32_t j = (uint32_t)at < s->rows - 1 ? (uint32_t)at : s->rows - 2;
    const fmi_skin_node *above = s->node + (size_t)j * (NODE_COLUMNS + 1);
    for (uint32_t i = 0; i <= NODE_COLUMNS; i++)
        mix_nodes(&s->line[i], above + i, above + NODE_COLUMNS + 1 + i, (float)(at - j));
}

static void put_colour(uint8_t *out, fmi_colour c) {
    float v[3] = {c.r, c.g, c.b};
    for (int k = 0; k < 3; k++) {
        float x = v[k] < 0 ? 0 : v[k] > 1 ? 1 : v[k];
        out[k] = (uint8_t)(x * 254.0F + 1.5F); /* never black: black means outside */
        if (x >= 1.0F)
            out[k] = 255;
    }
}

/** Edge of the map in pixels and the band around islands that is painted too. */
typedef struct canvas {
    uint8_t *pixels;
    uint32_t edge;
    double padding; /**< in u and v */
} canvas;

static void paint_sheet(const canvas *m, sheet *s, const fmi_identity *id) {
    for (uint32_t py = 0; py < m->edge; py++) {
        double v = 1.0 - py / (double)(m->edge - 1);
        if (v > FMI_UV_TOP + m->padding || v < FMI_UV_BOTTOM - m->padding)
            continue;
        double t = fmi_clamp((FMI_UV_TOP - v) / (FMI_UV_TOP - FMI_UV_BOTTOM), 0.0, 1.0);
        sheet_line(s, t);
        for (uint32_t px = 0; px < m->edge; px++) {
            double u = px / (double)(m->edge - 1);
            if (u < FMI_UV_LEFT - m->padding || u > FMI_UV_RIGHT + m->padding)
                continue;
            double c = (u - FMI_UV_LEFT) / (FMI_UV_RIGHT - FMI_UV_LEFT);
            double at = fmi_clamp(c, 0.0, 1.0) * NODE_COLUMNS;
            uint32_t i = (uint32_t)at < NODE_COLUMNS ? (uint32_t)at : NODE_COLUMNS - 1;
            fmi_skin_node node;
            mix_nodes(&node, &s->line[i], &s->line[i + 1], (float)(at - i));
            put_colour(m->pixels + 3 * ((size_t)py * m->edge + px),
                       fmi_paint_skin(id, &node, (float)c, (float)t));
        }
    }
}

/** The pixel at coordinate x of an edge; the nearest one for what lies outside. */
static uint32_t pixel_at(double x, double last) {
    return (uint32_t)fmi_clamp(x, 0.0, last);
}

/** The disc of one eye; beyond its rim the rear pole's colour is the padding. */
static void paint_eye(const canvas *m, const fmi_identity *id, int side) {
    double reach = FMI_UV_EYE_RADIUS + m->padding, last = m->edge - 1;
    uint32_t x0 = pixel_at((fmi_uv_eye_u(side) - reach) * last, last);
    uint32_t x1 = pixel_at((fmi_uv_eye_u(side) + reach) * last + 1.0, last);
    uint32_t y0 = pixel_at((1.0 - FMI_UV_EYE_V - reach) * last, last);
    uint32_t y1 = pixel_at((1.0 - FMI_UV_EYE_V + reach) * last + 1.0, last);
    for (uint32_t py = y0; py <= y1; py++)
        for (uint32_t px = x0; px <= x1; px++) {
            double du = px / last - fmi_uv_eye_u(side), dv = 1.0 - py / last - FMI_UV_EYE_V;
            double r = sqrt(du * du + dv * dv), s, c;
            if (r > reach)
                continue;
            double polar = FMI_PI * fmi_uv_eye_ring(fmi_clamp(r / FMI_UV_EYE_RADIUS, 0.0, 1.0));
            fmi_sample_sincos(polar, &s, &c);
            double by = r > 1e-9 ? s / r : 0.0;
            fmi_v3 direction = {du * by, dv * by, c};
            put_colour(m->pixels + 3 * ((size_t)py * m->edge + px),
                       fmi_paint_eye(id, side, direction));
        }
}

fm_status fmi_sample_texture(fmi_sample_head *head, const fmi_sample_params *params,
                             uint32_t identity, fm_error *err) {
    fmi_sample_params in;
    fmi_identity id;
    sheet s = {0};
    fm_status status = fmi_sample_check(params, &in, err);
    if (status != FM_OK)
        return status;
    canvas m = {.edge = in.texture, .padding = 6.0 / 2048.0};
    if (m.padding * (m.edge - 1) < 2.0)
        m.padding = 2.0 / (m.edge - 1);
    fmi_identity_make(&id, in.seed, identity);
    status = sheet_make(&s, err);
    if (status != FM_OK)
        goto done;
    m.pixels = calloc((size_t)m.edge * m.edge, 3);
    if (!m.pixels) {
        status =
            fmi_fail(err, FM_ERROR_HOST_MEMORY,
                     "no memory for a sample texture of %u pixels; ask for a smaller one", m.edge);
        goto done;
    }
    paint_sheet(&m, &s, &id);
    paint_eye(&m, &id, -1);
    paint_eye(&m, &id, 1);
    free(head->texture);
    head->texture = m.pixels;
    head->texture_edge = m.edge;
done:
    free(s.node);
    free(s.line);
    return status;
}
