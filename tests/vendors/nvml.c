/* SPDX-License-Identifier: MIT */
/* A stand-in for NVIDIA's management library: one device of 24 GiB, 20 GiB free. */
#include <string.h>

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device);
int nvmlDeviceGetHandleByPciBusId_v2(const char *address, void **device);
int nvmlDeviceGetMemoryInfo(void *device, unsigned long long figures[3]);

static int device_tag;

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
