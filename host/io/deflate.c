/* SPDX-License-Identifier: MIT */
/* Blocks of a deflate stream. */
#include "deflate.h"

#include <string.h>

#include <zlib.h>

#define END 256          /* the symbol behind a block */
#define LENGTHS 257      /* the symbol of the shortest copy */
#define STORED_MAX 65535 /* bytes of a stored block */
#define CODE_MAX 15      /* bits of a code word */
#define CODES_MAX 7      /* bits of a code word of the code lengths */
#define RUN_CODES 19     /* symbols of the code lengths */

/* A number of a header or a copy: its symbol, and the bits behind it. */
typedef struct part {
    uint16_t symbol, extra;
    uint32_t bits; /* of extra */
} part;

typedef struct code {
    uint32_t count[FMI_LITERAL_CODES];
    uint16_t word[FMI_LITERAL_CODES];
    uint8_t length[FMI_LITERAL_CODES];
} code;

/* The code lengths of both codes, as runs. */
typedef struct header {
    part runs[FMI_LITERAL_CODES + FMI_BACK_CODES];
    uint32_t count, literals, backs;
    uint32_t kinds; /* lengths of the runs' code that are written */
    code code;
} header;

typedef struct block {
    const uint8_t *data;
    size_t bytes;
    const fmi_copy *copies;
    size_t count;
    bool last;
    code literal, back;
    header header;
} block;

/* ---- bits ---- */

static void put(fmi_deflate *z, uint32_t value, uint32_t bits) {
    z->bits |= (uint64_t)value << z->filled;
    z->filled += bits;
}

/* There is room for 32 bits more then. */
static void flush(fmi_deflate *z) {
    if (z->filled >= 32) {
        const uint32_t low = (uint32_t)z->bits;
        memcpy(z->at, &low, 4);
        z->at += 4;
        z->bits >>= 32;
        z->filled -= 32;
    }
}

static void to_byte(fmi_deflate *z) {
    for (flush(z); z->filled > 0; z->filled = z->filled > 8 ? z->filled - 8 : 0, z->bits >>= 8)
        *z->at++ = (uint8_t)z->bits;
    z->bits = 0;
}

/* ---- copies ---- */

/* Codes come in groups of 2^shift that have the same number of bits behind them. */
static part part_of(uint32_t value, uint32_t shift) {
    const uint32_t top = 31U - (uint32_t)__builtin_clz(value | 1U);
    const uint32_t bits = top > shift ? top - shift : 0;
    return (part){.symbol = (uint16_t)((bits << shift) + (value >> bits)),
                  .extra = (uint16_t)(value & ((1U << bits) - 1)),
                  .bits = bits};
}

static part length_part(uint32_t length) {
    if (length == FMI_COPY_MOST)
        return (part){.symbol = FMI_LITERAL_CODES - 1};
    part p = part_of(length - FMI_COPY_LEAST, 2);
    p.symbol += LENGTHS;
    return p;
}

static part back_part(uint32_t back) {
    return part_of(back - 1, 1);
}

/* ---- the codes of a block ---- */

static void count_symbols(block *b) {
    const uint8_t *at = b->data, *end = b->data + b->bytes;
    uint32_t *literal = b->literal.count, *back = b->back.count;
    for (size_t i = 0; i < b->count; i++) {
        for (const uint8_t *stop = at + b->copies[i].literals; at < stop; at++)
            literal[*at]++;
        if (b->copies[i].length == 0)
            continue;
        literal[length_part(b->copies[i].length).symbol]++;
        back[back_part(b->copies[i].back).symbol]++;
        at += b->copies[i].length;
    }
    for (; at < end; at++)
        literal[*at]++;
    literal[END]++;
    for (uint32_t i = 0; i < 2; i++) /* a code of one word is not complete */
        back[i] += back[i] == 0;
}

static void make_code(code *c, uint32_t symbols, uint32_t limit) {
    fmi_code_lengths(c->length, c->count, symbols, limit);
    fmi_code_words(c->word, c->length, symbols);
}

static uint32_t used(const code *c, uint32_t symbols) {
    while (c->length[symbols - 1] == 0)
        symbols--;
    return symbols;
}

/* So many times the same length. */
static part run_of(uint32_t length, uint32_t count) {
    if (length == 0 && count >= 11)
        return (part){.symbol = 18, .extra = (uint16_t)(count - 11), .bits = 7};
    if (length == 0 && count >= 3)
        return (part){.symbol = 17, .extra = (uint16_t)(count - 3), .bits = 3};
    return (part){.symbol = (uint16_t)length};
}

static void add_run(header *h, part run) {
    h->runs[h->count++] = run;
    h->code.count[run.symbol]++;
}

/* A length that is not 0 is written, and then repeated 3 to 6 times at once. */
static void add_lengths(header *h, const uint8_t *length, uint32_t n) {
    for (uint32_t i = 0, run; i < n; i += run) {
        const uint32_t most = length[i] == 0 ? 138 : 7;
        for (run = 1; run < most && i + run < n && length[i + run] == length[i];)
            run++;
        if (length[i] == 0 && run < 3)
            run = 1;
        if (length[i] > 0 && run < 4)
            run = 1;
        add_run(h, run_of(length[i], run));
        if (length[i] > 0 && run > 1)
            add_run(h, (part){.symbol = 16, .extra = (uint16_t)(run - 4), .bits = 2});
    }
}

static const uint8_t run_order[RUN_CODES] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                             11, 4,  12, 3, 13, 2, 14, 1, 15};

static void make_header(block *b) {
    header *h = &b->header;
    uint8_t length[FMI_LITERAL_CODES + FMI_BACK_CODES];
    h->literals = used(&b->literal, FMI_LITERAL_CODES);
    h->backs = used(&b->back, FMI_BACK_CODES);
    memcpy(length, b->literal.length, h->literals);
    memcpy(length + h->literals, b->back.length, h->backs);
    add_lengths(h, length, h->literals + h->backs);
    make_code(&h->code, RUN_CODES, CODES_MAX);
    h->kinds = RUN_CODES;
    while (h->kinds > 4 && h->code.length[run_order[h->kinds - 1]] == 0)
        h->kinds--;
}

static uint64_t coded_bits(const code *c, uint32_t symbols) {
    uint64_t bits = 0;
    for (uint32_t i = 0; i < symbols; i++)
        bits += (uint64_t)c->count[i] * c->length[i];
    return bits;
}

/* Bits behind the symbols from first on, in groups of 2^shift; the first two groups have none. */
static uint64_t extra_bits(const code *c, uint32_t first, uint32_t symbols, uint32_t shift) {
    uint64_t bits = 0;
    for (uint32_t i = first + (2U << shift); i < symbols; i++)
        bits += (uint64_t)c->count[i] * (((i - first) >> shift) - 1);
    return bits;
}

static uint64_t block_bits(const block *b) {
    uint64_t bits = 3 + 14 + 3 * b->header.kinds + coded_bits(&b->header.code, RUN_CODES) +
                    coded_bits(&b->literal, FMI_LITERAL_CODES) +
                    coded_bits(&b->back, FMI_BACK_CODES) +
                    extra_bits(&b->literal, LENGTHS, FMI_LITERAL_CODES - 1, 2) +
                    extra_bits(&b->back, 0, FMI_BACK_CODES, 1);
    for (uint32_t i = 0; i < b->header.count; i++)
        bits += b->header.runs[i].bits;
    return bits;
}

/* ---- writing ---- */

static void put_header(fmi_deflate *z, const block *b) {
    const header *h = &b->header;
    put(z, b->last ? 1 : 0, 1);
    put(z, 2, 2); /* codes of its own */
    put(z, h->literals - 257, 5);
    put(z, h->backs - 1, 5);
    put(z, h->kinds - 4, 4);
    flush(z);
    for (uint32_t i = 0; i < h->kinds; i++, flush(z))
        put(z, h->code.length[run_order[i]], 3);
    for (uint32_t i = 0; i < h->count; i++, flush(z)) {
        put(z, h->code.word[h->runs[i].symbol], h->code.length[h->runs[i].symbol]);
        put(z, h->runs[i].extra, h->runs[i].bits);
    }
}

static const uint8_t *put_literals(fmi_deflate *z, const code *c, const uint8_t *at,
                                   const uint8_t *end) {
    for (; end - at >= 2; at += 2, flush(z)) {
        put(z, c->word[at[0]], c->length[at[0]]);
        put(z, c->word[at[1]], c->length[at[1]]);
    }
    if (at < end) {
        put(z, c->word[*at], c->length[*at]);
        flush(z);
        at++;
    }
    return at;
}

static void put_part(fmi_deflate *z, const code *c, part p) {
    put(z, c->word[p.symbol], c->length[p.symbol]);
    put(z, p.extra, p.bits);
    flush(z);
}

static void put_coded(fmi_deflate *z, const block *b) {
    const uint8_t *at = b->data, *end = b->data + b->bytes;
    put_header(z, b);
    for (size_t i = 0; i < b->count; i++) {
        at = put_literals(z, &b->literal, at, at + b->copies[i].literals);
        if (b->copies[i].length == 0)
            continue;
        put_part(z, &b->literal, length_part(b->copies[i].length));
        put_part(z, &b->back, back_part(b->copies[i].back));
        at += b->copies[i].length;
    }
    put_literals(z, &b->literal, at, end);
    put(z, b->literal.word[END], b->literal.length[END]);
    flush(z);
}

static void put_stored(fmi_deflate *z, const uint8_t *data, size_t bytes, bool last) {
    do {
        const size_t n = bytes < STORED_MAX ? bytes : STORED_MAX;
        put(z, last && n == bytes ? 1 : 0, 3);
        to_byte(z);
        put(z, (uint32_t)n | ((uint32_t)~n & 0xFFFFU) << 16, 32);
        flush(z);
        memcpy(z->at, data, n);
        z->at += n;
        data += n;
        bytes -= n;
    } while (bytes > 0);
}

/* ---- the stream ---- */

size_t fmi_deflate_bound(size_t bytes) {
    return bytes + bytes / 2048 + 64;
}

void fmi_deflate_begin(fmi_deflate *z, uint8_t *to) {
    static const uint8_t head[2] = {0x78, 0x01}; /* deflate, 32 KiB, fast */
    memcpy(to, head, sizeof head);
    *z = (fmi_deflate){.start = to, .at = to + sizeof head, .sum = 1};
}

void fmi_deflate_block(fmi_deflate *z, const uint8_t *data, size_t bytes, const fmi_copy *copies,
                       size_t count, bool last) {
    block b = {.data = data, .bytes = bytes, .copies = copies, .count = count, .last = last};
    count_symbols(&b);
    make_code(&b.literal, FMI_LITERAL_CODES, CODE_MAX);
    make_code(&b.back, FMI_BACK_CODES, CODE_MAX);
    make_header(&b);
    if (block_bits(&b) < 8 * (uint64_t)bytes)
        put_coded(z, &b);
    else
        put_stored(z, data, bytes, last);
    z->sum = (uint32_t)adler32_z(z->sum, data, bytes);
}

size_t fmi_deflate_end(fmi_deflate *z) {
    to_byte(z);
    for (int shift = 24; shift >= 0; shift -= 8)
        *z->at++ = (uint8_t)(z->sum >> shift);
    return (size_t)(z->at - z->start);
}
