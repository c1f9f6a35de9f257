/* SPDX-License-Identifier: MIT */
#include "backdrop.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

/* x / 255, rounded, for x up to 65,025. */
static uint32_t by_255(uint32_t x) {
    return (x + 128 + ((x + 128) >> 8)) >> 8;
}

void fmi_compose_pixel(uint8_t *to, const uint8_t *over, const uint8_t *behind) {
    uint32_t alpha = over[3];
    for (uint32_t c = 0; c < 3; c++)
        to[c] = (uint8_t)by_255(over[c] * alpha + behind[c] * (255U - alpha));
}

void fmi_compose(uint8_t *to, const fm_frame *frame, const uint8_t *behind) {
    static const uint8_t white[3] = {255, 255, 255};
    size_t row = (size_t)frame->width * 3;
    for (uint32_t y = 0; y < frame->height; y++) {
        const uint8_t *over = frame->pixels + y * frame->row_bytes;
        for (uint32_t x = 0; x < frame->width; x++)
            fmi_compose_pixel(to + y * row + x * 3, over + x * (size_t)4,
                              behind != NULL ? behind + y * row + x * 3 : white);
    }
}

fm_status fmi_backdrop_open(fmi_backdrop *backdrop, const char *path, const fm_view *view,
                            fm_error *err) {
    *backdrop = (fmi_backdrop){0};
    backdrop->rgb = malloc((size_t)view->width * view->height * 3);
    if (backdrop->rgb == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for a frame", path);
    return fmi_video_in_open(&backdrop->video, path, view->width, view->height, err);
}

fm_status fmi_backdrop_apply(fmi_backdrop *backdrop, const fm_frame *frame, fm_frame *composed,
                             fm_error *err) {
    const uint8_t *behind = NULL;
    *composed = *frame;
    fm_status status = fmi_video_in_next(backdrop->video, &behind, err);
    if (status != FM_OK)
        return status;
    fmi_compose(backdrop->rgb, frame, behind);
    composed->pixels = backdrop->rgb;
    composed->channels = 3;
    composed->row_bytes = (size_t)frame->width * 3;
    return FM_OK;
}

void fmi_backdrop_close(fmi_backdrop *backdrop) {
    fmi_video_in_close(&backdrop->video);
    free(backdrop->rgb);
    *backdrop = (fmi_backdrop){0};
}
