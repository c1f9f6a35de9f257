/* SPDX-License-Identifier: MIT */
/* Which device of a list: the best, or the one that a word names. */
#include "device.h"

#include "error.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Place of a device in the order of preference, lower is better. llvmpipe is a CPU whatever type
 * it reports, and slower than PoCL on the same CPU. */
static int preference(const fm_caps *caps) {
    if (!caps->compiler) {
        return 5;
    }
    if (strstr(caps->name, "llvmpipe")) {
        return 4;
    }
    switch (caps->type) {
    case FM_DEVICE_GPU:
        return 0;
    case FM_DEVICE_ACCELERATOR:
        return 1;
    case FM_DEVICE_CPU:
        return 2;
    default:
        return 3;
    }
}

static bool better(const fm_caps *a, const fm_caps *b) {
    if (preference(a) != preference(b)) {
        return preference(a) < preference(b);
    }
    uint64_t rate_a = (uint64_t)a->compute_units * a->clock_mhz;
    uint64_t rate_b = (uint64_t)b->compute_units * b->clock_mhz;
    return rate_a > rate_b;
}

/* Best device of a type (OTHER = any); the first wins among equals. count = none. */
static size_t best_of(const fmi_device *list, size_t count, fm_device_type type) {
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if ((type == FM_DEVICE_OTHER || list[i].caps.type == type) &&
            (best == count || better(&list[i].caps, &list[best].caps))) {
            best = i;
        }
    }
    return best;
}

static bool holds_part(const char *text, const char *part) {
    size_t n = strlen(part);
    for (; *text; text++) {
        if (strncasecmp(text, part, n) == 0) {
            return true;
        }
    }
    return false;
}

/* A number that is a position of the list; count when it is not. */
static size_t by_index(size_t count, const char *selector) {
    size_t value = 0;
    for (const char *s = selector; *s; s++) {
        if (*s < '0' || *s > '9' || value >= count) {
            return count;
        }
        value = value * 10 + (size_t)(*s - '0');
    }
    return value < count ? value : count;
}

static size_t by_text(const fmi_device *list, size_t count, const char *selector) {
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(list[i].caps.id, selector) == 0) {
            return i;
        }
    }
    const size_t fields[] = {offsetof(fm_caps, name), offsetof(fm_caps, vendor),
                             offsetof(fm_caps, platform)};
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
        for (size_t i = 0; i < count; i++) {
            if (holds_part((const char *)&list[i].caps + fields[f], selector)) {
                return i;
            }
        }
    }
    return count;
}

/* llvmpipe is the processor whatever it says. */
static bool is_processor(const fm_caps *caps) {
    return !caps->pci[0] && (caps->type == FM_DEVICE_CPU || strstr(caps->name, "llvmpipe"));
}

bool fmi_device_same(const fm_caps *a, const fm_caps *b) {
    return (a->pci[0] && strcmp(a->pci, b->pci) == 0) ||
           (strncmp(a->id, "uuid:", 5) == 0 && strcmp(a->id, b->id) == 0) ||
           (is_processor(a) && is_processor(b));
}

static size_t find(const fmi_device *list, size_t count, const char *selector) {
    if (!selector || !*selector || strcasecmp(selector, "auto") == 0) {
        return best_of(list, count, FM_DEVICE_OTHER);
    }
    if (strcasecmp(selector, "cpu") == 0) {
        return best_of(list, count, FM_DEVICE_CPU);
    }
    if (strcasecmp(selector, "gpu") == 0) {
        return best_of(list, count, FM_DEVICE_GPU);
    }
    if (strcasecmp(selector, "accelerator") == 0) {
        return best_of(list, count, FM_DEVICE_ACCELERATOR);
    }
    size_t i = by_index(count, selector);
    return i < count ? i : by_text(list, count, selector);
}

static fm_status fail_no_match(const fmi_device *list, size_t count, const char *selector,
                               fm_error *err) {
    char names[384] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof names - 1; i++) {
        int n = snprintf(names + used, sizeof names - used, "%s%zu = %s", i ? ", " : "", i,
                         list[i].caps.name);
        used += n > 0 ? (size_t)n : 0;
    }
    return fmi_fail(err, FM_ERROR_NO_DEVICE,
                    "no device fits \"%.64s\", there is %s; give an index, an id, a part of a "
                    "name, a vendor or "
                    "a platform, cpu, gpu, accelerator or auto",
                    selector, names);
}

fm_status fmi_device_select(const fmi_device *list, size_t count, const char *selector,
                            size_t *index, fm_error *err) {
    *index = 0;
    if (count == 0) {
        return fmi_fail(err, FM_ERROR_NO_DEVICE,
                        "no OpenCL device found; install pocl-opencl-icd (CPU) or the OpenCL "
                        "driver of your GPU's vendor, and if one is installed check "
                        "OCL_ICD_VENDORS and that POCL_CACHE_DIR can be written");
    }
    size_t found = find(list, count, selector);
    if (found == count) {
        return fail_no_match(list, count, selector, err);
    }
    *index = found;
    return FM_OK;
}
