/* SPDX-License-Identifier: MIT */
#include "device_impl.h"

#include "error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The list while it grows. A driver that fails is left out; its failure counts only when nothing
 * else is usable, so that one broken driver does not take the others along. */
typedef struct gather {
    fmi_device *list;
    size_t count;
    cl_int code;
    const char *call;
} gather;

static void note_failure(gather *g, cl_int code, const char *call) {
    if (g->code == CL_SUCCESS) {
        g->code = code;
        g->call = call;
    }
}

static void gather_device(gather *g, cl_platform_id platform, const char *name, cl_device_id id) {
    cl_bool available = CL_FALSE;
    cl_int code = clGetDeviceInfo(id, CL_DEVICE_AVAILABLE, sizeof available, &available, NULL);
    if (code == CL_SUCCESS && !available) {
        return;
    }
    fmi_device *device = &g->list[g->count];
    *device = (fmi_device){.platform = platform, .id = id};
    if (code == CL_SUCCESS) {
        code = fmi_device_caps(id, name, g->list, g->count, &device->caps);
    }
    if (code == CL_SUCCESS) {
        g->count++;
    } else {
        note_failure(g, code, "clGetDeviceInfo");
    }
}

/* Makes room for more devices; false when memory is out. */
static bool grow(gather *g, size_t more) {
    fmi_device *list = realloc(g->list, (g->count + more) * sizeof *list);
    if (list) {
        g->list = list;
    }
    return list != NULL;
}

static void gather_platform(gather *g, cl_platform_id platform) {
    char name[sizeof g->list->caps.platform] = "";
    char raw[1024] = "";
    cl_int code = clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof raw - 1, raw, NULL);
    if (code != CL_SUCCESS) {
        note_failure(g, code, "clGetPlatformInfo");
        return;
    }
    fmi_copy_trimmed(name, sizeof name, raw);
    cl_uint count = 0;
    code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count);
    if (code == CL_DEVICE_NOT_FOUND || (code == CL_SUCCESS && count == 0)) {
        return;
    }
    cl_device_id *ids = code == CL_SUCCESS ? calloc(count, sizeof *ids) : NULL;
    if (code == CL_SUCCESS && (!ids || !grow(g, count))) {
        code = CL_OUT_OF_HOST_MEMORY;
    }
    if (code == CL_SUCCESS) {
        code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, ids, NULL);
    }
    if (code != CL_SUCCESS) {
        note_failure(g, code, "clGetDeviceIDs");
    }
    for (cl_uint i = 0; code == CL_SUCCESS && i < count; i++) {
        gather_device(g, platform, name, ids[i]);
    }
    free(ids);
}

#define NO_PLATFORM (-1001) /* the loader's answer when no driver is installed */

fm_status fmi_device_list(fmi_device **list, size_t *count, fm_error *err) {
    *list = NULL;
    *count = 0;
    cl_uint platforms = 0;
    cl_int code = clGetPlatformIDs(0, NULL, &platforms);
    if (code == NO_PLATFORM || (code == CL_SUCCESS && platforms == 0)) {
        return FM_OK;
    }
    cl_platform_id *ids = code == CL_SUCCESS ? calloc(platforms, sizeof(*ids)) : NULL;
    if (code == CL_SUCCESS) {
        code = ids ? clGetPlatformIDs(platforms, ids, NULL) : CL_OUT_OF_HOST_MEMORY;
    }
    if (code != CL_SUCCESS) {
        free(ids);
        return fmi_fail_cl(err, code, "clGetPlatformIDs",
                           "the OpenCL platforms cannot be listed; check the OpenCL loader");
    }
    gather g = {0};
    for (cl_uint i = 0; i < platforms; i++) {
        gather_platform(&g, ids[i]);
    }
    free(ids);
    if (g.count == 0) {
        free(g.list);
        return g.code == CL_SUCCESS
                   ? FM_OK
                   : fmi_fail_cl(err, g.code, g.call,
                                 "no OpenCL driver answers; check the driver with clinfo");
    }
    *list = g.list;
    *count = g.count;
    return FM_OK;
}

fm_status fm_devices(fm_caps **caps, size_t *count, fm_error *err) {
    if (!caps || !count) {
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_devices: caps and count must not be NULL; pass both");
    }
    *caps = NULL;
    *count = 0;
    fmi_device *list = NULL;
    size_t n = 0;
    fm_status status = fmi_device_list(&list, &n, err);
    if (status != FM_OK || n == 0) {
        return status;
    }
    *caps = calloc(n, sizeof **caps);
    if (!*caps) {
        free(list);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a list of %zu devices", n);
    }
    for (size_t i = 0; i < n; i++) {
        (*caps)[i] = list[i].caps;
    }
    *count = n;
    free(list);
    return FM_OK;
}

void fm_devices_free(fm_caps **caps) {
    if (caps) {
        free(*caps);
        *caps = NULL;
    }
}
