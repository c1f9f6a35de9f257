/* SPDX-License-Identifier: MIT */
/* Types as the library's reference manual describes them. */
#include "nvml.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void *nvml_device;
typedef struct nvml_memory {
    unsigned long long total, free, used;
} nvml_memory;

struct fmi_nvml {
    void *library;
    nvml_device device;
    int (*init)(void);
    int (*shutdown)(void);
    int (*by_uuid)(const char *uuid, nvml_device *device);
    int (*by_pci)(const char *address, nvml_device *device);
    int (*memory)(nvml_device device, nvml_memory *memory);
    int (*energy)(nvml_device device, unsigned long long *millijoules); /* NULL: not there */
    int (*clock)(nvml_device device, int kind, unsigned *mhz);          /* likewise */
    int (*throttle)(nvml_device device, unsigned long long *reasons);   /* likewise */
};

/* ISO C has no cast from object to function pointers; POSIX promises that the bytes are the same.
 */
static bool find(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool open_library(fmi_nvml *n) {
    n->library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!n->library)
        return false;
    (void)find(n->library, "nvmlDeviceGetTotalEnergyConsumption", &n->energy);
    (void)find(n->library, "nvmlDeviceGetClockInfo", &n->clock);
    (void)find(n->library, "nvmlDeviceGetCurrentClocksThrottleReasons", &n->throttle);
    return find(n->library, "nvmlInit_v2", &n->init) &&
           find(n->library, "nvmlShutdown", &n->shutdown) &&
           find(n->library, "nvmlDeviceGetHandleByUUID", &n->by_uuid) &&
           find(n->library, "nvmlDeviceGetHandleByPciBusId_v2", &n->by_pci) &&
           find(n->library, "nvmlDeviceGetMemoryInfo", &n->memory);
}

static bool find_device(fmi_nvml *n, const fm_caps *caps, const char **by) {
    char uuid[64];
    if (strncmp(caps->id, "uuid:", 5) == 0) {
        snprintf(uuid, sizeof uuid, "GPU-%s", caps->id + 5);
        *by = "UUID";
        if (n->by_uuid(uuid, &n->device) == 0)
            return true;
    }
    *by = "PCI address";
    return caps->pci[0] && n->by_pci(caps->pci, &n->device) == 0;
}

fmi_nvml *fmi_nvml_open(const fm_caps *caps, const char **by) {
    const char *unused = NULL;
    fmi_nvml *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    if (open_library(n) && n->init() == 0) {
        if (find_device(n, caps, by ? by : &unused))
            return n;
        n->shutdown();
    }
    if (n->library)
        dlclose(n->library);
    free(n);
    return NULL;
}

void fmi_nvml_close(fmi_nvml **nvml) {
    if (!*nvml)
        return;
    (*nvml)->shutdown();
    dlclose((*nvml)->library);
    free(*nvml);
    *nvml = NULL;
}

bool fmi_nvml_memory(const fmi_nvml *nvml, uint64_t *total, uint64_t *free_bytes) {
    nvml_memory figures = {0};
    if (nvml->memory(nvml->device, &figures) != 0)
        return false;
    *total = figures.total;
    *free_bytes = figures.free;
    return true;
}

bool fmi_nvml_energy(const fmi_nvml *nvml, uint64_t *millijoules) {
    unsigned long long value = 0;
    if (!nvml->energy || nvml->energy(nvml->device, &value) != 0)
        return false;
    *millijoules = value;
    return true;
}

#define CLOCK_SM 1

bool fmi_nvml_clock(const fmi_nvml *nvml, uint32_t *mhz) {
    unsigned value = 0;
    if (!nvml->clock || nvml->clock(nvml->device, CLOCK_SM, &value) != 0)
        return false;
    *mhz = value;
    return true;
}

bool fmi_nvml_throttle(const fmi_nvml *nvml, char *reasons, size_t bytes) {
    /* Idle clocks, and clocks that the user or another device set, are no throttling. */
    static const struct {
        unsigned long long bit;
        const char *word;
    } bits[] = {{0x4, "power cap"},
                {0x8, "hardware slowdown"},
                {0x20, "thermal, by the driver"},
                {0x40, "thermal, by the hardware"},
                {0x80, "power brake"}};
    unsigned long long value = 0;
    size_t used = 0;
    reasons[0] = '\0';
    if (!nvml->throttle || nvml->throttle(nvml->device, &value) != 0)
        return false;
    for (size_t i = 0; i < sizeof bits / sizeof bits[0] && used < bytes; i++)
        if (value & bits[i].bit)
            used += (size_t)snprintf(reasons + used, bytes - used, "%s%s", used ? ", " : "",
                                     bits[i].word);
    return true;
}
