/* SPDX-License-Identifier: MIT */
/* fmbench compare --live: the kernels of a stored run and today's (or another run's), in turn. */
#include "compare_live.h"
#include "clock.h"
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/text.h"
#include "noise.h"
#include "pcg.h"
#include "progress_line.h"
#include "ranks.h"
#include "saved.h"
#include "store_recipe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.05
#define SECONDS 560.0 /* unless --max-time says otherwise */
#define QUICK_SECONDS 50.0
#define CELL_SECONDS 60.0 /* of one cell, at most */

/* --- which cells ---------------------------------------------------------------------------- */

static bool wanted(const fmi_options *o, const fmi_cell *cell, const char *key) {
    bool op = !o->some_ops;
    for (uint32_t i = 0; i < o->op_count && !op; ++i)
        op = o->ops[i] == cell->op;
    return cell->timed && op && fmi_compare_matches(key, o->cell);
}

bool fmi_compare_matches(const char *key, const char *pattern) {
    const char *at = key;
    const char *star = pattern ? strchr(pattern, '*') : NULL;
    if (!pattern)
        return true;
    if (!star)
        return strstr(key, pattern) != NULL;
    while (*pattern) { /* the parts between the stars, one behind the other */
        const size_t length = strcspn(pattern, "*");
        char part[FMI_POINT_TEXT];
        (void)snprintf(part, sizeof part, "%.*s", (int)length, pattern);
        at = strstr(at, part);
        if (!at)
            return false;
        at += strlen(part);
        pattern += length + (pattern[length] == '*');
    }
    return true;
}

static int64_t other_id(const fmi_saved *run, const char *key) {
    for (uint32_t i = 0; i < run->cells.count; ++i)
        if (run->cells.cell[i].timed && strcmp(run->key[i], key) == 0)
            return run->cell_id[i];
    return -1;
}

static fm_status choose(fmi_compared *c, fm_error *err) {
    const uint32_t room = c->a->cells.count;
    c->row = calloc(room + 1U, sizeof *c->row);
    if (!c->row)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u comparisons", room);
    for (uint32_t i = 0; i < room; ++i) {
        fmi_compared_row row = {.cell = &c->a->cells.cell[i],
                                .key = c->a->key[i],
                                .id = {c->a->cell_id[i], 0},
                                .live = {.verdict = FMI_UNRESOLVED, .p = 1.0}};
        if (c->b)
            row.id[1] = other_id(c->b, row.key);
        if (!wanted(c->options, row.cell, row.key) || row.id[1] < 0)
            continue;
        bool kernels = true;
        const fm_status status = fmi_store_has_recipe(c->store, row.id[0], &kernels, err);
        if (status != FM_OK)
            return status;
        c->without += !kernels;
        if (kernels)
            c->row[c->count++] = row;
    }
    if (c->count == 0 && c->without)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "run %s keeps no kernels with these cells: their work is the host's, or an "
                        "older version measured them; compare two runs without --live",
                        c->a->name);
    return c->count ? FM_OK
                    : fmi_fail(err, FM_ERROR_BAD_INPUT, "run %s has no timed cell of that kind%s",
                               c->a->name, c->b ? " that the other one has, too" : "");
}

/* --- the run of a cell ------------------------------------------------------------------------ */

static void skip(fmi_live *live, const char *why) {
    live->status = FMI_CELL_SKIPPED;
    live->verdict = FMI_UNRESOLVED;
    (void)snprintf(live->reason, sizeof live->reason, "%s", why);
}

static fm_status read_sides(fmi_compared *c, const fmi_compared_row *row, fmi_recipe recipe[2],
                            fm_error *err) {
    fm_status status = FM_OK;
    for (int i = 0; status == FM_OK && i < (c->b ? 2 : 1); ++i)
        status = fmi_store_read_recipe(c->store, row->id[i], &recipe[i], err);
    return status;
}

static fm_status run_row(fmi_compared *c, fmi_compared_row *row, fm_error *err) {
    fmi_recipe recipe[2] = {{0}, {0}};
    fmi_case_params params = row->cell->params;
    params.device = c->room.caps.id;
    params.log = c->room.log;
    if (params.input) {
        params.input = fmi_live_room_find(&c->room, params.input->label, params.input->vertices);
        if (!params.input) {
            skip(&row->live, "its input cannot be made again");
            return FM_OK;
        }
    }
    fmi_live_how how =
        fmi_live_how_make(c->options->quick, c->room.environment.clock_step_ns, NULL);
    how.band = c->band;
    how.comparisons = c->count;
    how.cell.check.seed = c->seed;
    fm_status status = read_sides(c, row, recipe, err);
    if (status == FM_OK)
        status = fmi_runner_live(c->room.runner, &row->live, row->cell->op, &params, &recipe[0],
                                 c->b ? &recipe[1] : NULL, &how, true, c->options->cell_limit_s,
                                 CELL_SECONDS, err);
    fmi_recipe_free(&recipe[0]);
    fmi_recipe_free(&recipe[1]);
    return status;
}

static fm_status run_all(fmi_compared *c, fm_error *err) {
    const fmi_options *o = c->options;
    const double most = o->max_time_set ? o->max_time_s : o->quick ? QUICK_SECONDS : SECONDS;
    const double begun = fmi_clock_since_start();
    uint32_t *order = malloc(sizeof *order * c->count);
    if (!order)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the order of %u cells", c->count);
    fmi_pcg pcg = fmi_pcg_seed(c->seed);
    fmi_progress progress;
    fmi_pcg_shuffle(&pcg, order, c->count);
    fmi_progress_start(&progress, o->json_progress);
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < c->count; ++i) {
        fmi_compared_row *row = &c->row[o->fixed_order ? i : order[i]];
        progress.now = (fmi_progress_now){.what = row->key, .done = i, .total = c->count};
        fmi_progress_show(&progress);
        if (fmi_signals_stop())
            skip(&row->live, "interrupted");
        else if (most > 0.0 && fmi_clock_since_start() - begun > most)
            skip(&row->live, "the time budget is used up; raise --max-time");
        else
            status = run_row(c, row, err);
        if (status == FM_ERROR_CANCELLED) {
            skip(&row->live, "interrupted");
            status = FM_OK;
        }
    }
    fmi_progress_end(&progress, NULL);
    free(order);
    return status;
}

/* --- verdicts --------------------------------------------------------------------------------- */

/* Holm is at least as sharp as the shared intervals: what they call different, it does, too. */
static fm_status decide(fmi_compared *c, fm_error *err) {
    double *p = malloc(sizeof *p * c->count);
    double *ratio = malloc(sizeof *ratio * c->count);
    uint32_t *which = malloc(sizeof *which * c->count);
    uint32_t timed = 0;
    fm_status status = p && ratio && which ? FM_OK
                                           : fmi_fail(err, FM_ERROR_HOST_MEMORY,
                                                      "no memory for %u p-values", c->count);
    for (uint32_t i = 0; status == FM_OK && i < c->count; ++i)
        if (c->row[i].live.timed) {
            which[timed] = i;
            p[timed] = c->row[i].live.p;
            ratio[timed++] = c->row[i].live.ratio.effect;
        }
    if (status == FM_OK && timed)
        status = fmi_holm(p, timed, err);
    for (uint32_t i = 0; status == FM_OK && i < timed; ++i) {
        fmi_compared_row *row = &c->row[which[i]];
        row->p = p[i];
        if (row->live.verdict == FMI_UNRESOLVED && p[i] <= ALPHA)
            row->live.verdict = row->live.ratio.effect > 1.0 ? FMI_SLOWER : FMI_FASTER;
    }
    c->mean = (fmi_geometric){.mean = 1.0, .lo = 1.0, .hi = 1.0};
    if (status == FM_OK && timed)
        c->mean = fmi_geometric_mean(ratio, timed, 1);
    for (uint32_t i = 0; i < c->count; ++i) {
        c->count_of[c->row[i].live.verdict]++;
        c->wrong += c->row[i].live.status == FMI_CELL_WRONG_RESULT;
    }
    free(p);
    free(ratio);
    free(which);
    return status;
}

static fm_status store_all(fmi_compared *c, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < c->count; ++i) {
        const fmi_compared_row *row = &c->row[i];
        const fmi_store_comparison one = {.started = c->room.started,
                                          .a = c->a->name,
                                          .b = c->b ? c->b->name : "now",
                                          .key = row->key,
                                          .band = c->band,
                                          .verdict = row->live.verdict,
                                          .p = row->p,
                                          .environment = &c->room.environment,
                                          .live = &row->live};
        status = fmi_store_add_comparison(c->store, &one, err);
    }
    return status;
}

/* --- the command ------------------------------------------------------------------------------ */

static fm_status load(fmi_compared *c, fm_error *err) {
    fm_status status = fmi_store_open_existing(&c->store, c->options->db, err);
    if (status == FM_OK)
        status = fmi_saved_load(&c->a, c->store, c->options->word[0], err);
    if (status == FM_OK && c->options->word_count > 1 && strcmp(c->options->word[1], "now") != 0)
        status = fmi_saved_load(&c->b, c->store, c->options->word[1], err);
    return status == FM_OK ? choose(c, err) : status;
}

static fm_status same_machine(const fmi_compared *c, fm_error *err) {
    const fmi_saved *const runs[2] = {c->a, c->b};
    for (int i = 0; i < 2; ++i)
        if (runs[i] && !c->options->allow_different_env &&
            strcmp(runs[i]->environment.machine, c->room.environment.machine) != 0)
            return fmi_fail(err, FM_ERROR_BAD_INPUT,
                            "run %s is of another machine, device, driver or setting of it than "
                            "this; --allow-different-env compares its kernels here all the same",
                            runs[i]->name);
    return FM_OK;
}

/* Today's device and the inputs that the stored run had. */
static fm_status open_room(fmi_compared *c, int argc, char *const *argv, fm_error *err) {
    fmi_store_found found = {0};
    fmi_options *theirs = calloc(1, sizeof *theirs);
    fm_status status = theirs ? fmi_store_find(c->store, c->a->name, &found, err)
                              : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for options");
    if (status == FM_OK)
        status = fmi_options_parse(theirs, found.argc, found.argv, err);
    bool skins = false;
    for (uint32_t i = 0; i < c->count; ++i)
        skins = skins || (c->row[i].cell->params.input &&
                          strstr(c->row[i].cell->params.input->label, "2048 x 2048"));
    const char *device = c->options->device                ? c->options->device
                         : c->options->allow_different_env ? NULL
                                                           : c->a->environment.caps.id;
    if (status == FM_OK)
        status = fmi_live_room_open(&c->room, c->options, device, argc, argv, err);
    if (status == FM_OK)
        status = same_machine(c, err);
    if (status == FM_OK)
        status = fmi_live_room_inputs(&c->room, theirs, skins, err);
    fmi_store_found_free(&found);
    free(theirs);
    return status;
}

static fm_status measure(fmi_compared *c, fm_error *err) {
    fm_status status = fmi_store_read_noise(c->store, c->room.environment.machine, &c->noise, err);
    c->band = log1p(c->options->threshold);
    if (c->noise.trials >= FMI_NOISE_TRIALS_MIN)
        c->band = fmax(c->band, log1p(c->noise.floor));
    if (status == FM_OK)
        status = run_all(c, err);
    if (status == FM_OK)
        status = decide(c, err);
    if (status != FM_OK || !fmi_store_is_read_only(c->store))
        return status == FM_OK ? store_all(c, err) : status;
    fmi_console_say("fmbench: warning: %s: cannot be written: the comparison is not kept",
                    fmi_store_path(c->store));
    return FM_OK;
}

/* The worst one there is decides. */
static int conclude(const fmi_compared *c) {
    const int stopped = fmi_signals_exit_code();
    const fmi_verdict overall = c->count_of[FMI_SLOWER]       ? FMI_SLOWER
                                : c->count_of[FMI_UNRESOLVED] ? FMI_UNRESOLVED
                                : c->count_of[FMI_FASTER]     ? FMI_FASTER
                                                              : FMI_SAME;
    (void)fprintf(stderr,
                  "verdict=%s cells=%u faster=%u slower=%u same=%u unresolved=%u wrong=%u live=1 "
                  "without=%u geometric_mean=%.4f seconds=%.1f\n",
                  c->wrong ? "wrong-result" : fmi_verdict_name(overall), c->count,
                  c->count_of[FMI_FASTER], c->count_of[FMI_SLOWER], c->count_of[FMI_SAME],
                  c->count_of[FMI_UNRESOLVED], c->wrong, c->without, c->mean.mean,
                  fmi_clock_since_start());
    return overall == FMI_SLOWER || c->wrong ? 1 : stopped;
}

int fmi_command_live(const fmi_options *options, int argc, char *const *argv) {
    fmi_compared c = {.options = options, .seed = options->seed_set ? options->seed : 1};
    fm_error err = {0};
    fmi_runtime_settings((uint32_t)options->threads.value[0].a);
    fmi_signals_install();
    fm_status status = load(&c, &err);
    if (status == FM_OK)
        status = open_room(&c, argc, argv, &err);
    if (status == FM_OK)
        status = measure(&c, &err);
    if (status == FM_OK)
        status = fmi_compare_print(&c, stdout, &err);
    if (status == FM_OK)
        status = fmi_text_flush(&err);
    const int code = status == FM_OK ? conclude(&c) : fmi_console_error(&err);
    for (uint32_t i = 0; i < c.count; ++i)
        fmi_live_free(&c.row[i].live);
    free(c.row);
    fmi_live_room_free(&c.room);
    fmi_saved_free(&c.a);
    fmi_saved_free(&c.b);
    fmi_store_close(&c.store);
    return code;
}
