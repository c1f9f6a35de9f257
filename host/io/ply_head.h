/* SPDX-License-Identifier: MIT */
/** @file ply_head.h What the header of a PLY file says. */
#ifndef FMI_PLY_HEAD_H
#define FMI_PLY_HEAD_H

#include <fm/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMI_PLY_ELEMENTS 16
#define FMI_PLY_PROPERTIES 256 /**< of all elements */

typedef enum fmi_ply_type {
    FMI_PLY_NONE,
    FMI_PLY_I8,
    FMI_PLY_U8,
    FMI_PLY_I16,
    FMI_PLY_U16,
    FMI_PLY_I32,
    FMI_PLY_U32,
    FMI_PLY_F32,
    FMI_PLY_F64
} fmi_ply_type;

typedef struct fmi_ply_property {
    fmi_ply_type count; /**< of a list's length; FMI_PLY_NONE: one value */
    fmi_ply_type type;
    bool indices; /**< a list of vertex numbers */
    bool place;   /**< x, y or z: a finite number */
} fmi_ply_property;

typedef struct fmi_ply_element {
    char name[32]; /**< cut when longer */
    uint64_t count;
    uint32_t first, properties; /**< of fmi_ply_head.properties */
} fmi_ply_element;

typedef struct fmi_ply_head {
    enum { FMI_PLY_TEXT = 1, FMI_PLY_LITTLE, FMI_PLY_BIG } format;
    fmi_ply_element elements[FMI_PLY_ELEMENTS];
    fmi_ply_property properties[FMI_PLY_PROPERTIES];
    uint32_t element_count, property_count;
    uint64_t vertices;
    size_t bytes;   /**< of the header: where the values begin */
    uint64_t lines; /**< of the header */
} fmi_ply_head;

/** Bytes of a value in binary files. */
size_t fmi_ply_bytes(fmi_ply_type type);

/**
 * Reads the header. A zero byte follows the data.
 * @retval FM_ERROR_BAD_INPUT a line that is none of a header's, an unknown format or type, vertices
 *         without x, y and z, indices that are no whole numbers; with the line
 * @retval FM_ERROR_LIMIT more elements or properties than above
 */
fm_status fmi_ply_head_read(fmi_ply_head *head, const char *path, const unsigned char *data,
                            size_t bytes, fm_error *err);

#endif
