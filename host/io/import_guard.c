/* SPDX-License-Identifier: MIT */
#include "import_guard.h"

#include "error.h"
#include "file.h"
#include "import_fbx.h"
#include "import_gltf.h"
#include "import_obj.h"
#include "import_ply.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FBX_HEADER_BYTES 27
#define FBX_OLDEST 7100       /* the first version Assimp reads, FBX 2011 */
#define FBX_WIDE_OFFSETS 7500 /* from here on offsets have 64 bits */
#define FBX_TEXT_HEAD 4096    /* text files name their version near the start */

typedef struct input {
    const unsigned char *data;
    size_t bytes;
    const char *path;
    fm_error *err;
} input;

static fm_status fail_format(const input *in, const char *format) {
    return fmi_fail(in->err, FM_ERROR_BAD_INPUT,
                    "%s: unknown format, the content is not %s; rename it or export it again",
                    in->path, format);
}

static fm_status fail_nesting(const input *in) {
    return fmi_fail(in->err, FM_ERROR_BAD_INPUT,
                    "%s: nested more than %d levels deep; export it again", in->path,
                    FMI_NESTING_MAX);
}

static fm_status fail_short(const input *in, uint64_t wanted) {
    return fmi_fail(in->err, FM_ERROR_BAD_INPUT,
                    "%s: the file ends early, at byte %zu of %llu; export or copy it again",
                    in->path, in->bytes, (unsigned long long)wanted);
}

/* Numbers are little-endian in FBX and GLB alike. */
static uint64_t read_number(const unsigned char *at, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

/* ---- text ---- */

/* Which characters matter to the nesting of a text format. */
typedef struct syntax {
    bool square;           /* brackets nest as well as braces */
    bool escapes;          /* a backslash inside quotes hides the next character */
    unsigned char comment; /* starts a comment up to the end of the line; 0 = none */
} syntax;

/* True when the brackets never nest deeper than allowed. */
static bool nesting_is_shallow(const unsigned char *at, size_t bytes, syntax s) {
    const unsigned char *end = at + bytes;
    bool quoted = false;
    int depth = 0;
    for (; at < end; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (quoted)
            at += s.escapes && *at == '\\';
        else if (*at == '{' || (s.square && *at == '['))
            depth++;
        else if (*at == '}' || (s.square && *at == ']'))
            depth--;
        else if (s.comment != 0 && *at == s.comment)
            while (at + 1 < end && at[1] != '\n')
                at++;
        if (depth > FMI_NESTING_MAX)
            return false;
    }
    return true;
}

/* ---- FBX ---- */

static fm_status check_fbx_version(const input *in, uint64_t version) {
    if (version >= FBX_OLDEST)
        return FM_OK;
    return fmi_fail(in->err, FM_ERROR_BAD_INPUT,
                    "%s: unsupported, old format version %llu; export it again as FBX 7.x or OBJ",
                    in->path, (unsigned long long)version);
}

/* Walks the records without recursion. Only what harms Assimp is refused here; other damage is for
 * it to find. */
static fm_status check_fbx_records(const input *in, size_t number) {
    const size_t head = 3 * number + 1;
    uint64_t ends[FMI_NESTING_MAX + 1] = {in->bytes};
    size_t depth = 0;
    uint64_t at = FBX_HEADER_BYTES;
    fmi_fbx_arrays arrays = {.path = in->path, .file_bytes = in->bytes};
    for (;;) {
        while (depth > 0 && at + head > ends[depth])
            at = ends[depth--];
        if (at + head > in->bytes)
            return FM_OK;
        const unsigned char *record = in->data + at;
        uint64_t end = read_number(record, number);
        if (end == 0) { /* the mark behind the last record of a list */
            if (depth == 0)
                return FM_OK;
            at = ends[depth--];
            continue;
        }
        if (end > in->bytes)
            return fail_short(in, end);
        uint64_t properties = read_number(record + 2 * number, number);
        if (end <= at || end > ends[depth] || properties > end)
            return FM_OK;
        uint64_t body = at + head + record[3 * number] + properties;
        if (body > end)
            return FM_OK;
        const fmi_fbx_record_view view = {record + head, record[3 * number],
                                          record + head + record[3 * number], (size_t)properties,
                                          read_number(record + number, number)};
        fm_status status = fmi_fbx_check_record(&arrays, &view, in->err);
        if (status != FM_OK)
            return status;
        bool nested = body < end;
        if (nested && depth == FMI_NESTING_MAX)
            return fail_nesting(in);
        if (nested)
            ends[++depth] = end;
        at = nested ? body : end;
    }
}

static fm_status check_fbx_text(const input *in) {
    char head[FBX_TEXT_HEAD + 1];
    size_t length = in->bytes < FBX_TEXT_HEAD ? in->bytes : FBX_TEXT_HEAD;
    memcpy(head, in->data, length);
    head[length] = '\0';
    if (strstr(head, "FBX") == NULL)
        return fail_format(in, "FBX");
    const char *version = strstr(head, "FBXVersion:");
    fm_status status = FM_OK;
    if (version != NULL)
        status = check_fbx_version(in, strtoull(version + strlen("FBXVersion:"), NULL, 10));
    if (status == FM_OK && !nesting_is_shallow(in->data, in->bytes, (syntax){.comment = ';'}))
        status = fail_nesting(in);
    if (status == FM_OK)
        status = fmi_fbx_check_text(in->path, (const char *)in->data, in->bytes, in->err);
    return status;
}

static fm_status check_fbx(const input *in) {
    static const char magic[] = "Kaydara FBX Binary  ";
    if (in->bytes < sizeof magic || memcmp(in->data, magic, sizeof magic) != 0)
        return check_fbx_text(in);
    if (in->bytes < FBX_HEADER_BYTES)
        return fail_short(in, FBX_HEADER_BYTES);
    uint64_t version = read_number(in->data + 23, 4);
    fm_status status = check_fbx_version(in, version);
    if (status == FM_OK)
        status = check_fbx_records(in, version >= FBX_WIDE_OFFSETS ? 8 : 4);
    return status;
}

/* ---- glTF ---- */

static fm_status check_json(const input *in, const unsigned char *text, size_t bytes) {
    if (!nesting_is_shallow(text, bytes, (syntax){.square = true, .escapes = true}))
        return fail_nesting(in);
    return fmi_gltf_check(in->path, (const char *)text, bytes, (size_t)(text - in->data), in->err);
}

static fm_status check_gltf(const input *in) {
    const unsigned char *at = in->data;
    if (in->bytes >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
        at += 3;
    at += strspn((const char *)at, " \t\r\n");
    return *at == '{' ? check_json(in, in->data, in->bytes) : fail_format(in, "glTF");
}

static fm_status check_glb(const input *in) {
    if (in->bytes < 20 || memcmp(in->data, "glTF", 4) != 0)
        return fail_format(in, "binary glTF");
    uint64_t whole = read_number(in->data + 8, 4);
    uint64_t json = read_number(in->data + 12, 4);
    if (whole > in->bytes)
        return fail_short(in, whole);
    if (whole < 20 || json > whole - 20)
        return fail_short(in, json + 20);
    return check_json(in, in->data + 20, (size_t)json);
}

/* ---- PLY and OBJ ---- */

static fm_status check_ply(const input *in) {
    if (in->bytes < 4 || memcmp(in->data, "ply", 3) != 0)
        return fail_format(in, "PLY");
    return fmi_ply_check(in->path, in->data, in->bytes, in->err);
}

static fm_status check_obj(const input *in) {
    if (memchr(in->data, 0, in->bytes) != NULL)
        return fail_format(in, "OBJ text");
    return fmi_obj_check(in->path, (const char *)in->data, in->bytes, in->err);
}

fm_status fmi_import_guard(const unsigned char *data, size_t bytes, const char *path,
                           fm_error *err) {
    static const struct {
        const char *extension;
        fm_status (*check)(const input *in);
    } formats[] = {{".fbx", check_fbx},
                   {".obj", check_obj},
                   {".glb", check_glb},
                   {".gltf", check_gltf},
                   {".ply", check_ply}};
    const input in = {data, bytes, path, err};
    const char *dot = strrchr(fmi_file_base(path), '.');
    for (size_t i = 0; dot != NULL && i < sizeof formats / sizeof formats[0]; i++)
        if (strcasecmp(dot, formats[i].extension) == 0)
            return formats[i].check(&in);
    return fmi_fail(err, FM_ERROR_BAD_INPUT,
                    "%s: unknown format; give a file named .fbx, .obj, .glb, .gltf or .ply", path);
}
