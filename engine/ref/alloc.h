/* SPDX-License-Identifier: MIT */
/** @file alloc.h Failures and blocks of the reference, which may not include host/. */
#ifndef FMI_REF_ALLOC_H
#define FMI_REF_ALLOC_H

#include <fm/status.h>

#include <stddef.h>

/** Records a failure and returns status; err may be NULL. */
fm_status fmi_ref_fail(fm_error *err, fm_status status, const char *message);

/** calloc that never returns NULL for a size of zero, and records a failure. */
void *fmi_ref_calloc(size_t count, size_t bytes, const char *what, fm_error *err);

#endif
