/* SPDX-License-Identifier: MIT */
/* fmbench scoreboard, and its part of the page. */
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/json.h"
#include "io/text.h"
#include "page.h"
#include "saved.h"
#include "scoreboard.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>

/* The runs that figures are taken from, in the order they were named. */
typedef struct score_runs {
    fmi_saved *run[FMI_WORDS_MAX];
    uint32_t count;
} score_runs;

static void cell_words(const fmi_score *s, char out[FMI_POINT_TEXT]) {
    out[0] = '\0';
    if (s->of && isfinite(s->ours)) /* a cell without the figure is not its source */
        fmi_point_text(s->of->op, &s->of->params, out);
}

/* The verdict of a row. */
static void verdict(const fmi_score *s, char out[120]) {
    if (!s->comparable)
        (void)snprintf(out, 120, "not comparable: %s", s->why);
    else if (isfinite(s->times))
        (void)snprintf(out, 120, "%.3g x", s->times);
    else
        (void)snprintf(out, 120, "comparable");
}

static void add_row(fmi_table *table, const fmi_score *s) {
    const fmi_claim *c = s->claim;
    char theirs[48], ours[48], words[120], of[FMI_POINT_TEXT];
    verdict(s, words);
    cell_words(s, of);
    fmi_table_add(table, "%s", c->row);
    fmi_table_add(table, "%s", c->what);
    fmi_table_add(table, "%s", fmi_score_text(theirs, c->low, c->high, c->unit));
    fmi_table_add(table, "%s%s%s", fmi_claim_kind_name(c->kind), c->hardware[0] ? ", " : "",
                  c->hardware);
    fmi_table_add(table, "%s", fmi_score_text(ours, s->ours, s->ours, c->unit));
    fmi_table_add(table, "%s", of);
    fmi_table_add(table, "%s", words);
    fmi_table_add(table, "%s", c->note);
}

static void print_table(const score_runs *runs, const fmi_score *score, fmi_format format) {
    static const char *const head[] = {
        "row",      "claim", ">theirs", "how they know", ">ours, measured", "cell of ours",
        "compared", "note",  NULL};
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (size_t i = 0; i < fmi_claim_count; ++i)
        add_row(&table, &score[i]);
    fmi_table_print(&table, format, stdout);
    fmi_table_free(&table);
    if (format == FMI_FORMAT_CSV)
        return;
    (void)printf("\nOurs: ");
    for (uint32_t i = 0; i < runs->count; ++i)
        (void)printf("%srun %s on %s, %s", i ? "; " : "", runs->run[i]->name,
                     runs->run[i]->environment.caps.name, runs->run[i]->environment.cpu);
    (void)printf(
        ". Every figure of ours is measured, none modelled or projected; batches for a size of "
        "memory are computed from measured bytes.\n%s\n",
        runs->run[runs->count - 1]->resolution);
}

static void row_json(fmi_json *json, const fmi_score *s) {
    const fmi_claim *c = s->claim;
    char of[FMI_POINT_TEXT];
    cell_words(s, of);
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "row", c->row);
    fmi_json_string(json, "claim", c->what);
    fmi_json_string(json, "unit", c->unit);
    fmi_json_double(json, "theirs_low", c->low);
    fmi_json_double(json, "theirs_high", c->high);
    fmi_json_string(json, "theirs_kind", fmi_claim_kind_name(c->kind));
    fmi_json_words(json, "theirs_hardware", c->hardware);
    fmi_json_double(json, "ours", s->ours);
    fmi_json_string(json, "ours_kind",
                    !isfinite(s->ours)            ? NULL
                    : c->metric == FMI_CLAIM_FITS ? "computed"
                                                  : "measured");
    fmi_json_words(json, "cell", of);
    fmi_json_string(json, "run", s->run);
    fmi_json_bool(json, "comparable", s->comparable);
    fmi_json_words(json, "reason", s->why);
    fmi_json_double(json, "times", s->times);
    fmi_json_words(json, "note", c->note);
    fmi_json_end(json);
}

static fm_status print_json(const score_runs *runs, const fmi_score *score, fm_error *err) {
    const fmi_saved *run = runs->run[runs->count - 1];
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/scoreboard/1");
    fmi_json_string(&json, "run", run->name);
    fmi_environment_json(&run->environment, &json, "environment");
    fmi_json_begin(&json, "claims", '[');
    for (size_t i = 0; i < fmi_claim_count; ++i)
        row_json(&json, &score[i]);
    fmi_json_end(&json);
    fmi_json_end(&json);
    return fmi_console_json(&json, stdout, err);
}

static fm_status load_runs(score_runs *runs, const fmi_options *o, fm_error *err) {
    const uint32_t count = o->word_count ? o->word_count : 1;
    fmi_store *store = NULL;
    fm_status status = fmi_store_open_existing(&store, o->db, err);
    for (uint32_t i = 0; status == FM_OK && i < count; ++i) {
        status = fmi_saved_load(&runs->run[i], store, o->word_count ? o->word[i] : "last", err);
        runs->count += status == FM_OK;
    }
    fmi_store_close(&store);
    return status;
}

int fmi_command_scoreboard(const fmi_options *options) {
    score_runs runs = {0};
    fm_error err = {0};
    fm_status status = load_runs(&runs, options, &err);
    fmi_score *score = status == FM_OK ? calloc(fmi_claim_count, sizeof *score) : NULL;
    if (status == FM_OK && !score)
        status = fmi_fail(&err, FM_ERROR_HOST_MEMORY, "no memory for the scoreboard");
    for (uint32_t i = 0; status == FM_OK && i < runs.count; ++i)
        fmi_scoreboard_add(score, &runs.run[i]->cells, &runs.run[i]->environment,
                           runs.run[i]->name);
    if (status == FM_OK && options->format == FMI_FORMAT_JSON)
        status = print_json(&runs, score, &err);
    else if (status == FM_OK)
        print_table(&runs, score, options->format);
    if (status == FM_OK)
        status = fmi_text_flush(&err);
    free(score);
    for (uint32_t i = 0; i < runs.count; ++i)
        fmi_saved_free(&runs.run[i]);
    return status == FM_OK ? 0 : fmi_console_error(&err);
}

static void page_row(const fmi_page *page, const fmi_score *s) {
    const fmi_claim *c = s->claim;
    char theirs[48], ours[48], words[120], of[FMI_POINT_TEXT];
    verdict(s, words);
    cell_words(s, of);
    fmi_html_format(page->out, "<tr title=\"%s\"><td>%s</td><td class=c>%s</td><td class=n>%s</td>",
                    c->note, c->row, c->what, fmi_score_text(theirs, c->low, c->high, c->unit));
    fmi_html_format(page->out, "<td class=c>%s%s%s</td><td class=n>%s</td><td class=c>",
                    fmi_claim_kind_name(c->kind), c->hardware[0] ? ", " : "", c->hardware,
                    fmi_score_text(ours, s->ours, s->ours, c->unit));
    fmi_html_text(page->out, of);
    fmi_html_format(page->out, "</td><td class=c>%s</td></tr>\n", words);
}

void fmi_page_scoreboard(const fmi_page *page) {
    fmi_score *score = calloc(fmi_claim_count, sizeof *score);
    page->out->failed = page->out->failed || !score;
    if (!score)
        return;
    fmi_scoreboard(&page->run->cells, &page->run->environment, score);
    fmi_page_section(
        page, "scoreboard", "Claims of other pipelines",
        "What descriptions of five Python pipelines claim, how they know it, and our "
        "measured figure beside it. A ratio stands only where theirs was measured, too, "
        "on the same processor, and covers the same work.");
    fmi_page_head(page, "row|claim|>theirs|how they know|>ours|cell|compared");
    for (size_t i = 0; i < fmi_claim_count; ++i)
        page_row(page, &score[i]);
    fmi_html_raw(page->out, "</tbody></table></div>\n");
    free(score);
}
