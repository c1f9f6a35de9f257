/* SPDX-License-Identifier: MIT */
/*
 * A decimal reads back to a float when it lies between the middles to the float's neighbours.
 * Those middles are exact in double; the decimal is known to 4e-16 of itself. So a comparison with
 * a margin of 4e-15 decides, or says that it cannot.
 */
#include "shortest.h"

#include <float.h>
#include <stdint.h>
#include <string.h>

#define MARGIN 4e-15
#define LEAST_POWER (-54)
#define EXACT_SHIFT 8    /* 24 bits times 10^8 fit the 53 of a double */
#define HALF_UNSURE 1e-4 /* of a digit: nine digits times the error of the product, and more */

static const double tens[] = {
    1e-54, 1e-53, 1e-52, 1e-51, 1e-50, 1e-49, 1e-48, 1e-47, 1e-46, 1e-45, 1e-44, 1e-43, 1e-42,
    1e-41, 1e-40, 1e-39, 1e-38, 1e-37, 1e-36, 1e-35, 1e-34, 1e-33, 1e-32, 1e-31, 1e-30, 1e-29,
    1e-28, 1e-27, 1e-26, 1e-25, 1e-24, 1e-23, 1e-22, 1e-21, 1e-20, 1e-19, 1e-18, 1e-17, 1e-16,
    1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9,  1e-8,  1e-7,  1e-6,  1e-5,  1e-4,  1e-3,
    1e-2,  1e-1,  1e0,   1e1,   1e2,   1e3,   1e4,   1e5,   1e6,   1e7,   1e8,   1e9,   1e10,
    1e11,  1e12,  1e13,  1e14,  1e15,  1e16,  1e17,  1e18,  1e19,  1e20,  1e21,  1e22,  1e23,
    1e24,  1e25,  1e26,  1e27,  1e28,  1e29,  1e30,  1e31,  1e32,  1e33,  1e34,  1e35,  1e36,
    1e37,  1e38,  1e39,  1e40,  1e41,  1e42,  1e43,  1e44,  1e45,  1e46,  1e47,  1e48,  1e49,
    1e50,  1e51,  1e52,  1e53,  1e54};

static double ten(int power) {
    return tens[power - LEAST_POWER];
}

/* What is asked: value > 0 between low and high; 10^power <= value < 10^(power + 1). */
typedef struct question {
    double value, low, high;
    int power;
} question;

typedef enum answer { NO, YES, UNSURE } answer;

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static question ask(uint32_t bits) {
    double value = (double)from_bits(bits);
    question q = {.value = value,
                  .low = 0.5 * (value + (double)from_bits(bits - 1)),
                  .high = 0.5 * (value + (double)from_bits(bits + 1))};
    int exponent = (int)(bits >> 23) - 127;
    q.power = exponent < -126 ? -45 : exponent * 30103 / 100000 - (exponent < 0);
    while (q.value >= ten(q.power + 1))
        q.power++;
    return q;
}

static answer reads_back(const question *q, double decimal) {
    double margin = MARGIN * q->value;
    if (decimal > q->low + margin && decimal < q->high - margin)
        return YES;
    return decimal < q->low - margin || decimal > q->high + margin ? NO : UNSURE;
}

/* The nearest decimal of n digits; does it read back? Of two that are equally near it is the even
 * one; but where the product is rounded and about half way, only printf can choose. */
static answer try_digits(const question *q, int n, uint32_t *digits) {
    int shift = n - 1 - q->power;
    double scaled = q->value * ten(shift);
    uint32_t whole = (uint32_t)scaled;
    double rest = scaled - whole;
    bool up = rest > 0.5 || (rest == 0.5 && whole % 2 == 1);
    *digits = whole + (up ? 1 : 0);
    answer near = reads_back(q, *digits * ten(-shift));
    bool exact = shift >= 0 && shift <= EXACT_SHIFT;
    if (exact || rest <= 0.5 - HALF_UNSURE || rest >= 0.5 + HALF_UNSURE)
        return near;
    answer other = reads_back(q, (up ? whole : whole + 1) * ten(-shift));
    return near == NO && other == NO ? NO : UNSURE;
}

static int strip_zeros(uint32_t *digits, int n) {
    for (; n > 1 && *digits % 10 == 0; n--)
        *digits /= 10;
    return n;
}

/* Fewest digits, or 0 when unsure. More digits never read back worse. */
static int find_digits(const question *q, uint32_t *digits) {
    int n = 8;
    answer a = try_digits(q, n, digits);
    if (a == NO) {
        n = 9;
        a = try_digits(q, n, digits);
    }
    if (a != YES)
        return 0;
    n = strip_zeros(digits, n);
    while (n > 1) {
        uint32_t fewer;
        a = try_digits(q, n - 1, &fewer);
        if (a == UNSURE)
            return 0;
        if (a == NO)
            break;
        *digits = fewer;
        n = strip_zeros(digits, n - 1);
    }
    return n;
}

static char *put_zeros(char *out, int count) {
    for (; count > 0; count--)
        *out++ = '0';
    return out;
}

/* text: n digits. Before the point are `before` of them, zeros added on either side. */
static char *put_plain(char *out, const char *text, int n, int before) {
    if (before <= 0) {
        *out++ = '0';
        *out++ = '.';
        out = put_zeros(out, -before);
        before = 0;
    }
    for (int i = 0; i < n; i++) {
        if (i == before && i > 0)
            *out++ = '.';
        *out++ = text[i];
    }
    return put_zeros(out, before - n);
}

static char *put_exponent(char *out, const char *text, int n, int power) {
    out = put_plain(out, text, n, 1);
    *out++ = 'e';
    *out++ = power < 0 ? '-' : '+';
    int size = power < 0 ? -power : power;
    *out++ = (char)('0' + size / 10);
    *out++ = (char)('0' + size % 10);
    return out;
}

bool fmi_shortest_float(char out[24], float value) {
    uint32_t bits, digits = 0;
    memcpy(&bits, &value, sizeof bits);
    uint32_t size = bits & UINT32_C(0x7FFFFFFF);
    if (size >= UINT32_C(0x7F7FFFFF)) /* the largest one has no upper neighbour */
        return false;
    int n = 1, power = 0;
    if (size != 0) {
        question q = ask(size);
        n = find_digits(&q, &digits);
        if (n == 0)
            return false;
        power = q.power;
    }
    char text[16];
    int length = 0;
    for (uint32_t rest = digits; rest > 0 || length == 0; rest /= 10)
        length++;
    if (length > n) /* rounded up to the next power of ten */
        return false;
    for (int i = length - 1; i >= 0; i--, digits /= 10)
        text[i] = (char)('0' + digits % 10);
    if (bits != size)
        *out++ = '-';
    bool plain = power >= -4 && power < (n > 6 ? n : 6);
    out = plain ? put_plain(out, text, n, power + 1) : put_exponent(out, text, n, power);
    *out = '\0';
    return true;
}
