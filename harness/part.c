/* SPDX-License-Identifier: MIT */
#include "part.h"

#include "device.h"
#include "error.h"

#include <fm/opencl.h>

#include <stdlib.h>

#define PARTS_MAX 64

/* Cuts as many parts as are needed to have that one, and keeps it alone. */
static cl_int cut(const fmi_device *device, uint32_t units, uint32_t part, cl_device_id *out) {
    cl_device_partition_property how[PARTS_MAX + 3] = {CL_DEVICE_PARTITION_BY_COUNTS};
    cl_device_id parts[PARTS_MAX];
    cl_uint count = 0;
    uint32_t i = 0;
    for (; i <= part && i < PARTS_MAX; ++i)
        how[1 + i] = (cl_device_partition_property)units;
    how[1 + i] = CL_DEVICE_PARTITION_BY_COUNTS_LIST_END;
    how[2 + i] = 0;
    const cl_int code = clCreateSubDevices(device->id, how, i, parts, &count);
    *out = code == CL_SUCCESS && part < count ? parts[part] : NULL;
    for (cl_uint k = 0; code == CL_SUCCESS && k < count; ++k)
        if (k != part)
            (void)clReleaseDevice(parts[k]);
    return code == CL_SUCCESS && !*out ? CL_DEVICE_PARTITION_FAILED : code;
}

static fm_status open_part(fm_engine **engine, const fmi_device *device, uint32_t units,
                           uint32_t part, const fm_engine_params *how, fm_error *err) {
    cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                          (cl_context_properties)device->platform, 0};
    cl_device_id id = NULL;
    cl_int code = cut(device, units, part, &id);
    if (code != CL_SUCCESS)
        return fmi_fail(
            err, FM_ERROR_UNSUPPORTED, "%s, %u compute units, gives no part %u of %u units (%d %s)",
            device->caps.name, device->caps.compute_units, part, units, code, fmi_cl_name(code));
    cl_context context = clCreateContext(properties, 1, &id, NULL, NULL, &code);
    fm_status status = code == CL_SUCCESS
                           ? fm_engine_from_cl(engine, context, id, how, err)
                           : fmi_fail_cl(err, code, "clCreateContext",
                                         "a part of %s cannot be opened", device->caps.name);
    if (code == CL_SUCCESS)
        (void)clReleaseContext(context);
    if (status != FM_OK) /* else it lives as long as the process: PoCL's contexts do not hold it */
        (void)clReleaseDevice(id);
    return status;
}

fm_status fmi_part_engine(fm_engine **engine, uint32_t units, uint32_t part,
                          const fm_engine_params *how, fm_error *err) {
    fmi_device *list = NULL;
    size_t count = 0, index = 0;
    *engine = NULL;
    fm_status status = fmi_device_list(&list, &count, err);
    if (status == FM_OK)
        status = fmi_device_select(list, count, how->device, &index, err);
    if (status == FM_OK)
        status = open_part(engine, &list[index], units, part, how, err);
    free(list);
    return status;
}
