/* SPDX-License-Identifier: MIT */
#include "ref_scene.h"

ref_scene *ref_scene_new(uint32_t width, uint32_t height) {
    ref_scene *s = calloc(1, sizeof *s);
    cr_assert_not_null(s);
    s->mesh = (fmi_ref_mesh){.positions_a = s->positions,
                             .positions_b = s->positions_b,
                             .vertex_position = s->vertex_position,
                             .uvs = s->uvs,
                             .triangles = s->triangles};
    s->camera = (fmi_ref_camera){.to_camera = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0},
                                 .focal_px = REF_SCENE_FOCAL,
                                 .half_width = width / 2.0,
                                 .half_height = height / 2.0,
                                 .near_w = 1.0 / 64.0,
                                 .width = width,
                                 .height = height,
                                 .cull = true,
                                 .background = {255, 255, 255}};
    s->pixels = calloc((size_t)width * height, 4);
    s->owner = calloc((size_t)width * height, sizeof *s->owner);
    cr_assert(s->pixels != NULL && s->owner != NULL);
    return s;
}

void ref_scene_free(ref_scene *s) {
    free(s->pixels);
    free(s->owner);
    free(s);
}

uint32_t ref_scene_vertex_uv(ref_scene *s, double x, double y, double w, float u, float v) {
    uint32_t i = s->mesh.vertex_count++;
    cr_assert_lt(i, REF_SCENE_MAX);
    float position[3] = {(float)((x - s->camera.half_width) / s->camera.focal_px * w),
                         (float)(-(y - s->camera.half_height) / s->camera.focal_px * w), (float)-w};
    memcpy(s->positions + i * 3, position, sizeof position);
    memcpy(s->positions_b + i * 3, position, sizeof position);
    s->uvs[i * 2] = u;
    s->uvs[i * 2 + 1] = v;
    s->vertex_position[i] = s->mesh.position_count++;
    return i;
}

uint32_t ref_scene_vertex(ref_scene *s, double x, double y, double w) {
    return ref_scene_vertex_uv(s, x, y, w, 0.0F, 0.0F);
}

uint32_t ref_scene_face(ref_scene *s, uint32_t i, uint32_t j, uint32_t k) {
    uint32_t index = s->mesh.triangle_count++;
    cr_assert_lt(index, REF_SCENE_MAX);
    s->triangles[index * 3] = i;
    s->triangles[index * 3 + 1] = j;
    s->triangles[index * 3 + 2] = k;
    return index;
}

uint32_t ref_scene_triangle(ref_scene *s, double x0, double y0, double w0, double x1, double y1,
                            double w1, double x2, double y2, double w2) {
    uint32_t i = ref_scene_vertex(s, x0, y0, w0);
    uint32_t j = ref_scene_vertex(s, x1, y1, w1);
    return ref_scene_face(s, i, j, ref_scene_vertex(s, x2, y2, w2));
}

void ref_scene_render(ref_scene *s, const fmi_ref_texture *a, const fmi_ref_texture *b, float t) {
    fm_error err;
    fm_assert_ok(
        fmi_ref_render(&s->mesh, a, b, &s->camera, t, s->pixels, &s->counts, s->owner, &err), err);
}

void ref_scene_hits(ref_scene *s, uint32_t index, uint32_t *hits) {
    fmi_ref_mesh all = s->mesh;
    s->mesh.triangles = s->triangles + (size_t)index * 3;
    s->mesh.triangle_count = 1;
    ref_scene_render(s, NULL, NULL, 0.0F);
    s->mesh = all;
    for (size_t i = 0; i < (size_t)s->camera.width * s->camera.height; i++) {
        hits[i] += s->owner[i] != UINT32_MAX;
    }
}

const uint8_t *ref_scene_pixel(const ref_scene *s, uint32_t x, uint32_t y) {
    return s->pixels + ((size_t)y * s->camera.width + x) * (s->camera.transparent ? 4 : 3);
}

double ref_scene_lit(const ref_scene *s, uint32_t x, uint32_t y, const double n[3], double w,
                     double texel) {
    double dx = (x + 0.5 - s->camera.half_width) / s->camera.focal_px * w;
    double dy = -(y + 0.5 - s->camera.half_height) / s->camera.focal_px * w;
    double l = sqrt(dx * dx + dy * dy + (w + 0.5) * (w + 0.5));
    double v = sqrt(dx * dx + dy * dy + w * w);
    double nl = (-dx * n[0] - dy * n[1] + (w + 0.5) * n[2]) / l;
    double nv = (-dx * n[0] - dy * n[1] + w * n[2]) / v;
    double lv = (dx * dx + dy * dy + (w + 0.5) * w) / (l * v);
    double rv = 2.0 * nl * nv - lv;
    double specular = nl > 0 && rv > 0 ? pow(rv, 64.0) : 0.0;
    return texel * (0.6 + 0.5 * fmax(nl, 0.0)) + 0.05 * specular;
}

int ref_scene_byte(double colour) {
    return (int)floor(255.0 * fmin(colour, 1.0) + 0.5);
}

void ref_scene_level_marks(fmi_ref_texture *texture, uint32_t size, uint32_t step) {
    memset(texture, 0, sizeof *texture);
    for (uint32_t n = size;; n = (n + 1) / 2) {
        uint32_t level = texture->mips++;
        texture->width[level] = texture->height[level] = n;
        texture->level[level] = malloc((size_t)n * n * 3);
        cr_assert_not_null(texture->level[level]);
        memset(texture->level[level], (int)(40 + step * level), (size_t)n * n * 3);
        if (n == 1) {
            return;
        }
    }
}
