/* SPDX-License-Identifier: MIT */
/* The two functions a loader asks a layer for. */
#include "fault.h"

#include "report.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

const cl_icd_dispatch *fmf_next;
static cl_icd_dispatch table; /* empty entries: the loader fills in the driver's */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void fmf_lock(void) {
    (void)pthread_mutex_lock(&mutex);
}

void fmf_unlock(void) {
    (void)pthread_mutex_unlock(&mutex);
}

static cl_int answer(const void *from, size_t bytes, size_t room, void *to, size_t *needed) {
    if (to && room < bytes) {
        return CL_INVALID_VALUE;
    }
    if (to) {
        memcpy(to, from, bytes);
    }
    if (needed) {
        *needed = bytes;
    }
    return CL_SUCCESS;
}

EXPORT CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t room, void *to,
                                                      size_t *needed) {
    static const char name[] = "fmfault";
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    switch (what) {
    case CL_LAYER_API_VERSION:
        return answer(&version, sizeof version, room, to, needed);
    case CL_LAYER_NAME:
        return answer(name, sizeof name, room, to, needed);
    default:
        return CL_INVALID_VALUE;
    }
}

EXPORT CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target,
                                                   cl_uint *entries_ret,
                                                   const cl_icd_dispatch **dispatch_ret) {
    const cl_uint known = sizeof table / sizeof(void *);
    if (!target || !entries_ret || !dispatch_ret) {
        return CL_INVALID_VALUE;
    }
    if (entries < known) {
        fprintf(stderr, "fmfault: the loader knows %u calls, the layer %u; it stays out\n", entries,
                known);
        return CL_INVALID_VALUE;
    }
    if (!fmf_settings_read()) {
        return CL_INVALID_VALUE;
    }
    fmf_next = target;
    fmf_wrap_objects(&table);
    fmf_wrap_programs(&table);
    fmf_wrap_commands(&table);
    fmf_wrap_queries(&table);
    fmf_report_start();
    *entries_ret = known;
    *dispatch_ret = &table;
    return CL_SUCCESS;
}
