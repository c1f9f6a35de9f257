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

static void draw(fmi_progress *progress, uint64_t now) {
    char bar[WIDTH + 1];
    char line[128];
    double seconds = (double)(now - progress->start_ns) * 1e-9;
    double rate = (double)progress->done / seconds;
    double left = (double)(progress->total - progress->done) / rate;
    size_t filled = (size_t)(WIDTH * progress->done / progress->total);
    memset(bar, ' ', WIDTH);
    memset(bar, '=', filled);
    bar[WIDTH] = '\0';
    snprintf(line, sizeof line, "[%s] %" PRIu64 "/%" PRIu64 " %s, %.0f/s, %.0f s left", bar,
             progress->done, progress->total, progress->unit, rate, left);
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
