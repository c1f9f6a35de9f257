/* SPDX-License-Identifier: MIT */
#include "breakdown.h"

#include "clock.h"
#include "engine_impl.h"
#include "watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS 5       /* the least disturbed one counts */
#define ENOUGH_S 0.3 /* a launch that takes this long is looked at once */

static const char *const kinds[] = {"kernel", "transfer", "encode", "host", "launch"};

const char *fmi_stage_kind_name(uint32_t kind) {
    return kind < 5 ? kinds[kind] : "host";
}

fmi_stage_kind fmi_stage_kind_of(const char *word) {
    for (uint32_t i = 0; i < 5; ++i)
        if (strcmp(word, kinds[i]) == 0)
            return (fmi_stage_kind)i;
    return FMI_KIND_HOST;
}

/* --- measuring -------------------------------------------------------------------------------- */

static void add_part(fmi_breakdown *b, const fmi_watch_part *part) {
    fmi_stage *stage = &b->stage[b->count++];
    *stage = (fmi_stage){.kind = part->transfer ? FMI_KIND_TRANSFER : FMI_KIND_KERNEL,
                         .count = (double)part->count,
                         .seconds = part->seconds,
                         .bytes = (double)part->bytes};
    (void)snprintf(stage->name, sizeof stage->name, "%s", part->name);
}

/* Ops of one kernel have one formula, that of the op: it goes to the longest. */
static void add_formulas(fmi_breakdown *b, const fmi_case *op, const fmi_case_params *params,
                         const fmi_case_facts *facts) {
    fmi_stage *longest = NULL;
    for (uint32_t i = 0; i < b->count; ++i) {
        fmi_stage *stage = &b->stage[i];
        if (stage->kind != FMI_KIND_KERNEL)
            continue;
        fmi_breakdown_work(stage->name, params, facts, &stage->bytes, &stage->flops);
        longest = !longest || stage->seconds > longest->seconds ? stage : longest;
    }
    if (!longest || op->uses & FMI_USES_MESH || longest->bytes > 0.0)
        return;
    longest->bytes = (double)facts->bytes;
    longest->flops = facts->flops > 0.0 ? facts->flops : 0.0;
}

static void add_rest(fmi_breakdown *b, const fmi_case *op, double wall) {
    double known = 0.0;
    for (uint32_t i = 0; i < b->count; ++i)
        known += b->stage[i].seconds;
    const bool encodes = op->uses & FMI_ON_HOST;
    b->stage[b->count++] = (fmi_stage){.name = "host",
                                       .kind = encodes ? FMI_KIND_ENCODE : FMI_KIND_HOST,
                                       .seconds = fmax(wall - known, 0.0)};
    if (encodes)
        (void)strcpy(b->stage[b->count - 1].name, "PNG");
}

fm_status fmi_breakdown_measure(fmi_breakdown *b, const fmi_case *op, const fmi_case_params *params,
                                const fmi_case_facts *facts, void *state, fm_engine *engine,
                                fm_error *err) {
    fmi_queue *queue = engine ? engine->queue : NULL;
    fmi_watch best = {0};
    double wall = (double)INFINITY, all = 0.0;
    fm_status status = FM_OK;
    *b = (fmi_breakdown){0};
    for (uint32_t i = 0; status == FM_OK && i < RUNS && all < ENOUGH_S; ++i) {
        fmi_watch watch = {0};
        if (queue)
            fmi_queue_set_watch(queue, &watch);
        const uint64_t start = fmi_clock_ns();
        status = op->run(state, err);
        const double seconds = 1e-9 * (double)(fmi_clock_ns() - start);
        all += seconds;
        if (seconds < wall) {
            wall = seconds;
            best = watch;
        }
    }
    if (queue)
        fmi_queue_set_watch(queue, NULL);
    if (status != FM_OK)
        return status;
    for (uint32_t i = 0; i < best.count; ++i)
        add_part(b, &best.part[i]);
    add_formulas(b, op, params, facts);
    add_rest(b, op, wall);
    return FM_OK;
}

/* --- judging ---------------------------------------------------------------------------------- */

static void judge_kernel(fmi_bottleneck *out, const fmi_stage *stage, const fmi_roofs *roofs,
                         fmi_precision precision) {
    const fmi_roof_share share =
        fmi_roofs_judge(roofs, stage->bytes, stage->flops, precision, false, out->seconds);
    out->roof = strcmp(share.roof, "fma") == 0 ? "compute" : share.roof;
    out->reached = share.fraction;
    if (share.fraction > 1.05 && strcmp(share.roof, "memory") == 0) { /* from the caches */
        out->roof = "cache";
        out->reached = (double)NAN;
    }
}

static void judge_transfer(fmi_bottleneck *out, const fmi_stage *stage, const fmi_roofs *roofs) {
    const char *way = strcmp(stage->name, "to device") == 0 ? "to_device" : "from_device";
    const double reached = stage->bytes / out->seconds / fmi_roofs_value(roofs, way);
    out->roof = "transfer";
    out->reached = reached <= 1.05 ? reached : (double)NAN; /* more: nothing was copied */
}

static int by_share(const void *a, const void *b) {
    const fmi_bottleneck *x = a, *y = b;
    return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

/* One stage; what its launches cost comes back. */
static double judge(fmi_bottleneck *out, const fmi_stage *stage, const fmi_roofs *roofs,
                    fmi_precision precision, double wait_s) {
    const double launches = fmin(stage->seconds, stage->count * wait_s);
    *out =
        (fmi_bottleneck){.seconds = stage->seconds - launches, .roof = "", .reached = (double)NAN};
    (void)snprintf(out->name, sizeof out->name, "%s", stage->name);
    if (stage->kind == FMI_KIND_KERNEL)
        judge_kernel(out, stage, roofs, precision);
    else if (stage->kind == FMI_KIND_TRANSFER)
        judge_transfer(out, stage, roofs);
    else
        out->roof = fmi_stage_kind_name(stage->kind);
    return launches;
}

uint32_t fmi_bottlenecks(const fmi_breakdown *b, const fmi_roofs *roofs, fmi_precision precision,
                         fmi_bottleneck out[FMI_BREAKDOWN_MAX + 1]) {
    const double wait = fmi_roofs_value(roofs, "launch");
    double launches = 0.0, sum = 0.0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->count && i < FMI_BREAKDOWN_MAX; ++i)
        launches +=
            judge(&out[count++], &b->stage[i], roofs, precision, isfinite(wait) ? wait : 0.0);
    if (launches > 0.0)
        out[count++] = (fmi_bottleneck){
            .name = "launches", .seconds = launches, .roof = "launch", .reached = (double)NAN};
    for (uint32_t i = 0; i < count; ++i)
        sum += out[i].seconds;
    for (uint32_t i = 0; i < count; ++i)
        out[i].share = sum > 0.0 ? out[i].seconds / sum : 0.0;
    qsort(out, count, sizeof *out, by_share);
    return count;
}
