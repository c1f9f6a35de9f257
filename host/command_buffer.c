/* SPDX-License-Identifier: MIT */
/* Types as the extension's specification has them: headers before 2023 lack some and name others
 * differently. */
#include "command_buffer.h"

#include "error.h"
#include "queue_impl.h"

#include <stdlib.h>
#include <string.h>

#define VERSION(major, minor, patch) ((major) << 22 | (minor) << 12 | (patch))

typedef struct recorded *command_buffer;
typedef cl_ulong property;

typedef command_buffer(CL_API_CALL *create_fn)(cl_uint queues, const cl_command_queue *list,
                                               const property *properties, cl_int *code);
typedef cl_int(CL_API_CALL *kernel_fn)(command_buffer commands, cl_command_queue queue,
                                       const property *properties, cl_kernel kernel, cl_uint dims,
                                       const size_t *offset, const size_t *global,
                                       const size_t *local, cl_uint waits, const cl_uint *wait_list,
                                       cl_uint *point, void **handle);
typedef cl_int(CL_API_CALL *simple_fn)(command_buffer commands);
typedef cl_int(CL_API_CALL *enqueue_fn)(cl_uint queues, cl_command_queue *list,
                                        command_buffer commands, cl_uint waits,
                                        const cl_event *wait_list, cl_event *event);

struct fmi_commands {
    fmi_queue *queue;
    command_buffer buffer;
    uint32_t timer;
    create_fn create;
    kernel_fn kernel;
    simple_fn finalize, release;
    enqueue_fn enqueue;
};

bool fmi_commands_known(uint32_t version) {
    return version >= VERSION(0U, 9U, 0U) && version <= VERSION(0U, 9U, 7U);
}

bool fmi_commands_possible(const fmi_queue *queue) {
    return !queue->stand_in && !(queue->record && queue->record->launching);
}

/* ISO C has no cast from object to function pointers; OpenCL promises that the bytes are the same.
 */
static bool find(cl_platform_id platform, const char *name, void *function) {
    void *address = clGetExtensionFunctionAddressForPlatform(platform, name);
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

static bool find_all(fmi_commands *c) {
    cl_platform_id platform = c->queue->device.platform;
    return find(platform, "clCreateCommandBufferKHR", &c->create) &&
           find(platform, "clCommandNDRangeKernelKHR", &c->kernel) &&
           find(platform, "clFinalizeCommandBufferKHR", &c->finalize) &&
           find(platform, "clReleaseCommandBufferKHR", &c->release) &&
           find(platform, "clEnqueueCommandBufferKHR", &c->enqueue);
}

static cl_int record(fmi_commands *c, const fmi_launch *launch) {
    const size_t *local = launch->local[0] ? launch->local : NULL;
    cl_int code = CL_SUCCESS;
    cl_uint point = 0;
    for (uint32_t i = 0; code == CL_SUCCESS && i < launch->arg_count; ++i)
        code = clSetKernelArg(launch->kernel, i, launch->args[i].bytes, launch->args[i].value);
    if (code == CL_SUCCESS)
        c->buffer = c->create(1, &c->queue->queue, NULL, &code);
    if (code == CL_SUCCESS)
        code = c->kernel(c->buffer, NULL, NULL, launch->kernel, launch->dims, NULL, launch->global,
                         local, 0, NULL, &point, NULL);
    return code == CL_SUCCESS ? c->finalize(c->buffer) : code;
}

fm_status fmi_commands_record(fmi_commands **commands, fmi_queue *queue, const fmi_launch *launch,
                              fm_error *err) {
    *commands = NULL;
    fmi_commands *c = calloc(1, sizeof *c);
    if (!c)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to record a launch");
    c->queue = queue;
    c->timer = launch->timer;
    const cl_int code = find_all(c) ? record(c, launch) : CL_INVALID_OPERATION;
    if (code == CL_SUCCESS) {
        *commands = c;
        return FM_OK;
    }
    fmi_commands_free(&c);
    return fmi_fail(err, FM_ERROR_UNSUPPORTED, "%s does not record %s (%d %s)",
                    queue->device.caps.name, launch->name, code, fmi_cl_name(code));
}

fm_status fmi_commands_run(fmi_commands *commands, fm_error *err) {
    fmi_queue *queue = commands->queue;
    cl_event event = NULL;
    fm_status status = fmi_queue_ready(queue, err);
    if (status != FM_OK)
        return status;
    const cl_int code = commands->enqueue(0, NULL, commands->buffer, 0, NULL, &event);
    if (code != CL_SUCCESS)
        return fmi_queue_fail(queue, err, code, "clEnqueueCommandBufferKHR",
                              "a recorded launch cannot be started; use a smaller batch");
    fmi_queue_took(queue, event, commands->timer);
    return FM_OK;
}

void fmi_commands_free(fmi_commands **commands) {
    if (!*commands)
        return;
    if ((*commands)->buffer)
        (void)(*commands)->release((*commands)->buffer);
    free(*commands);
    *commands = NULL;
}
