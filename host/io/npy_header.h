/* SPDX-License-Identifier: MIT */
/** @file npy_header.h The header of an NPY file; for npy.c. */
#ifndef FMI_NPY_HEADER_H
#define FMI_NPY_HEADER_H

#include "io/npy.h"

/** What it says. */
typedef struct fmi_npy_header {
    fmi_npy_shape shape;
    bool fortran;
    bool big_endian;
    size_t data_offset; /**< bytes before the first value */
} fmi_npy_header;

/**
 * Reads and checks it; afterwards shape.count values follow at data_offset, and nothing else.
 * Statuses as fmi_npy_parse.
 */
fm_status fmi_npy_header_parse(fmi_npy_header *header, const void *bytes, size_t count,
                               const char *name, fm_error *err);

#endif
