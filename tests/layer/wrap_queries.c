/* SPDX-License-Identifier: MIT */
/* Questions, and the smaller device that the caps pretend. */
#include "wrap.h"

#include <string.h>

#define INFO_PARAMS size_t room, void *value, size_t *needed
#define INFO_ARGS room, value, needed

FMF_PASS(clGetPlatformIDs, (cl_uint room, cl_platform_id *list, cl_uint *count),
         (room, list, count))
FMF_PASS(clGetPlatformInfo, (cl_platform_id platform, cl_platform_info what, INFO_PARAMS),
         (platform, what, INFO_ARGS))
FMF_PASS(clGetDeviceIDs,
         (cl_platform_id platform, cl_device_type type, cl_uint room, cl_device_id *list,
          cl_uint *count),
         (platform, type, room, list, count))
FMF_PASS(clCreateSubDevices,
         (cl_device_id device, const cl_device_partition_property *how, cl_uint room,
          cl_device_id *parts, cl_uint *count),
         (device, how, room, parts, count))
FMF_PASS(clReleaseDevice, (cl_device_id device), (device))
FMF_PASS(clGetContextInfo, (cl_context context, cl_context_info what, INFO_PARAMS),
         (context, what, INFO_ARGS))
FMF_PASS(clGetCommandQueueInfo, (cl_command_queue queue, cl_command_queue_info what, INFO_PARAMS),
         (queue, what, INFO_ARGS))
FMF_PASS(clGetMemObjectInfo, (cl_mem mem, cl_mem_info what, INFO_PARAMS), (mem, what, INFO_ARGS))
FMF_PASS(clGetProgramInfo, (cl_program program, cl_program_info what, INFO_PARAMS),
         (program, what, INFO_ARGS))
FMF_PASS(clGetProgramBuildInfo,
         (cl_program program, cl_device_id device, cl_program_build_info what, INFO_PARAMS),
         (program, device, what, INFO_ARGS))
FMF_PASS(clGetKernelInfo, (cl_kernel kernel, cl_kernel_info what, INFO_PARAMS),
         (kernel, what, INFO_ARGS))
FMF_PASS(clGetEventInfo, (cl_event event, cl_event_info what, INFO_PARAMS),
         (event, what, INFO_ARGS))

/* A failure is an extension that is not there. */
static void *CL_API_CALL on_clGetExtensionFunctionAddressForPlatform(cl_platform_id platform,
                                                                     const char *name) {
    if (fmf_enter(FMF_clGetExtensionFunctionAddressForPlatform) != CL_SUCCESS)
        return NULL;
    return fmf_next->clGetExtensionFunctionAddressForPlatform(platform, name);
}

static cl_int CL_API_CALL on_clGetEventProfilingInfo(cl_event event, cl_profiling_info what,
                                                     INFO_PARAMS) {
    cl_int code = fmf_enter(FMF_clGetEventProfilingInfo);
    if (code == CL_SUCCESS) {
        code = fmf_next->clGetEventProfilingInfo(event, what, INFO_ARGS);
    }
    if (code == CL_SUCCESS && value && (fmf_set.lack & FMF_LACK_CLOCK)) {
        *(cl_ulong *)value = 0;
    }
    return code;
}

static void cap_u64(void *value, uint64_t cap) {
    cl_ulong *number = value;
    if (cap && *number > cap) {
        *number = cap;
    }
}

static void cap_sizes(void *value, size_t bytes, uint64_t cap) {
    size_t *number = value;
    for (size_t i = 0; cap && i < bytes / sizeof *number; i++) {
        number[i] = number[i] > cap ? (size_t)cap : number[i];
    }
}

/* What the device is told to lack. */
static void take_away(cl_device_info what, void *value) {
    if (what == CL_DEVICE_COMPILER_AVAILABLE && (fmf_set.lack & FMF_LACK_COMPILER)) {
        *(cl_bool *)value = CL_FALSE;
    } else if (what == CL_DEVICE_IMAGE_SUPPORT && (fmf_set.lack & FMF_LACK_IMAGES)) {
        *(cl_bool *)value = CL_FALSE;
    } else if (what == CL_DEVICE_QUEUE_PROPERTIES && (fmf_set.lack & FMF_LACK_PROFILING)) {
        *(cl_command_queue_properties *)value &=
            ~(cl_command_queue_properties)CL_QUEUE_PROFILING_ENABLE;
    } else if (what == CL_DEVICE_DOUBLE_FP_CONFIG && (fmf_set.lack & FMF_LACK_FP64)) {
        *(cl_device_fp_config *)value = 0;
    } else if (what == CL_DEVICE_HOST_UNIFIED_MEMORY && (fmf_set.lack & FMF_LACK_SHARED)) {
        *(cl_bool *)value = CL_FALSE;
    } else if (what == CL_DEVICE_TYPE && (fmf_set.lack & FMF_LACK_SHARED)) {
        *(cl_device_type *)value = CL_DEVICE_TYPE_GPU;
    } else if (what == CL_DEVICE_EXTENSIONS && (fmf_set.lack & FMF_LACK_FP64)) {
        char *name = strstr(value, "cl_khr_fp64");
        if (name) {
            memcpy(name, "cl_no_such_", 11);
        }
    }
}

static cl_int CL_API_CALL on_clGetDeviceInfo(cl_device_id device, cl_device_info what,
                                             INFO_PARAMS) {
    size_t bytes = 0;
    cl_int code = fmf_enter(FMF_clGetDeviceInfo);
    if (code == CL_SUCCESS) {
        code = fmf_next->clGetDeviceInfo(device, what, room, value, &bytes);
    }
    if (code != CL_SUCCESS) {
        return code;
    }
    if (needed) {
        *needed = bytes;
    }
    if (!value) {
        return CL_SUCCESS;
    }
    switch (what) {
    case CL_DEVICE_GLOBAL_MEM_SIZE:
        cap_u64(value, fmf_set.mem_cap);
        break;
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
        cap_u64(value, fmf_set.mem_cap / 4);
        break;
    case CL_DEVICE_LOCAL_MEM_SIZE:
        cap_u64(value, fmf_set.lmem_cap);
        break;
    case CL_DEVICE_MAX_WORK_GROUP_SIZE:
    case CL_DEVICE_MAX_WORK_ITEM_SIZES:
        cap_sizes(value, bytes, fmf_set.wg_cap);
        break;
    default:
        take_away(what, value);
        break;
    }
    return CL_SUCCESS;
}

static cl_int CL_API_CALL on_clGetKernelWorkGroupInfo(cl_kernel kernel, cl_device_id device,
                                                      cl_kernel_work_group_info what, INFO_PARAMS) {
    cl_int code = fmf_enter(FMF_clGetKernelWorkGroupInfo);
    if (code == CL_SUCCESS) {
        code = fmf_next->clGetKernelWorkGroupInfo(kernel, device, what, INFO_ARGS);
    }
    if (code == CL_SUCCESS && value &&
        (what == CL_KERNEL_WORK_GROUP_SIZE ||
         what == CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE)) {
        cap_sizes(value, sizeof(size_t), fmf_set.wg_cap);
    }
    return code;
}

void fmf_wrap_queries(cl_icd_dispatch *table) {
    FMF_SET(table, clGetPlatformIDs);
    FMF_SET(table, clGetPlatformInfo);
    FMF_SET(table, clGetDeviceIDs);
    FMF_SET(table, clGetDeviceInfo);
    FMF_SET(table, clGetExtensionFunctionAddressForPlatform);
    FMF_SET(table, clGetContextInfo);
    FMF_SET(table, clGetCommandQueueInfo);
    FMF_SET(table, clGetMemObjectInfo);
    FMF_SET(table, clGetProgramInfo);
    FMF_SET(table, clGetProgramBuildInfo);
    FMF_SET(table, clGetKernelInfo);
    FMF_SET(table, clGetKernelWorkGroupInfo);
    FMF_SET(table, clGetEventInfo);
    FMF_SET(table, clCreateSubDevices);
    FMF_SET(table, clReleaseDevice);
    FMF_SET(table, clGetEventProfilingInfo);
}
