/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "counts.h"
#include "objects.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static uint64_t start_ns; /* 0 = no layer in use, no report */

static uint64_t now_ns(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void put_tally(FILE *file, const char *name, fmf_tally tally, const char *after) {
    fprintf(file, "\"%s\": {\"count\": %" PRIu64 ", \"bytes\": %" PRIu64 "}%s", name, tally.count,
            tally.bytes, after);
}

static fmf_tally sum(const fmf_counts *c, fmf_way from, fmf_way to) {
    fmf_tally total = {0};
    for (unsigned way = from; way < (unsigned)to; way++) {
        total.count += c->ways[way].count;
        total.bytes += c->ways[way].bytes;
    }
    return total;
}

static void put_transfers(FILE *file, const fmf_counts *c) {
    fputs("  \"transfers\": {\n    ", file);
    put_tally(file, "to_device", sum(c, FMF_WRITE, FMF_READ), ",\n    ");
    put_tally(file, "from_device", sum(c, FMF_READ, FMF_WAY_COUNT), ",\n    ");
    put_tally(file, "repeated", c->repeated, ",\n    ");
    put_tally(file, "after_mark", c->after_mark, ",\n    \"by_way\": {");
    for (unsigned way = 0; way < FMF_WAY_COUNT; way++) {
        put_tally(file, fmf_way_names[way], c->ways[way], way + 1 < FMF_WAY_COUNT ? ", " : "}\n");
    }
    fputs("  },\n", file);
}

static void put_objects(FILE *file, const fmf_object_counts *o) {
    fprintf(file, "  \"live\": {\"total\": %" PRIu64, fmf_objects_live());
    for (unsigned kind = 0; kind < FMF_KIND_COUNT; kind++) {
        fprintf(file, ", \"%s\": %" PRIu64, fmf_kind_names[kind], o->live[kind]);
    }
    fputs("},\n  \"created\": {", file);
    for (unsigned kind = 0; kind < FMF_KIND_COUNT; kind++) {
        fprintf(file, "%s\"%s\": %" PRIu64, kind ? ", " : "", fmf_kind_names[kind],
                o->created[kind]);
    }
    fprintf(file,
            "},\n  \"strays\": %" PRIu64 ",\n  \"memory\": {\"peak_bytes\": %" PRIu64
            ", \"largest_bytes\": %" PRIu64 "},\n",
            o->strays, o->peak_bytes, o->largest_bytes);
}

static void put_calls(FILE *file, const fmf_counts *c) {
    fputs("  \"calls\": {", file);
    for (unsigned i = 0; i < FMF_CALL_COUNT; i++) {
        fprintf(file, "%s\n    \"%s\": %" PRIu64, i ? "," : "", fmf_call_names[i], c->calls[i]);
    }
    fputs("\n  },\n  \"kernels\": {", file);
    for (uint32_t i = 0; i < c->kernel_count; i++) {
        fprintf(file, "%s\n    \"%s\": %" PRIu64, i ? "," : "", c->kernels[i].name,
                c->kernels[i].launches);
    }
    fputs("\n  }\n", file);
}

static void put_failures(FILE *file, const fmf_counts *c) {
    fprintf(file,
            "  \"fallible\": %" PRIu64 ",\n  \"places\": %" PRIu64
            ",\n  \"injected\": {\"count\": %" PRIu64 ", \"call\": \"%s\", \"nth\": %" PRIu64
            ", \"code\": %d},\n  \"refused\": %" PRIu64 ",\n",
            c->fallible, c->places, c->injected, c->injected ? fmf_call_names[c->first_call] : "",
            c->first_nth, c->first_code, c->refused);
}

static void put_all(FILE *file, const char *at) {
    const fmf_counts *c = fmf_all();
    fprintf(file,
            "{\n  \"schema\": \"facemorph/fmfault/1\",\n  \"pid\": %ld,\n  \"start_ns\": %" PRIu64
            ",\n  \"at\": \"%s\",\n",
            (long)getpid(), start_ns, at);
    put_failures(file, c);
    put_transfers(file, c);
    fprintf(file,
            "  \"launches\": %" PRIu64 ",\n  \"builds\": {\"source\": %" PRIu64
            ", \"binary\": %" PRIu64 "},\n",
            c->launches, c->builds_source, c->builds_binary);
    put_objects(file, fmf_objects());
    put_calls(file, c);
    fputs("}\n", file);
}

void fmf_report_write(const char *at) {
    char name[4096];
    const char *path = fmf_set.report;
    if (!start_ns || !path || !*path) {
        return;
    }
    int length = snprintf(name, sizeof name, "%s.%ld", path, (long)getpid());
    FILE *file = length > 0 && (size_t)length < sizeof name ? fopen(name, "w") : NULL;
    if (!file) {
        fprintf(stderr, "fmfault: %s cannot be written\n", path);
        return;
    }
    fmf_lock();
    put_all(file, at);
    fmf_unlock();
    if (fclose(file) != 0 || rename(name, path) != 0) {
        fprintf(stderr, "fmfault: %s cannot be written\n", path);
    }
}

void fmf_report_start(void) {
    start_ns = now_ns();
}

__attribute__((destructor)) static void at_exit(void) {
    fmf_report_write("exit");
}
