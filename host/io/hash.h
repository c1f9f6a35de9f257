/* SPDX-License-Identifier: MIT */
/** @file hash.h Fast hashes of content (XXH3 of xxHash): for equality, not against forgery. */
#ifndef FMI_HASH_H
#define FMI_HASH_H

#include <fm/status.h>

#include <stddef.h>
#include <stdint.h>

#define FMI_HASH_HEX 33 /**< 32 digits and a zero */

uint64_t fmi_hash64(const void *bytes, size_t count, uint64_t seed);
/** Of the content of a regular file. @retval FM_ERROR_BAD_INPUT it cannot be read */
fm_status fmi_hash_file(uint64_t *hash, const char *path, fm_error *err);
/**
 * Of a text and, behind it, the content of a file.
 * @param file NULL = none
 * @retval FM_ERROR_BAD_INPUT the file cannot be read
 */
fm_status fmi_hash_text(char out[FMI_HASH_HEX], const char *text, const char *file, fm_error *err);

#endif
