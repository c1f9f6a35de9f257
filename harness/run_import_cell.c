/* SPDX-License-Identifier: MIT */
/* One cell of a file: the opposite of report_json.c. */
#include "run_import_impl.h"

#include "error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SAMPLES_MAX 8192
#define SAME 1e-9

/* --- the point ------------------------------------------------------------------------------ */

static const char *const level_words[] = {"low", "medium", "high", "extreme", NULL};

static void read_size(fmi_take *take, const json_t *object, fmi_case_params *p) {
    double width = 0.0, height = 0.0;
    size_t count = 0;
    const json_t *size = fmi_take_list(take, object, "size", 2, &count);
    if (count == 2) {
        width = json_number_value(json_array_get(size, 0));
        height = json_number_value(json_array_get(size, 1));
    }
    if (take->status == FM_OK && count &&
        !(width >= 1.0 && width <= 65536.0 && height >= 1.0 && height <= 65536.0)) {
        fmi_take_refuse(take, "size", "two numbers from 1 to 65536 are needed");
        return;
    }
    p->width = (uint32_t)width;
    p->height = (uint32_t)height;
}

/* What the other keys do not say: whether a cell is grey by itself or by its input, and its device.
 * Ops without samples have 0 of them in their key. */
static void read_key(fmi_take *take, const json_t *object, fmi_saved *run, fmi_cell *cell) {
    static const char *const on_off[] = {"on", "off", NULL};
    char key[FMI_POINT_TEXT], label[sizeof cell->params.input->label];
    const bool off = fmi_take_word(take, object, "texture", on_off) == 1;
    const uint32_t vertices = (uint32_t)fmi_take_count(take, object, "vertices", UINT32_MAX);
    fmi_take_text(take, object, "key", key, sizeof key);
    fmi_take_text(take, object, "input", label, sizeof label);
    const bool bare = off && strstr(key, " grey=0 ");
    cell->params.untextured = off && !bare;
    if (strstr(key, " samples=0 "))
        cell->params.samples = 0;
    if (vertices) {
        cell->params.input = fmi_saved_input(run, label, vertices, !bare);
        if (!cell->params.input)
            take->status = fmi_fail(take->err, FM_ERROR_HOST_MEMORY, "no memory for an input");
    }
    char *device = strstr(key, " device=");
    if (!device || strncmp(device, " device=auto", 12) == 0)
        return;
    device += strlen(" device=");
    char *end = strstr(device, " caches=");
    if (end)
        *end = '\0';
    cell->params.device = fmi_saved_text(run, device);
}

static void read_plan(fmi_take *take, const json_t *object, fmi_cell *cell) {
    static const char *const forms[] = {"cpu", "gpu", NULL};
    const char *limits[8] = {NULL};
    for (int i = 0; i < 6; ++i)
        limits[i] = fm_limit_name((fm_limit)i);
    const uint32_t form = fmi_take_word(take, object, "specialisation", forms);
    cell->plan.limited_by = (fm_limit)fmi_take_word(take, object, "limited_by", limits);
    const bool formed = json_is_string(json_object_get(object, "specialisation"));
    if (formed)
        cell->plan.specialisation = form == 1 ? FM_SPECIALISATION_GPU : FM_SPECIALISATION_CPU;
    if (formed || json_is_string(json_object_get(object, "limited_by")))
        cell->plan.batch = cell->params.batch;
}

static void read_point(fmi_take *take, const json_t *object, fmi_saved *run, fmi_cell *cell) {
    static const char *const layouts[] = {"row-major", "interleaved", NULL};
    static const char *const precisions[] = {"fp32", "fp16", NULL};
    static const char *const filters[] = {"nearest-mip", "trilinear", NULL};
    static const char *const caches[] = {"hot", "cold", NULL};
    fmi_case_params *p = &cell->params;
    p->batch = (uint32_t)fmi_take_count(take, object, "batch", UINT32_MAX);
    p->level = fmi_saved_level(level_words[fmi_take_word(take, object, "level", level_words)]);
    read_size(take, object, p);
    p->n = (uint32_t)fmi_take_count(take, object, "matrix_n", UINT32_MAX);
    const double share = fmi_take_size(take, object, "pinv_share");
    p->pinv_share = isfinite(share) ? share : 0.0;
    p->layout = (fmi_layout)fmi_take_word(take, object, "layout", layouts);
    p->targets = (uint32_t)fmi_take_count(take, object, "targets", UINT32_MAX);
    p->precision = (fmi_precision)fmi_take_word(take, object, "precision", precisions);
    p->samples = (uint32_t)fmi_take_count(take, object, "samples", 64);
    p->filter = (fmi_filter)fmi_take_word(take, object, "filter", filters);
    p->caches = (fmi_caches)fmi_take_word(take, object, "cache", caches);
    p->threads = (uint32_t)fmi_take_count(take, object, "threads", UINT32_MAX);
    p->mem_limit_bytes = fmi_take_count(take, object, "mem_limit", INT64_MAX);
    p->keep_free_bytes = fmi_take_count(take, object, "keep_free", INT64_MAX);
    p->compute_units = (uint32_t)fmi_take_count(take, object, "units", UINT32_MAX);
    p->beside = (uint32_t)fmi_take_count(take, object, "beside", UINT32_MAX);
    cell->planners_batch = fmi_take_flag(take, object, "planners_batch");
    cell->refined = fmi_take_flag(take, object, "refined");
    read_key(take, object, run, cell);
    read_plan(take, object, cell);
}

/* --- what became of it ------------------------------------------------------------------------ */

static void read_status(fmi_take *take, const json_t *object, fmi_cell *cell) {
    const char *words[FMI_CELL_STATUSES] = {NULL};
    for (int i = FMI_CELL_OK; i < FMI_CELL_STATUSES; ++i)
        words[i - 1] = fmi_cell_status_name((fmi_cell_status)i);
    cell->status = (fmi_cell_status)(1 + fmi_take_word(take, object, "status", words));
    fmi_take_text(take, object, "reason", cell->reason, sizeof cell->reason);
    fmi_take_text(take, object, "warnings", cell->warnings, sizeof cell->warnings);
}

static void read_check(fmi_take *take, const json_t *object, fmi_cell *cell) {
    const json_t *error = fmi_take_object(take, object, "error");
    fmi_check *check = &cell->check;
    check->max = fmi_take_size(take, error, "max");
    check->share = fmi_take_size(take, error, "share");
    check->psnr = fmi_take_real(take, error, "psnr");
    check->half_psnr = fmi_take_real(take, error, "half_size_psnr");
    check->compared = (uint32_t)fmi_take_count(take, error, "frames_compared", UINT32_MAX);
    check->hashed = (uint32_t)fmi_take_count(take, error, "frames_hashed", UINT32_MAX);
    fmi_take_text(take, error, "unit", cell->error_unit, sizeof cell->error_unit);
    cell->checked = isfinite(check->max);
}

static void read_spread(fmi_take *take, const json_t *object, fmi_summary *s) {
    const json_t *spread = fmi_take_object(take, object, "spread_s");
    static const char *const keys[] = {"min", "p5",   "p25", "p75", "p95",
                                       "max", "mean", "sd",  "mad", "lag1"};
    double *const values[] = {&s->min, &s->p5,   &s->p25, &s->p75, &s->p95,
                              &s->max, &s->mean, &s->sd,  &s->mad, &s->lag1};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; ++i)
        *values[i] = fmi_take_real(take, spread, keys[i]);
    s->mild = (size_t)fmi_take_count(take, spread, "outliers_mild", UINT32_MAX);
    s->severe = (size_t)fmi_take_count(take, spread, "outliers_severe", UINT32_MAX);
}

static void read_times(fmi_take *take, const json_t *object, fmi_cell *cell) {
    fmi_summary *s = &cell->bench.wall;
    cell->rate = fmi_take_size(take, object, "rate");
    fmi_take_pair(take, object, "rate_interval", &cell->rate_lo, &cell->rate_hi);
    s->median = fmi_take_size(take, object, "median_s");
    fmi_take_pair(take, object, "interval_s", &s->lo, &s->hi);
    s->n = (size_t)fmi_take_count(take, object, "n", UINT32_MAX);
    cell->bench.launches = (uint32_t)fmi_take_count(take, object, "launches", UINT32_MAX);
    cell->bench.settled = fmi_take_flag(take, object, "settled");
    read_spread(take, object, s);
    cell->cpu_s_per_frame = fmi_take_size(take, object, "cpu_s_per_frame");
    cell->joules_per_frame = fmi_take_size(take, object, "joules_per_frame");
    fmi_take_text(take, object, "power_source", cell->power_source, sizeof cell->power_source);
    cell->timed = cell->measured = isfinite(cell->rate);
}

static void read_facts(fmi_take *take, const json_t *object, fmi_cell *cell) {
    const json_t *memory = fmi_take_object(take, object, "memory");
    fmi_case_facts *f = &cell->facts;
    const char *trusts[FM_TRUST_REPORTED + 2] = {NULL};
    for (int i = 0; i <= (int)FM_TRUST_REPORTED; ++i)
        trusts[i] = fm_trust_name((fm_trust)i);
    const double flops = fmi_take_size(take, object, "flops");
    f->frames = fmi_take_count(take, object, "frames", INT64_MAX);
    f->bytes = fmi_take_count(take, object, "bytes", INT64_MAX);
    f->flops = isfinite(flops) ? flops : 0.0;
    f->covered_fraction = fmi_take_size(take, object, "covered_fraction");
    f->planned_bytes = fmi_take_count(take, memory, "planned", INT64_MAX);
    f->peak_bytes = fmi_take_count(take, memory, "peak", INT64_MAX);
    f->free_bytes = fmi_take_count(take, memory, "free", INT64_MAX);
    f->trust = (fm_trust)fmi_take_word(take, memory, "trust", trusts);
    fmi_take_text(take, memory, "source", f->memory_source, sizeof f->memory_source);
    cell->plan.budget_bytes = fmi_take_count(take, memory, "budget", INT64_MAX);
    cell->roof_fraction = fmi_take_size(take, object, "roof_fraction");
    cell->anchor_s = fmi_take_size(take, object, "anchor_s");
    cell->tries = (uint32_t)fmi_take_count(take, object, "tries", UINT32_MAX);
    cell->wall_s = fmi_take_size(take, object, "cell_s");
    if (f->frames == 0 && cell->timed) /* of a file that has no frames */
        f->frames = (uint64_t)llround(fmin(cell->rate * cell->bench.wall.median, 1e15));
}

static void read_frequency(fmi_take *take, const json_t *object, fmi_frequency_seen *f) {
    const json_t *frequency = fmi_take_object(take, object, "frequency");
    if (!frequency)
        return;
    fmi_take_text(take, frequency, "source", f->source, sizeof f->source);
    f->mhz_min = fmi_take_size(take, frequency, "mhz_min");
    f->mhz_mean = fmi_take_size(take, frequency, "mhz_mean");
    f->mhz_max = fmi_take_size(take, frequency, "mhz_max");
    f->readings = (uint32_t)fmi_take_count(take, frequency, "readings", UINT32_MAX);
    f->throttled = (uint32_t)fmi_take_count(take, frequency, "throttled", UINT32_MAX);
    f->slowed = (uint32_t)fmi_take_count(take, frequency, "slowed", UINT32_MAX);
    fmi_take_text(take, frequency, "reasons", f->reasons, sizeof f->reasons);
}

static void read_way(fmi_take *take, const json_t *transfers, const char *key, uint64_t *count,
                     uint64_t *bytes) {
    const json_t *way = fmi_take_object(take, transfers, key);
    *count = fmi_take_count(take, way, "count", INT64_MAX);
    *bytes = fmi_take_count(take, way, "bytes", INT64_MAX);
}

static void read_observation(fmi_take *take, const json_t *object, fmi_cell *cell) {
    fmi_observation *seen = &cell->seen;
    const json_t *transfers = fmi_take_object(take, object, "transfers");
    read_frequency(take, object, &cell->frequency);
    if (!transfers) /* of an older program */
        return;
    const json_t *loop = fmi_take_object(take, transfers, "in_frame_loop");
    const json_t *none = json_object_get(transfers, "zero_copy");
    seen->seen = true;
    seen->event_s = fmi_take_size(take, object, "event_s");
    seen->event_wall_s = fmi_take_size(take, object, "event_wall_s");
    fmi_take_text(take, object, "clock", seen->clock, sizeof seen->clock);
    read_way(take, transfers, "to_device", &seen->to_count, &seen->to_bytes);
    read_way(take, transfers, "from_device", &seen->from_count, &seen->from_bytes);
    seen->loop_bytes = fmi_take_count(take, loop, "to_device_bytes", INT64_MAX);
    seen->kernels = fmi_take_count(take, transfers, "kernels", INT64_MAX);
    if (none && !json_is_null(none))
        cell->zero_copy =
            fmi_take_flag(take, transfers, "zero_copy") ? FMI_ZERO_COPY_YES : FMI_ZERO_COPY_NO;
}

/* --- samples, peers, stages ------------------------------------------------------------------- */

static void add_samples(fmi_take *take, const json_t *samples, const char *seconds_key,
                        const char *cpu_key, bool warm_up, fmi_bench *bench) {
    size_t count = 0, cpu_count = 0;
    const json_t *list = fmi_take_list(take, samples, seconds_key, SAMPLES_MAX, &count);
    const json_t *cpu = fmi_take_list(take, samples, cpu_key, SAMPLES_MAX, &cpu_count);
    if (cpu_count && cpu_count != count)
        fmi_take_refuse(take, cpu_key, "%zu times beside %zu of %s", cpu_count, count, seconds_key);
    for (size_t i = 0; take->status == FM_OK && i < count; ++i) {
        const json_t *value = json_array_get(list, i), *of_cpu = json_array_get(cpu, i);
        const fmi_sample sample = {.seconds = json_number_value(value),
                                   .cpu_seconds = json_number_value(of_cpu),
                                   .warm_up = warm_up};
        if (!json_is_number(value) || !(sample.seconds > 0.0) || sample.cpu_seconds < 0.0)
            fmi_take_refuse(take, seconds_key, "entry %zu is no time above 0", i);
        else
            take->status = fmi_saved_sample(bench, &sample, take->err);
    }
}

void fmi_import_samples(fmi_take *take, const json_t *object, bool cpu, fmi_bench *bench) {
    const json_t *samples = fmi_take_object(take, object, "samples_raw");
    const char *const none = "";
    if (!samples)
        return;
    add_samples(take, samples, "warm_up_s", cpu ? "warm_up_cpu_s" : none, true, bench);
    add_samples(take, samples, "timed_s", cpu ? "timed_cpu_s" : none, false, bench);
    if (take->status != FM_OK || bench->count == bench->warm_ups)
        return;
    double timed[SAMPLES_MAX];
    const size_t n = bench->count - bench->warm_ups;
    for (size_t i = 0; i < n; ++i)
        timed[i] = bench->samples[bench->warm_ups + i].seconds;
    const double median = fmi_median_in_place(timed, n);
    if (!(fabs(median - bench->wall.median) <= SAME * median))
        fmi_take_refuse(take, "samples_raw", "their median is %.9g s, median_s says %.9g", median,
                        bench->wall.median);
}

static void read_peer(fmi_take *take, const json_t *object, fmi_cell *cell) {
    const char *words[FMI_CELL_STATUSES] = {NULL};
    char name[48];
    uint32_t index = 0;
    fmi_take_text(take, object, "name", name, sizeof name);
    const fmi_peer *peer = fmi_saved_peer(name, cell->op->name, &index);
    if (take->status != FM_OK || !peer || cell->peer_count == FMI_PEERS_MAX)
        return; /* of a program that has other ones */
    for (int i = FMI_CELL_OK; i < FMI_CELL_STATUSES; ++i)
        words[i - 1] = fmi_cell_status_name((fmi_cell_status)i);
    fmi_peer_result *r = &cell->peer[cell->peer_count++];
    *r = (fmi_peer_result){.peer = peer, .index = index};
    r->status = (fmi_cell_status)(1 + fmi_take_word(take, object, "status", words));
    fmi_take_text(take, object, "reason", r->reason, sizeof r->reason);
    r->rate = fmi_take_size(take, object, "rate");
    fmi_take_pair(take, object, "rate_interval", &r->rate_lo, &r->rate_hi);
    r->bench.wall.median = fmi_take_size(take, object, "median_s");
    r->ratio.n = (size_t)fmi_take_count(take, object, "n", UINT32_MAX);
    r->ratio.effect = fmi_take_size(take, object, "times");
    fmi_take_pair(take, object, "times_interval", &r->ratio.lo, &r->ratio.hi);
    r->check.psnr = fmi_take_real(take, object, "psnr");
    r->facts.covered_fraction = fmi_take_size(take, object, "covered_fraction");
    r->facts.bytes = fmi_take_count(take, object, "bytes", INT64_MAX);
    r->facts.frames = fmi_take_count(take, object, "frames", INT64_MAX);
    r->bench.launches = (uint32_t)fmi_take_count(take, object, "launches", UINT32_MAX);
    fmi_import_samples(take, object, false, &r->bench);
}

static void read_peers(fmi_take *take, const json_t *object, fmi_cell *cell) {
    size_t count = 0;
    char place[sizeof take->place];
    (void)snprintf(place, sizeof place, "%s", take->place);
    const json_t *peers = fmi_take_list(take, object, "peers", 64, &count);
    for (size_t i = 0; take->status == FM_OK && i < count; ++i) {
        fmi_take_enter(take, "%.40speers[%zu].", place, i);
        read_peer(take, json_array_get(peers, i), cell);
    }
    fmi_take_enter(take, "%s", place);
}

static void read_stages(fmi_take *take, const json_t *object, fmi_breakdown *b) {
    static const char *const kinds[] = {"kernel", "transfer", "encode", "host", "launch", NULL};
    size_t count = 0;
    char place[sizeof take->place];
    (void)snprintf(place, sizeof place, "%s", take->place);
    const json_t *stages = fmi_take_list(take, object, "stages_raw", FMI_BREAKDOWN_MAX, &count);
    for (size_t i = 0; take->status == FM_OK && i < count; ++i) {
        const json_t *one = json_array_get(stages, i);
        fmi_stage *stage = &b->stage[b->count++];
        fmi_take_enter(take, "%.40sstages_raw[%zu].", place, i);
        fmi_take_need(take, one, "name");
        fmi_take_need(take, one, "count");
        fmi_take_need(take, one, "seconds");
        fmi_take_text(take, one, "name", stage->name, sizeof stage->name);
        stage->kind = fmi_stage_kind_of(kinds[fmi_take_word(take, one, "kind", kinds)]);
        const double bytes = fmi_take_size(take, one, "bytes");
        const double flops = fmi_take_size(take, one, "flops");
        stage->count = fmi_take_size(take, one, "count");
        stage->seconds = fmi_take_size(take, one, "seconds");
        stage->bytes = isfinite(bytes) ? bytes : 0.0;
        stage->flops = isfinite(flops) ? flops : 0.0;
        if (!isfinite(stage->count) || !isfinite(stage->seconds))
            fmi_take_refuse(take, "seconds", "a stage has a count and seconds");
    }
    fmi_take_enter(take, "%s", place);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* No time for a wrong result, and none missing for a right one, in files of others as well. */
static void check_rate(fmi_take *take, const fmi_cell *cell) {
    const bool may = cell->status == FMI_CELL_OK || cell->status == FMI_CELL_NOISY ||
                     cell->status == FMI_CELL_THROTTLED;
    if (take->status != FM_OK)
        return;
    if (cell->timed && !may)
        fmi_take_refuse(take, "rate", "a cell that is %s has none",
                        fmi_cell_status_name(cell->status));
    else if (!cell->timed && cell->status == FMI_CELL_OK)
        fmi_take_refuse(take, "rate", "missing in a cell that is ok");
    else if (cell->timed && !(cell->bench.wall.median > 0.0 && cell->bench.wall.n > 0))
        fmi_take_refuse(take, "median_s", "missing in a cell that has a rate");
}

void fmi_import_cell(fmi_take *take, const json_t *object, fmi_saved *run) {
    static const char *const needed[] = {"op", "batch", "level", "status"};
    fmi_cell cell = {0};
    char op[32], key[FMI_POINT_TEXT];
    if (take->status == FM_OK && !json_is_object(object))
        fmi_take_refuse(take, "", "an object is needed");
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; ++i)
        fmi_take_need(take, object, needed[i]);
    fmi_take_text(take, object, "op", op, sizeof op);
    cell.op = fmi_case_find(op);
    if (take->status == FM_OK && !cell.op)
        fmi_take_refuse(take, "op", "\"%s\"; this program has no such op", op);
    if (take->status != FM_OK)
        return;
    read_point(take, object, run, &cell);
    read_status(take, object, &cell);
    read_check(take, object, &cell);
    read_times(take, object, &cell);
    read_facts(take, object, &cell);
    read_observation(take, object, &cell);
    check_rate(take, &cell);
    fmi_import_samples(take, object, true, &cell.bench);
    read_peers(take, object, &cell);
    read_stages(take, object, &cell.stages);
    fmi_point_key(cell.op, &cell.params, key);
    if (take->status == FM_OK)
        take->status = fmi_saved_add(run, &cell, key, 0, take->err);
    if (take->status != FM_OK)
        fmi_cell_free(&cell);
}
