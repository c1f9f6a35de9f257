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

#include <zlib.h>

#define CHUNK_BYTES_MAX (1U << 20)
#define CHUNK_CACHE_MAX 64

/* ---- decoding ---- */

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
    d->status = fmi_image_allocate(d->image, width, height, alpha ? 4 : 3, d->coded->label, d->err);
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
        snprintf(d->message, sizeof d->message, "no memory");
        return false;
    }
    if (setjmp(png_jmpbuf(d->png)) != 0)
        return false;
    decode_header(d);
    decode_rows(d);
    return true;
}

/* Width and height stand at a fixed place. libpng would call a huge size damage. */
static fm_status check_header(const fmi_coded *coded, fm_error *err) {
    const unsigned char *at = coded->bytes + 16;
    if (coded->count < 24)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: damaged PNG: it ends early; export it again",
                        coded->label);
    return fmi_image_check_size(png_get_uint_32(at), png_get_uint_32(at + 4), coded->label, err);
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

/* ---- encoding ---- */

/* Chosen by measuring 41 frames of 512 x 512 against PIL's defaults (all filters, level 6): 100.1
 * kB and 31 ms a frame textured, 34.6 kB and 31 ms grey. textured: Paeth with run lengths 92.0
 * kB, 5.1 ms. Up 102.5 kB, 3.8 ms; average 99.4 kB, 4.0 ms, but larger than PIL on other pairs.
 * Real matching at level 1 to 3 is slower and 15 to 30 % larger, since noise gives it chance
 * matches. With run lengths the level means nothing. grey:     up at level 5 34.6 kB, 5.2 ms. A
 * filtered grey pixel is three equal bytes, which run lengths cannot use: 45.0 kB, 2.4 ms. */
typedef struct settings {
    int filter, level, strategy;
} settings;
static const settings textured = {PNG_FILTER_PAETH, 1, Z_RLE};
static const settings grey = {PNG_FILTER_UP, 5, Z_DEFAULT_STRATEGY};

/* Every pixel grey. Ends at the first that is not. */
static bool is_grey(const fm_image *image) {
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *p = image->pixels + (size_t)y * image->row_bytes;
        for (uint32_t x = 0; x < image->width; x++, p += image->channels) {
            if (p[0] != p[1] || p[1] != p[2])
                return false;
        }
    }
    return true;
}

typedef struct encoder {
    png_structp png;
    png_infop info;
    fmi_bytes *out;
    char message[128];
} encoder;

static void encode_error(png_structp png, png_const_charp text) {
    encoder *e = png_get_error_ptr(png);
    snprintf(e->message, sizeof e->message, "%s", text);
    longjmp(png_jmpbuf(png), 1);
}

static void encode_write(png_structp png, png_bytep from, size_t count) {
    fmi_bytes *out = ((encoder *)png_get_io_ptr(png))->out;
    if (out->size + count > out->capacity) {
        size_t capacity = (out->size + count) * 2;
        unsigned char *data = realloc(out->data, capacity);
        if (data == NULL)
            png_error(png, "no memory");
        out->data = data;
        out->capacity = capacity;
    }
    memcpy(out->data + out->size, from, count);
    out->size += count;
}

static void encode_flush(png_structp png) {
    (void)png;
}

static bool encode_all(encoder *e, const fm_image *image) {
    e->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, e, encode_error, ignore_warning);
    if (e->png != NULL)
        e->info = png_create_info_struct(e->png);
    if (e->info == NULL) {
        snprintf(e->message, sizeof e->message, "no memory");
        return false;
    }
    if (setjmp(png_jmpbuf(e->png)) != 0)
        return false;
    png_set_write_fn(e->png, e, encode_write, encode_flush);
    png_set_user_limits(e->png, UINT32_MAX >> 1, UINT32_MAX >> 1);
    png_set_IHDR(e->png, e->info, image->width, image->height, 8,
                 image->channels == 4 ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_set_sRGB(e->png, e->info, PNG_sRGB_INTENT_PERCEPTUAL);
    const settings *chosen = is_grey(image) ? &grey : &textured;
    png_set_filter(e->png, PNG_FILTER_TYPE_BASE, chosen->filter);
    png_set_compression_level(e->png, chosen->level);
    png_set_compression_strategy(e->png, chosen->strategy);
    png_write_info(e->png, e->info);
    for (uint32_t y = 0; y < image->height; y++)
        png_write_row(e->png, image->pixels + (size_t)y * image->row_bytes);
    png_write_end(e->png, NULL);
    return true;
}

fm_status fmi_png_encode(fmi_bytes *out, const fm_image *image, fm_error *err) {
    out->size = 0;
    if (image->pixels == NULL || (image->channels != 3 && image->channels != 4))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "PNG of %u channels; give pixels of 3 (RGB) or 4 (RGBA)", image->channels);
    encoder e = {.out = out};
    bool ok = encode_all(&e, image);
    png_destroy_write_struct(&e.png, &e.info);
    if (ok)
        return FM_OK;
    out->size = 0;
    return fmi_fail(err, FM_ERROR_INTERNAL, "PNG of %u x %u pixels: %s", image->width,
                    image->height, e.message);
}
