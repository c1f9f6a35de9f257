/* SPDX-License-Identifier: MIT */
#include "energy.h"

#include "cgroup.h"
#include "nvml.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Folders of packages are named intel-rapl:0 (on AMD's processors as well); those with a second
 * colon are parts of a package, and "psys" counts the packages once more. */
static bool is_domain(const char *name) {
    return strncmp(name, "intel-rapl:", 11) == 0 && strchr(name + 11, ':') == NULL;
}

static bool add_package(fmi_energy *e, const char *root, const char *name, char label[64]) {
    char path[600];
    char *folder = e->package[e->packages].folder;
    uint64_t *last = &e->package[e->packages].last_uj, *range = &e->package[e->packages].range_uj;
    (void)snprintf(folder, sizeof e->package[0].folder, "%.300s/sys/class/powercap/%.100s", root,
                   name);
    (void)snprintf(path, sizeof path, "%s/name", folder);
    if (!fmi_text_read(label, 64, path) || strncmp(label, "package", 7) != 0)
        return false;
    label[strcspn(label, "\n")] = '\0';
    if (!fmi_number_read(last, folder, "energy_uj") ||
        !fmi_number_read(range, folder, "max_energy_range_uj"))
        return false; /* since Linux 5.10 for root alone, unless the administrator allows it */
    e->packages++;
    return true;
}

static bool open_rapl(fmi_energy *e, const char *root) {
    char path[400], label[64] = "", first[64] = "";
    (void)snprintf(path, sizeof path, "%.300s/sys/class/powercap", root);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        if (!is_domain(entry->d_name) || e->packages == FMI_ENERGY_PACKAGES)
            continue;
        if (add_package(e, root, entry->d_name, label) && e->packages == 1)
            (void)snprintf(first, sizeof first, "%s", label);
    }
    if (folder)
        closedir(folder);
    if (e->packages == 1)
        (void)snprintf(e->source, sizeof e->source, "rapl %.18s", first);
    else
        (void)snprintf(e->source, sizeof e->source, "rapl %u packages", e->packages);
    return e->packages > 0;
}

static bool open_nvml(fmi_energy *e, const fm_caps *caps) {
    e->nvml = fmi_nvml_open(caps, NULL);
    if (e->nvml && !fmi_nvml_energy(e->nvml, &e->last_mj))
        fmi_nvml_close(&e->nvml);
    (void)snprintf(e->source, sizeof e->source, "nvml");
    return e->nvml != NULL;
}

bool fmi_energy_open(fmi_energy *energy, const fm_caps *caps, const char *root) {
    *energy = (fmi_energy){0};
    if (caps->type == FM_DEVICE_CPU ? open_rapl(energy, root) : open_nvml(energy, caps))
        return true;
    *energy = (fmi_energy){0};
    return false;
}

static void read_packages(fmi_energy *e) {
    for (uint32_t i = 0; i < e->packages; ++i) {
        uint64_t now = 0;
        uint64_t *last = &e->package[i].last_uj;
        if (!fmi_number_read(&now, e->package[i].folder, "energy_uj")) {
            e->failed = true;
            return;
        }
        const uint64_t wrapped = now < *last ? e->package[i].range_uj : 0;
        e->joules += 1e-6 * ((double)now + (double)wrapped - (double)*last);
        *last = now;
    }
}

double fmi_energy_joules(fmi_energy *energy) {
    uint64_t now = 0;
    read_packages(energy);
    if (energy->nvml && fmi_nvml_energy(energy->nvml, &now) && now >= energy->last_mj) {
        energy->joules += 1e-3 * (double)(now - energy->last_mj);
        energy->last_mj = now;
    } else if (energy->nvml) {
        energy->failed = true; /* the driver was loaded anew */
    }
    return energy->failed ? (double)NAN : energy->joules;
}

void fmi_energy_close(fmi_energy *energy) {
    fmi_nvml_close(&energy->nvml);
    *energy = (fmi_energy){0};
}
