/* SPDX-License-Identifier: MIT */
/**
 * @file import_gltf.h
 * A strict look at the numbers of glTF that say where things are. Assimp takes what is no whole
 * number for 0, or for a huge one, and reads another mesh without a word.
 */
#ifndef FMI_IMPORT_GLTF_H
#define FMI_IMPORT_GLTF_H

#include <fm/status.h>

#include <stddef.h>

/**
 * Checks that offsets, lengths, strides, counts and references outside of "extras" are plain whole
 * numbers below 2^31, that no node is a child twice, and that no key hides letters in \u escapes.
 * JSON that is none is left to Assimp, which tells.
 * @param text the JSON; a byte that belongs to no number follows it
 * @param first where it lies in the file, for the message
 * @retval FM_ERROR_BAD_INPUT with the key and the byte
 * @retval FM_ERROR_HOST_MEMORY a bit for each two bytes
 */
fm_status fmi_gltf_check(const char *path, const char *text, size_t bytes, size_t first,
                         fm_error *err);

#endif
