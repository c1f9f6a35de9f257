/* SPDX-License-Identifier: MIT */
/**
 * @file fault.h
 * fmfault: an OpenCL layer that counts what a program does and makes calls fail. The program is
 * not changed; the loader (ocl-icd >= 2.3.1, or Khronos' with layers) puts the layer in front of
 * every driver:
 *
 *     OPENCL_LAYERS=/absolute/path/libfmfault.so FMFAULT_REPORT=r.json fmorph morph a.fbx b.fbx
 *     OPENCL_LAYERS=... FMFAULT_REPORT=r.json FMFAULT_FAIL='*:17' fmorph morph a.fbx b.fbx
 *
 * A loader ignores a layer that it cannot load, without a word. So a test removes the report
 * first and then asserts that there is one with the process id of the program it started.
 * Variables, all optional; a value that is not understood is named on stderr and the layer stays
 * out (no report):
 *
 *     FMFAULT_REPORT=FILE   JSON, by rename; at the first injected failure, when the last context
 *                           goes, and at exit, which a program may skip
 *     FMFAULT_FAIL=name:N[:code][:sticky][,..]
 *                           the N-th call of that name (counted from 1) fails without reaching the
 *                           driver (an unmap does reach it); sticky: every later one too. '*': any
 *                           call but retains and releases. 'place': of those, the first from
 *                           each call stack, for programs that make some calls by the thousand.
 *                           'stack': the first call from the stack of that number N, which is
 *                           the same in every process. code: default by call, see calls.h
 *     FMFAULT_ONCE=FILE     failures are for the first process only: FILE is made at the first one,
 *                           and a process that finds it there gets none
 *     FMFAULT_STACK=FILE    the call stack of the first failure, for addr2line
 *     FMFAULT_PLACES=FILE   the call stack of every 'place' is appended, after "place N STACK
 *                           name", STACK being its number
 *     FMFAULT_DELAY=name:N:ms[:sticky][,..]    sleeps before the call
 *     FMFAULT_FLIP=N        one bit of the N-th read-back (read, or map for reading) is flipped
 *     FMFAULT_MEM_CAP=SIZE  device memory (K, M, G); the largest buffer is a quarter of it, and
 *                           a buffer that does not fit beside the living ones is refused (-4)
 *     FMFAULT_MEM_ROOM=SIZE a buffer that does not fit beside the living ones is refused (-4),
 *                           while the device goes on to say that it has more
 *     FMFAULT_WG_CAP=N      work-items in a group; a larger launch is refused (-54)
 *     FMFAULT_LMEM_CAP=SIZE local memory; a launch that needs more is refused (-5)
 *     FMFAULT_LACK=what[,..] the device has no compiler, images, profiling (such queues are
 *                           refused, -35) or clock (events say 0): it says so and acts so; or it
 *                           says that it has no fp64, or that it is a GPU and does not share the
 *                           host's memory (shared)
 *     FMFAULT_MARK=kernel   uploads from the first launch of a kernel whose name starts so are
 *                           also counted as after_mark
 *
 * What counts as a transfer: every write, read and map (a map for reading is one from the device,
 * for writing one to it), and every creation that copies or uses host memory. "repeated": uploads
 * of 256 bytes and more whose content went up before. Calls that are not in calls.h pass unseen;
 * tests/faults checks that fmorph uses none.
 *
 * This header is the layer's inside. One lock guards all bookkeeping; no lock is held while the
 * driver works.
 */
#ifndef FMF_FAULT_H
#define FMF_FAULT_H

#include "calls.h"
#include "rule.h"

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl_layer.h>

#include <stdint.h>

/** What FMFAULT_LACK takes away. */
enum {
    FMF_LACK_COMPILER = 1,
    FMF_LACK_IMAGES = 2,
    FMF_LACK_PROFILING = 4,
    FMF_LACK_CLOCK = 8,
    FMF_LACK_FP64 = 16,
    FMF_LACK_SHARED = 32
};

/** What the layer was told; read once. */
typedef struct fmf_settings {
    const char *report;
    const char *mark;
    fmf_rules fail, delay;
    unsigned long flip;
    uint64_t mem_cap, mem_room, wg_cap, lmem_cap; /**< 0 = as the device says */
    unsigned lack;                                /**< FMF_LACK_ */
    const char *once;
    bool spent; /**< the file of `once` was there */
} fmf_settings;

extern fmf_settings fmf_set;
extern const cl_icd_dispatch *fmf_next; /**< the driver's side */

/** Reads the variables; false, after a line on stderr, when one is not understood. */
bool fmf_settings_read(void);
/** The first failure came to pass: makes the file of FMFAULT_ONCE. */
void fmf_settings_spend(void);

void fmf_lock(void);
void fmf_unlock(void);

/** Bytes of local memory that the arguments of a kernel ask for (wrap_programs.c). */
size_t fmf_local_arg_bytes(cl_kernel kernel);

/** Counts a call, sleeps if told so. The code to fail with, or CL_SUCCESS. */
cl_int fmf_enter(fmf_call call);
/** A call that the caps refused. Returns code. */
cl_int fmf_refuse(cl_int code);

/** Wrappers, by area: each fills its entries of the table. */
void fmf_wrap_objects(cl_icd_dispatch *table);
void fmf_wrap_programs(cl_icd_dispatch *table);
void fmf_wrap_commands(cl_icd_dispatch *table);
void fmf_wrap_queries(cl_icd_dispatch *table);

#endif
