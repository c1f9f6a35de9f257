/* SPDX-License-Identifier: MIT */
/* roof.cl at small odd sizes against plain C, in both orders of access, with every kind of number
 * the device has: a roof that computes something else is no roof. */
#include "fm_test.h"

#include "engine_impl.h"

#include <math.h>

TestSuite(kernels_roof, .timeout = 600);

enum { ITEMS = 3, VECTORS = 24, LANES = 4, ITERATIONS = 5, REPEATS = 3 };

typedef struct roof {
    fm_engine *engine;
    cl_program program;
    fmi_buffer a, b, c;
    float host_b[VECTORS * LANES], host_c[VECTORS * LANES];
} roof;

static void open_roof(roof *r, const char *options) {
    const fm_engine_params params = {.struct_size = sizeof params};
    fm_error err;
    fmi_buffer *buffers[] = {&r->a, &r->b, &r->c};
    uint64_t random = fm_test_seed();
    fm_assert_ok(fm_engine_create(&r->engine, &params, &err), err);
    fm_assert_ok(fmi_engine_program(r->engine, "roof.cl", options, &r->program, &err), err);
    for (int i = 0; i < 3; i++)
        fm_assert_ok(fmi_buffer_create(buffers[i], r->engine->queue, CL_MEM_READ_WRITE,
                                       sizeof r->host_b, "roof", &err),
                     err);
    for (int i = 0; i < VECTORS * LANES; i++) {
        r->host_b[i] = fm_test_uniform(&random, -1.0F, 1.0F);
        r->host_c[i] = fm_test_uniform(&random, -1.0F, 1.0F);
    }
    fm_assert_ok(fmi_buffer_write(&r->b, 0, sizeof r->host_b, r->host_b, &err), err);
    fm_assert_ok(fmi_buffer_write(&r->c, 0, sizeof r->host_c, r->host_c, &err), err);
}

static void close_roof(roof *r) {
    fmi_buffer_destroy(&r->a);
    fmi_buffer_destroy(&r->b);
    fmi_buffer_destroy(&r->c);
    clReleaseProgram(r->program);
    fm_engine_destroy(&r->engine);
}

/* Runs a kernel into a, which is poisoned first, and reads it. */
static void run_roof(roof *r, const char *name, const fmi_arg *args, uint32_t count, float *out) {
    cl_kernel kernel = NULL;
    fm_error err;
    float poison[VECTORS * LANES];
    for (int i = 0; i < VECTORS * LANES; i++)
        poison[i] = -77.0F;
    fm_assert_ok(fmi_buffer_write(&r->a, 0, sizeof poison, poison, &err), err);
    fm_assert_ok(fmi_kernel_create(&kernel, r->program, name, &err), err);
    const fmi_launch launch = {.kernel = kernel,
                               .name = name,
                               .args = args,
                               .arg_count = count,
                               .dims = 1,
                               .global = {ITEMS}};
    fm_assert_ok(fmi_queue_launch(r->engine->queue, &launch, &err), err);
    fm_assert_ok(fmi_queue_finish(r->engine->queue, &err), err);
    fm_assert_ok(fmi_buffer_read(&r->a, 0, sizeof poison, out, &err), err);
    clReleaseKernel(kernel);
}

static void expect(const char *what, const float *got, int i, double want, double tolerance) {
    cr_assert_float_eq(got[i], want, tolerance, "%s, value %d: got %g, want %g", what, i,
                       (double)got[i], want);
}

static void check_fma(roof *r) {
    const uint32_t iterations = ITERATIONS;
    const fmi_arg args[] = {FMI_ARG(r->a.mem), FMI_ARG(iterations)};
    float got[VECTORS * LANES];
    run_roof(r, "fm_roof_fma", args, 2, got);
    for (int i = 0; i < ITEMS; i++) {
        double sum = 0.0;
        for (int chain = 0; chain < 8; chain++) {
            double x = i + chain * (double)0.999F;
            for (int k = 0; k < ITERATIONS; k++)
                x = x * (double)0.999F + (double)0.001F;
            sum += x;
        }
        for (int lane = 0; lane < LANES; lane++)
            expect("fma", got, i * LANES + lane, sum, 1e-4);
    }
    for (int i = ITEMS * LANES; i < VECTORS * LANES; i++)
        expect("fma, beyond", got, i, -77.0, 0.0);
}

/* Every item sums its share; together they sum all, however they take turns. */
static void check_read(roof *r) {
    const uint32_t n = VECTORS, repeats = REPEATS;
    const fmi_arg args[] = {FMI_ARG(r->b.mem), FMI_ARG(r->a.mem), FMI_ARG(n), FMI_ARG(repeats)};
    float got[VECTORS * LANES];
    run_roof(r, "fm_roof_read", args, 4, got);
    for (int lane = 0; lane < LANES; lane++) {
        double want = 0.0, sum = 0.0;
        for (int i = 0; i < VECTORS; i++)
            want += REPEATS * (double)r->host_b[i * LANES + lane];
        for (int i = 0; i < ITEMS; i++)
            sum += (double)got[i * LANES + lane];
        cr_assert_float_eq(sum, want, 1e-4, "read, lane %d: got %g, want %g", lane, sum, want);
    }
}

static void check_write(roof *r) {
    const uint32_t n = VECTORS, repeats = REPEATS;
    const fmi_arg args[] = {FMI_ARG(r->a.mem), FMI_ARG(n), FMI_ARG(repeats)};
    float got[VECTORS * LANES];
    run_roof(r, "fm_roof_write", args, 3, got);
    for (int i = 0; i < VECTORS * LANES; i++)
        expect("write", got, i, REPEATS - 1, 0.0);
}

static void check_triad(roof *r) {
    const uint32_t n = VECTORS, repeats = REPEATS;
    const fmi_arg args[] = {FMI_ARG(r->a.mem), FMI_ARG(r->b.mem), FMI_ARG(r->c.mem), FMI_ARG(n),
                            FMI_ARG(repeats)};
    float got[VECTORS * LANES];
    run_roof(r, "fm_roof_triad", args, 5, got);
    for (int i = 0; i < VECTORS * LANES; i++)
        expect("triad", got, i, (double)r->host_b[i] + (REPEATS - 1) * (double)r->host_c[i], 1e-5);
}

/* A launch for its own sake. */
static void check_empty(roof *r) {
    const fmi_arg args[] = {FMI_ARG(r->a.mem)};
    float got[VECTORS * LANES];
    run_roof(r, "fm_roof_empty", args, 1, got);
    for (int i = 0; i < VECTORS * LANES; i++)
        expect("empty", got, i, -77.0, 0.0);
}

/* 24 vectors: 3 items of 8 in a row, or in turn; a read takes 4 at a time. */
static void check_roof(const char *options) {
    static roof r;
    r = (roof){0};
    open_roof(&r, options);
    check_fma(&r);
    check_read(&r);
    check_write(&r);
    check_triad(&r);
    check_empty(&r);
    close_roof(&r);
}

Test(kernels_roof, items_in_turn_equal_plain_c) {
    check_roof("-DFMK_SCALAR=float -DFMK_REAL=float4");
}

Test(kernels_roof, items_with_runs_of_their_own_equal_plain_c) {
    check_roof("-DFMK_SCALAR=float -DFMK_REAL=float4 -DFMK_CHUNKED");
}
