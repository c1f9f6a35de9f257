/* SPDX-License-Identifier: MIT */
#include "anchor.h"

#include "clock.h"
#include "engine_impl.h"
#include "error.h"

#include <math.h>

#define ITEMS 64
#define ITERATIONS 20000U
#define RUNS 8 /* the first one may compile */

static fm_status run(fm_engine *engine, cl_kernel kernel, fmi_buffer *out, double *seconds,
                     fm_error *err) {
    const uint32_t iterations = ITERATIONS;
    const fmi_arg args[] = {FMI_ARG(out->mem), FMI_ARG(iterations)};
    fmi_launch launch = {.kernel = kernel,
                         .name = "fm_probe_spin",
                         .args = args,
                         .arg_count = 2,
                         .dims = 1,
                         .global = {ITEMS}};
    /* One group: of two a driver gives both to one core or one to each, and for a while the system
     * may run two threads on one core; the same work then takes once or twice as long. */
    if (engine->caps.max_group_size >= ITEMS)
        launch.local[0] = ITEMS;
    fm_status status = FM_OK;
    *seconds = (double)INFINITY;
    for (int i = 0; status == FM_OK && i < RUNS; ++i) {
        const uint64_t start = fmi_clock_ns();
        status = fmi_queue_launch(engine->queue, &launch, err);
        if (status == FM_OK)
            status = fmi_queue_finish(engine->queue, err);
        *seconds = fmin(*seconds, 1e-9 * (double)(fmi_clock_ns() - start));
    }
    return status;
}

fm_status fmi_anchor_time(const fmi_case_params *params, double *seconds, fm_error *err) {
    fm_engine *engine = NULL;
    cl_program program = NULL;
    cl_kernel kernel = NULL;
    fmi_buffer out = {0};
    fm_status status = fmi_case_engine(&engine, params, err);
    if (status != FM_OK)
        return status;
    status = fmi_engine_program(engine, "probe_clock.cl", "", &program, err);
    if (status == FM_OK)
        status = fmi_kernel_create(&kernel, program, "fm_probe_spin", err);
    if (status == FM_OK)
        status = fmi_buffer_create(&out, engine->queue, CL_MEM_WRITE_ONLY, ITEMS * sizeof(cl_uint),
                                   "anchor", err);
    if (status == FM_OK)
        status = run(engine, kernel, &out, seconds, err);
    if (kernel)
        (void)clReleaseKernel(kernel);
    if (program)
        (void)clReleaseProgram(program);
    fmi_buffer_destroy(&out);
    fm_engine_destroy(&engine);
    return status;
}
