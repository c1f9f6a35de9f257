/* SPDX-License-Identifier: MIT */
/* What the kernels of pictures and heatmaps must move and compute, by formula: each array once, the
 * operations of the method. Counts, not measurements: caches and wasted lanes are not in them. */
#include "breakdown.h"

#include <fm/heatmap.h>

#include <math.h>
#include <string.h>

/* What the formulas are made of. */
typedef struct size {
    double frames, vertices, triangles, pixels, covered, texels, tiles, chunks, fields;
    bool textured;
} size;

static size size_of(const fmi_case_params *p, const fmi_case_facts *facts) {
    const fmi_input *input = p->input;
    size s = {.frames = (double)facts->frames,
              .vertices = input->joined.vertex_count,
              .triangles = input->joined.triangle_count,
              .pixels = (double)p->width * p->height,
              .textured = !p->untextured && input->image[0].pixels};
    s.covered = isfinite(facts->covered_fraction) ? facts->covered_fraction * s.pixels : 0.0;
    s.tiles = (double)facts->plan.tiles_x * facts->plan.tiles_y * fmax(facts->plan.strips, 1.0);
    s.chunks = facts->plan.chunks ? facts->plan.chunks : 1;
    s.fields = s.textured ? FM_FIELDS : FM_SHAPE_FIELDS;
    if (s.textured)
        s.texels = (double)input->image[0].width * input->image[0].height;
    return s;
}

static void set(double *bytes, double *flops, double b, double f) {
    *bytes = b;
    *flops = f;
}

static bool is(const char *kernel, const char *a, const char *b) {
    return strcmp(kernel, a) == 0 || (b && strcmp(kernel, b) == 0);
}

/* Half of the triangles of a closed head face the camera and are kept, nearly all in one tile.
 * Counts are integers: an addition each. A record is 64 bytes long on GPUs, of which its box is
 * read. */
static void bins(const char *kernel, const size *s, double *bytes, double *flops) {
    const double t = s->triangles, kept = 0.5 * t, tiles = s->tiles, f = s->frames;
    const double counts = tiles * s->chunks;
    if (is(kernel, "fm_raster_bin_scan", NULL))
        set(bytes, flops, (8.0 * counts + 4.0 * (tiles + 1.0) + 4.0 * s->chunks + 16.0) * f,
            (counts + s->chunks) * f);
    else if (is(kernel, "fm_raster_bin_fill", NULL))
        set(bytes, flops, (4.0 * kept + 4.0 * kept + 8.0 * fmin(counts, kept)) * f, kept * f);
    else if (is(kernel, "fm_raster_gpu_count", NULL))
        set(bytes, flops, (16.0 * t + 4.0 * tiles) * f, kept * f);
    else if (is(kernel, "fm_raster_gpu_scan", NULL))
        set(bytes, flops, (12.0 * tiles + 20.0) * f, 2.0 * tiles * f);
    else if (is(kernel, "fm_raster_gpu_fill", NULL))
        set(bytes, flops, (16.0 * t + 4.0 * kept + 8.0 * tiles) * f, kept * f);
}

/* 17 rows of geometry are read once a batch; a frame's record is a grid position and 8 floats. The
 * records of triangles have 64 to 128 bytes; two textures take 4 pairs of texels a pixel. */
static void picture(const char *kernel, const size *s, double samples, double *bytes,
                    double *flops) {
    const double v = s->vertices, t = s->triangles, f = s->frames;
    if (is(kernel, "fm_raster_vertex", "fm_raster_gpu_vertex"))
        set(bytes, flops, 68.0 * v + 48.0 * v * f, 65.0 * v * f);
    else if (is(kernel, "fm_raster_bin_count", NULL))
        set(bytes, flops, (16.0 + 48.0 * v / fmax(t, 1.0) + 128.0) * t * f, 60.0 * t * f);
    else if (is(kernel, "fm_raster_gpu_setup", NULL))
        set(bytes, flops, (16.0 + 48.0 * v / fmax(t, 1.0) + 64.0) * t * f, 60.0 * t * f);
    else
        bins(kernel, s, bytes, flops);
    if (is(kernel, "fm_raster_cpu", "fm_raster_gpu"))
        set(bytes, flops,
            (3.0 * s->pixels + (s->textured ? 32.0 : 0.0) * s->covered + 64.0 * t) * f,
            (samples * 8.0 + (s->textured ? 120.0 : 80.0)) * s->covered * f);
}

/* The panels are drawn with four fine pixels each. Of the walk over a triangle its set-up counts,
 * and the fine pixels that the head covers, where that is known. */
static void panels(const char *kernel, const size *s, double *bytes, double *flops) {
    const double v = s->vertices, t = s->triangles, fine = 4.0 * s->pixels;
    const double corners = (16.0 + 16.0 * v / fmax(t, 1.0)) * t;
    const double face = s->covered > 0.0 ? s->covered / s->pixels : 0.0;
    if (is(kernel, "fm_heatmap_project", NULL))
        set(bytes, flops, (12.0 + 16.0) * v, 30.0 * v);
    else if (is(kernel, "fm_heatmap_clear", NULL))
        set(bytes, flops, 8.0 * fine, 0.0);
    else if (is(kernel, "fm_heatmap_depth", NULL))
        set(bytes, flops, corners + 8.0 * face * fine, 40.0 * t + 12.0 * face * fine);
    else if (is(kernel, "fm_heatmap_owner", NULL))
        set(bytes, flops, corners + 12.0 * face * fine, 40.0 * t + 12.0 * face * fine);
    else if (is(kernel, "fm_heatmap_paint", NULL))
        set(bytes, flops, 4.0 * fine + corners + 4.0 * s->fields * v + 3.0 * s->fields * s->pixels,
            (60.0 + 12.0 * s->fields) * face * fine + 3.0 * s->fields * s->pixels);
}

/* A texel's difference is two conversions to L*a*b* and CIEDE2000. */
static void heatmap(const char *kernel, const size *s, double *bytes, double *flops) {
    if (is(kernel, "fm_heatmap_shape", NULL))
        set(bytes, flops, (68.0 + 12.0) * s->vertices, 50.0 * s->vertices);
    else if (is(kernel, "fm_heatmap_texture", NULL))
        set(bytes, flops, (8.0 + 12.0) * s->texels, 300.0 * s->texels);
    else if (is(kernel, "fm_heatmap_sample", NULL)) /* 4 texels of 3 planes, blended */
        set(bytes, flops, (8.0 + 48.0 + 12.0) * s->vertices, 46.0 * s->vertices);
    else
        panels(kernel, s, bytes, flops);
}

/* A matrix is read with its right-hand sides and its solution written; singular ones go on to the
 * pseudo-inverse: some 8 sweeps of rotations of 6 n operations each, then products. Where no matrix
 * does, its kernel looks at the length of an empty list; the review at a few of every hundred. */
static void solve(const char *kernel, const fmi_case_params *p, const fmi_case_facts *facts,
                  double *bytes, double *flops) {
    const double n = p->n, all = (double)facts->frames, singular = p->pinv_share * all;
    if (is(kernel, "fm_solve_direct", NULL))
        set(bytes, flops, 12.0 * n * n * all - 4.0 * n * n * singular, facts->flops);
    else if (is(kernel, "fm_solve_svd", NULL))
        set(bytes, flops, 4.0 + 12.0 * n * n * singular, 28.0 * n * n * n * singular);
    else if (is(kernel, "fm_solve_review", NULL))
        set(bytes, flops, 4.0 + 0.06 * 4.0 * n * n * all, 0.0);
}

void fmi_breakdown_work(const char *kernel, const fmi_case_params *params,
                        const fmi_case_facts *facts, double *bytes, double *flops) {
    if (params->n > 0)
        solve(kernel, params, facts, bytes, flops);
    if (strncmp(kernel, "fm_texture_morph", 16) == 0) /* the only kernel of its ops */
        set(bytes, flops, (double)facts->bytes, facts->flops > 0.0 ? facts->flops : 0.0);
    if (!params->input || params->input->points_only)
        return;
    const size s = size_of(params, facts);
    const double samples = params->samples > 1 ? params->samples : 1;
    picture(kernel, &s, samples, bytes, flops);
    heatmap(kernel, &s, bytes, flops);
}
