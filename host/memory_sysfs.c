/* SPDX-License-Identifier: MIT */
/* Files that the kernel's graphics drivers keep for a PCI device. */
#include "memory.h"

#include "cgroup.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static void add(fm_memory *memory, const char *name, const char *folder, uint64_t total,
                uint64_t free_bytes) {
    fm_memory_source *source = fmi_memory_add(memory, name, "%.90s", folder);
    if (source) {
        source->total_bytes = total;
        source->free_bytes = free_bytes;
    }
}

/* i915 keeps them with the card: drm/card0/lmem_total_bytes. */
static void from_i915(fm_memory *memory, const char *device) {
    char folder[600];
    snprintf(folder, sizeof folder, "%.500s/drm", device);
    DIR *cards = opendir(folder);
    uint64_t total = 0, available = 0;
    for (struct dirent *card; cards && (card = readdir(cards)) != NULL;) {
        if (strncmp(card->d_name, "card", 4) != 0)
            continue;
        snprintf(folder, sizeof folder, "%.200s/drm/%.64s", device, card->d_name);
        if (fmi_number_read(&total, folder, "lmem_total_bytes") && total != 0 &&
            fmi_number_read(&available, folder, "lmem_avail_bytes")) {
            add(memory, "i915", folder, total, available);
            break;
        }
    }
    if (cards)
        closedir(cards);
}

void fmi_memory_from_sysfs(fm_memory *memory, const fm_caps *caps, const char *root) {
    char device[512];
    uint64_t total = 0, used = 0;
    if (fmi_memory_is_host(caps) || !caps->pci[0])
        return;
    snprintf(device, sizeof device, "%s/sys/bus/pci/devices/%s", root, caps->pci);
    if (fmi_number_read(&total, device, "mem_info_vram_total") && total != 0 &&
        fmi_number_read(&used, device, "mem_info_vram_used") && used <= total)
        add(memory, "amdgpu", device, total, total - used);
    from_i915(memory, device);
}
