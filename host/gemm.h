/* SPDX-License-Identifier: MIT */
/**
 * @file gemm.h
 * A matrix product from a module that is opened when first asked for, so that libfm itself links
 * OpenCL, libm and pthread only and runs where the module or CLBlast is absent.
 */
#ifndef FMI_GEMM_H
#define FMI_GEMM_H

#include "cl.h"

#include <fm/log.h>

#include <stdbool.h>

#define FMI_GEMM_ABI 1U
#define FMI_GEMM_MODULE "fm_blend_clblast.so"
#define FMI_GEMM_SYMBOL "fm_blend_clblast"

/** C (m x n) = A^T (A is k x m) * B (k x n), all by rows. */
typedef struct fmi_gemm_job {
    size_t m, n, k;
    cl_mem a, b, c;
    size_t a_offset, a_lead, b_lead, c_offset, c_lead; /**< floats */
} fmi_gemm_job;

/** What the module exports under FMI_GEMM_SYMBOL. */
typedef struct fmi_gemm {
    unsigned abi;        /**< FMI_GEMM_ABI */
    const char *version; /**< of the library behind it */
    /** Enqueues; 0 or the library's status. */
    int (*multiply)(cl_command_queue queue, const fmi_gemm_job *job);
    /** Multiplies two 1 x 1 matrices of 16-bit floats: 0 when the device can, else the status. */
    int (*probe_half)(cl_context context, cl_command_queue queue);
} fmi_gemm;

/**
 * Opens the module from the first of: FM_MODULE_DIR (environment; when set, nothing else is
 * tried), ../lib/facemorph and facemorph beside the file that holds this library, the folder of
 * the installation. Once a process; later calls return the same answer. Never closed: drivers keep
 * pointers into what it loads.
 *
 * Threads: any.
 * @return NULL when it is not there or does not fit; the reason is logged at debug level
 */
const fmi_gemm *fmi_gemm_open(const fm_log *log);

#endif
