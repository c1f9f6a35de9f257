/* SPDX-License-Identifier: MIT */
/* solve: batch systems with n right-hand sides, resident buffers in and out. */
#include "solve_input.h"

#include "error.h"
#include "solve_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

/* The launch is a hundredth of the time by then for n = 4; of larger matrices fewer do, and each
 * takes more memory (results/batch-choice.md). */
#define TUNED_BATCH 98304
#define TUNED_LARGE 65536
#define LARGE_N 8
#define ALONE 64 /* matrices that are also solved one by one */

typedef struct state {
    const fmi_case_params *params;
    fm_engine *engine;
    fmi_solve_input input;
    fmi_buffer a, b, x, status;
    float *host;    /* one array as it lies on the device */
    uint8_t *found; /* statuses */
    uint64_t hash;  /* of X and statuses at the check */
    uint64_t peak;  /* device bytes of a launch */
} state;

static size_t elements_of(const state *s) {
    return (size_t)s->params->n * s->params->n;
}

/* Floats of an array; interleaved blocks are whole. */
static size_t room_of(const state *s) {
    const size_t count = s->params->batch;
    return elements_of(s) *
           (s->params->layout == FMI_LAYOUT_INTERLEAVED ? (count + 15) / 16 * 16 : count);
}

static size_t place_of(const state *s, size_t k, size_t element) {
    if (s->params->layout == FMI_LAYOUT_INTERLEAVED)
        return (k / 16 * elements_of(s) + element) * 16 + k % 16;
    return k * elements_of(s) + element;
}

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    fmi_buffer_destroy(&s->a);
    fmi_buffer_destroy(&s->b);
    fmi_buffer_destroy(&s->x);
    fmi_buffer_destroy(&s->status);
    fm_engine_destroy(&s->engine);
    fmi_solve_input_free(&s->input);
    free(s->host);
    free(s->found);
    free(s);
    *handle = NULL;
}

static fm_status upload(state *s, fmi_buffer *buffer, const float *values, const char *what,
                        fm_error *err) {
    const size_t elements = elements_of(s), bytes = room_of(s) * sizeof(float);
    memset(s->host, 0, bytes);
    for (size_t k = 0; values && k < s->params->batch; ++k)
        for (size_t e = 0; e < elements; ++e)
            s->host[place_of(s, k, e)] = values[k * elements + e];
    fm_status status =
        fmi_buffer_create(buffer, s->engine->queue, CL_MEM_READ_WRITE, bytes, what, err);
    return status == FM_OK ? fmi_buffer_write(buffer, 0, bytes, s->host, err) : status;
}

static fm_status make(state *s, fm_error *err) {
    fm_status status = fmi_solve_input_make(&s->input, s->params, err);
    if (status == FM_OK)
        status = fmi_case_engine(&s->engine, s->params, err);
    if (status != FM_OK)
        return status;
    if (s->engine->reference)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED, "the reference device has no buffers");
    s->host = malloc(room_of(s) * sizeof(float));
    s->found = malloc(s->params->batch);
    if (!s->host || !s->found)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the arrays of the solve case");
    status = upload(s, &s->a, s->input.a, "matrices", err);
    if (status == FM_OK)
        status = upload(s, &s->b, s->input.b, "right-hand sides", err);
    if (status == FM_OK)
        status = upload(s, &s->x, NULL, "solutions", err);
    if (status == FM_OK)
        status = fmi_buffer_create(&s->status, s->engine->queue, CL_MEM_READ_WRITE,
                                   s->params->batch, "statuses", err);
    return status;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the solve case");
    s->params = params;
    const fm_status status = make(s, err);
    if (status != FM_OK) {
        void *half = s;
        destroy(&half);
        return status;
    }
    *handle = s;
    return FM_OK;
}

static fm_solve_params solve_params(const state *s) {
    const fm_layout layout =
        s->params->layout == FMI_LAYOUT_INTERLEAVED ? FM_LAYOUT_INTERLEAVED : FM_LAYOUT_ROWS;
    return (fm_solve_params){.struct_size = sizeof(fm_solve_params),
                             .n = s->params->n,
                             .m = s->params->n,
                             .count = s->params->batch,
                             .a.layout = layout,
                             .b.layout = layout,
                             .x.layout = layout};
}

static fm_status run(void *handle, fm_error *err) {
    state *s = handle;
    fm_solve_params p = solve_params(s);
    p.buffers = true;
    return fm_solve_batched(s->engine, &p, s->a.mem, s->b.mem, s->x.mem, (uint8_t *)s->status.mem,
                            NULL, err);
}

/* Stale answers must be wrong ones, on the device and in the host's copy. */
static fm_status poison(state *s, fm_error *err) {
    memset(s->host, 0xA5, room_of(s) * sizeof(float));
    memset(s->found, 0xA5, s->params->batch);
    const fm_status status = fmi_buffer_write(&s->x, 0, s->x.bytes, s->host, err);
    return status == FM_OK ? fmi_buffer_write(&s->status, 0, s->params->batch, s->found, err)
                           : status;
}

static fm_status read_back(state *s, uint64_t *hash, fm_error *err) {
    memset(s->host, 0x5A, room_of(s) * sizeof(float));
    memset(s->found, 0x5A, s->params->batch);
    fm_status status = fmi_buffer_read(&s->x, 0, s->x.bytes, s->host, err);
    if (status == FM_OK)
        status = fmi_buffer_read(&s->status, 0, s->params->batch, s->found, err);
    for (size_t k = s->params->batch; k % 16 != 0; ++k) /* unused lanes hold anything */
        for (size_t e = 0; s->params->layout == FMI_LAYOUT_INTERLEAVED && e < elements_of(s); ++e)
            s->host[place_of(s, k, e)] = 0.0F;
    *hash =
        XXH3_64bits(s->host, room_of(s) * sizeof(float)) ^ XXH3_64bits(s->found, s->params->batch);
    return status;
}

static void take(const state *s, size_t k, float *x) {
    for (size_t e = 0; e < elements_of(s); ++e)
        x[e] = s->host[place_of(s, k, e)];
}

/* All but the first seven again as a batch of their own, so that every matrix has another lane and
 * other neighbours; and some all alone. The bytes must be the same. */
static fm_status compare_alone(state *s, fmi_check *check, fm_error *err) {
    const size_t elements = elements_of(s), batch = s->params->batch;
    const size_t skip = batch > 7 ? 7 : 0, step = batch / ALONE + 1;
    float *x = malloc(batch * elements * sizeof(float)), one[FM_SOLVE_MAX_N * FM_SOLVE_MAX_N];
    fm_solve_params p = {
        .struct_size = sizeof p, .n = s->params->n, .m = s->params->n, .count = batch - skip};
    if (!x)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu systems", batch);
    const float *a = s->input.a, *b = s->input.b;
    fm_status status = fm_solve_batched(s->engine, &p, a + skip * elements, b + skip * elements,
                                        x + skip * elements, NULL, NULL, err);
    p.count = 1;
    for (size_t k = 0; k < batch && status == FM_OK; ++k) {
        if (k < skip || k % step == 0)
            status = fm_solve_batched(s->engine, &p, a + k * elements, b + k * elements,
                                      x + k * elements, NULL, NULL, err);
        take(s, k, one);
        if (memcmp(one, x + k * elements, elements * sizeof(float)) != 0)
            fmi_check_failed(check, "matrix %zu of %zu has other bytes among others", k, batch);
        check->hashed++;
    }
    free(x);
    return status;
}

static fm_status check_case(void *handle, const fmi_check_params *how, fmi_check *check,
                            fm_error *err) {
    state *s = handle;
    float x[FM_SOLVE_MAX_N * FM_SOLVE_MAX_N];
    *check = (fmi_check){.passed = true, .unit = "n eps", .psnr = (double)NAN};
    uint32_t *chosen = malloc(sizeof *chosen * ((size_t)how->random_frames + 2));
    if (!chosen)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the choice of matrices");
    const uint32_t count = fmi_check_choose(how, s->params->batch, chosen);
    fm_status status = poison(s, err);
    if (status == FM_OK)
        status = run(s, err);
    s->peak = fmi_case_peak(s->engine); /* host arrays, below, take buffers of their own */
    if (status == FM_OK)
        status = read_back(s, &s->hash, err);
    for (uint32_t i = 0; status == FM_OK && i < count; ++i) {
        take(s, chosen[i], x);
        fmi_solve_input_compare(&s->input, chosen[i], x, s->found[chosen[i]], check);
    }
    if (status == FM_OK && check->passed && how->hash_others)
        status = compare_alone(s, check, err);
    free(chosen);
    return status;
}

static fm_status recheck(void *handle, fmi_check *check, fm_error *err) {
    state *s = handle;
    uint64_t hash = 0;
    fm_status status = poison(s, err);
    if (status == FM_OK)
        status = run(s, err);
    if (status == FM_OK)
        status = read_back(s, &hash, err);
    if (status == FM_OK && hash != s->hash)
        fmi_check_failed(check, "the solutions have other bytes after timing than before");
    return status;
}

static fm_work work_of(const fmi_case_params *params) {
    return (fm_work){.op = FM_OP_SOLVE,
                     .n = params->n,
                     .m = params->n,
                     .buffers = true,
                     .interleaved = params->layout == FMI_LAYOUT_INTERLEAVED};
}

static fm_status plan(const fmi_case_params *params, const fm_caps *caps, fm_plan *out,
                      fm_error *err) {
    const fm_work work = work_of(params);
    const uint32_t tuned = params->n > LARGE_N ? TUNED_LARGE : TUNED_BATCH;
    return fmi_case_plan_work(params, caps, &work, tuned, out, err);
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    const double n = s->params->n;
    const uint64_t batch = s->params->batch;
    *out = (fmi_case_facts){.frames = batch,
                            .bytes = 12 * elements_of(s) * batch,
                            .flops = 8.0 / 3.0 * n * n * n * (double)batch,
                            .covered_fraction = (double)NAN};
    const fm_work work = work_of(s->params);
    out->planned_bytes = fmi_case_work_bytes(s->params, s->engine, &work);
    fmi_case_memory(s->engine, out);
    out->peak_bytes = s->peak;
}

const fmi_case fmi_case_solve = {.name = "solve",
                                 .unit = "matrices/s",
                                 .description = "n x n systems with n right-hand sides, resident "
                                                "buffers in and out, layout change included",
                                 .uses = FMI_USES_MATRICES,
                                 .plan = plan,
                                 .same_program = fmi_case_same_program,
                                 .create = create,
                                 .run = run,
                                 .check = check_case,
                                 .recheck = recheck,
                                 .facts = facts,
                                 .destroy = destroy};
