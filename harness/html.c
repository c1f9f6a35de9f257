/* SPDX-License-Identifier: MIT */
#include "html.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(fmi_html *html, size_t more) {
    if (html->failed)
        return false;
    if (html->size + more + 1 <= html->capacity)
        return true;
    size_t wanted = html->capacity ? 2 * html->capacity : 65536;
    while (wanted < html->size + more + 1)
        wanted *= 2;
    char *grown = realloc(html->text, wanted);
    html->failed = grown == NULL;
    if (!grown)
        return false;
    html->text = grown;
    html->capacity = wanted;
    return true;
}

void fmi_html_bytes(fmi_html *html, const void *bytes, size_t count) {
    if (!make_room(html, count))
        return;
    memcpy(html->text + html->size, bytes, count);
    html->size += count;
    html->text[html->size] = '\0';
}

void fmi_html_raw(fmi_html *html, const char *text) {
    fmi_html_bytes(html, text, strlen(text));
}

void fmi_html_format(fmi_html *html, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fmi_html_raw(html, text);
}

const char *fmi_html_entity(char letter) {
    switch (letter) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (unsigned char)letter < 0x20 || letter == 0x7f ? " " : NULL;
    }
}

void fmi_html_text(fmi_html *html, const char *text) {
    for (const char *at = text ? text : ""; *at; ++at) {
        const char *instead = fmi_html_entity(*at);
        if (instead)
            fmi_html_raw(html, instead);
        else
            fmi_html_bytes(html, at, 1);
    }
}

void fmi_html_textf(fmi_html *html, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fmi_html_text(html, text);
}

/* "<" occurs in JSON only inside strings, where it may be written as an escape. */
void fmi_html_json(fmi_html *html, const char *json) {
    while (*json) {
        const size_t plain = strcspn(json, "<");
        fmi_html_bytes(html, json, plain);
        json += plain;
        if (*json == '<') {
            fmi_html_raw(html, "\\u003c");
            ++json;
        }
    }
}

void fmi_html_free(fmi_html *html) {
    free(html->text);
    *html = (fmi_html){0};
}

char *fmi_html_si(char out[24], double value) {
    static const char *const prefix[] = {" n", " u", " m", "", " k", " M", " G", " T", " P"};
    int step = 3;
    double v = fabs(value);
    if (!isfinite(value)) {
        (void)strcpy(out, "-");
        return out;
    }
    for (; v >= 999.5 && step < 8; ++step)
        v /= 1000.0;
    for (; v < 0.9995 && v > 0.0 && step > 0; --step)
        v *= 1000.0;
    (void)snprintf(out, 24, "%s%.*f%s", value < 0.0 ? "-" : "",
                   v < 9.995   ? 2
                   : v < 99.95 ? 1
                               : 0,
                   v, prefix[step]);
    char *dot = strchr(out, '.');
    if (!dot)
        return out;
    char *end = dot + strspn(dot + 1, "0123456789"); /* last digit */
    char *keep = end;
    while (keep > dot && *keep == '0')
        --keep;
    if (keep == dot)
        --keep;
    memmove(keep + 1, end + 1, strlen(end + 1) + 1);
    return out;
}
