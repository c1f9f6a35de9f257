/* SPDX-License-Identifier: MIT */
/* NVIDIA's management library. Types as its reference manual describes them. */
#include "memory.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef void *nvml_device;
typedef struct nvml_memory {
    unsigned long long total, free, used;
} nvml_memory;

typedef struct nvml {
    void *library;
    int (*init)(void);
    int (*shutdown)(void);
    int (*by_uuid)(const char *uuid, nvml_device *device);
    int (*by_pci)(const char *address, nvml_device *device);
    int (*memory)(nvml_device device, nvml_memory *memory);
} nvml;

/* ISO C has no cast from object to function pointers; POSIX promises that the bytes are the same.
 */
static bool find(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool open_library(nvml *n) {
    n->library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (n->library && find(n->library, "nvmlInit_v2", &n->init) &&
        find(n->library, "nvmlShutdown", &n->shutdown) &&
        find(n->library, "nvmlDeviceGetHandleByUUID", &n->by_uuid) &&
        find(n->library, "nvmlDeviceGetHandleByPciBusId_v2", &n->by_pci) &&
        find(n->library, "nvmlDeviceGetMemoryInfo", &n->memory))
        return true;
    if (n->library)
        dlclose(n->library);
    return false;
}

static bool find_device(const nvml *n, const fm_caps *caps, nvml_device *device, const char **by) {
    char uuid[64];
    if (strncmp(caps->id, "uuid:", 5) == 0) {
        snprintf(uuid, sizeof uuid, "GPU-%s", caps->id + 5);
        *by = "UUID";
        if (n->by_uuid(uuid, device) == 0)
            return true;
    }
    *by = "PCI address";
    return caps->pci[0] && n->by_pci(caps->pci, device) == 0;
}

void fmi_memory_from_nvml(fm_memory *memory, const fm_caps *caps) {
    nvml n = {0};
    nvml_device device = NULL;
    nvml_memory figures = {0};
    const char *by = "";
    if (fmi_memory_is_host(caps) || !open_library(&n))
        return;
    if (n.init() == 0) {
        if (find_device(&n, caps, &device, &by) && n.memory(device, &figures) == 0) {
            fm_memory_source *source =
                fmi_memory_add(memory, "nvml", "NVIDIA's management library, device by %s", by);
            if (source) {
                source->total_bytes = figures.total;
                source->free_bytes = figures.free;
            }
        }
        n.shutdown();
    }
    dlclose(n.library);
}
