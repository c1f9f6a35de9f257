/* SPDX-License-Identifier: MIT */
#include "raster_same.h"

void raster_same_weights(float t[RASTER_FRAMES]) {
    for (int i = 0; i < RASTER_FRAMES; i++) {
        t[i] = (float)i / (RASTER_FRAMES - 1);
    }
}

fm_view raster_same_view(void) {
    return (fm_view){.struct_size = sizeof(fm_view), .width = 150, .height = 97, .no_cull = true};
}

/* ---- scenes ---- */

void raster_same_huge(raster_scene *s) {
    for (int i = 0; i < 40; i++) {
        double reach = pow(10.0, raster_scene_random(s, 0.5, 3.0));
        for (int corner = 0; corner < 3; corner++) {
            double angle = 2.1 * corner + raster_scene_random(s, -0.5, 0.5);
            const double p[3] = {reach * cos(angle), reach * sin(angle),
                                 raster_scene_random(s, -20.0, 1.0)};
            raster_scene_corner(s, p, p, 0.5 + 0.3 * p[0], 0.5 + 0.3 * p[1]);
        }
        raster_scene_polygon(s, 3);
    }
}

void raster_same_twice(raster_scene *s) {
    for (uint32_t i = 0, n = s->corner_count; i < n; i++) {
        double a[3], b[3];
        for (int k = 0; k < 3; k++) {
            a[k] = (double)s->positions_a[i * 3 + k];
            b[k] = (double)s->positions_b[i * 3 + k];
        }
        raster_scene_corner(s, a, b, raster_scene_random(s, 0.0, 1.0), 0.5);
        if (i % 3 == 2) {
            raster_scene_polygon(s, 3);
        }
    }
}

raster_scene *raster_same_crowd(uint64_t seed, fm_specialisation form) {
    raster_scene *s = raster_scene_new(seed);
    s->specialisation = form;
    raster_scene_soup(s, 200, 1.0, 0.3);
    raster_same_twice(s);
    raster_scene_ball(s, 32, 20);
    raster_scene_textures(s, 100, 60, 100, 60);
    return s;
}

/* ---- against the reference ---- */

void raster_same_sizes(raster_scene *s, const char *name, fm_view view, const raster_sizes *sizes) {
    static const float weights[3] = {0.0F, 0.37F, 1.0F};
    /* Kernels with and without textures are other builds: grey scenes take one tile. */
    const uint32_t tiles = s->image_a.pixels != NULL ? sizes->tile_count : 1;
    view.struct_size = sizeof view;
    view.background_set = true;
    memcpy(view.background, (const uint8_t[3]){255, 0, 128}, 3);
    view.batch = 2;
    raster_scene_open(s);
    for (uint32_t i = 0; i < sizes->count; i++) {
        for (uint32_t format = 0; format < 2; format++) {
            view.width = sizes->size[i][0];
            view.height = sizes->size[i][1];
            view.transparent = view.no_cull = format == 1;
            view.tile = sizes->tiles[format][i % tiles];
            raster_scene_check(s, name, &view, weights, 3);
        }
    }
    raster_scene_free(s);
}

/* ---- the same bytes ---- */

static size_t first_difference(const uint8_t *a, const uint8_t *b, size_t bytes) {
    size_t i = 0;
    while (i < bytes && a[i] == b[i]) {
        i++;
    }
    return i;
}

void raster_same_frames(const raster_scene *s, const char *what, uint32_t value,
                        const raster_frames *got, const raster_frames *want) {
    const size_t bytes = want->frame_bytes;
    cr_assert_eq(got->report.plan.specialisation, want->report.plan.specialisation);
    cr_assert_eq(got->count, want->count);
    cr_assert_eq(got->frame_bytes, bytes);
    for (uint32_t f = 0; f < want->count; f++) {
        size_t i = first_difference(got->pixels + f * bytes, want->pixels + f * bytes, bytes);
        cr_assert_eq(i, bytes, "seed %llu, %s %u, frame %u: byte %zu differs",
                     (unsigned long long)s->seed, what, value, f, i);
        cr_assert_eq(got->covered[f], want->covered[f], "%s %u, frame %u: covered", what, value, f);
        cr_assert_eq(got->clipped[f], want->clipped[f], "%s %u, frame %u: clipped", what, value, f);
    }
    cr_assert_eq(got->report.rejected_triangles, want->report.rejected_triangles);
}

void raster_same_again(raster_scene *s, const char *what, uint32_t value, const fm_view *view,
                       const float *t, uint32_t n, const raster_frames *want) {
    raster_frames got = raster_scene_render(s, view, t, n);
    raster_same_frames(s, what, value, &got, want);
    raster_frames_free(&got);
}
