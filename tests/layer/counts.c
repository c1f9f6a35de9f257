/* SPDX-License-Identifier: MIT */
#include "counts.h"

#include "report.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const fmf_way_names[FMF_WAY_COUNT] = {[FMF_WRITE] = "write",
                                                  [FMF_MAP_WRITE] = "map_write",
                                                  [FMF_COPYING_CREATION] = "copying_creation",
                                                  [FMF_READ] = "read",
                                                  [FMF_MAP_READ] = "map_read"};

#define UPLOADS 4096       /* digests kept; later uploads are not compared */
#define COMPARED_BYTES 256 /* smaller uploads (parameters) may repeat */
#define PLACES 4096        /* call stacks told apart */
#define STACK_DEPTH 12

static fmf_counts counts;
static bool marked;
static uint64_t digests[UPLOADS];
static uint32_t digest_count;
static uint64_t read_backs;
static uint64_t places[PLACES];

const fmf_counts *fmf_all(void) {
    return &counts;
}

static void sleep_ms(long ms) {
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    while (nanosleep(&left, &left) != 0) {
    }
}

static cl_int note_injected(fmf_call call, const fmf_rule *rule) {
    cl_int code = rule->has_value ? (cl_int)rule->value : fmf_call_codes[call];
    if (counts.injected++ == 0) {
        counts.first_call = call;
        counts.first_nth = counts.fallible;
        counts.first_code = code;
    }
    return code;
}

/* 64-bit FNV-1a over words, then the odd bytes. */
static uint64_t digest(const unsigned char *data, uint64_t bytes) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325) ^ bytes;
    uint64_t at = 0;
    for (; at + 8 <= bytes; at += 8) {
        uint64_t word = 0;
        memcpy(&word, data + at, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x100000001B3);
        hash ^= hash >> 29; /* high bits of a word reach the low ones */
    }
    for (; at < bytes; at++) {
        hash = (hash ^ data[at]) * UINT64_C(0x100000001B3);
    }
    return hash;
}

/* Opened anew each time: several processes may append, and few calls are firsts. */
static void list_place(fmf_call call, void *const *frames, int depth, unsigned long number) {
    const char *path = getenv("FMFAULT_PLACES");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file) {
        return;
    }
    fprintf(file, "place %" PRIu64 " %lu %s\n", counts.places, number, fmf_call_names[call]);
    fflush(file);
    backtrace_symbols_fd(frames, depth, fileno(file));
    fclose(file);
}

/* Of a call stack, the same in every process: wherever its files are loaded. Never 0. */
static unsigned long stack_number(void *const *frames, int depth) {
    uint64_t offsets[STACK_DEPTH];
    for (int i = 0; i < depth; i++) {
        Dl_info info = {0};
        uint64_t base = dladdr(frames[i], &info) ? (uint64_t)(uintptr_t)info.dli_fbase : 0;
        offsets[i] = (uint64_t)(uintptr_t)frames[i] - base;
    }
    return 1 + (unsigned long)(digest((const unsigned char *)offsets, (uint64_t)depth * 8) >> 2);
}

/* The stack's number for the first call from there, else 0; with the lock held. */
static unsigned long new_place(fmf_call call) {
    void *frames[STACK_DEPTH];
    if (fmf_call_codes[call] == 0 || !fmf_rules_want_places(&fmf_set.fail)) {
        return 0;
    }
    int depth = backtrace(frames, STACK_DEPTH);
    uint64_t hash = digest((const unsigned char *)frames, (uint64_t)depth * sizeof *frames);
    for (uint64_t i = 0; i < counts.places; i++) {
        if (places[i] == hash) {
            return 0;
        }
    }
    if (counts.places == PLACES) {
        abort(); /* an instrument that has lost count must not report */
    }
    places[counts.places++] = hash;
    unsigned long number = stack_number(frames, depth);
    list_place(call, frames, depth, number);
    return number;
}

/* Who made the call that fails; as deep as a place is, though some frames here are ours. */
static void write_stack(void) {
    void *frames[STACK_DEPTH + 4];
    const char *path = getenv("FMFAULT_STACK");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        backtrace_symbols_fd(frames, backtrace(frames, STACK_DEPTH + 4), fileno(file));
        fclose(file);
    }
}

cl_int fmf_enter(fmf_call call) {
    fmf_lock();
    counts.calls[call]++;
    counts.fallible += fmf_call_codes[call] != 0;
    unsigned long stack = new_place(call);
    const fmf_rule *delay = fmf_rules_hit(&fmf_set.delay, call, stack);
    const fmf_rule *fail = fmf_set.spent ? NULL : fmf_rules_hit(&fmf_set.fail, call, stack);
    long ms = delay ? delay->value : 0;
    cl_int code = fail ? note_injected(call, fail) : CL_SUCCESS;
    bool first = fail && counts.injected == 1;
    fmf_unlock();
    if (first) { /* a program may end without a word to the driver now */
        fmf_settings_spend();
        write_stack();
        fmf_report_write("failure");
    }
    if (ms > 0) {
        sleep_ms(ms);
    }
    return code;
}

cl_int fmf_refuse(cl_int code) {
    fmf_lock();
    counts.refused++;
    fmf_unlock();
    return code;
}

static void add(fmf_tally *tally, uint64_t bytes) {
    tally->count++;
    tally->bytes += bytes;
}

static void compare(uint64_t hash, uint64_t bytes) {
    for (uint32_t i = 0; i < digest_count; i++) {
        if (digests[i] == hash) {
            add(&counts.repeated, bytes);
            return;
        }
    }
    if (digest_count < UPLOADS) {
        digests[digest_count++] = hash;
    }
}

void fmf_transferred(fmf_way way, uint64_t bytes) {
    fmf_lock();
    add(&counts.ways[way], bytes);
    if (marked && way < FMF_READ) {
        add(&counts.after_mark, bytes);
    }
    fmf_unlock();
}

void fmf_uploaded(const void *content, uint64_t bytes) {
    if (!content || bytes < COMPARED_BYTES) {
        return;
    }
    uint64_t hash = digest(content, bytes);
    fmf_lock();
    compare(hash, bytes);
    fmf_unlock();
}

/* The kernel's place in the list, the end when it is not there. */
static uint32_t find_name(const char *name) {
    for (uint32_t i = 0; i < counts.kernel_count; i++) {
        if (strncmp(counts.kernels[i].name, name, FMF_NAME_BYTES - 1) == 0) {
            return i;
        }
    }
    return counts.kernel_count;
}

uint32_t fmf_kernel_slot(const char *name) {
    fmf_lock();
    uint32_t slot = find_name(name);
    if (slot == FMF_KERNELS) {
        slot = UINT32_MAX;
    } else if (slot == counts.kernel_count) {
        snprintf(counts.kernels[counts.kernel_count++].name, FMF_NAME_BYTES, "%s", name);
    }
    fmf_unlock();
    return slot;
}

static bool is_mark(const char *kernel) {
    const char *mark = fmf_set.mark;
    return mark && *mark && strncmp(kernel, mark, strlen(mark)) == 0;
}

void fmf_launched(uint32_t slot) {
    fmf_lock();
    counts.launches++;
    if (slot < counts.kernel_count) {
        counts.kernels[slot].launches++;
        marked = marked || is_mark(counts.kernels[slot].name);
    }
    fmf_unlock();
}

void fmf_built(bool from_binary) {
    fmf_lock();
    counts.builds_binary += from_binary;
    counts.builds_source += !from_binary;
    fmf_unlock();
}

bool fmf_flip_now(void) {
    fmf_lock();
    bool now = ++read_backs == fmf_set.flip;
    fmf_unlock();
    return now;
}
