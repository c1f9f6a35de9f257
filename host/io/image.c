/* SPDX-License-Identifier: MIT */
#include "decode.h"
#include "error.h"
#include "file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

fm_status fmi_image_check_size(const fmi_coded *coded, uint64_t width, uint64_t height,
                               fm_error *err) {
    if (width == 0 || height == 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: picture of %" PRIu64 " x %" PRIu64 " pixels; export it again",
                        coded->label, width, height);
    if (width > FMI_IMAGE_MAX_EDGE || height > FMI_IMAGE_MAX_EDGE ||
        width * height * 4 > FMI_IMAGE_MAX_BYTES)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "%s: picture of %" PRIu64 " x %" PRIu64 " pixels, the limits are %u an "
                        "edge and %" PRIu64 " pixels; scale it down",
                        coded->label, width, height, FMI_IMAGE_MAX_EDGE, FMI_IMAGE_MAX_BYTES / 4);
    if (width * height * 4 > FMI_IMAGE_LEAST + FMI_IMAGE_A_BYTE * coded->count)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "%s: picture of %" PRIu64 " x %" PRIu64 " pixels in %zu bytes, which holds "
                        "next to nothing; scale it down",
                        coded->label, width, height, coded->count);
    return FM_OK;
}

fm_status fmi_image_allocate(fmi_image *image, const fmi_coded *coded, uint32_t width,
                             uint32_t height, uint32_t channels, fm_error *err) {
    *image = (fmi_image){0};
    fm_status status = fmi_image_check_size(coded, width, height, err);
    if (status != FM_OK)
        return status;
    image->storage = malloc((size_t)width * height * channels + FMI_IMAGE_SLACK);
    if (image->storage == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                        "%s: no memory for %" PRIu32 " x %" PRIu32 " pixels", coded->label, width,
                        height);
    image->view = (fm_image){image->storage, width, height, channels, width * channels};
    return FM_OK;
}

fm_status fmi_image_decode(fmi_image *image, const void *bytes, size_t count, const char *label,
                           fm_error *err) {
    static const unsigned char png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    static const unsigned char jpeg[3] = {0xFF, 0xD8, 0xFF};
    const fmi_coded coded = {bytes, count, label};
    *image = (fmi_image){0};
    if (count >= sizeof png && memcmp(bytes, png, sizeof png) == 0)
        return fmi_png_decode(image, &coded, err);
    if (count >= sizeof jpeg && memcmp(bytes, jpeg, sizeof jpeg) == 0)
        return fmi_jpeg_decode(image, &coded, err);
    return fmi_fail(err, FM_ERROR_BAD_INPUT,
                    "%s: is neither a PNG nor a JPEG picture; convert it to PNG", label);
}

fm_status fmi_image_load(fmi_image *image, const char *path, fm_error *err) {
    unsigned char *bytes = NULL;
    size_t count = 0;
    *image = (fmi_image){0};
    fm_status status = fmi_file_read(&bytes, &count, path, err);
    if (status == FM_OK)
        status = fmi_image_decode(image, bytes, count, path, err);
    free(bytes);
    return status;
}

void fmi_image_free(fmi_image *image) {
    free(image->storage);
    *image = (fmi_image){0};
}

void fmi_bytes_free(fmi_bytes *bytes) {
    free(bytes->data);
    *bytes = (fmi_bytes){0};
}
