/* SPDX-License-Identifier: MIT */
/**
 * @file error.h
 * Filling the error object. Every function here accepts err == NULL.
 */
#ifndef FMI_ERROR_H
#define FMI_ERROR_H

#include <fm/status.h>

#include <stddef.h>

/**
 * Records a failure and returns status, so that callers write `return fmi_fail(...)`.
 * The message is one sentence: what failed, with which value; what to do. Control bytes in the
 * result are escaped as \xHH, so file names may be passed as they are.
 */
fm_status fmi_fail(fm_error *err, fm_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** As fmi_fail with the status and the name of an OpenCL code: "clCreateBuffer: ... (-61 ...)". */
fm_status fmi_fail_cl(fm_error *err, int code, const char *call, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/**
 * Adds a line of context ("while building raster.cl") to a failure and returns its status. With
 * FM_OK err is neither read nor written: nobody has filled it.
 */
fm_status fmi_while(fm_error *err, fm_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The one map from OpenCL codes to statuses. */
fm_status fmi_status_from_cl(int code);
/** Name of an OpenCL code, for example "CL_OUT_OF_RESOURCES"; "unknown" when not known. */
const char *fmi_cl_name(int code);

/** Copies text to out with control bytes escaped as \xHH; always terminated. Returns out. */
char *fmi_escape(char *out, size_t out_bytes, const char *text);

/** Process exit code of a status, as in the contract: 0, 2, 3, 4, 5, 6, 75, 130. */
int fmi_exit_code(fm_status status);

#endif
