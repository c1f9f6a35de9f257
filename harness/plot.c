/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include <math.h>
#include <stdio.h>

#define WIDTH 460.0
#define HEIGHT 270.0
#define LEFT 58.0
#define RIGHT 14.0
#define TOP 12.0
#define BOTTOM 42.0
#define TICKS 6.0

void fmi_plot_cover(fmi_plot_axis *axis, double value) {
    if (!isfinite(value) || (axis->log && value <= 0.0))
        return;
    const bool fresh = !(axis->hi > 0.0) && !(axis->lo > 0.0) && !(axis->lo < 0.0);
    if (fresh && axis->log) {
        axis->lo = axis->hi = value;
        return;
    }
    axis->lo = fmin(axis->lo, value);
    axis->hi = fmax(axis->hi, value);
}

static double place(const fmi_plot_axis *axis, double value, double from, double to) {
    double share = 0.0;
    if (axis->log)
        share = (log(value) - log(axis->lo)) / (log(axis->hi) - log(axis->lo));
    else
        share = (value - axis->lo) / (axis->hi - axis->lo);
    return from + (to - from) * fmin(fmax(share, -0.02), 1.02);
}

static double at_x(const fmi_plot *plot, double x) {
    return place(&plot->x, x, LEFT, WIDTH - RIGHT);
}

static double at_y(const fmi_plot *plot, double y) {
    return place(&plot->y, y, HEIGHT - BOTTOM, TOP);
}

/* An axis whose ends meet is opened; a linear one gets some air above. */
static void open_axis(fmi_plot_axis *axis) {
    if (axis->log && !(axis->lo > 0.0))
        axis->lo = axis->hi > 0.0 ? axis->hi / 2.0 : 1.0;
    if (axis->log && !(axis->hi > axis->lo * 1.0001)) {
        axis->lo /= 2.0;
        axis->hi = axis->lo * 4.0;
    }
    if (!axis->log)
        axis->hi += 0.06 * (axis->hi - axis->lo);
    if (!axis->log && !(axis->hi > axis->lo))
        axis->hi = axis->lo + 1.0;
}

static void x_tick(fmi_plot *plot, double value) {
    char text[24];
    (void)fmi_html_si(text, value);
    if (plot->x.powers_of_two && value < 1e6) /* 4096 is no "4.1 k" */
        (void)snprintf(text, sizeof text, "%.7g", value);
    fmi_html_format(
        plot->out, "<path class=g d=\"M%.1f %.0fV%.0f\"/><text class=m x=%.1f y=%.0f>%s</text>",
        at_x(plot, value), TOP, HEIGHT - BOTTOM, at_x(plot, value), HEIGHT - BOTTOM + 15, text);
}

static void y_tick(fmi_plot *plot, double value) {
    char text[24];
    fmi_html_format(plot->out,
                    "<path class=g d=\"M%.0f %.1fH%.0f\"/><text class=e x=%.0f y=%.1f>%s</text>",
                    LEFT, at_y(plot, value), WIDTH - RIGHT, LEFT - 6, at_y(plot, value) + 4,
                    fmi_html_si(text, value));
}

/* 1, 2 and 5 times powers of ten, as many as fit. */
static double nice_step(double span) {
    const double raw = span / TICKS;
    const double power = pow(10.0, floor(log10(raw)));
    const double rest = raw / power;
    return power * (rest <= 1.0 ? 1.0 : rest <= 2.0 ? 2.0 : rest <= 5.0 ? 5.0 : 10.0);
}

static void linear_ticks(fmi_plot *plot, const fmi_plot_axis *axis,
                         void (*tick)(fmi_plot *, double)) {
    const double nice = nice_step(axis->hi - axis->lo);
    const double step = axis->whole ? fmax(1.0, nice) : nice;
    const double first = ceil(axis->lo / step - 1e-9);
    for (int i = 0; i < 12 && (first + i) * step <= axis->hi * (1.0 + 1e-9); ++i)
        tick(plot, (first + i) * step);
}

static void log_ticks(fmi_plot *plot, const fmi_plot_axis *axis, void (*tick)(fmi_plot *, double)) {
    const double base = axis->powers_of_two ? 2.0 : 10.0;
    const double first = ceil(log(axis->lo) / log(base) - 1e-9);
    const double last = floor(log(axis->hi) / log(base) + 1e-9);
    const double stride = fmax(1.0, ceil((last - first) / 8.0));
    for (double power = first; power <= last; power += stride)
        tick(plot, pow(base, power));
    if (last - first < 1.5 && !axis->powers_of_two)
        for (double power = first - 1.0; power <= last; power += 1.0) {
            const double more[] = {2.0 * pow(base, power), 5.0 * pow(base, power)};
            for (int i = 0; i < 2; ++i)
                if (more[i] >= axis->lo && more[i] <= axis->hi)
                    tick(plot, more[i]);
        }
}

void fmi_plot_begin(fmi_plot *plot, const char *title) {
    open_axis(&plot->x);
    open_axis(&plot->y);
    fmi_html_format(plot->out, "<svg viewBox=\"0 0 %.0f %.0f\" role=img><title>", WIDTH, HEIGHT);
    fmi_html_text(plot->out, title);
    fmi_html_raw(plot->out, "</title>");
    (plot->x.log ? log_ticks : linear_ticks)(plot, &plot->x, x_tick);
    (plot->y.log ? log_ticks : linear_ticks)(plot, &plot->y, y_tick);
    fmi_html_format(plot->out, "<path class=a d=\"M%.0f %.0fV%.0fH%.0f\"/>", LEFT, TOP,
                    HEIGHT - BOTTOM, WIDTH - RIGHT);
    fmi_html_format(plot->out, "<text class=m x=%.0f y=%.0f>", (LEFT + WIDTH - RIGHT) / 2,
                    HEIGHT - 8);
    fmi_html_text(plot->out, plot->x_label);
    fmi_html_format(plot->out, "</text><text class=m transform=\"translate(12 %.0f)rotate(-90)\">",
                    (TOP + HEIGHT - BOTTOM) / 2);
    fmi_html_text(plot->out, plot->y_label);
    fmi_html_raw(plot->out, "</text>");
}

void fmi_plot_line(fmi_plot *plot, uint32_t series, const double *x, const double *y, uint32_t n,
                   bool faint) {
    fmi_html_format(plot->out, "<path class=\"l s%u%s\" d=\"", series % FMI_PLOT_SERIES,
                    faint ? " f" : "");
    for (uint32_t i = 0; i < n; ++i)
        fmi_html_format(plot->out, "%c%.1f %.1f", i ? 'L' : 'M', at_x(plot, x[i]),
                        at_y(plot, y[i]));
    fmi_html_raw(plot->out, "\"/>");
}

/* Circle, square, triangle, diamond, and the same hollow. */
static void marker(fmi_html *out, uint32_t series, double x, double y) {
    static const char *const shapes[] = {"m-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0-7.2 0z",
                                         "m-3.4-3.4h6.8v6.8h-6.8z", "m0-4.4l4.2 7.4h-8.4z",
                                         "m0-4.8l4.4 4.8l-4.4 4.8l-4.4-4.8z"};
    fmi_html_format(out, "<path class=\"k s%u\" d=\"M%.1f %.1f%s\"", series % FMI_PLOT_SERIES, x, y,
                    shapes[series % 4]);
}

void fmi_plot_mark(fmi_plot *plot, uint32_t series, double x, double y, const char *tooltip) {
    marker(plot->out, series, at_x(plot, x), at_y(plot, y));
    fmi_html_raw(plot->out, "><title>");
    fmi_html_text(plot->out, tooltip);
    fmi_html_raw(plot->out, "</title></path>");
}

void fmi_plot_interval(fmi_plot *plot, uint32_t series, double x, double lo, double hi) {
    if (!isfinite(lo) || !isfinite(hi))
        return;
    fmi_html_format(plot->out, "<path class=\"i s%u\" d=\"M%.1f %.1fV%.1f\"/>",
                    series % FMI_PLOT_SERIES, at_x(plot, x), at_y(plot, lo), at_y(plot, hi));
}

void fmi_plot_edge(fmi_plot *plot, double x, const char *words) {
    const double at = at_x(plot, x);
    fmi_html_format(plot->out, "<path class=d d=\"M%.1f %.0fV%.0f\"/>", at, TOP, HEIGHT - BOTTOM);
    fmi_html_format(plot->out, "<text class=%s x=%.1f y=%.0f>", at > WIDTH / 2 ? "e" : "b",
                    at > WIDTH / 2 ? at - 5 : at + 5, HEIGHT - BOTTOM - 6);
    fmi_html_text(plot->out, words);
    fmi_html_raw(plot->out, "</text>");
}

void fmi_plot_limit(fmi_plot *plot, double x0, double y0, double x1, double y1, const char *words) {
    fmi_html_format(plot->out, "<path class=r d=\"M%.1f %.1fL%.1f %.1f\"/>", at_x(plot, x0),
                    at_y(plot, y0), at_x(plot, x1), at_y(plot, y1));
    if (!words[0])
        return;
    fmi_html_format(plot->out, "<text class=e x=%.1f y=%.1f>", at_x(plot, x1) - 4,
                    at_y(plot, y1) - 5);
    fmi_html_text(plot->out, words);
    fmi_html_raw(plot->out, "</text>");
}

void fmi_plot_end(fmi_plot *plot) {
    fmi_html_raw(plot->out, "</svg>");
}

void fmi_plot_key(fmi_html *out, const char *const *words, uint32_t count) {
    fmi_html_raw(out, "<p class=key>");
    for (uint32_t i = 0; i < count; ++i) {
        if (!words[i])
            continue;
        fmi_html_raw(out, "<span><svg viewBox=\"0 0 26 12\" aria-hidden=true>");
        fmi_html_format(out, "<path class=\"l s%u\" d=\"M1 6H25\"/>", i % FMI_PLOT_SERIES);
        marker(out, i, 13, 6);
        fmi_html_raw(out, "/></svg>");
        fmi_html_text(out, words[i]);
        fmi_html_raw(out, "</span>");
    }
    fmi_html_raw(out, "</p>\n");
}
