/* SPDX-License-Identifier: MIT */
/* The compressor of PNG files, read back by zlib: prefix codes, blocks, and the repetitions that
 * are found for it. */
#include "fm_test.h"

#include <io/image.h>
#include <io/png_copies.h>
#include <png.h>
#include <zlib.h>

TestSuite(deflate, .timeout = 60);

/* ---- prefix codes ---- */

/* Bits of an optimal code: what all merges of the two smallest add up to. */
static uint64_t optimal_bits(const uint32_t *count, uint32_t n) {
    uint64_t left[FMI_LITERAL_CODES], bits = 0;
    uint32_t lefts = 0;
    for (uint32_t i = 0; i < n; i++)
        if (count[i] > 0)
            left[lefts++] = count[i];
    for (; lefts > 1; lefts--)
        for (int k = 0; k < 2; k++) { /* the smallest to the end, then into the next smallest */
            uint32_t least = 0, end = lefts - 1 - (uint32_t)k;
            for (uint32_t i = 1; i <= end; i++)
                least = left[i] < left[least] ? i : least;
            uint64_t taken = left[least];
            left[least] = left[end];
            left[end] = taken;
            if (k == 1) {
                left[end] += left[end + 1];
                bits += left[end];
            }
        }
    return bits;
}

/* Bits of the code; asserts that it is one. */
static uint64_t checked_bits(const uint32_t *count, uint32_t n, uint32_t limit) {
    uint8_t length[FMI_LITERAL_CODES];
    uint64_t bits = 0, taken = 0;
    uint32_t symbols = 0;
    fmi_code_lengths(length, count, n, limit);
    for (uint32_t i = 0; i < n; i++) {
        cr_assert_eq(length[i] == 0, count[i] == 0, "symbol %u", i);
        cr_assert_leq(length[i], limit);
        bits += (uint64_t)count[i] * length[i];
        taken += length[i] > 0 ? UINT64_C(1) << (limit - length[i]) : 0;
        symbols += length[i] > 0;
    }
    if (symbols > 1)
        cr_assert_eq(taken, UINT64_C(1) << limit, "the code of %u symbols is not complete",
                     symbols);
    return bits;
}

Test(deflate, codes_are_complete_and_optimal_within_the_limit) {
    static const uint32_t sizes[] = {1, 2, 3, 19, 30, 286};
    uint64_t seed = fm_test_seed(), state = seed;
    uint32_t count[FMI_LITERAL_CODES];
    for (int i = 0; i < 600; i++) {
        uint32_t n = sizes[i % 6];
        for (uint32_t k = 0; k < n; k++) {
            count[k] = (uint32_t)(fm_test_next(&state) % (i % 3 == 0 ? 3 : 1000));
            if (i % 3 != 0 && count[k] > 0)
                count[k] += 20; /* rarer ones would need more than 15 bits */
        }
        uint64_t bits = checked_bits(count, n, 15), want = optimal_bits(count, n);
        if (want > 0) /* one symbol alone takes a bit as well */
            cr_assert_eq(bits, want, "seed %llu round %d", (unsigned long long)seed, i);
    }
}

/* The sums of two before are the deepest trees there are. */
Test(deflate, deep_codes_are_cut_to_the_limit) {
    uint32_t count[40] = {1, 1};
    for (int i = 2; i < 40; i++)
        count[i] = count[i - 1] + count[i - 2];
    for (uint32_t limit = 7; limit <= 15; limit += 8)
        for (uint32_t n = 2; n <= (limit == 7 ? 19U : 40U); n++) {
            uint64_t bits = checked_bits(count, n, limit), best = optimal_bits(count, n);
            cr_assert_leq(best, bits);
            cr_assert_lt((double)bits, 1.1 * (double)best, "limit %u symbols %u", limit, n);
        }
}

/* ---- streams ---- */

#define MOST ((size_t)300000)

/** A stream as it is made: data, and what they are made of. */
typedef struct stream {
    uint8_t data[MOST], got[MOST];
    fmi_copy copies[MOST / FMI_COPY_LEAST + 1];
    uint8_t *file;
} stream;

/* Random literals of few or many values, and copies of everything before, near and far. */
static size_t make_block(stream *s, size_t from, size_t bytes, uint32_t values, uint64_t *state) {
    size_t at = from, end = from + bytes, n = 0, literals = 0;
    while (at < end) {
        uint64_t r = fm_test_next(state);
        size_t length = r % 5 == 0 ? FMI_COPY_MOST : FMI_COPY_LEAST + (r >> 8) % 20;
        size_t far = at < FMI_COPY_REACH ? at : FMI_COPY_REACH;
        if (r % 3 == 0 || far == 0 || at + length > end) {
            s->data[at++] = (uint8_t)((r >> 16) % values);
            literals++;
            continue;
        }
        size_t back = r % 7 == 0 ? far : 1 + (r >> 32) % far;
        for (size_t k = 0; k < length; k++)
            s->data[at + k] = s->data[at + k - back];
        at += length;
        s->copies[n++] = (fmi_copy){
            .literals = (uint32_t)literals, .length = (uint16_t)length, .back = (uint16_t)back};
        literals = 0;
    }
    return n;
}

static void assert_reads_back(stream *s, size_t size, size_t bytes) {
    uLongf got = MOST;
    cr_assert_eq(uncompress(s->got, &got, s->file, size), Z_OK, "%zu bytes", bytes);
    cr_assert_eq(got, bytes);
    cr_assert_eq(memcmp(s->got, s->data, bytes), 0);
}

Test(deflate, any_copies_read_back) {
    static const size_t sizes[] = {1, 2, 3, 100, 40000, 65535, 65536, 150000};
    uint64_t state = fm_test_seed();
    stream *s = malloc(sizeof *s);
    for (int i = 0; i < 64; i++) {
        size_t block = sizes[i % 8], blocks = 1 + (size_t)i % (MOST / block < 3 ? 2 : 3);
        size_t bytes = block * blocks, room = fmi_deflate_bound(bytes);
        fmi_deflate z;
        s->file = malloc(room + 1);
        s->file[room] = 0x5A;
        fmi_deflate_begin(&z, s->file);
        for (size_t b = 0; b < blocks; b++) {
            size_t n = make_block(s, b * block, block, i % 2 == 0 ? 256 : 3, &state);
            fmi_deflate_block(&z, s->data + b * block, block, s->copies, n, b == blocks - 1);
        }
        size_t size = fmi_deflate_end(&z);
        cr_assert_leq(size, room);
        cr_assert_eq(s->file[room], 0x5A);
        assert_reads_back(s, size, bytes);
        free(s->file);
    }
    free(s);
}

Test(deflate, noise_is_stored) {
    uint64_t state = fm_test_seed();
    stream *s = malloc(sizeof *s);
    fmi_deflate z;
    for (size_t i = 0; i < MOST; i++)
        s->data[i] = (uint8_t)fm_test_next(&state);
    s->file = malloc(fmi_deflate_bound(MOST));
    fmi_deflate_begin(&z, s->file);
    fmi_deflate_block(&z, s->data, MOST, NULL, 0, true);
    size_t size = fmi_deflate_end(&z);
    cr_assert_leq(size, MOST + 5 * (MOST / 65535 + 1) + 7);
    assert_reads_back(s, size, MOST);
    free(s->file);
    free(s);
}

/* ---- repetitions ---- */

/* Does what the copies say; the literals come from the data. Returns the bytes copied. */
static size_t assert_copies(const uint8_t *start, size_t from, size_t bytes, const fmi_copy *copies,
                            size_t n) {
    size_t at = from, copied = 0;
    for (size_t i = 0; i < n; i++) {
        at += copies[i].literals;
        cr_assert_geq(copies[i].length, FMI_COPY_LEAST);
        cr_assert_leq(copies[i].length, FMI_COPY_MOST);
        cr_assert_geq(copies[i].back, 1);
        cr_assert_leq(copies[i].back, FMI_COPY_REACH);
        cr_assert_leq(copies[i].back, at, "copy %zu begins before the data", i);
        cr_assert_leq(at + copies[i].length, from + bytes, "copy %zu ends behind the data", i);
        for (size_t k = 0; k < copies[i].length; k++)
            cr_assert_eq(start[at + k], start[at + k - copies[i].back],
                         "byte %zu of copy %zu at %zu, %u back", k, i, at, copies[i].back);
        at += copies[i].length;
        copied += copies[i].length;
    }
    return copied;
}

/* All runs of four or more bytes are found, whatever their place and length. */
Test(deflate, runs_are_found) {
    static const size_t lengths[] = {1, 2, 3, 4, 5, 9, 20, 258, 259, 260, 261, 262, 1000};
    enum { BYTES = 20000 };
    uint8_t *data = malloc(BYTES);
    fmi_copy *copies = malloc(sizeof *copies * fmi_copies_most(BYTES));
    uint64_t state = fm_test_seed();
    for (int round = 0; round < 50; round++) {
        size_t at = 0, least = 0;
        for (uint8_t value = 0; at < BYTES; value++) {
            size_t run = lengths[fm_test_next(&state) % 13];
            run = run < BYTES - at ? run : BYTES - at;
            memset(data + at, value, run);
            at += run;
            least += run >= 4 ? run - 3 : 0; /* the first is a literal, at most two are left over */
        }
        size_t n = fmi_find_runs(copies, data, BYTES);
        cr_assert_leq(n, fmi_copies_most(BYTES));
        cr_assert_geq(assert_copies(data, 0, BYTES, copies, n), least);
    }
    cr_assert_eq(fmi_find_runs(copies, data, 0), 0);
    memset(data, 7, BYTES);
    for (size_t bytes = 1; bytes < 20; bytes++) {
        size_t n = fmi_find_runs(copies, data, bytes);
        cr_assert_eq(assert_copies(data, 0, bytes, copies, n), bytes < 4 ? 0 : bytes - 1);
    }
    free(copies);
    free(data);
}

/* Filtered rows of grey pixels with few values, long repetitions and, with alpha, some edges. */
static void grey_rows(uint8_t *to, uint32_t width, uint32_t rows, uint32_t channels,
                      uint64_t *state) {
    for (uint32_t y = 0; y < rows; y++) {
        *to++ = 2;
        for (uint32_t x = 0; x < width; x++, to += channels) {
            uint64_t r = fm_test_next(state);
            uint8_t value = x > width / 3 ? (uint8_t)(r % 4 == 0 ? r >> 8 & 1 : 0) : 0;
            memset(to, value, 3);
            if (channels == 4)
                to[3] = (uint8_t)(r % 97 == 0 ? r >> 16 : 0);
        }
    }
}

static void check_grey(uint32_t width, uint32_t height, uint32_t band, uint32_t channels,
                       uint64_t *state) {
    size_t row = (size_t)width * channels + 1, copied = 0;
    uint8_t *data = malloc(row * height);
    fmi_copy *copies = malloc(sizeof *copies * fmi_copies_most(row * band));
    fmi_grey_seen *seen = malloc(fmi_grey_seen_bytes(width, band));
    grey_rows(data, width, height, channels, state);
    memset(seen, 0x5A, fmi_grey_seen_bytes(width, band));
    fmi_grey_seen_begin(seen, width, channels);
    for (uint32_t y = 0; y < height; y += band) {
        uint32_t rows = height - y < band ? height - y : band;
        size_t n = fmi_find_grey(seen, copies, data + row * y, rows);
        cr_assert_leq(n, fmi_copies_most(row * rows));
        copied += assert_copies(data, row * y, row * rows, copies, n);
    }
    if (width > 20)
        cr_assert_gt((double)copied, 0.8 * (double)(row * height), "%u x %u: %zu", width, height,
                     copied);
    free(seen);
    free(copies);
    free(data);
}

Test(deflate, grey_pixels_are_found_within_reach) {
    uint64_t state = fm_test_seed();
    for (uint32_t channels = 3; channels <= 4; channels++) {
        check_grey(1, 40000, 7000, channels, &state);
        check_grey(2, 9, 1, channels, &state);
        check_grey(3, 20000, 333, channels, &state);
        check_grey(7, 4, 4, channels, &state);
        check_grey(90, 300, 42, channels, &state);
        check_grey(512, 100, 42, channels, &state);
        check_grey(30000, 3, 1, channels, &state);
    }
}

/* ---- whole files ---- */

/* A lit ball with some grain before a plain background, as a render has. */
static void draw_ball(uint8_t *pixels, uint32_t edge, bool grey, uint64_t *state) {
    for (uint32_t y = 0; y < edge; y++)
        for (uint32_t x = 0; x < edge; x++, pixels += 3) {
            double dx = 2.0 * x / edge - 1.0, dy = 2.0 * y / edge - 1.0;
            double height = 0.6 - dx * dx - dy * dy;
            double light = height > 0.0 ? 60.0 + 150.0 * sqrt(height) : 255.0;
            for (int c = 0; c < 3; c++) {
                uint8_t grain = (uint8_t)(fm_test_next(state) % 6);
                pixels[c] = (uint8_t)(light - (height > 0.0 && !grey ? grain + 9 * c : 0));
            }
            if (grey)
                pixels[1] = pixels[2] = pixels[0];
        }
}

/* libpng's defaults are what most programs save with. */
Test(deflate, files_are_no_larger_than_those_of_libpng) {
    enum { EDGE = 400 };
    uint8_t *pixels = malloc(3 * EDGE * EDGE);
    uint64_t state = fm_test_seed();
    fmi_bytes bytes = {0};
    fm_error err;
    for (int grey = 0; grey < 2; grey++) {
        draw_ball(pixels, EDGE, grey == 1, &state);
        const fm_image image = {pixels, EDGE, EDGE, 3, 3 * EDGE};
        png_image theirs = {
            .version = PNG_IMAGE_VERSION, .width = EDGE, .height = EDGE, .format = PNG_FORMAT_RGB};
        png_alloc_size_t size = 0;
        cr_assert(png_image_write_get_memory_size(theirs, size, 0, pixels, 0, NULL));
        fm_assert_ok(fmi_png_encode(&bytes, &image, &err), err);
        cr_assert_leq(bytes.size, (size_t)size, "grey %d: %zu, libpng %zu", grey, bytes.size,
                      (size_t)size);
    }
    fmi_bytes_free(&bytes);
    free(pixels);
}
