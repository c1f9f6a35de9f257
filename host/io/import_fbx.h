/* SPDX-License-Identifier: MIT */
/**
 * @file import_fbx.h
 * What Assimp does not say about the arrays of an FBX file: it drops a geometry with a bad index in
 * silence, takes an index beyond 32 bits for another one, and inflates whatever a length promises.
 */
#ifndef FMI_IMPORT_FBX_H
#define FMI_IMPORT_FBX_H

#include <fm/status.h>

#include <stddef.h>
#include <stdint.h>

/** What the records of a file have said so far. path and file_bytes are set, the rest is zero. */
typedef struct fmi_fbx_arrays {
    const char *path;
    uint64_t file_bytes;
    uint64_t inflated; /**< bytes that the deflated arrays promise */
    uint64_t vertices; /**< of the geometry that is open; 0 = not known */
} fmi_fbx_arrays;

/** A record of a binary file. */
typedef struct fmi_fbx_record_view {
    const unsigned char *name;
    size_t name_bytes;
    const unsigned char *properties;
    size_t bytes;
    uint64_t count; /**< of properties, as the file says */
} fmi_fbx_record_view;

/**
 * Looks at one record of a binary file.
 * @retval FM_ERROR_BAD_INPUT a polygon names a vertex that is not there, or does not end
 * @retval FM_ERROR_LIMIT the arrays would be out of proportion to the file
 */
fm_status fmi_fbx_check_record(fmi_fbx_arrays *arrays, const fmi_fbx_record_view *record,
                               fm_error *err);
/** The same for a whole text file; a zero byte follows it. */
fm_status fmi_fbx_check_text(const char *path, const char *text, size_t bytes, fm_error *err);

#endif
