/* SPDX-License-Identifier: MIT */
/* Texture look-up of the reference: one level per triangle, or two per pixel; bilinear, both heads
 * with A's UVs. */
#include "frame.h"

#include <math.h>

static double clamp(double x, double low, double high) {
    return fmin(fmax(x, low), high);
}

/* The triangle's area in 1/256 texel^2 of level 0. */
static uint32_t texel_area(const fmi_ref_frame *frame, uint32_t triangle) {
    double x[3], y[3];
    for (int k = 0; k < 3; k++) {
        uint32_t vertex = frame->mesh->triangles[(size_t)triangle * 3 + k];
        x[k] = frame->vertices[vertex].u * (frame->a->width[0] - 1.0);
        y[k] = (1.0 - frame->vertices[vertex].v) * (frame->a->height[0] - 1.0);
    }
    double twice = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]);
    return (uint32_t)clamp(floor(fabs(twice) / 2.0 * 256.0 + 0.5), 0.0, UINT32_MAX);
}

/* The smallest level k with texel area <= 2 x 4^k x screen area, else the last. det is twice the
 * screen area in 1/256 pixel^2, so both sides count in 1/256. */
static uint32_t choose_level(const fmi_ref_frame *frame, const fmi_ref_fragment *fragment) {
    int64_t area = texel_area(frame, fragment->triangle);
    int64_t reach = fragment->det;
    uint32_t level = 0;
    while (area > reach && level + 1 < frame->a->mips) {
        reach *= 4;
        level++;
    }
    return level;
}

/* Texel in [0, 1] units. */
static fmi_vec texel(const fmi_ref_texture *texture, uint32_t level, uint32_t x, uint32_t y) {
    const uint8_t *p = texture->level[level] + ((size_t)y * texture->width[level] + x) * 3;
    return (fmi_vec){p[0] / 255.0, p[1] / 255.0, p[2] / 255.0};
}

static fmi_vec mix(fmi_vec a, fmi_vec b, double t) {
    return fmi_vec_add(fmi_vec_scale(1.0 - t, a), fmi_vec_scale(t, b));
}

static fmi_vec bilinear(const fmi_ref_texture *texture, uint32_t level, double x, double y) {
    uint32_t x0 = (uint32_t)x, y0 = (uint32_t)y;
    uint32_t x1 = x0 + 1 < texture->width[level] ? x0 + 1 : x0;
    uint32_t y1 = y0 + 1 < texture->height[level] ? y0 + 1 : y0;
    fmi_vec above = mix(texel(texture, level, x0, y0), texel(texture, level, x1, y0), x - x0);
    fmi_vec below = mix(texel(texture, level, x0, y1), texel(texture, level, x1, y1), x - x0);
    return mix(above, below, y - y0);
}

/* Both textures at one level. */
static fmi_vec sample_level(const fmi_ref_frame *frame, const fmi_ref_fragment *fragment,
                            uint32_t level) {
    const fmi_ref_texture *a = frame->a, *b = frame->b;
    double size = pow(2.0, level); /* of a texel of this level, in texels of level 0 */

    double x0 = fragment->u * (a->width[0] - 1.0);
    double y0 = (1.0 - fragment->v) * (a->height[0] - 1.0);
    double x = clamp((x0 + 0.5) / size - 0.5, 0.0, a->width[level] - 1.0);
    double y = clamp((y0 + 0.5) / size - 0.5, 0.0, a->height[level] - 1.0);
    return mix(bilinear(a, level, x, y), bilinear(b, level, x, y), frame->t);
}

/* The level at which a pixel is as large as a texel, as a real number: half the logarithm of the
 * texels of level 0 in a pixel. Where that has no value, level 0. */
static double exact_level(const fmi_ref_frame *frame, const fmi_ref_fragment *fragment) {
    double texels = fragment->stretch * (frame->a->width[0] - 1.0) * (frame->a->height[0] - 1.0);
    double level = 0.5 * log2(texels);
    return isfinite(level) ? clamp(level, 0.0, frame->a->mips - 1.0) : 0.0;
}

fmi_vec fmi_ref_sample(const fmi_ref_frame *frame, const fmi_ref_fragment *fragment) {
    if (!frame->camera->trilinear) {
        return sample_level(frame, fragment, choose_level(frame, fragment));
    }
    double exact = exact_level(frame, fragment);
    uint32_t level = (uint32_t)exact;
    uint32_t next = level + 1 < frame->a->mips ? level + 1 : level;
    return mix(sample_level(frame, fragment, level), sample_level(frame, fragment, next),
               exact - level);
}
