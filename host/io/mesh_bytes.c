/* SPDX-License-Identifier: MIT */
/* Growing bytes, mesh checks and float text of the mesh writers. */
#include "mesh_bytes.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void fmi_mesh_put(fmi_bytes *out, bool *failed, const void *bytes, size_t count) {
    if (*failed || count == 0)
        return;
    if (count > out->capacity - out->size) {
        size_t want = out->capacity + out->capacity / 2;
        if (want < out->size + count)
            want = out->size + count + 4096;
        unsigned char *grown = realloc(out->data, want);
        if (!grown) {
            *failed = true;
            return;
        }
        out->data = grown;
        out->capacity = want;
    }
    memcpy(out->data + out->size, bytes, count);
    out->size += count;
}

static fm_status check_indices(const uint32_t *index, uint32_t count, uint32_t limit,
                               const char *what, fm_error *err) {
    for (uint32_t i = 0; i < count; i++)
        if (index[i] >= limit)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "cannot write the mesh: corner %u uses %s %u of %u", i, what, index[i],
                            limit);
    return FM_OK;
}

fm_status fmi_mesh_out_check(const fmi_mesh_out *mesh, fm_error *err) {
    if (!mesh->positions || !mesh->polygon_sizes || !mesh->position_index ||
        mesh->polygon_count == 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "cannot write a mesh without polygons");
    if (mesh->uvs && !mesh->uv_index)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "cannot write UVs without UV indices");
    if (mesh->texture && strlen(mesh->texture) >= FMI_MESH_NAME_BYTES)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "texture path of %zu bytes is too long; use one below %d",
                        strlen(mesh->texture), FMI_MESH_NAME_BYTES);
    uint64_t corners = 0;
    for (uint32_t i = 0; i < mesh->polygon_count; i++) {
        if (mesh->polygon_sizes[i] < 3)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "cannot write the mesh: polygon %u has %u corners, needs 3", i,
                            mesh->polygon_sizes[i]);
        corners += mesh->polygon_sizes[i];
    }
    if (corners != mesh->corner_count || corners > INT32_MAX)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "cannot write the mesh: its polygons sum to %llu corners, it has %u",
                        (unsigned long long)corners, mesh->corner_count);
    fm_status status = check_indices(mesh->position_index, mesh->corner_count, mesh->position_count,
                                     "position", err);
    if (status == FM_OK && mesh->uvs)
        status = check_indices(mesh->uv_index, mesh->corner_count, mesh->uv_count, "UV", err);
    return status;
}

char *fmi_mesh_name(char *out, size_t out_bytes, const char *text, const char *fallback) {
    const char *from = text && text[0] ? text : fallback;
    size_t n = 0;
    for (; from[n] && n + 1 < out_bytes; n++)
        out[n] = (unsigned char)from[n] < 0x20 || from[n] == 0x7f ? '_' : from[n];
    out[n] = 0;
    return out;
}

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

/** Fewest significant digits (1 to 9) that give x back; *exponent is that of the last digit. */
static uint64_t shortest_digits(float x, int *exponent) {
    int lead = leading_exponent((double)x);
    for (int n = 1;; n++) {
        *exponent = lead - n + 1;
        double digits = nearbyint(scaled((double)x, -*exponent));
        if ((float)scaled(digits, *exponent) == x || n == 9)
            return (uint64_t)digits;
    }
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
