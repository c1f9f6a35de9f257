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

/** A header is within so many bytes. */
#define FMI_NPY_HEAD_BYTES (FMI_NPY_MAX_HEADER_BYTES + 12)
/**
 * How long a whole file is that begins so, for readers that inflate it.
 * @param head its first bytes: FMI_NPY_HEAD_BYTES of them, or all there are
 * @retval FM_ERROR_LIMIT above FMI_FILE_MAX_BYTES; others as fmi_npy_parse
 */
fm_status fmi_npy_file_bytes(uint64_t *total, const void *head, size_t count, const char *name,
                             fm_error *err);

#endif
