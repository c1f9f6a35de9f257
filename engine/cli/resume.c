/* SPDX-License-Identifier: MIT */
#include "resume.h"

#include "io/file.h"
#include "io/json_memory.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Files are looked for in the folder itself, which may have been moved since. */
static bool has_file(const char *folder, const char *path, uint64_t bytes) {
    char here[4096];
    struct stat info;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    static const char *const below[] = {"", "png/", "mesh/"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(here, sizeof here, "%s/%s%s", folder, below[i], name);
        if (stat(here, &info) == 0 && S_ISREG(info.st_mode) && (uint64_t)info.st_size == bytes)
            return true;
    }
    return false;
}

/* A number that counts something. */
static bool take_count(uint64_t *count, const json_t *number) {
    *count = json_is_integer(number) && json_integer_value(number) >= 0
                 ? (uint64_t)json_integer_value(number)
                 : 0;
    return json_is_integer(number) && json_integer_value(number) >= 0;
}

static bool check_files(fmi_finished *finished, const json_t *outputs, const char *folder) {
    size_t i = 0;
    const json_t *one = NULL;
    if (!json_is_array(outputs))
        return false;
    json_array_foreach(outputs, i, one) {
        const char *path = json_string_value(json_object_get(one, "path"));
        uint64_t bytes = 0;
        if (path == NULL || !take_count(&bytes, json_object_get(one, "bytes")) ||
            !has_file(folder, path, bytes))
            return false;
        finished->files++;
        finished->bytes += bytes;
        finished->cached = finished->cached || json_is_true(json_object_get(one, "cached"));
    }
    return finished->files > 0;
}

static double mean_of(const json_t *root, const char *name) {
    const json_t *row = json_object_get(json_object_get(root, "statistics"), name);
    const json_t *mean = json_object_get(row, "mean");
    return json_is_number(mean) ? json_number_value(mean) : (double)NAN;
}

static bool read_root(fmi_finished *finished, const json_t *root, const char *folder) {
    const char *schema = json_string_value(json_object_get(root, "schema"));
    const char *job = json_string_value(json_object_get(root, "job"));
    const char *started = json_string_value(json_object_get(root, "started"));
    const json_t *a = json_object_get(json_object_get(root, "inputs"), "a");
    if (schema == NULL || strcmp(schema, "facemorph/run/1") != 0)
        return false;
    snprintf(finished->job, sizeof finished->job, "%s", job != NULL ? job : "");
    snprintf(finished->started, sizeof finished->started, "%s", started != NULL ? started : "");
    finished->seconds =
        json_number_value(json_object_get(json_object_get(root, "seconds"), "total"));
    finished->mean[0] = mean_of(root, "total_displacement");
    finished->mean[1] = mean_of(root, "perceptual_difference");
    return take_count(&finished->frames, json_object_get(root, "frames")) &&
           take_count(&finished->positions, json_object_get(a, "positions")) &&
           check_files(finished, json_object_get(root, "outputs"), folder);
}

bool fmi_finished_read(fmi_finished *finished, const char *folder) {
    char path[4096];
    *finished = (fmi_finished){.mean = {(double)NAN, (double)NAN}};
    snprintf(path, sizeof path, "%s/run.json", folder);
    unsigned char *text = NULL;
    size_t bytes = 0;
    if (fmi_file_read_most(&text, &bytes, path, FMI_JSON_BYTES, NULL) != FM_OK)
        return false;
    json_t *root = NULL;
    if (fmi_json_memory((const char *)text, bytes) <= FMI_JSON_MEMORY)
        root = json_loadb((const char *)text, bytes, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    bool whole = root != NULL && read_root(finished, root, folder);
    json_decref(root);
    return whole;
}
