/* SPDX-License-Identifier: MIT */
/* What a whole sweep learned of batches, kept for the engines of a device that nobody has tuned. */
#include "advice.h"
#include "kernel_cache.h"
#include "log.h"
#include "sweep_impl.h"
#include "tuning.h"

#define POINTS 64
#define LEAST_POINTS 4
#define STEADY 1.25 /* of the interval's ends: what a busy machine says is not kept */

static bool is_usual(const fmi_cell *cell, fm_level level) {
    const fmi_case_params *p = &cell->params;
    return cell->op == &fmi_case_raster && p->level == level && p->width == 512 &&
           p->height == 512 && p->samples <= 1 && p->filter == FMI_FILTER_NEAREST_MIP &&
           p->precision == FMI_FP32 && !p->untextured && p->caches == FMI_CACHES_HOT;
}

uint32_t fmi_sweep_batch(const fmi_cells *cells, fm_level level, double *rate) {
    fmi_advice_point points[POINTS];
    uint32_t count = 0;
    *rate = 0.0;
    for (uint32_t i = 0; i < cells->count && count < POINTS; ++i) {
        const fmi_cell *cell = &cells->cell[i];
        if (!is_usual(cell, level) || !cell->timed)
            continue;
        if (cell->status != FMI_CELL_OK || !(cell->rate_hi <= STEADY * cell->rate_lo))
            continue;
        points[count++] = (fmi_advice_point){cell->params.batch, cell->bench.wall.median,
                                             cell->rate, cell->rate_hi};
    }
    if (count < LEAST_POINTS)
        return 0;
    const fmi_advice advice = fmi_advise(points, count);
    *rate = advice.best;
    return advice.knee;
}

void fmi_sweep_keep_tuning(const fmi_sweep *s) {
    char folder[1024], path[1200];
    fm_tuning tuning = {.specialisation = s->caps.preferred};
    double rate = 0.0;
    fmi_cache_default_dir(folder, sizeof folder);
    if (fmi_tuning_read(folder, &s->caps, &tuning, NULL))
        return;
    tuning = (fm_tuning){.specialisation = s->caps.preferred};
    tuning.batch[FM_LEVEL_MEDIUM] = fmi_sweep_batch(&s->cells, FM_LEVEL_MEDIUM, &tuning.rate);
    if (!tuning.batch[FM_LEVEL_MEDIUM])
        return;
    static const fm_level others[] = {FM_LEVEL_LOW, FM_LEVEL_HIGH, FM_LEVEL_EXTREME};
    for (int i = 0; i < 3; ++i) {
        const bool same = fmi_case_raster.same_program(FM_LEVEL_MEDIUM, others[i]);
        const uint32_t own = fmi_sweep_batch(&s->cells, others[i], &rate);
        tuning.batch[others[i]] = own ? own : same ? tuning.batch[FM_LEVEL_MEDIUM] : 0;
    }
    fm_error err = {0};
    if (fmi_tuning_write(folder, &s->caps, &tuning, path, sizeof path, &err) == FM_OK)
        fmi_console_say("tuning: batch %u stored in %s; fmbench tune tries more",
                        tuning.batch[FM_LEVEL_MEDIUM], path);
    else
        fmi_log(&s->log, FM_LOG_WARNING, "the batches were not stored: %s", err.message);
}
