/* SPDX-License-Identifier: MIT */
/*
 * Reads raw frames of one size from stdin and prints how much they flicker, as PSNR in dB over all
 * bytes: of each frame against the one before, and of each frame against the mean of its two
 * neighbours, which leaves out what changes steadily along a morph.
 *
 *     fmorph morph A B -o - --raw --size 512 | flicker 786432
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct series {
    double sum, least;
    unsigned count;
} series;

static void add(series *s, double squares, size_t bytes) {
    double psnr =
        squares > 0.0 ? 10.0 * log10(255.0 * 255.0 * (double)bytes / squares) : (double)INFINITY;
    s->least = s->count == 0 || psnr < s->least ? psnr : s->least;
    s->sum += psnr;
    s->count++;
}

/* Sum of squares of frame b against a, or against the mean of a and c. */
static double squares(const unsigned char *a, const unsigned char *b, const unsigned char *c,
                      size_t bytes) {
    double sum = 0.0;
    for (size_t i = 0; i < bytes; i++) {
        double d = c == NULL ? (double)b[i] - a[i] : b[i] - 0.5 * ((double)a[i] + c[i]);
        sum += d * d;
    }
    return sum;
}

static void print(const char *what, const series *s) {
    printf("%s: mean %.2f dB, least %.2f dB\n", what, s->sum / s->count, s->least);
}

int main(int argc, char **argv) {
    size_t bytes = argc == 2 ? (size_t)strtoull(argv[1], NULL, 10) : 0;
    unsigned char *frame[3] = {malloc(bytes + 1), malloc(bytes + 1), malloc(bytes + 1)};
    series steps = {0}, bends = {0};
    unsigned n = 0;
    if (bytes == 0 || !frame[0] || !frame[1] || !frame[2]) {
        fprintf(stderr, "usage: flicker BYTES-A-FRAME < frames\n");
        return 2;
    }
    while (fread(frame[n % 3], 1, bytes, stdin) == bytes) {
        const unsigned char *new = frame[n % 3], *one = frame[(n + 2) % 3];
        const unsigned char *two = frame[(n + 1) % 3];
        if (n >= 1)
            add(&steps, squares(one, new, NULL, bytes), bytes);
        if (n >= 2)
            add(&bends, squares(two, one, new, bytes), bytes);
        n++;
    }
    for (int i = 0; i < 3; i++)
        free(frame[i]);
    if (n < 3) {
        fprintf(stderr, "flicker: %u frames; at least 3 are needed\n", n);
        return 1;
    }
    print("against the frame before", &steps);
    print("against the mean of both neighbours", &bends);
    return 0;
}
