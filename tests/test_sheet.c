/* SPDX-License-Identifier: MIT */
/* Contact sheets: every frame has a place of its own, and shows the mean of its pixels. */
#include "fm_test.h"

#include "io/sheet.h"

TestSuite(sheet, .timeout = 60);

static void assert_fits(const fmi_sheet_plan *plan, uint32_t count, uint32_t w, uint32_t h) {
    cr_assert(plan->width <= FMI_SHEET_EDGE && plan->height <= FMI_SHEET_EDGE, "%u of %ux%u: %ux%u",
              count, w, h, plan->width, plan->height);
    cr_assert_geq((uint64_t)plan->columns * plan->rows, count);
    cr_assert_lt((uint64_t)plan->columns * (plan->rows - 1), count, "an empty row");
    cr_assert_geq(plan->width, plan->columns * (plan->thumb_width + plan->gap));
    cr_assert_geq(plan->height, plan->rows * (plan->thumb_height + plan->label + plan->gap));
    cr_assert_leq(plan->thumb_width * plan->shrink, w);
    cr_assert_leq(plan->thumb_height * plan->shrink, h > plan->shrink ? h : plan->shrink);
    cr_assert(plan->thumb_width <= FMI_SHEET_THUMB && plan->thumb_height <= FMI_SHEET_THUMB);
}

Test(sheet, every_count_and_size_fits) {
    static const uint32_t counts[] = {2, 3, 5, 41, 101, 1000, 1001, 5000};
    static const uint32_t sizes[][2] = {{1, 1},     {8, 8},     {96, 80},     {512, 512},
                                        {513, 511}, {640, 480}, {1080, 1920}, {8192, 8192}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
            fmi_sheet_plan plan;
            fm_error err;
            fm_assert_ok(fmi_sheet_arrange(&plan, counts[i], sizes[k][0], sizes[k][1], &err), err);
            assert_fits(&plan, counts[i], sizes[k][0], sizes[k][1]);
        }
}

Test(sheet, the_usual_run_has_labels_and_large_frames) {
    fmi_sheet_plan plan;
    fm_error err;
    fm_assert_ok(fmi_sheet_arrange(&plan, 41, 512, 512, &err), err);
    cr_assert_eq(plan.columns, 7U);
    cr_assert_eq(plan.rows, 6U);
    cr_assert_eq(plan.thumb_width, 256U);
    cr_assert_gt(plan.label, 0U);
}

Test(sheet, too_many_frames_are_refused_with_the_number_that_fits) {
    fmi_sheet_plan plan;
    fmi_sheet *sheet = NULL;
    fm_error err;
    fm_assert_fails(fmi_sheet_arrange(&plan, 1000001, 512, 512, &err), FM_ERROR_LIMIT, err,
                    "1000001 frames");
    fm_assert_fails(fmi_sheet_create(&sheet, 1000001, 512, 512, &err), FM_ERROR_LIMIT, err, "do");
    cr_assert_null(sheet);
}

/* Frame i has the colour i all over; with an alpha every other pixel is transparent. */
static void paint(uint8_t *pixels, uint32_t w, uint32_t h, uint32_t channels, uint32_t i) {
    for (uint32_t y = 0; y < h; y++)
        for (uint32_t x = 0; x < w; x++) {
            uint8_t *p = pixels + ((size_t)y * w + x) * channels;
            for (uint32_t k = 0; k < 3; k++)
                p[k] = (uint8_t)(40 + 20 * i + k);
            if (channels == 4)
                p[3] = (x + y) % 2 ? 255 : 0; /* half of a shrunk pixel is white */
        }
}

static void check_frames(uint32_t channels) {
    static uint8_t pixels[514 * 300 * 4];
    const uint32_t count = 5, w = 514, h = 300;
    fmi_sheet_plan plan;
    fmi_sheet *sheet;
    fm_image image;
    fm_error err;
    fm_assert_ok(fmi_sheet_arrange(&plan, count, w, h, &err), err);
    fm_assert_ok(fmi_sheet_create(&sheet, count, w, h, &err), err);
    for (uint32_t i = count; i-- > 0;) {
        const fm_image frame = {pixels, w, h, channels, w * channels};
        paint(pixels, w, h, channels, i);
        fmi_sheet_put(sheet, i, &frame, "A 25 %");
    }
    fmi_sheet_put(sheet, count, &(fm_image){pixels, w, h, channels, w * channels}, "beyond");
    fmi_sheet_image(sheet, &image);
    cr_assert(image.width == plan.width && image.height == plan.height && image.channels == 3);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t left = plan.gap + i % plan.columns * (plan.thumb_width + plan.gap);
        uint32_t top = plan.gap + i / plan.columns * (plan.thumb_height + plan.label + plan.gap);
        int dark = 0;
        for (uint32_t y = top; y < top + plan.thumb_height + plan.label; y++)
            for (uint32_t x = left; x < left + plan.thumb_width; x++) {
                const uint8_t *p = image.pixels + (size_t)y * image.row_bytes + 3 * (size_t)x;
                int want = 40 + 20 * (int)i;
                if (y >= top + plan.thumb_height)
                    dark += p[0] < 128;
                else if (channels == 3)
                    cr_assert(p[0] == want && p[1] == want + 1 && p[2] == want + 2,
                              "frame %u at %u, %u: %u", i, x, y, p[0]);
                else /* 4 or 5 of the 9 pixels are white */
                    cr_assert(p[0] > (4 * (40 + 20 * i) + 5 * 255) / 9 - 26 &&
                                  p[0] < (5 * (40 + 20 * i) + 4 * 255) / 9 + 26,
                              "frame %u at %u, %u: %u", i, x, y, p[0]);
            }
        cr_assert_gt(dark, 20, "frame %u has no label", i);
    }
    fmi_sheet_destroy(&sheet);
    cr_assert_null(sheet);
}

Test(sheet, frames_stand_in_order_with_their_labels) {
    check_frames(3);
}

Test(sheet, transparent_frames_lie_on_white) {
    check_frames(4);
}
