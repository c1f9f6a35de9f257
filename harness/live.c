/* SPDX-License-Identifier: MIT */
#include "live.h"

#include "clock.h"
#include "error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.05
#define BUDGET_S 15.0 /* timed, both sides together */

static const uint32_t look_rounds[FMI_LOOKS_MAX] = {52, 104, 208};

/* One side: a state, and launches that are made twice now and then. */
typedef struct side {
    const fmi_case *op;
    fmi_case_params params; /* the state borrows them */
    fmi_replay replay;
    void *state;
    double twice, owed;
} side;

/* What the looks need. */
typedef struct company {
    fmi_live *live;
    const fmi_live_how *how;
    const fmi_case *op;
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
    fm_status status = s->op->run(s->state, err);
    s->owed += s->twice;
    if (status == FM_OK && s->owed >= 1.0) {
        s->owed -= 1.0;
        status = s->op->run(s->state, err);
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

/* The programs and launches of the present build for this point. */
static fm_status note_today(company *c, const fmi_case_params *params, fmi_recipe *today,
                            fm_error *err) {
    void *state = NULL;
    fmi_case_params own = *params;
    own.record = today;
    fm_status status = c->op->create(&state, &own, err);
    if (status == FM_OK)
        status = c->op->run(state, err); /* what is built late is built now */
    today->launching = true;
    if (status == FM_OK)
        status = c->op->run(state, err);
    today->launching = false;
    c->op->destroy(&state);
    return status;
}

static fm_status fit(company *c, const fmi_recipe *const stored[2], const fmi_case_params *params,
                     fm_error *err) {
    fmi_recipe today = {0};
    fm_status status = note_today(c, params, &today, err);
    if (status == FM_OK && (today.programs == 0 || today.launches == 0))
        status = fmi_fail(err, FM_ERROR_UNSUPPORTED,
                          "%s runs no kernels: its code is the program's own and is not stored",
                          c->op->name);
    for (int i = 0; status == FM_OK && i < 2; ++i)
        if (stored[i])
            status = fmi_replay_make(&c->side[i].replay, stored[i], &today, err);
    const fmi_recipe *a = stored[0] ? stored[0] : &today;
    const fmi_recipe *b = stored[1] ? stored[1] : &today;
    c->live->same_kernels = status == FM_OK && (a == b || fmi_recipe_equal(a, b));
    fmi_recipe_free(&today);
    return status;
}

static fm_status make_side(company *c, int i, const fmi_case_params *params, bool stored,
                           fm_error *err) {
    side *s = &c->side[i];
    s->op = c->op;
    s->params = *params;
    s->params.replay = stored ? &s->replay : NULL;
    fm_status status = c->op->create(&s->state, &s->params, err);
    say(c, i ? "check B" : "check A");
    if (status == FM_OK)
        status = c->op->check(s->state, &c->how->cell.check, &c->live->check[i], err);
    return status;
}

static fm_status time_sides(company *c, fm_error *err) {
    fmi_side sides[2] = {{.run = run_side, .state = &c->side[0]},
                         {.run = run_side, .state = &c->side[1]}};
    fmi_bench_params bench = c->how->cell.bench;
    bench.enough = enough;
    bench.user = c;
    say(c, "time");
    fm_status status = fmi_bench_sides(sides, 2, &bench, c->how->cell.check.seed, err);
    c->live->side[0] = sides[0].bench;
    c->live->side[1] = sides[1].bench;
    if (status == FM_OK)
        status = judge(c, &sides[0].bench, &sides[1].bench, err);
    c->live->timed = status == FM_OK;
    return status;
}

static bool both_pass(company *c) {
    for (int i = 0; i < 2; ++i)
        if (!c->live->check[i].passed) {
            refuse(c->live, FMI_CELL_WRONG_RESULT, i ? "B: " : "A: ", c->live->check[i].reason);
            return false;
        }
    return true;
}

static fm_status compare(company *c, const fmi_case_params *params,
                         const fmi_recipe *const stored[2], fm_error *err) {
    say(c, "make");
    fm_status status = stored[0] || stored[1] ? fit(c, stored, params, err) : FM_OK;
    if (status != FM_OK || (c->live->same_kernels && !c->how->identical))
        return status;
    for (int i = 0; status == FM_OK && i < 2; ++i)
        status = make_side(c, i, params, stored[i] != NULL, err);
    if (status != FM_OK || !both_pass(c))
        return status;
    status = time_sides(c, err);
    say(c, "check again");
    for (int i = 0; status == FM_OK && i < 2; ++i)
        status = c->op->recheck(c->side[i].state, &c->live->check[i], err);
    if (status == FM_OK && !both_pass(c))
        c->live->timed = false;
    return status;
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
    c->side[1].twice = how->slow_b;
    for (int i = 0; i < FMI_LOOKS_MAX; ++i)
        c->looks += how->cell.bench.looks[i] > 0;
    c->looks = c->looks ? c->looks : 1;
    const fm_status status = compare(c, params, stored, &local);
    for (int i = 0; i < 2; ++i)
        op->destroy(&c->side[i].state);
    free(c);
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
