/* SPDX-License-Identifier: MIT */
/* Where memory figures come from, which one counts, and the budget that follows. */
#include "fm_test.h"

#include "energy.h"
#include "frequency.h"
#include "io/memory_report.h"
#include "learned.h"
#include "memory.h"

#include <fm/fm.h>

#include <math.h>
#include <sched.h>
#include <unistd.h>

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

TestSuite(memory, .timeout = 60);

static char root[FM_TEST_PATH];

/* Writes a file below the made-up root, folders included. */
static void put(const char *path, const char *text) {
    char full[2 * FM_TEST_PATH];
    snprintf(root, sizeof root, "%s/root-%d", getenv("FM_TEST_TMP"), (int)getpid());
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0777);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    cr_assert_not_null(file, "%s", full);
    fputs(text, file);
    fclose(file);
}

static const fm_memory_source *find(const fm_memory *memory, const char *name) {
    for (uint32_t i = 0; i < memory->source_count; i++)
        if (strcmp(memory->sources[i].name, name) == 0)
            return &memory->sources[i];
    return NULL;
}

static const fm_caps cpu = {
    .type = FM_DEVICE_CPU, .global_bytes = 16 * GIB, .max_alloc_bytes = 4 * GIB};
static const fm_caps gpu = {.type = FM_DEVICE_GPU,
                            .id = "uuid:00112233-4455-6677-8899-aabbccddeeff",
                            .pci = "0000:3b:00.0",
                            .global_bytes = 24 * GIB,
                            .max_alloc_bytes = 6 * GIB};

static fm_memory budget(const fm_caps *caps, fm_level level, uint64_t limit, fm_memory memory) {
    fm_error err;
    fm_assert_ok(fm_memory_budget(caps, level, limit, &memory, &err), err);
    return memory;
}

/* A memory with one source that says what is free. */
static fm_memory one(const char *name, uint64_t total, uint64_t free_bytes) {
    fm_memory memory = {0};
    fm_memory_source *source = fmi_memory_add(&memory, name, "made up");
    source->total_bytes = total;
    source->free_bytes = free_bytes;
    return memory;
}

Test(memory, without_a_free_figure_most_of_the_total_counts) {
    const double fraction[] = {0.75, 0.50, 0.85, 0.95};
    for (int level = 0; level < 4; level++) {
        fm_memory m = budget(&gpu, (fm_level)level, 0, (fm_memory){0});
        double want = fraction[level] * 0.8 * (double)gpu.global_bytes - 0.03 * 24.0 * (double)GIB;
        cr_assert_eq(m.trust, FM_TRUST_TOTAL);
        cr_assert_eq(m.free_bytes, 0);
        cr_assert_float_eq((double)m.budget_bytes, want, 1e4, "level %d: %llu, want %g", level,
                           (unsigned long long)m.budget_bytes, want);
    }
}

Test(memory, reported_free_memory_decides) {
    fm_memory m = budget(&gpu, FM_LEVEL_MEDIUM, 0, one("nvml", 24 * GIB, 10 * GIB));
    cr_assert_eq(m.trust, FM_TRUST_REPORTED);
    cr_assert_str_eq(m.source, "nvml");
    cr_assert(m.sources[0].used);
    cr_assert_float_eq((double)m.budget_bytes,
                       0.75 * 10.0 * (double)GIB - 0.03 * 24.0 * (double)GIB, 1e4);
    /* what this engine holds already is part of what it may use */
    fm_memory held = one("nvml", 24 * GIB, 10 * GIB);
    held.ledger_bytes = 4 * GIB;
    held = budget(&gpu, FM_LEVEL_MEDIUM, 0, held);
    cr_assert_float_eq((double)(held.budget_bytes - m.budget_bytes), 0.75 * 4.0 * (double)GIB, 1e4);
    cr_assert_eq(m.counted_bytes, 10 * GIB);
    cr_assert_eq(held.counted_bytes, 14 * GIB);
    /* a cap of the caller caps, and only caps */
    cr_assert_eq(budget(&gpu, FM_LEVEL_MEDIUM, 2 * GIB, one("nvml", 0, 10 * GIB)).budget_bytes,
                 2 * GIB);
    cr_assert_eq(budget(&gpu, FM_LEVEL_MEDIUM, 90 * GIB, one("nvml", 0, 10 * GIB)).budget_bytes,
                 m.budget_bytes);
}

Test(memory, the_least_sane_figure_wins) {
    fm_memory two = one("nvml", 24 * GIB, 10 * GIB);
    fm_memory_source *edge = fmi_memory_add(&two, "learned", "made up");
    edge->free_bytes = 5 * GIB;
    two = budget(&gpu, FM_LEVEL_MEDIUM, 0, two);
    cr_assert_eq(two.trust, FM_TRUST_LEARNED);
    cr_assert_eq(two.budget_bytes, 5 * GIB);
    two.sources[1].free_bytes = 9 * GIB; /* above what the rest allows: it does not matter */
    cr_assert_str_eq(budget(&gpu, FM_LEVEL_MEDIUM, 0, two).source, "nvml");
    /* more than the device has cannot be true; a hair more is rounding */
    cr_assert_eq(budget(&gpu, FM_LEVEL_MEDIUM, 0, one("nvml", 0, 25 * GIB)).trust, FM_TRUST_TOTAL);
    fm_memory near = budget(&gpu, FM_LEVEL_MEDIUM, 0, one("nvml", 0, 24 * GIB + 100 * MIB));
    cr_assert_eq(near.trust, FM_TRUST_REPORTED);
    cr_assert_eq(near.free_bytes, 24 * GIB);
    /* the host's memory says nothing about a card's own */
    cr_assert_eq(budget(&gpu, FM_LEVEL_MEDIUM, 0, one("meminfo", 0, 3 * GIB)).trust,
                 FM_TRUST_TOTAL);
}

Test(memory, devices_in_host_memory_leave_room_for_copies) {
    fm_memory m = budget(&cpu, FM_LEVEL_MEDIUM, 0, one("meminfo", 16 * GIB, 8 * GIB));
    cr_assert_float_eq((double)m.budget_bytes, 0.75 * 4.0 * (double)GIB - 512.0 * (double)MIB, 1e4);
    cr_assert_eq(m.counted_bytes, 4 * GIB);
    cr_assert_str_eq(m.warning, "");
    /* little is left: the reserve shrinks, so that something can still be done */
    m = budget(&cpu, FM_LEVEL_LOW, 0, one("cgroup", 1 * GIB, 256 * MIB));
    cr_assert_float_eq((double)m.budget_bytes, 0.25 * 128.0 * (double)MIB, 1e4);
}

/* What others need: off what is free; of host memory each byte of a buffer costs two. */
Test(memory, some_memory_stays_free) {
    fm_caps caps = gpu;
    caps.keep_free_bytes = 8 * GIB;
    cr_assert_eq(budget(&caps, FM_LEVEL_MEDIUM, 0, one("nvml", 0, 10 * GIB)).budget_bytes, 2 * GIB);
    fm_memory held = one("nvml", 0, 10 * GIB);
    held.ledger_bytes = GIB;
    cr_assert_eq(budget(&caps, FM_LEVEL_MEDIUM, 0, held).budget_bytes, 3 * GIB);
    cr_assert_eq(budget(&caps, FM_LEVEL_MEDIUM, GIB, one("nvml", 0, 10 * GIB)).budget_bytes, GIB);
    caps.keep_free_bytes = 11 * GIB;
    cr_assert_eq(budget(&caps, FM_LEVEL_MEDIUM, 0, one("nvml", 0, 10 * GIB)).budget_bytes, 0);
    caps.keep_free_bytes = GIB; /* more than that stays free anyway */
    cr_assert_eq(budget(&caps, FM_LEVEL_MEDIUM, 0, one("nvml", 0, 10 * GIB)).budget_bytes,
                 budget(&gpu, FM_LEVEL_MEDIUM, 0, one("nvml", 0, 10 * GIB)).budget_bytes);
    caps.keep_free_bytes = 18 * GIB; /* nobody says what is free: 0.8 of 24 GiB */
    cr_assert_float_eq((double)budget(&caps, FM_LEVEL_MEDIUM, 0, (fm_memory){0}).budget_bytes,
                       1.2 * (double)GIB, 1e4);
    caps = cpu;
    caps.keep_free_bytes = 6 * GIB;
    cr_assert_eq(budget(&caps, FM_LEVEL_MEDIUM, 0, one("meminfo", 0, 8 * GIB)).budget_bytes, GIB);
}

/* An engine has it in its caps, so that everything it plans keeps to it. */
Test(memory, an_engine_keeps_memory_free) {
    fm_engine *engine = NULL;
    fm_memory usual, kept;
    fm_error err;
    fm_assert_ok(fm_engine_create(&engine, NULL, &err), err);
    fm_assert_ok(fm_memory_query(engine, &usual, &err), err);
    fm_engine_destroy(&engine);
    const fm_engine_params params = {.struct_size = sizeof params,
                                     .keep_free_bytes = UINT64_C(1) << 50};
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    cr_assert_eq(fm_engine_caps(engine)->keep_free_bytes, UINT64_C(1) << 50);
    fm_assert_ok(fm_memory_query(engine, &kept, &err), err);
    fm_engine_destroy(&engine);
    cr_assert_gt(usual.budget_bytes, 0U);
    cr_assert_eq(kept.budget_bytes, 0U);
}

static void told(const fm_caps *caps, uint64_t limit, fm_memory memory, const char *words) {
    const fm_memory m = budget(caps, FM_LEVEL_MEDIUM, limit, memory);
    char *text = fmi_memory_text(caps, FM_LEVEL_MEDIUM, &m);
    cr_assert_not_null(text);
    cr_expect(strstr(text, words), "no '%s' in:\n%s", words, text);
    free(text);
}

/* Whoever reads the table can work the budget out, or is told what capped it. */
Test(memory, the_table_tells_how_the_budget_came_about) {
    fm_memory learned = one("nvml", 0, 20 * GIB);
    fm_caps caps = gpu;
    told(&cpu, 0, one("meminfo", 16 * GIB, 8 * GIB), "counted: 4.00 GiB, half of 8.00 GiB (");
    told(&cpu, 0, one("meminfo", 16 * GIB, 8 * GIB),
         "medium: 2.50 GiB = 75 % of 4.00 GiB, less the reserve of 512 MiB\n");
    told(&cpu, 0, one("meminfo", 32 * GIB, 30 * GIB), "counted: 8.00 GiB, half of 16.00 GiB (");
    told(&gpu, 0, one("nvml", 0, 10 * GIB), "= 75 % of 10.00 GiB, less the reserve of 737 MiB");
    told(&gpu, 0, (fm_memory){0}, "counted: 19.20 GiB, 80 % of the total");
    told(&gpu, GIB, one("nvml", 0, 10 * GIB), "medium: 1.00 GiB, capped by --mem-limit 1.00 GiB");
    told(&gpu, 512, one("nvml", 0, 10 * GIB), "medium: 512 bytes, capped by --mem-limit 512 b");
    told(&gpu, 48 * GIB, one("nvml", 0, 10 * GIB), "of 737 MiB (--mem-limit 48.00 GiB)\n");
    caps.keep_free_bytes = 11 * GIB;
    told(&caps, 0, one("nvml", 0, 10 * GIB), "medium: 0 bytes, capped by --keep-free 11.00 GiB");
    fmi_memory_add(&learned, "learned", "made up")->free_bytes = 3 * GIB;
    told(&gpu, 0, learned, "medium: 3.00 GiB, capped by what worked after a failure\n");
}

Test(memory, totals_that_differ_are_named) {
    fm_memory m = budget(&cpu, FM_LEVEL_MEDIUM, 0, one("hwloc", 24 * GIB, 0));
    cr_assert_not_null(strstr(m.warning, "hwloc"), "%s", m.warning);
    cr_assert_not_null(strstr(m.warning, "24.0 GiB"), "%s", m.warning);
    m = budget(&cpu, FM_LEVEL_MEDIUM, 0, one("meminfo", 17 * GIB, GIB));
    cr_assert_str_eq(m.warning, "");
}

Test(memory, host_files_are_read) {
    fm_memory m = {0};
    put("/proc/meminfo",
        "MemTotal:       16384000 kB\nMemFree: 1 kB\nMemAvailable:    8192000 kB\n");
    put("/proc/self/cgroup", "0::/job/step\n");
    put("/proc/self/mounts", "none /cg cgroup2 rw,nosuid 0 0\n");
    put("/cg/job/memory.max", "4294967296\n");
    put("/cg/job/memory.current", "3221225472\n");
    put("/cg/job/memory.stat", "anon 1\ninactive_file 1073741824\nactive_file 5\n");
    put("/cg/job/step/memory.max", "max\n");
    fmi_memory_from_host(&m, root);
    const fm_memory_source *info = find(&m, "meminfo");
    const fm_memory_source *group = find(&m, "cgroup");
    cr_assert(info && group);
    cr_assert_eq(info->total_bytes, UINT64_C(16384000) << 10);
    cr_assert_eq(info->free_bytes, UINT64_C(8192000) << 10);
    cr_assert_eq(group->total_bytes, 4 * GIB);
    /* 4 GiB - (3 GiB in use - 1 GiB of pages that can be dropped) */
    cr_assert_eq(group->free_bytes, 2 * GIB);
}

Test(memory, control_groups_of_version_1) {
    fm_memory m = {0};
    put("/proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/box\n");
    put("/proc/self/mounts",
        "cg /cg/cpu cgroup rw,cpu,cpuacct 0 0\ncg /cg/memory cgroup rw,memory 0 0\n");
    put("/cg/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("/cg/memory/box/memory.limit_in_bytes", "1073741824\n");
    put("/cg/memory/box/memory.usage_in_bytes", "2147483648\n");
    fmi_memory_from_host(&m, root);
    const fm_memory_source *group = find(&m, "cgroup");
    cr_assert_not_null(group);
    cr_assert_eq(group->total_bytes, GIB);
    cr_assert_eq(group->free_bytes, 1); /* over the limit: nothing is left, and it says so */
    fm_memory none = {0};
    put("/cg/memory/box/memory.limit_in_bytes", "9223372036854771712\n");
    fmi_memory_from_host(&none, root);
    cr_assert_null(find(&none, "cgroup"));
}

Test(memory, kernel_files_of_graphics_drivers) {
    fm_memory m = {0};
    put("/sys/bus/pci/devices/0000:3b:00.0/mem_info_vram_total", "25769803776\n");
    put("/sys/bus/pci/devices/0000:3b:00.0/mem_info_vram_used", "5368709120\n");
    fmi_memory_from_sysfs(&m, &gpu, root);
    cr_assert_not_null(find(&m, "amdgpu"));
    cr_assert_eq(find(&m, "amdgpu")->free_bytes, 19 * GIB);
    cr_assert_null(find(&m, "i915"));
    put("/sys/bus/pci/devices/0000:3b:00.0/drm/card1/lmem_total_bytes", "17179869184\n");
    put("/sys/bus/pci/devices/0000:3b:00.0/drm/card1/lmem_avail_bytes", "1073741824\n");
    put("/sys/bus/pci/devices/0000:3b:00.0/mem_info_vram_used", "nonsense\n");
    m = (fm_memory){0};
    fmi_memory_from_sysfs(&m, &gpu, root);
    cr_assert_null(find(&m, "amdgpu"));
    cr_assert_eq(find(&m, "i915")->free_bytes, GIB);
    m = (fm_memory){0};
    fmi_memory_from_sysfs(&m, &cpu, root);
    cr_assert_eq(m.source_count, 0);
}

/* The stand-ins of tests/vendors are what the loader finds here. */
Test(memory, management_libraries_are_asked) {
    fm_memory m = {0};
    fm_caps other = gpu;
    fmi_memory_from_nvml(&m, &gpu);
    cr_assert_eq(m.source_count, 1);
    cr_assert_eq(m.sources[0].free_bytes, 20 * GIB);
    cr_assert_not_null(strstr(m.sources[0].note, "UUID"));
    other.id[6] = 'f'; /* another UUID at the same address */
    fmi_memory_from_nvml(&m, &other);
    cr_assert_eq(m.source_count, 2);
    cr_assert_not_null(strstr(m.sources[1].note, "PCI"));
    other.pci[6] = '7';
    fmi_memory_from_nvml(&m, &other);
    fmi_memory_from_nvml(&m, &cpu);
    cr_assert_eq(m.source_count, 2, "a device that is not there got figures");

    m = (fm_memory){0};
    snprintf(other.pci, sizeof other.pci, "0000:03:00.0");
    fmi_memory_from_level_zero(&m, &other);
    cr_assert_eq(m.source_count, 1);
    cr_assert_eq(m.sources[0].total_bytes, 16 * GIB);
    cr_assert_eq(m.sources[0].free_bytes, 14 * GIB);
    fmi_memory_from_level_zero(&m, &gpu);
    cr_assert_eq(m.source_count, 1);
}

Test(memory, the_list_is_bounded_and_arguments_are_checked) {
    fm_memory m = {0};
    fm_error err;
    for (int i = 0; i < FM_MEMORY_SOURCES; i++)
        cr_assert_not_null(fmi_memory_add(&m, "x", "%d", i));
    cr_assert_null(fmi_memory_add(&m, "x", "one too many"));
    fm_assert_ok(fm_memory_budget(&gpu, FM_LEVEL_LOW, 0, &m, &err), err);
    fm_assert_fails(fm_memory_budget(&gpu, (fm_level)9, 0, &m, &err), FM_ERROR_INVALID_ARGUMENT,
                    err, "level");
    fm_assert_fails(fm_memory_query(NULL, &m, &err), FM_ERROR_INVALID_ARGUMENT, err, "NULL");
}

Test(memory, the_edge_is_remembered_per_device_and_driver) {
    char path[2 * FM_TEST_PATH];
    fm_caps other = gpu;
    put("/cache/x", "");
    snprintf(path, sizeof path, "%s/cache", root);
    cr_assert_eq(fmi_learned_read(path, &gpu), 0);
    fmi_learned_write(path, &gpu, 12345);
    cr_assert_eq(fmi_learned_read(path, &gpu), 12345);
    snprintf(other.driver, sizeof other.driver, "2.0");
    cr_assert_eq(fmi_learned_read(path, &other), 0);
    fmi_learned_write(path, &gpu, 0);
    cr_assert_eq(fmi_learned_read(path, &gpu), 0);
    fmi_learned_write(path, &gpu, 777);
    char command[3 * FM_TEST_PATH];
    const char *damage[] = {": >", "echo 5 >", "printf 'facemorph memory edge 1\\n7x\\n' >",
                            "printf 'facemorph memory edge 2\\n777\\n' >"};
    for (int i = 0; i < 4; i++) {
        snprintf(command, sizeof command, "for f in %s/memory-*; do %s $f; done", path, damage[i]);
        cr_assert_eq(system(command), 0);
        cr_assert_eq(fmi_learned_read(path, &gpu), 0, "%s", damage[i]);
    }
    fmi_learned_write(NULL, &gpu, 5);
    cr_assert_eq(fmi_learned_read("", &gpu), 0);
}

/* The real machine: figures hang together. */
Test(memory, a_query_of_this_machine) {
    fm_engine *engine = NULL;
    fm_memory m;
    fm_error err;
    fm_assert_ok(fm_engine_create(&engine, NULL, &err), err);
    fm_assert_ok(fm_memory_query(engine, &m, &err), err);
    cr_assert_eq(m.total_bytes, fm_engine_caps(engine)->global_bytes);
    cr_assert_not_null(find(&m, "device"));
    cr_assert_not_null(find(&m, "meminfo"));
    cr_assert_gt(m.budget_bytes, 0);
    cr_assert_lt(m.budget_bytes, m.total_bytes);
    cr_assert_eq(m.trust, FM_TRUST_REPORTED);
    fm_engine_destroy(&engine);
}

/* ---- energy ---- */

#define RAPL "/sys/class/powercap/intel-rapl:"

static void package(const char *number, const char *name, const char *energy) {
    char path[FM_TEST_PATH];
    snprintf(path, sizeof path, RAPL "%s/name", number);
    put(path, name);
    snprintf(path, sizeof path, RAPL "%s/energy_uj", number);
    put(path, energy);
    snprintf(path, sizeof path, RAPL "%s/max_energy_range_uj", number);
    put(path, "262143328850\n");
}

/* Packages count, their parts and the platform's sum do not; a counter that wraps goes on. */
Test(memory, packages_of_a_processor_count_energy) {
    fmi_energy energy;
    put("/sys/class/powercap/intel-rapl/enabled", "1\n");
    cr_assert_not(fmi_energy_open(&energy, &cpu, root), "no domain yet");
    package("0", "package-0\n", "1000000\n");
    package("0:0", "core\n", "77\n");
    package("2", "psys\n", "99\n");
    cr_assert(fmi_energy_open(&energy, &cpu, root));
    cr_assert_str_eq(energy.source, "rapl package-0");
    cr_assert_eq(fmi_energy_joules(&energy), 0.0);
    package("0", "package-0\n", "3500000\n");
    package("0:0", "core\n", "9977777\n");
    cr_assert_float_eq(fmi_energy_joules(&energy), 2.5, 1e-9);
    package("0", "package-0\n", "500000\n"); /* past 262,143.32885 J */
    cr_assert_float_eq(fmi_energy_joules(&energy), 2.5 + 262143.328850 - 3.0, 1e-6);
    fmi_energy_close(&energy);

    package("1", "package-1\n", "0\n");
    cr_assert(fmi_energy_open(&energy, &cpu, root));
    cr_assert_str_eq(energy.source, "rapl 2 packages");
    package("0", "package-0\n", "1500000\n");
    package("1", "package-1\n", "4000000\n");
    cr_assert_float_eq(fmi_energy_joules(&energy), 5.0, 1e-9);
    package("1", "package-1\n", "nonsense\n");
    cr_assert(isnan(fmi_energy_joules(&energy)), "a counter that fails gives no number");
    cr_assert(isnan(fmi_energy_joules(&energy)));
    fmi_energy_close(&energy);
    cr_assert_not(fmi_energy_open(&energy, &cpu, "/no/such/root"));
    fmi_energy_close(&energy); /* a closed one */
}

Test(memory, nvidia_counts_energy) {
    fmi_energy energy;
    fm_caps other = gpu;
    cr_assert(fmi_energy_open(&energy, &gpu, ""));
    cr_assert_str_eq(energy.source, "nvml");
    const double first = fmi_energy_joules(&energy), second = fmi_energy_joules(&energy);
    cr_assert_float_eq(first, 2.5, 1e-9);
    cr_assert_float_eq(second, 5.0, 1e-9);
    fmi_energy_close(&energy);
    cr_assert_null(energy.nvml);
    other.id[6] = 'f';
    other.pci[6] = '7';
    cr_assert_not(fmi_energy_open(&energy, &other, ""), "another device");
}

/* --- clocks ----------------------------------------------------------------------------------- */

/* Reads once more: the last clock and the reasons so far. */
static void expect_clock(fmi_frequency *f, double mhz, uint32_t throttled, const char *reasons) {
    const double sum = f->seen.readings * f->seen.mhz_mean;
    fmi_frequency_read(f);
    cr_assert_float_eq(f->seen.readings * f->seen.mhz_mean - sum, mhz, 1e-6);
    cr_assert_eq(f->seen.throttled, throttled);
    cr_assert_str_eq(f->seen.reasons, reasons);
}

/* The first core this process may use has files. */
Test(memory, the_clock_of_processors_is_read) {
    fmi_frequency f;
    cpu_set_t set;
    char path[128];
    int core = 0;
    cr_assert_eq(sched_getaffinity(0, sizeof set, &set), 0);
    while (!CPU_ISSET(core, &set))
        ++core;
    put("/proc/empty", "\n");
    cr_assert_not(fmi_frequency_open(&f, &cpu, root), "nothing to read");
    put("/proc/cpuinfo", "processor : 0\ncpu MHz : 2000.5\nprocessor : 1\ncpu MHz : 3000.5\n");
    cr_assert(fmi_frequency_open(&f, &cpu, root));
    cr_assert_str_eq(f.seen.source, "cpuinfo");
    expect_clock(&f, 2500.5, 0, "");
    fmi_frequency_close(&f);
    (void)snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq",
                   core);
    put(path, "3400000\n");
    cr_assert(fmi_frequency_open(&f, &cpu, root));
    cr_assert_str_eq(f.seen.source, "cpufreq");
    expect_clock(&f, 3400.0, 0, "");
    put(path, "1700000\n");
    char events[128];
    (void)snprintf(events, sizeof events,
                   "/sys/devices/system/cpu/cpu%d/thermal_throttle/core_throttle_count", core);
    put(events, "5\n");
    expect_clock(&f, 1700.0, 1, "thermal");
    expect_clock(&f, 1700.0, 1, "thermal"); /* no more events */
    cr_assert_eq(f.seen.slowed, 1U);
    cr_assert_float_eq(f.seen.mhz_min, 1700.0, 1e-9);
    cr_assert_float_eq(f.seen.mhz_max, 3400.0, 1e-9);
    fmi_frequency_close(&f);
    cr_assert_eq(f.seen.readings, 3U); /* the figures stay */
    fmi_frequency_read(&f);
    cr_assert_eq(f.seen.readings, 3U, "a closed one was read");
}

Test(memory, the_clock_of_graphics_is_read_from_the_drivers_files) {
    fmi_frequency f;
    fm_caps other = gpu;
    other.id[6] = 'f';
    (void)snprintf(other.pci, sizeof other.pci, "0000:81:00.0");
    cr_assert_not(fmi_frequency_open(&f, &other, root), "no files");
#define AT "/sys/bus/pci/devices/0000:81:00.0/"
    put(AT "drm/card1/gt/gt0/rps_act_freq_mhz", "2050\n");
    put(AT "drm/card1/gt/gt0/throttle_reason_status", "1\n");
    put(AT "drm/card1/gt/gt0/throttle_reason_pl1", "1\n");
    put(AT "drm/card1/gt/gt0/throttle_reason_prochot", "0\n");
    cr_assert(fmi_frequency_open(&f, &other, root));
    cr_assert_str_eq(f.seen.source, "i915");
    expect_clock(&f, 2050.0, 1, "pl1");
    cr_assert_eq(f.seen.slowed, 0U, "a limit of power is no fault");
    put(AT "drm/card1/gt/gt0/throttle_reason_prochot", "1\n");
    put(AT "drm/card1/gt/gt0/throttle_reason_pl1", "0\n");
    expect_clock(&f, 2050.0, 2, "pl1, prochot");
    cr_assert_eq(f.seen.slowed, 1U);
    fmi_frequency_close(&f);

    put(AT "tile0/gt0/freq0/act_freq", "1300\n");
    put(AT "tile0/gt0/freq0/throttle/reason_thermal", "1\n");
    put(AT "tile0/gt0/freq0/throttle/status", "1\n");
    cr_assert(fmi_frequency_open(&f, &other, root));
    cr_assert_str_eq(f.seen.source, "xe");
    expect_clock(&f, 1300.0, 1, "thermal");
    fmi_frequency_close(&f);

    put(AT "hwmon/hwmon3/freq1_input", "1855000000\n");
    put(AT "hwmon/hwmon3/power1_average", "200000000\n");
    put(AT "hwmon/hwmon3/power1_cap", "255000000\n");
    put(AT "hwmon/hwmon3/temp1_input", "60000\n");
    put(AT "hwmon/hwmon3/temp1_crit", "110000\n");
    cr_assert(fmi_frequency_open(&f, &other, root));
    cr_assert_str_eq(f.seen.source, "amdgpu");
    expect_clock(&f, 1855.0, 0, "");
    put(AT "hwmon/hwmon3/power1_average", "254000000\n");
    expect_clock(&f, 1855.0, 1, "power cap");
    cr_assert_eq(f.seen.slowed, 0U);
    put(AT "hwmon/hwmon3/temp1_input", "110000\n");
    expect_clock(&f, 1855.0, 2, "power cap, thermal");
    cr_assert_eq(f.seen.slowed, 1U);
    fmi_frequency_close(&f);
#undef AT
}

Test(memory, the_clock_of_nvidias_devices_is_asked) {
    fmi_frequency f;
    cr_assert(fmi_frequency_open(&f, &gpu, ""));
    cr_assert_str_eq(f.seen.source, "nvml");
    expect_clock(&f, 1980.0, 0, ""); /* the first look was that of open */
    expect_clock(&f, 1200.0, 1, "power cap");
    expect_clock(&f, 1200.0, 2, "power cap");
    cr_assert_float_eq(f.seen.mhz_min, 1200.0, 1e-9);
    fmi_frequency_close(&f);
    cr_assert_null(f.nvml);
}
