/* SPDX-License-Identifier: MIT */
/**
 * @file npy.h
 * NumPy arrays of numbers: NPY versions 1, 2 and 3, C and Fortran order, f4 and f8 of either byte
 * order, u1 out. From a file or from bytes in memory, so that an NPZ reader can use it.
 * Format: numpy.org, "NEP 1: a simple file format for NumPy arrays".
 *
 *     fmi_npy array;
 *     fmi_npy_read(&array, "a.npy", &err);
 *     ... array.values as float (kind FMI_NPY_F4) or double (FMI_NPY_F8), C order, this machine's
 *     fmi_npy_free(&array);
 */
#ifndef FMI_NPY_H
#define FMI_NPY_H

#include <fm/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMI_NPY_MAX_DIMS 8
#define FMI_NPY_MAX_HEADER_BYTES 65536
#define FMI_NPY_PREFIX_BYTES 512 /**< what fmi_npy_prefix writes at most */

/** Type of the elements. */
typedef enum fmi_npy_kind {
    FMI_NPY_F4 = 0,
    FMI_NPY_F8,
    FMI_NPY_U1 /**< only written: statuses */
} fmi_npy_kind;

/** Type and shape. */
typedef struct fmi_npy_shape {
    fmi_npy_kind kind;
    uint32_t dims; /**< 0 = one number */
    uint64_t size[FMI_NPY_MAX_DIMS];
    uint64_t count; /**< product of the sizes; 1 without dimensions */
} fmi_npy_shape;

/** An array in memory: C order, byte order of this machine. Zeroed = none. */
typedef struct fmi_npy {
    fmi_npy_shape shape;
    void *values; /**< never NULL after a read, also when count is 0 */
} fmi_npy;

/**
 * Reads a file, or bytes of one (name is for messages). Everything is checked against what is there
 * before anything is allocated: the number of values must match the file's size.
 * @retval FM_ERROR_BAD_INPUT damaged, shorter or longer than its header says, objects, structures,
 *                            integers, f2 or other types; the message names what it holds
 * @retval FM_ERROR_LIMIT     too many dimensions, or a file above FMI_FILE_MAX_BYTES
 */
fm_status fmi_npy_read(fmi_npy *array, const char *path, fm_error *err);
fm_status fmi_npy_parse(fmi_npy *array, const void *bytes, size_t count, const char *name,
                        fm_error *err);
/** Frees and zeroes. */
void fmi_npy_free(fmi_npy *array);
/** Bytes of one element. */
size_t fmi_npy_element_bytes(fmi_npy_kind kind);
/** "float32", "float64" or "uint8". */
const char *fmi_npy_kind_name(fmi_npy_kind kind);

/** "(3, 2, 2)": for messages. Returns out. */
const char *fmi_npy_shape_text(const fmi_npy_shape *shape, char out[128]);

/**
 * The bytes in front of the values (version 1, C order, little endian, a multiple of 64 long), for
 * writers that stream or pack. shape->count is ignored. Returns how many.
 */
size_t fmi_npy_prefix(const fmi_npy_shape *shape, unsigned char out[FMI_NPY_PREFIX_BYTES]);
/**
 * Writes a file by temporary name and rename.
 * @param values shape->count elements in C order, borrowed
 */
fm_status fmi_npy_write(const char *path, const fmi_npy_shape *shape, const void *values,
                        fm_error *err);

#endif
