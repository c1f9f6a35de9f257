/* SPDX-License-Identifier: MIT */
#include "engine_impl.h"

#include "command_buffer.h"
#include "error.h"
#include "log.h"
#include "recovered.h"

#include <fm/morph.h>

#include <stdlib.h>
#include <string.h>

struct fm_morph {
    fm_engine *engine;
    fmi_buffer a, b;
    fmi_buffer weights, out; /* of a piece: all frames, unless memory ran out */
    cl_program program;
    cl_kernel kernel;
    uint32_t floats; /* of one frame */
    uint32_t max_frames, frames;
    fmi_recovery recovery;  /* its batch is the piece */
    float *t;               /* of the last run: what a read needs is drawn again piece by piece */
    uint32_t first, there;  /* frames of the last run that are in `out` */
    fmi_commands *commands; /* the launch of recorded frames; NULL = none */
    uint32_t recorded;
    bool no_recording; /* the driver refused once */
};

static fm_status make_input(fmi_buffer *buffer, fmi_queue *queue, const float *values,
                            uint64_t bytes, const char *what, fm_error *err) {
    fm_status status = fmi_buffer_create(buffer, queue, CL_MEM_READ_ONLY, bytes, what, err);
    return status == FM_OK ? fmi_buffer_write(buffer, 0, bytes, values, err) : status;
}

static fm_status make_shapes(fm_morph *m, const float *a, const float *b, fm_error *err) {
    fmi_queue *queue = m->engine->queue;
    uint64_t bytes = (uint64_t)m->floats * sizeof(float);
    fm_status status = make_input(&m->a, queue, a, bytes, "shape A", err);
    return status == FM_OK ? make_input(&m->b, queue, b, bytes, "shape B", err) : status;
}

/* ---- a piece: what is on the device at once ---- */

static void drop_piece(fm_morph *m) {
    fmi_commands_free(&m->commands); /* it was recorded for these buffers */
    fmi_buffer_destroy(&m->weights);
    fmi_buffer_destroy(&m->out);
    m->there = 0;
}

static fm_status make_piece(fm_morph *m, fm_error *err) {
    fmi_queue *queue = m->engine->queue;
    uint64_t frames = m->recovery.batch;
    uint64_t bytes = (uint64_t)m->floats * sizeof(float) * frames;
    if (m->out.bytes == bytes)
        return FM_OK;
    drop_piece(m);
    fm_status status = fmi_buffer_create(&m->weights, queue, CL_MEM_READ_ONLY,
                                         sizeof(float) * frames, "weights", err);
    return status == FM_OK ? fmi_buffer_create(&m->out, queue, CL_MEM_READ_WRITE, bytes,
                                               "morphed positions", err)
                           : status;
}

/* After a failure: half the frames at once. False: no smaller piece helps. */
static bool take_smaller(fm_morph *m, fm_status status, const fm_error *err) {
    static const fmi_piecework work = {.stage = "morph", .unit = "frames", .each = 1};
    if (!fmi_recovered(m->engine, &m->recovery, &work, status, err))
        return false;
    drop_piece(m);
    return true;
}

static fm_status need_piece(fm_morph *m, fm_error *err) {
    fm_status status = make_piece(m, err);
    while (status != FM_OK && take_smaller(m, status, err))
        status = make_piece(m, err);
    return status;
}

fm_status fm_morph_create(fm_morph **morph, fm_engine *engine, const float *a, const float *b,
                          uint32_t vertices, uint32_t max_frames, fm_error *err) {
    if (!morph)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_morph_create: morph is NULL");
    *morph = NULL;
    if (!engine || !a || !b || vertices == 0 || max_frames == 0 || vertices > UINT32_MAX / 3)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_morph_create: a NULL, or %u vertices and %u frames", vertices,
                        max_frames);
    if (engine->reference)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED, "the reference device has no morph buffers");
    fm_error own = {0};
    err = err ? err : &own; /* recovery looks at the code */
    fm_morph *m = calloc(1, sizeof *m);
    if (m)
        m->t = malloc(sizeof *m->t * max_frames);
    if (!m || !m->t) {
        fm_morph_destroy(&m);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a morph of %u frames",
                        max_frames);
    }
    m->engine = engine;
    m->floats = vertices * 3;
    m->max_frames = max_frames;
    fmi_recovery_begin(&m->recovery, max_frames);
    fm_status status = make_shapes(m, a, b, err);
    if (status == FM_OK)
        status = need_piece(m, err);
    if (status == FM_OK)
        status = fmi_engine_program(engine, "morph.cl", "", &m->program, err);
    if (status == FM_OK)
        status = fmi_kernel_create(&m->kernel, m->program, "fm_morph_lerp", err);
    if (status != FM_OK)
        fm_morph_destroy(&m);
    *morph = m;
    return status;
}

void fm_morph_destroy(fm_morph **morph) {
    if (!morph || !*morph)
        return;
    fm_morph *m = *morph;
    if (m->kernel)
        clReleaseKernel(m->kernel);
    if (m->program)
        clReleaseProgram(m->program);
    fmi_buffer_destroy(&m->a);
    fmi_buffer_destroy(&m->b);
    drop_piece(m);
    free(m->t);
    free(m);
    *morph = NULL;
}

static size_t group_of(const fm_caps *caps) {
    uint32_t wanted = caps->tuned.morph_group ? caps->tuned.morph_group : 64;
    return caps->max_group_size >= wanted ? wanted : 1;
}

/* Where the tuning says that it is faster: everything but the weights stays the same from run to
 * run. True when there is a recorded launch of n frames. */
static bool replays(fm_morph *m, const fmi_launch *launch, uint32_t n) {
    fmi_queue *queue = m->engine->queue;
    fm_error why = {0};
    if (!m->engine->caps.tuned.morph_recorded || m->no_recording || !fmi_commands_possible(queue))
        return false;
    if (m->commands && m->recorded == n)
        return true;
    fmi_commands_free(&m->commands);
    m->recorded = n;
    m->no_recording = fmi_commands_record(&m->commands, queue, launch, &why) != FM_OK;
    if (m->no_recording)
        fmi_log(fmi_queue_log(queue), FM_LOG_WARNING, "launches go one by one: %s", why.message);
    return !m->no_recording;
}

/* Draws n frames of the run from `first` on into the piece. */
static fm_status run_piece(fm_morph *m, uint32_t first, uint32_t n, fm_error *err) {
    fmi_queue *queue = m->engine->queue;
    uint32_t begin = 0;
    m->there = 0;
    fm_status status = fmi_buffer_write(&m->weights, 0, sizeof(float) * n, m->t + first, err);
    if (status != FM_OK)
        return status;
    fmi_arg args[] = {FMI_ARG(m->a.mem),   FMI_ARG(m->b.mem),  FMI_ARG(m->weights.mem),
                      FMI_ARG(m->out.mem), FMI_ARG(m->floats), FMI_ARG(begin)};
    size_t blocks = ((size_t)m->floats + 15) / 16;
    size_t group = group_of(&m->engine->caps);
    fmi_launch launch = {.kernel = m->kernel,
                         .name = "fm_morph_lerp",
                         .args = args,
                         .arg_count = 6,
                         .dims = 2,
                         .global = {(blocks + group - 1) / group * group, n, 1},
                         .local = {group, 1, 1}};
    status = replays(m, &launch, n) ? fmi_commands_run(m->commands, err)
                                    : fmi_queue_launch(queue, &launch, err);
    if (status == FM_OK)
        status = fmi_queue_finish(queue, err);
    m->first = first;
    m->there = status == FM_OK ? n : 0;
    return status;
}

/* Frames [first, end) of the run, or the first of them that fit a piece; smaller pieces when
 * memory runs out. */
static fm_status draw(fm_morph *m, uint32_t first, uint32_t end, fm_error *err) {
    for (;;) {
        fm_status status = make_piece(m, err);
        uint32_t left = end - first;
        uint32_t n = left < m->recovery.batch ? left : m->recovery.batch;
        if (status == FM_OK)
            status = run_piece(m, first, n, err);
        if (status == FM_OK)
            (void)fmi_recovery_worked(&m->recovery, n);
        if (status == FM_OK || !take_smaller(m, status, err))
            return status;
    }
}

fm_status fm_morph_run(fm_morph *morph, const float *t, uint32_t n, fm_error *err) {
    if (!morph || !t || n == 0 || n > morph->max_frames)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_morph_run: a NULL, or %u frames where 1 to %u are possible", n,
                        morph ? morph->max_frames : 0);
    fm_error own = {0};
    err = err ? err : &own;
    morph->frames = 0;
    memcpy(morph->t, t, sizeof *t * n);
    for (uint32_t first = 0; first < n; first = morph->first + morph->there) {
        fm_status status = draw(morph, first, n, err);
        if (status != FM_OK)
            return status;
    }
    morph->frames = n;
    return FM_OK;
}

fm_status fm_morph_read(fm_morph *morph, uint32_t first, uint32_t n, float *out, fm_error *err) {
    if (!morph || !out || n == 0 || first >= morph->frames || n > morph->frames - first)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_morph_read: frames %u to %u of %u were asked for", first, first + n,
                        morph ? morph->frames : 0);
    fm_error own = {0};
    err = err ? err : &own;
    uint64_t bytes = (uint64_t)morph->floats * sizeof(float);
    for (uint32_t end = first + n; first < end;) {
        fm_status status = FM_OK;
        if (first < morph->first || first >= morph->first + morph->there)
            status = draw(morph, first, end, err);
        if (status != FM_OK)
            return status;
        uint32_t left = end - first, here = morph->first + morph->there - first;
        uint32_t count = left < here ? left : here;
        status =
            fmi_buffer_read(&morph->out, (first - morph->first) * bytes, count * bytes, out, err);
        if (status != FM_OK)
            return status;
        out += (size_t)count * morph->floats;
        first += count;
    }
    return FM_OK;
}
