/* SPDX-License-Identifier: MIT */
/* What goes wrong while the next pair goes up beside the frames is no matter of the frames, and the
 * pair goes up by itself afterwards: the same bytes, nothing left alive. Every position of a call
 * is a process of its own behind the layer. */
#include "raster_scene.h"

#include "engine_impl.h"
#include "recovered.h"

#include <fm/ahead.h>

#include <sys/wait.h>
#include <unistd.h>

TestSuite(ahead_faults, .timeout = 120);

enum { FRAMES = 7, EDGE = 40 };

/* How a process ended. */
enum {
    UNTOUCHED = 10, /* the fault hit nothing, or nothing that mattered */
    REFUSED,        /* another call failed, with a message */
    WENT_ON,        /* the next pair went up by itself */
    WRONG           /* other bytes, or something stayed alive */
};

/* Frames at once. With all of them nothing else is under way when the next pair begins to go up: a
 * device that is lost is not waited for, and PoCL 3.1 maps buffers that were released meanwhile. */
static uint32_t batch = 2;

typedef struct job {
    fm_engine *engine;
    fm_mesh a, b;
    fm_pair_params params;
    fm_pair *now, *next;
    fm_staged *staged;
    uint8_t frames[2][FRAMES * EDGE * EDGE * 3];
    fm_error err;
} job;

static fm_status keep(void *user, const fm_frame *frame, fm_error *err) {
    uint8_t *out = user;
    (void)err;
    for (uint32_t y = 0; y < EDGE; y++)
        memcpy(out + ((size_t)frame->index * EDGE + y) * EDGE * 3,
               frame->pixels + y * frame->row_bytes, (size_t)EDGE * 3);
    return FM_OK;
}

static fm_status draw(job *j, fm_pair *pair, uint8_t *out) {
    const fm_view view = {
        .struct_size = sizeof view, .width = EDGE, .height = EDGE, .batch = batch};
    float t[FRAMES];
    for (int i = 0; i < FRAMES; i++)
        t[i] = (float)i / (FRAMES - 1);
    return fm_render(pair, t, FRAMES, &view, keep, out, NULL, &j->err);
}

/* Without a cache folder: what a render learns about memory would stay there. */
static fm_status open_job(job *j) {
    const fm_engine_params params = {.struct_size = sizeof params, .level = FM_LEVEL_HIGH};
    fm_status status = fm_engine_create(&j->engine, &params, &j->err);
    if (status != FM_OK)
        return status;
    j->engine->caps.type = FM_DEVICE_GPU;
    j->engine->caps.unified_memory = false;
    return fm_pair_create(&j->now, j->engine, &j->a, &j->b, &j->params, &j->err);
}

/* B to A is another pair of the same sizes, with other bytes. */
static fm_status send(job *j) {
    fm_status status = fm_pair_stage(&j->staged, j->engine, &j->b, &j->a, &j->params, &j->err);
    if (status == FM_OK)
        status = fm_pair_ahead(j->engine, j->staged, &j->err);
    return status == FM_OK ? draw(j, j->now, j->frames[0]) : status;
}

static fm_status take(job *j) {
    fm_status status = fm_pair_create_staged(&j->next, &j->staged, &j->err);
    return status == FM_OK ? draw(j, j->next, j->frames[0]) : status;
}

static fm_status compare(job *j, bool *same) {
    fm_pair_destroy(&j->next);
    fm_status status = fm_pair_create(&j->next, j->engine, &j->b, &j->a, &j->params, &j->err);
    if (status == FM_OK)
        status = draw(j, j->next, j->frames[1]);
    *same = memcmp(j->frames[0], j->frames[1], sizeof j->frames[0]) == 0;
    return status;
}

static uint64_t close_job(job *j) {
    fm_stats stats = {0};
    fm_staged_destroy(&j->staged);
    fm_pair_destroy(&j->next);
    fm_pair_destroy(&j->now);
    (void)fm_engine_stats(j->engine, &stats);
    fm_engine_destroy(&j->engine);
    return stats.live_bytes;
}

static int run_job(const raster_scene *s) {
    static job j;
    uint32_t recoveries = 0;
    bool same = true;
    j.a = (fm_mesh){.positions = s->positions_a,
                    .uvs = s->uvs,
                    .polygon_sizes = s->polygon_sizes,
                    .corner_count = s->corner_count,
                    .polygon_count = s->polygon_count};
    j.b = j.a;
    j.b.positions = s->positions_b;
    j.params = (fm_pair_params){
        .struct_size = sizeof j.params, .image_a = &s->image_a, .image_b = &s->image_b};
    fm_status status = open_job(&j);
    if (status == FM_OK)
        status = send(&j);
    if (status == FM_OK)
        status = take(&j);
    bool went_on = false;
    if (status == FM_OK) {
        const fm_recovery *list = fmi_recovered_list(j.engine, &recoveries);
        for (uint32_t i = 0; i < recoveries; i++)
            went_on = went_on || strcmp(list[i].stage, "next pair") == 0;
        status = compare(&j, &same);
    }
    if (close_job(&j) != 0 || (status == FM_OK && !same))
        return WRONG;
    if (status != FM_OK)
        return j.err.message[0] != '\0' ? REFUSED : WRONG;
    return went_on ? WENT_ON : UNTOUCHED;
}

static int run_behind_layer(const raster_scene *s, const char *fault) {
    const pid_t child = fork();
    cr_assert_neq(child, -1);
    if (child == 0) {
        setenv("OPENCL_LAYERS", getenv("FMFAULT_LAYER"), 1);
        setenv("FMFAULT_FAIL", fault, 1);
        _exit(run_job(s));
    }
    int how = 0;
    cr_assert_eq(waitpid(child, &how, 0), child);
    cr_assert(WIFEXITED(how), "%s: ended by signal %d", fault, WTERMSIG(how));
    return WEXITSTATUS(how);
}

/* Positions first to last of a call; at least `least` of them are those of the next pair. */
static void check(const char *call, int first, int last, const char *code, int least) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    int went_on = 0;
    cr_assert_not_null(getenv("FMFAULT_LAYER"), "FMFAULT_LAYER names no layer");
    raster_scene_ball(s, 12, 8);
    raster_scene_textures(s, 20, 30, 20, 30);
    for (int n = first; n <= last; n++) {
        char fault[80];
        snprintf(fault, sizeof fault, "%s:%d%s", call, n, code);
        const int how = run_behind_layer(s, fault);
        cr_assert(how == UNTOUCHED || how == REFUSED || how == WENT_ON, "%s: ended with %d", fault,
                  how);
        went_on += how == WENT_ON;
    }
    cr_assert_geq(went_on, least, "%s%s: the next pair went on by itself %d times", call, code,
                  went_on);
    raster_scene_free(s);
}

/* The buffers of a process: 3 of the first pair, the probe, scene, weights, arena, pixels of two
 * batches, 3 of the next pair. */
Test(ahead_faults, no_room_for_a_second_pair) {
    check("clCreateBuffer", 8, 14, "", 3);
    check("clCreateBuffer", 11, 11, ":-61", 1);
    check("clCreateBuffer", 12, 12, ":-6", 1);
}

Test(ahead_faults, a_write_that_fails) {
    check("clEnqueueWriteBuffer", 2, 6, "", 3);
    check("clEnqueueWriteBuffer", 4, 4, ":-4", 1);
    check("clEnqueueWriteBuffer", 5, 5, ":-6", 1);
}

Test(ahead_faults, a_device_that_is_lost_is_said) {
    batch = FRAMES;
    check("clEnqueueWriteBuffer", 3, 5, ":-36", 0);
}

/* The waits for batches come first, then those for the pair. */
Test(ahead_faults, a_wait_that_fails) {
    check("clWaitForEvents", 7, 12, ":-14", 3);
}

Test(ahead_faults, flushes_and_events_that_fail) {
    check("clFlush", 6, 10, "", 3);
    check("clGetEventInfo", 1, 6, "", 0);
    check("clCreateCommandQueue", 2, 2, "", 0);
}
