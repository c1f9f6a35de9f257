/* SPDX-License-Identifier: MIT */
#include "cell.h"

#include "anchor.h"
#include "clock.h"
#include "error.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NOISY_RATIO 2.0 /* of the interval's ends: the number says little */
#define IQR_WARNING 0.10
#define IQR_SERIOUS 0.25
#define LAG1_WARNING 0.2
#define GATE_S 60.0  /* for the other sides of a gate */
#define STAGES_S 1.0 /* longer launches: only the planner's */

static const char *const status_names[FMI_CELL_STATUSES] = {
    "pending", "ok",      "unsupported",  "skipped",   "infeasible", "oom",
    "crashed", "timeout", "wrong-result", "throttled", "noisy"};

const char *fmi_cell_status_name(fmi_cell_status status) {
    return (unsigned)status < FMI_CELL_STATUSES ? status_names[status] : "unknown";
}

void fmi_cell_skip(fmi_cell *cell, fmi_cell_status status, const char *format, ...) {
    cell->status = status;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(cell->reason, sizeof cell->reason, format, args);
    va_end(args);
}

fmi_cell_how fmi_cell_how_make(bool quick, uint64_t clock_step_ns,
                               const volatile sig_atomic_t *cancel) {
    fmi_cell_how how = {.check = {.seed = 1}, .bench = {.cancel = cancel}};
    how.bench.clock_step_ns = clock_step_ns;
    how.bench.samples = quick ? 11 : 20;
    how.bench.warm_s = quick ? 0.05 : 0.1;
    how.bench.warm_cap_s = quick ? 0.8 : 2.0;
    how.bench.budget_s = quick ? 2.0 : 6.0;
    if (!quick) {
        how.check.random_frames = 4;
        how.check.hash_others = true;
    }
    return how;
}

/* What a failed call means for the cell it happened in. */
static fmi_cell_status cell_status_of(fm_status status) {
    switch (status) {
    case FM_ERROR_DEVICE_MEMORY:
    case FM_ERROR_HOST_MEMORY:
        return FMI_CELL_OOM;
    case FM_ERROR_LIMIT:
        return FMI_CELL_INFEASIBLE;
    case FM_ERROR_UNSUPPORTED:
    case FM_ERROR_BUILD:
    case FM_ERROR_NO_DEVICE:
        return FMI_CELL_UNSUPPORTED;
    case FM_ERROR_CANCELLED:
        return FMI_CELL_SKIPPED;
    default:
        return FMI_CELL_CRASHED;
    }
}

static void warn(fmi_cell *cell, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void warn(fmi_cell *cell, const char *format, ...) {
    const size_t used = strlen(cell->warnings);
    const char *comma = used ? ", " : "";
    char text[224];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)snprintf(cell->warnings + used, sizeof cell->warnings - used, "%s%s", comma, text);
}

static void add_warnings(fmi_cell *cell) {
    const fmi_summary *wall = &cell->bench.wall;
    const double iqr = (wall->p75 - wall->p25) / wall->median;
    if (!cell->bench.settled)
        warn(cell, "unsettled after %zu warm-up samples", cell->bench.warm_ups);
    if (cell->bench.shortened)
        warn(cell, "only %zu samples in the cell's time", wall->n);
    if (iqr > IQR_WARNING)
        warn(cell, "%siqr %.0f %%", iqr > IQR_SERIOUS ? "wide " : "", 100.0 * iqr);
    if (fabs(wall->lag1) > LAG1_WARNING)
        warn(cell, "neighbours correlate %.2f", wall->lag1);
    if (wall->slow_first)
        warn(cell, "slow first sample");
    if (wall->mild + wall->severe > 0)
        warn(cell, "%zu mild and %zu severe outliers", wall->mild, wall->severe);
    if (cell->frequency.throttled > 0)
        warn(cell, "throttled in %u of %u readings: %s", cell->frequency.throttled,
             cell->frequency.readings, cell->frequency.reasons);
}

static void conclude(fmi_cell *cell) {
    const fmi_summary *wall = &cell->bench.wall;
    const double units = (double)cell->facts.frames;
    cell->timed = true;
    cell->status = FMI_CELL_OK;
    cell->rate = units / wall->median;
    cell->rate_lo = units / wall->hi;
    cell->rate_hi = units / wall->lo;
    cell->cpu_s_per_frame = cell->bench.cpu_median / units;
    cell->joules_per_frame = cell->bench.joules / units;
    if (!(cell->joules_per_frame > 0.0)) /* a counter that stands still says nothing */
        cell->power_source[0] = '\0';
    add_warnings(cell);
    if (wall->hi > NOISY_RATIO * wall->lo)
        fmi_cell_skip(cell, FMI_CELL_NOISY,
                      "the slow end of the interval is %.1f times the fast one; run on an idle "
                      "machine",
                      wall->hi / wall->lo);
}

bool fmi_cell_again(const fmi_cell *cell) {
    return cell->status == FMI_CELL_SKIPPED && (strncmp(cell->reason, "interrupted", 11) == 0 ||
                                                strncmp(cell->reason, "the time budget", 15) == 0);
}

/* What comes from the device, by the stage that was timed alone. */
static fmi_zero_copy zero_copy_of(const fmi_cell *cell, const fmi_roofs *roofs) {
    for (uint32_t i = 0; i < cell->stages.count; ++i) {
        const fmi_stage *stage = &cell->stages.stage[i];
        if (stage->kind == FMI_KIND_TRANSFER && strcmp(stage->name, "from device") == 0)
            return fmi_observe_zero_copy(stage->bytes, stage->count, stage->seconds,
                                         fmi_roofs_value(roofs, "launch"),
                                         fmi_roofs_value(roofs, "from_device"));
    }
    return FMI_ZERO_COPY_UNKNOWN;
}

bool fmi_cell_judge(fmi_cell *cell, const fmi_roofs *roofs) {
    cell->zero_copy = zero_copy_of(cell, roofs);
    cell->roof_fraction = (double)NAN;
    cell->roof[0] = '\0';
    if (!cell->timed || cell->op->uses & FMI_ON_HOST)
        return false;
    const fmi_roof_share share =
        fmi_roofs_judge(roofs, (double)cell->facts.bytes, cell->facts.flops, cell->params.precision,
                        cell->params.caches == FMI_CACHES_COLD, cell->bench.wall.median);
    cell->roof_fraction = share.fraction;
    (void)snprintf(cell->roof, sizeof cell->roof, "%s", share.roof);
    return share.impossible;
}

void fmi_cell_impossible(fmi_cell *cell, const fmi_roofs *roofs) {
    const double seconds = cell->bench.wall.median;
    fmi_cell_skip(
        cell, FMI_CELL_NOISY,
        "impossible: %.3g GB/s and %.3g Gflop/s, the device reaches %.3g and %.3g",
        1e-9 * (double)cell->facts.bytes / seconds, 1e-9 * cell->facts.flops / seconds,
        1e-9 * fmax(fmi_roofs_value(roofs, "read_cache"), fmi_roofs_value(roofs, "triad_cache")),
        1e-9 * fmi_roofs_value(roofs, "fma_fp32"));
    cell->timed = false;
    fmi_bench_free(&cell->bench);
}

static void say(const fmi_cell_how *how, const char *phase) {
    if (how->phase)
        how->phase(how->phase_user, phase);
}

/* What fails for good will fail in the cell as well, and be told there. */
static void watch(fmi_cell *cell, const fmi_cell_how *how) {
    double seconds = 0.0;
    fm_error err = {0};
    say(how, "anchor");
    if (fmi_anchor_time(&cell->params, &seconds, &err) == FM_OK)
        cell->anchor_s = fmax(cell->anchor_s, seconds);
    else if (err.status != FM_ERROR_CANCELLED)
        warn(cell, "no anchor: %s", err.message);
}

/* The others are still timed: as busy as before, until they are done. */
static fm_status go_on(const fmi_cell *cell, void *state, const fmi_cell_how *how, fm_status status,
                       fm_error *err) {
    const uint64_t until = fmi_clock_ns() + (uint64_t)(1e9 * GATE_S);
    fmi_gate_sign(&how->gate, how->gate.side, FMI_GATE_DONE);
    while (status == FM_OK && !fmi_gate_open(&how->gate, FMI_GATE_DONE) && fmi_clock_ns() < until)
        status = cell->op->run(state, err);
    return status;
}

/* Checks, times and checks again; wrong results take the numbers away. */
static fm_status check_and_time(fmi_cell *cell, void *state, fm_engine *engine,
                                const fmi_cell_how *how, fm_error *err) {
    cell->checked = true;
    say(how, "check");
    fm_status status = fmi_case_check(cell->op, state, engine, &how->check, &cell->check, err);
    (void)snprintf(cell->error_unit, sizeof cell->error_unit, "%s",
                   cell->check.unit ? cell->check.unit : "");
    if (status != FM_OK || !cell->check.passed)
        return status;
    say(how, "time");
    cell->recipe.launching = true;
    status = cell->op->run(state, err);
    cell->recipe.launching = false;
    if (status != FM_OK)
        return status;
    fmi_case_guard(engine, false);
    say(how, "gate");
    if (how->gate.sides && !fmi_gate_wait(&how->gate, FMI_GATE_READY, GATE_S, how->bench.cancel))
        warn(cell, "timed before the others were ready");
    say(how, "time");
    status = fmi_cell_time(cell, state, how, err);
    if (how->gate.sides)
        status = go_on(cell, state, how, status, err);
    if (status != FM_OK)
        return status;
    cell->measured = true;
    say(how, "check again");
    return fmi_case_recheck(cell->op, state, engine, &cell->check, err);
}

/* Frames that need an upload of their own are not what was asked for, however fast they are. */
static uint64_t loop_uploads(const fmi_cell *cell) {
    return cell->facts.loop_upload_bytes + cell->seen.loop_bytes;
}

/* The other clock and the transfers. Whatever fails here leaves the numbers as they are. */
static void observe(fmi_cell *cell, void *state, fm_engine *engine, const fmi_cell_how *how) {
    fm_error err = {0};
    if (!cell->check.passed)
        return;
    say(how, "observe");
    fmi_case_guard(engine, false);
    if (fmi_observe(&cell->seen, cell->op, &cell->params, state, engine, how->event_clock,
                    how->bench.clock_step_ns, &err) != FM_OK &&
        err.status != FM_ERROR_CANCELLED)
        warn(cell, "transfers were not counted: %s", err.message);
}

/* Where the time went. Whatever fails here leaves the numbers as they are. */
static void look_at_stages(fmi_cell *cell, void *state, fmi_case_params *ours, fm_engine *engine,
                           const fmi_cell_how *how) {
    if (how->plain || !cell->check.passed ||
        (cell->bench.wall.median > STAGES_S && !cell->planners_batch))
        return;
    say(how, "stages");
    fmi_case_guard(engine, false);
    if (cell->op->uses & FMI_ON_HOST)
        ours->level = FM_LEVEL_LOW; /* one after the other */
    fm_error err = {0};
    if (fmi_breakdown_measure(&cell->stages, cell->op, &cell->params, &cell->facts, state, engine,
                              &err) != FM_OK &&
        err.status != FM_ERROR_CANCELLED)
        warn(cell, "no stages: %s", err.message);
}

fm_status fmi_cell_run(fmi_cell *cell, const fmi_cell_how *how, fm_error *err) {
    const uint64_t start = fmi_clock_ns();
    fm_error local = {0};
    void *state = NULL;
    cell->params.cancel = how->bench.cancel;
    cell->anchor_s = 0.0;
    fmi_recipe_free(&cell->recipe);
    watch(cell, how);
    say(how, "make");
    fmi_case_params ours = cell->params; /* not the peers' */
    fm_engine *engine = NULL;
    ours.record = &cell->recipe;
    ours.engine = &engine;
    cell->stages = (fmi_breakdown){0};
    cell->seen = (fmi_observation){0};
    fm_status status = cell->op->create(&state, &ours, &local);
    if (status == FM_OK)
        status = check_and_time(cell, state, engine, how, &local);
    if (status == FM_OK)
        observe(cell, state, engine, how);
    if (status == FM_OK)
        look_at_stages(cell, state, &ours, engine, how);
    cell->op->destroy(&state);
    if (status == FM_OK && cell->check.passed)
        watch(cell, how);
    cell->wall_s = 1e-9 * (double)(fmi_clock_ns() - start);
    if (status != FM_OK)
        fmi_cell_skip(cell, cell_status_of(status), "%s", local.message);
    else if (!cell->check.passed)
        fmi_cell_skip(cell, FMI_CELL_WRONG_RESULT, "%s", cell->check.reason);
    else if (loop_uploads(cell) > 0)
        fmi_cell_skip(cell, FMI_CELL_WRONG_RESULT,
                      "%llu bytes were uploaded inside the frame loop, where nothing may be",
                      (unsigned long long)loop_uploads(cell));
    else
        conclude(cell);
    if (!cell->timed) {
        fmi_bench_free(&cell->bench);
        fmi_recipe_free(&cell->recipe);
    }
    if (status == FM_ERROR_CANCELLED && err)
        *err = local;
    return status == FM_ERROR_CANCELLED ? status : FM_OK;
}
