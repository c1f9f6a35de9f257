/* SPDX-License-Identifier: MIT */
/* Prefix codes, and streams that zlib reads back byte for byte. */
#include "fm_test.h"

#include <io/deflate.h>
#include <io/huffman.h>

#include <zlib.h>

TestSuite(deflate, .timeout = 60);

/* ---- codes ---- */

/* Every symbol that occurs has a code, none is too long, and together they use all the room. */
static void check_code(const uint32_t *counts, uint32_t symbols, uint32_t limit) {
    fmi_huffman codes;
    uint32_t room = 0;
    fmi_huffman_make(&codes, counts, symbols, limit);
    for (uint32_t i = 0; i < symbols; i++) {
        cr_assert(counts[i] == 0 || codes.length[i] > 0, "symbol %u has no code", i);
        cr_assert_leq(codes.length[i], limit);
        if (codes.length[i] > 0)
            room += UINT32_C(1) << (limit - codes.length[i]);
        for (uint32_t k = 0; k < i; k++) /* no code begins with another */
            if (codes.length[i] > 0 && codes.length[k] > 0) {
                uint32_t bits =
                    codes.length[i] < codes.length[k] ? codes.length[i] : codes.length[k];
                cr_assert((codes.code[i] ^ codes.code[k]) & ((UINT32_C(1) << bits) - 1));
            }
    }
    cr_assert_eq(room, UINT32_C(1) << limit, "%u symbols, limit %u", symbols, limit);
    for (uint32_t i = 0; i < symbols; i++)
        for (uint32_t k = 0; k < symbols; k++)
            cr_assert(counts[k] == 0 || counts[i] <= counts[k] ||
                          codes.length[i] <= codes.length[k],
                      "%u occurs more often than %u and is longer", i, k);
}

Test(deflate, codes_are_complete_and_within_the_limit) {
    uint32_t counts[FMI_HUFFMAN_SYMBOLS];
    uint64_t seed = fm_test_seed();
    for (int kind = 0; kind < 6; kind++)
        for (uint32_t symbols = 2; symbols <= FMI_HUFFMAN_SYMBOLS;
             symbols = symbols < 20 ? symbols + 1 : symbols * 3 / 2) {
            uint32_t a = 1, b = 1, most = 0;
            for (uint32_t i = 0; i < symbols; i++) {
                uint32_t random = (uint32_t)fm_test_next(&seed);
                counts[i] = kind == 0   ? 0
                            : kind == 1 ? 1
                            : kind == 2 ? random % 1000
                            : kind == 3 ? (random % 8 == 0 ? UINT32_C(1) << random % 20 : 0)
                            : kind == 4 ? (i == symbols - 1 ? 7 : 0)
                                        : a; /* Fibonacci: codes as long as can be */
                if (kind == 5 && i < 26) {
                    uint32_t sum = a + b;
                    a = b;
                    b = sum;
                }
                most = counts[i] > most ? counts[i] : most;
            }
            cr_assert_lt(most, UINT32_C(1) << 22);
            check_code(counts, symbols, 15);
            if (symbols <= 19)
                check_code(counts, symbols, 7);
        }
}

/* ---- streams ---- */

/* Compresses rows out of a window that forgets as soon as it may, and reads them back. */
static void check_stream(const uint8_t *data, size_t row, size_t rows, uint32_t pixel) {
    const size_t all = row * rows, bound = fmi_deflate_bound(all);
    fmi_deflate *d = malloc(sizeof *d);
    uint8_t *packed = malloc(bound), *back = malloc(all + 1);
    uint8_t *window = malloc(FMI_DEFLATE_HISTORY + row + FMI_DEFLATE_AHEAD);
    memset(d, 0xA5, sizeof *d);
    fmi_deflate_begin(d, packed, pixel);
    for (size_t y = 0; y < rows; y++) {
        size_t before = y * row < FMI_DEFLATE_HISTORY ? y * row : FMI_DEFLATE_HISTORY;
        uint8_t *at = window + FMI_DEFLATE_HISTORY - before;
        memcpy(at, data + y * row - before, before + row);
        memset(at + before + row, 0, FMI_DEFLATE_AHEAD);
        fmi_deflate_row(d, at + before, row);
    }
    size_t size = fmi_deflate_end(d);
    uLongf got = all + 1;
    cr_assert_leq(size, bound);
    int state = uncompress(back, &got, packed, size);
    cr_assert_eq(state, Z_OK, "zlib says %d about %zu rows of %zu", state, rows, row);
    cr_assert_eq(got, all);
    cr_assert_eq(memcmp(back, data, all), 0);
    free(d);
    free(packed);
    free(back);
    free(window);
}

static uint8_t make_byte(int kind, uint64_t *seed, size_t i, uint32_t pixel) {
    uint32_t random = (uint32_t)fm_test_next(seed);
    size_t place = pixel > 0 ? i / pixel : i;
    switch (kind) {
    case 0:
        return 0;
    case 1:
        return (uint8_t)random;
    case 2:
        return (uint8_t)(random % 3);
    case 3:
        return (uint8_t)(random % 50 == 0);
    case 4:
        return (uint8_t)(place * place >> 3 & 3);
    default:
        return (uint8_t)(place % 700 < 300 ? place % 7 : random & 1);
    }
}

Test(deflate, zlib_reads_back_what_was_taken) {
    static const size_t shapes[][2] = {{2, 1},    {4, 1},     {5, 3},    {14, 9},
                                       {513, 40}, {1537, 90}, {40000, 4}};
    uint64_t seed = fm_test_seed();
    uint8_t *data = malloc(40000 * 4 + 1537 * 90);
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (uint32_t pixel = 0; pixel <= 4; pixel += pixel == 0 ? 3 : 1)
            for (int kind = 0; kind < 6; kind++) {
                size_t row = shapes[s][0];
                if (pixel > 0)
                    row = 1 + ((row - 1) / pixel + 1) * pixel;
                for (size_t i = 0; i < row * shapes[s][1]; i++)
                    data[i] = i % row == 0 ? 2 : make_byte(kind, &seed, i % row - 1, pixel);
                check_stream(data, row, shapes[s][1], pixel);
            }
    free(data);
}

/* A pixel returns at exactly the distance that deflate can reach, one less and one more. */
Test(deflate, matches_end_where_history_ends) {
    enum { ROW = 1 + 3 * 20 };
    static const size_t gaps[] = {FMI_DEFLATE_HISTORY - 3, FMI_DEFLATE_HISTORY,
                                  FMI_DEFLATE_HISTORY + 3};
    const size_t rows = 2 * FMI_DEFLATE_HISTORY / ROW;
    uint64_t seed = fm_test_seed();
    uint8_t *data = malloc(rows * ROW);
    for (size_t g = 0; g < 3; g++) {
        for (size_t i = 0; i < rows * ROW; i++)
            data[i] = (uint8_t)(i % ROW == 0 ? 2 : fm_test_next(&seed));
        for (size_t i = gaps[g]; i < rows * ROW; i++)
            if (i % ROW != 0)
                data[i] = data[i - gaps[g]];
        check_stream(data, ROW, rows, 3);
    }
    free(data);
}
