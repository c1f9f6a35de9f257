/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include "error.h"
#include "file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define FILE_BLOCK 65536

uint64_t fmi_hash64(const void *bytes, size_t count, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, count, seed);
}

/* Adds the content of a file to a hash. */
static fm_status add_file(XXH3_state_t *state, const char *path, fm_error *err) {
    int fd = -1;
    fm_status status = fmi_file_open(&fd, path, err);
    if (status != FM_OK)
        return status;
    char *block = malloc(FILE_BLOCK);
    ssize_t n = -1;
    while (block != NULL && ((n = read(fd, block, FILE_BLOCK)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0)
            XXH3_128bits_update(state, block, (size_t)n);
    if (n < 0)
        status = fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: cannot be read", path);
    free(block);
    close(fd);
    return status;
}

fm_status fmi_hash_file(uint64_t *hash, const char *path, fm_error *err) {
    XXH3_state_t *state = XXH3_createState();
    if (state == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a hash");
    XXH3_128bits_reset(state);
    fm_status status = add_file(state, path, err);
    *hash = XXH3_128bits_digest(state).low64;
    XXH3_freeState(state);
    return status;
}

fm_status fmi_hash_text(char out[FMI_HASH_HEX], const char *text, const char *file, fm_error *err) {
    fm_status status = FM_OK;
    XXH3_state_t *state = XXH3_createState();
    if (state == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a hash");
    XXH3_128bits_reset(state);
    XXH3_128bits_update(state, text, strlen(text));
    if (file != NULL)
        status = add_file(state, file, err);
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(out, FMI_HASH_HEX, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
             (uint64_t)hash.low64);
    return status;
}
