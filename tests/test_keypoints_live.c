/* SPDX-License-Identifier: MIT */
/* The families of 3-D keypoints, and the hulls that scales are made of. */
#include "keypoint_clip.h"

#include "engine_impl.h"

TestSuite(keypoints_live, .timeout = 120);

Test(keypoints_live, sadtalker_equals_the_reference) {
    fm_engine *engines[2] = {keypoint_engine(FM_SPECIALISATION_CPU),
                             keypoint_engine(FM_SPECIALISATION_GPU)};
    for (unsigned bits = 0; bits < 32; bits++) {
        char what[64];
        const fm_keypoints_params how = {.struct_size = sizeof how,
                                         .model = FM_KEYPOINTS_SADTALKER,
                                         .clips = 2,
                                         .no_relative_movement = (bits & 1) != 0,
                                         .area = (bits & 2) != 0 ? FM_KEYPOINTS_HULL
                                                                 : FM_KEYPOINTS_BBOX,
                                         .host_below = (bits & 4) != 0 ? 1 : 1000};
        keypoint_clips *clips = keypoint_clips_new(&how, 21, (bits & 8) != 0, bits);
        snprintf(what, sizeof what, "sadtalker, switches %u", bits);
        keypoint_check(clips, engines[bits / 16], what);
        keypoint_clips_free(clips);
    }
    fm_engine_destroy(&engines[0]);
    fm_engine_destroy(&engines[1]);
}

/* A turn of 180 of their degrees is 3.14, not pi. */
Test(keypoints_live, sadtalker_degrees_are_theirs) {
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    const fm_keypoints_params how = {.struct_size = sizeof how,
                                     .model = FM_KEYPOINTS_SADTALKER,
                                     .points = 1,
                                     .no_relative_movement = true};
    const float canonical[3] = {0, 1, 0}, still[9] = {0};
    const float roll[9] = {0, 0, 180, 5, 0.5F, 7, 0, 0, 0};
    const fm_keypoints_set source = {.motion = still, .canonical = canonical};
    const fm_keypoints_set in = {.motion = roll};
    float out[3];
    fm_keypoints *kp = NULL;
    fm_error err;
    fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, &source, &err), err);
    fm_assert_ok(fm_keypoints_push(kp, &in, &(fm_keypoints_out){.value = out}, 1, &err), err);
    cr_assert_float_eq(out[0], -sinf(3.14F), 1e-6F, "%.9g", (double)out[0]);
    cr_assert_float_eq(out[1], cosf(3.14F) + 0.5F, 1e-6F, "ty counts: %.9g", (double)out[1]);
    cr_assert_eq(out[2], 0.0F, "tx and tz do not");
    fm_keypoints_destroy(&kp);
    fm_engine_destroy(&engine);
}

Test(keypoints_live, liveportrait_equals_the_reference) {
    fm_engine *engines[2] = {keypoint_engine(FM_SPECIALISATION_CPU),
                             keypoint_engine(FM_SPECIALISATION_GPU)};
    for (int region = 0; region <= FM_KEYPOINTS_REGION_EYES; region++)
        for (unsigned bits = 0; bits < 16; bits++) {
            char what[64];
            const fm_keypoints_params how = {.struct_size = sizeof how,
                                             .model = FM_KEYPOINTS_LIVEPORTRAIT,
                                             .clips = 2,
                                             .region = (fm_keypoints_region)region,
                                             .no_relative_movement = (bits & 1) != 0,
                                             .expression_friendly = (bits & 2) != 0,
                                             .multiplier = (bits & 4) != 0 ? 1.7F : 1,
                                             .host_below = (bits & 8) != 0 ? 1 : 1000};
            keypoint_clips *clips = keypoint_clips_new(&how, 9, true, (uint64_t)region * 16 + bits);
            snprintf(what, sizeof what, "liveportrait, region %d, switches %u", region, bits);
            keypoint_check(clips, engines[bits % 2], what);
            keypoint_clips_free(clips);
        }
    fm_engine_destroy(&engines[0]);
    fm_engine_destroy(&engines[1]);
}

/* Motions alone, in place, without canonical points: the form of the CSV files. */
Test(keypoints_live, liveportrait_motions_work_in_place) {
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    for (uint32_t below = 1; below <= 1000; below += 999) {
        const fm_keypoints_params how = {
            .struct_size = sizeof how, .model = FM_KEYPOINTS_LIVEPORTRAIT, .host_below = below};
        keypoint_clips *c = keypoint_clips_new(&how, 30, true, 60);
        fm_keypoints_set source = keypoint_source(c);
        const fm_keypoints_set initial = keypoint_initial(c);
        float *kept = malloc(sizeof *kept * 30 * 76);
        memcpy(kept, c->motion, sizeof *kept * 30 * 76);
        const fm_keypoints_set in = {.motion = c->motion};
        fm_keypoints_out out = {.motion = c->motion, .status = c->status};
        fm_keypoints *kp = NULL;
        fm_error err;
        source.canonical = NULL;
        fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, &initial, &err), err);
        fm_assert_ok(fm_keypoints_push(kp, &in, &out, 30, &err), err);
        out.value = c->out_value;
        fm_assert_fails(fm_keypoints_push(kp, &in, &out, 30, &err), FM_ERROR_INVALID_ARGUMENT, err,
                        "canonical");
        memcpy(c->out_motion, c->motion, sizeof *kept * 30 * 76);
        memcpy(c->motion, kept, sizeof *kept * 30 * 76);
        free(c->out_value);
        c->out_value = NULL;
        keypoint_compare(c, "motions in place");
        free(kept);
        fm_keypoints_destroy(&kp);
        keypoint_clips_free(c);
    }
    fm_engine_destroy(&engine);
}

/* Motions in the caller's buffers, in place, on the engine's own queue. */
Test(keypoints_live, liveportrait_motions_work_in_buffers) {
    enum { N = 30, MOTION = 76 * sizeof(float) };
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    const fm_keypoints_params how = {.struct_size = sizeof how, .model = FM_KEYPOINTS_LIVEPORTRAIT};
    keypoint_clips *c = keypoint_clips_new(&how, N, true, 61);
    const fm_keypoints_set source = keypoint_source(c), initial = keypoint_initial(c);
    const size_t value_bytes = N * c->values * sizeof(float);
    fm_keypoints *kp = NULL;
    fm_error err;
    cl_int code[3];
    fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, &initial, &err), err);
    const cl_context context = fmi_queue_context(engine->queue);
    const cl_command_queue queue = fmi_queue_cl(engine->queue);
    cl_mem m = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, N * MOTION,
                              c->motion, &code[0]);
    cl_mem v = clCreateBuffer(context, CL_MEM_READ_WRITE, value_bytes, NULL, &code[1]);
    cl_mem s = clCreateBuffer(context, CL_MEM_READ_WRITE, N * c->points, NULL, &code[2]);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(code[i], CL_SUCCESS, "buffer %d: %d", i, code[i]);
    const fm_keypoints_buffers b = {.motion = m, .out_motion = m, .out_value = v, .status = s};
    fm_assert_ok(fm_keypoints_push_buffers(kp, &b, 0, NULL, &err), err);
    fm_assert_ok(fm_keypoints_push_buffers(kp, &b, N, NULL, &err), err);
    clEnqueueReadBuffer(queue, v, CL_FALSE, 0, value_bytes, c->out_value, 0, NULL, NULL);
    clEnqueueReadBuffer(queue, s, CL_FALSE, 0, N * c->points, c->status, 0, NULL, NULL);
    clEnqueueReadBuffer(queue, m, CL_TRUE, 0, N * MOTION, c->out_motion, 0, NULL, NULL);
    keypoint_compare(c, "motions in buffers");
    clReleaseMemObject(m);
    clReleaseMemObject(v);
    clReleaseMemObject(s);
    fm_keypoints_destroy(&kp);
    keypoint_clips_free(c);
    fm_engine_destroy(&engine);
}

static void assert_buffers_refused(fm_keypoints *kp, const fm_keypoints_buffers *b, fm_status want,
                                   const char *words) {
    fm_error err;
    fm_assert_fails(fm_keypoints_push_buffers(kp, b, 1, NULL, &err), want, err, words);
}

Test(keypoints_live, buffers_that_cannot_do_are_refused) {
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO), *reference = NULL;
    const fm_keypoints_params how = {.struct_size = sizeof how, .model = FM_KEYPOINTS_LIVEPORTRAIT};
    keypoint_clips *c = keypoint_clips_new(&how, 1, true, 62);
    fm_keypoints_set source = keypoint_source(c);
    const fm_keypoints_set initial = keypoint_initial(c);
    char no_memory;
    struct _cl_mem *any = (void *)&no_memory; /* never looked at */
    const fm_keypoints_buffers motion = {.motion = any, .out_motion = any},
                               value = {.motion = any, .out_value = any}, none = {.value = any};
    fm_keypoints *kp = NULL;
    fm_error err;
    source.canonical = NULL;
    fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, NULL, &err), err);
    assert_buffers_refused(kp, &motion, FM_ERROR_INVALID_ARGUMENT, "give the initial frame");
    assert_buffers_refused(kp, NULL, FM_ERROR_INVALID_ARGUMENT, "a NULL");
    assert_buffers_refused(NULL, &motion, FM_ERROR_INVALID_ARGUMENT, "a NULL");
    fm_assert_ok(fm_keypoints_restart(kp, NULL, &initial, &err), err);
    assert_buffers_refused(kp, &value, FM_ERROR_INVALID_ARGUMENT, "canonical points");
    assert_buffers_refused(kp, &none, FM_ERROR_INVALID_ARGUMENT, "a buffer is missing");
    fm_keypoints_destroy(&kp);
    const fm_engine_params params = {.struct_size = sizeof params, .device = "ref"};
    fm_assert_ok(fm_engine_create(&reference, &params, &err), err);
    fm_assert_ok(fm_keypoints_create(&kp, reference, &how, &source, &initial, &err), err);
    assert_buffers_refused(kp, &motion, FM_ERROR_UNSUPPORTED, "has no buffers");
    fm_keypoints_destroy(&kp);
    keypoint_clips_free(c);
    fm_engine_destroy(&reference);
    fm_engine_destroy(&engine);
}

/* Scales of frames with a known hull, by the device and by the reference. */
static void check_scale(fm_engine *engine, const float *source, const float *initial,
                        uint32_t points, double want, const char *what) {
    const fm_keypoints_params how = {.struct_size = sizeof how,
                                     .points = points,
                                     .area = FM_KEYPOINTS_HULL,
                                     .no_relative_jacobian = true};
    const fm_keypoints_set from = {.value = source}, first = {.value = initial};
    const fmi_ref_keypoints ref = {.how = how, .source = from, .initial = first};
    fmi_ref_keypoints_scales scales;
    fm_keypoints_clip facts;
    fm_keypoints *kp = NULL;
    fm_error err;
    fmi_ref_keypoints_scale(&ref, &scales);
    cr_assert_float_eq(scales.hull, want, 1e-6 * want, "%s, reference: %.9g", what, scales.hull);
    fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &from, &first, &err), err);
    fm_assert_ok(fm_keypoints_clip_facts(kp, 0, &facts, &err), err);
    cr_assert_float_eq((double)facts.scale, want, 2e-6 * want, "%s: %.9g, want %.9g", what,
                       (double)facts.scale, want);
    cr_assert_float_eq((double)facts.scale_bbox, scales.bbox, 2e-6 * scales.bbox, "%s", what);
    fm_keypoints_destroy(&kp);
}

Test(keypoints_live, hulls_of_degenerate_points_have_an_area) {
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    const float square[] = {0, 0, 1, 0, 1, 1, 0, 1, 0.5F, 0.5F, 1, 0.5F, 0, 0, 1, 1};
    const float twice[] = {0, 0, 2, 0, 2, 2, 0, 2, 1, 1, 0, 0, 0, 0, 0, 0};
    const float line[] = {0, 0, 1, 1, 2, 2, 3, 3, 0.5F, 0.5F, 1, 1, 0, 0, 3, 3};
    const float point[16] = {0};
    check_scale(engine, twice, square, 8, 2, "square");
    check_scale(engine, square, line, 8, 1e4, "a line has the least area");
    check_scale(engine, point, square, 8, 1e-4, "a point has the least area");
    check_scale(engine, point, line, 8, 1, "both");
    check_scale(engine, square, square, 1, 1, "one point");
    fm_engine_destroy(&engine);
}

Test(keypoints_live, hulls_of_random_points_equal_the_reference) {
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    uint64_t state = fm_test_seed();
    for (uint32_t round = 0; round < 40; round++) {
        const uint32_t points = 3 + round % 62;
        float source[128], initial[128];
        double wide[128];
        for (uint32_t i = 0; i < 2 * points; i++) { /* every third round on a coarse grid */
            source[i] = fm_test_uniform(&state, -1, 1);
            initial[i] = fm_test_uniform(&state, -1, 1);
            if (round % 3 == 0) {
                source[i] = roundf(4 * source[i]) / 4;
                initial[i] = roundf(4 * initial[i]) / 4;
            }
        }
        for (uint32_t i = 0; i < 2 * points; i++)
            wide[i] = (double)source[i];
        const double a = fmax(1e-8, fmi_ref_hull_area(wide, 2, points));
        for (uint32_t i = 0; i < 2 * points; i++)
            wide[i] = (double)initial[i];
        const double b = fmax(1e-8, fmi_ref_hull_area(wide, 2, points));
        if (a > 1e-3 && b > 1e-3)
            check_scale(engine, source, initial, points, sqrt(a / b), "random");
    }
    fm_engine_destroy(&engine);
}

Test(keypoints_live, volumes_of_known_bodies) {
    const double cube[] = {0, 0, 0, 1, 0, 0, 0, 1, 0,   0,   0,   1,   1,   1,   0, 1,   0,
                           1, 0, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0.5, 0.5};
    const double tetrahedron[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
    cr_assert_float_eq(fmi_ref_hull_volume(cube, 11), 1.0, 1e-12);
    cr_assert_float_eq(fmi_ref_hull_volume(tetrahedron, 4), 1.0 / 6, 1e-12);
    cr_assert_eq(fmi_ref_hull_volume(tetrahedron, 3), 0.0);
}

/* m of a clip whose initial frame has turn for R, which need be no rotation; both scales 1. Checked
 * against the reference. */
static double friendly_m(fm_engine *engine, const float *canonical, const float *expression,
                         const float *turn) {
    const fm_keypoints_params how = {
        .struct_size = sizeof how, .model = FM_KEYPOINTS_LIVEPORTRAIT, .expression_friendly = true};
    float still[76] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, first[76] = {1};
    memcpy(still + 13, expression, sizeof(float) * 63);
    memcpy(first + 4, turn, sizeof(float) * 9);
    const fm_keypoints_set source = {.motion = still, .canonical = canonical};
    const fm_keypoints_set initial = {.motion = first};
    const fmi_ref_keypoints ref = {.how = {.model = FM_KEYPOINTS_LIVEPORTRAIT,
                                           .points = 21,
                                           .multiplier = 1,
                                           .expression_friendly = true},
                                   .source = source,
                                   .initial = initial};
    fmi_ref_keypoints_scales scales;
    fm_keypoints_clip facts;
    fm_keypoints *kp = NULL;
    fm_error err;
    fmi_ref_keypoints_scale(&ref, &scales);
    fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, &initial, &err), err);
    fm_assert_ok(fm_keypoints_clip_facts(kp, 0, &facts, &err), err);
    cr_assert_float_eq((double)facts.scale, scales.used, 1e-5 * scales.used,
                       "m: %.9g, reference %.9g", (double)facts.scale, scales.used);
    fm_keypoints_destroy(&kp);
    return scales.used;
}

Test(keypoints_live, volumes_of_hulls_equal_the_reference) {
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    const float unit[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1},
                turn[9] = {0.9F, 0.4F, 0, -0.3F, 1.3F, 0.2F, 0.1F, 0.5F, 0.7F};
    uint64_t state = fm_test_seed();
    float canonical[63], expression[63], none[63] = {0};
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 63; i++) { /* some on a grid: many points in one plane or equal */
            canonical[i] = fm_test_uniform(&state, -1, 1);
            expression[i] = fm_test_uniform(&state, -0.5F, 0.5F);
            if (round % 2 == 1)
                canonical[i] = roundf(canonical[i]);
            if (round % 4 == 2 && i > 12)
                canonical[i] = canonical[i % 12];
        }
        /* x_ini = c T T': the volumes' quotient is det T squared. */
        cr_assert_float_eq(friendly_m(engine, canonical, none, turn), 1 / 0.821, 1e-5, "round %d",
                           round);
        cr_assert_float_eq(friendly_m(engine, canonical, none, unit), 1.0, 1e-6, "round %d", round);
        (void)friendly_m(engine, canonical, expression, turn);
    }
    for (int i = 0; i < 63; i++)
        canonical[i] = i % 3 == 2 ? 0 : fm_test_uniform(&state, -1, 1);
    cr_assert_eq(friendly_m(engine, canonical, none, unit), 1.0, "flat: no change");
    fm_engine_destroy(&engine);
}

Test(keypoints_live, angles_are_expectations_of_bins) {
    float bins[2 * FM_KEYPOINTS_ANGLE_BINS] = {0}, degrees[2];
    bins[40] = 1000; /* certain */
    fm_keypoints_angles(bins, 2, 99, degrees);
    cr_assert_float_eq(degrees[0], 21.0F, 1e-5F);
    cr_assert_float_eq(degrees[1], -1.5F, 1e-5F, "even: the middle, 97.5 - 99");
    fm_keypoints_angles(bins + FM_KEYPOINTS_ANGLE_BINS, 1, 97.5F, degrees);
    cr_assert_float_eq(degrees[0], 0.0F, 1e-5F);
}
