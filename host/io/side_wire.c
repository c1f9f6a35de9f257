/* SPDX-License-Identifier: MIT */
#include "side_wire.h"

#include "error.h"
#include "fd.h"
#include "pages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_all(int file, void *bytes, size_t count, uint64_t offset) {
    unsigned char *at = bytes;
    while (count > 0) {
        ssize_t n = pread(file, at, count, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        offset += (uint64_t)n;
        count -= (size_t)n;
    }
    return true;
}

static bool write_rows(int file, const fm_image *image) {
    size_t row = (size_t)image->width * image->channels;
    bool ok = true;
    if (row == image->row_bytes)
        return fmi_fd_write(file, image->pixels, row * image->height);
    for (uint32_t y = 0; y < image->height && ok; y++)
        ok = fmi_fd_write(file, image->pixels + (size_t)y * image->row_bytes, row);
    return ok;
}

bool fmi_wire_write(int file, const fmi_side *side, fm_status status, const fm_error *err) {
    fmi_wire wire = {
        .magic = FMI_WIRE_MAGIC, .header_bytes = sizeof wire, .status = (uint32_t)status};
    if (status != FM_OK) {
        wire.error = *err;
        return fmi_fd_write(file, &wire, sizeof wire);
    }
    const fm_image *image = &side->texture.view;
    wire.blob_bytes = side->blob->total_bytes;
    if (image->pixels) {
        wire.width = image->width;
        wire.height = image->height;
        wire.channels = image->channels;
        wire.pixel_bytes = (uint64_t)image->width * image->channels * image->height;
    }
    memcpy(wire.texture_path, side->texture_path, sizeof wire.texture_path);
    memcpy(wire.reason, side->reason, sizeof wire.reason);
    return fmi_fd_write(file, &wire, sizeof wire) &&
           fmi_fd_write(file, side->blob, side->blob->total_bytes) &&
           (!image->pixels || write_rows(file, image));
}

/* ---- the parent's side: nothing is believed ---- */

static bool is_text(const char *text, size_t bytes) {
    return memchr(text, '\0', bytes) != NULL;
}

/* Sizes of the answer, against the size of the file; NULL when they fit. */
static const char *check_header(const fmi_wire *wire, uint64_t file_bytes) {
    if (wire->magic != FMI_WIRE_MAGIC || wire->header_bytes != sizeof *wire)
        return "no header";
    if (wire->status > FM_ERROR_INTERNAL)
        return "an unknown status";
    if (!is_text(wire->error.message, sizeof wire->error.message) ||
        wire->error.frame_count > FM_ERROR_FRAMES ||
        !is_text(wire->texture_path, sizeof wire->texture_path) ||
        !is_text(wire->reason, sizeof wire->reason))
        return "a text without an end";
    for (uint32_t i = 0; i < wire->error.frame_count; i++)
        if (!is_text(wire->error.frames[i], FM_ERROR_FRAME_BYTES))
            return "a text without an end";
    if (wire->blob_bytes > file_bytes || wire->pixel_bytes > file_bytes ||
        wire->blob_bytes + wire->pixel_bytes + sizeof *wire != file_bytes)
        return "sizes that do not fit";
    bool any = wire->width || wire->height || wire->channels || wire->pixel_bytes;
    if (any && (wire->width == 0 || wire->width > FMI_IMAGE_MAX_EDGE || wire->height == 0 ||
                wire->height > FMI_IMAGE_MAX_EDGE || wire->channels < 3 || wire->channels > 4 ||
                wire->pixel_bytes != (uint64_t)wire->width * wire->height * wire->channels ||
                wire->pixel_bytes > FMI_IMAGE_MAX_BYTES))
        return "a picture of impossible size";
    return NULL;
}

static fm_status take_error(const fmi_wire *wire, const char *label, fm_error *err) {
    if (wire->error.message[0] == '\0')
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: the importer failed without a word", label);
    return fmi_fail(err, (fm_status)wire->status, "%s", wire->error.message);
}

static fm_status take_blob(int file, const fmi_wire *wire, fmi_side *side, const char *label,
                           fm_error *err) {
    side->blob = malloc(wire->blob_bytes ? wire->blob_bytes : 1);
    if (!side->blob)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for %" PRIu64 " bytes", label,
                        wire->blob_bytes);
    if (!read_all(file, side->blob, wire->blob_bytes, sizeof *wire))
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: the importer's answer ends early", label);
    fm_status status = fmi_blob_validate(side->blob, wire->blob_bytes, label, err);
    return status == FM_OK ? fmi_blob_view(side->blob, label, &side->mesh, &side->runs, err)
                           : status;
}

static fm_status take_picture(int file, const fmi_wire *wire, fmi_side *side, const char *label,
                              fm_error *err) {
    memcpy(side->texture_path, wire->texture_path, sizeof side->texture_path);
    memcpy(side->reason, wire->reason, sizeof side->reason);
    if (wire->pixel_bytes == 0)
        return FM_OK;
    side->texture.storage = malloc(wire->pixel_bytes);
    if (!side->texture.storage)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for a texture of %ux%u", label,
                        wire->width, wire->height);
    fmi_pages_advise(side->texture.storage, wire->pixel_bytes);
    if (!read_all(file, side->texture.storage, wire->pixel_bytes, sizeof *wire + wire->blob_bytes))
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: the importer's answer ends early", label);
    side->texture.view = (fm_image){.pixels = side->texture.storage,
                                    .width = wire->width,
                                    .height = wire->height,
                                    .channels = wire->channels,
                                    .row_bytes = wire->width * wire->channels};
    return FM_OK;
}

fm_status fmi_wire_read(int file, fmi_side *side, const char *label, fm_error *err) {
    struct stat info;
    fmi_wire *wire = malloc(sizeof *wire);
    fm_status status = FM_OK;
    *side = (fmi_side){0};
    if (!wire)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for the import", label);
    if (fstat(file, &info) != 0 || info.st_size < (off_t)sizeof *wire ||
        !read_all(file, wire, sizeof *wire, 0)) {
        status = fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: the importer gave no answer", label);
        goto fail;
    }
    const char *wrong = check_header(wire, (uint64_t)info.st_size);
    if (wrong)
        status =
            fmi_fail(err, FM_ERROR_BAD_INPUT,
                     "%s: the importer's answer holds %s; do not trust this file", label, wrong);
    else if (wire->status != FM_OK)
        status = take_error(wire, label, err);
    if (status == FM_OK)
        status = take_blob(file, wire, side, label, err);
    if (status == FM_OK)
        status = take_picture(file, wire, side, label, err);
fail:
    free(wire);
    if (status != FM_OK)
        fmi_side_free(side);
    return status;
}
