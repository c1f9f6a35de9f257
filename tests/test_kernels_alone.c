/* SPDX-License-Identifier: MIT */
/* Kernels that nothing small would launch: that of the clock, and the colour difference of two
 * lists; those of the roofs are in test_kernels_roof.c. As test_kernels_small.c: every driver gets
 * through them. */
#include "fm_test.h"

#include "engine_impl.h"

#include <fm/fm.h>

TestSuite(kernels_alone, .timeout = 300);

#define ITEMS 8
#define LANES 4
#define VECTORS (4 * ITEMS)
#define FLOATS (LANES * VECTORS)

/* One program on the device, and three arrays of floats. */
typedef struct bare {
    fm_engine *engine;
    cl_program program;
    fmi_buffer array[3];
    float values[3][FLOATS];
} bare;

static bare bare_open(const char *file, const char *options) {
    static const fm_engine_params params = {.struct_size = sizeof params,
                                            .specialisation = FM_SPECIALISATION_GPU};
    bare b = {0};
    fm_error err;
    fm_assert_ok(fm_engine_create(&b.engine, &params, &err), err);
    fm_assert_ok(fmi_engine_program(b.engine, file, options, &b.program, &err), err);
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < FLOATS; i++)
            b.values[k][i] = (float)((i * 7 + k) % 11); /* sums of these are exact */
        fm_assert_ok(fmi_buffer_create(&b.array[k], b.engine->queue, CL_MEM_READ_WRITE,
                                       sizeof b.values[k], "array", &err),
                     err);
        fm_assert_ok(fmi_buffer_write(&b.array[k], 0, sizeof b.values[k], b.values[k], &err), err);
    }
    return b;
}

/* Launches and reads one array back. */
static void bare_run(bare *b, const char *name, const fmi_arg *args, uint32_t count, int array,
                     float out[FLOATS]) {
    fm_error err;
    cl_kernel kernel = NULL;
    fm_assert_ok(fmi_kernel_create(&kernel, b->program, name, &err), err);
    const fmi_launch launch = {.kernel = kernel,
                               .name = name,
                               .args = args,
                               .arg_count = count,
                               .dims = 1,
                               .global = {ITEMS},
                               .local = {ITEMS / 2}};
    fm_assert_ok(fmi_queue_launch(b->engine->queue, &launch, &err), err);
    fm_assert_ok(fmi_buffer_read(&b->array[array], 0, sizeof(float) * FLOATS, out, &err), err);
    clReleaseKernel(kernel);
}

static void bare_close(bare *b) {
    for (int k = 0; k < 3; k++)
        fmi_buffer_destroy(&b->array[k]);
    clReleaseProgram(b->program);
    fm_engine_destroy(&b->engine);
}

Test(kernels_alone, the_kernel_of_the_clock_makes_its_steps) {
    bare b = bare_open("probe_clock.cl", "");
    float out[FLOATS];
    cl_uint words[ITEMS];
    const cl_uint iterations = 5;
    const fmi_arg args[] = {FMI_ARG(b.array[0].mem), FMI_ARG(iterations)};
    bare_run(&b, "fm_probe_spin", args, 2, 0, out);
    memcpy(words, out, sizeof words);
    for (cl_uint item = 0; item < ITEMS; item++) {
        cl_uint x = item + 1;
        for (cl_uint i = 0; i < iterations; i++)
            x = x * 1664525U + (x >> 13) + 1013904223U;
        cr_assert_eq(words[item], x, "item %u: %u, want %u", item, words[item], x);
    }
    bare_close(&b);
}

/* Rows of L, a, b of one colour, then of the other; ITEMS of each. */
static void check_difference(const char *options) {
    /* Two of the published pairs (Sharma, Wu, Dalal 2005), and equal colours. */
    static const double lab[3][7] = {{50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425},
                                     {2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082},
                                     {61.0, 12.0, -7.0, 61.0, 12.0, -7.0, 0.0}};
    bare b = bare_open("heatmap.cl", options);
    float rows[FLOATS] = {0}, out[FLOATS];
    const cl_uint padded = ITEMS;
    const fmi_arg args[] = {FMI_ARG(b.array[0].mem), FMI_ARG(b.array[1].mem), FMI_ARG(padded)};
    fm_error err;
    for (int i = 0; i < ITEMS; i++)
        for (int k = 0; k < 6; k++)
            rows[ITEMS * k + i] = (float)lab[i % 3][k];
    fm_assert_ok(fmi_buffer_write(&b.array[0], 0, sizeof rows, rows, &err), err);
    bare_run(&b, "fm_heatmap_compare", args, 3, 1, out);
    for (int i = 0; i < ITEMS; i++)
        cr_assert_float_eq((double)out[i], lab[i % 3][6], 0.0002, "%s: colour %d: %g, want %g",
                           options, i, (double)out[i], lab[i % 3][6]);
    bare_close(&b);
}

Test(kernels_alone, colour_differences_are_the_published_ones) {
    check_difference("-DFMK_LANES=1");
}

/* The form of devices without a limit of loops: llvmpipe compiles it for minutes. */
Test(kernels_alone, the_cpu_form_of_colour_differences_gives_the_published_ones) {
    fm_caps *caps = NULL;
    size_t count = 0;
    fm_error err;
    fm_assert_ok(fm_devices(&caps, &count, &err), err);
    bool can = count > 0 && caps[0].max_loop == 0;
    fm_devices_free(&caps);
    if (can)
        check_difference("-DFMK_LANES=8");
}
