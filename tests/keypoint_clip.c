/* SPDX-License-Identifier: MIT */
#include "keypoint_clip.h"

static float *random_values(uint64_t *state, size_t count, float middle, float reach) {
    float *values = malloc((count + 1) * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = fm_test_uniform(state, middle - reach, middle + reach);
    return values;
}

static float *random_jacobians(uint64_t *state, size_t count) {
    float *m = random_values(state, 4 * count, 0, 0.3F);
    for (size_t i = 0; i < count; i++) {
        m[4 * i] += 1;
        m[4 * i + 3] += 1;
    }
    return m;
}

/* Scale near 1, a turn about z, y and x, small expressions; SADTALKER: degrees. */
static float *random_motions(uint64_t *state, const keypoint_clips *c, size_t count) {
    float *rows = random_values(state, count * c->motions, 0, 0.05F);
    for (size_t i = 0; i < count; i++) {
        float *row = rows + i * c->motions;
        const double a = (double)fm_test_uniform(state, -1, 1), b = 0.3 * a, g = 0.2 - a;
        if (c->how.model == FM_KEYPOINTS_SADTALKER) {
            for (int k = 0; k < 3; k++)
                row[k] = fm_test_uniform(state, -60, 60);
            continue;
        }
        const double r[9] = {cos(a) * cos(b),
                             cos(a) * sin(b) * sin(g) - sin(a) * cos(g),
                             cos(a) * sin(b) * cos(g) + sin(a) * sin(g),
                             sin(a) * cos(b),
                             sin(a) * sin(b) * sin(g) + cos(a) * cos(g),
                             sin(a) * sin(b) * cos(g) - cos(a) * sin(g),
                             -sin(b),
                             cos(b) * sin(g),
                             cos(b) * cos(g)};
        row[0] = fm_test_uniform(state, 0.8F, 1.3F);
        for (int k = 0; k < 9; k++)
            row[4 + k] = (float)r[k];
    }
    return rows;
}

keypoint_clips *keypoint_clips_new(const fm_keypoints_params *how, uint32_t frames, bool motion,
                                   uint64_t seed) {
    static const uint32_t usual[] = {10, 15, 21};
    keypoint_clips *c = calloc(1, sizeof *c);
    uint64_t state = fm_test_seed() + seed;
    c->how = *how;
    c->points = c->how.points = how->points ? how->points : usual[how->model];
    c->clips = c->how.clips = how->clips ? how->clips : 1;
    c->how.multiplier = how->multiplier == 0 ? 1 : how->multiplier;
    c->frames = frames;
    c->values = (how->model == FM_KEYPOINTS_FOMM ? 2 : 3) * c->points;
    const size_t all = (size_t)c->clips * frames;
    const bool live = how->model == FM_KEYPOINTS_LIVEPORTRAIT;
    if (live || motion) {
        c->motions = (live ? 13 : 6) + 3 * c->points;
        c->source_motion = random_motions(&state, c, c->clips);
        c->initial_motion = random_motions(&state, c, c->clips);
        c->motion = random_motions(&state, c, all);
        c->out_motion = live ? calloc(all * c->motions, sizeof(float)) : NULL;
        c->canonical = random_values(&state, (size_t)c->clips * c->values, 0, 0.4F);
    } else {
        c->source_value = random_values(&state, (size_t)c->clips * c->values, 0.1F, 0.8F);
        c->initial_value = random_values(&state, (size_t)c->clips * c->values, -0.1F, 0.6F);
        c->value = random_values(&state, all * c->values, 0, 1);
    }
    c->out_value = calloc(all * c->values + 1, sizeof(float));
    c->status = calloc(all * c->points + 1, 1);
    if (how->model == FM_KEYPOINTS_FOMM) {
        c->source_jacobian = random_jacobians(&state, (size_t)c->clips * c->points);
        c->initial_jacobian = random_jacobians(&state, (size_t)c->clips * c->points);
        c->jacobian = random_jacobians(&state, all * c->points);
        c->out_jacobian = calloc(all * 4 * c->points + 1, sizeof(float));
    }
    return c;
}

void keypoint_clips_free(keypoint_clips *c) {
    float *all[] = {c->source_value,  c->source_jacobian,  c->source_motion,  c->canonical,
                    c->initial_value, c->initial_jacobian, c->initial_motion, c->value,
                    c->jacobian,      c->motion,           c->out_value,      c->out_jacobian,
                    c->out_motion};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(c->status);
    free(c);
}

fm_keypoints_set keypoint_source(const keypoint_clips *c) {
    return (fm_keypoints_set){.value = c->source_value,
                              .jacobian = c->source_jacobian,
                              .motion = c->source_motion,
                              .canonical = c->canonical};
}

fm_keypoints_set keypoint_initial(const keypoint_clips *c) {
    return (fm_keypoints_set){
        .value = c->initial_value, .jacobian = c->initial_jacobian, .motion = c->initial_motion};
}

fm_keypoints_set keypoint_driving(const keypoint_clips *c) {
    return (fm_keypoints_set){.value = c->value, .jacobian = c->jacobian, .motion = c->motion};
}

fm_keypoints_out keypoint_out(const keypoint_clips *c) {
    return (fm_keypoints_out){.value = c->out_value,
                              .jacobian = c->out_jacobian,
                              .motion = c->out_motion,
                              .status = c->status};
}

fm_engine *keypoint_engine(fm_specialisation specialisation) {
    const char *cache = getenv("FM_CACHE_DIR");
    const fm_engine_params params = {.struct_size = sizeof params,
                                     .specialisation = specialisation,
                                     .cache_dir = cache && cache[0] ? cache : NULL};
    fm_engine *engine = NULL;
    fm_error err;
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    return engine;
}

/* Equal within the tolerance times the largest finite number of the row; not finite where the
 * other is not. */
static void compare_row(const float *got, const float *want, uint32_t count, const char *what,
                        const char *array, size_t row) {
    double scale = 1;
    for (uint32_t i = 0; i < count; i++)
        if (isfinite(want[i]))
            scale = fmax(scale, fabs((double)want[i]));
    for (uint32_t i = 0; i < count; i++) {
        if (!isfinite(want[i])) {
            cr_assert_not(isfinite(got[i]), "%s: %s of frame %zu, number %u: %g, want %g", what,
                          array, row, i, (double)got[i], (double)want[i]);
            continue;
        }
        const double off = fabs((double)got[i] - (double)want[i]);
        cr_assert(off <= KEYPOINT_TOLERANCE * scale,
                  "%s: %s of frame %zu, number %u: got %.9g, want %.9g", what, array, row, i,
                  (double)got[i], (double)want[i]);
    }
}

static fmi_ref_keypoints ref_clip(const keypoint_clips *c, size_t clip) {
    fmi_ref_keypoints ref = {.how = c->how};
    const size_t v = clip * c->values, j = clip * 4 * c->points, m = clip * c->motions;
    ref.how.clips = 1;
    if (c->motion) {
        ref.source.motion = c->source_motion + m;
        ref.initial.motion = c->initial_motion + m;
        ref.source.canonical = c->canonical ? c->canonical + v : NULL;
    } else {
        ref.source.value = c->source_value + v;
        ref.initial.value = c->initial_value + v;
    }
    if (c->jacobian) {
        ref.source.jacobian = c->source_jacobian + j;
        ref.initial.jacobian = c->initial_jacobian + j;
    }
    return ref;
}

static void compare_frame(const keypoint_clips *c, const fmi_ref_keypoints *ref, size_t at,
                          const char *what) {
    float value[3 * FM_KEYPOINTS_MAX_HULL], jacobian[4 * FM_KEYPOINTS_MAX_HULL];
    float motion[13 + 3 * FM_KEYPOINTS_MAX_HULL];
    uint8_t status[FM_KEYPOINTS_MAX_HULL] = {0};
    const fm_keypoints_set in = {.value = c->value ? c->value + at * c->values : NULL,
                                 .jacobian = c->jacobian ? c->jacobian + at * 4 * c->points : NULL,
                                 .motion = c->motion ? c->motion + at * c->motions : NULL};
    const fm_keypoints_out out = {.value = c->out_value ? value : NULL,
                                  .jacobian = c->out_jacobian ? jacobian : NULL,
                                  .motion = c->out_motion ? motion : NULL,
                                  .status = status};
    fmi_ref_keypoints_run(ref, &in, &out, 1);
    if (out.value)
        compare_row(c->out_value + at * c->values, value, c->values, what, "value", at);
    if (out.jacobian)
        for (uint32_t k = 0; k < c->points; k++) {
            if (status[k] == FM_KEYPOINTS_NOT_FINITE) /* what is in there is not promised */
                continue;
            compare_row(c->out_jacobian + (at * c->points + k) * 4, jacobian + 4 * k, 4, what,
                        "jacobian", at);
        }
    if (out.motion)
        compare_row(c->out_motion + at * c->motions, motion, c->motions, what, "motion", at);
    for (uint32_t k = 0; k < c->points; k++)
        cr_assert_eq(c->status[at * c->points + k], status[k],
                     "%s: status of frame %zu, point %u: got %u, want %u", what, at, k,
                     c->status[at * c->points + k], status[k]);
}

void keypoint_compare(const keypoint_clips *c, const char *what) {
    for (size_t clip = 0; clip < c->clips; clip++) {
        const fmi_ref_keypoints ref = ref_clip(c, clip);
        for (size_t frame = 0; frame < c->frames; frame++)
            compare_frame(c, &ref, clip * c->frames + frame, what);
    }
}

void keypoint_check(const keypoint_clips *c, fm_engine *engine, const char *what) {
    const fm_keypoints_set source = keypoint_source(c), initial = keypoint_initial(c);
    const fm_keypoints_set in = keypoint_driving(c);
    const fm_keypoints_out out = keypoint_out(c);
    fm_keypoints *kp = NULL;
    fm_error err;
    fm_assert_ok(fm_keypoints_create(&kp, engine, &c->how, &source, &initial, &err), err);
    fm_assert_ok(fm_keypoints_push(kp, &in, &out, c->frames, &err), err);
    fm_keypoints_destroy(&kp);
    keypoint_compare(c, what);
}
