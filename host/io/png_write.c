/* SPDX-License-Identifier: MIT */
/* PNG of 8-bit RGB and RGBA: filtered rows, compressed, in one IDAT chunk. The file is made at the
 * start of out's memory; what making it needs stands behind it. */
#include "deflate.h"
#include "error.h"
#include "io/image.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define CHUNK_MAX UINT32_C(0x7FFFFFFF)
#define BAND ((size_t)1 << 16) /* filtered bytes at once, but a row at least */
#define HEAD 54                /* signature, IHDR, sRGB, and where IDAT's data begin */
#define BLOCK 64               /* bytes of two rows that are compared at once */
#define TAIL 16                /* IDAT's sum, and IEND */

/* Chosen by measuring 41 frames of 512 x 512 against PIL's defaults (all filters, level 6), which
 * take 100.1 kB and 30 ms a frame textured, 34.6 kB and 12 ms grey. Textured: Paeth and runs of a
 * byte, 92.1 kB, 1.4 ms. Up 102.9 kB; average 99.7 kB, but larger than PIL on other pairs. Real
 * matching makes them larger, since noise gives it chance matches. Grey: a filtered pixel is three
 * equal bytes, which runs of a byte cannot use (45.0 kB); up and pixels that were there
 * before, 33.4 kB, 1.4 ms. zlib makes the same of it in 4.0 (run lengths) and 4.6 ms (level 5),
 * libdeflate in 2.7 ms (grey, level 5); ISA-L is faster but its files are larger than PIL's. */
enum { UP = 2, PAETH = 4 };

typedef struct rows {
    const fm_image *image;
    int filter;
    size_t row_bytes;     /* of the image's row, packed */
    const uint8_t *zeros; /* the row above the first */
} rows;

/* ---- filters ---- */

static void filter_up(uint8_t *out, const uint8_t *row, const uint8_t *above, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(row[i] - above[i]);
}

static int paeth(int left, int above, int corner) {
    int a = abs(above - corner), b = abs(left - corner), c = abs(above + left - 2 * corner);
    int other = b <= c ? above : corner;
    return a <= b && a <= c ? left : other;
}

/* There are pixels on the left. */
static void filter_paeth(uint8_t *out, const uint8_t *row, const uint8_t *above, size_t bytes,
                         size_t channels) {
    const uint8_t *left = row - channels, *corner = above - channels;
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(row[i] - paeth(left[i], above[i], corner[i]));
}

/* Bytes at the start of a row, in blocks, that are those of the row above. */
static size_t same_head(const uint8_t *row, const uint8_t *above, size_t bytes) {
    size_t n = 0;
    while (n + BLOCK <= bytes && memcmp(row + n, above + n, BLOCK) == 0)
        n += BLOCK;
    return n;
}

static size_t same_tail(const uint8_t *row, const uint8_t *above, size_t bytes) {
    size_t n = 0;
    while (n + BLOCK <= bytes &&
           memcmp(row + bytes - n - BLOCK, above + bytes - n - BLOCK, BLOCK) == 0)
        n += BLOCK;
    return n;
}

/* Where a pixel and the one before it are those of the row above, both filters give 0. */
static void filter_row(const rows *r, const uint8_t *row, const uint8_t *above, uint8_t *out) {
    const size_t channels = r->image->channels;
    size_t head = same_head(row, above, r->row_bytes);
    size_t tail = same_tail(row + head, above + head, r->row_bytes - head);
    if (tail > 0)
        tail -= channels;
    if (r->filter == PAETH && head == 0) {
        filter_up(out, row, above, channels); /* nothing on the left */
        head = channels;
    } else {
        memset(out, 0, head);
    }
    size_t middle = r->row_bytes - head - tail;
    if (r->filter == UP)
        filter_up(out + head, row + head, above + head, middle);
    else
        filter_paeth(out + head, row + head, above + head, middle, channels);
    memset(out + head + middle, 0, tail);
}

/* Rows first to first + count - 1, each behind the number of its filter. Returns their bytes. */
static size_t filter_rows(const rows *r, uint32_t first, uint32_t count, uint8_t *out) {
    for (uint32_t y = first; y < first + count; y++) {
        const uint8_t *row = r->image->pixels + (size_t)y * r->image->row_bytes;
        const uint8_t *above = y > 0 ? row - r->image->row_bytes : r->zeros;
        *out++ = (uint8_t)r->filter;
        filter_row(r, row, above, out);
        out += r->row_bytes;
    }
    return (r->row_bytes + 1) * count;
}

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

/* ---- compression ---- */

/* The rows one band after another. Returns the bytes of the zlib stream. */
static size_t pack(const rows *r, fmi_deflate *d, uint8_t *window, uint8_t *to) {
    const size_t row = r->row_bytes + 1;
    const uint32_t height = r->image->height;
    const uint32_t at_once = row < BAND ? (uint32_t)(BAND / row) : 1;
    size_t kept = 0; /* of earlier bands, at the start of the window */
    fmi_deflate_begin(d, to, r->filter == UP ? r->image->channels : 0);
    for (uint32_t y = 0; y < height; y += at_once) {
        uint32_t count = height - y < at_once ? height - y : at_once;
        size_t end = kept + filter_rows(r, y, count, window + kept);
        memset(window + end, 0, FMI_DEFLATE_AHEAD);
        for (size_t at = kept; at < end; at += row)
            fmi_deflate_row(d, window + at, row);
        kept = end < FMI_DEFLATE_HISTORY ? end : FMI_DEFLATE_HISTORY;
        memmove(window, window + end - kept, kept);
    }
    return fmi_deflate_end(d);
}

/* ---- the file ---- */

static uint8_t *put32(uint8_t *to, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        *to++ = (uint8_t)(value >> shift);
    return to;
}

/* Length, and sum, of a chunk whose name and data are in place at start + 4. Returns its end. */
static uint8_t *close_chunk(uint8_t *start, size_t bytes) {
    put32(start, (uint32_t)bytes);
    return put32(start + 8 + bytes, (uint32_t)crc32_z(0, start + 4, bytes + 4));
}

static uint8_t *put_chunk(uint8_t *to, const char name[5], const uint8_t *data, size_t bytes) {
    memcpy(to + 4, name, 4);
    if (bytes > 0)
        memcpy(to + 8, data, bytes);
    return close_chunk(to, bytes);
}

static uint8_t *put_header(uint8_t *to, const fm_image *image) {
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    static const uint8_t perceptual = 0;
    uint8_t data[13] = {0};
    put32(put32(data, image->width), image->height);
    data[8] = 8;                            /* bits a channel */
    data[9] = image->channels == 4 ? 6 : 2; /* RGBA, RGB */
    memcpy(to, signature, sizeof signature);
    to = put_chunk(to + sizeof signature, "IHDR", data, sizeof data);
    return put_chunk(to, "sRGB", &perceptual, 1);
}

static fm_status reserve(fmi_bytes *out, size_t capacity, fm_error *err) {
    if (out->capacity >= capacity)
        return FM_OK;
    fmi_bytes_free(out);
    out->data = malloc(capacity);
    if (out->data == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a PNG of up to %zu bytes",
                        capacity);
    out->capacity = capacity;
    return FM_OK;
}

static fm_status write_file(fmi_bytes *out, rows *r, fm_error *err) {
    const size_t row = r->row_bytes + 1, band = row < BAND ? BAND : row;
    const size_t room = fmi_deflate_bound(row * r->image->height);
    const size_t window = FMI_DEFLATE_HISTORY + band + FMI_DEFLATE_AHEAD;
    const size_t state = (HEAD + room + TAIL + 15) / 16 * 16; /* where it stands: aligned */
    fm_status status = reserve(out, state + sizeof(fmi_deflate) + window + r->row_bytes, err);
    if (status != FM_OK)
        return status;
    uint8_t *work = out->data + state + sizeof(fmi_deflate);
    memset(work + window, 0, r->row_bytes);
    r->zeros = work + window;
    uint8_t *at = put_header(out->data, r->image);
    memcpy(at + 4, "IDAT", 4);
    size_t bytes = pack(r, (fmi_deflate *)(void *)(out->data + state), work, at + 8);
    if (bytes > CHUNK_MAX)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "PNG of %u x %u pixels: too large for one chunk", r->image->width,
                        r->image->height);
    at = put_chunk(close_chunk(at, bytes), "IEND", NULL, 0);
    out->size = (size_t)(at - out->data);
    return FM_OK;
}

fm_status fmi_png_encode(fmi_bytes *out, const fm_image *image, fm_error *err) {
    out->size = 0;
    if (image->pixels == NULL || (image->channels != 3 && image->channels != 4))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "PNG of %u channels; give pixels of 3 (RGB) or 4 (RGBA)", image->channels);
    if (image->width == 0 || image->height == 0 || image->width > CHUNK_MAX / 8 ||
        image->height > CHUNK_MAX)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "PNG of %u x %u pixels; give 1 or more",
                        image->width, image->height);
    rows r = {.image = image,
              .filter = is_grey(image) ? UP : PAETH,
              .row_bytes = (size_t)image->width * image->channels};
    return write_file(out, &r, err);
}
