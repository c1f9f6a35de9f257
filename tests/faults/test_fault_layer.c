/* SPDX-License-Identifier: MIT */
/* The instrument itself: known calls, and what the layer makes of them. Each test is a process of
 * its own, so it sets the layer's variables before its first OpenCL call. */
#define CL_TARGET_OPENCL_VERSION 120
#include "fm_test.h"

#include <CL/cl.h>
#include <jansson.h>
#include <time.h>
#include <unistd.h>

TestSuite(fault_layer, .timeout = 60);

#define ITEMS 1024
#define BYTES (ITEMS * sizeof(cl_int))

static const char text[] =
    "kernel void twice(global int *x) { x[get_global_id(0)] *= 2; }\n"
    "kernel void once(global int *x, local int *y) { y[0] = x[0]; x[0] = y[0]; }\n";

typedef struct job {
    cl_device_id device;
    cl_context context;
    cl_command_queue queue;
    cl_mem mem;
    cl_program program;
    cl_kernel kernel;
    cl_int data[ITEMS];
} job;

static char report[FM_TEST_PATH];

/* Puts the layer in front, with a report of this test's own. */
static void start(const char *name) {
    fm_test_dir(report, name);
    strncat(report, "/report.json", sizeof report - strlen(report) - 1);
    const char *layer = getenv("FMFAULT_LAYER");
    cr_assert_not_null(layer, "FMFAULT_LAYER names no layer");
    setenv("OPENCL_LAYERS", layer, 1);
    setenv("FMFAULT_REPORT", report, 1);
}

/* The value at a path like a.b of the report, which is written when the last context goes. */
static json_int_t fact(const char *path) {
    json_error_t error;
    json_t *root = json_load_file(report, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "no report: is there a layer? %s", error.text);
    cr_assert_eq(json_integer_value(json_object_get(root, "pid")), getpid(), "an old report");
    const json_t *at = root;
    char part[64];
    while (at && *path) {
        size_t n = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)n, path);
        at = json_object_get(at, part);
        path += n + (path[n] == '.');
    }
    cr_assert(json_is_integer(at), "no number at %s", part);
    json_int_t value = json_integer_value(at);
    json_decref(root);
    return value;
}

static void open_device(job *j) {
    cl_platform_id platform = NULL;
    cr_assert_eq(clGetPlatformIDs(1, &platform, NULL), CL_SUCCESS);
    cr_assert_eq(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &j->device, NULL), CL_SUCCESS);
    cl_int code = CL_SUCCESS;
    j->context = clCreateContext(NULL, 1, &j->device, NULL, NULL, &code);
    cr_assert_eq(code, CL_SUCCESS);
    j->queue = clCreateCommandQueue(j->context, j->device, 0, &code);
    cr_assert_eq(code, CL_SUCCESS);
}

static void open_kernel(job *j) {
    const char *source = text;
    cl_int code = CL_SUCCESS;
    j->program = clCreateProgramWithSource(j->context, 1, &source, NULL, &code);
    cr_assert_eq(code, CL_SUCCESS);
    cr_assert_eq(clBuildProgram(j->program, 1, &j->device, "", NULL, NULL), CL_SUCCESS);
    j->kernel = clCreateKernel(j->program, "twice", &code);
    cr_assert_eq(code, CL_SUCCESS);
}

static cl_int open_buffer(job *j) {
    cl_int code = CL_SUCCESS;
    for (int i = 0; i < ITEMS; i++) {
        j->data[i] = i;
    }
    j->mem = clCreateBuffer(j->context, CL_MEM_READ_WRITE, BYTES, NULL, &code);
    return code;
}

static void close_job(job *j) {
    if (j->queue) /* PoCL dies when the process ends while it compiles */
        clFinish(j->queue);
    if (j->mem)
        clReleaseMemObject(j->mem);
    if (j->kernel)
        clReleaseKernel(j->kernel);
    if (j->program)
        clReleaseProgram(j->program);
    if (j->queue)
        clReleaseCommandQueue(j->queue);
    clReleaseContext(j->context);
}

static cl_int write_all(job *j) {
    return clEnqueueWriteBuffer(j->queue, j->mem, CL_TRUE, 0, BYTES, j->data, 0, NULL, NULL);
}

static cl_int read_all(job *j) {
    return clEnqueueReadBuffer(j->queue, j->mem, CL_TRUE, 0, BYTES, j->data, 0, NULL, NULL);
}

static cl_int launch(job *j, size_t local, cl_event *event) {
    size_t global = ITEMS;
    clSetKernelArg(j->kernel, 0, sizeof j->mem, &j->mem);
    return clEnqueueNDRangeKernel(j->queue, j->kernel, 1, NULL, &global, &local, 0, NULL, event);
}

Test(fault_layer, counts_a_known_job) {
    job j = {0};
    cl_event event = NULL;
    cl_int code = CL_SUCCESS;
    start("counts");
    setenv("FMFAULT_MARK", "twi", 1);
    open_device(&j);
    open_kernel(&j);
    cr_assert_eq(open_buffer(&j), CL_SUCCESS);
    cl_mem copy = clCreateBuffer(j.context, CL_MEM_COPY_HOST_PTR, 512, j.data, &code);
    cr_assert_eq(write_all(&j), CL_SUCCESS);
    cr_assert_eq(launch(&j, 64, &event), CL_SUCCESS);
    cr_assert_eq(launch(&j, 64, NULL), CL_SUCCESS);
    cr_assert_eq(write_all(&j), CL_SUCCESS);
    void *map = clEnqueueMapBuffer(j.queue, j.mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, 100, 0,
                                   NULL, NULL, &code);
    cr_assert_eq(clEnqueueUnmapMemObject(j.queue, j.mem, map, 0, NULL, NULL), CL_SUCCESS);
    cr_assert_eq(read_all(&j), CL_SUCCESS);
    clReleaseEvent(event);
    clReleaseMemObject(copy);
    close_job(&j);
    cr_expect_eq(fact("transfers.to_device.count"), 4);
    cr_expect_eq(fact("transfers.to_device.bytes"), 2 * BYTES + 512 + 100);
    cr_expect_eq(fact("transfers.from_device.count"), 2);
    cr_expect_eq(fact("transfers.from_device.bytes"), BYTES + 100);
    cr_expect_eq(fact("transfers.repeated.bytes"), BYTES);
    cr_expect_eq(fact("transfers.after_mark.bytes"), BYTES + 100);
    cr_expect_eq(fact("launches"), 2);
    cr_expect_eq(fact("kernels.twice"), 2);
    cr_expect_eq(fact("builds.source"), 1);
    cr_expect_eq(fact("created.events"), 1);
    cr_expect_eq(fact("memory.peak_bytes"), BYTES + 512);
    cr_expect_eq(fact("live.total"), 0);
    cr_expect_eq(fact("strays"), 0);
}

Test(fault_layer, finds_what_is_left_alive) {
    job j = {0};
    cl_event event = NULL;
    cl_int code = CL_SUCCESS;
    start("leaks");
    open_device(&j);
    open_kernel(&j);
    cr_assert_eq(open_buffer(&j), CL_SUCCESS);
    cl_buffer_region region = {0, 128};
    cl_mem part = clCreateSubBuffer(j.mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    cr_assert_eq(launch(&j, 64, &event), CL_SUCCESS);
    cr_assert_eq(clFinish(j.queue), CL_SUCCESS);
    void *map =
        clEnqueueMapBuffer(j.queue, j.mem, CL_TRUE, CL_MAP_READ, 0, 4, 0, NULL, NULL, &code);
    clRetainMemObject(j.mem);
    clRetainKernel(j.kernel);
    close_job(&j);
    cr_expect_eq(fact("live.total"), 5);
    cr_expect_eq(fact("live.buffers"), 1);
    cr_expect_eq(fact("live.sub_buffers"), 1);
    cr_expect_eq(fact("live.kernels"), 1);
    cr_expect_eq(fact("live.events"), 1);
    cr_expect_eq(fact("live.maps"), 1);
    cr_expect_not_null(part);
    cr_expect_not_null(map);
}

Test(fault_layer, fails_the_call_it_was_told_to) {
    job j = {0};
    start("fails");
    setenv("FMFAULT_FAIL", "clCreateBuffer:2,clFinish:2:-36:sticky", 1);
    open_device(&j);
    cr_assert_eq(open_buffer(&j), CL_SUCCESS);
    cl_mem first = j.mem;
    cr_expect_eq(open_buffer(&j), CL_MEM_OBJECT_ALLOCATION_FAILURE);
    cr_expect_null(j.mem);
    cr_expect_eq(open_buffer(&j), CL_SUCCESS);
    cr_expect_eq(clFinish(j.queue), CL_SUCCESS);
    cr_expect_eq(clFinish(j.queue), CL_INVALID_COMMAND_QUEUE);
    cr_expect_eq(clFinish(j.queue), CL_INVALID_COMMAND_QUEUE);
    cr_expect_eq(write_all(&j), CL_SUCCESS);
    clReleaseMemObject(first);
    close_job(&j);
    cr_expect_eq(fact("injected.count"), 4);
    cr_expect_eq(fact("created.buffers"), 2);
    cr_expect_eq(fact("live.total"), 0);
}

Test(fault_layer, any_call_is_counted_in_order) {
    job j = {0};
    start("any");
    setenv("FMFAULT_FAIL", "*:5", 1);
    open_device(&j); /* four calls that can fail */
    cr_expect_eq(open_buffer(&j), CL_MEM_OBJECT_ALLOCATION_FAILURE);
    cr_expect_eq(open_buffer(&j), CL_SUCCESS);
    close_job(&j);
    cr_expect_eq(fact("fallible"), 7);
    cr_expect_eq(fact("injected.nth"), 5);
    cr_expect_eq(fact("injected.code"), -4);
}

Test(fault_layer, a_place_that_calls_often_counts_once) {
    job j = {0};
    start("places");
    setenv("FMFAULT_FAIL", "place:5", 1);
    open_device(&j);                       /* four places */
    for (volatile int i = 0; i < 3; i++) { /* the fifth, and only its first call fails */
        cr_expect_eq(clFinish(j.queue), i == 0 ? CL_OUT_OF_RESOURCES : CL_SUCCESS);
    }
    close_job(&j); /* and one that finishes, too */
    cr_expect_eq(fact("places"), 6);
    cr_expect_eq(fact("injected.count"), 1);
    cr_expect_eq(fact("injected.nth"), 5);
}

Test(fault_layer, pretends_a_smaller_device) {
    job j = {0};
    cl_ulong bytes = 0;
    size_t sizes[3] = {0};
    size_t items = 0;
    start("caps");
    setenv("FMFAULT_MEM_CAP", "8K", 1);
    setenv("FMFAULT_WG_CAP", "32", 1);
    setenv("FMFAULT_LMEM_CAP", "1K", 1);
    open_device(&j);
    open_kernel(&j);
    clGetDeviceInfo(j.device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    cr_expect_eq(bytes, 8192);
    clGetDeviceInfo(j.device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof bytes, &bytes, NULL);
    cr_expect_eq(bytes, 2048);
    clGetDeviceInfo(j.device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    cr_expect_eq(bytes, 1024);
    clGetDeviceInfo(j.device, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof sizes, sizes, NULL);
    cr_expect(sizes[0] == 32 && sizes[1] == 32 && sizes[2] == 32);
    clGetKernelWorkGroupInfo(j.kernel, j.device, CL_KERNEL_WORK_GROUP_SIZE, sizeof items, &items,
                             NULL);
    cr_expect_eq(items, 32);
    cr_expect_eq(open_buffer(&j), CL_INVALID_BUFFER_SIZE);
    close_job(&j);
    cr_expect_eq(fact("refused"), 1);
}

Test(fault_layer, refuses_what_a_smaller_device_would) {
    job j = {0};
    cl_int code = CL_SUCCESS;
    cl_mem more[4] = {0};
    start("refuses");
    setenv("FMFAULT_MEM_CAP", "16K", 1);
    setenv("FMFAULT_WG_CAP", "32", 1);
    setenv("FMFAULT_LMEM_CAP", "64", 1);
    open_device(&j);
    open_kernel(&j);
    cr_assert_eq(open_buffer(&j), CL_SUCCESS);
    for (int i = 0; i < 4; i++) {
        more[i] = clCreateBuffer(j.context, CL_MEM_READ_WRITE, BYTES, NULL, &code);
    }
    cr_expect_eq(code, CL_MEM_OBJECT_ALLOCATION_FAILURE);
    cr_expect_eq(launch(&j, 64, NULL), CL_INVALID_WORK_GROUP_SIZE);
    cr_expect_eq(launch(&j, 32, NULL), CL_SUCCESS);
    clReleaseKernel(j.kernel);
    j.kernel = clCreateKernel(j.program, "once", &code);
    clSetKernelArg(j.kernel, 1, 128, NULL);
    cr_expect_eq(launch(&j, 32, NULL), CL_OUT_OF_RESOURCES);
    for (int i = 0; i < 3; i++) {
        clReleaseMemObject(more[i]);
    }
    close_job(&j);
    cr_expect_eq(fact("refused"), 3);
    cr_expect_eq(fact("live.total"), 0);
}

Test(fault_layer, flips_one_bit_and_delays) {
    job j = {0};
    struct timespec from, to;
    int changed = 0;
    start("flips");
    setenv("FMFAULT_FLIP", "2", 1);
    setenv("FMFAULT_DELAY", "clEnqueueWriteBuffer:1:200", 1);
    open_device(&j);
    cr_assert_eq(open_buffer(&j), CL_SUCCESS);
    clock_gettime(CLOCK_MONOTONIC, &from);
    cr_assert_eq(write_all(&j), CL_SUCCESS);
    clock_gettime(CLOCK_MONOTONIC, &to);
    cr_expect((double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec) >
              0.19);
    cr_assert_eq(read_all(&j), CL_SUCCESS);
    for (int i = 0; i < ITEMS; i++) {
        changed += j.data[i] != i;
    }
    cr_expect_eq(changed, 0);
    cr_assert_eq(read_all(&j), CL_SUCCESS);
    for (int i = 0; i < ITEMS; i++) {
        changed += __builtin_popcount((unsigned)(j.data[i] ^ i));
    }
    cr_expect_eq(changed, 1);
    close_job(&j);
}
