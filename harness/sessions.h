/* SPDX-License-Identifier: MIT */
/**
 * @file sessions.h
 * What sessions do to numbers: the changes of one cell from a run to the next of the same program
 * on the same machine. Only a difference beyond them says something about code.
 */
#ifndef FMI_SESSIONS_H
#define FMI_SESSIONS_H

#include "store.h"

#define FMI_SESSIONS_LEAST 20 /**< changes below which a floor is no 95 % of anything */

/** Zeroed = not known. */
typedef struct fmi_sessions {
    double floor;     /**< 95 % of the changes lie within this share; 0 = not known */
    uint32_t changes; /**< that were seen */
} fmi_sessions;

/**
 * Reads the changes out of the history of a machine: rates of cells with the same key in runs that
 * follow one another and have the same fingerprint.
 * @param a, b rows of runs whose own change does not count
 */
fm_status fmi_sessions_read(fmi_store *store, const char *machine, int64_t a, int64_t b,
                            fmi_sessions *sessions, fm_error *err);

/** The sentence under a comparison of stored runs. */
void fmi_sessions_text(const fmi_sessions *sessions, char *out, size_t out_bytes);

#endif
