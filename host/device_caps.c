/* SPDX-License-Identifier: MIT */
/* What a device says of itself, read into fm_caps. */
#include "device_impl.h"

#include "error.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Queries of extensions; numbers from the Khronos registry. */
#define DEVICE_UUID_KHR 0x106A
#define PCI_BUS_INFO_KHR 0x410F
#define PCI_BUS_ID_NV 0x4008
#define PCI_SLOT_ID_NV 0x4009
#define PCI_DOMAIN_ID_NV 0x400A
#define TOPOLOGY_AMD 0x4037

/* Reads many facts and remembers the first failure, so that the list of reads stays a list. */
typedef struct reader {
    cl_device_id id;
    cl_int code;
} reader;

static void read_fixed(reader *r, cl_device_info what, void *value, size_t bytes) {
    cl_int code = clGetDeviceInfo(r->id, what, bytes, value, NULL);
    if (code != CL_SUCCESS && r->code == CL_SUCCESS) {
        r->code = code;
    }
}

static uint32_t read_u32(reader *r, cl_device_info what) {
    cl_uint value = 0;
    read_fixed(r, what, &value, sizeof value);
    return value;
}

static uint64_t read_u64(reader *r, cl_device_info what) {
    cl_ulong value = 0;
    read_fixed(r, what, &value, sizeof value);
    return value;
}

static uint64_t read_size(reader *r, cl_device_info what) {
    size_t value = 0;
    read_fixed(r, what, &value, sizeof value);
    return value;
}

static bool read_bool(reader *r, cl_device_info what) {
    cl_bool value = CL_FALSE;
    read_fixed(r, what, &value, sizeof value);
    return value != CL_FALSE;
}

/* A malloc'd string of any length; NULL on failure. Some drivers refuse a buffer that is too
 * short, so the size comes first. */
static char *device_text(reader *r, cl_device_info what) {
    size_t bytes = 0;
    cl_int code = clGetDeviceInfo(r->id, what, 0, NULL, &bytes);
    char *text = code == CL_SUCCESS ? calloc(bytes + 1, 1) : NULL;
    if (text && bytes) {
        code = clGetDeviceInfo(r->id, what, bytes, text, NULL);
    } else if (!text && code == CL_SUCCESS) {
        code = CL_OUT_OF_HOST_MEMORY;
    }
    if (code != CL_SUCCESS && r->code == CL_SUCCESS) {
        r->code = code;
    }
    return text;
}

/* Copies without blanks at both ends (drivers pad names), printable, cut to fit. */
void fmi_copy_trimmed(char *out, size_t out_bytes, char *text) {
    char *first = text;
    while (isspace((unsigned char)*first)) {
        first++;
    }
    char *end = first + strlen(first);
    while (end > first && isspace((unsigned char)end[-1])) {
        end--;
    }
    *end = '\0';
    fmi_escape(out, out_bytes, first);
}

static void read_text(reader *r, cl_device_info what, char *out, size_t out_bytes) {
    char *text = device_text(r, what);
    if (text) {
        fmi_copy_trimmed(out, out_bytes, text);
        free(text);
    }
}

/* Extension names are separated by blanks; a part of a longer name does not count. */
static bool has_extension(const char *extensions, const char *name) {
    size_t n = strlen(name);
    for (const char *at = extensions; at && (at = strstr(at, name)) != NULL; at += n) {
        bool begins = at == extensions || at[-1] == ' ';
        if (begins && (at[n] == '\0' || at[n] == ' ')) {
            return true;
        }
    }
    return false;
}

static bool id_from_uuid(cl_device_id id, fm_caps *caps) {
    unsigned char u[16] = {0};
    static const unsigned char none[16];
    if (clGetDeviceInfo(id, DEVICE_UUID_KHR, sizeof u, u, NULL) != CL_SUCCESS ||
        memcmp(u, none, sizeof u) == 0) {
        return false;
    }
    (void)snprintf(caps->id, sizeof caps->id,
                   "uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                   u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
                   u[13], u[14], u[15]);
    return true;
}

static bool pci_khr(cl_device_id id, cl_uint pci[4]) {
    return clGetDeviceInfo(id, PCI_BUS_INFO_KHR, 4 * sizeof(cl_uint), pci, NULL) == CL_SUCCESS;
}

static bool pci_nvidia(cl_device_id id, cl_uint pci[4]) {
    cl_uint slot = 0;
    if (clGetDeviceInfo(id, PCI_BUS_ID_NV, sizeof slot, &pci[1], NULL) != CL_SUCCESS ||
        clGetDeviceInfo(id, PCI_SLOT_ID_NV, sizeof slot, &slot, NULL) != CL_SUCCESS) {
        return false;
    }
    if (clGetDeviceInfo(id, PCI_DOMAIN_ID_NV, sizeof slot, &pci[0], NULL) != CL_SUCCESS) {
        pci[0] = 0; /* older drivers have no domain query */
    }
    pci[2] = slot >> 3;
    pci[3] = slot & 7;
    return true;
}

static bool pci_amd(cl_device_id id, cl_uint pci[4]) {
    unsigned char topology[24] = {0}; /* type, 17 unused bytes, bus, device, function */
    if (clGetDeviceInfo(id, TOPOLOGY_AMD, sizeof topology, topology, NULL) != CL_SUCCESS ||
        topology[0] != 1) {
        return false;
    }
    pci[1] = topology[21];
    pci[2] = topology[22];
    pci[3] = topology[23];
    return true;
}

static bool read_pci(cl_device_id id, const char *extensions, fm_caps *caps) {
    cl_uint pci[4] = {0};
    bool known =
        (has_extension(extensions, "cl_khr_pci_bus_info") && pci_khr(id, pci)) ||
        (has_extension(extensions, "cl_nv_device_attribute_query") && pci_nvidia(id, pci)) ||
        (has_extension(extensions, "cl_amd_device_attribute_query") && pci_amd(id, pci));
    if (!known || (pci[0] | pci[1] | pci[2] | pci[3]) == 0) {
        return false;
    }
    (void)snprintf(caps->pci, sizeof caps->pci, "%04x:%02x:%02x.%x", pci[0] & 0xffff, pci[1] & 0xff,
                   pci[2] & 0x1f, pci[3] & 7);
    return true;
}

/* 64-bit FNV-1a, the final zero included so that fields cannot run into each other. */
static uint64_t fnv1a(uint64_t hash, const char *text) {
    for (;; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
        if (*text == '\0') {
            return hash;
        }
    }
}

static void id_from_name(const fmi_device *list, size_t count, fm_caps *caps) {
    unsigned ordinal = 0;
    for (size_t i = 0; i < count; i++) {
        ordinal += strcmp(list[i].caps.platform, caps->platform) == 0 &&
                   strcmp(list[i].caps.name, caps->name) == 0;
    }
    char number[16];
    (void)snprintf(number, sizeof number, "%u", ordinal);
    uint64_t hash = fnv1a(UINT64_C(0xCBF29CE484222325), caps->platform);
    hash = fnv1a(fnv1a(hash, caps->name), number);
    (void)snprintf(caps->id, sizeof caps->id, "name:%016" PRIx64, hash);
}

static fm_device_type type_of(uint64_t bits) {
    if (bits & CL_DEVICE_TYPE_GPU) {
        return FM_DEVICE_GPU;
    }
    if (bits & CL_DEVICE_TYPE_ACCELERATOR) {
        return FM_DEVICE_ACCELERATOR;
    }
    return bits & CL_DEVICE_TYPE_CPU ? FM_DEVICE_CPU : FM_DEVICE_OTHER;
}

static void read_numbers(reader *r, fm_caps *caps) {
    caps->type = type_of(read_u64(r, CL_DEVICE_TYPE));
    caps->compute_units = read_u32(r, CL_DEVICE_MAX_COMPUTE_UNITS);
    caps->clock_mhz = read_u32(r, CL_DEVICE_MAX_CLOCK_FREQUENCY);
    caps->max_group_size = (uint32_t)read_size(r, CL_DEVICE_MAX_WORK_GROUP_SIZE);
    caps->base_align_bytes = read_u32(r, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    caps->timer_resolution_ns = (uint32_t)read_size(r, CL_DEVICE_PROFILING_TIMER_RESOLUTION);
    caps->global_bytes = read_u64(r, CL_DEVICE_GLOBAL_MEM_SIZE);
    caps->max_alloc_bytes = read_u64(r, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    if (caps->max_alloc_bytes > caps->global_bytes) { /* seen on rusticl */
        caps->max_alloc_bytes = caps->global_bytes;
    }
    caps->local_bytes = read_u64(r, CL_DEVICE_LOCAL_MEM_SIZE);
    caps->compiler = read_bool(r, CL_DEVICE_COMPILER_AVAILABLE);
    caps->unified_memory = read_bool(r, CL_DEVICE_HOST_UNIFIED_MEMORY);
    caps->images = read_bool(r, CL_DEVICE_IMAGE_SUPPORT);
    caps->profiling = (read_u64(r, CL_DEVICE_QUEUE_PROPERTIES) & CL_QUEUE_PROFILING_ENABLE) != 0;
}

/* CL_DEVICE_EXTENSIONS_WITH_VERSION of OpenCL 3.0; the headers of 1.2 lack it. */
#define EXTENSIONS_WITH_VERSION 0x1060
typedef struct name_version {
    cl_uint version;
    char name[64];
} name_version;

/* 0 = the device does not say. */
static uint32_t extension_version(cl_device_id id, const char *name) {
    size_t bytes = 0;
    uint32_t version = 0;
    if (clGetDeviceInfo(id, EXTENSIONS_WITH_VERSION, 0, NULL, &bytes) != CL_SUCCESS || bytes == 0)
        return 0;
    name_version *list = calloc(1, bytes);
    if (list && clGetDeviceInfo(id, EXTENSIONS_WITH_VERSION, bytes, list, NULL) == CL_SUCCESS)
        for (size_t i = 0; i < bytes / sizeof *list; ++i)
            if (strncmp(list[i].name, name, sizeof list[i].name) == 0)
                version = list[i].version;
    free(list);
    return version;
}

cl_int fmi_device_caps(cl_device_id id, const char *platform, const fmi_device *list, size_t count,
                       fm_caps *caps) {
    reader r = {.id = id};
    (void)snprintf(caps->platform, sizeof caps->platform, "%s", platform);
    read_text(&r, CL_DEVICE_NAME, caps->name, sizeof caps->name);
    read_text(&r, CL_DEVICE_VENDOR, caps->vendor, sizeof caps->vendor);
    read_text(&r, CL_DRIVER_VERSION, caps->driver, sizeof caps->driver);
    read_text(&r, CL_DEVICE_VERSION, caps->version, sizeof caps->version);
    read_numbers(&r, caps);
    char *extensions = device_text(&r, CL_DEVICE_EXTENSIONS);
    if (r.code != CL_SUCCESS) {
        free(extensions);
        return r.code;
    }
    caps->index = (uint32_t)count;
    caps->fp64 = has_extension(extensions, "cl_khr_fp64");
    caps->fp16 = has_extension(extensions, "cl_khr_fp16");
    if (has_extension(extensions, "cl_khr_command_buffer"))
        caps->command_buffer = extension_version(id, "cl_khr_command_buffer");
    bool at_pci = read_pci(id, extensions, caps);
    if (!(has_extension(extensions, "cl_khr_device_uuid") && id_from_uuid(id, caps))) {
        if (at_pci)
            (void)snprintf(caps->id, sizeof caps->id, "pci:%s", caps->pci);
        else
            id_from_name(list, count, caps);
    }
    free(extensions);
    caps->preferred = caps->type == FM_DEVICE_CPU ? FM_SPECIALISATION_CPU : FM_SPECIALISATION_GPU;
    fmi_quirks_apply(caps);
    return CL_SUCCESS;
}
