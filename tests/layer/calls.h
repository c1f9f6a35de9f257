/* SPDX-License-Identifier: MIT */
/**
 * @file calls.h
 * The calls the layer stands in front of: X(name, code). code is what an injected failure answers
 * when the rule names none; 0 = not among '*' and never failed (releases and retains: a program
 * cannot do anything about them).
 */
#ifndef FMF_CALLS_H
#define FMF_CALLS_H

#define FMF_CALLS(X)                                \
    X(clGetPlatformIDs, -6)                         \
    X(clGetPlatformInfo, -6)                        \
    X(clGetDeviceIDs, -6)                           \
    X(clGetDeviceInfo, -6)                          \
    X(clCreateSubDevices, -18)                      \
    X(clReleaseDevice, 0)                           \
    X(clCreateContext, -6)                          \
    X(clRetainContext, 0)                           \
    X(clReleaseContext, 0)                          \
    X(clGetExtensionFunctionAddressForPlatform, -6) \
    X(clGetContextInfo, -6)                         \
    X(clCreateCommandQueue, -6)                     \
    X(clRetainCommandQueue, 0)                      \
    X(clReleaseCommandQueue, 0)                     \
    X(clGetCommandQueueInfo, -6)                    \
    X(clCreateBuffer, -4)                           \
    X(clCreateSubBuffer, -4)                        \
    X(clCreateImage, -4)                            \
    X(clRetainMemObject, 0)                         \
    X(clReleaseMemObject, 0)                        \
    X(clGetMemObjectInfo, -6)                       \
    X(clCreateProgramWithSource, -6)                \
    X(clCreateProgramWithBinary, -6)                \
    X(clRetainProgram, 0)                           \
    X(clReleaseProgram, 0)                          \
    X(clBuildProgram, -11)                          \
    X(clCompileProgram, -15)                        \
    X(clLinkProgram, -17)                           \
    X(clGetProgramInfo, -6)                         \
    X(clGetProgramBuildInfo, -6)                    \
    X(clCreateKernel, -6)                           \
    X(clRetainKernel, 0)                            \
    X(clReleaseKernel, 0)                           \
    X(clSetKernelArg, -6)                           \
    X(clGetKernelInfo, -6)                          \
    X(clGetKernelWorkGroupInfo, -6)                 \
    X(clWaitForEvents, -5)                          \
    X(clGetEventInfo, -5)                           \
    X(clCreateUserEvent, -6)                        \
    X(clRetainEvent, 0)                             \
    X(clReleaseEvent, 0)                            \
    X(clGetEventProfilingInfo, -7)                  \
    X(clFlush, -5)                                  \
    X(clFinish, -5)                                 \
    X(clEnqueueReadBuffer, -5)                      \
    X(clEnqueueWriteBuffer, -5)                     \
    X(clEnqueueCopyBuffer, -5)                      \
    X(clEnqueueFillBuffer, -5)                      \
    X(clEnqueueMapBuffer, -12)                      \
    X(clEnqueueUnmapMemObject, -5)                  \
    X(clEnqueueMarkerWithWaitList, -5)              \
    X(clEnqueueBarrierWithWaitList, -5)             \
    X(clEnqueueNDRangeKernel, -5)

typedef enum fmf_call {
#define FMF_ENUM(name, code) FMF_##name,
    FMF_CALLS(FMF_ENUM)
#undef FMF_ENUM
        FMF_CALL_COUNT
} fmf_call;

extern const char *const fmf_call_names[FMF_CALL_COUNT];
extern const int fmf_call_codes[FMF_CALL_COUNT];

/** The call of that name (not terminated, bytes long); FMF_CALL_COUNT when there is none. */
fmf_call fmf_call_find(const char *name, unsigned long bytes);

#endif
