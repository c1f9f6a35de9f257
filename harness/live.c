/* SPDX-License-Identifier: MIT */
#include "live.h"

#include "clock.h"
#include "engine_impl.h"
#include "error.h"
#include "evict.h"
#include "stand_in.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.05
#define BUDGET_S 15.0 /* timed, both sides together */

static const uint32_t look_rounds[FMI_LOOKS_MAX] = {52, 104, 208};

struct company;

/* One side: what stands in for today's kernels, and launches that are made twice now and then. */
typedef struct side {
    struct company *company;
    fmi_stand_in stand_in;
    double twice, owed;
} side;

/* Both sides run in one state: the same buffers and the same host code, other kernels. */
typedef struct company {
    fmi_live *live;
    const fmi_live_how *how;
    const fmi_case *op;
    fmi_case_params params; /* the state borrows them */
    fm_engine *engine;      /* the state's */
    fmi_recipe today;
    void *state;
    side side[2];
    uint32_t looks;
} company;

fmi_live_how fmi_live_how_make(bool quick, uint64_t clock_step_ns,
                               const volatile sig_atomic_t *cancel) {
    fmi_live_how how = {.band = log1p(0.01), .comparisons = 1};
    how.cell = fmi_cell_how_make(true, clock_step_ns, cancel);
    how.cell.bench.same_launches = true;
    how.cell.bench.warm_cap_s = 2.0;
    how.cell.bench.budget_s = 0.5 * BUDGET_S;
    const int looks = quick ? 1 : FMI_LOOKS_MAX;
    for (int i = 0; i < looks; ++i)
        how.cell.bench.looks[i] = look_rounds[i];
    how.cell.bench.samples = look_rounds[looks - 1];
    return how;
}

static fm_status run_side(void *handle, fm_error *err) {
    side *s = handle;
    const company *c = s->company;
    fmi_queue_set_stand_in(c->engine->queue, &s->stand_in);
    fm_status status = c->op->run(c->state, err);
    s->owed += s->twice;
    if (status == FM_OK && s->owed >= 1.0) {
        s->owed -= 1.0;
        status = c->op->run(c->state, err);
    }
    return status;
}

/* --- what the pairs say --------------------------------------------------------------------- */

size_t fmi_live_times(const fmi_bench *bench, double *out) {
    size_t n = 0;
    for (size_t i = 0; i < bench->count; ++i)
        if (!bench->samples[i].warm_up)
            out[n++] = bench->samples[i].seconds;
    return n;
}

static fm_status judge(company *c, const fmi_bench *a, const fmi_bench *b, fm_error *err) {
    fmi_live *live = c->live;
    const size_t room = a->count + b->count + 1;
    const uint32_t together = c->how->comparisons ? c->how->comparisons : 1;
    double *times = malloc(room * sizeof *times);
    if (!times)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to compare %zu samples", room);
    const size_t n = fmi_live_times(a, times);
    (void)fmi_live_times(b, times + n);
    const double alpha = ALPHA / c->looks / together;
    const fm_status status = fmi_ratio_paired(times + n, times, n, alpha, &live->ratio, err);
    if (status == FM_OK) {
        live->verdict = fmi_verdict_of(&live->ratio, c->how->band);
        live->p = fmin(1.0, c->looks * fmi_verdict_p(times + n, times, n, c->how->band));
    }
    free(times);
    return status;
}

static bool enough(void *user, const fmi_side *sides, uint32_t count) {
    company *c = user;
    return count == 2 && judge(c, &sides[0].bench, &sides[1].bench, NULL) == FM_OK &&
           c->live->verdict != FMI_UNRESOLVED;
}

/* --- the sides ------------------------------------------------------------------------------ */

static void say(const company *c, const char *phase) {
    if (c->how->cell.phase)
        c->how->cell.phase(c->how->cell.phase_user, phase);
}

static void refuse(fmi_live *live, fmi_cell_status status, const char *who, const char *why) {
    live->status = status;
    (void)snprintf(live->reason, sizeof live->reason, "%s%.240s", who, why);
}

/* The state, and the programs and launches of the present build for it. */
static fm_status make(company *c, const fmi_case_params *params, fm_error *err) {
    c->params = *params;
    c->params.record = &c->today;
    c->params.engine = &c->engine;
    say(c, "make");
    fm_status status = c->op->create(&c->state, &c->params, err);
    if (status == FM_OK)
        status = c->op->run(c->state, err); /* what is built late is built now */
    c->today.launching = true;
    if (status == FM_OK)
        status = c->op->run(c->state, err);
    c->today.launching = false;
    if (status == FM_OK && (c->today.programs == 0 || c->today.launches == 0))
        status = fmi_fail(err, FM_ERROR_UNSUPPORTED,
                          "%s runs no kernels: its code is the program's own and is not stored",
                          c->op->name);
    return status;
}

static fm_status open_sides(company *c, const fmi_recipe *const stored[2], fm_error *err) {
    const fm_engine *e = c->engine;
    fm_status status = FM_OK;
    for (int i = 0; status == FM_OK && i < 2; ++i)
        status = fmi_stand_in_open(&c->side[i].stand_in, e->queue, stored[i], &c->today,
                                   e->kernel_dir[0] ? e->kernel_dir : NULL,
                                   e->cache_dir[0] ? e->cache_dir : NULL, err);
    const fmi_recipe *a = stored[0] ? stored[0] : &c->today;
    const fmi_recipe *b = stored[1] ? stored[1] : &c->today;
    c->live->same_kernels = status == FM_OK && (a == b || fmi_recipe_equal(a, b));
    return status;
}

/* Each side against the reference; what fails is told with its side. */
static fm_status check_sides(company *c, fm_error *err) {
    fm_status status = FM_OK;
    for (int i = 0; status == FM_OK && i < 2; ++i) {
        say(c, i ? "check B" : "check A");
        fmi_queue_set_stand_in(c->engine->queue, &c->side[i].stand_in);
        fmi_queue_set_poisoner(c->engine->queue, &c->side[1 - i].stand_in);
        status = fmi_case_check(c->op, c->state, c->engine, &c->how->cell.check, &c->live->check[i],
                                err);
        if (status == FM_OK && !c->live->check[i].passed) {
            refuse(c->live, FMI_CELL_WRONG_RESULT, i ? "B: " : "A: ", c->live->check[i].reason);
            break;
        }
    }
    fmi_queue_set_poisoner(c->engine->queue, NULL);
    fmi_case_guard(c->engine, false);
    return status;
}

static fm_status time_sides(company *c, fm_error *err) {
    fmi_side sides[2] = {{.run = run_side, .state = &c->side[0]},
                         {.run = run_side, .state = &c->side[1]}};
    fmi_bench_params bench = c->how->cell.bench;
    bench.enough = enough;
    bench.user = c;
    fmi_evict *evict = NULL;
    say(c, "time");
    fm_status status = fmi_evict_arrange(&evict, &c->params, &bench, err);
    if (status == FM_OK)
        status = fmi_bench_sides(sides, 2, &bench, c->how->cell.check.seed, err);
    fmi_evict_destroy(&evict);
    c->live->side[0] = sides[0].bench;
    c->live->side[1] = sides[1].bench;
    if (status == FM_OK)
        status = judge(c, &sides[0].bench, &sides[1].bench, err);
    c->live->timed = status == FM_OK;
    return status;
}

static fm_status compare(company *c, const fmi_case_params *params,
                         const fmi_recipe *const stored[2], fm_error *err) {
    fm_status status = make(c, params, err);
    if (status == FM_OK)
        status = open_sides(c, stored, err);
    if (status != FM_OK || (c->live->same_kernels && !c->how->identical))
        return status;
    status = check_sides(c, err);
    if (status != FM_OK || c->live->status != FMI_CELL_OK)
        return status;
    status = time_sides(c, err);
    if (status == FM_OK)
        status = check_sides(c, err); /* no time without a right result, before and after */
    if (c->live->status != FMI_CELL_OK)
        c->live->timed = false;
    return status;
}

static void dissolve(company *c) {
    if (c->state && c->engine && c->engine->queue)
        fmi_queue_set_stand_in(c->engine->queue, NULL);
    for (int i = 0; i < 2; ++i)
        fmi_stand_in_close(&c->side[i].stand_in);
    c->op->destroy(&c->state);
    fmi_recipe_free(&c->today);
    free(c);
}

static fmi_cell_status status_of(fm_status status) {
    return status == FM_ERROR_DEVICE_MEMORY || status == FM_ERROR_HOST_MEMORY ? FMI_CELL_OOM
           : status == FM_ERROR_UNSUPPORTED || status == FM_ERROR_BUILD       ? FMI_CELL_UNSUPPORTED
           : status == FM_ERROR_LIMIT                                         ? FMI_CELL_INFEASIBLE
           : status == FM_ERROR_CANCELLED                                     ? FMI_CELL_SKIPPED
                                                                              : FMI_CELL_CRASHED;
}

fm_status fmi_live_run(fmi_live *live, const fmi_case *op, const fmi_case_params *params,
                       const fmi_recipe *a, const fmi_recipe *b, const fmi_live_how *how,
                       fm_error *err) {
    const uint64_t start = fmi_clock_ns();
    const fmi_recipe *const stored[2] = {a, b};
    fm_error local = {0};
    company *c = calloc(1, sizeof *c);
    *live = (fmi_live){.status = FMI_CELL_OK, .p = 1.0};
    if (!c)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a comparison");
    c->live = live;
    c->how = how;
    c->op = op;
    c->side[0].company = c->side[1].company = c;
    c->side[1].twice = how->slow_b;
    for (int i = 0; i < FMI_LOOKS_MAX; ++i)
        c->looks += how->cell.bench.looks[i] > 0;
    c->looks = c->looks ? c->looks : 1;
    const fm_status status = compare(c, params, stored, &local);
    dissolve(c);
    live->wall_s = 1e-9 * (double)(fmi_clock_ns() - start);
    if (status != FM_OK)
        refuse(live, status_of(status), "", local.message);
    if (live->status != FMI_CELL_OK || (!live->timed && !live->same_kernels))
        live->verdict = FMI_UNRESOLVED;
    if (status == FM_ERROR_CANCELLED && err)
        *err = local;
    return status == FM_ERROR_CANCELLED ? status : FM_OK;
}

void fmi_live_free(fmi_live *live) {
    fmi_bench_free(&live->side[0]);
    fmi_bench_free(&live->side[1]);
}
