/* SPDX-License-Identifier: MIT */
#include "axis.h"

#include "error.h"

#include <string.h>

bool fmi_axis_add(fmi_axis *axis, uint64_t a, uint64_t b) {
    for (uint32_t i = 0; i < axis->count; ++i)
        if (axis->value[i].a == a && axis->value[i].b == b)
            return true;
    if (axis->count == FMI_AXIS_MAX)
        return false;
    axis->value[axis->count++] = (fmi_axis_value){.a = a, .b = b};
    return true;
}

#define LARGEST (UINT64_C(1) << 62)

/* Reads digits and, for bytes, a unit at *text; false when there are none or they are too many. */
static bool take_number(const char **text, bool bytes, uint64_t *number) {
    static const char units[] = "KMG";
    uint64_t value = 0;
    const char *at = *text;
    for (; *at >= '0' && *at <= '9'; ++at) {
        value = value * 10 + (uint64_t)(*at - '0');
        if (value > LARGEST)
            return false;
    }
    if (at == *text)
        return false;
    const char *unit = bytes && *at ? strchr(units, *at) : NULL;
    if (unit) {
        const unsigned shift = 10U * (unsigned)(unit - units + 1);
        if (value > LARGEST >> shift)
            return false;
        value <<= shift;
        ++at;
    }
    *text = at;
    *number = value;
    return true;
}

static fm_status bad(const char *text, const fmi_axis_rule *rule, const char *why, fm_error *err) {
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                    "%s \"%s\": %s; allowed are %s%s from %llu to %llu, as a,b,c, first-last, "
                    "first-last+step or first-last*factor",
                    rule->option, text, why, rule->takes_auto ? "auto and " : "",
                    rule->sizes   ? "sizes N or WxH"
                    : rule->bytes ? "bytes, with K, M or G,"
                                  : "numbers",
                    (unsigned long long)rule->min, (unsigned long long)rule->max);
}

/* One element of the list, cut out of the text. */
typedef struct element {
    uint64_t first, last, step;
    char by; /* '\0' single, 'x' a size, '+' or '*' a range */
} element;

static bool read_element(const char *at, bool bytes, element *e) {
    if (!take_number(&at, bytes, &e->first))
        return false;
    e->last = e->first;
    e->step = 1;
    e->by = '\0';
    if (*at == '\0')
        return true;
    const char mark = *at++;
    if ((mark != '-' && mark != 'x') || !take_number(&at, bytes, &e->last))
        return false;
    e->by = mark == 'x' ? 'x' : '+';
    if (mark == '-' && (*at == '+' || *at == '*')) {
        e->by = *at++;
        if (!take_number(&at, bytes && e->by == '+', &e->step))
            return false;
    }
    return *at == '\0';
}

static fm_status add_range(fmi_axis *axis, const element *e, const char *text,
                           const fmi_axis_rule *rule, fm_error *err) {
    if (e->last < e->first)
        return bad(text, rule, "the range runs backwards", err);
    if (e->step < (e->by == '*' ? 2 : 1))
        return bad(text, rule, "the range never ends", err);
    if (e->step > e->last) /* then the first value is the only one */
        return fmi_axis_add(axis, e->first, rule->sizes ? e->first : 0)
                   ? FM_OK
                   : bad(text, rule, "more than 256 values", err);
    for (uint64_t v = e->first; v <= e->last; v = e->by == '*' ? v * e->step : v + e->step)
        if (!fmi_axis_add(axis, v, rule->sizes ? v : 0))
            return bad(text, rule, "more than 256 values", err);
    return FM_OK;
}

static fm_status add_element(fmi_axis *axis, const char *word, const char *text,
                             const fmi_axis_rule *rule, fm_error *err) {
    if (rule->takes_auto && strcmp(word, "auto") == 0) {
        axis->automatic = true;
        return FM_OK;
    }
    element e;
    if (!read_element(word, rule->bytes, &e) || (e.by == 'x' && !rule->sizes))
        return bad(text, rule, "not understood", err);
    const uint64_t low = e.first < e.last ? e.first : e.last;
    const uint64_t high = e.first < e.last ? e.last : e.first;
    if (low < rule->min || high > rule->max)
        return bad(text, rule, "out of range", err);
    if (e.by == '+' || e.by == '*')
        return add_range(axis, &e, text, rule, err);
    if (!fmi_axis_add(axis, e.first, rule->sizes ? e.last : 0))
        return bad(text, rule, "more than 256 values", err);
    return FM_OK;
}

fm_status fmi_axis_parse(fmi_axis *axis, const char *text, const fmi_axis_rule *rule,
                         fm_error *err) {
    memset(axis, 0, sizeof *axis);
    for (const char *at = text;; ++at) {
        char word[48];
        const size_t length = strcspn(at, ",");
        if (length == 0 || length >= sizeof word)
            return bad(text, rule, "an element is empty or too long", err);
        memcpy(word, at, length);
        word[length] = '\0';
        const fm_status status = add_element(axis, word, text, rule, err);
        if (status != FM_OK)
            return status;
        at += length;
        if (*at == '\0')
            return FM_OK;
    }
}
