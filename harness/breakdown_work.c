/* SPDX-License-Identifier: MIT */
/* What the kernels of pictures and heatmaps must move and compute, by formula: each array once, the
 * operations of the method. Counts, not measurements: caches and wasted lanes are not in them. */
#include "breakdown.h"

#include <math.h>
#include <string.h>

/* What the formulas are made of. */
typedef struct size {
    double frames, vertices, triangles, pixels, covered, texels;
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
    else if (is(kernel, "fm_raster_cpu", "fm_raster_gpu"))
        set(bytes, flops,
            (3.0 * s->pixels + (s->textured ? 32.0 : 0.0) * s->covered + 64.0 * t) * f,
            (samples * 8.0 + (s->textured ? 120.0 : 80.0)) * s->covered * f);
}

/* A texel's difference is two conversions to L*a*b* and CIEDE2000. */
static void heatmap(const char *kernel, const size *s, double *bytes, double *flops) {
    if (is(kernel, "fm_heatmap_shape", NULL))
        set(bytes, flops, (68.0 + 12.0) * s->vertices, 50.0 * s->vertices);
    else if (is(kernel, "fm_heatmap_texture", NULL))
        set(bytes, flops, (8.0 + 12.0) * s->texels, 300.0 * s->texels);
}

void fmi_breakdown_work(const char *kernel, const fmi_case_params *params,
                        const fmi_case_facts *facts, double *bytes, double *flops) {
    if (!params->input || params->input->points_only)
        return;
    const size s = size_of(params, facts);
    const double samples = params->samples > 1 ? params->samples : 1;
    picture(kernel, &s, samples, bytes, flops);
    heatmap(kernel, &s, bytes, flops);
}
