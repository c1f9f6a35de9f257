/* SPDX-License-Identifier: MIT */
/* What a run depends on besides its code: what is read, what is hashed, what comes back. */
#include "environment.h"
#include "fm_test.h"
#include "saved.h"

#include <sys/stat.h>
#include <unistd.h>

TestSuite(environment, .timeout = 60);

static char root[FM_TEST_PATH];

/* Writes a file below the made-up root, folders included. */
static void put(const char *path, const char *text) {
    char full[2 * FM_TEST_PATH];
    if (!root[0])
        fm_test_dir(root, "environment");
    (void)snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; ++slash) {
        *slash = '\0';
        (void)mkdir(full, 0777);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    cr_assert_not_null(file, "%s", full);
    (void)fputs(text, file);
    (void)fclose(file);
}

Test(environment, the_state_of_a_machine_is_read) {
    fmi_host_facts f;
    put("/empty", "\n");
    fmi_host_facts_read(&f, root);
    cr_assert(!f.governor[0] && !f.turbo[0] && !f.smt[0] && !f.clock_source[0]);
    cr_assert(!f.container[0] && f.cpu_quota <= 0.0 && f.memory_limit == 0);

    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    put("/sys/devices/system/cpu/cpufreq/boost", "1\n");
    put("/sys/devices/system/cpu/smt/control", "on\n");
    put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
    put("/proc/self/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n");
    put("/proc/self/cgroup", "0::/job\n");
    put("/sys/fs/cgroup/job/cpu.max", "150000 100000\n");
    put("/sys/fs/cgroup/job/memory.max", "1073741824\n");
    put("/proc/1/cgroup", "0::/system.slice/docker-12.scope\n");
    fmi_host_facts_read(&f, root);
    cr_assert_str_eq(f.governor, "powersave");
    cr_assert_str_eq(f.turbo, "on");
    cr_assert_str_eq(f.smt, "on");
    cr_assert_str_eq(f.clock_source, "tsc");
    cr_assert_str_eq(f.container, "docker");
    cr_assert_float_eq(f.cpu_quota, 1.5, 1e-9);
    cr_assert_eq(f.memory_limit, UINT64_C(1) << 30);

    /* Intel's driver says it the other way round; podman leaves a file. */
    put("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
    put("/run/.containerenv", "engine=podman\n");
    fmi_host_facts_read(&f, root);
    cr_assert_str_eq(f.turbo, "off");
    cr_assert_str_eq(f.container, "podman");
    put("/.dockerenv", "");
    fmi_host_facts_read(&f, root);
    cr_assert_str_eq(f.container, "docker");
    put("/run/systemd/container", "systemd-nspawn\n");
    fmi_host_facts_read(&f, root);
    cr_assert_str_eq(f.container, "systemd-nspawn");
}

static void made_up(fmi_environment *e) {
    const fm_caps caps = {.id = "uuid:1", .pci = "0000:3b:00.0", .name = "One", .driver = "1.2"};
    const fmi_opencl_facts facts = {
        .clock = "trusted", .loader = "a loader 2.3", .extensions = "cl_a@1.0.0 cl_b"};
    fmi_environment_read(e, &caps, &facts);
}

static void machine_changes(fmi_environment *e, char *field, const char *what) {
    char before[17], kept;
    (void)strcpy(before, e->machine);
    kept = field[0];
    field[0] = (char)(kept ? kept ^ 1 : 'x');
    if (!kept)
        field[1] = '\0';
    fmi_environment_machine(e);
    cr_expect(strcmp(before, e->machine) != 0, "%s is not in the machine's hash", what);
    field[0] = kept;
    fmi_environment_machine(e);
    cr_expect_str_eq(before, e->machine, "%s", what);
}

/* Runs of two revisions of this program on one machine can be compared. */
Test(environment, the_machine_is_what_does_not_change_between_revisions) {
    fmi_environment *e = calloc(1, sizeof *e);
    made_up(e);
    const char before = e->machine[0];
    machine_changes(e, e->caps.id, "id");
    machine_changes(e, e->caps.pci, "PCI address");
    machine_changes(e, e->caps.driver, "driver");
    machine_changes(e, e->loader, "loader");
    machine_changes(e, e->extensions, "extensions");
    machine_changes(e, e->cpu, "processor");
    machine_changes(e, e->topology, "topology");
    machine_changes(e, e->machine_facts.governor, "governor");
    machine_changes(e, e->machine_facts.turbo, "turbo");
    machine_changes(e, e->machine_facts.smt, "SMT");
    machine_changes(e, e->machine_facts.clock_source, "clock source");
    machine_changes(e, e->machine_facts.container, "container");
    char old[17];
    (void)strcpy(old, e->machine);
    e->machine_facts.memory_limit ^= 4096;
    fmi_environment_machine(e);
    cr_expect_str_neq(old, e->machine, "limits of control groups");
    e->machine_facts.memory_limit ^= 4096;
    e->revision[0] ^= 1;
    e->version[0] ^= 1;
    e->compiler[0] ^= 1;
    e->kernel_hash[0] ^= 1;
    e->kernel_files[0] ^= 1;
    e->load += 1.0;
    e->memory_available /= 2;
    e->memory[0] ^= 1;
    e->memory_source[0] ^= 1;
    fmi_environment_machine(e);
    cr_expect_str_eq(old, e->machine, "a revision, load or free memory is in the machine's hash");
    cr_assert_neq(before, '\0');
    free(e);
}

Test(environment, everything_comes_back_from_the_store) {
    fmi_environment *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
    made_up(a);
    a->machine_facts.cpu_quota = 1.5;
    (void)strcpy(a->machine_facts.container, "docker");
    fmi_environment_machine(a);
    char *text = fmi_environment_text(a);
    cr_assert_not_null(text);
    cr_assert_not_null(strstr(text, "\"extensions\":{\"cl_a\":\"1.0.0\",\"cl_b\":null}"), "%s",
                       text);
    cr_assert_not_null(strstr(text, "\"raster.cl\":\""), "%s", text);
    cr_assert_not_null(strstr(text, "\"memory\":\""), "%s", text);
    fmi_environment_parse(b, text);
    char *again = fmi_environment_text(b);
    cr_assert_str_eq(again, text);
    fmi_environment_machine(b);
    cr_assert_str_eq(b->machine, a->machine);
    free(again);
    free(text);
    free(a);
    free(b);
}

/* Of the device that is here. */
Test(environment, the_driver_tells_its_extensions_and_the_loader_its_name) {
    fm_caps *caps = NULL;
    size_t count = 0;
    fm_error err;
    fmi_opencl_facts facts;
    fm_assert_ok(fm_devices(&caps, &count, &err), err);
    cr_assert_gt(count, 0U);
    fmi_opencl_facts_read(&facts, &caps[0], false, NULL);
    cr_log_info("%s: %s", facts.loader, facts.extensions);
    cr_assert_str_eq(facts.clock, "not tested");
    cr_assert_not_null(strstr(facts.extensions, "cl_khr_global_int32_base_atomics"));
    cr_assert_eq(caps[0].fp64, strstr(facts.extensions, "cl_khr_fp64") != NULL);
    fm_devices_free(&caps);
}
