/* SPDX-License-Identifier: MIT */
#include "values.h"

#include "error.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 60

/* Digits only: strtoull alone would take blanks, signs and hexadecimal. */
static bool read_digits(const char *text, size_t length, uint64_t *value) {
    uint64_t sum = 0;
    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

fm_status fmi_value_uint(const char *label, const char *text, uint64_t min, uint64_t max,
                         uint64_t *value, fm_error *err) {
    uint64_t number = 0;
    if (!read_digits(text, strlen(text), &number) || number < min || number > max)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: '%.*s' does not fit; allowed: whole numbers from %" PRIu64
                        " to %" PRIu64,
                        label, SHOWN, text, min, max);
    *value = number;
    return FM_OK;
}

fm_status fmi_value_bytes(const char *label, const char *text, uint64_t *value, fm_error *err) {
    static const char units[] = "KMG";
    size_t length = strlen(text);
    uint64_t scale = 1;
    uint64_t number = 0;
    const char *unit = length > 0 ? strchr(units, text[length - 1]) : NULL;
    if (unit != NULL && *unit != '\0') {
        scale = UINT64_C(1) << (10 * (unit - units + 1));
        length--;
    }
    if (!read_digits(text, length, &number) || number == 0 || number > UINT64_MAX / scale)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: '%.*s' is not a size; allowed: bytes, or a number with K, M or G",
                        label, SHOWN, text);
    *value = number * scale;
    return FM_OK;
}

fm_status fmi_value_size(const char *label, const char *text, uint32_t *width, uint32_t *height,
                         fm_error *err) {
    uint64_t w = 0;
    uint64_t h = 0;
    const char *x = strchr(text, 'x');
    bool ok = read_digits(text, x != NULL ? (size_t)(x - text) : strlen(text), &w);
    h = w;
    if (ok && x != NULL)
        ok = read_digits(x + 1, strlen(x + 1), &h);
    if (!ok || w < 1 || h < 1 || w > FM_MAX_SIZE || h > FM_MAX_SIZE)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: '%.*s' is not a picture size; allowed: WxH or N, each 1 to %d", label,
                        SHOWN, text, FM_MAX_SIZE);
    *width = (uint32_t)w;
    *height = (uint32_t)h;
    return FM_OK;
}

static fm_status fail_choice(const char *label, const char *text, const char *const *words,
                             size_t count, fm_error *err) {
    char list[256];
    size_t used = 0;
    list[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (words[i][0] == '-')
            continue;
        int n = snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? " " : "", words[i]);
        if (n < 0 || (size_t)n >= sizeof list - used)
            break;
        used += (size_t)n;
    }
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: unknown value '%.*s'; allowed: %s", label,
                    SHOWN, text, list);
}

fm_status fmi_value_choice(const char *label, const char *text, const char *const *words,
                           size_t count, size_t *index, fm_error *err) {
    for (size_t i = 0; i < count; i++) {
        if (words[i][0] == '-' && strcmp(text, words[i] + 1) == 0)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "%s: %s is not available in this version; leave it out", label, text);
        if (strcmp(text, words[i]) == 0) {
            *index = i;
            return FM_OK;
        }
    }
    return fail_choice(label, text, words, count, err);
}

fm_status fmi_value_switch(const char *label, const char *text, bool *on, fm_error *err) {
    static const char *const words[] = {"on", "off"};
    size_t index = 0;
    fm_status status = fmi_value_choice(label, text, words, 2, &index, err);
    if (status == FM_OK)
        *on = index == 0;
    return status;
}

bool fmi_value_decimal(const char *text, size_t length, double *value) {
    char copy[32];
    char *end = NULL;
    if (length == 0 || length >= sizeof copy || strspn(text, "+-.0123456789eE") < length)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    *value = strtod(copy, &end);
    return *end == '\0' && isfinite(*value);
}

typedef struct camera_key {
    const char *name;
    double min, max;
    float *target;
} camera_key;

static fm_status camera_item(const char *label, const char *item, size_t length, camera_key *keys,
                             bool *seen, fm_error *err) {
    for (size_t k = 0; k < 4; k++) {
        size_t n = strlen(keys[k].name);
        if (length <= n || memcmp(item, keys[k].name, n) != 0 || item[n] != '=')
            continue;
        double value = 0.0;
        if (seen[k])
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: %s is given twice; give it once",
                            label, keys[k].name);
        if (!fmi_value_decimal(item + n + 1, length - n - 1, &value) || value < keys[k].min ||
            value > keys[k].max)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "%s: '%.*s' does not fit; allowed: %s from %g to %g", label,
                            (int)(length < SHOWN ? length : SHOWN), item, keys[k].name, keys[k].min,
                            keys[k].max);
        seen[k] = true;
        *keys[k].target = (float)value;
        return FM_OK;
    }
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                    "%s: unknown part '%.*s'; allowed: yaw=,pitch=,distance=,fov=", label,
                    (int)(length < SHOWN ? length : SHOWN), item);
}

fm_status fmi_value_camera(const char *label, const char *text, fm_view *view, fm_error *err) {
    /* Zero means default in fm_view, so distance and fov start above it. */
    camera_key keys[4] = {{"yaw", -360.0, 360.0, &view->yaw_degrees},
                          {"pitch", -90.0, 90.0, &view->pitch_degrees},
                          {"distance", 0.001, 1000.0, &view->distance},
                          {"fov", 1.0, 170.0, &view->fov_degrees}};
    bool seen[4] = {false, false, false, false};
    for (;;) {
        size_t length = strcspn(text, ",");
        fm_status status = camera_item(label, text, length, keys, seen, err);
        if (status != FM_OK)
            return status;
        if (text[length] == '\0')
            return FM_OK;
        text += length + 1;
    }
}

static const struct {
    const char *name;
    uint8_t rgb[3];
} colors[] = {
    {"white", {255, 255, 255}}, {"silver", {192, 192, 192}}, {"gray", {128, 128, 128}},
    {"grey", {128, 128, 128}},  {"black", {0, 0, 0}},        {"red", {255, 0, 0}},
    {"maroon", {128, 0, 0}},    {"yellow", {255, 255, 0}},   {"olive", {128, 128, 0}},
    {"lime", {0, 255, 0}},      {"green", {0, 128, 0}},      {"aqua", {0, 255, 255}},
    {"teal", {0, 128, 128}},    {"blue", {0, 0, 255}},       {"navy", {0, 0, 128}},
    {"fuchsia", {255, 0, 255}}, {"purple", {128, 0, 128}},
};

static bool read_hex_color(const char *text, uint8_t rgb[3]) {
    if (text[0] != '#' || strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
        return false;
    unsigned long value = strtoul(text + 1, NULL, 16);
    rgb[0] = (uint8_t)(value >> 16);
    rgb[1] = (uint8_t)(value >> 8 & 255);
    rgb[2] = (uint8_t)(value & 255);
    return true;
}

fm_status fmi_value_background(const char *label, const char *text, fm_view *view,
                               const char **file, fm_error *err) {
    bool is_file = strpbrk(text, "./") != NULL;
    *file = is_file ? text : NULL;
    if (is_file || strcmp(text, "transparent") == 0) {
        view->transparent = true;
        return FM_OK;
    }
    view->background_set = true;
    if (read_hex_color(text, view->background))
        return FM_OK;
    for (size_t i = 0; i < sizeof colors / sizeof colors[0]; i++) {
        if (strcmp(text, colors[i].name) == 0) {
            memcpy(view->background, colors[i].rgb, 3);
            return FM_OK;
        }
    }
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                    "%s: '%.*s' is not a colour; allowed: #rrggbb transparent white silver gray "
                    "black red maroon yellow olive lime green aqua teal blue navy fuchsia purple, "
                    "or a file's name with a dot or a slash",
                    label, SHOWN, text);
}
