/* SPDX-License-Identifier: MIT */
#include "batch_list.h"

#include "names.h"

#include "error.h"
#include "io/csv.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define NAME_BYTES (2 * FMI_NAME_STEM + 32)
#define NUMBERED_BYTES (NAME_BYTES + 24)

static fm_status no_memory(fm_error *err) {
    return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the list of pairs");
}

/* ---- a folder ---- */

/* Place of the extension in the order of preference; 5 = no mesh. */
static size_t rank(const char *name) {
    static const char *const extensions[] = {".fbx", ".obj", ".glb", ".gltf", ".ply"};
    const char *dot = strrchr(name, '.');
    size_t i = 0;
    while (i < 5 && (dot == NULL || dot == name || strcasecmp(dot, extensions[i]) != 0))
        i++;
    return i;
}

static size_t stem_length(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot != NULL ? (size_t)(dot - name) : strlen(name);
}

/* By stem, then by preference. */
static int by_stem(const void *a, const void *b) {
    const char *x = *(char *const *)a;
    const char *y = *(char *const *)b;
    size_t n = stem_length(x);
    size_t m = stem_length(y);
    int order = memcmp(x, y, n < m ? n : m);
    if (order == 0 && n != m)
        order = n < m ? -1 : 1;
    if (order == 0)
        order = (int)rank(x) - (int)rank(y);
    return order != 0 ? order : strcmp(x, y);
}

static bool grow(char ***array, size_t room) {
    char **larger = realloc(*array, room * sizeof *larger);
    if (larger != NULL)
        *array = larger;
    return larger != NULL;
}

/* Takes both strings. */
static bool add_mesh(fmi_batch_list *list, char *path, char *texture) {
    uint32_t n = list->meshes;
    bool ok = path != NULL;
    if ((n & (n - 1)) == 0) { /* powers of two: room for as many again */
        size_t room = n == 0 ? 1 : 2 * (size_t)n;
        if (!grow(&list->paths, room) || !grow(&list->textures, room))
            ok = false;
    }
    if (!ok) {
        free(path);
        free(texture);
        return false;
    }
    list->paths[n] = path;
    list->textures[n] = texture;
    list->meshes++;
    return true;
}

static fm_status read_names(fmi_batch_list *list, DIR *dir, fm_error *err) {
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.' || rank(entry->d_name) == 5)
            continue;
        if (!add_mesh(list, strdup(entry->d_name), NULL))
            return no_memory(err);
    }
    return FM_OK;
}

/* Keeps the first of each stem and puts the folder in front. */
static fm_status keep_best(fmi_batch_list *list, const char *folder, fm_error *err) {
    uint32_t kept = 0;
    qsort(list->paths, list->meshes, sizeof *list->paths, by_stem);
    for (uint32_t i = 0; i < list->meshes; i++) {
        char *name = list->paths[i];
        const char *last = kept > 0 ? list->paths[kept - 1] : "";
        bool again = kept > 0 && stem_length(last) == stem_length(name) &&
                     memcmp(last, name, stem_length(name)) == 0;
        if (again)
            free(name);
        else
            list->paths[kept++] = name;
    }
    list->meshes = kept;
    for (uint32_t i = 0; i < kept; i++) {
        size_t bytes = strlen(folder) + strlen(list->paths[i]) + 2;
        char *path = malloc(bytes);
        if (path == NULL)
            return no_memory(err);
        snprintf(path, bytes, "%s/%s", folder, list->paths[i]);
        free(list->paths[i]);
        list->paths[i] = path;
    }
    return FM_OK;
}

/* ---- names ---- */

static void base_name(const fmi_batch_list *list, uint64_t n, char out[NAME_BYTES]) {
    fmi_names names;
    uint32_t side[2];
    fmi_batch_list_pair(list, n, side);
    fmi_names_make(&names, list->paths[side[0]], list->paths[side[1]]);
    snprintf(out, NAME_BYTES, "%s_%s", names.a, names.b);
}

typedef struct named {
    char *name;
    uint64_t n;
} named;

static int by_name(const void *a, const void *b) {
    const named *x = a;
    const named *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : x->n < y->n ? -1 : x->n > y->n;
}

static int by_name_alone(const void *a, const void *b) {
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

/* The name of all[i], sorted: those after the first of a name get a number that makes none of the
 * other names. again: the number before. */
static void number(const named *all, uint64_t count, uint64_t i, uint64_t *again,
                   char name[NUMBERED_BYTES]) {
    const named key = {.name = name};
    snprintf(name, NUMBERED_BYTES, "%s", all[i].name);
    if (i == 0 || strcmp(all[i].name, all[i - 1].name) != 0) {
        *again = 1;
        return;
    }
    do
        snprintf(name, NUMBERED_BYTES, "%s-%" PRIu64, all[i].name, ++*again);
    while (bsearch(&key, all, count, sizeof *all, by_name_alone) != NULL);
}

/* Pairs of one name get a number, in the order of the list. */
static fm_status name_folders(fmi_batch_list *list, fm_error *err) {
    named *all = calloc(list->pairs, sizeof *all);
    list->folders = calloc(list->pairs, sizeof *list->folders);
    bool ok = all != NULL && list->folders != NULL;
    for (uint64_t n = 0; ok && n < list->pairs; n++) {
        char name[NAME_BYTES];
        base_name(list, n, name);
        all[n] = (named){strdup(name), n};
        ok = all[n].name != NULL;
    }
    if (ok)
        qsort(all, list->pairs, sizeof *all, by_name);
    uint64_t again = 1;
    for (uint64_t i = 0; ok && i < list->pairs; i++) {
        char name[NUMBERED_BYTES];
        number(all, list->pairs, i, &again, name);
        list->folders[all[i].n] = strdup(name);
        ok = list->folders[all[i].n] != NULL;
    }
    for (uint64_t i = 0; all != NULL && i < list->pairs; i++)
        free(all[i].name);
    free(all);
    return ok ? FM_OK : no_memory(err);
}

/* Whether two pairs may have one name: a_b and c, a and b_c; names that were cut. */
static bool names_may_meet(const fmi_batch_list *list) {
    bool may = false;
    for (uint32_t i = 0; i < list->meshes && !may; i++) {
        char stem[FMI_NAME_STEM];
        fmi_name_stem(stem, list->paths[i]);
        may = strchr(stem, '_') != NULL || strlen(stem) + 4 >= FMI_NAME_STEM;
    }
    return may;
}

/* ---- a folder ---- */

static fm_status read_folder(fmi_batch_list *list, const char *path, fm_error *err) {
    DIR *dir = opendir(path);
    if (dir == NULL)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    fm_status status = read_names(list, dir, err);
    closedir(dir);
    if (status == FM_OK)
        status = keep_best(list, path, err);
    if (status == FM_OK && list->meshes < 2)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: %u mesh files; a batch needs two (FBX, OBJ, GLB, glTF, PLY)", path,
                        list->meshes);
    list->pairs = (uint64_t)list->meshes * (list->meshes > 0 ? list->meshes - 1 : 0) / 2;
    return status == FM_OK && names_may_meet(list) ? name_folders(list, err) : status;
}

/* ---- a table ---- */

/* Absolute paths stay; others start at the table's folder. NULL for an empty cell. */
static char *resolve(const char *table, const char *cell) {
    const char *slash = strrchr(table, '/');
    size_t folder = cell[0] != '/' && slash != NULL ? (size_t)(slash - table) + 1 : 0;
    if (cell[0] == '\0')
        return NULL;
    char *path = malloc(folder + strlen(cell) + 1);
    if (path != NULL) {
        memcpy(path, table, folder);
        strcpy(path + folder, cell);
    }
    return path;
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static uint64_t text_hash(const char *a, const char *b) {
    uint64_t hash = 1469598103934665603U;
    for (; *a != '\0'; a++)
        hash = (hash ^ (unsigned char)*a) * 1099511628211U;
    for (; b != NULL && *b != '\0'; b++)
        hash = (hash ^ (unsigned char)*b ^ 256) * 1099511628211U;
    return hash;
}

/* Meshes by path and texture: mask + 1 places, numbers from 1, 0 = free. */
typedef struct mesh_index {
    uint32_t *place;
    uint64_t mask;
} mesh_index;

/* The mesh with that path and texture, added when it is new. Takes both strings. */
static fm_status find_mesh(fmi_batch_list *list, const mesh_index *index, char *path, char *texture,
                           uint32_t *mesh, fm_error *err) {
    uint64_t at = path != NULL ? text_hash(path, texture) & index->mask : 0;
    while (path != NULL && index->place[at] != 0) {
        uint32_t k = index->place[at] - 1;
        if (same_text(list->paths[k], path) && same_text(list->textures[k], texture)) {
            free(path);
            free(texture);
            *mesh = k;
            return FM_OK;
        }
        at = (at + 1) & index->mask;
    }
    *mesh = list->meshes;
    if (!add_mesh(list, path, texture))
        return no_memory(err);
    index->place[at] = list->meshes;
    return FM_OK;
}

static fm_status read_rows(fmi_batch_list *list, const fmi_csv *csv, const char *path,
                           const mesh_index *index, fm_error *err) {
    static const char *const names[4] = {"a", "b", "texture_a", "texture_b"};
    size_t column[4];
    fm_status status = FM_OK;
    for (size_t k = 0; k < 4; k++)
        column[k] = fmi_csv_find(csv, names[k]);
    if (column[0] == csv->columns || column[1] == csv->columns)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: has no columns a and b; name them in its first row", path);
    for (size_t row = 1; row < csv->rows && status == FM_OK; row++) {
        for (size_t k = 0; k < 2 && status == FM_OK; k++) {
            const char *cell = fmi_csv_cell(csv, row, column[k]);
            const char *texture =
                column[k + 2] < csv->columns ? fmi_csv_cell(csv, row, column[k + 2]) : "";
            if (cell[0] == '\0')
                return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: row %zu: %s is empty; name a mesh",
                                path, row + 1, names[k]);
            status = find_mesh(list, index, resolve(path, cell), resolve(path, texture),
                               &list->sides[2 * (row - 1) + k], err);
        }
    }
    return status;
}

static fm_status read_table(fmi_batch_list *list, const char *path, fm_error *err) {
    fmi_csv csv = {0};
    mesh_index index = {.mask = 15};
    fm_status status = fmi_csv_read(&csv, path, err);
    if (status != FM_OK)
        return status;
    list->pairs = csv.rows - 1;
    while (index.mask < 8 * (uint64_t)csv.rows)
        index.mask = 2 * index.mask + 1;
    index.place = calloc(index.mask + 1, sizeof *index.place);
    list->sides = calloc(csv.rows, 2 * sizeof *list->sides);
    if (list->pairs == 0)
        status = fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: holds no pair; add rows", path);
    else if (index.place == NULL || list->sides == NULL)
        status = no_memory(err);
    if (status == FM_OK)
        status = read_rows(list, &csv, path, &index, err);
    if (status == FM_OK)
        status = name_folders(list, err);
    free(index.place);
    fmi_csv_free(&csv);
    return status;
}

/* ---- both ---- */

fm_status fmi_batch_list_read(fmi_batch_list *list, const char *path, fm_error *err) {
    struct stat info;
    *list = (fmi_batch_list){0};
    if (stat(path, &info) != 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    fm_status status =
        S_ISDIR(info.st_mode) ? read_folder(list, path, err) : read_table(list, path, err);
    if (status != FM_OK)
        fmi_batch_list_free(list);
    return status;
}

void fmi_batch_list_free(fmi_batch_list *list) {
    for (uint32_t i = 0; i < list->meshes; i++) {
        free(list->paths[i]);
        free(list->textures[i]);
    }
    for (uint64_t n = 0; list->folders != NULL && n < list->pairs; n++)
        free(list->folders[n]);
    free(list->paths);
    free(list->textures);
    free(list->sides);
    free(list->folders);
    *list = (fmi_batch_list){0};
}

void fmi_batch_list_pair(const fmi_batch_list *list, uint64_t n, uint32_t side[2]) {
    if (list->sides != NULL) {
        side[0] = list->sides[2 * n];
        side[1] = list->sides[2 * n + 1];
        return;
    }
    side[0] = 0;
    for (uint64_t row = list->meshes - 1; n >= row; row--) {
        n -= row;
        side[0]++;
    }
    side[1] = side[0] + 1 + (uint32_t)n;
}

void fmi_batch_list_name(const fmi_batch_list *list, uint64_t n, char *out, size_t out_bytes) {
    char name[NAME_BYTES];
    if (list->folders != NULL) {
        snprintf(out, out_bytes, "%s", list->folders[n]);
        return;
    }
    base_name(list, n, name);
    snprintf(out, out_bytes, "%s", name);
}
