/* SPDX-License-Identifier: MIT */
/* Level Zero's system management (zes*), types and numbers as its specification has them. */
#include "memory.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define MAX_HANDLES 16
#define TYPE_PCI_PROPERTIES 0x2
#define TYPE_MEM_STATE 0x1e

typedef void *handle;
typedef struct pci_properties {
    uint32_t type;
    void *next;
    uint32_t domain, bus, device, function;
    int32_t generation, width;
    int64_t bandwidth;
    uint8_t have[3];
    uint8_t spare[64]; /* later versions may be longer */
} pci_properties;
typedef struct mem_state {
    uint32_t type;
    const void *next;
    uint32_t health;
    uint64_t free, size;
} mem_state;

typedef struct zes {
    void *library;
    int (*init)(uint32_t flags);
    int (*drivers)(uint32_t *count, handle *drivers);
    int (*devices)(handle driver, uint32_t *count, handle *devices);
    int (*pci)(handle device, pci_properties *properties);
    int (*modules)(handle device, uint32_t *count, handle *modules);
    int (*state)(handle module, mem_state *state);
} zes;

static bool find(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool open_library(zes *z) {
    z->library = dlopen("libze_loader.so.1", RTLD_NOW | RTLD_LOCAL);
    if (z->library && find(z->library, "zesInit", &z->init) &&
        find(z->library, "zesDriverGet", &z->drivers) &&
        find(z->library, "zesDeviceGet", &z->devices) &&
        find(z->library, "zesDevicePciGetProperties", &z->pci) &&
        find(z->library, "zesDeviceEnumMemoryModules", &z->modules) &&
        find(z->library, "zesMemoryGetState", &z->state))
        return true;
    if (z->library)
        dlclose(z->library);
    return false;
}

static bool is_device(const zes *z, handle device, const char *address) {
    pci_properties p = {.type = TYPE_PCI_PROPERTIES};
    char text[32];
    if (z->pci(device, &p) != 0)
        return false;
    snprintf(text, sizeof text, "%04x:%02x:%02x.%x", p.domain, p.bus, p.device, p.function);
    return strcmp(text, address) == 0;
}

static bool sum_modules(const zes *z, handle device, mem_state *sum) {
    handle modules[MAX_HANDLES];
    uint32_t count = MAX_HANDLES;
    if (z->modules(device, &count, modules) != 0)
        return false;
    for (uint32_t i = 0; i < count && i < MAX_HANDLES; i++) {
        mem_state state = {.type = TYPE_MEM_STATE};
        if (z->state(modules[i], &state) != 0)
            return false;
        sum->free += state.free;
        sum->size += state.size;
    }
    return sum->size != 0;
}

static bool find_state(const zes *z, const char *address, mem_state *sum) {
    handle drivers[MAX_HANDLES], devices[MAX_HANDLES];
    uint32_t driver_count = MAX_HANDLES;
    if (z->init(0) != 0 || z->drivers(&driver_count, drivers) != 0)
        return false;
    for (uint32_t i = 0; i < driver_count && i < MAX_HANDLES; i++) {
        uint32_t count = MAX_HANDLES;
        if (z->devices(drivers[i], &count, devices) != 0)
            continue;
        for (uint32_t k = 0; k < count && k < MAX_HANDLES; k++)
            if (is_device(z, devices[k], address))
                return sum_modules(z, devices[k], sum);
    }
    return false;
}

void fmi_memory_from_level_zero(fm_memory *memory, const fm_caps *caps) {
    zes z = {0};
    mem_state sum = {0};
    if (fmi_memory_is_host(caps) || !caps->pci[0] || !open_library(&z))
        return;
    if (find_state(&z, caps->pci, &sum)) {
        fm_memory_source *source =
            fmi_memory_add(memory, "level-zero", "Level Zero system management, by PCI address");
        if (source) {
            source->total_bytes = sum.size;
            source->free_bytes = sum.free;
        }
    }
    dlclose(z.library);
}
