/* SPDX-License-Identifier: MIT */
/*
 * A program with OpenCL code of its own: the engine works on its context and leaves the frames in
 * its buffer, where a kernel of the program inverts them. No picture passes through the host.
 */
#include <stdio.h>
#include <stdlib.h>

#include <fm/fm.h>
#include <fm/opencl.h>

#include "pyramids.h"

#define FRAMES 5
#define EDGE 128

static const char source[] = "__kernel void invert(__global uchar *p) {\n"
                             "    p[get_global_id(0)] = 255 - p[get_global_id(0)];\n"
                             "}\n";

/* The first device of any platform; a platform may have none. */
static cl_device_id find_device(void) {
    cl_platform_id platforms[16];
    cl_uint count = 0;
    if (clGetPlatformIDs(16, platforms, &count) != CL_SUCCESS)
        return NULL;
    for (cl_uint i = 0; i < count && i < 16; i++) {
        cl_device_id device = NULL;
        if (clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 1, &device, NULL) == CL_SUCCESS)
            return device;
    }
    return NULL;
}

/* The program's own work on the finished frames. */
static int invert(cl_context context, cl_device_id device, cl_command_queue queue, cl_mem pixels,
                  size_t bytes) {
    const char *text = source;
    cl_program program = clCreateProgramWithSource(context, 1, &text, NULL, NULL);
    int ok = clBuildProgram(program, 1, &device, "", NULL, NULL) == CL_SUCCESS;
    cl_kernel kernel = ok ? clCreateKernel(program, "invert", NULL) : NULL;
    ok = kernel && clSetKernelArg(kernel, 0, sizeof pixels, &pixels) == CL_SUCCESS &&
         clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &bytes, NULL, 0, NULL, NULL) == CL_SUCCESS;
    if (kernel)
        clReleaseKernel(kernel);
    clReleaseProgram(program);
    return ok;
}

/* The corners of a white picture are black now, and its middle is not. */
static int looks_right(const unsigned char *frame) {
    const unsigned char *middle = frame + ((size_t)EDGE * EDGE / 2 + EDGE / 2) * 3;
    return frame[0] == 0 && frame[1] == 0 && middle[0] > 0 && middle[0] < 255;
}

int main(void) {
    const size_t frame_bytes = (size_t)EDGE * EDGE * 3, bytes = FRAMES * frame_bytes;
    cl_device_id device = find_device();
    if (!device) {
        fprintf(stderr, "no OpenCL device\n");
        return 1;
    }
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, NULL);
    cl_mem pixels = clCreateBuffer(context, CL_MEM_READ_WRITE, bytes, NULL, NULL);
    unsigned char *host = malloc(bytes);

    fm_error err = {0};
    fm_engine *engine = NULL;
    fm_pair *pair = NULL;
    const float t[FRAMES] = {0.0F, 0.25F, 0.5F, 0.75F, 1.0F};
    fm_view view = {.struct_size = sizeof view, .width = EDGE, .height = EDGE};
    int ok = fm_engine_from_cl(&engine, context, device, NULL, &err) == FM_OK &&
             fm_pair_create(&pair, engine, &pyramid_a, &pyramid_b, NULL, &err) == FM_OK &&
             fm_render_to_cl(pair, t, FRAMES, &view, pixels, 0, NULL, &err) == FM_OK;
    if (!ok)
        fprintf(stderr, "%s\n", err.message);
    ok = ok && host && invert(context, device, queue, pixels, bytes) &&
         clEnqueueReadBuffer(queue, pixels, CL_TRUE, 0, bytes, host, 0, NULL, NULL) == CL_SUCCESS;
    for (size_t i = 0; ok && i < FRAMES; i++)
        ok = looks_right(host + i * frame_bytes);

    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
    free(host);
    clReleaseMemObject(pixels);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
    return ok ? 0 : 1;
}
