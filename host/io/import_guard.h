/* SPDX-License-Identifier: MIT */
/**
 * @file import_guard.h
 * What is checked before Assimp sees a file: that the content fits the name, that lengths fit the
 * file, and that nesting is shallow. Assimp recurses on nesting until its stack ends, and allocates
 * what a length says.
 */
#ifndef FMI_IMPORT_GUARD_H
#define FMI_IMPORT_GUARD_H

#include <fm/status.h>

#include <stddef.h>

#define FMI_NESTING_MAX 256 /**< levels of FBX scopes or JSON brackets; real files use below 20 */

/**
 * Judges the bytes of a mesh file by the extension of its path. A zero byte follows them.
 * @retval FM_ERROR_BAD_INPUT unknown or old format, damaged; the message says which and what to do
 */
fm_status fmi_import_guard(const unsigned char *data, size_t bytes, const char *path,
                           fm_error *err);

#endif
