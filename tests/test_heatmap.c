/* SPDX-License-Identifier: MIT */
/* The heatmaps' fields and panels against the reference, CIEDE2000 against its published data. */
#include "heatmap_scene.h"

#include "engine_impl.h"
#include "heatmap_impl.h"

TestSuite(heatmap, .timeout = 120);

/* G. Sharma, W. Wu, E. N. Dalal, 2005, table 1: L1 a1 b1 L2 a2 b2, difference. */
#define PAIRS 34
static const double published[PAIRS][7] = {
    {50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425},
    {50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615},
    {50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412},
    {50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000},
    {50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000},
    {50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000},
    {50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669},
    {50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669},
    {50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792},
    {50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792},
    {50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195},
    {50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195},
    {50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045},
    {50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045},
    {50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461},
    {50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065},
    {50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492},
    {50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977},
    {50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030},
    {50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535},
    {50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000},
    {50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000},
    {50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000},
    {50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000},
    {60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644},
    {63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630},
    {61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731},
    {35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645},
    {22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373},
    {36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146},
    {90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441},
    {90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381},
    {6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377},
    {2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082}};

Test(heatmap, the_reference_gives_the_published_differences) {
    for (int i = 0; i < PAIRS; i++) {
        const double *p = published[i];
        double there = fmi_ref_ciede2000(p, p + 3), back = fmi_ref_ciede2000(p + 3, p);
        cr_assert_float_eq(there, p[6], 0.00005, "pair %d: %.6f, want %.4f", i + 1, there, p[6]);
        cr_assert_float_eq(back, p[6], 0.00005, "pair %d back: %.6f", i + 1, back);
    }
}

/* Runs the kernel on pairs of L*a*b*, 6 values each. */
static void device_differences(uint32_t lanes, const float *lab, uint32_t count, float *out) {
    const char *options = lanes == 8 ? "-DFMK_LANES=8" : "-DFMK_LANES=1";
    uint32_t padded = (count + 7) / 8 * 8;
    fm_engine_params params = {.struct_size = sizeof params};
    fm_engine *engine = NULL;
    cl_program program = NULL;
    cl_kernel kernel = NULL;
    fmi_buffer in = {0}, result = {0};
    fm_error err;
    float *rows = calloc(6 * (size_t)padded, sizeof *rows);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < 6; k++)
            rows[k * padded + i] = lab[6 * i + k];
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    fm_assert_ok(fmi_engine_program(engine, "heatmap.cl", options, &program, &err), err);
    fm_assert_ok(fmi_kernel_create(&kernel, program, "fm_heatmap_compare", &err), err);
    fm_assert_ok(
        fmi_buffer_create(&in, engine->queue, CL_MEM_READ_ONLY, 24ULL * padded, "in", &err), err);
    fm_assert_ok(
        fmi_buffer_create(&result, engine->queue, CL_MEM_READ_WRITE, 4ULL * padded, "out", &err),
        err);
    fm_assert_ok(fmi_buffer_write(&in, 0, in.bytes, rows, &err), err);
    fmi_arg args[] = {FMI_ARG(in.mem), FMI_ARG(result.mem), FMI_ARG(padded)};
    fmi_launch launch = {.kernel = kernel,
                         .name = "fm_heatmap_compare",
                         .args = args,
                         .arg_count = 3,
                         .dims = 1,
                         .global = {padded / lanes, 1, 1},
                         .local = {1, 1, 1}};
    fm_assert_ok(fmi_queue_launch(engine->queue, &launch, &err), err);
    fm_assert_ok(fmi_queue_finish(engine->queue, &err), err);
    fm_assert_ok(fmi_buffer_read(&result, 0, 4ULL * count, out, &err), err);
    free(rows);
    fmi_buffer_destroy(&in);
    fmi_buffer_destroy(&result);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
    fm_engine_destroy(&engine);
}

Test(heatmap, the_kernel_gives_the_published_differences) {
    float lab[2 * PAIRS * 6], out[2 * PAIRS];
    for (int i = 0; i < PAIRS; i++)
        for (int k = 0; k < 6; k++) {
            lab[6 * i + k] = (float)published[i][k];
            lab[6 * (PAIRS + i) + k] = (float)published[i][(k + 3) % 6];
        }
    for (uint32_t lanes = 1; lanes <= 8; lanes += 7) {
        device_differences(lanes, lab, 2 * PAIRS, out);
        for (int i = 0; i < 2 * PAIRS; i++)
            cr_assert_float_eq((double)out[i], published[i % PAIRS][6], 0.0002,
                               "pair %d: %.6f, want %.4f", i % PAIRS + 1, (double)out[i],
                               published[i % PAIRS][6]);
    }
}

/* Near 180 degrees apart the formula itself jumps, so random pairs stay a little off that. */
Test(heatmap, the_kernel_equals_the_reference_on_random_colours) {
    enum { COUNT = 20000 };
    float *lab = malloc(sizeof *lab * 6 * COUNT), *out = malloc(sizeof *out * COUNT);
    uint64_t random = fm_test_seed();
    double worst = 0.0;
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < 2; k++) {
            float reach = i % 4 == 0 ? 1.0F : i % 4 == 1 ? 10.0F : 100.0F;
            float *at = lab + 6 * i + 3 * k;
            at[0] = fm_test_uniform(&random, 0.0F, 100.0F);
            at[1] = fm_test_uniform(&random, -reach, reach);
            at[2] = i % 10 == 0 ? 0.0F : fm_test_uniform(&random, -reach, reach);
            if (i % 16 == 3 && k == 1) /* close to each other */
                for (int c = 0; c < 3; c++)
                    at[c] = at[c - 3] + fm_test_uniform(&random, -0.5F, 0.5F);
        }
    device_differences(8, lab, COUNT, out);
    for (int i = 0; i < COUNT; i++) {
        const float *p = lab + 6 * i;
        const double a[3] = {(double)p[0], (double)p[1], (double)p[2]};
        const double b[3] = {(double)p[3], (double)p[4], (double)p[5]};
        double want = fmi_ref_ciede2000(a, b), d = fabs((double)out[i] - want);
        double opposite = atan2(a[1] * b[2] - a[2] * b[1], -(a[1] * b[1] + a[2] * b[2]));
        if (fabs(opposite) < 0.001)
            continue;
        worst = fmax(worst, d / fmax(want, 1.0));
        cr_assert(d <= fmax(0.0002, 0.0002 * want),
                  "seed %llu pair %d (%g %g %g, %g %g %g): %.6f, want %.6f",
                  (unsigned long long)fm_test_seed(), i, a[0], a[1], a[2], b[0], b[1], b[2],
                  (double)out[i], want);
    }
    cr_log_info("largest difference %.2e", worst);
    free(lab);
    free(out);
}

Test(heatmap, grey_has_no_chroma_and_white_is_100) {
    double lab[3];
    for (int i = 0; i < 256; i++) {
        fmi_ref_lab((uint8_t[3]){(uint8_t)i, (uint8_t)i, (uint8_t)i}, lab);
        cr_assert(fabs(lab[1]) < 1e-9 && fabs(lab[2]) < 1e-9, "grey %d: a %g b %g", i, lab[1],
                  lab[2]);
    }
    cr_assert_float_eq(lab[0], 100.0, 1e-9);
    fmi_ref_lab((uint8_t[3]){255, 0, 0}, lab); /* known values of the sRGB primary */
    cr_assert(fabs(lab[0] - 53.2408) < 1e-3 && fabs(lab[1] - 80.0925) < 1e-3 &&
                  fabs(lab[2] - 67.2032) < 1e-3,
              "red: %g %g %g", lab[0], lab[1], lab[2]);
}

Test(heatmap, fields_equal_the_reference) {
    static const uint32_t sizes[][4] = {
        {64, 48, 64, 48}, {1, 1, 1, 1}, {7, 5, 9, 3}, {33, 130, 20, 40}, {8, 8, 8, 8}};
    for (size_t i = 0; i < 5; i++) {
        raster_scene *s = raster_scene_new(fm_test_seed() + i);
        raster_scene_ball(s, 12, 9);
        raster_scene_soup(s, 20, 0.5, 0.4);
        raster_scene_textures(s, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
        raster_scene_open(s);
        heatmap_scene_check(s, "textured");
        raster_scene_free(s);
    }
    raster_scene *s = raster_scene_new(fm_test_seed());
    raster_scene_sheet(s, 40);
    raster_scene_open(s);
    heatmap_scene_check(s, "grey");
    raster_scene_free(s);
}

Test(heatmap, panels_equal_the_reference) {
    static const fm_view views[] = {
        {.struct_size = sizeof(fm_view), .width = 97, .height = 64},
        {.struct_size = sizeof(fm_view), .width = 64, .height = 80, .no_cull = true},
        {.struct_size = sizeof(fm_view), .width = 33, .height = 9, .yaw_degrees = 50},
        {.struct_size = sizeof(fm_view), .width = 70, .height = 70, .no_fit = true}};
    for (size_t i = 0; i < 4; i++) {
        raster_scene *s = raster_scene_new(fm_test_seed() + i);
        raster_scene_ball(s, 16, 11);
        raster_scene_soup(s, 30, 0.9, 0.5);
        raster_scene_slivers(s, 10);
        raster_scene_textures(s, 40, 32, 40, 32);
        raster_scene_open(s);
        heatmap_scene_check_panels(s, &views[i]);
        raster_scene_free(s);
    }
}

/* One row of a triangle an item, as on devices that stop long loops. */
Test(heatmap, bands_do_not_change_the_panels) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    const fm_view view = {.struct_size = sizeof view, .width = 50, .height = 41};
    fm_heatmap *heatmap = NULL;
    fm_error err;
    raster_scene_soup(s, 30, 0.5, 1.5);
    raster_scene_open(s);
    fm_assert_ok(fm_heatmap_create(&heatmap, s->pair, &err), err);
    fm_assert_ok(fm_heatmap_run(heatmap, &err), err);
    uint8_t *whole = heatmap_scene_panel(heatmap, &view, FM_FIELD_TOTAL);
    for (uint32_t loop = 1; loop <= 1000; loop *= 10) {
        s->engine->caps.max_loop = loop;
        uint8_t *cut = heatmap_scene_panel(heatmap, &view, FM_FIELD_TOTAL);
        cr_assert_arr_eq(cut, whole, 3 * 50 * 41, "at most %u iterations", loop);
        free(cut);
    }
    free(whole);
    fm_heatmap_destroy(&heatmap);
    raster_scene_free(s);
}

/* The same pair twice: nothing differs, and nothing divides by zero. */
Test(heatmap, equal_heads_have_no_difference) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    raster_scene_ball(s, 10, 8);
    memcpy(s->positions_b, s->positions_a, sizeof(float) * 3 * s->corner_count);
    raster_scene_textures(s, 16, 16, 16, 16);
    memcpy((uint8_t *)s->image_b.pixels, s->image_a.pixels,
           (size_t)s->image_a.row_bytes * s->image_a.height);
    raster_scene_open(s);
    fm_heatmap *heatmap = NULL;
    fm_error err;
    fm_panel panel;
    const fm_view view = {.struct_size = sizeof view, .width = 40, .height = 40};
    fm_assert_ok(fm_heatmap_create(&heatmap, s->pair, &err), err);
    fm_assert_ok(fm_heatmap_run(heatmap, &err), err);
    fm_assert_ok(fm_heatmap_draw(heatmap, &view, &err), err);
    for (uint32_t k = 0; k < FM_FIELDS; k++) {
        const float *values = NULL;
        uint64_t count = 0;
        fm_assert_ok(fm_heatmap_values(heatmap, (fm_field)k, &values, &count, &err), err);
        for (uint64_t i = 0; i < count; i++)
            cr_assert_eq(values[i], 0.0F, "%s %llu is %g", fm_field_name((fm_field)k),
                         (unsigned long long)i, (double)values[i]);
        fm_assert_ok(fm_heatmap_panel(heatmap, (fm_field)k, &panel, &err), err);
        cr_assert(panel.low == 0.0F && panel.high == 0.0F);
    }
    fm_heatmap_destroy(&heatmap);
    raster_scene_free(s);
}

/* A pair stored in 16 or 32 bits, in metres or any other unit; textures of odd width. */
static raster_scene *stored_pair(double size, bool half) {
    raster_scene *s = raster_scene_new(7);
    raster_scene_ball(s, 48, 32);
    raster_scene_textures(s, 203, 130, 90, 140);
    for (uint32_t i = 0; i < 3 * s->corner_count; i++) {
        s->positions_a[i] = (float)((double)s->positions_a[i] * size);
        s->positions_b[i] = (float)((double)s->positions_b[i] * size);
    }
    s->half = half;
    raster_scene_open(s);
    return s;
}

static fm_heatmap *ran(raster_scene *s) {
    fm_heatmap *heatmap = NULL;
    fm_error err;
    fm_assert_ok(fm_heatmap_create(&heatmap, s->pair, &err), err);
    fm_assert_ok(fm_heatmap_run(heatmap, &err), err);
    return heatmap;
}

/* The largest distance of two fields over the largest value: never 0 where bits were dropped. */
static double field_distance(fm_heatmap *one, fm_heatmap *two, fm_field field) {
    const float *a = NULL, *b = NULL;
    uint64_t count = 0, other = 0;
    double far = 0.0, reach = 0.0;
    fm_error err;
    fm_assert_ok(fm_heatmap_values(one, field, &a, &count, &err), err);
    fm_assert_ok(fm_heatmap_values(two, field, &b, &other, &err), err);
    cr_assert(count == other && count > 0);
    for (uint64_t i = 0; i < count; i++) {
        far = fmax(far, fabs((double)a[i] - (double)b[i]));
        reach = fmax(reach, fabs((double)b[i]));
    }
    return far / reach;
}

static double panel_psnr(fm_heatmap *one, fm_heatmap *two, fm_field field) {
    const fm_view view = {.struct_size = sizeof view, .width = 160, .height = 120};
    const size_t bytes = 3 * 160 * 120;
    uint8_t *a = heatmap_scene_panel(one, &view, field);
    uint8_t *b = heatmap_scene_panel(two, &view, field);
    double squares = 0.0;
    for (size_t i = 0; i < bytes; i++)
        squares += (double)(a[i] - b[i]) * (a[i] - b[i]);
    free(a);
    free(b);
    return 10.0 * log10(255.0 * 255.0 * (double)bytes / squares);
}

/* 11 bits a value and offsets in 11 bits: 45 dB are asked of the pictures. */
Test(heatmap, fields_in_16_bits_take_half_the_room_and_keep_45_db) {
    const double sizes[3] = {1.0e-3, 1.0, 1.0e6};
    for (int i = 0; i < 3; i++) {
        raster_scene *full = stored_pair(sizes[i], false), *s = stored_pair(sizes[i], true);
        fm_heatmap *want = ran(full), *got = ran(s);
        uint64_t room = fm_heatmap_bytes(got);
        cr_expect_lt(room, fm_heatmap_bytes(want) * 6 / 10);
        for (uint32_t k = 0; k < FM_FIELDS; k++) {
            double distance = field_distance(got, want, (fm_field)k);
            cr_expect(distance > 0.0 && distance < (k < FM_SHAPE_FIELDS ? 1e-2 : 5e-4),
                      "size %g: %s is %.2g away", sizes[i], fm_field_name((fm_field)k), distance);
            double psnr = panel_psnr(got, want, (fm_field)k);
            cr_expect_geq(psnr, 45.0, "size %g: %s has %.1f dB", sizes[i],
                          fm_field_name((fm_field)k), psnr);
        }
        fm_heatmap_destroy(&got);
        fm_heatmap_destroy(&want);
        raster_scene_free(s);
        raster_scene_free(full);
    }
}

Test(heatmap, wrong_calls_are_refused) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    raster_scene_soup(s, 3, 0.5, 0.5);
    raster_scene_open(s);
    fm_heatmap *heatmap = NULL;
    const float *values = NULL;
    uint64_t count = 0;
    fm_panel panel;
    fm_view view = {.struct_size = sizeof view, .width = 8000, .height = 8};
    fm_error err;
    fm_assert_fails(fm_heatmap_create(NULL, s->pair, &err), FM_ERROR_INVALID_ARGUMENT, err, "NULL");
    fm_assert_ok(fm_heatmap_create(&heatmap, s->pair, &err), err);
    cr_assert_eq(fm_heatmap_fields(heatmap), 3U);
    fm_assert_fails(fm_heatmap_draw(heatmap, &view, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "fm_heatmap_run first");
    fm_assert_ok(fm_heatmap_run(heatmap, &err), err);
    fm_assert_fails(fm_heatmap_values(heatmap, FM_FIELD_DELTA_E, &values, &count, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "untextured");
    fm_assert_fails(fm_heatmap_panel(heatmap, FM_FIELD_NORMAL, &panel, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "fm_heatmap_draw before");
    fm_assert_fails(fm_heatmap_draw(heatmap, &view, &err), FM_ERROR_INVALID_ARGUMENT, err, "4096");
    fm_heatmap_destroy(&heatmap);
    fm_heatmap_destroy(&heatmap);
    raster_scene_free(s);
}
