/* SPDX-License-Identifier: MIT */
#include "ply_head.h"

#include "error.h"

#include <inttypes.h>
#include <string.h>

#define SHOWN 40 /* characters of what is wrong */
#define WORDS 5  /* of a line that matters */

/* The line that is read, cut into words. */
typedef struct reader {
    fmi_ply_head *head;
    const char *path, *at, *end;
    const char *word[WORDS];
    size_t length[WORDS];
    int words;       /* all of them, but only WORDS are kept */
    uint32_t places; /* bits: x, y, z */
    fm_error *err;
} reader;

static fm_status fail_line(const reader *r, const char *what) {
    int n = r->words > 0 ? (int)(r->length[0] < SHOWN ? r->length[0] : SHOWN) : 0;
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                    "%s: line %" PRIu64 " of the header: '%.*s': %s; "
                    "export it again",
                    r->path, r->head->lines, n, n ? r->word[0] : "", what);
}

static bool is(const reader *r, int i, const char *text) {
    return i < r->words && i < WORDS && strlen(text) == r->length[i] &&
           memcmp(r->word[i], text, r->length[i]) == 0;
}

/* False at the end of the file. */
static bool next_line(reader *r) {
    const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
    if (!newline)
        return false;
    r->words = 0;
    for (const char *at = r->at; at < newline;) {
        size_t blank = strspn(at, " \t\r\v\f"), length = strcspn(at + blank, " \t\r\v\f\n");
        at += blank;
        if (length == 0)
            break; /* the newline, or a zero byte, which no header holds */
        if (r->words < WORDS) {
            r->word[r->words] = at;
            r->length[r->words] = length;
        }
        r->words++;
        at += length;
    }
    r->at = newline + 1;
    r->head->lines++;
    return true;
}

size_t fmi_ply_bytes(fmi_ply_type type) {
    static const uint8_t bytes[] = {0, 1, 1, 2, 2, 4, 4, 4, 8};
    return bytes[type];
}

static fmi_ply_type type_of(const reader *r, int i) {
    static const char *const names[][2] = {
        {"char", "int8"}, {"uchar", "uint8"}, {"short", "int16"},   {"ushort", "uint16"},
        {"int", "int32"}, {"uint", "uint32"}, {"float", "float32"}, {"double", "float64"}};
    for (size_t t = 0; t < sizeof names / sizeof names[0]; t++)
        if (is(r, i, names[t][0]) || is(r, i, names[t][1]))
            return (fmi_ply_type)(t + 1);
    return FMI_PLY_NONE;
}

static fm_status read_format(reader *r) {
    if (r->head->format)
        return fail_line(r, "the format was named before");
    if (!is(r, 2, "1.0"))
        return fail_line(r, "not version 1.0");
    r->head->format = is(r, 1, "ascii")                  ? FMI_PLY_TEXT
                      : is(r, 1, "binary_little_endian") ? FMI_PLY_LITTLE
                      : is(r, 1, "binary_big_endian")    ? FMI_PLY_BIG
                                                         : 0;
    return r->head->format ? FM_OK : fail_line(r, "an unknown format");
}

static bool read_count(const reader *r, int i, uint64_t *count) {
    *count = 0;
    for (size_t k = 0; k < r->length[i]; k++) {
        char c = r->word[i][k];
        if (c < '0' || c > '9' || *count > UINT32_MAX)
            return false;
        *count = *count * 10 + (uint64_t)(c - '0');
    }
    return *count <= UINT32_MAX;
}

static fm_status read_element(reader *r) {
    fmi_ply_head *head = r->head;
    if (head->element_count == FMI_PLY_ELEMENTS)
        return fmi_fail(r->err, FM_ERROR_LIMIT, "%s: more than %d kinds of elements", r->path,
                        FMI_PLY_ELEMENTS);
    fmi_ply_element *e = &head->elements[head->element_count];
    if (r->words != 3 || !read_count(r, 2, &e->count))
        return fail_line(r, "not a name and a number below 2^32");
    size_t length = r->length[1] < sizeof e->name - 1 ? r->length[1] : sizeof e->name - 1;
    memcpy(e->name, r->word[1], length);
    e->first = head->property_count;
    for (uint32_t i = 0; i < head->element_count; i++)
        if (strcmp(head->elements[i].name, e->name) == 0)
            return fail_line(r, "the element was there before");
    head->element_count++;
    if (strcmp(e->name, "vertex") == 0)
        head->vertices = e->count;
    return FM_OK;
}

/* Which of x, y, z; 3 = none of them. */
static int place_of(const reader *r, const fmi_ply_element *e) {
    int place = 0;
    while (place < 3 && !is(r, 2, (const char *[]){"x", "y", "z"}[place]))
        place++;
    return strcmp(e->name, "vertex") == 0 ? place : 3;
}

static fm_status read_property(reader *r) {
    fmi_ply_head *head = r->head;
    bool list = is(r, 1, "list");
    if (head->element_count == 0 || r->words != (list ? 5 : 3))
        return fail_line(r, "not a type and a name behind an element");
    if (head->property_count == FMI_PLY_PROPERTIES)
        return fmi_fail(r->err, FM_ERROR_LIMIT, "%s: more than %d properties", r->path,
                        FMI_PLY_PROPERTIES);
    fmi_ply_element *e = &head->elements[head->element_count - 1];
    fmi_ply_property p = {.count = list ? type_of(r, 2) : FMI_PLY_NONE,
                          .type = type_of(r, list ? 3 : 1),
                          .indices =
                              list && (is(r, 4, "vertex_index") || is(r, 4, "vertex_indices"))};
    if (p.type == FMI_PLY_NONE || (list && p.count == FMI_PLY_NONE))
        return fail_line(r, "an unknown type");
    if (p.count >= FMI_PLY_F32 || (p.indices && p.type >= FMI_PLY_F32))
        return fail_line(r, "counts and indices must be whole numbers");
    int place = list ? 3 : place_of(r, e);
    p.place = place < 3;
    if (p.place && (r->places & 1U << place))
        return fail_line(r, "the property was there before");
    r->places |= p.place ? 1U << place : 0;
    head->properties[head->property_count++] = p;
    e->properties++;
    return FM_OK;
}

static fm_status read_line(reader *r) {
    if (is(r, 0, "format"))
        return read_format(r);
    if (is(r, 0, "element"))
        return read_element(r);
    if (is(r, 0, "property"))
        return read_property(r);
    bool ignored = r->words == 0 || is(r, 0, "comment") || is(r, 0, "obj_info");
    return ignored ? FM_OK : fail_line(r, "no line of a PLY header");
}

/* Elements without properties would be counted for nothing, however many. */
static fm_status check_whole(const reader *r) {
    const fmi_ply_head *head = r->head;
    if (!head->format)
        return fail_line(r, "no format was named");
    if (memchr(r->at - head->bytes, 0, head->bytes))
        return fail_line(r, "a zero byte is in the header");
    for (uint32_t i = 0; i < head->element_count; i++)
        if (head->elements[i].properties == 0 && head->elements[i].count > 0)
            return fail_line(r, "an element has no properties");
    return head->vertices == 0 || r->places == 7 ? FM_OK
                                                 : fail_line(r, "vertices have no x, y and z");
}

fm_status fmi_ply_head_read(fmi_ply_head *head, const char *path, const unsigned char *data,
                            size_t bytes, fm_error *err) {
    const char *text = (const char *)data;
    reader r = {.head = head, .path = path, .at = text, .end = text + bytes, .err = err};
    *head = (fmi_ply_head){0};
    if (!next_line(&r) || r.words != 1 || !is(&r, 0, "ply"))
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: unknown format, the content is not PLY; rename it or export it again",
                        path);
    while (next_line(&r)) {
        if (is(&r, 0, "end_header")) {
            head->bytes = (size_t)(r.at - text);
            return check_whole(&r);
        }
        fm_status status = read_line(&r);
        if (status != FM_OK)
            return status;
    }
    return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: the header has no end; export it again", path);
}
