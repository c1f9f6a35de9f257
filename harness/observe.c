/* SPDX-License-Identifier: MIT */
#include "observe.h"

#include "clock.h"
#include "engine_impl.h"
#include "stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define RUNS 5
#define ENOUGH_S 0.1         /* of launches: one that takes longer is looked at once */
#define LEAST_BYTES 262144.0 /* fewer travel in the time of a call */
#define NO_COPY 3.0          /* times as fast as copying */

static void sum_events(fmi_queue *queue, double *seconds) {
    *seconds = 0.0;
    for (uint32_t i = 0; i < FMI_TIMERS; ++i) {
        const double slot = fmi_queue_device_seconds(queue, i);
        *seconds = slot < 0.0 ? (double)NAN : *seconds + slot;
    }
}

static void count(fmi_observation *seen, const fm_stats *before, const fm_stats *after) {
    seen->kernels = after->launches - before->launches;
    seen->to_count = after->to_device_count - before->to_device_count;
    seen->to_bytes = after->to_device_bytes - before->to_device_bytes;
    seen->from_count = after->from_device_count - before->from_device_count;
    seen->from_bytes = after->from_device_bytes - before->from_device_bytes;
    seen->loop_bytes = after->loop_to_device_bytes - before->loop_to_device_bytes;
}

static fm_status run_once(fmi_observation *seen, const fmi_case *op, void *state, fmi_queue *queue,
                          double *event_s, double *wall_s, fm_error *err) {
    const fm_stats before = *fmi_queue_stats(queue);
    fmi_queue_reset_timers(queue);
    const uint64_t start = fmi_clock_ns();
    const fm_status status = op->run(state, err);
    *wall_s = 1e-9 * (double)(fmi_clock_ns() - start);
    sum_events(queue, event_s);
    count(seen, &before, fmi_queue_stats(queue));
    return status;
}

/* The first launch may build what the other queue did not need. */
static fm_status run_some(fmi_observation *seen, const fmi_case *op, void *state, fmi_queue *queue,
                          fm_error *err) {
    double event_s[RUNS], wall_s[RUNS], all = 0.0;
    bool known = true;
    uint32_t n = 0;
    fm_status status = FM_OK;
    while (status == FM_OK && n < RUNS && (n == 0 || all < ENOUGH_S)) {
        status = run_once(seen, op, state, queue, &event_s[n], &wall_s[n], err);
        known = known && isfinite(event_s[n]);
        all += wall_s[n++];
    }
    if (status != FM_OK)
        return status;
    seen->seen = true;
    seen->event_wall_s = fmi_median_in_place(wall_s, n);
    seen->event_s = known ? fmi_median_in_place(event_s, n) : (double)NAN;
    return FM_OK;
}

static void only_wall(fmi_observation *seen, const char *why) {
    seen->event_s = seen->event_wall_s = (double)NAN;
    (void)snprintf(seen->clock, sizeof seen->clock, "wall: %.110s", why);
}

void fmi_observe_judge(fmi_observation *seen, double step_s) {
    char why[100];
    const bool ends = seen->event_s > 0.0;
    if (ends && seen->event_s <= seen->event_wall_s + 3.0 * step_s) {
        (void)snprintf(seen->clock, sizeof seen->clock, "event and wall");
        return;
    }
    if (!ends)
        (void)snprintf(why, sizeof why, "events end when or before they start");
    else
        (void)snprintf(why, sizeof why, "events say %.4g ms where the wall clock says %.4g ms",
                       1e3 * seen->event_s, 1e3 * seen->event_wall_s);
    only_wall(seen, why);
}

/* Why no event times are to be had; NULL = they are. */
static const char *without_events(const fmi_case_params *params, const char *verdict) {
    static const char prefix[] = "not trusted: ";
    if (params->tuning.morph_recorded)
        return "recorded launches have no events of their own";
    if (!verdict[0])
        return "the event clock was not tested";
    if (strcmp(verdict, FMI_TRUSTED) != 0)
        return strncmp(verdict, prefix, sizeof prefix - 1) == 0 ? verdict + sizeof prefix - 1
                                                                : verdict;
    return NULL;
}

fm_status fmi_observe(fmi_observation *seen, const fmi_case *op, const fmi_case_params *params,
                      void *state, fm_engine *engine, const char *verdict, uint64_t step_ns,
                      fm_error *err) {
    *seen = (fmi_observation){0};
    fmi_queue *queue = engine ? engine->queue : NULL;
    const char *why = queue ? without_events(params, verdict) : "no kernels run";
    if (!queue) {
        seen->seen = true;
        only_wall(seen, why);
        return FM_OK;
    }
    fm_status status = why ? FM_OK : fmi_queue_set_profiling(queue, true, err);
    if (status == FM_OK && !why && !fmi_queue_has_event_clock(queue))
        why = "no profiling queue, or its timer resolution is 0";
    if (status == FM_OK)
        status = run_some(seen, op, state, queue, err);
    if (why)
        only_wall(seen, why);
    else
        fmi_observe_judge(seen, 1e-9 * (double)step_ns);
    if (status != FM_OK)
        return status;
    return params->tuning.morph_recorded ? FM_OK : fmi_queue_set_profiling(queue, false, err);
}

fmi_zero_copy fmi_observe_zero_copy(double bytes, double count, double seconds, double wait_s,
                                    double copy) {
    if (!(bytes >= LEAST_BYTES) || !(copy > 0.0) || !(seconds > 0.0))
        return FMI_ZERO_COPY_UNKNOWN;
    const double moving = fmax(seconds - count * (wait_s > 0.0 ? wait_s : 0.0), 0.0);
    return bytes > NO_COPY * copy * moving ? FMI_ZERO_COPY_YES : FMI_ZERO_COPY_NO;
}
