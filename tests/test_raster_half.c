/* SPDX-License-Identifier: MIT */
/* Vertex inputs as 16-bit floats: half the bytes, and pictures that keep 45 dB. And what texels
 * lose that are blended in them. */
#include "raster_scene.h"

#include "half.h"
#include "raster_half.h"

TestSuite(raster_half, .timeout = 180);

static float value_of(uint32_t half) {
    int exponent = (int)(half >> 10 & 31U);
    double fraction = (half & 1023U) / 1024.0;
    double size = exponent == 0 ? ldexp(fraction, -14) : ldexp(1.0 + fraction, exponent - 15);
    return (float)((half & 0x8000U) != 0 ? -size : size);
}

/* All finite values come back, halfway cases go to the even neighbour, others to the nearest. */
Test(raster_half, the_nearest_16_bit_float_is_taken) {
    for (uint32_t half = 0; half < 0x7BFF; half++) {
        float value = value_of(half), next = value_of(half + 1);
        float middle = 0.5F * value + 0.5F * next;
        cr_assert_eq(fmi_half(value), half, "%04x", half);
        cr_assert_eq(fmi_half_value((uint16_t)half), value, "%04x", half);
        cr_assert_eq(fmi_half_value((uint16_t)(half | 0x8000U)), -value, "-%04x", half);
        cr_assert_eq(fmi_half(-value), half | 0x8000U, "-%04x", half);
        cr_assert_eq(fmi_half(middle), half + (half & 1U), "after %04x", half);
        cr_assert_eq(fmi_half(nextafterf(middle, next)), half + 1, "after %04x", half);
        cr_assert_eq(fmi_half(nextafterf(middle, value)), half, "after %04x", half);
    }
    cr_assert_eq(fmi_half_value(0xFC00), -HUGE_VALF);
    cr_assert(isnan(fmi_half_value(0x7E00)));
    cr_assert_eq(fmi_half(65504.0F), 0x7BFF);
    cr_assert_eq(fmi_half(65520.0F), 0x7C00);
    cr_assert_eq(fmi_half(HUGE_VALF), 0x7C00);
    cr_assert_eq(fmi_half(nanf("")) & 0x7E00, 0x7E00);
}

/* A ball of a size: in metres, millimetres, or beyond what a 16-bit float can hold. */
static raster_scene *ball(double size, fm_specialisation form, bool half) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    raster_scene_ball(s, 48, 32);
    raster_scene_textures(s, 200, 130, 90, 140);
    for (uint32_t i = 0; i < 3 * s->corner_count; i++) {
        s->positions_a[i] = (float)((double)s->positions_a[i] * size);
        s->positions_b[i] = (float)((double)s->positions_b[i] * size);
    }
    s->specialisation = form;
    s->half = half;
    raster_scene_open(s);
    return s;
}

Test(raster_half, every_vertex_has_one_place) {
    raster_scene *s = ball(1.0, FM_SPECIALISATION_CPU, false);
    fm_error err;
    uint32_t *place = NULL;
    fm_assert_ok(fmi_vertex_places(&s->joined, &place, &err), err);
    bool *taken = calloc(s->joined.vertex_count, sizeof *taken);
    for (uint32_t i = 0; i < s->joined.vertex_count; i++) {
        cr_assert_lt(place[i], s->joined.vertex_count);
        cr_assert_not(taken[place[i]], "place %u is taken twice", place[i]);
        taken[place[i]] = true;
    }
    free(taken);
    free(place);
    raster_scene_free(s);
}

static const float weights[3] = {0.0F, 0.4F, 1.0F};

static void check_form(fm_specialisation form) {
    const double sizes[3] = {1.0e-3, 1.0, 1.0e6};
    fm_view view = {.struct_size = sizeof view,
                    .width = 256,
                    .height = 200,
                    .batch = 2,
                    .background_set = true,
                    .background = {9, 99, 199}};
    raster_scene *full = ball(1.0, form, false);
    raster_frames exact = raster_scene_render(full, &view, weights, 3);
    for (int i = 0; i < 3; i++) {
        raster_scene *s = ball(sizes[i], form, true);
        double psnr = raster_scene_psnr(s, &view, weights, 3);
        cr_expect_geq(psnr, 45.0, "size %g: %.1f dB", sizes[i], psnr);
        raster_frames frames = raster_scene_render(s, &view, weights, 3);
        cr_expect_lt(frames.report.plan.bytes_fixed, exact.report.plan.bytes_fixed);
        if (sizes[i] == 1.0) /* else nothing was stored in 16 bits */
            cr_expect_neq(memcmp(frames.pixels, exact.pixels, 3 * exact.frame_bytes), 0);
        view.batch = 1;
        raster_frames again = raster_scene_render(s, &view, weights, 3);
        cr_expect_eq(memcmp(frames.pixels, again.pixels, 3 * frames.frame_bytes), 0, "batch 1");
        view.batch = 2;
        raster_frames_free(&again);
        raster_frames_free(&frames);
        raster_scene_free(s);
    }
    raster_frames_free(&exact);
    raster_scene_free(full);
}

Test(raster_half, the_cpu_form_keeps_45_db) {
    check_form(FM_SPECIALISATION_CPU);
}

Test(raster_half, the_gpu_form_keeps_45_db) {
    check_form(FM_SPECIALISATION_GPU);
}

/* ---- texels blended in 16 bits, as fmk_fetch_at does with FMK_HALF_ARITHMETIC ---- */

static double in_half(double x) {
    return (double)fmi_half_value(fmi_half((float)x));
}

/* a + f (b - a), the difference and the sum rounded. */
static double lerp_in_half(double a, double b, double f) {
    return in_half(fma(f, in_half(b - a), a));
}

/* One texture's four texels, times its weight. */
static double fetch_in_half(const uint8_t p[4], double fx, double fy, double weight) {
    double left = in_half(lerp_in_half(p[0], p[2], fy) * weight);
    double right = in_half(lerp_in_half(p[1], p[3], fy) * weight);
    return lerp_in_half(left, right, fx);
}

static double bilinear(const uint8_t p[4], double fx, double fy) {
    double left = p[0] + fy * (p[2] - p[0]), right = p[1] + fy * (p[3] - p[1]);
    return left + fx * (right - left);
}

/* Each step rounded to 11 bits: no driver is asked, so this holds for all that have them. */
Test(raster_half, texels_blended_in_16_bits_lose_less_than_half_a_level) {
    uint64_t seed = fm_test_seed(), state = seed;
    double worst = 0.0, squares = 0.0;
    enum { ROUNDS = 200000 };
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t a[4], b[4];
        bool flat = i % 3 == 0; /* all alike: nothing but the weights can be wrong */
        for (int k = 0; k < 4; k++) {
            a[k] = (uint8_t)(flat ? 255 : fm_test_next(&state));
            b[k] = (uint8_t)(flat ? 255 : fm_test_next(&state));
        }
        double fx = (double)fm_test_uniform(&state, 0.0F, 1.0F);
        double fy = (double)fm_test_uniform(&state, 0.0F, 1.0F);
        double t = i % 5 == 0 ? i % 2 : (double)fm_test_uniform(&state, 0.0F, 1.0F);
        double want = (1.0 - t) * bilinear(a, fx, fy) + t * bilinear(b, fx, fy);
        double got = in_half(fetch_in_half(a, in_half(fx), in_half(fy), in_half(1.0 - t)) +
                             fetch_in_half(b, in_half(fx), in_half(fy), in_half(t)));
        cr_assert_lt(fabs(got - want), 0.5, "seed %llu round %d: %g, want %g",
                     (unsigned long long)seed, i, got, want);
        worst = fmax(worst, fabs(got - want));
        squares += (got - want) * (got - want);
    }
    printf("texels in 16-bit arithmetic: at most %.2f of a level, %.1f dB\n", worst,
           10.0 * log10(255.0 * 255.0 * ROUNDS / squares));
}
