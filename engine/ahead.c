/* SPDX-License-Identifier: MIT */
#include "ahead.h"

#include "clock.h"
#include "error.h"
#include "log.h"
#include "pair_impl.h"
#include "raster_impl.h"
#include "recovered.h"

#include <fm/memory.h>

#include <stdio.h>
#include <stdlib.h>

#define LINES 4
#define LINE_BYTES 400

/* What staging said, on whatever thread it was. */
typedef struct line {
    fm_log_level level;
    char text[LINE_BYTES];
} line;

struct fm_staged {
    fm_pair *pair; /* whole but for the buffers */
    fm_staged_info info;
    line lines[LINES];
    uint32_t line_count;
};

static void keep_line(void *user, fm_log_level level, const char *text) {
    fm_staged *s = user;
    if (s->line_count == LINES)
        return;
    line *l = &s->lines[s->line_count++];
    l->level = level;
    snprintf(l->text, sizeof l->text, "%s", text);
}

fm_status fm_pair_stage(fm_staged **staged, fm_engine *engine, const fm_mesh *a, const fm_mesh *b,
                        const fm_pair_params *params, fm_error *err) {
    fmi_renderer_source source;
    uint64_t filled = 0;
    if (!staged || !engine || !a || !b)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_pair_stage: a NULL argument");
    *staged = NULL;
    if (engine->reference)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                        "fm_pair_stage: the reference has no device; use fm_pair_create");
    fm_staged *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the next pair");
    const fm_log log = {.write = keep_line, .user = s, .level = engine->log.level};
    fm_status status = fmi_pair_prepare(&s->pair, engine, a, b, params, &log, &source, err);
    if (status == FM_OK)
        status = fmi_raster_stage(&s->pair->state, &source, &filled, err);
    if (status != FM_OK) {
        fm_staged_destroy(&s);
        return status;
    }
    fmi_pair_describe(s->pair, &source, filled);
    s->info.device_bytes = fmi_raster_staged_bytes(s->pair->state);
    *staged = s;
    return FM_OK;
}

static void forget(fm_staged *s) {
    if (s->pair && s->pair->engine->ahead == s)
        s->pair->engine->ahead = NULL;
}

void fm_staged_destroy(fm_staged **staged) {
    if (!staged || !*staged)
        return;
    forget(*staged);
    fm_pair_destroy(&(*staged)->pair);
    free(*staged);
    *staged = NULL;
}

fm_status fm_staged_info_get(const fm_staged *staged, fm_staged_info *info) {
    if (!staged || !info)
        return FM_ERROR_INVALID_ARGUMENT;
    *info = staged->info;
    return FM_OK;
}

fm_status fm_pair_ahead(fm_engine *engine, fm_staged *staged, fm_error *err) {
    if (!engine || (staged && staged->pair->engine != engine))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_pair_ahead: no engine, or a pair that was staged for another one");
    engine->ahead = staged;
    return FM_OK;
}

/* ---- on its way ---- */

/* The results are what they are without it, but it is told and counted. A device that is lost is no
 * longer of use to anybody. */
static fm_status go_on(fm_staged *s, fm_status status, const fm_error *own, fm_error *err) {
    fm_engine *engine = s->pair->engine;
    s->info.state = FM_STAGED_LATER;
    s->info.transfers = 0;
    s->info.sent_bytes = 0;
    if (status == FM_ERROR_DEVICE_LOST) {
        if (err)
            *err = *own;
        return status;
    }
    fmi_log(&engine->log, FM_LOG_WARNING, "%s; the next pair goes up by itself", own->message);
    fmi_recovered_note(engine, "next pair", 2, 1, own->cl_code); /* pairs on the device */
    return FM_OK;
}

static fm_status begin(fm_staged *s, fm_error *err) {
    fm_engine *engine = s->pair->engine;
    fm_error own = {0};
    const fm_stats before = *fmi_engine_counters(engine);
    s->info.began_s = fmi_clock_since_start();
    fm_status status = fmi_raster_send(s->pair->state, &own);
    if (status != FM_OK)
        return go_on(s, status, &own, err);
    s->info.state = FM_STAGED_GOING;
    const fm_stats *now = fmi_engine_counters(engine);
    s->info.transfers = (uint32_t)(now->ahead_to_device_count - before.ahead_to_device_count);
    s->info.sent_bytes = now->ahead_to_device_bytes - before.ahead_to_device_bytes;
    return FM_OK;
}

/* The plan with the pair beside it; false: it does not fit, or the level or the device has no use
 * for it. */
static bool fits(const fm_engine *engine, const fm_staged *s, const fm_problem *problem,
                 const fm_plan *plan, fm_plan *with) {
    fm_memory memory;
    fm_problem asked = *problem;
    asked.batch = plan->batch;
    asked.strips = plan->strips;
    asked.ahead_bytes = s->info.device_bytes;
    if (fm_memory_query(engine, &memory, NULL) == FM_OK)
        asked.budget_bytes = memory.budget_bytes;
    return fm_plan_render(&engine->caps, engine->level, &asked, with, NULL) == FM_OK &&
           with->bytes_ahead != 0;
}

static fm_status try_to_begin(fm_staged *s, fm_problem *problem, fm_plan *plan, fm_error *err) {
    const fm_engine *engine = s->pair->engine;
    fm_plan with;
    if (!fits(engine, s, problem, plan, &with)) {
        s->info.state = FM_STAGED_LATER;
        fmi_log(&engine->log, FM_LOG_DEBUG, "the next pair goes up after this one");
        return FM_OK;
    }
    fm_status status = begin(s, err);
    if (s->info.state != FM_STAGED_GOING)
        return status;
    problem->ahead_bytes = with.bytes_ahead;
    plan->bytes_fixed += with.bytes_ahead - plan->bytes_ahead;
    plan->bytes_ahead = with.bytes_ahead;
    fmi_log(&engine->log, FM_LOG_DEBUG, "the next pair goes up beside this one");
    return status;
}

uint64_t fmi_ahead_bytes(const fm_engine *engine) {
    const fm_staged *s = engine->ahead;
    return s && s->info.state == FM_STAGED_GOING ? s->info.device_bytes : 0;
}

fm_status fmi_ahead_look(fm_engine *engine, fm_problem *problem, fm_plan *plan, fm_error *err) {
    fm_staged *s = engine->ahead;
    if (s && s->info.state == FM_STAGED_HOST)
        return try_to_begin(s, problem, plan, err);
    if (s && s->info.state == FM_STAGED_GOING && s->info.arrived_s == 0.0 &&
        fmi_raster_arrived(s->pair->state))
        s->info.arrived_s = fmi_clock_since_start();
    return FM_OK;
}

bool fmi_ahead_drop(fm_engine *engine) {
    fm_staged *s = engine->ahead;
    if (!s || s->info.state != FM_STAGED_GOING)
        return false;
    fmi_raster_recall(s->pair->state);
    s->info.state = FM_STAGED_LATER;
    s->info.transfers = 0;
    s->info.sent_bytes = 0;
    fmi_log(&engine->log, FM_LOG_INFO, "the next pair leaves the device: memory is short");
    return true;
}

/* ---- its turn ---- */

static fm_status receive(fm_staged *s, fm_error *err) {
    fm_error own = {0};
    if (s->info.state != FM_STAGED_GOING)
        return FM_OK;
    fm_status status = fmi_raster_receive(s->pair->state, &own);
    if (status != FM_OK)
        return go_on(s, status, &own, err);
    s->info.state = FM_STAGED_THERE;
    return FM_OK;
}

static fm_status send_what_is_left(fm_staged *s, fm_error *err) {
    fm_status status = receive(s, err);
    if (status != FM_OK || s->info.state == FM_STAGED_THERE)
        return status;
    status = fmi_raster_send_now(s->pair->state, err);
    if (status != FM_OK)
        fmi_raster_recall(s->pair->state);
    return status;
}

fm_status fm_pair_create_staged(fm_pair **pair, fm_staged **staged, fm_error *err) {
    if (!pair || !staged || !*staged)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_pair_create_staged: a NULL argument");
    *pair = NULL;
    fm_staged *s = *staged;
    fm_engine *engine = s->pair->engine;
    fm_status status = send_what_is_left(s, err);
    if (status != FM_OK)
        return status;
    forget(s);
    for (uint32_t i = 0; i < s->line_count; i++)
        fmi_log(&engine->log, s->lines[i].level, "%s", s->lines[i].text);
    fmi_raster_unstage(s->pair->state);
    *pair = s->pair;
    s->pair = NULL;
    fm_staged_destroy(staged);
    return FM_OK;
}
