/* SPDX-License-Identifier: MIT */
/* The tuning file of a device, the plans that follow from it, and an engine that reads it. */
#include "raster_scene.h"

#include "command_buffer.h"
#include "engine_impl.h"
#include "tuning.h"

#include <fm/morph.h>

#include <dlfcn.h>
#include <unistd.h>

TestSuite(tuning, .timeout = 120);

static const fm_tuning best = {.specialisation = FM_SPECIALISATION_CPU,
                               .tile = 32,
                               .sampled_tile = 48,
                               .morph_group = 16,
                               .morph_recorded = true,
                               .blend_group = 128,
                               .solve_group = 64,
                               .batch = {8, 4, 12, 20},
                               .rate = 1234.5};

static fm_caps recorded(fm_specialisation form) {
    return (fm_caps){.id = "name:0123456789abcdef",
                     .name = "a device",
                     .driver = "3.1",
                     .global_bytes = UINT64_C(16) << 30,
                     .max_alloc_bytes = UINT64_C(4) << 30,
                     .local_bytes = 32768,
                     .max_group_size = 1024,
                     .base_align_bytes = 128,
                     .preferred = form};
}

static const char *folder(void) {
    static char path[FM_TEST_PATH];
    snprintf(path, sizeof path, "%s/tuning-%d", getenv("FM_TEST_TMP"), (int)getpid());
    mkdir(path, 0777);
    return path;
}

/* ---- the text ---- */

Test(tuning, what_is_written_reads_back) {
    const fm_caps caps = recorded(FM_SPECIALISATION_CPU);
    fm_tuning tuning = best, got;
    char text[2048];
    tuning.half_arithmetic = true;
    cr_assert_gt(fmi_tuning_text(&caps, &tuning, text, sizeof text), 0);
    cr_assert_null(fmi_tuning_parse(text, &caps, &got));
    cr_assert_eq(memcmp(&got, &tuning, sizeof got), 0);
    cr_assert_eq(fmi_tuning_text(&caps, &tuning, text, 60), 0, "a text that does not fit");
}

/* Every single byte that is changed, and every length that is cut. */
Test(tuning, any_damage_is_seen) {
    const fm_caps caps = recorded(FM_SPECIALISATION_CPU);
    fm_tuning got;
    char text[2048], torn[2048];
    const size_t length = fmi_tuning_text(&caps, &best, text, sizeof text);
    for (size_t i = 0; i < length; i++) {
        memcpy(torn, text, length + 1);
        torn[i] ^= 1;
        cr_assert_not_null(fmi_tuning_parse(torn, &caps, &got), "byte %zu", i);
        cr_assert_eq(got.tile, 0);
        memcpy(torn, text, length + 1);
        torn[i] = '\0';
        cr_assert_not_null(fmi_tuning_parse(torn, &caps, &got), "length %zu", i);
    }
}

/* A sound digest does not make nonsense usable. */
Test(tuning, numbers_out_of_range_are_refused) {
    const fm_caps caps = recorded(FM_SPECIALISATION_CPU);
    fm_tuning wrong[] = {best, best, best, best, best, best, best}, got;
    wrong[0].tile = 40;
    wrong[1].tile = 256;
    wrong[2].batch[2] = 65537;
    wrong[3].specialisation = FM_SPECIALISATION_AUTO;
    wrong[4].rate = -1;
    wrong[5].sampled_tile = 24;
    wrong[6].blend_group = 257;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[2048];
        fmi_tuning_text(&caps, &wrong[i], text, sizeof text);
        const char *why = fmi_tuning_parse(text, &caps, &got);
        cr_assert(why && strcmp(why, "damaged") == 0, "case %zu: %s", i, why ? why : "accepted");
    }
}

Test(tuning, a_foreign_one_is_named) {
    fm_caps caps = recorded(FM_SPECIALISATION_CPU), other = caps;
    fm_tuning got;
    char text[2048];
    fmi_tuning_text(&caps, &best, text, sizeof text);
    snprintf(other.driver, sizeof other.driver, "3.2");
    cr_assert_str_eq(fmi_tuning_parse(text, &other, &got), "of another driver");
    other = caps;
    snprintf(other.id, sizeof other.id, "name:1123456789abcdef");
    cr_assert_str_eq(fmi_tuning_parse(text, &other, &got), "of another device");
}

/* ---- plans ---- */

static fm_plan planned(const fm_caps *caps, fm_level level, uint32_t edge, uint32_t samples) {
    const fm_problem problem = {.frames = 100,
                                .width = edge,
                                .height = edge,
                                .channels = 3,
                                .vertices = 1000,
                                .triangles = 2000,
                                .samples = samples};
    fm_plan plan;
    fm_error err;
    fm_assert_ok(fm_plan_render(caps, level, &problem, &plan, &err), err);
    return plan;
}

Test(tuning, the_planner_follows_it) {
    fm_caps caps = recorded(FM_SPECIALISATION_CPU);
    const uint32_t untuned = planned(&caps, FM_LEVEL_MEDIUM, 512, 1).batch;
    cr_assert_eq(planned(&caps, FM_LEVEL_MEDIUM, 512, 1).tile, 64);
    caps.tuned = best;
    for (int level = 0; level < 4; level++) {
        const fm_plan plan = planned(&caps, (fm_level)level, 512, 1);
        cr_assert_eq(plan.batch, best.batch[level]);
        cr_assert_eq(plan.limited_by, FM_LIMIT_TUNED);
        cr_assert_eq(plan.tile, 32);
    }
    cr_assert_eq(planned(&caps, FM_LEVEL_MEDIUM, 512, 4).tile, 48);
    caps.tuned.sampled_tile = 0;
    cr_assert_eq(planned(&caps, FM_LEVEL_MEDIUM, 512, 4).tile, 16, "4 samples were not tuned");
    cr_assert_eq(planned(&caps, FM_LEVEL_EXTREME, 2048, 1).batch, 5, "pixels limit large pictures");
    caps.tuned.specialisation = FM_SPECIALISATION_GPU; /* made with the other kernels */
    cr_assert_eq(planned(&caps, FM_LEVEL_MEDIUM, 512, 1).batch, untuned);
    cr_assert_eq(planned(&caps, FM_LEVEL_MEDIUM, 512, 1).tile, 64);
}

Test(tuning, groups_of_the_gpu_form) {
    fm_caps caps = recorded(FM_SPECIALISATION_GPU);
    cr_assert_eq(planned(&caps, FM_LEVEL_MEDIUM, 512, 1).group, 256);
    caps.tuned = (fm_tuning){
        .specialisation = FM_SPECIALISATION_GPU, .tile = 16, .group = 128, .batch = {32}};
    fm_plan plan = planned(&caps, FM_LEVEL_MEDIUM, 512, 1);
    cr_assert_eq(plan.group, 128);
    cr_assert_eq(plan.tile, 16);
    cr_assert_eq(plan.batch, 32);
    cr_assert_eq(planned(&caps, FM_LEVEL_HIGH, 512, 1).batch, 64, "a level without a number");
    caps.max_group_size = 64;
    cr_assert_eq(planned(&caps, FM_LEVEL_MEDIUM, 512, 1).group, 64);
}

/* ---- engines ---- */

static uint32_t warnings;
static char last_warning[600];

static void listen(void *user, fm_log_level level, const char *message) {
    (void)user;
    if (level != FM_LOG_WARNING)
        return;
    warnings++;
    snprintf(last_warning, sizeof last_warning, "%s", message);
}

static fm_tuning tuning_of_engine(const char *dir, const fm_tuning *given) {
    const fm_engine_params params = {.struct_size = sizeof params,
                                     .cache_dir = dir,
                                     .tuning = given,
                                     .log = {.write = listen, .level = FM_LOG_WARNING}};
    fm_engine *engine = NULL;
    fm_error err;
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    const fm_tuning tuning = fm_engine_caps(engine)->tuned;
    fm_engine_destroy(&engine);
    return tuning;
}

static fm_caps caps_here(void) {
    fm_engine *engine = NULL;
    fm_error err;
    fm_assert_ok(fm_engine_create(&engine, NULL, &err), err);
    const fm_caps caps = *fm_engine_caps(engine);
    fm_engine_destroy(&engine);
    return caps;
}

Test(tuning, an_engine_reads_it_and_warns_once_of_a_bad_one) {
    const char *dir = folder();
    const fm_caps caps = caps_here();
    const fm_tuning none = {0};
    char path[1200];
    fm_error err;
    cr_assert_eq(tuning_of_engine(dir, NULL).tile, 0);
    fm_assert_ok(fmi_tuning_write(dir, &caps, &best, path, sizeof path, &err), err);
    cr_assert_eq(tuning_of_engine(dir, NULL).tile, 32);
    cr_assert_eq(tuning_of_engine(dir, NULL).batch[FM_LEVEL_EXTREME], 20);
    cr_assert_eq(tuning_of_engine(dir, &none).tile, 0, "the caller's own wins");
    cr_assert_eq(warnings, 0);
    FILE *file = fopen(path, "r+e");
    cr_assert_not_null(file);
    fseek(file, 40, SEEK_SET);
    fputc('#', file);
    fclose(file);
    cr_assert_eq(tuning_of_engine(dir, NULL).tile, 0);
    cr_assert_eq(warnings, 1);
    cr_assert_not_null(strstr(last_warning, "damaged"));
    cr_assert_not_null(strstr(last_warning, "fmbench tune"));
    remove(path);
    cr_assert_neq(fmi_tuning_write("/proc/no/such", &caps, &best, path, sizeof path, &err), FM_OK);
}

/* What a process that was killed has left is taken over, and nothing else is made. */
Test(tuning, writing_leaves_one_file) {
    const char *dir = folder();
    const fm_caps caps = caps_here();
    char path[1200], left[1240];
    fm_error err;
    fm_assert_ok(fmi_tuning_write(dir, &caps, &best, path, sizeof path, &err), err);
    remove(path);
    snprintf(left, sizeof left, "%s.tmp", path);
    FILE *file = fopen(left, "we");
    cr_assert_not_null(file);
    for (int i = 0; i < 3000; i++)
        fputc('x', file);
    fclose(file);
    fm_assert_ok(fmi_tuning_write(dir, &caps, &best, path, sizeof path, &err), err);
    cr_assert_neq(access(left, F_OK), 0, "%s is still there", left);
    cr_assert_eq(tuning_of_engine(dir, NULL).tile, 32);
    remove(path);
}

/* Half arithmetic is for devices that have it. */
Test(tuning, half_arithmetic_needs_the_device) {
    fm_tuning wish = best;
    wish.half_arithmetic = true;
    cr_assert_eq(tuning_of_engine(NULL, &wish).half_arithmetic, caps_here().fp16);
}

/* ---- what follows the tuning gives the same numbers ---- */

#define POINTS 1000
#define FRAMES 5

/* Stands before the loader's, so that the start of a recorded launch can be counted. */
typedef cl_int (*enqueue_fn)(cl_uint queues, cl_command_queue *list, void *commands, cl_uint waits,
                             const cl_event *wait_list, cl_event *event);
static enqueue_fn enqueue;
static int replays;

static cl_int counted(cl_uint queues, cl_command_queue *list, void *commands, cl_uint waits,
                      const cl_event *wait_list, cl_event *event) {
    replays++;
    return enqueue(queues, list, commands, waits, wait_list, event);
}

void *clGetExtensionFunctionAddressForPlatform(cl_platform_id platform, const char *name) {
    void *(*real)(cl_platform_id platform, const char *name);
    const enqueue_fn ours = counted;
    void *found = dlsym(RTLD_NEXT, "clGetExtensionFunctionAddressForPlatform");
    memcpy(&real, &found, sizeof real);
    found = real(platform, name);
    if (strcmp(name, "clEnqueueCommandBufferKHR") != 0 || !found)
        return found;
    memcpy(&enqueue, &found, sizeof enqueue);
    memcpy(&found, &ours, sizeof found);
    return found;
}

/* The morph of a tuning: a batch, then one of more frames, again and again. */
static void morph_with(const fm_tuning *tuning, float *out) {
    const fm_engine_params params = {.struct_size = sizeof params, .tuning = tuning};
    static const float t[FRAMES] = {1.0F, 0.75F, 0.5F, 0.25F, 0.0F};
    static const float other[FRAMES] = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F};
    static float a[3 * POINTS], b[3 * POINTS];
    fm_engine *engine = NULL;
    fm_morph *morph = NULL;
    fm_error err;
    for (size_t i = 0; i < 3 * POINTS; i++) {
        a[i] = (float)i * 0.37F;
        b[i] = 5.0F - (float)i * 0.11F;
    }
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    fm_assert_ok(fm_morph_create(&morph, engine, a, b, POINTS, FRAMES, &err), err);
    for (uint32_t n = FRAMES - 3; n <= FRAMES; n += 3) {
        fm_assert_ok(fm_morph_run(morph, t, n, &err), err);
        fm_assert_ok(fm_morph_read(morph, 0, n, out, &err), err);
    }
    memset(out, 0, sizeof *out * 3 * POINTS * FRAMES);
    for (int i = 0; i < 3; i++) /* the same launch, other weights in between */
        fm_assert_ok(fm_morph_run(morph, i == 1 ? other : t, FRAMES, &err), err);
    fm_assert_ok(fm_morph_read(morph, 0, FRAMES, out, &err), err);
    fm_morph_destroy(&morph);
    fm_engine_destroy(&engine);
}

/* A recorded launch gives the bytes of an enqueued one; where the device cannot record, the tuning
 * is not followed. */
Test(tuning, a_recorded_morph_has_the_same_bytes) {
    static float plain[3 * POINTS * FRAMES], replayed[3 * POINTS * FRAMES];
    fm_tuning tuning = {.specialisation = caps_here().preferred, .morph_recorded = true};
    const fm_tuning none = {0};
    const bool known = fmi_commands_known(caps_here().command_buffer);
    cr_log_info("cl_khr_command_buffer %#x", caps_here().command_buffer);
    cr_assert_eq(tuning_of_engine(NULL, &tuning).morph_recorded, known);
    morph_with(&none, plain);
    cr_assert_eq(replays, 0, "nothing was to be recorded");
    morph_with(&tuning, replayed);
    cr_assert_eq(replays, known ? 5 : 0, "%d of 5 launches were recorded ones", replays);
    cr_assert_eq(memcmp(plain, replayed, sizeof plain), 0);
    tuning = best; /* groups of everything, far from the usual ones */
    morph_with(&tuning, replayed);
    cr_assert_eq(memcmp(plain, replayed, sizeof plain), 0);
    cr_assert_eq(warnings, 0, "%s", last_warning);
}
