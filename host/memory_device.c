/* SPDX-License-Identifier: MIT */
/* What OpenCL itself says, and the list that all sources fill. */
#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* cl_amd_device_attribute_query: two size_t in KiB, free in total and the largest free block. */
#define GLOBAL_FREE_MEMORY_AMD 0x4039

fm_memory_source *fmi_memory_add(fm_memory *memory, const char *name, const char *note, ...) {
    if (memory->source_count == FM_MEMORY_SOURCES)
        return NULL;
    fm_memory_source *source = &memory->sources[memory->source_count++];
    *source = (fm_memory_source){0};
    snprintf(source->name, sizeof source->name, "%s", name);
    va_list args;
    va_start(args, note);
    vsnprintf(source->note, sizeof source->note, note, args);
    va_end(args);
    return source;
}

void fmi_memory_ask(fm_memory *memory, const fm_caps *caps, const fmi_device *device) {
    fmi_memory_from_device(memory, caps, device);
    fmi_memory_from_nvml(memory, caps);
    fmi_memory_from_level_zero(memory, caps);
    fmi_memory_from_sysfs(memory, caps, "");
    fmi_memory_from_host(memory, "");
}

bool fmi_memory_is_host(const fm_caps *caps) {
    return caps->type == FM_DEVICE_CPU || caps->unified_memory;
}

void fmi_memory_from_device(fm_memory *memory, const fm_caps *caps, const fmi_device *device) {
    fm_memory_source *source = fmi_memory_add(memory, "device", "OpenCL: total, not what is free");
    if (source)
        source->total_bytes = caps->global_bytes;
    size_t kib[2] = {0, 0};
    if (!device ||
        clGetDeviceInfo(device->id, GLOBAL_FREE_MEMORY_AMD, sizeof kib, kib, NULL) != CL_SUCCESS)
        return;
    source = fmi_memory_add(memory, "amd", "OpenCL query of AMD, largest free block %zu MiB",
                            kib[1] >> 10);
    if (source)
        source->free_bytes = (uint64_t)kib[0] << 10;
}
