/* SPDX-License-Identifier: MIT */
/** @file store_copy.h Runs from one store into another, with everything that belongs to them. */
#ifndef FMI_STORE_COPY_H
#define FMI_STORE_COPY_H

#include "came.h"
#include "store.h"

/**
 * Copies runs with their environments, cells, samples, peers, roofs, cold starts and kernels, and
 * the comparisons and noise figures of that store, in one transaction. A run whose name is there
 * already is not copied again. The other file is only read, and may be of an older schema.
 * @param from  file of a store or a bundle, which is a store
 * @param run   name of the only run to copy; NULL = all
 * @retval FM_ERROR_BAD_INPUT  the file is missing, damaged, no store or of a newer schema, or has
 *                             no such run
 */
fm_status fmi_store_copy(fmi_store *store, const char *from, const char *run, fmi_came *copied,
                         fm_error *err);

/** Takes out what tells of a person: command lines, names of mesh files, variables, machine. */
fm_status fmi_store_anonymise(fmi_store *store, fm_error *err);

/**
 * The store as the bytes of one file, without what was deleted from it. For a store in memory.
 * @param bytes out, owned: free with fmi_store_bytes_free
 */
fm_status fmi_store_bytes(fmi_store *store, unsigned char **bytes, size_t *count, fm_error *err);
void fmi_store_bytes_free(unsigned char **bytes);

#endif
