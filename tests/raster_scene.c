/* SPDX-License-Identifier: MIT */
#include "raster_scene.h"

#define PI 3.14159265358979323846

raster_scene *raster_scene_new(uint64_t seed) {
    raster_scene *s = calloc(1, sizeof *s);
    cr_assert_not_null(s);
    s->seed = s->random = seed;
    return s;
}

void raster_scene_free(raster_scene *s) {
    fm_pair_destroy(&s->pair);
    fm_engine_destroy(&s->engine);
    fmi_joined_free(&s->joined);
    fmi_ref_texture_free(&s->texture_a);
    fmi_ref_texture_free(&s->texture_b);
    free((void *)(uintptr_t)s->image_a.pixels);
    free((void *)(uintptr_t)s->image_b.pixels);
    free(s->positions_a);
    free(s->positions_b);
    free(s->uvs);
    free(s->polygon_sizes);
    free(s);
}

double raster_scene_random(raster_scene *s, double low, double high) {
    return low + (high - low) * (double)(fm_test_next(&s->random) >> 11) * 0x1p-53;
}

static void *grow(void *block, size_t count, size_t bytes) {
    void *larger = realloc(block, count * bytes);
    cr_assert_not_null(larger);
    return larger;
}

void raster_scene_corner(raster_scene *s, const double a[3], const double b[3], double u,
                         double v) {
    if (s->corner_count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 1024;
        s->positions_a = grow(s->positions_a, s->capacity, 3 * sizeof(float));
        s->positions_b = grow(s->positions_b, s->capacity, 3 * sizeof(float));
        s->uvs = grow(s->uvs, s->capacity, 2 * sizeof(float));
        s->polygon_sizes = grow(s->polygon_sizes, s->capacity, sizeof(uint32_t));
    }
    uint32_t i = s->corner_count++;
    for (int k = 0; k < 3; k++) {
        s->positions_a[i * 3 + k] = (float)a[k];
        s->positions_b[i * 3 + k] = (float)b[k];
    }
    s->uvs[i * 2] = (float)u;
    s->uvs[i * 2 + 1] = (float)v;
}

void raster_scene_polygon(raster_scene *s, uint32_t corners) {
    s->polygon_sizes[s->polygon_count++] = corners;
}

/* ---- meshes ---- */

/* Corner (i, j) of the ball's grid. Angles come from the wrapped column, so that both sides of the
 * seam are the same point. */
static void ball_corner(raster_scene *s, uint32_t i, uint32_t j, uint32_t columns, uint32_t rows) {
    double around = 2.0 * PI * (i % columns) / columns, down = PI * j / rows;
    double ring = j == 0 || j == rows ? 0.0 : sin(down);
    double bump = 1.0 + 0.1 * ring * sin(5.0 * around) * sin(4.0 * down);
    double dent = 1.0 + 0.1 * ring * cos(3.0 * around) * sin(6.0 * down);
    double a[3] = {bump * ring * sin(around), bump * cos(down), bump * ring * cos(around)};
    double b[3] = {0.8 * dent * ring * sin(around), 1.1 * dent * cos(down),
                   0.9 * dent * ring * cos(around)};
    raster_scene_corner(s, a, b, 0.1 + 0.8 * i / columns, 0.9 - 0.8 * j / rows);
}

void raster_scene_ball(raster_scene *s, uint32_t columns, uint32_t rows) {
    for (uint32_t j = 0; j < rows; j++) {
        for (uint32_t i = 0; i < columns; i++) {
            ball_corner(s, i, j, columns, rows);
            ball_corner(s, i, j + 1, columns, rows);
            ball_corner(s, i + 1, j + 1, columns, rows);
            ball_corner(s, i + 1, j, columns, rows);
            raster_scene_polygon(s, 4);
        }
    }
}

#define SHEET_MAX 2048

/* A point of the sheet, crumpled in z. */
static void sheet_corner(raster_scene *s, const double p[2]) {
    double a[3] = {p[0], p[1], 0.2 * sin(7.0 * p[0]) * cos(5.0 * p[1])};
    double b[3] = {p[0] * 0.9, p[1] + 0.1 * sin(3.0 * p[0]), -a[2]};
    raster_scene_corner(s, a, b, 0.5 + 0.4 * p[0], 0.5 + 0.4 * p[1]);
}

void raster_scene_sheet(raster_scene *s, uint32_t cuts) {
    static double p[SHEET_MAX][2];
    static uint32_t tri[2 * SHEET_MAX][3];
    const double square[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    const uint32_t halves[2][3] = {{0, 1, 2}, {0, 2, 3}};
    uint32_t points = 4, count = 2;
    memcpy(p, square, sizeof square);
    memcpy(tri, halves, sizeof halves);
    cr_assert_leq(cuts, SHEET_MAX - 4);
    for (; cuts > 0; cuts--, points++) {
        uint32_t *t = tri[fm_test_next(&s->random) % count];
        double w0 = raster_scene_random(s, 0.02, 0.49), w1 = raster_scene_random(s, 0.02, 0.49);
        for (int k = 0; k < 2; k++) {
            p[points][k] = w0 * p[t[0]][k] + w1 * p[t[1]][k] + (1.0 - w0 - w1) * p[t[2]][k];
        }
        memcpy(tri[count++], (const uint32_t[3]){t[1], t[2], points}, sizeof *tri);
        memcpy(tri[count++], (const uint32_t[3]){t[2], t[0], points}, sizeof *tri);
        t[2] = points;
    }
    for (uint32_t i = 0; i < count; i++) {
        for (int k = 0; k < 3; k++) {
            sheet_corner(s, p[tri[i][k]]);
        }
        raster_scene_polygon(s, 3);
    }
}

void raster_scene_soup(raster_scene *s, uint32_t count, double reach, double size) {
    for (uint32_t i = 0; i < count; i++) {
        double centre[3];
        for (int k = 0; k < 3; k++) {
            centre[k] = raster_scene_random(s, -reach, reach);
        }
        for (int corner = 0; corner < 3; corner++) {
            double a[3], b[3];
            for (int k = 0; k < 3; k++) {
                a[k] = centre[k] + raster_scene_random(s, -size, size);
                b[k] = a[k] + raster_scene_random(s, -0.05, 0.05) * size;
            }
            /* v first: the known bytes of test_golden.c depend on the order. */
            double v = raster_scene_random(s, -0.2, 1.2), u = raster_scene_random(s, -0.2, 1.2);
            raster_scene_corner(s, a, b, u, v);
        }
        raster_scene_polygon(s, 3);
    }
}

/* Corner at distance r from the middle in direction angle. */
static void sliver_corner(raster_scene *s, double angle, double r, double z) {
    const double a[3] = {r * cos(angle), r * sin(angle), z};
    const double b[3] = {a[0] * 0.95, a[1] * 1.05, z * 0.5};
    raster_scene_corner(s, a, b, 0.5 + 0.4 * a[0], 0.5 + 0.4 * a[1]);
}

void raster_scene_slivers(raster_scene *s, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        double angle = raster_scene_random(s, 0.0, 2.0 * PI);
        double width = pow(10.0, raster_scene_random(s, -5.0, -1.5));
        double z = raster_scene_random(s, -0.5, 0.5);
        sliver_corner(s, angle, -1.0, z);
        sliver_corner(s, angle, 1.0, z + 0.1);
        sliver_corner(s, angle + width, 1.0, z + 0.1);
        raster_scene_polygon(s, 3);
    }
}

/* ---- textures, engine, reference ---- */

static fm_image make_image(raster_scene *s, uint32_t width, uint32_t height, double phase) {
    uint8_t *rgb = grow(NULL, (size_t)width * height, 3);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            double u = (x + 0.5) / width, v = (y + 0.5) / height;
            bool border = fabs(u - 0.5) > 0.45 || fabs(v - 0.5) > 0.45;
            for (int c = 0; c < 3; c++) {
                double wave = sin(9.0 * u + phase + c) * cos(7.0 * v - phase + 2 * c);
                double value = 130.0 + 60.0 * wave + raster_scene_random(s, -8.0, 8.0);
                rgb[((size_t)y * width + x) * 3 + c] = (uint8_t)(border ? 10.0 : value);
            }
        }
    }
    return (fm_image){rgb, width, height, 3, width * 3};
}

void raster_scene_textures(raster_scene *s, uint32_t width_a, uint32_t height_a, uint32_t width_b,
                           uint32_t height_b) {
    s->image_a = make_image(s, width_a, height_a, 0.0);
    s->image_b = make_image(s, width_b, height_b, 1.5);
}

void raster_scene_open(raster_scene *s) {
    fm_error err;
    fm_engine_params params = {.struct_size = sizeof params,
                               .specialisation = s->specialisation,
                               .level = s->level,
                               .profile = s->profile,
                               .cancel = s->cancel,
                               .cache_dir = getenv("FM_CACHE_DIR"),
                               .kernel_dir = getenv("FM_CL_DIR")};
    fm_mesh a = {.positions = s->positions_a,
                 .uvs = s->uvs,
                 .polygon_sizes = s->polygon_sizes,
                 .corner_count = s->corner_count,
                 .polygon_count = s->polygon_count};
    fm_mesh b = a;
    b.positions = s->positions_b;
    fm_pair_params pair = {.struct_size = sizeof pair, .half = s->half};
    fm_assert_ok(fmi_pair_join(&s->joined, &a, &b, FM_ALIGN_NONE, NULL, &err), err);
    if (s->image_a.pixels != NULL) {
        fmi_ref_mesh mesh = fmi_raster_ref_mesh(&s->joined);
        uint32_t width = s->image_a.width, height = s->image_a.height;
        pair.image_a = &s->image_a;
        pair.image_b = &s->image_b;
        fm_assert_ok(fmi_ref_texture_make(&s->texture_a, &mesh, &s->image_a, false, width, height,
                                          NULL, &err),
                     err);
        fm_assert_ok(fmi_ref_texture_make(&s->texture_b, &mesh, &s->image_b, false, width, height,
                                          NULL, &err),
                     err);
    }
    fm_assert_ok(fm_engine_create(&s->engine, &params, &err), err);
    fm_assert_ok(fm_pair_create(&s->pair, s->engine, &a, &b, &pair, &err), err);
}

/* ---- drawing ---- */

static fm_status keep_frame(void *user, const fm_frame *frame, fm_error *err) {
    (void)err;
    raster_frames *frames = user;
    size_t row = (size_t)frame->width * frame->channels;
    uint8_t *out = frames->pixels + frames->frame_bytes * frame->index;
    cr_assert_eq(frame->index, frames->count, "frame %u came as number %u", frame->index,
                 frames->count);
    for (uint32_t y = 0; y < frame->height; y++) {
        memcpy(out + y * row, frame->pixels + y * frame->row_bytes, row);
    }
    frames->covered[frame->index] = frame->covered_pixels;
    frames->clipped[frame->index] = frame->clipped_pixels;
    frames->count++;
    return FM_OK;
}

raster_frames raster_scene_render(raster_scene *s, const fm_view *view, const float *t,
                                  uint32_t n) {
    fm_error err;
    raster_frames frames = {0};
    frames.frame_bytes = (size_t)view->width * view->height * (view->transparent ? 4 : 3);
    frames.pixels = grow(NULL, n, frames.frame_bytes);
    frames.covered = grow(NULL, n, sizeof *frames.covered);
    frames.clipped = grow(NULL, n, sizeof *frames.clipped);
    memset(frames.pixels, 0xA5, n * frames.frame_bytes);
    fm_assert_ok(fm_render(s->pair, t, n, view, keep_frame, &frames, &frames.report, &err), err);
    cr_assert_eq(frames.count, n, "got %u frames, want %u", frames.count, n);
    return frames;
}

void raster_frames_free(raster_frames *frames) {
    free(frames->pixels);
    free(frames->covered);
    free(frames->clipped);
    *frames = (raster_frames){0};
}

/* ---- comparison ---- */

/* One render on its way through the comparison. */
typedef struct comparison {
    const raster_scene *scene;
    const char *name;
    const fm_view *view;
    uint32_t width, height, channels;
    const uint8_t *got;   /* device frame */
    uint8_t *want;        /* reference frame */
    uint32_t *want_owner; /* reference: UINT32_MAX = background */
    uint32_t frame;
    uint64_t covered;     /* pixels of the device frame that are not background */
    uint64_t pixels, off; /* of all frames; off: more than 1 apart */
    char first_off[160];  /* the first such pixel */
} comparison;

static bool got_covered(const comparison *c, size_t i) {
    const uint8_t *p = c->got + i * c->channels;
    return c->channels == 4 ? p[3] != 0 : memcmp(p, c->view->background, 3) != 0;
}

static bool want_covered(const comparison *c, size_t i) {
    return c->want_owner[i] != UINT32_MAX;
}

/* Whether all 8 neighbours exist and are covered in both pictures. */
static bool surrounded(const comparison *c, uint32_t x, uint32_t y) {
    if (x == 0 || y == 0 || x + 1 == c->width || y + 1 == c->height) {
        return false;
    }
    for (uint32_t j = y - 1; j <= y + 1; j++) {
        for (uint32_t i = x - 1; i <= x + 1; i++) {
            size_t at = (size_t)j * c->width + i;
            bool centre = i == x && j == y;
            if (!centre && !(got_covered(c, at) && want_covered(c, at))) {
                return false;
            }
        }
    }
    return true;
}

static void describe(const comparison *c, uint32_t x, uint32_t y, char *out, size_t bytes) {
    size_t at = ((size_t)y * c->width + x) * c->channels;
    int used = snprintf(out, bytes, "frame %u pixel %u,%u: got", c->frame, x, y);
    for (uint32_t k = 0; k < 2 * c->channels; k++) {
        const uint8_t *p = k < c->channels ? c->got : c->want;
        used += snprintf(out + used, bytes - (size_t)used, "%s %d",
                         k == c->channels ? ", want" : "", p[at + k % c->channels]);
    }
}

static void compare_pixel(comparison *c, uint32_t x, uint32_t y) {
    size_t at = (size_t)y * c->width + x;
    char text[sizeof c->first_off];
    if (got_covered(c, at) != want_covered(c, at) && surrounded(c, x, y)) {
        describe(c, x, y, text, sizeof text);
        cr_assert_fail("%s: seed %llu, %ux%u: hole at %s", c->name,
                       (unsigned long long)c->scene->seed, c->width, c->height, text);
    }
    int worst = 0;
    for (uint32_t k = 0; k < c->channels; k++) {
        int apart = abs(c->got[at * c->channels + k] - c->want[at * c->channels + k]);
        worst = apart > worst ? apart : worst;
    }
    c->covered += got_covered(c, at);
    c->pixels++;
    if (worst > 1 && c->off++ == 0) {
        describe(c, x, y, c->first_off, sizeof c->first_off);
    }
}

/* Counters may be apart by one thousandth of what they are counted from. */
static void compare_count(const comparison *c, const char *what, uint64_t got, uint64_t want,
                          uint64_t of) {
    uint64_t apart = got > want ? got - want : want - got;
    cr_assert(apart * 1000 <= of,
              "%s: seed %llu, %ux%u tile %u frame %u: %s: got %llu, want %llu of %llu", c->name,
              (unsigned long long)c->scene->seed, c->width, c->height, c->view->tile, c->frame,
              what, (unsigned long long)got, (unsigned long long)want, (unsigned long long)of);
}

static fmi_ref_camera ref_camera(const raster_scene *s, const fm_view *view) {
    fm_view resolved;
    fmi_camera camera;
    fm_error err;
    fmi_ref_camera out = {.width = view->width,
                          .height = view->height,
                          .cull = !view->no_cull,
                          .transparent = view->transparent,
                          .trilinear = view->trilinear,
                          .samples = view->samples};
    fm_assert_ok(fmi_view_resolve(view, &resolved, &err), err);
    fm_assert_ok(fmi_camera_make(&camera, &s->joined, &resolved, &err), err);
    memcpy(out.to_camera, camera.to_camera, sizeof out.to_camera);
    memcpy(out.background, view->background, sizeof out.background);
    out.focal_px = camera.focal_px;
    out.half_width = camera.half_width;
    out.half_height = camera.half_height;
    out.near_w = camera.near_w;
    return out;
}

void raster_scene_check(raster_scene *s, const char *name, const fm_view *view, const float *t,
                        uint32_t n) {
    fm_error err;
    fmi_ref_mesh mesh = fmi_raster_ref_mesh(&s->joined);
    fmi_ref_camera camera = ref_camera(s, view);
    raster_frames frames = raster_scene_render(s, view, t, n);
    uint64_t rejected = 0, size = (uint64_t)view->width * view->height;
    bool textured = s->image_a.pixels != NULL;
    comparison c = {.scene = s,
                    .name = name,
                    .view = view,
                    .width = view->width,
                    .height = view->height,
                    .channels = view->transparent ? 4 : 3};
    c.want = grow(NULL, size, c.channels);
    c.want_owner = grow(NULL, size, sizeof *c.want_owner);
    for (c.frame = 0; c.frame < n; c.frame++) {
        fm_frame_counts counts;
        fm_assert_ok(fmi_ref_render(&mesh, textured ? &s->texture_a : NULL,
                                    textured ? &s->texture_b : NULL, &camera, t[c.frame], c.want,
                                    &counts, c.want_owner, &err),
                     err);
        c.got = frames.pixels + c.frame * frames.frame_bytes;
        c.covered = 0;
        for (uint32_t y = 0; y < c.height; y++) {
            for (uint32_t x = 0; x < c.width; x++) {
                compare_pixel(&c, x, y);
            }
        }
        compare_count(&c, "covered pixels of its own picture", frames.covered[c.frame], c.covered,
                      0);
        compare_count(&c, "covered", frames.covered[c.frame], counts.covered, size);
        compare_count(&c, "clipped", frames.clipped[c.frame], counts.clipped, size);
        rejected += counts.rejected;
    }
    compare_count(&c, "rejected", frames.report.rejected_triangles, rejected,
                  (uint64_t)mesh.triangle_count * n);
    cr_assert(c.off * 1000 <= c.pixels,
              "%s: seed %llu, %ux%u tile %u: %llu of %llu pixels are more than 1 apart; first at "
              "%s",
              name, (unsigned long long)s->seed, c.width, c.height, view->tile,
              (unsigned long long)c.off, (unsigned long long)c.pixels, c.first_off);
    free(c.want);
    free(c.want_owner);
    raster_frames_free(&frames);
}

double raster_scene_psnr(raster_scene *s, const fm_view *view, const float *t, uint32_t n) {
    fm_error err;
    fmi_ref_mesh mesh = fmi_raster_ref_mesh(&s->joined);
    fmi_ref_camera camera = ref_camera(s, view);
    raster_frames frames = raster_scene_render(s, view, t, n);
    uint8_t *want = grow(NULL, frames.frame_bytes, 1);
    bool textured = s->image_a.pixels != NULL;
    double squares = 0.0;
    for (uint32_t frame = 0; frame < n; frame++) {
        fm_assert_ok(fmi_ref_render(&mesh, textured ? &s->texture_a : NULL,
                                    textured ? &s->texture_b : NULL, &camera, t[frame], want, NULL,
                                    NULL, &err),
                     err);
        for (size_t i = 0; i < frames.frame_bytes; i++) {
            double d = (double)frames.pixels[frame * frames.frame_bytes + i] - want[i];
            squares += d * d;
        }
    }
    double mean = squares / ((double)n * (double)frames.frame_bytes);
    free(want);
    raster_frames_free(&frames);
    return mean > 0.0 ? 10.0 * log10(255.0 * 255.0 / mean) : (double)INFINITY;
}
