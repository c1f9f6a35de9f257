/* SPDX-License-Identifier: MIT */
#include "engine_impl.h"

#include "command_buffer.h"
#include "error.h"
#include "log.h"

#include <fm/morph.h>

#include <stdlib.h>

struct fm_morph {
    fm_engine *engine;
    fmi_buffer a, b, weights, out;
    cl_program program;
    cl_kernel kernel;
    uint32_t floats; /* of one frame */
    uint32_t max_frames, frames;
    fmi_commands *commands; /* the launch of recorded frames; NULL = none */
    uint32_t recorded;
    bool no_recording; /* the driver refused once */
};

static fm_status make_input(fmi_buffer *buffer, fmi_queue *queue, const float *values,
                            uint64_t bytes, const char *what, fm_error *err) {
    fm_status status = fmi_buffer_create(buffer, queue, CL_MEM_READ_ONLY, bytes, what, err);
    return status == FM_OK ? fmi_buffer_write(buffer, 0, bytes, values, err) : status;
}

static fm_status make_buffers(fm_morph *m, const float *a, const float *b, fm_error *err) {
    fmi_queue *queue = m->engine->queue;
    uint64_t bytes = (uint64_t)m->floats * sizeof(float);
    fm_status status = make_input(&m->a, queue, a, bytes, "shape A", err);
    if (status == FM_OK)
        status = make_input(&m->b, queue, b, bytes, "shape B", err);
    if (status == FM_OK)
        status = fmi_buffer_create(&m->weights, queue, CL_MEM_READ_ONLY,
                                   sizeof(float) * m->max_frames, "weights", err);
    if (status == FM_OK)
        status = fmi_buffer_create(&m->out, queue, CL_MEM_READ_WRITE, bytes * m->max_frames,
                                   "morphed positions", err);
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
    fm_morph *m = calloc(1, sizeof *m);
    if (!m)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a morph");
    m->engine = engine;
    m->floats = vertices * 3;
    m->max_frames = max_frames;
    fm_status status = make_buffers(m, a, b, err);
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
    fmi_commands_free(&m->commands);
    if (m->kernel)
        clReleaseKernel(m->kernel);
    if (m->program)
        clReleaseProgram(m->program);
    fmi_buffer_destroy(&m->a);
    fmi_buffer_destroy(&m->b);
    fmi_buffer_destroy(&m->weights);
    fmi_buffer_destroy(&m->out);
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

fm_status fm_morph_run(fm_morph *morph, const float *t, uint32_t n, fm_error *err) {
    if (!morph || !t || n == 0 || n > morph->max_frames)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_morph_run: a NULL, or %u frames where 1 to %u are possible", n,
                        morph ? morph->max_frames : 0);
    fmi_queue *queue = morph->engine->queue;
    uint32_t first = 0;
    fm_status status = fmi_buffer_write(&morph->weights, 0, sizeof(float) * n, t, err);
    if (status != FM_OK)
        return status;
    fmi_arg args[] = {FMI_ARG(morph->a.mem),   FMI_ARG(morph->b.mem),  FMI_ARG(morph->weights.mem),
                      FMI_ARG(morph->out.mem), FMI_ARG(morph->floats), FMI_ARG(first)};
    size_t blocks = ((size_t)morph->floats + 15) / 16;
    size_t group = group_of(&morph->engine->caps);
    fmi_launch launch = {.kernel = morph->kernel,
                         .name = "fm_morph_lerp",
                         .args = args,
                         .arg_count = 6,
                         .dims = 2,
                         .global = {(blocks + group - 1) / group * group, n, 1},
                         .local = {group, 1, 1}};
    status = replays(morph, &launch, n) ? fmi_commands_run(morph->commands, err)
                                        : fmi_queue_launch(queue, &launch, err);
    if (status == FM_OK)
        status = fmi_queue_finish(queue, err);
    morph->frames = status == FM_OK ? n : 0;
    return status;
}

fm_status fm_morph_read(fm_morph *morph, uint32_t first, uint32_t n, float *out, fm_error *err) {
    if (!morph || !out || n == 0 || first >= morph->frames || n > morph->frames - first)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_morph_read: frames %u to %u of %u were asked for", first, first + n,
                        morph ? morph->frames : 0);
    uint64_t bytes = (uint64_t)morph->floats * sizeof(float);
    return fmi_buffer_read(&morph->out, first * bytes, n * bytes, out, err);
}
