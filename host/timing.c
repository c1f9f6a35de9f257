/* SPDX-License-Identifier: MIT */
#include "timing.h"

#include "clock.h"
#include "error.h"
#include "program.h"

#include <math.h>
#include <stdio.h>

#define ITEMS 64
#define SLOT (FMI_TIMERS - 1)
#define LONG_ENOUGH 5e-3 /* s: below it the cost of a launch hides what the clock does */
#define FIRST_ITERATIONS 1000U
#define MAX_ITERATIONS (1U << 28)
#define TRIES 40
#define CALIBRATE_REPEATS 3

/* One measured launch. */
typedef struct spin_time {
    double event, wall;
} spin_time;

typedef struct spin {
    fmi_queue *queue;
    cl_program program;
    cl_kernel kernel;
    fmi_buffer out;
} spin;

static void spin_destroy(spin *s) {
    if (s->kernel) {
        (void)clReleaseKernel(s->kernel);
    }
    if (s->program) {
        (void)clReleaseProgram(s->program);
    }
    fmi_buffer_destroy(&s->out);
}

static fm_status spin_create(spin *s, fmi_queue *queue, const char *kernel_dir,
                             const char *cache_dir, fm_error *err) {
    fmi_program_params params = {
        .file = "probe_clock.cl", .kernel_dir = kernel_dir, .cache_dir = cache_dir};
    *s = (spin){.queue = queue};
    fm_status status = fmi_program_build(&s->program, queue, &params, err);
    if (status == FM_OK) {
        status = fmi_kernel_create(&s->kernel, s->program, "fm_probe_spin", err);
    }
    if (status == FM_OK) {
        status = fmi_buffer_create(&s->out, queue, CL_MEM_WRITE_ONLY, ITEMS * sizeof(cl_uint),
                                   "clock test", err);
    }
    return status;
}

/* Runs once and times it by both clocks. A slot that turned negative stays so: event is -1. */
static fm_status spin_once(spin *s, cl_uint iterations, spin_time *time, fm_error *err) {
    fmi_arg args[] = {FMI_ARG(s->out.mem), FMI_ARG(iterations)};
    fmi_launch launch = {.kernel = s->kernel,
                         .name = "fm_probe_spin",
                         .args = args,
                         .arg_count = 2,
                         .dims = 1,
                         .global = {ITEMS, 1, 1},
                         .timer = SLOT};
    double before = fmi_queue_device_seconds(s->queue, SLOT);
    uint64_t start = fmi_clock_ns();
    fm_status status = fmi_queue_launch(s->queue, &launch, err);
    if (status == FM_OK) {
        status = fmi_queue_finish(s->queue, err);
    }
    time->wall = (double)(fmi_clock_ns() - start) * 1e-9;
    double after = fmi_queue_device_seconds(s->queue, SLOT);
    time->event = before >= 0.0 && after >= 0.0 ? after - before : -1.0;
    return status;
}

/* Runs once more; *best keeps the run with the least wall time: the one that was disturbed least.
 * It starts with wall = INFINITY. */
static fm_status spin_again(spin *s, cl_uint iterations, spin_time *best, fm_error *err) {
    spin_time time;
    fm_status status = spin_once(s, iterations, &time, err);
    if (status == FM_OK && time.wall < best->wall) {
        *best = time;
    }
    return status;
}

/* Iterations a run may have, so that one of twice the work is still allowed. */
static cl_uint most_iterations(const spin *s) {
    uint32_t limit = fmi_queue_device(s->queue)->caps.max_loop;
    return limit ? limit / 2 : MAX_ITERATIONS;
}

/* Finds how many iterations take long enough; starts from *iterations. */
static fm_status calibrate(spin *s, cl_uint *iterations, fm_error *err) {
    for (;;) {
        spin_time best = {.wall = (double)INFINITY};
        fm_status status = FM_OK;
        for (int i = 0; i < CALIBRATE_REPEATS && status == FM_OK; i++) {
            status = spin_again(s, *iterations, &best, err);
        }
        if (status != FM_OK || best.wall >= LONG_ENOUGH || *iterations > most_iterations(s) / 2) {
            return status;
        }
        *iterations *= 2;
    }
}

void fmi_event_clock_judge(fmi_event_clock *result, double doubled_event_seconds,
                           double clock_step_seconds) {
    double event = result->event_seconds;
    double wall = result->wall_seconds;
    double ratio = wall > 0.0 ? event / wall : 0.0;
    result->doubling = event > 0.0 ? doubled_event_seconds / event : 0.0;
    result->reason[0] = '\0';
    char *reason = result->reason;
    size_t room = sizeof result->reason;
    if (!(event > 0.0)) {
        (void)snprintf(reason, room, "events end when or before they start");
    } else if (!(wall >= LONG_ENOUGH)) {
        (void)snprintf(reason, room, "the test kernel ran only %.3g ms", wall * 1e3);
    } else if (!(event <= wall + 3.0 * clock_step_seconds) || !(ratio >= 0.5 && ratio <= 1.02)) {
        (void)snprintf(reason, room, "events say %.4g ms where the wall clock says %.4g ms",
                       event * 1e3, wall * 1e3);
    } else if (!(result->doubling >= 1.8 && result->doubling <= 2.2)) {
        (void)snprintf(reason, room, "twice the work took %.3g times as long by events",
                       result->doubling);
    }
    result->trusted = reason[0] == '\0';
}

/* Compares a run with one of twice the work, side by side, until they agree. */
static fm_status run_test(spin *s, fmi_event_clock *result, fm_error *err) {
    cl_uint iterations = FIRST_ITERATIONS;
    double step = (double)fmi_clock_step_ns() * 1e-9;
    spin_time once = {.wall = (double)INFINITY};
    spin_time twice = once;
    fm_status status = calibrate(s, &iterations, err);
    for (int i = 0; i < TRIES && status == FM_OK && !result->trusted; i++) {
        if (once.wall < LONG_ENOUGH && iterations <= most_iterations(s) / 2) {
            iterations *= 2; /* the calibration was disturbed: start again with more */
            once.wall = twice.wall = (double)INFINITY;
        }
        status = spin_again(s, iterations, &once, err);
        if (status == FM_OK) {
            status = spin_again(s, 2 * iterations, &twice, err);
        }
        if (status == FM_OK) {
            result->event_seconds = once.event;
            result->wall_seconds = once.wall;
            fmi_event_clock_judge(result, twice.event, step);
        }
    }
    return status;
}

fm_status fmi_event_clock_test(fmi_queue *queue, const char *kernel_dir, const char *cache_dir,
                               fmi_event_clock *result, fm_error *err) {
    *result = (fmi_event_clock){.event_seconds = -1.0};
    if (!fmi_queue_has_event_clock(queue)) {
        (void)snprintf(result->reason, sizeof result->reason,
                       "no profiling queue, or its timer resolution is 0");
        return FM_OK;
    }
    spin s;
    fm_status status = spin_create(&s, queue, kernel_dir, cache_dir, err);
    if (status == FM_OK) {
        status = run_test(&s, result, err);
    }
    if (status == FM_OK && !result->trusted) {
        fmi_queue_distrust_clock(queue);
    }
    spin_destroy(&s);
    return status;
}
