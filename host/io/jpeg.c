/* SPDX-License-Identifier: MIT */
/* The longjmp discipline of png.c: what the error path needs lives in a state that outlives the
 * function which calls setjmp, so no local variable can be clobbered. */
#include "decode.h"
#include "error.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h wants FILE */
#include <string.h>

#include <jpeglib.h>

#define MAX_SCANS 50 /* a progressive file needs about ten; each scan costs a pass over all */

typedef struct decoder {
    struct jpeg_error_mgr errors; /* first, so that the library's pointer is ours */
    struct jpeg_progress_mgr progress;
    struct jpeg_decompress_struct jpeg;
    jmp_buf escape;
    char message[JMSG_LENGTH_MAX];
    fm_status status; /* of our own checks; FM_OK when the library failed */
    const fmi_coded *coded;
    fmi_image *image;
    fm_error *err;
} decoder;

static void on_error(j_common_ptr jpeg) {
    decoder *d = jpeg->client_data;
    jpeg->err->format_message(jpeg, d->message);
    longjmp(d->escape, 1);
}

/* Warnings (level < 0) mean damaged data, which the library paints over. Half a face is no result:
 * they are failures here. */
static void on_message(j_common_ptr jpeg, int level) {
    if (level < 0)
        on_error(jpeg);
}

static void on_progress(j_common_ptr jpeg) {
    decoder *d = jpeg->client_data;
    if (d->jpeg.input_scan_number <= MAX_SCANS)
        return;
    snprintf(d->message, sizeof d->message, "more than %d scans", MAX_SCANS);
    longjmp(d->escape, 1);
}

static void read_header(decoder *d) {
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    jpeg_create_decompress(jpeg);
    jpeg->client_data = d;
    jpeg->progress = &d->progress;
    jpeg_mem_src(jpeg, d->coded->bytes, (unsigned long)d->coded->count);
    jpeg_read_header(jpeg, TRUE);
    if (jpeg->num_components == 4) {
        d->status = fmi_fail(d->err, FM_ERROR_BAD_INPUT,
                             "%s: is a CMYK JPEG; convert it to RGB or to PNG", d->coded->label);
        longjmp(d->escape, 1);
    }
    jpeg->out_color_space = JCS_RGB; /* from grey as well */
}

static void read_rows(decoder *d) {
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    d->status =
        fmi_image_allocate(d->image, d->coded, jpeg->image_width, jpeg->image_height, 3, d->err);
    if (d->status != FM_OK)
        longjmp(d->escape, 1);
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = d->image->storage + (size_t)jpeg->output_scanline * d->image->view.row_bytes;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_decompress(jpeg);
}

fm_status fmi_jpeg_decode(fmi_image *image, const fmi_coded *coded, fm_error *err) {
    decoder d = {.coded = coded, .image = image, .err = err};
    d.jpeg.err = jpeg_std_error(&d.errors);
    d.jpeg.client_data = &d;
    d.errors.error_exit = on_error;
    d.errors.emit_message = on_message;
    d.progress.progress_monitor = on_progress;
    if (setjmp(d.escape) == 0) {
        read_header(&d);
        read_rows(&d);
        jpeg_destroy_decompress(&d.jpeg);
        return FM_OK;
    }
    jpeg_destroy_decompress(&d.jpeg);
    fmi_image_free(image);
    if (d.status != FM_OK)
        return d.status;
    return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: damaged JPEG: %s; export it again", coded->label,
                    d.message);
}
