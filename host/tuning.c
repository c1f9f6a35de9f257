/* SPDX-License-Identifier: MIT */
#include "tuning.h"

#include "cgroup.h"
#include "error.h"
#include "log.h"
#include "note.h"
#include "program.h"

#include <fm/engine.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TITLE "facemorph tuning 2"
#define TEXT_BYTES 2048
#define FNV_START UINT64_C(0xCBF29CE484222325)

/* 64-bit FNV-1a. */
static uint64_t add_hash(uint64_t hash, const unsigned char *bytes, size_t count) {
    for (size_t i = 0; i < count; ++i)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    return hash;
}

static uint64_t text_hash(const char *text, size_t count) {
    return add_hash(FNV_START, (const unsigned char *)text, count);
}

uint64_t fmi_tuning_kernels(void) {
    uint64_t hash = FNV_START;
    for (size_t i = 0; i < fmi_kernel_file_count; ++i)
        hash = add_hash(hash, fmi_kernel_files[i].text, fmi_kernel_files[i].bytes);
    return hash;
}

static bool file_name(char *path, size_t bytes, const char *dir, const fm_caps *caps) {
    int n = dir && dir[0] ? snprintf(path, bytes, "%s/tuning-%016" PRIx64, dir,
                                     text_hash(caps->id, strlen(caps->id)))
                          : -1;
    return n > 0 && (size_t)n < bytes;
}

/* ---- text ---- */

size_t fmi_tuning_text(const fm_caps *caps, const fm_tuning *t, char *text, size_t bytes) {
    int n = snprintf(
        text, bytes,
        TITLE "\ndevice %s\ndriver %s\nprogram %s\nkernels %016" PRIx64
              "\nspecialisation %s\ntile %u\nsampled_tile %u\ngroup %u\nmorph_group %u\n"
              "morph_recorded %d\nblend_group %u\nsolve_group %u\nhalf_arithmetic %d\n"
              "batch_medium %u\nbatch_low %u\nbatch_high %u\nbatch_extreme %u\nrate %.9g\n",
        caps->id, caps->driver, fm_version(), fmi_tuning_kernels(),
        fm_specialisation_name(t->specialisation), t->tile, t->sampled_tile, t->group,
        t->morph_group, (int)t->morph_recorded, t->blend_group, t->solve_group,
        (int)t->half_arithmetic, t->batch[0], t->batch[1], t->batch[2], t->batch[3], t->rate);
    if (n < 0 || (size_t)n + 32 > bytes)
        return 0;
    n += snprintf(text + n, bytes - (size_t)n, "digest %016" PRIx64 "\n",
                  text_hash(text, (size_t)n));
    return (size_t)n;
}

/* The value of the next line when its key is this one; NULL = it is not. */
static const char *next_value(const char **at, const char *key, char value[160]) {
    size_t length = strlen(key), end = strcspn(*at, "\n");
    if (strncmp(*at, key, length) != 0 || (*at)[length] != ' ' || (*at)[end] != '\n' ||
        end - length > 160)
        return NULL;
    memcpy(value, *at + length + 1, end - length - 1);
    value[end - length - 1] = '\0';
    *at += end + 1;
    return value;
}

static bool next_number(const char **at, const char *key, uint32_t most, uint32_t *number) {
    char value[160], rest;
    return next_value(at, key, value) && value[0] >= '0' && value[0] <= '9' &&
           sscanf(value, "%9" SCNu32 "%c", number, &rest) == 1 && *number <= most;
}

static bool parse_numbers(const char *at, fm_tuning *t) {
    static const char *const batch[] = {"batch_medium", "batch_low", "batch_high", "batch_extreme"};
    char value[160], rest;
    uint32_t half = 0, recorded = 0;
    if (!next_value(&at, "specialisation", value))
        return false;
    t->specialisation = strcmp(value, "cpu") == 0   ? FM_SPECIALISATION_CPU
                        : strcmp(value, "gpu") == 0 ? FM_SPECIALISATION_GPU
                                                    : FM_SPECIALISATION_AUTO;
    bool good = t->specialisation != FM_SPECIALISATION_AUTO &&
                next_number(&at, "tile", 128, &t->tile) && t->tile % 16 == 0 &&
                next_number(&at, "sampled_tile", 128, &t->sampled_tile) &&
                t->sampled_tile % 16 == 0 && next_number(&at, "group", 1024, &t->group) &&
                next_number(&at, "morph_group", 1024, &t->morph_group) &&
                next_number(&at, "morph_recorded", 1, &recorded) &&
                next_number(&at, "blend_group", 256, &t->blend_group) &&
                next_number(&at, "solve_group", 1024, &t->solve_group) &&
                next_number(&at, "half_arithmetic", 1, &half);
    for (int i = 0; i < 4; ++i)
        good = good && next_number(&at, batch[i], 65536, &t->batch[i]);
    t->half_arithmetic = half != 0;
    t->morph_recorded = recorded != 0;
    return good && next_value(&at, "rate", value) && sscanf(value, "%lf%c", &t->rate, &rest) == 1 &&
           isfinite(t->rate) && t->rate >= 0 && strncmp(at, "digest ", 7) == 0;
}

const char *fmi_tuning_parse(const char *text, const fm_caps *caps, fm_tuning *tuning) {
    char kernels[24], value[160];
    const char *at = text, *digest = strstr(text, "\ndigest ");
    fm_tuning t = {0};
    *tuning = t;
    if (strncmp(at, TITLE "\n", sizeof TITLE) != 0 || !digest)
        return "damaged";
    snprintf(value, sizeof value, "\ndigest %016" PRIx64 "\n",
             text_hash(text, (size_t)(digest + 1 - text)));
    if (strcmp(digest, value) != 0)
        return "damaged";
    at += sizeof TITLE;
    snprintf(kernels, sizeof kernels, "%016" PRIx64, fmi_tuning_kernels());
    const char *const key[] = {"device", "driver", "program", "kernels"};
    const char *const want[] = {caps->id, caps->driver, fm_version(), kernels};
    static const char *const why[] = {"of another device", "of another driver",
                                      "of another version of this program", "of other kernels"};
    for (int i = 0; i < 4; ++i) {
        if (!next_value(&at, key[i], value))
            return "damaged";
        if (strcmp(value, want[i]) != 0)
            return why[i];
    }
    if (!parse_numbers(at, &t))
        return "damaged";
    *tuning = t;
    return NULL;
}

/* ---- files ---- */

bool fmi_tuning_read(const char *dir, const fm_caps *caps, fm_tuning *tuning, const fm_log *log) {
    char path[1200], text[TEXT_BYTES];
    *tuning = (fm_tuning){0};
    if (!file_name(path, sizeof path, dir, caps) || access(path, F_OK) != 0)
        return false;
    const char *wrong = fmi_text_read(text, sizeof text, path)
                            ? fmi_tuning_parse(text, caps, tuning)
                            : "not readable";
    if (wrong && log)
        fmi_log(log, FM_LOG_WARNING,
                "%s: tuning of %s not used, it is %s; the defaults hold; fmbench tune makes a new "
                "one",
                path, caps->name, wrong);
    return wrong == NULL;
}

fm_status fmi_tuning_write(const char *dir, const fm_caps *caps, const fm_tuning *tuning,
                           char *path, size_t path_bytes, fm_error *err) {
    char text[TEXT_BYTES];
    size_t length = fmi_tuning_text(caps, tuning, text, sizeof text);
    if (!file_name(path, path_bytes, dir, caps) || length == 0)
        return fmi_fail(err, FM_ERROR_IO,
                        "no folder for the tuning; set FM_CACHE_DIR to one that can be written");
    if (fmi_note_write(path, text, length))
        return FM_OK;
    return fmi_fail(err, FM_ERROR_IO, "%s: cannot be written; set FM_CACHE_DIR to another folder",
                    path);
}
