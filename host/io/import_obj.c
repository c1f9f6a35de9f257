/* SPDX-License-Identifier: MIT */
#include "import_obj.h"

#include "decimal.h"

#include "error.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SHOWN 40 /* characters of what is wrong */

enum { VERTEX, TEXTURE, NORMAL, KINDS };

typedef struct reader {
    const char *path, *at, *end;
    uint64_t line, faces, parts;
    uint64_t seen[KINDS], total[KINDS];
    fm_error *err;
} reader;

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* A line goes on behind a backslash. */
static void skip_blanks(reader *r) {
    for (;; r->at++) {
        if (*r->at == '\\' && (r->at[1] == '\n' || (r->at[1] == '\r' && r->at[2] == '\n'))) {
            r->at += r->at[1] == '\r' ? 2 : 1;
            r->line++;
        } else if (!is_blank(*r->at)) {
            return;
        }
    }
}

static bool ends_line(const reader *r) {
    return r->at >= r->end || *r->at == '\n' || *r->at == '#' || *r->at == '\0';
}

static void skip_line(reader *r) {
    while (r->at < r->end && *r->at != '\n') {
        const char *from = r->at, *next = memchr(from, '\n', (size_t)(r->end - from));
        r->at = next ? next : r->end;
        bool goes_on =
            next && (next[-1] == '\\' || (next - from > 1 && next[-1] == '\r' && next[-2] == '\\'));
        if (goes_on) {
            r->at++;
            r->line++;
        }
    }
    r->at += r->at < r->end;
    r->line++;
}

/* ---- numbers ---- */

/* Steps over a finite decimal number; false when there is none. */
static bool take_number(reader *r) {
    const char *at = fmi_decimal_end(r->at);
    if (!at || (!is_blank(*at) && *at != '\n' && *at != '\0' && *at != '\\'))
        return false;
    r->at = at;
    return true;
}

static int shown(const reader *r) {
    size_t n = strcspn(r->at, " \t\r\n#");
    return n < SHOWN ? (int)n : SHOWN;
}

static fm_status fail_number(const reader *r, const char *what, uint64_t number) {
    const char *comma = memchr(r->at, ',', strcspn(r->at, " \t\r\n"));
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                    "%s: line %" PRIu64 ": %s %" PRIu64 ": '%.*s' is %s", r->path, r->line, what,
                    number, shown(r), r->at,
                    comma          ? "written with a decimal comma; export it with points"
                    : ends_line(r) ? "one coordinate too few; export it again"
                                   : "no finite number; export it again");
}

static fm_status check_coordinates(reader *r, int kind) {
    static const char *const what[] = {"vertex", "texture coordinate", "normal"};
    static const int least[] = {3, 1, 3};
    int count = 0;
    for (skip_blanks(r); !ends_line(r); skip_blanks(r), count++)
        if (!take_number(r))
            return fail_number(r, what[kind], r->seen[kind] + 1);
    if (count < least[kind])
        return fail_number(r, what[kind], r->seen[kind] + 1);
    r->seen[kind]++;
    return FM_OK;
}

/* ---- faces ---- */

static fm_status fail_index(const reader *r, const char *token, int kind) {
    static const char *const what[] = {"vertices", "texture coordinates", "normals"};
    size_t n = strcspn(token, " \t\r\n");
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                    "%s: line %" PRIu64 ": face %" PRIu64 ": '%.*s' names none of the %" PRIu64
                    " %s; export it again",
                    r->path, r->line, r->faces + 1, (int)(n < SHOWN ? n : SHOWN), token,
                    r->total[kind], what[kind]);
}

/* One index; from the end when it is negative. */
static bool take_index(reader *r, int kind) {
    bool minus = *r->at == '-';
    uint64_t value = 0;
    r->at += minus;
    const char *first = r->at;
    for (; is_digit(*r->at); r->at++)
        value = value > UINT32_MAX ? value : value * 10 + (uint64_t)(*r->at - '0');
    return r->at > first && value > 0 && value <= (minus ? r->seen[kind] : r->total[kind]);
}

static fm_status check_corner(reader *r) {
    const char *token = r->at;
    for (int kind = VERTEX; kind < KINDS; kind++) {
        bool empty = kind == TEXTURE && *r->at == '/';
        bool none = kind != VERTEX && (ends_line(r) || is_blank(*r->at) || *r->at == '\\');
        if (!empty && !none && !take_index(r, kind))
            return fail_index(r, token, kind);
        if (*r->at != '/')
            break;
        r->at++;
    }
    bool ended = ends_line(r) || is_blank(*r->at) || *r->at == '\\';
    return ended ? FM_OK : fail_index(r, token, VERTEX);
}

static fm_status check_face(reader *r) {
    fm_status status = FM_OK;
    uint32_t corners = 0;
    for (skip_blanks(r); !ends_line(r) && status == FM_OK; skip_blanks(r)) {
        if (corners++ == FMI_OBJ_MAX_CORNERS)
            return fmi_fail(r->err, FM_ERROR_LIMIT,
                            "%s: line %" PRIu64 ": face %" PRIu64
                            " has more than %d corners; cut it",
                            r->path, r->line, r->faces + 1, FMI_OBJ_MAX_CORNERS);
        status = check_corner(r);
    }
    r->faces++;
    return status;
}

/* ---- lines ---- */

/* VERTEX, TEXTURE or NORMAL for a line of coordinates, with r->at behind its word; KINDS for
 * others. */
static int kind_of(reader *r) {
    static const char words[KINDS][4] = {"v", "vt", "vn"};
    size_t n = 0;
    skip_blanks(r);
    while (r->at + n < r->end && n < 3 && r->at[n] >= 'a' && r->at[n] <= 'z')
        n++;
    for (int kind = 0; kind < KINDS; kind++)
        if (strlen(words[kind]) == n && memcmp(r->at, words[kind], n) == 0 && is_blank(r->at[n])) {
            r->at += n;
            return kind;
        }
    return KINDS;
}

static void count_lines(reader *r) {
    while (r->at < r->end) {
        int kind = kind_of(r);
        if (kind < KINDS)
            r->total[kind]++;
        skip_line(r);
    }
}

static bool starts_part(const reader *r) {
    return ((r->at[0] == 'g' || r->at[0] == 'o') && is_blank(r->at[1])) ||
           strncmp(r->at, "usemtl", 6) == 0;
}

static fm_status check_line(reader *r) {
    int kind = kind_of(r);
    if (kind < KINDS)
        return check_coordinates(r, kind);
    if (r->at[0] == 'f' && is_blank(r->at[1])) {
        r->at++;
        return check_face(r);
    }
    r->parts += starts_part(r);
    if (r->parts > FMI_OBJ_MAX_PARTS)
        return fmi_fail(r->err, FM_ERROR_LIMIT,
                        "%s: line %" PRIu64 ": more than %d groups and materials; join them",
                        r->path, r->line, FMI_OBJ_MAX_PARTS);
    return FM_OK;
}

fm_status fmi_obj_check(const char *path, const char *text, size_t bytes, fm_error *err) {
    reader r = {.path = path, .at = text, .end = text + bytes, .line = 1, .err = err};
    if (bytes > 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        text = r.at += 3; /* a byte order mark */
    count_lines(&r);
    r.at = text;
    r.line = 1;
    fm_status status = FM_OK;
    while (r.at < r.end && status == FM_OK) {
        status = check_line(&r);
        if (status == FM_OK)
            skip_line(&r);
    }
    return status;
}
