/* SPDX-License-Identifier: MIT */
/**
 * @file import_ply.h
 * A strict look at PLY. Assimp reads "0,25" as 0 and an index of 2^32 + 2 as 2, takes lists that
 * say more than they hold, and calls a file that ends early a mesh, or a lack of memory.
 */
#ifndef FMI_IMPORT_PLY_H
#define FMI_IMPORT_PLY_H

#include <fm/status.h>

#include <stddef.h>

/**
 * Checks the header (ply_head.h) and then every value: in text one line an element, as many decimal
 * numbers as the header says; in binary lists and elements that lie in the file; indices of
 * vertices in range. Time is linear in the file, no memory is taken. A zero byte follows the data.
 * @retval FM_ERROR_BAD_INPUT with the line and the element, or the byte
 * @retval FM_ERROR_LIMIT as fmi_ply_head_read
 */
fm_status fmi_ply_check(const char *path, const unsigned char *data, size_t bytes, fm_error *err);

#endif
