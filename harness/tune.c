/* SPDX-License-Identifier: MIT */
#include "tune.h"

#include "command_buffer.h"

#include <stdio.h>

#define LEAST_GPU_GROUP 32 /* below it the engine refuses the gpu form */
#define GPU_LOCAL_SPARE 64
#define GPU_SAMPLE_BYTES 8
#define FASTER 1.01
#define KEPT 1.03
#define HOPELESS 0.5 /* of the best rate */

/* What an engine without a tuning takes, as engine/plan.c. */
#define USUAL_CPU_TILE 64
#define USUAL_GPU_TILE 32
#define USUAL_CPU_SAMPLED 16
#define LEAST_TILE 16
#define USUAL_GROUP 256
#define USUAL_MORPH_GROUP 64U

/* ---- raster ---- */

/* Of local memory, so that two groups share a compute unit, as the planner does. */
static uint64_t spare(const fm_caps *caps) {
    return caps->local_bytes > GPU_LOCAL_SPARE ? (caps->local_bytes - GPU_LOCAL_SPARE) / 2 : 0;
}

static uint64_t sampled_local(uint32_t tile) {
    return UINT64_C(4) * tile * tile * GPU_SAMPLE_BYTES;
}

static const char *gpu_absent(const fm_caps *caps, uint32_t tile, uint32_t group) {
    const uint64_t local = (uint64_t)tile * tile * GPU_SAMPLE_BYTES + GPU_LOCAL_SPARE;
    if (caps->max_group_size < LEAST_GPU_GROUP || caps->max_group_size < group)
        return "not on this device: its groups are smaller";
    return local > caps->local_bytes ? "not on this device: too little local memory" : NULL;
}

static void add(fmi_candidate *out, uint32_t *count, fm_tuning tuning, const char *absent) {
    fmi_candidate *c = &out[(*count)++];
    *c = (fmi_candidate){.tuning = tuning, .absent = absent};
    if (tuning.specialisation == FM_SPECIALISATION_CPU)
        (void)snprintf(c->name, sizeof c->name, "cpu, tile %u", tuning.tile);
    else
        (void)snprintf(c->name, sizeof c->name, "gpu, tile %u, group %u%s", tuning.tile,
                       tuning.group, tuning.half_arithmetic ? ", half arithmetic" : "");
}

/* The gpu form loops less than some drivers allow; the cpu form does not. */
static void add_cpu(const fm_caps *caps, fmi_candidate *out, uint32_t *count) {
    static const uint32_t tiles[] = {16, 32, 48, 64, 96, 128};
    for (size_t i = 0; i < sizeof tiles / sizeof tiles[0]; ++i) {
        const fm_tuning tuning = {.specialisation = FM_SPECIALISATION_CPU, .tile = tiles[i]};
        add(out, count, tuning, caps->max_loop ? "not on this device: it stops long loops" : NULL);
        out[*count - 1].usual =
            caps->preferred == FM_SPECIALISATION_CPU && tiles[i] == USUAL_CPU_TILE;
    }
}

/* The largest power of two up to the usual group that the device allows, as the planner does. */
static uint32_t usual_group(const fm_caps *caps) {
    uint32_t group = USUAL_GROUP;
    while (group > 1 && caps->max_group_size && group > caps->max_group_size)
        group /= 2;
    return group;
}

static uint32_t usual_gpu_tile(const fm_caps *caps) {
    const uint64_t all =
        caps->local_bytes > GPU_LOCAL_SPARE ? caps->local_bytes - GPU_LOCAL_SPARE : 0;
    return (uint64_t)USUAL_GPU_TILE * USUAL_GPU_TILE * GPU_SAMPLE_BYTES <= all / 2 ? USUAL_GPU_TILE
                                                                                   : 16;
}

/* A CPU gets one of them, to be sure; a GPU all. */
static void add_gpu(const fm_caps *caps, fmi_candidate *out, uint32_t *count) {
    static const uint32_t tiles[] = {16, 32};
    static const uint32_t groups[] = {64, 128, 256, 512};
    const bool gpu = caps->preferred == FM_SPECIALISATION_GPU;
    const uint32_t tile = usual_gpu_tile(caps), group = usual_group(caps);
    for (size_t t = 0; t < 2; ++t)
        for (size_t g = 0; g < 4; ++g) {
            const bool usual = tiles[t] == tile && groups[g] == group;
            if (!gpu && !usual)
                continue;
            const fm_tuning tuning = {
                .specialisation = FM_SPECIALISATION_GPU, .tile = tiles[t], .group = groups[g]};
            add(out, count, tuning, gpu_absent(caps, tiles[t], groups[g]));
            out[*count - 1].usual = gpu && usual;
        }
    const fm_tuning half = {.specialisation = FM_SPECIALISATION_GPU,
                            .tile = tile,
                            .group = group,
                            .half_arithmetic = true};
    const char *absent = gpu_absent(caps, tile, group);
    add(out, count, half, caps->fp16 ? absent : "not on this device: no cl_khr_fp16");
}

uint32_t fmi_tune_raster(const fm_caps *caps, fmi_candidate out[FMI_CANDIDATES_MAX]) {
    uint32_t count = 0;
    add_cpu(caps, out, &count);
    add_gpu(caps, out, &count);
    return count;
}

static uint32_t usual_sampled_tile(const fm_caps *caps, fm_specialisation form) {
    return form == FM_SPECIALISATION_CPU                  ? USUAL_CPU_SAMPLED
           : sampled_local(USUAL_GPU_TILE) <= spare(caps) ? USUAL_GPU_TILE
                                                          : LEAST_TILE;
}

uint32_t fmi_tune_sampled(const fm_caps *caps, fm_specialisation form,
                          fmi_candidate out[FMI_CANDIDATES_MAX]) {
    static const uint32_t tiles[] = {16, 32, 48, 64};
    const bool cpu = form == FM_SPECIALISATION_CPU;
    uint32_t count = 0;
    for (size_t i = 0; i < (cpu ? 4 : 2); ++i) {
        fmi_candidate *c = &out[count++];
        *c = (fmi_candidate){.tuning = {.specialisation = form, .sampled_tile = tiles[i]},
                             .usual = tiles[i] == usual_sampled_tile(caps, form)};
        if (!cpu && tiles[i] > LEAST_TILE && sampled_local(tiles[i]) > spare(caps))
            c->absent = "not on this device: too little local memory";
        (void)snprintf(c->name, sizeof c->name, "%s, tile %u", fm_specialisation_name(form),
                       tiles[i]);
    }
    return count;
}

/* ---- morph, blend, solve ---- */

static const char *group_absent(const fm_caps *caps, uint32_t group) {
    return caps->max_group_size < group ? "not on this device: its groups are smaller" : NULL;
}

static const char *recording_absent(const fm_caps *caps) {
    if (caps->command_buffer == 0)
        return "not on this device: no cl_khr_command_buffer";
    return fmi_commands_known(caps->command_buffer)
               ? NULL
               : "not on this device: a version of cl_khr_command_buffer that is not known here";
}

uint32_t fmi_tune_morph(const fm_caps *caps, fmi_candidate out[FMI_CANDIDATES_MAX]) {
    static const uint32_t groups[] = {16, 32, 64, 128, 256};
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; ++i) {
        fmi_candidate *c = &out[count++];
        *c = (fmi_candidate){.tuning = {.morph_group = groups[i]},
                             .usual = groups[i] == USUAL_MORPH_GROUP,
                             .absent = group_absent(caps, groups[i])};
        (void)snprintf(c->name, sizeof c->name, "group %u", groups[i]);
    }
    fmi_candidate *c = &out[count++];
    *c = (fmi_candidate){.tuning = {.morph_group = USUAL_MORPH_GROUP, .morph_recorded = true},
                         .absent = recording_absent(caps)};
    (void)snprintf(c->name, sizeof c->name, "group %u, recorded", USUAL_MORPH_GROUP);
    return count;
}

uint32_t fmi_tune_blend(const fm_caps *caps, fm_specialisation form,
                        fmi_candidate out[FMI_CANDIDATES_MAX]) {
    static const uint32_t groups[] = {32, 64, 128, 256};
    uint32_t count = 0;
    if (form == FM_SPECIALISATION_CPU) {
        out[0] = (fmi_candidate){.name = "cpu, groups of 1", .usual = true};
        out[0].tuning.specialisation = form;
        return 1;
    }
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; ++i) {
        fmi_candidate *c = &out[count++];
        *c = (fmi_candidate){.tuning = {.specialisation = form, .blend_group = groups[i]},
                             .usual = groups[i] == (caps->max_group_size < 64 ? 32 : 64),
                             .absent = group_absent(caps, groups[i])};
        (void)snprintf(c->name, sizeof c->name, "gpu, group %u", groups[i]);
    }
    return count;
}

uint32_t fmi_tune_solve(const fm_caps *caps, fm_specialisation form,
                        fmi_candidate out[FMI_CANDIDATES_MAX]) {
    static const uint32_t groups[] = {32, 64, 128, 256}, shares[] = {4, 8, 16, 32, 64, 128};
    const bool cpu = form == FM_SPECIALISATION_CPU;
    const uint32_t usual = cpu ? 32 : caps->max_group_size < 64 ? 32 : 64;
    uint32_t count = 0;
    for (size_t i = 0; i < (cpu ? 6 : 4); ++i) {
        const uint32_t number = cpu ? shares[i] : groups[i];
        fmi_candidate *c = &out[count++];
        *c = (fmi_candidate){.tuning = {.specialisation = form, .solve_group = number},
                             .usual = number == usual,
                             .absent = cpu ? NULL : group_absent(caps, number)};
        (void)snprintf(c->name, sizeof c->name, cpu ? "cpu, %u shares a unit" : "gpu, group %u",
                       number);
    }
    return count;
}

/* ---- choice ---- */

uint32_t fmi_tune_finalists(const fmi_candidate *list, uint32_t count,
                            uint32_t finalists[FMI_FINALISTS]) {
    double best = 0.0;
    uint32_t chosen = 0;
    for (uint32_t i = 0; i < count; ++i)
        best = list[i].right && list[i].rate > best ? list[i].rate : best;
    while (chosen < FMI_FINALISTS) {
        uint32_t next = count;
        for (uint32_t i = 0; i < count; ++i) {
            bool taken =
                list[i].usual || !list[i].right || list[i].absent || list[i].rate < HOPELESS * best;
            for (uint32_t k = 0; k < chosen; ++k)
                taken = taken || finalists[k] == i;
            if (!taken && (next == count || list[i].rate > list[next].rate))
                next = i;
        }
        if (next == count)
            break;
        finalists[chosen++] = next;
    }
    for (uint32_t i = 0; chosen == FMI_FINALISTS && i < count; ++i) { /* what is stored defends */
        const bool good = list[i].before && !list[i].usual && list[i].right && !list[i].absent &&
                          list[i].rate >= HOPELESS * best;
        if (good && finalists[0] != i && finalists[1] != i)
            finalists[2] = i;
    }
    return chosen;
}

/* Right, on this device, and timed in turn. */
static bool may_win(const fmi_candidate *c) {
    return c->right && !c->absent && (c->final || c->usual);
}

/* The clear winner, or the usual one. */
static uint32_t best_of(const fmi_candidate *list, uint32_t count) {
    uint32_t best = 0;
    while (best < count && !list[best].usual)
        ++best;
    double ratio = 0.0;
    for (uint32_t i = 0; i < count; ++i) {
        const fmi_candidate *c = &list[i];
        if (may_win(c) && c->final && c->ratio.lo > FASTER && c->ratio.effect > ratio) {
            best = i;
            ratio = c->ratio.effect;
        }
    }
    return best;
}

/* Not shown to be slower than it: by 1 % for those that are faster than the usual one themselves,
 * by 3 % for what is stored, which an engine need not give up for less. */
static bool is_level(const fmi_candidate *c, const fmi_candidate *best) {
    if (!may_win(c) || !c->final || c->to_best.n == 0)
        return false;
    if (c->before)
        return (best->usual ? 1.0 / c->ratio.hi : c->to_best.lo) <= KEPT;
    return !best->usual && c->ratio.lo > FASTER && c->to_best.lo <= FASTER;
}

uint32_t fmi_tune_choose(const fmi_candidate *list, uint32_t count, uint32_t *ties) {
    const uint32_t best = best_of(list, count);
    uint32_t winner = best, level = 0;
    for (uint32_t i = 0; best < count && i < count; ++i) {
        if (i == best || !is_level(&list[i], &list[best]))
            continue;
        ++level;
        const bool first = i < winner && !list[winner].before;
        if ((list[i].before && !list[winner].before) || first)
            winner = i;
    }
    if (ties)
        *ties = level;
    return winner;
}

bool fmi_tune_ties(const fmi_candidate *list, uint32_t count, uint32_t index) {
    uint32_t ties = 0;
    const uint32_t best = best_of(list, count), winner = fmi_tune_choose(list, count, &ties);
    return ties > 0 && index != winner && (index == best || is_level(&list[index], &list[best]));
}

uint32_t fmi_tune_choose_batch(const fmi_tuned_batch *list, uint32_t count, uint32_t stored) {
    uint32_t smallest = 0;
    for (uint32_t i = 0; i < count; ++i) {
        if (!(list[i].to_best.lo <= KEPT))
            continue;
        if (list[i].batch == stored)
            return stored;
        smallest = smallest ? smallest : list[i].batch;
    }
    return smallest;
}

uint32_t fmi_tune_knee(const fmi_advice_point *points, uint32_t count, bool cut) {
    const uint32_t knee = fmi_advise(points, count).knee;
    return cut && count > 0 && knee == points[count - 1].batch ? 0 : knee;
}
