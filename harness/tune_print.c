/* SPDX-License-Identifier: MIT */
/* What fmbench tune prints. */
#include "console.h"
#include "error.h"
#include "io/json.h"
#include "table.h"
#include "tune_impl.h"

#include <math.h>
#include <stdio.h>

/* Its words, with commas. */
static void what_of(const fmi_candidate *c, const char *chosen, bool tie, char *out, size_t bytes) {
    const char *const words[] = {c->absent ? c->absent : c->reason, c->usual ? "usual" : "",
                                 c->before ? "stored" : "", tie ? "tie" : "", chosen};
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; ++i)
        if (words[i][0] && used < bytes)
            used += (size_t)snprintf(out + used, bytes - used, "%s%s", used ? ", " : "", words[i]);
}

static void print_list(const char *what, const char *unit, const fmi_candidate *list,
                       uint32_t count, bool measured) {
    static const char *const head[] = {"candidate", ">rate", ">against the usual", "what", NULL};
    fmi_table table = {0};
    uint32_t ties = 0;
    const uint32_t winner = fmi_tune_choose(list, count, &ties);
    char what_is[300];
    (void)printf("%s\n", what);
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < count; ++i) {
        const fmi_candidate *c = &list[i];
        fmi_table_add(&table, "%s", c->name);
        if (c->right)
            fmi_table_add(&table, "%.4g %s", c->rate, unit);
        else
            fmi_table_add(&table, "-");
        if (c->final)
            fmi_table_add(&table, "%.3f (%.3f to %.3f)", c->ratio.effect, c->ratio.lo, c->ratio.hi);
        else
            fmi_table_add(&table, "-");
        what_of(c,
                !measured || i != winner ? ""
                : ties                   ? "chosen, a tie"
                                         : "chosen",
                measured && fmi_tune_ties(list, count, i), what_is, sizeof what_is);
        fmi_table_add(&table, "%s", what_is);
    }
    fmi_table_text(&table, stdout);
    fmi_table_free(&table);
    (void)printf("\n");
}

/* "8", or "-": the planner's own. */
static const char *batch_text(const fm_tuning *g, fm_level level, char out[16]) {
    if (g->batch[level] == 0)
        return "-";
    (void)snprintf(out, 16, "%u", g->batch[level]);
    return out;
}

static void print_tuning(const char *what, const fm_tuning *g) {
    char low[16], medium[16], high[16], extreme[16];
    (void)printf("%s: %s, tile %u (%u with 4 samples), group %u, morph group %u%s, blend group %u, "
                 "solve group %u, half arithmetic %s, batch %s / %s / %s / %s (low / medium / high "
                 "/ extreme), %.4g frames/s\n",
                 what, fm_specialisation_name(g->specialisation), g->tile, g->sampled_tile,
                 g->group, g->morph_group, g->morph_recorded ? ", recorded" : "", g->blend_group,
                 g->solve_group, g->half_arithmetic ? "on" : "off",
                 batch_text(g, FM_LEVEL_LOW, low), batch_text(g, FM_LEVEL_MEDIUM, medium),
                 batch_text(g, FM_LEVEL_HIGH, high), batch_text(g, FM_LEVEL_EXTREME, extreme),
                 g->rate);
}

void fmi_tuner_text(const fmi_tuner *t) {
    (void)printf("%s on %s\n\n", t->caps.name, t->caps.platform);
    for (int i = 0; i < FMI_TUNE_STEPS; ++i)
        print_list(t->step[i].name, t->step[i].op->unit, t->step[i].list, t->step[i].count,
                   !t->options->list);
    if (t->has_stored)
        print_tuning("stored before", &t->stored);
    if (!t->options->list)
        print_tuning("now", &t->tuning);
}

static void tuning_json(fmi_json *json, const char *key, const fm_tuning *g) {
    if (!g) {
        fmi_json_null(json, key);
        return;
    }
    fmi_json_begin(json, key, '{');
    fmi_json_string(json, "specialisation", fm_specialisation_name(g->specialisation));
    fmi_json_uint(json, "tile", g->tile);
    fmi_json_uint(json, "group", g->group);
    fmi_json_uint(json, "sampled_tile", g->sampled_tile);
    fmi_json_uint(json, "morph_group", g->morph_group);
    fmi_json_bool(json, "morph_recorded", g->morph_recorded);
    fmi_json_uint(json, "blend_group", g->blend_group);
    fmi_json_uint(json, "solve_group", g->solve_group);
    fmi_json_bool(json, "half_arithmetic", g->half_arithmetic);
    fmi_json_begin(json, "batch", '{');
    for (int i = 0; i < 4; ++i)
        fmi_json_uint(json, fm_level_name((fm_level)i), g->batch[i]);
    fmi_json_end(json);
    fmi_json_double(json, "rate", g->rate);
    fmi_json_end(json);
}

static void list_json(fmi_json *json, const char *key, const fmi_candidate *list, uint32_t count,
                      bool measured) {
    const uint32_t winner = fmi_tune_choose(list, count, NULL);
    fmi_json_begin(json, key, '[');
    for (uint32_t i = 0; i < count; ++i) {
        const fmi_candidate *c = &list[i];
        const char *reason = c->absent ? c->absent : c->reason;
        fmi_json_begin(json, NULL, '{');
        fmi_json_string(json, "name", c->name);
        fmi_json_bool(json, "usual", c->usual);
        fmi_json_bool(json, "right", c->right);
        fmi_json_bool(json, "chosen", measured && i == winner);
        fmi_json_bool(json, "tie", measured && fmi_tune_ties(list, count, i));
        fmi_json_string(json, "reason", reason[0] ? reason : NULL);
        fmi_json_double(json, "rate", c->right ? c->rate : (double)NAN);
        fmi_json_double(json, "times", c->final ? c->ratio.effect : (double)NAN);
        fmi_json_double(json, "times_lo", c->final ? c->ratio.lo : (double)NAN);
        fmi_json_double(json, "times_hi", c->final ? c->ratio.hi : (double)NAN);
        fmi_json_end(json);
    }
    fmi_json_end(json);
}

fm_status fmi_tuner_json(const fmi_tuner *t, fm_error *err) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/tune/1");
    fmi_json_string(&json, "device", t->caps.name);
    fmi_json_string(&json, "device_id", t->caps.id);
    fmi_json_string(&json, "driver", t->caps.driver);
    for (int i = 0; i < FMI_TUNE_STEPS; ++i)
        list_json(&json, t->step[i].key, t->step[i].list, t->step[i].count, !t->options->list);
    tuning_json(&json, "before", t->has_stored ? &t->stored : NULL);
    tuning_json(&json, "tuning", t->tuning.rate > 0.0 ? &t->tuning : NULL);
    fmi_json_string(&json, "stored", t->path[0] ? t->path : NULL);
    fmi_json_end(&json);
    return fmi_console_json(&json, stdout, err);
}
