/* SPDX-License-Identifier: MIT */
#include "import_ply.h"

#include "decimal.h"
#include "ply_head.h"

#include "error.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SHOWN 40 /* characters of what is wrong */

typedef struct reader {
    const fmi_ply_head *head;
    const fmi_ply_element *element; /* the kind that is read, and which one of them, from 0 */
    uint64_t number;
    const char *path;
    const unsigned char *data, *at, *end;
    uint64_t line;
    fm_error *err;
} reader;

/* The values of a type. */
static int64_t least_of(fmi_ply_type type) {
    static const int64_t least[] = {0, INT8_MIN, 0, INT16_MIN, 0, INT32_MIN, 0, 0, 0};
    return least[type];
}

static int64_t most_of(fmi_ply_type type) {
    static const int64_t most[] = {0,         INT8_MAX,   UINT8_MAX, INT16_MAX, UINT16_MAX,
                                   INT32_MAX, UINT32_MAX, INT64_MAX, INT64_MAX};
    return most[type];
}

/* A strip of triangles may begin anew at -1. */
static bool is_index(const reader *r, int64_t value) {
    return (value >= 0 && (uint64_t)value < r->head->vertices) ||
           (value == -1 && strcmp(r->element->name, "tristrips") == 0);
}

/* ---- text ---- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static const char *text_at(const reader *r) {
    return (const char *)r->at;
}

static fm_status fail_text(const reader *r, const char *what) {
    size_t n = strcspn(text_at(r), " \t\r\v\f\n");
    if (n == 0)
        return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                        "%s: line %" PRIu64 ": %s %" PRIu64 ": a number too few; export it again",
                        r->path, r->line, r->element->name, r->number + 1);
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                    "%s: line %" PRIu64 ": %s %" PRIu64 ": '%.*s' %s; export it again", r->path,
                    r->line, r->element->name, r->number + 1, (int)(n < SHOWN ? n : SHOWN),
                    text_at(r), memchr(r->at, ',', n) ? "is written with a decimal comma" : what);
}

/* At the next word; false when the line has none. */
static bool next_word(reader *r) {
    while (is_blank(*text_at(r)))
        r->at++;
    return r->at < r->end && *r->at != '\n';
}

static bool ends_word(const char *at) {
    return is_blank(*at) || *at == '\n' || *at == '\0';
}

static fm_status take_whole(reader *r, int64_t *value) {
    if (!next_word(r))
        return fail_text(r, NULL);
    const char *at = text_at(r);
    bool minus = *at == '-';
    const char *first = at += minus || *at == '+';
    *value = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        *value = *value > UINT32_MAX ? *value : *value * 10 + (*at - '0');
    if (at == first || !ends_word(at))
        return fail_text(r, "is no whole number");
    *value = minus ? -*value : *value;
    return FM_OK;
}

/* Measures may be missing, which is written nan; places may not. */
static fm_status take_number(reader *r, bool place) {
    static const char *const words[] = {"nan", "-nan", "inf", "-inf"};
    if (!next_word(r))
        return fail_text(r, NULL);
    const char *end = fmi_decimal_end(text_at(r));
    for (size_t i = 0; !end && !place && i < sizeof words / sizeof words[0]; i++)
        if (strncmp(text_at(r), words[i], strlen(words[i])) == 0)
            end = text_at(r) + strlen(words[i]);
    if (!end || !ends_word(end))
        return fail_text(r, "is no finite number");
    r->at = (const unsigned char *)end;
    return FM_OK;
}

static void skip_word(reader *r) {
    r->at += strcspn(text_at(r), " \t\r\v\f\n");
}

static fm_status take_index(reader *r) {
    int64_t value;
    fm_status status = take_whole(r, &value);
    if (status == FM_OK && !is_index(r, value))
        status = fail_text(r, "names no vertex");
    if (status == FM_OK)
        skip_word(r);
    return status;
}

static fm_status check_text_list(reader *r, const fmi_ply_property *p) {
    int64_t count;
    fm_status status = take_whole(r, &count);
    if (status != FM_OK)
        return status;
    if (count < 0 || count > most_of(p->count))
        return fail_text(r, "is no count of that type");
    skip_word(r);
    for (; count > 0 && status == FM_OK; count--)
        status = p->indices ? take_index(r) : take_number(r, false);
    return status;
}

static void next_line(reader *r) {
    const unsigned char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
    r->at = newline ? newline + 1 : r->end;
    r->line++;
}

/* Over empty lines, and comments, which some writers leave among the values. */
static void skip_empty(reader *r) {
    while (r->at < r->end && (!next_word(r) || strncmp(text_at(r), "comment ", 8) == 0) &&
           r->at < r->end)
        next_line(r);
}

static fm_status fail_early(const reader *r) {
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                    "%s: the file ends early, in %s %" PRIu64 " of %" PRIu64
                    "; export or copy it again",
                    r->path, r->element->name, r->number + 1, r->element->count);
}

static fm_status check_text(reader *r) {
    const fmi_ply_element *e = r->element;
    fm_status status = FM_OK;
    skip_empty(r);
    if (r->at >= r->end)
        return fail_early(r);
    for (uint32_t i = 0; i < e->properties && status == FM_OK; i++) {
        const fmi_ply_property *p = &r->head->properties[e->first + i];
        status = p->count ? check_text_list(r, p) : take_number(r, p->place);
    }
    if (status == FM_OK && next_word(r))
        status = fail_text(r, "is more than the header names");
    if (status == FM_OK)
        next_line(r);
    return status;
}

/* ---- binary ---- */

static int64_t whole_at(const reader *r, fmi_ply_type type) {
    size_t bytes = fmi_ply_bytes(type);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)r->at[i] << 8 * (r->head->format == FMI_PLY_LITTLE ? i : bytes - 1 - i);
    if (least_of(type) < 0 && value > (uint64_t)most_of(type))
        return (int64_t)value - 2 * (most_of(type) + 1);
    return (int64_t)value;
}

static fm_status fail_binary(const reader *r, const char *what, int64_t value) {
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                    "%s: byte %zu: %s %" PRIu64 ": %s %" PRId64 "; export it again", r->path,
                    (size_t)(r->at - r->data), r->element->name, r->number + 1, what, value);
}

static bool has(const reader *r, uint64_t bytes) {
    return bytes <= (uint64_t)(r->end - r->at);
}

static fm_status check_binary_list(reader *r, const fmi_ply_property *p) {
    size_t bytes = fmi_ply_bytes(p->type);
    if (!has(r, fmi_ply_bytes(p->count)))
        return fail_early(r);
    int64_t count = whole_at(r, p->count);
    if (count < 0)
        return fail_binary(r, "a list of the length", count);
    r->at += fmi_ply_bytes(p->count);
    if (!has(r, (uint64_t)count * bytes))
        return fail_early(r);
    for (int64_t i = 0; p->indices && i < count; i++, r->at += bytes)
        if (!is_index(r, whole_at(r, p->type)))
            return fail_binary(r, "no vertex has the number", whole_at(r, p->type));
    r->at += p->indices ? 0 : (size_t)count * bytes;
    return FM_OK;
}

static fm_status check_binary(reader *r) {
    const fmi_ply_element *e = r->element;
    fm_status status = FM_OK;
    for (uint32_t i = 0; i < e->properties && status == FM_OK; i++) {
        const fmi_ply_property *p = &r->head->properties[e->first + i];
        if (p->count)
            status = check_binary_list(r, p);
        else if (has(r, fmi_ply_bytes(p->type)))
            r->at += fmi_ply_bytes(p->type);
        else
            status = fail_early(r);
    }
    return status;
}

/* ---- all ---- */

/* White space and zero bytes may follow. */
static fm_status check_rest(reader *r) {
    while (r->at < r->end && (*r->at == '\0' || *r->at == '\n' || is_blank(*text_at(r))))
        r->at++;
    if (r->at == r->end)
        return FM_OK;
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                    "%s: byte %zu: more than the header names; export it again", r->path,
                    (size_t)(r->at - r->data));
}

static fm_status check_elements(reader *r) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; i < r->head->element_count; i++) {
        r->element = &r->head->elements[i];
        for (r->number = 0; r->number < r->element->count && status == FM_OK; r->number++)
            status = r->head->format == FMI_PLY_TEXT ? check_text(r) : check_binary(r);
        if (status != FM_OK)
            return status;
    }
    return check_rest(r);
}

fm_status fmi_ply_check(const char *path, const unsigned char *data, size_t bytes, fm_error *err) {
    fmi_ply_head head;
    fm_status status = fmi_ply_head_read(&head, path, data, bytes, err);
    if (status != FM_OK)
        return status;
    reader r = {.head = &head,
                .path = path,
                .data = data,
                .at = data + head.bytes,
                .end = data + bytes,
                .line = head.lines + 1,
                .err = err};
    const unsigned char *zero =
        head.format == FMI_PLY_TEXT ? memchr(r.at, 0, (size_t)(r.end - r.at)) : NULL;
    if (zero)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: byte %zu: a zero byte among the text; export it again", path,
                        (size_t)(zero - data));
    return check_elements(&r);
}
