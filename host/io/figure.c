/* SPDX-License-Identifier: MIT */
#include "figure.h"

#include "error.h"
#include "stroke.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The layout: three columns, each picture, bar, numbers, label from left to right. */
#define COLUMN (FMI_FIGURE_WIDTH / FMI_FIGURE_PANELS)
#define PANEL_X 4U
#define PANEL_Y 148U
#define BAR_X 708U
#define BAR_Y 168U
#define BAR_WIDTH 28U
#define BAR_HEIGHT 680U
#define TICKS 5
#define TICK_LENGTH 8.0
#define NUMBER_X 750.0
#define LABEL_X 890.0
#define TITLE_Y 62.0
#define PANEL_TITLE_Y 126.0

static const fmi_lettering title_style = {.size = 30.0, .weight = 4.2, .align = 0.5};
static const fmi_lettering panel_style = {.size = 24.0, .weight = 3.2, .align = 0.5};
static const fmi_lettering number_style = {.size = 17.0, .weight = 2.2};
static const fmi_lettering label_style = {
    .size = 18.0, .weight = 2.3, .align = 0.5, .upwards = true};

void fmi_figure_number(char out[32], double value, double reach) {
    int power = reach > 0.0 ? (int)floor(log10(reach)) : 0;
    if (power > 4 || power < -4) {
        snprintf(out, 32, "%.2e", value);
    } else {
        int decimals = power < 2 ? 2 - power : 0;
        snprintf(out, 32, "%.*f", decimals, value == 0.0 ? 0.0 : value);
    }
    for (char *s = out; *s != '\0'; s++) /* the decimal sign of other locales */
        *s = *s == ',' ? '.' : *s;
}

static void copy_panel(fmi_canvas *canvas, uint32_t x, const fm_image *image) {
    for (uint32_t y = 0; y < FMI_FIGURE_PANEL; y++)
        memcpy(canvas->rgb + 3 * ((size_t)(PANEL_Y + y) * canvas->width + x),
               image->pixels + (size_t)y * image->row_bytes, 3 * FMI_FIGURE_PANEL);
}

/* The table from top to bottom, each entry as high as any other. */
static void draw_colours(fmi_canvas *canvas, uint32_t x, fm_colormap map) {
    uint8_t table[256][3];
    fm_colormap_table(map, table);
    for (uint32_t y = 0; y < BAR_HEIGHT; y++) {
        const uint8_t *rgb = table[(BAR_HEIGHT - 1 - y) * 256 / BAR_HEIGHT];
        uint8_t *row = canvas->rgb + 3 * ((size_t)(BAR_Y + y) * canvas->width + x);
        for (uint32_t i = 0; i < BAR_WIDTH; i++)
            memcpy(row + 3 * (size_t)i, rgb, 3);
    }
}

static void draw_frame(fmi_canvas *canvas, double x) {
    double right = x + BAR_WIDTH, top = BAR_Y, bottom = BAR_Y + BAR_HEIGHT;
    fmi_line_draw(canvas, x, top, right, top, 2.0);
    fmi_line_draw(canvas, right, top, right, bottom, 2.0);
    fmi_line_draw(canvas, right, bottom, x, bottom, 2.0);
    fmi_line_draw(canvas, x, bottom, x, top, 2.0);
}

/* A panel whose ends are equal shows one colour, which stands for that value: one number. */
static void draw_numbers(fmi_canvas *canvas, double column, const fm_panel *panel) {
    double low = (double)panel->low, high = (double)panel->high;
    double reach = fmax(fabs(low), fabs(high));
    int ticks = low < high ? TICKS : 1;
    for (int i = 0; i < ticks; i++) {
        char text[32];
        double share = ticks > 1 ? (double)i / (ticks - 1) : 0.0;
        double y = BAR_Y + BAR_HEIGHT * (1.0 - share), x = column + BAR_X + BAR_WIDTH;
        fmi_figure_number(text, low + share * (high - low), reach);
        fmi_line_draw(canvas, x, y, x + TICK_LENGTH, y, 2.0);
        fmi_text_draw(canvas, text, column + NUMBER_X, y + 0.5 * number_style.size, &number_style);
    }
}

static void draw_panel(fmi_canvas *canvas, uint32_t column, const fmi_figure_panel *p) {
    copy_panel(canvas, column + PANEL_X, &p->panel.image);
    draw_colours(canvas, column + BAR_X, p->map);
    draw_frame(canvas, column + BAR_X);
    draw_numbers(canvas, column, &p->panel);
    fmi_text_draw(canvas, p->title, column + PANEL_X + 0.5 * FMI_FIGURE_PANEL, PANEL_TITLE_Y,
                  &panel_style);
    fmi_text_draw(canvas, p->label, column + LABEL_X, BAR_Y + 0.5 * BAR_HEIGHT, &label_style);
}

static bool is_panel(const fm_image *image) {
    return image->pixels && image->channels == 3 && image->width == FMI_FIGURE_PANEL &&
           image->height == FMI_FIGURE_PANEL;
}

fm_status fmi_figure_draw(fmi_image *image, const fmi_figure *figure, fm_error *err) {
    size_t bytes = 3 * (size_t)FMI_FIGURE_WIDTH * FMI_FIGURE_HEIGHT;
    *image = (fmi_image){0};
    for (int i = 0; i < FMI_FIGURE_PANELS; i++)
        if (!is_panel(&figure->panel[i].panel.image))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "figure: panel %d is no RGB picture of %u x %u pixels", i,
                            FMI_FIGURE_PANEL, FMI_FIGURE_PANEL);
    uint8_t *rgb = malloc(bytes);
    if (rgb == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a figure of %u x %u pixels",
                        FMI_FIGURE_WIDTH, FMI_FIGURE_HEIGHT);
    memset(rgb, 255, bytes);
    fmi_canvas canvas = {rgb, FMI_FIGURE_WIDTH, FMI_FIGURE_HEIGHT};
    for (uint32_t i = 0; i < FMI_FIGURE_PANELS; i++)
        draw_panel(&canvas, i * COLUMN, &figure->panel[i]);
    fmi_text_draw(&canvas, figure->title, 0.5 * FMI_FIGURE_WIDTH, TITLE_Y, &title_style);
    image->storage = rgb;
    image->view = (fm_image){rgb, FMI_FIGURE_WIDTH, FMI_FIGURE_HEIGHT, 3, 3 * FMI_FIGURE_WIDTH};
    return FM_OK;
}
