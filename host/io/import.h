/* SPDX-License-Identifier: MIT */
/**
 * @file import.h
 * Mesh files to blobs, by Assimp: OBJ, FBX, GLB, glTF, PLY. Node transforms are applied, units
 * become metres where the file says what they are, Z-up becomes Y-up, a mirrored node swaps the
 * winding. No join and no triangulation: corners come in the file's polygon order.
 */
#ifndef FMI_IMPORT_H
#define FMI_IMPORT_H

#include "blob.h"

#include <fm/log.h>

/**
 * Imports one file.
 * @param blob out, free with free()
 * @retval FM_ERROR_BAD_INPUT missing, empty, not a regular file, damaged, unknown or old format,
 *         no polygons, a coordinate that is not finite (with its number)
 */
fm_status fmi_import(fmi_blob **blob, const char *path, const fm_log *log, fm_error *err);

#endif
