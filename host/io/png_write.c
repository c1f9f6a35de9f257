/* SPDX-License-Identifier: MIT */
/* PNG of 8-bit RGB and RGBA: filtered rows, compressed, in one IDAT chunk. The file is made at the
 * start of out's memory; what it takes to make it stands behind. */
#include "error.h"
#include "io/image.h"
#include "io/png_copies.h"

#include <stdalign.h>
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
 * take 96 kB a frame textured, 38 kB grey. Textured: Paeth and runs of a byte, 87 kB; matching
 * makes them larger, since noise gives it chance matches. Grey: a filtered pixel is three equal
 * bytes, which runs of a byte cannot use (48 kB), so up and earlier pixels, 34 kB. Of libraries,
 * ISA-L makes both larger than PIL's; libdeflate needs level 5 for 37 kB, and twice the time. */
enum { UP = 2, PAETH = 4 };

typedef struct rows {
    const fm_image *image;
    bool grey;
    int filter;
    size_t row_bytes;     /* of the image's row, packed */
    const uint8_t *zeros; /* the row above the first */
    uint8_t *band;        /* filtered rows */
    fmi_copy *copies;     /* of a band */
    fmi_grey_seen *seen;
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

/* Of a band. */
static uint32_t rows_at_once(const rows *r) {
    const size_t row = r->row_bytes + 1;
    return row < BAND ? (uint32_t)(BAND / row) : 1;
}

/* Rows first to first + count - 1, each behind the number of its filter. Returns their bytes. */
static size_t filter_rows(const rows *r, uint32_t first, uint32_t count, uint8_t *out) {
    for (uint32_t y = first; y < first + count; y++) {
        const uint8_t *row = r->image->pixels + (size_t)y * r->image->row_bytes;
        *out++ = (uint8_t)r->filter;
        filter_row(r, row, y > 0 ? row - r->image->row_bytes : r->zeros, out);
        out += r->row_bytes;
    }
    return (r->row_bytes + 1) * count;
}

/* Every pixel of a row grey. No way out of the middle, so that compilers make vectors of it. */
static bool is_grey_row(const uint8_t *restrict p, size_t pixels, bool alpha) {
    unsigned other = 0;
    if (alpha) {
        for (size_t x = 0; x < pixels; x++)
            other |= (unsigned)((p[4 * x] ^ p[4 * x + 1]) | (p[4 * x + 1] ^ p[4 * x + 2]));
    } else {
        for (size_t x = 0; x < pixels; x++)
            other |= (unsigned)((p[3 * x] ^ p[3 * x + 1]) | (p[3 * x + 1] ^ p[3 * x + 2]));
    }
    return other == 0;
}

/* Ends at the first row that is not, and looks at no row again that is there twice in turn. */
static bool is_grey(const fm_image *image) {
    const size_t row_bytes = (size_t)image->width * image->channels;
    const uint8_t *row = image->pixels;
    for (uint32_t y = 0; y < image->height; y++, row += image->row_bytes)
        if ((y == 0 || memcmp(row, row - image->row_bytes, row_bytes) != 0) &&
            !is_grey_row(row, image->width, image->channels == 4))
            return false;
    return true;
}

/* ---- compression ---- */

/* Band after band, so that a large picture needs no second copy. */
static size_t compress_rows(const rows *r, uint8_t *to) {
    const uint32_t height = r->image->height, at_once = rows_at_once(r);
    fmi_deflate z;
    fmi_deflate_begin(&z, to);
    if (r->grey)
        fmi_grey_seen_begin(r->seen, r->image->width, r->image->channels);
    for (uint32_t y = 0; y < height; y += at_once) {
        const uint32_t count = height - y < at_once ? height - y : at_once;
        const size_t bytes = filter_rows(r, y, count, r->band);
        const size_t copies = r->grey ? fmi_find_grey(r->seen, r->copies, r->band, count)
                                      : fmi_find_runs(r->copies, r->band, bytes);
        fmi_deflate_block(&z, r->band, bytes, r->copies, copies, count == height - y);
    }
    return fmi_deflate_end(&z);
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

static size_t aligned(size_t bytes) {
    return (bytes + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

/* Memory for the file and, behind it, for all that it takes. */
static fm_status make_room(fmi_bytes *out, rows *r, size_t file, fm_error *err) {
    const uint32_t at_once = rows_at_once(r);
    const size_t band = (r->row_bytes + 1) * at_once, copies = aligned(file);
    const size_t seen = copies + aligned(sizeof *r->copies * fmi_copies_most(band));
    const size_t rest = seen + (r->grey ? fmi_grey_seen_bytes(r->image->width, at_once) : 0);
    fm_status status = reserve(out, rest + band + r->row_bytes, err);
    if (status != FM_OK)
        return status;
    r->copies = (fmi_copy *)(void *)(out->data + copies);
    r->seen = (fmi_grey_seen *)(void *)(out->data + seen);
    r->band = out->data + rest;
    r->zeros = memset(r->band + band, 0, r->row_bytes);
    return FM_OK;
}

static fm_status write_file(fmi_bytes *out, rows *r, fm_error *err) {
    const size_t room = fmi_deflate_bound((r->row_bytes + 1) * r->image->height);
    fm_status status = make_room(out, r, HEAD + room + TAIL, err);
    if (status != FM_OK)
        return status;
    uint8_t *at = put_header(out->data, r->image);
    memcpy(at + 4, "IDAT", 4);
    const size_t bytes = compress_rows(r, at + 8);
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
    const bool grey = (uint64_t)image->width * image->height <= UINT32_MAX / 2 && is_grey(image);
    rows r = {.image = image,
              .grey = grey,
              .filter = grey ? UP : PAETH,
              .row_bytes = (size_t)image->width * image->channels};
    return write_file(out, &r, err);
}
