/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include "error.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define FILE_BLOCK 65536

uint64_t fmi_hash64(const void *bytes, size_t count, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, count, seed);
}

static fm_status hash_file(XXH3_state_t *state, const char *path, fm_error *err) {
    FILE *file = fopen(path, "rbe");
    char *block = malloc(FILE_BLOCK);
    size_t n = 0;
    while (file != NULL && block != NULL && (n = fread(block, 1, FILE_BLOCK, file)) > 0)
        XXH3_128bits_update(state, block, n);
    bool ok = file != NULL && block != NULL && ferror(file) == 0;
    free(block);
    if (file != NULL)
        fclose(file);
    return ok ? FM_OK : fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: cannot be read", path);
}

fm_status fmi_hash_text(char out[FMI_HASH_HEX], const char *text, const char *file, fm_error *err) {
    fm_status status = FM_OK;
    XXH3_state_t *state = XXH3_createState();
    if (state == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a hash");
    XXH3_128bits_reset(state);
    XXH3_128bits_update(state, text, strlen(text));
    if (file != NULL)
        status = hash_file(state, file, err);
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(out, FMI_HASH_HEX, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
             (uint64_t)hash.low64);
    return status;
}
