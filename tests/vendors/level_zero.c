/* SPDX-License-Identifier: MIT */
/* A stand-in for Level Zero's loader: one driver, two devices, the second at 0000:03:00.0 with two
 * memory modules of 8 GiB. Refuses structures that do not say their type. */
#include <stdint.h>

int zesInit(uint32_t flags);
int zesDriverGet(uint32_t *count, void **drivers);
int zesDeviceGet(void *driver, uint32_t *count, void **devices);
int zesDevicePciGetProperties(void *device, uint32_t *properties);
int zesDeviceEnumMemoryModules(void *device, uint32_t *count, void **modules);
int zesMemoryGetState(void *module, void *state);

struct state {
    uint32_t type;
    const void *next;
    uint32_t health;
    uint64_t free, size;
};

int zesInit(uint32_t flags) {
    return (int)flags;
}
int zesDriverGet(uint32_t *count, void **drivers) {
    *count = 1;
    drivers[0] = drivers;
    return 0;
}
int zesDeviceGet(void *driver, uint32_t *count, void **devices) {
    static int tags[2];
    (void)driver;
    *count = 2;
    devices[0] = &tags[0];
    devices[1] = &tags[1];
    tags[1] = 1;
    return 0;
}
int zesDevicePciGetProperties(void *device, uint32_t *properties) {
    if (properties[0] != 2)
        return 1;
    properties[4] = 0;
    properties[5] = *(int *)device == 1 ? 3 : 9; /* bus; after type, padding and a pointer */
    properties[6] = properties[7] = 0;
    return 0;
}
int zesDeviceEnumMemoryModules(void *device, uint32_t *count, void **modules) {
    *count = 2;
    modules[0] = modules[1] = device;
    return 0;
}
int zesMemoryGetState(void *module, void *state) {
    struct state *s = state;
    (void)module;
    if (s->type != 0x1e)
        return 1;
    s->free = UINT64_C(7) << 30;
    s->size = UINT64_C(8) << 30;
    return 0;
}
