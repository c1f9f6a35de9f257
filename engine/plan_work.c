/* SPDX-License-Identifier: MIT */
/* Bytes of everything but renders: each case lists the buffers that its object makes. */
#include "plan_bytes.h"

#include "arena.h"
#include "blend_impl.h"
#include "error.h"
#include "heatmap_impl.h"
#include "keypoint_math.h"
#include "solve_impl.h"
#include "textures_impl.h"

#include <fm/memory.h>

#include <math.h>

/* Bytes of a call of `count`: of all buffers, and of the largest. */
typedef struct need {
    uint64_t sum, largest;
} need;

static void add(need *n, uint64_t bytes) {
    n->sum += bytes;
    if (bytes > n->largest)
        n->largest = bytes;
}

/* engine/morph.c: A, B, weights, positions. */
static void need_morph(const fm_work *w, uint64_t count, need *n) {
    uint64_t shape = UINT64_C(12) * w->vertices;
    add(n, shape);
    add(n, shape);
    add(n, 4 * count);
    add(n, shape * count);
}

/* engine/blend.c: base and targets in panels, padded weights; CLBlast wants whole chunks. */
static void need_blend(const fm_work *w, uint64_t count, need *n) {
    uint32_t frames = (uint32_t)count, more = w->clblast ? FMI_BLEND_CHUNK : 0;
    add(n, fmi_blend_shape_bytes(3 * w->vertices, w->targets, w->half));
    add(n, (w->targets + UINT64_C(1)) * fmi_blend_pitch(frames + more) * 4);
    if (w->clblast && frames % FMI_BLEND_CHUNK != 0)
        add(n, UINT64_C(12) * w->vertices * FMI_BLEND_CHUNK);
    if (w->buffers)
        add(n, UINT64_C(12) * w->vertices * count);
}

/* engine/keypoints.c and keypoints_device.c: records, rows, tables; where the host's memory is not
 * the device's, one arena with values, Jacobians and statuses. */
static void need_keypoints(const fm_caps *caps, const fm_work *w, uint64_t count, need *n) {
    uint64_t points = w->points ? w->points : 10, values = 2 * points, stage = 0;
    uint64_t align = caps->base_align_bytes;
    add(n, 4 * (2 * values + 8 * points));
    add(n, 4 * FM_KP_WIDE(values, points));
    add(n, 4 * FM_KP_TABLE(values, points));
    if (caps->unified_memory || count == 0)
        return;
    fmi_arena_add(&stage, align, 4 * values * count);
    fmi_arena_add(&stage, align, 16 * points * count);
    if (!w->no_status)
        fmi_arena_add(&stage, align, points * count);
    add(n, stage);
}

/* engine/solve_run.c: three arrays, lists of the hard ones, statuses, counters. The caller's
 * buffers hold the same but for whole blocks. */
static void need_solve(const fm_work *w, uint64_t count, need *n) {
    uint64_t element = w->is_double ? 8 : 4, rows = w->n, columns = w->m ? w->m : 1;
    uint64_t room = w->buffers && w->interleaved ? (count + 15) / 16 * 16 : count;
    add(n, element * rows * rows * room);
    add(n, element * rows * columns * room);
    add(n, element * rows * columns * room);
    add(n, count * (w->n >= FM_SOLVE_REVIEW_N ? 8 : 4));
    add(n, count);
    add(n, 4 * FM_SOLVE_COUNTS); /* of this batch */
    add(n, 4 * FM_SOLVE_COUNTS); /* of the next one */
}

/* engine/heatmap.c and heatmap_draw.c: curve, colours, fields, and what a draw takes. */
static void need_heatmap(const fm_work *w, need *n) {
    uint64_t padded = fmi_padded_vertices(w->vertices), fields = w->texture_width ? 6 : 3;
    uint64_t pixels = (uint64_t)w->width * w->height;
    uint64_t fine = (FMI_HEATMAP_FINE * FMI_HEATMAP_FINE * pixels + 15) / 16 * 16;
    add(n, 256 * 4);
    add(n, 512 * 4);
    add(n, 4 * fields * padded);
    add(n, UINT64_C(12) * w->texture_width * w->texture_height);
    add(n, 16 * padded);
    add(n, 4 * fine);
    add(n, 4 * fine);
    add(n, sizeof(fmi_heatmap_map) * FM_FIELDS);
    add(n, 3 * fields * pixels);
}

/* engine/textures_run.c: a chunk, all weights. */
static void need_textures(const fm_work *w, uint64_t count, need *n) {
    add(n, count * 3 * w->width * w->height * (w->bytes ? 1 : 4));
    add(n, 4 * w->count);
}

static need need_of(const fm_caps *caps, const fm_work *w, uint64_t count) {
    need n = {0};
    switch (w->op) {
    case FM_OP_MORPH:
        need_morph(w, count, &n);
        break;
    case FM_OP_BLEND:
        need_blend(w, count, &n);
        break;
    case FM_OP_KEYPOINTS:
        need_keypoints(caps, w, count, &n);
        break;
    case FM_OP_SOLVE:
        need_solve(w, count, &n);
        break;
    case FM_OP_HEATMAP:
        need_heatmap(w, &n);
        break;
    case FM_OP_TEXTURES:
        need_textures(w, count, &n);
        break;
    }
    return n;
}

/* What the op takes at once when memory is no question. */
static uint64_t piece_of(const fm_work *w) {
    uint64_t element = w->is_double ? 8 : 4, m = w->m ? w->m : 1;
    if (w->op == FM_OP_SOLVE && !w->buffers)
        return FMI_SOLVE_PIECE_BYTES / (element * w->n * (w->n + 2 * m) + 9) / 16 * 16;
    if (w->op == FM_OP_TEXTURES)
        return w->chunk ? w->chunk : w->bytes ? FMI_TEXTURES_CHUNK_BYTE : FMI_TEXTURES_CHUNK_FLOAT;
    return UINT32_MAX - 2 * FMI_BLEND_CHUNK;
}

static fm_status check(const fm_work *w, fm_error *err) {
    bool shape = w->op == FM_OP_MORPH || w->op == FM_OP_BLEND || w->op == FM_OP_HEATMAP;
    bool picture = w->op == FM_OP_HEATMAP || w->op == FM_OP_TEXTURES;
    if (w->count == 0 || (unsigned)w->op > FM_OP_TEXTURES)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_plan_work: op %d, count %llu",
                        (int)w->op, (unsigned long long)w->count);
    if (shape && (w->vertices == 0 || w->vertices > UINT32_MAX / 3 - 32))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_plan_work: %u vertices", w->vertices);
    if (w->op == FM_OP_BLEND && w->targets == 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_plan_work: a blend of no targets");
    if (w->op == FM_OP_SOLVE && (w->n == 0 || w->n > FM_SOLVE_MAX_N || w->m > FM_SOLVE_MAX_M))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_plan_work: n = %u, m = %u", w->n, w->m);
    if (picture && (w->width == 0 || w->height == 0))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_plan_work: a picture of %ux%u",
                        w->width, w->height);
    return FM_OK;
}

static bool fits(const fm_caps *caps, const fm_work *w, uint64_t count, uint64_t budget,
                 bool *single) {
    need n = need_of(caps, w, count);
    *single = caps->max_alloc_bytes != 0 && n.largest > caps->max_alloc_bytes;
    return n.sum <= budget && !*single;
}

fm_status fm_plan_work(const fm_caps *caps, fm_level level, const fm_work *work, fm_work_plan *plan,
                       fm_error *err) {
    if (!caps || !work || !plan)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_plan_work: a NULL argument");
    *plan = (fm_work_plan){0};
    fm_status status = check(work, err);
    fm_memory memory = {0};
    if (status == FM_OK)
        status = fm_memory_budget(caps, level, work->mem_limit_bytes, &memory, err);
    if (status != FM_OK)
        return status;
    uint64_t budget = work->budget_bytes ? work->budget_bytes : memory.budget_bytes;
    if (work->mem_limit_bytes && work->mem_limit_bytes < budget)
        budget = work->mem_limit_bytes;
    uint64_t piece = piece_of(work), most = work->count < piece ? work->count : piece;
    uint64_t low = 0, high = most > 0 ? most : 1;
    bool single = false;
    plan->limited_by = most == work->count ? FM_LIMIT_FRAMES : FM_LIMIT_TUNED;
    while (low < high) {
        uint64_t middle = high - (high - low) / 2;
        if (fits(caps, work, middle, budget, &single)) {
            low = middle;
        } else {
            high = middle - 1;
            plan->limited_by = single ? FM_LIMIT_SINGLE_BUFFER : FM_LIMIT_MEMORY;
        }
    }
    plan->batch = low;
    plan->budget_bytes = budget;
    plan->bytes_fixed = need_of(caps, work, 0).sum;
    plan->peak_bytes = need_of(caps, work, low).sum;
    if (low == 0)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "the least of it needs %llu bytes and the budget is %llu, the device's "
                        "largest buffer %llu; raise --mem-limit or the level",
                        (unsigned long long)need_of(caps, work, 1).sum, (unsigned long long)budget,
                        (unsigned long long)caps->max_alloc_bytes);
    return FM_OK;
}

static bool is_time(double seconds) {
    return seconds >= 0.0 && isfinite(seconds);
}

fm_status fm_estimate(const fm_plan *plan, const fm_pace *pace, fm_forecast *forecast,
                      fm_error *err) {
    if (!plan || !pace || !forecast || plan->batch == 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_estimate: a NULL or an empty plan");
    uint32_t frames = pace->frames, done = pace->done;
    if (done > frames || !is_time(pace->elapsed_seconds) || !is_time(pace->alone_seconds))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_estimate: %u of %u frames done in %g s, one alone in %g s", done,
                        frames, pace->elapsed_seconds, pace->alone_seconds);
    *forecast = (fm_forecast){
        .batches = (uint32_t)(((uint64_t)frames + plan->batch - 1) / plan->batch),
        .seconds_left = -1.0,
        .seconds_total = -1.0,
        .peak_bytes = plan->bytes_fixed + plan->batch * plan->bytes_per_frame,
    };
    if (done == 0 || pace->elapsed_seconds == 0.0)
        return FM_OK;
    forecast->per_second = done / pace->elapsed_seconds;
    forecast->seconds_left = (frames - done) / forecast->per_second;
    forecast->seconds_total = pace->elapsed_seconds + forecast->seconds_left;
    forecast->speedup = forecast->per_second * pace->alone_seconds;
    return FM_OK;
}
