/* SPDX-License-Identifier: MIT */
/* Tokens are literals (their byte) or matches (MATCH, length - 3, distance - 1). A block is written
 * whenever the tokens are full, with codes of its own. */
#include "deflate.h"
#include "huffman.h"

#include <stdbool.h>
#include <string.h>

#include <zlib.h>

#define MATCH (UINT32_C(1) << 31)
#define SHORTEST 3
#define LONGEST 258
#define BLOCK_END 256
#define SYMBOLS 286
#define DISTANCES 30
#define LENGTH_SYMBOLS 19
#define REMEMBER 16 /* pixels of a match whose places are kept; of longer ones only the first */

/* ---- numbers of lengths and distances (RFC 1951, 3.2.5) ---- */

typedef struct part {
    uint32_t symbol, extra, extra_bits;
} part;

/* value counts from 0; per_step symbols share their number of extra bits. */
static part split(uint32_t value, uint32_t log2_per_step) {
    const uint32_t direct = UINT32_C(2) << log2_per_step;
    if (value < direct)
        return (part){value, 0, 0};
    uint32_t bits = 31 - (uint32_t)__builtin_clz(value) - log2_per_step;
    uint32_t high = value >> bits; /* with its leading one */
    return (part){(bits << log2_per_step) + high, value & ((UINT32_C(1) << bits) - 1), bits};
}

static part length_part(uint32_t length) {
    if (length == LONGEST)
        return (part){285, 0, 0};
    part p = split(length - SHORTEST, 2);
    p.symbol += 257;
    return p;
}

static part distance_part(uint32_t distance) {
    return split(distance - 1, 1);
}

/* ---- bits ---- */

static void put_bits(fmi_deflate *d, uint32_t value, uint32_t count) {
    d->bits |= (uint64_t)value << d->bit_count;
    d->bit_count += count;
    if (d->bit_count < 32)
        return;
    for (uint32_t i = 0; i < 4; i++)
        d->to[i] = (uint8_t)(d->bits >> (8 * i));
    d->to += 4;
    d->bits >>= 32;
    d->bit_count -= 32;
}

static void put_code(fmi_deflate *d, const fmi_huffman *codes, uint32_t symbol) {
    put_bits(d, codes->code[symbol], codes->length[symbol]);
}

/* ---- blocks ---- */

/* The lengths of both codes, with repetitions of the last one (16) and of zero (17, 18). */
typedef struct lengths {
    uint8_t symbol[SYMBOLS + DISTANCES], extra[SYMBOLS + DISTANCES];
    uint32_t items;
    uint32_t count[LENGTH_SYMBOLS];
} lengths;

static void add_length(lengths *l, uint32_t symbol, uint32_t extra) {
    l->symbol[l->items] = (uint8_t)symbol;
    l->extra[l->items++] = (uint8_t)extra;
    l->count[symbol]++;
}

static void add_repeated(lengths *l, uint32_t length, uint32_t times) {
    if (length > 0) {
        add_length(l, length, 0);
        times--;
    }
    while (times >= 3) {
        uint32_t most = length > 0 ? 6 : 138, now = times < most ? times : most;
        if (length > 0)
            add_length(l, 16, now - 3);
        else
            add_length(l, now > 10 ? 18 : 17, now - (now > 10 ? 11 : 3));
        times -= now;
    }
    while (times-- > 0)
        add_length(l, length, 0);
}

static void collect_lengths(lengths *l, const uint8_t *length, uint32_t count) {
    for (uint32_t i = 0; i < count;) {
        uint32_t times = 1;
        while (i + times < count && length[i + times] == length[i])
            times++;
        add_repeated(l, length[i], times);
        i += times;
    }
}

static void put_codes(fmi_deflate *d, const fmi_huffman *symbols, const fmi_huffman *distances) {
    static const uint8_t order[LENGTH_SYMBOLS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                  11, 4,  12, 3, 13, 2, 14, 1, 15};
    lengths l = {.items = 0};
    fmi_huffman codes;
    uint32_t shown = LENGTH_SYMBOLS;
    collect_lengths(&l, symbols->length, SYMBOLS);
    collect_lengths(&l, distances->length, DISTANCES);
    fmi_huffman_make(&codes, l.count, LENGTH_SYMBOLS, 7);
    while (shown > 4 && codes.length[order[shown - 1]] == 0)
        shown--;
    put_bits(d, SYMBOLS - 257, 5);
    put_bits(d, DISTANCES - 1, 5);
    put_bits(d, shown - 4, 4);
    for (uint32_t i = 0; i < shown; i++)
        put_bits(d, codes.length[order[i]], 3);
    for (uint32_t i = 0; i < l.items; i++) {
        uint32_t symbol = l.symbol[i];
        put_code(d, &codes, symbol);
        put_bits(d, l.extra[i], symbol == 16 ? 2 : symbol == 17 ? 3 : symbol == 18 ? 7 : 0);
    }
}

static void put_match(fmi_deflate *d, const fmi_huffman *symbols, const fmi_huffman *distances,
                      uint32_t token) {
    part length = length_part((token >> 16 & 255) + SHORTEST);
    part distance = distance_part((token & 0x7FFF) + 1);
    put_code(d, symbols, length.symbol);
    put_bits(d, length.extra, length.extra_bits);
    put_code(d, distances, distance.symbol);
    put_bits(d, distance.extra, distance.extra_bits);
}

static void put_block(fmi_deflate *d, bool last) {
    fmi_huffman symbols, distances;
    d->symbol_count[BLOCK_END] = 1;
    fmi_huffman_make(&symbols, d->symbol_count, SYMBOLS, 15);
    fmi_huffman_make(&distances, d->distance_count, DISTANCES, 15);
    put_bits(d, last ? 5 : 4, 3); /* codes of its own */
    put_codes(d, &symbols, &distances);
    for (uint32_t i = 0; i < d->token_count; i++) {
        uint32_t token = d->token[i];
        if (token & MATCH)
            put_match(d, &symbols, &distances, token);
        else
            put_code(d, &symbols, token);
    }
    put_code(d, &symbols, BLOCK_END);
    d->token_count = 0;
    memset(d->symbol_count, 0, sizeof d->symbol_count);
    memset(d->distance_count, 0, sizeof d->distance_count);
}

/* ---- tokens ---- */

static void add_token(fmi_deflate *d, uint32_t token) {
    if (d->token_count == FMI_DEFLATE_TOKENS)
        put_block(d, false);
    d->token[d->token_count++] = token;
}

static void add_literal(fmi_deflate *d, uint8_t byte) {
    add_token(d, byte);
    d->symbol_count[byte]++;
}

static void add_match(fmi_deflate *d, uint32_t length, uint32_t distance) {
    add_token(d, MATCH | (length - SHORTEST) << 16 | (distance - 1));
    d->symbol_count[length_part(length).symbol]++;
    d->distance_count[distance_part(distance).symbol]++;
}

static uint32_t load32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint64_t load64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* How many bytes of a and b agree, up to most. */
static uint32_t count_same(const uint8_t *a, const uint8_t *b, uint32_t most) {
    uint32_t n = 0;
    uint64_t other = 0;
    while (n < most && (other = load64(a + n) ^ load64(b + n)) == 0)
        n += 8;
    if (other != 0)
        n += (uint32_t)__builtin_ctzll(other) / 8; /* the first byte is the lowest */
    return n < most ? n : most;
}

/* ---- runs of one byte ---- */

static void take_runs(fmi_deflate *d, const uint8_t *p, const uint8_t *end) {
    add_literal(d, *p++);
    while (p < end) {
        uint32_t four = load32(p - 1), left = (uint32_t)(end - p);
        if (four != (four << 8 | four >> 24) || left < SHORTEST) {
            add_literal(d, *p++);
            continue;
        }
        uint32_t length = count_same(p, p - 1, left < LONGEST ? left : LONGEST);
        add_match(d, length, 1);
        p += length;
    }
}

/* ---- pixels that were there before ---- */

/* Where the pixels at p, and two and three of them, were last. */
typedef struct places {
    uint32_t *three, *two, *one;
} places;

static places find_places(fmi_deflate *d, const uint8_t *p) {
    const uint64_t spread = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t all = load64(p), single = all & ((UINT64_C(1) << (8 * d->pixel_bytes)) - 1);
    uint64_t pair = all << (64 - 16 * d->pixel_bytes);
    return (places){d->three[all * spread >> 51], &d->two[pair * spread >> 52],
                    &d->one[single * spread >> 52]};
}

static void remember(fmi_deflate *d, const uint8_t *p, uint32_t position) {
    places at = find_places(d, p);
    for (uint32_t i = FMI_DEFLATE_WAYS - 1; i > 0; i--)
        at.three[i] = at.three[i - 1];
    at.three[0] = *at.two = *at.one = position + 1;
}

/* The best match so far. */
typedef struct match {
    uint32_t length, distance; /* length in bytes, whole pixels; 0 = none */
} match;

static void try_place(match *best, const uint8_t *p, uint32_t position, uint32_t place,
                      uint32_t most) {
    uint32_t distance = position + 1 - place;
    if (place == 0 || distance > FMI_DEFLATE_HISTORY || distance > position || best->length == most)
        return;
    uint32_t length = count_same(p - distance, p, most);
    if (length > best->length)
        *best = (match){length, distance};
}

static match find_match(fmi_deflate *d, const uint8_t *p, uint32_t position, uint32_t most) {
    const uint32_t pixel = d->pixel_bytes;
    places at = find_places(d, p);
    match best = {0, 0};
    try_place(&best, p, position, position + 1 - pixel, most); /* a run */
    for (uint32_t i = 0; i < FMI_DEFLATE_WAYS; i++)
        try_place(&best, p, position, at.three[i], most);
    if (best.length < 2 * pixel)
        try_place(&best, p, position, *at.two, most);
    if (best.length < pixel)
        try_place(&best, p, position, *at.one, most);
    best.length -= best.length % pixel;
    return best;
}

static void take_pixels(fmi_deflate *d, const uint8_t *row, const uint8_t *end) {
    const uint32_t pixel = d->pixel_bytes, longest = LONGEST - LONGEST % pixel;
    const uint8_t *p = row + 1;
    add_literal(d, *row);
    while (p < end) {
        uint32_t left = (uint32_t)(end - p), position = d->position + (uint32_t)(p - row);
        match found = find_match(d, p, position, left < longest ? left : longest);
        uint32_t length = found.length > 0 ? found.length : pixel;
        uint32_t kept = length <= REMEMBER * pixel ? length : pixel;
        if (found.length > 0)
            add_match(d, length, found.distance);
        else
            for (uint32_t i = 0; i < pixel; i++)
                add_literal(d, p[i]);
        for (uint32_t i = 0; i < kept; i += pixel)
            remember(d, p + i, position + i);
        p += length;
    }
}

/* ---- the stream ---- */

size_t fmi_deflate_bound(size_t bytes) {
    /* At worst 9 bits a byte, and the codes of each block. */
    return bytes + bytes / 8 + (bytes / FMI_DEFLATE_TOKENS + 1) * 512 + 16;
}

void fmi_deflate_begin(fmi_deflate *d, uint8_t *to, uint32_t pixel_bytes) {
    memset(d, 0, offsetof(fmi_deflate, token));
    if (pixel_bytes > 0)
        memset(d->three, 0, sizeof *d - offsetof(fmi_deflate, three));
    d->start = d->to = to;
    d->pixel_bytes = pixel_bytes;
    d->check = (uint32_t)adler32(0, NULL, 0);
    put_bits(d, 0x0178, 16); /* deflate, 32 KiB of history, fast */
}

void fmi_deflate_row(fmi_deflate *d, const uint8_t *row, size_t bytes) {
    d->check = (uint32_t)adler32_z(d->check, row, bytes);
    if (d->pixel_bytes > 0)
        take_pixels(d, row, row + bytes);
    else
        take_runs(d, row, row + bytes);
    d->position += (uint32_t)bytes;
}

size_t fmi_deflate_end(fmi_deflate *d) {
    put_block(d, true);
    put_bits(d, 0, 7 & (8 - d->bit_count % 8));
    for (; d->bit_count > 0; d->bit_count -= 8, d->bits >>= 8)
        *d->to++ = (uint8_t)d->bits;
    for (int shift = 24; shift >= 0; shift -= 8)
        *d->to++ = (uint8_t)(d->check >> shift);
    return (size_t)(d->to - d->start);
}
