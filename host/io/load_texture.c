/* SPDX-License-Identifier: MIT */
#include "load_texture.h"
#include "error.h"
#include "file.h"
#include "log.h"

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
 * Returns how many. stored has slashes only. */
static int list_candidates(char *candidates[CANDIDATES], const char *folder, const char *mesh_path,
                           const char *stored) {
    const char *base = fmi_file_base(stored), *mesh = fmi_file_base(mesh_path);
    const char *dot = strrchr(mesh, '.');
    int stem = dot != NULL ? (int)(dot - mesh) : (int)strlen(mesh);
    int count = 0;
    if (is_relative(stored))
        count += asprintf(&candidates[count], "%s/%s", folder, stored) >= 0;
    if (base[0] == '\0')
        return count;
    count += asprintf(&candidates[count], "%s/%s", folder, base) >= 0;
    count += asprintf(&candidates[count], "%s/textures/%s", folder, base) >= 0;
    count += asprintf(&candidates[count], "%s/%.*s.fbm/%s", folder, stem, mesh, base) >= 0;
    return count;
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

/* Real path of the first candidate that exists below the mesh's folder; NULL when there is none.
 * *outside: one exists, but elsewhere. */
static char *find(const char *mesh_path, const char *stored, bool decode, bool *outside) {
    char *candidates[CANDIDATES], *found = NULL;
    char *folder = fmi_file_folder(mesh_path), *path = copy_with_slashes(stored);
    int count = 0;
    if (decode && path != NULL)
        decode_percent(path);
    if (folder != NULL && path != NULL)
        count = list_candidates(candidates, folder, mesh_path, path);
    for (int i = 0; i < count; i++) {
        char *real = found == NULL ? realpath(candidates[i], NULL) : NULL;
        if (real != NULL) {
            found = fmi_file_inside(folder, real);
            *outside = *outside || found == NULL;
        }
        free(real);
        free(candidates[i]);
    }
    free(folder);
    free(path);
    return found;
}

/* ---- loading ---- */

static void load_embedded(fmi_side *side, const char *path, uint32_t texture, const fm_log *log) {
    const fmi_blob_texture *t = &textures_of(side->blob)[texture];
    const char *stored = stored_path(side->blob, texture);
    const char *name = stored[0] == '*' ? stored + 1 : fmi_file_base(stored);
    fm_error err = {0};
    snprintf(side->texture_path, sizeof side->texture_path, "*%s", name);
    if (fmi_image_decode(&side->texture, (const unsigned char *)side->blob + t->data_offset,
                         t->data_bytes, side->texture_path, &err) == FM_OK)
        return;
    give_up(side, log, FM_LOG_WARNING, "embedded texture of %s: %s", fmi_file_base(path),
            err.message);
    side->texture_path[0] = '\0';
}

static void load_file(fmi_side *side, const char *path, uint32_t texture, const fm_log *log) {
    const char *stored = stored_path(side->blob, texture), *mesh = fmi_file_base(path);
    bool outside = false;
    fm_error err = {0};
    char *found = find(path, stored, false, &outside);
    if (found == NULL && strchr(stored, '%') != NULL)
        found = find(path, stored, true, &outside);
    if (found == NULL)
        give_up(side, log, FM_LOG_WARNING,
                outside ? "texture %s of %s lies outside the mesh's folder; copy it there"
                        : "texture %s of %s is not in the mesh's folder; copy it there",
                stored, mesh);
    else if (fmi_image_load(&side->texture, found, &err) != FM_OK)
        give_up(side, log, FM_LOG_WARNING, "texture of %s: %s", mesh, err.message);
    else
        snprintf(side->texture_path, sizeof side->texture_path, "%s", found);
    free(found);
}

void fmi_load_own_texture(fmi_side *side, const char *path, const fm_log *log) {
    uint32_t texture = choose(side->blob, path, log);
    if (texture == UINT32_MAX)
        give_up(side, log, FM_LOG_INFO, "%s names no texture", fmi_file_base(path));
    else if (side->mesh.uvs == NULL)
        give_up(side, log, FM_LOG_WARNING, "%s has no UVs for its texture", fmi_file_base(path));
    else if (textures_of(side->blob)[texture].data_bytes > 0)
        load_embedded(side, path, texture, log);
    else
        load_file(side, path, texture, log);
}
