/* SPDX-License-Identifier: MIT */
/* libpng reports errors by longjmp. What the error path needs lives in a state that outlives the
 * function which calls setjmp, so no local variable can be clobbered. */
#include "decode.h"
#include "error.h"

#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES_MAX (1U << 20)
#define CHUNK_CACHE_MAX 64

typedef struct decoder {
    png_structp png;
    png_infop info;
    const fmi_coded *coded;
    size_t at; /* next byte of coded */
    fmi_image *image;
    fm_status status; /* of our own checks; FM_OK when libpng failed */
    fm_error *err;
    char message[128];
} decoder;

static void decode_error(png_structp png, png_const_charp text) {
    decoder *d = png_get_error_ptr(png);
    snprintf(d->message, sizeof d->message, "%s", text);
    longjmp(png_jmpbuf(png), 1);
}

static void ignore_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void decode_read(png_structp png, png_bytep to, size_t count) {
    decoder *d = png_get_io_ptr(png);
    if (count > d->coded->count - d->at)
        png_error(png, "it ends early");
    memcpy(to, d->coded->bytes + d->at, count);
    d->at += count;
}

/* Header, limits, and the requests that turn every kind into 8-bit RGB or RGBA. */
static void decode_header(decoder *d) {
    png_set_read_fn(d->png, d, decode_read);
    png_set_user_limits(d->png, FMI_IMAGE_MAX_EDGE, FMI_IMAGE_MAX_EDGE);
    png_set_chunk_malloc_max(d->png, CHUNK_BYTES_MAX);
    png_set_chunk_cache_max(d->png, CHUNK_CACHE_MAX);
    png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_read_info(d->png, d->info);
    png_set_expand(d->png); /* palettes, 1 to 4 bit grey, tRNS to alpha */
    png_set_scale_16(d->png);
    png_set_gray_to_rgb(d->png);
    png_set_interlace_handling(d->png);
}

static void decode_rows(decoder *d) {
    uint32_t width = png_get_image_width(d->png, d->info);
    uint32_t height = png_get_image_height(d->png, d->info);
    bool alpha = (png_get_color_type(d->png, d->info) & PNG_COLOR_MASK_ALPHA) != 0 ||
                 png_get_valid(d->png, d->info, PNG_INFO_tRNS) != 0;
    d->status = fmi_image_allocate(d->image, d->coded, width, height, alpha ? 4 : 3, d->err);
    if (d->status != FM_OK)
        longjmp(png_jmpbuf(d->png), 1);
    png_read_update_info(d->png, d->info);
    if (png_get_rowbytes(d->png, d->info) != d->image->view.row_bytes)
        png_error(d->png, "an unexpected pixel layout");
    int passes = png_get_interlace_type(d->png, d->info) == PNG_INTERLACE_ADAM7 ? 7 : 1;
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < height; y++)
            png_read_row(d->png, d->image->storage + (size_t)y * d->image->view.row_bytes, NULL);
    png_read_end(d->png, NULL);
}

/* True when libpng got through; false after its longjmp or without memory. */
static bool decode_all(decoder *d) {
    d->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, d, decode_error, ignore_warning);
    if (d->png != NULL)
        d->info = png_create_info_struct(d->png);
    if (d->info == NULL) {
        d->status =
            fmi_fail(d->err, FM_ERROR_HOST_MEMORY, "%s: no memory to read a PNG", d->coded->label);
        return false;
    }
    if (setjmp(png_jmpbuf(d->png)) != 0)
        return false;
    decode_header(d);
    decode_rows(d);
    return true;
}

/* Width and height stand at a fixed place, in a chunk that must be the first. libpng would call a
 * huge size damage. */
static fm_status check_header(const fmi_coded *coded, fm_error *err) {
    const unsigned char *at = coded->bytes + 16;
    if (coded->count < 24)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: damaged PNG: it ends early; export it again",
                        coded->label);
    if (memcmp(at - 4, "IHDR", 4) != 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: damaged PNG: it does not begin with its header; export it again",
                        coded->label);
    return fmi_image_check_size(coded, png_get_uint_32(at), png_get_uint_32(at + 4), err);
}

fm_status fmi_png_decode(fmi_image *image, const fmi_coded *coded, fm_error *err) {
    decoder d = {.coded = coded, .image = image, .err = err};
    fm_status status = check_header(coded, err);
    if (status != FM_OK)
        return status;
    bool ok = decode_all(&d);
    png_destroy_read_struct(&d.png, &d.info, NULL);
    if (ok)
        return FM_OK;
    fmi_image_free(image);
    if (d.status != FM_OK)
        return d.status;
    return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: damaged PNG: %s; export it again", coded->label,
                    d.message);
}
