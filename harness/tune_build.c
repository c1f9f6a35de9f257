/* SPDX-License-Identifier: MIT */
/* The kernels of all candidates, built beside one another before any of them is timed. */
#include "clock.h"
#include "console.h"
#include "io/cores.h"
#include "tune_impl.h"

#include <stdio.h>

#define BUILDERS_MAX 4  /* each holds the input and a device's context */
#define BUILD_SHARE 0.1 /* of the whole time, for a step: the rest is built when it is timed */

/* One builder and the candidate it has; NULL = none. */
typedef struct builder {
    fmi_runner *runner;
    fmi_candidate *candidate;
} builder;

/* What kills its builder would kill its timing as well. */
static void end(const fmi_tuner *t, builder *b) {
    char why[160] = "";
    if (!b->candidate)
        return;
    const fm_status status = fmi_runner_built(b->runner, t->options->cell_limit_s, why, sizeof why);
    if (status == FM_ERROR_IO || status == FM_ERROR_LIMIT)
        (void)snprintf(b->candidate->reason, sizeof b->candidate->reason, "build: %.150s", why);
    b->candidate = NULL;
}

static fm_status begin(const fmi_tuner *t, fmi_tuner_step *step, builder *b, fmi_candidate *c,
                       fm_error *err) {
    fmi_case_params params = fmi_tuner_point(t, step, FM_LEVEL_MEDIUM, step->batch);
    params.tuning = c->tuning;
    const fm_status status = fmi_runner_build(b->runner, step->op, &params, err);
    b->candidate = status == FM_OK ? c : NULL;
    return status;
}

static fm_status open_builders(const fmi_tuner *t, builder *b, uint32_t *count, fm_error *err) {
    const uint32_t cores = fmi_usable_cores();
    const uint32_t wanted = cores < BUILDERS_MAX ? cores : BUILDERS_MAX;
    fm_status status = FM_OK;
    for (*count = 0; status == FM_OK && *count < wanted; ++*count) {
        status = fmi_runner_create(&b[*count].runner, &t->how, err);
        if (status == FM_OK && t->input)
            fmi_runner_inputs(b[*count].runner, (fmi_input *const *)&t->input, 1);
    }
    return status;
}

fm_status fmi_tuner_build(fmi_tuner *t, fmi_tuner_step *step, fm_error *err) {
    builder b[BUILDERS_MAX] = {{0}};
    uint32_t builders = 0, next = 0;
    if (t->options->isolate == FMI_ISOLATE_NONE || step->count < 2)
        return FM_OK;
    const double begun = fmi_clock_since_start(), most = BUILD_SHARE * fmi_tuner_seconds(t);
    fm_status status = open_builders(t, b, &builders, err);
    for (uint32_t i = 0; status == FM_OK && i < step->count && !fmi_signals_stop(); ++i) {
        if (step->list[i].absent)
            continue;
        if (most > 0.0 && fmi_clock_since_start() - begun > most)
            break;
        end(t, &b[next % builders]);
        status = begin(t, step, &b[next % builders], &step->list[i], err);
        ++next;
    }
    for (uint32_t i = 0; i < builders; ++i) {
        end(t, &b[(next + i) % builders]);
        fmi_runner_destroy(&b[(next + i) % builders].runner);
    }
    return status;
}
