/* SPDX-License-Identifier: MIT */
/* Timing a cell, alone or in turn with its peers. */
#include "cell.h"

#include "clock.h"
#include "energy.h"
#include "error.h"
#include "evict.h"
#include "frequency.h"
#include "point.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COVERED_WITHIN 0.01 /* relative difference of covered fractions: the same picture */

/* What runs in turn: our side first. */
typedef struct company {
    fmi_cell *cell;
    void *state[FMI_PEERS_MAX];
    fmi_case_params params[FMI_PEERS_MAX]; /* the states borrow them */
    fmi_side side[FMI_PEERS_MAX + 1];
    uint32_t who[FMI_PEERS_MAX + 1]; /* side to index of the peer */
    uint32_t sides;
} company;

static void refuse(fmi_peer_result *result, fmi_cell_status status, const char *reason) {
    result->status = status;
    const size_t length = strnlen(reason, sizeof result->reason - 1);
    memmove(result->reason, reason, length);
    result->reason[length] = '\0';
}

static void find_peers(fmi_cell *cell) {
    for (size_t i = 0; fmi_peers[i]; ++i) {
        const fmi_peer *peer = fmi_peers[i];
        if (strcmp(peer->op, cell->op->name) != 0 || cell->peer_count == FMI_PEERS_MAX)
            continue;
        fmi_peer_result *result = &cell->peer[cell->peer_count++];
        *result = (fmi_peer_result){.peer = peer, .index = (uint32_t)i};
        const char *reason = peer->unavailable(&cell->params);
        if (reason)
            refuse(result, FMI_CELL_UNSUPPORTED, reason);
    }
}

/* Opens and checks one peer; failures are the peer's, not the cell's. */
static fm_status open_peer(company *c, uint32_t i, fm_error *err) {
    fmi_peer_result *result = &c->cell->peer[i];
    fm_error local = {0};
    c->params[i] = c->cell->params;
    if (result->peer->frames)
        c->params[i].batch = result->peer->frames(&c->cell->params);
    fm_status status = result->peer->create(&c->state[i], &c->params[i], &local);
    if (status == FM_OK)
        status = result->peer->check(c->state[i], &result->check, &local);
    if (status == FM_ERROR_CANCELLED && err)
        *err = local;
    if (status == FM_ERROR_CANCELLED)
        return status;
    if (status != FM_OK)
        refuse(result, FMI_CELL_CRASHED, local.message);
    else if (!result->check.passed)
        refuse(result, FMI_CELL_WRONG_RESULT, result->check.reason);
    if (result->status != FMI_CELL_PENDING)
        return FM_OK;
    c->who[c->sides] = i;
    c->side[c->sides++] =
        (fmi_side){.run = result->peer->run, .state = c->state[i], .spins = result->peer->spins};
    return FM_OK;
}

static void judge_coverage(const fmi_cell *cell, fmi_peer_result *result) {
    const double ours = cell->facts.covered_fraction;
    const double theirs = result->facts.covered_fraction;
    char text[120];
    if (isnan(ours) || isnan(theirs) || fabs(theirs - ours) <= COVERED_WITHIN * ours)
        return;
    (void)snprintf(text, sizeof text, "not the same picture: it covers %.4f, ours %.4f", theirs,
                   ours);
    refuse(result, FMI_CELL_WRONG_RESULT, text);
}

/* Per unit of work: a peer may do less of it in a launch. */
static double *times_of(const fmi_bench *bench, double units) {
    const size_t n = bench->count - bench->warm_ups;
    double *times = malloc(n * sizeof *times);
    for (size_t i = 0; times && i < n; ++i)
        times[i] = bench->samples[bench->warm_ups + i].seconds / units;
    return times;
}

static fm_status compare(const company *c, uint32_t side, fm_error *err) {
    const fmi_bench *ours = &c->side[0].bench;
    const fmi_bench *theirs = &c->side[side].bench;
    fmi_peer_result *result = &c->cell->peer[c->who[side]];
    const uint32_t who = c->who[side];
    if (result->peer->facts)
        result->peer->facts(c->state[who], &result->facts);
    else
        result->facts =
            (fmi_case_facts){.frames = c->params[who].batch, .covered_fraction = (double)NAN};
    const double units = (double)result->facts.frames;
    double *a = times_of(theirs, units);
    double *b = times_of(ours, (double)c->cell->facts.frames);
    fm_status status =
        a && b ? fmi_ratio_paired(a, b, ours->count - ours->warm_ups, 0.05, &result->ratio, err)
               : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to compare with a peer");
    free(a);
    free(b);
    if (status != FM_OK)
        return status;
    result->rate = units / theirs->wall.median;
    result->rate_lo = units / theirs->wall.hi;
    result->rate_hi = units / theirs->wall.lo;
    result->status = FMI_CELL_OK;
    judge_coverage(c->cell, result);
    return FM_OK;
}

static double joules(void *energy) {
    return fmi_energy_joules(energy);
}

/* --- news ------------------------------------------------------------------------------------- */

#define NEWS_NS UINT64_C(400000000) /* seldom enough to disturb nothing */

typedef struct teller {
    const fmi_cell_how *how;
    double frames;
    uint64_t told_ns;
} teller;

static void tell(void *user, const fmi_bench *bench, uint32_t rounds) {
    teller *t = user;
    const uint64_t now = fmi_clock_ns();
    fmi_summary s;
    if (now - t->told_ns < NEWS_NS || rounds == t->how->bench.samples)
        return;
    t->told_ns = now;
    double *times = times_of(bench, 1.0);
    if (times && fmi_summarise(times, rounds, 0.05, &s, NULL) == FM_OK) {
        const fmi_cell_news news = {.samples = rounds,
                                    .of = t->how->bench.samples,
                                    .median_s = s.median,
                                    .lo_s = s.lo,
                                    .hi_s = s.hi,
                                    .rate = t->frames / s.median,
                                    .rate_lo = t->frames / s.hi,
                                    .rate_hi = t->frames / s.lo};
        t->how->news(t->how->news_user, &news);
    }
    free(times);
}

static void look_at_clock(void *frequency) {
    fmi_frequency_read(frequency);
}

static fm_status time_company(company *c, const fmi_cell_how *how, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < c->cell->peer_count; ++i)
        if (c->cell->peer[i].status == FMI_CELL_PENDING)
            status = open_peer(c, i, err);
    fmi_bench_params bench = how->bench;
    fmi_case_facts facts = {0};
    c->cell->op->facts(c->side[0].state, &facts);
    teller t = {.how = how, .frames = (double)facts.frames, .told_ns = fmi_clock_ns()};
    if (how->news) {
        bench.told = tell;
        bench.told_user = &t;
    }
    fmi_evict *evict = NULL;
    fmi_energy energy;
    fmi_frequency frequency = {0};
    if (status == FM_OK)
        status = fmi_evict_arrange(&evict, &c->cell->params, &bench, err);
    /* What is between cold launches would be counted as well. */
    if (!evict && how->caps.id[0] && fmi_energy_open(&energy, &how->caps, "")) {
        bench.joules = joules;
        bench.joules_user = &energy;
        (void)snprintf(c->cell->power_source, sizeof c->cell->power_source, "%s", energy.source);
    }
    if (how->caps.id[0] && fmi_frequency_open(&frequency, &how->caps, "")) {
        bench.after = look_at_clock;
        bench.after_user = &frequency;
    }
    if (status == FM_OK)
        status = fmi_bench_sides(c->side, c->sides, &bench, how->check.seed, err);
    fmi_evict_destroy(&evict);
    if (bench.joules)
        fmi_energy_close(&energy);
    fmi_frequency_close(&frequency);
    c->cell->frequency = frequency.seen;
    c->cell->bench = c->side[0].bench;
    c->cell->op->facts(c->side[0].state, &c->cell->facts);
    for (uint32_t i = 1; status == FM_OK && i < c->sides; ++i)
        status = compare(c, i, err);
    for (uint32_t i = 1; i < c->sides; ++i)
        c->cell->peer[c->who[i]].bench = c->side[i].bench;
    return status;
}

fm_status fmi_cell_time(fmi_cell *cell, void *state, const fmi_cell_how *how, fm_error *err) {
    company c = {.cell = cell, .sides = 1};
    c.side[0] = (fmi_side){.run = cell->op->run, .state = state};
    if (how->peers)
        find_peers(cell);
    const fm_status status = time_company(&c, how, err);
    for (uint32_t i = 0; i < cell->peer_count; ++i)
        cell->peer[i].peer->destroy(&c.state[i]);
    return status;
}

void fmi_cell_free(fmi_cell *cell) {
    fmi_bench_free(&cell->bench);
    fmi_recipe_free(&cell->recipe);
    for (uint32_t i = 0; i < cell->peer_count; ++i)
        fmi_bench_free(&cell->peer[i].bench);
}
