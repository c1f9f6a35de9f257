/* SPDX-License-Identifier: MIT */
/**
 * @file image.h
 * Pictures in and out, 8 bits a channel: PNG in by libpng (png.c), JPEG in by libjpeg-turbo
 * (jpeg.c), PNG out by a writer of our own (png_write.c, deflate.c).
 */
#ifndef FMI_IMAGE_H
#define FMI_IMAGE_H

#include <fm/mesh.h>
#include <fm/status.h>

#include <stddef.h>

#define FMI_IMAGE_MAX_EDGE 16384U
#define FMI_IMAGE_MAX_BYTES \
    (UINT64_C(1) << 28) /**< width x height x 4, checked before allocating */
/** A file may hold so many bytes of them, and so many more for each of its own: deflate reaches a
 *  thousandth, so 8 kB could ask for all of the above. 4096 x 4096 is right however empty. */
#define FMI_IMAGE_LEAST (UINT64_C(1) << 26)
#define FMI_IMAGE_A_BYTE 256U

/** Readable bytes behind the last pixel of a picture that libswscale gets: it loads 16 at once. */
#define FMI_IMAGE_SLACK 64U

/** A decoded picture that owns its pixels. Zeroed = none. */
typedef struct fmi_image {
    fm_image view;    /**< what the engine takes */
    uint8_t *storage; /**< and FMI_IMAGE_SLACK bytes; free with fmi_image_free */
} fmi_image;

/** Decodes a PNG or JPEG file, told apart by its first bytes. RGB or RGBA; grey becomes RGB,
 *  16 bits become 8, palettes are expanded. */
fm_status fmi_image_load(fmi_image *image, const char *path, fm_error *err);
/** The same from memory; label names it in messages. */
fm_status fmi_image_decode(fmi_image *image, const void *bytes, size_t count, const char *label,
                           fm_error *err);
void fmi_image_free(fmi_image *image);

/** A growing block of bytes that is used again and again. Zeroed = empty. */
typedef struct fmi_bytes {
    unsigned char *data;
    size_t size, capacity;
} fmi_bytes;
void fmi_bytes_free(fmi_bytes *bytes);

/**
 * Encodes 8-bit RGB or RGBA as PNG with an sRGB chunk and no time. Same bytes for same pixels.
 * out->size is set to the length; its memory, about 2 times the pixels', is reused.
 */
fm_status fmi_png_encode(fmi_bytes *out, const fm_image *image, fm_error *err);

#endif
