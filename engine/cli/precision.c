/* SPDX-License-Identifier: MIT */
#include "precision.h"

#include "console.h"
#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 3
#define MOST_PIXELS 512

/* The first time frames come they are kept, the second time compared. */
typedef struct comparison {
    uint8_t *kept; /* FRAMES frames without row padding */
    size_t frame_bytes;
    bool second;
    double squares;
} comparison;

static fm_status take(void *user, const fm_frame *frame, fm_error *err) {
    comparison *c = user;
    uint8_t *kept = c->kept + frame->index * c->frame_bytes;
    (void)err;
    for (uint32_t y = 0; y < frame->height; y++) {
        size_t row = (size_t)frame->width * frame->channels;
        const uint8_t *from = frame->pixels + y * frame->row_bytes;
        for (size_t i = 0; i < row && c->second; i++) {
            double d = (double)from[i] - kept[y * row + i];
            c->squares += d * d;
        }
        if (!c->second)
            memcpy(kept + y * row, from, row);
    }
    return FM_OK;
}

static fm_view small_view(const fm_view *asked) {
    fm_view view = *asked;
    uint32_t longest = view.width > view.height ? view.width : view.height;
    if (longest > MOST_PIXELS) {
        view.width = (uint32_t)((uint64_t)view.width * MOST_PIXELS / longest);
        view.height = (uint32_t)((uint64_t)view.height * MOST_PIXELS / longest);
        view.width = view.width > 0 ? view.width : 1;
        view.height = view.height > 0 ? view.height : 1;
    }
    return view;
}

static fm_status make_and_render(fmi_run *run, const fm_mesh *a, const fm_mesh *b,
                                 const fm_pair_params *params, comparison *c, fm_error *err) {
    static const float t[FRAMES] = {0.0F, 0.5F, 1.0F};
    const fm_view view = small_view(&run->options->view);
    fm_status status = fm_pair_create(&run->pair, run->engine, a, b, params, err);
    return status == FM_OK ? fm_render(run->pair, t, FRAMES, &view, take, c, NULL, err) : status;
}

static void tell(fmi_run *run, const comparison *c) {
    double mean = c->squares / (double)(FRAMES * c->frame_bytes);
    run->precision_psnr = mean > 0.0 ? 10.0 * log10(255.0 * 255.0 / mean) : (double)INFINITY;
    bool good = run->precision_psnr >= FMI_PRECISION_LEAST_DB;
    fmi_console_log(run->console, good ? FM_LOG_INFO : FM_LOG_WARNING,
                    "--precision fp16: PSNR %.1f dB against fp32%s", run->precision_psnr,
                    good ? "" : ", below the 45 dB it should keep; use fp32");
}

fm_status fmi_precision_pair(fmi_run *run, const fm_mesh *a, const fm_mesh *b,
                             const fm_pair_params *params, fm_error *err) {
    const fm_view view = small_view(&run->options->view);
    run->precision_psnr = (double)NAN;
    if (!params->half)
        return fm_pair_create(&run->pair, run->engine, a, b, params, err);
    comparison c = {.frame_bytes = (size_t)view.width * view.height * (view.transparent ? 4 : 3)};
    c.kept = malloc(FRAMES * c.frame_bytes);
    if (c.kept == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to compare fp16 with fp32");
    fm_pair_params full = *params;
    full.half = false;
    fm_status status = make_and_render(run, a, b, &full, &c, err);
    fm_pair_destroy(&run->pair);
    c.second = true;
    if (status == FM_OK)
        status = make_and_render(run, a, b, params, &c, err);
    if (status == FM_OK)
        tell(run, &c);
    free(c.kept);
    return status;
}
