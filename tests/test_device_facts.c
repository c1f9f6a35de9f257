/* SPDX-License-Identifier: MIT */
/* Drivers as no machine has them: this program answers the OpenCL queries itself, so that every way
 * to name a device, to place it on the bus and to fail is met. */
#include "fm_test.h"

#include "cl.h"
#include "device.h"

#include <fm/device.h>

TestSuite(device_facts, .timeout = 60);

/* ---- the drivers ---- */

typedef struct made_up_device {
    cl_device_type type;
    const char *name, *extensions;
    bool unavailable, no_compiler, profiling;
    cl_uint units, clock;
    cl_ulong global, largest;
    unsigned char uuid[16];
    cl_uint khr[4];          /* domain, bus, device, function; all 0 = the query fails */
    cl_uint nv_bus, nv_slot; /* both 0 = the query fails */
    bool nv_domain_fails;
    unsigned char amd_kind, amd[3]; /* kind 0 = the query fails */
    cl_device_info refused;         /* this query fails */
    cl_int code;                    /* with this */
} made_up_device;

typedef struct made_up_platform {
    const char *name;
    const made_up_device *device;
    cl_uint count;
    cl_int name_code, count_code, ids_code;
} made_up_platform;

static const made_up_platform *platforms;
static cl_uint platform_count;
static cl_int platforms_code, platform_ids_code;

static cl_int give(const void *value, size_t bytes, size_t room, void *out, size_t *need) {
    if (need)
        *need = bytes;
    if (out && room < bytes)
        return CL_INVALID_VALUE;
    if (out)
        memcpy(out, value, bytes);
    return CL_SUCCESS;
}

cl_int clGetPlatformIDs(cl_uint room, cl_platform_id *ids, cl_uint *count) {
    if (count)
        *count = platform_count;
    for (cl_uint i = 0; ids && i < room; i++)
        ids[i] = (cl_platform_id)(uintptr_t)&platforms[i];
    return ids ? platform_ids_code : platforms_code;
}

cl_int clGetPlatformInfo(cl_platform_id id, cl_platform_info what, size_t room, void *out,
                         size_t *need) {
    const made_up_platform *p = (const void *)id;
    cr_assert_eq(what, (cl_platform_info)CL_PLATFORM_NAME);
    return p->name_code ? p->name_code : give(p->name, strlen(p->name) + 1, room, out, need);
}

cl_int clGetDeviceIDs(cl_platform_id id, cl_device_type type, cl_uint room, cl_device_id *ids,
                      cl_uint *count) {
    const made_up_platform *p = (const void *)id;
    cr_assert_eq(type, (cl_device_type)CL_DEVICE_TYPE_ALL);
    if (count)
        *count = p->count;
    for (cl_uint i = 0; ids && i < room; i++)
        ids[i] = (cl_device_id)(uintptr_t)&p->device[i];
    return ids ? p->ids_code : p->count_code;
}

static cl_int give_text(const char *text, size_t room, void *out, size_t *need) {
    return give(text, strlen(text) + 1, room, out, need);
}

static cl_int give_uint(cl_uint value, size_t room, void *out, size_t *need) {
    return give(&value, sizeof value, room, out, need);
}

static cl_int give_ulong(cl_ulong value, size_t room, void *out, size_t *need) {
    return give(&value, sizeof value, room, out, need);
}

static cl_int give_size(size_t value, size_t room, void *out, size_t *need) {
    return give(&value, sizeof value, room, out, need);
}

/* Numbers from the Khronos registry. */
static cl_int give_place(const made_up_device *d, cl_device_info what, size_t room, void *out,
                         size_t *need) {
    unsigned char topology[24] = {0};
    switch (what) {
    case 0x410F: /* PCI of Khronos */
        return d->khr[0] | d->khr[1] | d->khr[2] | d->khr[3]
                   ? give(d->khr, sizeof d->khr, room, out, need)
                   : CL_INVALID_VALUE;
    case 0x4008: /* NVIDIA: bus, slot, domain */
        return d->nv_bus | d->nv_slot ? give_uint(d->nv_bus, room, out, need) : CL_INVALID_VALUE;
    case 0x4009:
        return d->nv_slot ? give_uint(d->nv_slot, room, out, need) : CL_INVALID_VALUE;
    case 0x400A:
        return d->nv_domain_fails ? CL_INVALID_VALUE : give_uint(2, room, out, need);
    case 0x4037: /* AMD: kind, 20 bytes of nothing, bus, device, function */
        topology[0] = d->amd_kind;
        memcpy(topology + 21, d->amd, 3);
        return d->amd_kind ? give(topology, sizeof topology, room, out, need) : CL_INVALID_VALUE;
    default:
        cr_assert_fail("query 0x%x was not foreseen", (unsigned)what);
        return CL_INVALID_VALUE;
    }
}

cl_int clGetDeviceInfo(cl_device_id id, cl_device_info what, size_t room, void *out, size_t *need) {
    const made_up_device *d = (const void *)id;
    static const unsigned char no_uuid[16];
    if (d->refused == what && d->code)
        return d->code;
    switch (what) {
    case CL_DEVICE_AVAILABLE:
        return give_uint(!d->unavailable, room, out, need);
    case CL_DEVICE_TYPE:
        return give_ulong(d->type, room, out, need);
    case CL_DEVICE_NAME:
        return give_text(d->name ? d->name : "device", room, out, need);
    case CL_DEVICE_VENDOR:
    case CL_DRIVER_VERSION:
    case CL_DEVICE_VERSION:
        return give_text("  padded \n", room, out, need);
    case CL_DEVICE_EXTENSIONS:
        return give_text(d->extensions ? d->extensions : "", room, out, need);
    case CL_DEVICE_MAX_COMPUTE_UNITS:
        return give_uint(d->units, room, out, need);
    case CL_DEVICE_MAX_CLOCK_FREQUENCY:
        return give_uint(d->clock, room, out, need);
    case CL_DEVICE_MAX_WORK_GROUP_SIZE:
        return give_size(256, room, out, need);
    case CL_DEVICE_MEM_BASE_ADDR_ALIGN:
        return give_uint(1024, room, out, need);
    case CL_DEVICE_PROFILING_TIMER_RESOLUTION:
        return give_size(1, room, out, need);
    case CL_DEVICE_GLOBAL_MEM_SIZE:
        return give_ulong(d->global, room, out, need);
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
        return give_ulong(d->largest, room, out, need);
    case CL_DEVICE_LOCAL_MEM_SIZE:
        return give_ulong(32768, room, out, need);
    case CL_DEVICE_COMPILER_AVAILABLE:
        return give_uint(!d->no_compiler, room, out, need);
    case CL_DEVICE_HOST_UNIFIED_MEMORY:
    case CL_DEVICE_IMAGE_SUPPORT:
        return give_uint(CL_FALSE, room, out, need);
    case CL_DEVICE_QUEUE_PROPERTIES:
        return give_ulong(d->profiling ? CL_QUEUE_PROFILING_ENABLE : 0, room, out, need);
    case 0x106A: /* uuid */
        return memcmp(d->uuid, no_uuid, 16) ? give(d->uuid, 16, room, out, need) : CL_INVALID_VALUE;
    default:
        return give_place(d, what, room, out, need);
    }
}

static void use_platforms(const made_up_platform *list, cl_uint count) {
    platforms = list;
    platform_count = count;
    platforms_code = platform_ids_code = CL_SUCCESS;
}

/* The facts of one device alone. */
static fm_caps facts_of(const made_up_device *device) {
    const made_up_platform platform = {.name = " A platform ", .device = device, .count = 1};
    fm_caps *caps = NULL, got;
    size_t count = 0;
    fm_error err;
    use_platforms(&platform, 1);
    fm_assert_ok(fm_devices(&caps, &count, &err), err);
    cr_assert_eq(count, 1U);
    got = caps[0];
    fm_devices_free(&caps);
    cr_assert_null(caps);
    return got;
}

/* ---- what is read ---- */

Test(device_facts, numbers_and_names_arrive_as_the_driver_gives_them) {
    const made_up_device device = {.type = CL_DEVICE_TYPE_GPU,
                                   .name = " GPU\tone ",
                                   .extensions = "cl_khr_fp64_not xcl_khr_fp64 cl_khr_fp16",
                                   .profiling = true,
                                   .units = 40,
                                   .clock = 1800,
                                   .global = 1000,
                                   .largest = 4000};
    const fm_caps caps = facts_of(&device);
    cr_assert_str_eq(caps.platform, "A platform");
    cr_assert_str_eq(caps.name, "GPU\\x09one");
    cr_assert_str_eq(caps.vendor, "padded");
    cr_assert_eq(caps.type, FM_DEVICE_GPU);
    cr_assert_eq(caps.preferred, FM_SPECIALISATION_GPU);
    cr_assert_eq(caps.base_align_bytes, 128U);
    cr_assert_eq(caps.max_alloc_bytes, 1000U, "no buffer is larger than the memory");
    cr_assert(caps.profiling && caps.compiler);
    cr_assert(caps.fp16);
    cr_assert_not(caps.fp64, "part of a longer name is another extension");
}

Test(device_facts, types_are_told_apart) {
    static const struct {
        cl_device_type bits;
        fm_device_type type;
        fm_specialisation form;
    } types[] = {
        {CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_DEFAULT, FM_DEVICE_GPU, FM_SPECIALISATION_GPU},
        {CL_DEVICE_TYPE_ACCELERATOR, FM_DEVICE_ACCELERATOR, FM_SPECIALISATION_GPU},
        {CL_DEVICE_TYPE_CPU, FM_DEVICE_CPU, FM_SPECIALISATION_CPU},
        {CL_DEVICE_TYPE_CUSTOM, FM_DEVICE_OTHER, FM_SPECIALISATION_GPU}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const made_up_device device = {.type = types[i].bits};
        const fm_caps caps = facts_of(&device);
        cr_expect_eq(caps.type, types[i].type, "type %zu", i);
        cr_expect_eq(caps.preferred, types[i].form, "type %zu", i);
    }
}

/* ---- ids ---- */

#define KHR "cl_khr_pci_bus_info"
#define NV "cl_nv_device_attribute_query"
#define AMD "cl_amd_device_attribute_query"

Test(device_facts, ids_are_the_uuid_or_the_place_on_the_bus) {
    static const struct {
        made_up_device device;
        const char *id, *pci;
    } rows[] = {
        {{.extensions = "cl_khr_device_uuid", .uuid = {0xAB, 1, [15] = 0xFF}},
         "uuid:ab010000-0000-0000-0000-0000000000ff",
         ""},
        {{.extensions = "cl_khr_device_uuid " KHR, .uuid = {1}, .khr = {1, 0x3B, 2, 3}},
         "uuid:01000000-0000-0000-0000-000000000000",
         "0001:3b:02.3"},
        {{.extensions = KHR, .khr = {0, 0x3B, 0, 1}}, "pci:0000:3b:00.1", "0000:3b:00.1"},
        {{.extensions = "cl_khr_device_uuid " KHR, .khr = {0, 1, 0, 0}},
         "pci:0000:01:00.0", /* the uuid's query fails */
         "0000:01:00.0"},
        {{.extensions = NV, .nv_bus = 0x65, .nv_slot = 0x0B}, "pci:0002:65:01.3", "0002:65:01.3"},
        {{.extensions = NV, .nv_bus = 0x65, .nv_slot = 8, .nv_domain_fails = true},
         "pci:0000:65:01.0",
         "0000:65:01.0"},
        {{.extensions = AMD, .amd_kind = 1, .amd = {3, 4, 5}}, "pci:0000:03:04.5", "0000:03:04.5"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const fm_caps caps = facts_of(&rows[i].device);
        cr_expect_str_eq(caps.id, rows[i].id, "row %zu: %s", i, caps.id);
        cr_expect_str_eq(caps.pci, rows[i].pci, "row %zu: %s", i, caps.pci);
    }
}

Test(device_facts, without_a_place_the_name_makes_the_id) {
    static const made_up_device rows[] = {
        {.khr = {1, 2, 3, 4}},                          /* no extension says so */
        {.extensions = KHR " " NV " " AMD},             /* every query fails */
        {.extensions = NV, .nv_bus = 1},                /* a bus, but no slot */
        {.extensions = AMD, .amd_kind = 2, .amd = {3}}, /* not on PCI */
        {.extensions = AMD, .amd_kind = 1},             /* bus 0, device 0: nobody set it */
        {.extensions = "cl_khr_device_uuid_other", .uuid = {1}},
    };
    const fm_caps first = facts_of(&rows[0]);
    cr_assert_eq(strncmp(first.id, "name:", 5), 0, "%s", first.id);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const fm_caps caps = facts_of(&rows[i]);
        cr_expect_str_eq(caps.id, first.id, "row %zu: %s", i, caps.id);
        cr_expect_str_eq(caps.pci, "", "row %zu: %s", i, caps.pci);
    }
    const made_up_device other = {.name = "another"};
    cr_assert_str_neq(facts_of(&other).id, first.id);
}

Test(device_facts, twins_have_ids_of_their_own) {
    static const made_up_device twins[2] = {{.units = 1}, {.units = 2}};
    static const made_up_platform two[] = {{.name = "P", .device = twins, .count = 2},
                                           {.name = "Q", .device = twins, .count = 1}};
    fm_caps *caps = NULL;
    size_t count = 0;
    fm_error err;
    use_platforms(two, 2);
    fm_assert_ok(fm_devices(&caps, &count, &err), err);
    cr_assert_eq(count, 3U);
    cr_assert_str_neq(caps[0].id, caps[1].id);
    cr_assert_str_neq(caps[0].id, caps[2].id);
    cr_assert_eq(caps[2].index, 2U);
    fm_devices_free(&caps);
    fm_devices_free(NULL);
}

/* ---- drivers that fail ---- */

static void expect_devices(const made_up_platform *list, cl_uint n, size_t want) {
    fm_caps *caps = NULL;
    size_t count = 99;
    fm_error err;
    use_platforms(list, n);
    fm_assert_ok(fm_devices(&caps, &count, &err), err);
    cr_assert_eq(count, want, "%zu devices, want %zu", count, want);
    cr_assert((caps != NULL) == (want > 0));
    fm_devices_free(&caps);
}

static void expect_failure(const made_up_platform *list, cl_uint n, const char *call) {
    fm_caps *caps = NULL;
    size_t count = 99;
    fm_error err;
    use_platforms(list, n);
    const fm_status status = fm_devices(&caps, &count, &err);
    cr_assert_neq(status, FM_OK, "%s", call);
    cr_assert_not_null(strstr(err.message, call), "want %s in: %s", call, err.message);
    cr_assert_not_null(strstr(err.message, "clinfo"), "%s", err.message);
    cr_assert_null(caps);
    cr_assert_eq(count, 0U);
}

Test(device_facts, a_platform_without_devices_is_none) {
    static const made_up_device away = {.unavailable = true};
    static const made_up_platform rows[] = {{.name = "empty"},
                                            {.name = "-1", .count_code = CL_DEVICE_NOT_FOUND},
                                            {.name = "away", .device = &away, .count = 1}};
    fm_error err;
    fmi_device *list = NULL;
    size_t count = 7;
    expect_devices(rows, 3, 0);
    expect_devices(rows, 0, 0);
    use_platforms(rows, 3);
    platforms_code = -1001; /* the loader found no driver */
    fm_assert_ok(fmi_device_list(&list, &count, &err), err);
    cr_assert_eq(count, 0U);
    cr_assert_null(list);
}

Test(device_facts, a_broken_driver_leaves_the_others_alone) {
    static const made_up_device good = {.type = CL_DEVICE_TYPE_CPU};
    static const made_up_device bad[] = {{.refused = CL_DEVICE_AVAILABLE, .code = -6},
                                         {.refused = CL_DEVICE_NAME, .code = -6},
                                         {.refused = CL_DEVICE_EXTENSIONS, .code = -6},
                                         {.refused = CL_DEVICE_GLOBAL_MEM_SIZE, .code = -6},
                                         {.refused = CL_DEVICE_TYPE, .code = -6}};
    enum { BAD = sizeof bad / sizeof bad[0] };
    const made_up_platform mixed[] = {{.name = "no name", .name_code = -5, .count = 1},
                                      {.name = "no count", .count_code = -5},
                                      {.name = "no ids", .device = bad, .count = 1, .ids_code = -5},
                                      {.name = "bad", .device = bad, .count = BAD},
                                      {.name = "good", .device = &good, .count = 1}};
    expect_devices(mixed, 5, 1);
    expect_failure(&mixed[0], 1, "clGetPlatformInfo");
    expect_failure(&mixed[1], 1, "clGetDeviceIDs");
    expect_failure(&mixed[2], 1, "clGetDeviceIDs");
    expect_failure(&mixed[0], 4, "clGetPlatformInfo"); /* the first one is told */
    for (int i = 0; i < BAD; i++) {
        const made_up_platform one = {.name = "one", .device = &bad[i], .count = 1};
        expect_failure(&one, 1, "clGetDeviceInfo");
    }
}

Test(device_facts, a_loader_that_fails_is_told) {
    static const made_up_platform one = {.name = "one"};
    fm_caps *caps = NULL;
    size_t count = 0;
    fm_error err;
    use_platforms(&one, 1);
    platforms_code = CL_OUT_OF_HOST_MEMORY;
    fm_assert_fails(fm_devices(&caps, &count, &err), FM_ERROR_HOST_MEMORY, err, "clGetPlatformIDs");
    use_platforms(&one, 1);
    platform_ids_code = CL_OUT_OF_HOST_MEMORY;
    fm_assert_fails(fm_devices(&caps, &count, &err), FM_ERROR_HOST_MEMORY, err, "OpenCL loader");
    fm_assert_fails(fm_devices(NULL, &count, &err), FM_ERROR_INVALID_ARGUMENT, err, "NULL");
    fm_assert_fails(fm_devices(&caps, NULL, &err), FM_ERROR_INVALID_ARGUMENT, err, "NULL");
}

/* ---- the choice ---- */

static size_t chosen(const made_up_device *devices, cl_uint n, const char *selector) {
    const made_up_platform platform = {.name = "P", .device = devices, .count = n};
    fmi_device *list = NULL;
    size_t count = 0, index = 99;
    fm_error err;
    use_platforms(&platform, 1);
    fm_assert_ok(fmi_device_list(&list, &count, &err), err);
    fm_assert_ok(fmi_device_select(list, count, selector, &index, &err), err);
    free(list);
    return index;
}

Test(device_facts, auto_takes_what_is_likely_fastest) {
    static const made_up_device all[] = {
        {.type = CL_DEVICE_TYPE_GPU, .name = "no compiler", .no_compiler = true, .units = 999},
        {.type = CL_DEVICE_TYPE_GPU, .name = "llvmpipe (LLVM)", .units = 99, .clock = 99},
        {.type = CL_DEVICE_TYPE_CUSTOM, .name = "odd", .units = 9, .clock = 9},
        {.type = CL_DEVICE_TYPE_CPU, .name = "slow", .units = 2, .clock = 1000},
        {.type = CL_DEVICE_TYPE_CPU, .name = "fast", .units = 4, .clock = 1000},
        {.type = CL_DEVICE_TYPE_CPU, .name = "fast too", .units = 2, .clock = 2000},
        {.type = CL_DEVICE_TYPE_ACCELERATOR, .name = "card", .units = 1, .clock = 1},
        {.type = CL_DEVICE_TYPE_GPU, .name = "GPU", .units = 1, .clock = 1}};
    static const size_t best[] = {0, 1, 2, 3, 4, 4, 6, 7}; /* of the first i + 1 */
    for (cl_uint i = 0; i < 8; i++)
        cr_expect_eq(chosen(all, i + 1, "auto"), best[i], "of %u: %zu", i + 1,
                     chosen(all, i + 1, "auto"));
    cr_expect_eq(chosen(all, 8, "cpu"), 4U);
    cr_expect_eq(chosen(all, 8, "gpu"), 7U);
    cr_expect_eq(chosen(all, 8, "FAST T"), 5U);
    cr_expect_eq(chosen(all, 8, "3"), 3U);
    cr_expect_eq(chosen(all, 8, NULL), 7U);
    cr_expect_eq(chosen(all, 8, ""), 7U);
}

Test(device_facts, an_id_chooses_its_device) {
    static const made_up_device two[] = {
        {.type = CL_DEVICE_TYPE_GPU, .extensions = KHR, .khr = {0, 1, 0, 0}, .units = 9},
        {.type = CL_DEVICE_TYPE_GPU, .extensions = KHR, .khr = {0, 2, 0, 0}, .units = 1}};
    cr_expect_eq(chosen(two, 2, "PCI:0000:02:00.0"), 1U);
    cr_expect_eq(chosen(two, 2, "pci:0000:01:00.0"), 0U);
}
