/* SPDX-License-Identifier: MIT */
/**
 * @file import_obj.h
 * A strict look at OBJ text. Assimp reads "0,25" as 0 and "0x1" as another number, drops texture
 * and normal indices that name nothing, and says neither line nor face.
 */
#ifndef FMI_IMPORT_OBJ_H
#define FMI_IMPORT_OBJ_H

#include <fm/status.h>

#include <stddef.h>

#define FMI_OBJ_MAX_PARTS \
    8192 /**< groups, objects and material changes; Assimp makes a mesh each */
#define FMI_OBJ_MAX_CORNERS 16384 /**< of a face; Assimp's time grows with their square */

/**
 * Checks v, vt, vn and f lines; others are not looked at. A zero byte follows the text.
 * @retval FM_ERROR_BAD_INPUT a coordinate that is no finite decimal number, a face with an index
 *         that names nothing; the message says which vertex or face, and the line
 * @retval FM_ERROR_LIMIT more parts than FMI_OBJ_MAX_PARTS, corners of a face than
 * FMI_OBJ_MAX_CORNERS
 */
fm_status fmi_obj_check(const char *path, const char *text, size_t bytes, fm_error *err);

#endif
