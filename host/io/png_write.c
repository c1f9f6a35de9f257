/* SPDX-License-Identifier: MIT */
/* PNG of 8-bit RGB and RGBA: filtered rows, compressed by a library, in one IDAT chunk. The file is
 * made at the start of out's memory; the filtered rows stand behind it. */
#include "error.h"
#include "io/image.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>
#ifdef FM_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#define CHUNK_MAX UINT32_C(0x7FFFFFFF)
#define BAND ((size_t)1 << 16)      /* filtered bytes at once, but a row at least */
#define WHOLE_MAX ((size_t)1 << 24) /* filtered bytes of a picture for libdeflate */
#define HEAD 54                     /* signature, IHDR, sRGB, and where IDAT's data begin */
#define BLOCK 64                    /* bytes of two rows that are compared at once */
#define TAIL 16                     /* IDAT's sum, and IEND */

/* Chosen by measuring 41 frames of 512 x 512 against PIL's defaults (all filters, level 6), which
 * take 100.1 kB and 30 ms a frame textured, 34.6 kB and 12 ms grey. Textured: Paeth and zlib's runs
 * of a byte, 92.1 kB. Up 102.9 kB; average 99.7 kB, but larger than PIL on other pairs. Real
 * matching makes them larger, since noise gives it chance matches, and ISA-L's runs are larger than
 * PIL's files, too. Grey: a filtered pixel is three equal bytes, which runs of a byte cannot use
 * (45.0 kB), so up and real matching at level 5: libdeflate where the build has it, else zlib. */
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

/* Band after band, so that a large picture needs no second copy. 0: no memory. */
static size_t by_zlib(const rows *r, uint8_t *band, uint8_t *to, size_t room) {
    const bool runs = r->filter == PAETH;
    const uint32_t height = r->image->height, at_once = rows_at_once(r);
    z_stream z = {.next_out = to};
    int result =
        deflateInit2(&z, runs ? 1 : 5, Z_DEFLATED, 15, 9, runs ? Z_RLE : Z_DEFAULT_STRATEGY);
    if (result != Z_OK)
        return 0;
    for (uint32_t y = 0; y < height && result == Z_OK; y += at_once) {
        uint32_t count = height - y < at_once ? height - y : at_once;
        int flush = count == height - y ? Z_FINISH : Z_NO_FLUSH;
        z.avail_in = (uInt)filter_rows(r, y, count, band);
        z.next_in = band;
        do {
            size_t left = room - (size_t)(z.next_out - to);
            z.avail_out =
                left < CHUNK_MAX ? (uInt)left : (uInt)CHUNK_MAX; /* zlib counts in 32 bits */
            result = deflate(&z, flush);
        } while (result == Z_OK && (z.avail_in > 0 || flush == Z_FINISH));
    }
    size_t size = (size_t)(z.next_out - to);
    deflateEnd(&z);
    return result == Z_STREAM_END ? size : 0;
}

#ifdef FM_HAVE_LIBDEFLATE
static size_t by_libdeflate(const rows *r, uint8_t *work, uint8_t *to, size_t room) {
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(5);
    if (compressor == NULL)
        return 0;
    size_t bytes = filter_rows(r, 0, r->image->height, work);
    size_t size = libdeflate_zlib_compress(compressor, work, bytes, to, room);
    libdeflate_free_compressor(compressor);
    return size;
}
#endif

/* libdeflate wants all of a picture at once. */
static bool whole(const rows *r) {
#ifdef FM_HAVE_LIBDEFLATE
    return r->filter == UP && (r->row_bytes + 1) * r->image->height <= WHOLE_MAX;
#else
    (void)r;
    return false;
#endif
}

static size_t compress_rows(const rows *r, uint8_t *work, uint8_t *to, size_t room) {
#ifdef FM_HAVE_LIBDEFLATE
    if (whole(r))
        return by_libdeflate(r, work, to, room);
#endif
    return by_zlib(r, work, to, room);
}

/* Enough for every compressor: data that cannot be made smaller are stored in blocks. */
static size_t stream_bound(size_t bytes) {
    return bytes + bytes / 512 + 1024;
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
    const size_t row = r->row_bytes + 1, filtered = row * r->image->height;
    const size_t room = stream_bound(filtered), space = whole(r) ? filtered : rows_at_once(r) * row;
    fm_status status = reserve(out, HEAD + room + TAIL + space + r->row_bytes, err);
    if (status != FM_OK)
        return status;
    uint8_t *work = out->data + HEAD + room + TAIL;
    memset(work + space, 0, r->row_bytes);
    r->zeros = work + space;
    uint8_t *at = put_header(out->data, r->image);
    memcpy(at + 4, "IDAT", 4);
    size_t bytes = compress_rows(r, work, at + 8, room);
    if (bytes == 0)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                        "no memory to compress a PNG of %u x %u pixels; make it smaller or use "
                        "fewer threads",
                        r->image->width, r->image->height);
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
