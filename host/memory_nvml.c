/* SPDX-License-Identifier: MIT */
#include "memory.h"
#include "nvml.h"

void fmi_memory_from_nvml(fm_memory *memory, const fm_caps *caps) {
    const char *by = "";
    uint64_t total = 0, available = 0;
    fmi_nvml *nvml = fmi_memory_is_host(caps) ? NULL : fmi_nvml_open(caps, &by);
    if (nvml && fmi_nvml_memory(nvml, &total, &available)) {
        fm_memory_source *source =
            fmi_memory_add(memory, "nvml", "NVIDIA's management library, device by %s", by);
        if (source) {
            source->total_bytes = total;
            source->free_bytes = available;
        }
    }
    fmi_nvml_close(&nvml);
}
