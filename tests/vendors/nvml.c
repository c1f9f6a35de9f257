/* SPDX-License-Identifier: MIT */
/* A stand-in for NVIDIA's management library: one device of 24 GiB, 20 GiB free, that draws 2.5 J
 * from one look to the next, and whose clock falls from 1980 to 1200 MHz at the third look because
 * of its power. */
#include <string.h>

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device);
int nvmlDeviceGetHandleByPciBusId_v2(const char *address, void **device);
int nvmlDeviceGetMemoryInfo(void *device, unsigned long long figures[3]);
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *millijoules);
int nvmlDeviceGetClockInfo(void *device, int kind, unsigned *mhz);
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *reasons);

static int device_tag;
static unsigned looks;

int nvmlInit_v2(void) {
    return 0;
}
int nvmlShutdown(void) {
    return 0;
}
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
    *device = &device_tag;
    return strcmp(uuid, "GPU-00112233-4455-6677-8899-aabbccddeeff") == 0 ? 0 : 6;
}
int nvmlDeviceGetHandleByPciBusId_v2(const char *address, void **device) {
    *device = &device_tag;
    return strcmp(address, "0000:3b:00.0") == 0 ? 0 : 6;
}
int nvmlDeviceGetMemoryInfo(void *device, unsigned long long figures[3]) {
    if (device != &device_tag)
        return 2;
    figures[0] = 24ULL << 30;
    figures[1] = 20ULL << 30;
    figures[2] = 4ULL << 30;
    return 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *millijoules) {
    static unsigned long long drawn = 7000;
    if (device != &device_tag)
        return 2;
    *millijoules = drawn;
    drawn += 2500;
    return 0;
}
int nvmlDeviceGetClockInfo(void *device, int kind, unsigned *mhz) {
    if (device != &device_tag || kind != 1)
        return 2;
    *mhz = ++looks < 3 ? 1980 : 1200;
    return 0;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *reasons) {
    if (device != &device_tag)
        return 2;
    *reasons = looks < 3 ? 0x1 : 0x5; /* idle; and its power cap */
    return 0;
}
