/* SPDX-License-Identifier: MIT */
/* What a cell tells beside its wall time: the other clock, transfers, uploads inside frame loops,
 * the device's frequency. */
#include "cell.h"
#include "environment.h"
#include "fm_test.h"

#include "engine_impl.h"

TestSuite(observe, .timeout = 120);

/* --- rules ------------------------------------------------------------------------------------ */

Test(observe, event_times_of_a_cell_are_judged) {
    fmi_observation seen = {.event_s = 0.004, .event_wall_s = 0.005};
    fmi_observe_judge(&seen, 1e-7);
    cr_assert_str_eq(seen.clock, "event and wall");
    cr_assert_float_eq(seen.event_s, 0.004, 1e-12);
    seen.event_s = seen.event_wall_s + 2.9e-7; /* three steps of the wall clock are allowed */
    fmi_observe_judge(&seen, 1e-7);
    cr_assert_str_eq(seen.clock, "event and wall");
    seen.event_s = seen.event_wall_s + 3.1e-7;
    fmi_observe_judge(&seen, 1e-7);
    cr_assert_not_null(strstr(seen.clock, "wall: events say 5 ms"), "%s", seen.clock);
    cr_assert(isnan(seen.event_s) && isnan(seen.event_wall_s));
    const double zero[] = {0.0, -1.0, (double)NAN};
    for (int i = 0; i < 3; ++i) {
        seen = (fmi_observation){.event_s = zero[i], .event_wall_s = 0.005};
        fmi_observe_judge(&seen, 1e-7);
        cr_assert_str_eq(seen.clock, "wall: events end when or before they start");
        cr_assert(isnan(seen.event_s));
    }
}

Test(observe, transfers_that_are_too_fast_to_be_copies) {
    const double mb = 1e6, copy = 1e9; /* 1 ms a megabyte */
    cr_assert_eq(fmi_observe_zero_copy(mb, 1, 1e-3, 0, copy), FMI_ZERO_COPY_NO);
    cr_assert_eq(fmi_observe_zero_copy(mb, 1, 0.34e-3, 0, copy), FMI_ZERO_COPY_NO);
    cr_assert_eq(fmi_observe_zero_copy(mb, 1, 0.33e-3, 0, copy), FMI_ZERO_COPY_YES);
    /* Waiting is no copying. */
    cr_assert_eq(fmi_observe_zero_copy(mb, 4, 0.5e-3, 0.1e-3, copy), FMI_ZERO_COPY_YES);
    cr_assert_eq(fmi_observe_zero_copy(mb, 4, 0.3e-3, 0.1e-3, copy), FMI_ZERO_COPY_YES);
    /* Nothing to tell from. */
    cr_assert_eq(fmi_observe_zero_copy(1000, 1, 1e-9, 0, copy), FMI_ZERO_COPY_UNKNOWN);
    cr_assert_eq(fmi_observe_zero_copy(mb, 1, 1e-3, 0, (double)NAN), FMI_ZERO_COPY_UNKNOWN);
    cr_assert_eq(fmi_observe_zero_copy(0, 0, 0, 0, copy), FMI_ZERO_COPY_UNKNOWN);
    fmi_cell cell = {.op = &fmi_case_raster,
                     .stages = {.count = 2,
                                .stage = {{"fm_raster_cpu", FMI_KIND_KERNEL, 1, 1e-3, 9e6, 0},
                                          {"from device", FMI_KIND_TRANSFER, 1, 1e-5, 1e6, 0}}}};
    fmi_roofs roofs = {.count = 1, .roof = {{"from_device", "B/s", 1e9, 1e9, 5, ""}}};
    (void)fmi_cell_judge(&cell, &roofs);
    cr_assert_eq(cell.zero_copy, FMI_ZERO_COPY_YES);
    cell.stages.stage[1].seconds = 1e-3;
    (void)fmi_cell_judge(&cell, &roofs);
    cr_assert_eq(cell.zero_copy, FMI_ZERO_COPY_NO);
}

/* --- measured --------------------------------------------------------------------------------- */

static fm_engine *looked_at; /* of `observed`, while it runs */

/* A morph of small heads, looked at with a verdict on the event clock. */
static fmi_observation observed(const fmi_case *op, uint32_t edge, const char *verdict) {
    fmi_input *input = NULL;
    fm_engine *engine = NULL;
    void *state = NULL;
    fm_error err;
    fmi_observation seen;
    const fmi_sample_params small = {.vertices = 500, .texture = 64};
    fm_assert_ok(fmi_input_sample(&input, &small, &err), err);
    const fmi_case_params params = {
        .input = input, .batch = 4, .width = edge, .height = edge, .engine = &engine};
    fm_assert_ok(op->create(&state, &params, &err), err);
    looked_at = engine;
    fm_assert_ok(op->run(state, &err), err);
    fm_assert_ok(fmi_observe(&seen, op, &params, state, engine, verdict, 100, &err), err);
    fm_assert_ok(op->run(state, &err), err); /* the queue is as before */
    if (engine)
        cr_assert_lt(fmi_queue_device_seconds(engine->queue, 0), 0.0);
    op->destroy(&state);
    fmi_input_destroy(&input);
    cr_assert(seen.seen);
    return seen;
}

/* Whether the device has a clock is the device's; that one is told is ours. */
Test(observe, both_clocks_and_the_transfers_of_a_launch) {
    char verdict[160];
    size_t count = 0, index = 0;
    fm_error err;
    fmi_device *list = NULL;
    fm_assert_ok(fmi_device_list(&list, &count, &err), err);
    fm_assert_ok(fmi_device_select(list, count, "auto", &index, &err), err);
    fmi_environment_clock(&list[index].caps, verdict, sizeof verdict);
    free(list);
    const fmi_observation morph = observed(&fmi_case_morph, 0, verdict);
    cr_log_info("%s: %s", verdict, morph.clock);
    cr_assert_eq(morph.kernels, 1U);
    cr_assert_eq(morph.to_count, 1U); /* the weights */
    cr_assert_eq(morph.to_bytes, 16U);
    cr_assert_eq(morph.from_bytes, 0U);
    if (strcmp(verdict, FMI_TRUSTED) == 0) {
        cr_assert_str_eq(morph.clock, "event and wall");
        cr_assert(morph.event_s > 0.0 && morph.event_s <= morph.event_wall_s + 3e-7, "%g and %g s",
                  morph.event_s, morph.event_wall_s);
    } else {
        cr_assert_eq(strncmp(morph.clock, "wall: ", 6), 0, "%s", morph.clock);
    }
    const fmi_observation raster = observed(&fmi_case_raster, 32, verdict);
    cr_assert_geq(raster.kernels, 4U);
    cr_assert_geq(raster.from_bytes, (uint64_t)32 * 32 * 3 * 4);
    cr_assert_eq(raster.loop_bytes, 0U);
}

Test(observe, without_a_trusted_clock_the_row_says_why) {
    const fmi_observation untested = observed(&fmi_case_morph, 0, "");
    cr_assert_str_eq(untested.clock, "wall: the event clock was not tested");
    cr_assert(isnan(untested.event_s) && isnan(untested.event_wall_s));
    const fmi_observation lies = observed(&fmi_case_morph, 0, "not trusted: it lies");
    cr_assert_str_eq(lies.clock, "wall: it lies");
    cr_assert(isnan(lies.event_s));
    cr_assert_eq(lies.to_bytes, 16U); /* transfers are counted all the same */
    const fmi_observation encode = observed(&fmi_case_encode, 16, FMI_TRUSTED);
    cr_assert_str_eq(encode.clock, "wall: no kernels run");
}

/* --- uploads inside the frame loop ------------------------------------------------------------ */

/* A morph whose weights go up as if inside a frame loop. */
static fm_status run_in_loop(void *state, fm_error *err) {
    fmi_queue_set_in_loop(looked_at->queue, true);
    const fm_status status = fmi_case_morph.run(state, err);
    fmi_queue_set_in_loop(looked_at->queue, false);
    return status;
}

Test(observe, uploads_inside_a_frame_loop_are_counted) {
    fmi_case op = fmi_case_morph;
    op.run = run_in_loop;
    const fmi_observation seen = observed(&op, 0, "not trusted: not asked");
    cr_assert_eq(seen.to_bytes, 16U);
    cr_assert_eq(seen.loop_bytes, 16U);
}

static uint64_t looped; /* of the op below */

static fm_status made(void **state, const fmi_case_params *params, fm_error *err) {
    (void)params;
    (void)err;
    *state = &looped;
    return FM_OK;
}
static fm_status ran(void *state, fm_error *err) {
    (void)state;
    (void)err;
    return FM_OK;
}
static fm_status checked(void *state, const fmi_check_params *how, fmi_check *check,
                         fm_error *err) {
    (void)state;
    (void)how;
    (void)err;
    *check = (fmi_check){.passed = true, .unit = "ulp"};
    return FM_OK;
}
static fm_status rechecked(void *state, fmi_check *check, fm_error *err) {
    (void)state;
    (void)check;
    (void)err;
    return FM_OK;
}
static void told(const void *state, fmi_case_facts *facts) {
    (void)state;
    *facts = (fmi_case_facts){.frames = 1, .loop_upload_bytes = looped};
}
static void gone(void **state) {
    *state = NULL;
}

Test(observe, a_frame_loop_that_uploads_is_a_wrong_result) {
    const fmi_case op = {.name = "morph",
                         .unit = "frames/s",
                         .create = made,
                         .run = ran,
                         .check = checked,
                         .recheck = rechecked,
                         .facts = told,
                         .destroy = gone};
    fmi_cell_how how = fmi_cell_how_make(true, 100, NULL);
    how.bench.samples = 6;
    how.bench.warm_cap_s = 0.01;
    for (looped = 0; looped < 5; looped += 4) {
        fmi_cell cell = {.op = &op, .params = {.batch = 1}};
        fm_error err;
        fm_assert_ok(fmi_cell_run(&cell, &how, &err), err);
        if (looped == 0) {
            cr_assert(cell.timed, "%s", cell.reason);
        } else {
            cr_assert_eq(cell.status, FMI_CELL_WRONG_RESULT);
            cr_assert_not(cell.timed);
            cr_assert_not_null(strstr(cell.reason, "4 bytes were uploaded"), "%s", cell.reason);
        }
        fmi_cell_free(&cell);
    }
}

/* --- after each round ------------------------------------------------------------------------- */

static void add_one(void *user) {
    ++*(uint32_t *)user;
}

Test(observe, the_clock_is_looked_at_after_every_timed_sample) {
    uint32_t looks = 0, state = 0;
    fmi_bench bench = {0};
    fm_error err;
    const fmi_bench_params how = {.samples = 7,
                                  .clock_step_ns = 100,
                                  .warm_s = 1e-3,
                                  .warm_cap_s = 2e-3,
                                  .after = add_one,
                                  .after_user = &looks};
    fm_assert_ok(fmi_bench_run(&bench, ran, &state, &how, &err), err);
    cr_assert_eq(looks, 7U);
    fmi_bench_free(&bench);
}
