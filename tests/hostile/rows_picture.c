/* SPDX-License-Identifier: MIT */
/* Kinds 24 to 26: pictures. */
#include "hostile.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

static const unsigned char pixels[] = {0, 200, 150, 120, 90, 60, 50, 0, 10, 20, 30, 250, 240, 230};

/* Only the header says width and height: detail is "WIDTHxHEIGHT depth colour interlace". */
static void sized(const hostile_row *row) {
    unsigned width = 0, height = 0;
    int depth = 8, colour = 2, interlace = 0;
    cr_assert_geq(
        sscanf(row->detail, "%ux%u %d %d %d", &width, &height, &depth, &colour, &interlace), 2);
    hostile_png(row->file, width, height, depth, colour, interlace, pixels, sizeof pixels);
}

/* 16384 x n pixels of one bit: 32 kB become a gigabyte as RGBA. */
static void bits(const hostile_row *row) {
    size_t bytes = (size_t)row->n * (16384U / 8 + 1);
    unsigned char *zeros = calloc(1, bytes);
    hostile_png(row->file, 16384, (uint32_t)row->n, 1, 0, 0, zeros, bytes);
    free(zeros);
}

static void pixels_first(const hostile_row *row) {
    FILE *f = hostile_open(row->file);
    fwrite("\x89PNG\r\n\x1a\n", 1, 8, f);
    hostile_png_pixels(f, pixels, sizeof pixels);
    hostile_png_chunk(f, "IEND", "", 0);
    fclose(f);
}

/* A deflated text (or profile) of n MiB in an otherwise good picture. */
static void text_bomb(const hostile_row *row) {
    size_t bytes = (size_t)row->n << 20;
    uLongf small = compressBound(bytes);
    unsigned char *zeros = calloc(1, bytes), *chunk = malloc(small + 8);
    memcpy(chunk, "name\0\0", 6);
    cr_assert_eq(compress2(chunk + 6, &small, zeros, bytes, 9), Z_OK);
    FILE *f = hostile_open(row->file);
    hostile_png_begin(f, 2, 2, 8, 2, 0);
    hostile_png_chunk(f, row->detail, chunk, small + 6);
    hostile_png_pixels(f, pixels, sizeof pixels);
    hostile_png_chunk(f, "IEND", "", 0);
    fclose(f);
    free(zeros);
    free(chunk);
}

static void many_chunks(const hostile_row *row) {
    FILE *f = hostile_open(row->file);
    hostile_png_begin(f, 2, 2, 8, 2, 0);
    for (long i = 0; i < row->n; i++)
        hostile_png_chunk(f, row->detail, "key\0value", 9);
    hostile_png_pixels(f, pixels, sizeof pixels);
    hostile_png_chunk(f, "IEND", "", 0);
    fclose(f);
}

/* A good picture, cut to n bytes. */
static void cut(const hostile_row *row) {
    hostile_png(row->file, 2, 2, 8, 2, 0, pixels, sizeof pixels);
    cr_assert_eq(truncate(row->file, row->n), 0);
}

/* A good picture in which byte n is turned. */
static void turned(const hostile_row *row) {
    hostile_png(row->file, 2, 2, 8, 2, 0, pixels, sizeof pixels);
    FILE *f = fopen(row->file, "r+be");
    cr_assert_not_null(f);
    fseek(f, row->n, SEEK_SET);
    int byte = fgetc(f);
    fseek(f, row->n, SEEK_SET);
    fputc(byte ^ 0x55, f);
    fclose(f);
}

static void few_rows(const hostile_row *row) {
    hostile_png(row->file, 2, 200, 8, 2, 0, pixels, sizeof pixels);
}

static void no_palette(const hostile_row *row) {
    hostile_png(row->file, 2, 2, 8, 3, 0, "\0\1\2\0\3\4", 6);
}

static void jpeg_start(const hostile_row *row) {
    static const unsigned char start[] = {0xFF, 0xD8, 0xFF, 0xE0, 0, 16,   'J',  'F',  'I',  'F',
                                          0,    1,    1,    0,    0, 1,    0,    1,    0,    0,
                                          0xFF, 0xC0, 0,    17,   8, 0xFF, 0xFF, 0xFF, 0xFF, 3};
    hostile_write(row->file, start, sizeof start - (size_t)row->n);
}

#define PNG(kind, label, maker, size, code, words)                                       \
    {                                                                                    \
        kind, label, "x.png", .make = maker, .detail = size, .command = HOSTILE_TEXTURE, \
                              .exit = code, .says = words                                \
    }
#define BITS(label, height, words)                                                       \
    {                                                                                    \
        25, label, "x.png",                                                              \
            .make = bits, .n = height, .exit = 6,                                        \
            .command = "morph a.obj b.obj --texture-a {} --texture-b {} " HOSTILE_SMALL, \
            .says = words                                                                \
    }
#define CUT(bytes)                                                                          \
    {                                                                                       \
        26, "cut at " #bytes, "x.png", .make = cut, .n = bytes, .command = HOSTILE_TEXTURE, \
                                       .exit = 3                                            \
    }
#define TURNED(label, at) \
    { 26, label, "x.png", .make = turned, .n = at, .command = HOSTILE_TEXTURE, .exit = 3 }
#define TAKEN(kind, label, maker, type, count)                                       \
    {                                                                                \
        kind, label, "x.png", .make = maker, .detail = type, .n = count,             \
                              .command = HOSTILE_TEXTURE, .makes = "out", .exit = 3, \
                              .or_done = true                                        \
    }
#define LIMIT "x.png|the limits are"

static const hostile_row rows[] = {
    PNG(24, "0 x 0", sized, "0x0", 3, "0 x 0"),
    PNG(24, "0 x 5", sized, "0x5", 3, "0 x 5"),
    PNG(24, "65535 x 65535", sized, "65535x65535", 6, LIMIT),
    PNG(24, "2^31 - 1 x 2^31 - 1", sized, "2147483647x2147483647", 6, LIMIT),
    PNG(24, "2^32 - 1 x 1", sized, "4294967295x1", 6, LIMIT),
    PNG(24, "16384 x 16384 interlaced of 16 bits", sized, "16384x16384 16 6 1", 6, LIMIT),
    PNG(24, "8000 x 8000 interlaced of 16 bits, without pixels", sized, "8000x8000 16 6 1", 6,
        "x.png|next to nothing"),
    PNG(24, "2000 x 2000 interlaced of 16 bits, without pixels", sized, "2000x2000 16 6 1", 3,
        "damaged PNG"),
    PNG(24, "a depth of 3 bits", sized, "2x2 3 2", 3, "damaged PNG"),
    BITS("16384 x 16384 of one bit", 16384, LIMIT),
    BITS("16384 x 4096 of one bit", 4096, "x.png|next to nothing"),
    TAKEN(25, "text of 512 MiB", text_bomb, "zTXt", 512),
    TAKEN(25, "profile of 512 MiB", text_bomb, "iCCP", 512),
    TAKEN(25, "20,000 texts", many_chunks, "tEXt", 20000),
    TAKEN(25, "20,000 unknown chunks", many_chunks, "teSt", 20000),
    CUT(1),
    CUT(7),
    CUT(8),
    CUT(20),
    CUT(33),
    CUT(40),
    CUT(50),
    CUT(60),
    TURNED("bad sum of the header", 31),
    TURNED("turned byte of the header", 25),
    TURNED("turned byte of the pixels", 45),
    TURNED("turned type of the pixels", 37),
    PNG(26, "pixels before the header", pixels_first, "", 3, "damaged PNG"),
    PNG(26, "too few rows", few_rows, "", 3, "damaged PNG"),
    PNG(26, "no palette", no_palette, "", 3, "damaged PNG"),
    {26, "start of a JPEG", "x.png", .make = jpeg_start, .n = 10, .command = HOSTILE_TEXTURE,
     .exit = 3, .says = "JPEG"},
    {26, "JPEG of 65535 x 65535", "x.png", .make = jpeg_start, .command = HOSTILE_TEXTURE,
     .exit = 3, .says = "JPEG"},
    {26, "words", "x.png", "no picture\n", .command = HOSTILE_TEXTURE, .exit = 3,
     .says = "neither a PNG nor a JPEG"},
    {26, "a picture cut as background", "x.png", .make = cut, .n = 50,
     .command = "morph a.obj b.obj --background ./{} " HOSTILE_SMALL, .exit = 3},
};

const hostile_table hostile_picture = {"pictures", rows, sizeof rows / sizeof rows[0]};
