/* SPDX-License-Identifier: MIT */
/* Keypoints of the first-order motion model: against the reference, on both specialisations and on
 * the host path, with matrices of every kind. */
#include "keypoint_clip.h"

#include "engine_impl.h"

TestSuite(keypoints, .timeout = 120);

static const fm_specialisation forms[] = {FM_SPECIALISATION_CPU, FM_SPECIALISATION_GPU};

Test(keypoints, frames_of_any_number_equal_the_reference) {
    static const uint32_t points[] = {1, 2, 5, 10, 33, 64};
    static const uint32_t frames[] = {1, 15, 16, 17, 41};
    for (int f = 0; f < 2; f++) {
        fm_engine *engine = keypoint_engine(forms[f]);
        for (size_t p = 0; p < 6; p++)
            for (size_t n = 0; n < 5; n++) {
                char what[64];
                const fm_keypoints_params how = {.struct_size = sizeof how,
                                                 .points = points[p],
                                                 .clips = n % 3 == 1 ? 3 : 1,
                                                 .host_below = 1};
                keypoint_clips *clips = keypoint_clips_new(&how, frames[n], false, p * 10 + n);
                snprintf(what, sizeof what, "form %d, %u points, %u frames", f, points[p],
                         frames[n]);
                keypoint_check(clips, engine, what);
                keypoint_clips_free(clips);
            }
        fm_engine_destroy(&engine);
    }
}

/* Every switch, both areas. */
Test(keypoints, switches_equal_the_reference) {
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_CPU);
    for (unsigned bits = 0; bits < 64; bits++) {
        char what[64];
        const fm_keypoints_params how = {.struct_size = sizeof how,
                                         .no_adapt_scale = (bits & 1) != 0,
                                         .no_relative_movement = (bits & 2) != 0,
                                         .no_relative_jacobian = (bits & 4) != 0,
                                         .area = (bits & 8) != 0 ? FM_KEYPOINTS_HULL
                                                                 : FM_KEYPOINTS_BBOX,
                                         .seed_compat = (bits & 16) != 0,
                                         .host_below = (bits & 32) != 0 ? 1 : 1000};
        keypoint_clips *clips = keypoint_clips_new(&how, 19, false, bits);
        snprintf(what, sizeof what, "switches %u", bits);
        keypoint_check(clips, engine, what);
        keypoint_clips_free(clips);
    }
    fm_engine_destroy(&engine);
}

/* Where the two orders of the product differ, ours is the one with J_ini^-1 on the right. */
Test(keypoints, the_order_of_the_product_is_the_original_one) {
    const float ini[4] = {1, 0.5F, 0, 1}, src[4] = {1, 0, 0, 1}, zero[2] = {0, 0};
    float drv[4] = {1, 0, 0.25F, 2}, out[4];
    const float right[4] = {1, -0.5F, 0.25F, 1.875F}; /* J_drv J_ini^-1 */
    const float wrong[4] = {0.875F, -1, 0.25F, 2};    /* J_ini^-1 J_drv */
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    for (int compat = 0; compat < 2; compat++)
        for (uint32_t below = 1; below <= 100; below += 99) {
            const fm_keypoints_params how = {.struct_size = sizeof how,
                                             .points = 1,
                                             .seed_compat = compat == 1,
                                             .host_below = below};
            const fm_keypoints_set source = {.value = zero, .jacobian = src};
            const fm_keypoints_set initial = {.value = zero, .jacobian = ini};
            const fm_keypoints_set in = {.value = zero, .jacobian = drv};
            fm_keypoints *kp = NULL;
            fm_error err;
            fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, &initial, &err), err);
            fm_assert_ok(fm_keypoints_push(kp, &in, &(fm_keypoints_out){.jacobian = out}, 1, &err),
                         err);
            for (int i = 0; i < 4; i++)
                cr_assert_eq(out[i], compat ? wrong[i] : right[i], "compat %d, %d: %g", compat, i,
                             (double)out[i]);
            fm_keypoints_destroy(&kp);
        }
    fm_engine_destroy(&engine);
}

static void set_matrix(float *m, float a, float b, float c, float d) {
    m[0] = a;
    m[1] = b;
    m[2] = c;
    m[3] = d;
}

/* Regular neighbours of singular, zero, nearly singular, huge, tiny and NaN matrices stay regular.
 */
Test(keypoints, each_matrix_falls_back_alone) {
    for (int f = 0; f < 2; f++) {
        fm_engine *engine = keypoint_engine(forms[f]);
        const fm_keypoints_params how = {.struct_size = sizeof how, .host_below = 1};
        keypoint_clips *c = keypoint_clips_new(&how, 37, false, 5);
        set_matrix(c->initial_jacobian + 4, 1, 2, 2, 4);
        set_matrix(c->initial_jacobian + 8, 0, 0, 0, 0);
        set_matrix(c->initial_jacobian + 12, 1, 1, 1, 1.0001F);
        set_matrix(c->initial_jacobian + 16, 1e25F, 0, 0, 2e25F);
        set_matrix(c->initial_jacobian + 20, 1e-25F, 2e-25F, 0, 1e-25F);
        set_matrix(c->initial_jacobian + 24, NAN, 0, 0, 1);
        set_matrix(c->initial_jacobian + 28, 1, 1, 1, 1.00000012F);
        c->source_jacobian[32] = INFINITY;
        const fm_keypoints_set source = keypoint_source(c), initial = keypoint_initial(c);
        const fm_keypoints_set in = keypoint_driving(c);
        const fm_keypoints_out out = keypoint_out(c);
        static const uint8_t want[10] = {0, 1, 1, 0, 0, 0, 2, 1, 2, 0};
        fm_keypoints *kp = NULL;
        fm_keypoints_stats stats;
        fm_error err;
        fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, &initial, &err), err);
        fm_assert_ok(fm_keypoints_push(kp, &in, &out, c->frames, &err), err);
        keypoint_compare(c, "fallback");
        for (size_t i = 0; i < 370; i++)
            cr_assert_eq(c->status[i], want[i % 10], "form %d, %zu: %u", f, i, c->status[i]);
        fm_assert_ok(fm_keypoints_get_stats(kp, &stats), err);
        cr_assert_eq(stats.matrices, 10);
        cr_assert_eq(stats.fallbacks, 3);
        cr_assert_eq(stats.not_finite, 2);
        uint64_t binned = 0;
        for (int i = 0; i < FM_KEYPOINTS_HISTOGRAM; i++)
            binned += stats.condition[i];
        cr_assert_eq(binned, 5, "regular ones in the histogram: %llu", (unsigned long long)binned);
        cr_assert_eq(stats.condition[4], 1, "the nearly singular one: condition 40000");
        fm_keypoints_destroy(&kp);
        keypoint_clips_free(c);
        fm_engine_destroy(&engine);
    }
}

Test(keypoints, numbers_that_are_not_finite_stay_where_they_are) {
    for (uint32_t below = 1; below <= 100; below += 99) {
        fm_engine *engine = keypoint_engine(FM_SPECIALISATION_CPU);
        const fm_keypoints_params how = {.struct_size = sizeof how, .host_below = below};
        keypoint_clips *c = keypoint_clips_new(&how, 35, false, 6);
        c->value[20 * 16 + 3] = NAN;         /* frame 16, point 1 */
        c->jacobian[40 * 34 + 9] = INFINITY; /* frame 34, point 2 */
        keypoint_check(c, engine, "not finite");
        for (size_t i = 0; i < 350; i++)
            cr_assert_eq(c->status[i], i == 161 || i == 342 ? 2 : 0, "%zu: %u", i, c->status[i]);
        for (size_t i = 0; i < 20 * 35; i++)
            cr_assert_eq(isfinite(c->out_value[i]), i != 20 * 16 + 3, "value %zu", i);
        for (size_t i = 0; i < 40 * 35; i++)
            cr_assert(isfinite(c->out_jacobian[i]) || i / 4 == 342, "jacobian %zu", i);
        keypoint_clips_free(c);
        fm_engine_destroy(&engine);
    }
}

/* All frames at once on the device; in pieces, in place, and one by one on the host. */
Test(keypoints, any_way_of_pushing_gives_the_same_bytes) {
    enum { N = 100 };
    for (int f = 0; f < 2; f++) {
        fm_engine *engine = keypoint_engine(forms[f]);
        const fm_keypoints_params device = {.struct_size = sizeof device, .host_below = 1};
        keypoint_clips *c = keypoint_clips_new(&device, N, false, 7);
        keypoint_check(c, engine, "at once");
        static const uint32_t pieces[] = {1, 7, 16, 99, N};
        for (size_t p = 0; p < 10; p++) {
            const uint32_t size = pieces[p / 2];
            fm_keypoints_params how = c->how;
            how.host_below = p % 2 == 0 ? 1 : 1000;
            float *v = malloc(sizeof *v * 20 * N), *j = malloc(sizeof *j * 40 * N);
            memcpy(v, c->value, sizeof *v * 20 * N);
            memcpy(j, c->jacobian, sizeof *j * 40 * N);
            const fm_keypoints_set source = keypoint_source(c), initial = keypoint_initial(c);
            fm_keypoints *kp = NULL;
            fm_error err;
            fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, &initial, &err), err);
            for (uint32_t i = 0; i < N; i += size) {
                const uint32_t n = N - i < size ? N - i : size;
                const fm_keypoints_set in = {.value = v + 20 * i, .jacobian = j + 40 * i};
                const fm_keypoints_out out = {.value = v + 20 * i, .jacobian = j + 40 * i};
                fm_assert_ok(fm_keypoints_push(kp, &in, &out, n, &err), err);
            }
            cr_assert_arr_eq(v, c->out_value, sizeof *v * 20 * N, "form %d, pieces of %u, below %u",
                             f, size, how.host_below);
            cr_assert_arr_eq(j, c->out_jacobian, sizeof *j * 40 * N,
                             "form %d, pieces of %u, below %u", f, size, how.host_below);
            fm_keypoints_stats stats;
            fm_assert_ok(fm_keypoints_get_stats(kp, &stats), err);
            cr_assert_eq(stats.frames, N);
            cr_assert_eq(stats.device_frames, p % 2 == 0 ? N : 0);
            fm_keypoints_destroy(&kp);
            free(v);
            free(j);
        }
        keypoint_clips_free(c);
        fm_engine_destroy(&engine);
    }
}

/* The scale of an object is that of its clip, whatever came before. */
Test(keypoints, a_second_clip_never_sees_the_first_ones_scale) {
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    const fm_keypoints_params how = {.struct_size = sizeof how, .host_below = 1};
    keypoint_clips *a = keypoint_clips_new(&how, 20, false, 8);
    keypoint_clips *b = keypoint_clips_new(&how, 20, false, 9);
    for (uint32_t i = 0; i < 20 * 20; i++)
        b->value[i] *= 3; /* another scale by far */
    const fm_keypoints_set source = keypoint_source(a), first = keypoint_driving(a);
    const fm_keypoints_set second = keypoint_driving(b);
    const fm_keypoints_out out = keypoint_out(b);
    fm_keypoints *kp = NULL;
    fm_keypoints_clip facts_a, facts_b;
    fm_error err;
    fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, NULL, &err), err);
    fm_assert_fails(fm_keypoints_clip_facts(kp, 0, &facts_a, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "no initial frame");
    fm_assert_ok(fm_keypoints_push(kp, &first, &out, 20, &err), err);
    fm_assert_ok(fm_keypoints_clip_facts(kp, 0, &facts_a, &err), err);
    fm_assert_ok(fm_keypoints_restart(kp, NULL, NULL, &err), err);
    fm_assert_ok(fm_keypoints_push(kp, &second, &out, 20, &err), err);
    fm_assert_ok(fm_keypoints_clip_facts(kp, 0, &facts_b, &err), err);
    cr_assert_gt(facts_a.scale / facts_b.scale, 1.5F, "%g and %g", (double)facts_a.scale,
                 (double)facts_b.scale);
    /* As if it were alone: source of a, initial frame and frames of b. */
    memcpy(b->source_value, a->source_value, sizeof(float) * 20);
    memcpy(b->source_jacobian, a->source_jacobian, sizeof(float) * 40);
    memcpy(b->initial_value, b->value, sizeof(float) * 20);
    memcpy(b->initial_jacobian, b->jacobian, sizeof(float) * 40);
    float *alone = malloc(sizeof *alone * 400);
    memcpy(alone, b->out_value, sizeof *alone * 400);
    memset(b->status, 0, 200);
    keypoint_compare(b, "second clip");
    keypoint_check(b, engine, "alone");
    cr_assert_arr_eq(alone, b->out_value, sizeof *alone * 400, "the same bytes as alone");
    fm_keypoints_stats stats;
    fm_assert_ok(fm_keypoints_get_stats(kp, &stats), err);
    cr_assert_eq(stats.clips, 2);
    free(alone);
    fm_keypoints_destroy(&kp);
    keypoint_clips_free(a);
    keypoint_clips_free(b);
    fm_engine_destroy(&engine);
}

/* Pushes move what they must and nothing else; nothing is left on the device. */
Test(keypoints, a_push_is_one_upload_and_one_download) {
    for (int unified = 0; unified < 2; unified++) {
        fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
        engine->caps.unified_memory = unified == 1;
        const fm_keypoints_params how = {.struct_size = sizeof how, .host_below = 1};
        keypoint_clips *c = keypoint_clips_new(&how, 300, false, 10);
        const fm_keypoints_set source = keypoint_source(c), initial = keypoint_initial(c);
        const fm_keypoints_set in = keypoint_driving(c);
        const fm_keypoints_out out = {.value = c->out_value, .jacobian = c->out_jacobian};
        fm_keypoints *kp = NULL;
        fm_stats before, after;
        fm_error err;
        fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, &initial, &err), err);
        for (int round = 0; round < 2; round++) {
            fm_assert_ok(fm_engine_stats(engine, &before), err);
            fm_assert_ok(fm_keypoints_push(kp, &in, &out, c->frames, &err), err);
            fm_assert_ok(fm_engine_stats(engine, &after), err);
            cr_assert_eq(after.launches - before.launches, 1);
            cr_assert_eq(after.to_device_count - before.to_device_count, unified ? 0 : 1);
            cr_assert_eq(after.from_device_count - before.from_device_count, unified ? 2 : 1);
        }
        keypoint_compare(c, unified ? "shared" : "staged");
        fm_keypoints_destroy(&kp);
        fm_assert_ok(fm_engine_stats(engine, &after), err);
        cr_assert_eq(after.live_bytes, 0);
        keypoint_clips_free(c);
        fm_engine_destroy(&engine);
    }
}

Test(keypoints, staged_pushes_equal_the_reference) {
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    engine->caps.unified_memory = false;
    for (int model = 0; model < 3; model++) {
        const fm_keypoints_params how = {.struct_size = sizeof how,
                                         .model = (fm_keypoints_model)model,
                                         .clips = 2,
                                         .host_below = 1};
        keypoint_clips *c = keypoint_clips_new(&how, 33, model == 1, 20 + (uint64_t)model);
        keypoint_check(c, engine, "staged");
        keypoint_clips_free(c);
    }
    fm_engine_destroy(&engine);
}

Test(keypoints, wrong_arguments_are_named) {
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    const float zero[64 * 13] = {0};
    const fm_keypoints_set full = {.value = zero, .jacobian = zero, .motion = zero};
    const struct {
        fm_keypoints_params how;
        fm_keypoints_set source;
        const char *words;
    } bad[] = {
        {{.struct_size = 1}, full, "struct_size"},
        {{.struct_size = sizeof(fm_keypoints_params), .model = (fm_keypoints_model)7},
         full,
         "model 7"},
        {{.struct_size = sizeof(fm_keypoints_params), .points = 2000}, full, "2000 points"},
        {{.struct_size = sizeof(fm_keypoints_params), .points = 65, .area = FM_KEYPOINTS_HULL},
         full,
         "bounding box"},
        {{.struct_size = sizeof(fm_keypoints_params), .clips = 65536}, full, "65536 clips"},
        {{.struct_size = sizeof(fm_keypoints_params), .multiplier = NAN}, full, "multiplier"},
        {{.struct_size = sizeof(fm_keypoints_params),
          .model = FM_KEYPOINTS_LIVEPORTRAIT,
          .points = 20},
         full,
         "21 for LivePortrait"},
        {{.struct_size = sizeof(fm_keypoints_params),
          .model = FM_KEYPOINTS_LIVEPORTRAIT,
          .multiplier = 2},
         full,
         "canonical"},
        {{.struct_size = sizeof(fm_keypoints_params), .model = FM_KEYPOINTS_SADTALKER},
         full,
         "canonical"},
        {{.struct_size = sizeof(fm_keypoints_params)}, {.value = zero}, "no jacobian"},
        {{.struct_size = sizeof(fm_keypoints_params)}, {.jacobian = zero}, "no value"}};
    fm_keypoints *kp = NULL;
    fm_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fm_assert_fails(fm_keypoints_create(&kp, engine, &bad[i].how, &bad[i].source, NULL, &err),
                        FM_ERROR_INVALID_ARGUMENT, err, bad[i].words);
        cr_assert_null(kp);
    }
    const fm_keypoints_params how = {.struct_size = sizeof how};
    fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &full, NULL, &err), err);
    float out[64];
    const fm_keypoints_out to = {.value = out, .jacobian = out};
    fm_assert_fails(fm_keypoints_push(kp, &(fm_keypoints_set){.value = zero}, &to, 1, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "no jacobian");
    fm_assert_fails(fm_keypoints_push(kp, NULL, &to, 1, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "NULL");
    fm_assert_ok(fm_keypoints_push(kp, &full, &to, 0, &err), err);
    fm_keypoints_destroy(&kp);
    fm_keypoints_destroy(&kp);
    fm_keypoints_destroy(NULL);
    fm_engine_destroy(&engine);
}

Test(keypoints, the_reference_device_answers_too) {
    const fm_engine_params params = {.struct_size = sizeof params, .device = "ref"};
    fm_engine *engine = NULL;
    fm_error err;
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    for (int model = 0; model < 3; model++) {
        const fm_keypoints_params how = {
            .struct_size = sizeof how, .model = (fm_keypoints_model)model, .clips = 2};
        keypoint_clips *c = keypoint_clips_new(&how, 5, model == 1, 30 + (uint64_t)model);
        keypoint_check(c, engine, "reference");
        keypoint_clips_free(c);
    }
    fm_engine_destroy(&engine);
}

Test(keypoints, the_crossing_is_measured) {
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    const fm_keypoints_params how = {.struct_size = sizeof how};
    keypoint_clips *c = keypoint_clips_new(&how, 1, false, 40);
    const fm_keypoints_set source = keypoint_source(c), initial = keypoint_initial(c);
    fm_keypoints *kp = NULL;
    uint32_t frames = 77;
    fm_error err;
    fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, &initial, &err), err);
    fm_assert_ok(fm_keypoints_crossing(kp, &frames, &err), err);
    cr_assert(frames <= 65536, "%u", frames);
    fm_keypoints_destroy(&kp);
    keypoint_clips_free(c);
    fm_engine_destroy(&engine);
}

/* The caller's own buffers, queue and events. */
Test(keypoints, buffers_of_the_caller_are_worked_on_in_place) {
    enum { N = 50 };
    fm_engine *engine = keypoint_engine(FM_SPECIALISATION_AUTO);
    const fm_keypoints_params how = {.struct_size = sizeof how};
    keypoint_clips *c = keypoint_clips_new(&how, N, false, 41);
    const fm_keypoints_set source = keypoint_source(c), initial = keypoint_initial(c);
    fm_keypoints *kp = NULL;
    fm_error err;
    cl_int code = CL_SUCCESS;
    fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &source, &initial, &err), err);
    cl_context context = fmi_queue_context(engine->queue);
    cl_command_queue queue =
        clCreateCommandQueue(context, fmi_queue_device(engine->queue)->id, 0, &code);
    cl_mem v = clCreateBuffer(context, CL_MEM_READ_WRITE, 80 * N, NULL, &code);
    cl_mem j = clCreateBuffer(context, CL_MEM_READ_WRITE, 160 * N, NULL, &code);
    cl_mem s = clCreateBuffer(context, CL_MEM_READ_WRITE, 10 * N, NULL, &code);
    cl_event written = NULL, done = NULL;
    cr_assert_eq(code, CL_SUCCESS);
    clEnqueueWriteBuffer(queue, v, CL_FALSE, 0, 80 * N, c->value, 0, NULL, NULL);
    clEnqueueWriteBuffer(queue, j, CL_FALSE, 0, 160 * N, c->jacobian, 0, NULL, &written);
    fm_keypoints_buffers b = {.value = v,
                              .jacobian = j,
                              .out_value = v,
                              .out_jacobian = j,
                              .status = s,
                              .queue = queue,
                              .wait = (const struct _cl_event *const *)&written,
                              .wait_count = 1};
    fm_stats before, after;
    fm_assert_ok(fm_engine_stats(engine, &before), err);
    fm_assert_ok(fm_keypoints_push_buffers(kp, &b, N, &done, &err), err);
    cr_assert_not_null(done);
    clEnqueueReadBuffer(queue, v, CL_FALSE, 0, 80 * N, c->out_value, 0, NULL, NULL);
    clEnqueueReadBuffer(queue, s, CL_FALSE, 0, 10 * N, c->status, 0, NULL, NULL);
    clEnqueueReadBuffer(queue, j, CL_TRUE, 0, 160 * N, c->out_jacobian, 0, NULL, NULL);
    fm_assert_ok(fm_engine_stats(engine, &after), err);
    cr_assert_eq(after.to_device_count, before.to_device_count, "no transfer of ours");
    cr_assert_eq(after.from_device_count, before.from_device_count);
    keypoint_compare(c, "buffers");
    b.jacobian = NULL;
    fm_assert_fails(fm_keypoints_push_buffers(kp, &b, N, NULL, &err), FM_ERROR_INVALID_ARGUMENT,
                    err, "missing");
    clReleaseEvent(written);
    clReleaseEvent(done);
    clReleaseMemObject(v);
    clReleaseMemObject(j);
    clReleaseMemObject(s);
    fm_keypoints_destroy(&kp);
    clReleaseCommandQueue(queue);
    keypoint_clips_free(c);
    fm_engine_destroy(&engine);
}
