/* SPDX-License-Identifier: MIT */
/*
 * Glyphs are short programs on a grid where a capital is 14 high, a small letter 10:
 *   M x y   lift the pen, go there        L x y   line to
 *   U       lift the pen                  A cx cy rx ry from to   arc of an ellipse, degrees, from
 *                                         the pen when it is down
 */
#include "stroke.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#define CAPITAL 14.0
#define GAP 3.2   /* between glyphs */
#define BLANK 5.5 /* a space, besides the gap */
#define DEGREE (3.14159265358979323846 / 180.0)
#define ARC_STEP 9.0 /* degrees a line of an arc */

typedef struct glyph {
    uint32_t code;
    double width;
    const char *strokes;
} glyph;

static const glyph glyphs[] = {
    {'A', 10, "M 0 0 L 5 14 L 10 0 M 1.8 5 L 8.2 5"},
    {'B', 9, "M 0 7 L 5 7 A 5 10.5 3.5 3.5 -90 90 L 0 14 L 0 0 L 5 0 A 5 3.5 4 3.5 -90 90"},
    {'C', 9.4, "A 5.5 7 5.5 7 45 315"},
    {'D', 10, "M 0 0 L 4 0 A 4 7 6 7 -90 90 L 0 14 L 0 0"},
    {'E', 8, "M 8 0 L 0 0 L 0 14 L 8 14 M 0 7 L 6.5 7"},
    {'F', 7.5, "M 0 0 L 0 14 L 7.5 14 M 0 7 L 6 7"},
    {'G', 10.3, "A 5.5 7 5.5 7 45 330 L 10.3 6.7 L 6 6.7"},
    {'H', 9, "M 0 0 L 0 14 M 9 0 L 9 14 M 0 7 L 9 7"},
    {'I', 0, "M 0 0 L 0 14"},
    {'J', 6, "M 6 14 L 6 4 A 3 4 3 4 0 -170"},
    {'K', 9, "M 0 0 L 0 14 M 8.5 14 L 0 5.5 M 3.4 8.9 L 9 0"},
    {'L', 7.5, "M 0 14 L 0 0 L 7.5 0"},
    {'M', 11, "M 0 0 L 0 14 L 5.5 4 L 11 14 L 11 0"},
    {'N', 9, "M 0 0 L 0 14 L 9 0 L 9 14"},
    {'O', 11, "A 5.5 7 5.5 7 0 360"},
    {'P', 8.5, "M 0 0 L 0 14 L 4.5 14 A 4.5 10 4 4 90 -90 L 0 6"},
    {'Q', 11, "A 5.5 7 5.5 7 0 360 M 7 3.5 L 11 -1"},
    {'R', 9, "M 0 0 L 0 14 L 4.5 14 A 4.5 10 4 4 90 -90 L 0 6 M 4.5 6 L 9 0"},
    {'S', 9, "A 4.5 10.5 4 3.5 30 270 A 4.5 3.5 4.5 3.5 90 -150"},
    {'T', 9, "M 0 14 L 9 14 M 4.5 14 L 4.5 0"},
    {'U', 9, "M 0 14 L 0 4.5 A 4.5 4.5 4.5 4.5 180 360 L 9 14"},
    {'V', 10, "M 0 14 L 5 0 L 10 14"},
    {'W', 14, "M 0 14 L 3.5 0 L 7 12 L 10.5 0 L 14 14"},
    {'X', 9, "M 0 0 L 9 14 M 0 14 L 9 0"},
    {'Y', 10, "M 0 14 L 5 7 L 10 14 M 5 7 L 5 0"},
    {'Z', 9, "M 0 14 L 9 14 L 0 0 L 9 0"},
    {'a', 8, "A 4 5 4 5 0 360 M 8 10 L 8 0"},
    {'b', 8, "M 0 14 L 0 0 U A 4 5 4 5 0 360"},
    {'c', 7, "A 4.2 5 4.2 5 50 310"},
    {'d', 8, "A 4 5 4 5 0 360 M 8 14 L 8 0"},
    {'e', 8, "M 0.2 5.2 L 8 5.2 A 4 5 4 5 4 312"},
    {'f', 5, "M 1.8 0 L 1.8 11 A 4.8 11 3 3 180 75 M 0 10 L 4.8 10"},
    {'g', 8, "A 4 5 4 5 0 360 M 8 10 L 8 -0.5 A 4 -0.5 4 3.9 0 -150"},
    {'h', 7.5, "M 0 0 L 0 14 M 0 6.2 A 3.75 6.2 3.75 3.8 180 0 L 7.5 0"},
    {'i', 0, "M 0 0 L 0 10 M 0 13.5 L 0 13.7"},
    {'j', 2.5, "M 2.5 10 L 2.5 -1.5 A 0 -1.5 2.5 2.7 0 -80 M 2.5 13.5 L 2.5 13.7"},
    {'k', 7, "M 0 0 L 0 14 M 6.5 10 L 0 3.8 M 2.7 6.4 L 7 0"},
    {'l', 0, "M 0 0 L 0 14"},
    {'m', 12, "M 0 0 L 0 10 M 0 6.6 A 3 6.7 3 3.3 180 0 L 6 0 M 6 6.6 A 9 6.7 3 3.3 180 0 L 12 0"},
    {'n', 7.5, "M 0 0 L 0 10 M 0 6.2 A 3.75 6.2 3.75 3.8 180 0 L 7.5 0"},
    {'o', 8.4, "A 4.2 5 4.2 5 0 360"},
    {'p', 8, "M 0 10 L 0 -4.5 U A 4 5 4 5 0 360"},
    {'q', 8, "A 4 5 4 5 0 360 M 8 10 L 8 -4.5"},
    {'r', 4.6, "M 0 0 L 0 10 M 0 6 A 3.8 6.2 3.8 3.8 180 75"},
    {'s', 7, "A 3.5 7.4 3.1 2.6 35 270 A 3.5 2.4 3.5 2.4 90 -150"},
    {'t', 5, "M 1.9 13.5 L 1.9 2.8 A 4.5 2.8 2.6 2.8 180 275 M 0 10 L 4.8 10"},
    {'u', 7.5, "M 0 10 L 0 3.8 A 3.75 3.8 3.75 3.8 180 360 L 7.5 10 M 7.5 4 L 7.5 0"},
    {'v', 8, "M 0 10 L 4 0 L 8 10"},
    {'w', 12, "M 0 10 L 3 0 L 6 9 L 9 0 L 12 10"},
    {'x', 7.5, "M 0 0 L 7.5 10 M 0 10 L 7.5 0"},
    {'y', 8, "M 0 10 L 4 0 M 8 10 L 4 0 L 2.6 -3.2 L 1 -4.4"},
    {'z', 7.5, "M 0 10 L 7.5 10 L 0 0 L 7.5 0"},
    {'0', 8.5, "A 4.25 7 4.25 7 0 360"},
    {'1', 8.5, "M 1.5 11 L 5 14 L 5 0"},
    {'2', 8.5, "A 4.25 10 4 4 165 -30 L 0 0 L 8.5 0"},
    {'3', 8.5, "A 4 10.5 3.7 3.5 150 -90 A 4 3.5 4.4 3.5 90 -155"},
    {'4', 8.5, "M 6.5 0 L 6.5 14 L 0 4 L 8.5 4"},
    {'5', 8.5, "M 7.6 14 L 1.6 14 L 0.9 7.8 A 4 4.6 4.4 4.6 135 -150"},
    {'6', 8.5, "A 4.25 4.4 4.25 4.4 0 360 U A 7 4.4 7 9.6 95 180"},
    {'7', 8.5, "M 0 14 L 8.5 14 L 3 0"},
    {'8', 8.5, "A 4.25 10.5 3.6 3.5 0 360 U A 4.25 3.5 4.25 3.5 0 360"},
    {'9', 8.5, "A 4.25 9.6 4.25 4.4 0 360 U A 1.5 9.6 7 9.6 0 -85"},
    {'.', 0, "M 0 0 L 0 0.2"},
    {',', 0, "M 0.4 0.4 L -0.6 -2.6"},
    {':', 0, "M 0 1 L 0 1.2 M 0 8.8 L 0 9"},
    {'-', 6, "M 0 5.5 L 6 5.5"},
    {'+', 8, "M 0 6 L 8 6 M 4 2 L 4 10"},
    {'=', 8, "M 0 4 L 8 4 M 0 8 L 8 8"},
    {'/', 6, "M 0 -2 L 6 15"},
    {'%', 13, "M 2.5 0 L 10.5 14 U A 3 10.8 2.6 3.2 0 360 U A 10 3.2 2.6 3.2 0 360"},
    {'*', 5, "M 2.5 8.5 L 2.5 14 M 0.1 9.9 L 4.9 12.6 M 0.1 12.6 L 4.9 9.9"},
    {'(', 2.6, "A 6 5.5 6 11 125 235"},
    {')', 2.6, "A -3.4 5.5 6 11 55 -55"},
    {'[', 3, "M 3 -3.5 L 0 -3.5 L 0 15 L 3 15"},
    {']', 3, "M 0 -3.5 L 3 -3.5 L 3 15 L 0 15"},
    {0x394, 11, "M 0 0 L 5.5 14 L 11 0 L 0 0"},
};

static const glyph unknown = {0, 8, "M 0 0 L 8 0 L 8 14 L 0 14 L 0 0"};

static const glyph *find_glyph(uint32_t code) {
    for (size_t i = 0; i < sizeof glyphs / sizeof glyphs[0]; i++)
        if (glyphs[i].code == code)
            return &glyphs[i];
    return &unknown;
}

/* Next code point of well-formed UTF-8 of up to two bytes; other bytes count as one unknown each.
 */
static uint32_t next_code(const char **text) {
    const unsigned char *s = (const unsigned char *)*text;
    if ((s[0] & 0xE0) == 0xC0 && (s[1] & 0xC0) == 0x80) {
        *text += 2;
        return (uint32_t)(s[0] & 0x1F) << 6 | (s[1] & 0x3F);
    }
    *text += 1;
    return s[0];
}

/* ---- lines ---- */

static double distance(double px, double py, double dx, double dy) {
    double square = dx * dx + dy * dy;
    double t = square > 0.0 ? (px * dx + py * dy) / square : 0.0;
    t = fmin(fmax(t, 0.0), 1.0);
    return hypot(px - t * dx, py - t * dy);
}

/* Darker wins, so strokes that meet do not add up. */
static void darken(fmi_canvas *canvas, uint32_t x, uint32_t y, double cover) {
    uint8_t *rgb = canvas->rgb + 3 * ((size_t)y * canvas->width + x);
    uint8_t level = (uint8_t)(255.0 * (1.0 - cover) + 0.5);
    for (int c = 0; c < 3; c++)
        rgb[c] = rgb[c] < level ? rgb[c] : level;
}

void fmi_line_draw(fmi_canvas *canvas, double x0, double y0, double x1, double y1, double weight) {
    double reach = 0.5 * weight + 0.5;
    double left = fmax(floor(fmin(x0, x1) - reach), 0.0);
    double right = fmin(ceil(fmax(x0, x1) + reach), canvas->width - 1.0);
    double top = fmax(floor(fmin(y0, y1) - reach), 0.0);
    double bottom = fmin(ceil(fmax(y0, y1) + reach), canvas->height - 1.0);
    for (double y = top; y <= bottom; y++)
        for (double x = left; x <= right; x++) {
            double d = distance(x + 0.5 - x0, y + 0.5 - y0, x1 - x0, y1 - y0);
            if (d < reach)
                darken(canvas, (uint32_t)x, (uint32_t)y, fmin(reach - d, 1.0));
        }
}

/* ---- glyphs ---- */

/* The pen on the grid of one glyph, and where that grid lies. */
typedef struct pen {
    fmi_canvas *canvas;
    double origin_x, origin_y, scale, weight;
    bool upwards, down;
    double x, y;
} pen;

static void place(const pen *p, double x, double y, double *px, double *py) {
    *px = p->upwards ? p->origin_x - p->scale * y : p->origin_x + p->scale * x;
    *py = p->upwards ? p->origin_y - p->scale * x : p->origin_y - p->scale * y;
}

static void pen_to(pen *p, double x, double y) {
    if (p->down) {
        double x0, y0, x1, y1;
        place(p, p->x, p->y, &x0, &y0);
        place(p, x, y, &x1, &y1);
        fmi_line_draw(p->canvas, x0, y0, x1, y1, p->weight);
    }
    p->x = x;
    p->y = y;
    p->down = true;
}

static void pen_arc(pen *p, const double v[6]) {
    int steps = (int)ceil(fabs(v[5] - v[4]) / ARC_STEP);
    for (int i = 0; i <= steps; i++) {
        double angle = (v[4] + (v[5] - v[4]) * i / steps) * DEGREE;
        pen_to(p, v[0] + v[2] * cos(angle), v[1] + v[3] * sin(angle));
    }
}

/* A number of the glyphs' own kind: sign, digits, one point. Independent of the locale. */
static double number(const char **text) {
    const char *s = *text;
    double value = 0.0, unit = 0.0, sign = 1.0;
    while (*s == ' ')
        s++;
    for (; *s == '-' || *s == '.' || (*s >= '0' && *s <= '9'); s++) {
        if (*s == '-') {
            sign = -1.0;
        } else if (*s == '.') {
            unit = 1.0;
        } else {
            value = 10.0 * value + (*s - '0');
            unit *= 10.0;
        }
    }
    *text = s;
    return sign * (unit > 0.0 ? value / unit : value);
}

static void draw_glyph(pen *p, const char *strokes) {
    p->down = false;
    for (const char *s = strokes; *s != '\0';) {
        char command = *s++;
        int wanted = command == 'A' ? 6 : command == 'M' || command == 'L' ? 2 : 0;
        double v[6] = {0.0};
        for (int i = 0; i < wanted; i++)
            v[i] = number(&s);
        if (command == 'U' || command == 'M')
            p->down = false;
        if (command == 'A')
            pen_arc(p, v);
        else if (wanted == 2)
            pen_to(p, v[0], v[1]);
    }
}

/* ---- text ---- */

static double advance(uint32_t code) {
    return GAP + (code == ' ' ? BLANK : find_glyph(code)->width);
}

double fmi_text_width(const char *utf8, double size) {
    double width = 0.0;
    while (*utf8 != '\0')
        width += advance(next_code(&utf8));
    return width > 0.0 ? (width - GAP) * size / CAPITAL : 0.0;
}

void fmi_text_draw(fmi_canvas *canvas, const char *utf8, double x, double y,
                   const fmi_lettering *how) {
    double back = how->align * fmi_text_width(utf8, how->size);
    pen p = {.canvas = canvas,
             .origin_x = how->upwards ? x : x - back,
             .origin_y = how->upwards ? y + back : y,
             .scale = how->size / CAPITAL,
             .weight = how->weight,
             .upwards = how->upwards};
    while (*utf8 != '\0') {
        uint32_t code = next_code(&utf8);
        if (code != ' ')
            draw_glyph(&p, find_glyph(code)->strokes);
        double step = p.scale * advance(code);
        if (how->upwards)
            p.origin_y -= step;
        else
            p.origin_x += step;
    }
}
