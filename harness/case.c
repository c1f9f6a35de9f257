/* SPDX-License-Identifier: MIT */
#include "case.h"

#include "engine_impl.h"
#include "guard.h"
#include "kernel_cache.h"
#include "memory.h"
#include "part.h"
#include "pcg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const fmi_case *const fmi_cases[] = {&fmi_case_morph,
                                     &fmi_case_keypoints,
                                     &fmi_case_solve,
                                     &fmi_case_blend,
                                     &fmi_case_raster,
                                     &fmi_case_heatmap,
                                     &fmi_case_encode,
                                     &fmi_case_pipeline,
                                     &fmi_case_textures,
                                     &fmi_case_textures_f32,
                                     NULL};

const fmi_case *fmi_case_find(const char *name) {
    for (size_t i = 0; fmi_cases[i]; ++i)
        if (strcmp(fmi_cases[i]->name, name) == 0)
            return fmi_cases[i];
    return NULL;
}

float fmi_case_weight(uint32_t i, uint32_t n) {
    return n < 2 ? 0.5F : (float)(1.0 - (double)i / (double)(n - 1));
}

float fmi_case_other_weight(float t) {
    return t < 0.5F ? 1.0F : 0.0F;
}

fm_status fmi_case_engine(fm_engine **engine, const fmi_case_params *params, fm_error *err) {
    char cache[1024];
    fmi_cache_default_dir(cache, sizeof cache);
    const fm_engine_params how = {.struct_size = sizeof how,
                                  .device = params->device,
                                  .level = params->level,
                                  .specialisation = params->specialisation,
                                  .log = params->log,
                                  .cache_dir = cache[0] ? cache : NULL,
                                  .kernel_dir = getenv("FM_CL_DIR"),
                                  .mem_limit_bytes = params->mem_limit_bytes,
                                  .keep_free_bytes = params->keep_free_bytes,
                                  .tuning = &params->tuning,
                                  .cancel = params->cancel};
    const fm_status status = params->compute_units ? fmi_part_engine(engine, params->compute_units,
                                                                     params->part, &how, err)
                                                   : fm_engine_create(engine, &how, err);
    if (status == FM_OK && params->engine)
        *params->engine = *engine;
    if (status == FM_OK && (*engine)->queue) {
        fmi_queue_set_record((*engine)->queue, params->record);
        fmi_queue_set_guarded((*engine)->queue, params->engine != NULL);
    }
    return status;
}

fm_status fmi_case_plan_work(const fmi_case_params *params, const fm_caps *caps,
                             const fm_work *work, uint32_t tuned, fm_plan *plan, fm_error *err) {
    fm_work wanted = *work;
    fm_work_plan found;
    wanted.count = params->batch ? params->batch : tuned;
    wanted.mem_limit_bytes = params->mem_limit_bytes;
    const fm_status status = fm_plan_work(caps, params->level, &wanted, &found, err);
    *plan = (fm_plan){0};
    if (status != FM_OK)
        return status;
    const fm_limit asked = params->batch ? FM_LIMIT_USER : FM_LIMIT_TUNED;
    *plan = (fm_plan){.batch = (uint32_t)found.batch,
                      .bytes_fixed = found.bytes_fixed,
                      .bytes_per_frame =
                          (found.peak_bytes - found.bytes_fixed + found.batch - 1) / found.batch,
                      .budget_bytes = found.budget_bytes,
                      .limited_by = found.limited_by == FM_LIMIT_FRAMES ? asked : found.limited_by};
    return FM_OK;
}

uint64_t fmi_case_work_bytes(const fmi_case_params *params, const fm_engine *engine,
                             const fm_work *work) {
    fm_work wanted = *work;
    fm_work_plan found;
    wanted.count = params->batch;
    wanted.budget_bytes = UINT64_MAX; /* what there was room for */
    if (fm_plan_work(fm_engine_caps(engine), params->level, &wanted, &found, NULL) != FM_OK)
        return 0;
    return found.peak_bytes;
}

bool fmi_case_same_program(fm_level a, fm_level b) {
    (void)a;
    (void)b;
    return true; /* level flags reach the vertex and shade programs only */
}

uint64_t fmi_case_peak(const fm_engine *engine) {
    fm_stats stats;
    return fm_engine_stats(engine, &stats) == FM_OK ? stats.peak_bytes : 0;
}

void fmi_case_poison(const fmi_case_params *params, bool on) {
    if (params->engine && *params->engine && (*params->engine)->queue)
        fmi_queue_poison((*params->engine)->queue, on);
}

void fmi_case_memory(const fm_engine *engine, fmi_case_facts *facts) {
    fm_stats stats;
    fm_memory memory;
    if (fm_engine_stats(engine, &stats) == FM_OK) {
        facts->peak_bytes = stats.peak_bytes;
        facts->loop_upload_bytes = stats.loop_to_device_bytes;
    }
    if (fm_memory_query(engine, &memory, NULL) == FM_OK) {
        facts->budget_bytes = memory.budget_bytes;
        facts->free_bytes = memory.free_bytes;
        facts->trust = memory.trust;
        (void)snprintf(facts->memory_source, sizeof facts->memory_source, "%s", memory.source);
    }
}

void fmi_case_free_memory(const fm_caps *caps, const fmi_case_params *params,
                          fmi_case_facts *facts) {
    fm_memory memory = {0};
    fmi_memory_ask(&memory, caps, NULL);
    if (fm_memory_budget(caps, params->level, params->mem_limit_bytes, &memory, NULL) != FM_OK)
        return;
    facts->free_bytes = memory.free_bytes;
    facts->trust = memory.trust;
    (void)snprintf(facts->memory_source, sizeof facts->memory_source, "%s", memory.source);
}

void fmi_case_guard(fm_engine *engine, bool on) {
    if (engine && engine->queue)
        fmi_queue_set_guarded(engine->queue, on);
}

static fm_status look(fm_engine *engine, fmi_check *check, fm_error *err) {
    char broken[FMI_GUARD_TEXT];
    if (!engine || !engine->queue)
        return FM_OK;
    const fm_status status = fmi_guards_look(engine->queue, broken, err);
    if (status == FM_OK && broken[0])
        fmi_check_failed(check, "%s", broken);
    return status;
}

fm_status fmi_case_check(const fmi_case *op, void *state, fm_engine *engine,
                         const fmi_check_params *how, fmi_check *check, fm_error *err) {
    fmi_case_guard(engine, true);
    const fm_status status = op->check(state, how, check, err);
    return status == FM_OK ? look(engine, check, err) : status;
}

fm_status fmi_case_recheck(const fmi_case *op, void *state, fm_engine *engine, fmi_check *check,
                           fm_error *err) {
    fmi_case_guard(engine, true);
    const fm_status status = op->recheck(state, check, err);
    return status == FM_OK ? look(engine, check, err) : status;
}

void fmi_check_failed(fmi_check *check, const char *format, ...) {
    check->passed = false;
    if (check->reason[0] != '\0')
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(check->reason, sizeof check->reason, format, args);
    va_end(args);
}

static int ascending(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

uint32_t fmi_check_choose(const fmi_check_params *how, uint32_t n, uint32_t *chosen) {
    uint32_t count = 0;
    chosen[count++] = 0;
    if (n > 1)
        chosen[count++] = n - 1;
    const uint32_t wanted = n - count < how->random_frames ? n : count + how->random_frames;
    fmi_pcg pcg = fmi_pcg_seed(how->seed);
    while (count < wanted) {
        const uint32_t frame = fmi_pcg_below(&pcg, n);
        bool known = false;
        for (uint32_t i = 0; i < count; ++i)
            known = known || chosen[i] == frame;
        if (!known)
            chosen[count++] = frame;
    }
    qsort(chosen, count, sizeof *chosen, ascending);
    return count;
}
