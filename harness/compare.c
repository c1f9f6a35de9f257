/* SPDX-License-Identifier: MIT */
/* fmbench compare: two stored runs, cell by cell. What was not measured in turn is advisory. */
#include "commands.h"
#include "console.h"
#include "error.h"
#include "html.h"
#include "io/json.h"
#include "io/text.h"
#include "ranks.h"
#include "saved.h"
#include "sessions.h"
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.05
#define FALSE_SHARE 0.05 /* of the highlighted cells, at most and on average */
#define BOOTSTRAP_SEED 1
#define HIGHLIGHTS 8

typedef enum verdict { SAME = 0, FASTER, SLOWER, UNRESOLVED, VERDICTS } verdict;
static const char *const verdict_words[VERDICTS] = {"same", "faster", "slower", "unresolved"};

/* A cell that both runs have timed. */
typedef struct pair {
    const fmi_cell *a, *b;
    const char *key;
    fmi_ranks ranks;
    double p;       /* Holm's */
    bool picked;    /* in the list of Benjamini and Hochberg */
    bool confirmed; /* its effect is above what sessions differ by */
    double anchor;  /* how much slower the machine was at b; 1 = not known */
    verdict verdict;
} pair;

typedef struct comparison {
    const char *place; /* the store's path */
    fmi_saved *a, *b;
    pair *pair;
    uint32_t count, count_of[VERDICTS];
    fmi_geometric mean;
    double band; /* ln of what counts as a difference */
    fmi_sessions sessions;
    uint32_t picked, advisory; /* advisory: faster and slower ones that are not confirmed */
} comparison;

/* --- finding pairs ------------------------------------------------------------------------------
 */

static size_t timed(const fmi_cell *cell, double *out) {
    size_t n = 0;
    for (size_t i = 0; i < cell->bench.count; ++i)
        if (!cell->bench.samples[i].warm_up)
            out[n++] = cell->bench.samples[i].seconds;
    return n;
}

/* The numbers of a store are a file's: what is wrong with them is not wrong with the words. */
static fm_status no_times(const comparison *c, const pair *p, size_t n, size_t m, fm_error *err) {
    return fmi_fail(err, FM_ERROR_BAD_INPUT,
                    "%s: runs %s and %s have %zu and %zu times of %s; 1 or more above 0 are needed "
                    "of each; export or measure them again",
                    c->place, c->a->name, c->b->name, n, m, p->key);
}

static fm_status compare_samples(const comparison *c, pair *p, fm_error *err) {
    double *a = malloc(sizeof *a * (p->a->bench.count + p->b->bench.count + 1));
    if (!a)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the samples of a cell");
    const size_t n = timed(p->a, a);
    const size_t m = timed(p->b, a + n);
    fm_status status = fmi_ranks_compare(a, n, a + n, m, ALPHA, &p->ranks, err);
    if (status == FM_ERROR_INVALID_ARGUMENT)
        status = no_times(c, p, n, m, err);
    p->p = p->ranks.p;
    p->anchor =
        p->a->anchor_s > 0.0 && p->b->anchor_s > 0.0 ? p->b->anchor_s / p->a->anchor_s : 1.0;
    free(a);
    return status;
}

static fm_status find_pairs(comparison *c, fm_error *err) {
    c->pair = calloc(c->a->cells.count + 1, sizeof *c->pair);
    fm_status status = c->pair ? FM_OK : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for pairs");
    for (uint32_t i = 0; status == FM_OK && i < c->a->cells.count; ++i)
        for (uint32_t j = 0; status == FM_OK && j < c->b->cells.count; ++j) {
            const fmi_cell *a = &c->a->cells.cell[i], *b = &c->b->cells.cell[j];
            if (!a->timed || !b->timed || strcmp(c->a->key[i], c->b->key[j]) != 0)
                continue;
            pair *p = &c->pair[c->count++];
            *p = (pair){.a = a, .b = b, .key = c->a->key[i]};
            status = compare_samples(c, p, err);
            break;
        }
    return status == FM_OK && c->count == 0
               ? fmi_fail(err, FM_ERROR_BAD_INPUT, "runs %s and %s have no timed cell in common",
                          c->a->name, c->b->name)
               : status;
}

/* --- verdicts -----------------------------------------------------------------------------------
 */

static bool is_difference(verdict v) {
    return v == FASTER || v == SLOWER;
}

/* Both as measured and held against the anchor kernel: a machine that was slower as a whole makes
 * no cell slower. */
static verdict judge(const pair *p, double band) {
    const double drift = log(p->anchor);
    const double lo = log(p->ranks.lo), hi = log(p->ranks.hi);
    const double least = fmin(lo, lo - drift), most = fmax(hi, hi - drift);
    if (!isfinite(lo) || !isfinite(hi))
        return UNRESOLVED;
    if (least > band && p->p <= ALPHA)
        return SLOWER;
    if (most < -band && p->p <= ALPHA)
        return FASTER;
    return least > -band && most < band ? SAME : UNRESOLVED;
}

/* A verdict counts as more than advice when both its ratios are beyond what sessions differ by. */
static bool is_confirmed(const pair *p, const fmi_sessions *sessions) {
    const double effect = fabs(log(p->ranks.effect));
    const double normalised = fabs(log(p->ranks.effect / p->anchor));
    return sessions->floor > 0.0 && fmin(effect, normalised) > log1p(sessions->floor);
}

static fm_status decide(comparison *c, double threshold, fm_error *err) {
    double *p = malloc(sizeof *p * c->count);
    double *ratio = malloc(sizeof *ratio * c->count);
    bool *picked = calloc(c->count, sizeof *picked);
    fm_status status = p && ratio && picked ? FM_OK
                                            : fmi_fail(err, FM_ERROR_HOST_MEMORY,
                                                       "no memory for %u cells", c->count);
    for (uint32_t i = 0; status == FM_OK && i < c->count; ++i) {
        p[i] = c->pair[i].p;
        ratio[i] = c->pair[i].ranks.effect;
    }
    if (status == FM_OK) {
        c->picked = (uint32_t)fmi_benjamini_hochberg(p, c->count, FALSE_SHARE, picked);
        status = fmi_holm(p, c->count, err);
    }
    c->band = log1p(threshold);
    for (uint32_t i = 0; status == FM_OK && i < c->count; ++i) {
        c->pair[i].p = p[i];
        c->pair[i].picked = picked[i];
        c->pair[i].verdict = judge(&c->pair[i], c->band);
        c->pair[i].confirmed = is_confirmed(&c->pair[i], &c->sessions);
        c->count_of[c->pair[i].verdict]++;
        c->advisory += is_difference(c->pair[i].verdict) && !c->pair[i].confirmed;
    }
    if (status == FM_OK)
        c->mean = fmi_geometric_mean(ratio, c->count, BOOTSTRAP_SEED);
    free(p);
    free(ratio);
    free(picked);
    return status;
}

/* --- printing ------------------------------------------------------------------------------------
 */

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The smallest slowdown that intervals this wide would have shown. */
static void print_resolution(const comparison *c) {
    double *found = malloc(sizeof *found * c->count);
    uint32_t n = 0;
    for (uint32_t i = 0; found && i < c->count; ++i)
        if (isfinite(c->pair[i].ranks.lo))
            found[n++] = expm1(c->band + log(c->pair[i].ranks.effect / c->pair[i].ranks.lo));
    if (n) {
        qsort(found, n, sizeof *found, ascending);
        (void)printf(
            "Resolution of this table, what drifted between the sessions aside: a slowdown "
            "of %.1f %% would show in the middle cell, of %.1f %% in every cell.\n",
            100.0 * found[n / 2], 100.0 * found[n - 1]);
    }
    (void)printf("%s\n", found ? c->a->resolution : "no memory for the resolution of this table");
    free(found);
}

/* The cells that are most likely different, largest effect first. */
static void print_highlights(const comparison *c) {
    (void)printf("Highlighted by Benjamini and Hochberg (at most 5 %% of them by chance): %u of "
                 "%u cells.\n",
                 c->picked, c->count);
    double last = (double)INFINITY;
    for (uint32_t k = 0; k < c->picked && k < HIGHLIGHTS; ++k) {
        const pair *next = NULL;
        for (uint32_t i = 0; i < c->count; ++i) {
            const double effect = fabs(log(c->pair[i].ranks.effect));
            if (c->pair[i].picked && effect < last &&
                (!next || effect > fabs(log(next->ranks.effect))))
                next = &c->pair[i];
        }
        if (!next)
            break;
        char text[FMI_POINT_TEXT];
        last = fabs(log(next->ranks.effect));
        fmi_point_text(next->a->op, &next->a->params, text);
        (void)printf("  %s: B takes %.3f times as long, %s%s\n", text, next->ranks.effect,
                     verdict_words[next->verdict],
                     is_difference(next->verdict) && !next->confirmed ? " (advisory)" : "");
    }
}

static void add_row(fmi_table *table, const pair *p) {
    char a[24], b[24], text[FMI_POINT_TEXT];
    fmi_point_text(p->a->op, &p->a->params, text);
    fmi_table_add(table, "%s%s", text, p->picked ? " *" : "");
    fmi_table_add(table, "%s %s", fmi_html_si(a, p->a->rate), p->a->op->unit);
    fmi_table_add(table, "%s %s", fmi_html_si(b, p->b->rate), p->b->op->unit);
    fmi_table_add(table, "%.3f", p->ranks.effect);
    fmi_table_add(table, "%.3f to %.3f", p->ranks.lo, p->ranks.hi);
    fmi_table_add(table, "%.3f", p->anchor);
    fmi_table_add(table, "%.3f", p->ranks.effect / p->anchor);
    fmi_table_add(table, "%.2g", p->p);
    fmi_table_add(table, "%s%s", verdict_words[p->verdict],
                  is_difference(p->verdict) && !p->confirmed ? ", advisory" : "");
}

static void print_table(const comparison *c, fmi_format format) {
    static const char *const head[] = {"cell",           ">A",          ">B",          ">time B/A",
                                       ">95 % interval", ">anchor B/A", ">normalised", ">p (Holm)",
                                       "verdict",        NULL};
    char sessions[300];
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < c->count; ++i)
        add_row(&table, &c->pair[i]);
    fmi_table_print(&table, format, stdout);
    fmi_table_free(&table);
    if (format == FMI_FORMAT_CSV)
        return;
    fmi_sessions_text(&c->sessions, sessions, sizeof sessions);
    (void)printf("\nA %s, B %s: not measured in turn, and what drifts between sessions looks like "
                 "a difference; identical code is then called different in 4 of 10 cells without a "
                 "band. All cells: B takes %.3f times as long (%.3f to %.3f).\n%s\n",
                 c->a->name, c->b->name, c->mean.mean, c->mean.lo, c->mean.hi, sessions);
    print_highlights(c);
    print_resolution(c);
}

/* Without a floor nothing is more than advice; with one, what lies below it is. */
static bool is_advisory(const comparison *c) {
    return !(c->sessions.floor > 0.0) || c->advisory > 0;
}

static fm_status print_json(const comparison *c, fm_error *err) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/compare/1");
    fmi_json_string(&json, "a", c->a->name);
    fmi_json_string(&json, "b", c->b->name);
    fmi_json_bool(&json, "advisory", is_advisory(c));
    fmi_json_double(&json, "session_floor",
                    c->sessions.floor > 0.0 ? c->sessions.floor : (double)NAN);
    fmi_json_uint(&json, "session_changes", c->sessions.changes);
    fmi_json_double(&json, "threshold", expm1(c->band));
    fmi_json_double(&json, "geometric_mean", c->mean.mean);
    fmi_json_double(&json, "geometric_mean_lo", c->mean.lo);
    fmi_json_double(&json, "geometric_mean_hi", c->mean.hi);
    fmi_json_begin(&json, "cells", '[');
    for (uint32_t i = 0; i < c->count; ++i) {
        const pair *p = &c->pair[i];
        fmi_json_begin(&json, NULL, '{');
        fmi_json_string(&json, "key", p->key);
        fmi_json_double(&json, "ratio", p->ranks.effect);
        fmi_json_double(&json, "ratio_lo", p->ranks.lo);
        fmi_json_double(&json, "ratio_hi", p->ranks.hi);
        fmi_json_double(&json, "anchor_ratio", p->anchor);
        fmi_json_double(&json, "normalised", p->ranks.effect / p->anchor);
        fmi_json_double(&json, "normalised_lo", p->ranks.lo / p->anchor);
        fmi_json_double(&json, "normalised_hi", p->ranks.hi / p->anchor);
        fmi_json_double(&json, "p_holm", p->p);
        fmi_json_string(&json, "verdict", verdict_words[p->verdict]);
        fmi_json_bool(&json, "advisory", is_difference(p->verdict) && !p->confirmed);
        fmi_json_bool(&json, "highlighted", p->picked);
        fmi_json_end(&json);
    }
    fmi_json_end(&json);
    fmi_json_end(&json);
    return fmi_console_json(&json, stdout, err);
}

/* The worst one there is decides. Where it is known what sessions differ by, a slower cell below
 * that fails nothing: the same program would fail as often. */
static int conclude(const comparison *c) {
    const verdict overall = c->count_of[SLOWER]       ? SLOWER
                            : c->count_of[UNRESOLVED] ? UNRESOLVED
                            : c->count_of[FASTER]     ? FASTER
                                                      : SAME;
    uint32_t confirmed = 0;
    for (uint32_t i = 0; i < c->count; ++i)
        confirmed += c->pair[i].verdict == SLOWER && c->pair[i].confirmed;
    (void)fprintf(stderr,
                  "verdict=%s cells=%u faster=%u slower=%u same=%u unresolved=%u advisory=%d "
                  "confirmed_slower=%u geometric_mean=%.4f\n",
                  verdict_words[overall], c->count, c->count_of[FASTER], c->count_of[SLOWER],
                  c->count_of[SAME], c->count_of[UNRESOLVED], is_advisory(c), confirmed,
                  c->mean.mean);
    return confirmed || (overall == SLOWER && !(c->sessions.floor > 0.0)) ? 1 : 0;
}

int fmi_command_compare(const fmi_options *options) {
    fmi_store *store = NULL;
    comparison c = {0};
    fm_error err = {0};
    fm_status status = fmi_store_open_existing(&store, options->db, &err);
    if (status == FM_OK)
        c.place = fmi_store_path(store);
    if (status == FM_OK)
        status = fmi_saved_load(&c.a, store, options->word[0], &err);
    if (status == FM_OK)
        status = fmi_saved_load(&c.b, store, options->word[1], &err);
    if (status == FM_OK && !options->allow_different_env &&
        strcmp(c.a->environment.machine, c.b->environment.machine) != 0)
        status = fmi_fail(&err, FM_ERROR_BAD_INPUT,
                          "run %s is of another machine, device or driver than %s; "
                          "--allow-different-env compares them all the same",
                          c.a->name, c.b->name);
    if (status == FM_OK)
        status =
            fmi_sessions_read(store, c.b->environment.machine, c.a->id, c.b->id, &c.sessions, &err);
    if (status == FM_OK)
        status = find_pairs(&c, &err);
    if (status == FM_OK)
        status = decide(&c, options->threshold, &err);
    if (status == FM_OK && options->format == FMI_FORMAT_JSON)
        status = print_json(&c, &err);
    else if (status == FM_OK)
        print_table(&c, options->format);
    if (status == FM_OK)
        status = fmi_text_flush(&err);
    const int code = status == FM_OK ? conclude(&c) : fmi_console_error(&err);
    free(c.pair);
    fmi_saved_free(&c.a);
    fmi_saved_free(&c.b);
    fmi_store_close(&store);
    return code;
}
