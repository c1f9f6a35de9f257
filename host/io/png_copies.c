/* SPDX-License-Identifier: MIT */
/* Runs of a byte, and of grey pixels anything that was there within reach. */
#include "png_copies.h"

#include <string.h>

#define AHEAD 8U                             /* pixels that keys look at */
#define LOW_SIX UINT64_C(0x0000808080808080) /* top bits of six bytes */
#define ONES UINT64_C(0x0101010101010101)

static uint64_t load8(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint32_t first_byte(uint64_t bits) {
    return (uint32_t)__builtin_ctzll(bits) / 8;
}

/* Equal bytes at both places, at most `most`. */
static size_t common(const uint8_t *a, const uint8_t *b, size_t most) {
    size_t n = 0;
    for (; n + 8 <= most; n += 8) {
        const uint64_t differ = load8(a + n) ^ load8(b + n);
        if (differ != 0)
            return n + first_byte(differ);
    }
    while (n < most && a[n] == b[n])
        n++;
    return n;
}

size_t fmi_copies_most(size_t bytes) {
    return bytes / FMI_COPY_LEAST + 1;
}

/* ---- runs ---- */

/* The next byte that stands four times in turn, from i on; bytes - 3 or more: none. */
static size_t next_run(const uint8_t *data, size_t i, size_t bytes) {
    for (; i + 9 <= bytes; i += 6) {
        const uint64_t differ = load8(data + i) ^ load8(data + i + 1);
        const uint64_t any = differ | differ >> 8 | differ >> 16;
        const uint64_t none = (any - ONES) & ~any & LOW_SIX;
        if (none != 0)
            return i + first_byte(none);
    }
    for (; i + 4 <= bytes; i++)
        if (data[i] == data[i + 1] && data[i] == data[i + 2] && data[i] == data[i + 3])
            break;
    return i;
}

size_t fmi_find_runs(fmi_copy *copies, const uint8_t *data, size_t bytes) {
    size_t n = 0, done = 0;
    for (size_t i = next_run(data, 0, bytes); i + 4 <= bytes; i = next_run(data, i, bytes)) {
        size_t left = common(data + i, data + i + 1, bytes - i - 1);
        for (i++; left >= FMI_COPY_LEAST; done = i) {
            const size_t length = left < FMI_COPY_MOST ? left : FMI_COPY_MOST;
            copies[n++] =
                (fmi_copy){.literals = (uint32_t)(i - done), .length = (uint16_t)length, .back = 1};
            i += length;
            left -= length;
        }
        i += left;
    }
    return n;
}

/* ---- grey pixels ---- */

typedef struct found {
    uint32_t length, back; /* pixels */
} found;

static const uint16_t *value_at(const fmi_grey_seen *s, uint32_t pixel) {
    return s->values + (pixel - s->first);
}

/* Equal pixels at both places, at most `most`. */
static uint32_t common_pixels(const uint16_t *a, const uint16_t *b, uint32_t most) {
    return (uint32_t)common((const uint8_t *)a, (const uint8_t *)b, 2 * (size_t)most) / 2;
}

/* Pixels back within reach, whatever number of rows lies between. */
static uint32_t reach(const fmi_grey_seen *s) {
    return (uint32_t)(((uint64_t)FMI_COPY_REACH - 2) * s->width /
                      ((uint64_t)s->channels * s->width + 1));
}

/* Longer than what is known? A copy and its source keep to their rows. */
static void look(const fmi_grey_seen *s, uint32_t seen, uint32_t pixel, uint32_t most,
                 found *best) {
    if (seen == 0 || pixel - (seen - 1) > s->reach)
        return;
    const uint32_t from = seen - 1, left = s->width - from % s->width;
    const uint32_t length =
        common_pixels(value_at(s, from), value_at(s, pixel), most < left ? most : left);
    if (length > best->length)
        *best = (found){.length = length, .back = pixel - from};
}

typedef struct keys {
    uint32_t one, two, four, eight;
} keys;

static uint32_t key(uint64_t pixels) {
    return (uint32_t)(pixels * UINT64_C(0x9E3779B97F4A7C15) >> (64 - FMI_GREY_KEY_BITS));
}

static keys keys_of(const uint16_t *at) {
    uint64_t four, next;
    memcpy(&four, at, sizeof four);
    memcpy(&next, at + 4, sizeof next);
    return (keys){.one = *at & 0xFF,
                  .two = key(four << 32),
                  .four = key(four),
                  .eight = key(four + next * UINT64_C(0xD6E8FEB86659FD93))};
}

/* The longest of the last places that began alike, with 8, 4, 2 pixels and 1. */
static found find(const fmi_grey_seen *s, const keys *k, uint32_t pixel, uint32_t left) {
    found best = {0};
    const uint32_t most = left < s->most ? left : s->most;
    if (most >= 8)
        look(s, s->eight[k->eight], pixel, most, &best);
    if (most >= 4 && best.length < 8)
        look(s, s->four[k->four], pixel, most, &best);
    if (most >= 2 && best.length < 4)
        look(s, s->two[k->two], pixel, most, &best);
    if (best.length < 2)
        look(s, s->one[k->one], pixel, most, &best);
    return best;
}

static void remember(fmi_grey_seen *s, const keys *k, uint32_t pixel, uint32_t left) {
    if (left >= 8)
        s->eight[k->eight] = pixel + 1;
    if (left >= 4)
        s->four[k->four] = pixel + 1;
    if (left >= 2)
        s->two[k->two] = pixel + 1;
    s->one[k->one] = pixel + 1;
}

size_t fmi_grey_seen_bytes(uint32_t width, uint32_t rows) {
    return sizeof(fmi_grey_seen) +
           sizeof(uint16_t) * (FMI_GREY_REACH + (size_t)width * rows + AHEAD);
}

void fmi_grey_seen_begin(fmi_grey_seen *s, uint32_t width, uint32_t channels) {
    *s = (fmi_grey_seen){.width = width, .channels = channels, .most = FMI_COPY_MOST / channels};
    s->reach = reach(s);
}

/* Those out of reach go, those of the band come. */
static void take_band(fmi_grey_seen *s, const uint8_t *data, uint32_t rows) {
    const uint32_t keep = s->count < FMI_GREY_REACH ? s->count : FMI_GREY_REACH;
    memmove(s->values, s->values + (s->count - keep), sizeof *s->values * keep);
    s->first += s->count - keep;
    uint16_t *to = s->values + keep;
    for (uint32_t y = 0; y < rows; y++) {
        data++; /* the filter */
        for (uint32_t x = 0; x < s->width; x++, data += s->channels)
            *to++ = (uint16_t)(data[0] | (s->channels == 4 ? data[3] << 8 : 0));
    }
    memset(to, 0, sizeof *to * AHEAD);
    s->count = keep + rows * s->width;
}

static uint32_t bytes_back(const fmi_grey_seen *s, uint32_t pixel, uint32_t back) {
    const uint32_t rows = pixel / s->width - (pixel - back) / s->width;
    if (back == 1 && rows == 0 && s->channels == 3)
        return 1; /* a run of a byte */
    return s->channels * back + rows;
}

/* literals: bytes before the row, of which there is no copy yet. */
static size_t find_row(fmi_grey_seen *s, fmi_copy *copies, uint32_t pixel, uint32_t *literals) {
    const uint32_t end = pixel + s->width;
    size_t n = 0;
    while (pixel < end) {
        keys k = keys_of(value_at(s, pixel));
        const found f = find(s, &k, pixel, end - pixel);
        remember(s, &k, pixel, end - pixel);
        if (f.length == 0) {
            *literals += s->channels;
            pixel++;
            continue;
        }
        copies[n++] = (fmi_copy){.literals = *literals,
                                 .length = (uint16_t)(s->channels * f.length),
                                 .back = (uint16_t)bytes_back(s, pixel, f.back)};
        *literals = 0;
        const uint32_t until = pixel + f.length;
        for (pixel++; pixel < until; pixel++) {
            k = keys_of(value_at(s, pixel));
            remember(s, &k, pixel, end - pixel);
        }
    }
    return n;
}

size_t fmi_find_grey(fmi_grey_seen *s, fmi_copy *copies, const uint8_t *data, uint32_t rows) {
    uint32_t literals = 0;
    size_t n = 0;
    take_band(s, data, rows);
    const uint32_t first = s->first + s->count - rows * s->width;
    for (uint32_t y = 0; y < rows; y++) {
        literals++; /* the filter */
        n += find_row(s, copies + n, first + y * s->width, &literals);
    }
    return n;
}
