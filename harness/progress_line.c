/* SPDX-License-Identifier: MIT */
#include "progress_line.h"

#include "clock.h"
#include "html.h"
#include "io/json.h"
#include "report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS 100 /* where the terminal does not say */
#define LEAST_COLUMNS 20
#define TOLD_NS UINT64_C(200000000)

static double since_start(const fmi_progress *p) {
    return 1e-9 * (double)(fmi_clock_ns() - p->start_ns);
}

void fmi_progress_start(fmi_progress *progress, bool json) {
    *progress = (fmi_progress){
        .terminal = isatty(STDERR_FILENO) == 1 && !json, .json = json, .start_ns = fmi_clock_ns()};
}

bool fmi_progress_wanted(const fmi_progress *progress) {
    return progress->terminal || progress->json;
}

double fmi_progress_left(const fmi_progress *progress, double seconds) {
    const fmi_progress_now *now = &progress->now;
    if (now->done == 0)
        return (double)NAN;
    const double left = seconds / now->done * (now->total > now->done ? now->total - now->done : 0);
    return progress->most_left_s > 0.0 ? fmin(left, progress->most_left_s) : left;
}

/* --- the line of a terminal ------------------------------------------------------------------- */

typedef struct line {
    char *out;
    size_t room;
} line;

__attribute__((format(printf, 2, 3))) static void add(line *l, const char *format, ...) {
    const size_t used = strlen(l->out);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(l->out + used, l->room - used, format, args);
    va_end(args);
}

/* What is measured now, else the step, else what came of the item before. */
static void add_current(line *l, const fmi_progress *p) {
    const fmi_progress_now *now = &p->now;
    char rate[24], lo[24], hi[24];
    if (now->of)
        add(l, " | %u/%u", now->samples, now->of);
    else if (now->phase)
        add(l, " | %s", now->phase);
    if (now->of && isfinite(now->rate))
        add(l, ": %s %s", fmi_html_si(rate, now->rate), now->unit ? now->unit : "");
    if (now->of && isfinite(now->rate_lo) && isfinite(now->rate_hi))
        add(l, " (%s to %s)", fmi_html_si(lo, now->rate_lo), fmi_html_si(hi, now->rate_hi));
    if (!now->of && p->last[0])
        add(l, " | last %s", p->last);
}

static void add_device(line *l, const fmi_progress_now *now) {
    char bytes[24];
    if (now->clock_mhz > 0.0)
        add(l, " | %.2f GHz", 1e-3 * now->clock_mhz);
    if (now->free_bytes)
        add(l, "%s%s free", now->clock_mhz > 0.0 ? ", " : " | ",
            fmi_report_bytes(bytes, now->free_bytes));
}

/* The most important first: what does not fit is cut. */
char *fmi_progress_text(const fmi_progress *progress, double seconds, uint32_t columns, char *out,
                        size_t bytes) {
    const fmi_progress_now *now = &progress->now;
    const double left = fmi_progress_left(progress, seconds);
    char best[24];
    line l = {.out = out, .room = columns + 1 < bytes ? columns + 1 : bytes};
    out[0] = '\0';
    add(&l, "[%u/%u]", now->done + 1, now->total);
    if (isfinite(left))
        add(&l, " %.0f s left", left);
    add(&l, " %.60s", now->what ? now->what : "");
    add_current(&l, progress);
    if (now->best > 0.0)
        add(&l, " | best %s", fmi_html_si(best, now->best));
    add_device(&l, now);
    for (char *at = out; *at; ++at)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            *at = ' ';
    return out;
}

static uint32_t columns_of_terminal(void) {
    struct winsize size = {0};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > LEAST_COLUMNS
               ? size.ws_col - 1U
               : COLUMNS;
}

static void draw(fmi_progress *p) {
    char text[400];
    (void)fprintf(stderr, "\r\033[K%s",
                  fmi_progress_text(p, since_start(p), columns_of_terminal(), text, sizeof text));
    (void)fflush(stderr);
    p->shown = true;
}

void fmi_progress_clear(fmi_progress *progress) {
    if (progress->shown)
        (void)fprintf(stderr, "\r\033[K");
    progress->shown = false;
}

/* --- events ----------------------------------------------------------------------------------- */

static void begin(fmi_json *json, const fmi_progress *p, const char *event) {
    const fmi_progress_now *now = &p->now;
    const double seconds = since_start(p);
    json->compact = true;
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "schema", "fmbench/progress/1");
    fmi_json_string(json, "event", event);
    fmi_json_uint(json, "done", now->done);
    fmi_json_uint(json, "total", now->total);
    fmi_json_string(json, "cell", now->what);
    fmi_json_double(json, "seconds", round(1e3 * seconds) / 1e3);
    fmi_json_double(json, "seconds_left", round(1e3 * fmi_progress_left(p, seconds)) / 1e3);
}

static void end(fmi_json *json) {
    fmi_json_end(json);
    const char *text = fmi_json_text(json);
    if (text)
        (void)fputs(text, stderr); /* whole lines: others write there, too */
    fmi_json_free(json);
}

static void numbers(fmi_json *json, double median, double lo, double hi, double rate,
                    double rate_lo, double rate_hi, const char *unit) {
    fmi_json_double(json, "median_s", median);
    fmi_json_pair(json, "interval_s", lo, hi);
    fmi_json_double(json, "rate", rate);
    fmi_json_pair(json, "rate_interval", rate_lo, rate_hi);
    fmi_json_string(json, "unit", unit);
}

static void device(fmi_json *json, const fmi_progress_now *now) {
    fmi_json_double(json, "best_rate", now->best > 0.0 ? now->best : (double)NAN);
    fmi_json_double(json, "device_mhz", now->clock_mhz > 0.0 ? now->clock_mhz : (double)NAN);
    fmi_json_known(json, "free", now->free_bytes);
    fmi_json_known(json, "total_memory", now->total_bytes);
    fmi_json_known(json, "planned", now->planned_bytes);
}

static void print_state(const fmi_progress *p, const char *event) {
    const fmi_progress_now *now = &p->now;
    fmi_json json = {0};
    begin(&json, p, event);
    fmi_json_string(&json, "phase", now->phase);
    fmi_json_uint(&json, "n", now->samples);
    fmi_json_uint(&json, "n_wanted", now->of);
    numbers(&json, now->median_s, now->lo_s, now->hi_s, now->rate, now->rate_lo, now->rate_hi,
            now->unit);
    device(&json, now);
    end(&json);
}

/* --- telling ---------------------------------------------------------------------------------- */

void fmi_progress_show(fmi_progress *progress) {
    fmi_progress_now *now = &progress->now;
    now->phase = NULL;
    now->samples = now->of = 0;
    now->median_s = now->lo_s = now->hi_s = (double)NAN;
    now->rate = now->rate_lo = now->rate_hi = (double)NAN;
    progress->told_ns = fmi_clock_ns();
    if (progress->json)
        print_state(progress, "cell");
    else if (progress->terminal)
        draw(progress);
}

void fmi_progress_update(fmi_progress *progress, bool phase) {
    const uint64_t ns = fmi_clock_ns();
    if (!fmi_progress_wanted(progress) || (!phase && ns - progress->told_ns < TOLD_NS))
        return;
    progress->told_ns = ns;
    if (progress->json)
        print_state(progress, phase ? "phase" : "samples");
    else
        draw(progress);
}

void fmi_progress_result_of(fmi_progress *progress, const fmi_progress_result *r) {
    char rate[24], lo[24], hi[24];
    if (isfinite(r->rate))
        (void)snprintf(progress->last, sizeof progress->last, "%s %s (%s to %s)",
                       fmi_html_si(rate, r->rate), r->unit, fmi_html_si(lo, r->rate_lo),
                       fmi_html_si(hi, r->rate_hi));
    else
        (void)snprintf(progress->last, sizeof progress->last, "%s", r->status);
    if (!progress->json)
        return;
    fmi_json json = {0};
    begin(&json, progress, "result");
    fmi_json_string(&json, "status", r->status);
    fmi_json_words(&json, "reason", r->reason);
    numbers(&json, r->median_s, r->lo_s, r->hi_s, r->rate, r->rate_lo, r->rate_hi, r->unit);
    device(&json, &progress->now);
    end(&json);
}

void fmi_progress_end(fmi_progress *progress, const char *run) {
    fmi_progress_clear(progress);
    if (!progress->json)
        return;
    fmi_json json = {0};
    progress->now.what = NULL;
    begin(&json, progress, "end");
    fmi_json_string(&json, "run", run);
    end(&json);
}
