/* SPDX-License-Identifier: MIT */
/* Which figure counts, and the budget that follows. The sources are in host/memory_*.c. */
#include "memory.h"

#include "engine_impl.h"
#include "error.h"
#include "learned.h"

#include <stdio.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
/* Share of the total that counts as available when nobody says what is free. */
#define UNTRUSTED_TOTAL 0.8
#define SANE 1.02
#define DISAGREE 0.10

static const double level_fraction[] = {0.75, 0.50, 0.85, 0.95};

const char *fm_trust_name(fm_trust trust) {
    static const char *const names[] = {"total", "learned", "reported"};
    return (unsigned)trust < 3 ? names[trust] : "unknown";
}

static bool is_named(const fm_memory_source *source, const char *name) {
    return strcmp(source->name, name) == 0;
}

/* Limits of the host bind a device with memory of its own as little as hwloc's total does. */
static bool says_free(const fm_memory_source *source, const fm_caps *caps) {
    bool host =
        is_named(source, "meminfo") || is_named(source, "cgroup") || is_named(source, "rlimit");
    return source->free_bytes != 0 && (!host || fmi_memory_is_host(caps));
}

/* Of what the host has, the device may be told a part only, so its own total does not judge. */
static bool is_sane(const fm_memory_source *source, const fm_memory *memory, const fm_caps *caps) {
    return fmi_memory_is_host(caps) || memory->total_bytes == 0 ||
           (double)source->free_bytes <= SANE * (double)memory->total_bytes;
}

static void choose_source(const fm_caps *caps, fm_memory *memory) {
    fm_memory_source *best = NULL;
    for (uint32_t i = 0; i < memory->source_count; i++) {
        fm_memory_source *source = &memory->sources[i];
        source->used = false;
        if (is_named(source, "learned") || !says_free(source, caps) ||
            !is_sane(source, memory, caps))
            continue;
        if (!best || source->free_bytes < best->free_bytes)
            best = source;
    }
    memory->trust = FM_TRUST_TOTAL;
    memory->free_bytes = 0;
    snprintf(memory->source, sizeof memory->source, "device");
    if (!best)
        return;
    best->used = true;
    memory->trust = FM_TRUST_REPORTED;
    memory->free_bytes = best->free_bytes;
    if (memory->total_bytes != 0 && memory->free_bytes > memory->total_bytes)
        memory->free_bytes = memory->total_bytes;
    snprintf(memory->source, sizeof memory->source, "%s", best->name);
}

static uint64_t reserve_of(const fm_caps *caps, const fm_memory *memory, double available) {
    uint64_t share = memory->total_bytes / 100 * 3;
    uint64_t reserve = share > 256 * MIB ? share : 256 * MIB;
    if (fmi_memory_is_host(caps))
        reserve = 512 * MIB;
    double most = 0.25 * available;
    return (double)reserve < most ? reserve : (uint64_t)most;
}

/* What worked after a failure caps the budget, whatever else is said. */
static void apply_learned(fm_memory *memory) {
    for (uint32_t i = 0; i < memory->source_count; i++) {
        fm_memory_source *source = &memory->sources[i];
        if (!is_named(source, "learned") || source->free_bytes == 0 ||
            source->free_bytes >= memory->budget_bytes)
            continue;
        source->used = true;
        memory->budget_bytes = source->free_bytes;
        memory->trust = FM_TRUST_LEARNED;
        snprintf(memory->source, sizeof memory->source, "learned");
    }
}

/* Totals that should be one number: the device's, the machine's by the kernel and by hwloc. */
static void compare_totals(const fm_caps *caps, fm_memory *memory) {
    memory->warning[0] = '\0';
    if (!fmi_memory_is_host(caps) || memory->total_bytes == 0)
        return;
    for (uint32_t i = 0; i < memory->source_count; i++) {
        const fm_memory_source *source = &memory->sources[i];
        if (source->total_bytes == 0 || !(is_named(source, "meminfo") || is_named(source, "hwloc")))
            continue;
        double ratio = (double)memory->total_bytes / (double)source->total_bytes;
        if (ratio < 1.0 - DISAGREE || ratio > 1.0 + DISAGREE) {
            snprintf(memory->warning, sizeof memory->warning,
                     "the device says %.1f GiB and %s %.1f GiB: totals differ by more than 10 %%",
                     (double)memory->total_bytes / 1073741824.0, source->name,
                     (double)source->total_bytes / 1073741824.0);
            return;
        }
    }
}

/* Bytes that count as ours when `kept` of the free ones are left to others. On a host device every
 * buffer may have a copy, which halves what is free; what we hold is ours whatever is free. */
static double available_bytes(const fm_caps *caps, const fm_memory *memory, uint64_t kept) {
    bool known = memory->trust != FM_TRUST_TOTAL;
    double total = caps->global_bytes ? (double)caps->global_bytes : 1024.0 * 1024.0 * (double)MIB;
    double left = (known ? (double)memory->free_bytes : UNTRUSTED_TOTAL * total) - (double)kept;
    if (left < 0.0)
        left = 0.0;
    if (!known)
        return left;
    return (fmi_memory_is_host(caps) ? 0.5 : 1.0) * left + (double)memory->ledger_bytes;
}

/* What is to stay free caps the budget; it needs no reserve on top. */
static void keep_free(const fm_caps *caps, fm_memory *memory) {
    double most = available_bytes(caps, memory, caps->keep_free_bytes);
    if (caps->keep_free_bytes != 0 && most < (double)memory->budget_bytes)
        memory->budget_bytes = (uint64_t)most;
}

fm_status fm_memory_budget(const fm_caps *caps, fm_level level, uint64_t mem_limit_bytes,
                           fm_memory *memory, fm_error *err) {
    if (!caps || !memory || (unsigned)level > FM_LEVEL_EXTREME ||
        memory->source_count > FM_MEMORY_SOURCES)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_memory_budget: a NULL or a bad level");
    memory->total_bytes = caps->global_bytes;
    memory->single_bytes = caps->max_alloc_bytes;
    memory->limit_bytes = mem_limit_bytes;
    memory->fraction = level_fraction[level];
    choose_source(caps, memory);
    double available = available_bytes(caps, memory, 0);
    memory->counted_bytes = (uint64_t)available;
    memory->reserve_bytes = reserve_of(caps, memory, available);
    double budget = memory->fraction * available - (double)memory->reserve_bytes;
    memory->budget_bytes = budget > 0.0 ? (uint64_t)budget : 0;
    keep_free(caps, memory);
    apply_learned(memory);
    if (mem_limit_bytes != 0 && mem_limit_bytes < memory->budget_bytes)
        memory->budget_bytes = mem_limit_bytes;
    compare_totals(caps, memory);
    return FM_OK;
}

fm_status fm_memory_query(const fm_engine *engine, fm_memory *memory, fm_error *err) {
    if (!engine || !memory)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_memory_query: a NULL argument");
    *memory = (fm_memory){0};
    fmi_memory_ask(memory, &engine->caps, engine->queue ? fmi_queue_device(engine->queue) : NULL);
    uint64_t learned = fmi_learned_read(engine->cache_dir, &engine->caps);
    if (learned != 0)
        fmi_memory_add(memory, "learned", "worked after a failure on this device and driver")
            ->free_bytes = learned;
    memory->ledger_bytes = engine->queue ? fmi_queue_stats(engine->queue)->live_bytes : 0;
    return fm_memory_budget(&engine->caps, engine->level, engine->mem_limit_bytes, memory, err);
}
