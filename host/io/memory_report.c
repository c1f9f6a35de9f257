/* SPDX-License-Identifier: MIT */
#include "memory_report.h"

#include "cores.h"
#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 4096

fm_status fmi_memory_ask_all(const fm_engine *engine, fm_level level, uint64_t mem_limit_bytes,
                             fm_memory *memory, fm_error *err) {
    fm_status status = fm_memory_query(engine, memory, err);
    if (status != FM_OK)
        return status;
    fm_memory_source *source = fmi_memory_add(memory, "hwloc", "hwloc: memory of the machine");
    if (source)
        source->total_bytes = fmi_topology_bytes();
    return fm_memory_budget(fm_engine_caps(engine), level, mem_limit_bytes, memory, err);
}

/* Text that grows to a fixed end. */
typedef struct text {
    char *at;
    size_t used;
} text;

__attribute__((format(printf, 2, 3))) static void put(text *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(t->at + t->used, TEXT_BYTES - t->used, format, arguments);
    va_end(arguments);
    t->used += n > 0 ? (size_t)n : 0;
    if (t->used >= TEXT_BYTES)
        t->used = TEXT_BYTES - 1;
}

const char *fmi_memory_amount(uint64_t bytes, char out[24]) {
    if (bytes < UINT64_C(1) << 20)
        snprintf(out, 24, "%llu bytes", (unsigned long long)bytes);
    else if (bytes < UINT64_C(1) << 30)
        snprintf(out, 24, "%.0f MiB", (double)bytes / 1048576.0);
    else
        snprintf(out, 24, "%.2f GiB", (double)bytes / 1073741824.0);
    return out;
}

/* A source's figure, or that it has none. */
static const char *figure(uint64_t bytes, char out[24]) {
    return bytes == 0 ? "-" : fmi_memory_amount(bytes, out);
}

static void put_sources(text *t, const fm_memory *memory) {
    char a[24], b[24];
    put(t, "  %-11s %10s %10s\n", "source", "total", "free");
    for (uint32_t i = 0; i < memory->source_count; i++) {
        const fm_memory_source *s = &memory->sources[i];
        put(t, "%c %-11s %10s %10s  %s\n", s->used ? '*' : ' ', s->name, figure(s->total_bytes, a),
            figure(s->free_bytes, b), s->note);
    }
}

static const char *trust_sentence(fm_trust trust) {
    return trust == FM_TRUST_REPORTED  ? "reported now"
           : trust == FM_TRUST_LEARNED ? "learned from a failure on this device and driver"
                                       : "nobody says what is free: 80 % of the total is assumed";
}

static void put_counted(text *t, const fm_caps *caps, const fm_memory *memory) {
    char a[24], b[24];
    fmi_memory_amount(memory->counted_bytes, a);
    if (memory->free_bytes == 0)
        put(t, "counted: %s, 80 %% of the total, for nobody says what is free\n", a);
    else if (fmi_memory_is_host(caps))
        put(t,
            "counted: %s, half of %s (what is free, within the device's total), for buffers have "
            "copies on the host\n",
            a, fmi_memory_amount(memory->free_bytes, b));
    else
        put(t, "counted: %s\n", a);
}

/* Why the budget is not what the level's share makes. */
static void put_cap(text *t, const fm_caps *caps, const fm_memory *memory, double share) {
    char a[24];
    bool less = (double)memory->budget_bytes + 1.0 < share;
    if (memory->limit_bytes != 0)
        put(t,
            memory->limit_bytes == memory->budget_bytes ? ", capped by --mem-limit %s"
                                                        : " (--mem-limit %s)",
            fmi_memory_amount(memory->limit_bytes, a));
    if (!less || (memory->limit_bytes != 0 && memory->limit_bytes == memory->budget_bytes))
        return;
    if (memory->trust == FM_TRUST_LEARNED)
        put(t, ", capped by what worked after a failure");
    else if (caps->keep_free_bytes != 0)
        put(t, ", capped by --keep-free %s", fmi_memory_amount(caps->keep_free_bytes, a));
}

static void put_budget(text *t, const fm_caps *caps, fm_level level, const fm_memory *memory) {
    char a[24], b[24], c[24];
    double share = memory->fraction * (double)memory->counted_bytes - (double)memory->reserve_bytes;
    put(t, "budget at level %s: %s", fm_level_name(level),
        fmi_memory_amount(memory->budget_bytes, a));
    if ((double)memory->budget_bytes + 1.0 >= share)
        put(t, " = %.0f %% of %s, less the reserve of %s", 100.0 * memory->fraction,
            fmi_memory_amount(memory->counted_bytes, b),
            fmi_memory_amount(memory->reserve_bytes, c));
    put_cap(t, caps, memory, share);
    put(t, "\n");
}

char *fmi_memory_budget_text(const fm_caps *caps, fm_level level, const fm_memory *memory) {
    text t = {.at = calloc(1, TEXT_BYTES)};
    if (t.at)
        put_budget(&t, caps, level, memory);
    return t.at;
}

char *fmi_memory_text(const fm_caps *caps, fm_level level, const fm_memory *memory) {
    text t = {.at = calloc(1, TEXT_BYTES)};
    char a[24], b[24];
    if (!t.at)
        return NULL;
    put(&t, "%s on %s\n\n", caps->name, caps->platform);
    put_sources(&t, memory);
    put(&t, "\n* decides: %s, %s\n", memory->source, trust_sentence(memory->trust));
    put(&t, "largest single buffer %s, held by this process %s\n", figure(memory->single_bytes, a),
        fmi_memory_amount(memory->ledger_bytes, b));
    if (memory->warning[0])
        put(&t, "warning: %s\n", memory->warning);
    put_counted(&t, caps, memory);
    put_budget(&t, caps, level, memory);
    return t.at;
}

void fmi_memory_json(fmi_json *json, const fm_caps *caps, fm_level level, const fm_memory *memory) {
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "schema", "facemorph/memory/1");
    fmi_json_string(json, "device", caps->id);
    fmi_json_string(json, "name", caps->name);
    fmi_json_string(json, "level", fm_level_name(level));
    fmi_json_uint(json, "total", memory->total_bytes);
    fmi_json_known(json, "free", memory->free_bytes);
    fmi_json_uint(json, "single_buffer", memory->single_bytes);
    fmi_json_uint(json, "ledger", memory->ledger_bytes);
    fmi_json_uint(json, "reserve", memory->reserve_bytes);
    fmi_json_known(json, "limit", memory->limit_bytes);
    fmi_json_uint(json, "budget", memory->budget_bytes);
    fmi_json_double(json, "fraction", memory->fraction);
    fmi_json_uint(json, "counted", memory->counted_bytes);
    fmi_json_known(json, "keep_free", caps->keep_free_bytes);
    fmi_json_string(json, "source", memory->source);
    fmi_json_string(json, "trust", fm_trust_name(memory->trust));
    fmi_json_words(json, "warning", memory->warning);
    fmi_json_begin(json, "sources", '[');
    for (uint32_t i = 0; i < memory->source_count; i++) {
        const fm_memory_source *s = &memory->sources[i];
        fmi_json_begin(json, NULL, '{');
        fmi_json_string(json, "name", s->name);
        fmi_json_known(json, "total", s->total_bytes);
        fmi_json_known(json, "free", s->free_bytes);
        fmi_json_bool(json, "used", s->used);
        fmi_json_string(json, "note", s->note);
        fmi_json_end(json);
    }
    fmi_json_end(json);
    fmi_json_end(json);
}
