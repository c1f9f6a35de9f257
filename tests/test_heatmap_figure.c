/* SPDX-License-Identifier: MIT */
/* Figures: colours, bars, lettering, files; and the colour tables behind them. */
#include "fm_test.h"

#include "io/figure.h"
#include "io/stroke.h"

TestSuite(heatmap_figure, .timeout = 60);

/* ---- colour tables ---- */

typedef struct msh {
    double m, s, h;
} msh;

static double linear(double c) {
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double encoded(double c) {
    return c <= 0.0031308 ? 12.92 * c : 1.055 * pow(c, 1.0 / 2.4) - 0.055;
}

static double curve(double x) {
    return x > 0.008856 ? cbrt(x) : 7.787 * x + 16.0 / 116.0;
}

static double uncurve(double f) {
    return f > 6.0 / 29.0 ? f * f * f : (f - 16.0 / 116.0) / 7.787;
}

static msh msh_of(const double rgb[3]) {
    double r = linear(rgb[0]), g = linear(rgb[1]), b = linear(rgb[2]);
    double x = curve((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    double y = curve(0.2126 * r + 0.7152 * g + 0.0722 * b);
    double z = curve((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    double l = 116.0 * y - 16.0, a = 500.0 * (x - y), bb = 200.0 * (y - z);
    double m = sqrt(l * l + a * a + bb * bb);
    return (msh){m, acos(l / m), atan2(bb, a)};
}

static void rgb_of(msh c, double rgb[3]) {
    double l = c.m * cos(c.s), a = c.m * sin(c.s) * cos(c.h), b = c.m * sin(c.s) * sin(c.h);
    double fy = (l + 16.0) / 116.0;
    double x = 0.9505 * uncurve(fy + a / 500.0), y = uncurve(fy);
    double z = 1.089 * uncurve(fy - b / 200.0);
    rgb[0] = encoded(3.2406 * x - 1.5372 * y - 0.4986 * z);
    rgb[1] = encoded(-0.9689 * x + 1.8758 * y + 0.0415 * z);
    rgb[2] = encoded(0.0557 * x - 0.2040 * y + 1.0570 * z);
}

/* Hue that a grey of magnitude m takes beside a colour, so that the path bends evenly. */
static double spun_hue(msh colour, double m) {
    double spin = colour.s * sqrt(m * m - colour.m * colour.m) / (colour.m * sin(colour.s));
    return colour.h > -1.0471975511965976 ? colour.h + spin : colour.h - spin;
}

/* K. Moreland's rule between his blue and red: half of the way to grey, half back. */
static void moreland(double x, double rgb[3]) {
    const double blue[3] = {59.0 / 255.0, 76.0 / 255.0, 192.0 / 255.0};
    const double red[3] = {180.0 / 255.0, 4.0 / 255.0, 38.0 / 255.0};
    msh side = x < 0.5 ? msh_of(blue) : msh_of(red);
    msh grey = {fmax(fmax(msh_of(blue).m, msh_of(red).m), 88.0), 0.0, 0.0};
    double t = x < 0.5 ? 2.0 * x : 2.0 - 2.0 * x;
    grey.h = spun_hue(side, grey.m);
    msh c = {side.m + t * (grey.m - side.m), side.s + t * (grey.s - side.s),
             side.h + t * (grey.h - side.h)};
    rgb_of(c, rgb);
}

/* The table has straight lines between 33 points of the formula: off where green
 * falls steeply, between the last two. */
Test(heatmap_figure, coolwarm_follows_its_formula) {
    uint8_t table[256][3];
    fm_colormap_table(FM_COLORMAP_COOLWARM, table);
    for (int i = 0; i < 256; i++) {
        double want[3];
        moreland(i / 255.0, want);
        for (int c = 0; c < 3; c++)
            cr_assert_float_eq(table[i][c], 255.0 * want[c], i < 247 ? 2.5 : 6.0,
                               "entry %d channel %d: %d, %.2f", i, c, table[i][c], 255.0 * want[c]);
    }
    cr_assert(table[0][0] == 59 && table[0][1] == 76 && table[0][2] == 192);
    cr_assert(table[255][0] == 180 && table[255][1] == 4 && table[255][2] == 38);
}

Test(heatmap_figure, viridis_gets_lighter_from_end_to_end) {
    uint8_t table[256][3];
    fm_colormap_table(FM_COLORMAP_VIRIDIS, table);
    double before = -1.0;
    for (int i = 0; i < 256; i++) {
        double light = 0.2126 * linear(table[i][0] / 255.0) + 0.7152 * linear(table[i][1] / 255.0) +
                       0.0722 * linear(table[i][2] / 255.0);
        cr_assert_gt(light, before - 2e-3, "entry %d", i);
        before = light;
    }
    cr_assert(table[0][0] == 68 && table[0][1] == 1 && table[0][2] == 84);
    cr_assert(table[128][0] == 33 && table[128][1] == 145 && table[128][2] == 140);
    cr_assert(table[255][0] == 253 && table[255][1] == 231 && table[255][2] == 37);
}

/* ---- lettering ---- */

typedef struct ink {
    uint32_t left, right, top, bottom; /* box of what is not white */
    uint64_t dark;                     /* sum of darkness */
} ink;

static ink ink_of(const fmi_canvas *c) {
    ink k = {c->width, 0, c->height, 0, 0};
    for (uint32_t y = 0; y < c->height; y++)
        for (uint32_t x = 0; x < c->width; x++) {
            uint8_t level = c->rgb[3 * ((size_t)y * c->width + x)];
            if (level == 255)
                continue;
            k.left = x < k.left ? x : k.left;
            k.right = x > k.right ? x : k.right;
            k.top = y < k.top ? y : k.top;
            k.bottom = y > k.bottom ? y : k.bottom;
            k.dark += 255U - level;
        }
    return k;
}

static ink draw(const char *text, double x, double y, const fmi_lettering *how) {
    fmi_canvas canvas = {malloc(3 * 400 * 200), 400, 200};
    memset(canvas.rgb, 255, 3 * 400 * 200);
    fmi_text_draw(&canvas, text, x, y, how);
    ink k = ink_of(&canvas);
    free(canvas.rgb);
    return k;
}

Test(heatmap_figure, every_sign_is_drawn_within_its_width) {
    static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                ".,:-+=/*()[]";
    const fmi_lettering how = {.size = 28.0, .weight = 3.0};
    ink box = draw("\x7f", 100.0, 100.0, &how), delta = draw("\u0394", 100.0, 100.0, &how);
    cr_assert_gt(delta.dark, 0U);
    cr_assert_neq(delta.dark, box.dark, "no glyph for delta");
    for (size_t i = 0; signs[i]; i++) {
        const char text[2] = {signs[i], 0};
        ink k = draw(text, 100.0, 100.0, &how);
        double width = fmi_text_width(text, how.size);
        cr_assert_gt(k.dark, 255U, "'%c' leaves no ink", signs[i]);
        cr_assert_neq(k.dark, box.dark, "no glyph for '%c'", signs[i]);
        cr_assert(k.left >= 96 && k.right <= 104 + width, "'%c' reaches from %u to %u, width %.1f",
                  signs[i], k.left, k.right, width);
        cr_assert(k.top >= 68 && k.bottom <= 112, "'%c' reaches from row %u to %u", signs[i], k.top,
                  k.bottom);
    }
}

Test(heatmap_figure, text_is_aligned_and_turned) {
    fmi_lettering how = {.size = 20.0, .weight = 2.0, .align = 0.5};
    double width = fmi_text_width("Nose", how.size);
    ink middle = draw("Nose", 200.0, 100.0, &how);
    cr_assert_float_eq(0.5 * (middle.left + middle.right), 200.0, 2.0);
    how.align = 1.0;
    ink right = draw("Nose", 200.0, 100.0, &how);
    cr_assert(right.right <= 202 && right.right >= 196);
    how.upwards = true;
    how.align = 0.5;
    ink turned = draw("Nose", 200.0, 100.0, &how);
    cr_assert_float_eq(turned.bottom - turned.top, width, 6.0);
    cr_assert_float_eq(0.5 * (turned.top + turned.bottom), 100.0, 2.0);
    cr_assert(turned.right <= 202, "the baseline is at x = 200, read from below");
}

/* Far outside: nothing is touched, nothing crashes. */
Test(heatmap_figure, text_outside_the_canvas_is_left_out) {
    const fmi_lettering how = {.size = 30.0, .weight = 4.0};
    cr_assert_eq(draw("Out", -300.0, 100.0, &how).dark, 0U);
    cr_assert_eq(draw("Out", 1e9, -1e9, &how).dark, 0U);
    cr_assert_gt(draw("Half", 380.0, 10.0, &how).dark, 0U);
}

Test(heatmap_figure, numbers_have_three_digits_of_the_reach) {
    static const struct {
        double value, reach;
        const char *text;
    } cases[] = {{0.0, 0.00963, "0.00000"},  {-0.00481, 0.00963, "-0.00481"},
                 {12.345, 66.5, "12.3"},     {66.5, 66.5, "66.5"},
                 {123.4, 123.4, "123"},      {-0.0, 5.0, "0.00"},
                 {1.0, 1.0, "1.00"},         {12345.6, 12345.6, "12346"},
                 {1.5e-7, 3e-7, "1.50e-07"}, {0.0, 0.0, "0.00"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        fmi_figure_number(text, cases[i].value, cases[i].reach);
        cr_assert_str_eq(text, cases[i].text);
    }
}

/* ---- figures ---- */

#define EDGE FMI_FIGURE_PANEL

static uint8_t *panel_pixels(uint8_t level) {
    uint8_t *rgb = malloc(3 * (size_t)EDGE * EDGE);
    memset(rgb, level, 3 * (size_t)EDGE * EDGE);
    memset(rgb, 255, 3 * (size_t)EDGE * 4); /* white rows at the top, as panels have */
    return rgb;
}

static fmi_figure make_figure(uint8_t *const pixels[3]) {
    fmi_figure f = {.title = "Shape Displacement Components"};
    for (int i = 0; i < 3; i++)
        f.panel[i] = (fmi_figure_panel){.title = "Normal",
                                        .label = "Displacement (signed) [mesh units]",
                                        .panel = {.image = {pixels[i], EDGE, EDGE, 3, 3 * EDGE},
                                                  .low = i == 0 ? -0.00963F : 0.0F,
                                                  .high = 0.00963F},
                                        .map = i == 0 ? FM_COLORMAP_COOLWARM : FM_COLORMAP_VIRIDIS};
    return f;
}

static bool has_colour(const fm_image *image, uint32_t from, uint32_t to, const uint8_t rgb[3]) {
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = from; x < to; x++)
            if (memcmp(image->pixels + (size_t)y * image->row_bytes + 3 * (size_t)x, rgb, 3) == 0)
                return true;
    return false;
}

Test(heatmap_figure, bars_show_the_whole_table_and_nothing_is_clipped) {
    uint8_t *pixels[3] = {panel_pixels(10), panel_pixels(20), panel_pixels(30)};
    fmi_figure figure = make_figure(pixels);
    fmi_image image, again;
    fm_error err;
    fm_assert_ok(fmi_figure_draw(&image, &figure, &err), err);
    fm_assert_ok(fmi_figure_draw(&again, &figure, &err), err);
    const fm_image *v = &image.view;
    cr_assert(v->width == 2700 && v->height == 900 && v->channels == 3);
    cr_assert_eq(memcmp(image.storage, again.storage, (size_t)v->row_bytes * v->height), 0);
    for (uint32_t i = 0; i < 3; i++) {
        uint8_t table[256][3];
        fm_colormap_table(figure.panel[i].map, table);
        for (int entry = 0; entry < 256; entry++)
            cr_assert(has_colour(v, 900 * i, 900 * (i + 1), table[entry]), "panel %u entry %d", i,
                      entry);
        const uint8_t level[3] = {(uint8_t)(10 * (i + 1)), (uint8_t)(10 * (i + 1)),
                                  (uint8_t)(10 * (i + 1))};
        cr_assert(has_colour(v, 900 * i, 900 * (i + 1), level), "panel %u is not shown", i);
    }
    for (uint32_t y = 0; y < v->height; y++)
        for (uint32_t c = 0; c < 9; c++) {
            cr_assert_eq(v->pixels[(size_t)y * v->row_bytes + c], 255, "left edge, row %u", y);
            cr_assert_eq(v->pixels[(size_t)(y + 1) * v->row_bytes - 1 - c], 255,
                         "right edge, row %u", y);
        }
    fmi_image_free(&image);
    fmi_image_free(&again);
    for (int i = 0; i < 3; i++)
        free(pixels[i]);
}

/* Between numbers and label of each column at least 4 white columns, with the widest numbers. */
Test(heatmap_figure, numbers_and_labels_keep_apart) {
    uint8_t *pixels[3] = {panel_pixels(255), panel_pixels(255), panel_pixels(255)};
    static const float reaches[] = {0.00963F, 9.99F, 99999.0F, 1.234e-6F, 1.2e9F};
    for (size_t r = 0; r < 5; r++) {
        fmi_figure figure = make_figure(pixels);
        fmi_image image;
        fm_error err;
        for (int i = 0; i < 3; i++) {
            figure.panel[i].panel.low = -reaches[r];
            figure.panel[i].panel.high = reaches[r];
        }
        fm_assert_ok(fmi_figure_draw(&image, &figure, &err), err);
        uint32_t white = 0, widest = 0;
        for (uint32_t x = 760; x < 890; x++) {
            bool empty = true;
            for (uint32_t y = 140; y < 900 && empty; y++)
                empty = image.view.pixels[(size_t)y * image.view.row_bytes + 3 * (size_t)x] == 255;
            white = empty ? white + 1 : 0;
            widest = white > widest ? white : widest;
        }
        cr_assert_geq(widest, 4U, "reach %g: numbers touch the label", (double)reaches[r]);
        fmi_image_free(&image);
    }
    for (int i = 0; i < 3; i++)
        free(pixels[i]);
}

static void count_done(void *user, const char *path) {
    (void)path;
    __atomic_add_fetch((int *)user, 1, __ATOMIC_SEQ_CST);
}

Test(heatmap_figure, two_files_are_written_at_once) {
    char dir[FM_TEST_PATH];
    uint8_t *pixels[3] = {panel_pixels(40), panel_pixels(50), panel_pixels(60)};
    fmi_figure_job jobs[2];
    fmi_figures *figures = NULL;
    fmi_image drawn, read;
    fm_error err;
    int done = 0;
    fm_test_dir(dir, "figures");
    for (int i = 0; i < 2; i++) {
        jobs[i] =
            (fmi_figure_job){.figure = make_figure(pixels), .done = count_done, .user = &done};
        snprintf(jobs[i].path, sizeof jobs[i].path, "%s/%d.png", dir, i);
    }
    fm_assert_ok(fmi_figures_start(&figures, jobs, 2, &err), err);
    fm_assert_ok(fmi_figures_wait(&figures, &err), err);
    cr_assert_null(figures);
    cr_assert_eq(done, 2);
    fm_assert_ok(fmi_figure_draw(&drawn, &jobs[0].figure, &err), err);
    for (int i = 0; i < 2; i++) {
        fm_assert_ok(fmi_image_load(&read, jobs[i].path, &err), err);
        cr_assert_eq(read.view.width, drawn.view.width);
        cr_assert_eq(memcmp(read.storage, drawn.storage, 3 * 2700 * 900), 0);
        fmi_image_free(&read);
    }
    snprintf(jobs[1].path, sizeof jobs[1].path, "%s/missing/1.png", dir);
    fm_assert_ok(fmi_figures_start(&figures, jobs, 2, &err), err);
    cr_assert_eq(fmi_figures_wait(&figures, &err), FM_ERROR_IO);
    cr_assert_eq(done, 3);
    fmi_image_free(&drawn);
    for (int i = 0; i < 3; i++)
        free(pixels[i]);
}
