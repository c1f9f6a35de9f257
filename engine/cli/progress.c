/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include "clock.h"

#include <inttypes.h>
#include <string.h>

#define WIDTH 30
#define REDRAW_NS UINT64_C(100000000)

void fmi_progress_start(fmi_progress *progress, fmi_console *console, const char *unit,
                        uint64_t total) {
    *progress = (fmi_progress){
        .console = console, .unit = unit, .total = total, .start_ns = fmi_clock_ns()};
}

fm_forecast fmi_progress_forecast(const fmi_progress *progress, uint64_t now_ns) {
    static const fm_plan none = {.batch = 1};
    const fm_pace pace = {.frames = (uint32_t)progress->total,
                          .done = (uint32_t)progress->done,
                          .elapsed_seconds = (double)(now_ns - progress->start_ns) * 1e-9,
                          .alone_seconds = progress->alone_seconds};
    fm_forecast forecast = {0};
    (void)fm_estimate(progress->plan != NULL ? progress->plan : &none, &pace, &forecast, NULL);
    return forecast;
}

static void draw(fmi_progress *progress, uint64_t now) {
    char bar[WIDTH + 1], gain[32] = "", line[160];
    const fm_forecast f = fmi_progress_forecast(progress, now);
    size_t filled = (size_t)(WIDTH * progress->done / progress->total);
    memset(bar, ' ', WIDTH);
    memset(bar, '=', filled);
    bar[WIDTH] = '\0';
    if (f.speedup > 0.0)
        snprintf(gain, sizeof gain, ", %.2f x batch 1", f.speedup);
    snprintf(line, sizeof line, "[%s] %" PRIu64 "/%" PRIu64 " %s, %.0f/s, %.0f s left%s", bar,
             progress->done, progress->total, progress->unit, f.per_second, f.seconds_left, gain);
    fmi_console_bar(progress->console, line);
    progress->drawn_ns = now;
}

void fmi_progress_add(fmi_progress *progress, uint64_t count) {
    progress->done += count;
    if (!progress->console->terminal || progress->total == 0)
        return;
    uint64_t now = fmi_clock_ns();
    uint64_t last = progress->drawn_ns != 0 ? progress->drawn_ns : progress->start_ns;
    if (now - last >= REDRAW_NS)
        draw(progress, now);
}

void fmi_progress_end(fmi_progress *progress) {
    if (progress->console != NULL)
        fmi_console_bar(progress->console, "");
}
