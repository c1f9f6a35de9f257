/* SPDX-License-Identifier: MIT */
/* Measuring the roofs: each is the best of a few samples of 5 ms or more. */
#include "roofs.h"

#include "clock.h"
#include "engine_impl.h"
#include "error.h"
#include "pcg.h"
#include "program.h"
#include "stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_S 5e-3 /* a sample lasts at least this */
#define SAMPLES_MAX 9
#define CHAINS 8
#define ITERATIONS 20000U        /* of the arithmetic loop: below every known limit */
#define LOOP_MAX 60000U          /* iterations of an item */
#define CACHE_BYTES (192U << 10) /* working set of a compute unit that its caches hold */
#define EMPTY_LAUNCHES 200

/* What the measurements share. */
typedef struct bench {
    fmi_roofs *roofs;
    fm_engine *engine;
    fmi_queue *queue;
    const fm_caps *caps;
    cl_program program;
    fmi_buffer out, array[3];
    size_t items, group;
    uint32_t lanes; /* of the vectors of bytes kernels */
    uint64_t memory_bytes;
    uint32_t samples;
} bench;

static fmi_roof *add(bench *b, const char *name, const char *unit) {
    fmi_roof *roof = &b->roofs->roof[b->roofs->count++];
    *roof = (fmi_roof){.value = (double)NAN, .median = (double)NAN};
    (void)snprintf(roof->name, sizeof roof->name, "%s", name);
    (void)snprintf(roof->unit, sizeof roof->unit, "%s", unit);
    return roof;
}

static bool chunked(const bench *b) {
    return b->caps->preferred == FM_SPECIALISATION_CPU;
}

/* --- one kernel ------------------------------------------------------------------------------ */

/* A launch that is timed: work per unit of `repeats`, which grows until a sample is long enough. */
typedef struct job {
    fmi_launch launch;
    uint32_t *repeats; /* the argument that grows */
    uint32_t most;     /* repeats at most; then launches are added */
    double work;       /* of one repeat */
} job;

static fm_status run_job(bench *b, const job *j, uint32_t launches, double *seconds,
                         fm_error *err) {
    const uint64_t start = fmi_clock_ns();
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < launches; ++i)
        status = fmi_queue_launch(b->queue, &j->launch, err);
    if (status == FM_OK)
        status = fmi_queue_finish(b->queue, err);
    *seconds = 1e-9 * (double)(fmi_clock_ns() - start);
    return status;
}

static fm_status measure(bench *b, const job *j, fmi_roof *roof, fm_error *err) {
    double rates[SAMPLES_MAX];
    double seconds = 0.0;
    uint32_t launches = 1;
    *j->repeats = 1;
    fm_status status = run_job(b, j, 1, &seconds, err); /* compiles, touches */
    while (status == FM_OK) {
        status = run_job(b, j, launches, &seconds, err);
        if (seconds >= SAMPLE_S || launches > 4096)
            break;
        if (*j->repeats < j->most)
            *j->repeats = *j->repeats * 2 > j->most ? j->most : *j->repeats * 2;
        else
            launches *= 2;
    }
    for (uint32_t i = 0; status == FM_OK && i < b->samples; ++i) {
        status = run_job(b, j, launches, &seconds, err);
        rates[i] = j->work * *j->repeats * launches / seconds;
    }
    if (status != FM_OK)
        return status;
    roof->median = fmi_median_in_place(rates, b->samples); /* sorts */
    roof->value = rates[b->samples - 1];
    roof->n = b->samples;
    return FM_OK;
}

static fm_status build(bench *b, const char *scalar, uint32_t lanes, const char *more,
                       fm_error *err) {
    char options[160], vector[16] = "";
    if (b->program)
        (void)clReleaseProgram(b->program);
    b->program = NULL;
    if (lanes > 1)
        (void)snprintf(vector, sizeof vector, "%u", lanes);
    (void)snprintf(options, sizeof options, "-DFMK_SCALAR=%s -DFMK_REAL=%s%s%s%s", scalar, scalar,
                   vector, chunked(b) ? " -DFMK_CHUNKED" : "", more);
    return fmi_engine_program(b->engine, "roof.cl", options, &b->program, err);
}

/* --- arithmetic ------------------------------------------------------------------------------ */

static fm_status fma_roof(bench *b, const char *scalar, uint32_t lanes, const char *more,
                          fmi_roof *roof, fm_error *err) {
    uint32_t iterations = 1;
    cl_kernel kernel = NULL;
    fm_status status = build(b, scalar, lanes, more, err);
    if (status == FM_OK)
        status = fmi_kernel_create(&kernel, b->program, "fm_roof_fma", err);
    if (status != FM_OK)
        return status;
    const fmi_arg args[] = {FMI_ARG(b->out.mem), FMI_ARG(iterations)};
    const job j = {.launch = {.kernel = kernel,
                              .name = "fm_roof_fma",
                              .args = args,
                              .arg_count = 2,
                              .dims = 1,
                              .global = {b->items},
                              .local = {b->group}},
                   .repeats = &iterations,
                   .most = ITERATIONS,
                   .work = 2.0 * lanes * CHAINS * (double)b->items};
    status = measure(b, &j, roof, err);
    (void)clReleaseKernel(kernel);
    (void)snprintf(roof->note, sizeof roof->note, "%zu items, %d chains of %s x %u", b->items,
                   CHAINS, scalar, lanes);
    return status;
}

static fm_status measure_arithmetic(bench *b, fm_error *err) {
    /* One native vector a register: wider ones spill, narrower ones leave lanes idle. */
    const uint32_t lanes = chunked(b) ? b->lanes : 1;
    const uint32_t half = lanes > 1 ? lanes / 2 : 1;
    fm_status status = fma_roof(b, "float", lanes, "", add(b, "fma_fp32", "flop/s"), err);
    fmi_roof *fp64 = add(b, "fma_fp64", "flop/s");
    if (status == FM_OK && b->caps->fp64)
        status = fma_roof(b, "double", half, " -DFMK_FP64", fp64, err);
    else
        (void)snprintf(fp64->note, sizeof fp64->note, "the device has no double precision");
    fmi_roof *fp16 = add(b, "fma_fp16", "flop/s");
    if (status == FM_OK && b->caps->fp16)
        status = fma_roof(b, "half", chunked(b) ? lanes : 2, " -DFMK_FP16", fp16, err);
    else
        (void)snprintf(fp16->note, sizeof fp16->note, "the device has no half precision");
    return status;
}

/* --- bandwidth ------------------------------------------------------------------------------- */

static fm_status stream(bench *b, const char *kernel_name, uint32_t arrays, uint64_t bytes,
                        fmi_roof *roof, fm_error *err) {
    const uint64_t vector_bytes = 4ULL * b->lanes;
    const uint32_t vectors = (uint32_t)(bytes / arrays / vector_bytes / b->items * b->items);
    const uint32_t share = (uint32_t)(vectors / b->items) + 1;
    uint32_t repeats = 1;
    cl_kernel kernel = NULL;
    const fm_status made = fmi_kernel_create(&kernel, b->program, kernel_name, err);
    if (made != FM_OK)
        return made;
    const fmi_arg read_args[] = {FMI_ARG(b->array[0].mem), FMI_ARG(b->out.mem), FMI_ARG(vectors),
                                 FMI_ARG(repeats)};
    const fmi_arg write_args[] = {FMI_ARG(b->array[0].mem), FMI_ARG(vectors), FMI_ARG(repeats)};
    const fmi_arg triad_args[] = {FMI_ARG(b->array[0].mem), FMI_ARG(b->array[1].mem),
                                  FMI_ARG(b->array[2].mem), FMI_ARG(vectors), FMI_ARG(repeats)};
    const bool reads = strcmp(kernel_name, "fm_roof_read") == 0;
    const job j = {.launch = {.kernel = kernel,
                              .name = kernel_name,
                              .args = arrays == 3 ? triad_args
                                      : reads     ? read_args
                                                  : write_args,
                              .arg_count = arrays == 3 ? 5
                                           : reads     ? 4
                                                       : 3,
                              .dims = 1,
                              .global = {b->items},
                              .local = {b->group}},
                   .repeats = &repeats,
                   .most = share < LOOP_MAX / 2 ? LOOP_MAX / share : 1,
                   .work = (double)vector_bytes * vectors * arrays};
    const fm_status status = measure(b, &j, roof, err);
    (void)clReleaseKernel(kernel);
    (void)snprintf(roof->note, sizeof roof->note, "%u arrays, %.1f MiB together", arrays,
                   (double)bytes / 0x1p20);
    return status;
}

static fm_status measure_bandwidth(bench *b, fm_error *err) {
    const uint64_t cache = (uint64_t)CACHE_BYTES * b->caps->compute_units;
    fm_status status = build(b, "float", b->lanes, "", err);
    if (status == FM_OK)
        status = stream(b, "fm_roof_read", 1, cache, add(b, "read_cache", "B/s"), err);
    if (status == FM_OK)
        status = stream(b, "fm_roof_write", 1, cache, add(b, "write_cache", "B/s"), err);
    if (status == FM_OK)
        status = stream(b, "fm_roof_triad", 3, cache, add(b, "triad_cache", "B/s"), err);
    const uint64_t memory = b->memory_bytes;
    if (status == FM_OK)
        status = stream(b, "fm_roof_read", 1, memory, add(b, "read_memory", "B/s"), err);
    if (status == FM_OK)
        status = stream(b, "fm_roof_write", 1, memory, add(b, "write_memory", "B/s"), err);
    if (status == FM_OK)
        status = stream(b, "fm_roof_triad", 3, 3 * memory, add(b, "triad_memory", "B/s"), err);
    return status;
}

/* --- transfers and launches ------------------------------------------------------------------- */

static fm_status measure_transfers(bench *b, unsigned char *host, fm_error *err) {
    fmi_roof *up = add(b, "to_device", "B/s");
    fmi_roof *down = add(b, "from_device", "B/s");
    double rates[2][SAMPLES_MAX];
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < b->samples; ++i) {
        uint64_t start = fmi_clock_ns();
        status = fmi_buffer_write(&b->array[0], 0, b->memory_bytes, host, err);
        rates[0][i] = 1e9 * (double)b->memory_bytes / (double)(fmi_clock_ns() - start);
        start = fmi_clock_ns();
        if (status == FM_OK)
            status = fmi_buffer_read(&b->array[1], 0, b->memory_bytes, host, err);
        rates[1][i] = 1e9 * (double)b->memory_bytes / (double)(fmi_clock_ns() - start);
    }
    for (int i = 0; status == FM_OK && i < 2; ++i) {
        fmi_roof *roof = i ? down : up;
        roof->median = fmi_median_in_place(rates[i], b->samples);
        roof->value = rates[i][b->samples - 1];
        roof->n = b->samples;
        (void)snprintf(roof->note, sizeof roof->note, "%.0f MiB from ordinary memory%s",
                       (double)b->memory_bytes / 0x1p20,
                       b->caps->unified_memory ? "; maps need no copy here" : "");
    }
    return status;
}

static fm_status measure_launches(bench *b, fm_error *err) {
    double waits[EMPTY_LAUNCHES];
    double seconds = 0.0;
    uint32_t none = 0;
    cl_kernel kernel = NULL;
    fm_status status = fmi_kernel_create(&kernel, b->program, "fm_roof_empty", err);
    if (status != FM_OK)
        return status;
    const fmi_arg args[] = {FMI_ARG(b->out.mem)};
    const job j = {.launch = {.kernel = kernel,
                              .name = "fm_roof_empty",
                              .args = args,
                              .arg_count = 1,
                              .dims = 1,
                              .global = {b->group},
                              .local = {b->group}},
                   .repeats = &none};
    status = run_job(b, &j, 8, &seconds, err);
    for (int i = 0; status == FM_OK && i < EMPTY_LAUNCHES; ++i)
        status = run_job(b, &j, 1, &waits[i], err);
    if (status == FM_OK)
        status = run_job(b, &j, EMPTY_LAUNCHES, &seconds, err);
    (void)clReleaseKernel(kernel);
    if (status != FM_OK)
        return status;
    fmi_roof *launch = add(b, "launch", "s");
    launch->median = fmi_median_in_place(waits, EMPTY_LAUNCHES);
    launch->value = waits[0];
    launch->n = EMPTY_LAUNCHES;
    (void)snprintf(launch->note, sizeof launch->note, "an empty kernel and a wait");
    fmi_roof *enqueue = add(b, "enqueue", "s");
    enqueue->value = enqueue->median = seconds / EMPTY_LAUNCHES;
    enqueue->n = 1;
    (void)snprintf(enqueue->note, sizeof enqueue->note, "one of %d empty kernels, one wait",
                   EMPTY_LAUNCHES);
    return FM_OK;
}

/* --- all ------------------------------------------------------------------------------------- */

/* Random bytes as floats of modest size: hardware that compresses must not show off. */
static unsigned char *random_floats(uint64_t bytes) {
    uint32_t *words = malloc(bytes);
    uint64_t x = 88172645463325252ULL;
    for (uint64_t i = 0; words && i < bytes / 4; ++i) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        words[i] = (uint32_t)(x & 0x3FFFFFFFU) | 0x20000000U;
    }
    return (unsigned char *)words;
}

static uint32_t native_lanes(const bench *b) {
    cl_uint lanes = 0;
    const int code =
        clGetDeviceInfo(fmi_queue_device(b->queue)->id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT,
                        sizeof lanes, &lanes, NULL);
    const bool known = code == CL_SUCCESS && (lanes == 4 || lanes == 8 || lanes == 16);
    return known ? lanes : chunked(b) ? 8 : 4;
}

static fm_status prepare(bench *b, bool quick, unsigned char **host, fm_error *err) {
    b->queue = b->engine->queue;
    b->caps = fm_engine_caps(b->engine);
    b->lanes = native_lanes(b);
    b->group = chunked(b) ? 1 : b->caps->max_group_size < 64 ? 1 : 64;
    b->items = chunked(b) ? 8 * (size_t)b->caps->compute_units
                          : 32 * b->group * (size_t)b->caps->compute_units;
    b->samples = quick ? 5 : SAMPLES_MAX;
    b->memory_bytes = (quick ? 64ULL : 128ULL) << 20;
    while (b->memory_bytes > b->caps->max_alloc_bytes / 2 ||
           4 * b->memory_bytes > b->caps->global_bytes)
        b->memory_bytes /= 2;
    *host = random_floats(b->memory_bytes);
    if (!*host)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %llu random bytes",
                        (unsigned long long)b->memory_bytes);
    fm_status status = fmi_buffer_create(&b->out, b->queue, CL_MEM_READ_WRITE,
                                         b->items * 16 * sizeof(double), "roofs' sums", err);
    for (int i = 0; status == FM_OK && i < 3; ++i) {
        status = fmi_buffer_create(&b->array[i], b->queue, CL_MEM_READ_WRITE, b->memory_bytes,
                                   "roofs' array", err);
        if (status == FM_OK)
            status = fmi_buffer_write(&b->array[i], 0, b->memory_bytes, *host, err);
    }
    return status;
}

fm_status fmi_roofs_measure(fmi_roofs *roofs, const fmi_case_params *params, bool quick,
                            fm_error *err) {
    bench b = {.roofs = roofs};
    unsigned char *host = NULL;
    *roofs = (fmi_roofs){0};
    fm_status status = fmi_case_engine(&b.engine, params, err);
    if (status != FM_OK)
        return status;
    status = prepare(&b, quick, &host, err);
    if (status == FM_OK)
        status = measure_arithmetic(&b, err);
    if (status == FM_OK)
        status = measure_bandwidth(&b, err);
    if (status == FM_OK)
        status = measure_transfers(&b, host, err);
    if (status == FM_OK)
        status = measure_launches(&b, err);
    if (b.program)
        (void)clReleaseProgram(b.program);
    for (int i = 0; i < 3; ++i)
        fmi_buffer_destroy(&b.array[i]);
    fmi_buffer_destroy(&b.out);
    fm_engine_destroy(&b.engine);
    free(host);
    return fmi_while(err, status, "while measuring the roofs");
}
