/* SPDX-License-Identifier: MIT */
/*
 * A sink of one's own: the frames of a morph go, as they are finished, into a raw video on standard
 * output; `sink | ffplay -f rawvideo -pixel_format rgb24 -video_size 128x128 -` shows it. The sink
 * may also stop the render, as this one does after as many frames as the first argument says.
 */
#include <stdio.h>
#include <stdlib.h>

#include <fm/fm.h>

#include "pyramids.h"

typedef struct writer {
    FILE *file;
    uint32_t frames, most;
} writer;

/* The pixels belong to the engine and are gone after the return: write or copy them here. */
static fm_status write_frame(void *user, const fm_frame *frame, fm_error *err) {
    writer *out = user;
    if (out->frames == out->most)
        return FM_ERROR_CANCELLED;
    for (uint32_t y = 0; y < frame->height; y++) {
        const uint8_t *row = frame->pixels + y * frame->row_bytes;
        if (fwrite(row, frame->channels, frame->width, out->file) != frame->width) {
            err->status = FM_ERROR_IO;
            snprintf(err->message, sizeof err->message, "frame %u: cannot be written",
                     (unsigned)frame->index);
            return FM_ERROR_IO;
        }
    }
    out->frames++;
    return FM_OK;
}

int main(int argc, char **argv) {
    writer out = {.file = stdout, .most = argc > 1 ? (uint32_t)atoi(argv[1]) : 41};
    fm_error err = {0};
    fm_engine *engine = NULL;
    fm_pair *pair = NULL;
    float t[41];
    for (int i = 0; i < 41; i++)
        t[i] = (float)i / 40.0F;
    fm_view view = {.struct_size = sizeof view, .width = 128, .height = 128};
    fm_status status = fm_engine_create(&engine, NULL, &err);
    if (status == FM_OK)
        status = fm_pair_create(&pair, engine, &pyramid_a, &pyramid_b, NULL, &err);
    if (status == FM_OK)
        status = fm_render(pair, t, 41, &view, write_frame, &out, NULL, &err);
    if (status != FM_OK && status != FM_ERROR_CANCELLED)
        fprintf(stderr, "%s\n", err.message);
    fprintf(stderr, "%u frames\n", (unsigned)out.frames);
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
    return status == FM_OK || status == FM_ERROR_CANCELLED ? 0 : 1;
}
