/* SPDX-License-Identifier: MIT */
/* Float text of the mesh writers. */
#include "mesh_bytes.h"

#include <math.h>

/** digits x 10^exponent as a double; exact powers up to 10^22 keep it within 2 roundings. */
static double scaled(double digits, int exponent) {
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    for (; exponent > 22; exponent -= 22)
        digits *= power[22];
    for (; exponent < -22; exponent += 22)
        digits /= power[22];
    return exponent >= 0 ? digits * power[exponent] : digits / power[-exponent];
}

/** Decimal exponent of the leading digit of x > 0. */
static int leading_exponent(double x) {
    int e = (int)floor(log10(x));
    if (scaled(1.0, e) > x)
        e--;
    else if (scaled(1.0, e + 1) <= x)
        e++;
    return e;
}

/** x > 0 in n significant digits; true when they read back as x. *exponent is that of the last. */
static bool in_digits(float x, int lead, int n, uint64_t *digits, int *exponent) {
    double rounded = nearbyint(scaled((double)x, n - 1 - lead));
    if (n < 9 && (float)scaled(rounded, lead - n + 1) != x)
        return false;
    *digits = (uint64_t)rounded;
    *exponent = lead - n + 1;
    return true;
}

/** Fewest significant digits (1 to 9) that give x back; *exponent is that of the last digit. Where
 *  n digits do, n + 1 do, too; most floats need 8 or 9. */
static uint64_t shortest_digits(float x, int *exponent) {
    int lead = leading_exponent((double)x), n = 8;
    uint64_t digits = 0;
    if (!in_digits(x, lead, n, &digits, exponent))
        in_digits(x, lead, ++n, &digits, exponent);
    while (n > 1 && n < 9 && in_digits(x, lead, n - 1, &digits, exponent))
        for (n--; n > 1 && digits % 10 == 0; n--) {
            digits /= 10;
            ++*exponent;
        }
    return digits;
}

static size_t put_uint(char *out, uint64_t value) {
    char reversed[24];
    size_t n = 0;
    do {
        reversed[n++] = (char)('0' + value % 10);
    } while (value /= 10);
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

/** digits x 10^exponent with exponent in [-12, 0): a plain decimal fraction. */
static size_t put_fraction(char *out, uint64_t digits, int exponent) {
    uint64_t unit = 1;
    for (int i = 0; i < -exponent; i++)
        unit *= 10;
    size_t n = put_uint(out, digits / unit);
    out[n++] = '.';
    for (uint64_t rest = digits % unit; unit > 1; rest %= unit) {
        unit /= 10;
        out[n++] = (char)('0' + rest / unit);
    }
    return n;
}

size_t fmi_float_text(char out[FMI_FLOAT_BYTES], float x) {
    size_t n = 0;
    if (signbit(x)) {
        out[n++] = '-';
        x = -x;
    }
    int exponent = 0;
    uint64_t digits = x > 0.0F ? shortest_digits(x, &exponent) : 0;
    while (digits && digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    if (exponent < 0 && exponent >= -12) {
        n += put_fraction(out + n, digits, exponent);
    } else {
        n += put_uint(out + n, digits);
        if (exponent) {
            out[n++] = 'e';
            if (exponent < 0)
                out[n++] = '-';
            n += put_uint(out + n, (uint64_t)(exponent < 0 ? -exponent : exponent));
        }
    }
    out[n] = 0;
    return n;
}

char *fmi_mesh_note_text(char out[FMI_MESH_NAME_BYTES], const fmi_mesh_note *note) {
    if (note->value != NULL)
        return fmi_mesh_name(out, FMI_MESH_NAME_BYTES, note->value, "");
    fmi_float_text(out, note->number);
    return out;
}
