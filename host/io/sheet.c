/* SPDX-License-Identifier: MIT */
#include "sheet.h"

#include "error.h"
#include "stroke.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define THUMB_MIN 16U      /* of the longer edge, unless the frames are smaller */
#define THUMB_LABELLED 80U /* narrower ones have no room for a label */
#define ASPECT (4.0 / 3.0)

struct fmi_sheet {
    fmi_sheet_plan plan;
    uint32_t count;
    uint8_t *rgb;
};

static uint32_t rounded_up(uint32_t a, uint32_t b) {
    return (a + b - 1) / b;
}

/* Cells of a shrink, and the picture they make. */
static void arrange(fmi_sheet_plan *plan, uint32_t count, uint32_t width, uint32_t height,
                    uint32_t shrink) {
    plan->shrink = shrink;
    plan->thumb_width = width / shrink > 0 ? width / shrink : 1;
    plan->thumb_height = height / shrink > 0 ? height / shrink : 1;
    plan->label = plan->thumb_width >= THUMB_LABELLED ? 20 : 0;
    plan->gap = plan->label > 0 ? 8 : 2;
    double cell_width = plan->thumb_width + plan->gap;
    double cell_height = plan->thumb_height + plan->label + plan->gap;
    double columns = ceil(sqrt(count * cell_height / cell_width * ASPECT));
    plan->columns = columns < count ? (uint32_t)columns : count;
    plan->rows = rounded_up(count, plan->columns);
    plan->columns = rounded_up(count, plan->rows);
    /* Beyond the edge in any case when this does not fit 32 bits: count < 2^20, cells < 2^14. */
    double all_width = plan->columns * cell_width + plan->gap;
    double all_height = plan->rows * cell_height + plan->gap;
    plan->width = all_width < 1e9 ? (uint32_t)all_width : 1000000000U;
    plan->height = all_height < 1e9 ? (uint32_t)all_height : 1000000000U;
}

fm_status fmi_sheet_arrange(fmi_sheet_plan *plan, uint32_t count, uint32_t width, uint32_t height,
                            fm_error *err) {
    uint32_t longer = width > height ? width : height;
    for (uint32_t shrink = rounded_up(longer, FMI_SHEET_THUMB);; shrink++) {
        arrange(plan, count, width, height, shrink);
        if (shrink > 1 && longer / shrink < THUMB_MIN)
            break;
        if (plan->width <= FMI_SHEET_EDGE && plan->height <= FMI_SHEET_EDGE)
            return FM_OK;
        if (longer / shrink <= 1)
            break;
    }
    uint32_t most = FMI_SHEET_EDGE / (THUMB_MIN + 2);
    return fmi_fail(err, FM_ERROR_LIMIT,
                    "%u frames do not fit on one sheet, about %u do; use fewer frames, or "
                    "--contact-sheet off",
                    count, most * most);
}

fm_status fmi_sheet_create(fmi_sheet **out, uint32_t count, uint32_t width, uint32_t height,
                           fm_error *err) {
    fmi_sheet_plan plan;
    *out = NULL;
    fm_status status = fmi_sheet_arrange(&plan, count, width, height, err);
    if (status != FM_OK)
        return status;
    size_t bytes = (size_t)plan.width * plan.height * 3;
    fmi_sheet *sheet = calloc(1, sizeof *sheet);
    if (sheet != NULL)
        sheet->rgb = malloc(bytes);
    if (sheet == NULL || sheet->rgb == NULL) {
        free(sheet);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a contact sheet of %ux%u",
                        plan.width, plan.height);
    }
    memset(sheet->rgb, 255, bytes);
    sheet->plan = plan;
    sheet->count = count;
    *out = sheet;
    return FM_OK;
}

void fmi_sheet_destroy(fmi_sheet **sheet) {
    if (*sheet == NULL)
        return;
    free((*sheet)->rgb);
    free(*sheet);
    *sheet = NULL;
}

/* Mean of a square of shrink pixels, over white where they are transparent. */
static void mean_pixel(const fm_image *frame, uint32_t x, uint32_t y, uint32_t shrink,
                       uint8_t rgb[3]) {
    uint32_t right = x + shrink < frame->width ? x + shrink : frame->width;
    uint32_t lower = y + shrink < frame->height ? y + shrink : frame->height;
    uint64_t sum[3] = {0, 0, 0}, count = (uint64_t)(right - x) * (lower - y) * 255;
    for (uint32_t v = y; v < lower; v++) {
        const uint8_t *pixel = frame->pixels + (size_t)v * frame->row_bytes + x * frame->channels;
        for (uint32_t u = x; u < right; u++, pixel += frame->channels) {
            uint32_t alpha = frame->channels == 4 ? pixel[3] : 255;
            for (int k = 0; k < 3; k++)
                sum[k] += pixel[k] * alpha + 255 * (255 - alpha);
        }
    }
    for (int k = 0; k < 3; k++)
        rgb[k] = (uint8_t)((sum[k] + count / 2) / count);
}

static void put_label(fmi_sheet *sheet, const char *label, uint32_t left, uint32_t top) {
    const fmi_sheet_plan *plan = &sheet->plan;
    const fmi_lettering how = {.size = 9.0, .weight = 1.2, .align = 0.5};
    fmi_canvas canvas = {sheet->rgb, plan->width, plan->height};
    fmi_text_draw(&canvas, label, left + plan->thumb_width / 2.0, top + plan->label - 5.0, &how);
}

void fmi_sheet_put(fmi_sheet *sheet, uint32_t i, const fm_image *frame, const char *label) {
    const fmi_sheet_plan *plan = &sheet->plan;
    if (i >= sheet->count)
        return;
    uint32_t cell_height = plan->thumb_height + plan->label + plan->gap;
    uint32_t left = plan->gap + i % plan->columns * (plan->thumb_width + plan->gap);
    uint32_t top = plan->gap + i / plan->columns * cell_height;
    for (uint32_t y = 0; y < plan->thumb_height; y++) {
        uint8_t *rgb = sheet->rgb + ((size_t)(top + y) * plan->width + left) * 3;
        for (uint32_t x = 0; x < plan->thumb_width; x++, rgb += 3)
            mean_pixel(frame, x * plan->shrink, y * plan->shrink, plan->shrink, rgb);
    }
    if (plan->label > 0)
        put_label(sheet, label, left, top + plan->thumb_height);
}

void fmi_sheet_image(const fmi_sheet *sheet, fm_image *image) {
    *image = (fm_image){.pixels = sheet->rgb,
                        .width = sheet->plan.width,
                        .height = sheet->plan.height,
                        .channels = 3,
                        .row_bytes = sheet->plan.width * 3};
}
