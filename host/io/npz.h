/* SPDX-License-Identifier: MIT */
/**
 * @file npz.h
 * NPZ archives (NumPy): a zip of NPY members, stored or deflated, zip64 too. Zip by minizip.
 *
 *     static const char *const names[] = {"value", "jacobian"};
 *     fmi_npz npz;
 *     fmi_npz_read(&npz, "clip.npz", names, 2, &err);
 *     const fmi_npy *value = fmi_npz_find(&npz, "value");      // NULL: not in the archive
 *     fmi_npz_free(&npz);
 */
#ifndef FMI_NPZ_H
#define FMI_NPZ_H

#include "npy.h"

#define FMI_NPZ_MAX_ARRAYS 16
#define FMI_NPZ_NAME_BYTES 32

/** Arrays of an archive. Zeroed = none. */
typedef struct fmi_npz {
    size_t count;
    char name[FMI_NPZ_MAX_ARRAYS][FMI_NPZ_NAME_BYTES]; /**< without ".npy" */
    fmi_npy array[FMI_NPZ_MAX_ARRAYS];
} fmi_npz;

/**
 * Reads those of the named arrays that the archive has; other members are not looked at.
 * @param names at most FMI_NPZ_MAX_ARRAYS
 * @retval FM_ERROR_BAD_INPUT no archive, damaged, encrypted, a name twice, or a member that
 *                            fmi_npy_parse refuses; the message names file and member
 * @retval FM_ERROR_LIMIT     the file is above FMI_FILE_MAX_BYTES, or a member when inflated above
 *                            32 MiB and 64 times the file
 */
fm_status fmi_npz_read(fmi_npz *npz, const char *path, const char *const *names, size_t name_count,
                       fm_error *err);
/** NULL when there is none. */
const fmi_npy *fmi_npz_find(const fmi_npz *npz, const char *name);
/** Frees and zeroes. */
void fmi_npz_free(fmi_npz *npz);

/** An array to write. */
typedef struct fmi_npz_entry {
    const char *name; /**< without ".npy" */
    fmi_npy_shape shape;
    const void *values; /**< shape.count elements in C order, borrowed */
} fmi_npz_entry;

/** Writes an archive of stored members by temporary name and rename. The same bytes every time. */
fm_status fmi_npz_write(const char *path, const fmi_npz_entry *entries, size_t count,
                        fm_error *err);

#endif
