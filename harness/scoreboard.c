/* SPDX-License-Identifier: MIT */
#include "scoreboard.h"

#include "html.h"
#include "point.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 41.0
#define FITS_SHARE 0.75 /* of the memory: level medium */

/* --- cells ---------------------------------------------------------------------------------- */

static bool picture_fits(const fmi_cell *cell, const char *detail) {
    const bool grey = strcmp(fmi_point_texture(&cell->params), "off") == 0;
    return strcmp(detail, "grey") == 0 ? grey : strcmp(detail, "textured") != 0 || !grey;
}

/* The size the claims are about, one sample; other ops have no such axes. */
static bool usual(const fmi_cell *cell, uint32_t edge) {
    const fmi_case_params *p = &cell->params;
    return (!(cell->op->uses & FMI_USES_SIZE) || (p->width == edge && p->height == edge)) &&
           p->samples <= 1 && p->precision == FMI_FP32;
}

static bool counts(const fmi_cell *cell, const fmi_claim *claim, uint32_t edge) {
    return cell->timed && cell->status == FMI_CELL_OK && strcmp(cell->op->name, claim->op) == 0 &&
           usual(cell, edge) && picture_fits(cell, claim->detail);
}

static const fmi_cell *best(const fmi_cells *cells, const fmi_claim *claim, uint32_t edge,
                            uint32_t batch) {
    const fmi_cell *found = NULL;
    for (uint32_t i = 0; i < cells->count; ++i) {
        const fmi_cell *cell = &cells->cell[i];
        if (counts(cell, claim, edge) && (!batch || cell->params.batch == batch) &&
            (!found || cell->rate > found->rate))
            found = cell;
    }
    return found;
}

/* The same point at another batch or size. */
static const fmi_cell *twin(const fmi_cells *cells, const fmi_cell *of, uint32_t batch,
                            uint32_t edge) {
    fmi_case_params want = of->params;
    char key[FMI_POINT_TEXT], other[FMI_POINT_TEXT];
    want.batch = batch;
    if (edge)
        want.width = want.height = edge;
    fmi_point_key(of->op, &want, key);
    for (uint32_t i = 0; i < cells->count; ++i) {
        fmi_point_key(cells->cell[i].op, &cells->cell[i].params, other);
        if (cells->cell[i].timed && cells->cell[i].status == FMI_CELL_OK && strcmp(key, other) == 0)
            return &cells->cell[i];
    }
    return NULL;
}

/* --- figures -------------------------------------------------------------------------------- */

static double over_peer(const fmi_cells *cells, const fmi_claim *claim, const fmi_cell **of) {
    double times = (double)NAN;
    for (uint32_t i = 0; i < cells->count; ++i) {
        const fmi_cell *cell = &cells->cell[i];
        for (uint32_t k = 0; k < cell->peer_count; ++k) {
            const fmi_peer_result *peer = &cell->peer[k];
            if (strcmp(cell->op->name, claim->op) != 0 || peer->status != FMI_CELL_OK ||
                strcmp(peer->peer->name, claim->detail) != 0 || !(peer->ratio.n > 0) ||
                peer->ratio.effect <= times)
                continue;
            times = peer->ratio.effect;
            *of = cell;
        }
    }
    return times;
}

static double frame_bytes(const fmi_cells *cells, const fmi_cell *most) {
    const fmi_cell *one = most ? twin(cells, most, 1, 0) : NULL;
    if (!one || most->params.batch < 2 || !one->facts.peak_bytes || !most->facts.peak_bytes)
        return (double)NAN;
    return ((double)most->facts.peak_bytes - (double)one->facts.peak_bytes) /
           (double)(most->params.batch - 1);
}

static double fitting_frames(const fmi_cells *cells, const fmi_claim *claim, const fmi_cell *most) {
    const double frame = frame_bytes(cells, most);
    if (!(frame > 0.0))
        return (double)NAN;
    const double fixed = (double)most->facts.peak_bytes - frame * most->params.batch;
    return floor((FITS_SHARE * 1e9 * strtod(claim->detail, NULL) - fixed) / frame);
}

static double ratio_of(const fmi_cell *a, const fmi_cell *b) {
    return a && b ? a->rate / b->rate : (double)NAN;
}

static double uploads(const fmi_cells *cells) {
    uint32_t timed = 0, bad = 0;
    for (uint32_t i = 0; i < cells->count; ++i) {
        timed += cells->cell[i].timed;
        bad += strstr(cells->cell[i].warnings, "uploaded inside the frame loop") != NULL;
    }
    return timed ? bad : (double)NAN;
}

static double figure(const fmi_cells *cells, const fmi_claim *claim, const fmi_cell **of) {
    const fmi_cell *cell = best(cells, claim, 512, 0);
    const double nothing = (double)NAN;
    *of = cell;
    switch (claim->metric) {
    case FMI_CLAIM_RATE:
        return cell ? cell->rate : nothing;
    case FMI_CLAIM_SECONDS_41:
        return cell ? FRAMES / cell->rate : nothing;
    case FMI_CLAIM_SECONDS:
        return cell ? 1.0 / cell->rate : nothing;
    case FMI_CLAIM_FIRST:
        *of = best(cells, claim, 512, 1);
        return *of ? (*of)->rate : nothing;
    case FMI_CLAIM_BATCHED:
        return cell ? ratio_of(cell, twin(cells, cell, 1, 0)) : nothing;
    case FMI_CLAIM_PEER:
        return over_peer(cells, claim, of);
    case FMI_CLAIM_FRAME_BYTES:
        return frame_bytes(cells, cell);
    case FMI_CLAIM_FITS:
        return fitting_frames(cells, claim, cell);
    case FMI_CLAIM_BYTES:
        return cell && cell->facts.peak_bytes ? (double)cell->facts.peak_bytes : nothing;
    case FMI_CLAIM_UPLOADS:
        *of = NULL;
        return uploads(cells);
    case FMI_CLAIM_SMALLER:
        return cell ? ratio_of(twin(cells, cell, cell->params.batch, 256), cell) : nothing;
    case FMI_CLAIM_NOTHING:
        break;
    }
    *of = NULL;
    return nothing;
}

/* --- is it a comparison? ---------------------------------------------------------------------- */

static bool same_hardware(const fmi_claim *claim, const fmi_environment *e) {
    char model[32];
    (void)snprintf(model, sizeof model, "%.*s", (int)strcspn(claim->hardware, ","),
                   claim->hardware);
    return model[0] && (strstr(e->cpu, model) || strstr(e->caps.name, model));
}

static void judge(fmi_score *s, const fmi_environment *e) {
    const fmi_claim *c = s->claim;
    const bool count = c->metric == FMI_CLAIM_UPLOADS; /* the same on any hardware */
    const char *why = c->metric == FMI_CLAIM_NOTHING      ? "no op does that work"
                      : !isfinite(s->ours)                ? "not measured in this run"
                      : c->kind == FMI_CLAIM_MOCK         ? "theirs timed a stand-in"
                      : c->kind == FMI_CLAIM_ESTIMATE     ? "theirs was never measured"
                      : c->kind == FMI_CLAIM_PROJECTED    ? "theirs is a projection"
                      : !count && !same_hardware(c, e)    ? "other hardware"
                      : c->metric == FMI_CLAIM_SECONDS_41 ? "theirs covers more work"
                                                          : "";
    (void)snprintf(s->why, sizeof s->why, "%s", why);
    s->comparable = !why[0];
    if (!s->comparable)
        return;
    const bool low = strcmp(c->unit, "s") == 0 || strcmp(c->unit, "bytes") == 0;
    s->times = count ? (double)NAN : low ? c->low / s->ours : s->ours / c->high;
}

void fmi_scoreboard_add(fmi_score *score, const fmi_cells *cells,
                        const fmi_environment *environment, const char *run) {
    for (size_t i = 0; i < fmi_claim_count; ++i) {
        fmi_score s = {.claim = &fmi_claims[i], .run = run, .times = (double)NAN};
        s.ours = figure(cells, s.claim, &s.of);
        judge(&s, environment);
        /* An upload inside a loop is not undone by a later run without one. */
        const bool worse = s.claim->metric == FMI_CLAIM_UPLOADS && s.ours < score[i].ours;
        if (!score[i].claim || (isfinite(s.ours) && !worse))
            score[i] = s;
        if (!isfinite(score[i].ours))
            score[i].run = NULL;
    }
}

void fmi_scoreboard(const fmi_cells *cells, const fmi_environment *environment, fmi_score *score) {
    for (size_t i = 0; i < fmi_claim_count; ++i)
        score[i] = (fmi_score){0};
    fmi_scoreboard_add(score, cells, environment, "");
}

static void one_text(char out[24], double value, const char *unit) {
    if (strcmp(unit, "bytes") == 0)
        (void)fmi_report_bytes(out, (uint64_t)fmax(value, 0.0));
    else if (value >= 1000.0)
        (void)fmi_html_si(out, value);
    else
        (void)snprintf(out, 24, "%.3g", value);
}

char *fmi_score_text(char out[48], double low, double high, const char *unit) {
    char a[24], b[24];
    const bool bytes = strcmp(unit, "bytes") == 0;
    if (!isfinite(low)) {
        (void)snprintf(out, 48, "-");
        return out;
    }
    one_text(a, low, unit);
    one_text(b, high, unit);
    (void)snprintf(out, 48, high > low ? "%.15s to %.15s%s%.12s" : "%.15s%.0s%s%.12s", a, b,
                   bytes ? "" : " ", bytes ? "" : unit);
    return out;
}
