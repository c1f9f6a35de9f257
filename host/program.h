/* SPDX-License-Identifier: MIT */
/**
 * @file program.h
 * From kernel files to a built program: resolve includes on the host, put a #line before each
 * piece, look in the binary cache, else compile and store.
 */
#ifndef FMI_PROGRAM_H
#define FMI_PROGRAM_H

#include "queue.h"

/**
 * In front of the options of every build. -w: some drivers print warnings to the user's terminal;
 * scripts/check.sh compiles the kernels with all of them on.
 */
#define FMI_BUILD_OPTIONS "-cl-std=CL1.2 -w"

/** One embedded file (generated at build time from cl/ by scripts/cmake/embed_kernels.cmake). */
typedef struct fmi_kernel_file {
    const char *name; /**< for example "raster.cl" */
    const unsigned char *text;
    size_t bytes;
} fmi_kernel_file;
extern const fmi_kernel_file fmi_kernel_files[];
extern const size_t fmi_kernel_file_count;

/** What to build. */
typedef struct fmi_program_params {
    const char *file;       /**< root file, for example "raster.cl" */
    const char *options;    /**< build options, for example "-DFMK_TILE=64"; NULL = none */
    const char *kernel_dir; /**< files here replace embedded ones of the same name; NULL = none */
    const char *cache_dir;  /**< folder of the binary cache; NULL = no cache */
    bool
        large; /**< true: takes long to compile; its binary is left to the driver's own cache
                    where asking for it would compile everything again (fmi_quirks_slow_binaries) */
} fmi_program_params;

/**
 * Text of a kernel file with its `#include "x"` lines resolved (each file once) and #line marks.
 * @param text out, free with free()
 * @param replaced out, how many files came from params->kernel_dir; may be NULL
 */
fm_status fmi_program_text(const fmi_program_params *params, char **text, uint32_t *replaced,
                           fm_error *err);

/** Builds, or loads from the cache. Release *program with clReleaseProgram. */
fm_status fmi_program_build(cl_program *program, fmi_queue *queue, const fmi_program_params *params,
                            fm_error *err);

/** Whether the cache has the binary, so that building is a matter of milliseconds. */
bool fmi_program_cached(fmi_queue *queue, const fmi_program_params *params);

/** Makes one kernel of a program. Release with clReleaseKernel. */
fm_status fmi_kernel_create(cl_kernel *kernel, cl_program program, const char *name, fm_error *err);

#endif
