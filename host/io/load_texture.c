/* SPDX-License-Identifier: MIT */
#include "load_texture.h"
#include "error.h"
#include "file.h"
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES 4

static const fmi_blob_texture *textures_of(const fmi_blob *blob) {
    return (const fmi_blob_texture *)(const void *)((const unsigned char *)blob +
                                                    blob->textures_offset);
}

static const char *stored_path(const fmi_blob *blob, uint32_t texture) {
    return (const char *)blob + blob->strings_offset + textures_of(blob)[texture].path_offset;
}

/* Notes why there is no texture, and warns when a texture was asked for. */
static void give_up(fmi_side *side, const fm_log *log, fm_log_level level, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void give_up(fmi_side *side, const fm_log *log, fm_log_level level, const char *format,
                    ...) {
    char text[2 * sizeof side->reason];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fmi_escape(side->reason, sizeof side->reason, text);
    fmi_log(log, level, "%s", text);
}

/* ---- which texture ---- */

/* Polygons whose material names this texture. */
static uint64_t polygons_of(const fmi_blob *blob, uint32_t texture) {
    const fmi_blob_run *runs =
        (const fmi_blob_run *)(const void *)((const unsigned char *)blob + blob->runs_offset);
    uint64_t polygons = 0;
    for (uint32_t i = 0; i < blob->run_count; i++)
        polygons += runs[i].texture == texture ? runs[i].polygon_count : 0;
    return polygons;
}

/* The texture of most polygons, the first of equals; UINT32_MAX when none is named. */
static uint32_t choose(const fmi_blob *blob, const char *label, const fm_log *log) {
    uint32_t best = UINT32_MAX;
    uint64_t most = 0;
    for (uint32_t i = 0; i < blob->texture_count; i++) {
        uint64_t polygons = polygons_of(blob, i);
        if (polygons > most) {
            most = polygons;
            best = i;
        }
    }
    if (blob->texture_count > 1 && best != UINT32_MAX)
        fmi_log(log, FM_LOG_WARNING,
                "%s: %u textures; only %s is used, which covers %llu of %u polygons", label,
                blob->texture_count, stored_path(blob, best), (unsigned long long)most,
                blob->polygon_count);
    return best;
}

/* ---- where it is ---- */

/* True for a stored path that may be tried as it is: relative, and not a URL. */
static bool is_relative(const char *path) {
    bool drive = path[0] != '\0' && path[1] == ':';
    return path[0] != '/' && !drive && strstr(path, "://") == NULL;
}

static char *copy_with_slashes(const char *path) {
    char *copy = strdup(path);
    for (char *at = copy; at != NULL && *at != '\0'; at++)
        if (*at == '\\')
            *at = '/';
    return copy;
}

/* The search rule: fills candidates with paths below folder, in order; the caller frees them.
 * Returns how many, -1 without memory. stored has slashes only. */
static int list_candidates(char *candidates[CANDIDATES], const char *folder, const char *mesh_path,
                           const char *stored) {
    const char *base = fmi_file_base(stored), *mesh = fmi_file_base(mesh_path);
    const char *dot = strrchr(mesh, '.');
    int stem = dot != NULL ? (int)(dot - mesh) : (int)strlen(mesh);
    int count = 0;
    bool ok = true;
    if (is_relative(stored))
        ok = asprintf(&candidates[count], "%s/%s", folder, stored) >= 0 && ++count;
    if (base[0] != '\0') {
        ok = ok && asprintf(&candidates[count], "%s/%s", folder, base) >= 0 && ++count;
        ok = ok && asprintf(&candidates[count], "%s/textures/%s", folder, base) >= 0 && ++count;
        ok = ok && asprintf(&candidates[count], "%s/%.*s.fbm/%s", folder, stem, mesh, base) >= 0 &&
             ++count;
    }
    while (!ok && count > 0)
        free(candidates[--count]);
    return ok ? count : -1;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* In place: glTF names are URIs, where %20 is a blank; Assimp hands them on as they are. */
static void decode_percent(char *path) {
    char *to = path;
    for (; *path != '\0'; path++) {
        int high = *path == '%' ? hex_digit(path[1]) : -1;
        int low = high >= 0 ? hex_digit(path[2]) : -1;
        bool coded = low >= 0 && high + low > 0; /* a zero would end the name */
        *to++ = coded ? (char)(high * 16 + low) : *path;
        path += coded ? 2 : 0;
    }
    *to = '\0';
}

/* What a search found. */
typedef struct found {
    char *path; /* real path of the first candidate below the mesh's folder; the caller frees it */
    bool outside; /* one exists, but elsewhere */
    bool starved; /* no memory: nothing is known */
} found;

static void look_at(found *f, const char *folder, const char *candidate) {
    errno = 0;
    char *real = realpath(candidate, NULL);
    f->starved = f->starved || (!real && errno == ENOMEM);
    if (real != NULL) {
        errno = 0;
        f->path = fmi_file_inside(folder, real);
        f->starved = f->starved || (!f->path && errno == ENOMEM);
        f->outside = f->outside || f->path == NULL;
    }
    free(real);
}

static found find(const char *mesh_path, const char *stored, bool decode) {
    found f = {0};
    char *candidates[CANDIDATES];
    char *folder = fmi_file_folder(mesh_path), *path = copy_with_slashes(stored);
    int count = 0;
    if (decode && path != NULL)
        decode_percent(path);
    if (folder != NULL && path != NULL)
        count = list_candidates(candidates, folder, mesh_path, path);
    f.starved = count < 0 || folder == NULL || path == NULL;
    for (int i = 0; i < count; i++) {
        if (f.path == NULL)
            look_at(&f, folder, candidates[i]);
        free(candidates[i]);
    }
    free(folder);
    free(path);
    return f;
}

/* ---- loading ---- */

/* A texture that cannot be read is a warning, if it is the texture's fault. */
static fm_status settle(fmi_side *side, const fm_log *log, const char *mesh, const char *kind,
                        fm_status status, const fm_error *problem, fm_error *err) {
    if (status == FM_ERROR_HOST_MEMORY) {
        if (err)
            *err = *problem;
        return status;
    }
    if (status != FM_OK)
        give_up(side, log, FM_LOG_WARNING, "%s of %s: %s", kind, mesh, problem->message);
    return FM_OK;
}

static fm_status load_embedded(fmi_side *side, const char *path, uint32_t texture,
                               const fm_log *log, fm_error *err) {
    const fmi_blob_texture *t = &textures_of(side->blob)[texture];
    const char *stored = stored_path(side->blob, texture);
    const char *name = stored[0] == '*' ? stored + 1 : fmi_file_base(stored);
    fm_error problem = {0};
    snprintf(side->texture_path, sizeof side->texture_path, "*%s", name);
    fm_status status =
        fmi_image_decode(&side->texture, (const unsigned char *)side->blob + t->data_offset,
                         t->data_bytes, side->texture_path, &problem);
    if (status != FM_OK)
        side->texture_path[0] = '\0';
    return settle(side, log, fmi_file_base(path), "embedded texture", status, &problem, err);
}

static fm_status load_found(fmi_side *side, const char *mesh, const char *file, const fm_log *log,
                            fm_error *err) {
    fm_error problem = {0};
    fm_status status = fmi_image_load(&side->texture, file, &problem);
    if (status == FM_OK)
        snprintf(side->texture_path, sizeof side->texture_path, "%s", file);
    return settle(side, log, mesh, "texture", status, &problem, err);
}

static fm_status load_file(fmi_side *side, const char *path, uint32_t texture, const fm_log *log,
                           fm_error *err) {
    const char *stored = stored_path(side->blob, texture), *mesh = fmi_file_base(path);
    fm_status status = FM_OK;
    found f = find(path, stored, false);
    if (f.path == NULL && !f.starved && strchr(stored, '%') != NULL) {
        bool outside = f.outside;
        f = find(path, stored, true);
        f.outside = f.outside || outside;
    }
    if (f.path != NULL)
        status = load_found(side, mesh, f.path, log, err);
    else if (f.starved)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory to look for its texture", mesh);
    else
        give_up(side, log, FM_LOG_WARNING,
                f.outside ? "texture %s of %s lies outside the mesh's folder; copy it there"
                          : "texture %s of %s is not in the mesh's folder; copy it there",
                stored, mesh);
    free(f.path);
    return status;
}

fm_status fmi_load_own_texture(fmi_side *side, const char *path, const fm_log *log, fm_error *err) {
    uint32_t texture = choose(side->blob, path, log);
    if (texture == UINT32_MAX)
        give_up(side, log, FM_LOG_INFO, "%s names no texture", fmi_file_base(path));
    else if (side->mesh.uvs == NULL)
        give_up(side, log, FM_LOG_WARNING, "%s has no UVs for its texture", fmi_file_base(path));
    else if (textures_of(side->blob)[texture].data_bytes > 0)
        return load_embedded(side, path, texture, log, err);
    else
        return load_file(side, path, texture, log, err);
    return FM_OK;
}
