/* SPDX-License-Identifier: MIT */
/* consumer A B OUT.png: the frame half way between two mesh files, with the installed library. */
#include <stdio.h>

#include <fm/fm.h>
#include <fm/io.h>

static fm_status save(void *user, const fm_frame *frame, fm_error *err) {
    fm_image image = {.pixels = frame->pixels,
                      .width = frame->width,
                      .height = frame->height,
                      .channels = frame->channels,
                      .row_bytes = (uint32_t)frame->row_bytes};
    return fm_png_write(user, &image, err);
}

int main(int argc, char **argv) {
    fm_error err;
    fm_engine *engine = NULL;
    fm_pair *pair = NULL;
    float half = 0.5F;
    if (argc != 4)
        return 2;
    bool ok = fm_engine_create(&engine, NULL, &err) == FM_OK &&
              fm_pair_load(&pair, engine, argv[1], argv[2], NULL, &err) == FM_OK &&
              fm_render(pair, &half, 1, NULL, save, argv[3], NULL, &err) == FM_OK;
    if (!ok)
        fprintf(stderr, "%s\n", err.message);
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
    return ok ? 0 : 1;
}
