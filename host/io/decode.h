/* SPDX-License-Identifier: MIT */
/** @file decode.h The decoders behind fmi_image_decode, one library each. */
#ifndef FMI_DECODE_H
#define FMI_DECODE_H

#include "image.h"

/** Where a decoder reads, and what it calls the picture in messages. */
typedef struct fmi_coded {
    const unsigned char *bytes;
    size_t count;
    const char *label;
} fmi_coded;

fm_status fmi_png_decode(fmi_image *image, const fmi_coded *coded, fm_error *err);
fm_status fmi_jpeg_decode(fmi_image *image, const fmi_coded *coded, fm_error *err);

/** FM_ERROR_LIMIT for an edge above FMI_IMAGE_MAX_EDGE, an area above FMI_IMAGE_MAX_BYTES, or one
 *  that so few bytes cannot fill. */
fm_status fmi_image_check_size(const fmi_coded *coded, uint64_t width, uint64_t height,
                               fm_error *err);
/** Checks the size and allocates the pixels. image is zeroed before. */
fm_status fmi_image_allocate(fmi_image *image, const fmi_coded *coded, uint32_t width,
                             uint32_t height, uint32_t channels, fm_error *err);

#endif
