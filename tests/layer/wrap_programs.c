/* SPDX-License-Identifier: MIT */
/* Programs and kernels. */
#include "counts.h"
#include "objects.h"
#include "wrap.h"

#define TAG_SOURCE 0
#define TAG_BINARY 1

typedef void(CL_CALLBACK *program_notify)(cl_program, void *);

FMF_RETAIN(clRetainProgram, cl_program)
FMF_RELEASE(clReleaseProgram, cl_program)
FMF_RETAIN(clRetainKernel, cl_kernel)
FMF_RELEASE(clReleaseKernel, cl_kernel)

/* Local memory that arguments ask for. Drivers differ in whether CL_KERNEL_LOCAL_MEM_SIZE includes
 * it (PoCL 3.1 does, PoCL 6.0 does not), so the layer keeps the numbers itself. */
#define LOCAL_ARGS 64
static struct {
    cl_kernel kernel;
    cl_uint index;
    size_t bytes;
} local_args[LOCAL_ARGS];

static void remember_local(cl_kernel kernel, cl_uint index, size_t bytes) {
    fmf_lock();
    int slot = -1;
    for (int i = 0; i < LOCAL_ARGS; i++) {
        bool same = local_args[i].kernel == kernel && local_args[i].index == index;
        if (same || (slot < 0 && !local_args[i].kernel)) {
            slot = i;
        }
        if (same) {
            break;
        }
    }
    if (slot >= 0) {
        local_args[slot].kernel = kernel;
        local_args[slot].index = index;
        local_args[slot].bytes = bytes;
    }
    fmf_unlock();
}

size_t fmf_local_arg_bytes(cl_kernel kernel) {
    size_t bytes = 0;
    fmf_lock();
    for (int i = 0; i < LOCAL_ARGS; i++) {
        bytes += local_args[i].kernel == kernel ? local_args[i].bytes : 0;
    }
    fmf_unlock();
    return bytes;
}

static void forget_local(cl_kernel kernel) {
    fmf_lock();
    for (int i = 0; i < LOCAL_ARGS; i++) {
        if (local_args[i].kernel == kernel) {
            local_args[i].kernel = NULL;
        }
    }
    fmf_unlock();
}

static cl_int CL_API_CALL on_clSetKernelArg(cl_kernel kernel, cl_uint index, size_t bytes,
                                            const void *value) {
    cl_int code = fmf_enter(FMF_clSetKernelArg);
    if (code != CL_SUCCESS) {
        return code;
    }
    if (!value && bytes > 0) {
        remember_local(kernel, index, bytes);
    }
    return fmf_next->clSetKernelArg(kernel, index, bytes, value);
}

static cl_program CL_API_CALL on_clCreateProgramWithSource(cl_context context, cl_uint count,
                                                           const char **texts,
                                                           const size_t *lengths,
                                                           cl_int *code_ret) {
    cl_program program = NULL;
    cl_int code = fmf_enter(FMF_clCreateProgramWithSource);
    if (code == CL_SUCCESS) {
        program = fmf_next->clCreateProgramWithSource(context, count, texts, lengths, &code);
    }
    fmf_born(FMF_PROGRAM, program, 0, TAG_SOURCE);
    FMF_ANSWER(code_ret, code);
    return program;
}

static cl_program CL_API_CALL on_clCreateProgramWithBinary(cl_context context, cl_uint count,
                                                           const cl_device_id *devices,
                                                           const size_t *lengths,
                                                           const unsigned char **binaries,
                                                           cl_int *statuses, cl_int *code_ret) {
    cl_program program = NULL;
    cl_int code = fmf_enter(FMF_clCreateProgramWithBinary);
    if (code == CL_SUCCESS) {
        program = fmf_next->clCreateProgramWithBinary(context, count, devices, lengths, binaries,
                                                      statuses, &code);
    }
    fmf_born(FMF_PROGRAM, program, 0, TAG_BINARY);
    FMF_ANSWER(code_ret, code);
    return program;
}

static cl_int CL_API_CALL on_clBuildProgram(cl_program program, cl_uint count,
                                            const cl_device_id *devices, const char *options,
                                            program_notify notify, void *user) {
    cl_int code = fmf_enter(FMF_clBuildProgram);
    if (code == CL_SUCCESS && (fmf_set.lack & FMF_LACK_COMPILER)) {
        code = fmf_refuse(CL_COMPILER_NOT_AVAILABLE);
    }
    if (code == CL_SUCCESS) {
        code = fmf_next->clBuildProgram(program, count, devices, options, notify, user);
    }
    if (code == CL_SUCCESS) {
        fmf_built(fmf_tag(program) == TAG_BINARY);
    }
    return code;
}

FMF_PASS(clCompileProgram,
         (cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
          cl_uint headers, const cl_program *header, const char **names, program_notify notify,
          void *user),
         (program, count, devices, options, headers, header, names, notify, user))

static cl_program CL_API_CALL on_clLinkProgram(cl_context context, cl_uint count,
                                               const cl_device_id *devices, const char *options,
                                               cl_uint inputs, const cl_program *input,
                                               program_notify notify, void *user,
                                               cl_int *code_ret) {
    cl_program program = NULL;
    cl_int code = fmf_enter(FMF_clLinkProgram);
    if (code == CL_SUCCESS) {
        program = fmf_next->clLinkProgram(context, count, devices, options, inputs, input, notify,
                                          user, &code);
    }
    fmf_born(FMF_PROGRAM, program, 0, TAG_SOURCE);
    FMF_ANSWER(code_ret, code);
    return program;
}

static cl_kernel CL_API_CALL on_clCreateKernel(cl_program program, const char *name,
                                               cl_int *code_ret) {
    cl_kernel kernel = NULL;
    cl_int code = fmf_enter(FMF_clCreateKernel);
    if (code == CL_SUCCESS) {
        kernel = fmf_next->clCreateKernel(program, name, &code);
    }
    if (kernel) {
        forget_local(kernel); /* an earlier kernel may have had this handle */
        fmf_born(FMF_KERNEL, kernel, 0, fmf_kernel_slot(name));
    }
    FMF_ANSWER(code_ret, code);
    return kernel;
}

void fmf_wrap_programs(cl_icd_dispatch *table) {
    FMF_SET(table, clCreateProgramWithSource);
    FMF_SET(table, clCreateProgramWithBinary);
    FMF_SET(table, clRetainProgram);
    FMF_SET(table, clReleaseProgram);
    FMF_SET(table, clBuildProgram);
    FMF_SET(table, clCompileProgram);
    FMF_SET(table, clLinkProgram);
    FMF_SET(table, clCreateKernel);
    FMF_SET(table, clRetainKernel);
    FMF_SET(table, clReleaseKernel);
    FMF_SET(table, clSetKernelArg);
}
