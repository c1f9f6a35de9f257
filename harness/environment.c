/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include "clock.h"
#include "io/cores.h"
#include "memory.h"
#include "program.h"

#include <fm/engine.h>
#include <fm/memory.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <fm_revision.h>
#include <xxhash.h>

/* --- reading ------------------------------------------------------------------------------ */

/* Value of a "name : value" or "name value" line of a system file; out is "" when absent. */
static void read_field(const char *path, const char *name, char *out, size_t out_bytes) {
    out[0] = '\0';
    FILE *file = fopen(path, "r");
    if (!file)
        return;
    char line[512];
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, name, strlen(name)) != 0)
            continue;
        const char *value = line + strlen(name);
        value += strspn(value, " \t:");
        (void)snprintf(out, out_bytes, "%.*s", (int)strcspn(value, "\n"), value);
        break;
    }
    (void)fclose(file);
}

static uint64_t read_memory(const char *name) {
    char text[64];
    read_field("/proc/meminfo", name, text, sizeof text);
    return strtoull(text, NULL, 10) * 1024;
}

static bool steers(const char *variable) {
    static const char *const prefixes[] = {"POCL_",   "OCL_",     "OPENCL_", "FM_",
                                           "FMORPH_", "CL_",      "GPU_",    "CUDA_VISIBLE",
                                           "NEO",     "RUSTICL_", "LP_",     "OMP_"};
    static const char *const places[] = {"CACHE_DIR=", "FM_TEST_", "FM_SOURCE_DIR", "FM_BUILD_DIR"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; ++i)
        if (strstr(variable, places[i]))
            return false; /* where files lie changes no result */
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; ++i)
        if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

static void read_variables(fmi_environment *e) {
    for (char **v = environ; *v && e->variable_count < FMI_ENVIRONMENT_VARIABLES; ++v)
        if (steers(*v))
            (void)snprintf(e->variable[e->variable_count++], sizeof e->variable[0], "%s", *v);
    qsort(e->variable, e->variable_count, sizeof e->variable[0], by_text);
}

static void read_program(fmi_environment *e) {
    (void)snprintf(e->version, sizeof e->version, "%s", fm_version());
    (void)snprintf(e->revision, sizeof e->revision, "%s", FM_REVISION);
#if defined(__clang__)
    (void)snprintf(e->compiler, sizeof e->compiler, "clang %s", __clang_version__);
#else
    (void)snprintf(e->compiler, sizeof e->compiler, "gcc %s", __VERSION__);
#endif
    (void)snprintf(e->build, sizeof e->build, "%s", FM_BUILD);
    uint64_t hash = 0;
    for (size_t i = 0; i < fmi_kernel_file_count; ++i) {
        const fmi_kernel_file *file = &fmi_kernel_files[i];
        const size_t used = strlen(e->kernel_files);
        hash = XXH3_64bits_withSeed(file->text, file->bytes, hash);
        (void)snprintf(e->kernel_files + used, sizeof e->kernel_files - used, "%s%s=%016llx",
                       used ? " " : "", file->name,
                       (unsigned long long)XXH3_64bits(file->text, file->bytes));
    }
    (void)snprintf(e->kernel_hash, sizeof e->kernel_hash, "%016llx", (unsigned long long)hash);
}

static void read_machine(fmi_environment *e) {
    read_field("/proc/cpuinfo", "model name", e->cpu, sizeof e->cpu);
    fmi_host_facts_read(&e->machine_facts, "");
    (void)fmi_topology_summary(e->topology, sizeof e->topology);
    struct utsname system;
    if (uname(&system) == 0)
        (void)snprintf(e->system, sizeof e->system, "%.40s %.60s %.40s", system.sysname,
                       system.release, system.machine);
    e->cores = fmi_usable_cores();
    if (getloadavg(&e->load, 1) != 1)
        e->load = (double)NAN;
    e->memory_total = read_memory("MemTotal");
    e->memory_available = read_memory("MemAvailable");
}

/* Who answers first, how much and how far it can be trusted. */
static void read_memory_sources(fmi_environment *e) {
    fm_memory m = {0};
    char *out = e->memory;
    fmi_memory_ask(&m, &e->caps, NULL);
    if (fm_memory_budget(&e->caps, FM_LEVEL_MEDIUM, 0, &m, NULL) != FM_OK)
        return;
    (void)snprintf(e->memory_source, sizeof e->memory_source, "%s %s", m.source,
                   fm_trust_name(m.trust));
    for (uint32_t i = 0; i < m.source_count; ++i) {
        const fm_memory_source *s = &m.sources[i];
        const size_t used = strlen(out);
        (void)snprintf(out + used, sizeof e->memory - used, "%s%s%s: total %llu, free %llu",
                       used ? "; " : "", s->name, s->used ? " (counts)" : "",
                       (unsigned long long)s->total_bytes, (unsigned long long)s->free_bytes);
    }
}

/* Chains texts: their ends count, so that they cannot run into each other. */
static uint64_t hash_texts(uint64_t hash, const char *const *texts, size_t count) {
    for (size_t i = 0; i < count; ++i)
        hash = XXH3_64bits_withSeed(texts[i], strlen(texts[i]) + 1, hash);
    return hash;
}

/* What is the same for two revisions of this program: device, driver, machine and its state. Load
 * and free memory vary from run to run, and who counts for the free memory once a limit was
 * learned; the total does on some virtual machines. */
static uint64_t hash_machine(const fmi_environment *e) {
    char numbers[96];
    const fmi_host_facts *f = &e->machine_facts;
    (void)snprintf(numbers, sizeof numbers, "%u|%.3f|%llu", e->cores, f->cpu_quota,
                   (unsigned long long)f->memory_limit);
    const char *const texts[] = {e->caps.id,       e->caps.pci,    e->caps.name,    e->caps.vendor,
                                 e->caps.platform, e->caps.driver, e->caps.version, e->loader,
                                 e->extensions,    e->cpu,         e->topology,     f->governor,
                                 f->turbo,         f->smt,         f->clock_source, f->container,
                                 numbers};
    return hash_texts(0, texts, sizeof texts / sizeof texts[0]);
}

static void make_fingerprint(fmi_environment *e) {
    const char *const program[] = {e->version, e->revision,    e->compiler,    e->build,
                                   e->system,  e->kernel_hash, e->kernel_files};
    uint64_t hash = hash_texts(hash_machine(e), program, sizeof program / sizeof program[0]);
    for (uint32_t i = 0; i < e->variable_count; ++i)
        hash = XXH3_64bits_withSeed(e->variable[i], strlen(e->variable[i]), hash);
    (void)snprintf(e->fingerprint, sizeof e->fingerprint, "%016llx", (unsigned long long)hash);
}

void fmi_environment_machine(fmi_environment *e) {
    uint64_t hash = hash_machine(e);
    for (uint32_t i = 0; i < e->variable_count; ++i)
        if (strncmp(e->variable[i], "FM_CL_DIR=", 10) != 0) /* other kernels are no other machine */
            hash = XXH3_64bits_withSeed(e->variable[i], strlen(e->variable[i]), hash);
    (void)snprintf(e->machine, sizeof e->machine, "%016llx", (unsigned long long)hash);
}

void fmi_environment_read(fmi_environment *environment, const fm_caps *caps,
                          const fmi_opencl_facts *opencl) {
    memset(environment, 0, sizeof *environment);
    environment->caps = *caps;
    (void)snprintf(environment->event_clock, sizeof environment->event_clock, "%s", opencl->clock);
    (void)snprintf(environment->loader, sizeof environment->loader, "%s", opencl->loader);
    (void)snprintf(environment->extensions, sizeof environment->extensions, "%s",
                   opencl->extensions);
    environment->clock_step_ns = fmi_clock_step_ns();
    read_program(environment);
    read_machine(environment);
    read_memory_sources(environment);
    read_variables(environment);
    make_fingerprint(environment);
    fmi_environment_machine(environment);
}

/* --- writing ------------------------------------------------------------------------------ */

static void text_or_null(fmi_json *json, const char *key, const char *text) {
    fmi_json_string(json, key, text[0] ? text : NULL);
}

static void count_or_null(fmi_json *json, const char *key, uint64_t value) {
    if (value)
        fmi_json_uint(json, key, value);
    else
        fmi_json_null(json, key);
}

static void device_json(const fm_caps *caps, fmi_json *json) {
    static const char *const types[] = {"other", "cpu", "gpu", "accelerator"};
    fmi_json_begin(json, "device", '{');
    fmi_json_string(json, "id", caps->id);
    text_or_null(json, "pci", caps->pci);
    fmi_json_string(json, "name", caps->name);
    fmi_json_string(json, "vendor", caps->vendor);
    fmi_json_string(json, "platform", caps->platform);
    fmi_json_string(json, "driver", caps->driver);
    fmi_json_string(json, "version", caps->version);
    fmi_json_string(json, "type", (unsigned)caps->type < 4 ? types[caps->type] : "other");
    count_or_null(json, "compute_units", caps->compute_units);
    count_or_null(json, "clock_mhz", caps->clock_mhz);
    count_or_null(json, "global_bytes", caps->global_bytes);
    count_or_null(json, "max_alloc_bytes", caps->max_alloc_bytes);
    count_or_null(json, "local_bytes", caps->local_bytes);
    fmi_json_bool(json, "unified_memory", caps->unified_memory);
    count_or_null(json, "timer_resolution_ns", caps->timer_resolution_ns);
    fmi_json_end(json);
}

static void host_json(const fmi_environment *e, fmi_json *json) {
    fmi_json_begin(json, "host", '{');
    text_or_null(json, "cpu", e->cpu);
    text_or_null(json, "system", e->system);
    text_or_null(json, "topology", e->topology);
    const fmi_host_facts *f = &e->machine_facts;
    text_or_null(json, "governor", f->governor);
    text_or_null(json, "turbo", f->turbo);
    text_or_null(json, "smt", f->smt);
    text_or_null(json, "clock_source", f->clock_source);
    text_or_null(json, "container", f->container);
    fmi_json_double(json, "cpu_quota", f->cpu_quota > 0.0 ? f->cpu_quota : (double)NAN);
    count_or_null(json, "memory_limit", f->memory_limit);
    fmi_json_uint(json, "cores", e->cores);
    fmi_json_double(json, "load", e->load);
    count_or_null(json, "memory_total", e->memory_total);
    count_or_null(json, "memory_available", e->memory_available);
    fmi_json_uint(json, "clock_step_ns", e->clock_step_ns);
    fmi_json_end(json);
}

/* "name=value name=value" as an object, or "name@value name" when the sign is '@'. */
static void words_json(fmi_json *json, const char *key, const char *words, char sign) {
    fmi_json_begin(json, key, '{');
    for (const char *at = words; *at;) {
        char word[128];
        const size_t length = strcspn(at, " ");
        (void)snprintf(word, sizeof word, "%.*s", (int)length, at);
        char *value = strchr(word, sign);
        if (value)
            *value++ = '\0';
        fmi_json_string(json, word, value);
        at += length + strspn(at + length, " ");
    }
    fmi_json_end(json);
}

static void variables_json(const fmi_environment *e, fmi_json *json) {
    fmi_json_begin(json, "variables", '{');
    for (uint32_t i = 0; i < e->variable_count; ++i) {
        char name[160];
        (void)snprintf(name, sizeof name, "%s", e->variable[i]);
        char *equals = strchr(name, '=');
        if (equals)
            *equals = '\0';
        fmi_json_string(json, name, equals ? equals + 1 : "");
    }
    fmi_json_end(json);
}

void fmi_environment_json(const fmi_environment *environment, fmi_json *json, const char *key) {
    fmi_json_begin(json, key, '{');
    fmi_json_string(json, "fingerprint", environment->fingerprint);
    fmi_json_string(json, "machine", environment->machine);
    fmi_json_string(json, "version", environment->version);
    fmi_json_string(json, "revision", environment->revision);
    fmi_json_string(json, "compiler", environment->compiler);
    fmi_json_string(json, "build", environment->build);
    fmi_json_string(json, "kernels", environment->kernel_hash);
    words_json(json, "kernel_files", environment->kernel_files, '=');
    device_json(&environment->caps, json);
    text_or_null(json, "loader", environment->loader);
    words_json(json, "extensions", environment->extensions, '@');
    text_or_null(json, "memory", environment->memory);
    text_or_null(json, "memory_source", environment->memory_source);
    fmi_json_string(json, "event_clock", environment->event_clock);
    host_json(environment, json);
    variables_json(environment, json);
    fmi_json_end(json);
}

char *fmi_environment_text(const fmi_environment *environment) {
    fmi_json json = {.compact = true};
    fmi_environment_json(environment, &json, NULL);
    const char *text = fmi_json_text(&json);
    char *copy = text ? strdup(text) : NULL;
    fmi_json_free(&json);
    return copy;
}
