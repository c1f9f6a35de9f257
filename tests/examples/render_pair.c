/* SPDX-License-Identifier: MIT */
/*
 * Two shapes in, five pictures out: frame0.ppm to frame4.ppm in the current folder.
 * The part between the marks is the example of the README; tests/readme.sh compares the two.
 */
#include <stdio.h>

#include <fm/fm.h>

/* A four-sided pyramid by its corners, one triangle a line: a flat nose and a long crooked one. */
/* clang-format off */
#define PYRAMID(x, y, z) {                \
        -1, -1, 0,   1, -1, 0,   x, y, z, \
         1, -1, 0,   1,  1, 0,   x, y, z, \
         1,  1, 0,  -1,  1, 0,   x, y, z, \
        -1,  1, 0,  -1, -1, 0,   x, y, z}
/* clang-format on */
static const float flat[] = PYRAMID(0.0F, 0.0F, 0.3F);
static const float crooked[] = PYRAMID(0.3F, -0.2F, 1.0F);
static const uint32_t sizes[] = {3, 3, 3, 3};

static fm_status save_ppm(void *user, const fm_frame *frame, fm_error *err) {
    char name[32];
    snprintf(name, sizeof name, "frame%u.ppm", (unsigned)frame->index);
    FILE *file = fopen(name, "wb");
    (void)user;
    if (!file) {
        err->status = FM_ERROR_IO;
        snprintf(err->message, sizeof err->message, "cannot write %s", name);
        return FM_ERROR_IO;
    }
    fprintf(file, "P6\n%u %u\n255\n", (unsigned)frame->width, (unsigned)frame->height);
    for (uint32_t y = 0; y < frame->height; y++)
        fwrite(frame->pixels + y * frame->row_bytes, 3, frame->width, file);
    return fclose(file) == 0 ? FM_OK : FM_ERROR_IO;
}

int main(void) {
    /* [example] */
    fm_mesh a = {.positions = flat, .polygon_sizes = sizes, .corner_count = 12, .polygon_count = 4};
    fm_mesh b = a;
    b.positions = crooked;

    fm_error err;
    fm_engine *engine = NULL;
    fm_pair *pair = NULL;
    float t[5] = {0.0F, 0.25F, 0.5F, 0.75F, 1.0F}; /* weight of mesh B */
    fm_view view = {.struct_size = sizeof view, .width = 256, .height = 256};
    bool ok = fm_engine_create(&engine, NULL, &err) == FM_OK &&
              fm_pair_create(&pair, engine, &a, &b, NULL, &err) == FM_OK &&
              fm_render(pair, t, 5, &view, save_ppm, NULL, NULL, &err) == FM_OK;
    if (!ok)
        fprintf(stderr, "%s\n", err.message);
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
    /* [/example] */
    return ok ? 0 : 1;
}
